/* A request the exchange refuses: its newest want goes, its owner is told, the others keep their
 * streams. */
#include <string.h>

#include "puppet.h"
#include "support/check_main.h"

static puppet exchange;
static upbit_manager *manager;
static upbit_proxy *good, *other, *bad;

static void setup(void)
{
    puppet_start(&exchange);
    manager = puppet_manager(&exchange, NULL);
    good = stream_proxy(manager, "good", NULL);
    other = stream_proxy(manager, "other", NULL);
    bad = stream_proxy(manager, "bad", NULL);
}

static void teardown(void)
{
    upbit_proxy_close(good);
    upbit_proxy_close(other);
    upbit_proxy_close(bad);
    upbit_manager_release(manager);
    puppet_stop(&exchange);
}

static void subscribe(upbit_proxy *p, const char *codes)
{
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes, 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
}

static void expect_trade(upbit_proxy *p, const char *code)
{
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TRADE, code, 8);
    ck_assert_msg(e != NULL, "no trade of %s", code);
    upbit_event_unref(e);
}

static void expect_error(upbit_proxy *p, const char *name, const char *text)
{
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ERROR, NULL, 8);
    ck_assert_ptr_nonnull(e);
    const upbit_error_event *error = upbit_event_error(e);
    ck_assert_str_eq(error->name, name);
    ck_assert_msg(strstr(error->message, text) != NULL, "%s", error->message);
    ck_assert_uint_eq(error->session, UPBIT_SESSION_PUBLIC);
    upbit_event_unref(e);
}

static bool trouble(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_ERROR;
}

static void expect_no_error(upbit_proxy *p)
{
    const upbit_event *e = stream_until(p, trouble, NULL, 0.3, NULL);
    ck_assert_msg(e == NULL, "told: %s", upbit_event_error(e)->message);
}

static const char *const blamed[] = {"WRONG_FORMAT", "wrong format", "NO_TYPE", "NO_CODES",
                                     "Invalid_Param"};

START_TEST(the_newest_want_goes_and_its_owner_alone_is_told)
{
    puppet_word(&exchange, exchange.error, blamed[_i]);
    subscribe(good, "KRW-BTC");
    expect_trade(good, "KRW-BTC");
    puppet_word(&exchange, exchange.poison, "KRW-BAD");
    subscribe(bad, "KRW-BAD,KRW-WORSE");
    expect_error(bad, blamed[_i], "trade KRW-");
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.requests, 3, 8), 3);
    ck_assert(puppet_asked(&exchange, "KRW-BTC"));
    ck_assert(!puppet_asked(&exchange, "KRW-BAD"));
    ck_assert(!puppet_asked(&exchange, "KRW-WORSE"));
    expect_trade(good, "KRW-BTC"); /* the stream goes on, by a new connection */
    expect_no_error(good);
    expect_no_error(other);
    expect_no_error(bad); /* once */
    ck_assert_int_eq(puppet_count(&exchange, &exchange.connections), 2);
}
END_TEST

START_TEST(what_ran_before_is_never_blamed_though_it_is_newer)
{
    subscribe(bad, "KRW-OLD");
    subscribe(good, "KRW-BTC");
    expect_trade(bad, "KRW-OLD");
    expect_trade(good, "KRW-BTC");
    puppet_word(&exchange, exchange.poison, "KRW-BAD");
    subscribe(bad, "KRW-BAD");
    expect_error(bad, "WRONG_FORMAT", "KRW-BAD");
    expect_trade(good, "KRW-BTC");
    ck_assert(puppet_asked(&exchange, "KRW-OLD"));
}
END_TEST

static bool asked_for_all_but(const char *const *codes, int count, int guilty)
{
    for (int i = 0; i < count; i++)
        if (puppet_asked(&exchange, codes[i]) == (i == guilty))
            return false;
    return true;
}

START_TEST(of_many_new_wants_the_guilty_one_is_found)
{
    static const char *const codes[] = {"KRW-AA", "KRW-BB", "KRW-CC", "KRW-DD", "KRW-EE"};
    subscribe(good, "KRW-BTC");
    expect_trade(good, "KRW-BTC");
    puppet_word(&exchange, exchange.poison, codes[_i]);
    /* One request holds them all. */
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(stream_want(i == _i ? bad : other, upbit_proxy_subscribe, UPBIT_TYPE_TRADE,
                                     codes[i], 0),
                         0);
    expect_error(bad, "WRONG_FORMAT", codes[_i]);
    double end = stream_now() + 8;
    while (!asked_for_all_but(codes, 5, _i) && stream_now() < end)
        expect_no_error(good);
    ck_assert(asked_for_all_but(codes, 5, _i));
    ck_assert(puppet_asked(&exchange, "KRW-BTC"));
    expect_no_error(good);
    expect_no_error(other);
    expect_no_error(bad);
}
END_TEST

START_TEST(two_owners_of_one_bad_want_are_both_told)
{
    puppet_word(&exchange, exchange.poison, "KRW-BAD");
    subscribe(bad, "KRW-BAD");
    subscribe(other, "KRW-BAD");
    expect_error(bad, "WRONG_FORMAT", "KRW-BAD");
    expect_error(other, "WRONG_FORMAT", "KRW-BAD");
    subscribe(good, "KRW-BTC");
    expect_trade(good, "KRW-BTC");
    ck_assert(!puppet_asked(&exchange, "KRW-BAD"));
}
END_TEST

