/* How far back-fill goes and no further, and a cut while it runs. */
#include "backfill_rig.h"

START_TEST(two_seconds_are_enough)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    pass_ms(100);
    pass_ms(1999);
    ck_assert_str_eq(got(a), "");
    ck_assert(!asks[0].cancelled);
    pass_ms(1);
    ck_assert(asks[0].cancelled);
    ck_assert_str_eq(got(a), "gap(2-9) B9 ");
    live(10, 10);
    ck_assert_str_eq(got(a), "10 ");
    side_close(a);
}
END_TEST

START_TEST(four_pages_are_enough_and_the_newest_count)
{
    side *a = side_open(UPBIT_POLICY_LOSSLESS);
    step = 10;
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(1, 1);
    lose();
    connect();
    snapshot(3000);
    pass_ms(100);
    int64_t newest = 3000;
    for (int page = 0; page < 4; page++, newest -= FULL) {
        ck_assert_int_eq(last_ask()->cursor, page == 0 ? 0 : newest + 1);
        rows(last_ask(), newest, newest - FULL + 1);
        ck_assert_str_eq(got(a), page == 0 ? "1 " : "");
        answer(last_ask(), 0);
    }
    ck_assert_uint_eq(ask_count, 4);
    const char *text = got(a);
    ck_assert_msg(strncmp(text, "gap(1-1001) B1001 B1002 ", 24) == 0, "%.40s", text);
    ck_assert_str_eq(text + strlen(text) - 12, "B2999 B3000 ");
    ck_assert_uint_eq(counters.trades_backfilled, 2000);
    side_close(a);
}
END_TEST

START_TEST(pages_go_on_until_they_reach_what_is_known)
{
    side *a = side_open(UPBIT_POLICY_LOSSLESS);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(1, 1);
    lose();
    connect();
    snapshot(600);
    pass_ms(100);
    rows(last_ask(), 600, 101);
    answer(last_ask(), 0);
    ck_assert_int_eq(last_ask()->cursor, 101);
    if (_i == 0) {
        rows(last_ask(), 100, -20);
        answer(last_ask(), 0);
        const char *text = got(a);
        ck_assert_msg(strncmp(text, "1 B2 B3 B4 ", 11) == 0, "%.40s", text);
    } else { /* the second page is refused: what the first one had is kept */
        answer(last_ask(), UPBIT_ERROR_TIMEOUT);
        const char *text = got(a);
        ck_assert_msg(strncmp(text, "1 gap(1-101) B101 B102 ", 23) == 0, "%.40s", text);
    }
    side_close(a);
}
END_TEST

START_TEST(a_short_page_is_all_there_is_of_that_day)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    /* Ids are 100 ms apart: 01:07 minus 1:40 is yesterday; minus 41:40 the day before that. */
    static const int last[] = {1, -60000, -1500000};
    live(last[_i], last[_i]);
    got(a);
    lose();
    connect();
    snapshot(3);
    pass_ms(100);
    rows(last_ask(), 3, 2);
    answer(last_ask(), 0);
    for (int day = 1; day <= _i; day++) {
        ck_assert_uint_eq(last_ask()->days_ago, (unsigned)day);
        ck_assert_int_eq(last_ask()->cursor, 0);
        if (day == _i)
            rows(last_ask(), last[_i] + 1, last[_i]);
        answer(last_ask(), 0);
    }
    char expected[64] = "B2 B3 ";
    if (_i > 0)
        snprintf(expected, sizeof expected, "B%d B2 B3 ", last[_i] + 1);
    ck_assert_str_eq(got(a), expected);
    ck_assert_uint_eq(ask_count, (size_t)_i + 1);
    side_close(a);
}
END_TEST

START_TEST(days_without_end_are_a_gap)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(-20000000, -20000000); /* three weeks ago */
    got(a);
    lose();
    connect();
    snapshot(3);
    pass_ms(100);
    rows(last_ask(), 3, 2);
    for (size_t pages = 1; pages <= UPBIT__BACKFILL_PAGES; pages++) {
        ck_assert_uint_eq(ask_count, pages);
        answer(last_ask(), 0);
    }
    ck_assert_str_eq(got(a), "gap(-20000000-2) B2 B3 ");
    ck_assert_uint_eq(ask_count, UPBIT__BACKFILL_PAGES);
    side_close(a);
}
END_TEST

