/* The command queue. Why and how: command.h. */
#include "queue/command.h"

void upbit__command_queue_init(upbit__command_queue *q)
{
    upbit__stack_init(&q->stack);
    atomic_init(&q->waiting, 0);
    upbit__flag_init(&q->armed, 1);
    atomic_init(&q->seal.next, (upbit__link *)0);
}

static int push(upbit__command_queue *q, upbit__command *c)
{
    if (!upbit__stack_push_unless(&q->stack, &c->link, &q->seal)) {
        (void)atomic_fetch_sub_explicit(&q->waiting, 1, memory_order_relaxed);
        return UPBIT_ERROR_CLOSED;
    }
    return upbit__flag_take(&q->armed);
}

int upbit__command_push(upbit__command_queue *q, upbit__command *c)
{
    uint32_t waiting = atomic_load_explicit(&q->waiting, memory_order_relaxed);
    do {
        if (waiting >= UPBIT__COMMANDS_MAX)
            return UPBIT_ERROR_COMMAND_FULL;
    } while (!atomic_compare_exchange_weak_explicit(&q->waiting, &waiting, waiting + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return push(q, c);
}

int upbit__command_push_always(upbit__command_queue *q, upbit__command *c)
{
    (void)atomic_fetch_add_explicit(&q->waiting, 1, memory_order_relaxed);
    return push(q, c);
}

static upbit__command *in_order(upbit__command_queue *q, upbit__link *newest)
{
    uint32_t n = 0;
    for (upbit__link *l = newest; l != NULL; l = upbit__link_next(l))
        n++;
    (void)atomic_fetch_sub_explicit(&q->waiting, n, memory_order_relaxed);
    upbit__link *oldest = upbit__link_reverse(newest);
    return oldest == NULL ? NULL : UPBIT__LINK_OWNER(oldest, upbit__command, link);
}

upbit__command *upbit__command_take_all(upbit__command_queue *q)
{
    if (!upbit__stack_any(&q->stack) ||
        atomic_load_explicit(&q->stack.top, memory_order_relaxed) == &q->seal)
        return NULL;
    return in_order(q, upbit__stack_take(&q->stack));
}

upbit__command *upbit__command_next(upbit__command *c)
{
    upbit__link *next = upbit__link_next(&c->link);
    return next == NULL ? NULL : UPBIT__LINK_OWNER(next, upbit__command, link);
}

int upbit__command_arm(upbit__command_queue *q)
{
    upbit__flag_set(&q->armed);
    if (atomic_load_explicit(&q->stack.top, memory_order_acquire) == NULL) /* push */
        return 1;
    /* Whoever disarms acts: if it was us we go on, if it was a pusher its wake-up is on the way. */
    return upbit__flag_take(&q->armed) ? 0 : 1;
}

upbit__command *upbit__command_seal(upbit__command_queue *q)
{
    upbit__link *l = atomic_load_explicit(&q->stack.top, memory_order_relaxed);
    if (l == &q->seal)
        return NULL;
    l = atomic_exchange_explicit(&q->stack.top, &q->seal, memory_order_acq_rel); /* push */
    return in_order(q, l);
}
