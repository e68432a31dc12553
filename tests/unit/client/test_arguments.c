/* What the public functions refuse: NULL, values out of range, and everything in a forked child. No
 * server is needed: nothing here is ever sent. */
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include "support/check_main.h"
#include "support/leave.h"
#include "upbit-live/decode.h"
#include "upbit-live/upbit-live.h"

static upbit_manager *manager;
static upbit_proxy *proxy;

static void setup(void)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = "ws://127.0.0.1:1/websocket/v1"; /* refuses at once */
    o.log_level = UPBIT_LOG_NONE;
    ck_assert_int_eq(upbit_manager_create(&manager, &o), 0);
    ck_assert_int_eq(upbit_proxy_open(&proxy, manager, "widget", NULL), 0);
}

static void teardown(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
}

/* Refused, and the detail begins with the argument's name. */
static void refused(int result, const char *argument)
{
    ck_assert_int_eq(result, UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(upbit_error_detail(), argument, strlen(argument)) == 0, "not %s: %s",
                  argument, upbit_error_detail());
}

#define BAD(call) ck_assert_int_eq(call, UPBIT_ERROR_INVALID_ARGUMENT)

START_TEST(null_is_refused)
{
    upbit_stats stats;
    upbit_health health;
    upbit_proxy_stats mine;
    upbit_capabilities can;
    upbit_inspection *inside = NULL;
    upbit_log_file *file = NULL;
    upbit_waiter *waiter = NULL;
    upbit_proxy *whose = NULL;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    char text[8];
    refused(upbit_manager_create(NULL, NULL), "out");
    refused(upbit_manager_default(NULL), "out");
    BAD(upbit_manager_shutdown(NULL, 0));
    upbit_manager_release(NULL);
    refused(upbit_manager_set_credentials(NULL, "a", "b"), "manager");
    BAD(upbit_manager_set_log(NULL, NULL, NULL, UPBIT_LOG_ERROR));
    BAD(upbit_manager_set_log(manager, NULL, NULL, UPBIT_LOG_NONE - 1));
    BAD(upbit_manager_set_log(manager, NULL, NULL, UPBIT_LOG_DEBUG + 1));
    BAD(upbit_manager_set_log_levels(NULL, ""));
    BAD(upbit_manager_set_trace(NULL, UPBIT_SESSION_PUBLIC, "x"));
    BAD(upbit_manager_set_trace(manager, 7, "x"));
    BAD(upbit_manager_get_stats(NULL, &stats, sizeof stats));
    BAD(upbit_manager_get_stats(manager, NULL, sizeof stats));
    BAD(upbit_manager_get_stats(manager, &stats, 0));
    BAD(upbit_manager_get_health(NULL, &health, sizeof health));
    BAD(upbit_manager_get_health(manager, NULL, sizeof health));
    BAD(upbit_manager_get_stream_health(manager, 7, &health, sizeof health));
    refused(upbit_manager_inspect(NULL, &inside, 0), "manager");
    refused(upbit_manager_inspect(manager, NULL, 0), "manager");
    BAD((int)upbit_manager_to_openmetrics(NULL, text, sizeof text));
    BAD((int)upbit_manager_to_openmetrics(manager, NULL, 8));
    BAD(upbit_manager_write_openmetrics(NULL, "x"));
    BAD(upbit_manager_write_openmetrics(manager, NULL));
    BAD(upbit_manager_write_openmetrics(manager, ""));
    refused(upbit_proxy_open(NULL, manager, "x", NULL), "out");
    refused(upbit_proxy_open(&whose, manager, NULL, NULL), "client_id");
    upbit_proxy_close(NULL);
    refused(upbit_proxy_unsubscribe_all(NULL, 0), "proxy");
    BAD(upbit_proxy_next(NULL, &d));
    BAD(upbit_proxy_next(proxy, NULL));
    ck_assert_int_eq(upbit_proxy_fd(NULL), -1);
    upbit_proxy_set_wakeup(NULL, NULL, NULL);
    ck_assert_str_eq(upbit_proxy_client_id(NULL), "");
    ck_assert_str_eq(upbit_proxy_client_id(proxy), "widget");
    ck_assert_ptr_null(upbit_proxy_user_data(NULL));
    BAD(upbit_proxy_get_stats(NULL, &mine, sizeof mine));
    BAD(upbit_proxy_get_stats(proxy, NULL, sizeof mine));
    BAD(upbit_proxy_get_stats(proxy, &mine, 0));
    refused(upbit_proxy_get_capabilities(proxy, NULL, sizeof can), "out");
    refused(upbit_proxy_get_capabilities(proxy, &can, 0), "out");
    refused(upbit_proxy_get_capabilities(NULL, &can, sizeof can), "proxy");
    ck_assert_int_eq(upbit_proxy_is_private_available(NULL), UPBIT_ERROR_INVALID_ARGUMENT);
    BAD(upbit_waiter_create(NULL));
    ck_assert_int_eq(upbit_waiter_fd(NULL), -1);
    upbit_waiter_set_wakeup(NULL, NULL, NULL);
    BAD(upbit_waiter_next(NULL, &whose, &d));
    ck_assert_int_eq(upbit_waiter_create(&waiter), 0);
    BAD(upbit_waiter_next(waiter, NULL, &d));
    BAD(upbit_waiter_next(waiter, &whose, NULL));
    upbit_waiter_set_wakeup(waiter, NULL, NULL);
    upbit_waiter_destroy(waiter);
    BAD(upbit_log_file_open(NULL, "x"));
    BAD(upbit_log_file_open(&file, NULL));
    BAD(upbit_log_file_open(&file, ""));
    ck_assert_int_eq(upbit_log_file_open(&file, "/no/such/folder/x"), UPBIT_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "/no/such/folder/x"));
    upbit_log_file_reopen(NULL);
    upbit_log_file_close(NULL);
    refused(upbit_settings_list(NULL, NULL, NULL), "each");
    BAD(upbit_decode(NULL, 0, NULL, NULL, text, sizeof text));
    BAD(upbit_decode("{}", 2, NULL, NULL, NULL, 0));
    refused(upbit_limiter_report(NULL, UPBIT_LIMIT_GROUP_ORDER, 200, NULL, NULL), "manager");
    refused(upbit_limiter_acquire(NULL, UPBIT_LIMIT_GROUP_ORDER, 1, 0, 1), "proxy");
    ck_assert_ptr_null(upbit_inspection_session(NULL, 0));
    ck_assert_ptr_null(upbit_inspection_key(NULL, 0));
    ck_assert_ptr_null(upbit_inspection_proxy(NULL, 0));
    ck_assert_ptr_null(upbit_inspection_want(NULL, 0));
    ck_assert_ptr_null(upbit_inspection_limit(NULL, 0));
    upbit_inspection_free(NULL);
}
END_TEST

