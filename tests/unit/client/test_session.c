/* A session's life, and what is asked about its subscriptions, by connections that are the test's.
 */
#include "session_rig.h"

static wire *in_use;

static void begin(void)
{
    in_use = begin_live(0, 60000);
}

static void want_nothing(void)
{
    upbit__registry_remove(&registry, owner->client.entries[0]);
    upbit__session_wants_changed(&session);
    move(config.settle_max_ms + 1);
}

static void want_orders(void)
{
    want(owner, UPBIT_TYPE_MY_ORDER, "", 0, 0);
    upbit__session_wants_changed(&session);
}

START_TEST(who_wants_nothing_for_long_has_no_connection)
{
    begin();
    want_nothing();
    move(9000);
    ck_assert_int_eq(in_use->closes, 0);
    want_orders();
    move(5000);
    ck_assert_int_eq(in_use->closes, 0); /* somebody came in time */
    want_nothing();
    in_use->close_error = _i == 0 ? 0 : UPBIT_ERROR_CLOSED;
    move(10001);
    ck_assert_int_eq(in_use->closes, 1);
    if (_i == 0) {
        ck_assert_int_eq(told.state, UPBIT_STATE_CLOSING);
        want_orders(); /* and somebody comes too late for it */
        say_closed(in_use, 0, 0, "");
        ck_assert(in_use->destroyed);
        ck_assert_int_eq(wire_count, 2);
        say_opened(newest());
        move(1000);
        ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
        ck_assert(!session.restored && session.times == 0); /* it was no cut */
    } else {
        ck_assert_int_eq(told.state, UPBIT_STATE_IDLE);
        ck_assert(in_use->destroyed);
        move(3600000);
        ck_assert_int_eq(wire_count, 1);
    }
    ck_assert_int_eq(told.failures, 0);
    close_session();
}
END_TEST

START_TEST(other_keys_are_another_connection_at_once)
{
    begin();
    upbit__session_keys_changed(&session);
    ck_assert(in_use->destroyed);
    ck_assert_int_eq(told.state, UPBIT_STATE_RECONNECTING);
    move(1);
    ck_assert_int_eq(wire_count, 2);
    upbit__session_keys_changed(&session); /* while it connects */
    ck_assert(wires[1]->destroyed);
    move(1);
    ck_assert_int_eq(wire_count, 3);
    upbit__session_stop(&session, clock_at + UPBIT__SECOND);
    ck_assert_int_eq(told.state, UPBIT_STATE_CLOSED);
    upbit__session_keys_changed(&session); /* nobody connects any more */
    upbit__session_start(&session);
    move(60000);
    ck_assert_int_eq(wire_count, 3);
    close_session();
}
END_TEST

START_TEST(keys_for_nothing_wanted_wait)
{
    begin();
    want_nothing();
    in_use->close_error = UPBIT_ERROR_CLOSED;
    move(10001);
    upbit__session_keys_changed(&session);
    move(60000);
    ck_assert_int_eq(wire_count, 1);
    ck_assert_int_eq(told.state, UPBIT_STATE_IDLE);
    close_session();
}
END_TEST

/* What was wanted is given up between two attempts: the next connection has nothing to ask for. */
START_TEST(nothing_wanted_any_more_is_live_at_once)
{
    begin();
    session.endpoint.on_demand = false; /* as public sessions are */
    say_closed(in_use, UPBIT_ERROR_CONNECT, 0, "");
    upbit__registry_remove(&registry, owner->client.entries[0]);
    upbit__session_wants_changed(&session);
    move(60000);
    say_closed(newest(), UPBIT_ERROR_CONNECT, 0, "");
    move(60000);
    say_opened(newest());
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    ck_assert_int_eq(newest()->sent, 0);
    want_orders();
    move(config.settle_max_ms + 1);
    ck_assert_int_eq(newest()->sent, 1);
    close_session();
}
END_TEST

