#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/session_inside.h"
#include "client/wanted.h"

#define STABLE_NS  (60 * UPBIT__SECOND) /* live that long: the next failure starts over */
#define VERDICT_NS (3 * UPBIT__SECOND)  /* a refusal, or the close behind it, has come by then */

static void connect_now(void *context);
static void verdict_due(void *context);

void upbit__session_enter(upbit__session *s, upbit_state state)
{
    if (s->state == state && state != UPBIT_STATE_RECONNECTING)
        return;
    s->state = state;
    atomic_store_explicit(&s->counters->state, (uint32_t)state, memory_order_relaxed);
    atomic_store_explicit(&s->counters->epoch, s->epoch, memory_order_relaxed);
    upbit__log_write(s->log, UPBIT_LOG_INFO, "stream",
                     "session=public state=%s epoch=%" PRIu32 " attempt=%" PRIu32
                     " delay_ms=%" PRIu32,
                     upbit_state_name((int)state), s->epoch, s->attempt, s->delay_ms);
    s->events.state(s->context);
}

void upbit__session_init(upbit__session *s, const upbit__config *config, upbit__loop *loop,
                         upbit__log *log, upbit__registry *registry, upbit__counters *counters,
                         upbit__budget *budget, const upbit__session_events *events, void *context)
{
    *s = (upbit__session){.config = config,
                          .loop = loop,
                          .log = log,
                          .registry = registry,
                          .counters = counters,
                          .budget = budget,
                          .events = *events,
                          .context = context,
                          .connect_timer = {.callback = connect_now, .context = s},
                          .settle_timer = {.callback = upbit__request_due, .context = s},
                          .verdict_timer = {.callback = verdict_due, .context = s}};
    upbit__backoff_init(&s->backoff, config->backoff_first_ms);
    upbit__compression_init(&s->compression, config->compression, counters);
    upbit__watchdog_init(s);
    upbit__verify_init(s);
}

static void end_connection(upbit__session *s)
{
    upbit__timer_stop(&s->settle_timer);
    upbit__timer_stop(&s->verdict_timer);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    if (s->transport == NULL)
        return;
    upbit__transport_counters c;
    upbit__transport_counters_get(s->transport, &c);
    s->closed_bytes_in += c.bytes_in;
    s->closed_bytes_out += c.bytes_out;
    upbit__compression_count(&s->compression, &c);
    if (upbit__compression_closed(&s->compression, upbit__clock_monotonic_ns()))
        upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                         "session=public compression is given up: it failed %u times in a row",
                         s->compression.faults);
    upbit__transport_destroy(s->transport);
    s->transport = NULL;
    upbit__wanted_lost(s->registry);
    upbit__buffer_clear(&s->sent);
}

