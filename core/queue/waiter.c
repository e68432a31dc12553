/* The bell and the consumer's protocol. Why and how: waiter.h. */
#include "queue/waiter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

int upbit__waiter_create(upbit__waiter **out)
{
    *out = NULL;
    upbit__waiter *w = calloc(1, sizeof *w);
    if (w == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    if (pthread_mutex_init(&w->mutex, NULL) != 0) {
        free(w);
        return UPBIT_ERROR_SYSTEM;
    }
    w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->fd < 0) {
        pthread_mutex_destroy(&w->mutex);
        free(w);
        return UPBIT_ERROR_SYSTEM;
    }
    atomic_init(&w->refs, 1);
    atomic_init(&w->by_callback, 0);
    atomic_init(&w->batch, (upbit__batch *)NULL);
    upbit__flag_init(&w->armed, 1);
    upbit__stack_init(&w->ready);
    *out = w;
    return 0;
}

void upbit__waiter_ref(upbit__waiter *w)
{
    (void)atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
}

/* Takes what became ready over to the end of the run list, oldest first. */
static void collect(upbit__waiter *w)
{
    if (!upbit__stack_any(&w->ready))
        return;
    upbit__link *l = upbit__link_reverse(upbit__stack_take(&w->ready));
    for (upbit__link *next; l != NULL; l = next) {
        next = upbit__link_next(l);
        upbit__inbox *in = UPBIT__LINK_OWNER(l, upbit__inbox, ready);
        in->run_next = NULL;
        if (w->run == NULL)
            w->run = in;
        else
            w->run_last->run_next = in;
        w->run_last = in;
    }
    if (w->run->run_next != NULL)
        upbit__releases_begin();
}

/* A new first of the run list is at hand: what lies behind it comes nearer meanwhile. With a
 * thousand inboxes their memory is far away, and waiting for it would cost more than all the rest.
 */
static void foresee(const upbit__waiter *w)
{
    upbit__inbox *next = w->run == NULL ? NULL : w->run->run_next;
    if (next == NULL)
        return;
    upbit__inbox_foresee_lanes(next);
    if (next->run_next != NULL)
        upbit__inbox_foresee(next->run_next);
}

static upbit__inbox *unlink_first(upbit__waiter *w)
{
    upbit__inbox *in = w->run;
    w->run = in->run_next; /* before idle is set: then the I/O thread may link it */
    if (w->run == NULL)
        w->run_last = NULL;
    in->run_next = NULL;
    foresee(w);
    return in;
}

static void link_last(upbit__waiter *w, upbit__inbox *in)
{
    if (w->run == NULL)
        w->run = in;
    else
        w->run_last->run_next = in;
    w->run_last = in;
}

void upbit__waiter_unref(upbit__waiter *w)
{
    upbit__releases_end(); /* perhaps in the middle of a drain that is never ended */
    if (w == NULL || atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) != 1)
        return;
    collect(w);
    while (w->run != NULL)
        upbit__inbox_unref(unlink_first(w)); /* all detached, or they would hold us */
    close(w->fd);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

int upbit__waiter_fd(upbit__waiter *w)
{
    return atomic_load_explicit(&w->by_callback, memory_order_relaxed) ? -1 : w->fd;
}

static void write_fd(upbit__waiter *w)
{
    uint64_t one = 1;
    ssize_t n;
    do
        n = write(w->fd, &one, sizeof one);
    while (n < 0 && errno == EINTR); /* EAGAIN: the counter is full, so it is readable */
}

static void ring(upbit__waiter *w)
{
    pthread_mutex_lock(&w->mutex);
    if (w->wakeup != NULL)
        w->wakeup(w->context);
    else
        write_fd(w);
    pthread_mutex_unlock(&w->mutex);
}

int upbit__waiter_notify(upbit__waiter *w)
{
    if (!upbit__flag_take(&w->armed))
        return 0;
    ring(w);
    return 1;
}

void upbit__waiter_ring(upbit__waiter *w)
{
    write_fd(w);
}

void upbit__waiter_set_wakeup(upbit__waiter *w, void (*wakeup)(void *context), void *context)
{
    pthread_mutex_lock(&w->mutex);
    w->wakeup = wakeup;
    w->context = context;
    atomic_store_explicit(&w->by_callback, wakeup != NULL, memory_order_relaxed);
    if (wakeup != NULL) {
        wakeup(context);
    } else {
        /* A notification may have gone to the old callback: pass it on. Disarmed, as after any
         * other, or the consumer would take the short way and never read it. */
        (void)upbit__flag_take(&w->armed);
        write_fd(w);
    }
    pthread_mutex_unlock(&w->mutex);
}

