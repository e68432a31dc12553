#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/limit_wait.h"
#include "client/session_inside.h"
#include "client/trace.h"
#include "client/wanted.h"

#define STABLE_NS  (60 * UPBIT__SECOND) /* live that long: the next failure starts over */
#define VERDICT_NS (3 * UPBIT__SECOND)  /* a refusal, or the close behind it, has come by then */
#define REST_NS    (10 * UPBIT__SECOND) /* who has wanted nothing for so long is left alone */
#define GOODBYE_NS UPBIT__SECOND        /* for the close frames of a connection not needed */
#define KEYS_MS    60000u /* keys that were refused are refused again: no storm, and no ban */

static void verdict_due(void *context);
static void rest_due(void *context);

void upbit__session_enter(upbit__session *s, upbit_state state)
{
    if (s->state == state && state != UPBIT_STATE_RECONNECTING)
        return;
    s->state = state;
    s->state_ns = upbit__clock_monotonic_ns();
    atomic_store_explicit(s->endpoint.state, (uint32_t)state, memory_order_relaxed);
    atomic_store_explicit(s->endpoint.epoch, s->epoch, memory_order_relaxed);
    upbit__log_write(s->log, UPBIT_LOG_INFO, "stream",
                     "session=%s state=%s epoch=%" PRIu32 " attempt=%" PRIu32 " delay_ms=%" PRIu32,
                     s->endpoint.name, upbit_state_name((int)state), s->epoch, s->attempt,
                     s->delay_ms);
    s->events.state(s->context, s);
}

void upbit__session_init(upbit__session *s, const upbit__endpoint *endpoint,
                         const upbit__config *config, upbit__loop *loop, upbit__log *log,
                         upbit__registry *registry, upbit__counters *counters,
                         upbit__budget *budget, const upbit__session_events *events, void *context)
{
    *s = (upbit__session){.config = config,
                          .endpoint = *endpoint,
                          .loop = loop,
                          .log = log,
                          .registry = registry,
                          .counters = counters,
                          .budget = budget,
                          .events = *events,
                          .context = context,
                          .connect_timer = {.callback = upbit__session_connect, .context = s},
                          .settle_timer = {.callback = upbit__request_due, .context = s},
                          .verdict_timer = {.callback = verdict_due, .context = s},
                          .rest_timer = {.callback = rest_due, .context = s}};
    upbit__backoff_init(&s->backoff, config->backoff_first_ms);
    upbit__compression_init(&s->compression, config->compression, counters, endpoint->compression);
    upbit__watchdog_init(s);
    upbit__renewal_init(s);
    upbit__verify_init(s);
}

void upbit__session_count(upbit__session *s)
{
    upbit__transport_counters c;
    upbit__transport_counters_get(s->transport, &c);
    upbit__count(&s->counters->bytes_received, c.bytes_in - s->counted_in);
    upbit__count(&s->counters->bytes_sent, c.bytes_out - s->counted_out);
    upbit__count(&s->counters->memory_stream_bytes, c.memory - s->counted_memory);
    s->counted_memory = c.memory;
    upbit__compression_count(&s->compression, &c);
    s->counted_in = c.bytes_in;
    s->counted_out = c.bytes_out;
}

void upbit__session_end(upbit__session *s)
{
    upbit__timer_stop(&s->settle_timer);
    upbit__timer_stop(&s->verdict_timer);
    upbit__timer_stop(&s->rest_timer);
    upbit__renewal_stop(s);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    if (s->transport == NULL)
        return;
    upbit__session_count(s);
    (void)upbit__wait_end(s->counters, &s->request_waits_ns, upbit__clock_monotonic_ns());
    if (upbit__compression_closed(&s->compression, upbit__clock_monotonic_ns()))
        upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                         "session=%s compression is given up: it failed %u times in a row",
                         s->endpoint.name, s->compression.faults);
    upbit__transport_destroy(s->transport);
    s->transport = NULL;
    upbit__count(&s->counters->memory_stream_bytes, 0 - s->counted_memory);
    s->counted_memory = 0;
    upbit__wanted_lost(s->registry);
    if (!s->registry->dirty)
        s->changed_ns = 0; /* nothing is wanted any more: nothing has to settle */
    upbit__buffer_clear(&s->sent);
}

void upbit__session_finish(upbit__session *s)
{
    upbit__timer_stop(&s->connect_timer);
    upbit__session_end(s);
    upbit__renewal_finish(s);
    (void)upbit__trace_close(s->trace, false); /* the end has its time, a slow disk none */
    s->trace = NULL;
    upbit__buffer_finish(&s->request);
    upbit__buffer_finish(&s->sent);
}

/* A timer that cannot be started (no memory) would leave the session asleep for ever: the next turn
 * tries again, because the loop's heap only has to grow once. */
