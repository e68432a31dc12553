// upbit-orderbook: one market's order book in a window of its own.
#include "common/bookview.h"
#include "common/program.h"

namespace
{
class BookWindow : public Frame
{
  public:
    BookWindow(Exchange &exchange, Settings &settings)
        : Frame(exchange, settings, "orderbook"), m_view(new BookView(exchange)),
          m_title(new QLabel)
    {
        m_bar->addWidget(m_title);
        m_bar->addStretch(1);
        setCentralWidget(m_view);
        resize(460, 820);
        setSubject(settings.code);
        m_view->choose(settings.code);
        connect(m_view, &BookView::dataShown, &exchange, &Exchange::dataShown);
    }

  protected:
    // The ticker tells the close of yesterday, against which prices are coloured.
    void attach(UpbitLive::Manager *manager) override
    {
        m_ticker.reset();
        m_view->attach(manager, "orderbook_window");
        if (manager == nullptr)
            return;
        m_ticker.reset(new UpbitLive::Proxy(manager, "orderbook_window_ticker"));
        m_ticker->setMaxFps(30);
        connect(m_ticker.get(), &UpbitLive::Proxy::tickerReceived, this,
                [this](const UpbitLive::Ticker &ticker) {
                    m_view->view()->setPreviousClose(ticker.prevClosingPrice());
                    m_view->view()->setLastPrice(ticker.tradePrice());
                });
        m_ticker->subscribeTicker({m_settings.code});
    }
    void showMarkets() override
    {
        m_title->setText(titleOf(m_settings.code));
    }

  private:
    BookView *m_view;
    QLabel *m_title;
    std::unique_ptr<UpbitLive::Proxy> m_ticker;
};
} // namespace

int main(int argc, char **argv)
{
    return runProgram(argc, argv, "upbit-orderbook", "The order book of one market.",
                      [](Exchange &exchange, Settings &settings) -> Frame * {
                          return new BookWindow(exchange, settings);
                      });
}
