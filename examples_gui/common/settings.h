// What the example programs remember from one start to the next: in the user's configuration
// directory, upbit-live/examples.ini, shared by all of them but for the windows' places.
#ifndef COMMON_SETTINGS_H
#define COMMON_SETTINGS_H

#include <QByteArray>
#include <QString>

#include "look.h"

struct Settings {
    Theme theme = Theme::Dark;
    Trend trend = Trend::Korean;
    QString language = "ko"; // or "en"
    QString code = "KRW-BTC";
    int candleUnit = 60; // seconds

    // Unknown or broken values are left at what they are here. Korean, unless the machine speaks
    // another language.
    void load();
    void save() const;

    // A window's place and the layout of its panes, by its name; empty when there is none yet.
    static QByteArray geometryOf(const QString &window);
    static QByteArray layoutOf(const QString &window);
    static void keepWindow(const QString &window, const QByteArray &geometry,
                           const QByteArray &layout);
    static void forgetWindow(const QString &window);
};

#endif
