/* FIFO and latest lanes through an inbox: numbers, gaps, caps, epochs, tombs, counters. */
#include "rig.h"
#include "support/check_main.h"

#define TRADE UPBIT_TYPE_TRADE

static upbit_proxy_options options_of(int policy, uint32_t messages, uint32_t bytes)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = policy;
    o.queue_messages = messages;
    o.queue_bytes = bytes;
    return o;
}

START_TEST(policies_follow_the_type)
{
    static const struct {
        int policy, type;
        upbit__lane_policy lane;
    } table[] = {
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_TICKER, UPBIT__LANE_LATEST },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_ORDERBOOK, UPBIT__LANE_LATEST },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_TRADE, UPBIT__LANE_DROP_OLDEST },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_CANDLE, UPBIT__LANE_DROP_OLDEST },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_RAW, UPBIT__LANE_DROP_OLDEST },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_MY_ORDER, UPBIT__LANE_LOSSLESS },
        { UPBIT_POLICY_DEFAULT, UPBIT_TYPE_MY_ASSET, UPBIT__LANE_LOSSLESS },
        { UPBIT_POLICY_COALESCE, UPBIT_TYPE_CANDLE, UPBIT__LANE_LATEST },
        { UPBIT_POLICY_COALESCE, UPBIT_TYPE_TICKER, UPBIT__LANE_LATEST },
        { UPBIT_POLICY_COALESCE, UPBIT_TYPE_TRADE, UPBIT__LANE_DROP_OLDEST },
        { UPBIT_POLICY_COALESCE, UPBIT_TYPE_MY_ORDER, UPBIT__LANE_LOSSLESS },
        { UPBIT_POLICY_DROP_OLDEST, UPBIT_TYPE_TICKER, UPBIT__LANE_DROP_OLDEST },
        { UPBIT_POLICY_LOSSLESS, UPBIT_TYPE_TICKER, UPBIT__LANE_LOSSLESS },
        { UPBIT_POLICY_LOSSLESS, UPBIT_TYPE_RAW, UPBIT__LANE_LOSSLESS },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        upbit_proxy_options o = options_of(table[i].policy, 0, 0);
        upbit__inbox_config c;
        ck_assert_int_eq(upbit__inbox_config_init(&c, &o), 0);
        ck_assert_msg(c.policy[upbit__lane_of(table[i].type)] == table[i].lane, "row %zu: %d", i,
                      c.policy[upbit__lane_of(table[i].type)]);
    }
    upbit_proxy_options bad = options_of(99, 0, 0);
    upbit__inbox_config c;
    ck_assert_int_eq(upbit__inbox_config_init(&c, &bad), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__lane_of(UPBIT_TYPE_GAP), -1);
    ck_assert_uint_eq(upbit__lane_bit(0), 0);
}
END_TEST

START_TEST(nothing_is_seen_before_the_commit)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 2);
    ck_assert_str_eq(take_all(&r), ".");
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=1 2#2=2 .");
    rig_close(&r);
}
END_TEST

START_TEST(drop_oldest_makes_one_exact_gap)
{
    rig r;
    upbit_proxy_options o = options_of(0, 5, 0); /* rounded up to 8 */
    rig_open(&r, &o);
    push(&r, TRADE, 1, 20);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 3), "epoch0(0>1) gap2(12,1-12) 2#13=13 ");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.dropped, 12);
    ck_assert_uint_eq(s.delivered, 1);
    ck_assert_uint_eq(s.queued, 7);
    ck_assert_uint_eq(s.queued_peak, 8);
    ck_assert_uint_eq(s.gaps, 1);
    ck_assert_str_eq(take_all(&r),
                     "2#14=14 2#15=15 2#16=16 2#17=17 2#18=18 2#19=19 2#20=20 .");
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered + s.dropped + s.queued, 20);
    ck_assert_uint_eq(r.batch.delivered, 20);
    ck_assert_uint_eq(r.batch.dropped, 12);
    rig_close(&r);
}
END_TEST

START_TEST(what_the_consumer_took_is_never_dropped)
{
    rig r;
    upbit_proxy_options o = options_of(0, 8, 0);
    rig_open(&r, &o);
    push(&r, TRADE, 1, 8);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 2), "epoch0(0>1) 2#1=1 "); /* claims all 8 */
    push(&r, TRADE, 9, 17);                                   /* 9 of them: one too many */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "2#2=2 2#3=3 2#4=4 2#5=5 2#6=6 2#7=7 2#8=8 gap2(1,9-9) 2#10=10 "
                                   "2#11=11 2#12=12 2#13=13 2#14=14 2#15=15 2#16=16 2#17=17 .");
    rig_close(&r);
}
END_TEST

