/* Log lines into a file, which can be opened anew after it was renamed: by a flag that a signal
 * handler may set, looked at by the next line. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "base/log.h"
#include "upbit-live/error.h"

struct upbit_log_file {
    char *path; /* immutable */
    atomic_int reopen;
    pthread_mutex_t mutex;
    int fd; /* under the mutex */
};

static int open_path(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

int upbit_log_file_open(upbit_log_file **out, const char *path)
{
    upbit__error_set(0, "%s", "");
    if (out == NULL || path == NULL || *path == '\0')
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "out, path: must not be NULL");
    upbit_log_file *f = calloc(1, sizeof *f);
    char *copy = strdup(path);
    if (f == NULL || copy == NULL) {
        free(f);
        free(copy);
        return UPBIT_ERROR_NO_MEMORY;
    }
    f->path = copy;
    f->fd = open_path(path);
    if (f->fd < 0 || pthread_mutex_init(&f->mutex, NULL) != 0) {
        char why[80];
        int error = upbit__error_set(UPBIT_ERROR_SYSTEM, "log_file %.120s: %s", path,
                                     strerror_r(errno, why, sizeof why));
        if (f->fd >= 0)
            close(f->fd);
        free(f->path);
        free(f);
        return error;
    }
    *out = f;
    return 0;
}

void upbit_log_file_reopen(upbit_log_file *f)
{
    if (f != NULL)
        atomic_store_explicit(&f->reopen, 1, memory_order_relaxed);
}

static size_t stamp(char *to, size_t size)
{
    int64_t us = upbit__clock_wall_ns() / 1000;
    time_t seconds = (time_t)(us / 1000000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL)
        return 0;
    size_t n = strftime(to, size, "%Y-%m-%dT%H:%M:%S", &utc);
    return n + (size_t)snprintf(to + n, size - n, ".%06dZ", (int)(us % 1000000));
}

void upbit_log_file_write(void *context, int level, const char *module, const char *line)
{
    upbit_log_file *f = context;
    char text[640];
    size_t n = stamp(text, sizeof text);
    int more = snprintf(text + n, sizeof text - n - 1, " %s %s: %s", upbit__log_level_name(level),
                        module, line);
    n += more < 0 ? 0 : (size_t)more < sizeof text - n - 2 ? (size_t)more : sizeof text - n - 2;
    text[n++] = '\n';
    pthread_mutex_lock(&f->mutex);
    if (atomic_exchange_explicit(&f->reopen, 0, memory_order_relaxed) != 0) {
        int fd = open_path(f->path);
        if (fd >= 0) {
            close(f->fd);
            f->fd = fd;
        }
    }
    ssize_t put;
    do
        put = write(f->fd, text, n);
    while (put < 0 && errno == EINTR); /* a full disk: the line is lost, the program is not */
    pthread_mutex_unlock(&f->mutex);
}

void upbit_log_file_close(upbit_log_file *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    pthread_mutex_destroy(&f->mutex);
    free(f->path);
    free(f);
}
