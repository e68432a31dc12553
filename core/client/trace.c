#include "client/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_detail.h"
#include "client/errand.h"
#include "client/manager.h"
#include "upbit-live/error.h"
#include "wire/recording_write.h"

#define FULL       (1u << 20) /* bytes gathered: not kept until the turn's end */
#define KEEP       (1u << 16)
#define TIMEOUT_MS 2000

struct upbit__trace {
    /* immutable */
    upbit__log *log;
    upbit__counters *counters;
    /* whose it is */
    int fd;
    int failed; /* errno of the write that ended it */
    upbit__buffer lines;
};

int upbit__trace_open(upbit__trace **out, const char *path, upbit__log *log,
                      upbit__counters *counters)
{
    upbit__trace *t = calloc(1, sizeof *t);
    if (t == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    t->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (t->fd < 0) {
        char why[80];
        int error = upbit__error_set(UPBIT_ERROR_SYSTEM, "trace %.120s: %s", path,
                                     strerror_r(errno, why, sizeof why));
        free(t);
        return error;
    }
    t->log = log;
    t->counters = counters;
    *out = t;
    return 0;
}

static void write_lines(upbit__trace *t)
{
    while (t->lines.length > 0 && t->failed == 0) {
        ssize_t n = write(t->fd, upbit__buffer_bytes(&t->lines), t->lines.length);
        if (n > 0)
            upbit__buffer_consume(&t->lines, (size_t)n);
        else if (n < 0 && errno != EINTR)
            t->failed = errno;
    }
    upbit__buffer_trim(&t->lines, KEEP);
}

void upbit__trace_flush(upbit__trace *t)
{
    if (t == NULL || t->failed != 0 || t->lines.length == 0)
        return;
    write_lines(t);
    if (t->failed == 0)
        return;
    char why[80];
    upbit__count(&t->counters->trace_failures, 1);
    upbit__log_write(t->log, UPBIT_LOG_ERROR, "stream", "the trace ends here: error=SYSTEM: %s",
                     strerror_r(t->failed, why, sizeof why));
}

void upbit__trace_frame(upbit__trace *t, bool in, int opcode, const void *data, size_t length)
{
    const upbit__recorded frame = {
        .in = in, .opcode = opcode, .t_ns = upbit__clock_wall_ns(), .data = data, .length = length};
    if (t->failed != 0)
        return;
    if (upbit__recording_write(&t->lines, &frame) != 0) {
        t->failed = ENOMEM;
        upbit__count(&t->counters->trace_failures, 1);
        upbit__log_write(t->log, UPBIT_LOG_ERROR, "stream", "the trace ends here: error=NO_MEMORY");
        return;
    }
    upbit__count(&t->counters->trace_frames, 1);
    if (t->lines.length > FULL)
        upbit__trace_flush(t);
}

int upbit__trace_close(upbit__trace *t, bool wait)
{
    if (t == NULL)
        return 0;
    write_lines(t);
    /* A pipe or the like has nothing to wait for. */
    if (wait && t->failed == 0 && fsync(t->fd) != 0 && errno != EINVAL && errno != EROFS)
        t->failed = errno;
    if (close(t->fd) != 0 && t->failed == 0)
        t->failed = errno;
    char why[80];
    int error = t->failed == 0
                    ? 0
                    : upbit__error_set(UPBIT_ERROR_SYSTEM, "the trace that ends is not whole: %s",
                                       strerror_r(t->failed, why, sizeof why));
    upbit__buffer_finish(&t->lines);
    free(t);
    return error;
}

/* ---- the call ---- */

/* The new one on the way in, the old one on the way out. */
typedef struct change {
    int session;
    upbit__trace *trace;
} change;

static int exchange(upbit_manager *m, void *load)
{
    change *c = load;
    upbit__session *s = c->session == UPBIT_SESSION_PUBLIC ? &m->session : &m->private_session;
    upbit__trace *old = s->trace;
    upbit__trace_flush(old);
    s->trace = c->trace;
    c->trace = old;
    return 0;
}

static void take_old(void *load, void *context)
{
    change *c = load;
    *(upbit__trace **)context = c->trace;
    c->trace = NULL;
}

static void drop(void *load)
{
    change *c = load;
    (void)upbit__trace_close(c->trace, true);
    free(c);
}

int upbit_manager_set_trace(upbit_manager *m, int session, const char *path)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL || (session != UPBIT_SESSION_PUBLIC && session != UPBIT_SESSION_PRIVATE))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "manager must not be NULL, session a upbit_session");
    change *c = calloc(1, sizeof *c);
    if (c == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    c->session = session;
    int error = path == NULL ? 0 : upbit__trace_open(&c->trace, path, &m->log, &m->counters);
    if (error != 0) {
        free(c);
        return error;
    }
    upbit__trace *old = NULL;
    error = upbit__errand_do(m, exchange, c, take_old, &old, drop, TIMEOUT_MS);
    int ended = upbit__trace_close(old, true);
    return error != 0 ? error : ended;
}
