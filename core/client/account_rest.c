#include "client/account_rest.h"

#include "base/clock.h"
#include "client/private.h"

#define ORDERS_NS    (2 * UPBIT__SECOND)
#define ASSETS_NS    (5 * UPBIT__SECOND)
#define TAKE_OVER_NS (3 * UPBIT__SECOND) /* a short cut is over by then, and told without us */
#define SEAL_NS      (3 * UPBIT__SECOND)
#define AUDIT_NS     (5 * UPBIT__SECOND)
#define AUDITED_NS   (600 * UPBIT__SECOND)
#define DENIED_NS    (600 * UPBIT__SECOND) /* what the keys may not is tried again then */
#define RETRY_NS     UPBIT__SECOND         /* doubled for each failure in a row */
#define RETRY_MAX    5                     /* doublings */

const int upbit__subject_type[] = {UPBIT_TYPE_MY_ORDER, UPBIT_TYPE_MY_ASSET, UPBIT_TYPE_MY_ORDER};

/* ---- who wants it ---- */

static void look_at(void *context, upbit__key *key)
{
    upbit__survey *s = context;
    if (key->id.type != s->type)
        return;
    s->any = true;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        s->due = s->due || entry->due;
        if (s->asked)
            entry->asked = entry->due;
    }
}

upbit__survey upbit__inquiry_wanted(upbit__account_rest *r, upbit__subject subject, bool mark)
{
    upbit__survey s = {.type = upbit__subject_type[subject], .asked = mark};
    upbit__registry_each(&r->manager->private_registry, look_at, &s);
    return s;
}

