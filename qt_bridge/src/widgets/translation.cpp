#include <UpbitLive/widgets/translation.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QPointer>
#include <QtCore/QTranslator>

// A library's resources are not found by themselves when it is linked statically.
static void initializeResources()
{
    Q_INIT_RESOURCE(translations);
}

namespace UpbitLive
{
bool installTranslation(const QLocale &locale)
{
    static QPointer<QTranslator> installed; // the application's child
    initializeResources();
    delete installed; // takes its texts away
    if (locale.language() != QLocale::Korean)
        return locale.language() == QLocale::English;
    QCoreApplication *const app = QCoreApplication::instance();
    auto *translator = new QTranslator(app);
    if (!translator->load(QStringLiteral(":/upbit-live/upbit-live-qt5widgets_ko.qm"))) {
        delete translator;
        return false;
    }
    installed = translator;
    return QCoreApplication::installTranslator(translator);
}
} // namespace UpbitLive
