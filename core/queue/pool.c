/* The blocks behind events. Why and how: pool.h. */
#include "queue/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "queue/block.h"
#include "queue/poison.h"

/* Four classes per doubling waste an eighth on average; what is larger than the last is rare (a
 * snapshot of all books in one array) and goes to malloc each time. */
enum { CLASS_FIRST = 256, CLASS_QUARTER_BITS = 6, CLASSES = 25, NO_CLASS = CLASSES };
_Static_assert(CLASS_FIRST == 4 << CLASS_QUARTER_BITS, "see class_of");

typedef upbit__block block;

struct upbit__pool {
    /* immutable */
    uint64_t budget;
    uint64_t keep;    /* bytes the free lists may hold */
    upbit__link seal; /* address only */

    /* any thread, atomic */
    upbit__stack returns;
    _Atomic uint64_t left; /* once sealed: blocks out, plus one for the sealer */

    /* written by the I/O thread, read by any: gauges */
    _Atomic uint64_t bytes, peak, allocations, total;

    /* I/O thread */
    upbit__link *free[CLASSES + 1]; /* of NO_CLASS: always empty */
    uint64_t blocks;                /* that there are, out or free */
#ifndef NDEBUG
    pthread_t thread;
    int has_thread;
#endif
};

const upbit_event upbit__event_tomb = {.size = sizeof(upbit_event)};

static block *block_of_link(upbit__link *l)
{
    return UPBIT__LINK_OWNER(l, block, link);
}

static uint64_t gauge(const _Atomic uint64_t *g)
{
    return atomic_load_explicit(g, memory_order_relaxed);
}

static void set_gauge(_Atomic uint64_t *g, uint64_t value)
{
    atomic_store_explicit(g, value, memory_order_relaxed);
}

static void check_thread(upbit__pool *p)
{
#ifndef NDEBUG
    if (!p->has_thread)
        upbit__pool_adopt(p);
    assert(pthread_equal(p->thread, pthread_self()) && "pool used outside its I/O thread");
#else
    (void)p;
#endif
}

void upbit__pool_adopt(upbit__pool *p)
{
#ifndef NDEBUG
    p->thread = pthread_self();
    p->has_thread = 1;
#else
    (void)p;
#endif
}

int upbit__pool_create(upbit__pool **out, uint64_t budget)
{
    upbit__pool *p = calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    p->budget = budget;
    /* Enough for any steady state; after a flood of large events the rest goes back to malloc. */
    p->keep = budget / 4 > 1U << 20 ? budget / 4 : 1U << 20;
    upbit__stack_init(&p->returns);
    return 0;
}

/* Class of a block of `bytes`, which is rounded up to the class's size. */
static uint32_t class_of(size_t *bytes)
{
    if (*bytes <= CLASS_FIRST) {
        *bytes = CLASS_FIRST;
        return 0;
    }
    /* Above CLASS_FIRST * 2^k, by quarters of that. */
    unsigned k = (unsigned)__builtin_clzll((*bytes - 1) / CLASS_FIRST) ^ 63;
    const unsigned quarter = CLASS_QUARTER_BITS + k; /* shifts: a division takes longer than this */
    size_t step = ((*bytes - 1) >> quarter) - 3;
    uint32_t class = 4 * k + (uint32_t)step;
    if (class >= CLASSES)
        return NO_CLASS;
    *bytes = (4 + step) << quarter;
    return class;
}

static void poison(block *b)
{
    POISON(&b->event, b->bytes - offsetof(block, event));
}

static void free_block(block *b)
{
    UNPOISON(&b->event, b->bytes - offsetof(block, event));
    free(b);
}

/* A block is back with the I/O thread. */
static void recycle(upbit__pool *p, block *b)
{
    const uint64_t bytes = gauge(&p->bytes) - b->bytes;
    set_gauge(&p->bytes, bytes);
    if (b->class == NO_CLASS || gauge(&p->total) - bytes > p->keep) {
        set_gauge(&p->total, gauge(&p->total) - b->bytes);
        p->blocks--;
        free_block(b);
        return;
    }
    poison(b);
    upbit__link_set_next(&b->link, p->free[b->class]);
    p->free[b->class] = &b->link;
}

