/* Scenarios 7 and 9: public and private together, and tokens that grow old (docs/TESTING.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private_stage.h"
#include "support/check_main.h"
#include "upbit-live/credentials.h"

static const int by_stream = UPBIT_ORIGIN_STREAM, by_rest = UPBIT_ORIGIN_REST;

static widget *open_account(const char *id)
{
    widget *w = widget_open(id, NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    widget_want(w, UPBIT_TYPE_MY_ASSET, "");
    return w;
}

static upbit_stats stats(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s;
}

/* Behind the question that is asked 3 s after the connection: what REST tells from then on would
 * be a second word for what the stream tells. */
static void settle(void)
{
    private_run(3500);
}

static bool is_public(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_TICKER || t->type == UPBIT_TYPE_ORDERBOOK;
}

static bool is_gap(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_GAP;
}

enum { ANY_ORIGIN = -1 };

typedef struct order_state {
    const char *uuid;
    int state, origin;
} order_state;

static bool is_state_of(const told *t, const void *context)
{
    const order_state *o = context;
    return t->type == UPBIT_TYPE_MY_ORDER && t->state == o->state &&
           strcmp(t->uuid, o->uuid) == 0 && (o->origin == ANY_ORIGIN || t->origin == o->origin);
}

static bool is_end(const told *t, const void *origin)
{
    return is_order(t, origin) &&
           (t->state == UPBIT_ORDER_STATE_DONE || t->state == UPBIT_ORDER_STATE_CANCEL);
}

static void place(const char *uuid)
{
    private_order("/mock/order?do=place&code=KRW-BTC&side=bid&type=limit&price=50000000"
                  "&volume=0.001&uuid=%s",
                  uuid);
}

static void wait_available(widget *w, int available, unsigned origin)
{
    upbit_capabilities c;
    double until = stream_now() + 30;
    do {
        private_run(20);
        ck_assert_int_eq(upbit_proxy_get_capabilities(w->proxy, &c, sizeof c), 0);
    } while ((c.orders.available != available || c.assets.available != available ||
              (available == 1 && (c.orders.origin != origin || c.assets.origin != origin))) &&
             stream_now() < until);
    ck_assert_int_eq(c.orders.available, available);
    ck_assert_int_eq(c.assets.available, available);
    ck_assert_int_eq(upbit_proxy_is_private_available(w->proxy), available);
    if (available == 1)
        ck_assert_uint_eq(c.orders.origin, origin);
}

/* One dashboard: orders and balances beside tickers and books, on sockets of their own, and either
 * can fail alone. */
START_TEST(scenario_07_public_and_private_together)
{
    private_open("50", NULL);
    widget *w = open_account("dashboard");
    widget_want(w, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH");
    widget_want(w, UPBIT_TYPE_ORDERBOOK, "KRW-BTC");
    told_wait(w, 0, is_public, NULL, 50);
    told_wait(w, 0, is_order, &by_stream, 20);
    told_wait(w, 0, is_balance, &by_stream, 20);
    ck_assert_uint_ge(told_count(w, 0, is_order, &by_rest), 1); /* how things stood */
    ck_assert_uint_ge(told_count(w, 0, is_balance, &by_rest), 1);
    wait_available(w, 1, UPBIT_ORIGIN_STREAM);
    settle();

    size_t from = w->count; /* the private one alone */
    uint64_t connects = stats().connects, epoch = stats().epoch;
    private_order("/mock/cut?stream=private");
    told_wait(w, from, is_live, NULL, 1);
    told_wait(w, w->count, is_order, &by_stream, 10);
    ck_assert_uint_eq(stats().epoch, epoch);
    ck_assert_uint_eq(stats().connects, connects + 1);
    told_wait(w, from, is_public, NULL, 3);

    from = w->count; /* the public one alone */
    epoch = stats().private_epoch;
    private_order("/mock/cut?stream=public");
    private_run(500);
    told_wait(w, from, is_order, &by_stream, 10);
    told_wait(w, w->count, is_public, NULL, 3);
    ck_assert_uint_eq(told_count(w, from, is_lost, NULL), 0);
    ck_assert_uint_eq(stats().private_epoch, epoch);
    ck_assert_uint_gt(stats().epoch, 1);
    private_close();
}
END_TEST

/* Without keys the public half does not even notice. */
START_TEST(without_keys_public_goes_on)
{
    private_open("50", NULL);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, NULL, NULL), 0);
    widget *w = widget_open("dashboard", NULL);
    widget_want(w, UPBIT_TYPE_TICKER, "KRW-BTC");
    ck_assert_int_eq(stream_want(w->proxy, upbit_proxy_subscribe, UPBIT_TYPE_MY_ORDER, "", 7), 0);
    ck_assert_int_eq(stream_reply(w->proxy, 7, 10), UPBIT_ERROR_UNAVAILABLE);
    told_wait(w, 0, is_public, NULL, 20);
    upbit_capabilities c;
    ck_assert_int_eq(upbit_proxy_get_capabilities(w->proxy, &c, sizeof c), 0);
    ck_assert_int_eq(c.available, UPBIT_ERROR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(c.orders.reason, "UPBIT_ACCESS_KEY"));
    ck_assert_str_eq(c.assets.permission, "view assets");
    ck_assert_uint_eq(stats().rest_failures, 0);

    /* Keys come: what is asked for from now on is had. */
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    widget_want(w, UPBIT_TYPE_MY_ASSET, "");
    told_wait(w, 0, is_order, &by_stream, 5);
    wait_available(w, 1, UPBIT_ORIGIN_STREAM);
    private_close();
}
END_TEST