START_TEST(a_log_is_changed_while_it_runs)
{
    ck_assert_int_eq(upbit_manager_set_log(manager, NULL, NULL, UPBIT_LOG_NONE), 0);
    ck_assert_int_eq(upbit_manager_set_log_levels(manager, "stream=none"), 0);
    refused(upbit_manager_set_log_levels(manager, "nothing=debug"), "log_levels");
}
END_TEST

START_TEST(an_inspection_ends_where_its_rows_end)
{
    upbit_inspection *i = NULL;
    ck_assert_int_eq(upbit_manager_inspect(manager, &i, 60000), 0);
    ck_assert_ptr_nonnull(upbit_inspection_session(i, 1));
    ck_assert_ptr_null(upbit_inspection_session(i, 2));
    ck_assert_str_eq(upbit_inspection_proxy(i, 0)->client_id, "widget");
    ck_assert_ptr_null(upbit_inspection_proxy(i, 1));
    ck_assert_ptr_null(upbit_inspection_want(i, 0));
    ck_assert_ptr_null(upbit_inspection_key(i, 0));
    ck_assert_ptr_nonnull(upbit_inspection_limit(i, 0));
    ck_assert_ptr_null(upbit_inspection_limit(i, 1000));
    upbit_inspection_free(i);
}
END_TEST

