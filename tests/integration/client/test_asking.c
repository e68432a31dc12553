/* The queue of REST questions: order, bounds, cancelling, each answer exactly once. */
#include "asking_fixture.h"
#include "support/mock.h"

START_TEST(a_hundred_at_once_get_no_429)
{
    static const struct {
        upbit__group group;
        const char *path;
    } kinds[] = {{UPBIT__GROUP_MARKET, "/market/all"},
                 {UPBIT__GROUP_TICKER, "/ticker?markets=KRW-BTC"},
                 {UPBIT__GROUP_TRADE, "/trades/ticks?market=KRW-BTC&count=5"},
                 {UPBIT__GROUP_ORDERBOOK, "/orderbook?markets=KRW-BTC"},
                 {UPBIT__GROUP_CANDLE, "/candles/minutes/1?market=KRW-BTC&count=5"}};
    mock m;
    mock_start(&m, (const char *const[]){NULL});
    open_on(m.port, 100);
    for (int i = 0; i < 100; i++)
        ask(i, kinds[i % 5].group, UPBIT__ASK_LISTING + (upbit__ask_priority)(i % 3),
            kinds[i % 5].path, 20000);
    wait_for(100);
    for (int i = 0; i < 100; i++)
        ck_assert_msg(told[i].error == 0 && told[i].http_status == 200, "%d: %d %d %s", i,
                      told[i].error, told[i].http_status, told[i].body);
    ck_assert_int_eq(mock_stat(&m, "rate_violations"), 0);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 100);
    ck_assert_uint_eq(counted(&f.counters.rest_failures), 0);
    ck_assert_uint_eq(counted(&f.counters.limit_waits), 50); /* of the 20 of each group */
    ck_assert_uint_ge(counted(&f.counters.limit_wait_ms), 50);
    ck_assert_uint_ge(counted(&f.counters.limit_wait_longest_ms), 1);
    /* Kept alive and bounded: no connection per question. The one more is that of mock_stat. */
    ck_assert_int_le(mock_stat(&m, "connections"), 12);
    close_all();
    mock_stop(&m);
}
END_TEST

START_TEST(the_most_urgent_first)
{
    static const struct {
        upbit__ask_priority priority;
        const char *path;
    } asked[] = {
        {UPBIT__ASK_BACKFILL, "/c"}, {UPBIT__ASK_BACKFILL, "/c"}, {UPBIT__ASK_SNAPSHOT, "/b"},
        {UPBIT__ASK_BACKFILL, "/c"}, {UPBIT__ASK_SNAPSHOT, "/b"}, {UPBIT__ASK_LISTING, "/a"},
        {UPBIT__ASK_SNAPSHOT, "/b"}, {UPBIT__ASK_LISTING, "/a"},  {UPBIT__ASK_LISTING, "/a"}};
    atomic_store(&served, 0);
    begin(serve_ok, NULL);
    for (int i = 0; i < 9; i++) /* of one group: libcurl starts what is sent at once as it likes */
        ask(i, UPBIT__GROUP_TRADE, asked[i].priority, asked[i].path, 0);
    wait_for(9);
    ck_assert_int_eq(atomic_load(&served), 9);
    int at[3] = {0}; /* when the last of each priority was served */
    for (int i = 0; i < 9; i++)
        at[order[i][0] - 'a'] = i;
    /* Four go at once, a place of one that is answered goes to the next. */
    ck_assert_int_le(at[0], 3);
    ck_assert_int_le(at[1], 6);
    ck_assert_int_eq(at[2], 8);
    end();
}
END_TEST

/* The groups have queues of their own and one order: what is more urgent goes first. */
START_TEST(first_come_first_served_across_the_groups)
{
    begin(serve_nothing, NULL);
    for (int i = 0; i < 4; i++)
        ask(i, UPBIT__GROUP_MARKET, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    for (int i = 4; i < 16; i++)
        ask(i, i % 2 == 0 ? UPBIT__GROUP_TICKER : UPBIT__GROUP_TRADE,
            i < 8 ? UPBIT__ASK_BACKFILL : UPBIT__ASK_SNAPSHOT, "/x", 60000);
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_total, 8); /* no more connections than that */
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TICKER], 2);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TRADE], 2);
    for (int i = 0; i < 16; i++)
        upbit__ask_cancel(i < 4 || i >= 8 ? told[i].ask : NULL);
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_total, 4); /* now the rest */
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 12);
    end();
}
END_TEST

