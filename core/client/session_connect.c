/* The connection of a session: how it is opened, and what it tells. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "base/secret.h"
#include "client/limit_wait.h"
#include "client/session_inside.h"
#include "client/trace.h"
#include "client/wanted.h"
#include "exchange/rest_shapes.h"

static void on_connected(void *context)
{
    upbit__session_enter(context, UPBIT_STATE_UPGRADING);
}

int64_t upbit__session_report(upbit__session *s, const upbit__transport *t, int http_status,
                              uint32_t retry_after_ms, const char *body, size_t length)
{
    int64_t now = upbit__clock_monotonic_ns();
    int64_t until = upbit__budget_report(s->budget, UPBIT__GROUP_CONNECT, http_status,
                                         upbit__transport_header(t, "Remaining-Req"),
                                         retry_after_ms, body, length, now);
    return until != 0 ? (until - now) / UPBIT__MS : 0;
}

/* Budgets of messages are the connection's: a new one starts with full ones. */
void upbit__session_windows(const upbit__session *s, upbit__window *per_second,
                            upbit__window *per_minute)
{
    unsigned percent = s->config->limit_percent;
    upbit__window_init(per_second, upbit__limit_share(5, percent), UPBIT__SECOND);
    upbit__window_init(per_minute, upbit__limit_share(100, percent), 60 * UPBIT__SECOND);
}

static void on_opened(void *context, const upbit__transport_info *info)
{
    upbit__session *s = context;
    upbit__session_report(s, s->transport, info->http_status, 0, "", 0);
    s->epoch++;
    upbit__count(&s->counters->epoch_switches, 1);
    s->tls = info->tls;
    upbit__compression_opened(&s->compression, &info->deflate, upbit__clock_monotonic_ns());
    upbit__session_windows(s, &s->per_second, &s->per_minute);
    upbit__watchdog_start(s);
    upbit__verify_start(s);
    upbit__renewal_start(s);
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
    /* The exchange sends JSON in binary frames; text is as good. */
    if (s->trace != NULL)
        upbit__trace_frame(s->trace, true, opcode, data, length);
    if (s->compression.fault)
        return; /* known to be spoiled; what else comes until the close frame is no news */
    s->events.message(s->context, s, data, length, received_ns);
}

static void on_pong(void *context, const uint8_t *payload, size_t length)
{
    if (!upbit__renewal_pong(context, payload, length))
        upbit__watchdog_pong(context, payload, length);
}

static void on_batch(void *context)
{
    upbit__session *s = context;
    upbit__session_count(s);
    upbit__count(&s->counters->read_batches, 1);
    upbit__watchdog_heard(s);
    if (s->doubted && s->state == UPBIT_STATE_SUBSCRIBING && upbit__request_accepted(s))
        upbit__session_live(s);
    s->events.batch(s->context);
}

/* What a refused upgrade says in its body: "name: message". */
static void name_refusal(const upbit__close_info *info, char *name, size_t name_size, char *reason,
                         size_t size)
{
    char said[200];
    if (upbit__rest_error(info->body, info->body_length, said, sizeof said) != UPBIT_ERROR_EXCHANGE)
        return;
    snprintf(name, name_size, "%.*s", (int)strcspn(said, ":"), said);
    snprintf(reason, size, "%s", said);
}

static const char garbled[] =
    "compressed messages in a row that make no sense: the context does not "
    "fit";

void upbit__session_garbled(upbit__session *s)
{
    upbit__transport_counters c;
    if (s->transport == NULL)
        return;
    upbit__transport_counters_get(s->transport, &c);
    if (upbit__compression_garbled(&s->compression, &c))
        upbit__transport_close(s->transport, 1007, garbled,
                               upbit__clock_monotonic_ns() + UPBIT__SECOND);
}

void upbit__session_failure(upbit__failure *f, upbit__session *s, const upbit__transport *t,
                            const upbit__close_info *info, int refused)
{
    *f = (upbit__failure){.error = info->error, .least_ms = info->retry_after_ms};
    if (refused != 0)
        f->error = refused; /* the close 1000 after an error frame is not a clean end */
    else if (f->error == UPBIT_ERROR_UPGRADE &&
             (info->http_status == 401 || info->http_status == 403))
        f->error = UPBIT_ERROR_AUTH;
    else if (f->error == 0 && s->config->transport != UPBIT_TRANSPORT_REPLAY)
        f->error = UPBIT_ERROR_CONNECT; /* the server ended a stream we still want */
    snprintf(f->reason, sizeof f->reason, "%s", info->reason);
    if (f->error == UPBIT_ERROR_AUTH && refused == 0)
        name_refusal(info, f->name, sizeof f->name, f->reason, sizeof f->reason);
    if (!info->opened && info->http_status != 0) {
        int64_t closed_ms = upbit__session_report(s, t, info->http_status, f->least_ms, info->body,
                                                  info->body_length);
        if (closed_ms > f->least_ms)
            f->least_ms = (uint32_t)closed_ms;
    }
}

