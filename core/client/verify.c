/* Verification: does the exchange hold what we want? It confirms no subscription, so it is asked
 * (LIST_SUBSCRIPTIONS), and what differs is repaired by sending the whole set again.
 *
 * Asked for a reason only: a request that nothing has verified yet, a key that is quiet, a
 * difference not yet gone; every monitor_ms, and soon after a key is first told as NO_DATA. It
 * costs a message of the connection's budget, so it takes one only where enough are left that no
 * request of subscriptions has to wait for it. It names the running format, because the exchange
 * switches the running streams to the one named. The answer is known by its ticket, and counts only
 * if no request was sent meanwhile.
 *
 * A host that does not know the method (regional ones may not) says nothing or refuses; then it is
 * left alone. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "client/session_inside.h"
#include "client/trace.h"
#include "client/wanted.h"
#include "exchange/request.h"

#define ANSWER_NS (5 * UPBIT__SECOND)
#define APART_NS  (5 * UPBIT__SECOND) /* however many keys fall silent one after another */
#define AGAIN_NS  (1 * UPBIT__SECOND) /* not possible right now */
#define SETTLE_NS                                                                                  \
    (2 * UPBIT__SECOND) /* a refusal of the last request has come by then: an error                \
                           frame after that is the answer to ours */
#define REPEATS_MAX 5   /* doublings between repairs of one difference: 16 min */

static void arm(upbit__session *s, int64_t at_ns)
{
    upbit__session_timer(s, &s->verify.timer, at_ns);
}

static void find_quiet(void *context, upbit__key *key)
{
    bool *quiet = context;
    *quiet = *quiet || key->quiet;
}

static bool has_reason(const upbit__session *s)
{
    bool reason = s->requests > s->verify.verified || s->verify.difference != 0;
    if (!reason)
        upbit__registry_each(s->registry, find_quiet, &reason);
    return reason;
}

/* When it may be asked: now, or look again then. */
static int64_t allowed_ns(const upbit__session *s, int64_t now)
{
    if (s->registry->dirty || s->state == UPBIT_STATE_SUBSCRIBING)
        return now + AGAIN_NS; /* a request is about to make the answer worthless */
    if (s->registry->proven < s->requests && now < s->sent_ns + SETTLE_NS)
        return s->sent_ns + SETTLE_NS;
    /* One for us, and the half of both budgets for what widgets may want in the meantime. */
    if (upbit__window_free(&s->per_second, now) < 1 + s->per_second.limit / 2 ||
        upbit__window_free(&s->per_minute, now) < 1 + s->per_minute.limit / 2)
        return now + AGAIN_NS;
    return now;
}

static void ask(upbit__session *s, int64_t now)
{
    upbit__verify *v = &s->verify;
    upbit__ticket_make(v->ticket);
    upbit__buffer_clear(&s->request);
    int error = upbit__request_write_list(&s->request, v->ticket, s->config->format);
    if (error == 0)
        error = upbit__transport_send(s->transport, UPBIT__OPCODE_TEXT,
                                      upbit__buffer_bytes(&s->request), s->request.length);
    if (error != 0) {
        v->ticket[0] = '\0';
        return;
    }
    if (s->trace != NULL)
        upbit__trace_frame(s->trace, false, UPBIT__OPCODE_TEXT, upbit__buffer_bytes(&s->request),
                           s->request.length);
    upbit__window_take(&s->per_second, now);
    upbit__window_take(&s->per_minute, now);
    upbit__count(&s->counters->verifications, 1);
    upbit__watchdog_sent(s);
    v->asked_ns = now;
    v->asked = s->requests;
    upbit__session_timer(s, &v->answer_timer, now + ANSWER_NS);
}

/* Runs while there is a connection that may be asked: verify_stop and give_up stop it. */
static void look(void *context)
{
    upbit__session *s = context;
    upbit__verify *v = &s->verify;
    int64_t now = upbit__clock_monotonic_ns();
    int64_t next = now + s->config->monitor_ms * UPBIT__MS;
    if (v->ticket[0] == '\0' && has_reason(s)) {
        int64_t allowed = allowed_ns(s, now);
        if (allowed > now)
            next = allowed;
        else
            ask(s, now);
    }
    arm(s, next);
}

/* Told once: it is so on every connection to a host that does not know the method. */
static void give_up(upbit__session *s, const char *why)
{
    if (!s->verify.given_up)
        upbit__log_write(s->log, UPBIT_LOG_INFO, "stream",
                         "subscriptions cannot be verified: %s to LIST_SUBSCRIPTIONS", why);
    s->verify.given_up = true;
    upbit__timer_stop(&s->verify.timer);
}

static void no_answer(void *context)
{
    upbit__session *s = context;
    s->verify.ticket[0] = '\0';
    give_up(s, "no answer");
}

void upbit__verify_init(upbit__session *s)
{
    s->verify.timer = (upbit__timer){.callback = look, .context = s};
    s->verify.answer_timer = (upbit__timer){.callback = no_answer, .context = s};
}

void upbit__verify_start(upbit__session *s)
{
    s->verify.ticket[0] = '\0';
    if (!s->verify.off)
        arm(s, upbit__clock_monotonic_ns() + s->config->monitor_ms * UPBIT__MS);
}

void upbit__verify_stop(upbit__session *s)
{
    upbit__timer_stop(&s->verify.timer);
    upbit__timer_stop(&s->verify.answer_timer);
}

