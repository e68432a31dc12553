/* Private wants, one by one: what is asked for, how things stand, what follows a full lane, and
 * what comes besides orders and balances. Sets the library's clock. */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "../scenarios/private_stage.h"
#include "base/clock.h"
#include "support/check_main.h"

static const int by_stream = UPBIT_ORIGIN_STREAM, by_rest = UPBIT_ORIGIN_REST;
static _Atomic int64_t passed;
static _Atomic int64_t ahead; /* the wall clock is wrong by so much */

#define MOVING "c0000000-0000-4000-8000-000000000001"

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

/* All of them go on together: nobody slept. */
static int64_t monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC) + atomic_load(&passed);
}

static int64_t boottime(void)
{
    return read_clock(CLOCK_BOOTTIME) + atomic_load(&passed);
}

static int64_t wall(void)
{
    return read_clock(CLOCK_REALTIME) + atomic_load(&passed) + atomic_load(&ahead);
}

static upbit_stats stats(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s;
}

static bool is_announcement(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_ANNOUNCEMENT;
}

static bool is_raw(const told *t, const void *text)
{
    return t->type == UPBIT_TYPE_RAW && strstr(t->text, text) != NULL;
}

static bool is_of_code(const told *t, const void *code)
{
    return t->type == UPBIT_TYPE_MY_ORDER && strcmp(t->code, code) == 0;
}

static bool is_standing(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_MY_ORDER && t->stream == UPBIT_STREAM_SNAPSHOT;
}

static bool is_of_type(const told *t, const void *type)
{
    return t->type == *(const int *)type;
}

START_TEST(announcements_are_typed_and_unknown_types_are_text)
{
    private_open("0", NULL);
    widget *w = widget_open("news", NULL), *other = widget_open("prices", NULL);
    widget_want(w, UPBIT_TYPE_ANNOUNCEMENT, "");
    widget_want(other, UPBIT_TYPE_TICKER, "KRW-BTC");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"announcement\\\"");
    ck_assert_int_eq(mock_call(&exchange, "POST",
                               "/mock/announce?event=UPDATED&category=maintenance&uuid=7", "text"),
                     200);
    told_wait(w, 0, is_announcement, NULL, 1);
    const told *t = &w->at[w->count - 1];
    ck_assert_str_eq(t->uuid, "7");
    ck_assert_int_eq(t->state, UPBIT_CATEGORY_MAINTENANCE);
    ck_assert_str_eq(t->text, "text");
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send?stream=private",
                               "{\"type\":\"myMargin\",\"value\":1,\"stream_type\":\"REALTIME\"}"),
                     200);
    told_wait(w, 0, is_raw, "{\"type\":\"myMargin\",\"value\":1", 1);
    ck_assert_uint_eq(told_count(other, 0, is_raw, "myMargin"), 0); /* of another connection */
    private_close();
}
END_TEST

START_TEST(orders_of_one_code_are_asked_for_alone)
{
    private_open("100", NULL);
    widget *w = widget_open("one", NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "KRW-BTC");
    told_wait(w, 0, is_order, &by_stream, 5);
    ck_assert_uint_eq(told_count(w, 0, is_order, NULL), told_count(w, 0, is_of_code, "KRW-BTC"));
    ck_assert_uint_eq(stats().events_unwanted, 0); /* the exchange sent no others */
    widget *all = widget_open("all", NULL);
    widget_want(all, UPBIT_TYPE_MY_ORDER, "");
    told_wait(all, 0, is_of_code, "KRW-ETH", 3);
    ck_assert_uint_eq(told_count(w, 0, is_order, NULL), told_count(w, 0, is_of_code, "KRW-BTC"));
    ck_assert_uint_eq(stats().repairs, 0);
    private_close();
}
END_TEST

