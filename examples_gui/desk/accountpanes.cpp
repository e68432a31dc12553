#include "accountpanes.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "common/look.h"

using UpbitLive::OrderModel;
using UpbitLive::Proxy;
using UpbitLive::Side;

namespace
{
class OrderDelegate : public QStyledItemDelegate
{
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        const auto side = static_cast<Side>(index.data(OrderModel::SideRole).toInt());
        QColor color = look().text;
        if (index.column() == OrderModel::SideColumn)
            color = side == Side::Bid ? look().rise : look().fall;
        else if (!index.data(OrderModel::OpenRole).toBool())
            color = look().dim;
        option->palette.setColor(QPalette::Text, color);
    }
};

// A table over a line for what there is to say.
QWidget *bodyOf(QTableView *view, QLabel *note)
{
    view->setSelectionMode(QAbstractItemView::NoSelection);
    view->setShowGrid(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(23);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setHighlightSections(false);
    note->setWordWrap(true);
    note->setStyleSheet(look().css("color: @dim; padding: 4px 8px; border-top: 1px solid @line;"));
    auto *body = new QWidget;
    body->setObjectName("body");
    body->setStyleSheet(look().css("#body { background: @pane; }"));
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(view, 1);
    column->addWidget(note);
    return body;
}

std::unique_ptr<Proxy> open(UpbitLive::Manager *manager, const QString &id, QLabel *note)
{
    note->clear();
    if (manager == nullptr)
        return nullptr;
    std::unique_ptr<Proxy> proxy(new Proxy(manager, id));
    QObject::connect(proxy.get(), &Proxy::errorOccurred, note,
                     [note](const UpbitLive::Error &error) { note->setText(error.message); });
    return proxy;
}
} // namespace

OrdersPane::OrdersPane(QWidget *parent)
    : Pane("orders", tr("My orders"), parent), m_note(new QLabel)
{
    auto *view = new QTableView;
    view->setModel(&m_model);
    view->setItemDelegate(new OrderDelegate(view));
    setWidget(bodyOf(view, m_note));
}

void OrdersPane::attach(UpbitLive::Manager *manager)
{
    m_proxy.reset();
    m_model.clear();
    m_proxy = open(manager, "orders_main", m_note);
    if (m_proxy == nullptr)
        return;
    connect(m_proxy.get(), &Proxy::ordersReceived, &m_model, &OrderModel::add);
    m_proxy->subscribeMyOrder();
}

AssetsPane::AssetsPane(QWidget *parent)
    : Pane("assets", tr("My balances"), parent), m_note(new QLabel)
{
    auto *view = new QTableView;
    view->setModel(&m_model);
    setWidget(bodyOf(view, m_note));
}

void AssetsPane::attach(UpbitLive::Manager *manager)
{
    m_proxy.reset();
    m_model.clear();
    m_proxy = open(manager, "assets_main", m_note);
    if (m_proxy == nullptr)
        return;
    connect(m_proxy.get(), &Proxy::assetsReceived, &m_model, &UpbitLive::AssetModel::add);
    m_proxy->subscribeMyAsset();
}
