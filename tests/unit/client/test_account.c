/* What of an order's or a balance's event is news, by whatever way and connection it came. */
#include "account_rig.h"

static size_t came(side *s)
{
    return drain(s);
}

START_TEST(what_two_connections_bring_is_told_once)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    stream(order("a", "wait", 0, ""));
    stream(order("a", "trade", 1, "t1"));
    stream(balance("KRW", 5));
    ck_assert_uint_eq(came(s), 3);
    epoch = 2;
    stream(order("a", "wait", 0, ""));
    stream(order("a", "trade", 1, "t1"));
    stream(balance("KRW", 5));
    ck_assert_uint_eq(came(s), 0);
    stream(order("a", "trade", 2, "t2"));
    ck_assert_uint_eq(came(s), 1);
    ck_assert_uint_eq(counters.events_repeated, 3);
    drop_side(s);
    end();
}
END_TEST

START_TEST(a_balance_that_comes_back_is_no_repeat)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    for (int i = 0; i < 3; i++)
        stream(balance("KRW", i == 1 ? 4 : 5));
    ck_assert_uint_eq(came(s), 3);
    epoch = 2;
    for (int i = 0; i < 3; i++)
        stream(balance("KRW", i == 1 ? 4 : 5));
    ck_assert_uint_eq(came(s), 0);
    stream(balance("KRW", 4));
    ck_assert_uint_eq(came(s), 1);
    drop_side(s);
    end();
}
END_TEST

START_TEST(all_orders_and_those_of_a_code_are_one_event)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT), *other = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(s, UPBIT_TYPE_MY_ORDER, "KRW-BTC", 0);
    hold(other, UPBIT_TYPE_MY_ORDER, "KRW-ETH", 0);
    stream(order("a", "wait", 0, ""));
    ck_assert_uint_eq(came(s), 1);
    ck_assert_uint_eq(came(other), 0);
    drop_side(other);
    drop_side(s);
    end();
}
END_TEST

START_TEST(what_rest_told_the_stream_does_not_tell_again)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    rest(order("a", "wait", 0, ""), now_ns, 1, false);
    rest(balance("KRW", 5), now_ns, 1, false);
    ck_assert_uint_eq(came(s), 2);
    stream(order("a", "wait", 0, ""));
    stream(balance("KRW", 5));
    ck_assert_uint_eq(came(s), 0);
    /* But a fill is told by nobody else. */
    rest(order("a", "wait", 1, ""), now_ns, 2, false);
    ck_assert_uint_eq(came(s), 1);
    stream(order("a", "trade", 1, "t1"));
    ck_assert_uint_eq(came(s), 1);
    rest(order("a", "wait", 1, ""), now_ns, 3, false);
    ck_assert_uint_eq(came(s), 0);
    drop_side(s);
    end();
}
END_TEST

START_TEST(an_answer_says_nothing_of_what_came_after_its_question)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    stream(order("a", "wait", 0, ""));
    stream(balance("KRW", 5));
    int64_t asked = now_ns + 1;
    stream(order("a", "done", 3, ""));
    stream(balance("KRW", 2));
    ck_assert_uint_eq(came(s), 4);
    rest(order("a", "wait", 0, ""), asked, 1, false);
    rest(balance("KRW", 5), asked, 1, false);
    ck_assert_uint_eq(came(s), 0);
    ck_assert_ptr_null(upbit__account_missing(&account, 2, now_ns)); /* it has ended */
    rest(balance("KRW", 5), now_ns + 1, 2, false);
    ck_assert_uint_eq(came(s), 1);
    drop_side(s);
    end();
}
END_TEST

