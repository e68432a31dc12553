/* A lossless consumer that slept through more than its lane holds: it is told what it lost and how
 * things stand, though not one message more comes from the exchange. */
#include <string.h>
#include <time.h>

#include "support/check_main.h"
#include "support/stream.h"

#define CODES "KRW-BTC,KRW-ETH,KRW-XRP"

static mock exchange;
static upbit_manager *manager;

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "10", "--rate", "3000", NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, NULL);
}

static void teardown(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

struct account {
    uint64_t expected; /* the next number */
    uint64_t missing;
    int overflows, cached;
};

/* Every number is either delivered or in exactly one GAP. */
static void take_all(upbit_proxy *p, int type, struct account *a)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit_proxy_next(p, &d) == 1) {
        const upbit_gap *gap = upbit_event_gap(d.event);
        a->overflows += d.event->type == UPBIT_TYPE_OVERFLOW;
        if (gap != NULL) {
            ck_assert_uint_eq(gap->first, a->expected);
            a->expected = gap->last + 1;
            a->missing += gap->count;
        } else if (d.event->type == type) {
            ck_assert_uint_eq(d.number, a->expected);
            a->expected++;
            a->cached += d.event->origin == UPBIT_ORIGIN_CACHE;
        }
        upbit_event_unref(d.event);
    }
}

static void sleep_through(int type, uint32_t messages, uint64_t lost)
{
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.policy = UPBIT_POLICY_LOSSLESS;
    options.queue_messages = messages;
    upbit_proxy *slow = stream_proxy(manager, "slow", &options);
    upbit_proxy *quick = stream_proxy(manager, "quick", NULL);
    stream_want(slow, upbit_proxy_subscribe, type, CODES, 0);
    stream_want(quick, upbit_proxy_subscribe, type, CODES, 0);
    upbit_proxy_stats s;
    for (double end = stream_now() + 10; stream_now() < end; wait_ms(10)) {
        upbit_proxy_get_stats(slow, &s, sizeof s);
        if (s.dropped > lost)
            break;
    }
    ck_assert_uint_gt(s.dropped, lost);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=1", ""), 200);
    wait_ms(100);
    struct account a = {.expected = 1};
    take_all(slow, type, &a);
    ck_assert_int_eq(a.overflows, 1);
    for (double end = stream_now() + 5; stream_now() < end && a.cached < 3; wait_ms(10))
        take_all(slow, type, &a);
    ck_assert_int_eq(a.cached, 3);
    upbit_proxy_get_stats(slow, &s, sizeof s);
    ck_assert_uint_eq(a.missing, s.dropped);
    /* And on it goes without another hole. */
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=0", ""), 200);
    uint64_t before = a.expected;
    for (double end = stream_now() + 5; stream_now() < end && a.expected < before + 5; wait_ms(2))
        take_all(slow, type, &a);
    ck_assert_uint_ge(a.expected, before + 5);
    upbit_proxy_close(slow);
    upbit_proxy_close(quick);
}

START_TEST(trades)
{
    sleep_through(UPBIT_TYPE_TRADE, 32, 20);
}
END_TEST

START_TEST(tickers)
{
    sleep_through(UPBIT_TYPE_TICKER, 32, 20);
}
END_TEST

START_TEST(order_books)
{
    sleep_through(UPBIT_TYPE_ORDERBOOK, 32, 20);
}
END_TEST

START_TEST(candles)
{
    /* One a second and market, and fewer places than markets: told in rounds. */
    sleep_through(UPBIT_TYPE_CANDLE, 4, 2);
}
END_TEST

/* Each round needs the consumer to be looked at again. */
START_TEST(many_markets_and_few_places)
{
    static const char codes[] = "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,BTC-ETH,BTC-XRP,BTC-SOL,BTC-DOGE,"
                                "USDT-BTC,USDT-ETH";
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.policy = UPBIT_POLICY_LOSSLESS;
    options.queue_messages = 2;
    upbit_proxy *slow = stream_proxy(manager, "slow", &options);
    upbit_proxy *quick = stream_proxy(manager, "quick", NULL);
    stream_want(slow, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, codes, 0);
    stream_want(quick, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, codes, 0);
    upbit_proxy_stats s;
    for (double end = stream_now() + 10; stream_now() < end; wait_ms(10)) {
        upbit_proxy_get_stats(slow, &s, sizeof s);
        if (s.dropped > 100)
            break;
    }
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=1", ""), 200);
    wait_ms(100);
    struct account a = {.expected = 1};
    double end = stream_now() + 5;
    for (; stream_now() < end && a.cached < 10; wait_ms(2))
        take_all(slow, UPBIT_TYPE_ORDERBOOK, &a);
    ck_assert_int_eq(a.cached, 10);
    upbit_proxy_close(slow);
    upbit_proxy_close(quick);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client overflow");
    TCase *tests = tcase_create("overflow");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, trades);
    tcase_add_test(tests, tickers);
    tcase_add_test(tests, order_books);
    tcase_add_test(tests, candles);
    tcase_add_test(tests, many_markets_and_few_places);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
