/* What the stress tests share: their size, random numbers, and a consumer that really sleeps. */
#ifndef TESTS_QUEUE_STRESS_H
#define TESTS_QUEUE_STRESS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"

/* n times the environment variable UPBIT_STRESS (default 1): the default ends in a second or so,
 * the nightly run takes minutes. */
static inline uint64_t scaled(uint64_t n)
{
    const char *text = getenv("UPBIT_STRESS");
    double by = text != NULL ? atof(text) : 1.0;
    return by > 0 ? (uint64_t)((double)n * by) + 1 : n;
}

/* xorshift: each thread its own. */
static inline uint32_t roll(uint32_t *seed, uint32_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed % below;
}

/* Sleeps until the descriptor is readable. These tests look for the wake-up that never comes. */
static inline void sleep_on(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int n = poll(&p, 1, 60000);
    ck_assert_msg(n == 1, "lost wake-up: nothing for 60 s");
}

/* This thread somewhere else or on one processor only, less wanted than others, off its processor, or
 * asleep: the scheduler's luck, for each thread by its own dice. What is not allowed is left out. */
static inline void reschedule(uint32_t *seed)
{
    static _Atomic int before = -100; /* the nice value of all */
    int none = -100;
    if (atomic_load(&before) == none)
        atomic_compare_exchange_strong(&before, &none, getpriority(PRIO_PROCESS, 0));
    cpu_set_t one;
    CPU_ZERO(&one);
    switch (roll(seed, 5)) {
    case 0: {
        long count = sysconf(_SC_NPROCESSORS_CONF);
        CPU_SET(roll(seed, count > 0 ? (uint32_t)count : 1), &one);
        (void)sched_setaffinity(0, sizeof one, &one);
        break;
    }
    case 1:
        memset(&one, 0xff, sizeof one);
        (void)sched_setaffinity(0, sizeof one, &one);
        break;
    case 2:
        (void)setpriority(PRIO_PROCESS, 0, atomic_load(&before) + (int)roll(seed, 6));
        break;
    case 3:
        sched_yield();
        break;
    default:
        nanosleep(&(struct timespec){.tv_nsec = (long)roll(seed, 100000)}, NULL);
    }
}

/* A moment of work, so that the other side runs ahead and meets us in the middle of things; now and
 * then a long one, by the scheduler. */
static inline void dawdle(uint32_t *seed, uint32_t most)
{
    if (roll(seed, 100) == 0)
        reschedule(seed);
    for (volatile uint32_t wait = roll(seed, most); wait > 0; wait--)
        continue;
}

static inline void start(pthread_t *thread, void *(*body)(void *), void *context)
{
    ck_assert_int_eq(pthread_create(thread, NULL, body, context), 0);
}

/* For the producer's thread: NULL only over budget. */
static inline upbit_event *new_event(upbit__pool *pool, int type, uint32_t epoch, int64_t value)
{
    upbit_event *e = upbit__pool_allocate(pool, sizeof *e + 64);
    if (e == NULL)
        return NULL;
    e->type = (uint16_t)type;
    e->epoch = epoch;
    e->exchange_ms = value;
    memset(e + 1, (int)(value & 0xff), 64); /* the payload: read by the consumer, so races show */
    return e;
}

/* 1: the event is whole, as new_event made it. */
static inline int is_whole(const upbit_event *e)
{
    const unsigned char *payload = (const unsigned char *)(e + 1);
    for (int i = 0; i < 64; i++)
        if (payload[i] != (unsigned char)(e->exchange_ms & 0xff))
            return 0;
    return 1;
}

#endif