START_TEST(newcomers_are_told_how_things_stand_and_nobody_else)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT), *new = side_open(UPBIT_POLICY_DEFAULT);
    side *live = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(live, UPBIT_TYPE_MY_ORDER, "", UPBIT_WANT_REALTIME_ONLY);
    rest(order("a", "wait", 0, ""), now_ns, 1, false);
    ck_assert_uint_eq(came(s), 1);
    ck_assert_uint_eq(came(live), 1);
    upbit__entry *entry = hold(new, UPBIT_TYPE_MY_ORDER, "", 0);
    entry->due = true;
    rest(order("a", "wait", 0, ""), now_ns, 2, true);
    ck_assert_uint_eq(came(new), 0); /* not asked since it came */
    entry->asked = true;
    rest(order("a", "wait", 0, ""), now_ns, 3, true);
    const upbit_event *e = take(new);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT);
    upbit_event_unref(e);
    ck_assert_uint_eq(came(s), 0);
    /* What is news besides is a snapshot to the one and an event to the other. */
    rest(order("b", "wait", 0, ""), now_ns, 3, true);
    ck_assert_uint_eq(came(new), 1);
    e = take(s);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_REALTIME);
    upbit_event_unref(e);
    ck_assert_uint_eq(came(live), 1);
    drop_side(live);
    drop_side(new);
    drop_side(s);
    end();
}
END_TEST

static const upbit_event *take_snapshot(side *s, int origin)
{
    const upbit_event *e = take(s);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_int_eq(e->origin, origin);
    return e;
}

/* The stream has overtaken the answer: whoever waits for it is told what the stream said. */
START_TEST(newcomers_are_told_what_moved_since_the_question)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT), *new = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    stream(order("a", "wait", 0, ""));
    rest(order("b", "wait", 0, ""), now_ns, 1, false);
    rest(order("b", "wait", 1, ""), now_ns, 2, false);
    upbit__entry *orders = hold(new, UPBIT_TYPE_MY_ORDER, "", 0);
    upbit__entry *assets = hold(new, UPBIT_TYPE_MY_ASSET, "", 0);
    orders->due = orders->asked = assets->due = assets->asked = true;
    came(s);
    int64_t asked = now_ns + 1;
    upbit__account_hold(&account, true);
    stream(order("a", "trade", 1, "t1"));
    stream(order("b", "wait", 1, "")); /* a repeat of what REST told the others */
    stream(order("c", "wait", 0, ""));
    stream(order("c", "cancel", 0, ""));
    stream(balance("KRW", 4));
    ck_assert_uint_eq(came(new), 4); /* all but the repeat */
    ck_assert_uint_eq(came(s), 3);
    rest(order("a", "wait", 0, ""), asked, 3, true);
    rest(order("b", "wait", 0, ""), asked, 3, true);
    rest(order("c", "wait", 0, ""), asked, 3, true); /* it has ended, and that was told */
    rest(balance("KRW", 5), asked, 3, true);
    const upbit_event *e = take_snapshot(new, UPBIT_ORIGIN_CACHE);
    ck_assert_str_eq(upbit_event_my_order(e)->uuid, "a");
    ck_assert_int_eq(upbit_event_my_order(e)->state, UPBIT_ORDER_STATE_TRADE);
    ck_assert_str_eq(upbit_event_my_order(e)->trade_uuid, "t1");
    upbit_event_unref(e);
    e = take_snapshot(new, UPBIT_ORIGIN_CACHE);
    ck_assert_str_eq(upbit_event_my_order(e)->uuid, "b");
    ck_assert_int_eq(upbit_event_my_order(e)->trades_count, 1);
    upbit_event_unref(e);
    e = take_snapshot(new, UPBIT_ORIGIN_REST);
    upbit_decimal four;
    ck_assert_int_eq(upbit_decimal_parse(&four, "4", 1), 0);
    ck_assert_uint_eq(upbit_event_my_asset(e)->asset_count, 1);
    ck_assert_int_eq(upbit_decimal_compare(&upbit_event_my_asset(e)->assets[0].balance, &four), 0);
    upbit_event_unref(e);
    ck_assert_uint_eq(came(new), 0);
    ck_assert_uint_eq(came(s), 0);
    stream(order("a", "trade", 2, "t2")); /* held; whoever ends it gives it back */
    ck_assert_ptr_nonnull(upbit__account_find(&account, "a")->held);
    upbit__account_hold(&account, false);
    ck_assert_ptr_null(upbit__account_find(&account, "a")->held);
    stream(order("a", "trade", 3, "t3"));
    ck_assert_ptr_null(upbit__account_find(&account, "a")->held);
    drop_side(new);
    drop_side(s);
    end();
}
END_TEST