void upbit__session_timer(upbit__session *s, upbit__timer *timer, int64_t at_ns)
{
    if (upbit__timer_start(s->loop, timer, at_ns) != 0)
        upbit__log_write(s->log, UPBIT_LOG_ERROR, "stream", "no memory for a timer");
}

static upbit__backoff_kind kind_of(int error)
{
    switch (error) {
    case UPBIT_ERROR_TLS:
    case UPBIT_ERROR_UPGRADE:
    case UPBIT_ERROR_PROTOCOL:
    case UPBIT_ERROR_EXCHANGE:
    case UPBIT_ERROR_AUTH:
        return UPBIT__BACKOFF_REFUSED;
    default:
        return UPBIT__BACKOFF_NETWORK;
    }
}

/* A recording is played once: its end is the end of the stream. */
static void played(upbit__session *s, int error, const char *name, const char *reason)
{
    s->stopping = true;
    s->error = error;
    if (error != 0)
        s->events.failure(s->context, s, error, 0, name, reason);
    upbit__session_enter(s, UPBIT_STATE_CLOSED);
}

/* The connection is gone or never was: wait, then try again. */
void upbit__session_retry(upbit__session *s, int error, int http_status, uint32_t least_ms,
                          const char *name, const char *reason)
{
    if (s->config->transport == UPBIT_TRANSPORT_REPLAY) {
        played(s, error, name, reason);
        return;
    }
    int64_t now = upbit__clock_monotonic_ns();
    bool was_up = s->state == UPBIT_STATE_LIVE || s->state == UPBIT_STATE_STALE;
    if (was_up) {
        /* A connection found dead has been so since its last byte. */
        int64_t silent = error == UPBIT_ERROR_TIMEOUT ? now - s->heard_ns : 0;
        s->lost_ns = upbit__clock_boottime_ns() - silent - s->asleep_ns;
        atomic_store_explicit(&s->counters->down_since_ns[s->endpoint.id], s->lost_ns,
                              memory_order_relaxed);
        upbit__count(&s->counters->losses, 1);
    }
    upbit__count_end(s->counters, error);
    s->asleep_ns = 0;
    if (was_up && now - s->live_ns > STABLE_NS)
        upbit__backoff_reset(&s->backoff);
    if (!was_up)
        upbit__count(&s->counters->connect_failures, 1);
    s->error = error;
    s->limited = http_status == 429 || http_status == 418;
    upbit__count_status(s->counters, http_status);
    char message[280];
    snprintf(message, sizeof message, "%s", reason);
    snprintf(s->reason, sizeof s->reason, "%s", reason);
    if (error == UPBIT_ERROR_AUTH && s->endpoint.refused != NULL &&
        s->endpoint.refused(s->context, s->refused != 0 ? s->refused_name : name, message,
                            sizeof message) &&
        least_ms < KEYS_MS)
        least_ms = KEYS_MS;
    if (!s->failure_told || s->failure_error != error) {
        s->failure_told = true;
        s->failure_error = error;
        s->events.failure(s->context, s, error, http_status, name, message);
    }
    uint32_t bound = upbit__backoff_bound(&s->backoff, s->refused_soon ? UPBIT__BACKOFF_NETWORK
                                                                       : kind_of(error));
    if (s->refused != 0 && s->refused_ms > least_ms)
        least_ms = s->refused_ms;
    s->delay_ms = upbit__backoff_jitter(bound, least_ms);
    s->doubted = s->doubted || s->refused != 0;
    s->refused = 0;
    s->refused_soon = false;
    upbit__session_timer(s, &s->connect_timer, now + s->delay_ms * UPBIT__MS);
    upbit__session_enter(s, UPBIT_STATE_RECONNECTING);
}

void upbit__session_lost(upbit__session *s, int error, const char *reason)
{
    if (upbit__renewal_takes_over(s))
        return;
    upbit__session_end(s);
    upbit__session_retry(s, error, 0, 0, "", reason);
}

/* Whatever was lost is back, or not wanted any more. */
static void up(upbit__session *s)
{
    _Atomic int64_t *since = &s->counters->down_since_ns[s->endpoint.id];
    int64_t at = atomic_load_explicit(since, memory_order_relaxed);
    if (at == 0)
        return;
    upbit__count(&s->counters->down_ns[s->endpoint.id],
                 (uint64_t)(upbit__clock_boottime_ns() - at));
    atomic_store_explicit(since, 0, memory_order_relaxed);
}

void upbit__session_idle(upbit__session *s)
{
    s->resting = false;
    s->limited = false;
    up(s);
    s->error = 0;
    s->was_live = false; /* what comes next is no comeback */
    s->failure_told = false;
    s->attempt = s->delay_ms = 0;
    upbit__session_enter(s, UPBIT_STATE_IDLE);
    if (upbit__wanted_any(s->registry))
        upbit__session_start(s);
}

