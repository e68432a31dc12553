#include "net/loop.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "net/curl_multi.h"
#include "upbit-live/error.h"

#define READY_MAX 64
#define NEVER     INT64_MAX

struct upbit__loop {
    /* immutable after create */
    int epoll_fd, wake_fd, alarm_fd;
    /* the loop's thread */
    upbit__watch wake, alarm;
    int64_t alarm_ns; /* it is set to; NEVER: it is not */
    struct epoll_event ready[READY_MAX];
    int ready_next, ready_count;
    upbit__timer **heap; /* smallest (at_ns, order) first */
    size_t heap_count, heap_capacity;
    uint64_t next_order;
    int64_t woke_ns;
    int64_t pass_ns; /* timers up to here fire in the running pass, INT64_MIN outside one */
    upbit__curl_multi curl, curl_rest;
};

static pthread_mutex_t curl_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool curl_ready; /* under the mutex */

/* Once for the process; where it failed (no memory) the next one tries again. */
static bool init_curl(void)
{
    pthread_mutex_lock(&curl_mutex);
    if (!curl_ready)
        curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    bool ready = curl_ready;
    pthread_mutex_unlock(&curl_mutex);
    return ready;
}

static void on_wake(void *context, unsigned events)
{
    (void)events;
    upbit__loop *loop = context;
    uint64_t count;
    ssize_t got = read(loop->wake_fd, &count, sizeof count);
    (void)got; /* EAGAIN when a signal raced us: nothing to take then */
}

/* What is due the turn finds by itself. The descriptor is not read: it tells once. */
static void on_alarm(void *context, unsigned events)
{
    (void)events;
    ((upbit__loop *)context)->alarm_ns = NEVER;
}

int upbit__loop_create(upbit__loop **out)
{
    *out = NULL;
    if (!init_curl())
        return UPBIT_ERROR_NO_MEMORY;
    upbit__loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    loop->pass_ns = INT64_MIN;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->alarm_ns = NEVER;
    bool good = loop->epoll_fd >= 0 && loop->wake_fd >= 0 && loop->alarm_fd >= 0;
    int rc = good ? 0 : UPBIT_ERROR_SYSTEM;
    loop->wake = (upbit__watch){
        .fd = loop->wake_fd, .events = UPBIT__READ, .callback = on_wake, .context = loop};
    loop->alarm = (upbit__watch){.fd = loop->alarm_fd,
                                 .events = UPBIT__READ | UPBIT__EDGE,
                                 .callback = on_alarm,
                                 .context = loop};
    if (rc == 0)
        rc = upbit__watch_start(loop, &loop->wake);
    if (rc == 0)
        rc = upbit__watch_start(loop, &loop->alarm);
    if (rc == 0)
        rc = upbit__curl_multi_init(&loop->curl, loop);
    if (rc == 0)
        rc = upbit__curl_multi_init(&loop->curl_rest, loop);
    if (rc != 0) {
        if (rc == UPBIT_ERROR_SYSTEM) {
            char why[80];
            upbit__error_set(rc, "no descriptor for the I/O loop: %s: see ulimit -n",
                             strerror_r(errno, why, sizeof why));
        }
        upbit__loop_destroy(loop);
        return rc;
    }
    *out = loop;
    return 0;
}

void upbit__loop_destroy(upbit__loop *loop)
{
    if (loop == NULL)
        return;
    upbit__curl_multi_finish(&loop->curl);
    upbit__curl_multi_finish(&loop->curl_rest);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->alarm_fd >= 0)
        close(loop->alarm_fd);
    free(loop->heap);
    free(loop);
}

void upbit__loop_wake(upbit__loop *loop)
{
    const uint64_t one = 1;
    int saved = errno;
    ssize_t written;
    do
        written = write(loop->wake_fd, &one, sizeof one);
    while (written < 0 &&
           errno == EINTR); /* EAGAIN: the counter is full, a wake-up is there already */
    errno = saved;
}

void *upbit__loop_curl(upbit__loop *loop)
{
    return loop->curl.multi;
}

