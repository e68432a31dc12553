// Around the third example of QT.md: where a manager is at hand.
#include <UpbitLive/Manager>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>

void chartOf(UpbitLive::Manager *manager)
{
@SNIPPET@
}
