// The list of coins: a ticker for every market, sorted, searchable; a click chooses the symbol.
#ifndef DESK_COINPANE_H
#define DESK_COINPANE_H

#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTimer>
#include <UpbitLive/widgets/tickermodel.h>
#include <memory>

#include "pane.h"

class CoinFilter : public QSortFilterProxyModel
{
    Q_OBJECT

  public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setText(const QString &text);

  protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

  private:
    QString m_text;
};

class CoinPane : public Pane
{
    Q_OBJECT

  public:
    // korean: the coins' names, else English.
    explicit CoinPane(bool korean, QWidget *parent = nullptr);

    void attach(UpbitLive::Manager *manager) override;
    void setMarkets(const QVector<UpbitLive::Market> &markets, bool complete);
    void choose(const QString &code) override;
    void focusSearch();
    void focusList(); // its arrow keys choose the symbol

    const UpbitLive::TickerModel &model() const
    {
        return m_model;
    }
    UpbitLive::Proxy *proxy() const override
    {
        return m_proxy.get();
    }

  signals:
    void chosen(const QString &code);
    void tickerChanged(const UpbitLive::Ticker &ticker); // of the chosen symbol

  private:
    void showTickers(const QVector<UpbitLive::Ticker> &tickers);
    void select();

    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    UpbitLive::TickerModel m_model;
    CoinFilter m_filter;
    QTableView *m_view;
    QLineEdit *m_search;
    QLabel *m_note;
    QTimer m_sort;
    QString m_code;
};

#endif
