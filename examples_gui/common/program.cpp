#include "program.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QTimer>
#include <QTranslator>
#include <UpbitLive/manager.h>
#include <UpbitLive/widgets/translation.h>
#include <cstdio>
#include <memory>

#include "turnprobe.h"

namespace
{
struct Options {
    ExchangeOptions exchange;
    QString screenshot, theme, language, market;
    double after = 5, quitAfter = 0;
    bool probe = false;
};

bool fail(const char *name, const QString &reason)
{
    std::fprintf(stderr, "%s: %s\n", name, qUtf8Printable(reason));
    return false;
}

bool readSeconds(const char *name, const QCommandLineParser &parser, const QString &option,
                 double *out)
{
    if (!parser.isSet(option))
        return true;
    bool ok = false;
    *out = parser.value(option).toDouble(&ok);
    return (ok && *out >= 0 && *out < 1e6) ||
           fail(name, QString("--%1: no such time: %2").arg(option, parser.value(option)));
}

// False when they are wrong; what is wrong has been said.
bool readOptions(const char *name, const char *description, Options *o)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(description);
    parser.addHelpOption();
    parser.addPositionalArgument("market", "The market to show, e.g. KRW-BTC.", "[market]");
    parser.addOptions(
        {{"url", "Public stream (default: Upbit Korea).", "URL"},
         {"rest-url", "REST address (default: host of --url).", "URL"},
         {"private-url", "Private stream (default: host of --url).", "URL"},
         {"ca-file", "PEM file with the trusted authorities.", "FILE"},
         {"simulated", "The simulated exchange at once; no network."},
         {"theme", "dark or light (default: as last time).", "THEME"},
         {"language", "ko or en (default: as last time).", "LANGUAGE"},
         {"screenshot", "Save a PNG of the window and exit.", "FILE"},
         {"after", "Seconds until the screenshot (default 5).", "SECONDS"},
         {"quit-after", "Exit after this many seconds.", "SECONDS"},
         {"probe", "Print the lengths of the event loop's turns at the end, as JSON."}});
    if (!parser.parse(QCoreApplication::arguments()))
        return fail(name, parser.errorText());
    if (parser.isSet("help"))
        parser.showHelp(0);
    const QStringList words = parser.positionalArguments();
    if (words.size() > 1)
        return fail(name, "one market at most; see --help");
    o->market = words.value(0).toUpper();
    if (!o->market.isEmpty() && !o->market.contains('-'))
        return fail(name, QString("%1 is no market; write the quote currency first, e.g. KRW-BTC")
                              .arg(words.value(0)));
    o->exchange.url = parser.value("url");
    o->exchange.restUrl = parser.value("rest-url");
    o->exchange.privateUrl = parser.value("private-url");
    o->exchange.caFile = parser.value("ca-file");
    o->exchange.simulated = parser.isSet("simulated");
    o->screenshot = parser.value("screenshot");
    o->probe = parser.isSet("probe");
    o->theme = parser.value("theme");
    o->language = parser.value("language");
    if (!QStringList{"", "dark", "light"}.contains(o->theme))
        return fail(name, "--theme: must be dark or light");
    if (!QStringList{"", "ko", "en"}.contains(o->language))
        return fail(name, "--language: must be ko or en");
    return readSeconds(name, parser, "after", &o->after) &&
           readSeconds(name, parser, "quit-after", &o->quitAfter);
}

// One frame at a time: a new look or language makes it anew around the same exchange. That takes
// longer than a turn of the event loop may, so it goes by steps, a turn each.
class Stage : public QObject
{
  public:
    Stage(Exchange &exchange, Settings &settings, MakeFrame make, std::function<void()> shown)
        : m_exchange(exchange), m_settings(settings), m_make(std::move(make)),
          m_shown(std::move(shown))
    {
        connect(&m_next, &QTimer::timeout, this, &Stage::step);
    }

    void show()
    {
        // Between the old window and the new one there is none.
        QApplication::setQuitOnLastWindowClosed(false);
        m_step = Step::End;
        m_next.start(0);
    }
    Frame *frame() const
    {
        return m_frame.get();
    }

