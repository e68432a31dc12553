// Which exchange the windows show: the live one, or the simulated one when there is no live data.
//
// Live data by default. With none three seconds after the start the simulated exchange takes over,
// said beforehand and marked in every pane; once live data was shown it never does, because a
// picture that silently turns from real to invented prices would be worse than none.
#ifndef COMMON_EXCHANGE_H
#define COMMON_EXCHANGE_H

#include <QTimer>
#include <UpbitLive/Manager>
#include <memory>

#include "marketlist.h"
#include "mockprocess.h"

struct ExchangeOptions {
    QString url, restUrl, privateUrl, caFile;
    bool simulated = false;
    bool keys = false; // the program was started with API keys
};

class Exchange : public QObject
{
    Q_OBJECT

  public:
    enum class Offer { None, SimulateNow, TryLive };

    explicit Exchange(const ExchangeOptions &options);
    ~Exchange() override;

    void start();
    // The first value has been shown: live data is there.
    void dataShown();
    // The banner's button, and its cross.
    void accept();
    void keepWaiting();

    UpbitLive::Manager *manager() const
    {
        return m_manager.get();
    }
    // Of an account, or of the simulated exchange, which brings its own.
    bool hasKeys() const
    {
        return m_options.keys || m_options.simulated || m_simulated;
    }
    bool isSimulated() const
    {
        return m_simulated;
    }
    QString url() const
    {
        return m_url;
    }
    const QVector<UpbitLive::Market> &markets() const
    {
        return m_markets;
    }
    bool isListComplete() const
    {
        return m_complete;
    }
    UpbitLive::Market market(const QString &code) const;
    // levelsReady follows if the exchange tells.
    void askLevels(const QString &code)
    {
        m_list.askLevels(code);
    }

    QString notice() const // "": nothing to say
    {
        return m_notice;
    }
    Offer offer() const
    {
        return m_offered;
    }

  signals:
    // nullptr before the old one goes: let go of everything that is on it.
    void managerChanged(UpbitLive::Manager *manager);
    void simulatedChanged(bool simulated);
    void marketsChanged();
    void noticeChanged();
    void levelsReady(const QString &code, const QStringList &levels);

  private:
    void startLive();
    void startSimulated(const QString &why);
    void connectTo(const UpbitLive::ManagerOptions &options, const QString &restUrl);
    void disconnectAll();
    void setSimulated(bool simulated);
    void say(const QString &notice, Offer offer);

    const ExchangeOptions m_options;
    std::unique_ptr<UpbitLive::Manager> m_manager;
    std::unique_ptr<MockProcess> m_mock;
    MarketList m_list;
    QVector<UpbitLive::Market> m_markets;
    QTimer m_offerTimer, m_fallback;
    QString m_url, m_why, m_notice;
    Offer m_offered = Offer::None;
    bool m_simulated = false, m_liveShown = false, m_complete = false;
};

#endif