static void short_life(upbit_options *o)
{
    o->token_life_ms = 300;
    o->limit_strategy = UPBIT_LIMIT_AGGRESSIVE;
}

/* Numbered order events all the while: what the exchange did and what the widget got are the same.
 */
START_TEST(scenario_09_renewal_100_times)
{
    private_open("200", short_life);
    widget *w = open_account("orders");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myAsset\\\"");
    told_wait(w, 0, is_balance, &by_rest, 1); /* how things stood hides what was before */
    uint64_t since = exchange_newest() + 1;
    double until = stream_now() + 120;
    while (stats().renewals < 100 && stream_now() < until)
        private_run(200);
    private_order("/mock/orders?rate=0");
    private_run(1000);
    ck_assert_uint_ge(stats().renewals, 100);
    ck_assert_uint_eq(stats().reconnects, 0);
    ck_assert_uint_gt(compare_with_exchange(w, 0, since), 1000);
    ck_assert_uint_eq(told_count(w, 0, is_error, NULL), 0);
    ck_assert_uint_eq(told_count(w, 0, is_gap, NULL), 0);
    ck_assert_uint_ge(w->at[w->count - 1].epoch, 100);
    private_close();
}
END_TEST

static void life_of_five_seconds(upbit_options *o)
{
    o->token_life_ms = 5000; /* renewed at 4 s, by an overlap of half a second */
}

/* The ids of the open private connections; how many there are. */
static size_t private_connections(long ids[2])
{
    size_t n = 0;
    ck_assert_int_eq(mock_call(&exchange, "GET", "/mock/stats", ""), 200);
    for (const char *at = mock_answer(); (at = strstr(at, "{\"id\":")) != NULL; at++) {
        const char *end = strchr(at + 1, '{'), *open = strstr(at, "\"open\":true");
        const char *stream = strstr(at, "\"stream\":\"private\"");
        if (open != NULL && stream != NULL && (end == NULL || (open < end && stream < end)) &&
            n < 2)
            ids[n++] = strtol(at + 6, NULL, 10);
    }
    return n;
}

/* What the old connection fails to bring while both are open, the next one has held. */
START_TEST(scenario_09_the_old_connection_falls_silent)
{
    private_open("200", life_of_five_seconds);
    widget *w = open_account("orders");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myAsset\\\"");
    told_wait(w, 0, is_balance, &by_rest, 1); /* how things stood hides what was before */
    uint64_t since = exchange_newest() + 1;
    long ids[2] = {0, 0};
    double until = stream_now() + 60;
    while (private_connections(ids) < 2 && stream_now() < until)
        private_run(10);
    private_run(100); /* it has said what it holds */
    ck_assert_uint_eq(stats().renewals, 0);
    private_order("/mock/forget?type=myOrder&id=%ld", ids[0] < ids[1] ? ids[0] : ids[1]);
    while (stats().renewals == 0 && stream_now() < until)
        private_run(10);
    private_order("/mock/orders?rate=0");
    private_run(500);
    ck_assert_uint_eq(stats().renewals, 1);
    ck_assert_uint_gt(compare_with_exchange(w, 0, since), 100);
    ck_assert_uint_eq(told_count(w, 0, is_lost, NULL), 0);
    private_close();
}
END_TEST

/* No connection with a new token is to be had, and then the old one ends: polling takes over, and
 * hands back; an order is told once, whoever told it first. */
