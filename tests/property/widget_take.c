/* What a widget takes from its queue, judged at once as far as that is possible: strangers,
 * numbers, epochs, answers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "support/ways.h"
#include "widget.h"

#define CLOCKS_APART_MS 20 /* the mock counts on from its start */

static receipt *record(widget *w)
{
    receipts *l = &w->got;
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 256 : l->cap * 2;
        receipt *at = realloc(l->at, cap * sizeof *at);
        if (at == NULL)
            abort();
        l->at = at;
        l->cap = cap;
    }
    receipt *g = &l->at[l->count++];
    *g = (receipt){.unsure = w->unsure};
    return g;
}

int64_t widget_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the numbers in an event, as the journal writes them ---- */

static size_t put(char *out, size_t size, size_t at, const upbit_decimal *d)
{
    char text[UPBIT_DECIMAL_STRING_SIZE];
    upbit_decimal_to_string(d, text, sizeof text);
    if (at >= size)
        return at;
    return at + (size_t)snprintf(out + at, size - at, "%s%.80s", at > 0 ? " " : "", text);
}

static bool sums_up(const upbit_book_row *rows, uint32_t count, const upbit_decimal *total)
{
    upbit_decimal sum = {0};
    for (uint32_t i = 0; i < count; i++)
        if (upbit_decimal_add(&sum, &sum, &rows[i].size) != 0)
            return false;
    return upbit_decimal_compare(&sum, total) == 0;
}

static void note_book(widget *w, receipt *g, const upbit_orderbook *b, unsigned rows)
{
    static const upbit_decimal none = {0};
    size_t n = put(g->values, sizeof g->values, 0, b->ask_count > 0 ? &b->asks[0].price : &none);
    n = put(g->values, sizeof g->values, n, b->bid_count > 0 ? &b->bids[0].price : &none);
    n = put(g->values, sizeof g->values, n, &b->total_ask_size);
    put(g->values, sizeof g->values, n, &b->total_bid_size);
    if (!sums_up(b->asks, b->ask_count, &b->total_ask_size) ||
        !sums_up(b->bids, b->bid_count, &b->total_bid_size))
        report_wrong("%s: the totals of a book of %s are not the sums of its rows", w->id,
                     b->event.code);
    if (rows != 0 && (b->ask_count > rows || b->bid_count > rows))
        report_wrong("%s: a book of %s has %" PRIu32 " and %" PRIu32 " rows, wanted are %u", w->id,
                     b->event.code, b->ask_count, b->bid_count, rows);
}

static void note_values(widget *w, receipt *g, const upbit_event *e, unsigned rows)
{
    const upbit_trade *t = upbit_event_trade(e);
    const upbit_ticker *k = upbit_event_ticker(e);
    const upbit_candle *c = upbit_event_candle(e);
    size_t n;
    g->timestamp = e->exchange_ms;
    if (t != NULL) {
        g->id = t->sequential_id;
        g->timestamp = t->trade_timestamp;
        n = put(g->values, sizeof g->values, 0, &t->trade_price);
        put(g->values, sizeof g->values, n, &t->trade_volume);
    } else if (k != NULL) {
        n = put(g->values, sizeof g->values, 0, &k->trade_price);
        put(g->values, sizeof g->values, n, &k->acc_trade_volume);
    } else if (c != NULL) {
        g->window = c->start_ms;
        n = put(g->values, sizeof g->values, 0, &c->trade_price);
        put(g->values, sizeof g->values, n, &c->candle_acc_trade_volume);
    } else {
        note_book(w, g, upbit_event_orderbook(e), rows);
    }
}

/* ---- numbers and epochs ---- */

static void judge_epoch(widget *w, const upbit_event *e)
{
    const upbit_epoch_event *epoch = upbit_event_epoch(e);
    if (e->epoch <= w->epoch || epoch->previous != w->epoch)
        report_wrong("%s: EPOCH %" PRIu32 " (previous %" PRIu32 ") after %" PRIu32, w->id, e->epoch,
                     epoch->previous, w->epoch);
    w->epoch = e->epoch;
}

/* EPOCH stands before the first event of an epoch; within a lane and within a key none goes back.
 */
static void judge_age(widget *w, const upbit_event *e, uint32_t *last)
{
    if (e->epoch > w->epoch)
        report_wrong("%s: %s of %s has epoch %" PRIu32 ", the last EPOCH was %" PRIu32, w->id,
                     upbit_type_name(e->type), e->code, e->epoch, w->epoch);
    if (e->epoch < *last)
        report_wrong("%s: %s of %s has epoch %" PRIu32 " after %" PRIu32, w->id,
                     upbit_type_name(e->type), e->code, e->epoch, *last);
    *last = e->epoch;
}

