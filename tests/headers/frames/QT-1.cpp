// Around the first example of QT.md: the reader's own widget.
#include <QWidget>

class Widget : public QWidget
{
  public:
    Widget();
    void show(const UpbitLive::Orderbook &book);
};

Widget::Widget()
{
@SNIPPET@
}
