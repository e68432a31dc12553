/* `armed` and `idle`: a bell that rings once. Whoever turns it from 1 to 0 has to act.
 *
 * Both directions are exchanges with acquire and release. A store would not do, not even a
 * seq_cst one: the setter's look at the lanes after it must come after every commit whose take
 * of the flag it followed, and only a read-modify-write, which reads the taker's value, orders
 * the two. For the same reason the taker must not test the flag first and skip the exchange. */
#ifndef UPBIT_QUEUE_FLAG_H
#define UPBIT_QUEUE_FLAG_H

#include <stdatomic.h>

typedef struct upbit__flag {
    _Atomic unsigned on; /* any thread */
} upbit__flag;

static inline void upbit__flag_init(upbit__flag *f, unsigned on)
{
    atomic_init(&f->on, on);
}

/* 1: this call turned it off, its caller acts. */
static inline int upbit__flag_take(upbit__flag *f)
{
    return (int)atomic_exchange_explicit(&f->on, 0U, memory_order_acq_rel); /* upbit__flag_set */
}

static inline void upbit__flag_set(upbit__flag *f)
{
    (void)atomic_exchange_explicit(&f->on, 1U, memory_order_acq_rel); /* upbit__flag_take */
}

/* A hint for the thread that sets it: still on means nobody has acted since. */
static inline int upbit__flag_is_on(upbit__flag *f)
{
    return (int)atomic_load_explicit(&f->on, memory_order_relaxed);
}

#endif
