/* upbit_manager_request_stop: all managers of the process, from a signal handler.
 *
 * A handler may take no lock and walk no list that another thread changes. So managers stand in a
 * fixed table of atomic pointers, and `inside` counts the handlers that are looking: a manager that
 * leaves clears its slot and then waits until no handler can still hold what it saw there. This is
 * no hot path: the orders are sequentially consistent, the plainest that are right (clear, then
 * look at `inside`; raise `inside`, then look at the slots: one of the two sees the other). */
#include <sched.h>

#include "base/error_detail.h"
#include "client/manager.h"

#define SLOTS 256

static _Atomic(upbit_manager *) slots[SLOTS];
static _Atomic unsigned inside;

int upbit__stop_enter(upbit_manager *m)
{
    for (int i = 0; i < SLOTS; i++) {
        upbit_manager *expected = NULL;
        if (atomic_compare_exchange_strong(&slots[i], &expected, m))
            return 0;
    }
    return upbit__error_set(UPBIT_ERROR_SYSTEM, "more than %d managers in one process", SLOTS);
}

void upbit__stop_leave(upbit_manager *m)
{
    for (int i = 0; i < SLOTS; i++) {
        upbit_manager *expected = m;
        if (atomic_compare_exchange_strong(&slots[i], &expected, NULL))
            break;
    }
    while (atomic_load(&inside) != 0)
        sched_yield();
}

void upbit_manager_request_stop(void)
{
    atomic_fetch_add(&inside, 1);
    for (int i = 0; i < SLOTS; i++) {
        upbit_manager *m = atomic_load(&slots[i]);
        if (m != NULL) {
            atomic_store_explicit(&m->stop, true, memory_order_relaxed);
            upbit__loop_wake(m->loop);
        }
    }
    atomic_fetch_sub(&inside, 1);
}
