/* Lives and ends: managers, proxies and waiters in any order, from any thread, in a forked child.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/leave.h"
#include "support/stream.h"

static mock exchange;

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "500", NULL};
    mock_start(&exchange, arguments);
}

static void teardown(void)
{
    mock_stop(&exchange);
}

static void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

START_TEST(bad_calls_are_refused_at_once)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = NULL, *q = NULL;
    ck_assert_int_eq(upbit_proxy_open(&p, m, "", NULL), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_proxy_open(&p, m, "has space", NULL), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "client_id"));
    ck_assert_int_eq(upbit_proxy_open(&p, m, "chart_btc", NULL), 0);
    ck_assert_int_eq(upbit_proxy_open(&q, m, "chart_btc", NULL), UPBIT_ERROR_DUPLICATE_CLIENT_ID);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "chart_btc"));
    upbit_proxy_close(p);
    ck_assert_int_eq(upbit_proxy_open(&p, m, "chart_btc", NULL), 0); /* free again */
    upbit_want want = UPBIT_WANT_INIT;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    want.type = UPBIT_TYPE_TICKER;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "krw-btc", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "krw-btc"));
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    want.book_depth = 5;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 31;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    want = (upbit_want)UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_CANDLE;
    want.candle_unit = 7;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    want = (upbit_want)UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_MY_ASSET;
    ck_assert_int_eq(upbit_proxy_subscribe(p, &want, 9), 0);
    ck_assert_int_eq(stream_reply(p, 9, 5), UPBIT_ERROR_UNAVAILABLE); /* no keys */
    ck_assert_int_eq(upbit_proxy_is_private_available(p), UPBIT_ERROR_UNAVAILABLE);
    want.struct_size = 0;
    ck_assert_int_eq(upbit_proxy_subscribe(p, &want, 0), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_proxy_subscribe(NULL, &want, 0), UPBIT_ERROR_INVALID_ARGUMENT);
    upbit_proxy_close(p);
    upbit_proxy_close(NULL);
    upbit_manager_release(m);
    upbit_manager_release(NULL);
}
END_TEST

START_TEST(a_proxy_outlives_its_manager)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "survivor", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    const upbit_event *kept = stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(kept);
    upbit_manager_release(m);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_CLOSED, NULL, 2);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    ck_assert_int_eq(upbit_proxy_next(p, &d), UPBIT_ERROR_CLOSED);
    struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
    ck_assert_int_eq(poll(&fd, 1, 0), 1); /* readable for ever */
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0),
                     UPBIT_ERROR_CLOSED);
    upbit_proxy_stats s;
    ck_assert_int_eq(upbit_proxy_get_stats(p, &s, sizeof s), 0);
    upbit_proxy_close(p);
    ck_assert_str_eq(kept->code, "KRW-BTC"); /* events outlive both */
    upbit_event_unref(kept);
}
END_TEST

static uint64_t memory_of(upbit_manager *m)
{
    upbit_stats stats;
    upbit_manager_get_stats(m, &stats, sizeof stats);
    return stats.memory_bytes;
}

/* Nothing is allocated any more when the stream rests: what is given back counts all the same. */
START_TEST(what_is_given_back_at_rest_is_no_memory_in_use)
{
    enum { HELD = 50 };
    const upbit_event *held[HELD];
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "hoarder", NULL);
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH", 1),
                     0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    for (int i = 0; i < HELD; i++) {
        held[i] = stream_event(p, UPBIT_TYPE_TRADE, NULL, 10);
        ck_assert_ptr_nonnull(held[i]);
    }
    ck_assert_int_eq(upbit_proxy_unsubscribe_all(p, 2), 0);
    ck_assert_int_eq(stream_reply(p, 2, 5), 0); /* nothing else waits in the queue */
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=1", ""), 200);
    wait_ms(300); /* what was on its way has come */
    uint64_t full = memory_of(m);
    ck_assert_uint_ge(full, HELD * sizeof(upbit_trade));
    for (int i = 0; i < HELD; i++)
        upbit_event_unref(held[i]);
    upbit_proxy_close(p); /* a command is an occasion to look */
    for (int i = 0; i < 500 && memory_of(m) > full - HELD * sizeof(upbit_trade); i++)
        wait_ms(10);
    ck_assert_uint_le(memory_of(m), full - HELD * sizeof(upbit_trade));
    upbit_manager_release(m);
}
END_TEST

