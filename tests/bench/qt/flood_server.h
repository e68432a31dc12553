// A market that sends exactly so many messages a second, whatever the window makes of them: books
// of all markets, tickers of the KRW ones, trades of one. The messages are made once, only their
// times and numbers are new each time they are sent, so that the window has the processor and not
// its exchange.
#ifndef BENCH_QT_FLOOD_SERVER_H
#define BENCH_QT_FLOOD_SERVER_H

#include <QtCore/QByteArray>
#include <QtCore/QStringList>
#include <QtCore/QVector>

struct FloodFrame {
    QByteArray text;
    QByteArray code;
    char kind;             // 'b'ook, 't'icker or t'r'ade
    int stamp = 0, id = 0; // where their digits stand; 0: none
};

// In the order they are sent, again and again.
QVector<FloodFrame> floodFrames(const QStringList &markets);

// Serves until it is killed: prints "listening URL" and sends `count` messages to who subscribes,
// `rate` a second; then writes the time stamp each frame was last sent with to `lastFile`, 8 bytes
// each.
int runFlood(const QByteArray &marketList, int rate, qint64 count, const QString &lastFile);

#endif
