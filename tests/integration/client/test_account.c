/* What needs keys, against the mock's signed half: accounts and orders as snapshots, refusals by
 * name, keys given, changed, cleared and provided. The mock checks every token by its own code. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot_rig.h"
#include "support/check_main.h"
#include "upbit-live/credentials.h"

static answer r;
static upbit_proxy *p;
static uint64_t last_id;

static const char *const quiet[] = {"--codes", "20",     "--rate", "0", "--private-rate",
                                    "0",       "--seed", "7",      NULL};

static void start(void (*change)(upbit_options *options))
{
    mock_start(&exchange, quiet);
    manager = stream_manager(&exchange, change);
    p = stream_proxy(manager, "mine", NULL);
}

static void setup_bare(void)
{
    start(NULL);
}

static void setup(void)
{
    setup_bare();
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
}

static void hs256(upbit_options *o)
{
    o->token_algorithm = UPBIT_TOKEN_HS256;
}

static void setup_hs256(void)
{
    start(hs256);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
}

static void finish(void)
{
    answer_drop(&r);
    upbit_proxy_close(p);
    teardown();
}

static upbit_want want_of(int type)
{
    upbit_want w = UPBIT_WANT_INIT;
    w.type = type;
    return w;
}

/* One snapshot, whole, in r. */
static void snapshot(const upbit_want *w)
{
    answer_drop(&r);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, w, 0, ++last_id), 0);
    answer_read(&r, p, last_id, 8);
}

static void assets(void)
{
    const upbit_want w = want_of(UPBIT_TYPE_MY_ASSET);
    snapshot(&w);
}

static void is_refused(int error, const char *says)
{
    ck_assert_msg(r.error == error, "%s: %s", upbit_error_name(r.error), r.detail);
    ck_assert_msg(strstr(r.detail, says) != NULL, "'%s' is not in '%s'", says, r.detail);
    ck_assert_int_eq(r.count, 0);
}

static const upbit_my_order *order(int i)
{
    const upbit_my_order *o = upbit_event_my_order(r.events[i]);
    ck_assert_ptr_nonnull(o);
    ck_assert_int_eq(o->event.origin, UPBIT_ORIGIN_REST);
    ck_assert_int_eq(o->event.exchange_ms, 0);
    ck_assert_int_gt(o->order_timestamp, 1000000000000);
    return o;
}

static void seeded_account(void)
{
    assets();
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
    const upbit_my_asset *a = upbit_event_my_asset(r.events[0]);
    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(a->event.origin, UPBIT_ORIGIN_REST);
    ck_assert_uint_gt(a->asset_count, 1);
    ck_assert_ptr_nonnull(a->costs);
    bool krw = false;
    for (uint32_t i = 0; i < a->asset_count; i++) {
        krw = krw || strcmp(a->assets[i].currency, "KRW") == 0;
        ck_assert(!upbit_decimal_is_null(&a->assets[i].balance));
        ck_assert(!upbit_decimal_is_null(&a->costs[i].avg_buy_price));
    }
    ck_assert(krw);
}

START_TEST(an_account_is_one_event)
{
    seeded_account();
}
END_TEST

START_TEST(tokens_can_be_hs256)
{
    seeded_account();
}
END_TEST

/* Two pages and a bit: every order once, the oldest first. */
START_TEST(all_open_orders_come_page_by_page)
{
    upbit_want w = want_of(UPBIT_TYPE_MY_ORDER);
    snapshot(&w);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    int before = r.count;
    for (int i = 0; i < 215; i++)
        control("order?do=place&code=KRW-BTC&side=bid&type=limit&price=1000000&volume=0.006");
    snapshot(&w);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, before + 215);
    for (int i = 0; i < r.count; i++) {
        const upbit_my_order *o = order(i);
        ck_assert(o->state == UPBIT_ORDER_STATE_WAIT || o->state == UPBIT_ORDER_STATE_WATCH);
        if (i > 0)
            ck_assert_int_ge(o->order_timestamp, order(i - 1)->order_timestamp);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(o->uuid, order(k)->uuid);
    }
    const char *codes[] = {"KRW-BTC", "KRW-DOGE"};
    w.codes = codes;
    w.code_count = 2;
    snapshot(&w);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_ge(r.count, 215);
    for (int i = 0; i < r.count; i++)
        ck_assert(strcmp(order(i)->event.code, "KRW-BTC") == 0 ||
                  strcmp(order(i)->event.code, "KRW-DOGE") == 0);
}
END_TEST

