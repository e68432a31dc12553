/* Is anybody there? A connection can die without a word: what is found dead here is made anew.
 *
 * A pong that does not come; no byte at all for long; bytes of ours that the socket does not take;
 * a machine that slept. A pong that is overdue, with nothing else heard since the ping, is told as
 * STALE before it is given up. Silence of a market is no such sign (quiet.c). */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "client/session_inside.h"

#define SLEEP_NS   (2 * UPBIT__SECOND) /* clocks apart by less: a long interrupt, not a sleep */
#define NEAR_NS    (10 * UPBIT__MS)    /* most turns take less */
#define OVERDUE_NS (3 * UPBIT__SECOND) /* a pong takes 0.2 to 0.4 s; at most half its time-out */

static int64_t time_slept(void)
{
    return upbit__clock_boottime_ns() - upbit__clock_monotonic_ns();
}

static int64_t overdue_ns(const upbit__session *s)
{
    int64_t half = s->config->pong_timeout_ms * UPBIT__MS / 2;
    return half < OVERDUE_NS ? half : OVERDUE_NS;
}

/* Not moved with every byte: when it fires it looks at what has been heard since. */
static void start_watch(upbit__session *s)
{
    int64_t at = s->heard_ns + s->config->silence_ms * UPBIT__MS;
    bool overdue_next = s->awaiting_pong && s->heard_ns < s->pinged_ns;
    if (overdue_next && s->state == UPBIT_STATE_LIVE && s->pinged_ns + overdue_ns(s) < at)
        at = s->pinged_ns + overdue_ns(s);
    upbit__session_timer(s, &s->watch_timer, at);
}

static void watch_due(void *context)
{
    upbit__session *s = context;
    int64_t now = upbit__clock_monotonic_ns();
    if (now - s->heard_ns >= s->config->silence_ms * UPBIT__MS) {
        upbit__session_lost(s, UPBIT_ERROR_TIMEOUT, "silence: the connection is dead");
        return;
    }
    if (s->state == UPBIT_STATE_LIVE && s->awaiting_pong && s->heard_ns < s->pinged_ns &&
        now - s->pinged_ns >= overdue_ns(s))
        upbit__session_enter(s, UPBIT_STATE_STALE);
    start_watch(s);
}

static void start_ping(upbit__session *s)
{
    upbit__session_timer(s, &s->ping_timer,
                         upbit__clock_monotonic_ns() + s->config->ping_interval_ms * UPBIT__MS);
}

static void ping_due(void *context)
{
    upbit__session *s = context;
    if (s->transport == NULL)
        return;
    int64_t now = upbit__clock_monotonic_ns();
    if (s->awaiting_pong) {
        upbit__session_lost(s, UPBIT_ERROR_TIMEOUT, "no pong: the connection is dead");
        return;
    }
    s->ping_number++;
    if (upbit__transport_ping(s->transport, &s->ping_number, sizeof s->ping_number) == 0) {
        s->awaiting_pong = true;
        s->pinged_ns = now;
        upbit__count(&s->counters->pings_sent, 1);
        upbit__watchdog_sent(s);
        start_watch(s);
    }
    upbit__session_timer(s, &s->ping_timer, now + s->config->pong_timeout_ms * UPBIT__MS);
}

static uint64_t bytes_taken(const upbit__session *s)
{
    upbit__transport_counters c;
    upbit__transport_counters_get(s->transport, &c);
    return c.bytes_out;
}

static void send_due(void *context)
{
    upbit__session *s = context;
    if (s->transport == NULL || upbit__transport_pending(s->transport) == 0)
        return;
    if (bytes_taken(s) == s->send_mark) {
        upbit__session_lost(s, UPBIT_ERROR_TIMEOUT,
                            "the socket takes nothing: the connection is dead");
        return;
    }
    upbit__watchdog_sent(s);
}

void upbit__watchdog_sent(upbit__session *s)
{
    if (upbit__timer_running(&s->send_timer) || upbit__transport_pending(s->transport) == 0)
        return;
    s->send_mark = bytes_taken(s);
    upbit__session_timer(s, &s->send_timer,
                         upbit__clock_monotonic_ns() + s->config->send_timeout_ms * UPBIT__MS);
}

void upbit__watchdog_heard(upbit__session *s)
{
    s->heard_ns = upbit__loop_woke_ns(s->loop);
    upbit__watchdog_sent(s); /* answers to the server's pings are not sent by us */
    if (s->state == UPBIT_STATE_STALE)
        upbit__session_enter(s, UPBIT_STATE_LIVE);
}

void upbit__watchdog_init(upbit__session *s)
{
    s->ping_timer = (upbit__timer){.callback = ping_due, .context = s};
    s->watch_timer = (upbit__timer){.callback = watch_due, .context = s};
    s->send_timer = (upbit__timer){.callback = send_due, .context = s};
    s->slept_ns = time_slept();
}

void upbit__watchdog_start(upbit__session *s)
{
    s->awaiting_pong = false;
    s->heard_ns = upbit__clock_monotonic_ns();
    start_ping(s);
    start_watch(s);
}

void upbit__watchdog_stop(upbit__session *s)
{
    upbit__timer_stop(&s->ping_timer);
    upbit__timer_stop(&s->watch_timer);
    upbit__timer_stop(&s->send_timer);
}

void upbit__watchdog_pong(upbit__session *s, const uint8_t *payload, size_t length)
{
    uint64_t number = 0;
    if (length != sizeof number)
        return; /* not an answer of ours */
    memcpy(&number, payload, sizeof number);
    if (number != s->ping_number || !s->awaiting_pong)
        return;
    s->awaiting_pong = false;
    s->pong_ns = upbit__clock_monotonic_ns() - s->pinged_ns;
    upbit__count(&s->counters->pongs_received, 1);
    start_ping(s);
}

void upbit__session_check_sleep(upbit__session *s, int64_t apart_ns)
{
    if (apart_ns - s->slept_ns < NEAR_NS)
        return;
    int64_t slept = time_slept(); /* or the turn was a long one */
    int64_t since = slept - s->slept_ns;
    s->slept_ns = slept;
    if (since < SLEEP_NS || s->stopping || s->state == UPBIT_STATE_IDLE ||
        s->config->transport == UPBIT_TRANSPORT_REPLAY)
        return;
    upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                     "the machine slept for %" PRId64 " ms: connecting anew",
                     (int64_t)(since / UPBIT__MS));
    upbit__backoff_reset(&s->backoff);
    s->asleep_ns = since;
    upbit__renewal_stop(s); /* it slept through that, too */
    if (s->transport != NULL)
        upbit__session_lost(s, UPBIT_ERROR_TIMEOUT, "the machine slept: the connection is dead");
    s->asleep_ns = 0;
    upbit__session_timer(s, &s->connect_timer, upbit__clock_monotonic_ns());
}
