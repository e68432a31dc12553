// UpbitLive/widgets/telling.h - what the models keep while they tell their views; nothing for
// users.
#ifndef UPBITLIVE_WIDGETS_TELLING_H
#define UPBITLIVE_WIDGETS_TELLING_H

#include <QtCore/QtGlobal>

namespace UpbitLive
{
struct TellingState {
    quint32 content = 0; // another number: the rows have become others altogether
    bool busy = false;
};
} // namespace UpbitLive

#endif
