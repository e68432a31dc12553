/* The application's own requests within the library's limits. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/check_main.h"
#include "support/stream.h"

static mock exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;
static uint32_t waited_ms; /* by the last REPLY */

static void begin(void)
{
    mock_start(&exchange, (const char *const[]){"--rate", "0", "--codes", "5", NULL});
    manager = stream_manager(&exchange, NULL);
    proxy = stream_proxy(manager, "orders", NULL);
}

static void end(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static bool is_reply(const upbit_event *e, const void *id)
{
    (void)id;
    return upbit_event_reply(e) != NULL;
}

/* The next REPLY, whose it may be: its error, with the id and the detail. */
static int next_reply(double seconds, uint64_t *id, char detail[96])
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    const upbit_event *e = stream_until(proxy, is_reply, NULL, seconds, &d);
    ck_assert_ptr_nonnull(e);
    const upbit_reply *r = upbit_event_reply(e);
    ck_assert_int_eq(r->command, UPBIT_COMMAND_ACQUIRE);
    *id = d.request_id;
    snprintf(detail, 96, "%s", r->detail);
    waited_ms = r->waited_ms;
    int error = r->error;
    upbit_event_unref(e);
    return error;
}

static int acquire(int group, unsigned cost, uint32_t timeout_ms, uint64_t id)
{
    return upbit_limiter_acquire(proxy, group, cost, timeout_ms, id);
}

START_TEST(granted_and_then_not)
{
    uint64_t id;
    char detail[96];
    begin();
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER, 9, 1000, 1), 0); /* 80 % of 12 */
    ck_assert_int_eq(next_reply(10, &id, detail), 0);
    ck_assert_uint_eq(id, 1);
    ck_assert_uint_eq(waited_ms, 0);
    /* None is left, and none comes back before they are reported. */
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER, 1, 300, 2), 0);
    int error = next_reply(10, &id, detail);
    ck_assert(error == UPBIT_ERROR_LIMIT || error == UPBIT_ERROR_TIMEOUT);
    ck_assert_uint_eq(id, 2);
    ck_assert_str_ne(detail, "");
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_DEFAULT, 1, 300, 3), 0); /* other groups go on */
    ck_assert_int_eq(next_reply(10, &id, detail), 0);
    /* Reported: one window later there is one again, and what waited for it gets it. */
    double start = stream_now();
    ck_assert_int_eq(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_ORDER, 201,
                                          "group=order; min=720; sec=11", NULL),
                     0);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER, 1, 20000, 4), 0);
    ck_assert_int_eq(next_reply(20, &id, detail), 0);
    ck_assert_uint_eq(id, 4);
    ck_assert_double_ge(stream_now() - start, 1.05);
    ck_assert_uint_ge(waited_ms, 1);
    ck_assert_double_le(waited_ms / 1e3, stream_now() - start + 0.002);
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_ge(s.limit_waits, 1);
    ck_assert_uint_ge(s.limit_wait_ms, s.limit_wait_longest_ms);
    ck_assert_uint_ge(s.limit_wait_longest_ms, waited_ms);
    end();
}
END_TEST

static bool is_answer(const upbit_event *e, const void *id)
{
    (void)id;
    return upbit_event_reply(e) != NULL && upbit_event_reply(e)->command == UPBIT_COMMAND_SNAPSHOT;
}

/* Who waits is told how long it was, and so is who gives up. */
START_TEST(the_wait_is_told)
{
    uint64_t id;
    char detail[96];
    begin();
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_TICKER, 8, 1000, 1), 0); /* 80 % of 10 */
    ck_assert_int_eq(next_reply(10, &id, detail), 0);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_TICKER, 1, 60000, 2), 0);
    upbit_want want = UPBIT_WANT_INIT;
    const char *code = "KRW-BTC";
    want.type = UPBIT_TYPE_TICKER;
    want.codes = &code;
    want.code_count = 1;
    ck_assert_int_eq(upbit_proxy_get_snapshot(proxy, &want, 20000, 3), 0);
    upbit_stats s;
    double until = stream_now() + 20;
    do {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        upbit_manager_get_stats(manager, &s, sizeof s);
    } while (s.limit_waits < 2 && stream_now() < until);
    ck_assert_uint_eq(s.limit_waits, 2);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    ck_assert_int_eq(upbit_proxy_cancel(proxy, 2), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), UPBIT_ERROR_CANCELLED);
    ck_assert_uint_ge(waited_ms, 50);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_TICKER, 200, NULL, NULL),
                         0);
    const upbit_event *e = stream_until(proxy, is_answer, NULL, 30, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_reply(e)->error, 0);
    ck_assert_uint_ge(upbit_event_reply(e)->waited_ms, 1000); /* a window after the reports */
    upbit_event_unref(e);
    end();
}
END_TEST

