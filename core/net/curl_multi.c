#include "net/curl_multi.h"

#include <stdlib.h>

#include "base/clock.h"
#include "upbit-live/error.h"

#define IDLE_MAX 8L /* connections kept for the next question */
#define NEVER    INT64_MAX
#define AGAIN_NS (100 * UPBIT__MS)

/* One socket of libcurl's. */
typedef struct socket_watch {
    upbit__watch watch;
    upbit__curl_multi *owner;
} socket_watch;

static void tell(CURL *easy, CURLcode code)
{
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    const upbit__curl_done *done = (const void *)private;
    if (done != NULL)
        done->callback(done->context, code);
}

static void tell_done(upbit__curl_multi *m)
{
    int left;
    CURLMsg *message;
    CURL *starved = m->starved;
    m->starved = NULL;
    if (starved != NULL)
        tell(starved, CURLE_OUT_OF_MEMORY);
    while ((message = curl_multi_info_read(m->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        /* The callback may remove the handle, and the message with it. */
        CURLcode code = message->data.result;
        tell(message->easy_handle, code);
    }
}

static void act(upbit__curl_multi *m, curl_socket_t fd, int what)
{
    int running;
    m->acting = true;
    CURLMcode code = curl_multi_socket_action(m->multi, fd, what, &running);
    m->acting = false;
    if (code != CURLM_OK) /* it has done nothing, and thinks that its timer still runs */
        upbit__timer_start(m->loop, &m->timer, upbit__clock_monotonic_ns() + AGAIN_NS);
    tell_done(m);
}

static void on_ready(void *context, unsigned events)
{
    socket_watch *s = context;
    upbit__curl_multi *m = s->owner; /* s may be gone after the call */
    int what = 0;
    if ((events & UPBIT__READ) != 0)
        what |= CURL_CSELECT_IN;
    if ((events & UPBIT__WRITE) != 0)
        what |= CURL_CSELECT_OUT;
    if ((events & UPBIT__FAULT) != 0)
        what |= CURL_CSELECT_ERR;
    act(m, s->watch.fd, what);
}

static void on_timeout(void *context)
{
    upbit__curl_multi *m = context;
    upbit__timer_start(m->loop, &m->timer, NEVER); /* keeps its place, which is still free */
    act(m, CURL_SOCKET_TIMEOUT, 0);
}

/* The socket cannot be watched. To libcurl that must not be said: it would give up the whole CURLM
 * with every transfer in it. The one transfer ends, as soon as libcurl is left; one at a time,
 * others that lack a watch in the same moment end by their own deadlines. */
static int starve(upbit__curl_multi *m, CURL *easy)
{
    if (m->acting && m->starved == NULL)
        m->starved = easy;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
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
        return upbit__watch_set(&s->watch, events) == 0 ? 0 : starve(m, easy);
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return starve(m, easy);
    s->owner = m;
    s->watch = (upbit__watch){.fd = fd, .events = events, .callback = on_ready, .context = s};
    if (upbit__watch_start(m->loop, &s->watch) != 0) {
        free(s);
        return starve(m, easy);
    }
    curl_multi_assign(m->multi, fd, s);
    return 0;
}

/* Never acts at once, not even for 0 ms: libcurl calls this from inside of itself. The timer always
 * has its place in the heap, so setting it cannot fail. */
static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    upbit__curl_multi *m = context;
    int64_t at =
        timeout_ms < 0 ? NEVER : upbit__clock_monotonic_ns() + (int64_t)timeout_ms * UPBIT__MS;
    upbit__timer_start(m->loop, &m->timer, at);
    return 0;
}

int upbit__curl_multi_init(upbit__curl_multi *m, upbit__loop *loop)
{
    *m = (upbit__curl_multi){.loop = loop};
    m->timer = (upbit__timer){.callback = on_timeout, .context = m};
    m->multi = curl_multi_init();
    if (m->multi == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    bool ok = curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK;
    ok &= curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m) == CURLM_OK;
    ok &= curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK;
    ok &= curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m) == CURLM_OK;
    ok &= curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, IDLE_MAX) == CURLM_OK;
    return ok ? upbit__timer_start(loop, &m->timer, NEVER) : UPBIT_ERROR_NO_MEMORY;
}

void upbit__curl_multi_finish(upbit__curl_multi *m)
{
    if (m->multi == NULL)
        return;
    curl_multi_cleanup(m->multi); /* may still stop sockets and the timer */
    upbit__timer_stop(&m->timer);
    m->multi = NULL;
}
