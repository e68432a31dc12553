/* A hole in a lossless lane: told exactly, and healed when the consumer has emptied the lane. */
#include "client/resync.h"

#include "rig.h"

static side *small(uint32_t messages)
{
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.policy = UPBIT_POLICY_LOSSLESS;
    options.queue_messages = messages;
    return side_open_with(&options);
}

static void leave(side *s)
{
    upbit__resync_forget(&fanout, &s->client);
    side_close(s);
}

static int64_t next_sid = 1;

static void trades(const char *code, int count)
{
    for (int i = 0; i < count; i++)
        receive(trade(code, next_sid++, "REALTIME"));
}

static bool run(void)
{
    bool behind = upbit__resync_run(&fanout);
    upbit__batch_commit(&batch);
    return behind;
}

static uint64_t number; /* of what take_type returned */

static const upbit_event *take_type(side *s, int type)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (;;) {
        if (upbit__inbox_next(s->client.inbox, &d) != 1)
            return NULL;
        number = d.number;
        if (d.event->type == type)
            return d.event;
        ck_assert_msg(d.event->type == UPBIT_TYPE_EPOCH, "%s came instead of %s",
                      upbit_type_name(d.event->type), upbit_type_name(type));
        upbit_event_unref(d.event);
    }
}

static void takes_trade(side *s, int64_t sid, int origin)
{
    const upbit_event *e = take_type(s, UPBIT_TYPE_TRADE);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_trade(e)->sequential_id, sid);
    ck_assert_int_eq(e->origin, origin);
    ck_assert_int_eq(e->stream,
                     origin == UPBIT_ORIGIN_CACHE ? UPBIT_STREAM_SNAPSHOT : UPBIT_STREAM_REALTIME);
    upbit_event_unref(e);
}

static void takes_gap(side *s, uint64_t first, uint64_t last)
{
    const upbit_event *e = take_type(s, UPBIT_TYPE_GAP);
    ck_assert_ptr_nonnull(e);
    const upbit_gap *gap = upbit_event_gap(e);
    ck_assert_uint_eq(gap->first, first);
    ck_assert_uint_eq(gap->last, last);
    ck_assert_uint_eq(gap->count, last - first + 1);
    upbit_event_unref(e);
}

static void takes_overflow(side *s)
{
    const upbit_event *e = take_type(s, UPBIT_TYPE_OVERFLOW);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
}

START_TEST(the_hole_is_counted_and_the_latest_trade_follows)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    trades("KRW-BTC", 40);
    ck_assert(run()); /* not emptied yet */
    takes_overflow(s);
    for (int64_t sid = 1; sid <= UPBIT__TURN; sid++)
        takes_trade(s, sid, UPBIT_ORIGIN_STREAM);
    ck_assert(run()); /* a turn is left */
    for (int64_t sid = UPBIT__TURN + 1; sid <= 16; sid++)
        takes_trade(s, sid, UPBIT_ORIGIN_STREAM);
    ck_assert_ptr_null(take(s));
    ck_assert(!run()); /* no further message was needed */
    takes_gap(s, 17, 40);
    takes_trade(s, 40, UPBIT_ORIGIN_CACHE);
    ck_assert_uint_eq(number, 41);
    trades("KRW-BTC", 1);
    takes_trade(s, 41, UPBIT_ORIGIN_STREAM);
    ck_assert_uint_eq(number, 42);
    ck_assert(!run()); /* once */
    ck_assert_ptr_null(take(s));
    leave(s);
}
END_TEST

START_TEST(every_key_of_the_type_is_told_and_no_other)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    want(s, UPBIT_TYPE_TRADE, "KRW-ETH", 0, 0);
    want(s, UPBIT_TYPE_TRADE, "KRW-XRP", 0, 0); /* never traded: nothing to tell */
    want(s, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    next_sid = 1;
    trades("KRW-ETH", 1);
    trades("KRW-BTC", 30);
    ck_assert_uint_eq(drain(s), 18); /* OVERFLOW, the book, 16 trades */
    ck_assert(!run());
    takes_gap(s, 17, 31);
    const upbit_event *a = take(s), *b = take(s);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_str_ne(a->code, b->code);
    ck_assert_int_eq(a->origin + b->origin, 2 * UPBIT_ORIGIN_CACHE);
    upbit_event_unref(a);
    upbit_event_unref(b);
    ck_assert_ptr_null(take(s));
    leave(s);
}
END_TEST

