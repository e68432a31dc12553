/* Trades missed in a cut: what is held, to whom it goes, in which order it comes out. */
#include "backfill_rig.h"

START_TEST(a_known_trade_shows_that_nothing_was_missed)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(2);
    pass_ms(200);
    live(3, 3);
    ck_assert_str_eq(got(a), "3 ");
    ck_assert_uint_eq(ask_count, 0);
    side_close(a);
}
END_TEST

START_TEST(missed_trades_come_first_in_order_and_once)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    live(10, 10);
    snapshot(9); /* another widget's request: what waits is known */
    live(10, 10);
    ck_assert_str_eq(got(a), "");
    pass_ms(UPBIT__BACKFILL_GATHER_MS - 1);
    ck_assert_uint_eq(ask_count, 0); /* more codes may follow */
    pass_ms(1);
    ck_assert_str_eq(last_ask()->code, "KRW-BTC");
    ck_assert_int_eq(last_ask()->cursor, 0);
    ck_assert_uint_eq(last_ask()->timeout_ms, 2000);
    rows(last_ask(), 11, 9); /* 11 is still on its way by the stream */
    rows(last_ask(), 4, 4);  /* pages need not be in order of time */
    rows(last_ask(), 8, 5);
    rows(last_ask(), 5, 5); /* a page that overlaps */
    rows(last_ask(), 3, -20);
    ck_assert_str_eq(got(a), "");
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 B6 B7 B8 B9 10 B11 ");
    live(11, 12);
    ck_assert_str_eq(got(a), "12 ");
    ck_assert_uint_eq(counters.trades_backfilled, 8);
    ck_assert_uint_eq(counters.holes_told, 0);
    side_close(a);
}
END_TEST

START_TEST(a_realtime_trade_first_is_news_too)
{
    side *a = cut_after_two(UPBIT_WANT_REALTIME_ONLY);
    connect();
    live(2, 2); /* a repeat tells nothing about what came after it */
    live(5, 5);
    pass_ms(100);
    rows(last_ask(), 5, -19);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 5 ");
    side_close(a);
}
END_TEST

START_TEST(the_snapshot_that_was_missed_is_no_snapshot)
{
    side *a = cut_after_two(UPBIT_WANT_REALTIME_ONLY);
    side *b = side_open(0), *c = side_open(0), *d = side_open(0);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0); /* these were not there */
    want(c, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_SNAPSHOT_ONLY);
    want(d, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_REALTIME_ONLY);
    connect();
    snapshot(5);
    live(6, 6);
    pass_ms(100);
    rows(last_ask(), 7, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 6 B7 ");
    ck_assert_str_eq(got(b), "S5 6 B7 "); /* 7 is newer than their want: theirs as well */
    ck_assert_str_eq(got(c), "S5 ");
    ck_assert_str_eq(got(d), "6 B7 ");
    ck_assert_uint_eq(c->client.entry_count, 0);
    live(7, 8);
    ck_assert_str_eq(got(a), "8 ");
    ck_assert_str_eq(got(b), "8 ");
    side_close(a);
    side_close(b);
    side_close(c);
    side_close(d);
}
END_TEST

START_TEST(what_waited_comes_in_the_order_received)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(5);
    live(9, 9);
    live(7, 7); /* late at the exchange */
    pass_ms(100);
    rows(last_ask(), 9, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B3 B4 B5 B6 B8 9 7 ");
    side_close(a);
}
END_TEST

START_TEST(a_gap_is_for_those_who_missed_something)
{
    side *a = cut_after_two(0), *b = side_open(0), *c = side_open(0);
    connect();
    snapshot(2);
    want(c, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_SNAPSHOT_ONLY);
    lose();
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    lose(); /* a connection that came to nothing: b has missed none of it */
    connect();
    snapshot(9);
    pass_ms(100);
    answer(last_ask(), UPBIT_ERROR_TIMEOUT);
    ck_assert_str_eq(got(a), "gap(2-9) B9 ");
    ck_assert_str_eq(got(b), "S9 ");
    ck_assert_str_eq(got(c), "S9 ");
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

/* Late frames of a want that was given up begin the next one. */
START_TEST(what_came_before_its_request_was_sent_is_a_beginning)
{
    side *a = side_open(UPBIT_POLICY_LOSSLESS);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    live(1, 2);
    lose();
    lose(); /* another that came to nothing */
    connect();
    snapshot(5);
    pass_ms(100);
    rows(last_ask(), 5, -20);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "1 2 B3 B4 B5 ");
    side_close(a);
}
END_TEST

START_TEST(who_came_later_has_neither_gap_nor_backfill)
{
    side *a = cut_after_two(0), *b = side_open(0);
    upbit__registry_remove(&registry, a->client.entries[0]);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0); /* a key anew */
    connect();
    snapshot(9);
    ck_assert_str_eq(got(b), "S9 ");
    lose();
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__registry_remove(&registry, b->client.entries[0]); /* nobody is left who missed any */
    connect();
    snapshot(12);
    pass_ms(200);
    ck_assert_str_eq(got(a), "S12 ");
    ck_assert_uint_eq(ask_count, 0);
    ck_assert_uint_eq(counters.holes_told, 0);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(what_was_before_the_first_trade_is_not_ours)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    snapshot(5);
    ck_assert_str_eq(got(a), "S5 ");
    lose();
    connect();
    snapshot(8);
    pass_ms(100);
    rows(last_ask(), 8, -30);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B6 B7 B8 ");
    side_close(a);
}
END_TEST