/* Where a type's lane is kept: messages of unknown types have one as well. */
static int lane_of(int type)
{
    return type == UPBIT_TYPE_RAW ? 0 : type;
}

static bool is_gap_open(const widget *w, int type)
{
    return w->gap_first[lane_of(type)] != 0;
}

/* An event of a first-in-first-out lane: no number is missing but those the GAP before it named. */
static void judge_number(widget *w, int type, uint64_t number)
{
    int lane = lane_of(type);
    uint64_t expected = w->expected[lane];
    if (is_gap_open(w, type)) {
        if (w->gap_first[lane] != expected || w->gap_last[lane] + 1 != number)
            report_wrong("%s %s: GAP %" PRIu64 "..%" PRIu64 " stands between %" PRIu64
                         " and %" PRIu64,
                         w->id, upbit_type_name(type), w->gap_first[lane], w->gap_last[lane],
                         expected - 1, number);
        w->gap_first[lane] = 0;
    } else if (number != expected) {
        report_wrong("%s %s: %" PRIu64 " comes after %" PRIu64 ", and no GAP", w->id,
                     upbit_type_name(type), number, expected - 1);
    }
    w->expected[lane] = number + 1;
}

static void judge_gap(widget *w, const upbit_delivery *d)
{
    const upbit_gap *gap = upbit_event_gap(d->event);
    int type = (int)gap->lane_type;
    if ((type < UPBIT_TYPE_TICKER || type > UPBIT_TYPE_CANDLE) && type != UPBIT_TYPE_RAW) {
        report_wrong("%s: a GAP of type %d", w->id, type);
        return;
    }
    receipt *g = record(w);
    g->type = UPBIT_TYPE_GAP;
    g->kind = (uint8_t)type;
    g->epoch = d->event->epoch;
    g->number = d->number;
    if (gap->count == 0) {
        int code = universe_find(d->event->code);
        if (type != UPBIT_TYPE_TRADE || code < 0 || gap->after_ms > gap->before_ms)
            report_wrong("%s: a hole in %s of '%s' from %" PRId64 " to %" PRId64, w->id,
                         upbit_type_name(type), d->event->code, gap->after_ms, gap->before_ms);
        g->code = (uint8_t)(code < 0 ? 0 : code);
        g->timestamp = gap->after_ms;
        g->window = gap->before_ms;
        judge_age(w, d->event, &w->lane_epoch[type]);
        judge_number(w, type, d->number);
        return;
    }
    g->first = gap->first;
    g->last = gap->last;
    if (gap->last < gap->first || gap->count != gap->last - gap->first + 1 || is_gap_open(w, type))
        report_wrong("%s: GAP of %" PRIu64 " from %" PRIu64 " to %" PRIu64, w->id, gap->count,
                     gap->first, gap->last);
    w->gap_first[lane_of(type)] = gap->first;
    w->gap_last[lane_of(type)] = gap->last;
    w->gapped += gap->count;
}

/* ---- answers ---- */

static command *find(widget *w, uint64_t request_id)
{
    command *c = &w->command[(request_id - 1) % COMMANDS];
    return request_id != 0 && c->request_id == request_id ? c : NULL;
}

static void let_go(widget *w, const command *c)
{
    for (int key = 0; key < KEYS; key++) {
        hope *k = &w->want[key];
        if (!c->takes[key])
            continue;
        k->era++;
        k->since_ms = 0;
        k->called_ms = k->taken_ms;
        k->first_epoch = 0;
        k->doubles = 0;
        if (k->taken > c->request_id)
            continue; /* and wanted again since */
        k->allowed = false;
        k->once = 0;
        k->once_due = false;
    }
}

static void begin(widget *w, const command *c, int64_t now_ms)
{
    for (int key = 0; key < KEYS; key++)
        if (c->gives[key] && w->want[key].allowed && w->want[key].since_ms == 0)
            w->want[key].since_ms = now_ms;
}

static bool is_expected(const command *c, int error)
{
    if (error == 0)
        return true;
    if (c->what != UPBIT_COMMAND_SNAPSHOT)
        return c->unknown && error == UPBIT_ERROR_UNKNOWN_CODE;
    /* REST may be refused, slow or out of reach: every failure there is says so. */
    return error == UPBIT_ERROR_CANCELLED
               ? c->cancelled
               : error == UPBIT_ERROR_TIMEOUT || error == UPBIT_ERROR_LIMIT ||
                     error == UPBIT_ERROR_CONNECT || error == UPBIT_ERROR_EXCHANGE ||
                     error == UPBIT_ERROR_UNKNOWN_CODE;
}