START_TEST(a_row_that_was_lost_is_a_gap)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    pass_ms(100);
    rows(last_ask(), 9, 7);
    upbit__fill_bad_row(last_ask()->fill);
    rows(last_ask(), 5, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "gap(2-9) B3 B4 B5 B7 B8 B9 ");
    side_close(a);
}
END_TEST

/* REST may lag behind the stream: without the trade that showed the hole it proves nothing. */
START_TEST(a_page_that_lags_is_asked_for_again)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    pass_ms(100);
    for (int page = 0; page < (_i == 0 ? 1 : 4); page++) {
        rows(last_ask(), 7, -20);
        answer(last_ask(), 0);
        ck_assert_str_eq(got(a), "");
        pass_ms(UPBIT__BACKFILL_LAG_MS);
    }
    if (_i == 0) {
        ck_assert_int_eq(last_ask()->cursor, 0);
        rows(last_ask(), 9, -20);
        answer(last_ask(), 0);
        ck_assert_str_eq(got(a), "B3 B4 B5 B6 B7 B8 B9 ");
    } else {
        ck_assert_uint_eq(ask_count, 4);
        ck_assert_str_eq(got(a), "gap(2-9) B9 ");
    }
    side_close(a);
}
END_TEST

START_TEST(twenty_codes_those_wanted_last)
{
    enum { CODES = 25 };
    char codes[CODES][24];
    side *a = side_open(0);
    for (int i = 0; i < CODES; i++) {
        snprintf(codes[i], sizeof codes[i], "KRW-C%02d", i);
        want(a, UPBIT_TYPE_TRADE, codes[i], 0, 0);
    }
    want(a, UPBIT_TYPE_TRADE, codes[3], 0, 0); /* wanted again: the latest */
    sent();
    for (int i = 0; i < CODES; i++)
        live_of(codes[i], 1);
    got(a);
    for (int round = 1; round <= 2; round++) {
        lose();
        connect();
        for (int i = 0; i < CODES; i++)
            snapshot_of(codes[i], 10 * round);
        pass_ms(100);
        ck_assert_uint_eq(ask_count, 20 * (size_t)round);
        ck_assert_str_eq(asks[ask_count - 20].code, codes[3]);
        ck_assert_str_eq(asks[ask_count - 19].code, codes[24]);
        ck_assert_str_eq(asks[ask_count - 1].code, codes[6]);
        ck_assert_uint_eq(counters.holes_told, 5 * (uint64_t)round);
        for (size_t i = ask_count - 20; i < ask_count; i++) {
            rows(&asks[i], 10 * round, 10 * round - 25);
            answer(&asks[i], 0);
        }
        ck_assert_uint_eq(counters.holes_told, 5 * (uint64_t)round);
        drain(a);
    }
    side_close(a);
}
END_TEST

START_TEST(more_than_1024_held_end_it)
{
    side *a = side_open(UPBIT_POLICY_LOSSLESS);
    step = 1;
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(1, 2);
    got(a);
    lose();
    connect();
    snapshot(10);
    pass_ms(100);
    live(11, 10 + UPBIT__BACKFILL_HELD - 1);
    ck_assert_str_eq(got(a), "");
    live(10 + UPBIT__BACKFILL_HELD, 10 + UPBIT__BACKFILL_HELD);
    const char *text = got(a);
    ck_assert(asks[0].cancelled);
    ck_assert_msg(strncmp(text, "gap(2-10) B10 11 12 ", 20) == 0, "%.40s", text);
    ck_assert_str_eq(text + strlen(text) - 10, "1033 1034 ");
    side_close(a);
}
END_TEST

START_TEST(what_is_held_is_let_out_for_memory)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    live(10, 10);
    pass_ms(100);
    upbit__backfill_release(&backfill);
    upbit__batch_commit(&batch);
    ck_assert(asks[0].cancelled);
    ck_assert_str_eq(got(a), "gap(2-9) B9 10 ");
    side_close(a);
}
END_TEST

static side *cut_again(void)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(5);
    live(6, 6);
    pass_ms(100);
    lose();
    return a;
}