START_TEST(one_snapshot_needs_no_connection)
{
    private_open("0", NULL);
    widget *w = widget_open("once", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    want.type = UPBIT_TYPE_MY_ORDER;
    ck_assert_int_eq(upbit_proxy_subscribe(w->proxy, &want, 0), 0);
    want.type = UPBIT_TYPE_MY_ASSET;
    ck_assert_int_eq(upbit_proxy_subscribe(w->proxy, &want, 0), 0);
    told_wait(w, 0, is_standing, NULL, 1);
    told_wait(w, 0, is_balance, &by_rest, 1);
    double until = stream_now() + 20;
    while (stats().keys != 0 && stream_now() < until)
        private_run(20);
    ck_assert_uint_eq(stats().keys, 0); /* they are done */
    ck_assert_uint_eq(stats().private_state, UPBIT_STATE_IDLE);
    private_close();
}
END_TEST

/* 10 s after the last want the connection goes; the next want brings it back. */
START_TEST(a_connection_nobody_needs_is_closed)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    upbit__clock_set(&clocks);
    private_open("50", NULL);
    widget *w = widget_open("orders", NULL), *pulse = widget_open("pulse", NULL);
    widget_want(pulse, UPBIT_TYPE_TICKER, "KRW-BTC"); /* what wakes the thread to see the clock */
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    told_wait(w, 0, is_order, &by_stream, 3);
    ck_assert_int_eq(upbit_proxy_unsubscribe_all(w->proxy, 0), 0);
    private_run(500);
    ck_assert_uint_eq(stats().private_state, UPBIT_STATE_LIVE);
    size_t from = w->count;
    atomic_fetch_add(&passed, 5 * UPBIT__SECOND); /* a slow machine takes some seconds itself */
    private_run(300);
    ck_assert_uint_eq(stats().private_state, UPBIT_STATE_LIVE);
    atomic_fetch_add(&passed, 6 * UPBIT__SECOND);
    double until = stream_now() + 20;
    while (stats().private_state != UPBIT_STATE_IDLE && stream_now() < until)
        private_run(20);
    ck_assert_uint_eq(stats().private_state, UPBIT_STATE_IDLE);
    ck_assert_uint_eq(told_count(w, from, is_order, NULL), 0);
    ck_assert_uint_eq(told_count(w, from, is_error, NULL), 0);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    told_wait(w, from, is_order, &by_stream, 3);
    ck_assert_uint_eq(stats().reconnects, 0); /* nothing was lost */
    private_close();
    upbit__clock_set(NULL);
}
END_TEST

/* What is asked for other reasons would hide what is asked for somebody: 3 s after the connection,
 * and every 5 s while that is silent. */
static void settle(widget *w)
{
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myOrder\\\"");
    private_order("/mock/order?do=place&code=KRW-BTC&side=bid&type=limit&price=50000000"
                  "&volume=0.001&uuid=" MOVING);
    told_wait(w, 0, is_order, &by_stream, 1);
    private_run(3500);
}

