/* Verification: what the exchange holds is compared with what was requested, and repaired. */
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "puppet.h"
#include "support/check_main.h"

static puppet exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;

static _Atomic int64_t ahead; /* the library's clocks run ahead by this, without a sleep */

static int64_t shifted(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec + atomic_load(&ahead);
}

static int64_t monotonic(void)
{
    return shifted(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return shifted(CLOCK_BOOTTIME);
}

static int64_t wall(void)
{
    return shifted(CLOCK_REALTIME);
}

static void often(upbit_options *o)
{
    o->monitor_ms = 100;
}

static void want(stream_command *command, int type, const char *codes)
{
    ck_assert_int_eq(stream_want(proxy, command, type, codes, 1), 0);
    ck_assert_int_eq(stream_reply(proxy, 1, 5), 0);
}

static void expect_trade(const char *code)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TRADE, code, 8);
    ck_assert_msg(e != NULL, "no trade of %s", code);
    upbit_event_unref(e);
}

static void open_manager(void (*change)(upbit_options *options))
{
    manager = puppet_manager(&exchange, change);
    proxy = stream_proxy(manager, "verified", NULL);
}

static void setup(void)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    atomic_store(&ahead, 0);
    upbit__clock_set(&clocks);
    puppet_start(&exchange);
}

static void teardown(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    puppet_stop(&exchange);
    upbit__clock_set(NULL);
}

static upbit_stats stats(void)
{
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    return s;
}

static void doze(double seconds)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_RAW, NULL, seconds); /* never comes */
    ck_assert_ptr_null(e);
}

/* So many answers have come, of which all were compared. */
static void expect_lists(int least)
{
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.lists, least, 5), least);
    doze(0.1);
}

START_TEST(a_request_is_verified_once)
{
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH");
    expect_trade("KRW-ETH");
    expect_lists(1);
    puppet_lock(&exchange);
    bool in_running_format = strstr(exchange.last_list, "\"format\":\"SIMPLE\"") != NULL;
    puppet_unlock(&exchange);
    ck_assert(in_running_format);
    doze(0.5);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1); /* nothing new: no reason */
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-XRP");
    expect_lists(2);
    ck_assert_uint_eq(stats().verifications, 2);
    ck_assert_uint_eq(stats().repairs, 0);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.requests), 2);
}
END_TEST

START_TEST(what_is_missing_is_requested_again)
{
    puppet_word(&exchange, exchange.forgotten, "KRW-ETH");
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH");
    ck_assert_int_eq(puppet_wait(&exchange, &exchange.requests, 2, 5), 2);
    ck_assert(puppet_asked(&exchange, "\"KRW-BTC\",\"KRW-ETH\""));
    expect_lists(2); /* and looked at again */
    doze(0.5);
    ck_assert_uint_eq(stats().repairs, 1);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.requests), 2);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 2);
}
END_TEST

START_TEST(what_is_too_much_is_requested_away)
{
    puppet_word(&exchange, exchange.extra, "KRW-XRP");
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    ck_assert_int_eq(puppet_wait(&exchange, &exchange.requests, 2, 5), 2);
    puppet_word(&exchange, exchange.extra, "");
    ck_assert_uint_eq(stats().repairs, 1);
}
END_TEST

static int warnings;

static void count_warnings(void *context, int level, const char *module, const char *line)
{
    (void)context;
    (void)module;
    warnings += level == UPBIT_LOG_WARNING && strstr(line, "other subscriptions") != NULL;
}

/* The library's clock goes on by this much, and it looks at it. */
static void pass(double seconds)
{
    atomic_fetch_add(&ahead, (int64_t)(seconds * 1e9));
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC"); /* changes nothing, but wakes it */
    doze(0.15);
}

static void each_second(upbit_options *o)
{
    o->monitor_ms = 1000;
    o->log = count_warnings;
}