START_TEST(closed_orders_and_one_by_its_id)
{
    char uuid[80];
    upbit_want w = want_of(UPBIT_TYPE_MY_ORDER);
    control("order?do=lives&count=5");
    w.orders = UPBIT_ORDERS_CLOSED;
    w.count = 3;
    snapshot(&w);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert(order(i)->state == UPBIT_ORDER_STATE_DONE ||
                  order(i)->state == UPBIT_ORDER_STATE_CANCEL);
    snprintf(uuid, sizeof uuid, "%s", order(2)->uuid);
    /* A window before it was made has it not. */
    w.before = order(0)->order_timestamp - 100000000;
    w.after = w.before - 1000;
    snapshot(&w);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 0);
    upbit_want one = want_of(UPBIT_TYPE_MY_ORDER);
    one.order_uuid = uuid;
    snapshot(&one);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
    ck_assert_str_eq(order(0)->uuid, uuid);
    ck_assert_ptr_nonnull(strstr(r.events[0]->extra, "\"trades\":["));
    one.order_uuid = "00000000-0000-0000-0000-00000000dead";
    snapshot(&one);
    is_refused(UPBIT_ERROR_EXCHANGE, "order_not_found");
    /* The client's own id, with everything a query could trip over: it is hashed decoded. */
    one.order_uuid = NULL;
    one.order_identifier = "no such & one=1+%41 \xec\xa3\xbc";
    snapshot(&one);
    is_refused(UPBIT_ERROR_EXCHANGE, "order_not_found");
}
END_TEST

static const struct {
    const char *change, *back, *name, *says;
    bool orders;
} refusals[] = {
    {"key?access=test-access&revoked=1", "key?access=test-access&revoked=0", "invalid_access_key",
     "does not know", false},
    {"key?access=test-access&expired=1", "key?access=test-access&expired=0", "expired_access_key",
     "new key", false},
    {"key?access=test-access&ips=10.0.0.1", "key?access=test-access&ips=", "no_authorization_ip",
     "this machine's address", false},
    {"key?access=test-access&scopes=orders", "key?access=test-access&scopes=assets,orders",
     "out_of_scope", "permission", false},
    {"key?access=test-access&scopes=assets", "key?access=test-access&scopes=assets,orders",
     "out_of_scope", "permission", true},
};

START_TEST(refusals_have_the_exchanges_name_and_what_to_do)
{
    const upbit_want w = want_of(refusals[_i].orders ? UPBIT_TYPE_MY_ORDER : UPBIT_TYPE_MY_ASSET);
    control(refusals[_i].change);
    snapshot(&w);
    is_refused(UPBIT_ERROR_AUTH, refusals[_i].name);
    is_refused(UPBIT_ERROR_AUTH, refusals[_i].says);
    control(refusals[_i].back);
    /* Keys that are no good as such are not tried again until they are set again. */
    long asked = mock_stat(&exchange, "http_requests");
    snapshot(&w);
    bool final = _i < 2;
    if (final) {
        is_refused(UPBIT_ERROR_AUTH, refusals[_i].says);
        ck_assert_int_eq(mock_stat(&exchange, "http_requests") - asked, 1); /* this look */
        ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
        snapshot(&w);
    }
    ck_assert_msg(r.error == 0, "%s", r.detail);
}
END_TEST

START_TEST(a_wrong_secret_is_told_from_a_wrong_key)
{
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "tost-secret"), 0);
    assets();
    is_refused(UPBIT_ERROR_AUTH, "jwt_verification: check the secret key");
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "tost-access", "test-secret"), 0);
    assets();
    is_refused(UPBIT_ERROR_AUTH, "invalid_access_key");
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
    seeded_account();
    ck_assert_int_eq(upbit_manager_set_credentials(manager, NULL, NULL), 0);
    assets();
    is_refused(UPBIT_ERROR_UNAVAILABLE, "UPBIT_ACCESS_KEY");
}
END_TEST

START_TEST(without_keys_nothing_is_asked)
{
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, ++last_id);
    answer_read(&r, p, last_id, 5); /* the market list is there, too */
    answer_drop(&r);
    long asked = mock_stat(&exchange, "http_requests");
    assets();
    is_refused(UPBIT_ERROR_UNAVAILABLE, "upbit_manager_set_credentials");
    ck_assert_int_eq(mock_stat(&exchange, "http_requests") - asked, 1); /* this look */
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "a", NULL),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_manager_set_credentials(NULL, "a", "b"), UPBIT_ERROR_INVALID_ARGUMENT);
    upbit_manager_shutdown(manager, 0);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "a", "b"), UPBIT_ERROR_CLOSED);
}
END_TEST

/* The public half goes on, whatever the keys are like. */
START_TEST(public_data_does_not_care)
{
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "wrong", "wrong"), 0);
    assets();
    is_refused(UPBIT_ERROR_AUTH, "invalid_access_key");
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, ++last_id);
    answer_drop(&r);
    answer_read(&r, p, last_id, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
}
END_TEST

START_TEST(it_ends_in_the_middle)
{
    control("delay?ms=1200&what=http");
    upbit_want w = want_of(UPBIT_TYPE_MY_ASSET);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &w, 0, 77), 0);
    wait_ms(50);
    cancelled_once(p, 77);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &w, 300, 78), 0);
    answer_read(&r, p, 78, 5);
    is_refused(UPBIT_ERROR_TIMEOUT, "");
}
END_TEST

START_TEST(a_budget_closed_by_the_exchange_is_waited_for)
{
    control("limit?group=default&count=1&status=429");
    seeded_account();
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    ck_assert_uint_ge(s.rest_requests, 2);
}
END_TEST

