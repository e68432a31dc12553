/* One thread's event loop: descriptors, timers, a wake-up from other threads, and libcurl's
 * sockets.
 *
 * epoll underneath, level-triggered. Watches and timers are embedded in their owner's struct and
 * cost no allocation to start or stop (the timers' heap grows once to its largest size). Every
 * call but upbit__loop_wake belongs to the loop's thread.
 *
 * Re-entrance: a callback may start, stop and free any watch or timer, its own included, and
 * anything built on them (transports, REST calls). It may not call upbit__loop_turn or
 * upbit__loop_destroy. */
#ifndef UPBIT_NET_LOOP_H
#define UPBIT_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct upbit__loop upbit__loop;

/* 0, NO_MEMORY or SYSTEM. Initialises libcurl for the process if nobody has. */
int upbit__loop_create(upbit__loop **out);
/* Every transport and REST call on it must be gone. Watches and timers still started are
 * forgotten. */
void upbit__loop_destroy(upbit__loop *loop);

/* Waits until something happens, at most max_wait_ns (0: does not wait; < 0: no bound),
 * dispatches it and returns what it dispatched (number of callbacks; 0 for a wake-up or nothing)
 * or SYSTEM. Descriptors come before timers; a timer started by a timer's callback runs in the
 * next turn at the earliest, so a turn always ends. */
int upbit__loop_turn(upbit__loop *loop, int64_t max_wait_ns);

/* Between turns: waits so long, or until a timer is due or somebody wakes the loop, and dispatches
 * nothing. What descriptors have to say waits for the next turn. */
void upbit__loop_rest(upbit__loop *loop, int64_t ns);

/* When the running or last turn had done with waiting (monotonic ns). */
int64_t upbit__loop_woke_ns(const upbit__loop *loop);

/* Makes the running or next upbit__loop_turn return. Any thread, also async-signal-safe; many
 * wake-ups before a turn are one. */
void upbit__loop_wake(upbit__loop *loop);

/* A descriptor. Zero the struct, set the first four fields, start it. `events` is a set of
 * UPBIT__READ, UPBIT__WRITE and UPBIT__EDGE, 0 is allowed (only errors are told). */
#define UPBIT__READ  1u
#define UPBIT__WRITE 2u
#define UPBIT__FAULT 4u  /* only reported: error or hang-up; read or write to learn which */
#define UPBIT__END   8u  /* only reported, with UPBIT__READ: behind what can be read is the end */
#define UPBIT__EDGE  16u /* only asked for: what is told once is told again when there is more */

typedef struct upbit__watch {
    int fd;
    unsigned events;
    void (*callback)(void *context, unsigned events);
    void *context;
    upbit__loop *loop; /* the loop's; NULL when stopped */
} upbit__watch;

int upbit__watch_start(upbit__loop *loop, upbit__watch *watch); /* 0 or SYSTEM */
int upbit__watch_set(upbit__watch *watch, unsigned events);     /* other interest; 0 or SYSTEM */
void upbit__watch_stop(upbit__watch *watch); /* before the fd is closed; harmless when stopped */

/* A timer: fires once at an absolute time of upbit__clock_monotonic_ns (base/clock.h), early
 * never. */
typedef struct upbit__timer {
    void (*callback)(void *context);
    void *context;
    int64_t at_ns;     /* the loop's */
    uint64_t order;    /* the loop's: equal times fire in the order started */
    size_t slot;       /* the loop's: place in the heap + 1, 0 when stopped */
    upbit__loop *loop; /* the loop's */
} upbit__timer;

/* Starts or restarts; a time in the past fires in the next turn, which then does not wait.
 * 0 or NO_MEMORY. */
int upbit__timer_start(upbit__loop *loop, upbit__timer *timer, int64_t at_ns);
void upbit__timer_stop(upbit__timer *timer); /* harmless when stopped */
static inline bool upbit__timer_running(const upbit__timer *timer)
{
    return timer->slot != 0;
}

/* The CURLMs (as void *, so that only net/ needs curl.h). WebSockets have one of their own:
 * between a connect-only handle's end and its first send its connection counts as idle, and a
 * new REST transfer in the same CURLM could prune it. Transfers are added by net/curl_multi.h. */
void *upbit__loop_curl(upbit__loop *loop);      /* WebSockets */
void *upbit__loop_curl_rest(upbit__loop *loop); /* REST */

#endif