static void read_fd(upbit__waiter *w)
{
    if (atomic_load_explicit(&w->by_callback, memory_order_relaxed))
        return;
    uint64_t count;
    ssize_t n;
    do
        n = read(w->fd, &count, sizeof count);
    while (n < 0 && errno == EINTR); /* EAGAIN: it was a callback's turn */
}

/* The first of the run list is empty. */
static void set_idle(upbit__waiter *w)
{
    upbit__inbox *in = unlink_first(w);
    w->turn = UPBIT__TURN;
    upbit__flag_set(&in->idle);
    /* Only the waiter's reference could go now, and only here: `in` stays. */
    if (upbit__inbox_any(in) && upbit__flag_take(&in->idle)) {
        in->run_next = NULL;
        link_last(w, in);
    }
}

/* The first of the run list has had its eight. An empty one is laid to rest while it is at hand:
 * coming back to it after all others only to find nothing would cost more than the look. */
static void end_turn(upbit__waiter *w)
{
    upbit__inbox *in = w->run;
    assert(in != NULL && "a turn of nobody");
    w->turn = UPBIT__TURN;
    if (!upbit__inbox_goes_on(in)) {
        set_idle(w);
        return;
    }
    collect(w);
    if (w->run_last != in)
        link_last(w, unlink_first(w));
}

/* One event of the run list. 0: the list is empty. */
static int take_run(upbit__waiter *w, void **owner, upbit_delivery *out)
{
    if (w->turn == 0)
        end_turn(w);
    while (w->run != NULL) {
        upbit__inbox *in = w->run;
        if (atomic_load_explicit(&in->detached, memory_order_acquire)) { /* upbit__inbox_detach */
            w->turn = UPBIT__TURN;
            upbit__inbox_unref(unlink_first(w));
            continue;
        }
        *owner = in->owner;
        int r = upbit__inbox_take(in, out);
        if (r < 0 && r != UPBIT_ERROR_CLOSED)
            return r;
        if (r <= 0) {
            set_idle(w);
            continue;
        }
        w->turn--;
        return 1;
    }
    return 0;
}

static int take(upbit__waiter *w, void **owner, upbit_delivery *out)
{
    for (;;) {
        if (w->run == NULL) {
            /* Still armed: nobody has rung since we armed, and with nothing ready there is
             * nothing to read or arm again. */
            if (!upbit__stack_any(&w->ready) && upbit__flag_is_on(&w->armed))
                return 0;
            w->turn = UPBIT__TURN;
            collect(w);
        }
        int r = take_run(w, owner, out);
        if (r != 0)
            return r;
        if (upbit__stack_any(&w->ready))
            continue;
        read_fd(w); /* with nothing left and before arming; see architecture.md section 5 */
        upbit__flag_set(&w->armed);
        if (!upbit__stack_any(&w->ready) || !upbit__flag_take(&w->armed))
            return 0;
        /* We disarmed, so we notify: the caller may stop after any event, and then only a readable
         * descriptor brings it back. A callback's owner knows by itself that it has not seen 0. */
        if (!atomic_load_explicit(&w->by_callback, memory_order_relaxed))
            write_fd(w);
    }
}

/* Apart from the quick way below: what is seldom done would cost that its registers. */
__attribute__((noinline)) static int take_slowly(upbit__waiter *w, void **owner,
                                                 upbit_delivery *out)
{
#ifndef NDEBUG
    atomic_store_explicit(&w->draining, 1, memory_order_relaxed);
#endif
    int r = take(w, owner, out);
    if (r <= 0)
        upbit__releases_end();
#ifndef NDEBUG
    atomic_store_explicit(&w->draining, 0, memory_order_relaxed);
#endif
    return r;
}

int upbit__waiter_take(upbit__waiter *w, void **owner, upbit_delivery *out)
{
    assert(!atomic_load_explicit(&w->draining, memory_order_relaxed) && "two consumers");
    /* Seven of eight events: the turn goes on. */
    upbit__inbox *in = w->run;
    if (in == NULL || w->turn == 0 ||
        atomic_load_explicit(&in->detached, memory_order_acquire) || /* upbit__inbox_detach */
        !(upbit__inbox_take_quick(in, out) || upbit__inbox_take_cell(in, out)))
        return take_slowly(w, owner, out);
    w->turn--;
    *owner = in->owner;
    return 1;
}