/* A lane that was full: the hole is counted, and behind it stands how things stand. */
START_TEST(a_full_lane_starts_again_with_how_things_stand)
{
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.queue_messages = 32;
    private_open("0", NULL); /* what is open stays open */
    widget *w = widget_open("slow", &options);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    settle(w);
    size_t from = w->count, standing = (size_t)mock_stat(&exchange, "open_orders");
    private_order("/mock/order?do=lives&count=100");
    for (int i = 0; i < 2000 && stats().events_dropped == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    ck_assert_uint_gt(stats().events_dropped, 0);
    told_wait(w, from, is_of_type, &(int){UPBIT_TYPE_OVERFLOW}, 1);
    told_wait(w, from, is_of_type, &(int){UPBIT_TYPE_GAP}, 1);
    told_wait(w, from, is_standing, NULL, standing);
    private_close();
}
END_TEST

static size_t distinct(const widget *w, size_t from, told_fits *fits, const void *context)
{
    size_t n = 0;
    for (size_t i = from; i < w->count; i++) {
        bool before = false;
        for (size_t k = from; k < i && !before; k++)
            before = fits(&w->at[k], context) && strcmp(w->at[k].uuid, w->at[i].uuid) == 0;
        n += !before && fits(&w->at[i], context);
    }
    return n;
}

/* By the fill's own event, or as it stands since. */
static bool is_filled(const told *t, const void *uuid)
{
    return is_order(t, NULL) && strcmp(t->uuid, uuid) == 0 && upbit_decimal_sign(&t->executed) > 0;
}

/* An order moves while the question is under way how things stand: the answer is older than that,
 * and the newcomer is told by the order's last event. */
START_TEST(an_order_that_moves_meanwhile_stands_with_the_others)
{
    private_open("0", NULL);
    widget *w = widget_open("orders", NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    settle(w);
    size_t standing = (size_t)mock_stat(&exchange, "open_orders"), from = w->count;
    uint64_t asked = stats().rest_requests;
    private_order("/mock/delay?what=http&ms=60000");
    widget *newcomer = widget_open("newcomer", NULL);
    widget_want(newcomer, UPBIT_TYPE_MY_ORDER, "");
    double until = stream_now() + 60;
    while (stats().rest_requests == asked && stream_now() < until)
        private_run(5);
    private_order("/mock/order?do=fill&volume=0.0004&uuid=" MOVING);
    told_wait(w, from, is_order, &by_stream, 1);
    private_order("/mock/delay?what=http&ms=0");
    told_wait(newcomer, 0, is_standing, NULL, standing);
    told_wait(newcomer, 0, is_filled, MOVING, 1);
    ck_assert_uint_eq(distinct(newcomer, 0, is_standing, NULL), standing);
    ck_assert_uint_eq(told_count(w, from, is_standing, NULL), 0);
    private_close();
}
END_TEST

static atomic_int held, hold; /* the I/O thread is; it is to be */
static atomic_int hesitates;

/* In no way what a wake-up may do: what is asked for meanwhile is done in one turn. */
static void stop_the_thread(void *context)
{
    (void)context;
    atomic_store(&held, 1);
    while (atomic_load(&hold))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* A keyring whose owner is asked, and does not answer. */
static int hesitate(void *context, char *access_key, size_t access_key_room, char *secret_key,
                    size_t secret_key_room)
{
    (void)context;
    (void)access_key, (void)access_key_room;
    (void)secret_key, (void)secret_key_room;
    while (atomic_load(&hesitates))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return UPBIT_ERROR_UNAVAILABLE;
}

static void with_keyring(upbit_options *o)
{
    o->credentials = hesitate;
}

/* Keys and a want that come together are two reasons for one connection. */
START_TEST(keys_and_a_want_at_once_make_one_connection)
{
    atomic_store(&hesitates, 1);
    private_open("0", with_keyring);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, NULL, NULL), 0);
    widget *w = widget_open("orders", NULL), *pulse = widget_open("pulse", NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    widget_want(pulse, UPBIT_TYPE_TICKER, "KRW-BTC");
    private_asked("KRW-BTC");
    ck_assert_int_eq(mock_stat(&exchange, "websockets"), 1);
    upbit_proxy_set_wakeup(pulse->proxy, stop_the_thread, NULL); /* calls it once, here */
    atomic_store(&held, 0);
    atomic_store(&hold, 1);
    double until = stream_now() + 60;
    while (!atomic_load(&held)) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(pulse->proxy, &d) == 1)
            upbit_event_unref(d.event);
        ck_assert(stream_now() < until);
    }
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
    widget_want(w, UPBIT_TYPE_MY_ASSET, "");
    atomic_store(&hold, 0);
    upbit_proxy_set_wakeup(pulse->proxy, NULL, NULL);
    told_wait(w, 0, is_standing, NULL, 1);
    until = stream_now() + 60;
    while (stats().private_state != UPBIT_STATE_LIVE && stream_now() < until)
        private_run(10);
    ck_assert_int_eq(mock_stat(&exchange, "websockets"), 2);
    ck_assert_uint_eq(stats().private_epoch, 1);
    atomic_store(&hesitates, 0);
    private_close();
}
END_TEST