START_TEST(what_was_set_aside_comes_back_though_the_others_are_quiet)
{
    puppet_word(&exchange, exchange.silent, "KRW-A");
    puppet_word(&exchange, exchange.poison, "KRW-BAD");
    ck_assert_int_eq(stream_want(good, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-A", 0), 0);
    ck_assert_int_eq(stream_want(bad, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BAD", 0), 0);
    expect_error(bad, "WRONG_FORMAT", "KRW-BAD");
    expect_no_error(good);
}
END_TEST

START_TEST(a_want_of_after_the_refused_request_is_not_blamed)
{
    puppet_say(&exchange, stays, true); /* time enough to want something more */
    puppet_word(&exchange, exchange.poison, "KRW-BAD");
    subscribe(bad, "KRW-BAD");
    expect_error(bad, "WRONG_FORMAT", "KRW-BAD");
    subscribe(good, "KRW-BTC");
    ck_assert_int_eq(puppet_count(&exchange, &exchange.requests), 1);
    expect_trade(good, "KRW-BTC"); /* it did not close, so we did */
    ck_assert_int_eq(puppet_count(&exchange, &exchange.connections), 2);
    expect_no_error(good);
}
END_TEST

START_TEST(with_nothing_new_everybody_is_told_once_and_it_goes_on)
{
    subscribe(good, "KRW-BTC");
    expect_trade(good, "KRW-BTC");
    subscribe(other, "KRW-ETH");
    expect_trade(other, "KRW-ETH");
    puppet_word(&exchange, exchange.poison, "KRW-BTC");
    puppet_word(&exchange, exchange.forgotten, "");
    ck_assert_int_eq(stream_want(other, upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-ETH", 0),
                     0);
    expect_error(good, "WRONG_FORMAT", "puppet");
    expect_error(other, "WRONG_FORMAT", "puppet");
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.connections, 4, 8), 4);
    expect_no_error(good);
    puppet_word(&exchange, exchange.poison, "");
    expect_trade(good, "KRW-BTC");
    ck_assert(stream_is_live(other, 8));
}
END_TEST

static const char *const blameless[] = {"INVALID_AUTH", "NO_TICKET", "SOMETHING_NEW"};

START_TEST(other_errors_blame_no_want)
{
    puppet_word(&exchange, exchange.error, blameless[_i]);
    puppet_word(&exchange, exchange.poison, "KRW-BTC");
    subscribe(good, "KRW-BTC");
    expect_error(good, blameless[_i], "puppet");
    expect_error(other, blameless[_i], "puppet");
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.requests, 2, 8), 2);
    ck_assert(puppet_asked(&exchange, "KRW-BTC"));
    puppet_word(&exchange, exchange.poison, "");
    expect_trade(good, "KRW-BTC");
}
END_TEST

struct delay {
    uint32_t least;
};

static bool waits(const upbit_event *e, const void *context)
{
    const upbit_state_event *s = upbit_event_state(e);
    return s != NULL && s->delay_ms >= ((const struct delay *)context)->least;
}

static const struct {
    const char *name;
    uint32_t least_ms;
} rates[] = {{"TOO_MANY_REQUEST", 1000}, {"Too Many Requests", 1000}, {"I'm a teapot", 60000}};

START_TEST(rate_errors_are_given_time)
{
    puppet_word(&exchange, exchange.error, rates[_i].name);
    puppet_word(&exchange, exchange.poison, "KRW-BTC");
    subscribe(good, "KRW-BTC");
    /* Whichever comes first is dropped by the other's wait. */
    const upbit_event *e = stream_until(other, waits, &(struct delay){rates[_i].least_ms}, 5, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    expect_error(good, rates[_i].name, "puppet");
    ck_assert_int_eq(puppet_count(&exchange, &exchange.connections), 1);
}
END_TEST

START_TEST(live_is_not_said_of_a_request_that_is_refused)
{
    subscribe(good, "KRW-BTC");
    expect_trade(good, "KRW-BTC");
    ck_assert(stream_is_live(other, 5));
    upbit_stats before, after;
    upbit_manager_get_stats(manager, &before, sizeof before);
    puppet_word(&exchange, exchange.poison, "KRW-");
    ck_assert_int_eq(stream_want(other, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ETH", 0), 0);
    ck_assert_int_ge(puppet_wait(&exchange, &exchange.connections, 4, 8), 4);
    upbit_manager_get_stats(manager, &after, sizeof after);
    ck_assert_uint_eq(after.reconnects, before.reconnects);
    puppet_word(&exchange, exchange.poison, "");
    expect_trade(good, "KRW-BTC");
    ck_assert(stream_is_live(other, 5));
    upbit_manager_get_stats(manager, &after, sizeof after);
    ck_assert_uint_eq(after.reconnects, before.reconnects + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client blame");
    TCase *tests = tcase_create("blame");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_newest_want_goes_and_its_owner_alone_is_told, 0,
                        (int)(sizeof blamed / sizeof *blamed));
    tcase_add_test(tests, what_ran_before_is_never_blamed_though_it_is_newer);
    tcase_add_loop_test(tests, of_many_new_wants_the_guilty_one_is_found, 0, 5);
    tcase_add_test(tests, what_was_set_aside_comes_back_though_the_others_are_quiet);
    tcase_add_test(tests, two_owners_of_one_bad_want_are_both_told);
    tcase_add_test(tests, a_want_of_after_the_refused_request_is_not_blamed);
    tcase_add_test(tests, with_nothing_new_everybody_is_told_once_and_it_goes_on);
    tcase_add_loop_test(tests, other_errors_blame_no_want, 0,
                        (int)(sizeof blameless / sizeof *blameless));
    tcase_add_loop_test(tests, rate_errors_are_given_time, 0, (int)(sizeof rates / sizeof *rates));
    tcase_add_test(tests, live_is_not_said_of_a_request_that_is_refused);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
