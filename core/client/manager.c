/* Managers as seen from outside: making, ending, the default instance, statistics. */
#include "client/manager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/metrics_file.h"
#include "client/thread.h"
#include "client/trace.h"
#include "queue/pool.h"
#include "upbit-live/credentials.h"

/* Raised in every forked child: what was made before has no thread there. */
static _Atomic unsigned fork_generation;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static pthread_mutex_t default_mutex = PTHREAD_MUTEX_INITIALIZER;
static upbit_manager *default_manager; /* under default_mutex; one reference */
static upbit_manager *retired;         /* under default_mutex; former default ones */

static void forked(void)
{
    atomic_fetch_add(&fork_generation, 1);
}

static void before_fork(void)
{
    pthread_mutex_lock(&default_mutex);
    upbit__budgets_before_fork();
    upbit__keys_before_fork();
}

static void after_fork_in_parent(void)
{
    upbit__keys_after_fork();
    upbit__budgets_after_fork(false);
    pthread_mutex_unlock(&default_mutex);
}

static void after_fork_in_child(void)
{
    upbit__keys_after_fork();
    upbit__budgets_after_fork(true);
    pthread_mutex_unlock(&default_mutex);
    forked();
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool upbit__manager_forked(const upbit_manager *m)
{
    return atomic_load_explicit(&fork_generation, memory_order_relaxed) != m->fork_generation;
}

void upbit__manager_ref(upbit_manager *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
}

static void destroy(upbit_manager *m)
{
    upbit__loop_destroy(m->loop); /* not before: a late command may still ring its bell */
    upbit__pool_release(m->pool);
    upbit__config_finish(&m->config);
    upbit__log_finish(&m->log);
    upbit_log_file_close(m->log_file);
    pthread_cond_destroy(&m->ended_cond);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

/* Release by all, acquire by the last: it sees every use of the memory it frees. */
void upbit__manager_unref(upbit_manager *m)
{
    if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1)
        destroy(m);
}

/* The I/O thread is a guest in somebody's program: it has a name and takes no signals. */
static int start_thread(upbit_manager *m)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);
    if (failed != 0)
        return UPBIT_ERROR_NO_MEMORY;
    if (m->config.io_cpus != NULL)
        failed = upbit__cpus_apply(&attributes, m->config.io_cpus);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (failed == 0)
        failed = pthread_create(&m->thread, &attributes, upbit__io_main, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        char why[80];
        if (failed == EINVAL && m->config.io_cpus != NULL)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "io_cpus: this process may use none of the processors %.60s",
                                    m->config.io_cpus);
        return upbit__error_set(UPBIT_ERROR_SYSTEM, "no thread for the I/O: %s",
                                strerror_r(failed, why, sizeof why));
    }
    upbit__thread_name(m->thread, "upbit-io");
    return 0;
}

static int init_locks(upbit_manager *m)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&m->mutex, NULL) != 0)
        return UPBIT_ERROR_SYSTEM;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&m->ended_cond, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed != 0) {
        pthread_mutex_destroy(&m->mutex);
        return UPBIT_ERROR_SYSTEM;
    }
    return 0;
}

static int init_log(upbit_manager *m, const upbit__config *config)
{
    const char *why;
    upbit_log_function function = config->log;
    void *context = config->log_context;
    int error = 0;
    if (config->log_file != NULL) {
        error = upbit_log_file_open(&m->log_file, config->log_file);
        function = upbit_log_file_write;
        context = m->log_file;
    }
    if (error == 0)
        error = upbit__log_init(&m->log, function, context, config->log_level);
    if (error == 0)
        (void)upbit__log_set_levels(&m->log, config->log_levels, &why); /* checked before */
    else
        upbit_log_file_close(m->log_file);
    return error;
}