START_TEST(what_cannot_be_repaired_is_tried_ever_less_often)
{
    warnings = 0;
    puppet_word(&exchange, exchange.forgotten, "KRW-ETH");
    puppet_say(&exchange, stubborn, true);
    open_manager(each_second);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH");
    expect_trade("KRW-ETH");
    for (int i = 0; i < 10; i++)
        pass(2);
    ck_assert_int_ge(puppet_count(&exchange, &exchange.lists),
                     8); /* it is looked at all the time */
    ck_assert_uint_ge(stats().repairs, 3);
    ck_assert_uint_le(stats().repairs, 5); /* after 0, 1, 3, 7, 15 s */
    upbit_proxy_close(proxy);
    proxy = NULL;
    upbit_manager_shutdown(manager, 0);
    ck_assert_int_eq(warnings, 1);
}
END_TEST

static void after_a_second(upbit_options *o)
{
    o->monitor_ms = 1000;
}

START_TEST(half_of_the_budget_is_left_to_wants)
{
    static const char *const codes[] = {"KRW-AA", "KRW-BB", "KRW-CC", "KRW-DD"};
    open_manager(after_a_second);
    double begin = stream_now(), second = 0;
    for (int i = 0; i < 4; i++) {
        want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes[i]);
        ck_assert_int_eq(puppet_wait(&exchange, &exchange.requests, i + 1, 5), i + 1);
        if (i == 1)
            second = stream_now();
    }
    bool in_time = stream_now() - begin < 0.9; /* else the looks may have come in between */
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.lists, 1, 5), 1);
    if (in_time) /* three of five are free when the second request's grant is back */
        ck_assert(stream_now() - second > 1.05);
}
END_TEST

START_TEST(one_time_snapshots_are_nobodys_subscription)
{
    upbit_want once = UPBIT_WANT_INIT;
    once.type = UPBIT_TYPE_TRADE;
    once.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    expect_lists(1);
    ck_assert_int_eq(stream_want_full(proxy, upbit_proxy_subscribe, once, "KRW-ETH", 0), 0);
    expect_trade("KRW-ETH");
    expect_lists(2);
    ck_assert(puppet_asked(&exchange, "KRW-ETH"));              /* the list names it */
    want(upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-BTC"); /* a ticker in its place */
    expect_lists(3);
    ck_assert(puppet_asked(&exchange, "ticker"));
    ck_assert_uint_eq(stats().repairs, 0);
}
END_TEST

START_TEST(only_the_answer_to_our_question_counts)
{
    puppet_word(&exchange, exchange.forgotten, "KRW-ETH");
    puppet_say(&exchange, list, PUPPET_OTHER_TICKET);
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH");
    expect_lists(1);
    doze(0.4);
    ck_assert_uint_eq(stats().repairs, 0);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1); /* it still waits */
}
END_TEST

START_TEST(an_answer_about_an_older_set_does_not_count)
{
    puppet_say(&exchange, list, PUPPET_LATE);
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    expect_lists(1);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ETH"); /* answered now, without it */
    puppet_say(&exchange, list, PUPPET_TRUE);
    expect_trade("KRW-ETH");
    expect_lists(2);
    ck_assert_uint_eq(stats().repairs, 0);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.requests), 2);
}
END_TEST

static void quiet_soon(upbit_options *o)
{
    o->no_data_ms = 150;
}

START_TEST(a_key_without_data_is_a_reason_to_look_at_once)
{
    puppet_word(&exchange, exchange.silent, "KRW-ETH");
    puppet_word(&exchange, exchange.forgotten, "KRW-ETH");
    open_manager(quiet_soon);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH");
    expect_trade("KRW-BTC");
    expect_lists(1); /* long before the monitor's 30 s */
    ck_assert_int_eq(puppet_wait(&exchange, &exchange.requests, 2, 5), 2);
    ck_assert_uint_eq(stats().repairs, 1);
    puppet_word(&exchange, exchange.silent, "KRW-XRP");
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ADA,KRW-XRP");
    expect_trade("KRW-ADA"); /* nothing but the distance between questions speaks against one */
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_NO_DATA, "KRW-XRP", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    pass(2); /* the budget is full again, but the last question was less than 5 s ago */
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1); /* not one for each key */
    pass(4);
    expect_lists(2);
}
END_TEST

