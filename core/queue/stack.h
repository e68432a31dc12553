/* The one intrusive stack of this layer: anybody pushes, one thread takes everything.
 *
 * Four things hang on one: blocks on the pool's `returns`, cells on `dirty`, inboxes on a
 * waiter's `ready`, commands. It is never popped one by one, so there is no ABA: a link that
 * comes back while a push retries is only compared, and the CAS that then succeeds is right.
 *
 * Orders: `top` is pushed with CAS(rel, rlx) and emptied with exchange(acq). Every push is a
 * read-modify-write, so it carries on the release sequences of the pushes below it: the one
 * acquire synchronises with all of them. `next` is written before the push and read after the
 * acquire, or by the taker alone; it is atomic (rlx) because both sides touch it at different
 * times. */
#ifndef UPBIT_QUEUE_STACK_H
#define UPBIT_QUEUE_STACK_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct upbit__link upbit__link;

struct upbit__link {
    _Atomic(upbit__link *) next; /* the pusher's until the CAS, then the taker's */
};

typedef struct upbit__stack {
    _Atomic(upbit__link *) top; /* any thread */
} upbit__stack;

#define UPBIT__LINK_OWNER(link, type, member)                                                      \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void upbit__stack_init(upbit__stack *s)
{
    atomic_init(&s->top, (upbit__link *)0);
}

static inline upbit__link *upbit__link_next(upbit__link *l)
{
    return atomic_load_explicit(&l->next, memory_order_relaxed);
}

static inline void upbit__link_set_next(upbit__link *l, upbit__link *next)
{
    atomic_store_explicit(&l->next, next, memory_order_relaxed);
}

/* Pushes a chain, newest first, whose last link is `oldest`, unless the stack is sealed (top ==
 * seal; seal NULL: never). 1 pushed, 0 sealed. @thread any. */
static inline int upbit__stack_push_chain(upbit__stack *s, upbit__link *newest, upbit__link *oldest,
                                          const upbit__link *seal)
{
    upbit__link *top = atomic_load_explicit(&s->top, memory_order_relaxed);
    do {
        if (seal != (const upbit__link *)0 && top == seal)
            return 0;
        upbit__link_set_next(oldest, top);
    } while (!atomic_compare_exchange_weak_explicit(&s->top, &top, newest,
                                                    memory_order_release, /* take */
                                                    memory_order_relaxed));
    return 1;
}

/* One alone. @thread any. */
static inline int upbit__stack_push_unless(upbit__stack *s, upbit__link *l, const upbit__link *seal)
{
    return upbit__stack_push_chain(s, l, l, seal);
}

static inline void upbit__stack_push(upbit__stack *s, upbit__link *l)
{
    upbit__stack_push_unless(s, l, (const upbit__link *)0);
}

/* 1: something hangs here. Acquire: what was pushed may be looked at. @thread any. */
static inline int upbit__stack_any(upbit__stack *s)
{
    return atomic_load_explicit(&s->top, memory_order_acquire) != (upbit__link *)0;
}

/* Everything, newest first; NULL if nothing. @thread the one taker. */
static inline upbit__link *upbit__stack_take(upbit__stack *s)
{
    return atomic_exchange_explicit(&s->top, (upbit__link *)0, memory_order_acquire); /* pushes */
}

/* Oldest first. @thread whoever took the list. */
static inline upbit__link *upbit__link_reverse(upbit__link *l)
{
    upbit__link *done = (upbit__link *)0;
    while (l != (upbit__link *)0) {
        upbit__link *next = upbit__link_next(l);
        upbit__link_set_next(l, done);
        done = l;
        l = next;
    }
    return done;
}

#endif