START_TEST(shutdown_is_bounded_and_repeatable)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "bounded", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TICKER, NULL, 5));
    if (_i == 1)
        mock_pause(&exchange); /* nobody answers the close frame */
    double start = stream_now();
    upbit_manager_shutdown(m, 300);
    ck_assert_double_lt(stream_now() - start, 3.0);
    ck_assert_int_eq(upbit_manager_shutdown(m, 300), 0);
    upbit_proxy *q = NULL;
    ck_assert_int_eq(upbit_proxy_open(&q, m, "too_late", NULL), UPBIT_ERROR_CLOSED);
    upbit_health h;
    ck_assert_int_eq(upbit_manager_get_health(m, &h, sizeof h), 0);
    ck_assert_int_eq(h.level, UPBIT_HEALTH_CRITICAL);
    upbit_manager_release(m);
    upbit_proxy_close(p);
    if (_i == 1)
        mock_resume(&exchange);
}
END_TEST

START_TEST(the_default_manager_needs_nothing)
{
    setenv("UPBIT_URL", exchange.url, 1);
    upbit_proxy *p = NULL;
    ck_assert_int_eq(upbit_proxy_open(&p, NULL, "chart_btc", NULL), 0);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_manager *m = NULL, *again = NULL;
    ck_assert_int_eq(upbit_manager_default(&m), 0);
    ck_assert_int_eq(upbit_manager_default(&again), 0);
    ck_assert_ptr_eq(m, again);
    upbit_manager_request_stop(); /* as a signal handler would */
    e = stream_event(p, UPBIT_TYPE_CLOSED, NULL, 2);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(p);
    ck_assert_int_eq(upbit_proxy_open(&p, NULL, "chart_btc", NULL), 0); /* a new one */
    ck_assert(stream_is_live(p, 5));
    upbit_proxy_close(p);
    upbit_manager_default(&m);
    ck_assert_int_eq(upbit_manager_shutdown(m, 0), 0);
    unsetenv("UPBIT_URL");
}
END_TEST

START_TEST(a_forked_child_is_told_and_harms_nobody)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "parent", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TICKER, NULL, 5));
    pid_t child = fork();
    if (child == 0) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        upbit_proxy *q = NULL;
        int wrong = 0;
        wrong += upbit_proxy_next(p, &d) != UPBIT_ERROR_ILLEGAL_STATE;
        wrong += stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-ETH", 0) !=
                 UPBIT_ERROR_ILLEGAL_STATE;
        wrong += upbit_proxy_open(&q, m, "child", NULL) != UPBIT_ERROR_ILLEGAL_STATE;
        wrong += upbit_manager_shutdown(m, 0) != UPBIT_ERROR_ILLEGAL_STATE;
        upbit_proxy_close(p);
        upbit_manager_release(m);
        leave(wrong);
    }
    int status = -1;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TICKER, NULL, 5);
    ck_assert_ptr_nonnull(e); /* the parent goes on */
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

START_TEST(one_waiter_serves_many_proxies)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_waiter *w = NULL;
    ck_assert_int_eq(upbit_waiter_create(&w), 0);
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.waiter = w;
    upbit_proxy *p[20];
    bool got[20] = {false};
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "shared_%d", i);
        o.user_data = &got[i];
        p[i] = stream_proxy(m, id, &o);
        ck_assert_int_eq(upbit_proxy_fd(p[i]), -1);
        stream_want(p[i], upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    }
    double end = stream_now() + 8;
    int left = 20;
    while (left > 0 && stream_now() < end) {
        struct pollfd fd = {upbit_waiter_fd(w), POLLIN, 0};
        poll(&fd, 1, 200);
        upbit_proxy *from = NULL;
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_waiter_next(w, &from, &d) == 1) {
            bool *mine = upbit_proxy_user_data(from);
            if (d.event->type == UPBIT_TYPE_ORDERBOOK && !*mine) {
                *mine = true;
                left--;
            }
            upbit_event_unref(d.event);
        }
    }
    ck_assert_int_eq(left, 0);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    ck_assert_int_eq(upbit_proxy_next(p[0], &d), UPBIT_ERROR_ILLEGAL_STATE);
    for (int i = 0; i < 20; i++) /* some before, some after the manager and the waiter */
        if (i % 2 == 0)
            upbit_proxy_close(p[i]);
    upbit_manager_release(m);
    for (int i = 0; i < 20; i++)
        if (i % 4 == 1)
            upbit_proxy_close(p[i]);
    upbit_waiter_destroy(w);
    for (int i = 0; i < 20; i++)
        if (i % 4 == 3)
            upbit_proxy_close(p[i]);
}
END_TEST

static _Atomic int rung;

static void ring(void *context)
{
    (void)context;
    atomic_fetch_add(&rung, 1);
}