START_TEST(books_are_told_with_their_depth)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    upbit__wanted_sent(&registry, 1, 1);
    for (int i = 0; i < 40; i++) {
        char size[8];
        snprintf(size, sizeof size, "%d", i + 1);
        receive(book("KRW-BTC", 1730336862100 + i, size, "REALTIME"));
    }
    ck_assert_uint_eq(drain(s), 17);
    ck_assert(!run());
    takes_gap(s, 17, 40);
    const upbit_event *e = take_type(s, UPBIT_TYPE_ORDERBOOK);
    ck_assert_ptr_nonnull(e);
    const upbit_orderbook *b = upbit_event_orderbook(e);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_uint_eq(b->ask_count, 2);
    ck_assert_uint_eq(b->asks[0].size.lo, 40);
    upbit_event_unref(e);
    leave(s);
}
END_TEST

START_TEST(more_keys_than_room_are_told_in_rounds)
{
    side *s = small(16);
    for (int i = 0; i < 50; i++) {
        char code[16];
        snprintf(code, sizeof code, "KRW-C%d", i);
        want(s, UPBIT_TYPE_TRADE, code, 0, 0);
    }
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    for (int i = 0; i < 50; i++) {
        char code[16];
        snprintf(code, sizeof code, "KRW-C%d", i);
        trades(code, 1);
    }
    ck_assert_uint_eq(drain(s), 17);
    uint64_t told = 0;
    int seen[50] = {0}, rounds = 0;
    for (bool behind = true; behind; rounds++) {
        behind = run();
        for (const upbit_event *e; (e = take(s)) != NULL; upbit_event_unref(e)) {
            ck_assert_int_ne(e->type, UPBIT_TYPE_OVERFLOW);
            if (e->type == UPBIT_TYPE_TRADE) {
                seen[upbit_event_trade(e)->sequential_id - 1]++;
                told++;
            }
        }
        ck_assert_int_lt(rounds, 20);
    }
    ck_assert_uint_eq(told, 50);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert_int_gt(rounds, 4);
    leave(s);
}
END_TEST

START_TEST(what_came_live_meanwhile_is_not_told_again)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    for (int i = 0; i < 20; i++) {
        char code[16];
        snprintf(code, sizeof code, "KRW-C%d", i);
        want(s, UPBIT_TYPE_TRADE, code, 0, 0);
        upbit__wanted_sent(&registry, 1, 1);
        trades(code, 1);
    }
    drain(s);
    ck_assert(run()); /* half the lane; the rest waits */
    trades("KRW-C19", 1);
    int count = 0;
    for (bool behind = true; behind;) {
        behind = run();
        for (const upbit_event *e; (e = take(s)) != NULL; upbit_event_unref(e))
            count += strcmp(e->code, "KRW-C19") == 0;
    }
    ck_assert_int_eq(count, 1);
    leave(s);
}
END_TEST

START_TEST(a_repeat_of_what_was_refused_is_news)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    trades("KRW-BTC", 20);
    upbit__wanted_lost(&registry); /* a cut: the exchange will send snapshots anyway */
    ck_assert_uint_eq(drain(s), 17);
    ck_assert(!run());
    ck_assert_ptr_null(take(s));
    receive(trade("KRW-BTC", 20, "SNAPSHOT"));
    takes_gap(s, 17, 20);
    const upbit_event *e = take(s);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_trade(e)->sequential_id, 20);
    upbit_event_unref(e);
    leave(s);
}
END_TEST