void upbit__pool_collect(upbit__pool *p)
{
    if (!upbit__stack_any(&p->returns))
        return;
    for (upbit__link *l = upbit__stack_take(&p->returns), *next; l != NULL; l = next) {
        next = upbit__link_next(l);
        recycle(p, block_of_link(l));
    }
}

static int fits(upbit__pool *p, size_t bytes)
{
    assert(bytes <= UINT32_MAX && "larger than a block can be");
    if (gauge(&p->bytes) + bytes <= p->budget)
        return 1;
    upbit__pool_collect(p);
    return gauge(&p->bytes) + bytes <= p->budget;
}

int upbit__pool_fits(upbit__pool *p, size_t size)
{
    check_thread(p);
    if (size > UINT32_MAX - sizeof(block))
        return 0;
    size_t bytes = offsetof(block, event) + size;
    (void)class_of(&bytes);
    return fits(p, bytes);
}

/* In halves, which compilers store as they are: the whole they count down in a loop. */
static inline void clear_header(upbit_event *e)
{
    enum { HALF = sizeof *e / 2 };
    memset(e, 0, HALF);
    memset((char *)e + HALF, 0, sizeof *e - HALF);
}

static inline upbit_event *ready(block *b, size_t size)
{
    atomic_store_explicit(&b->refs, 1, memory_order_relaxed); /* published by the first push */
    clear_header(&b->event);
    b->event.size = (uint32_t)size;
    return &b->event;
}

static block *new_block(upbit__pool *p, size_t bytes, uint32_t class)
{
    block *b = aligned_alloc(16, (bytes + 15) / 16 * 16);
    if (b == NULL)
        return NULL;
    atomic_init(&b->link.next, (upbit__link *)NULL);
    atomic_init(&b->refs, 0);
    b->pool = p;
    b->bytes = (uint32_t)bytes;
    b->class = class;
    return b;
}

/* One from the free list, which has some. */
static inline upbit_event *take_free(upbit__pool *p, size_t size, uint32_t class, uint64_t now)
{
    block *b = block_of_link(p->free[class]);
    p->free[class] = upbit__link_next(&b->link);
    UNPOISON(&b->event, b->bytes - offsetof(block, event));
    set_gauge(&p->bytes, now);
    if (now > gauge(&p->peak))
        set_gauge(&p->peak, now);
    return ready(b, size);
}

/* There is none of the class, or not as much is left of the budget. */
__attribute__((noinline)) static upbit_event *allocate_slowly(upbit__pool *p, size_t size,
                                                              size_t bytes, uint32_t class)
{
    if (!fits(p, bytes))
        return NULL;
    if (class != NO_CLASS && p->free[class] == NULL)
        upbit__pool_collect(p);
    const uint64_t now = gauge(&p->bytes) + bytes;
    if (p->free[class] != NULL)
        return take_free(p, size, class, now);
    block *b = new_block(p, bytes, class);
    if (b == NULL)
        return NULL;
    p->blocks++;
    set_gauge(&p->allocations, gauge(&p->allocations) + 1);
    set_gauge(&p->total, gauge(&p->total) + bytes);
    set_gauge(&p->bytes, now);
    if (now > gauge(&p->peak))
        set_gauge(&p->peak, now);
    return ready(b, size);
}

upbit_event *upbit__pool_allocate(upbit__pool *p, size_t size)
{
    check_thread(p);
    if (size < sizeof(upbit_event))
        size = sizeof(upbit_event);
    if (size > UINT32_MAX - sizeof(block))
        return NULL;
    size_t bytes = offsetof(block, event) + size;
    const uint32_t class = class_of(&bytes);
    const uint64_t now = gauge(&p->bytes) + bytes;
    if (p->free[class] == NULL || now > p->budget)
        return allocate_slowly(p, size, bytes, class);
    return take_free(p, size, class, now);
}