static void judge_reply(widget *w, const upbit_delivery *d)
{
    const upbit_reply *r = upbit_event_reply(d->event);
    command *c = find(w, d->request_id);
    if (c == NULL || c->answered || c->what != r->command) {
        report_wrong("%s: a REPLY to %" PRIu64 " (command %" PRIu32 ") that %s", w->id,
                     d->request_id, r->command,
                     c == NULL     ? "nobody asked for"
                     : c->answered ? "was there already"
                                   : "is one of another command");
        return;
    }
    if (w->bundle != 0 && w->bundle != d->request_id)
        report_wrong("%s: the answer to %" PRIu64 " has no REPLY before that to %" PRIu64, w->id,
                     w->bundle, d->request_id);
    w->bundle = 0;
    if (!is_expected(c, r->error))
        report_wrong("%s: %" PRIu64 " (command %" PRIu32 ") answered %s: %s", w->id, d->request_id,
                     r->command, upbit_error_name(r->error), r->detail);
    if (c->what == UPBIT_COMMAND_SNAPSHOT) {
        if (r->error == 0 && !c->all_of_quote && (c->at + 1 < c->codes || c->events == 0))
            report_wrong("%s: the answer to %" PRIu64 " is not whole: code %d of %d, REPLY 0",
                         w->id, d->request_id, c->at, c->codes);
    } else {
        if (d->request_id < w->in_order)
            report_wrong("%s: REPLY to %" PRIu64 " after that to %" PRIu64, w->id, d->request_id,
                         w->in_order);
        w->in_order = d->request_id;
        if (r->error == 0) {
            let_go(w, c);
            begin(w, c, widget_wall_ms());
        }
    }
    c->answered = true;
    while (w->answered < w->commands && w->command[w->answered % COMMANDS].answered)
        w->answered++;
}

/* One event of an answer to get_snapshot: in the order of the want, oldest first, so many of each.
 */
static void judge_answer(widget *w, const upbit_delivery *d, int kind, int code)
{
    command *c = find(w, d->request_id);
    if (c == NULL || c->answered || c->what != UPBIT_COMMAND_SNAPSHOT) {
        report_wrong("%s: %s with request %" PRIu64 ", which is none", w->id,
                     upbit_type_name(d->event->type), d->request_id);
        return;
    }
    w->bundle = d->request_id;
    receipt *g = record(w);
    g->type = (uint8_t)d->event->type;
    g->kind = (uint8_t)kind;
    g->code = (uint8_t)code;
    g->origin = d->event->origin;
    g->stream = d->event->stream;
    g->epoch = d->event->epoch;
    g->answer = g->cut = true;
    note_values(w, g, d->event, 0);
    if (c->all_of_quote) {
        if (kind != KIND_TICKER)
            report_wrong("%s: an answer of another type", w->id);
        return;
    }
    int at = c->at;
    while (at < c->codes && c->code[at] != code)
        at++;
    if (kind != (int)c->snapshot_kind || at == c->codes) {
        report_wrong("%s: %s of %s in the answer to %" PRIu64 ", which did not ask for it here",
                     w->id, upbit_type_name(d->event->type), d->event->code, d->request_id);
        return;
    }
    int64_t place = g->id != 0 ? g->id : g->window != 0 ? g->window : g->timestamp;
    if (at == c->at && c->events > 0 && place <= c->last)
        report_wrong("%s: the answer to %" PRIu64 " goes back in %s", w->id, d->request_id,
                     d->event->code);
    c->events = at == c->at ? c->events + 1 : 1;
    c->at = at;
    c->last = place;
    if (c->events > c->count)
        report_wrong("%s: %" PRIu32 " events of %s, asked for %" PRIu32, w->id, c->events,
                     d->event->code, c->count);
}

/* ---- data ---- */

static void judge_stream(widget *w, const upbit_event *e, hope *k)
{
    if (!k->allowed)
        report_wrong("%s: %s of %s, a stranger: nobody here wants it (%s, %s, epoch %" PRIu32 ")",
                     w->id, upbit_type_name(e->type), e->code, upbit_stream_name(e->stream),
                     upbit_origin_name(e->origin), e->epoch);
    if (w->regime == REGIME_REALTIME && e->stream != UPBIT_STREAM_REALTIME)
        report_wrong("%s: %s of %s is a snapshot, and wanted is realtime only", w->id,
                     upbit_type_name(e->type), e->code);
    if (w->regime != REGIME_SNAPSHOT)
        return;
    if (e->stream != UPBIT_STREAM_SNAPSHOT)
        report_wrong("%s: %s of %s is no snapshot, and wanted is one only", w->id,
                     upbit_type_name(e->type), e->code);
    if (k->once == 0 && k->allowed && !w->unsure)
        report_wrong("%s: one more snapshot of %s of %s than was asked for", w->id,
                     upbit_type_name(e->type), e->code);
    k->once -= k->once > 0;
    k->once_due = false;
}

