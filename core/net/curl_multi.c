#include "net/curl_multi.h"

#include <stdlib.h>

#include "base/clock.h"
#include "upbit-live/error.h"

#define IDLE_MAX 8L /* connections kept for the next question */

/* One socket of libcurl's. */
typedef struct socket_watch {
    upbit__watch watch;
    upbit__curl_multi *owner;
} socket_watch;

static void tell_done(upbit__curl_multi *m)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(m->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        /* The callback may remove the handle, and the message with it. */
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        const upbit__curl_done *done = (const void *)private;
        if (done != NULL)
            done->callback(done->context, code);
    }
}

static void on_ready(void *context, unsigned events)
{
    socket_watch *s = context;
    upbit__curl_multi *m = s->owner; /* s may be gone after the call */
    int running, what = 0;
    if ((events & UPBIT__READ) != 0)
        what |= CURL_CSELECT_IN;
    if ((events & UPBIT__WRITE) != 0)
        what |= CURL_CSELECT_OUT;
    if ((events & UPBIT__FAULT) != 0)
        what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(m->multi, s->watch.fd, what, &running);
    tell_done(m);
}

static void on_timeout(void *context)
{
    upbit__curl_multi *m = context;
    int running;
    curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_done(m);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    (void)easy;
    upbit__curl_multi *m = context;
    socket_watch *s = socket_context;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL) {
            upbit__watch_stop(&s->watch);
            curl_multi_assign(m->multi, fd, NULL);
            free(s);
        }
        return 0;
    }
    unsigned events = 0;
    if ((what & CURL_POLL_IN) != 0)
        events |= UPBIT__READ;
    if ((what & CURL_POLL_OUT) != 0)
        events |= UPBIT__WRITE;
    if (s != NULL)
        return upbit__watch_set(&s->watch, events) == 0 ? 0 : -1;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    s->owner = m;
    s->watch = (upbit__watch){.fd = fd, .events = events, .callback = on_ready, .context = s};
    if (upbit__watch_start(m->loop, &s->watch) != 0) {
        free(s);
        return -1;
    }
    curl_multi_assign(m->multi, fd, s);
    return 0;
}

/* Never acts at once, not even for 0 ms: libcurl calls this from inside of itself. */
static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    upbit__curl_multi *m = context;
    if (timeout_ms < 0) {
        upbit__timer_stop(&m->timer);
        return 0;
    }
    int64_t at = upbit__clock_monotonic_ns() + (int64_t)timeout_ms * UPBIT__MS;
    return upbit__timer_start(m->loop, &m->timer, at) == 0 ? 0 : -1;
}

int upbit__curl_multi_init(upbit__curl_multi *m, upbit__loop *loop)
{
    *m = (upbit__curl_multi){.loop = loop};
    m->timer = (upbit__timer){.callback = on_timeout, .context = m};
    m->multi = curl_multi_init();
    if (m->multi == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, IDLE_MAX);
    return 0;
}

void upbit__curl_multi_finish(upbit__curl_multi *m)
{
    if (m->multi == NULL)
        return;
    curl_multi_cleanup(m->multi); /* may still stop sockets and the timer */
    upbit__timer_stop(&m->timer);
    m->multi = NULL;
}