/* The exchange says no and closes, or does not close. */
START_TEST(a_refusal_ends_the_connection)
{
    begin();
    const char *name = _i == 0 ? "WRONG_FORMAT" : "INVALID_AUTH";
    char text[100];
    snprintf(text, sizeof text, "{\"error\":{\"name\":\"%s\",\"message\":\"no\"}}", name);
    told.refuses = true;
    say(in_use, text);
    ck_assert_int_eq(told.failures, 0); /* its close is waited for */
    want(owner, UPBIT_TYPE_MY_ASSET, "", 0, 0);
    upbit__session_wants_changed(&session); /* and nothing more is sent */
    int sent = in_use->sent;
    move(2999);
    ck_assert(!in_use->destroyed);
    ck_assert_int_eq(in_use->sent, sent);
    if (_i == 0)
        move(1);
    else
        say_closed(in_use, 0, 0, "");
    ck_assert(in_use->destroyed);
    ck_assert_int_eq(told.state, UPBIT_STATE_RECONNECTING);
    ck_assert_int_eq(told.error, _i == 0 ? UPBIT_ERROR_EXCHANGE : UPBIT_ERROR_AUTH);
    ck_assert_int_eq(told.asked, _i);
    move(59999);
    ck_assert_int_eq(wire_count, _i == 0 ? 2 : 1); /* refused keys are left alone for a minute */
    move(2);
    ck_assert_int_eq(wire_count, 2);
    close_session();
}
END_TEST

START_TEST(what_cannot_be_sent_is_sent_later)
{
    begin();
    in_use->send_error = UPBIT_ERROR_NO_MEMORY;
    want(owner, UPBIT_TYPE_MY_ASSET, "", 0, 0);
    upbit__session_wants_changed(&session);
    move(config.settle_max_ms);
    ck_assert(registry.dirty);
    in_use->send_error = 0;
    int sent = in_use->sent;
    move(config.settle_max_ms);
    ck_assert_int_eq(in_use->sent, sent + 1);
    ck_assert_ptr_nonnull(strstr(in_use->text[0], "myAsset"));
    ck_assert(!registry.dirty);
    close_session();
}
END_TEST

/* ---- does the exchange hold what was requested? ---- */

static void expect_question(int64_t within_ms)
{
    int sent = in_use->sent;
    for (int64_t ms = 0; ms < within_ms && in_use->sent == sent; ms += 500)
        move(500);
    ck_assert_ptr_nonnull(strstr(in_use->text[0], "LIST_SUBSCRIPTIONS"));
}

static void answer(const char *rows)
{
    char text[400], ticket[64] = "";
    sscanf(strstr(in_use->text[0], "\"ticket\":\""), "\"ticket\":\"%60[^\"]", ticket);
    snprintf(text, sizeof text,
             "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[%s],\"ticket\":\"%s\"}", rows, ticket);
    say(in_use, text);
}

static void expect_none_repaired(void)
{
    ck_assert_uint_eq(atomic_load(&counters.repairs), 0);
    ck_assert(!registry.dirty);
}

START_TEST(what_is_held_is_compared)
{
    begin();
    expect_question(61000);
    answer("{\"type\":\"myOrder\"},{\"type\":\"weather\"},{\"type\":\"candle.7d\"}");
    ck_assert_uint_eq(session.verify.verified, session.requests);
    ck_assert_uint_eq(atomic_load(&counters.repairs), 0);
    int sent = in_use->sent;
    move(3600000); /* there is no further reason to ask */
    ck_assert_int_eq(in_use->sent, sent);
    close_session();
}
END_TEST

/* What one request does not mend the next will hardly either: at growing distances. */
START_TEST(what_is_not_held_is_asked_for_again)
{
    begin();
    int64_t last = clock_at, before = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t requests = session.requests;
        while (session.requests == requests) {
            expect_question(3600000);
            answer(_i == 0 ? "{\"type\":\"myAsset\",\"codes\":[\"KRW-XRP\"]},{\"type\":\"myOrder\"}"
                           : "");
            move(config.settle_max_ms + 1);
        }
        ck_assert_uint_eq(atomic_load(&counters.repairs), (uint64_t)i + 1);
        if (i > 1)
            ck_assert_int_gt(clock_at - last, before + before / 2);
        before = clock_at - last;
        last = clock_at;
    }
    expect_question(3600000);
    answer("{\"type\":\"myOrder\"}");
    ck_assert_uint_eq(session.verify.difference, 0);
    close_session();
}
END_TEST

START_TEST(who_does_not_answer_is_asked_no_more)
{
    begin();
    expect_question(61000);
    int sent = in_use->sent;
    if (_i == 0)
        move(5001);
    else
        ck_assert(upbit__session_list_refused(&session, false));
    ck_assert(!upbit__session_list_refused(&session, false)); /* none is under way */
    upbit__session_key_quiet(&session);
    move(3600000);
    ck_assert_int_eq(in_use->sent, sent);
    ck_assert(session.verify.given_up);
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    close_session();
}
END_TEST

