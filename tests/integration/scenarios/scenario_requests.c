/* Scenarios 1, 4, 5 and 6: what goes to the exchange when widgets come, many come at once, and go.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "support/check_main.h"
#include "wire.h"

static wire w;

static void open_lively(void)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "400", "--police", NULL};
    stage_open(arguments, NULL);
}

static void no_violation(void)
{
    static const char *const rules[] = {"message_rate",  "connect_rate", "rest_rate",
                                        "blocked",       "origin",       "unmasked",
                                        "repeated_mask", "bad_frame"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        ck_assert_msg(mock_stat(&exchange, rules[i]) == 0, "%s: %ld", rules[i],
                      mock_stat(&exchange, rules[i]));
    ck_assert_int_eq(mock_stat(&exchange, "rate_violations"), 0);
    ck_assert_int_eq(mock_stat(&exchange, "errors_sent"), 0);
}

/* The markets of KRW, from the exchange's own list, sorted or not: how many. */
static size_t krw_codes(char codes[][24], size_t cap)
{
    size_t count = 0;
    ck_assert_int_eq(mock_call(&exchange, "GET", "/v1/market/all", ""), 200);
    for (const char *at = mock_answer(); count < cap && (at = strstr(at, "\"KRW-")) != NULL; at++)
        sscanf(at, "\"%23[^\"]", codes[count++]);
    return count;
}

START_TEST(scenario_01_chart_view_opens)
{
    static char krw[64][24];
    open_lively();
    size_t markets = krw_codes(krw, 64);
    ck_assert_uint_eq(markets, 12);
    double start = stream_now();
    tape *list = tape_open("coin_list_1");
    tape_want(list, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 1);
    tape_reply(list, 1);
    for (size_t i = 0; i < markets; i++)
        tape_wait(list, 0, UPBIT_TYPE_TICKER, krw[i], ANY, 1);
    ck_assert_double_lt(stream_now() - start, 30); /* the plan says 3 */
    stage_run(200);
    size_t before = list->count;
    start = stream_now();
    tape *chart = tape_open("chart_btc");
    tape_want(chart, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1);
    tape_wait(chart, 0, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", UPBIT_STREAM_SNAPSHOT, 1);
    ck_assert_double_lt(stream_now() - start, 30);
    /* One merged request followed, and nothing but it. */
    wire_rests(2);
    wire_read(&w);
    ck_assert_uint_eq(w.count, markets + 1);
    ck_assert_str_eq(w.keys[0], "orderbook KRW-BTC");
    for (size_t i = 0; i < markets; i++) {
        char key[48];
        snprintf(key, sizeof key, "ticker %.23s", krw[i]);
        size_t at = 1;
        while (at < w.count && strcmp(w.keys[at], key) != 0)
            at++;
        ck_assert_msg(at < w.count, "%s is not in the request", key);
    }
    /* The running tickers noticed nothing, and every message of the exchange arrived. */
    tape_wait(list, before, UPBIT_TYPE_TICKER, "KRW-BTC", ANY, 11);
    oracle_hush();
    tape_undisturbed(list, before);
    tape_only(chart, 0, "orderbook KRW-BTC");
    for (size_t i = 0; i < markets; i++)
        oracle_whole(list, UPBIT_TYPE_TICKER, krw[i]);
    ck_assert_uint_gt(oracle_whole(list, UPBIT_TYPE_TICKER, "KRW-BTC"), 10);
    ck_assert_uint_gt(oracle_whole(chart, UPBIT_TYPE_ORDERBOOK, "KRW-BTC"), 1);
    ck_assert_uint_eq(stage_stats().connects, 1);
    no_violation();
    stage_close();
}
END_TEST

/* Ten times the real settle times, so that a machine that is late does not split the burst. */
static void settle_tenfold(upbit_options *o)
{
    o->settle_ms = 1500;
    o->settle_max_ms = 5000;
}

START_TEST(scenario_04_burst_of_five_widgets_is_one_request)
{
    static const char *const codes[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-BTC", "KRW-SOL"};
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_ORDERBOOK, UPBIT_TYPE_TICKER};
    static const char *const arguments[] = {"--codes", "30", "--rate", "400", "--police", NULL};
    tape *widgets[5];
    stage_open(arguments, settle_tenfold);
    tape *first = tape_open("first");
    tape_wait(first, 0, UPBIT_TYPE_STATE, NULL, ANY, 1);
    while (stage_stats().state != UPBIT_STATE_LIVE)
        stage_run(5);
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "widget_%d", i);
        widgets[i] = tape_open(id);
        tape_want(widgets[i], upbit_proxy_subscribe, types[i], codes[i], 0);
        stage_run(100);
    }
    for (int i = 0; i < 5; i++)
        tape_wait(widgets[i], 0, types[i], codes[i], UPBIT_STREAM_SNAPSHOT, 1);
    ck_assert_uint_eq(wire_wait("orderbook KRW-BTC, orderbook KRW-XRP, ticker KRW-BTC, "
                                "ticker KRW-SOL, trade KRW-ETH"),
                      1);
    no_violation();
    stage_close();
}
END_TEST

