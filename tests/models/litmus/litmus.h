/* What the litmus programs share, and how to read them.
 *
 * Each is plain C11 and pthreads, bounded, with an assert for every promise: `main` is ONE run,
 * with every variable made anew. So a memory-model checker can be given any of them as it is,
 *
 *     genmc -- -I core -I core/include tests/models/litmus/fifo.c
 *
 * and the test command builds each twice: as an ordinary program whose main is run many thousand
 * times by native.c, and under tests/models/explorer, which runs it in every way the model allows.
 */
#ifndef TESTS_MODELS_LITMUS_H
#define TESTS_MODELS_LITMUS_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#ifdef LITMUS_EXPLORED
#include "../explorer/explore.h"
/* A relaxed load of this may be satisfied after the stores behind it: see machine.h there. */
#define LITMUS_LATE(object) explore_late(object)
#define LITMUS_NAME(object) explore_name(&(object), #object)
#else
#define LITMUS_LATE(object) ((void)(object))
#define LITMUS_NAME(object) ((void)(object))
#endif

static inline pthread_t litmus_start(void *(*body)(void *))
{
    pthread_t t;
    int r = pthread_create(&t, NULL, body, NULL);
    assert(r == 0);
    (void)r;
    return t;
}

static inline void litmus_join(pthread_t t)
{
    pthread_join(t, NULL);
}

/* An eventfd, no stronger than it has to be: reading takes all, writing adds. */
typedef struct litmus_bell {
    _Atomic unsigned count;
} litmus_bell;

static inline void litmus_bell_init(litmus_bell *b)
{
    atomic_init(&b->count, 0);
}

static inline void litmus_bell_write(litmus_bell *b)
{
    (void)atomic_fetch_add_explicit(&b->count, 1, memory_order_relaxed);
}

static inline void litmus_bell_read(litmus_bell *b)
{
    (void)atomic_exchange_explicit(&b->count, 0, memory_order_relaxed);
}

/* poll() would not sleep. Once the writers have been joined this is the truth. */
static inline int litmus_bell_rings(litmus_bell *b)
{
    return atomic_load_explicit(&b->count, memory_order_relaxed) != 0;
}

#endif
