#include "settings.h"

#include <QLocale>
#include <QMetaEnum>
#include <QSettings>
#include <UpbitLive/marketdata.h>

static QSettings &store()
{
    static QSettings settings(QSettings::IniFormat, QSettings::UserScope, "upbit-live", "examples");
    return settings;
}

void Settings::load()
{
    const QLocale system = QLocale::system();
    // The C locale is nobody's language: whoever trades at Upbit reads Korean more likely than not.
    language =
        system.language() == QLocale::Korean || system.language() == QLocale::C ? "ko" : "en";
    const QSettings &s = store();
    const QString chosen = s.value("language").toString();
    if (chosen == "ko" || chosen == "en")
        language = chosen;
    theme = s.value("theme").toString() == "light" ? Theme::Light : Theme::Dark;
    trend = s.value("trend").toString() == "western" ? Trend::Western : Trend::Korean;
    const QString market = s.value("code").toString();
    if (market.contains('-'))
        code = market;
    const int unit = s.value("candleUnit").toInt();
    if (QMetaEnum::fromType<UpbitLive::CandleUnit>().valueToKey(unit) != nullptr && unit > 0)
        candleUnit = unit;
}

void Settings::save() const
{
    QSettings &s = store();
    s.setValue("language", language);
    s.setValue("theme", theme == Theme::Light ? "light" : "dark");
    s.setValue("trend", trend == Trend::Western ? "western" : "korean");
    s.setValue("code", code);
    s.setValue("candleUnit", candleUnit);
}

QByteArray Settings::geometryOf(const QString &window)
{
    return store().value(window + "/geometry").toByteArray();
}

QByteArray Settings::layoutOf(const QString &window)
{
    return store().value(window + "/layout").toByteArray();
}

void Settings::keepWindow(const QString &window, const QByteArray &geometry,
                          const QByteArray &layout)
{
    store().setValue(window + "/geometry", geometry);
    store().setValue(window + "/layout", layout);
}

void Settings::forgetWindow(const QString &window)
{
    store().remove(window);
}
