/* The questions about orders and balances, and what becomes of their answers. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/private.h"
#include "exchange/auth_error.h"
#include "exchange/rest_account.h"

#define LATE_MS    5000 /* orders younger than that may not be listed yet */
#define CLOSED_MS  (7 * 86400000LL - 60000)
#define REFUSED_NS (60 * UPBIT__SECOND) /* keys that were refused are refused again */
#define SOON_NS    (UPBIT__SECOND / 2)
#define LATER_NS   (2 * UPBIT__SECOND)

/* ---- answers ---- */

/* Rows of the answer at hand. */
typedef struct rows {
    upbit__inquiry *inquiry; /* NULL: an order by its id */
    upbit__account_rest *rest;
    int64_t asked_ns;
    size_t count;
    int64_t newest_ms; /* of orders: when the newest was made */
} rows;

static upbit_event *allocate(void *context, size_t size)
{
    rows *all = context;
    return upbit__fanout_allocate(&all->rest->manager->fanout, size);
}

static void refused(void *context, const upbit_event *event)
{
    const rows *all = context;
    upbit__count(&all->rest->manager->counters.events_refused, 1);
    if (event == NULL)
        return;
    upbit__fanout *f = &all->rest->manager->fanout;
    if (all->inquiry != NULL && all->inquiry->newcomers)
        upbit__fanout_private_refused(f, event, UPBIT__TO_NEWCOMERS);
}

static void row(void *context, upbit_event *e)
{
    rows *all = context;
    const upbit__inquiry *q = all->inquiry;
    upbit_manager *m = all->rest->manager;
    upbit__account *a = &all->rest->account;
    all->count++;
    e->origin = UPBIT_ORIGIN_REST;
    e->epoch = m->private_session.epoch;
    e->received_ns = upbit__clock_monotonic_ns();
    e->received_wall_ns = upbit__clock_wall_ns();
    e->received_ms = e->received_wall_ns / UPBIT__MS;
    bool open = q != NULL && q->subject == UPBIT__SUBJECT_ORDERS;
    bool primed = q == NULL || all->rest->primed[open ? UPBIT__SUBJECT_ORDERS : q->subject] ||
                  q->subject == UPBIT__SUBJECT_CLOSED;
    const upbit_my_order *order = upbit_event_my_order(e);
    if (order != NULL && order->order_timestamp > all->newest_ms)
        all->newest_ms = order->order_timestamp;
    uint64_t before = a->news[e->type];
    int type = e->type;
    const upbit__told told = {.asked_ns = all->asked_ns,
                              .answer =
                                  q != NULL && q->subject != UPBIT__SUBJECT_CLOSED ? q->answer : 0,
                              .newcomers = q != NULL && q->newcomers,
                              .first = !primed};
    if (type == UPBIT_TYPE_MY_ASSET)
        upbit__account_balances(a, e, &told);
    else
        upbit__account_order(a, e, &told);
    if (a->news[type] != before && all->rest->live && all->rest->doubt_ns == 0)
        all->rest->doubt_ns = upbit__clock_monotonic_ns();
}

static int decode(rows *all, int type, const upbit__rest_result *result, char *reason, size_t size)
{
    const upbit__decode_output out = {
        .context = all, .allocate = allocate, .event = row, .refused = refused};
    size_t bad = 0;
    int count = upbit__rest_decode(all->rest->manager->decoder, type, 0, result->body,
                                   result->length, &out, &bad, reason, size);
    upbit__count(&all->rest->manager->counters.decode_errors, bad);
    all->count += bad; /* they take room on the page */
    return count < 0 ? count : 0;
}

static bool seek_end(upbit__account_rest *r, const char *uuid);

/* Orders that the list should have held: how did they end? */
static void seek_missing(upbit__account_rest *r, const upbit__inquiry *q)
{
    upbit__known_order *o;
    while ((o = upbit__account_missing(&r->account, q->answer, q->asked_ns)) != NULL) {
        o->sought = true;
        if (!seek_end(r, o->uuid)) {
            o->sought = false; /* the next list finds it again, */
            upbit__inquiry_soon(&r->of[UPBIT__SUBJECT_ORDERS],
                                upbit__clock_monotonic_ns() + SOON_NS);
            return;
        }
    }
}

