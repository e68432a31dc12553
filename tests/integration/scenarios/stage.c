#include "stage.h"

#include <check.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ways.h"

/* Ten times what the plan allows for first data and for recovery is more than this. */
#define PATIENCE 25.0

mock exchange;
upbit_manager *manager;
static tape *tapes;

void stage_open(const char *const *arguments, void (*change)(upbit_options *options))
{
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, change);
}

void stage_close(void)
{
    while (tapes != NULL)
        tape_close(tapes);
    upbit_manager_release(manager);
    manager = NULL;
    mock_stop(&exchange);
}

void stage_order(const char *format, ...)
{
    char path[256] = "/mock/";
    va_list list;
    va_start(list, format);
    vsnprintf(path + 6, sizeof path - 6, format, list);
    va_end(list);
    ck_assert_msg(mock_call(&exchange, "POST", path, "") == 200, "%s: %s", path, mock_answer());
}

upbit_stats stage_stats(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s;
}

tape *tape_open_with(const char *id, const upbit_proxy_options *options)
{
    tape *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->proxy = stream_proxy(manager, id, options);
    t->next = tapes;
    tapes = t;
    return t;
}

tape *tape_open(const char *id)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = UPBIT_POLICY_DROP_OLDEST;
    o.queue_messages = 1 << 15;
    o.queue_bytes = 16u << 20;
    return tape_open_with(id, &o);
}

void tape_close(tape *t)
{
    tape **at = &tapes;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    upbit_proxy_close(t->proxy);
    free(t->at);
    free(t);
}

void tape_want(tape *t, stream_command *command, int type, const char *codes, uint64_t request_id)
{
    ck_assert_msg(stream_want(t->proxy, command, type, codes, request_id) == 0, "%s %s: %s",
                  upbit_type_name(type), codes, upbit_error_detail());
}

static void add_up(const upbit_book_row *rows, uint32_t count, const upbit_decimal *total, int way)
{
    upbit_decimal sum = {0};
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(upbit_decimal_add(&sum, &sum, &rows[i].size), 0);
        if (i > 0)
            ck_assert_int_eq(upbit_decimal_compare(&rows[i].price, &rows[i - 1].price) * way, 1);
    }
    ck_assert_int_eq(upbit_decimal_compare(&sum, total), 0);
}

static void look_at(note *n, const upbit_event *e)
{
    const upbit_trade *trade = upbit_event_trade(e);
    const upbit_ticker *ticker = upbit_event_ticker(e);
    const upbit_orderbook *book = upbit_event_orderbook(e);
    const upbit_candle *candle = upbit_event_candle(e);
    const upbit_gap *gap = upbit_event_gap(e);
    const upbit_state_event *state = upbit_event_state(e);
    const upbit_raw *raw = upbit_event_raw(e);
    if (trade != NULL) {
        n->id = trade->sequential_id;
        n->price = trade->trade_price;
        n->volume = trade->trade_volume;
        n->trade_ms = trade->trade_timestamp;
        ck_assert_int_gt(trade->sequential_id, 0);
        ck_assert_int_eq(upbit_decimal_sign(&trade->trade_price), 1);
    } else if (ticker != NULL) {
        n->price = ticker->trade_price;
        n->volume = ticker->trade_volume;
        n->trade_ms = ticker->trade_timestamp;
    } else if (book != NULL) {
        n->rows = (int)(book->ask_count + book->bid_count);
        add_up(book->asks, book->ask_count, &book->total_ask_size, 1);
        add_up(book->bids, book->bid_count, &book->total_bid_size, -1);
        if (book->ask_count > 0 && book->bid_count > 0)
            ck_assert_int_lt(upbit_decimal_compare(&book->bids[0].price, &book->asks[0].price), 0);
    } else if (candle != NULL) {
        n->id = candle->start_ms;
        ck_assert_int_ge(upbit_decimal_compare(&candle->high_price, &candle->low_price), 0);
    } else if (gap != NULL) {
        n->count = gap->count;
        n->first = gap->first;
        n->last = gap->last;
        n->after = gap->after_ms;
        n->before = gap->before_ms;
    } else if (state != NULL) {
        n->value = (int)state->state;
    } else if (raw != NULL) { /* the one kind that the mock sends: garbage?kind=unknown */
        ck_assert_str_eq(raw->type_name, "moon");
        ck_assert_str_eq(raw->text, "{\"type\":\"moon\",\"code\":\"KRW-BTC\",\"phase\":0.5}");
    } else if (e->type == UPBIT_TYPE_RESTORED) {
        n->down_ms = upbit_event_restored(e)->down_ms;
        n->count = upbit_event_restored(e)->times;
    } else if (e->type == UPBIT_TYPE_REPLY) {
        n->value = upbit_event_reply(e)->error;
    } else if (e->type == UPBIT_TYPE_ERROR) {
        n->value = upbit_event_error(e)->error;
    }
}

