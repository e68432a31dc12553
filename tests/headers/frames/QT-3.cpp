// Around the second example of QT.md: any object of the reader's.
#include <QObject>
#include <UpbitLive/Proxy>
#include <UpbitLive/Snapshot>

void use(const QVector<UpbitLive::Ticker> &tickers, const UpbitLive::Error &error);

class Panel : public QObject
{
  public:
    explicit Panel(UpbitLive::Proxy *proxy)
    {
@SNIPPET@
    }
};