START_TEST(the_byte_cap_drops_too)
{
    rig r;
    upbit_proxy_options o = options_of(0, 1024, 1000);
    rig_open(&r, &o);
    for (int i = 1; i <= 5; i++)
        upbit__inbox_push(r.in, event_sized(&r, TRADE, i, 400)); /* two fit */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) gap2(3,1-3) 2#4=4 2#5=5 .");
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 6, 5000)); /* alone in an empty lane */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "2#6=6 .");
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 7, 400));
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 8, 5000)); /* pushes 7 out */
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 9, 400));  /* pushes 8 out */
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 10, 400));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "gap2(2,7-8) 2#9=9 2#10=10 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_skipped_number_is_a_gap)
{
    rig r;
    rig_open(&r, NULL);
    upbit__inbox_skip(r.in, TRADE); /* before the lane exists */
    upbit__inbox_skip(r.in, TRADE);
    push(&r, TRADE, 3, 3);
    upbit__inbox_skip(r.in, TRADE);
    push(&r, TRADE, 5, 5);
    upbit__inbox_skip(r.in, UPBIT_TYPE_TICKER); /* latest: has no numbers */
    upbit__inbox_skip(r.in, UPBIT_TYPE_GAP);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) gap2(2,1-2) 2#3=3 gap2(1,4-4) 2#5=5 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_hole_stands_in_its_lane_and_has_a_number)
{
    rig r;
    rig_open(&r, NULL);
    push_hole(&r, TRADE, 1); /* the first of its lane */
    push(&r, TRADE, 1, 2);
    push_hole(&r, TRADE, 2); /* the first of its epoch */
    push(&r, UPBIT_TYPE_CANDLE, 7, 7);
    push_hole(&r, TRADE, 2);
    push(&r, TRADE, 3, 3);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) hole2#1 2#2=1 2#3=2 epoch0(1>2) hole2#4 hole2#5 "
                                   "2#6=3 4#1=7 .");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered, 7); /* taken + dropped + queued = numbers used */
    ck_assert_uint_eq(s.dropped + s.queued, 0);
    ck_assert_uint_eq(s.gaps, 3);
    rig_close(&r);
}
END_TEST

START_TEST(a_hole_that_is_dropped_is_a_gap)
{
    rig r;
    upbit_proxy_options o = options_of(0, 8, 0);
    rig_open(&r, &o);
    push(&r, TRADE, 1, 2);
    push_hole(&r, TRADE, 1);
    push(&r, TRADE, 3, 10); /* pushes out 1, 2 and the hole */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 3), "epoch0(0>1) gap2(3,1-3) 2#4=3 ");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered + s.dropped + s.queued, 11);
    rig_close(&r);
}
END_TEST

START_TEST(a_hole_a_full_lossless_lane_refused_is_a_gap)
{
    rig r;
    upbit_proxy_options o = options_of(UPBIT_POLICY_LOSSLESS, 2, 0);
    rig_open(&r, &o);
    push(&r, TRADE, 1, 2);
    ck_assert_int_eq(push_hole(&r, TRADE, 1), 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "overflow2 epoch0(0>1) 2#1=1 2#2=2 .");
    push(&r, TRADE, 4, 4);
    push_hole(&r, UPBIT_TYPE_MY_ORDER, 5); /* of the private session */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch1(0>5) hole5#1 gap2(1,3-3) 2#4=4 .");
    rig_close(&r);
}
END_TEST

START_TEST(each_type_has_its_own_numbers)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 1);
    push(&r, UPBIT_TYPE_RAW, 2, 2);
    push(&r, UPBIT_TYPE_MY_ORDER, 3, 3);
    push(&r, TRADE, 4, 4);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=1 2#2=4 epoch1(0>1) 5#1=3 15#1=2 .");
    rig_close(&r);
}
END_TEST

START_TEST(epoch_comes_before_the_first_event_of_it)
{
    rig r;
    rig_open(&r, NULL);
    static const struct {
        uint32_t epoch;
        int type;
    } rows[] = { { 1, TRADE }, { 1, TRADE }, { 4, TRADE }, { 4, TRADE },
                 { 3, UPBIT_TYPE_RAW }, { 5, UPBIT_TYPE_MY_ASSET } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        upbit_event *e = event_of(&r, rows[i].type, (int64_t)i);
        e->epoch = rows[i].epoch;
        upbit__inbox_push(r.in, e);
    }
    upbit__cell *c = upbit__inbox_cell(r.in);
    upbit_event *stale = event_of(&r, UPBIT_TYPE_STALE, 9);
    stale->epoch = 77; /* not data: no EPOCH is made for it */
    upbit__inbox_put(r.in, c, stale);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=0 2#2=1 epoch0(1>4) 2#3=2 2#4=3 "
                                   "epoch1(0>5) 6#1=5 15#1=4 21=9 .");
    rig_close(&r);
}
END_TEST