/* The exchange lists a hundred at a time. */
START_TEST(hundreds_of_open_orders_stand)
{
    private_open("0", NULL);
    for (int i = 0; i < 247; i++)
        private_order("/mock/order?do=place");
    size_t standing = (size_t)mock_stat(&exchange, "open_orders");
    ck_assert_uint_ge(standing, 247);
    widget *w = widget_open("orders", NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    told_wait(w, 0, is_standing, NULL, standing);
    ck_assert_uint_eq(told_count(w, 0, is_standing, NULL), standing);
    ck_assert_uint_eq(distinct(w, 0, is_standing, NULL), standing);
    private_close();
}
END_TEST

static bool is_end_by_rest(const told *t, const void *unused)
{
    (void)unused;
    return is_order(t, &by_rest) && t->state == UPBIT_ORDER_STATE_DONE;
}

/* A widget that had the stream; from now on there is none. */
static widget *orders_by_polling(void)
{
    widget *w = widget_open("orders", NULL);
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    told_wait(w, 0, is_live, NULL, 1);
    told_wait(w, 0, is_standing, NULL, 1);
    private_order("/mock/refuse?stream=private&count=100000&status=503");
    private_order("/mock/cut?stream=private");
    told_wait(w, 0, is_lost, NULL, 1);
    return w;
}

/* They came and went while there was no private connection, more than one answer holds. */
START_TEST(thousands_of_closed_orders_are_told_once_each)
{
    private_open("0", NULL);
    widget *w = orders_by_polling();
    size_t from = w->count;
    for (int i = 0; i < 3; i++) { /* REST tells when an order was made by the second */
        private_order("/mock/order?do=lives&count=500");
        private_run(i < 2 ? 1050 : 0);
    }
    told_wait(w, from, is_end_by_rest, NULL, 1500);
    uint64_t asked = stats().rest_requests; /* and once more it looks at the last of them */
    double until = stream_now() + 30;
    while (stats().rest_requests < asked + 3 && stream_now() < until)
        private_run(50);
    ck_assert_uint_eq(told_count(w, from, is_end_by_rest, NULL), 1500);
    ck_assert_uint_eq(distinct(w, from, is_end_by_rest, NULL), 1500);
    private_close();
}
END_TEST

/* The exchange's clock goes five times as fast, so that no later list goes back to them: the pages
 * of one list have them all. This machine's is a minute ahead, which says nothing of when the
 * exchange made an order. */
START_TEST(closed_orders_of_every_page_are_found_whatever_our_clock_says)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    atomic_store(&ahead, 60 * UPBIT__SECOND);
    upbit__clock_set(&clocks);
    private_open_at("5", "0", NULL);
    widget *w = orders_by_polling();
    size_t from = w->count;
    private_order("/mock/order?do=lives&count=700");
    private_run(300); /* REST tells when an order was made by the second */
    private_order("/mock/order?do=lives&count=700");
    told_wait(w, from, is_end_by_rest, NULL, 1400);
    ck_assert_uint_eq(told_count(w, from, is_end_by_rest, NULL), 1400);
    ck_assert_uint_eq(distinct(w, from, is_end_by_rest, NULL), 1400);
    private_close();
    upbit__clock_set(NULL);
    atomic_store(&ahead, 0);
}
END_TEST

/* The exchange has lost a private subscription without a word: it is asked what it holds, and told
 * again. The other half is heard, so that nothing else would heal it. */
START_TEST(a_subscription_that_fell_silent_is_repaired)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    upbit__clock_set(&clocks);
    private_open("0", NULL);
    widget *w = widget_open("account", NULL), *pulse = widget_open("pulse", NULL);
    widget_want(pulse, UPBIT_TYPE_TICKER, "KRW-BTC"); /* what wakes the thread to see the clock */
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    widget_want(w, UPBIT_TYPE_MY_ASSET, "");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myAsset\\\"");
    private_order("/mock/forget?type=myOrder&stream=private");
    private_order("/mock/deposit?currency=KRW&amount=1000");
    told_wait(w, 0, is_balance, &by_stream, 1);
    ck_assert_uint_eq(stats().repairs, 0);
    uint64_t epoch = stats().private_epoch;
    double until = stream_now() + 60;
    while (stats().repairs == 0 && stream_now() < until) {
        atomic_fetch_add(&passed, 2 * UPBIT__SECOND);
        private_run(50);
    }
    ck_assert_uint_eq(stats().repairs, 1);
    while (told_count(w, 0, is_order, &by_stream) == 0 && stream_now() < until) {
        private_order("/mock/order?do=place"); /* the request may still be on its way */
        private_run(200);
    }
    ck_assert_uint_ge(told_count(w, 0, is_order, &by_stream), 1);
    ck_assert_uint_eq(stats().private_epoch, epoch); /* by no other connection */
    private_close();
    upbit__clock_set(NULL);
}
END_TEST