START_TEST(the_first_answer_is_no_news)
{
    begin();
    side *live = side_open(UPBIT_POLICY_DEFAULT);
    hold(live, UPBIT_TYPE_MY_ORDER, "", UPBIT_WANT_REALTIME_ONLY);
    hold(live, UPBIT_TYPE_MY_ASSET, "", UPBIT_WANT_REALTIME_ONLY);
    decode(order("a", "wait", 0, ""), &(came_by){true, {now_ns, 1, false, true}});
    decode(balance("KRW", 5), &(came_by){true, {now_ns, 1, false, true}});
    ck_assert_uint_eq(came(live), 0);
    decode(balance("KRW", 6), &(came_by){true, {now_ns, 2, false, false}});
    ck_assert_uint_eq(came(live), 1);
    drop_side(live);
    end();
}
END_TEST

START_TEST(what_is_listed_no_more_has_ended)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    hold(s, UPBIT_TYPE_MY_ASSET, "", 0);
    rest(order("a", "wait", 0, ""), now_ns, 1, false);
    rest(order("b", "wait", 0, ""), now_ns, 1, false);
    rest(balance("BTC", 5), now_ns, 1, false);
    rest(order("b", "wait", 0, ""), now_ns, 2, false);
    upbit__known_order *missing = upbit__account_missing(&account, 2, now_ns);
    ck_assert_ptr_nonnull(missing);
    ck_assert_str_eq(missing->uuid, "a");
    missing->sought = true;
    ck_assert_ptr_null(upbit__account_missing(&account, 2, now_ns));
    ck_assert_uint_eq(came(s), 3);
    rest(order("a", "done", 3, ""), now_ns, 0, false);
    ck_assert_uint_eq(came(s), 1);
    stream(order("a", "done", 3, "")); /* REST was first */
    ck_assert_uint_eq(came(s), 0);

    rest(balance("KRW", 7), now_ns, 2, false); /* the last BTC is spent */
    size_t spent = 0;
    for (const upbit_event *e; (e = take(s)) != NULL;) {
        const upbit_my_asset *a = upbit_event_my_asset(e);
        spent += a->asset_count == 1 && strcmp(a->assets[0].currency, "BTC") == 0 &&
                 upbit_decimal_is_zero(&a->assets[0].balance);
        upbit_event_unref(e);
    }
    ck_assert_uint_eq(spent, 1);
    rest(balance("KRW", 7), now_ns, 3, false);
    ck_assert_uint_eq(came(s), 0);
    drop_side(s);
    end();
}
END_TEST

START_TEST(ends_are_remembered_and_forgotten)
{
    begin();
    side *s = side_open(UPBIT_POLICY_DEFAULT);
    hold(s, UPBIT_TYPE_MY_ORDER, "", 0);
    for (int i = 0; i < UPBIT__ORDER_ENDS + 10; i++) {
        char uuid[16];
        snprintf(uuid, sizeof uuid, "o%d", i);
        stream(order(uuid, "wait", 0, ""));
        stream(order(uuid, "cancel", 0, ""));
        came(s);
    }
    ck_assert_uint_eq(account.order_count, UPBIT__ORDER_ENDS);
    ck_assert_ptr_null(upbit__account_find(&account, "o9"));
    ck_assert_ptr_nonnull(upbit__account_find(&account, "o10"));
    drop_side(s);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("account");
    tcase_add_test(tests, what_two_connections_bring_is_told_once);
    tcase_add_test(tests, a_balance_that_comes_back_is_no_repeat);
    tcase_add_test(tests, all_orders_and_those_of_a_code_are_one_event);
    tcase_add_test(tests, what_rest_told_the_stream_does_not_tell_again);
    tcase_add_test(tests, an_answer_says_nothing_of_what_came_after_its_question);
    tcase_add_test(tests, newcomers_are_told_how_things_stand_and_nobody_else);
    tcase_add_test(tests, newcomers_are_told_what_moved_since_the_question);
    tcase_add_test(tests, the_first_answer_is_no_news);
    tcase_add_test(tests, what_is_listed_no_more_has_ended);
    tcase_add_test(tests, ends_are_remembered_and_forgotten);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