void *upbit__loop_curl_rest(upbit__loop *loop)
{
    return loop->curl_rest.multi;
}

static int control(upbit__loop *loop, int operation, upbit__watch *watch)
{
    struct epoll_event event = {.data.ptr = watch};
    if ((watch->events & UPBIT__READ) != 0)
        event.events |= EPOLLIN | EPOLLRDHUP;
    if ((watch->events & UPBIT__WRITE) != 0)
        event.events |= EPOLLOUT;
    if ((watch->events & UPBIT__EDGE) != 0)
        event.events |= EPOLLET;
    return epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) == 0 ? 0 : UPBIT_ERROR_SYSTEM;
}

int upbit__watch_start(upbit__loop *loop, upbit__watch *watch)
{
    int rc = control(loop, EPOLL_CTL_ADD, watch);
    watch->loop = rc == 0 ? loop : NULL;
    return rc;
}

int upbit__watch_set(upbit__watch *watch, unsigned events)
{
    unsigned old = watch->events;
    if (old == events)
        return 0;
    watch->events = events;
    if (watch->loop == NULL || control(watch->loop, EPOLL_CTL_MOD, watch) == 0)
        return 0;
    watch->events = old; /* asked for again, it is tried again */
    return UPBIT_ERROR_SYSTEM;
}

void upbit__watch_stop(upbit__watch *watch)
{
    upbit__loop *loop = watch->loop;
    if (loop == NULL)
        return;
    watch->loop = NULL;
    control(loop, EPOLL_CTL_DEL, watch);
    /* It may stand among the events of the running turn. */
    for (int i = loop->ready_next; i < loop->ready_count; i++) {
        if (loop->ready[i].data.ptr == watch)
            loop->ready[i].data.ptr = NULL;
    }
}