/* Ids are unique, not ordered: a trade from shortly before the last one may have been missed. */
START_TEST(the_search_goes_two_seconds_behind_the_last_trade)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(1, 1);
    live(20, 20);
    live(40, 40);
    ck_assert_str_eq(got(a), "1 20 40 ");
    lose();
    connect();
    snapshot(41);
    pass_ms(100);
    rows(last_ask(), 41, 39); /* 39 and 21 were late at the exchange */
    rows(last_ask(), 21, 20);
    rows(last_ask(), 19, 19); /* 2.1 s before 40 */
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "B21 B39 B41 ");
    side_close(a);
}
END_TEST

/* The window of ids keeps 1,024, and fewer where it finds no memory to grow: what happened within
 * the two seconds and is no longer in it has been told. */
START_TEST(what_has_left_the_window_is_not_told_again)
{
    side *a = side_open(0);
    step = 1;
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    for (int i = 1; i <= 1100; i++) {
        now += 20 * UPBIT__SECOND;
        live(i, i);
        (void)got(a);
    }
    lose();
    connect();
    snapshot(1101);
    pass_ms(100);
    for (int newest = 1101; newest > 0; newest -= FULL) {
        struct asked *page = last_ask();
        rows(page, newest, newest > FULL ? newest - FULL + 1 : 1);
        answer(page, 0);
    }
    ck_assert_msg(strcmp(got(a), "B1101 ") == 0, "older ones are told again");
    side_close(a);
}
END_TEST

START_TEST(what_cannot_be_had_is_a_gap_before_what_follows)
{
    side *a = cut_after_two(0);
    connect();
    snapshot(9);
    live(10, 10);
    if (_i == 1)
        ask_error = UPBIT_ERROR_NO_MEMORY; /* not even asked */
    pass_ms(100);
    if (_i == 0)
        answer(last_ask(), UPBIT_ERROR_LIMIT);
    ck_assert_str_eq(got(a), "gap(2-9) B9 10 ");
    live(11, 11);
    ck_assert_str_eq(got(a), "11 ");
    ck_assert_uint_eq(counters.holes_told, 1);
    side_close(a);
}
END_TEST

START_TEST(unsubscribed_while_it_waits)
{
    side *a = cut_after_two(0), *b = side_open(0);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    connect();
    snapshot(9);
    live(10, 10);
    pass_ms(100);
    upbit__registry_remove(&registry, a->client.entries[0]);
    if (_i == 0) {
        rows(last_ask(), 10, -20);
        answer(last_ask(), 0);
        ck_assert_str_eq(got(b), "S9 10 ");
    } else {
        side_close(b);
        b = NULL;
        upbit__registry_sweep(&registry); /* the next request goes out without it */
        ck_assert(asks[0].cancelled);
    }
    ck_assert_str_eq(got(a), "");
    side_close(a);
    if (b != NULL)
        side_close(b);
}
END_TEST

START_TEST(trades_without_ids_leave_a_gap)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    sent();
    live(0, 0);
    lose();
    connect();
    live(0, 1);
    ck_assert_str_eq(got(a), "0 gap(0-0) 0 1 ");
    pass_ms(200);
    ck_assert_uint_eq(ask_count, 0);
    side_close(a);
}
END_TEST

START_TEST(a_code_that_shows_late_is_asked_at_once)
{
    side *a = cut_after_two(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-ETH", 0, 0);
    connect();
    live_of("KRW-ETH", 1);
    lose();
    connect();
    snapshot(2);
    snapshot_of("KRW-ETH", 4);
    pass_ms(100);
    ck_assert_uint_eq(ask_count, 1);
    rows(last_ask(), 4, -30);
    answer(last_ask(), 0);
    ck_assert_str_eq(got(a), "1 B2 B3 B4 ");
    lose();
    connect();
    snapshot_of("KRW-ETH", 6);
    pass_ms(100);
    ck_assert_uint_eq(ask_count, 2);
    live(8, 8); /* no snapshot came for it */
    ck_assert_uint_eq(ask_count, 3);
    answer(&asks[1], UPBIT_ERROR_TIMEOUT);
    answer(&asks[2], UPBIT_ERROR_TIMEOUT);
    ck_assert_str_eq(got(a), "gap(4-6) B6 gap(2-8) 8 ");
    side_close(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client backfill");
    TCase *t = tcase_create("backfill");
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, a_known_trade_shows_that_nothing_was_missed);
    tcase_add_test(t, missed_trades_come_first_in_order_and_once);
    tcase_add_test(t, a_realtime_trade_first_is_news_too);
    tcase_add_test(t, the_snapshot_that_was_missed_is_no_snapshot);
    tcase_add_test(t, what_waited_comes_in_the_order_received);
    tcase_add_test(t, a_gap_is_for_those_who_missed_something);
    tcase_add_test(t, what_came_before_its_request_was_sent_is_a_beginning);
    tcase_add_test(t, who_came_later_has_neither_gap_nor_backfill);
    tcase_add_test(t, what_was_before_the_first_trade_is_not_ours);
    tcase_add_test(t, the_search_goes_two_seconds_behind_the_last_trade);
    tcase_add_test(t, what_has_left_the_window_is_not_told_again);
    tcase_add_loop_test(t, what_cannot_be_had_is_a_gap_before_what_follows, 0, 2);
    tcase_add_loop_test(t, unsubscribed_while_it_waits, 0, 2);
    tcase_add_test(t, trades_without_ids_leave_a_gap);
    tcase_add_test(t, a_code_that_shows_late_is_asked_at_once);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
