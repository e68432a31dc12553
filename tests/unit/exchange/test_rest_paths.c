/* What is asked of the exchange's REST side, to the letter. */
#include <stdio.h>
#include <string.h>

#include "exchange/rest_shapes.h"
#include "support/check_main.h"
#include "upbit-live/market.h"

static upbit__buffer out;

static void clear(void)
{
    upbit__buffer_finish(&out);
}

/* The text with the NUL that stands behind it, and the buffer emptied. */
static void is(int result, const char *want)
{
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(out.length, strlen(want));
    ck_assert_str_eq((const char *)upbit__buffer_bytes(&out), want);
    upbit__buffer_clear(&out);
}

static void is_refused(int result)
{
    ck_assert_int_eq(result, UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_uint_eq(out.length, 0);
}

static upbit_decimal number(const char *text)
{
    upbit_decimal d;
    ck_assert_int_eq(upbit_decimal_parse(&d, text, strlen(text)), 0);
    return d;
}

static const char *const two[] = {"KRW-BTC", "BTC-1INCH"};

START_TEST(lists_of_codes)
{
    is(upbit__rest_path_tickers(&out, two, 1), "/ticker?markets=KRW-BTC");
    is(upbit__rest_path_tickers(&out, two, 2), "/ticker?markets=KRW-BTC,BTC-1INCH");
    is(upbit__rest_path_instruments(&out, two, 2),
       "/orderbook/instruments?markets=KRW-BTC,BTC-1INCH");
    is(upbit__rest_path_orderbooks(&out, two, 2, NULL, 0), "/orderbook?markets=KRW-BTC,BTC-1INCH");
}
END_TEST

START_TEST(a_path_is_appended)
{
    ck_assert_int_eq(upbit__buffer_append_text(&out, "before"), 0);
    is(upbit__rest_path_tickers(&out, two, 1), "before/ticker?markets=KRW-BTC");
    ck_assert_int_eq(upbit__buffer_append_text(&out, "before"), 0);
    ck_assert_int_eq(upbit__rest_path_tickers(&out, two, 0), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_uint_eq(out.length, 6);
}
END_TEST

START_TEST(a_hundred_codes_and_no_more)
{
    char codes[101][24];
    const char *list[101];
    for (int i = 0; i < 101; i++) {
        snprintf(codes[i], sizeof codes[i], "KRW-ABCDEFGHIJKLMNOP%03d", i);
        list[i] = codes[i];
    }
    ck_assert_int_eq(upbit__rest_path_tickers(&out, list, 100), 0);
    ck_assert_uint_eq(out.length, strlen("/ticker?markets=") + 100 * 23 + 99);
    ck_assert_str_eq((const char *)upbit__buffer_bytes(&out) + out.length - 23, codes[99]);
    upbit__buffer_clear(&out);
    is_refused(upbit__rest_path_tickers(&out, list, 101));
    is_refused(upbit__rest_path_instruments(&out, list, 101));
    is_refused(upbit__rest_path_orderbooks(&out, list, 101, NULL, 0));
}
END_TEST

START_TEST(what_is_no_code_gets_into_no_path)
{
    static const char *const bad[] = {
        "",        "KRW",     "krw-btc", "KRW-BTC.5",       "KRW-BTC&count=1",
        "KRW-%41", "KRW-B C", "../x-Y",  "KRW-BTC,KRW-ETH", "KRW-ABCDEFGHIJKLMNOPQRST",
        NULL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const list[] = {"KRW-BTC", bad[i]};
        is_refused(upbit__rest_path_tickers(&out, list, 2));
        is_refused(upbit__rest_path_instruments(&out, list, 2));
        is_refused(upbit__rest_path_orderbooks(&out, list, 2, NULL, 0));
        is_refused(upbit__rest_path_trades(&out, bad[i], 1, 0, 0));
        is_refused(upbit__rest_path_candles(&out, bad[i], UPBIT_CANDLE_1M, 1, 0));
    }
    is_refused(upbit__rest_path_tickers(&out, NULL, 1));
}
END_TEST

START_TEST(whole_quote_currencies)
{
    is(upbit__rest_path_tickers_all(&out, "KRW"), "/ticker/all?quote_currencies=KRW");
    is(upbit__rest_path_tickers_all(&out, "KRW,BTC,USDT"),
       "/ticker/all?quote_currencies=KRW,BTC,USDT");
    static const char *const bad[] = {"",    ",",       "KRW,",    ",KRW", "KRW,,BTC",
                                      "krw", "KRW BTC", "KRW&a=b", "KRW-*"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_refused(upbit__rest_path_tickers_all(&out, bad[i]));
    is_refused(upbit__rest_path_tickers_all(&out, NULL));
}
END_TEST

START_TEST(books_by_level_and_depth)
{
    upbit_decimal ten = number("1E4"), half = number("0.50"), zero = {0}, null = {.null = 1},
                  below = number("-1");
    is(upbit__rest_path_orderbooks(&out, two, 1, &ten, 0),
       "/orderbook?markets=KRW-BTC&level=10000");
    is(upbit__rest_path_orderbooks(&out, two, 1, &half, 30),
       "/orderbook?markets=KRW-BTC&level=0.5&count=30");
    is(upbit__rest_path_orderbooks(&out, two, 1, &zero, 1), "/orderbook?markets=KRW-BTC&count=1");
    is(upbit__rest_path_orderbooks(&out, two, 1, &null, 0), "/orderbook?markets=KRW-BTC");
    is_refused(upbit__rest_path_orderbooks(&out, two, 1, &below, 0));
    is_refused(upbit__rest_path_orderbooks(&out, two, 1, NULL, 31));
    upbit_decimal longest = number("99999999999999999999999999999999999999E-128");
    ck_assert_int_eq(upbit__rest_path_orderbooks(&out, two, 1, &longest, 30), 0);
    ck_assert_ptr_nonnull(strstr((const char *)upbit__buffer_bytes(&out), "99&count=30"));
}
END_TEST

START_TEST(trades_by_cursor)
{
    is(upbit__rest_path_trades(&out, "KRW-BTC", 1, 0, 0), "/trades/ticks?market=KRW-BTC&count=1");
    is(upbit__rest_path_trades(&out, "KRW-BTC", 500, 17883351803770004, 0),
       "/trades/ticks?market=KRW-BTC&count=500&cursor=17883351803770004");
    is(upbit__rest_path_trades(&out, "KRW-BTC", 2, INT64_MAX, 0),
       "/trades/ticks?market=KRW-BTC&count=2&cursor=9223372036854775807");
    is(upbit__rest_path_trades(&out, "KRW-BTC", 2, 5, 7),
       "/trades/ticks?market=KRW-BTC&count=2&cursor=5&days_ago=7");
    is_refused(upbit__rest_path_trades(&out, "KRW-BTC", 2, 5, 8));
    is_refused(upbit__rest_path_trades(&out, "KRW-BTC", 0, 0, 0));
    is_refused(upbit__rest_path_trades(&out, "KRW-BTC", 501, 0, 0));
    is_refused(upbit__rest_path_trades(&out, "KRW-BTC", 1, -1, 0));
}
END_TEST

START_TEST(candles_of_every_unit)
{
    is(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1S, 200, 0),
       "/candles/seconds?market=KRW-BTC&count=200");
    static const unsigned units[] = {UPBIT_CANDLE_1M,  UPBIT_CANDLE_3M,  UPBIT_CANDLE_5M,
                                     UPBIT_CANDLE_10M, UPBIT_CANDLE_15M, UPBIT_CANDLE_30M,
                                     UPBIT_CANDLE_60M, UPBIT_CANDLE_240M};
    static const unsigned minutes[] = {1, 3, 5, 10, 15, 30, 60, 240};
    for (int i = 0; i < 8; i++) {
        char want[80];
        snprintf(want, sizeof want, "/candles/minutes/%u?market=KRW-BTC&count=1", minutes[i]);
        is(upbit__rest_path_candles(&out, "KRW-BTC", units[i], 1, 0), want);
    }
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", 0, 1, 0));
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", 120, 1, 0));
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1M, 0, 0));
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1M, 201, 0));
}
END_TEST