START_TEST(lossless_full_says_overflow_once_and_starts_again)
{
    rig r;
    upbit_proxy_options o = options_of(UPBIT_POLICY_LOSSLESS, 4, 0);
    rig_open(&r, &o);
    push(&r, TRADE, 1, 7); /* 4 enter */
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, TRADE), 0);
    ck_assert_str_eq(take_some(&r, 3), "overflow2 epoch0(0>1) 2#1=1 "); /* claims the 4 */
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, TRADE), 1);
    push(&r, TRADE, 8, 8); /* the lane has been emptied, it takes again */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "2#2=2 2#3=3 2#4=4 gap2(3,5-7) 2#8=8 .");
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, TRADE), 1);
    upbit__inbox_resynced(r.in, TRADE);
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, TRADE), 0);
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, UPBIT_TYPE_RAW), 0);

    push(&r, TRADE, 9, 14); /* a second episode says it again */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "overflow2 2#9=9 2#10=10 2#11=11 2#12=12 .");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.dropped, 5);
    ck_assert_uint_eq(s.delivered, 9);
    rig_close(&r);
}
END_TEST

START_TEST(lossless_stays_shut_until_it_is_empty)
{
    rig r;
    upbit_proxy_options o = options_of(UPBIT_POLICY_LOSSLESS, 16, 0);
    rig_open(&r, &o);
    push(&r, TRADE, 1, 17);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 3), "overflow2 epoch0(0>1) 2#1=1 "); /* claims 8 of 16 */
    push(&r, TRADE, 18, 18); /* there is room, but the hole must stay one hole */
    upbit__batch_commit(&r.batch);
    take_all(&r);
    push(&r, TRADE, 19, 19);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "gap2(2,17-18) 2#19=19 .");
    rig_close(&r);
}
END_TEST

START_TEST(latest_keeps_the_newest_of_each_key)
{
    rig r;
    rig_open(&r, NULL);
    upbit__cell *a = upbit__inbox_cell(r.in), *b = upbit__inbox_cell(r.in);
    ck_assert_int_eq(upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 1)), 1);
    ck_assert_int_eq(upbit__inbox_put(r.in, b, event_of(&r, UPBIT_TYPE_TICKER, 2)), 1);
    ck_assert_int_eq(upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 3)), 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=3 1=2 ."); /* in the order they became dirty */
    ck_assert_int_eq(upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 4)), 1);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "1=4 .");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.coalesced, 1);
    ck_assert_uint_eq(s.delivered, 3);
    ck_assert_uint_eq(r.batch.coalesced, 1);
    rig_close(&r);
}
END_TEST

START_TEST(a_cleared_cell_delivers_nothing_and_serves_again)
{
    rig r;
    rig_open(&r, NULL);
    upbit__cell *a = upbit__inbox_cell(r.in);
    upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 1));
    upbit__inbox_cell_release(r.in, a); /* a tomb waits */
    ck_assert_str_eq(take_all(&r), ".");
    upbit__cell *again = upbit__inbox_cell(r.in);
    ck_assert_ptr_eq(again, a);
    upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 2));
    upbit__inbox_cell_clear(r.in, a);
    upbit__inbox_cell_clear(r.in, a);
    ck_assert_int_eq(upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 3)), 1);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=3 .");
    upbit__inbox_cell_clear(r.in, a); /* nothing there */
    upbit__inbox_put(r.in, a, event_of(&r, UPBIT_TYPE_TICKER, 4));
    upbit__inbox_cell_release(r.in, NULL);
    rig_close(&r); /* lets 4 go */
}
END_TEST

START_TEST(lanes_take_turns_of_eight)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 10);
    push(&r, UPBIT_TYPE_CANDLE, 1, 10);
    for (int i = 0; i < 10; i++)
        upbit__inbox_put(r.in, upbit__inbox_cell(r.in), event_of(&r, UPBIT_TYPE_TICKER, i));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(
        take_all(&r),
        "epoch0(0>1) 2#1=1 2#2=2 2#3=3 2#4=4 2#5=5 2#6=6 2#7=7 2#8=8 "
        "4#1=1 4#2=2 4#3=3 4#4=4 4#5=5 4#6=6 4#7=7 4#8=8 1=0 1=1 1=2 1=3 1=4 1=5 1=6 1=7 "
        "2#9=9 2#10=10 4#9=9 4#10=10 1=8 1=9 .");
    rig_close(&r);
}
END_TEST

START_TEST(the_ring_goes_round)
{
    rig r;
    upbit_proxy_options o = options_of(0, 4, 0);
    rig_open(&r, &o);
    uint64_t expected = 1;
    for (int round = 0; round < 1000; round++) {
        int n = 1 + round % 4;
        push(&r, TRADE, 1, n);
        upbit__batch_commit(&r.batch);
        for (int i = 0; i < n + (round == 0); i++) {
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            ck_assert_int_eq(upbit__inbox_take(r.in, &d), 1);
            if (d.number != 0)
                ck_assert_uint_eq(d.number, expected++);
            upbit_event_unref(d.event);
        }
        ck_assert_str_eq(take_all(&r), ".");
    }
    rig_close(&r);
}
END_TEST