START_TEST(at_most_four_of_a_group)
{
    begin(serve_nothing, NULL);
    for (int i = 0; i < 6; i++)
        ask(i, UPBIT__GROUP_TRADE, UPBIT__ASK_BACKFILL, "/x", 60000);
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TRADE], 3);
    for (int i = 6; i < 9; i++)
        ask(i, UPBIT__GROUP_TRADE, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TRADE], 4);
    ask(9, UPBIT__GROUP_CANDLE, UPBIT__ASK_BACKFILL, "/x", 60000); /* another group goes on */
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_CANDLE], 1);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 5);
    upbit__ask_cancel(told[0].ask); /* its place is the next one's, a more urgent one's */
    turns(20 * UPBIT__MS);
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TRADE], 4);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 6);
    end();
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(told[i].count, 0);
}
END_TEST

START_TEST(cancel_in_every_phase)
{
    begin(serve_nothing, NULL);
    /* in the queue before any turn */
    ask(0, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    upbit__ask_cancel(told[0].ask);
    turns(5 * UPBIT__MS);
    ck_assert_uint_eq(counted(&f.counters.rest_requests), 0);
    /* under way, after so many turns */
    for (int i = 1; i < 8; i++) {
        ask(i, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 60000);
        for (int turn = 0; turn < i; turn++)
            upbit__loop_turn(f.loop, 5 * UPBIT__MS);
        upbit__ask_cancel(told[i].ask);
    }
    ck_assert_uint_eq(f.asking.under_way_count[UPBIT__GROUP_TICKER], 0);
    /* in the queue, waiting for the budget */
    use_up(UPBIT__GROUP_TICKER);
    ask(8, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    turns(5 * UPBIT__MS);
    upbit__ask_cancel(told[8].ask);
    upbit__ask_cancel(NULL);
    turns(20 * UPBIT__MS);
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(told[i].count, 0);
    end();
}
END_TEST

static void cancel_the_next(void *context, const upbit__rest_result *result)
{
    struct told *t = context;
    on_done(t, result);
    upbit__ask_cancel(t[1].ask);
    t[1].ask = NULL;
}

/* Both are refused in the same turn; the first one's `done` takes the second back. */
START_TEST(cancel_from_inside_done)
{
    begin(serve_ok, NULL);
    upbit__budget_report(f.budget, UPBIT__GROUP_TICKER, 429, NULL, 9000, "", 0,
                         upbit__clock_monotonic_ns());
    ck_assert_int_eq(upbit__asking_get(&f.asking, &told[0].ask, UPBIT__GROUP_TICKER,
                                       UPBIT__ASK_SNAPSHOT, "/x", 1000, cancel_the_next, &told[0]),
                     0);
    ask(1, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 1000);
    turns(30 * UPBIT__MS);
    ck_assert_int_eq(told[0].count, 1);
    ck_assert_int_eq(told[1].count, 0);
    end();
}
END_TEST

static void ask_the_next(void *context, const upbit__rest_result *result)
{
    struct told *t = context;
    on_done(t, result);
    ask((int)(t - told) + 1, UPBIT__GROUP_TICKER, UPBIT__ASK_SNAPSHOT, "/x", 0);
}

START_TEST(ask_from_inside_done)
{
    begin(serve_ok, NULL);
    ck_assert_int_eq(upbit__asking_get(&f.asking, &told[0].ask, UPBIT__GROUP_TICKER,
                                       UPBIT__ASK_SNAPSHOT, "/x", 0, ask_the_next, &told[0]),
                     0);
    wait_for(2);
    ck_assert_int_eq(told[1].error, 0);
    end();
}
END_TEST

START_TEST(bad_paths)
{
    static const char *const bad[] = {"x", "", "/x y", "/x#y", "/\xec\xb4\x88", "/x\r\nA: b"};
    begin(serve_ok, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        upbit__ask *out = (void *)&f;
        ck_assert_int_eq(upbit__asking_get(&f.asking, &out, UPBIT__GROUP_TICKER,
                                           UPBIT__ASK_SNAPSHOT, bad[i], 0, on_done, &told[0]),
                         UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_null(out);
    }
    turns(20 * UPBIT__MS);
    ck_assert_int_eq(told[0].count, 0);
    end();
}
END_TEST

/* Under way, waiting and just refused: all are given back, nobody is called. */
START_TEST(finish_with_questions_in_every_phase)
{
    begin(serve_nothing, NULL);
    for (int i = 0; i < 10; i++)
        ask(i, UPBIT__GROUP_TRADE, UPBIT__ASK_BACKFILL, "/x", 60000);
    turns(20 * UPBIT__MS);
    ask(10, UPBIT__GROUP_CANDLE, UPBIT__ASK_SNAPSHOT, "/x", 60000);
    upbit__asking_finish(&f.asking);
    server_stop(&f.server); /* which would answer those under way */
    turns(50 * UPBIT__MS);
    close_all(); /* finishing twice does no harm */
    for (int i = 0; i < 11; i++)
        ck_assert_int_eq(told[i].count, 0);
}
END_TEST

/* What needs keys is not even queued where a token must not go, or without keys. */
START_TEST(tokens_stay_where_they_are_safe)
{
    static const char *const bad[] = {"http://10.0.0.1/v1", "http://api.upbit.com/v1",
                                      "http://127.0.0.1.example.com/v1"};
    upbit__keys *keys;
    upbit__ask *asked = NULL;
    open_on(1, 100);
    ck_assert_int_eq(upbit__asking_get_signed(&f.asking, &asked, UPBIT__GROUP_DEFAULT,
                                              UPBIT__ASK_PRIVATE, "/accounts", 0, on_done, told),
                     UPBIT_ERROR_UNAVAILABLE);
    ck_assert_int_eq(upbit__keys_make(&keys, "test-access", "test-secret", "a", "s"), 0);
    upbit__credentials_replace(&f.credentials, keys);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        f.config.rest_url = (char *)(uintptr_t)bad[i];
        ck_assert_int_eq(upbit__asking_get_signed(&f.asking, &asked, UPBIT__GROUP_DEFAULT,
                                                  UPBIT__ASK_PRIVATE, "/accounts", 0, on_done,
                                                  told),
                         UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "rest_url: no tokens without"));
        ck_assert_ptr_null(asked);
    }
    f.config.rest_url = f.rest_url;
    f.config.proxy = (char *)(uintptr_t) "http://127.0.0.1:1";
    ck_assert_int_eq(upbit__asking_get_signed(&f.asking, &asked, UPBIT__GROUP_DEFAULT,
                                              UPBIT__ASK_PRIVATE, "/accounts", 0, on_done, told),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    f.config.proxy = NULL;
    ck_assert_int_eq(upbit__asking_get_signed(&f.asking, &asked, UPBIT__GROUP_DEFAULT,
                                              UPBIT__ASK_PRIVATE, "/accounts", 0, on_done, told),
                     0);
    /* Keys that go while it waits: it is answered all the same. */
    told[0].ask = asked;
    upbit__credentials_replace(&f.credentials, NULL);
    wait_for(1);
    ck_assert_int_eq(told[0].error, UPBIT_ERROR_UNAVAILABLE);
    close_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client asking");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_hundred_at_once_get_no_429);
    tcase_add_test(t, the_most_urgent_first);
    tcase_add_test(t, first_come_first_served_across_the_groups);
    tcase_add_test(t, at_most_four_of_a_group);
    tcase_add_test(t, cancel_in_every_phase);
    tcase_add_test(t, cancel_from_inside_done);
    tcase_add_test(t, ask_from_inside_done);
    tcase_add_test(t, bad_paths);
    tcase_add_test(t, finish_with_questions_in_every_phase);
    tcase_add_test(t, tokens_stay_where_they_are_safe);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
