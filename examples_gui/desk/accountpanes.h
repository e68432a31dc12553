// My orders and balances: they come by the private connection, which needs keys.
#ifndef DESK_ACCOUNTPANES_H
#define DESK_ACCOUNTPANES_H

#include <QTableView>
#include <UpbitLive/widgets/assetmodel.h>
#include <UpbitLive/widgets/ordermodel.h>
#include <memory>

#include "pane.h"

class OrdersPane : public Pane
{
    Q_OBJECT

  public:
    explicit OrdersPane(QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager) override;
    UpbitLive::Proxy *proxy() const override
    {
        return m_proxy.get();
    }

  private:
    UpbitLive::OrderModel m_model;
    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    QLabel *m_note;
};

class AssetsPane : public Pane
{
    Q_OBJECT

  public:
    explicit AssetsPane(QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager) override;
    UpbitLive::Proxy *proxy() const override
    {
        return m_proxy.get();
    }

  private:
    UpbitLive::AssetModel m_model;
    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    QLabel *m_note;
};

#endif
