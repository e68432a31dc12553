/* Requests, market codes and the list of markets. */
#include <string.h>

#include "exchange/markets.h"
#include "exchange/request.h"
#include "support/check_main.h"
#include "upbit-live/market.h"

static upbit__buffer out;

static void clear(void)
{
    upbit__buffer_finish(&out);
}

static void is(const char *want)
{
    ck_assert_int_eq(upbit__buffer_append(&out, "", 1), 0);
    ck_assert_str_eq((const char *)upbit__buffer_bytes(&out), want);
}

START_TEST(a_whole_set_is_one_request)
{
    const upbit__request_code two[] = {{"KRW-BTC", 0}, {"BTC-ETH", 0}}, deep[] = {{"KRW-BTC", 5}, {"KRW-ETH", 0}};
    upbit_decimal level, fraction;
    upbit_decimal_parse(&level, "10000", 5);
    upbit_decimal_parse(&fraction, "5E-1", 4);
    const upbit__request_item items[] = {
        {.type = UPBIT_TYPE_TICKER, .codes = two, .code_count = 2},
        {.type = UPBIT_TYPE_ORDERBOOK, .codes = deep, .code_count = 2, .level = level},
        {.type = UPBIT_TYPE_ORDERBOOK, .codes = two, .code_count = 1, .level = fraction,
         .flags = UPBIT__REQUEST_SNAPSHOT_ONLY},
        {.type = UPBIT_TYPE_CANDLE, .candle_unit = UPBIT_CANDLE_240M, .codes = two, .code_count = 1,
         .flags = UPBIT__REQUEST_REALTIME_ONLY},
        {.type = UPBIT_TYPE_MY_ORDER},
        {.type = UPBIT_TYPE_MY_ASSET}};
    ck_assert_int_eq(upbit__request_write(&out, "a\"b", items, 6, UPBIT_FORMAT_SIMPLE), 0);
    is("[{\"ticket\":\"a\\\"b\"},{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\",\"BTC-ETH\"]},"
       "{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC.5\",\"KRW-ETH\"],\"level\":10000},"
       "{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC\"],\"level\":0.5,\"is_only_snapshot\":true},"
       "{\"type\":\"candle.240m\",\"codes\":[\"KRW-BTC\"],\"is_only_realtime\":true},"
       "{\"type\":\"myOrder\"},{\"type\":\"myAsset\"},{\"format\":\"SIMPLE\"}]");
}
END_TEST

START_TEST(formats_are_named)
{
    ck_assert_str_eq(upbit__format_name(UPBIT_FORMAT_AUTO), "DEFAULT");
    ck_assert_str_eq(upbit__format_name(UPBIT_FORMAT_JSON_LIST), "JSON_LIST");
    ck_assert_int_eq(upbit__request_write_list(&out, "t", UPBIT_FORMAT_SIMPLE_LIST), 0);
    is("[{\"ticket\":\"t\"},{\"method\":\"LIST_SUBSCRIPTIONS\"},{\"format\":\"SIMPLE_LIST\"}]");
}
END_TEST

START_TEST(nonsense_is_not_sent)
{
    const upbit__request_code good = {"KRW-BTC", 0}, bad = {"krw-btc", 0};
    const upbit__request_item items[] = {
        {.type = 99, .codes = &good, .code_count = 1},
        {.type = UPBIT_TYPE_TICKER},
        {.type = UPBIT_TYPE_CANDLE, .candle_unit = 7, .codes = &good, .code_count = 1},
        {.type = UPBIT_TYPE_MY_ASSET, .codes = &good, .code_count = 1},
        {.type = UPBIT_TYPE_TRADE, .codes = &bad, .code_count = 1},
    };
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(upbit__request_write(&out, "t", &items[i], 1, 1), UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_uint_eq(out.length, 0);
    }
}
END_TEST

START_TEST(market_codes_have_a_shape)
{
    static const char *const good[] = {"KRW-BTC", "BTC-1INCH", "USDT-A", "A-B", "KRW-ABCDEFGHIJKLMNOPQRS"};
    static const char *const bad[] = {"",         "KRW",      "-BTC",    "KRW-",        "krw-btc", "KRW-BTC.5",
                                      "KRW_BTC",  "KRW-B-C",  "KRW-B C", "KRW-\xED\x95\x9C", "KRW-ABCDEFGHIJKLMNOPQRST"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(upbit__code_check(good[i]) == 1, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(upbit__code_check(bad[i]) == 0, "%s", bad[i]);
    ck_assert_int_eq(upbit__code_check(NULL), 0);
}
END_TEST

START_TEST(markets_are_found_by_code)
{
    static const char body[] =
        "[{\"market\":\"KRW-ETH\",\"korean_name\":\"\xEC\x9D\xB4\\ub354\",\"english_name\":\"Ethereum\","
        "\"market_event\":{\"warning\":false}},\n {\"english_name\":\"Bitcoin\",\"market\":\"KRW-BTC\"},"
        "{\"market\":\"KRW-ETH\"},{\"market\":\"odd\"},{\"no\":1},7]";
    upbit__markets *m;
    char reason[100];
    ck_assert_int_eq(upbit__markets_parse(&m, body, sizeof body - 1, reason, sizeof reason), 0);
    ck_assert_uint_eq(upbit__markets_count(m), 2);
    ck_assert_str_eq(upbit__markets_at(m, 0)->code, "KRW-BTC");
    ck_assert_str_eq(upbit__markets_at(m, 0)->korean_name, "");
    ck_assert_str_eq(upbit__markets_find(m, "KRW-BTC")->english_name, "Bitcoin");
    ck_assert_ptr_nonnull(upbit__markets_find(m, "KRW-ETH"));
    ck_assert_ptr_null(upbit__markets_find(m, "KRW-XRP"));
    upbit__markets_destroy(m);
}
END_TEST

START_TEST(what_is_no_list_of_markets_is_refused)
{
    static const char *const bodies[] = {"", "[]", "{}", "[{\"market\":\"KRW-BTC\"}", "[{\"market\":7}]",
                                         "[{\"market\":\"KRW-BTC\"}] x", "<html>", "[{\"market\":\"KRW-BTC\",}]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        upbit__markets *m;
        char reason[100] = "";
        ck_assert_int_eq(upbit__markets_parse(&m, bodies[i], strlen(bodies[i]), reason, sizeof reason),
                         UPBIT_ERROR_DECODE);
        ck_assert_ptr_null(m);
        ck_assert_str_ne(reason, "");
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("request");
    TCase *t = tcase_create("request");
    tcase_add_checked_fixture(t, NULL, clear);
    tcase_add_test(t, a_whole_set_is_one_request);
    tcase_add_test(t, formats_are_named);
    tcase_add_test(t, nonsense_is_not_sent);
    tcase_add_test(t, market_codes_have_a_shape);
    tcase_add_test(t, markets_are_found_by_code);
    tcase_add_test(t, what_is_no_list_of_markets_is_refused);
    suite_add_tcase(s, t);
    return check_main(s);
}
