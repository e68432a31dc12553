/* Is anybody there? A connection can die without a word: what is found dead here is made anew.
 *
 * A pong that does not come, and a machine that slept. Silence of a market is no such sign
 * (quiet.c). */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "client/session_inside.h"

#define SLEEP_NS (2 * UPBIT__SECOND) /* clocks apart by less: a long interrupt, not a sleep */

static int64_t time_slept(void)
{
    return upbit__clock_boottime_ns() - upbit__clock_monotonic_ns();
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
        upbit__count(&s->counters->pings_sent, 1);
    }
    upbit__session_timer(s, &s->ping_timer, now + s->config->pong_timeout_ms * UPBIT__MS);
}

void upbit__watchdog_init(upbit__session *s)
{
    s->ping_timer = (upbit__timer){.callback = ping_due, .context = s};
    s->slept_ns = time_slept();
}

void upbit__watchdog_start(upbit__session *s)
{
    s->awaiting_pong = false;
    start_ping(s);
}

void upbit__watchdog_stop(upbit__session *s)
{
    upbit__timer_stop(&s->ping_timer);
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
    upbit__count(&s->counters->pongs_received, 1);
    start_ping(s);
}

void upbit__session_check_sleep(upbit__session *s)
{
    int64_t slept = time_slept();
    int64_t since = slept - s->slept_ns;
    s->slept_ns = slept;
    if (since < SLEEP_NS || s->stopping || s->state == UPBIT_STATE_IDLE)
        return;
    upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                     "the machine slept for %" PRId64 " ms: connecting anew",
                     (int64_t)(since / UPBIT__MS));
    upbit__backoff_reset(&s->backoff);
    if (s->transport != NULL)
        upbit__session_lost(s, UPBIT_ERROR_TIMEOUT, "the machine slept: the connection is dead");
    upbit__session_timer(s, &s->connect_timer, upbit__clock_monotonic_ns());
}
