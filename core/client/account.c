#include "client/account.h"

#include <stdlib.h>
#include <string.h>

#include "exchange/decode.h"
#include "exchange/fields.h"

void upbit__account_init(upbit__account *a, upbit__fanout *fanout)
{
    *a = (upbit__account){.fanout = fanout};
}

static void let_go(upbit__account *a, upbit__known_order *o)
{
    if (o->held != NULL)
        upbit__event_unref_io(a->fanout->pool, o->held);
    o->held = NULL;
}

void upbit__account_hold(upbit__account *a, bool on)
{
    for (size_t i = 0; a->holds && i < UPBIT__ORDER_BUCKETS; i++)
        for (upbit__known_order *o = a->orders[i]; o != NULL; o = o->chain)
            let_go(a, o);
    a->holds = on;
}

void upbit__account_forget(upbit__account *a)
{
    upbit__account_hold(a, false);
    for (size_t i = 0; i < UPBIT__ORDER_BUCKETS; i++)
        while (a->orders[i] != NULL) {
            upbit__known_order *o = a->orders[i];
            a->orders[i] = o->chain;
            free(o);
        }
    memset(a->ends, 0, sizeof a->ends);
    a->order_count = a->end_count = a->balance_count = 0;
    memset(a->heard, 0, sizeof a->heard);
    memset(a->news, 0, sizeof a->news);
}

void upbit__account_finish(upbit__account *a)
{
    upbit__account_forget(a);
    upbit__sids_finish(&a->echoes);
    upbit__sids_finish(&a->own_echoes);
    free(a->balances);
    a->balances = NULL;
    a->balance_capacity = 0;
}

static upbit_event *allocate(void *context, size_t size)
{
    return upbit__fanout_allocate(context, size);
}

static void drop(upbit__account *a, upbit_event *e, bool repeat)
{
    if (repeat)
        upbit__count(&a->fanout->counters->events_repeated, 1);
    upbit__event_unref_io(a->fanout->pool, e);
}

/* ---- orders ---- */

static size_t bucket_of(const char *uuid)
{
    uint32_t h = 2166136261u;
    for (; *uuid != '\0'; uuid++)
        h = (h ^ (unsigned char)*uuid) * 16777619u;
    return (h ^ h >> 15) & (UPBIT__ORDER_BUCKETS - 1);
}

upbit__known_order *upbit__account_find(const upbit__account *a, const char *uuid)
{
    upbit__known_order *o = a->orders[bucket_of(uuid)];
    while (o != NULL && strcmp(o->uuid, uuid) != 0)
        o = o->chain;
    return o;
}

void upbit__account_drop(upbit__account *a, const char *uuid)
{
    upbit__known_order **link = &a->orders[bucket_of(uuid)];
    while (*link != NULL && strcmp((*link)->uuid, uuid) != 0)
        link = &(*link)->chain;
    upbit__known_order *o = *link;
    if (o == NULL)
        return;
    for (size_t i = 0; o->ended && i < UPBIT__ORDER_ENDS; i++)
        if (a->ends[i] == o)
            a->ends[i] = NULL;
    *link = o->chain;
    a->order_count--;
    let_go(a, o);
    free(o);
}

/* NULL: no memory, or an id of no use. Then each event counts as news. */
static upbit__known_order *know(upbit__account *a, const char *uuid)
{
    if (uuid == NULL || strlen(uuid) >= UPBIT__UUID_SIZE)
        return NULL;
    upbit__known_order *o = upbit__account_find(a, uuid);
    if (o != NULL || (o = calloc(1, sizeof *o)) == NULL)
        return o;
    memcpy(o->uuid, uuid, strlen(uuid) + 1);
    upbit__known_order **bucket = &a->orders[bucket_of(uuid)];
    o->chain = *bucket;
    *bucket = o;
    a->order_count++;
    return o;
}

static upbit_decimal number(const upbit_decimal *d)
{
    const upbit_decimal zero = {0};
    return d->null ? zero : *d;
}

/* REST has no fills and no prevented matches: the order goes on waiting. */
static uint8_t state_of(const upbit_my_order *e)
{
    return e->state == UPBIT_ORDER_STATE_TRADE || e->state == UPBIT_ORDER_STATE_PREVENTED
               ? UPBIT_ORDER_STATE_WAIT
               : e->state;
}

