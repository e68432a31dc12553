/* REST questions that are refused, come too late or have to wait. */
#include "asking_fixture.h"

static void serve_429_first(peer *p, void *context)
{
    atomic_int *times = context;
    serve_noted(p, atomic_fetch_sub(times, 1) > 0
                       ? "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n"
                         "Content-Length: 0\r\n\r\n"
                       : ok_answer);
}

START_TEST(too_many_requests_then_success)
{
    atomic_int times = 1;
    atomic_store(&served, 0);
    begin(serve_429_first, &times);
    int64_t start = upbit__clock_monotonic_ns();
    for (int i = 0; i < 5; i++)
        ask(i, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 5000);
    turns(200 * UPBIT__MS); /* four were sent, one of them came back */
    ck_assert_int_eq(atomic_load(&served), 4);
    const upbit__ask_list *waiting = &f.asking.waiting[UPBIT__GROUP_TICKER][UPBIT__ASK_SNAPSHOT];
    ck_assert_ptr_nonnull(waiting->first);
    ck_assert_ptr_ne(waiting->first, told[4].ask); /* and stands where it stood */
    ck_assert_ptr_eq(waiting->last, told[4].ask);
    wait_for(5);
    int late = 0;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(told[i].error, 0);
        ck_assert_int_eq(told[i].http_status, 200);
        ck_assert_str_eq(told[i].body, "[]");
        late += told[i].at_ns - start >= UPBIT__SECOND;
    }
    ck_assert_int_eq(late, 2);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 6);
    ck_assert_uint_eq(counted(&f.counters.rest_failures), 0);
    ck_assert_uint_eq(logged, 1);
    end();
}
END_TEST

START_TEST(too_many_requests_and_no_time_left)
{
    atomic_int times = 1000;
    begin(serve_429_first, &times);
    int64_t start = upbit__clock_monotonic_ns();
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 900);
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(told[0].http_status, 429);
    ck_assert_int_lt(told[0].at_ns - start, 800 * UPBIT__MS); /* does not wait for nothing */
    ask(1, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 200);
    wait_for(2);
    ck_assert_int_eq(told[1].error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(told[1].http_status, 0); /* not asked at all */
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 1);
    ck_assert_uint_eq(counted(&f.counters.rest_failures), 2);
    end();
}
END_TEST

static void serve_418(peer *p, void *context)
{
    (void)context;
    serve_noted(p, "HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\nContent-Length: 22\r\n\r\n"
                   "blocked for 90 seconds");
}

START_TEST(blocked_is_told_at_once)
{
    begin(serve_418, NULL);
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 120000); /* though it had the time */
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(told[0].http_status, 418);
    ask(1, UPBIT__GROUP_CANDLE, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    ask(2, UPBIT__GROUP_MARKET, UPBIT__ASK_LISTING, "/x", 120000); /* has the time */
    turns(100 * UPBIT__MS);
    ck_assert_int_eq(told[1].count, 1);
    ck_assert_int_eq(told[1].error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(told[2].count, 0);
    int64_t again = upbit__budget_take(f.budget, UPBIT__GROUP_CONNECT, upbit__clock_monotonic_ns());
    ck_assert_int_gt(again, upbit__clock_monotonic_ns() + 80 * UPBIT__SECOND);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 1);
    ck_assert_uint_eq(logged, 1);
    end();
}
END_TEST

/* Ten minutes ahead of us, and blocks us for 90 s from its now on. */
static void serve_418_until(peer *p, void *context)
{
    (void)context;
    char answer[300], date[64], body[64];
    time_t theirs = (time_t)(upbit__clock_wall_ns() / UPBIT__SECOND) + 600;
    struct tm utc;
    gmtime_r(&theirs, &utc);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    snprintf(body, sizeof body, "{\"blocked_until\":%lld}", (long long)theirs + 90);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 418 I'm a teapot\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu"
             "\r\n\r\n%s",
             date, strlen(body), body);
    serve_noted(p, answer);
}

/* The instant is one of the exchange's clock, which its answer tells, too. */
START_TEST(a_ban_ends_by_the_exchanges_clock)
{
    begin(serve_418_until, NULL);
    int64_t before = upbit__clock_monotonic_ns();
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 0);
    wait_for(1);
    ck_assert_int_eq(told[0].http_status, 418);
    int64_t now = upbit__clock_monotonic_ns();
    int64_t again = upbit__budget_take(f.budget, UPBIT__GROUP_CONNECT, now);
    ck_assert_int_gt(again, before + 85 * UPBIT__SECOND);
    ck_assert_int_lt(again, now + 95 * UPBIT__SECOND);
    end();
}
END_TEST

START_TEST(time_out_in_the_queue)
{
    begin(serve_nothing, NULL);
    int64_t start = upbit__clock_monotonic_ns();
    for (int i = 0; i < 4; i++)
        ask(i, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    ask(4, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 300);
    ask(5, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 100);
    turns(400 * UPBIT__MS);
    for (int i = 4; i < 6; i++) {
        ck_assert_int_eq(told[i].count, 1);
        ck_assert_int_eq(told[i].error, UPBIT_ERROR_TIMEOUT);
        ck_assert_int_eq(told[i].http_status, 0);
        ck_assert_int_ge(told[i].at_ns - start, (i == 4 ? 300 : 100) * UPBIT__MS);
    }
    ck_assert_int_lt(told[5].at_ns, told[4].at_ns);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 4);
    end();
}
END_TEST

/* The thread was busy elsewhere: what is over is not sent any more. */
START_TEST(time_out_before_a_turn)
{
    begin(serve_ok, NULL);
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 20);
    usleep(50000);
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_TIMEOUT);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 0);
    end();
}
END_TEST

START_TEST(time_out_under_way)
{
    begin(serve_nothing, NULL);
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 200);
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_TIMEOUT);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TICKER], 0);
    end();
}
END_TEST

START_TEST(nobody_there)
{
    begin(serve_ok, NULL);
    server_stop(&f.server);
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 0);
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_CONNECT);
    ck_assert_uint_eq(counted(&f.counters.rest_failures), 1);
    close_all();
}
END_TEST

/* As soon as grants come back, not before, and the waiting ones in their order. */
START_TEST(waits_for_the_budget)
{
    atomic_store(&served, 0);
    begin(serve_ok, NULL);
    use_up(UPBIT__GROUP_TICKER);
    int64_t answered = upbit__clock_monotonic_ns();
    for (int i = 0; i < 2; i++) /* two of them are answered now */
        upbit__budget_report(f.budget, UPBIT__GROUP_TICKER, 200, NULL, 0, "", 0, answered);
    char path[8];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/q%d", i);
        ask(i, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, path, i == 2 ? 1900 : 5000);
    }
    wait_for(3);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(told[i].error, 0);
        ck_assert_int_ge(told[i].at_ns - answered, 1100 * UPBIT__MS);
    }
    ck_assert_int_eq(told[2].error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(told[2].http_status, 0);
    ck_assert_int_eq(atomic_load(&served), 2);
    ck_assert_uint_eq(counted(&f.counters.limit_waits), 3);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client refused");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, too_many_requests_then_success);
    tcase_add_test(t, too_many_requests_and_no_time_left);
    tcase_add_test(t, blocked_is_told_at_once);
    tcase_add_test(t, a_ban_ends_by_the_exchanges_clock);
    tcase_add_test(t, time_out_in_the_queue);
    tcase_add_test(t, time_out_before_a_turn);
    tcase_add_test(t, time_out_under_way);
    tcase_add_test(t, nobody_there);
    tcase_add_test(t, waits_for_the_budget);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
