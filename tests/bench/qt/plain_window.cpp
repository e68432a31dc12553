#include "plain_window.h"

#include <QtCore/QAbstractTableModel>
#include <QtCore/QDateTime>
#include <QtCore/QHash>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QSet>
#include <QtCore/QSortFilterProxyModel>
#include <QtCore/QTimer>
#include <QtWebSockets/QWebSocket>
#include <QtWidgets/QApplication>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QTableView>

#include <memory>

namespace
{
class Table : public QAbstractTableModel
{
  public:
    Table(int rows, int columns) : m_columns(columns), m_cells(rows * columns)
    {
    }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : m_cells.size() / m_columns;
    }
    int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : m_columns;
    }
    QVariant data(const QModelIndex &index, int role) const override
    {
        return role == Qt::DisplayRole ? m_cells.at(index.row() * m_columns + index.column())
                                       : QVariant();
    }
    void set(int row, const QVariantList &values)
    {
        for (int i = 0; i < m_columns; ++i)
            m_cells[row * m_columns + i] = values.value(i);
        m_dirty.insert(row);
    }
    void flush()
    {
        for (int row : qAsConst(m_dirty))
            Q_EMIT dataChanged(index(row, 0), index(row, m_columns - 1));
        m_dirty.clear();
    }

  private:
    const int m_columns;
    QVector<QVariant> m_cells;
    QSet<int> m_dirty;
};

class PlainWindow : public QWidget
{
  public:
    PlainWindow(const QString &url, const QByteArray &markets, PlainResult *result)
        : m_result(result), m_book(30, 2), m_trades(200, 4)
    {
        for (const QJsonValue &value : QJsonDocument::fromJson(markets).array()) {
            const QString code = value.toObject().value("market").toString();
            m_all.append(code);
            if (code.startsWith("KRW-"))
                m_rowOf.insert(code, m_rowOf.size());
        }
        m_tickers.reset(new Table(m_rowOf.size(), 4));
        m_sorted.setSourceModel(m_tickers.get());
        m_sorted.setDynamicSortFilter(false);
        auto *row = new QHBoxLayout(this);
        for (QAbstractItemModel *model : {static_cast<QAbstractItemModel *>(&m_sorted),
                                          static_cast<QAbstractItemModel *>(&m_book),
                                          static_cast<QAbstractItemModel *>(&m_trades)}) {
            auto *view = new QTableView;
            view->setModel(model);
            row->addWidget(view);
        }
        resize(1440, 880);
        connect(&m_socket, &QWebSocket::connected, this, [this] { subscribe(); });
        connect(&m_socket, &QWebSocket::binaryMessageReceived, this,
                [this](const QByteArray &message) { take(message); });
        connect(&m_frame, &QTimer::timeout, this, [this] {
            m_tickers->flush();
            m_book.flush();
            m_trades.flush();
        });
        m_frame.start(16);
        m_socket.open(QUrl(url));
    }

  private:
    void subscribe()
    {
        const auto want = [](const char *type, const QStringList &codes) {
            return QJsonObject{{"type", type}, {"codes", QJsonArray::fromStringList(codes)}};
        };
        const QStringList one{"KRW-BTC"};
        const QJsonArray request{QJsonObject{{"ticket", "bench"}}, want("ticker", m_rowOf.keys()),
                                 want("orderbook", m_all), want("trade", one),
                                 want("candle.1m", one)};
        m_socket.sendTextMessage(QString::fromUtf8(QJsonDocument(request).toJson()));
    }

    void take(const QByteArray &message)
    {
        const QJsonObject o = QJsonDocument::fromJson(message).object();
        const QString type = o.value("type").toString(), code = o.value("code").toString();
        ++m_result->messages;
        if (o.value("stream_type").toString() == "REALTIME")
            m_result->lagMostMs =
                qMax(m_result->lagMostMs, QDateTime::currentMSecsSinceEpoch() -
                                              static_cast<qint64>(o.value("timestamp").toDouble()));
        if (type == "ticker") {
            const int row = m_rowOf.value(code, -1);
            if (row >= 0)
                m_tickers->set(row, {code, o.value("trade_price").toDouble(),
                                     o.value("signed_change_rate").toDouble(),
                                     o.value("acc_trade_price_24h").toDouble()});
        } else if (type == "orderbook") {
            m_books.insert(code, o);
            if (code != "KRW-BTC")
                return;
            const QJsonArray units = o.value("orderbook_units").toArray();
            for (int i = 0; i < 15; ++i) {
                const QJsonObject unit = units.at(i).toObject();
                m_book.set(14 - i,
                           {unit.value("ask_price").toDouble(), unit.value("ask_size").toDouble()});
                m_book.set(15 + i,
                           {unit.value("bid_price").toDouble(), unit.value("bid_size").toDouble()});
            }
        } else if (type == "trade") {
            m_trades.set(m_next++ % 200,
                         {o.value("trade_time").toString(), o.value("trade_price").toDouble(),
                          o.value("trade_volume").toDouble(), o.value("ask_bid").toString()});
        }
    }

    PlainResult *const m_result;
    QWebSocket m_socket;
    QStringList m_all;
    QHash<QString, int> m_rowOf;
    QHash<QString, QJsonObject> m_books;
    std::unique_ptr<Table> m_tickers;
    Table m_book, m_trades;
    QSortFilterProxyModel m_sorted;
    QTimer m_frame;
    int m_next = 0;
};
} // namespace

void makePlainWindow(const QString &url, const QByteArray &markets, PlainResult *result)
{
    static std::unique_ptr<PlainWindow> window;
    window.reset(new PlainWindow(url, markets, result));
    window->show();
    QObject::connect(qApp, &QCoreApplication::aboutToQuit, qApp, [] { window.reset(); });
}
