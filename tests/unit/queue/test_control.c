/* The control lane: promises, barriers, errors, states, CLOSED. */
#include "rig.h"
#include "support/check_main.h"

#define TRADE  UPBIT_TYPE_TRADE
#define CANDLE UPBIT_TYPE_CANDLE

static void reply(rig *r, uint64_t id, uint32_t barrier)
{
    ck_assert_int_eq(upbit__inbox_promise(r->in), 0);
    upbit__inbox_reply(r->in, event_of(r, UPBIT_TYPE_REPLY, 0), id, barrier);
}

START_TEST(control_goes_first)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 1);
    reply(&r, 7, 0);
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 4));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "reply7 state=4 epoch0(0>1) 2#1=1 .");
    rig_close(&r);
}
END_TEST

START_TEST(places_are_promised_and_come_back)
{
    rig r;
    rig_open(&r, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < UPBIT__PROMISES_MAX; i++)
            ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
        ck_assert_int_eq(upbit__inbox_promise(r.in), UPBIT_ERROR_COMMAND_FULL);
        for (int i = 0; i < UPBIT__PROMISES_MAX; i++)
            upbit__inbox_reply(r.in, event_of(&r, UPBIT_TYPE_REPLY, 0), (uint64_t)i + 1, 0);
        for (int i = 0; i < UPBIT__ERRORS_MAX; i++) /* their places are others */
            upbit__inbox_error(r.in, error_of(&r, i));
        ck_assert_int_eq(upbit__inbox_promise(r.in), UPBIT_ERROR_COMMAND_FULL);
        upbit__batch_commit(&r.batch);
        for (int i = 0; i < UPBIT__PROMISES_MAX; i++) {
            char want[32];
            snprintf(want, sizeof want, "reply%d ", i + 1);
            ck_assert_str_eq(take_some(&r, 1), want);
        }
        ck_assert_ptr_nonnull(strstr(take_all(&r), "error(31,1) ."));
    }
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_unpromise(r.in);
    rig_close(&r);
}
END_TEST

START_TEST(a_barrier_waits_for_what_was_pushed_before_it)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 3); /* not committed: the reply does it */
    reply(&r, 1, upbit__lane_bit(TRADE));
    push(&r, TRADE, 4, 5);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=1 2#2=2 2#3=3 reply1 2#4=4 2#5=5 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_barrier_concerns_its_lanes_only)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 2);
    push(&r, CANDLE, 1, 12);
    reply(&r, 1, upbit__lane_bit(CANDLE));
    push(&r, TRADE, 3, 3);
    push(&r, CANDLE, 13, 13);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r),
                     "epoch0(0>1) 2#1=1 2#2=2 2#3=3 4#1=1 4#2=2 4#3=3 4#4=4 4#5=5 4#6=6 4#7=7 "
                     "4#8=8 4#9=9 4#10=10 4#11=11 4#12=12 reply1 4#13=13 .");
    rig_close(&r);
}
END_TEST

START_TEST(barriers_behind_one_another_each_hold)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, CANDLE, 1, 1);
    push(&r, TRADE, 1, 2);
    reply(&r, 1, upbit__lane_bit(CANDLE));
    reply(&r, 2, upbit__lane_bit(TRADE)); /* second in the ring, and limits trades all the same */
    push(&r, TRADE, 3, 4);
    reply(&r, 3, UPBIT__LANES_ALL);
    push(&r, TRADE, 5, 5);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=1 2#2=2 4#1=1 reply1 reply2 2#3=3 2#4=4 reply3 "
                                   "2#5=5 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_barrier_is_reached_by_drops_too)
{
    rig r;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_messages = 4;
    rig_open(&r, &o);
    push(&r, TRADE, 1, 4);
    reply(&r, 1, upbit__lane_bit(TRADE));
    push(&r, TRADE, 5, 10);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "reply1 epoch0(0>1) gap2(6,1-6) 2#7=7 2#8=8 2#9=9 2#10=10 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_claimed_batch_comes_before_a_later_barrier)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 3);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 2), "epoch0(0>1) 2#1=1 ");
    reply(&r, 1, upbit__lane_bit(TRADE)); /* head is there already; 2 and 3 are in our hand */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "2#2=2 2#3=3 reply1 .");
    rig_close(&r);
}
END_TEST