static int create(upbit_manager **out, const upbit__config *config, bool is_default)
{
    upbit_manager *m = calloc(1, sizeof *m);
    if (m == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    pthread_once(&fork_once, watch_forks);
    m->is_default = is_default;
    m->fork_generation = atomic_load_explicit(&fork_generation, memory_order_relaxed);
    atomic_init(&m->refs, 1);
    upbit__command_queue_init(&m->commands);
    int error = init_log(m, config);
    if (error != 0) {
        free(m);
        return error;
    }
    if ((error = init_locks(m)) != 0) {
        upbit__log_finish(&m->log);
        upbit_log_file_close(m->log_file);
        free(m);
        return error;
    }
    m->started_ns = upbit__clock_monotonic_ns();
    m->started_ms = upbit__clock_wall_ns() / UPBIT__MS;
    m->config = *config; /* from here on the strings are the manager's */
    error = upbit__io_init(m);
    if (error == 0 && config->trace_file != NULL)
        error = upbit__trace_open(&m->session.trace, config->trace_file, &m->log, &m->counters);
    if (error == 0)
        error = upbit__stop_enter(m);
    if (error == 0) {
        upbit__health_look(m);
        m->metrics_written = true; /* until there is a file to be written */
        error = start_thread(m);
        if (error != 0)
            upbit__stop_leave(m);
    }
    if (error != 0) {
        upbit__io_finish(m);
        m->config = (upbit__config){0}; /* the caller's again */
        upbit__manager_unref(m);
        return error;
    }
    *out = m;
    if (upbit__metrics_file_start(m) != 0)
        upbit__log_write(&m->log, UPBIT_LOG_ERROR, "health", "metrics_file: %s",
                         upbit_error_detail());
    return 0;
}

int upbit_manager_create(upbit_manager **out, const upbit_options *options)
{
    upbit__error_set(0, "%s", "");
    if (out == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "out: must not be NULL");
    upbit__config config;
    int error = upbit__config_init(&config, options);
    if (error != 0)
        return error;
    error = create(out, &config, false);
    if (error != 0)
        upbit__config_finish(&config);
    return error;
}

int upbit_manager_default(upbit_manager **out)
{
    upbit__error_set(0, "%s", "");
    if (out == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "out: must not be NULL");
    int error = 0;
    pthread_mutex_lock(&default_mutex);
    if (default_manager != NULL &&
        atomic_load_explicit(&default_manager->stop, memory_order_relaxed) &&
        !upbit__manager_forked(default_manager)) {
        /* Shut down, or asked to stop: the process gets a new one. Somebody may still hold the old
         * one's pointer, so its memory stays. */
        upbit_manager_shutdown(default_manager, 0);
        default_manager->retired_next = retired;
        retired = default_manager;
        default_manager = NULL;
    }
    if (default_manager == NULL) {
        upbit__config config;
        error = upbit__config_init_from_environment(&config);
        if (error == 0 && (error = create(&default_manager, &config, true)) != 0)
            upbit__config_finish(&config);
    } else if (upbit__manager_forked(default_manager)) {
        error = upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                 "the default manager belongs to the parent process: "
                                 "create one of your own after fork");
    }
    if (error == 0)
        *out = default_manager;
    pthread_mutex_unlock(&default_mutex);
    return error;
}

static int64_t real_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC,
                  &t); /* what the condition variable counts in, whatever tests set */
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

/* Until the thread has ended or the time is over. */
static bool wait_ended(upbit_manager *m, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / UPBIT__SECOND,
                             .tv_nsec = until_ns % UPBIT__SECOND};
    while (!m->ended)
        if (pthread_cond_timedwait(&m->ended_cond, &m->mutex, &until) == ETIMEDOUT)
            return m->ended;
    return true;
}

/* The last metrics are in their file; a disk that does not answer is not waited for. */
static bool wait_written(upbit_manager *m, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / UPBIT__SECOND,
                             .tv_nsec = until_ns % UPBIT__SECOND};
    while (!m->metrics_written && !m->metrics_abandoned)
        if (pthread_cond_timedwait(&m->ended_cond, &m->mutex, &until) == ETIMEDOUT)
            m->metrics_abandoned = !m->metrics_written;
    return m->metrics_written;
}

