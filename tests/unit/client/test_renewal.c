/* A connection that grows old is followed by one with a new token: every step of it, and whatever
 * can go wrong at each. */
#include <unistd.h>

#include "session_rig.h"

#define LIFE_MS 600000

static wire *old;

static void begin_with(uint32_t life_ms)
{
    old = begin_live(life_ms, 3600000);
}

static void begin(void)
{
    begin_with(LIFE_MS);
}

/* The next connection, opened by its time. */
static wire *next_opens(void)
{
    int before = wire_count;
    move(LIFE_MS / 10 * 8);
    ck_assert_int_eq(wire_count, before + 1);
    wire *w = newest();
    ck_assert_int_eq(w->sent, 0);
    say_opened(w);
    ck_assert_int_eq(w->sent, 2); /* the set, and whether it is held */
    ck_assert_ptr_nonnull(strstr(w->text[1], "\"type\":\"myOrder\""));
    return w;
}

static wire *next_proves(void)
{
    wire *w = next_opens();
    int pings = old->pings;
    say(w, list_of(w));
    ck_assert_int_eq(old->pings, pings + 1);
    return w;
}

static void expect_old(void)
{
    ck_assert_ptr_eq(session.transport, &old->base);
    ck_assert_uint_eq(session.epoch, 1);
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    ck_assert(!old->destroyed && old->closes == 0);
}

static void expect_new(const wire *w, int states)
{
    ck_assert_ptr_eq(session.transport, &w->base);
    ck_assert_uint_eq(session.epoch, 2);
    ck_assert_int_eq(told.states, states); /* nobody sees it in the states */
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    ck_assert_uint_eq(atomic_load(&counters.renewals), 1);
}

/* The next attempt is behind at least `least` ms and comes within `most`. */
static void expect_again(int64_t least, int64_t most)
{
    int before = wire_count;
    move(least - 1);
    ck_assert_int_eq(wire_count, before);
    move(most - least + 1);
    ck_assert_int_eq(wire_count, before + 1);
}

START_TEST(the_pong_of_the_old_one_is_the_switch)
{
    begin();
    wire *w = next_opens();
    int states = told.states;
    say(old, order_of("a"));
    say(w, order_of("a")); /* held: whether it is a repeat is not for here */
    say(w, order_of("b"));
    ck_assert_str_eq(told.events, "a/1 ");
    say(w, list_of(w));
    ck_assert_int_eq(old->pings, 1);
    move(500);
    say_pong(old); /* too early: what is sent out of order has some time yet */
    expect_old();
    say(old, order_of("c"));
    move(500);
    expect_new(w, states);
    ck_assert_str_eq(told.events, "a/1 c/1 a/2 b/2 ");
    ck_assert_int_eq(old->closes, 1);
    ck_assert(!old->destroyed);
    say(old, order_of("d")); /* heard no more */
    ck_assert_uint_eq(atomic_load(&counters.messages_ignored), 1);
    say(w, order_of("e"));
    ck_assert_str_eq(told.events, "a/1 c/1 a/2 b/2 e/2 ");
    say_closed(old, 0, 0, "");
    ck_assert(old->destroyed);
    ck_assert_int_eq(told.failures, 0);
    old = w;
    session.epoch = 1; /* and once more, from the beginning */
    next_opens();
    expect_old();
    close_session();
}
END_TEST

START_TEST(a_late_pong_is_the_switch_at_once)
{
    begin();
    wire *w = next_proves();
    int states = told.states;
    move(1001);
    expect_old();
    memcpy(old->ping, "renewax", 7); /* somebody else's */
    say_pong(old);
    expect_old();
    memcpy(old->ping, "renewal", 7);
    say_pong(old);
    expect_new(w, states);
    close_session();
}
END_TEST

START_TEST(without_a_pong_it_is_switched_all_the_same)
{
    begin();
    wire *w = next_proves();
    int states = told.states;
    move(1000);
    move(3990);
    expect_old();
    move(10);
    expect_new(w, states);
    close_session();
}
END_TEST

START_TEST(a_pong_without_a_proof_is_none)
{
    begin();
    wire *w = next_opens();
    memcpy(old->ping, "renewal", 8);
    old->ping_length = 8;
    say_pong(old);
    expect_old();
    say(w, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[],\"ticket\":\"another's\"}");
    say(w, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[]}");
    ck_assert_int_eq(old->pings, 0);
    move(4999);
    ck_assert(!w->destroyed);
    close_session();
}
END_TEST

START_TEST(an_old_one_that_dies_is_followed_at_once)
{
    begin();
    wire *w = next_proves();
    int states = told.states;
    old->close_error = UPBIT_ERROR_CLOSED; /* it is over already */
    say_closed(old, UPBIT_ERROR_CONNECT, 0, "");
    expect_new(w, states);
    ck_assert(old->destroyed);
    ck_assert_int_eq(told.failures, 0);
    close_session();
}
END_TEST