START_TEST(after_the_reply_no_event_of_the_old_set)
{
    rig r;
    rig_open(&r, NULL);
    upbit__cell *old = upbit__inbox_cell(r.in), *kept = upbit__inbox_cell(r.in);
    upbit__inbox_put(r.in, old, event_of(&r, UPBIT_TYPE_TICKER, 1));
    upbit__inbox_put(r.in, kept, event_of(&r, UPBIT_TYPE_TICKER, 2));
    upbit__inbox_cell_release(r.in, old);
    reply(&r, 1, upbit__lane_bit(UPBIT_TYPE_TICKER));
    upbit__cell *reused = upbit__inbox_cell(r.in);
    upbit__inbox_put(r.in, reused, event_of(&r, UPBIT_TYPE_TICKER, 3));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "reply1 epoch0(0>1) 1=3 1=2 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_snapshot_carries_its_request)
{
    rig r;
    rig_open(&r, NULL);
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_reply(r.in, event_of(&r, UPBIT_TYPE_TICKER, 5), 42, 0);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    ck_assert_int_eq(upbit__inbox_take(r.in, &d), 1);
    ck_assert_uint_eq(d.request_id, 42);
    ck_assert_uint_eq(d.number, 0);
    ck_assert_uint_eq(d.event->type, UPBIT_TYPE_TICKER);
    upbit_event_unref(d.event);
    rig_close(&r);
}
END_TEST

START_TEST(a_comeback_is_not_replaced_by_later_states)
{
    rig r;
    rig_open(&r, NULL);
    upbit__inbox_restored(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_RESTORED, 1));
    upbit__inbox_restored(r.in, UPBIT_SESSION_PRIVATE, event_of(&r, UPBIT_TYPE_RESTORED, 2));
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 3));
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 4));
    upbit__inbox_restored(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_RESTORED, 5));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "29=5 29=2 state=4 .");
    rig_close(&r);
}
END_TEST

START_TEST(states_are_values_not_a_log)
{
    rig r;
    rig_open(&r, NULL);
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 1));
    upbit__inbox_state(r.in, UPBIT_SESSION_PRIVATE, event_of(&r, UPBIT_TYPE_STATE, 2));
    upbit__inbox_health(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_HEALTH, 3));
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 4));
    upbit__inbox_health(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_HEALTH, 5));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "state=4 state=2 24=5 .");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered, 0); /* counts data */
    ck_assert_uint_eq(s.coalesced, 0);
    rig_close(&r);
}
END_TEST

START_TEST(thirty_two_errors_then_one_for_the_rest)
{
    rig r;
    rig_open(&r, NULL);
    for (int i = 1; i <= 40; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    upbit__batch_commit(&r.batch);
    for (int i = 1; i <= 32; i++) {
        char want[32];
        snprintf(want, sizeof want, "error(%d,1) ", i);
        ck_assert_str_eq(take_some(&r, 1), want);
    }
    /* The one for many still waits: what comes now joins it, so that errors keep their order. */
    upbit__inbox_error(r.in, error_of(&r, 41));
    ck_assert_str_eq(take_all(&r), "error(41,9) .");
    upbit__inbox_error(r.in, error_of(&r, 42));
    ck_assert_str_eq(take_all(&r), "error(42,1) .");
    for (int i = 1; i <= 34; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    ck_assert_ptr_nonnull(strstr(take_all(&r), "error(32,1) error(34,2) ."));
    rig_close(&r);
}
END_TEST

START_TEST(closed_is_the_very_last)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 9);
    push(&r, CANDLE, 1, 1);
    upbit__inbox_put(r.in, upbit__inbox_cell(r.in), event_of(&r, UPBIT_TYPE_TICKER, 1));
    upbit__inbox_error(r.in, error_of(&r, 5));
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    push(&r, TRADE, 10, 10); /* let go */
    upbit__inbox_error(r.in, error_of(&r, 6));
    upbit__inbox_state(r.in, 0, event_of(&r, UPBIT_TYPE_STATE, 6));
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_reply(r.in, event_of(&r, UPBIT_TYPE_REPLY, 6), 6, 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r),
                     "error(5,1) epoch0(0>1) 2#1=1 2#2=2 2#3=3 2#4=4 2#5=5 2#6=6 2#7=7 2#8=8 "
                     "4#1=1 1=1 2#9=9 closed !");
    ck_assert_str_eq(take_all(&r), "!");
    rig_close(&r);
}
END_TEST

START_TEST(unread_things_are_let_go)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 20);
    upbit__batch_commit(&r.batch);
    take_some(&r, 3);
    push(&r, TRADE, 21, 22);
    upbit__inbox_put(r.in, upbit__inbox_cell(r.in), event_of(&r, UPBIT_TYPE_TICKER, 1));
    upbit__inbox_state(r.in, 0, event_of(&r, UPBIT_TYPE_STATE, 1));
    reply(&r, 1, UPBIT__LANES_ALL);
    for (int i = 0; i < 40; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    rig_close(&r); /* asserts that the pool is whole */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue control");
    TCase *t = tcase_create("control");
    tcase_add_test(t, control_goes_first);
    tcase_add_test(t, places_are_promised_and_come_back);
    tcase_add_test(t, a_barrier_waits_for_what_was_pushed_before_it);
    tcase_add_test(t, a_barrier_concerns_its_lanes_only);
    tcase_add_test(t, barriers_behind_one_another_each_hold);
    tcase_add_test(t, a_barrier_is_reached_by_drops_too);
    tcase_add_test(t, a_claimed_batch_comes_before_a_later_barrier);
    tcase_add_test(t, after_the_reply_no_event_of_the_old_set);
    tcase_add_test(t, a_snapshot_carries_its_request);
    tcase_add_test(t, a_comeback_is_not_replaced_by_later_states);
    tcase_add_test(t, states_are_values_not_a_log);
    tcase_add_test(t, thirty_two_errors_then_one_for_the_rest);
    tcase_add_test(t, closed_is_the_very_last);
    tcase_add_test(t, unread_things_are_let_go);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
