#include "client/backfill.h"

#include <assert.h>
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
        if (upbit__entry_missed(key->entries[i]) &&
            (key->entries[i]->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0)
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
static upbit__verdict pass(upbit__backfill *b, const upbit__key_id *id, upbit_event *e,
                           upbit__reach reach, upbit__verdict as)
{
    upbit__key *key = upbit__registry_find(b->fanout->registry, id);
    e->epoch = *b->epoch; /* it is pushed now; epochs of a lane never go back */
    if (key != NULL)
        return upbit__fanout_pass(b->fanout, key, e, reach, as);
    upbit__event_unref_io(b->fanout->pool, e);
    return UPBIT__OLD;
}

/* The exchange's snapshot was a trade that happened in a cut: to those who were there it is that,
 * to others within reach what it was. */
static void pass_snapshot(upbit__backfill *b, const upbit__key_id *id, upbit_event *e, uint32_t cut,
                          upbit__reach reach)
{
    upbit_event *missed = upbit__event_copy(e, allocate, b->fanout);
    if (missed == NULL) {
        as_missed(e);
        pass(b, id, e, reach, UPBIT__UNJUDGED);
        return;
    }
    as_missed(missed);
    if (pass(b, id, missed, (upbit__reach){0, cut}, UPBIT__UNJUDGED) == UPBIT__NEWS)
        pass(b, id, e, (upbit__reach){cut, reach.before}, UPBIT__NEWS);
    else
        pass(b, id, e, reach, UPBIT__UNJUDGED);
}

/* What could not be had, before what came by the connection behind it; to those who were there. */
static void tell_hole(upbit__backfill *b, const upbit__fill *fill, const upbit__key_id *id,
                      uint32_t border)
{
    upbit__key *key = upbit__registry_find(b->fanout->registry, id);
    int64_t after_ms, before_ms;
    if (key != NULL && upbit__fill_hole(fill, border, &after_ms, &before_ms))
        upbit__fanout_gap(b->fanout, key, *b->epoch, fill->borders[border].cut, after_ms,
                          before_ms);
}

/* Who came after a cut has missed nothing of it. What a connection brought that was lost since is
 * for those who were there when that happened, not for those who came later: to them it is no
 * beginning, another hole lies behind it. */
static void deliver(upbit__backfill *b, upbit__fill *fill, const upbit__key_id *id, uint32_t lost,
                    bool complete)
{
    upbit__fill_walk walk = {0, 0};
    uint32_t told = complete ? fill->border_count : 0;
    bool is_row;
    upbit__fill_sort(fill);
    for (upbit_event *e; (e = upbit__fill_next(fill, &walk, &is_row)) != NULL;) {
        upbit__trade_place place = upbit__trade_place_of(e);
        uint32_t cut = is_row ? upbit__fill_cut_of_row(fill, place)
                              : upbit__fill_cut_of_held(fill, walk.held - 1);
        /* Rows newer than the last border, too, are on their way to everybody by the stream. */
        uint32_t until = is_row ? cut : cut + 1;
        upbit__reach reach = {0, until > lost ? UINT32_MAX : until};
        for (; told < fill->border_count; told++) {
            const upbit__border *border = &fill->borders[told];
            if (told > 0 &&
                (is_row ? !upbit__fill_is_behind(border, place) : border->at > walk.held - 1))
                break;
            tell_hole(b, fill, id, told);
        }
        if (is_row)
            as_missed(e);
        if (!is_row && e->stream == UPBIT_STREAM_SNAPSHOT)
            pass_snapshot(b, id, e, cut, reach);
        else
            pass(b, id, e, reach, UPBIT__UNJUDGED);
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
    deliver(b, fill, &id, key->lost, complete);
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
        if (upbit__entry_missed(key->entries[i]) && key->entries[i]->since > latest)
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
    assert(fill != NULL && "in doubt, not suspect and nothing fills it");
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
        if (fill == NULL || !upbit__fill_hold_border(fill, e)) {
            if (missed)
                upbit__fanout_gap(b->fanout, key, *b->epoch, key->lost,
                                  upbit__trade_place_of(key->last).ms, upbit__trade_place_of(e).ms);
            if (fill != NULL)
                upbit__fill_destroy(fill);
            key->doubt = UPBIT__DOUBT_NONE;
            return false;
        }
        key->fill = fill;
        fill->next = b->fills;
        b->fills = fill;
    } else if (!upbit__fill_hold_border(fill, e)) {
        /* What it has goes out; then the hole of this cut is a new one. */
        end(fill, false);
        upbit__fanout_event(b->fanout, e);
        return true;
    }
    key->doubt = UPBIT__DOUBT_FILLING;
    join(fill);
    return true;
}

/* The exchange's last trade is one we know: nothing happened in this cut. What waits is for others;
 * to those who came since it shows how things stand. */
static void resume(upbit__backfill *b, upbit__key *key, upbit_event *e, bool waits)
{
    const upbit__key_id id = key->id;
    key->doubt = UPBIT__DOUBT_FILLING;
    upbit__fill_known_border(key->fill, e);
    if (waits)
        pass(b, &id, e, (upbit__reach){key->lost, UINT32_MAX}, UPBIT__REPEAT);
    else
        pass(b, &id, e, UPBIT__REACH_ALL, UPBIT__UNJUDGED);
    key = upbit__registry_find(b->fanout->registry, &id);
    if (key != NULL && key->fill != NULL && key->fill->state == UPBIT__FILL_PAUSED)
        join(key->fill);
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
        if (fill != NULL) {
            resume(b, key, e, waits);
            return true;
        }
        key->doubt = UPBIT__DOUBT_NONE;
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
