/* Is anybody there? Pings and pongs, silence, a socket that takes nothing, a machine that slept: by
 * connections that are the test's and a clock that stands until it moves it. */
#include "session_rig.h"

static wire *in_use;

static void begin(uint32_t silence_ms)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = "ws://127.0.0.1:1/";
    o.ping_interval_ms = 20000;
    o.pong_timeout_ms = 10000;
    o.silence_ms = silence_ms;
    o.send_timeout_ms = 1000;
    o.monitor_ms = 3600000;
    o.limit_sharing = UPBIT_OFF;
    open_session(&o);
    in_use = go_live();
}

static void ping_comes(void)
{
    int pings = in_use->pings;
    for (int i = 0; i < 30 && in_use->pings == pings; i++)
        move(1000);
    ck_assert_int_eq(in_use->pings, pings + 1);
    ck_assert(session.awaiting_pong);
}

static void say_pong_of(const void *payload, size_t length)
{
    in_use->base.events.pong(in_use->base.context, payload, length);
}

static void expect_lost(const char *why)
{
    ck_assert(in_use->destroyed);
    ck_assert_int_eq(told.state, UPBIT_STATE_RECONNECTING);
    ck_assert_int_eq(told.error, UPBIT_ERROR_TIMEOUT);
    ck_assert_msg(strstr(told.message, why) != NULL, "%s", told.message);
}

START_TEST(a_pong_is_the_answer_to_the_last_ping_or_none)
{
    begin(600000);
    say_pong_of("12345678", 8); /* none was asked for */
    ping_comes();
    uint64_t other = session.ping_number - 1;
    say_pong_of(&other, sizeof other);
    say_pong_of(in_use->ping, 4);
    say_pong_of("", 0);
    ck_assert(session.awaiting_pong);
    ck_assert_uint_eq(atomic_load(&counters.pongs_received), 0);
    clock_at += 200 * UPBIT__MS;
    say_pong(in_use);
    ck_assert(!session.awaiting_pong);
    ck_assert_int_eq(session.pong_ns, 200 * UPBIT__MS);
    say_pong(in_use);
    ck_assert_uint_eq(atomic_load(&counters.pongs_received), 1);
    move(19999);
    ck_assert_int_eq(in_use->pings, 1);
    move(1);
    ck_assert_int_eq(in_use->pings, 2);
    ck_assert_int_eq(told.failures, 0);
    close_session();
}
END_TEST

/* Overdue is stale, unless something else was heard meanwhile; too late is the end either way. */
START_TEST(a_pong_that_does_not_come)
{
    begin(600000);
    ping_comes();
    move(2999);
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    if (_i == 0) {
        move(1);
        ck_assert_int_eq(told.state, UPBIT_STATE_STALE);
        move(1);
        say(in_use, order_of("a")); /* somebody is there */
        ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    } else {
        say(in_use, order_of("a"));
        move(1);
        ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    }
    move(6000);
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    ck_assert(!in_use->destroyed);
    move(1001);
    expect_lost("no pong");
    close_session();
}
END_TEST

START_TEST(silence_is_the_end)
{
    begin(25000);
    ping_comes();
    say_pong(in_use);
    move(1);
    int64_t heard = session.heard_ns;
    while (clock_at + 1000 * UPBIT__MS < heard + 25000 * UPBIT__MS)
        move(1000);
    ck_assert(!in_use->destroyed);
    move(1000);
    expect_lost("silence");
    close_session();
}
END_TEST

START_TEST(a_ping_that_cannot_be_sent_is_sent_later)
{
    begin(600000);
    in_use->ping_error = UPBIT_ERROR_NO_MEMORY;
    for (int i = 0; i < 21; i++)
        move(1000);
    ck_assert(!session.awaiting_pong);
    ck_assert_uint_eq(atomic_load(&counters.pings_sent), 0);
    in_use->ping_error = 0;
    move(10000);
    ck_assert_int_eq(in_use->pings, 1);
    ck_assert(session.awaiting_pong && !in_use->destroyed);
    close_session();
}
END_TEST

/* What waits has to move, however slowly. */
START_TEST(a_socket_that_takes_nothing)
{
    begin(600000);
    in_use->pending = 1000;
    want(owner, UPBIT_TYPE_MY_ASSET, "", 0, 0);
    upbit__session_wants_changed(&session);
    move(config.settle_max_ms + 1);
    ck_assert_int_eq(in_use->sent, 2);
    in_use->base.counters.bytes_out += 1; /* a byte */
    move(1000);
    ck_assert(!in_use->destroyed);
    if (_i == 0) {
        move(1000);
        expect_lost("takes nothing");
    } else {
        in_use->pending = 0; /* all of it */
        move(1000);
        in_use->pending = 1;
        move(5000); /* not watched: nothing was sent since */
        ck_assert(!in_use->destroyed);
    }
    close_session();
}
END_TEST

static void sleep_for(int64_t ms)
{
    asleep_for += ms * UPBIT__MS;
    upbit__session_check_sleep(&session, asleep_for);
}

START_TEST(a_machine_that_slept)
{
    begin(600000);
    sleep_for(1999); /* no sleep, and not added to the next */
    sleep_for(5);    /* too short to be looked at */
    sleep_for(1994); /* with those 5 */
    ck_assert(!in_use->destroyed);
    sleep_for(2000);
    expect_lost("slept");
    move(1);
    ck_assert_int_eq(wire_count, 2); /* at once */
    sleep_for(5000);                 /* while it connects */
    ck_assert(wires[1]->destroyed);
    move(1);
    ck_assert_int_eq(wire_count, 3);
    upbit__session_stop(&session, clock_at + UPBIT__SECOND);
    sleep_for(5000);
    move(1000);
    ck_assert_int_eq(wire_count, 3); /* nobody wants one any more */
    close_session();
}
END_TEST

START_TEST(a_machine_that_slept_while_nothing_was_wanted)
{
    begin(600000);
    upbit__registry_remove(&registry, owner->client.entries[0]);
    upbit__session_wants_changed(&session);
    in_use->close_error = UPBIT_ERROR_CLOSED;
    move(config.settle_max_ms + 1);
    move(10001);
    ck_assert_int_eq(told.state, UPBIT_STATE_IDLE);
    sleep_for(5000);
    move(1);
    ck_assert_int_eq(wire_count, 1);
    ck_assert_int_eq(told.failures, 0);
    close_session();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watchdog");
    TCase *t = tcase_create("all");
    tcase_add_test(t, a_pong_is_the_answer_to_the_last_ping_or_none);
    tcase_add_loop_test(t, a_pong_that_does_not_come, 0, 2);
    tcase_add_test(t, silence_is_the_end);
    tcase_add_test(t, a_ping_that_cannot_be_sent_is_sent_later);
    tcase_add_loop_test(t, a_socket_that_takes_nothing, 0, 2);
    tcase_add_test(t, a_machine_that_slept);
    tcase_add_test(t, a_machine_that_slept_while_nothing_was_wanted);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