bool tape_take_one(tape *t)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    if (upbit_proxy_next(t->proxy, &d) != 1)
        return false;
    if (t->count == t->cap) {
        t->cap = t->cap == 0 ? 256 : t->cap * 2;
        t->at = realloc(t->at, t->cap * sizeof *t->at);
        ck_assert_ptr_nonnull(t->at);
    }
    note *n = &t->at[t->count++];
    *n = (note){.type = d.event->type,
                .stream = d.event->stream,
                .origin = d.event->origin,
                .epoch = d.event->epoch,
                .number = d.number,
                .request_id = d.request_id,
                .ms = d.event->exchange_ms};
    memcpy(n->code, d.event->code, sizeof n->code);
    look_at(n, d.event);
    ways_check_event(d.event);
    if (n->type <= UPBIT_TYPE_RAW) {
        ck_assert_uint_ge(n->epoch, t->epochs[n->type]);
        t->epochs[n->type] = n->epoch;
    }
    upbit_event_unref(d.event);
    return true;
}

void stage_take(void)
{
    for (tape *t = tapes; t != NULL; t = t->next)
        while (!t->asleep && tape_take_one(t)) {
        }
}

void stage_run(int ms)
{
    for (double end = stream_now() + ms / 1000.0; stream_now() < end; poll(NULL, 0, 5))
        stage_take();
    stage_take();
}

static bool fits(const note *n, int type, const char *code, int stream)
{
    return (type == ANY || n->type == type) && (code == NULL || strcmp(n->code, code) == 0) &&
           (stream == ANY || n->stream == stream);
}

size_t tape_count(const tape *t, size_t from, int type, const char *code, int stream)
{
    size_t count = 0;
    for (size_t i = from; i < t->count; i++)
        count += fits(&t->at[i], type, code, stream);
    return count;
}

void tape_wait(tape *t, size_t from, int type, const char *code, int stream, size_t least)
{
    double end = stream_now() + PATIENCE;
    for (stage_take(); tape_count(t, from, type, code, stream) < least; stage_take()) {
        ck_assert_msg(stream_now() < end, "%s: %zu of %zu %s %s", upbit_proxy_client_id(t->proxy),
                      tape_count(t, from, type, code, stream), least, upbit_type_name(type),
                      code != NULL ? code : "");
        poll(NULL, 0, 5);
    }
}

const note *tape_find(const tape *t, size_t from, int type, const char *code)
{
    for (size_t i = from; i < t->count; i++)
        if (fits(&t->at[i], type, code, ANY))
            return &t->at[i];
    return NULL;
}

const note *tape_last(const tape *t, int type, const char *code)
{
    for (size_t i = t->count; i-- > 0;)
        if (fits(&t->at[i], type, code, ANY))
            return &t->at[i];
    return NULL;
}

size_t tape_reply(tape *t, uint64_t request_id)
{
    double end = stream_now() + PATIENCE;
    for (size_t i = 0;; i++) {
        while (i >= t->count) {
            stage_take();
            ck_assert_msg(stream_now() < end, "no REPLY %llu", (unsigned long long)request_id);
            if (i >= t->count)
                poll(NULL, 0, 2);
        }
        if (t->at[i].type == UPBIT_TYPE_REPLY && t->at[i].request_id == request_id) {
            ck_assert_int_eq(t->at[i].value, 0);
            return i;
        }
    }
}

static bool is_data(const note *n)
{
    return n->type <= UPBIT_TYPE_RAW;
}

void tape_only(const tape *t, size_t from, const char *kinds)
{
    for (size_t i = from; i < t->count; i++) {
        char kind[48];
        if (!is_data(&t->at[i]))
            continue;
        snprintf(kind, sizeof kind, "%s %s", upbit_type_name(t->at[i].type), t->at[i].code);
        const char *at = strstr(kinds, kind);
        ck_assert_msg(at != NULL && (at[strlen(kind)] == '\0' || at[strlen(kind)] == ','),
                      "%s got %s, a stranger's", upbit_proxy_client_id(t->proxy), kind);
    }
}

/* The exchange stamps the tickers it repeats after each request anew, and a book may have changed
 * since its last message: such a snapshot is news. Of trades and candles it repeats what is known.
 */
static bool is_news(const tape *t, size_t at)
{
    const note *n = &t->at[at];
    if ((n->type != UPBIT_TYPE_TICKER && n->type != UPBIT_TYPE_ORDERBOOK) ||
        n->origin != UPBIT_ORIGIN_STREAM)
        return false;
    while (at-- > 0)
        if (fits(&t->at[at], n->type, n->code, ANY))
            return t->at[at].ms < n->ms;
    return false;
}

void tape_undisturbed(const tape *t, size_t from)
{
    for (size_t i = from; i < t->count; i++) {
        const note *n = &t->at[i];
        bool fine = is_data(n) ? n->stream == UPBIT_STREAM_REALTIME || is_news(t, i)
                               : n->type == UPBIT_TYPE_REPLY && n->value == 0;
        ck_assert_msg(fine, "%s got %s %s %s", upbit_proxy_client_id(t->proxy),
                      upbit_type_name(n->type), n->code, upbit_stream_name(n->stream));
    }
}
