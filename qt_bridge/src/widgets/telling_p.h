// A model's work that tells its views in several steps. A slot of any step may delete the model,
// clear it, fill it with something else, or run an event loop in which the next frame comes: so
// after each step holds() is asked, and a frame that comes while one is being told waits for the
// next.
//
// The signals that come before a change (rowsAboutToBeInserted and its like) are out of this: Qt's
// own model classes go on using themselves behind them, so a slot of these must not delete the
// model.
#ifndef UPBITLIVE_TELLING_P_H
#define UPBITLIVE_TELLING_P_H

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <UpbitLive/widgets/telling.h>

namespace UpbitLive
{
class Telling
{
  public:
    Telling(QObject *model, TellingState *state)
        : m_model(model), m_state(state), m_content(state->content), m_outer(state->busy)
    {
        state->busy = true;
    }
    ~Telling()
    {
        if (m_model != nullptr)
            m_state->busy = m_outer;
    }
    // False: stop, and touch nothing of the model.
    bool holds() const noexcept
    {
        return m_model != nullptr && m_state->content == m_content;
    }
    Q_DISABLE_COPY(Telling)

  private:
    const QPointer<QObject> m_model;
    TellingState *const m_state;
    const quint32 m_content;
    const bool m_outer;
};
} // namespace UpbitLive

#endif
