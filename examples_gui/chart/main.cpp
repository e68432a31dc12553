// upbit-chart: one market's candles in a window of their own.
#include "common/chartview.h"
#include "common/program.h"

namespace
{
class ChartWindow : public Frame
{
  public:
    ChartWindow(Exchange &exchange, Settings &settings)
        : Frame(exchange, settings, "chart"), m_view(new ChartView(settings.candleUnit)),
          m_title(new QLabel)
    {
        m_bar->addWidget(m_title);
        m_bar->addStretch(1);
        setCentralWidget(m_view);
        resize(1000, 620);
        setSubject(settings.code);
        m_view->choose(settings.code);
        connect(m_view, &ChartView::unitChosen, this,
                [this](int unit) { m_settings.candleUnit = unit; });
        connect(m_view, &ChartView::dataShown, &exchange, &Exchange::dataShown);
        m_view->setFocus();
    }

  protected:
    void attach(UpbitLive::Manager *manager) override
    {
        m_view->attach(manager, "chart_window");
    }
    void showMarkets() override
    {
        m_title->setText(titleOf(m_settings.code));
    }

  private:
    ChartView *m_view;
    QLabel *m_title;
};
} // namespace

int main(int argc, char **argv)
{
    return runProgram(argc, argv, "upbit-chart", "The candles of one market.",
                      [](Exchange &exchange, Settings &settings) -> Frame * {
                          return new ChartWindow(exchange, settings);
                      });
}