START_TEST(scenario_09_renewal_refused)
{
    private_open("0", short_life);
    widget *w = open_account("orders");
    widget_want(w, UPBIT_TYPE_TICKER, "KRW-BTC");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myAsset\\\"");
    place("a0000000-0000-4000-8000-000000000001");
    told_wait(w, 0, is_state_of,
              &(order_state){"a0000000-0000-4000-8000-000000000001", UPBIT_ORDER_STATE_WAIT,
                             UPBIT_ORIGIN_STREAM},
              1);
    settle(); /* it is too old to be found among those closed lately */
    private_run(2000);
    private_order("/mock/refuse?stream=private&count=100000&status=503");
    double until = stream_now() + 20;
    while (stats().renewal_failures < 2 && stream_now() < until)
        private_run(50);
    ck_assert_uint_ge(stats().renewal_failures, 2);
    ck_assert_uint_eq(told_count(w, 0, is_error, NULL), 1); /* once an episode */
    ck_assert_uint_eq(told_count(w, 0, is_lost, NULL), 0);
    wait_available(w, 1, UPBIT_ORIGIN_STREAM);
    size_t from = w->count;
    private_order("/mock/expire?how=close"); /* what the old one did not survive */
    told_wait(w, from, is_lost, NULL, 1);
    wait_available(w, 1, UPBIT_ORIGIN_REST);
    from = w->count;
    place("a0000000-0000-4000-8000-000000000002");
    private_order("/mock/order?do=fill&uuid=a0000000-0000-4000-8000-000000000001");
    told_wait(w, from, is_state_of,
              &(order_state){"a0000000-0000-4000-8000-000000000002", UPBIT_ORDER_STATE_WAIT,
                             UPBIT_ORIGIN_REST},
              1);
    /* It is listed no more: REST was asked how it ended. */
    told_wait(w, from, is_state_of,
              &(order_state){"a0000000-0000-4000-8000-000000000001", UPBIT_ORDER_STATE_DONE,
                             UPBIT_ORIGIN_REST},
              1);
    told_wait(w, from, is_balance, &by_rest, 1);
    /* It came and went between two looks. */
    private_order("/mock/order?do=lives&count=1");
    told_wait(w, from, is_end, &by_rest, 2);
    told_wait(w, from, is_public, NULL, 1);

    private_order("/mock/refuse?stream=private&count=0");
    told_wait(w, from, is_live, NULL, 1);
    wait_available(w, 1, UPBIT_ORIGIN_STREAM);
    settle();
    private_order("/mock/order?do=cancel&uuid=a0000000-0000-4000-8000-000000000002");
    told_wait(w, from, is_state_of,
              &(order_state){"a0000000-0000-4000-8000-000000000002", UPBIT_ORDER_STATE_CANCEL,
                             UPBIT_ORIGIN_STREAM},
              1);
    private_run(300);
    for (int i = 1; i <= 2; i++) {
        char uuid[64];
        snprintf(uuid, sizeof uuid, "a0000000-0000-4000-8000-00000000000%d", i);
        for (int state = UPBIT_ORDER_STATE_WAIT; state <= UPBIT_ORDER_STATE_PREVENTED; state++)
            ck_assert_uint_le(
                told_count(w, 0, is_state_of, &(order_state){uuid, state, ANY_ORIGIN}), 1);
    }
    private_close();
}
END_TEST

/* Keys that are refused are told once, with what to do, and not tried in a storm; other keys are
 * tried at once. */
START_TEST(refused_keys_make_no_storm)
{
    private_open("20", NULL);
    private_order("/mock/auth?answer=%s", _i == 0 ? "frame" : _i == 1 ? "request" : "http");
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "not-the-secret"), 0);
    widget *w = open_account("orders");
    widget_want(w, UPBIT_TYPE_TICKER, "KRW-BTC");
    told_wait(w, 0, is_error, NULL, 1);
    long connections = mock_stat(&exchange, "connections");
    private_run(5000);
    ck_assert_int_le(mock_stat(&exchange, "connections") - connections, 1);
    size_t errors = told_count(w, 0, is_error, NULL);
    ck_assert_uint_le(errors, 2); /* the frame, or the refused upgrade; REST's word for it */
    for (size_t i = 0; i < w->count; i++)
        if (is_error(&w->at[i], NULL)) {
            ck_assert_int_eq(w->at[i].error, UPBIT_ERROR_AUTH);
            ck_assert_ptr_null(strstr(w->at[i].text, "not-the-secret"));
        }
    wait_available(w, UPBIT_ERROR_AUTH, 0);
    told_wait(w, 0, is_error, "jwt_verification", 1); /* what the stream does not say, REST does */
    told_wait(w, 0, is_public, NULL, 1);
    size_t from = w->count;
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
    told_wait(w, from, is_order, &by_stream, 5);
    wait_available(w, 1, UPBIT_ORIGIN_STREAM);
    private_close();
}
END_TEST

/* A key that may see balances and not orders: the stream would refuse both. */
START_TEST(what_a_key_may_not_see_takes_nothing_with_it)
{
    private_open("50", NULL);
    private_order("/mock/key?access=test-access&scopes=assets");
    widget *w = open_account("orders");
    told_wait(w, 0, is_balance, &by_stream, 5);
    upbit_capabilities c;
    ck_assert_int_eq(upbit_proxy_get_capabilities(w->proxy, &c, sizeof c), 0);
    ck_assert_int_eq(c.assets.available, 1);
    ck_assert_int_eq(c.orders.available, UPBIT_ERROR_AUTH);
    ck_assert_str_eq(c.orders.permission, "view orders");
    ck_assert_uint_eq(told_count(w, 0, is_error, "out_of_scope"), 1);
    ck_assert_uint_eq(told_count(w, 0, is_order, NULL), 0);
    private_close();
}
END_TEST

