/* The REST language against the mock exchange's own answers, and against its stream: where nothing
 * moves, both say the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/fields.h"
#include "exchange/rest_shapes.h"
#include "queue/pool.h"
#include "support/check_main.h"
#include "support/stream.h"

enum { CODES_MAX = 64 };

static mock exchange;
static upbit__decoder *decoder;
static upbit__buffer path;
static upbit_event *rows[512];
static size_t row_count, bad;
static char reason[200];
static char codes[CODES_MAX][24];
static size_t code_count;

static upbit_event *allocate(void *context, size_t size)
{
    (void)context;
    return upbit__event_allocate(size);
}

static void keep(void *context, upbit_event *event)
{
    (void)context;
    ck_assert_uint_lt(row_count, 512);
    rows[row_count++] = event;
}

static void drop_rows(void)
{
    for (size_t i = 0; i < row_count; i++)
        upbit_event_unref(rows[i]);
    row_count = 0;
}

static void begin(const char *rate)
{
    const char *const arguments[] = {"--codes", "100", "--seed", "7", "--rate", rate, NULL};
    mock_start(&exchange, arguments);
    ck_assert_int_eq(upbit__decoder_create(&decoder), 0);
}

static void end(void)
{
    drop_rows();
    upbit__buffer_finish(&path);
    upbit__decoder_destroy(decoder);
    mock_stop(&exchange);
}

/* Asks for what `path` says; the answer's body. */
static const char *ask(int result, int status)
{
    char full[4096];
    ck_assert_int_eq(result, 0);
    snprintf(full, sizeof full, "/v1%s", (const char *)upbit__buffer_bytes(&path));
    upbit__buffer_clear(&path);
    ck_assert_msg(mock_call(&exchange, "GET", full, "") == status, "%s", full);
    return mock_answer();
}

static int decode(int type, unsigned unit, const char *body)
{
    static const upbit__decode_output out = {.allocate = allocate, .event = keep};
    drop_rows();
    return upbit__rest_decode(decoder, type, unit, body, strlen(body), &out, &bad, reason,
                              sizeof reason);
}

/* All rows good, and all of them read to the last member. */
static void decode_all(int type, unsigned unit, const char *body)
{
    int events = decode(type, unit, body);
    ck_assert_msg(events >= 0 && bad == 0 && (size_t)events == row_count, "%d: %s", events, reason);
    for (size_t i = 0; i < row_count; i++) {
        ck_assert_int_eq(rows[i]->stream, UPBIT_STREAM_SNAPSHOT);
        ck_assert_msg(rows[i]->extra == NULL, "%s", rows[i]->extra);
    }
}

static const char *const *all_codes(void)
{
    static const char *list[CODES_MAX];
    for (size_t i = 0; i < code_count; i++)
        list[i] = codes[i];
    return list;
}

/* The markets of the mock, by the one question that needs no code. */
static void find_codes(void)
{
    decode_all(UPBIT_TYPE_TICKER, 0, ask(upbit__rest_path_tickers_all(&path, "KRW,USDT"), 200));
    ck_assert_uint_gt(row_count, 50);
    for (code_count = 0; code_count < row_count && code_count < CODES_MAX; code_count++)
        memcpy(codes[code_count], rows[code_count]->code, 24);
}

/* Without the fields that one of the two does not have. */
static upbit_event *in_common(const upbit_event *e, const upbit_event *other, uint64_t but)
{
    size_t count;
    const upbit_field *fields = upbit_type_fields(e->type, &count);
    upbit_event *copy = upbit__event_copy(e, allocate, NULL);
    ck_assert_ptr_nonnull(copy);
    copy->present &= other->present & ~but;
    copy->nulls &= copy->present;
    for (size_t i = 0; i < count; i++) {
        char *to = (char *)copy + fields[i].offset;
        if (copy->present >> i & 1)
            continue;
        if (fields[i].kind == UPBIT_FIELD_DECIMAL)
            *(upbit_decimal *)(void *)to = (upbit_decimal){.null = 1};
        else if (fields[i].kind == UPBIT_FIELD_STRING)
            *(const char **)(void *)to = NULL;
        else if (fields[i].kind == UPBIT_FIELD_TIMESTAMP)
            *(int64_t *)(void *)to = 0;
        else
            *to = 0;
    }
    return copy;
}

