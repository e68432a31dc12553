// The objects of one case of test_ends.cpp, and their ends.
#ifndef TESTS_QT_ENDS_CAST_H
#define TESTS_QT_ENDS_CAST_H

#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QEventLoop>
#include <QtCore/QPointer>
#include <QtCore/QSortFilterProxyModel>
#include <QtCore/QTimer>
#include <QtWidgets/QTableView>

namespace
{
// Who is there, and the order of their ends; 'w' is the window and all that is in it.
struct Cast {
    QWidget *window = new QWidget;
    QPointer<QWidget> aliveWindow = window;
    QPointer<UpbitLive::Manager> manager;
    QPointer<UpbitLive::Proxy> proxy;
    QPointer<QAbstractItemModel> model;
    QPointer<QWidget> view;
    QString order;
    bool done = false, nests = false;

    void end()
    {
        if (done)
            return;
        done = true;
        if (nests) { // a dialog in the slot: the next frames come in here
            QEventLoop loop;
            QTimer::singleShot(40, &loop, &QEventLoop::quit);
            loop.exec();
        }
        for (const QChar who : qAsConst(order)) {
            switch (who.toLatin1()) {
            case 'm':
                delete manager.data();
                break;
            case 'p':
                delete proxy.data();
                break;
            case 'd':
                delete model.data();
                break;
            case 'v':
                delete view.data();
                break;
            default:
                delete aliveWindow.data();
            }
        }
    }
    template <class Sender, class Signal> void endOn(Sender *sender, Signal signal)
    {
        QObject::connect(sender, signal, sender, [this] { end(); });
    }
    // A table over a sorted view of the model, as the desk has it.
    void table()
    {
        auto *sorted = new QSortFilterProxyModel(window);
        sorted->setSourceModel(model);
        auto *shown = new QTableView(window);
        shown->setModel(sorted);
        view = shown;
    }
    void show()
    {
        view->setGeometry(0, 0, 500, 400);
        window->resize(500, 400);
        window->show();
    }
};
} // namespace

#endif
