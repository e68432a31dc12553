#include "client/fanout.h"

#include <string.h>

#include "base/clock.h"
#include "client/resync.h"
#include "exchange/decode.h"

#define SNAPSHOT_AGE_NS (1000 * UPBIT__MS) /* a cached value this young is as good as a new one */
#define ROWS_MAX        30
#define LATE_NS         (2 * UPBIT__SECOND) /* frames of an old subscription are not that late */

static void unref(upbit__fanout *f, const upbit_event *e)
{
    upbit__event_unref_io(f->pool, e);
}

void upbit__key_id_of_event(upbit__key_id *id, const upbit_event *event)
{
    *id = (upbit__key_id){.type = event->type};
    memcpy(id->code, event->code, sizeof id->code);
    if (event->type == UPBIT_TYPE_CANDLE) {
        id->unit = ((const upbit_candle *)(const void *)event)->unit;
    } else if (event->type == UPBIT_TYPE_ORDERBOOK) {
        const upbit_orderbook *book = (const void *)event;
        if (!book->level.null)
            id->level = book->level;
    }
}

/* A lossless lane that was full may have lost the latest value, and whatever repeats that is news
 * to its owner; but no repeat of anything before it, which may have found room. */
static bool takes(const upbit__entry *entry, const upbit_event *e, upbit__verdict v)
{
    if (v == UPBIT__REPEAT && entry->has && !(entry->lacks && upbit__news_is_latest(entry->key, e)))
        return false;
    if ((entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0)
        return e->stream == UPBIT_STREAM_SNAPSHOT;
    if ((entry->flags & UPBIT_WANT_REALTIME_ONLY) != 0)
        return e->stream == UPBIT_STREAM_REALTIME;
    return true;
}

/* A wish for one snapshot is one for how things stand: it has no beginning. */
static bool reaches(const upbit__reach *reach, const upbit__entry *entry)
{
    bool once = (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
    return entry->lost < reach->before && (once || entry->lost >= reach->from);
}

/* It found no room. */
static void lose(upbit__fanout *f, upbit__entry *entry, bool newest)
{
    entry->lacks = entry->lacks || newest;
    entry->key->settled = false;
    upbit__resync_lost(f, entry);
}

static void push(upbit__fanout *f, upbit__entry *entry, const upbit_event *e)
{
    /* Looked at before: it may be the consumer's, and gone, when it has been pushed. */
    bool newest = e->type != UPBIT_TYPE_CANDLE || upbit__news_is_newest(entry->key, e);
    bool lost = false;
    if (entry->cell != NULL)
        upbit__inbox_put(entry->client->inbox, entry->cell, e);
    else if (upbit__inbox_push(entry->client->inbox, e))
        entry->due = false; /* it has something newer now */
    else
        lost = true;
    /* One snapshot is one, lost or not. */
    entry->has = entry->has || !lost || (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
    if (lost)
        lose(f, entry, newest);
    else if (newest)
        entry->lacks = false;
}

/* Where many take an event, what those whose turn comes soon need is fetched. */
enum { MANY = 16, STEP = 12 };

static inline void foresee(const upbit__key *key, uint32_t i)
{
    if (key->entry_count < MANY || key->entry_count - i <= STEP)
        return;
    const upbit__taker *soon = &key->takers[i + STEP];
    upbit__inbox_expect(soon->inbox);
    if (soon->cell != NULL)
        UPBIT__PREFETCH(soon->cell);
}

/* What is news to all that take the key goes to all. */
static void push_to_all(upbit__fanout *f, upbit__key *key, const upbit_event *e)
{
    bool settled = key->settled;
    bool newest = e->type != UPBIT_TYPE_CANDLE || upbit__news_is_newest(key, e);
    key->settled = settled || newest; /* unless a push says otherwise */
    if (settled && upbit__crowd_push(f->batch, key->takers, key->entry_count, &key->crowd, e))
        return;
    for (uint32_t i = 0, count = key->entry_count; i < count; i++) {
        foresee(key, i);
        const upbit__taker *taker = &key->takers[i];
        if (!settled)
            push(f, key->entries[i], e);
        else if (taker->cell != NULL)
            upbit__inbox_put(taker->inbox, taker->cell, e);
        else if (!upbit__inbox_push(taker->inbox, e))
            lose(f, key->entries[i], newest);
    }
}

/* An event for this entry could not be made: its number is used up. */
static void skip(upbit__fanout *f, upbit__entry *entry)
{
    if (entry->cell != NULL)
        return;
    upbit__inbox_skip(entry->client->inbox, entry->key->id.type);
    upbit__resync_lost(f, entry);
}

upbit_event *upbit__fanout_allocate(upbit__fanout *f, size_t size)
{
    upbit_event *e = upbit__pool_allocate(f->pool, size);
    if (e == NULL && upbit__batch_shed(f->batch, size))
        e = upbit__pool_allocate(f->pool, size);
    return e;
}

static upbit_event *allocate(void *context, size_t size)
{
    return upbit__fanout_allocate(context, size);
}

static upbit__cut *cut_of(upbit__key *key, unsigned depth)
{
    for (uint32_t i = 0; i < key->cut_count; i++)
        if (key->cuts[i].depth == depth)
            return &key->cuts[i];
    return NULL;
}

/* How many rows a side this entry's book has to lose; NULL when it takes the event as it is. */
static upbit__cut *cut_needed(upbit__key *key, const upbit__entry *entry, const upbit_event *e)
{
    if (entry->depth == 0 || e->type != UPBIT_TYPE_ORDERBOOK)
        return NULL;
    const upbit_orderbook *book = (const void *)e;
    uint32_t rows = book->ask_count > book->bid_count ? book->ask_count : book->bid_count;
    return rows > entry->depth ? cut_of(key, entry->depth) : NULL;
}

/* The cut book for its takers, unless its rows are those of the one before. */
static void make_cut(upbit__fanout *f, upbit__cut *cut, const upbit_event *e)
{
    const upbit_orderbook *book = (const void *)e;
    upbit_event *made = upbit__orderbook_cut(book, cut->depth, allocate, f);
    cut->made = made;
    if (made == NULL)
        return;
    upbit__event_set_refs(made, cut->takers + 1);
}

static bool same_rows(const upbit_event *a, const upbit_event *b)
{
    const upbit_orderbook *x = (const void *)a, *y = (const void *)b;
    return x->ask_count == y->ask_count && x->bid_count == y->bid_count &&
           memcmp(x->asks, y->asks, x->ask_count * sizeof *x->asks) == 0 &&
           memcmp(x->bids, y->bids, x->bid_count * sizeof *x->bids) == 0;
}

static void deliver_cut(upbit__fanout *f, upbit__key *key, upbit__cut *cut, upbit_event *e)
{
    make_cut(f, cut, e);
    bool same = cut->made != NULL && cut->last != NULL && same_rows(cut->made, cut->last);
    uint32_t unused = 0;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (!entry->take || cut_needed(key, entry, e) != cut)
            continue;
        if (cut->made == NULL) {
            entry->lacks = true;
            key->settled = false;
            skip(f, entry);
            upbit__count(&f->counters->events_refused, 1);
        } else if (same && entry->has && !entry->lacks) {
            unused++;
        } else {
            push(f, entry, cut->made);
        }
    }
    for (; unused > 0; unused--)
        unref(f, cut->made);
    if (cut->made != NULL) {
        unref(f, cut->last);
        cut->last = cut->made;
    }
    cut->takers = 0;
    cut->made = NULL;
}

/* One-shot wants that got their snapshot are done. */
static void end_snapshots(upbit__fanout *f, upbit__key *key)
{
    for (uint32_t i = key->entry_count; i > 0; i--) {
        upbit__entry *entry = key->entries[i - 1];
        if (!entry->has || (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0)
            continue;
        bool last = key->entry_count == 1; /* the key goes with it */
        /* The value stays for its taker: only the key is given up. */
        upbit__registry_retire_cell(entry);
        upbit__registry_remove(f->registry, entry);
        if (last)
            return;
    }
}

/* A frame of a key shows that the exchange has accepted the request which first held the key:
 * unless it may be one of a subscription before. */
static void prove(upbit__fanout *f, const upbit__key *key, const upbit_event *e)
{
    if (key->held > f->registry->proven && e->origin == UPBIT_ORIGIN_STREAM &&
        (!key->ghost || e->received_ns - key->asked_ns > LATE_NS))
        f->registry->proven = key->held;
}

void upbit__fanout_event(upbit__fanout *f, upbit_event *e)
{
    upbit__key_id id;
    upbit__key_id_of_event(&id, e);
    upbit__key *key = upbit__registry_find(f->registry, &id);
    if (key == NULL) {
        upbit__count(&f->counters->events_unwanted, 1);
        if (f->unwanted != NULL)
            f->unwanted(f->context, e);
        unref(f, e);
        return;
    }
    if (key->entry_count == 0) /* it lingers: its latest value is kept for who comes back */
        upbit__count(&f->counters->events_unwanted, 1);
    key->heard_ns = e->received_ns;
    key->lag_ms = e->received_ms - e->exchange_ms;
    key->events++;
    prove(f, key, e);
    if (key->quiet && f->heard != NULL)
        f->heard(f->context, key);
    if (key->doubt != UPBIT__DOUBT_NONE && f->doubtful != NULL &&
        f->doubtful(f->doubtful_context, key, e))
        return;
    upbit__fanout_pass(f, key, e, UPBIT__REACH_ALL, UPBIT__UNJUDGED);
}

upbit__verdict upbit__fanout_pass(upbit__fanout *f, upbit__key *key, upbit_event *e,
                                  upbit__reach reach, upbit__verdict as)
{
    upbit__verdict v = as != UPBIT__UNJUDGED ? as : upbit__news_judge(key, e, f->counters);
    bool all = reach.from == 0 && reach.before == UINT32_MAX;
    if (e->origin == UPBIT_ORIGIN_BACKFILL) {
        v = v == UPBIT__REPEAT ? UPBIT__OLD : v;
        upbit__count(&f->counters->trades_backfilled, v != UPBIT__OLD);
    }
    bool to_all = v == UPBIT__NEWS && key->particular == 0 && all;
    uint32_t whole = 0, once = 0;
    bool cuts = false;
    for (uint32_t i = 0; v != UPBIT__OLD && !to_all && i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        entry->take = takes(entry, e, v) && reaches(&reach, entry);
        if (!entry->take)
            continue;
        once += (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
        upbit__cut *cut = cut_needed(key, entry, e);
        if (cut != NULL) {
            cut->takers++;
            cuts = true;
        } else {
            whole++;
        }
    }
    if (v == UPBIT__REPEAT || v == UPBIT__OLD)
        upbit__count(&f->counters->events_repeated, 1);
    upbit__event_set_refs(e, (to_all ? key->entry_count : whole) + 1);
    if (to_all)
        push_to_all(f, key, e);
    for (uint32_t i = 0; whole > 0 && i < key->entry_count; i++) {
        foresee(key, i);
        upbit__entry *entry = key->entries[i];
        if (entry->take && (!cuts || cut_needed(key, entry, e) == NULL)) {
            push(f, entry, e);
            whole--;
        }
    }
    for (uint32_t i = 0; i < key->cut_count; i++) {
        upbit__cut *cut = &key->cuts[i];
        if (cut->takers > 0) {
            deliver_cut(f, key, cut, e);
        } else if (v == UPBIT__NEWS) {
            /* Nobody was shown this book cut: the last cut is not what its takers saw last. */
            unref(f, cut->last);
            cut->last = NULL;
        }
    }
    /* What is for some who were there before tells nobody how things stand now. */
    if (key->awaited && v != UPBIT__OLD && reach.before == UINT32_MAX && f->awaited != NULL)
        f->awaited(f->context, key, e);
    if (v == UPBIT__NEWS)
        upbit__news_remember(key, e, f->pool);
    else
        unref(f, e);
    if (once > 0)
        end_snapshots(f, key);
    return v;
}

void upbit__fanout_gap(upbit__fanout *f, upbit__key *key, uint32_t epoch, uint32_t cut,
                       int64_t after_ms, int64_t before_ms)
{
    upbit_gap *gap = (void *)upbit__event_allocate(sizeof *gap);
    uint32_t takers = 0;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        entry->take = entry->lost < cut && (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0;
        takers += entry->take;
    }
    if (gap != NULL) {
        gap->event.type = UPBIT_TYPE_GAP;
        gap->event.schema = 1;
        gap->event.origin = UPBIT_ORIGIN_LOCAL;
        gap->event.epoch = epoch;
        gap->event.received_ns = upbit__clock_monotonic_ns();
        gap->event.received_wall_ns = upbit__clock_wall_ns();
        gap->event.received_ms = gap->event.received_wall_ns / UPBIT__MS;
        memcpy(gap->event.code, key->id.code, sizeof gap->event.code);
        gap->lane_type = (uint32_t)key->id.type;
        gap->after_ms = after_ms;
        gap->before_ms = before_ms;
        upbit__event_set_refs(&gap->event, takers + 1);
    }
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (!entry->take)
            continue;
        if (gap == NULL) /* a number that is missing is a hole as well */
            skip(f, entry);
        else if (!upbit__inbox_push_into(entry->client->inbox, key->id.type, &gap->event))
            upbit__resync_lost(f, entry);
    }
    if (takers > 0)
        upbit__count(&f->counters->holes_told, 1);
    if (gap != NULL)
        unref(f, &gap->event);
}

void upbit__fanout_refused(upbit__fanout *f, const upbit_event *e)
{
    upbit__key_id id;
    upbit__key_id_of_event(&id, e);
    upbit__key *key = upbit__registry_find(f->registry, &id);
    if (key == NULL ||
        (e->type == UPBIT_TYPE_TRADE &&
         upbit__sids_seen(&key->sids, ((const upbit_trade *)(const void *)e)->sequential_id)))
        return;
    for (uint32_t i = 0; i < key->entry_count; i++)
        if (takes(key->entries[i], e, UPBIT__NEWS))
            skip(f, key->entries[i]);
}

/* The latest value as a copy of its own, with at most `depth` rows of a book (0: all). */
static upbit_event *cached_copy(upbit__fanout *f, const upbit__key *key, unsigned depth)
{
    upbit_event *copy;
    if (depth != 0 && key->id.type == UPBIT_TYPE_ORDERBOOK)
        copy = upbit__orderbook_cut((const upbit_orderbook *)(const void *)key->last, depth,
                                    allocate, f);
    else
        copy = upbit__event_copy(key->last, allocate, f);
    if (copy == NULL)
        return NULL;
    copy->origin = UPBIT_ORIGIN_CACHE;
    if (f->epoch != NULL)
        copy->epoch = *f->epoch; /* it is pushed now; epochs of a lane never go back */
    /* It tells how things stand, not that something happened: a trade in it is no new volume. */
    copy->stream = UPBIT_STREAM_SNAPSHOT;
    return copy;
}

bool upbit__fanout_cached(upbit__fanout *f, upbit__entry *entry)
{
    upbit__key *key = entry->key;
    if (key->last == NULL || !key->on_wire || (entry->flags & UPBIT_WANT_REALTIME_ONLY) != 0)
        return false;
    upbit_event *copy = cached_copy(f, key, entry->depth);
    if (copy != NULL)
        push(f, entry, copy);
    return copy != NULL;
}

bool upbit__fanout_again(upbit__fanout *f, upbit__entry *entry)
{
    const upbit__key *key = entry->key;
    /* Nothing is known yet, or the exchange is about to send it anyway, or no snapshot is wanted.
     */
    if (key->last == NULL || !key->on_wire || entry->flags != 0)
        return true;
    return upbit__inbox_spare(entry->client->inbox, key->id.type) && upbit__fanout_cached(f, entry);
}

bool upbit__fanout_snapshot(upbit__fanout *f, upbit__client *client, const upbit__key_id *id,
                            unsigned depth, int64_t now_ns)
{
    const upbit__key *key = upbit__registry_find(f->registry, id);
    if (key == NULL || !key->on_wire || key->last == NULL)
        return false;
    if (now_ns != 0 && (now_ns - key->last->received_ns > SNAPSHOT_AGE_NS ||
                        !upbit__fanout_has_rows(key->last, depth)))
        return false;
    upbit__cell *cell = NULL;
    if (client->coalesce[id->type] && (cell = upbit__inbox_cell(client->inbox)) == NULL)
        return false;
    upbit_event *copy = cached_copy(f, key, depth);
    if (copy == NULL) {
        upbit__inbox_cell_release(client->inbox, cell);
    } else if (cell != NULL) {
        upbit__inbox_put(client->inbox, cell, copy);
        upbit__about about = upbit__about_key(id);
        upbit__inbox_cell_retire(client->inbox, cell, &about);
    } else {
        upbit__inbox_push(client->inbox, copy);
    }
    return copy != NULL;
}

bool upbit__fanout_has_rows(const upbit_event *e, unsigned depth)
{
    if (e->type != UPBIT_TYPE_ORDERBOOK)
        return true;
    const upbit_orderbook *book = (const void *)e;
    uint32_t rows = book->ask_count > book->bid_count ? book->ask_count : book->bid_count;
    return rows >= (depth != 0 ? depth : ROWS_MAX);
}

void upbit__fanout_once(upbit__fanout *f, upbit__key *key, upbit_event *e)
{
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (entry->has || (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0)
            continue;
        if (entry->depth == 0 || e->type != UPBIT_TYPE_ORDERBOOK) {
            upbit_event_ref(e);
            push(f, entry, e);
            continue;
        }
        upbit_event *cut = upbit__orderbook_cut((const upbit_orderbook *)(const void *)e,
                                                entry->depth, allocate, f);
        if (cut != NULL)
            push(f, entry, cut);
    }
    unref(f, e);
    end_snapshots(f, key);
}
