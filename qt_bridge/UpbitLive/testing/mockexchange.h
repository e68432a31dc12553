// UpbitLive/testing/mockexchange.h - the simulated exchange as a child of your test.
//
//     UpbitLive::MockExchange exchange({"--rate", "500"});                              a living
//     market UpbitLive::MockExchange exchange(UpbitLive::MockExchange::Play, messages); these,
//     exactly UpbitLive::Manager manager(exchange.options());
//
// upbit-mock (docs/MOCK.md) listens on a free port of this machine from the constructor's end, and
// ends with the object, or with the thread that made it, however that ends. Each test may have its
// own: it starts in a few hundredths of a second.
//
// All functions wait for their end, at most the given time or five seconds, and need no event loop:
// the library's own thread works meanwhile. To be used in the thread that made it. Nothing throws;
// what went wrong is in errorString().
//
// Link libupbit-live-qt5testing (static; Qt5Core only) beside libupbit-live-qt5.
#ifndef UPBITLIVE_TESTING_MOCKEXCHANGE_H
#define UPBITLIVE_TESTING_MOCKEXCHANGE_H

#include <QtCore/QByteArray>
#include <QtCore/QStringList>
#include <QtCore/QVector>
#include <UpbitLive/manager.h>

#include <memory>

namespace UpbitLive
{
class MockExchange
{
  public:
    // What an order or a question was answered.
    struct Answer {
        int status = 0; // HTTP; 0: there was no answer
        QByteArray body;

        explicit operator bool() const noexcept
        {
            return status == 200;
        }
    };

    enum PlayTag { Play };

    // `arguments` are options of upbit-mock; --port and --parent-death are given by us.
    explicit MockExchange(const QStringList &arguments = {});
    // Plays `messages`, one JSON text each, without line breaks, in place of a market: whole, in
    // order and once to each connection, from its first request on, as fast as they are taken. The
    // markets are the codes in them. Times are yours: nothing is compared with the clock. (Of
    // tickers, order books and candle windows that are older than their last one the library drops
    // what is less than 5 s older.)
    MockExchange(PlayTag, const QVector<QByteArray> &messages, const QStringList &arguments = {});
    ~MockExchange();

    bool isRunning() const;
    // Why it does not run, or why the last call failed; empty when all is well.
    QString errorString() const;
    // Of the public stream, e.g. ws://127.0.0.1:40913/websocket/v1; empty when it did not start.
    QString url() const;
    // A manager's, for this exchange: requests go out at once instead of after 150 ms, and the
    // first attempt to connect anew follows at once, so that tests do not wait.
    ManagerOptions options() const;

    // An order, e.g. post("/mock/cut?how=rst"), and a question, e.g. get("/mock/stats"); see
    // docs/MOCK.md, Controls. Not with --tls-cert, which makes the whole port speak TLS.
    Answer post(const QByteArray &path, const QByteArray &body = {});
    Answer get(const QByteArray &path);

    // A subscription whose text holds `part`, e.g. "KRW-BTC", has arrived since the start.
    bool waitForRequest(const QByteArray &part, int timeoutMs = 5000);
    // Sends these messages to every connection now, each as it is; it need not be JSON. False, too,
    // when nobody is connected. What is not subscribed is not delivered: wait for the request
    // first.
    bool feed(const QVector<QByteArray> &messages);

    // Stopped in its tracks: connections stay, nothing is answered, what is sent to it waits in the
    // kernel. resume() goes on where it was.
    void suspend();
    void resume();

    // $UPBIT_MOCK, beside this program, in PATH; empty when nowhere.
    static QString find();

  private:
    struct Child;
    Q_DISABLE_COPY(MockExchange)

    void start(const QStringList &arguments);
    Answer ask(const QByteArray &method, const QByteArray &path, const QByteArray &body);

    const std::unique_ptr<Child> m_child;
};
} // namespace UpbitLive

#endif