START_TEST(an_old_one_that_dies_before_the_proof_is_lost)
{
    begin();
    wire *w = next_opens();
    say(w, order_of("held"));
    say_closed(old, UPBIT_ERROR_CONNECT, 0, "");
    ck_assert_int_eq(told.state, UPBIT_STATE_RECONNECTING);
    ck_assert(old->destroyed && w->destroyed);
    ck_assert_str_eq(told.events, "");
    close_session();
}
END_TEST

START_TEST(a_stop_is_no_switch)
{
    begin();
    wire *w = next_proves();
    upbit__session_stop(&session, clock_at + UPBIT__SECOND);
    ck_assert(w->destroyed && !old->destroyed);
    say_closed(old, 0, 0, "");
    ck_assert_int_eq(told.state, UPBIT_STATE_CLOSED);
    ck_assert_uint_eq(session.epoch, 1);
    close_session();
}
END_TEST

START_TEST(no_proof_in_time_is_told_once)
{
    begin();
    wire *w = next_opens();
    move(5000);
    ck_assert(w->destroyed);
    expect_old();
    ck_assert_int_eq(told.failures, 1);
    ck_assert_int_eq(told.error, UPBIT_ERROR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(told.message, "the old one stays in use"));
    expect_again(1, 60000);
    say_opened(newest());
    move(5000);
    ck_assert_int_eq(told.failures, 1); /* the same again is no news */
    expect_again(1, 60000);
    say_closed(newest(), UPBIT_ERROR_CONNECT, 0, "");
    ck_assert_int_eq(told.failures, 2);
    ck_assert_int_eq(told.error, UPBIT_ERROR_CONNECT);
    ck_assert_uint_eq(atomic_load(&counters.renewal_failures), 3);
    expect_old();
    close_session();
}
END_TEST