static bool is_told(const upbit__known_order *o, const upbit_my_order *e)
{
    upbit_decimal executed = number(&e->executed_volume), remaining = number(&e->remaining_volume);
    return o->state == state_of(e) && o->trades_count == e->trades_count &&
           upbit_decimal_compare(&o->executed, &executed) == 0 &&
           upbit_decimal_compare(&o->remaining, &remaining) == 0;
}

/* The oldest end gives its place up. */
static void end(upbit__account *a, upbit__known_order *o)
{
    if (o->ended)
        return;
    size_t place = a->end_count++ % UPBIT__ORDER_ENDS;
    if (a->ends[place] != NULL)
        upbit__account_drop(a, a->ends[place]->uuid);
    a->ends[place] = o;
    o->ended = true;
}

static void tell(upbit__account *a, upbit__known_order *o, const upbit_my_order *e, bool by_rest)
{
    o->state = state_of(e);
    o->by_rest = by_rest;
    o->trades_count = e->trades_count;
    o->executed = number(&e->executed_volume);
    o->remaining = number(&e->remaining_volume);
    if (e->state == UPBIT_ORDER_STATE_DONE || e->state == UPBIT_ORDER_STATE_CANCEL)
        end(a, o);
}

/* Without memory for it the answer's row is missing to those who wait: tell_held. */
static void hold(upbit__account *a, upbit__known_order *o, const upbit_my_order *e)
{
    let_go(a, o);
    o->held = upbit__event_copy(&e->event, allocate, a->fanout);
}

static bool is_repeat_of_rest(upbit__account *a, const upbit_my_order *e)
{
    upbit__known_order *o = know(a, e->uuid);
    if (o == NULL)
        return false;
    o->heard_ns = e->event.received_ns;
    if (a->holds)
        hold(a, o, e);
    bool repeat = o->by_rest && e->state != UPBIT_ORDER_STATE_TRADE &&
                  e->state != UPBIT_ORDER_STATE_PREVENTED && is_told(o, e);
    tell(a, o, e, false);
    return repeat;
}

/* In the place of a row that the stream has overtaken. Newcomers may have had the event as such;
 * but not if it was a repeat of what REST had told the others. What has ended does not stand. */
static void tell_held(upbit__account *a, upbit__known_order *o, const upbit_event *row)
{
    upbit_event *e = o->held;
    o->held = NULL;
    if (e == NULL && !o->ended) {
        upbit__fanout_private_refused(a->fanout, row, UPBIT__TO_NEWCOMERS);
    } else if (e != NULL && o->ended) {
        upbit__event_unref_io(a->fanout->pool, e);
    } else if (e != NULL) {
        e->stream = UPBIT_STREAM_SNAPSHOT;
        e->origin = UPBIT_ORIGIN_CACHE;
        upbit__fanout_private(a->fanout, e, UPBIT__TO_NEWCOMERS);
    }
}

void upbit__account_order(upbit__account *a, upbit_event *e, const upbit__told *told)
{
    upbit_my_order *order = (void *)e;
    bool was_known = order->uuid != NULL && upbit__account_find(a, order->uuid) != NULL;
    upbit__known_order *o = know(a, order->uuid);
    if (o == NULL && told->newcomers) {
        e->stream = UPBIT_STREAM_SNAPSHOT;
        upbit__fanout_private(a->fanout, e, UPBIT__TO_NEWCOMERS);
        return;
    }
    if (o == NULL) {
        drop(a, e, false); /* no memory; the next answer tries again */
        return;
    }
    if (told->answer != 0)
        o->listed = told->answer;
    if (o->heard_ns >= told->asked_ns) {
        if (told->newcomers)
            tell_held(a, o, e);
        drop(a, e, true);
        return;
    }
    bool differs = !was_known || !is_told(o, order), news = was_known ? differs : !told->first;
    tell(a, o, order, o->by_rest || differs);
    if (told->newcomers) {
        upbit_event *copy = news ? upbit__event_copy(e, allocate, a->fanout) : NULL;
        if (news && copy == NULL) /* the event is not lost: it is told as how things stand */
            upbit__fanout_private_refused(a->fanout, e, UPBIT__TO_ALL);
        e->stream = UPBIT_STREAM_SNAPSHOT;
        upbit__fanout_private(a->fanout, e, UPBIT__TO_NEWCOMERS);
        e = copy;
    }
    if (e == NULL)
        return;
    if (!news) {
        drop(a, e, true);
        return;
    }
    a->news[UPBIT_TYPE_MY_ORDER]++;
    e->stream = UPBIT_STREAM_REALTIME;
    upbit__fanout_private(a->fanout, e, UPBIT__TO_ALL);
}

