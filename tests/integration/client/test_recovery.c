/* What goes wrong with the connection: told once, recovered by itself, nobody else disturbed. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "support/check_main.h"
#include "support/stream.h"

static mock exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;

static void quick_pings(upbit_options *o)
{
    o->ping_interval_ms = 100;
    o->pong_timeout_ms = 200;
    o->message_size_max = 100000;
}

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "500", NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, quick_pings);
    proxy = stream_proxy(manager, "recovery", NULL);
    stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
}

static void teardown(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static bool of_epoch(const upbit_event *e, const void *context)
{
    return e->type == UPBIT_TYPE_TICKER && e->epoch >= *(const uint32_t *)context;
}

static bool data_or_error(const upbit_event *e, const void *context)
{
    return e->type == UPBIT_TYPE_ERROR || of_epoch(e, context);
}

/* The stream is back, by a connection of at least this epoch. */
static void expect_data_of_epoch(uint32_t epoch)
{
    const upbit_event *e = stream_until(proxy, of_epoch, &epoch, 8, NULL);
    ck_assert_msg(e != NULL, "no data of epoch %u", epoch);
    upbit_event_unref(e);
}

static void expect_error(int error)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 8);
    ck_assert_ptr_nonnull(e);
    ck_assert_msg(upbit_event_error(e)->error == error, "%s: %s",
                  upbit_error_name(upbit_event_error(e)->error), upbit_event_error(e)->message);
    upbit_event_unref(e);
}

static upbit_stats stats(void)
{
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    return s;
}

START_TEST(a_cut_is_told_once_and_healed)
{
    const char *how = _i == 0 ? "/mock/cut?how=rst" : "/mock/cut?how=fin";
    ck_assert_int_eq(mock_call(&exchange, "POST", how, ""), 200);
    expect_error(UPBIT_ERROR_CONNECT);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_EPOCH, NULL, 8);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->epoch, 2);
    upbit_event_unref(e);
    expect_data_of_epoch(2);
    ck_assert_uint_eq(stats().reconnects, 1);
    ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 0.2));
}
END_TEST

START_TEST(a_silent_peer_is_noticed_by_its_missing_pong)
{
    mock_pause(&exchange);
    expect_error(UPBIT_ERROR_TIMEOUT);
    mock_resume(&exchange);
    expect_data_of_epoch(2);
}
END_TEST

START_TEST(pings_are_answered)
{
    for (int i = 0; i < 100 && stats().pongs_received < 3; i++)
        poll(NULL, 0, 20);
    ck_assert_uint_ge(stats().pongs_received, 3);
    ck_assert_uint_eq(stats().reconnects, 0);
}
END_TEST

START_TEST(garbage_is_skipped_and_told_once)
{
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send", "{\"type\":\"ticker\",,,"),
                         200);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send",
                               "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"trade_price\":\"x\"}"),
                     200);
    expect_error(UPBIT_ERROR_DECODE);
    for (int i = 0; i < 100 && stats().decode_errors < 6; i++)
        poll(NULL, 0, 20);
    ck_assert_uint_eq(stats().decode_errors, 6);
    ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 0.2));
    expect_data_of_epoch(1); /* the same connection */
    ck_assert_uint_eq(stats().reconnects, 0);
}
END_TEST

START_TEST(an_error_frame_is_told_with_its_name)
{
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send",
                               "{\"error\":{\"name\":\"INVALID_PARAM\",\"message\":\"no\"}}"),
                     200);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(upbit_event_error(e)->name, "INVALID_PARAM");
    upbit_event_unref(e);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/cut?how=fin", ""), 200);
    expect_data_of_epoch(2);
}
END_TEST

START_TEST(a_giant_message_costs_the_connection_not_the_memory)
{
    static char giant[200001];
    memset(giant, '7', sizeof giant - 1);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send", giant), 200);
    expect_error(UPBIT_ERROR_PROTOCOL);
    expect_data_of_epoch(2);
}
END_TEST

START_TEST(refused_upgrades_are_one_episode)
{
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/refuse?count=3&status=503", ""), 200);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/cut?how=rst", ""), 200);
    expect_error(UPBIT_ERROR_CONNECT);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 8);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_UPGRADE);
    ck_assert_uint_eq(upbit_event_error(e)->http_status, 503);
    upbit_event_unref(e);
    e = stream_until(proxy, data_or_error, &(uint32_t){2}, 8, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->type,
                     UPBIT_TYPE_TICKER); /* the second and third refusal are not told again */
    upbit_event_unref(e);
    ck_assert_uint_eq(stats().connect_failures, 3);
}
END_TEST

START_TEST(a_refused_key_is_told_as_such)
{
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/refuse?count=1&status=401", ""), 200);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/cut?how=rst", ""), 200);
    expect_error(UPBIT_ERROR_CONNECT);
    expect_error(UPBIT_ERROR_AUTH);
    expect_data_of_epoch(2);
}
END_TEST

START_TEST(wants_made_while_down_are_asked_for_when_up)
{
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/refuse?count=2&status=503", ""), 200);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/cut?how=rst", ""), 200);
    expect_error(UPBIT_ERROR_CONNECT);
    stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", 0);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", 8);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
}
END_TEST

START_TEST(no_trade_comes_twice_over_a_reconnect)
{
    int64_t seen[4096];
    size_t count = 0;
    double end = stream_now() + 1.2;
    bool was_cut = false;
    while (stream_now() < end && count < 4096) {
        const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TRADE, "KRW-BTC", 0.1);
        if (e != NULL) {
            int64_t id = upbit_event_trade(e)->sequential_id;
            for (size_t i = 0; i < count; i++)
                ck_assert_msg(seen[i] != id, "trade %lld twice", (long long)id);
            seen[count++] = id;
            upbit_event_unref(e);
        }
        if (!was_cut && stream_now() > end - 0.9) {
            was_cut = true;
            mock_call(&exchange, "POST", "/mock/cut?how=rst", "");
        }
    }
    ck_assert_uint_eq(stats().reconnects, 1);
    ck_assert_uint_gt(count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client recovery");
    TCase *tests = tcase_create("recovery");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_cut_is_told_once_and_healed, 0, 2);
    tcase_add_test(tests, a_silent_peer_is_noticed_by_its_missing_pong);
    tcase_add_test(tests, pings_are_answered);
    tcase_add_test(tests, garbage_is_skipped_and_told_once);
    tcase_add_test(tests, an_error_frame_is_told_with_its_name);
    tcase_add_test(tests, a_giant_message_costs_the_connection_not_the_memory);
    tcase_add_test(tests, refused_upgrades_are_one_episode);
    tcase_add_test(tests, a_refused_key_is_told_as_such);
    tcase_add_test(tests, wants_made_while_down_are_asked_for_when_up);
    tcase_add_test(tests, no_trade_comes_twice_over_a_reconnect);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