static void complete(upbit__inquiry *q, int64_t now)
{
    upbit__account_rest *r = q->rest;
    q->failures = 0;
    q->error = 0;
    r->refusal_told = NULL;
    q->denied_ns = 0;
    q->why[0] = '\0';
    q->good_ns = now;
    upbit__private_granted(r->manager, upbit__subject_type[q->subject]);
    r->primed[q->subject] = true;
    if (q->newcomers)
        upbit__inquiry_end(r, upbit__subject_type[q->subject]);
    if (q->subject == UPBIT__SUBJECT_ORDERS)
        upbit__account_hold(&r->account, false);
    q->newcomers = false;
    q->seals = false;
    q->due_ns = upbit__inquiry_next(
        q, upbit__inquiry_wanted(r, q->subject, false).due && q->subject != UPBIT__SUBJECT_CLOSED,
        now);
    if (q->subject == UPBIT__SUBJECT_ORDERS)
        seek_missing(r, q);
    if (q->subject == UPBIT__SUBJECT_CLOSED && r->polling)
        r->horizon_ms = upbit__exchange_ms(r) - (now - q->asked_ns) / UPBIT__MS;
}

/* Told in the capabilities and the log, once per episode; what it means for the keys they note. */
static void fail(upbit__inquiry *q, int error, int http_status, const char *name, const char *why)
{
    upbit__account_rest *r = q->rest;
    upbit_manager *m = r->manager;
    int64_t now = upbit__clock_monotonic_ns();
    const char *advice = upbit__auth_advice(name);
    bool denied = upbit__private_out_of_scope(name);
    if (q->subject == UPBIT__SUBJECT_ORDERS)
        upbit__account_hold(&r->account, false);
    snprintf(q->why, sizeof q->why, "%s%s%s", why, advice != NULL ? ": " : "",
             advice != NULL ? advice : "");
    if (q->failures++ == 0 || q->error != error)
        upbit__log_write(&m->log, UPBIT_LOG_WARNING, "rest",
                         "%s cannot be asked for: error=%s http_status=%d: %s",
                         q->subject == UPBIT__SUBJECT_ASSETS ? "balances" : "orders",
                         upbit_error_name(error), http_status, q->why);
    q->error = error;
    if (denied)
        q->denied_ns = now;
    q->due_ns = upbit__inquiry_next(q, upbit__inquiry_wanted(r, q->subject, false).due, now);
    if (error == UPBIT_ERROR_AUTH && !denied) {
        q->due_ns = q->due_ns == INT64_MAX ? INT64_MAX : now + REFUSED_NS;
        upbit__private_told_by_rest(m, name, q->why);
    }
    if (denied)
        upbit__private_denied(m, upbit__subject_type[q->subject], q->why);
}

/* Full: there may be more. What was made in the last one's second comes once more: REST tells the
 * time by the second, and the exchange takes 12 orders in one. */
static bool is_page(upbit__inquiry *q, const rows *all)
{
    if (q->subject == UPBIT__SUBJECT_ORDERS)
        return all->count >= UPBIT__REST_OPEN_MAX;
    if (q->subject != UPBIT__SUBJECT_CLOSED || all->count < UPBIT__REST_CLOSED_MAX ||
        all->newest_ms <= q->from_ms)
        return false;
    q->from_ms = all->newest_ms;
    return true;
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__inquiry *q = context;
    upbit__account_rest *r = q->rest;
    int64_t now = upbit__clock_monotonic_ns();
    char reason[200] = "", name[48] = "";
    q->ask = NULL;
    int error = upbit__private_result(result, name, sizeof name, reason, sizeof reason);
    rows all = {.inquiry = q, .rest = r, .asked_ns = q->asked_ns};
    if (error == 0)
        error = decode(&all, upbit__subject_type[q->subject], result, reason, sizeof reason);
    if (error != 0) {
        q->page = 0;
        fail(q, error, result->http_status, name, reason);
    } else if (is_page(q, &all)) {
        upbit__inquiry_ask(q); /* the next one */
    } else {
        complete(q, now);
    }
    if (error == 0 && q->ask == NULL)
        q->page = 0;
    upbit__account_rest_hand_back(r);
    upbit__account_rest_schedule(r);
    upbit__private_update(r->manager);
}

