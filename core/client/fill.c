#include "client/fill.h"

#include <stdlib.h>

#include "upbit-live/market.h"

#define DAY_MS 86400000

upbit__trade_place upbit__trade_place_of(const upbit_event *e)
{
    const upbit_trade *t = (const void *)e;
    int64_t ms = t->trade_timestamp != 0 ? t->trade_timestamp : e->exchange_ms;
    return (upbit__trade_place){ms, t->sequential_id};
}

static bool before(upbit__trade_place a, upbit__trade_place b)
{
    return a.ms != b.ms ? a.ms < b.ms : a.id < b.id;
}

static bool add(upbit__trades *t, upbit_event *e)
{
    if (t->count == t->capacity) {
        uint32_t more = t->capacity == 0 ? 16 : t->capacity * 2;
        upbit_event **bigger = realloc(t->at, more * sizeof *t->at);
        if (bigger == NULL)
            return false;
        t->at = bigger;
        t->capacity = more;
    }
    t->at[t->count++] = e;
    return true;
}

static void clear(upbit__pool *pool, upbit__trades *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        upbit__event_unref_io(pool, t->at[i]);
    t->count = 0;
}

upbit__fill *upbit__fill_create(upbit__backfill *b, upbit__key *key)
{
    upbit__fill *fill = calloc(1, sizeof *fill);
    if (fill == NULL)
        return NULL;
    fill->backfill = b;
    fill->key = key;
    fill->anchor_ms = upbit__trade_place_of(key->last).ms;
    return fill;
}

void upbit__fill_destroy(upbit__fill *fill)
{
    upbit__pool *pool = fill->backfill->fanout->pool;
    clear(pool, &fill->held);
    clear(pool, &fill->rows);
    upbit__sids_finish(&fill->ids);
    free(fill->held.at);
    free(fill->rows.at);
    free(fill);
}

bool upbit__fill_hold(upbit__fill *fill, upbit_event *e)
{
    if (fill->held.count == UPBIT__BACKFILL_HELD || !add(&fill->held, e))
        return false;
    upbit__sids_add(&fill->ids, ((const upbit_trade *)(const void *)e)->sequential_id,
                    e->received_ns);
    return true;
}

bool upbit__fill_hold_border(upbit__fill *fill, upbit_event *e)
{
    uint32_t at = fill->held.count;
    upbit__trade_place behind =
        upbit__trade_place_of(at > 0 ? fill->held.at[at - 1] : fill->key->last);
    if (fill->border_count == UPBIT__BORDERS_MAX || !upbit__fill_hold(fill, e))
        return false;
    fill->borders[fill->border_count++] =
        (upbit__border){at, fill->key->lost, upbit__trade_place_of(e), behind, false};
    return true;
}

void upbit__fill_known_border(upbit__fill *fill, const upbit_event *e)
{
    upbit__trade_place place = upbit__trade_place_of(e);
    if (fill->border_count < UPBIT__BORDERS_MAX)
        fill->borders[fill->border_count++] =
            (upbit__border){fill->held.count, fill->key->lost, place, place, true};
    else
        fill->borders[fill->border_count - 1].cut = fill->key->lost;
}

static const upbit__border *last_border(const upbit__fill *fill)
{
    return &fill->borders[fill->border_count - 1];
}

uint32_t upbit__fill_cut_of_held(const upbit__fill *fill, uint32_t at)
{
    uint32_t i = fill->border_count - 1;
    while (i > 0 && fill->borders[i].at > at)
        i--;
    return fill->borders[i].cut;
}

uint32_t upbit__fill_cut_of_row(const upbit__fill *fill, upbit__trade_place place)
{
    for (uint32_t i = 0; i < fill->border_count; i++)
        if (before(place, fill->borders[i].place))
            return fill->borders[i].cut;
    return last_border(fill)->cut + 1;
}

void upbit__fill_restart(upbit__fill *fill)
{
    clear(fill->backfill->fanout->pool, &fill->rows);
    fill->cursor = 0;
    fill->days = 0;
    fill->page_rows = 0;
    fill->newest = fill->oldest = (upbit__trade_place){0, 0};
    fill->reached = fill->flawed = false;
}