static void rest_due(void *context)
{
    upbit__session *s = context;
    if (upbit__wanted_any(s->registry) || !upbit__session_open(s))
        return;
    upbit__renewal_stop(s);
    upbit__timer_stop(&s->settle_timer);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    s->resting = true;
    if (upbit__transport_close(s->transport, 1000, NULL,
                               upbit__clock_monotonic_ns() + GOODBYE_NS) == 0) {
        upbit__session_enter(s, UPBIT_STATE_CLOSING);
        return;
    }
    upbit__session_end(s);
    upbit__session_idle(s);
}

void upbit__session_rest(upbit__session *s)
{
    if (!s->endpoint.on_demand)
        return;
    if (upbit__wanted_any(s->registry))
        upbit__timer_stop(&s->rest_timer);
    else if (!upbit__timer_running(&s->rest_timer))
        upbit__session_timer(s, &s->rest_timer, upbit__clock_monotonic_ns() + REST_NS);
}

void upbit__session_start(upbit__session *s)
{
    if (s->state == UPBIT_STATE_IDLE && !s->stopping)
        upbit__session_connect(s);
}

void upbit__session_renewed(upbit__session *s)
{
    atomic_store_explicit(s->endpoint.epoch, s->epoch, memory_order_relaxed);
    if (s->state != UPBIT_STATE_LIVE)
        upbit__session_enter(s, UPBIT_STATE_LIVE); /* it was STALE */
}

void upbit__session_keys_changed(upbit__session *s)
{
    if (s->stopping || s->resting ||
        (s->state == UPBIT_STATE_IDLE && !upbit__wanted_any(s->registry)))
        return;
    upbit__backoff_reset(&s->backoff);
    s->failure_told = false;
    if (s->transport != NULL) {
        upbit__session_end(s);
        upbit__session_enter(s, UPBIT_STATE_RECONNECTING);
    }
    upbit__session_timer(s, &s->connect_timer, upbit__clock_monotonic_ns());
}

void upbit__session_live(upbit__session *s)
{
    if (s->state != UPBIT_STATE_SUBSCRIBING)
        return;
    if (s->doubted && !upbit__request_accepted(s)) {
        upbit__session_timer(s, &s->verdict_timer, upbit__clock_monotonic_ns() + VERDICT_NS);
        return;
    }
    bool doubted = s->doubted;
    s->doubted = false;
    upbit__timer_stop(&s->verdict_timer);
    int64_t now = upbit__clock_monotonic_ns();
    s->live_ns = now;
    s->down_ms =
        s->was_live ? (uint32_t)((upbit__clock_boottime_ns() - s->lost_ns) / UPBIT__MS) : 0;
    s->limited = false;
    up(s);
    upbit__count(&s->counters->connects, 1);
    s->restored = s->was_live;
    s->took = s->attempt;
    s->times += s->restored;
    if (s->restored)
        upbit__count(&s->counters->reconnects, 1);
    s->was_live = true;
    if (s->failure_told)
        upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                         "restored session=%s down_ms=%" PRIu32 " attempts=%" PRIu32,
                         s->endpoint.name, s->down_ms, s->attempt);
    s->failure_told = false;
    s->error = 0;
    upbit__session_enter(s, UPBIT_STATE_LIVE);
    s->restored = false;
    s->attempt = 0;
    if (doubted) {
        upbit__registry_unset_aside(s->registry);
        upbit__session_wants_changed(s);
    }
}

void upbit__session_refused(upbit__session *s, const upbit_error_event *error, uint32_t least_ms,
                            bool soon)
{
    s->refused = error->error;
    memcpy(s->refused_name, error->name, sizeof s->refused_name);
    s->refused_ms = least_ms;
    s->refused_soon = soon;
    upbit__timer_stop(&s->settle_timer);
    upbit__verify_stop(s);
    upbit__session_timer(s, &s->verdict_timer, upbit__clock_monotonic_ns() + VERDICT_NS);
}

/* The exchange has had its time: to close after its error frame, or to refuse once more. */
static void verdict_due(void *context)
{
    upbit__session *s = context;
    if (s->refused != 0) {
        upbit__session_lost(s, s->refused, "the exchange refused the request and did not close");
        return;
    }
    s->registry->proven = s->requests; /* nothing said against it for so long */
    upbit__session_live(s);
}

void upbit__session_stop(upbit__session *s, int64_t deadline_ns)
{
    s->stopping = true;
    (void)upbit__wait_end(s->counters, &s->connect_waits_ns, upbit__clock_monotonic_ns());
    upbit__timer_stop(&s->connect_timer);
    upbit__timer_stop(&s->settle_timer);
    upbit__renewal_stop(s);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    if (s->transport != NULL && upbit__session_open(s) &&
        upbit__transport_close(s->transport, 1000, NULL, deadline_ns) == 0) {
        upbit__session_enter(s, UPBIT_STATE_CLOSING);
        return;
    }
    upbit__session_end(s);
    upbit__session_enter(s, UPBIT_STATE_CLOSED);
}
