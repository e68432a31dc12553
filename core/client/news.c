#include "client/news.h"

#include "exchange/decode.h"

#define CLOCK_MOVED_MS 5000 /* older by more: the exchange's clock moved, not the order */

static upbit__verdict judge_by_time(const upbit_event *last, const upbit_event *e,
                                    upbit__counters *counters)
{
    if (last == NULL)
        return UPBIT__NEWS;
    int64_t behind = last->exchange_ms - e->exchange_ms;
    if (behind > 0 && behind < CLOCK_MOVED_MS)
        return e->stream == UPBIT_STREAM_SNAPSHOT ? UPBIT__REPEAT : UPBIT__OLD;
    if (behind > 0)
        upbit__count(&counters->clock_moved, 1);
    return behind == 0 && upbit__event_same(last, e) ? UPBIT__REPEAT : UPBIT__NEWS;
}

static int64_t window_of(const upbit_event *e)
{
    return e != NULL ? ((const upbit_candle *)(const void *)e)->start_ms : INT64_MIN;
}

/* A late frame of an earlier window is news for that window; only within one window time orders.
 * The exchange sends the last word of a window when the next has begun: both are remembered. */
static upbit__verdict judge_candle(const upbit__key *key, const upbit_event *e,
                                   upbit__counters *counters)
{
    int64_t window = window_of(e);
    const upbit_event *last = window == window_of(key->last)      ? key->last
                              : window == window_of(key->earlier) ? key->earlier
                                                                  : NULL;
    return judge_by_time(last, e, counters);
}

static upbit__verdict judge_trade(upbit__key *key, const upbit_event *e)
{
    int64_t id = ((const upbit_trade *)(const void *)e)->sequential_id;
    if (id == 0)
        return UPBIT__NEWS; /* the message had none: nothing to know it by */
    return upbit__sids_add(&key->sids, id, e->received_ns) ? UPBIT__NEWS : UPBIT__REPEAT;
}

upbit__verdict upbit__news_judge(upbit__key *key, const upbit_event *e, upbit__counters *counters)
{
    switch (e->type) {
    case UPBIT_TYPE_TRADE:
        return judge_trade(key, e);
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_ORDERBOOK:
        return judge_by_time(key->last, e, counters);
    case UPBIT_TYPE_CANDLE:
        return judge_candle(key, e, counters);
    default:
        return UPBIT__NEWS;
    }
}

bool upbit__news_is_newest(const upbit__key *key, const upbit_event *e)
{
    return key->last == NULL || e->type != UPBIT_TYPE_CANDLE ||
           window_of(e) >= window_of(key->last);
}

bool upbit__news_is_latest(const upbit__key *key, const upbit_event *e)
{
    const upbit_event *last = key->last;
    if (last == NULL || e->type != UPBIT_TYPE_TRADE)
        return last != NULL && upbit__event_same(last, e);
    return ((const upbit_trade *)(const void *)last)->sequential_id ==
           ((const upbit_trade *)(const void *)e)->sequential_id;
}

static void first_trade(upbit__key *key, const upbit_trade *t)
{
    key->first_ms = t->trade_timestamp != 0 ? t->trade_timestamp : t->event.exchange_ms;
    key->first_id = t->sequential_id;
}

void upbit__news_remember(upbit__key *key, upbit_event *e, upbit__pool *pool)
{
    upbit_event **place = &key->last;
    if (key->last == NULL && e->type == UPBIT_TYPE_TRADE)
        first_trade(key, (const void *)e);
    if (e->type == UPBIT_TYPE_CANDLE && key->last != NULL) {
        int64_t window = window_of(e);
        if (window < window_of(key->last)) {
            place = &key->earlier;
            if (window < window_of(key->earlier)) { /* older than both */
                upbit__event_unref_io(pool, e);
                return;
            }
        } else if (window > window_of(key->last)) {
            upbit__event_unref_io(pool, key->earlier);
            key->earlier = key->last;
            key->last = NULL;
        }
    }
    upbit__event_unref_io(pool, *place);
    *place = e;
}