static bool before(const upbit__timer *a, const upbit__timer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void put(upbit__loop *loop, size_t slot, upbit__timer *timer)
{
    loop->heap[slot] = timer;
    timer->slot = slot + 1;
}

/* Moves the timer, whose place is `slot`, to where it belongs. */
static void settle(upbit__loop *loop, size_t slot, upbit__timer *timer)
{
    while (slot > 0 && before(timer, loop->heap[(slot - 1) / 2])) {
        put(loop, slot, loop->heap[(slot - 1) / 2]);
        slot = (slot - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * slot + 1;
        if (child + 1 < loop->heap_count && before(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (child >= loop->heap_count || !before(loop->heap[child], timer))
            break;
        put(loop, slot, loop->heap[child]);
        slot = child;
    }
    put(loop, slot, timer);
}

int upbit__timer_start(upbit__loop *loop, upbit__timer *timer, int64_t at_ns)
{
    if (timer->slot == 0 && loop->heap_count == loop->heap_capacity) {
        size_t capacity = loop->heap_capacity == 0 ? 64 : loop->heap_capacity * 2;
        upbit__timer **heap = realloc(loop->heap, capacity * sizeof(upbit__timer *));
        if (heap == NULL)
            return UPBIT_ERROR_NO_MEMORY;
        loop->heap = heap;
        loop->heap_capacity = capacity;
    }
    /* Not in the running pass, or a timer that starts itself anew would never let the turn end. */
    if (loop->pass_ns != INT64_MIN && at_ns <= loop->pass_ns)
        at_ns = loop->pass_ns + 1;
    size_t slot = timer->slot == 0 ? loop->heap_count++ : timer->slot - 1;
    timer->loop = loop;
    timer->at_ns = at_ns;
    timer->order = loop->next_order++;
    settle(loop, slot, timer);
    return 0;
}

void upbit__timer_stop(upbit__timer *timer)
{
    if (timer->slot == 0)
        return;
    upbit__loop *loop = timer->loop;
    size_t slot = timer->slot - 1;
    timer->slot = 0;
    upbit__timer *last = loop->heap[--loop->heap_count];
    if (last != timer)
        settle(loop, slot, last);
}

/* In ms rounded up: a timer never fires early. */
static int rounded_ms(const upbit__loop *loop, int64_t max_wait_ns)
{
    int64_t wait = max_wait_ns;
    if (loop->heap_count > 0 && wait != 0) {
        int64_t left = loop->heap[0]->at_ns - upbit__clock_monotonic_ns();
        if (left < 0)
            left = 0;
        if (wait < 0 || left < wait)
            wait = left;
    }
    if (wait < 0)
        return -1;
    int64_t ms = wait / UPBIT__MS + (wait % UPBIT__MS != 0);
    return ms > 3600000 ? 3600000 : (int)ms;
}

/* How long epoll may wait; -1: until something happens. To give it a time of its own for every wait
 * costs the kernel a timer each time, and us a look at the clock. So there is one alarm, which
 * stays set as long as no timer comes before it, and may ring for a timer that was stopped. */
static int wait_ms(upbit__loop *loop, int64_t max_wait_ns)
{
    if (max_wait_ns >= 0 || !upbit__clock_is_real())
        return rounded_ms(loop, max_wait_ns);
    int64_t at = loop->heap_count > 0 ? loop->heap[0]->at_ns : NEVER;
    if (at <= loop->woke_ns)
        return 0;
    if (at >= loop->alarm_ns)
        return -1;
    const struct itimerspec alarm = {
        .it_value = {.tv_sec = at / UPBIT__SECOND, .tv_nsec = at % UPBIT__SECOND}};
    if (timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &alarm, NULL) != 0)
        return rounded_ms(loop, max_wait_ns);
    loop->alarm_ns = at;
    return -1;
}

void upbit__loop_rest(upbit__loop *loop, int64_t ns)
{
    if (loop->heap_count > 0) {
        int64_t left = loop->heap[0]->at_ns - upbit__clock_monotonic_ns();
        ns = left < ns ? left : ns;
    }
    struct pollfd wake = {.fd = loop->wake_fd, .events = POLLIN};
    if (ns > 0) /* whatever ends it, the next turn finds it */
        (void)ppoll(&wake, 1,
                    &(struct timespec){.tv_sec = ns / UPBIT__SECOND, .tv_nsec = ns % UPBIT__SECOND},
                    NULL);
}

static int dispatch_timers(upbit__loop *loop)
{
    int count = 0;
    loop->pass_ns = loop->woke_ns; /* what came due since has its turn at once */
    while (loop->heap_count > 0 && loop->heap[0]->at_ns <= loop->pass_ns) {
        upbit__timer *timer = loop->heap[0];
        upbit__timer_stop(timer);
        timer->callback(timer->context);
        count++;
    }
    loop->pass_ns = INT64_MIN;
    return count;
}

int64_t upbit__loop_woke_ns(const upbit__loop *loop)
{
    return loop->woke_ns;
}

int upbit__loop_turn(upbit__loop *loop, int64_t max_wait_ns)
{
    int got = epoll_wait(loop->epoll_fd, loop->ready, READY_MAX, wait_ms(loop, max_wait_ns));
    loop->woke_ns = upbit__clock_monotonic_ns();
    if (got < 0 && errno != EINTR)
        return UPBIT_ERROR_SYSTEM;
    int count = 0;
    loop->ready_count = got < 0 ? 0 : got;
    for (loop->ready_next = 0; loop->ready_next < loop->ready_count;) {
        const struct epoll_event *event = &loop->ready[loop->ready_next++];
        upbit__watch *watch = event->data.ptr;
        if (watch == NULL)
            continue;
        unsigned events = 0;
        if ((event->events & (EPOLLIN | EPOLLRDHUP)) != 0)
            events |= UPBIT__READ;
        if ((event->events & EPOLLRDHUP) != 0)
            events |= UPBIT__END;
        if ((event->events & EPOLLOUT) != 0)
            events |= UPBIT__WRITE;
        if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
            events |= UPBIT__FAULT;
        count += watch != &loop->wake && watch != &loop->alarm;
        watch->callback(watch->context, events);
    }
    loop->ready_count = 0;
    return count + dispatch_timers(loop);
}
