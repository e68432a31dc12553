/* See metrics_file.h. */
#include "client/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/manager.h"
#include "client/openmetrics.h"
#include "client/thread.h"

static int fail(const char *what, const char *path)
{
    char why[80];
    return upbit__error_set(UPBIT_ERROR_SYSTEM, "%s %.120s: %s", what, path,
                            strerror_r(errno, why, sizeof why));
}

/* All of it, or an error with errno set. */
static int write_all(int fd, const upbit__buffer *text)
{
    for (size_t done = 0; done < text->length;) {
        ssize_t n = write(fd, upbit__buffer_bytes(text) + done, text->length - done);
        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Readers see the old file or the new one: the new one is whole before it takes the name. */
static int replace(const char *path, const upbit__buffer *text)
{
    size_t size = strlen(path) + 8;
    char *beside = malloc(size);
    if (beside == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    snprintf(beside, size, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    int error = fd < 0 ? fail("no new file", beside) : 0;
    if (error == 0 && (write_all(fd, text) != 0 || fchmod(fd, 0644) != 0))
        error = fail("cannot write", beside);
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = fail("cannot write", beside);
    if (error == 0 && rename(beside, path) != 0)
        error = fail("cannot rename to", path);
    if (error != 0 && fd >= 0)
        unlink(beside);
    free(beside);
    return error;
}

int upbit_manager_write_openmetrics(upbit_manager *m, const char *path)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL || path == NULL || *path == '\0' || upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "a manager of this process and a path are needed");
    upbit__buffer text = {0};
    int error = upbit__openmetrics_write(&text, m);
    if (error == 0)
        error = replace(path, &text);
    upbit__buffer_finish(&text);
    return error;
}

/* One line for each time it begins to fail. */
static void write_and_tell(upbit_manager *m, int *told)
{
    int error = upbit_manager_write_openmetrics(m, m->config.metrics_file);
    pthread_mutex_lock(&m->mutex);
    bool abandoned = m->metrics_abandoned; /* the log's owner may be gone */
    pthread_mutex_unlock(&m->mutex);
    if (error != 0 && *told == 0 && !abandoned)
        upbit__log_write(&m->log, UPBIT_LOG_ERROR, "health", "metrics_file: error=%s: %s",
                         upbit_error_name(error), upbit_error_detail());
    *told = error;
}

/* By the clock of the condition variable, whatever tests set. */
static bool sleep_or_ended(upbit_manager *m)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + m->config.metrics_interval_ms * UPBIT__MS;
    until.tv_sec += ns / UPBIT__SECOND;
    until.tv_nsec = ns % UPBIT__SECOND;
    pthread_mutex_lock(&m->mutex);
    while (!m->ended)
        if (pthread_cond_timedwait(&m->ended_cond, &m->mutex, &until) == ETIMEDOUT)
            break;
    bool ended = m->ended;
    pthread_mutex_unlock(&m->mutex);
    return ended;
}

static void *keep_writing(void *manager)
{
    upbit_manager *m = manager;
    int told = 0;
    bool ended;
    do {
        ended = sleep_or_ended(m);
        write_and_tell(m, &told);
    } while (!ended);
    pthread_mutex_lock(&m->mutex);
    m->metrics_written = true;
    pthread_cond_broadcast(&m->ended_cond);
    pthread_mutex_unlock(&m->mutex);
    upbit__manager_unref(m);
    return NULL;
}

int upbit__metrics_file_start(upbit_manager *m)
{
    sigset_t all, before;
    pthread_t thread;
    if (m->config.metrics_file == NULL)
        return 0;
    upbit__manager_ref(m);
    pthread_mutex_lock(&m->mutex);
    m->metrics_written = false;
    pthread_mutex_unlock(&m->mutex);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, keep_writing, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_mutex_lock(&m->mutex);
        m->metrics_written = true;
        pthread_mutex_unlock(&m->mutex);
        upbit__manager_unref(m);
        return upbit__error_set(UPBIT_ERROR_SYSTEM, "no thread for the metrics file");
    }
    upbit__thread_name(thread, "upbit-metrics");
    pthread_detach(thread);
    return 0;
}