static bool is_reply(const told *t, const void *error)
{
    return t->type == UPBIT_TYPE_REPLY && (error == NULL || t->error == *(const int *)error);
}

static void ask(widget *w, int type, const char *code)
{
    static uint64_t id;
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    want.codes = &code;
    want.code_count = code != NULL;
    want.candle_unit = type == UPBIT_TYPE_CANDLE ? UPBIT_CANDLE_1M : 0;
    want.count = type == UPBIT_TYPE_TRADE || type == UPBIT_TYPE_CANDLE ? 10 : 0;
    ck_assert_int_eq(upbit_proxy_get_snapshot(w->proxy, &want, 60000, ++id), 0);
}

/* The one REPLY behind `from`. */
static const told *reply_of(const widget *w, size_t from)
{
    told_wait(w, from, is_reply, NULL, 1);
    while (!is_reply(&w->at[from], NULL))
        from++;
    return &w->at[from];
}

/* More questions of each group than a second has room for, public and private, while streams of
 * both run: none is refused. Then the exchange refuses: what it says is obeyed, and all goes on. */
START_TEST(scenario_13_mixed_rest_and_stream_load)
{
    private_open("50", NULL);
    widget *w = open_account("dashboard"), *asks = widget_open("charts", NULL);
    widget_want(w, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH");
    told_wait(w, 0, is_public, NULL, 5);
    told_wait(w, 0, is_order, &by_stream, 5);
    static const int types[] = {UPBIT_TYPE_TRADE, UPBIT_TYPE_CANDLE, UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_MY_ORDER, UPBIT_TYPE_MY_ASSET};
    uint64_t asked = stats().rest_requests;
    size_t from = w->count;
    for (int i = 0; i < 30 * 5; i++)
        ask(asks, types[i % 5], i % 5 < 3 ? "KRW-XRP" : NULL);
    told_wait(asks, 0, is_reply, &(int){0}, 30 * 5);
    ck_assert_uint_ge(stats().rest_requests, asked + 30 * 5 - 30); /* a book may be the cache's */
    ck_assert_int_eq(mock_stat(&exchange, "rate_violations"), 0);
    ck_assert_uint_ge(stats().limit_waits, 30);
    ck_assert_uint_ge(told_count(w, from, is_public, NULL), 1);
    ck_assert_uint_ge(told_count(w, from, is_order, &by_stream), 1);

    from = asks->count; /* it is asked again, when it may be */
    private_order("/mock/limit?group=trades&count=1&status=429&retry_after=1");
    ask(asks, UPBIT_TYPE_TRADE, "KRW-XRP");
    ck_assert_int_eq(reply_of(asks, from)->error, 0);
    ck_assert_int_ge(reply_of(asks, from)->ms, 900);

    from = asks->count; /* nothing is asked for as long as it says */
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/limit?group=default&count=1&status=418",
                               "{\"error\":{\"name\":418,\"message\":\"blocked for 2 seconds\"}}"),
                     200);
    double start = stream_now();
    ask(asks, UPBIT_TYPE_MY_ASSET, NULL);
    ck_assert_int_eq(reply_of(asks, from)->error, UPBIT_ERROR_LIMIT);
    from = asks->count;
    ask(asks, UPBIT_TYPE_MY_ASSET, NULL);
    ck_assert_int_eq(reply_of(asks, from)->error, 0);
    ck_assert_double_ge(stream_now() - start, 2);
    told_wait(w, w->count, is_public, NULL, 1);
    told_wait(w, w->count, is_order, &by_stream, 1);
    ck_assert_uint_eq(told_count(w, 0, is_lost, NULL), 0);
    ck_assert_uint_eq(told_count(w, 0, is_gap, NULL), 0);
    private_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenarios private");
    TCase *tests = tcase_create("private");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, scenario_07_public_and_private_together);
    tcase_add_test(tests, without_keys_public_goes_on);
    tcase_add_test(tests, scenario_09_renewal_100_times);
    tcase_add_test(tests, scenario_09_the_old_connection_falls_silent);
    tcase_add_test(tests, scenario_09_renewal_refused);
    tcase_add_test(tests, scenario_13_mixed_rest_and_stream_load);
    tcase_add_loop_test(tests, refused_keys_make_no_storm, 0, 3);
    tcase_add_test(tests, what_a_key_may_not_see_takes_nothing_with_it);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