/* What was missed before it came is not for it, nor what a connection brought that was lost by
 * then. Later fills look behind the last trade that was known, and may find something there. */
static void judge_missed(const widget *w, const upbit_event *e, const hope *k)
{
    const upbit_trade *t = upbit_event_trade(e);
    if (t == NULL || k->first_epoch == 0 || e->stream != UPBIT_STREAM_REALTIME ||
        t->sequential_id / 10000 + CLOCKS_APART_MS > k->called_ms)
        return;
    if (e->origin == UPBIT_ORIGIN_STREAM ||
        (e->origin == UPBIT_ORIGIN_BACKFILL && e->epoch == k->first_epoch))
        report_wrong("%s: trade %" PRId64 " of %s (%s) happened before it was wanted here", w->id,
                     t->sequential_id, e->code, upbit_origin_name(e->origin));
}

static void judge_data(widget *w, const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    int kind = universe_kind(e), code = universe_find(e->code);
    w->data++;
    if (kind < 0 || code < 0) {
        report_wrong("%s: %s of '%s', which nobody ever wanted", w->id, upbit_type_name(e->type),
                     e->code);
        return;
    }
    if (d->request_id != 0) {
        judge_answer(w, d, kind, code);
        return;
    }
    hope *k = &w->want[universe_key((subject)kind, code)];
    judge_stream(w, e, k);
    judge_missed(w, e, k);
    judge_age(w, e, d->number != 0 ? &w->lane_epoch[e->type] : &k->epoch);
    if (d->number != 0)
        judge_number(w, e->type, d->number);
    receipt *g = record(w);
    g->type = (uint8_t)e->type;
    g->kind = (uint8_t)kind;
    g->code = (uint8_t)code;
    g->origin = e->origin;
    g->stream = e->stream;
    g->epoch = e->epoch;
    g->era = k->era;
    g->number = d->number;
    g->since_ms = k->since_ms;
    g->called_ms = k->called_ms;
    g->after_overflow = w->overflowed[e->type];
    g->cut = k->cut;
    g->may_double = k->doubles > 0;
    k->doubles -= k->doubles > 0 && e->stream == UPBIT_STREAM_SNAPSHOT;
    note_values(w, g, e, k->rows);
    int64_t place = g->id != 0 ? g->id : g->timestamp;
    if (place > k->newest)
        k->newest = place;
}

void widget_judge(widget *w, const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    if (w->bundle != 0 && e->type != UPBIT_TYPE_REPLY && e->type != UPBIT_TYPE_EPOCH &&
        d->request_id != w->bundle)
        report_wrong("%s: %s stands inside the answer to %" PRIu64, w->id, upbit_type_name(e->type),
                     w->bundle);
    switch (e->type) {
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_TRADE:
    case UPBIT_TYPE_ORDERBOOK:
    case UPBIT_TYPE_CANDLE:
        judge_data(w, d);
        break;
    case UPBIT_TYPE_RAW: /* of the garbage that is none */
        w->data++;
        judge_age(w, e, &w->lane_epoch[0]);
        judge_number(w, e->type, d->number);
        break;
    case UPBIT_TYPE_EPOCH:
        judge_epoch(w, e);
        break;
    case UPBIT_TYPE_GAP:
        judge_gap(w, d);
        break;
    case UPBIT_TYPE_REPLY:
        judge_reply(w, d);
        break;
    case UPBIT_TYPE_OVERFLOW:
        if (!w->lossless)
            report_wrong("%s: OVERFLOW, and no lane is lossless", w->id);
        w->overflowed[upbit_event_overflow(e)->lane_type & 7] = true;
        break;
    case UPBIT_TYPE_ERROR:
        report_did("%s is told %s: %s", w->id, upbit_error_name(upbit_event_error(e)->error),
                   upbit_event_error(e)->message);
        if (upbit_event_error(e)->error == UPBIT_ERROR_EXCHANGE)
            w->unsure = true; /* it may have lost a want: which one stands in the text */
        break;
    case UPBIT_TYPE_CLOSED:
        report_wrong("%s: CLOSED while it is open", w->id);
        break;
    default:
        break;
    }
}

void widget_take(widget *w, unsigned most)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int got = 0;
    while (most-- > 0 && (got = upbit_proxy_next(w->proxy, &d)) == 1) {
        ways_check_event(d.event);
        widget_judge(w, &d);
        upbit_event_unref(d.event);
    }
    if (got < 0)
        report_wrong("%s: next answers %s", w->id, upbit_error_name(got));
}