  private:
    enum class Step { End, Look, Make, Fill, Begin, Show, Reveal, Tell };

    void step()
    {
        switch (m_step) {
        case Step::End:
            m_frame.reset(); // its proxies' names must be free
            break;
        case Step::Look:
            setLook(m_settings.theme, m_settings.trend);
            speak();
            break;
        case Step::Make:
            m_frame.reset(m_make(m_exchange, m_settings));
            connect(m_frame.get(), &Frame::restyled, this, &Stage::show);
            connect(m_frame.get(), &Frame::layoutForgotten, this, &Stage::show);
            break;
        case Step::Fill:
            if (m_frame->fill())
                return;
            break;
        case Step::Begin:
            m_frame->begin();
            break;
        case Step::Show:
            m_frame->show();
            QApplication::setQuitOnLastWindowClosed(true);
            break;
        case Step::Reveal:
            if (m_frame->reveal())
                return;
            break;
        case Step::Tell:
            m_next.stop();
            if (m_shown)
                m_shown();
            m_shown = nullptr;
            return;
        }
        m_step = static_cast<Step>(static_cast<int>(m_step) + 1);
    }

    void speak()
    {
        const QLocale locale(m_settings.language == "ko" ? QLocale::Korean : QLocale::English);
        QLocale::setDefault(QLocale(locale.language(), QLocale::AnyCountry));
        UpbitLive::installTranslation(locale);
        QCoreApplication::removeTranslator(&m_translator);
        if (locale.language() == QLocale::Korean &&
            m_translator.load(":/upbit-live/examples_ko.qm"))
            QCoreApplication::installTranslator(&m_translator);
    }

    Exchange &m_exchange;
    Settings &m_settings;
    const MakeFrame m_make;
    std::function<void()> m_shown; // once, when the first one is on the screen
    QTimer m_next;
    Step m_step = Step::End;
    QTranslator m_translator;
    std::unique_ptr<Frame> m_frame;
};
} // namespace

int runProgram(int argc, char **argv, const char *name, const char *description,
               const MakeFrame &make)
{
    // Before there is a thread, and before a child could inherit them.
    const int keys = UpbitLive::Manager::takeEnvironmentKeys();
    if (keys < 0) {
        fail(name, upbit_error_detail());
        return 2;
    }
    // Qt's own event loop tells when it wakes and sleeps; the one of GLib tells it the wrong way
    // round, and TurnProbe would measure the sleep.
    qputenv("QT_NO_GLIB", "1");
    QApplication app(argc, argv);
    QApplication::setApplicationName(name);
    Options options;
    options.exchange.keys = keys == 1;
    if (!readOptions(name, description, &options))
        return 2;
    Settings settings;
    settings.load();
    if (!options.theme.isEmpty())
        settings.theme = options.theme == "light" ? Theme::Light : Theme::Dark;
    if (!options.language.isEmpty())
        settings.language = options.language;
    if (!options.market.isEmpty())
        settings.code = options.market;

    TurnProbe probe;
    Exchange exchange(options.exchange);
    QTimer picture;
    picture.setSingleShot(true);
    Stage stage(exchange, settings, make, [&] {
        exchange.start();
        if (!options.screenshot.isEmpty())
            picture.start(static_cast<int>(options.after * 1000));
    });
    QObject::connect(&picture, &QTimer::timeout, &stage, [&] {
        const bool saved = stage.frame()->grab().save(options.screenshot, "PNG");
        if (!saved)
            fail(name, "cannot write " + options.screenshot);
        QCoreApplication::exit(saved ? 0 : 1);
    });
    stage.show();
    if (options.quitAfter > 0)
        QTimer::singleShot(static_cast<int>(options.quitAfter * 1000), &stage,
                           [] { QCoreApplication::exit(0); });
    const int status = QApplication::exec();
    if (options.probe)
        std::printf("%s%s\n", probe.longTurnLines().constData(), probe.toJson().constData());
    return status;
}