const char *upbit__fill_code(const upbit__fill *fill)
{
    return fill->key->id.code;
}

void upbit__fill_row(upbit__fill *fill, upbit_event *row)
{
    const upbit__key *key = fill->key;
    upbit__trade_place place = upbit__trade_place_of(row);
    upbit__trade_place first = {key->first_ms, key->first_id};
    bool begun = fill->newest.ms != 0;
    fill->page_rows++;
    fill->cursor = place.id;
    if (!begun || before(fill->newest, place))
        fill->newest = place;
    if (!begun || before(place, fill->oldest))
        fill->oldest = place;
    if (place.ms < fill->anchor_ms - UPBIT__BACKFILL_BACK_MS)
        fill->reached = true;
    else if (!before(place, first) && !upbit__sids_seen(&key->sids, place.id) &&
             place.id >= upbit__sids_reach(&key->sids) && /* or it may be a trade already told */
             !upbit__sids_seen(&fill->ids, place.id) && !fill->reached) {
        if (add(&fill->rows, row))
            return;
        fill->flawed = true;
    }
    upbit__event_unref_io(fill->backfill->fanout->pool, row);
}

void upbit__fill_bad_row(upbit__fill *fill)
{
    fill->page_rows++;
    fill->flawed = true;
}

bool upbit__fill_lags(const upbit__fill *fill)
{
    return before(fill->newest, last_border(fill)->place);
}

/* REST counts days from the newest trade, which is of the border's day or later; then a day is
 * asked for twice, which does no harm. */
static int64_t day_asked(const upbit__fill *fill)
{
    return fill->newest.ms / DAY_MS - fill->days;
}

bool upbit__fill_previous_day(upbit__fill *fill)
{
    if (fill->days == UPBIT__BACKFILL_DAYS)
        return false;
    fill->days++;
    fill->cursor = 0;
    return true;
}

bool upbit__fill_complete(const upbit__fill *fill)
{
    if (fill->flawed)
        return false;
    /* A page that is not full is the last of its day. */
    return fill->reached ||
           (fill->page_rows < UPBIT__BACKFILL_ROWS && day_asked(fill) <= fill->anchor_ms / DAY_MS);
}

bool upbit__fill_is_behind(const upbit__border *border, upbit__trade_place place)
{
    return !before(place, border->behind);
}

bool upbit__fill_hole(const upbit__fill *fill, uint32_t i, int64_t *after_ms, int64_t *before_ms)
{
    const upbit__border *border = &fill->borders[i];
    int64_t after = border->behind.ms, until = border->place.ms;
    if (border->known)
        return false;
    /* Pages go back from the newest; and beyond the first hole, in case trades came in another
     * order. */
    if (!fill->flawed && fill->newest.ms != 0 && !upbit__fill_lags(fill)) {
        if (i > 0 && fill->oldest.ms <= after)
            return false;
        until = fill->oldest.ms < until ? fill->oldest.ms : until;
    }
    *after_ms = after;
    *before_ms = until > after ? until : after;
    return true;
}

static int by_place(const void *left, const void *right)
{
    upbit__trade_place a = upbit__trade_place_of(*(upbit_event *const *)left);
    upbit__trade_place b = upbit__trade_place_of(*(upbit_event *const *)right);
    return before(b, a) - before(a, b);
}

void upbit__fill_sort(upbit__fill *fill)
{
    if (fill->rows.count > 0)
        qsort(fill->rows.at, fill->rows.count, sizeof *fill->rows.at, by_place);
}

upbit_event *upbit__fill_next(upbit__fill *fill, upbit__fill_walk *walk, bool *is_row)
{
    upbit_event **row = walk->row < fill->rows.count ? &fill->rows.at[walk->row] : NULL;
    upbit_event **held = walk->held < fill->held.count ? &fill->held.at[walk->held] : NULL;
    *is_row = row != NULL &&
              (held == NULL || before(upbit__trade_place_of(*row), upbit__trade_place_of(*held)));
    return *is_row ? fill->rows.at[walk->row++] : held != NULL ? fill->held.at[walk->held++] : NULL;
}