START_TEST(times_are_utc)
{
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {
        {1, "1970-01-01T00:00:01Z"},
        {1000, "1970-01-01T00:00:01Z"},
        {951782399000, "2000-02-28T23:59:59Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {951868800000, "2000-03-01T00:00:00Z"},
        {1709164800000, "2024-02-29T00:00:00Z"},
        {1735689599999, "2025-01-01T00:00:00Z"}, /* rounded up: no window is left out */
        {1785397500000, "2026-07-30T07:45:00Z"},
        {1785397500001, "2026-07-30T07:45:01Z"},
        {4102444799000, "2099-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char want[100];
        snprintf(want, sizeof want, "/candles/minutes/1?market=KRW-BTC&count=2&to=%s",
                 times[i].text);
        is(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1M, 2, times[i].ms), want);
    }
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1M, 1, -1));
    is_refused(upbit__rest_path_candles(&out, "KRW-BTC", UPBIT_CANDLE_1M, 1, 4102444799001));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rest_paths");
    TCase *t = tcase_create("rest_paths");
    tcase_add_checked_fixture(t, NULL, clear);
    tcase_add_test(t, lists_of_codes);
    tcase_add_test(t, a_path_is_appended);
    tcase_add_test(t, a_hundred_codes_and_no_more);
    tcase_add_test(t, what_is_no_code_gets_into_no_path);
    tcase_add_test(t, whole_quote_currencies);
    tcase_add_test(t, books_by_level_and_depth);
    tcase_add_test(t, trades_by_cursor);
    tcase_add_test(t, candles_of_every_unit);
    tcase_add_test(t, times_are_utc);
    suite_add_tcase(s, t);
    return check_main(s);
}
