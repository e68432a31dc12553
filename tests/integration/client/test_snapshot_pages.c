/* Histories by get_snapshot: pages that fit together, and answers that do not fit the memory. */
#include <stdio.h>
#include <string.h>

#include "snapshot_rig.h"
#include "support/check_main.h"

static void setup(void)
{
    begin("3000", "60");
}

static void setup_still(void)
{
    begin("0", "60"); /* nothing moves: what is cached gets old */
}

static void ask_history(answer *r, upbit_proxy *p, int type, uint32_t count, int64_t before)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    want.candle_unit = type == UPBIT_TYPE_CANDLE ? UPBIT_CANDLE_1M : 0;
    want.count = count;
    want.before = before;
    ask_full(p, want, "KRW-BTC", 9);
    answer_read(r, p, 9, 5);
    ck_assert_msg(r->error == 0, "%s", r->detail);
}

START_TEST(candles_come_by_pages_without_a_seam)
{
    upbit_proxy *p = stream_proxy(manager, "chart", NULL);
    ck_assert(stream_is_live(p, 5));
    static answer r, one;
    ask_history(&r, p, UPBIT_TYPE_CANDLE, 450, 0);
    ck_assert_int_eq(r.count, 450);
    ck_assert_uint_eq(rest_requests(), 4); /* the list, and 200 + 200 + 50 */
    static int64_t start[450];
    for (int i = 0; i < 450; i++) {
        start[i] = upbit_event_candle(r.events[i])->start_ms;
        ck_assert_int_eq(start[i] % 60000, 0);
        if (i > 0)
            ck_assert_int_gt(start[i], start[i - 1]);
    }
    answer_drop(&r);
    /* Windows without trades do not exist, so a seam shows only beside what one page holds: the
     * pages met at 250 and at 50. */
    for (int seam = 250; seam > 0; seam -= 200) {
        ask_history(&one, p, UPBIT_TYPE_CANDLE, 80, start[seam + 40]);
        ck_assert_int_eq(one.count, 80);
        for (int i = 0; i < 80; i++)
            ck_assert_int_eq(upbit_event_candle(one.events[i])->start_ms, start[seam - 40 + i]);
        answer_drop(&one);
    }
    ask_history(&r, p, UPBIT_TYPE_CANDLE, 1, start[100] + 1); /* before: exclusive, in ms */
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(upbit_event_candle(r.events[0])->start_ms, start[100]);
    answer_drop(&r);
    ask_history(&r, p, UPBIT_TYPE_CANDLE, 2000, 0);
    ck_assert_int_eq(r.count, 2000);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(each_of_several_codes_is_asked_for_by_its_own_place)
{
    upbit_proxy *p = streaming("pair", UPBIT_TYPE_TRADE, "KRW-ETH");
    static answer r;
    /* The last code comes from the cache: there is nothing to be asked of it. */
    control("burst?rate=100&ms=50&code=KRW-ETH");
    wait_ms(200);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TRADE;
    ask_full(p, want, "KRW-BTC,KRW-ETH", 9);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 2);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
    ck_assert_int_eq(r.events[1]->origin, UPBIT_ORIGIN_CACHE);
    answer_drop(&r);
    want = (upbit_want)UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_CANDLE;
    want.candle_unit = UPBIT_CANDLE_1M;
    want.count = 450;
    ask_full(p, want, "KRW-BTC,KRW-XRP", 10);
    answer_read(&r, p, 10, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 900);
    for (int i = 0; i < 900; i++) {
        ck_assert_str_eq(r.events[i]->code, i < 450 ? "KRW-BTC" : "KRW-XRP");
        if (i % 450 > 0)
            ck_assert_int_gt(upbit_event_candle(r.events[i])->start_ms,
                             upbit_event_candle(r.events[i - 1])->start_ms);
    }
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(trades_come_by_cursor)
{
    upbit_proxy *p = stream_proxy(manager, "tape", NULL);
    ck_assert(stream_is_live(p, 5));
    static answer r;
    for (int i = 0; i < 100; i++) { /* until there are three pages of them */
        ask_history(&r, p, UPBIT_TYPE_TRADE, 1200, 0);
        if (r.count == 1200)
            break;
        answer_drop(&r);
        wait_ms(150);
    }
    ck_assert_int_eq(r.count, 1200);
    for (int i = 1; i < 1200; i++) {
        const upbit_trade *a = upbit_event_trade(r.events[i - 1]);
        const upbit_trade *b = upbit_event_trade(r.events[i]);
        ck_assert_int_ge(b->trade_timestamp, a->trade_timestamp);
        ck_assert_int_gt(b->sequential_id, a->sequential_id);
    }
    int64_t middle = upbit_event_trade(r.events[600])->sequential_id;
    int64_t below = upbit_event_trade(r.events[597])->sequential_id;
    answer_drop(&r);
    ask_history(&r, p, UPBIT_TYPE_TRADE, 3, middle);
    ck_assert_int_eq(r.count, 3);
    ck_assert_int_eq(upbit_event_trade(r.events[0])->sequential_id, below);
    ck_assert_int_lt(upbit_event_trade(r.events[2])->sequential_id, middle);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

static void little_memory(upbit_options *o)
{
    o->memory_budget = 128 << 10;
}

START_TEST(an_answer_that_does_not_fit_is_refused_whole)
{
    upbit_manager *small = stream_manager(&exchange, little_memory);
    upbit_proxy *p = stream_proxy(small, "small", NULL);
    static answer r;
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_CANDLE;
    want.candle_unit = UPBIT_CANDLE_1M;
    want.count = 600;
    ask_full(p, want, "KRW-BTC", 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(r.count, 0);
    want.count = 20; /* and there is room again */
    ask_full(p, want, "KRW-BTC", 10);
    answer_read(&r, p, 10, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 20);
    answer_drop(&r);
    upbit_proxy_close(p);
    upbit_manager_release(small);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client snapshot pages");
    TCase *t = tcase_create("moving market");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, trades_come_by_cursor);
    suite_add_tcase(s, t);
    t = tcase_create("still market");
    tcase_add_checked_fixture(t, setup_still, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, candles_come_by_pages_without_a_seam);
    tcase_add_test(t, each_of_several_codes_is_asked_for_by_its_own_place);
    tcase_add_test(t, an_answer_that_does_not_fit_is_refused_whole);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