static void settle_real(upbit_options *o)
{
    o->settle_ms = 150;
    o->settle_max_ms = 500;
}

/* Every want would be a request of its own: the budget alone merges them. */
static void settle_not(upbit_options *o)
{
    o->settle_ms = 1;
    o->settle_max_ms = 1;
}

enum { WIDGETS = 100, WANTS = 10, MARKETS = 117 };
static const int burst_types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK};

/* Want i of 1,000: all three types of 117 markets come up, 351 keys. */
static void burst_want(int i, int *type, int *market)
{
    *market = i % MARKETS;
    *type = burst_types[i / MARKETS % 3];
}

START_TEST(scenario_04_burst_of_a_hundred_widgets_is_the_union)
{
    static char krw[MARKETS][24];
    static const char *const arguments[] = {"--codes", "300", "--rate", "300", "--police", NULL};
    static void (*const settle[])(upbit_options *) = {settle_real, settle_not};
    tape *widgets[WIDGETS];
    stage_open(arguments, settle[_i]);
    ck_assert_uint_eq(krw_codes(krw, MARKETS), MARKETS);
    double start = stream_now();
    for (int i = 0, type, market; i < WIDGETS; i++) {
        char id[16];
        snprintf(id, sizeof id, "widget_%d", i);
        widgets[i] = tape_open_with(id, NULL);
        for (int k = 0; k < WANTS; k++) {
            burst_want(i * WANTS + k, &type, &market);
            tape_want(widgets[i], upbit_proxy_subscribe, type, krw[market], 0);
        }
        double due = start + (i + 1) * 0.01; /* 100 in a second */
        if (stream_now() < due)
            poll(NULL, 0, (int)((due - stream_now()) * 1000) + 1);
    }
    for (int i = 0, type, market; i < WIDGETS; i++)
        for (int k = 0; k < WANTS; k++) {
            burst_want(i * WANTS + k, &type, &market);
            tape_wait(widgets[i], 0, type, krw[market], ANY, 1);
        }
    wire_read(&w);
    wire_rests(w.requests);
    /* All of it, each key once. */
    ck_assert_uint_eq(w.count, 3 * MARKETS);
    for (int i = 0; i < 3 * MARKETS; i++) {
        char key[48];
        snprintf(key, sizeof key, "%s %.23s", upbit_type_name(burst_types[i / MARKETS]),
                 krw[i % MARKETS]);
        size_t at = 0;
        while (at < w.count && strcmp(w.keys[at], key) != 0)
            at++;
        ck_assert_msg(at < w.count, "%s is not in the request", key);
    }
    for (size_t i = 1; i < w.count; i++)
        ck_assert_str_ne(w.keys[i], w.keys[i - 1]);
    /* Four fifths of 5 a second, and never more than the exchange allows. */
    ck_assert_uint_le(w.in_a_second, 4);
    ck_assert_uint_le(w.messages, 4 * (1 + (size_t)(w.last_ms - w.first_ms) / 1000));
    ck_assert_uint_eq(stage_stats().requests_sent, w.requests);
    no_violation();
    stage_close();
}
END_TEST