START_TEST(who_does_not_answer_is_asked_no_more_on_this_connection)
{
    puppet_say(&exchange, list, PUPPET_MUTE);
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    expect_lists(1);
    atomic_store(&ahead, 6 * UPBIT__SECOND);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ETH");
    doze(0.5);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.connections), 1); /* no harm done */
    shutdown(atomic_load(&exchange.server.current), SHUT_RDWR);
    ck_assert_int_eq(puppet_wait(&exchange, &exchange.connections, 2, 5), 2);
    expect_lists(2);
}
END_TEST

START_TEST(who_refuses_the_question_is_never_asked_again)
{
    puppet_say(&exchange, list, PUPPET_REFUSE);
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    expect_trade("KRW-BTC");
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.requests, 2, 5), 2);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1);
    expect_trade("KRW-BTC");
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 0.6);
    ck_assert_ptr_null(e); /* it was nobody's want */
    ck_assert_int_eq(puppet_count(&exchange, &exchange.lists), 1);
    ck_assert_int_eq(puppet_count(&exchange, &exchange.connections), 2);
    ck_assert(puppet_asked(&exchange, "KRW-BTC"));
}
END_TEST

START_TEST(rates_pass_and_it_is_asked_again)
{
    puppet_say(&exchange, list, PUPPET_REFUSE);
    puppet_word(&exchange, exchange.error, "TOO_MANY_REQUEST");
    open_manager(often);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC");
    expect_lists(1);
    puppet_say(&exchange, list, PUPPET_TRUE);
    expect_lists(2);
}
END_TEST

static int format;

static void often_in_format(upbit_options *o)
{
    o->monitor_ms = 100;
    o->format = format;
}

/* Another implementation of the other side: suffixes, levels, candles, all formats. */
START_TEST(every_kind_of_want_is_found_in_the_list)
{
    static const char *const arguments[] = {"--codes", "20", "--rate", "500", "--seed", "7", NULL};
    mock real;
    format = _i;
    mock_start(&real, arguments);
    manager = stream_manager(&real, often_in_format);
    proxy = stream_proxy(manager, "verified", NULL);
    upbit_want book = UPBIT_WANT_INIT, level = UPBIT_WANT_INIT;
    book.type = level.type = UPBIT_TYPE_ORDERBOOK;
    book.book_depth = 5;
    upbit_decimal_parse(&level.book_level, "10000", 5);
    want(upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH");
    want(upbit_proxy_subscribe, UPBIT_TYPE_CANDLE, "KRW-BTC");
    ck_assert_int_eq(stream_want_full(proxy, upbit_proxy_subscribe, book, "KRW-BTC", 0), 0);
    ck_assert_int_eq(stream_want_full(proxy, upbit_proxy_subscribe, level, "KRW-BTC", 0), 0);
    for (int i = 0; i < 100 && stats().verifications < 1; i++)
        doze(0.05);
    doze(0.2);
    ck_assert_uint_ge(stats().verifications, 1);
    ck_assert_uint_eq(stats().repairs, 0);
    ck_assert_uint_eq(stats().decode_errors, 0);
    mock_stop(&real);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client verify");
    TCase *tests = tcase_create("verify");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_request_is_verified_once);
    tcase_add_test(tests, what_is_missing_is_requested_again);
    tcase_add_test(tests, what_is_too_much_is_requested_away);
    tcase_add_test(tests, what_cannot_be_repaired_is_tried_ever_less_often);
    tcase_add_test(tests, half_of_the_budget_is_left_to_wants);
    tcase_add_test(tests, one_time_snapshots_are_nobodys_subscription);
    tcase_add_test(tests, only_the_answer_to_our_question_counts);
    tcase_add_test(tests, an_answer_about_an_older_set_does_not_count);
    tcase_add_test(tests, a_key_without_data_is_a_reason_to_look_at_once);
    tcase_add_test(tests, who_does_not_answer_is_asked_no_more_on_this_connection);
    tcase_add_test(tests, who_refuses_the_question_is_never_asked_again);
    tcase_add_test(tests, rates_pass_and_it_is_asked_again);
    tcase_add_loop_test(tests, every_kind_of_want_is_found_in_the_list, UPBIT_FORMAT_DEFAULT,
                        UPBIT_FORMAT_SIMPLE_LIST + 1);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
