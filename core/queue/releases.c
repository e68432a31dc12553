/* References that are let go, one by one or added up in a drain: see pool.h. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "queue/block.h"
#include "queue/pool.h"

/* References to one event that were let go and of which its block was not told yet. */
typedef struct release release;
struct release {
    const upbit_event *of; /* &upbit__event_tomb, which nobody lets go: free */
    release *then;         /* what followed last time */
    uint32_t count;
};

/* What a thread in a drain has let go. */
typedef struct releases {
    release *last;
    unsigned oldest; /* the next to give way */
    release each[UPBIT__RELEASES];
} releases;

/* Of this thread, while it drains. A pointer alone, so that the library may be loaded late. */
static _Thread_local releases *mine __attribute__((tls_model("initial-exec")));
static pthread_once_t releases_once = PTHREAD_ONCE_INIT;
static pthread_key_t releases_key; /* a thread that ends in the middle of a drain settles, too */
static int releases_have_key;

__attribute__((noinline)) static void settle(release *at)
{
    const upbit_event *e = at->of;
    at->of = &upbit__event_tomb;
    if (e != &upbit__event_tomb && upbit__block_drop_refs(upbit__block_of(e), at->count))
        upbit__block_send_back(upbit__block_of(e));
}

static void settle_all(releases *r)
{
    for (unsigned i = 0; i < UPBIT__RELEASES; i++)
        settle(&r->each[i]);
}

static void end_thread(void *context)
{
    settle_all(context);
    mine = NULL;
    free(context);
}

static void make_key(void)
{
    releases_have_key = pthread_key_create(&releases_key, end_thread) == 0;
}

/* A library that is unloaded is not called any more when a thread ends. */
__attribute__((destructor)) static void unload(void)
{
    if (releases_have_key)
        pthread_key_delete(releases_key);
}

void upbit__releases_begin(void)
{
    if (mine != NULL)
        return;
    (void)pthread_once(&releases_once, make_key);
    if (!releases_have_key)
        return;
    releases *r = calloc(1, sizeof *r);
    if (r == NULL || pthread_setspecific(releases_key, r) != 0) {
        free(r);
        return;
    }
    for (unsigned i = 0; i < UPBIT__RELEASES; i++)
        r->each[i] = (release){&upbit__event_tomb, &r->each[(i + 1) % UPBIT__RELEASES], 0};
    r->last = r->each;
    mine = r;
}

void upbit__releases_end(void)
{
    if (mine != NULL)
        settle_all(mine);
}

/* Where the event is, or is now. */
static release *find(releases *r, const upbit_event *e)
{
    for (unsigned i = 0; i < UPBIT__RELEASES; i++)
        if (r->each[i].of == e)
            return &r->each[i];
    release *at = &r->each[r->oldest++ % UPBIT__RELEASES];
    settle(at);
    at->of = e;
    at->count = 0;
    return at;
}

/* No drain, not the event that was expected, or perhaps the last reference. */
__attribute__((noinline)) static void let_go_slowly(const upbit_event *e)
{
    if (e == NULL)
        return;
    upbit__block *b = upbit__block_of(e);
    releases *r = mine;
    uint32_t left = atomic_load_explicit(&b->refs, memory_order_relaxed); /* of whom: drop_refs */
    if (r == NULL || left == 1) {
        if (upbit__block_drop_refs(b, 1))
            upbit__block_send_back(b);
        return;
    }
    release *at = r->last->then;
    if (at->of != e)
        at = r->last->then = find(r, e);
    r->last = at;
    if (++at->count >= left)
        settle(at); /* nobody else has it any more */
}

void upbit_event_unref(const upbit_event *e)
{
    releases *r = mine;
    if (r != NULL) {
        release *at = r->last->then;
        uint32_t count = at->count + 1;
        if (at->of == e &&
            count < atomic_load_explicit(&upbit__block_of(e)->refs, memory_order_relaxed)) {
            at->count = count;
            r->last = at;
            return;
        }
    }
    let_go_slowly(e);
}
