/* The pool's return list, from its own source: events let go by two consumers and the I/O thread,
 * used again, and the pool given up while some are still out.
 *
 * Promises: whoever lets the last reference go sees all uses before it; a block is used again only
 * after that; nothing is freed twice, used after it was freed, or left over. */
#include "litmus.h"
#include "queue/pool.c"
#include "queue/releases.c"

static upbit__pool *pool;
static upbit_event *shared, *single;

static void use(upbit_event *e, int64_t content)
{
    assert(e->exchange_ms == content); /* plain */
    upbit_event_unref(e);
}

static void *first(void *unused)
{
    use(shared, 1);
    return unused;
}

static void *second(void *unused)
{
    use(single, 2);
    use(shared, 1);
    return unused;
}

static void *io(void *unused)
{
    upbit__pool_adopt(pool);
    upbit__event_unref_io(pool, shared);
    upbit_event *again = upbit__pool_allocate(pool, sizeof *again);
    again->exchange_ms = 3;
    upbit__event_unref_io(pool, again);
    upbit__pool_release(pool);
    return unused;
}

int main(void)
{
    int r = upbit__pool_create(&pool, 4096);
    assert(r == 0);
    (void)r;
    LITMUS_NAME(pool->returns.top);
    LITMUS_NAME(pool->left);
    shared = upbit__pool_allocate(pool, sizeof *shared);
    single = upbit__pool_allocate(pool, sizeof *single);
    upbit__event_set_refs(shared, 3);
    shared->exchange_ms = 1;
    single->exchange_ms = 2;

    pthread_t a = litmus_start(first), b = litmus_start(second), c = litmus_start(io);
    litmus_join(a);
    litmus_join(b);
    litmus_join(c);
    return 0;
}