/* Those who waited have been told; who wanted no more than that is done. */
void upbit__inquiry_end(upbit__account_rest *r, int type)
{
    upbit_manager *m = r->manager;
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        for (size_t i = c->entry_count; i > 0; i--) {
            upbit__entry *entry = c->entries[i - 1];
            if (entry->key->id.type != type || !entry->asked)
                continue;
            entry->due = entry->asked = false;
            if ((entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0)
                upbit__registry_remove(&m->private_registry, entry);
        }
    upbit__count_keys(m);
}

bool upbit__inquiry_allowed(const upbit__account_rest *r)
{
    int state = upbit__credentials_state(&r->manager->credentials, NULL);
    return !r->stop && (state == 1 || state == UPBIT_ERROR_AUTH);
}

/* ---- when ---- */

void upbit__account_rest_schedule(upbit__account_rest *r)
{
    int64_t at = INT64_MAX;
    for (int i = 0; i < UPBIT__SUBJECTS; i++)
        if (r->of[i].ask == NULL && r->of[i].due_ns < at)
            at = r->of[i].due_ns;
    if (r->seal_ns != 0 && r->seal_ns < at)
        at = r->seal_ns;
    if (!r->live && !r->polling && r->lost_ns != 0 && r->lost_ns + TAKE_OVER_NS < at)
        at = r->lost_ns + TAKE_OVER_NS;
    if (r->stop || at == INT64_MAX) {
        upbit__timer_stop(&r->timer);
        return;
    }
    if (upbit__timer_start(r->manager->loop, &r->timer, at) != 0)
        upbit__log_write(&r->manager->log, UPBIT_LOG_ERROR, "rest", "no memory for a timer");
}

void upbit__inquiry_soon(upbit__inquiry *q, int64_t at_ns)
{
    if (at_ns < q->due_ns)
        q->due_ns = at_ns;
}

static void all_soon(upbit__account_rest *r, int64_t at_ns)
{
    upbit__inquiry_soon(&r->of[UPBIT__SUBJECT_ORDERS], at_ns);
    upbit__inquiry_soon(&r->of[UPBIT__SUBJECT_ASSETS], at_ns);
    if (r->horizon_ms != 0)
        upbit__inquiry_soon(&r->of[UPBIT__SUBJECT_CLOSED], at_ns);
}

/* The stream has not brought a single event of that type, in the time in which it may not. */
static bool is_silent(const upbit__account_rest *r, upbit__subject subject, int64_t now)
{
    return r->live && subject != UPBIT__SUBJECT_CLOSED && now - r->live_ns < AUDITED_NS &&
           r->account.heard[upbit__subject_type[subject]] == 0;
}

int64_t upbit__inquiry_next(const upbit__inquiry *q, bool due, int64_t now)
{
    const upbit__account_rest *r = q->rest;
    if (q->denied_ns != 0)
        return q->denied_ns + DENIED_NS;
    if (q->failures > 0) {
        unsigned doublings = q->failures - 1 < RETRY_MAX ? q->failures - 1 : RETRY_MAX;
        bool needed = due || r->polling || q->seals;
        return needed ? now + (RETRY_NS << doublings) : INT64_MAX;
    }
    if (due)
        return now;
    if (r->polling)
        return now + (q->subject == UPBIT__SUBJECT_ASSETS ? ASSETS_NS : ORDERS_NS);
    return is_silent(r, q->subject, now) ? now + AUDIT_NS : INT64_MAX;
}

int64_t upbit__exchange_ms(const upbit__account_rest *r)
{
    return upbit__clock_wall_ns() / UPBIT__MS +
           upbit__exchange_clock_least_ms(&r->manager->exchange_clock);
}

static void take_over(upbit__account_rest *r, int64_t now)
{
    r->polling = true;
    upbit__log_write(&r->manager->log, UPBIT_LOG_WARNING, "rest",
                     "no private connection: orders and balances are polled");
    all_soon(r, now);
}

static void seal(upbit__account_rest *r, int64_t now)
{
    r->seal_ns = 0;
    for (int i = 0; i < UPBIT__SUBJECTS; i++)
        r->of[i].seals = i != UPBIT__SUBJECT_CLOSED || r->horizon_ms != 0;
    all_soon(r, now);
}

/* Nothing of the gap is open any more. */
void upbit__account_rest_hand_back(upbit__account_rest *r)
{
    if (!r->live || r->seal_ns != 0)
        return;
    for (int i = 0; i < UPBIT__SUBJECTS; i++)
        if (r->of[i].seals)
            return;
    r->horizon_ms = 0;
    r->of[UPBIT__SUBJECT_CLOSED].due_ns = INT64_MAX;
    if (r->polling)
        upbit__log_write(&r->manager->log, UPBIT_LOG_WARNING, "rest",
                         "the private connection is back: polling ends");
    r->polling = false;
}

/* REST has told a change, and the stream, live all the while, still nothing: the documents advise
 * to connect anew. */
static void wake_stream(upbit__account_rest *r, int64_t now)
{
    bool silent =
        is_silent(r, UPBIT__SUBJECT_ORDERS, now) && is_silent(r, UPBIT__SUBJECT_ASSETS, now);
    if (!silent || r->doubt_ns == 0 || now - r->doubt_ns < AUDIT_NS ||
        (r->renewed_ns != 0 && now - r->renewed_ns < AUDITED_NS))
        return;
    r->renewed_ns = now;
    upbit__log_write(
        &r->manager->log, UPBIT_LOG_WARNING, "stream",
        "session=private is live and silent while REST tells changes: connecting anew");
    upbit__session_renew(&r->manager->private_session);
}

static void due(void *context)
{
    upbit__account_rest *r = context;
    int64_t now = upbit__clock_monotonic_ns();
    if (r->seal_ns != 0 && now >= r->seal_ns)
        seal(r, now);
    if (!r->live && !r->polling && r->lost_ns != 0 && now >= r->lost_ns + TAKE_OVER_NS)
        take_over(r, now);
    wake_stream(r, now);
    for (int i = 0; i < UPBIT__SUBJECTS; i++) {
        upbit__inquiry *q = &r->of[i];
        if (q->ask == NULL && now >= q->due_ns)
            upbit__inquiry_ask(q);
    }
    upbit__account_rest_hand_back(r);
    upbit__account_rest_schedule(r);
}

void upbit__account_rest_need(upbit__account_rest *r, int type)
{
    if (type == UPBIT_TYPE_ANNOUNCEMENT)
        return;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__inquiry_soon(
        &r->of[type == UPBIT_TYPE_MY_ASSET ? UPBIT__SUBJECT_ASSETS : UPBIT__SUBJECT_ORDERS], now);
    if (r->live) /* the connection is about to be asked for more */
        r->seal_ns = now + SEAL_NS;
    upbit__account_rest_schedule(r);
}

static bool is_live(const upbit__session *s)
{
    return s->state == UPBIT_STATE_LIVE || s->state == UPBIT_STATE_STALE;
}

void upbit__account_rest_look(upbit__account_rest *r)
{
    int64_t now = upbit__clock_monotonic_ns();
    bool was_live = r->live;
    bool wanted = upbit__inquiry_wanted(r, UPBIT__SUBJECT_ORDERS, false).any ||
                  upbit__inquiry_wanted(r, UPBIT__SUBJECT_ASSETS, false).any;
    r->live = is_live(&r->manager->private_session);
    if (!wanted) {
        r->polling = false;
        r->lost_ns = r->seal_ns = r->horizon_ms = 0;
    } else if (r->live && !was_live) {
        r->live_ns = now;
        r->lost_ns = 0;
        r->seal_ns = now + SEAL_NS;
        r->doubt_ns = 0;
    } else if (!r->live && r->lost_ns == 0) {
        r->lost_ns = now;
        r->seal_ns = 0;
        if (was_live && r->horizon_ms == 0)
            r->horizon_ms = upbit__exchange_ms(r);
    }
    if (!wanted && r->manager->private_session.state == UPBIT_STATE_IDLE)
        upbit__account_rest_forget(r);
    upbit__account_rest_schedule(r);
}

static void is_due_again(void *context, upbit__key *key)
{
    (void)context;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        key->entries[i]->due = (key->entries[i]->flags & UPBIT_WANT_REALTIME_ONLY) == 0;
        key->entries[i]->asked = false;
    }
}