void upbit__session_key_quiet(upbit__session *s)
{
    const upbit__verify *v = &s->verify;
    if (!upbit__timer_running(&v->timer))
        return; /* off, or no connection */
    int64_t now = upbit__clock_monotonic_ns();
    int64_t at = v->asked_ns != 0 && v->asked_ns + APART_NS > now ? v->asked_ns + APART_NS : now;
    if (at < v->timer.at_ns)
        arm(s, at);
}

bool upbit__session_list_refused(upbit__session *s, bool for_now)
{
    if (s->verify.ticket[0] == '\0')
        return false;
    s->verify.ticket[0] = '\0';
    upbit__timer_stop(&s->verify.answer_timer);
    if (!for_now) {
        s->verify.off = true;
        give_up(s, "an error");
    }
    return true;
}

/* ---- the answer ---- */

typedef struct comparison {
    upbit__session *s;
    uint32_t mark; /* of this answer, on the keys it names */
    uint32_t missing, extra;
    uint64_t sum;      /* over the differences, in any order; 0: none */
    upbit__key_id one; /* one of them, for the log */
} comparison;

static void differ(comparison *c, const upbit__key_id *id, bool missing)
{
    uint64_t hash = upbit__key_hash(id);
    c->sum += missing ? hash | 1 : ~hash | 1;
    c->missing += missing;
    c->extra += !missing;
    c->one = *id;
}

/* False: of a type we never ask for. */
static bool read_type(upbit__key_id *id, const char *type)
{
    static const int plain[] = {UPBIT_TYPE_TICKER,   UPBIT_TYPE_TRADE,    UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_MY_ORDER, UPBIT_TYPE_MY_ASSET, UPBIT_TYPE_ANNOUNCEMENT};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(type, upbit_type_name(plain[i])) == 0) {
            id->type = plain[i];
            return true;
        }
    id->type = UPBIT_TYPE_CANDLE;
    if (strncmp(type, "candle.", 7) != 0)
        return false;
    id->unit = upbit_candle_unit_from_name(type + 7);
    return id->unit != UPBIT_CANDLE_NONE;
}

typedef struct private_row {
    int type;
    uint32_t mark;
} private_row;

static void list_private(void *context, upbit__key *key)
{
    const private_row *row = context;
    if (key->id.type == row->type)
        key->listed = row->mark;
}

static void take_row(comparison *c, const upbit_subscription_row *row)
{
    upbit__key_id id = {0};
    if (row->type == NULL || !read_type(&id, row->type))
        return;
    if (upbit__is_private(id.type) && row->code_count == 0) { /* all of it */
        upbit__registry_each(c->s->registry, list_private, &(private_row){id.type, c->mark});
        return;
    }
    if (id.type == UPBIT_TYPE_ORDERBOOK && !row->level.null)
        id.level = row->level;
    for (uint32_t i = 0; i < row->code_count; i++) {
        size_t length = row->codes[i] != NULL ? strcspn(row->codes[i], ".") : 0; /* KRW-BTC.5 */
        if (length == 0 || length >= sizeof id.code)
            continue;
        memset(id.code, 0, sizeof id.code);
        memcpy(id.code, row->codes[i], length);
        upbit__key *key = upbit__registry_find(c->s->registry, &id);
        if (key != NULL && key->on_wire)
            key->listed = c->mark;
        else if (!upbit__wanted_once(c->s->registry, &id))
            differ(c, &id, false);
    }
}

static void find_missing(void *context, upbit__key *key)
{
    comparison *c = context;
    if (key->on_wire && key->listed != c->mark)
        differ(c, &key->id, true);
}

/* Told once per episode, counted always. The same difference is repaired at growing distances:
 * what one request did not mend the next will hardly either. */
static void repair(upbit__session *s, const comparison *c, int64_t now)
{
    upbit__verify *v = &s->verify;
    bool same = c->sum == v->difference;
    if (same && now < v->repair_ns)
        return;
    if (v->difference == 0)
        upbit__log_write(
            s->log, UPBIT_LOG_WARNING, "stream",
            "the exchange holds other subscriptions than were requested: missing=%" PRIu32
            " extra=%" PRIu32 ", e.g. %s %s; requesting again",
            c->missing, c->extra, upbit_type_name(c->one.type), c->one.code);
    v->repeats = !same ? 0 : v->repeats < REPEATS_MAX ? v->repeats + 1 : REPEATS_MAX;
    v->repair_ns = now + (s->config->monitor_ms * UPBIT__MS << v->repeats);
    v->difference = c->sum;
    upbit__count(&s->counters->repairs, 1);
    s->registry->dirty = true;
    s->registry->again = true;
    upbit__session_wants_changed(s);
}

void upbit__session_listed(upbit__session *s, const upbit_subscriptions_event *list)
{
    upbit__verify *v = &s->verify;
    if (v->ticket[0] == '\0' || list->ticket == NULL || strcmp(list->ticket, v->ticket) != 0)
        return;
    v->ticket[0] = '\0';
    upbit__timer_stop(&v->answer_timer);
    if (v->asked != s->requests || s->registry->dirty)
        return; /* of a set that is not the one at hand; the next look asks again */
    v->verified = s->requests;
    s->registry->proven = s->requests;
    comparison c = {.s = s, .mark = ++v->answers};
    for (uint32_t i = 0; i < list->row_count; i++)
        take_row(&c, &list->rows[i]);
    upbit__registry_each(s->registry, find_missing, &c);
    if (c.sum != 0) {
        repair(s, &c, upbit__clock_monotonic_ns());
        return;
    }
    if (v->difference != 0)
        upbit__log_write(s->log, UPBIT_LOG_WARNING, "stream",
                         "the exchange holds the subscriptions that were requested again");
    v->difference = 0;
    v->repeats = 0;
}
