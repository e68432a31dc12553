// upbit-desk: a trading desk on live Upbit data.
#include <QApplication>
#include <QCommandLineParser>
#include <QTimer>
#include <UpbitLive/widgets/translation.h>
#include <cstdio>

#include "theme.h"
#include "window.h"

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QApplication::setApplicationName("upbit-desk");

    QCommandLineParser parser;
    parser.setApplicationDescription("A trading desk on live Upbit data. Live by default; with no live "
                                     "data within 3 s it shows the simulated exchange, marked.");
    parser.addHelpOption();
    const QCommandLineOption url("url", "Public stream (default: Upbit Korea).", "URL");
    const QCommandLineOption restUrl("rest-url", "REST address (default: host of --url).", "URL");
    const QCommandLineOption privateUrl("private-url", "Private stream (default: host of --url).",
                                        "URL");
    const QCommandLineOption caFile("ca-file", "PEM file with the trusted authorities.", "FILE");
    const QCommandLineOption simulated("simulated", "The simulated exchange at once; no network.");
    const QCommandLineOption screenshot("screenshot", "Save a PNG of the window and exit.", "FILE");
    const QCommandLineOption after("after", "Seconds until the screenshot (default 5).", "SECONDS",
                                   "5");
    parser.addOptions({url, restUrl, privateUrl, caFile, simulated, screenshot, after});
    if (!parser.parse(QCoreApplication::arguments()) || !parser.positionalArguments().isEmpty()) {
        std::fprintf(stderr, "upbit-desk: %s\n",
                     parser.errorText().isEmpty() ? "no arguments are taken, only options; see --help"
                                                  : qUtf8Printable(parser.errorText()));
        return 2;
    }
    if (parser.isSet("help"))
        parser.showHelp(0);
    bool ok = true;
    const double seconds = parser.value(after).toDouble(&ok);
    if (!ok || !(seconds >= 0 && seconds < 1e6)) {
        std::fprintf(stderr, "upbit-desk: --after: no such time: %s\n",
                     qUtf8Printable(parser.value(after)));
        return 2;
    }

    theme::apply(app);
    UpbitLive::installTranslation(QLocale(QLocale::Korean));
    DeskOptions options;
    options.url = parser.value(url);
    options.restUrl = parser.value(restUrl);
    options.privateUrl = parser.value(privateUrl);
    options.caFile = parser.value(caFile);
    options.simulated = parser.isSet(simulated);
    Window window(options);
    window.show();
    if (parser.isSet(screenshot)) {
        const QString file = parser.value(screenshot);
        QTimer::singleShot(static_cast<int>(seconds * 1000), &window, [&window, file] {
            const bool saved = window.grab().save(file, "PNG");
            if (!saved)
                std::fprintf(stderr, "upbit-desk: cannot write %s\n", qUtf8Printable(file));
            QCoreApplication::exit(saved ? 0 : 1);
        });
    }
    return QApplication::exec();
}