START_TEST(shedding_frees_what_the_fullest_lanes_hold)
{
    rig r;
    rig_open_budget(&r, NULL, 64 * 1024);
    int n = 0;
    upbit_event *e;
    while ((e = upbit__pool_allocate(r.pool, 1000)) != NULL) {
        e->type = (uint16_t)(++n % 4 ? TRADE : UPBIT_TYPE_MY_ORDER);
        e->epoch = 1;
        e->exchange_ms = n;
        upbit__inbox_push(r.in, e);
    }
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 1000), 1);
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    uint64_t dropped = s.dropped;
    ck_assert_uint_gt(dropped, 10);
    e = event_sized(&r, TRADE, 999, 1000);
    upbit__inbox_push(r.in, e);
    upbit__batch_commit(&r.batch);
    char want[64];
    snprintf(want, sizeof want, "epoch0(0>1) gap2(%u,1-%u) ", (unsigned)dropped,
             (unsigned)dropped);
    ck_assert_str_eq(take_some(&r, 2), want);
    const char *rest = take_all(&r);
    ck_assert_ptr_nonnull(strstr(rest, "=999 "));
    ck_assert_ptr_nonnull(strstr(rest, "5#1=4 "));         /* lossless lanes lose nothing */
    ck_assert_ptr_null(strstr(rest, "gap5"));
    rig_close(&r);
}
END_TEST

START_TEST(what_the_application_holds_cannot_be_shed)
{
    rig r;
    rig_open_budget(&r, NULL, 16 * 1024);
    const upbit_event *held[64];
    int n = 0;
    while ((held[n] = upbit__pool_allocate(r.pool, 1000)) != NULL)
        n++;
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 1000), 0);
    upbit__inbox_skip(r.in, TRADE);
    upbit_event_unref(held[--n]);
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 1000), 1);
    upbit__inbox_push(r.in, event_sized(&r, TRADE, 2, 1000));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) gap2(1,1-1) 2#2=2 .");
    while (n > 0)
        upbit_event_unref(held[--n]);
    rig_close(&r);
}
END_TEST

START_TEST(one_event_in_many_inboxes_is_shed_in_all)
{
    rig r;
    rig_open_budget(&r, NULL, 64 * 1024);
    upbit__inbox *more[20];
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &r.batch;
    config.waiter = r.waiter;
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(upbit__inbox_create(&more[i], &config), 0);
    upbit_event *e;
    while ((e = upbit__pool_allocate(r.pool, 1000)) != NULL) {
        e->type = TRADE;
        upbit__event_set_refs(e, 20);
        for (int i = 0; i < 20; i++)
            upbit__inbox_push(more[i], e);
    }
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 1000), 1);
    ck_assert_uint_le(upbit__pool_bytes(r.pool), 40 * 1024); /* half, not one */
    for (int i = 0; i < 20; i++) {
        upbit__inbox_detach(more[i]);
        upbit__inbox_destroy(more[i]);
    }
    void *owner;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 0);
    rig_close(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue lanes");
    TCase *t = tcase_create("lanes");
    tcase_add_test(t, policies_follow_the_type);
    tcase_add_test(t, nothing_is_seen_before_the_commit);
    tcase_add_test(t, drop_oldest_makes_one_exact_gap);
    tcase_add_test(t, what_the_consumer_took_is_never_dropped);
    tcase_add_test(t, the_byte_cap_drops_too);
    tcase_add_test(t, a_skipped_number_is_a_gap);
    tcase_add_test(t, a_hole_stands_in_its_lane_and_has_a_number);
    tcase_add_test(t, a_hole_that_is_dropped_is_a_gap);
    tcase_add_test(t, a_hole_a_full_lossless_lane_refused_is_a_gap);
    tcase_add_test(t, each_type_has_its_own_numbers);
    tcase_add_test(t, epoch_comes_before_the_first_event_of_it);
    tcase_add_test(t, lossless_full_says_overflow_once_and_starts_again);
    tcase_add_test(t, lossless_stays_shut_until_it_is_empty);
    tcase_add_test(t, latest_keeps_the_newest_of_each_key);
    tcase_add_test(t, a_cleared_cell_delivers_nothing_and_serves_again);
    tcase_add_test(t, lanes_take_turns_of_eight);
    tcase_add_test(t, the_ring_goes_round);
    tcase_add_test(t, shedding_frees_what_the_fullest_lanes_hold);
    tcase_add_test(t, what_the_application_holds_cannot_be_shed);
    tcase_add_test(t, one_event_in_many_inboxes_is_shed_in_all);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