START_TEST(scenario_05_partial_release)
{
    open_lively();
    tape *a = tape_open("a"), *b = tape_open("b"), *c = tape_open("c");
    tape_want(a, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 0);
    tape_want(b, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-XRP", 0);
    tape_want(c, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    size_t requests =
        wire_wait("orderbook KRW-BTC, ticker KRW-BTC, ticker KRW-ETH, ticker KRW-XRP");
    tape_wait(a, 0, UPBIT_TYPE_TICKER, "KRW-ETH", UPBIT_STREAM_REALTIME, 1);
    tape_wait(b, 0, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    tape_wait(b, 0, UPBIT_TYPE_TICKER, "KRW-XRP", UPBIT_STREAM_REALTIME, 1);
    tape_wait(c, 0, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    size_t at_b = b->count, at_c = c->count;
    tape_close(a);
    ck_assert_uint_eq(wire_wait("orderbook KRW-BTC, ticker KRW-BTC, ticker KRW-XRP"), requests + 1);
    wire_rests(requests + 1);
    tape_wait(b, at_b, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 10);
    oracle_hush();
    tape_undisturbed(b, at_b);
    tape_undisturbed(c, at_c);
    tape_only(b, 0, "ticker KRW-BTC, ticker KRW-XRP");
    tape_only(c, 0, "orderbook KRW-BTC");
    oracle_whole(b, UPBIT_TYPE_TICKER, "KRW-BTC");
    oracle_whole(b, UPBIT_TYPE_TICKER, "KRW-XRP");
    oracle_whole(c, UPBIT_TYPE_ORDERBOOK, "KRW-BTC");
    ck_assert_uint_eq(stage_stats().connects, 1);
    no_violation();
    stage_close();
}
END_TEST

START_TEST(scenario_06_nested_overlap)
{
    open_lively();
    tape *a = tape_open("a"), *b = tape_open("b"), *c = tape_open("c");
    tape_want(a, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 0);
    tape_want(a, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    tape_want(b, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-XRP", 0);
    tape_want(b, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    tape_want(c, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-ADA", 0);
    tape_want(c, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", 0);
    size_t requests = wire_wait("orderbook KRW-BTC, orderbook KRW-ETH, ticker KRW-ADA, "
                                "ticker KRW-BTC, ticker KRW-ETH, ticker KRW-XRP, trade KRW-BTC");
    static const struct held {
        int widget, type;
        const char *code;
    } held[] = {{0, UPBIT_TYPE_TICKER, "KRW-BTC"},    {0, UPBIT_TYPE_TICKER, "KRW-ETH"},
                {0, UPBIT_TYPE_ORDERBOOK, "KRW-BTC"}, {2, UPBIT_TYPE_TICKER, "KRW-ETH"},
                {2, UPBIT_TYPE_TICKER, "KRW-ADA"},    {2, UPBIT_TYPE_ORDERBOOK, "KRW-ETH"}};
    tape *const widgets[] = {a, b, c};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        tape_wait(widgets[held[i].widget], 0, held[i].type, held[i].code, UPBIT_STREAM_REALTIME, 1);
    tape_wait(b, 0, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    size_t at_a = a->count, at_c = c->count;
    tape_close(b);
    ck_assert_uint_eq(wire_wait("orderbook KRW-BTC, orderbook KRW-ETH, ticker KRW-ADA, "
                                "ticker KRW-BTC, ticker KRW-ETH"),
                      requests + 1);
    wire_rests(requests + 1);
    tape_wait(a, at_a, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 10);
    oracle_hush();
    tape_undisturbed(a, at_a);
    tape_undisturbed(c, at_c);
    tape_only(a, 0, "ticker KRW-BTC, ticker KRW-ETH, orderbook KRW-BTC");
    tape_only(c, 0, "ticker KRW-ETH, ticker KRW-ADA, orderbook KRW-ETH");
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        oracle_whole(widgets[held[i].widget], held[i].type, held[i].code);
    ck_assert_uint_eq(stage_stats().connects, 1);
    no_violation();
    stage_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenarios requests");
    TCase *tests = tcase_create("requests");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, scenario_01_chart_view_opens);
    tcase_add_test(tests, scenario_04_burst_of_five_widgets_is_one_request);
    tcase_add_loop_test(tests, scenario_04_burst_of_a_hundred_widgets_is_the_union, 0, 2);
    tcase_add_test(tests, scenario_05_partial_release);
    tcase_add_test(tests, scenario_06_nested_overlap);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
