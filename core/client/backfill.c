#include "client/backfill.h"

#include <inttypes.h>

#include "base/clock.h"
#include "client/fill.h"
#include "exchange/decode.h"

static void schedule(upbit__backfill *b);

static void unlink_fill(upbit__fill *fill)
{
    upbit__fill **link = &fill->backfill->fills;
    while (*link != fill)
        link = &(*link)->next;
    *link = fill->next;
    fill->key->fill = NULL;
}

static void cancel(upbit__fill *fill)
{
    upbit__backfill *b = fill->backfill;
    if (fill->state == UPBIT__FILL_ASKING)
        b->source.cancel(b->source_context, fill->ask);
    fill->ask = NULL;
    fill->state = UPBIT__FILL_PAUSED;
    fill->retry_ns = 0;
}

static bool anybody_missed(const upbit__key *key)
{
    for (uint32_t i = 0; i < key->entry_count; i++)
        if (key->entries[i]->missed && (key->entries[i]->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0)
            return true;
    return false;
}

/* ---- the end of a fill: all of it goes out ---- */

static upbit_event *allocate(void *context, size_t size)
{
    return upbit__fanout_allocate(context, size);
}

static void as_missed(upbit_event *e)
{
    e->stream = UPBIT_STREAM_REALTIME;
    e->origin = UPBIT_ORIGIN_BACKFILL;
}

/* Passing an event on can be the end of its key: a want of one snapshot is done with it. */
static void pass(upbit__backfill *b, const upbit__key_id *id, upbit_event *e, bool missed_only)
{
    upbit__key *key = upbit__registry_find(b->fanout->registry, id);
    e->epoch = *b->epoch; /* it is pushed now; epochs of a lane never go back */
    if (key != NULL)
        upbit__fanout_pass(b->fanout, key, e, missed_only);
    else
        upbit__event_unref_io(b->fanout->pool, e);
}

/* The exchange's snapshot was a trade that happened in the cut: to those who were there it is that,
 * to others what it was. */
static void pass_snapshot(upbit__backfill *b, const upbit__key_id *id, upbit_event *e,
                          bool missed_only)
{
    upbit_event *missed = upbit__event_copy(e, allocate, b->fanout);
    if (missed == NULL) {
        as_missed(e);
        pass(b, id, e, missed_only);
        return;
    }
    as_missed(missed);
    pass(b, id, missed, true);
    if (missed_only)
        upbit__event_unref_io(b->fanout->pool, e);
    else
        pass(b, id, e, false);
}

/* What a connection brought that was lost since (all of it: cut_again) is not for those who came
 * later: to them it is no beginning, another hole lies behind it. */
static void deliver(upbit__backfill *b, upbit__fill *fill, const upbit__key_id *id, bool cut_again)
{
    upbit__trade_place border = upbit__trade_place_of(fill->held.at[fill->border]);
    upbit__fill_walk walk = {0, 0};
    bool is_row;
    upbit__fill_sort(fill);
    for (upbit_event *e; (e = upbit__fill_next(fill, &walk, &is_row)) != NULL;) {
        if (is_row) {
            upbit__trade_place place = upbit__trade_place_of(e);
            as_missed(e);
            /* Newer than the first after the cut: on its way to everybody by the stream as well,
             * unless that has been lost. */
            bool missed = place.ms != border.ms ? place.ms < border.ms : place.id < border.id;
            pass(b, id, e, missed || cut_again);
            continue;
        }
        bool lost_since = cut_again || walk.held <= fill->border;
        if (e->stream == UPBIT_STREAM_SNAPSHOT)
            pass_snapshot(b, id, e, lost_since);
        else
            pass(b, id, e, lost_since);
    }
    fill->rows.count = fill->held.count = 0; /* all are given away */
}

static void end(upbit__fill *fill, bool complete)
{
    upbit__backfill *b = fill->backfill;
    upbit__key *key = fill->key;
    const upbit__key_id id = key->id;
    bool cut_again = key->doubt == UPBIT__DOUBT_SUSPECT;
    cancel(fill);
    unlink_fill(fill);
    key->doubt = UPBIT__DOUBT_NONE;
    upbit__log_write(b->log, complete ? UPBIT_LOG_INFO : UPBIT_LOG_WARNING, "rest",
                     "backfill code=%s trades=%" PRIu32 " pages=%u held=%" PRIu32 "%s", id.code,
                     fill->rows.count, fill->pages, fill->held.count,
                     complete ? "" : ": incomplete, a GAP tells it");
    if (!complete)
        upbit__fanout_gap(b->fanout, key, *b->epoch, fill->anchor_ms, upbit__fill_before_ms(fill));
    deliver(b, fill, &id, cut_again);
    upbit__fill_destroy(fill);
    key = upbit__registry_find(b->fanout->registry, &id);
    if (key != NULL && cut_again)
        key->doubt = UPBIT__DOUBT_SUSPECT;
}

void upbit__backfill_release(upbit__backfill *b)
{
    while (b->fills != NULL)
        end(b->fills, false);
}

static void forget(void *context, upbit__key *key)
{
    (void)context;
    upbit__fill *fill = key->fill;
    cancel(fill);
    unlink_fill(fill);
    upbit__fill_destroy(fill);
}

/* ---- asking ---- */

static void ask(upbit__fill *fill)
{
    upbit__backfill *b = fill->backfill;
    int64_t left = fill->deadline_ns - upbit__clock_monotonic_ns();
    fill->page_rows = 0;
    fill->state = UPBIT__FILL_ASKING;
    if (left < UPBIT__MS || fill->pages >= UPBIT__BACKFILL_PAGES || b->source.ask == NULL ||
        b->source.ask(b->source_context, fill, UPBIT__BACKFILL_ROWS, fill->cursor, fill->days,
                      (uint32_t)(left / UPBIT__MS), &fill->ask) != 0) {
        fill->state = UPBIT__FILL_PAUSED; /* there is nothing to cancel */
        end(fill, false);
        return;
    }
    fill->pages++;
}

static void start(upbit__fill *fill)
{
    upbit__backfill *b = fill->backfill;
    if (b->asked >= UPBIT__BACKFILL_CODES) {
        end(fill, false);
        return;
    }
    b->asked++;
    fill->pages = 0;
    fill->deadline_ns = upbit__clock_monotonic_ns() + UPBIT__BACKFILL_MS * UPBIT__MS;
    upbit__fill_restart(fill);
    ask(fill);
}

static uint64_t recency(const upbit__key *key)
{
    uint64_t latest = 0;
    for (uint32_t i = 0; i < key->entry_count; i++)
        if (key->entries[i]->missed && key->entries[i]->since > latest)
            latest = key->entries[i]->since;
    return latest;
}

static upbit__fill *most_recent(upbit__backfill *b)
{
    upbit__fill *best = NULL;
    for (upbit__fill *f = b->fills; f != NULL; f = f->next)
        if (f->state == UPBIT__FILL_GATHERED &&
            (best == NULL || recency(f->key) > recency(best->key)))
            best = f;
    return best;
}

/* Those that are wanted since the shortest time are asked for, start ends the others. */
static void choose(upbit__backfill *b)
{
    b->chosen = true;
    for (upbit__fill *fill; (fill = most_recent(b)) != NULL;)
        start(fill);
}

/* The fill has something to ask for: with the others of its reconnect, or at once when these have
 * been chosen. */
static void join(upbit__fill *fill)
{
    upbit__backfill *b = fill->backfill;
    cancel(fill);
    fill->state = UPBIT__FILL_GATHERED;
    if (b->round != *b->epoch) {
        b->round = *b->epoch;
        b->chosen = false;
        b->asked = 0;
        b->gather_ns = upbit__clock_monotonic_ns() + UPBIT__BACKFILL_GATHER_MS * UPBIT__MS;
    }
    if (b->chosen)
        start(fill);
    schedule(b);
}

void upbit__fill_answer(upbit__fill *fill, int error)
{
    upbit__backfill *b = fill->backfill;
    int64_t now = upbit__clock_monotonic_ns();
    fill->state = UPBIT__FILL_PAUSED;
    fill->retry_ns = 0;
    fill->ask = NULL;
    if (error != 0) {
        /* Without a network the next connection may do better, if it comes in time. */
        if (fill->key->doubt != UPBIT__DOUBT_SUSPECT)
            end(fill, false);
    } else if (upbit__fill_lags(fill)) {
        upbit__fill_restart(fill);
        fill->retry_ns = now + UPBIT__BACKFILL_LAG_MS * UPBIT__MS;
    } else if (upbit__fill_complete(fill)) {
        end(fill, true);
    } else if (fill->flawed ||
               (fill->page_rows < UPBIT__BACKFILL_ROWS && !upbit__fill_previous_day(fill))) {
        end(fill, false);
    } else {
        ask(fill);
    }
    schedule(b);
}

/* ---- time ---- */

static int64_t due_ns(const upbit__fill *fill)
{
    if (fill->state == UPBIT__FILL_GATHERED)
        return fill->backfill->gather_ns;
    if (fill->state == UPBIT__FILL_PAUSED && fill->retry_ns != 0 &&
        fill->retry_ns < fill->deadline_ns)
        return fill->retry_ns;
    return fill->deadline_ns;
}

static upbit__fill *next_due(upbit__backfill *b)
{
    upbit__fill *first = b->fills;
    for (upbit__fill *f = b->fills; f != NULL; f = f->next)
        if (due_ns(f) < due_ns(first))
            first = f;
    return first;
}

static void schedule(upbit__backfill *b)
{
    upbit__fill *next = next_due(b);
    if (next == NULL)
        upbit__timer_stop(&b->timer);
    else if (upbit__timer_start(b->loop, &b->timer, due_ns(next)) != 0)
        upbit__backfill_release(b); /* without a timer nothing would end it */
}

void upbit__backfill_tick(void *backfill)
{
    upbit__backfill *b = backfill;
    int64_t now = upbit__clock_monotonic_ns();
    for (upbit__fill *f; (f = next_due(b)) != NULL && due_ns(f) <= now;) {
        if (f->state == UPBIT__FILL_GATHERED)
            choose(b);
        else if (f->deadline_ns <= now)
            end(f, false);
        else
            ask(f);
    }
    schedule(b);
}

/* ---- the stream ---- */

/* It waits with the others; a fill that cannot take it ends, and it goes out behind them. */
static void hold(upbit__fill *fill, upbit_event *e)
{
    upbit__backfill *b = fill->backfill;
    if (upbit__fill_hold(fill, e))
        return;
    end(fill, false);
    upbit__fanout_event(b->fanout, e);
    schedule(b);
}

static void drop(upbit__backfill *b, upbit_event *e)
{
    upbit__count(&b->fanout->counters->events_repeated, 1);
    upbit__event_unref_io(b->fanout->pool, e);
}

/* Something was missed, and this is the first trade behind it. False: it can go out at once. */
static bool begin(upbit__backfill *b, upbit__key *key, upbit_event *e)
{
    upbit__fill *fill = key->fill;
    if (fill == NULL) {
        bool known_by_id = ((const upbit_trade *)(const void *)e)->sequential_id != 0 &&
                           ((const upbit_trade *)(const void *)key->last)->sequential_id != 0;
        bool missed = anybody_missed(key);
        if (missed && known_by_id)
            fill = upbit__fill_create(b, key);
        if (fill == NULL || !upbit__fill_hold(fill, e)) {
            if (missed)
                upbit__fanout_gap(b->fanout, key, *b->epoch, upbit__trade_place_of(key->last).ms,
                                  upbit__trade_place_of(e).ms);
            if (fill != NULL)
                upbit__fill_destroy(fill);
            key->doubt = UPBIT__DOUBT_NONE;
            return false;
        }
        key->fill = fill;
        fill->next = b->fills;
        b->fills = fill;
    } else {
        uint32_t border = fill->held.count;
        if (!upbit__fill_hold(fill, e)) {
            /* What it has goes out; then the hole of this cut is a new one. */
            end(fill, false);
            upbit__fanout_event(b->fanout, e);
            return true;
        }
        fill->border = border;
    }
    key->doubt = UPBIT__DOUBT_FILLING;
    join(fill);
    return true;
}

static bool doubtful(void *context, upbit__key *key, upbit_event *e)
{
    upbit__backfill *b = context;
    upbit__fill *fill = key->fill;
    int64_t id = ((const upbit_trade *)(const void *)e)->sequential_id;
    bool waits = id != 0 && fill != NULL && upbit__sids_seen(&fill->ids, id);
    bool known = waits || (id != 0 && upbit__sids_seen(&key->sids, id));
    if (!known && key->doubt == UPBIT__DOUBT_SUSPECT)
        return begin(b, key, e);
    if (known && key->doubt == UPBIT__DOUBT_SUSPECT && e->stream == UPBIT_STREAM_SNAPSHOT) {
        /* The exchange's last trade: nothing happened since. */
        if (fill == NULL) {
            key->doubt = UPBIT__DOUBT_NONE;
        } else {
            key->doubt = UPBIT__DOUBT_FILLING;
            if (fill->state == UPBIT__FILL_PAUSED)
                join(fill);
        }
    }
    if (waits)
        drop(b, e);
    else if (!known)
        hold(fill, e);
    return waits || !known;
}

void upbit__backfill_init(upbit__backfill *b, upbit__fanout *fanout, upbit__loop *loop,
                          upbit__log *log, const uint32_t *epoch,
                          const upbit__backfill_source *source, void *source_context)
{
    *b = (upbit__backfill){.fanout = fanout,
                           .loop = loop,
                           .log = log,
                           .epoch = epoch,
                           .source_context = source_context,
                           .timer = {.callback = upbit__backfill_tick, .context = b}};
    if (source != NULL)
        b->source = *source;
    fanout->doubtful = doubtful;
    fanout->doubtful_context = b;
    fanout->registry->forget = forget;
    fanout->registry->forget_context = b;
}