int upbit_manager_shutdown(upbit_manager *m, uint32_t deadline_ms)
{
    if (m == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "manager: must not be NULL");
    if (upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    if (pthread_equal(pthread_self(), m->thread))
        return upbit__error_set(
            UPBIT_ERROR_WRONG_THREAD,
            "the I/O thread cannot end itself: call it from a thread of your own");
    int64_t deadline = (int64_t)(deadline_ms != 0 ? deadline_ms : 1000) * UPBIT__MS;
    /* The connection gets half of the time to say good-bye, the rest is for the thread to end. */
    int64_t expected = 0;
    atomic_compare_exchange_strong(&m->deadline_ns, &expected,
                                   upbit__clock_monotonic_ns() + deadline / 2);
    atomic_store_explicit(&m->stop, true, memory_order_relaxed);
    int result = 0;
    pthread_mutex_lock(&m->mutex);
    if (!m->ended) {
        upbit__loop_wake(m->loop);
        if (!wait_ended(m, real_ns() + deadline)) {
            result = UPBIT_ERROR_TIMEOUT;
            atomic_store_explicit(&m->cut, true, memory_order_relaxed);
            upbit__loop_wake(m->loop);
            while (!m->ended)
                pthread_cond_wait(&m->ended_cond, &m->mutex);
        }
    }
    if (!wait_written(m, real_ns() + deadline / 2))
        result = UPBIT_ERROR_TIMEOUT;
    bool join = !m->joined;
    m->joined = true;
    pthread_mutex_unlock(&m->mutex);
    if (join)
        pthread_join(m->thread, NULL);
    return result;
}

void upbit_manager_release(upbit_manager *m)
{
    if (m == NULL || m->is_default)
        return;
    if (!upbit__manager_forked(m))
        upbit_manager_shutdown(m, 0);
    upbit__manager_unref(m);
}

int upbit_manager_set_credentials(upbit_manager *m, const char *access_key, const char *secret_key)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "manager: must not be NULL");
    if (upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    upbit__keys *keys = NULL;
    int error = 0;
    if (access_key != NULL || secret_key != NULL)
        error = upbit__keys_make(&keys, access_key, secret_key, "access_key", "secret_key");
    upbit__order *order = error == 0 ? calloc(1, sizeof *order) : NULL;
    if (error == 0 && order == NULL)
        error = UPBIT_ERROR_NO_MEMORY;
    if (error == 0) {
        order->kind = UPBIT__ORDER_KEYS;
        order->keys = keys;
        int rang = upbit__command_push_always(&m->commands, &order->command);
        if (rang == 1)
            upbit__loop_wake(m->loop);
        if (rang >= 0)
            return 0;
        error = upbit__error_set(rang, "the manager was shut down: create another");
    }
    upbit__keys_destroy(keys);
    free(order);
    return error;
}

int upbit_manager_set_log(upbit_manager *m, upbit_log_function log, void *context, int level)
{
    if (m == NULL || level < UPBIT_LOG_NONE || level > UPBIT_LOG_DEBUG)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (upbit__manager_forked(m))
        return UPBIT_ERROR_ILLEGAL_STATE;
    upbit__log_redirect(&m->log, log, context, level);
    return 0;
}

int upbit_manager_set_log_levels(upbit_manager *m, const char *levels)
{
    const char *why = "";
    upbit__error_set(0, "%s", "");
    if (m == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (upbit__manager_forked(m))
        return UPBIT_ERROR_ILLEGAL_STATE;
    int error = upbit__log_set_levels(&m->log, levels, &why);
    return error == 0 ? 0 : upbit__error_set(error, "log_levels: %s", why);
}