START_TEST(rest_may_answer_while_the_stream_is_cut_again)
{
    side *a = cut_again();
    rows(last_ask(), 6, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 6 ");
    connect();
    snapshot(9); /* the second hole is one of its own */
    pass_ms(100);
    rows(last_ask(), 9, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B7 B8 B9 ");
    side_close(a);
}
END_TEST

START_TEST(two_holes_are_filled_from_the_old_border)
{
    side *a = cut_again();
    if (_i == 0) {
        answer(last_ask(), UPBIT_ERROR_CONNECT); /* no network */
        ck_assert_str_eq(got(a), "");
    }
    connect();
    live_of("KRW-BTC", 9);
    pass_ms(100);
    ck_assert_uint_eq(ask_count, 2);
    ck_assert(_i == 0 || asks[0].cancelled);
    rows(last_ask(), 9, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 6 B7 B8 9 ");
    side_close(a);
}
END_TEST

/* Each in its place: a queue that drops its oldest may drop the first alone. */
START_TEST(two_holes_unfilled_are_two_gaps)
{
    static const char *const all[] = {"gap(2-5) B5 6 gap(6-9) B9 ", "B3 B4 B5 6 B7 B8 B9 ",
                                      "gap(2-5) B5 6 gap(6-7) B7 B8 B9 ",
                                      "gap(2-4) B4 B5 6 B7 B8 B9 "};
    side *a = cut_again();
    connect();
    snapshot(9);
    pass_ms(100);
    if (_i > 0)
        rows(last_ask(), 9, _i == 1 ? 8 - FULL : _i == 2 ? 7 : 4);
    if (_i > 1)
        pass_ms(2000);
    else
        answer(last_ask(), _i == 1 ? 0 : UPBIT_ERROR_TIMEOUT);
    ck_assert_str_eq(got(a), all[_i]);
    side_close(a);
}
END_TEST

START_TEST(a_gap_of_the_second_cut_is_for_those_who_came_in_the_first)
{
    side *a = cut_after_two(0), *b = side_open(UPBIT_POLICY_LOSSLESS),
         *c = side_open(UPBIT_POLICY_LOSSLESS);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    connect();
    snapshot(5);
    live(6, 6);
    pass_ms(100);
    lose();
    want(c, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    connect();
    snapshot(9);
    live(10, 10);
    pass_ms(100);
    if (_i == 1)
        rows(last_ask(), 9, 8 - FULL);
    answer(last_ask(), _i == 1 ? 0 : UPBIT_ERROR_TIMEOUT);
    ck_assert_str_eq(got(a), _i == 1 ? "B3 B4 B5 6 B7 B8 B9 10 " : "gap(2-5) B5 6 gap(6-9) B9 10 ");
    ck_assert_str_eq(got(b), _i == 1 ? "S5 6 B7 B8 B9 10 " : "S5 6 gap(6-9) B9 10 ");
    ck_assert_str_eq(got(c), "S9 10 ");
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

/* The exchange leaves trades out and then shows the last of them; REST knows the others. */
START_TEST(a_snapshot_among_what_waits_is_for_newcomers_too)
{
    side *a = cut_after_two(0), *b = side_open(UPBIT_POLICY_LOSSLESS);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    connect();
    snapshot(5);
    snapshot(8);
    pass_ms(100);
    rows(last_ask(), 8, 8 - FULL);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 B6 B7 B8 ");
    ck_assert_str_eq(got(b), "S5 B6 B7 S8 ");
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(who_came_in_a_cut_that_missed_nothing_has_the_snapshot_at_once)
{
    side *a = cut_again(), *b = side_open(UPBIT_POLICY_LOSSLESS);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    connect();
    snapshot(6); /* waits already */
    live(7, 7);
    ck_assert_str_eq(got(b), "S6 ");
    pass_ms(100);
    rows(last_ask(), 7, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 6 7 ");
    ck_assert_str_eq(got(b), "7 ");
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(nothing_is_held_for_long_while_the_stream_is_down)
{
    side *a = cut_again();
    answer(last_ask(), UPBIT_ERROR_CONNECT);
    pass_ms(1999);
    ck_assert_str_eq(got(a), "");
    pass_ms(1);
    ck_assert_str_eq(got(a), "gap(2-5) B5 6 ");
    connect();
    snapshot(9);
    pass_ms(100);
    answer(last_ask(), UPBIT_ERROR_CONNECT);
    ck_assert_str_eq(got(a), "gap(6-9) B9 ");
    side_close(a);
}
END_TEST

START_TEST(nothing_missed_in_the_second_cut)
{
    side *a = cut_again();
    if (_i == 0)
        answer(last_ask(), UPBIT_ERROR_CONNECT);
    connect();
    snapshot(6); /* waits already */
    pass_ms(100);
    ck_assert_uint_eq(ask_count, _i == 0 ? 2 : 1);
    rows(last_ask(), 6, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 6 ");
    live(7, 7);
    ck_assert_str_eq(got(a), "7 ");
    side_close(a);
}
END_TEST

START_TEST(who_came_in_the_second_cut_begins_behind_it)
{
    side *a = cut_again();
    side *b = side_open(UPBIT_POLICY_LOSSLESS);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    if (_i == 0) { /* REST answers before the stream is back */
        rows(last_ask(), 7, -20);
        answer(last_ask(), 0);
        ck_assert_str_eq(got(a), "B3 B4 B5 6 B7 ");
        ck_assert_str_eq(got(b), ""); /* 7 would look as if 9 were the next */
    }
    connect();
    snapshot(9);
    live(10, 10);
    pass_ms(100);
    rows(last_ask(), 9, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), _i == 0 ? "B8 B9 10 " : "B3 B4 B5 6 B7 B8 B9 10 ");
    ck_assert_str_eq(got(b), "S9 10 ");
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(a_hole_never_ends_before_it_begins)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    pass_ms(100);
    rows(last_ask(), 9, -5); /* older than the last that is known, but not by two seconds */
    answer(last_ask(), UPBIT_ERROR_TIMEOUT);
    ck_assert_str_eq(got(a), "gap(2-2) B3 B4 B5 B6 B7 B8 B9 ");
    side_close(a);
}
END_TEST

/* What waited since epoch 2 comes out in epoch 3, behind another code's trades of epoch 3. */
START_TEST(epochs_of_a_lane_never_go_back)
{
    side *a = cut_after_two(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-ETH", 0, 0);
    connect();
    snapshot(5);
    live(6, 6);
    pass_ms(100);
    lose();
    connect();
    live_of("KRW-ETH", 50);
    snapshot(6);
    rows(last_ask(), 6, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "50 B3 B4 B5 6 ");
    side_close(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client backfill bounds");
    TCase *t = tcase_create("backfill");
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, two_seconds_are_enough);
    tcase_add_test(t, four_pages_are_enough_and_the_newest_count);
    tcase_add_loop_test(t, pages_go_on_until_they_reach_what_is_known, 0, 2);
    tcase_add_loop_test(t, a_short_page_is_all_there_is_of_that_day, 0, 3);
    tcase_add_test(t, days_without_end_are_a_gap);
    tcase_add_test(t, a_row_that_was_lost_is_a_gap);
    tcase_add_loop_test(t, a_page_that_lags_is_asked_for_again, 0, 2);
    tcase_add_test(t, twenty_codes_those_wanted_last);
    tcase_add_test(t, more_than_1024_held_end_it);
    tcase_add_test(t, what_is_held_is_let_out_for_memory);
    tcase_add_test(t, rest_may_answer_while_the_stream_is_cut_again);
    tcase_add_loop_test(t, two_holes_are_filled_from_the_old_border, 0, 2);
    tcase_add_loop_test(t, two_holes_unfilled_are_two_gaps, 0, 4);
    tcase_add_loop_test(t, a_gap_of_the_second_cut_is_for_those_who_came_in_the_first, 0, 2);
    tcase_add_test(t, a_snapshot_among_what_waits_is_for_newcomers_too);
    tcase_add_test(t, who_came_in_a_cut_that_missed_nothing_has_the_snapshot_at_once);
    tcase_add_test(t, nothing_is_held_for_long_while_the_stream_is_down);
    tcase_add_loop_test(t, nothing_missed_in_the_second_cut, 0, 2);
    tcase_add_loop_test(t, who_came_in_the_second_cut_begins_behind_it, 0, 2);
    tcase_add_test(t, a_hole_never_ends_before_it_begins);
    tcase_add_test(t, epochs_of_a_lane_never_go_back);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