upbit__known_order *upbit__account_missing(upbit__account *a, uint32_t answer, int64_t asked_ns)
{
    for (size_t i = 0; i < UPBIT__ORDER_BUCKETS; i++)
        for (upbit__known_order *o = a->orders[i]; o != NULL; o = o->chain)
            if (!o->ended && !o->sought && o->listed != answer && o->heard_ns < asked_ns)
                return o;
    return NULL;
}

/* ---- balances ---- */

static upbit__known_balance *balance_of(upbit__account *a, const char *currency)
{
    for (size_t i = 0; i < a->balance_count; i++)
        if (strcmp(a->balances[i].currency, currency) == 0)
            return &a->balances[i];
    if (strlen(currency) >= sizeof a->balances->currency)
        return NULL;
    if (a->balance_count == a->balance_capacity) {
        size_t more = a->balance_capacity == 0 ? 16 : a->balance_capacity * 2;
        upbit__known_balance *bigger = realloc(a->balances, more * sizeof *bigger);
        if (bigger == NULL)
            return NULL;
        a->balances = bigger;
        a->balance_capacity = more;
    }
    upbit__known_balance *b = &a->balances[a->balance_count++];
    *b = (upbit__known_balance){.balance = {.null = 1}, .locked = {.null = 1}};
    memcpy(b->currency, currency, strlen(currency) + 1);
    return b;
}

static bool same_balance(const upbit__known_balance *b, const upbit_asset *asset)
{
    return upbit_decimal_compare(&b->balance, &asset->balance) == 0 &&
           upbit_decimal_compare(&b->locked, &asset->locked) == 0;
}

static bool is_repeat_of_balances(upbit__account *a, const upbit_my_asset *e)
{
    bool repeat = e->asset_count > 0;
    for (uint32_t i = 0; i < e->asset_count; i++) {
        const upbit_asset *asset = &e->assets[i];
        upbit__known_balance *b = asset->currency != NULL ? balance_of(a, asset->currency) : NULL;
        if (b == NULL) {
            repeat = false;
            continue;
        }
        repeat = repeat && b->by_rest && same_balance(b, asset);
        b->balance = asset->balance;
        b->locked = asset->locked;
        b->by_rest = false;
        b->heard_ns = e->event.received_ns;
    }
    return repeat;
}

/* Drops the assets that are not wanted of an event nobody else has yet. */
static void keep_assets(upbit_my_asset *e, const bool *keep)
{
    upbit_asset *assets = (upbit_asset *)(uintptr_t)e->assets; /* inside the event, both */
    upbit_asset_cost *costs = (upbit_asset_cost *)(uintptr_t)e->costs;
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->asset_count; i++) {
        if (!keep[i])
            continue;
        if (costs != NULL)
            costs[count] = costs[i];
        assets[count++] = assets[i];
    }
    e->asset_count = count;
}

/* What the stream told since the question; the rest of such a row, prices that only REST knows, is
 * as good as ever. */
static void bring_up_to_date(upbit__account *a, upbit_my_asset *e, const bool *fresh)
{
    upbit_asset *assets = (upbit_asset *)(uintptr_t)e->assets; /* inside the event */
    for (uint32_t i = 0; i < e->asset_count; i++) {
        const upbit__known_balance *b =
            fresh[i] || assets[i].currency == NULL ? NULL : balance_of(a, assets[i].currency);
        if (b == NULL)
            continue;
        assets[i].balance = b->balance;
        assets[i].locked = b->locked;
    }
}

/* A currency that is not listed any more is spent. */
static void tell_spent(upbit__account *a, upbit__known_balance *b, const upbit_event *like)
{
    size_t assets = (sizeof(upbit_my_asset) + 7) & ~(size_t)7;
    size_t size = assets + sizeof(upbit_asset) + sizeof b->currency;
    upbit_event *e = upbit__fanout_allocate(a->fanout, size);
    if (e == NULL) {
        upbit__fanout_private_refused(a->fanout, like, UPBIT__TO_ALL);
        return;
    }
    upbit_my_asset *spent = (void *)e;
    upbit_asset *asset = (void *)((char *)e + assets);
    char *currency = (char *)(asset + 1);
    *spent = *(const upbit_my_asset *)(const void *)like;
    memset((char *)e + sizeof *spent, 0, size - sizeof *spent);
    e->size = (uint32_t)size;
    e->extra = NULL;
    e->stream = UPBIT_STREAM_REALTIME;
    memcpy(currency, b->currency, sizeof b->currency);
    asset->currency = currency;
    spent->asset_uuid = NULL;
    spent->costs = NULL;
    spent->assets = asset;
    spent->asset_count = 1;
    b->balance = b->locked = (upbit_decimal){0};
    b->by_rest = true;
    upbit__fanout_private(a->fanout, e, UPBIT__TO_ALL);
}