upbit_event *upbit__event_allocate(size_t size)
{
    if (size < sizeof(upbit_event))
        size = sizeof(upbit_event);
    if (size > UINT32_MAX - sizeof(block))
        return NULL;
    block *b = new_block(NULL, offsetof(block, event) + size, NO_CLASS);
    if (b == NULL)
        return NULL;
    upbit_event *e = ready(b, size);
    memset((char *)e + sizeof *e, 0, size - sizeof *e);
    return e;
}

void upbit__event_set_refs(upbit_event *e, uint32_t n)
{
    atomic_store_explicit(&upbit__block_of(e)->refs, n, memory_order_relaxed); /* see pool.h */
}

int upbit__block_drop_refs(block *b, uint32_t n)
{
    /* Whoever has all of them is alone with the block, and a locked operation would be for nobody.
     * The acquire's partners are the fetch_subs of those who had some before. */
    if (atomic_load_explicit(&b->refs, memory_order_acquire) == n) {
        atomic_store_explicit(&b->refs, 0, memory_order_relaxed);
        return 1;
    }
    uint32_t before = atomic_fetch_sub_explicit(&b->refs, n, memory_order_acq_rel); /* itself */
    assert(before >= n && "event let go too often");
    return before == n;
}

void upbit__block_send_back(block *b)
{
    upbit__pool *p = b->pool;
    if (p == NULL) {
        free_block(b);
        return;
    }
    poison(b);
    if (upbit__stack_push_unless(&p->returns, &b->link, &p->seal))
        return;
    /* Sealed. The acquire makes the store to `left` before the seal ours to count down from. */
    (void)atomic_load_explicit(&p->returns.top, memory_order_acquire); /* upbit__pool_release */
    free_block(b);
    if (atomic_fetch_sub_explicit(&p->left, 1, memory_order_acq_rel) == 1) /* the other counters */
        free(p);
}

void upbit__event_unref_io(upbit__pool *p, const upbit_event *e)
{
    if (e == NULL)
        return;
    block *b = upbit__block_of(e);
    if (!upbit__block_drop_refs(b, 1))
        return;
    if (p == NULL || b->pool != p) {
        upbit__block_send_back(b);
        return;
    }
    check_thread(p);
    recycle(p, b);
}

void upbit_event_ref(const upbit_event *e)
{
    if (e != NULL) /* rlx: whoever refs has a reference, nothing is published by it */
        (void)atomic_fetch_add_explicit(&upbit__block_of(e)->refs, 1, memory_order_relaxed);
}

void upbit__pool_release(upbit__pool *p)
{
    if (p == NULL)
        return;
    for (uint32_t class = 0; class < CLASSES; class ++)
        for (upbit__link *l = p->free[class], *next; l != NULL; l = next, p->blocks--) {
            next = upbit__link_next(l);
            free_block(block_of_link(l));
        }
    uint64_t back = 1;
    /* Before the seal, whose release shows it to send_back. */
    atomic_store_explicit(&p->left, p->blocks + 1, memory_order_relaxed);
    upbit__link *l = atomic_exchange_explicit(&p->returns.top, &p->seal, memory_order_acq_rel);
    for (upbit__link *next; l != NULL; l = next, back++) {
        next = upbit__link_next(l);
        free_block(block_of_link(l));
    }
    if (atomic_fetch_sub_explicit(&p->left, back, memory_order_acq_rel) == back)
        free(p);
}

uint64_t upbit__pool_bytes(const upbit__pool *p)
{
    return gauge(&p->bytes);
}

uint64_t upbit__pool_peak(const upbit__pool *p)
{
    return gauge(&p->peak);
}

uint64_t upbit__pool_free_bytes(const upbit__pool *p)
{
    uint64_t total = gauge(&p->total), bytes = gauge(&p->bytes);
    return total > bytes ? total - bytes : 0;
}

uint64_t upbit__pool_allocations(const upbit__pool *p)
{
    return gauge(&p->allocations);
}
