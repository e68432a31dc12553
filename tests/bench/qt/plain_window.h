// The same window as an application without this library would have it: QWebSocket and
// QJsonDocument on the UI thread, what is shown told to the views once per frame, too. It does
// less: no exact numbers, no repeats, no gaps, no candles drawn.
#ifndef BENCH_QT_PLAIN_WINDOW_H
#define BENCH_QT_PLAIN_WINDOW_H

#include <QtCore/QByteArray>
#include <QtCore/QString>

struct PlainResult {
    quint64 messages = 0;
    qint64 lagMostMs = 0; // from the exchange's stamp to the slot
};

// Made, connected and subscribed; `result` counts from then on.
void makePlainWindow(const QString &url, const QByteArray &markets, PlainResult *result);

#endif