START_TEST(options_of_a_proxy_are_checked)
{
    upbit_proxy *p = NULL;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.struct_size = 0;
    refused(upbit_proxy_open(&p, manager, "x", &o), "options");
    o = (upbit_proxy_options)UPBIT_PROXY_OPTIONS_INIT;
    o.health = UPBIT_AUTO - 1;
    refused(upbit_proxy_open(&p, manager, "x", &o), "health");
    o.health = UPBIT_OFF + 1;
    refused(upbit_proxy_open(&p, manager, "x", &o), "health");
    ck_assert_ptr_null(p);
}
END_TEST

/* Callers that were built with an older header have shorter structs. */
START_TEST(a_shorter_struct_gets_what_it_has_room_for)
{
    struct {
        upbit_delivery d;
    } room;
    memset(&room, 0x5a, sizeof room);
    room.d.struct_size = offsetof(upbit_delivery, event) + sizeof room.d.event;
    upbit_waiter *waiter = NULL;
    upbit_proxy *p = NULL, *whose = NULL;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    ck_assert_int_eq(upbit_waiter_create(&waiter), 0);
    o.waiter = waiter;
    ck_assert_int_eq(upbit_proxy_open(&p, manager, "shares", &o), 0);
    ck_assert_int_eq(upbit_proxy_fd(p), -1);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    ck_assert_int_eq(upbit_proxy_next(p, &d), UPBIT_ERROR_ILLEGAL_STATE);
    int got = 0;
    for (int i = 0; got == 0 && i < 10000; i++) { /* its first STATE */
        got = upbit_waiter_next(waiter, &whose, &room.d);
        usleep(got == 0 ? 1000 : 0);
    }
    ck_assert_int_eq(got, 1);
    ck_assert_ptr_eq(whose, p);
    ck_assert_int_eq(room.d.event->type, UPBIT_TYPE_STATE);
    ck_assert_uint_eq(room.d.number, 0x5a5a5a5a5a5a5a5aU); /* behind its end nothing is written */
    upbit_event_unref(room.d.event);
    upbit_proxy_close(p);
    upbit_waiter_destroy(waiter);
}
END_TEST

/* ---- wants ---- */

static const char *const btc[] = {"KRW-BTC"}, *const nobody[] = {NULL};

static upbit_want want_of(int type)
{
    upbit_want w = UPBIT_WANT_INIT;
    w.type = type;
    w.codes = btc;
    w.code_count = 1;
    return w;
}

static void no_want(upbit_want w, const char *argument)
{
    refused(upbit_proxy_subscribe(proxy, &w, 1), argument);
}

static void no_question(upbit_want w, const char *argument)
{
    refused(upbit_proxy_get_snapshot(proxy, &w, 0, 1), argument);
}

START_TEST(wants_that_make_no_sense_are_refused)
{
    upbit_want w = want_of(UPBIT_TYPE_TICKER);
    w.candle_unit = UPBIT_CANDLE_1M;
    no_want(w, "candle_unit");
    w = want_of(UPBIT_TYPE_CANDLE);
    no_want(w, "candle_unit");
    w = want_of(UPBIT_TYPE_MY_ORDER);
    w.candle_unit = UPBIT_CANDLE_1M;
    no_want(w, "candle_unit");
    no_want(want_of(UPBIT_TYPE_MY_ASSET), "codes");
    w = want_of(UPBIT_TYPE_ANNOUNCEMENT);
    w.code_count = 0;
    w.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    no_want(w, "flags");
    no_want(want_of(UPBIT_TYPE_STATE), "type");
    w = want_of(UPBIT_TYPE_TICKER);
    w.book_depth = 5;
    no_want(w, "book_depth");
    w.book_depth = 0;
    upbit_decimal_from_int64(&w.book_level, 10, 0);
    no_want(w, "book_level");
    w = want_of(UPBIT_TYPE_ORDERBOOK);
    w.flags = 64;
    no_want(w, "flags");
    w.flags = UPBIT_WANT_SNAPSHOT_ONLY | UPBIT_WANT_REALTIME_ONLY;
    no_want(w, "flags");
    w.flags = 0;
    w.book_depth = 31;
    no_want(w, "book_depth");
    w.book_depth = 30;
    upbit_decimal_from_int64(&w.book_level, -10, 0);
    no_want(w, "book_level");
    w.book_level = (upbit_decimal){.null = 1};
    no_want(w, "book_level");
    w = want_of(UPBIT_TYPE_TRADE);
    w.codes = NULL;
    no_want(w, "codes");
    w.codes = btc;
    w.code_count = 10001;
    no_want(w, "codes");
    w.code_count = 0;
    no_want(w, "codes");
    w.code_count = 1;
    w.codes = nobody;
    no_want(w, "codes[0]");
    static const char *const star[] = {"KRW-*"}, *const small[] = {"krw-btc"};
    w = want_of(UPBIT_TYPE_MY_ORDER);
    w.codes = star;
    no_want(w, "codes[0]");
    w.codes = small;
    no_want(w, "codes[0]");
    refused(upbit_proxy_subscribe(proxy, NULL, 1), "want");
}
END_TEST