/* What the exchange told the application holds for the library's own questions too. */
START_TEST(one_budget_for_both)
{
    uint64_t id;
    char detail[96];
    begin();
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_TICKER, 1, 1000, 1), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), 0);
    ck_assert_int_eq(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_TICKER, 418, NULL,
                                          "blocked for 60 seconds"),
                     0);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    ck_assert_int_eq(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_TICKER, 0, NULL, NULL), 0);
    const char *code = "KRW-BTC";
    want.codes = &code;
    want.code_count = 1;
    ck_assert_int_eq(upbit_proxy_get_snapshot(proxy, &want, 2000, 5), 0);
    ck_assert_int_eq(stream_reply(proxy, 5, 10), UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_MARKET, 1, 1000, 6), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), UPBIT_ERROR_LIMIT);
    end();
}
END_TEST

START_TEST(cancelled_closed_and_dropped)
{
    uint64_t id;
    char detail[96];
    begin();
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL, 1, 1000, 1), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), 0);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL, 1, 60000, 2), 0);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL, 1, 60000, 3), 0);
    ck_assert_int_eq(upbit_proxy_cancel(proxy, 99), 0);
    ck_assert_int_eq(upbit_proxy_cancel(proxy, 3), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), UPBIT_ERROR_CANCELLED);
    ck_assert_uint_eq(id, 3);
    upbit_proxy *other = stream_proxy(manager, "other", NULL);
    ck_assert_int_eq(upbit_limiter_acquire(other, UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL, 1, 60000, 4),
                     0);
    upbit_proxy_close(other);
    ck_assert_int_eq(upbit_manager_shutdown(manager, 0), 0);
    ck_assert_int_eq(next_reply(10, &id, detail), UPBIT_ERROR_CLOSED);
    ck_assert_uint_eq(id, 2);
    ck_assert_int_eq(acquire(UPBIT_LIMIT_GROUP_ORDER, 1, 0, 5), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_ORDER, 200, NULL, NULL),
                     UPBIT_ERROR_CLOSED);
    end();
}
END_TEST

START_TEST(bad_arguments_say_what_is_wrong)
{
    begin();
    static const struct {
        int group;
        unsigned cost;
        uint64_t id;
        const char *says;
    } rows[] = {{0, 1, 1, "group"},
                {11, 1, 1, "group"},
                {UPBIT_LIMIT_GROUP_ORDER, 0, 1, "cost"},
                {UPBIT_LIMIT_GROUP_ORDER, 10, 1, "cost: 1 to 9"},
                {UPBIT_LIMIT_GROUP_ORDER, 1, 0, "request_id"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(acquire(rows[i].group, rows[i].cost, 0, rows[i].id),
                         UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(upbit_error_detail(), rows[i].says));
    }
    ck_assert_int_eq(upbit_limiter_acquire(NULL, 1, 1, 0, 1), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_limiter_report(NULL, 1, 200, NULL, NULL), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_limiter_report(manager, 0, 200, NULL, NULL),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_limiter_report(manager, 1, 1000, NULL, NULL),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client limiter");
    TCase *tests = tcase_create("limiter");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, granted_and_then_not);
    tcase_add_test(tests, the_wait_is_told);
    tcase_add_test(tests, one_budget_for_both);
    tcase_add_test(tests, cancelled_closed_and_dropped);
    tcase_add_test(tests, bad_arguments_say_what_is_wrong);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
