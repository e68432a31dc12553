#include "client/errand.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/manager.h"

struct upbit__errand {
    /* immutable */
    upbit__errand_function run;
    void (*drop)(void *load);
    void *load; /* the I/O thread's until `done`, then the caller's, then whoever's is last */
    /* under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int refs, result;
    bool done;
};

static void unref(upbit__errand *e)
{
    pthread_mutex_lock(&e->mutex);
    bool last = --e->refs == 0;
    pthread_mutex_unlock(&e->mutex);
    if (!last)
        return;
    e->drop(e->load);
    pthread_cond_destroy(&e->cond);
    pthread_mutex_destroy(&e->mutex);
    free(e);
}

static upbit__errand *make(upbit__errand_function run, void *load, void (*drop)(void *load))
{
    upbit__errand *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&e->mutex, NULL) != 0) {
        free(e);
        return NULL;
    }
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&e->cond, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed != 0) {
        pthread_mutex_destroy(&e->mutex);
        free(e);
        return NULL;
    }
    e->run = run;
    e->load = load;
    e->drop = drop;
    e->refs = 1;
    return e;
}

void upbit__errand_run(upbit_manager *m, upbit__errand *e)
{
    int result = e->run(m, e->load);
    pthread_mutex_lock(&e->mutex);
    e->result = result;
    e->done = true;
    pthread_cond_signal(&e->cond);
    pthread_mutex_unlock(&e->mutex);
    unref(e);
}

static int post(upbit_manager *m, upbit__errand *e)
{
    upbit__order *order = calloc(1, sizeof *order);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = UPBIT__ORDER_ERRAND;
    order->errand = e;
    e->refs++; /* nobody else has it yet */
    int error = upbit__post(m, order, true);
    if (error == 0)
        return 0;
    e->refs--;
    free(order);
    return upbit__error_set(error, "the manager was shut down: create another");
}

/* By the clock of the condition variable, whatever tests set. */
static struct timespec in_ms(uint32_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + (int64_t)ms * UPBIT__MS;
    t.tv_sec += ns / UPBIT__SECOND;
    t.tv_nsec = ns % UPBIT__SECOND;
    return t;
}

static int check(const upbit_manager *m)
{
    if (upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    if (pthread_equal(pthread_self(), m->thread))
        return upbit__error_set(
            UPBIT_ERROR_WRONG_THREAD,
            "the I/O thread cannot wait for itself: call it from a thread of your own");
    return 0;
}

int upbit__errand_do(upbit_manager *m, upbit__errand_function run, void *load,
                     void (*take)(void *load, void *context), void *context,
                     void (*drop)(void *load), uint32_t timeout_ms)
{
    int error = check(m);
    upbit__errand *e = error == 0 ? make(run, load, drop) : NULL;
    if (e == NULL) {
        drop(load);
        return error != 0 ? error : UPBIT_ERROR_NO_MEMORY;
    }
    error = post(m, e);
    if (error == 0) {
        struct timespec until = in_ms(timeout_ms);
        pthread_mutex_lock(&e->mutex);
        while (!e->done && error == 0)
            if (pthread_cond_timedwait(&e->cond, &e->mutex, &until) == ETIMEDOUT && !e->done)
                error = upbit__error_set(UPBIT_ERROR_TIMEOUT,
                                         "the I/O thread is busy: try again, or give it longer");
        if (e->done) {
            error = e->result;
            take(load, context);
        }
        pthread_mutex_unlock(&e->mutex);
    }
    unref(e);
    return error;
}