static uint64_t bit(int type, const char *name)
{
    size_t count;
    const upbit_field *fields = upbit_type_fields(type, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return 1ULL << i;
    ck_abort_msg("%s", name);
    return 0;
}

/* Each row has its event on the stream, equal in all but `but`; `least`: fields both have. */
static void compare_with_stream(upbit_proxy *p, int type, uint64_t but, int least)
{
    static char list[CODES_MAX * 24];
    size_t n = 0;
    for (size_t i = 0; i < row_count; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i == 0 ? "" : ",", rows[i]->code);
    ck_assert_int_ge(stream_want(p, upbit_proxy_subscribe, type, list, 0), 0);
    for (size_t found = 0; found < row_count;) {
        const upbit_event *e = stream_event(p, type, NULL, 5);
        ck_assert_msg(e != NULL, "%zu of %zu came", found, row_count);
        size_t i = 0;
        while (i < row_count && strcmp(rows[i]->code, e->code) != 0)
            i++;
        ck_assert_uint_lt(i, row_count);
        upbit_event *a = in_common(rows[i], e, but), *b = in_common(e, rows[i], but);
        ck_assert_msg(upbit__event_same(a, b) == 1, "%s of %s", upbit_type_name(type), e->code);
        ck_assert_int_ge(__builtin_popcountll(a->present), least);
        upbit_event_unref(a);
        upbit_event_unref(b);
        upbit_event_unref(e);
        found++;
    }
}

START_TEST(rows_say_what_the_stream_says)
{
    begin("0");
    find_codes();
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "rows", NULL);
    decode_all(UPBIT_TYPE_TICKER, 0,
               ask(upbit__rest_path_tickers(&path, all_codes(), code_count), 200));
    ck_assert_uint_eq(row_count, code_count);
    /* The day's rolling sums go with the clock. */
    compare_with_stream(p, UPBIT_TYPE_TICKER,
                        bit(UPBIT_TYPE_TICKER, "timestamp") |
                            bit(UPBIT_TYPE_TICKER, "acc_trade_price_24h") |
                            bit(UPBIT_TYPE_TICKER, "acc_trade_volume_24h"),
                        20);
    decode_all(UPBIT_TYPE_ORDERBOOK, 0,
               ask(upbit__rest_path_orderbooks(&path, all_codes(), code_count, NULL, 0), 200));
    ck_assert_uint_eq(row_count, code_count);
    compare_with_stream(p, UPBIT_TYPE_ORDERBOOK, 0, 7);
    for (size_t i = 0; i < 8; i++) {
        decode_all(UPBIT_TYPE_TRADE, 0,
                   ask(upbit__rest_path_trades(&path, codes[i], 1, 0, 0), 200));
        ck_assert_uint_eq(row_count, 1);
        compare_with_stream(p, UPBIT_TYPE_TRADE, bit(UPBIT_TYPE_TRADE, "timestamp"), 12);
    }
    upbit_proxy_close(p);
    upbit_manager_release(m);
    end();
}
END_TEST

START_TEST(pages_of_trades_fit_together)
{
    int64_t cursor = 0, last = INT64_MAX;
    size_t total = 0;
    begin("0");
    find_codes();
    decode_all(UPBIT_TYPE_TRADE, 0, ask(upbit__rest_path_trades(&path, codes[0], 30, 0, 0), 200));
    size_t want = row_count;
    ck_assert_uint_ge(want, 4);
    int64_t ids[30];
    for (size_t i = 0; i < want; i++)
        ids[i] = upbit_event_trade(rows[i])->sequential_id;
    for (int page = 0; page < 8 && total < want; page++) {
        decode_all(UPBIT_TYPE_TRADE, 0,
                   ask(upbit__rest_path_trades(&path, codes[0], 5, cursor, 0), 200));
        for (size_t i = 0; i < row_count && total < want; i++) {
            const upbit_trade *t = upbit_event_trade(rows[i]);
            ck_assert_int_eq(t->sequential_id, ids[total++]);
            ck_assert_int_lt(t->sequential_id, last);
            cursor = last = t->sequential_id;
        }
    }
    ck_assert_uint_eq(total, want);
    end();
}
END_TEST