/* A refusal and what came in the same message or in later ones: the old one tells all of it. */
START_TEST(an_error_frame_ends_the_next_one)
{
    begin();
    wire *w = next_opens();
    say(w, order_of("held"));
    say(w, "[{\"error\":{\"name\":\"WRONG_FORMAT\",\"message\":\"no\"}}]");
    if (!w->destroyed) /* no array of errors is known */
        say(w, "{\"error\":{\"name\":\"WRONG_FORMAT\",\"message\":\"no\"}}");
    ck_assert(w->destroyed);
    expect_old();
    ck_assert_int_eq(told.error, UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(told.name, "WRONG_FORMAT");
    ck_assert_uint_eq(atomic_load(&counters.exchange_errors), 1);
    ck_assert_int_eq(told.asked, 0);
    ck_assert_str_eq(told.events, "");
    close_session();
}
END_TEST

START_TEST(refused_keys_are_left_alone_for_a_minute)
{
    begin();
    told.refuses = _i == 0;
    wire *w = next_opens();
    say(w, "{\"error\":{\"name\":\"INVALID_AUTH\",\"message\":\"no\"}}");
    ck_assert(w->destroyed);
    ck_assert_int_eq(told.error, UPBIT_ERROR_AUTH);
    ck_assert_int_eq(told.asked, 1);
    ck_assert_ptr_nonnull(strstr(told.message, "(advice)"));
    expect_again(told.refuses ? 60000 : 1, 60000);
    say_closed(newest(), UPBIT_ERROR_UPGRADE, 401,
               "{\"error\":{\"name\":\"expired_access_key\",\"message\":\"old\"}}");
    ck_assert_int_eq(told.asked, 2);
    ck_assert_int_eq(told.failures, 1); /* AUTH has been told */
    expect_old();
    close_session();
}
END_TEST

START_TEST(more_than_can_be_held_is_left_to_the_old_one)
{
    begin();
    wire *w = next_opens();
    for (int i = 0; i < UPBIT__RENEWAL_HELD; i++)
        say(w, order_of("x"));
    ck_assert(!w->destroyed);
    say(w, order_of("x"));
    ck_assert(w->destroyed);
    ck_assert_int_eq(told.error, UPBIT_ERROR_LIMIT);
    ck_assert_str_eq(told.events, "");
    expect_old();
    close_session();
}
END_TEST

START_TEST(other_wants_begin_it_anew)
{
    begin();
    wire *w = next_opens();
    say(w, order_of("held"));
    want(owner, UPBIT_TYPE_MY_ASSET, "", 0, 0);
    upbit__session_wants_changed(&session);
    move(config.settle_max_ms + 1);
    ck_assert(w->destroyed);
    ck_assert_ptr_nonnull(strstr(old->text[0], "myAsset"));
    expect_old();
    ck_assert_int_eq(told.failures, 0); /* it did not fail */
    expect_again(900, 1100);
    say_opened(newest());
    ck_assert_ptr_nonnull(strstr(newest()->text[1], "myAsset"));
    close_session();
}
END_TEST

/* While something else is going on it is not begun, but soon. */
START_TEST(it_waits_for_its_moment)
{
    begin();
    move(LIFE_MS / 10 * 8 - 2000);
    if (_i == 0)
        registry.dirty = true;
    else if (_i == 1)
        session.refused = UPBIT_ERROR_EXCHANGE;
    else if (_i == 2)
        session.state = UPBIT_STATE_STALE;
    else
        upbit__registry_remove(&registry, owner->client.entries[0]);
    move(3000);
    ck_assert_int_eq(wire_count, 1);
    registry.dirty = false;
    session.refused = 0;
    session.state = UPBIT_STATE_LIVE;
    if (_i == 3)
        want(owner, UPBIT_TYPE_MY_ORDER, "", 0, 0)->key->on_wire = true;
    registry.dirty = false;
    move(1000);
    ck_assert_int_eq(wire_count, 2);
    close_session();
}
END_TEST

START_TEST(it_keeps_to_the_budget_of_connects)
{
    begin();
    move(LIFE_MS / 10 * 8 - 1001); /* go_live took a second */
    while (upbit__budget_take(budget, UPBIT__GROUP_CONNECT, clock_at) == 0)
        ;
    move(2);
    ck_assert_int_eq(wire_count, 1);
    ck_assert_int_ne(session.renewal.waits_ns, 0);
    move(2000);
    ck_assert_int_eq(wire_count, 2);
    ck_assert_int_eq(session.renewal.waits_ns, 0);
    close_session();
}
END_TEST

START_TEST(what_cannot_be_opened_or_asked_is_tried_again)
{
    begin();
    open_error = UPBIT_ERROR_NO_MEMORY;
    move(LIFE_MS / 10 * 8);
    ck_assert_int_eq(wire_count, 1);
    ck_assert_int_eq(told.error, UPBIT_ERROR_NO_MEMORY);
    open_error = 0;
    expect_again(1, 60000);
    newest()->send_error = UPBIT_ERROR_SYSTEM;
    say_opened(newest());
    ck_assert(newest()->destroyed);
    ck_assert_int_eq(told.error, UPBIT_ERROR_SYSTEM);
    expect_again(1, 60000);
    registry.denied = 1U << UPBIT_TYPE_MY_ORDER; /* nothing is left to be asked for */
    say_opened(newest());
    ck_assert(newest()->destroyed);
    ck_assert_int_eq(told.error, UPBIT_ERROR_ILLEGAL_STATE);
    expect_old();
    close_session();
}
END_TEST

START_TEST(it_comes_when_it_is_asked_for)
{
    begin();
    upbit__session_renew(&session);
    move(1);
    ck_assert_int_eq(wire_count, 2);
    upbit__session_renew(&session); /* it is under way */
    move(1);
    ck_assert_int_eq(wire_count, 2);
    say_closed(old, UPBIT_ERROR_CONNECT, 0, "");
    upbit__session_renew(&session); /* there is none to be followed */
    ck_assert(!upbit__timer_running(&session.renewal.timer));
    close_session();
}
END_TEST

START_TEST(without_an_age_there_is_no_renewal)
{
    begin_with(0);
    session.renewal.timer.at_ns = 0;
    config.token_life_ms = 0;
    upbit__timer_stop(&session.renewal.timer);
    upbit__renewal_start(&session);
    move(24 * 3600000);
    ck_assert_int_eq(wire_count, 1);
    close_session();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("renewal");
    TCase *t = tcase_create("renewal");
    tcase_add_test(t, the_pong_of_the_old_one_is_the_switch);
    tcase_add_test(t, a_late_pong_is_the_switch_at_once);
    tcase_add_test(t, without_a_pong_it_is_switched_all_the_same);
    tcase_add_test(t, a_pong_without_a_proof_is_none);
    tcase_add_test(t, an_old_one_that_dies_is_followed_at_once);
    tcase_add_test(t, an_old_one_that_dies_before_the_proof_is_lost);
    tcase_add_test(t, a_stop_is_no_switch);
    tcase_add_test(t, no_proof_in_time_is_told_once);
    tcase_add_test(t, an_error_frame_ends_the_next_one);
    tcase_add_loop_test(t, refused_keys_are_left_alone_for_a_minute, 0, 2);
    tcase_add_test(t, more_than_can_be_held_is_left_to_the_old_one);
    tcase_add_test(t, other_wants_begin_it_anew);
    tcase_add_loop_test(t, it_waits_for_its_moment, 0, 4);
    tcase_add_test(t, it_keeps_to_the_budget_of_connects);
    tcase_add_test(t, what_cannot_be_opened_or_asked_is_tried_again);
    tcase_add_test(t, it_comes_when_it_is_asked_for);
    tcase_add_test(t, without_an_age_there_is_no_renewal);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