/* A first subscription may say nothing at all for minutes, though the exchange lists it. REST
 * looks, tells what changes, and the connection is made anew, once. */
START_TEST(a_first_subscription_that_stays_silent_is_made_anew_once)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    upbit__clock_set(&clocks);
    private_open("0", NULL);
    private_order("/mock/mute?type=myOrder");
    private_order("/mock/mute?type=myAsset");
    widget *w = widget_open("account", NULL), *pulse = widget_open("pulse", NULL);
    widget_want(pulse, UPBIT_TYPE_TICKER, "KRW-BTC"); /* what wakes the thread to see the clock */
    widget_want(w, UPBIT_TYPE_MY_ORDER, "");
    widget_want(w, UPBIT_TYPE_MY_ASSET, "");
    told_wait(w, 0, is_live, NULL, 1);
    private_asked("\\\"myAsset\\\"");
    uint64_t epoch = stats().private_epoch;
    ck_assert_uint_eq(epoch, 1);
    size_t from = w->count;
    int64_t begun = atomic_load(&passed); /* long before a token's age would be the reason */
    while (stats().private_epoch == epoch && atomic_load(&passed) - begun < 300 * UPBIT__SECOND) {
        /* News again and again: an answer to a question that was under way has none. */
        private_order("/mock/deposit?currency=KRW&amount=1000");
        atomic_fetch_add(&passed, 2 * UPBIT__SECOND);
        private_run(100);
    }
    ck_assert_uint_eq(stats().private_epoch, epoch + 1);
    ck_assert_uint_ge(told_count(w, from, is_balance, &by_rest), 1);
    ck_assert_uint_eq(told_count(w, 0, is_balance, &by_stream), 0);
    for (int i = 0; i < 20; i++) { /* 40 s more: once is enough */
        atomic_fetch_add(&passed, 2 * UPBIT__SECOND);
        private_run(50);
    }
    ck_assert_uint_eq(stats().private_epoch, epoch + 1);
    ck_assert_uint_eq(stats().repairs, 0);
    private_order("/mock/mute?type=myOrder&on=0");
    private_order("/mock/mute?type=myAsset&on=0");
    private_order("/mock/deposit?currency=KRW&amount=1000");
    told_wait(w, from, is_balance, &by_stream, 1);
    private_close();
    upbit__clock_set(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client private");
    TCase *tests = tcase_create("private");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, announcements_are_typed_and_unknown_types_are_text);
    tcase_add_test(tests, orders_of_one_code_are_asked_for_alone);
    tcase_add_test(tests, one_snapshot_needs_no_connection);
    tcase_add_test(tests, a_connection_nobody_needs_is_closed);
    tcase_add_test(tests, a_full_lane_starts_again_with_how_things_stand);
    tcase_add_test(tests, an_order_that_moves_meanwhile_stands_with_the_others);
    tcase_add_test(tests, hundreds_of_open_orders_stand);
    tcase_add_test(tests, keys_and_a_want_at_once_make_one_connection);
    tcase_add_test(tests, thousands_of_closed_orders_are_told_once_each);
    tcase_add_test(tests, closed_orders_of_every_page_are_found_whatever_our_clock_says);
    tcase_add_test(tests, a_subscription_that_fell_silent_is_repaired);
    tcase_add_test(tests, a_first_subscription_that_stays_silent_is_made_anew_once);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