void upbit__account_rest_forget(upbit__account_rest *r)
{
    upbit__inquiries_stop(r);
    upbit__account_forget(&r->account);
    for (int i = 0; i < UPBIT__SUBJECTS; i++) {
        r->primed[i] = false;
        r->of[i].failures = 0;
        r->of[i].error = 0;
        r->of[i].good_ns = r->of[i].denied_ns = 0;
        r->of[i].why[0] = '\0';
    }
    r->horizon_ms = r->doubt_ns = r->renewed_ns = 0;
    r->refusal_told = NULL;
    upbit__registry_each(&r->manager->private_registry, is_due_again, NULL);
    if (upbit__inquiry_allowed(r))
        all_soon(r, upbit__clock_monotonic_ns());
    upbit__account_rest_schedule(r);
}

void upbit__account_rest_init(upbit__account_rest *r, upbit_manager *m)
{
    *r = (upbit__account_rest){.manager = m, .timer = {.callback = due, .context = r}};
    upbit__account_init(&r->account, &m->fanout);
    for (int i = 0; i < UPBIT__SUBJECTS; i++)
        r->of[i] = (upbit__inquiry){.rest = r, .subject = (upbit__subject)i, .due_ns = INT64_MAX};
    for (int i = 0; i < UPBIT__SOUGHT; i++)
        r->sought[i].rest = r;
}

void upbit__account_rest_finish(upbit__account_rest *r)
{
    if (r->manager == NULL)
        return;
    r->stop = true;
    upbit__timer_stop(&r->timer);
    upbit__inquiries_stop(r);
    upbit__account_finish(&r->account);
}
