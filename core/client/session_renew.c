/* Renewal: a private connection is followed by one with a new token before its own grows old, and
 * nothing is lost or doubled on the way.
 *
 * The next connection is opened beside the one in use and asked for the whole set; the answer to
 * LIST_SUBSCRIPTIONS is the only proof that the exchange holds it, because private streams have no
 * first frame. What it brings is held. Then the one in use is pinged: behind its pong nothing can
 * be on its way that the next one has not got too. The switch is there, a little later at the
 * earliest (whatever the exchange does not send in order), at the death of the old one at once, and
 * after a while without a pong. What was held and the old one has not brought goes out, in order;
 * the old one is heard no more and closed.
 *
 * If the next connection cannot be had, the one in use stays as long as it lives: nothing known
 * ends a connection for the age of its token. Times are those of a token's life of 10 minutes; a
 * much shorter life has shorter ones. I/O thread only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/limit_wait.h"
#include "client/session_inside.h"
#include "client/trace.h"
#include "client/wanted.h"
#include "exchange/request.h"
#include "queue/pool.h"

#define OVERLAP_NS  UPBIT__SECOND       /* from the proof to the switch, */
#define PATIENCE_NS (5 * UPBIT__SECOND) /* and at most; also for the proof */
#define AGAIN_NS    UPBIT__SECOND       /* not now: something else is going on */
#define GOODBYE_NS  UPBIT__SECOND
#define KEYS_MS     60000u

static const char ping_payload[] = "renewal";

static int64_t life_ns(const upbit__session *s)
{
    return s->config->token_life_ms * UPBIT__MS;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void arm(upbit__session *s, int64_t in_ns)
{
    upbit__session_timer(s, &s->renewal.timer, upbit__clock_monotonic_ns() + in_ns);
}

static void let_go_held(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    for (uint32_t i = 0; i < r->held_count; i++)
        upbit__event_unref_io(s->registry->pool, r->held[i]);
    r->held_count = 0;
}

static void drop_next(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    upbit__transport_destroy(r->next);
    r->next = NULL;
    r->ticket[0] = '\0';
    r->proven = r->pong = false;
    let_go_held(s);
}

/* Again later; the connection in use stays. */
static void fail(upbit__session *s, int error, int http_status, uint32_t least_ms, const char *name,
                 const char *reason)
{
    upbit__renewal *r = &s->renewal;
    char message[280];
    snprintf(message, sizeof message, "%s", *reason != '\0' ? reason : upbit_error_string(error));
    drop_next(s);
    if (error == UPBIT_ERROR_AUTH && s->endpoint.refused != NULL &&
        s->endpoint.refused(s->context, name, message, sizeof message) && least_ms < KEYS_MS)
        least_ms = KEYS_MS;
    uint32_t bound = upbit__backoff_bound(&r->backoff, UPBIT__BACKOFF_REFUSED);
    uint32_t delay_ms = upbit__backoff_jitter(bound, least_ms);
    upbit__count(&s->counters->renewal_failures, 1);
    if (r->failure_told != error) {
        char text[360];
        snprintf(text, sizeof text, "no connection with a new token, the old one stays in use: %s",
                 message);
        s->events.failure(s->context, s, error, http_status, name, text);
    }
    r->failure_told = error;
    arm(s, delay_ms * UPBIT__MS);
}

void upbit__renewal_stop(upbit__session *s)
{
    (void)upbit__wait_end(s->counters, &s->renewal.waits_ns, upbit__clock_monotonic_ns());
    upbit__timer_stop(&s->renewal.timer);
    drop_next(s);
}

/* Something else is going on: what was begun is of no use any more. */
void upbit__renewal_disturbed(upbit__session *s)
{
    if (s->renewal.next == NULL)
        return;
    drop_next(s);
    arm(s, at_most(AGAIN_NS, life_ns(s) / 10));
}

void upbit__renewal_start(upbit__session *s)
{
    if (s->endpoint.authorize == NULL || s->config->token_life_ms == 0)
        return;
    upbit__backoff_reset(&s->renewal.backoff);
    s->renewal.failure_told = 0;
    arm(s, life_ns(s) / 10 * 8);
}

/* ---- the old connection ---- */

static void on_old_closed(void *context, const upbit__close_info *info)
{
    upbit__session *s = context;
    (void)info;
    upbit__transport_destroy(s->renewal.old);
    s->renewal.old = NULL;
}

static void on_old_message(void *context, int opcode, const uint8_t *data, size_t length,
                           int64_t received_ns)
{
    upbit__session *s = context;
    (void)opcode;
    (void)data;
    (void)length;
    (void)received_ns;
    upbit__count(&s->counters->messages_ignored, 1);
}

static void retire(upbit__session *s)
{
    static const upbit__transport_events events = {.message = on_old_message,
                                                   .closed = on_old_closed};
    upbit__renewal *r = &s->renewal;
    upbit__transport_destroy(r->old);
    r->old = s->transport;
    s->transport = NULL;
    upbit__transport_redirect(r->old, &events, s);
    /* One that is over already tells nothing any more. */
    if (upbit__transport_close(r->old, 1000, NULL, upbit__clock_monotonic_ns() + GOODBYE_NS) != 0) {
        upbit__transport_destroy(r->old);
        r->old = NULL;
    }
}

/* ---- the switch ---- */

static void release(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    uint32_t count = r->held_count;
    r->held_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        r->held[i]->epoch = s->epoch;
        s->events.deliver(s->context, s, r->held[i]);
    }
}

