// An order book with its choice of price groupings, on a proxy of its own.
#ifndef COMMON_BOOKVIEW_H
#define COMMON_BOOKVIEW_H

#include <QComboBox>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/widgets/orderbookview.h>
#include <memory>

#include "exchange.h"
#include "valuelabel.h"

class BookView : public QWidget
{
    Q_OBJECT

  public:
    explicit BookView(Exchange &exchange, QWidget *parent = nullptr);

    void attach(UpbitLive::Manager *manager, const QString &clientId);
    void choose(const QString &code);
    UpbitLive::OrderbookView *view()
    {
        return m_view;
    }
    UpbitLive::Proxy *proxy() const
    {
        return m_proxy.get();
    }

  signals:
    void dataShown();

  private:
    void want();
    void showLevels(const QString &code, const QStringList &levels);

    Exchange &m_exchange;
    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    UpbitLive::OrderbookModel m_model;
    UpbitLive::OrderbookView *m_view;
    QComboBox *m_levels;
    ValueLabel *m_spread;
    QString m_code;
};

#endif