START_TEST(a_repeat_of_what_found_room_is_none)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    trades("KRW-BTC", 20);
    ck_assert_uint_eq(drain(s), 17);
    receive(trade("KRW-BTC", 16, "REALTIME")); /* it has this one */
    receive(trade("KRW-BTC", 18, "REALTIME")); /* it lacks it, and later ones */
    ck_assert_ptr_null(take(s));
    receive(trade("KRW-BTC", 20, "REALTIME"));
    takes_gap(s, 17, 20);
    takes_trade(s, 20, UPBIT_ORIGIN_STREAM);
    receive(trade("KRW-BTC", 20, "REALTIME"));
    ck_assert_ptr_null(take(s));
    leave(s);
}
END_TEST

START_TEST(no_older_value_follows_one_that_was_refused)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    for (int64_t i = 0; i < 20; i++)
        receive(book("KRW-BTC", 1730336862100 + i, "1", "REALTIME"));
    ck_assert_uint_eq(drain(s), 17);
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    ck_assert_ptr_null(take(s));
    receive(book("KRW-BTC", 1730336862119, "1", "SNAPSHOT"));
    takes_gap(s, 17, 20);
    const upbit_event *e = take(s);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->exchange_ms, 1730336862119);
    upbit_event_unref(e);
    leave(s);
}
END_TEST

START_TEST(realtime_only_gets_the_gap_alone)
{
    side *s = small(16);
    want(s, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_REALTIME_ONLY);
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    trades("KRW-BTC", 20);
    ck_assert_uint_eq(drain(s), 17);
    ck_assert(!run());
    ck_assert_ptr_null(take(s));
    trades("KRW-BTC", 1);
    takes_gap(s, 17, 20);
    takes_trade(s, 21, UPBIT_ORIGIN_STREAM);
    leave(s);
}
END_TEST

START_TEST(an_event_without_memory_is_a_hole_too)
{
    side *s = small(16), *other = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(s, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    want(other, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    ck_assert_uint_eq(drain(s), 1);
    ck_assert_uint_eq(drain(other), 1);
    upbit_event refused = {.type = UPBIT_TYPE_ORDERBOOK,
                           .size = sizeof(upbit_orderbook),
                           .stream = UPBIT_STREAM_REALTIME,
                           .code = "KRW-BTC"};
    upbit_orderbook body = {.event = refused};
    upbit__fanout_refused(&fanout, &body.event);
    ck_assert(!run());
    takes_gap(s, 2, 2);
    const upbit_event *e = take_type(s, UPBIT_TYPE_ORDERBOOK);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    upbit_event_unref(e);
    ck_assert_ptr_null(take(other)); /* drop_oldest: its GAP comes with its next event */
    leave(s);
    leave(other);
}
END_TEST

START_TEST(who_leaves_is_forgotten)
{
    side *a = small(16), *b = small(16), *c = small(16);
    side *all[] = {a, b, c};
    for (int i = 0; i < 3; i++)
        want(all[i], UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    next_sid = 1;
    trades("KRW-BTC", 20);
    leave(b);
    ck_assert_uint_eq(drain(a), 17);
    ck_assert(run()); /* c still is */
    ck_assert_uint_eq(drain(a), 2);
    leave(c);
    ck_assert(!run());
    leave(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client resync");
    TCase *tests = tcase_create("resync");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_hole_is_counted_and_the_latest_trade_follows);
    tcase_add_test(tests, every_key_of_the_type_is_told_and_no_other);
    tcase_add_test(tests, books_are_told_with_their_depth);
    tcase_add_test(tests, more_keys_than_room_are_told_in_rounds);
    tcase_add_test(tests, what_came_live_meanwhile_is_not_told_again);
    tcase_add_test(tests, a_repeat_of_what_was_refused_is_news);
    tcase_add_test(tests, a_repeat_of_what_found_room_is_none);
    tcase_add_test(tests, no_older_value_follows_one_that_was_refused);
    tcase_add_test(tests, realtime_only_gets_the_gap_alone);
    tcase_add_test(tests, an_event_without_memory_is_a_hole_too);
    tcase_add_test(tests, who_leaves_is_forgotten);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