static void on_closed(void *context, const upbit__close_info *info)
{
    upbit__session *s = context;
    if (upbit__renewal_takes_over(s))
        return;
    upbit__failure f;
    upbit__session_failure(&f, s, s->transport, info, s->refused);
    int http_status = info->http_status;
    bool stopping = s->stopping, resting = s->resting;
    if (s->compression.fault) { /* we closed */
        f.error = UPBIT_ERROR_PROTOCOL;
        snprintf(f.reason, sizeof f.reason, "%s", garbled);
    }
    s->compression.fault |= info->deflate_fault;
    upbit__session_end(s);
    if (stopping) {
        upbit__session_enter(s, UPBIT_STATE_CLOSED);
        return;
    }
    if (resting) {
        upbit__session_idle(s);
        return;
    }
    upbit__session_retry(s, f.error, http_status, f.least_ms, f.name, f.reason);
}

static const upbit__transport_events events_in_use = {.connected = on_connected,
                                                      .opened = on_opened,
                                                      .message = on_message,
                                                      .pong = on_pong,
                                                      .batch = on_batch,
                                                      .closed = on_closed};

void upbit__session_redirect(upbit__session *s)
{
    upbit__transport_redirect(s->transport, &events_in_use, s);
}

int upbit__session_open_transport(upbit__session *s, upbit__transport **out,
                                  const upbit__transport_events *events, void *context)
{
    char token[UPBIT__BEARER_SIZE] = "";
    const upbit__header header = {.name = "Authorization", .value = token};
    const upbit__config *c = s->config;
    const upbit__transport_config config = {
        .url = s->endpoint.url,
        .ca_file = c->ca_file,
        .proxy = c->proxy,
        .headers = &header,
        .header_count = s->endpoint.authorize != NULL,
        .connect_timeout_ms = c->connect_timeout_ms,
        .upgrade_timeout_ms = c->upgrade_timeout_ms,
        .message_size_max = c->message_size_max,
        .replay_file = c->replay_file,
        .replay_speed = c->replay_speed,
        .deflate = upbit__compression_offer(&s->compression, upbit__clock_monotonic_ns())};
    *out = NULL;
    if (c->transport == UPBIT_TRANSPORT_REPLAY && s->endpoint.authorize != NULL)
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE, "a recording is played: nobody signs in");
    int error =
        s->endpoint.authorize != NULL ? s->endpoint.authorize(s->context, token, sizeof token) : 0;
    if (error == 0)
        error = upbit__transport_open(out, c->transport, s->loop, &config, events, context);
    upbit__wipe(token, sizeof token);
    if (error != 0)
        *out = NULL;
    return error;
}

void upbit__session_connect(void *session)
{
    upbit__session *s = session;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__timer_stop(&s->connect_timer); /* one of several reasons: it must not come once more */
    if (s->endpoint.on_demand && !upbit__wanted_any(s->registry)) {
        (void)upbit__wait_end(s->counters, &s->connect_waits_ns, now);
        upbit__session_idle(s);
        return;
    }
    bool played = s->config->transport == UPBIT_TRANSPORT_REPLAY; /* nobody counts that */
    int64_t allowed = played ? 0 : upbit__budget_take(s->budget, UPBIT__GROUP_CONNECT, now);
    if (allowed != 0) {
        upbit__wait_begin(s->counters, s->log, UPBIT__WAIT_CONNECT, &s->connect_waits_ns, now,
                          allowed);
        upbit__session_timer(s, &s->connect_timer, allowed);
        if (allowed - now > UPBIT__SECOND * 2) { /* closed or banned, not only used up */
            s->delay_ms = (uint32_t)((allowed - now) / UPBIT__MS);
            s->limited = true;
            upbit__session_enter(s, UPBIT_STATE_RECONNECTING);
        }
        return;
    }
    (void)upbit__wait_end(s->counters, &s->connect_waits_ns, now);
    s->attempt++;
    s->delay_ms = 0;
    s->counted_in = s->counted_out = 0;
    int error = upbit__session_open_transport(s, &s->transport, &events_in_use, s);
    if (error == UPBIT_ERROR_UNAVAILABLE && s->endpoint.authorize != NULL) {
        s->attempt--;
        s->error = error;
        upbit__session_enter(s, UPBIT_STATE_IDLE); /* until there are keys */
        return;
    }
    if (error != 0) {
        upbit__session_retry(s, error, 0, 0, "", upbit_error_detail());
        return;
    }
    upbit__session_enter(s, UPBIT_STATE_CONNECTING);
}