static void take_the_next(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    s->transport = r->next;
    r->next = NULL;
    upbit__session_redirect(s);
    s->counted_in = s->counted_out = 0;
    s->per_second = r->per_second;
    s->per_minute = r->per_minute;
    upbit__buffer_clear(&s->sent);
    /* Without memory the set is sent once more, which does no harm. */
    (void)upbit__buffer_append(&s->sent, upbit__buffer_bytes(&r->sent), r->sent.length);
    s->requests++;
    s->sent_ns = r->proven_ns;
    s->verify.verified = s->registry->proven = s->requests;
    s->refused = 0;
    r->ticket[0] = '\0';
    r->proven = r->pong = false;
}

static void change_over(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__session_count(s);
    (void)upbit__compression_closed(&s->compression, now);
    upbit__timer_stop(&s->verdict_timer);
    upbit__watchdog_stop(s);
    upbit__verify_stop(s);
    retire(s);
    take_the_next(s);
    upbit__compression_opened(&s->compression, &r->deflate, now);
    s->tls = r->tls;
    s->epoch++;
    upbit__count(&s->counters->epoch_switches, 1);
    upbit__count(&s->counters->renewals, 1);
    upbit__log_write(s->log, UPBIT_LOG_INFO, "stream",
                     "session=%s renewed epoch=%" PRIu32 " held=%" PRIu32, s->endpoint.name,
                     s->epoch, r->held_count);
    upbit__watchdog_start(s);
    upbit__verify_start(s);
    release(s);
    upbit__renewal_start(s);
    upbit__session_renewed(s);
}

bool upbit__renewal_takes_over(upbit__session *s)
{
    if (!s->renewal.proven) /* a session that stops or rests has dropped it */
        return false;
    change_over(s);
    return true;
}

static void switch_due(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    int64_t now = upbit__clock_monotonic_ns();
    int64_t latest = r->proven_ns + at_most(PATIENCE_NS, life_ns(s) / 2);
    if (r->pong || now >= latest)
        change_over(s);
    else
        upbit__session_timer(s, &r->timer, latest);
}

static bool is_soon(const upbit__session *s)
{
    return upbit__clock_monotonic_ns() <
           s->renewal.proven_ns + at_most(OVERLAP_NS, life_ns(s) / 10);
}

bool upbit__renewal_pong(upbit__session *s, const uint8_t *payload, size_t length)
{
    upbit__renewal *r = &s->renewal;
    if (length != sizeof ping_payload || memcmp(payload, ping_payload, length) != 0)
        return false;
    if (r->proven) {
        r->pong = true;
        if (!is_soon(s))
            change_over(s);
    }
    return true;
}

/* The exchange holds the set by the next connection. */
static void prove(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    r->ticket[0] = '\0';
    r->proven = true;
    r->proven_ns = upbit__clock_monotonic_ns();
    /* A connection that takes no ping is about to be told dead, and then it is switched. */
    (void)upbit__transport_ping(s->transport, ping_payload, sizeof ping_payload);
    arm(s, at_most(OVERLAP_NS, life_ns(s) / 10));
}

/* ---- the next connection ---- */

static void hold(upbit__session *s, upbit_event *e)
{
    upbit__renewal *r = &s->renewal;
    if (r->held == NULL)
        r->held = malloc(UPBIT__RENEWAL_HELD * sizeof *r->held);
    if (r->held == NULL || r->held_count == UPBIT__RENEWAL_HELD) {
        upbit__event_unref_io(s->registry->pool, e);
        /* The one in use brings all of it. */
        fail(s, r->held == NULL ? UPBIT_ERROR_NO_MEMORY : UPBIT_ERROR_LIMIT, 0, 0, "",
             "too much came by it to be held");
        return;
    }
    r->held[r->held_count++] = e;
}

void upbit__renewal_event(upbit__session *s, upbit_event *e)
{
    upbit__renewal *r = &s->renewal;
    if (r->next == NULL) {
        upbit__event_unref_io(s->registry->pool, e); /* the same message ended it */
        return;
    }
    if (e->type <= UPBIT_TYPE_RAW) {
        hold(s, e);
        return;
    }
    if (e->type == UPBIT_TYPE_SUBSCRIPTIONS) {
        const upbit_subscriptions_event *list = (const void *)e;
        if (r->ticket[0] != '\0' && list->ticket != NULL && strcmp(list->ticket, r->ticket) == 0)
            prove(s);
    } else if (e->type == UPBIT_TYPE_ERROR) {
        const upbit_error_event *error = (const void *)e;
        upbit__count(&s->counters->exchange_errors, 1);
        fail(s, error->error, 0, 0, error->name, error->message);
    }
    upbit__event_unref_io(s->registry->pool, e);
}