START_TEST(candles_before_a_time)
{
    begin("0");
    find_codes();
    decode_all(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1M,
               ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_1M, 200, 0), 200));
    ck_assert_uint_eq(row_count, 200);
    for (size_t i = 0; i < row_count; i++) {
        const upbit_candle *c = upbit_event_candle(rows[i]);
        ck_assert_uint_eq(c->unit, UPBIT_CANDLE_1M);
        ck_assert_int_eq(c->start_ms % 60000, 0);
        ck_assert(i == 0 || c->start_ms < upbit_event_candle(rows[i - 1])->start_ms);
    }
    /* The same window's start is left out, a millisecond later it is there. */
    const int64_t tenth = upbit_event_candle(rows[10])->start_ms;
    const int64_t eleventh = upbit_event_candle(rows[11])->start_ms;
    decode_all(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1M,
               ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_1M, 1, tenth), 200));
    ck_assert_int_eq(upbit_event_candle(rows[0])->start_ms, eleventh);
    decode_all(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1M,
               ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_1M, 1, tenth + 1), 200));
    ck_assert_int_eq(upbit_event_candle(rows[0])->start_ms, tenth);
    decode_all(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_240M,
               ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_240M, 3, 0), 200));
    ck_assert_uint_eq(row_count, 3);
    decode_all(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1S,
               ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_1S, 3, 0), 200));
    ck_assert_uint_ge(row_count, 1);
    /* What was asked for is checked against what came. */
    const char *body = ask(upbit__rest_path_candles(&path, codes[0], UPBIT_CANDLE_3M, 2, 0), 200);
    ck_assert_int_eq(decode(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1M, body), 0);
    ck_assert_uint_eq(bad, 2);
    end();
}
END_TEST

START_TEST(books_by_level_and_depth)
{
    size_t count;
    upbit__instrument *instruments;
    begin("0");
    find_codes();
    const char *body = ask(upbit__rest_path_instruments(&path, all_codes(), code_count), 200);
    ck_assert_int_eq(
        upbit__rest_instruments(&instruments, &count, body, strlen(body), reason, sizeof reason),
        0);
    ck_assert_uint_eq(count, code_count);
    size_t grouped = 0;
    while (grouped < count && (strncmp(instruments[grouped].code, "KRW-", 4) != 0 ||
                               instruments[grouped].level_count < 2))
        grouped++;
    ck_assert_uint_lt(grouped, count);
    const upbit__instrument *it = &instruments[grouped];
    const char *const one[] = {it->code};
    ck_assert_int_gt(upbit_decimal_sign(&it->tick_size), 0);
    decode_all(UPBIT_TYPE_ORDERBOOK, 0,
               ask(upbit__rest_path_orderbooks(&path, one, 1, &it->levels[1], 5), 200));
    ck_assert_uint_eq(row_count, 1);
    const upbit_orderbook *b = upbit_event_orderbook(rows[0]);
    ck_assert_int_eq(upbit_decimal_compare(&b->level, &it->levels[1]), 0);
    ck_assert_uint_eq(b->unit_count, 5);
    /* A level that is not supported. */
    upbit_decimal odd;
    upbit_decimal_parse(&odd, "777777777", 9);
    decode_all(UPBIT_TYPE_ORDERBOOK, 0,
               ask(upbit__rest_path_orderbooks(&path, one, 1, &odd, 0), 200));
    ck_assert_uint_eq(row_count, 0);
    free(instruments);
    end();
}
END_TEST

START_TEST(errors)
{
    static const char *const unknown[] = {"KRW-NOSUCHCOIN"};
    begin("0");
    const char *body = ask(upbit__rest_path_tickers(&path, unknown, 1), 404);
    ck_assert_int_eq(decode(UPBIT_TYPE_TICKER, 0, body), UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(reason, "404: Code not found");
    body = ask(upbit__buffer_append(&path, "/nothing", sizeof "/nothing"), 404);
    ck_assert_int_eq(decode(UPBIT_TYPE_TICKER, 0, body), UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(reason, "not_found: no Route matched with those values");
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client rest shapes");
    TCase *tests = tcase_create("rest shapes");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, rows_say_what_the_stream_says);
    tcase_add_test(tests, pages_of_trades_fit_together);
    tcase_add_test(tests, candles_before_a_time);
    tcase_add_test(tests, books_by_level_and_depth);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