START_TEST(a_wakeup_function_is_called_and_can_be_taken_back)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "callback", NULL);
    upbit_proxy_set_wakeup(p, ring, NULL);
    ck_assert_int_ge(atomic_load(&rung), 1); /* at once */
    ck_assert_int_eq(upbit_proxy_fd(p), -1);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int tickers = 0, before = 0;
    for (double end = stream_now() + 5; tickers < 3 && stream_now() < end; wait_ms(5)) {
        if (atomic_load(&rung) == before)
            continue;
        before = atomic_load(&rung);
        while (upbit_proxy_next(p, &d) == 1) {
            tickers += d.event->type == UPBIT_TYPE_TICKER;
            upbit_event_unref(d.event);
        }
    }
    ck_assert_int_ge(tickers, 3);
    upbit_proxy_set_wakeup(p, NULL, NULL);
    int after = atomic_load(&rung);
    wait_ms(150);
    ck_assert_int_eq(atomic_load(&rung), after);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TICKER, NULL, 5); /* the descriptor is back */
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

struct churn {
    upbit_manager *manager;
    int number;
};

/* Opens, wants, takes a little, closes; beside others that do the same. */
static void *churn(void *argument)
{
    const struct churn *c = argument;
    static const char *const codes[] = {"KRW-BTC", "KRW-ETH,KRW-XRP", "KRW-BTC,KRW-SOL"};
    for (int i = 0; i < 60; i++) {
        char id[32];
        snprintf(id, sizeof id, "churn_%d_%d", c->number, i);
        upbit_proxy *p = NULL;
        if (upbit_proxy_open(&p, c->manager, id, NULL) != 0)
            return argument;
        int type = UPBIT_TYPE_TICKER + i % 3;
        stream_want(p, upbit_proxy_subscribe, type, codes[i % 3], 1);
        stream_want(p, upbit_proxy_replace, type, codes[(i + 1) % 3], 2);
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        for (int n = 0; n < 50 && upbit_proxy_next(p, &d) == 1; n++)
            upbit_event_unref(d.event);
        if (i % 2 == 0)
            stream_want(p, upbit_proxy_unsubscribe, type, codes[i % 3], 3);
        if (i % 5 == 0)
            wait_ms(2);
        upbit_proxy_close(p);
    }
    return NULL;
}

START_TEST(threads_open_and_close_while_data_flows)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *steady = stream_proxy(m, "steady", NULL);
    stream_want(steady, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    pthread_t threads[4];
    struct churn c[4];
    for (int i = 0; i < 4; i++) {
        c[i] = (struct churn){m, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, &c[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    const upbit_event *e = stream_event(steady, UPBIT_TYPE_ORDERBOOK, NULL, 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_stats s;
    for (int i = 0; i < 100; i++, wait_ms(10)) {
        upbit_manager_get_stats(m, &s, sizeof s);
        if (s.proxies == 1 && s.keys == 1)
            break;
    }
    ck_assert_uint_eq(s.proxies, 1);
    ck_assert_uint_eq(s.keys, 1);
    ck_assert_uint_eq(s.exchange_errors, 0);
    upbit_proxy_close(steady);
    upbit_manager_release(m);
}
END_TEST

static void no_server(upbit_options *o)
{
    o->url = "ws://127.0.0.1:9/websocket/v1"; /* discard: nobody listens */
}

START_TEST(no_server_is_told_and_shutdown_does_not_wait_for_one)
{
    upbit_manager *m = stream_manager(&exchange, no_server);
    upbit_proxy *p = stream_proxy(m, "lonely", NULL);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ERROR, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_CONNECT);
    upbit_event_unref(e);
    /* The market list cannot be had either: a code that may not exist passes. */
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-WHATEVER", 4);
    ck_assert_int_eq(stream_reply(p, 4, 5), 0);
    double start = stream_now();
    upbit_manager_release(m);
    ck_assert_double_lt(stream_now() - start, 3.0);
    upbit_proxy_close(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client lifecycle");
    TCase *tests = tcase_create("lifecycle");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bad_calls_are_refused_at_once);
    tcase_add_test(tests, a_proxy_outlives_its_manager);
    tcase_add_test(tests, what_is_given_back_at_rest_is_no_memory_in_use);
    tcase_add_loop_test(tests, shutdown_is_bounded_and_repeatable, 0, 2);
    tcase_add_test(tests, the_default_manager_needs_nothing);
    tcase_add_test(tests, a_forked_child_is_told_and_harms_nobody);
    tcase_add_test(tests, one_waiter_serves_many_proxies);
    tcase_add_test(tests, a_wakeup_function_is_called_and_can_be_taken_back);
    tcase_add_test(tests, threads_open_and_close_while_data_flows);
    tcase_add_test(tests, no_server_is_told_and_shutdown_does_not_wait_for_one);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
