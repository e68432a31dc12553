// The symbol is switched by one replace: other widgets are not disturbed. Books of the old symbol
// or grouping that are still on their way are not shown.
#include "bookview.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "look.h"

using UpbitLive::Decimal;

BookView::BookView(Exchange &exchange, QWidget *parent)
    : QWidget(parent), m_exchange(exchange), m_model(15), m_view(new UpbitLive::OrderbookView),
      m_levels(new QComboBox), m_spread(new ValueLabel)
{
    setObjectName("body");
    setAttribute(Qt::WA_StyledBackground);
    setStyleSheet(look().css("#body { background: @pane; }"));
    m_view->setColors(look().market());
    m_view->setModel(&m_model);
    m_levels->setToolTip(tr("Price grouping"));
    m_levels->setAccessibleName(tr("Price grouping"));
    m_spread->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(8, 6, 8, 2);
    row->addWidget(m_levels);
    row->addStretch(1);
    row->addWidget(m_spread);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addWidget(m_view, 1);
    connect(m_levels, QOverload<int>::of(&QComboBox::activated), this, &BookView::want);
    connect(&exchange, &Exchange::levelsReady, this, &BookView::showLevels);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, [this] {
        const Decimal spread = m_model.spread();
        m_spread->show(spread.isNull() ? QString()
                                       : tr("spread %1").arg(UpbitLive::priceText(m_code, spread)),
                       look().dim);
    });
    showLevels(m_code, {"0"});
}

void BookView::attach(UpbitLive::Manager *manager, const QString &clientId)
{
    m_proxy.reset();
    m_model.clear();
    if (manager == nullptr)
        return;
    m_proxy.reset(new UpbitLive::Proxy(manager, clientId));
    m_proxy->setMaxFps(60);
    connect(m_proxy.get(), &UpbitLive::Proxy::orderbookReceived, this,
            [this](const UpbitLive::Orderbook &book) {
                if (book.codeLatin1() != m_code ||
                    book.level() != Decimal::fromString(m_levels->currentData().toString()))
                    return;
                m_model.update(book);
                emit dataShown();
            });
    if (!m_code.isEmpty())
        choose(QString(m_code));
}

void BookView::choose(const QString &code)
{
    m_code = code;
    m_model.clear();
    m_spread->show(QString(), look().dim);
    m_view->setPreviousClose(Decimal::null());
    m_view->setLastPrice(Decimal::null());
    showLevels(code, {"0"}); // until the exchange has told which there are
    if (m_proxy == nullptr)
        return;
    want();
    m_exchange.askLevels(code);
}

void BookView::want()
{
    m_model.clear();
    if (m_proxy != nullptr)
        m_proxy->replaceOrderbook({m_code}, 15,
                                  Decimal::fromString(m_levels->currentData().toString()));
}

void BookView::showLevels(const QString &code, const QStringList &levels)
{
    if (code != m_code)
        return;
    const QSignalBlocker quiet(m_levels);
    const QString chosen = m_levels->currentData().toString();
    m_levels->clear();
    for (const QString &level : levels) {
        const Decimal value = Decimal::fromString(level);
        m_levels->addItem(value.isZero() ? tr("No grouping") : value.grouped(), level);
    }
    m_levels->setCurrentIndex(qMax(0, m_levels->findData(chosen)));
    m_levels->setEnabled(levels.size() > 1);
}