/* The policy is for the types it has a meaning for; each trade counts (queue: inbox). */
START_TEST(coalescing_is_no_reason_to_refuse_trades)
{
    upbit_proxy *p = NULL;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = UPBIT_POLICY_COALESCE;
    ck_assert_int_eq(upbit_proxy_open(&p, manager, "latest", &o), 0);
    upbit_want w = want_of(UPBIT_TYPE_TRADE);
    ck_assert_int_eq(upbit_proxy_subscribe(p, &w, 1), 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(questions_that_make_no_sense_are_refused)
{
    upbit_want w = want_of(UPBIT_TYPE_TICKER);
    refused(upbit_proxy_get_snapshot(proxy, &w, 0, 0), "request_id");
    w = want_of(UPBIT_TYPE_CANDLE);
    w.candle_unit = UPBIT_CANDLE_1M;
    w.before = INT64_MAX;
    no_question(w, "before");
    w = want_of(UPBIT_TYPE_MY_ORDER);
    w.candle_unit = UPBIT_CANDLE_1M;
    no_question(w, "candle_unit");
    w.candle_unit = 0;
    w.book_depth = 1;
    no_question(w, "book_depth");
    w.book_depth = 0;
    upbit_decimal_from_int64(&w.book_level, 1, 0);
    no_question(w, "book_level");
    w = want_of(UPBIT_TYPE_MY_ORDER);
    w.flags = UPBIT_WANT_REALTIME_ONLY;
    no_question(w, "flags");
    w = want_of(UPBIT_TYPE_MY_ORDER);
    w.codes = nobody;
    no_question(w, "codes[0]");
    w.codes = NULL;
    no_question(w, "codes");
    static const char *const twice[] = {"KRW-BTC", "KRW-BTC"}, *const small[] = {"krw-btc"};
    w.codes = small;
    no_question(w, "codes[0]");
    w.codes = twice;
    w.code_count = 2;
    no_question(w, "codes[1]");
    w = want_of(UPBIT_TYPE_MY_ASSET);
    no_question(w, "codes");
    w.code_count = 0;
    w.count = 2;
    no_question(w, "count");
    w.count = 0;
    w.before = 1;
    no_question(w, "before");
}
END_TEST

START_TEST(questions_for_orders_are_checked)
{
    upbit_want all = UPBIT_WANT_INIT, w;
    all.type = UPBIT_TYPE_MY_ORDER;
    w = all;
    w.orders = 7;
    no_question(w, "orders");
    w = all;
    w.count = 1;
    no_question(w, "count");
    w = all;
    w.before = 1;
    no_question(w, "before");
    w = all;
    w.after = 1;
    no_question(w, "after");
    w = all;
    w.order_uuid = "a";
    w.order_identifier = "b";
    no_question(w, "order_uuid");
    w.order_identifier = NULL;
    for (int i = 0; i < 5; i++) {
        w = all;
        w.order_uuid = "a";
        w.orders = i == 0 ? UPBIT_ORDERS_CLOSED : UPBIT_ORDERS_OPEN;
        w.count = i == 1 ? 2 : 0;
        w.before = i == 2;
        w.after = i == 3;
        w.codes = btc;
        w.code_count = i == 4;
        no_question(w, "order_uuid");
    }
    w = all;
    w.order_uuid = "no uuid";
    no_question(w, "order_uuid");
    w.order_uuid = NULL;
    w.order_identifier = "\n";
    no_question(w, "order_identifier");
    all.orders = UPBIT_ORDERS_CLOSED;
    w = all;
    w.count = 1001;
    no_question(w, "count");
    w = all;
    w.before = -1;
    no_question(w, "before");
    w.before = INT64_MAX;
    no_question(w, "before");
    w = all;
    w.after = -1;
    no_question(w, "after");
    w.after = INT64_MAX;
    no_question(w, "after");
    w = all;
    w.before = w.after = 5;
    no_question(w, "after");
    w.before = w.after + 8 * 86400000LL;
    no_question(w, "after");
}
END_TEST

/* ---- a forked child ---- */

static int none_works(void)
{
    upbit_stats stats;
    upbit_health health;
    upbit_capabilities can;
    upbit_inspection *inside = NULL;
    upbit_proxy *p = NULL;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    upbit_want w = want_of(UPBIT_TYPE_TICKER);
    char text[8];
    int wrong = 0;
#define STOPS(call) wrong += (call) != UPBIT_ERROR_ILLEGAL_STATE
    STOPS(upbit_manager_set_credentials(manager, "a", "b"));
    STOPS(upbit_manager_set_log(manager, NULL, NULL, UPBIT_LOG_NONE));
    STOPS(upbit_manager_set_log_levels(manager, ""));
    STOPS(upbit_manager_set_trace(manager, UPBIT_SESSION_PUBLIC, NULL));
    STOPS(upbit_manager_get_health(manager, &health, sizeof health));
    STOPS(upbit_manager_inspect(manager, &inside, 10));
    STOPS(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_ORDER, 200, NULL, NULL));
    STOPS(upbit_limiter_acquire(proxy, UPBIT_LIMIT_GROUP_ORDER, 1, 0, 1));
    STOPS(upbit_manager_shutdown(manager, 0));
    STOPS(upbit_proxy_open(&p, manager, "child", NULL));
    STOPS(upbit_proxy_subscribe(proxy, &w, 1));
    STOPS(upbit_proxy_get_snapshot(proxy, &w, 0, 1));
    STOPS(upbit_proxy_unsubscribe_all(proxy, 1));
    STOPS(upbit_proxy_get_capabilities(proxy, &can, sizeof can));
    STOPS(upbit_proxy_next(proxy, &d));
    wrong +=
        upbit_manager_to_openmetrics(manager, text, sizeof text) != UPBIT_ERROR_INVALID_ARGUMENT;
    wrong += upbit_manager_write_openmetrics(manager, "x") != UPBIT_ERROR_INVALID_ARGUMENT;
    wrong += upbit_manager_get_stats(manager, &stats, sizeof stats) != 0; /* needs no thread */
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    return wrong;
}

START_TEST(nothing_works_in_a_forked_child)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        leave(none_works());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client arguments");
    TCase *t = tcase_create("arguments");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, null_is_refused);
    tcase_add_test(t, a_log_is_changed_while_it_runs);
    tcase_add_test(t, an_inspection_ends_where_its_rows_end);
    tcase_add_test(t, options_of_a_proxy_are_checked);
    tcase_add_test(t, a_shorter_struct_gets_what_it_has_room_for);
    tcase_add_test(t, wants_that_make_no_sense_are_refused);
    tcase_add_test(t, coalescing_is_no_reason_to_refuse_trades);
    tcase_add_test(t, questions_that_make_no_sense_are_refused);
    tcase_add_test(t, questions_for_orders_are_checked);
    tcase_add_test(t, nothing_works_in_a_forked_child);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