/* ---- a keyring ---- */

static struct keyring {
    _Atomic int asked, release;
    _Atomic(const char *) access, secret;
    int error;
    pthread_t caller;
} ring;

static int keyring(void *context, char *access, size_t access_room, char *secret,
                   size_t secret_room)
{
    struct keyring *k = context;
    atomic_fetch_add(&k->asked, 1);
    k->caller = pthread_self();
    while (!atomic_load(&k->release))
        usleep(2000);
    if (k->error != 0)
        return k->error;
    snprintf(access, access_room, "%s", atomic_load(&k->access));
    snprintf(secret, secret_room, "%s", atomic_load(&k->secret));
    return 0;
}

static void with_ring(upbit_options *o)
{
    o->credentials = keyring;
    o->credentials_context = &ring;
}

static void setup_ring(void)
{
    ring = (struct keyring){.access = "test-access", .secret = "test-secret"};
    start(with_ring);
}

START_TEST(a_keyring_is_asked_when_keys_are_needed)
{
    upbit_want w = want_of(UPBIT_TYPE_MY_ASSET);
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, ++last_id);
    answer_read(&r, p, last_id, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(ring.asked, 0); /* not for what is public */
    answer_drop(&r);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &w, 0, 1001), 0);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &w, 0, 1002), 0);
    wait_ms(200);
    ck_assert_int_eq(ring.asked, 1); /* and it waits for a password */
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, ++last_id);
    answer_read(&r, p, last_id, 5);
    ck_assert_int_eq(r.error, 0); /* nobody else does */
    answer_drop(&r);
    ring.release = 1;
    answer_read(&r, p, 1001, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    answer_drop(&r);
    seeded_account();
    ck_assert_int_eq(ring.asked, 1);
    ck_assert(!pthread_equal(ring.caller, pthread_self()));
}
END_TEST

START_TEST(a_keyring_may_have_none)
{
    ring.error = UPBIT_ERROR_UNAVAILABLE;
    ring.release = 1;
    assets();
    is_refused(UPBIT_ERROR_UNAVAILABLE, "gave none");
    assets();
    is_refused(UPBIT_ERROR_UNAVAILABLE, "gave none");
    ck_assert_int_eq(ring.asked, 1); /* not again at once: it may ask for a password */
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
    seeded_account();
}
END_TEST

/* What it writes is checked as what others give; a buffer without an end is not read beyond. */
START_TEST(a_keyring_can_be_wrong)
{
    static char endless[400];
    memset(endless, 'x', sizeof endless - 1);
    ring.access = _i == 0 ? "white space" : _i == 1 ? "" : endless;
    ring.release = 1;
    assets();
    if (_i < 2)
        is_refused(UPBIT_ERROR_UNAVAILABLE, "gave none");
    else /* cut by snprintf: a key of the most characters there may be, which nobody knows */
        is_refused(UPBIT_ERROR_AUTH, "invalid_access_key");
}
END_TEST

/* The manager ends while the keyring is still waiting for somebody. */
START_TEST(a_keyring_outlives_the_manager)
{
    upbit_want w = want_of(UPBIT_TYPE_MY_ASSET);
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &w, 0, 1001), 0);
    for (int i = 0; i < 1000 && ring.asked == 0; i++)
        wait_ms(2);
    ck_assert_int_eq(upbit_manager_shutdown(manager, 0), 0);
    answer_read(&r, p, 1001, 5);
    is_refused(UPBIT_ERROR_CLOSED, "");
    ring.release = 1;
    wait_ms(100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("account");
    TCase *t = tcase_create("keys");
    tcase_add_checked_fixture(t, setup, finish);
    tcase_add_test(t, an_account_is_one_event);
    tcase_add_test(t, all_open_orders_come_page_by_page);
    tcase_add_test(t, closed_orders_and_one_by_its_id);
    tcase_add_loop_test(t, refusals_have_the_exchanges_name_and_what_to_do, 0,
                        sizeof refusals / sizeof refusals[0]);
    tcase_add_test(t, it_ends_in_the_middle);
    tcase_add_test(t, a_budget_closed_by_the_exchange_is_waited_for);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    t = tcase_create("hs256");
    tcase_add_checked_fixture(t, setup_hs256, finish);
    tcase_add_test(t, tokens_can_be_hs256);
    suite_add_tcase(s, t);
    t = tcase_create("bare");
    tcase_add_checked_fixture(t, setup_bare, finish);
    tcase_add_test(t, a_wrong_secret_is_told_from_a_wrong_key);
    tcase_add_test(t, without_keys_nothing_is_asked);
    tcase_add_test(t, public_data_does_not_care);
    suite_add_tcase(s, t);
    t = tcase_create("keyring");
    tcase_add_checked_fixture(t, setup_ring, finish);
    tcase_add_test(t, a_keyring_is_asked_when_keys_are_needed);
    tcase_add_test(t, a_keyring_may_have_none);
    tcase_add_loop_test(t, a_keyring_can_be_wrong, 0, 3);
    tcase_add_test(t, a_keyring_outlives_the_manager);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return check_main(s);
}
