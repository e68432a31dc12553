// A candle chart with its row of units, fed by a proxy of its own.
#ifndef COMMON_CHARTVIEW_H
#define COMMON_CHARTVIEW_H

#include <QButtonGroup>
#include <QLabel>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>
#include <memory>

class ChartView : public QWidget
{
    Q_OBJECT

  public:
    explicit ChartView(int candleUnit, QWidget *parent = nullptr);

    // clientId: the proxy's. manager nullptr: lets go.
    void attach(UpbitLive::Manager *manager, const QString &clientId);
    void choose(const QString &code);
    UpbitLive::Proxy *proxy() const
    {
        return m_feed != nullptr ? m_feed->proxy() : nullptr;
    }

  signals:
    void unitChosen(int candleUnit);
    void dataShown();

  protected:
    void keyPressEvent(QKeyEvent *event) override;

  private:
    void chooseUnit(int candleUnit);
    void show();

    UpbitLive::CandleModel m_model;
    UpbitLive::CandleChart *m_chart;
    std::unique_ptr<UpbitLive::CandleFeed> m_feed;
    QButtonGroup m_units;
    QLabel *m_note;
    QString m_code;
    int m_unit;
};

#endif