/* What is not the answer to the question at hand says nothing. */
START_TEST(other_answers_are_none)
{
    begin();
    say(in_use, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[],\"ticket\":\"\"}"); /* unasked */
    expect_question(61000);
    say(in_use, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[],\"ticket\":\"other\"}");
    say(in_use, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[]}");
    ck_assert_str_ne(session.verify.ticket, "");
    want(owner, UPBIT_TYPE_MY_ASSET, "", 0, 0); /* and then the set is another */
    upbit__session_wants_changed(&session);
    answer("");
    ck_assert_str_eq(session.verify.ticket, "");
    move(config.settle_max_ms + 1);
    ck_assert_uint_lt(session.verify.verified, session.requests);
    expect_question(120000);
    answer("{\"type\":\"myOrder\"},{\"type\":\"myAsset\"}");
    ck_assert_uint_eq(session.verify.verified, session.requests);
    expect_none_repaired();
    close_session();
}
END_TEST

/* Rows that name nothing are no difference; one that names what was not requested is. */
START_TEST(rows_that_say_nothing)
{
    begin();
    expect_question(61000);
    answer("{\"codes\":[\"KRW-BTC\"]},{\"type\":\"ticker\",\"codes\":[\"\",\".5\","
           "\"KRW-A-NAME-LONGER-THAN-ALL\"]},{\"type\":\"orderbook\",\"codes\":[]},"
           "{\"type\":\"myOrder\"}");
    ck_assert_uint_eq(session.verify.verified, session.requests);
    expect_none_repaired();
    close_session();
}
END_TEST

START_TEST(rows_of_what_was_not_requested)
{
    static const char *const rows[] = {
        "{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC.5\"]}",
        "{\"type\":\"orderbook\",\"level\":10,\"codes\":[\"KRW-BTC\"]}",
        "{\"type\":\"candle.1s\",\"codes\":[\"KRW-BTC\"]}"};
    char text[200];
    begin();
    expect_question(61000);
    snprintf(text, sizeof text, "{\"type\":\"myOrder\"},%s", rows[_i]);
    answer(text);
    ck_assert_uint_eq(atomic_load(&counters.repairs), 1);
    ck_assert(registry.dirty);
    close_session();
}
END_TEST

/* Keys that fall silent one after another are one reason to ask, at a distance. */
START_TEST(silent_keys_are_asked_for_at_a_distance)
{
    begin();
    expect_question(61000);
    answer("{\"type\":\"myOrder\"}");
    int sent = in_use->sent;
    upbit__registry_find(&registry, &(upbit__key_id){.type = UPBIT_TYPE_MY_ORDER})->quiet = 1;
    upbit__session_key_quiet(&session);
    upbit__session_key_quiet(&session);
    move(4499);
    ck_assert_int_eq(in_use->sent, sent);
    expect_question(1000);
    ck_assert_int_eq(in_use->sent, sent + 1);
    answer("{\"type\":\"myOrder\"}");
    move(6000);
    ck_assert_int_eq(in_use->sent, sent + 1);
    upbit__session_key_quiet(&session); /* long after the last: at once */
    move(1);
    ck_assert_int_eq(in_use->sent, sent + 2);
    close_session();
}
END_TEST

START_TEST(a_question_that_cannot_be_sent_is_put_later)
{
    begin();
    in_use->send_error = UPBIT_ERROR_SYSTEM;
    move(61000);
    ck_assert_str_eq(session.verify.ticket, "");
    in_use->send_error = 0;
    expect_question(61000);
    close_session();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *t = tcase_create("session");
    tcase_add_loop_test(t, who_wants_nothing_for_long_has_no_connection, 0, 2);
    tcase_add_test(t, other_keys_are_another_connection_at_once);
    tcase_add_test(t, keys_for_nothing_wanted_wait);
    tcase_add_test(t, nothing_wanted_any_more_is_live_at_once);
    tcase_add_loop_test(t, a_refusal_ends_the_connection, 0, 2);
    tcase_add_test(t, what_cannot_be_sent_is_sent_later);
    tcase_add_test(t, what_is_held_is_compared);
    tcase_add_loop_test(t, what_is_not_held_is_asked_for_again, 0, 2);
    tcase_add_loop_test(t, who_does_not_answer_is_asked_no_more, 0, 2);
    tcase_add_test(t, other_answers_are_none);
    tcase_add_test(t, rows_that_say_nothing);
    tcase_add_loop_test(t, rows_of_what_was_not_requested, 0, 3);
    tcase_add_test(t, silent_keys_are_asked_for_at_a_distance);
    tcase_add_test(t, a_question_that_cannot_be_sent_is_put_later);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