static void on_next_message(void *context, int opcode, const uint8_t *data, size_t length,
                            int64_t received_ns)
{
    upbit__session *s = context;
    if (s->trace != NULL)
        upbit__trace_frame(s->trace, true, opcode, data, length);
    s->by_next = true;
    s->events.message(s->context, s, data, length, received_ns);
    s->by_next = false;
}

static int send_text(upbit__session *s, int error)
{
    const uint8_t *text = upbit__buffer_bytes(&s->request);
    if (error == 0)
        error = upbit__transport_send(s->renewal.next, UPBIT__OPCODE_TEXT, text, s->request.length);
    if (error == 0 && s->trace != NULL)
        upbit__trace_frame(s->trace, false, UPBIT__OPCODE_TEXT, text, s->request.length);
    return error;
}

/* The set, and the question whether it is held. */
static int send_set(upbit__session *s)
{
    upbit__renewal *r = &s->renewal;
    char ticket[UPBIT__TICKET_SIZE];
    size_t keys;
    upbit__ticket_make(ticket);
    upbit__buffer_clear(&s->request);
    upbit__buffer_clear(&r->sent);
    int error = upbit__wanted_write(&s->request, s->registry, ticket, s->config->format, &keys);
    if (error == 0 && keys == 0)
        return UPBIT_ERROR_ILLEGAL_STATE;
    error = send_text(s, error);
    if (error == 0) {
        const char *text = (const char *)upbit__buffer_bytes(&s->request);
        size_t after = upbit__request_after_ticket(text, s->request.length);
        error = upbit__buffer_append(&r->sent, text + after, s->request.length - after);
    }
    upbit__count(&s->counters->requests_sent, error == 0);
    upbit__ticket_make(r->ticket);
    upbit__buffer_clear(&s->request);
    if (error == 0)
        error = upbit__request_write_list(&s->request, r->ticket, s->config->format);
    return send_text(s, error);
}

static void on_next_opened(void *context, const upbit__transport_info *info)
{
    upbit__session *s = context;
    upbit__renewal *r = &s->renewal;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__session_report(s, r->next, info->http_status, 0, "", 0);
    r->deflate = info->deflate;
    r->tls = info->tls;
    upbit__session_windows(s, &r->per_second, &r->per_minute);
    int error = send_set(s);
    if (error != 0) {
        fail(s, error, 0, 0, "", "");
        return;
    }
    for (int i = 0; i < 2; i++) {
        upbit__window_take(&r->per_second, now);
        upbit__window_take(&r->per_minute, now);
    }
    arm(s, PATIENCE_NS);
}

static void on_next_closed(void *context, const upbit__close_info *info)
{
    upbit__session *s = context;
    upbit__failure f;
    upbit__session_failure(&f, s, s->renewal.next, info, 0);
    fail(s, f.error, info->http_status, f.least_ms, f.name, f.reason);
}

static void begin(upbit__session *s)
{
    static const upbit__transport_events events = {
        .opened = on_next_opened, .message = on_next_message, .closed = on_next_closed};
    upbit__renewal *r = &s->renewal;
    int64_t now = upbit__clock_monotonic_ns();
    int64_t allowed = upbit__budget_take(s->budget, UPBIT__GROUP_CONNECT, now);
    if (allowed != 0) {
        upbit__wait_begin(s->counters, s->log, UPBIT__WAIT_CONNECT, &r->waits_ns, now, allowed);
        upbit__session_timer(s, &r->timer, allowed);
        return;
    }
    (void)upbit__wait_end(s->counters, &r->waits_ns, now);
    int error = upbit__session_open_transport(s, &r->next, &events, s);
    if (error != 0)
        fail(s, error, 0, 0, "", upbit_error_detail());
}

static void renewal_due(void *context)
{
    upbit__session *s = context;
    upbit__renewal *r = &s->renewal;
    if (r->proven) {
        switch_due(s);
    } else if (r->next != NULL) {
        fail(s, UPBIT_ERROR_TIMEOUT, 0, 0, "", "the exchange did not say that it holds the set");
    } else if (s->state != UPBIT_STATE_LIVE || s->registry->dirty || s->refused != 0 ||
               !upbit__wanted_any(s->registry)) {
        arm(s, AGAIN_NS);
    } else {
        begin(s);
    }
}

void upbit__session_renew(upbit__session *s)
{
    if (s->endpoint.authorize != NULL && upbit__session_open(s) && s->renewal.next == NULL)
        arm(s, 0);
}

void upbit__renewal_init(upbit__session *s)
{
    s->renewal.timer = (upbit__timer){.callback = renewal_due, .context = s};
    upbit__backoff_init(&s->renewal.backoff, s->config->backoff_first_ms);
}

void upbit__renewal_finish(upbit__session *s)
{
    upbit__renewal_stop(s);
    upbit__transport_destroy(s->renewal.old);
    s->renewal.old = NULL;
    free(s->renewal.held);
    s->renewal.held = NULL;
    upbit__buffer_finish(&s->renewal.sent);
}