static bool is_spent(const upbit__known_balance *b)
{
    return upbit_decimal_is_zero(&b->balance) && upbit_decimal_is_zero(&b->locked);
}

void upbit__account_balances(upbit__account *a, upbit_event *e, const upbit__told *told)
{
    upbit_my_asset *all = (void *)e;
    bool *fresh = calloc(2 * (size_t)all->asset_count + 1, sizeof *fresh);
    if (fresh == NULL) { /* the next answer tells the others; who waits for this one asks again */
        if (told->newcomers)
            upbit__fanout_private_refused(a->fanout, e, UPBIT__TO_NEWCOMERS);
        drop(a, e, false);
        return;
    }
    bool *news = fresh + all->asset_count, any = false;
    for (uint32_t i = 0; i < all->asset_count; i++) {
        const upbit_asset *asset = &all->assets[i];
        upbit__known_balance *b = asset->currency != NULL ? balance_of(a, asset->currency) : NULL;
        if (b == NULL)
            continue;
        bool differs = !same_balance(b, asset);
        b->listed = told->answer;
        fresh[i] = b->heard_ns < told->asked_ns;
        news[i] = fresh[i] && differs && !(b->balance.null && told->first);
        if (!fresh[i])
            continue;
        any = any || news[i];
        b->balance = asset->balance;
        b->locked = asset->locked;
        b->by_rest = b->by_rest || differs;
    }
    for (size_t i = 0; i < a->balance_count; i++) {
        upbit__known_balance *b = &a->balances[i];
        if (b->listed != told->answer && b->heard_ns < told->asked_ns && !is_spent(b))
            tell_spent(a, b, e);
    }
    upbit_event *changed = any ? upbit__event_copy(e, allocate, a->fanout) : NULL;
    if (any && changed == NULL)
        upbit__fanout_private_refused(a->fanout, e, UPBIT__TO_ALL);
    if (told->newcomers) {
        bring_up_to_date(a, all, fresh);
        e->stream = UPBIT_STREAM_SNAPSHOT;
        upbit__fanout_private(a->fanout, e, UPBIT__TO_NEWCOMERS);
    } else {
        drop(a, e, !any);
    }
    if (changed != NULL) {
        keep_assets((void *)changed, news);
        changed->stream = UPBIT_STREAM_REALTIME;
        a->news[UPBIT_TYPE_MY_ASSET]++;
        upbit__fanout_private(a->fanout, changed, UPBIT__TO_ALL);
    }
    free(fresh);
}

/* ---- the stream ---- */

/* What to know the event by. Balances come back to what they were, within a millisecond too: of
 * them the second that says the same over one connection is another event than the first. */
static int64_t mark_of(upbit__account *a, const upbit_event *e)
{
    uint64_t hash = upbit__event_hash(e);
    if (e->type != UPBIT_TYPE_MY_ASSET)
        return (int64_t)hash;
    if (e->epoch != a->echo_epoch)
        upbit__sids_finish(&a->own_echoes);
    a->echo_epoch = e->epoch;
    while (upbit__sids_seen(&a->own_echoes, (int64_t)hash))
        hash = hash * 0x9e3779b97f4a7c15u + 1;
    upbit__sids_add(&a->own_echoes, (int64_t)hash, e->received_ns);
    return (int64_t)hash;
}

void upbit__account_heard(upbit__account *a, upbit_event *e)
{
    int64_t mark = mark_of(a, e);
    bool repeat = !upbit__sids_add(&a->echoes, mark, e->received_ns);
    if (!repeat) {
        a->heard[e->type]++;
        if (e->type == UPBIT_TYPE_MY_ORDER)
            repeat = is_repeat_of_rest(a, (const void *)e);
        else if (e->type == UPBIT_TYPE_MY_ASSET)
            repeat = is_repeat_of_balances(a, (const void *)e);
    }
    if (repeat)
        drop(a, e, true);
    else
        upbit__fanout_private(a->fanout, e, UPBIT__TO_ALL);
}