static void order_answered(void *context, const upbit__rest_result *result)
{
    upbit__sought *s = context;
    upbit__account_rest *r = s->rest;
    char reason[200] = "", name[48] = "";
    s->ask = NULL;
    upbit__known_order *o = upbit__account_find(&r->account, s->uuid);
    if (o != NULL)
        o->sought = false;
    int error = upbit__private_result(result, name, sizeof name, reason, sizeof reason);
    rows all = {.rest = r, .asked_ns = s->asked_ns};
    if (error == 0)
        error = decode(&all, UPBIT_TYPE_MY_ORDER, result, reason, sizeof reason);
    if (error != 0 && result->http_status == 404)
        upbit__account_drop(&r->account, s->uuid);
    else if (error != 0) /* the next list finds it missing again */
        upbit__inquiry_soon(&r->of[UPBIT__SUBJECT_ORDERS], upbit__clock_monotonic_ns() + LATER_NS);
    upbit__account_rest_schedule(r);
}

/* ---- questions ---- */

static bool seek_end(upbit__account_rest *r, const char *uuid)
{
    for (int i = 0; i < UPBIT__SOUGHT; i++) {
        upbit__sought *s = &r->sought[i];
        if (s->ask != NULL)
            continue;
        upbit__buffer path = {0};
        s->asked_ns = upbit__clock_monotonic_ns();
        memcpy(s->uuid, uuid, strlen(uuid) + 1);
        int error = upbit__rest_path_order(&path, uuid, NULL);
        if (error == 0)
            error = upbit__asking_get_signed(
                &r->manager->asking, &s->ask, UPBIT__GROUP_DEFAULT, UPBIT__ASK_PRIVATE,
                (const char *)upbit__buffer_bytes(&path), 0, order_answered, s);
        upbit__buffer_finish(&path);
        return error == 0;
    }
    return false;
}

/* The exchange goes back no further than 7 days. */
static int64_t closed_from(const upbit__inquiry *q)
{
    int64_t oldest = upbit__exchange_ms(q->rest) - CLOSED_MS, from = q->rest->horizon_ms - LATE_MS;
    return from > oldest ? from : oldest;
}

static int write_path(upbit__inquiry *q, upbit__buffer *path)
{
    switch (q->subject) {
    case UPBIT__SUBJECT_ORDERS:
        return upbit__rest_path_orders_open(path, NULL, q->page);
    case UPBIT__SUBJECT_ASSETS:
        return upbit__rest_path_accounts(path);
    default:
        if (q->page == 1)
            q->from_ms = closed_from(q);
        return upbit__rest_path_orders_closed_since(path, q->from_ms);
    }
}

void upbit__inquiry_ask(upbit__inquiry *q)
{
    upbit__account_rest *r = q->rest;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__survey wanted = upbit__inquiry_wanted(r, q->subject, false);
    q->due_ns = INT64_MAX;
    if (!wanted.any || !upbit__inquiry_allowed(r)) {
        q->seals = false;
        return;
    }
    if (q->page == 0) {
        q->asked_ns = now;
        q->answer = ++r->answers;
        q->newcomers =
            q->subject != UPBIT__SUBJECT_CLOSED && upbit__inquiry_wanted(r, q->subject, true).due;
        if (q->subject == UPBIT__SUBJECT_ORDERS)
            upbit__account_hold(&r->account, q->newcomers);
    }
    q->page++;
    upbit__buffer path = {0};
    int error = write_path(q, &path);
    if (error == 0)
        error = upbit__asking_get_signed(&r->manager->asking, &q->ask, UPBIT__GROUP_DEFAULT,
                                         UPBIT__ASK_PRIVATE,
                                         (const char *)upbit__buffer_bytes(&path), 0, answered, q);
    upbit__buffer_finish(&path);
    if (error != 0) {
        q->page = 0;
        fail(q, error, 0, "", upbit_error_string(error));
    }
}

void upbit__inquiries_stop(upbit__account_rest *r)
{
    for (int i = 0; i < UPBIT__SUBJECTS; i++) {
        upbit__ask_cancel(r->of[i].ask);
        r->of[i].ask = NULL;
        r->of[i].page = 0;
        r->of[i].due_ns = INT64_MAX;
        r->of[i].newcomers = r->of[i].seals = false;
    }
    upbit__account_hold(&r->account, false);
    for (int i = 0; i < UPBIT__SOUGHT; i++) {
        upbit__ask_cancel(r->sought[i].ask);
        r->sought[i].ask = NULL;
    }
}