void upbit__session_finish(upbit__session *s)
{
    upbit__timer_stop(&s->connect_timer);
    end_connection(s);
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

/* The connection is gone or never was: wait, then try again. */
static void wait_and_retry(upbit__session *s, int error, int http_status, uint32_t least_ms,
                           const char *reason)
{
    int64_t now = upbit__clock_monotonic_ns();
    bool was_up = s->state == UPBIT_STATE_LIVE || s->state == UPBIT_STATE_STALE;
    if (was_up) {
        /* A connection found dead has been so since its last byte. */
        int64_t silent = error == UPBIT_ERROR_TIMEOUT ? now - s->heard_ns : 0;
        s->lost_ns = upbit__clock_boottime_ns() - silent - s->asleep_ns;
    }
    s->asleep_ns = 0;
    if (was_up && now - s->live_ns > STABLE_NS)
        upbit__backoff_reset(&s->backoff);
    if (!was_up)
        upbit__count(&s->counters->connect_failures, 1);
    s->error = error;
    if (!s->failure_told || s->failure_error != error) {
        s->failure_told = true;
        s->failure_error = error;
        s->events.failure(s->context, error, http_status, reason);
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
    end_connection(s);
    wait_and_retry(s, error, 0, 0, reason);
}

static void on_connected(void *context)
{
    upbit__session_enter(context, UPBIT_STATE_UPGRADING);
}

/* What the answer to an upgrade says about the budget of connects; for how many ms a 429 or 418 has
 * closed it. */
static int64_t report_upgrade(upbit__session *s, int http_status, uint32_t retry_after_ms,
                              const char *body, size_t length)
{
    int64_t now = upbit__clock_monotonic_ns();
    int64_t until = upbit__budget_report(s->budget, UPBIT__GROUP_CONNECT, http_status,
                                         upbit__transport_header(s->transport, "Remaining-Req"),
                                         retry_after_ms, body, length, now);
    return until != 0 ? (until - now) / UPBIT__MS : 0;
}

static void on_opened(void *context, const upbit__transport_info *info)
{
    upbit__session *s = context;
    report_upgrade(s, info->http_status, 0, "", 0);
    s->epoch++;
    s->tls = info->tls;
    upbit__compression_opened(&s->compression, &info->deflate, upbit__clock_monotonic_ns());
    /* Budgets of messages are the connection's: a new one starts with full ones. */
    unsigned percent = s->config->limit_percent;
    upbit__window_init(&s->per_second, upbit__limit_share(5, percent), UPBIT__SECOND);
    upbit__window_init(&s->per_minute, upbit__limit_share(100, percent), 60 * UPBIT__SECOND);
    upbit__watchdog_start(s);
    upbit__verify_start(s);
    upbit__session_enter(s, UPBIT_STATE_SUBSCRIBING);
    /* Wants that are still settling go out when they have; older ones now. */
    if (s->changed_ns == 0)
        upbit__request_due(s);
    else
        upbit__session_wants_changed(s);
}

static void on_message(void *context, int opcode, const uint8_t *data, size_t length,
                       int64_t received_ns)
{
    upbit__session *s = context;
    (void)opcode; /* the exchange sends JSON in binary frames; text is as good */
    s->events.message(s->context, data, length, received_ns);
}

static void on_pong(void *context, const uint8_t *payload, size_t length)
{
    upbit__watchdog_pong(context, payload, length);
}

static void on_batch(void *context)
{
    upbit__session *s = context;
    upbit__transport_counters c;
    upbit__transport_counters_get(s->transport, &c);
    atomic_store_explicit(&s->counters->bytes_received, s->closed_bytes_in + c.bytes_in,
                          memory_order_relaxed);
    atomic_store_explicit(&s->counters->bytes_sent, s->closed_bytes_out + c.bytes_out,
                          memory_order_relaxed);
    upbit__compression_count(&s->compression, &c);
    upbit__count(&s->counters->read_batches, 1);
    upbit__watchdog_heard(s);
    if (s->doubted && s->state == UPBIT_STATE_SUBSCRIBING && upbit__request_accepted(s))
        upbit__session_live(s);
    s->events.batch(s->context);
}

static void on_closed(void *context, const upbit__close_info *info)
{
    upbit__session *s = context;
    int error = info->error;
    if (s->refused != 0)
        error = s->refused; /* the close 1000 after an error frame is not a clean end */
    else if (error == UPBIT_ERROR_UPGRADE && (info->http_status == 401 || info->http_status == 403))
        error = UPBIT_ERROR_AUTH;
    else if (error == 0)
        error = UPBIT_ERROR_CONNECT; /* the server ended a stream we still want */
    char reason[280];
    snprintf(reason, sizeof reason, "%s", info->reason);
    int http_status = info->http_status;
    uint32_t least_ms = info->retry_after_ms;
    bool stopping = s->stopping;
    if (!info->opened && http_status != 0) {
        int64_t closed_ms = report_upgrade(s, http_status, least_ms, info->body, info->body_length);
        if (closed_ms > least_ms)
            least_ms = (uint32_t)closed_ms;
    }
    s->compression.fault = info->deflate_fault;
    end_connection(s);
    if (stopping) {
        upbit__session_enter(s, UPBIT_STATE_CLOSED);
        return;
    }
    wait_and_retry(s, error, http_status, least_ms, reason);
}

static void connect_now(void *context)
{
    upbit__session *s = context;
    int64_t now = upbit__clock_monotonic_ns();
    int64_t allowed = upbit__budget_take(s->budget, UPBIT__GROUP_CONNECT, now);
    if (allowed != 0) {
        upbit__count(&s->counters->limit_waits, 1);
        upbit__session_timer(s, &s->connect_timer, allowed);
        if (allowed - now > UPBIT__SECOND * 2) { /* closed or banned, not only used up */
            s->delay_ms = (uint32_t)((allowed - now) / UPBIT__MS);
            upbit__session_enter(s, UPBIT_STATE_RECONNECTING);
        }
        return;
    }
    static const upbit__transport_events events = {.connected = on_connected,
                                                   .opened = on_opened,
                                                   .message = on_message,
                                                   .pong = on_pong,
                                                   .batch = on_batch,
                                                   .closed = on_closed};
    const upbit__config *c = s->config;
    const upbit__transport_config config = {.url = c->url,
                                            .ca_file = c->ca_file,
                                            .proxy = c->proxy,
                                            .connect_timeout_ms = c->connect_timeout_ms,
                                            .upgrade_timeout_ms = c->upgrade_timeout_ms,
                                            .message_size_max = c->message_size_max,
                                            .deflate =
                                                upbit__compression_offer(&s->compression, now)};
    s->attempt++;
    s->delay_ms = 0;
    int error = upbit__transport_open(&s->transport, c->transport, s->loop, &config, &events, s);
    if (error != 0) {
        s->transport = NULL;
        wait_and_retry(s, error, 0, 0, upbit_error_detail());
        return;
    }
    upbit__session_enter(s, UPBIT_STATE_CONNECTING);
}

void upbit__session_start(upbit__session *s)
{
    if (s->state == UPBIT_STATE_IDLE && !s->stopping)
        connect_now(s);
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
    upbit__count(&s->counters->connects, 1);
    s->restored = s->was_live;
    s->took = s->attempt;
    s->times += s->restored;
    if (s->restored)
        upbit__count(&s->counters->reconnects, 1);
    s->was_live = true;
    if (s->failure_told)
        upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                         "restored session=public down_ms=%" PRIu32 " attempts=%" PRIu32,
                         s->down_ms, s->attempt);
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

void upbit__session_refused(upbit__session *s, int error, uint32_t least_ms, bool soon)
{
    s->refused = error;
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
    upbit__timer_stop(&s->connect_timer);
    upbit__timer_stop(&s->settle_timer);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    if (s->transport != NULL && upbit__session_open(s) &&
        upbit__transport_close(s->transport, 1000, NULL, deadline_ns) == 0) {
        upbit__session_enter(s, UPBIT_STATE_CLOSING);
        return;
    }
    end_connection(s);
    upbit__session_enter(s, UPBIT_STATE_CLOSED);
}
