/* Which requests the exchange is known to have accepted: what is proven is never blamed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/fanout.h"
#include "client/wanted.h"
#include "support/check_main.h"

static upbit__pool *pool;
static upbit__batch batch;
static upbit__registry registry;
static upbit__counters counters;
static upbit__fanout fanout;
static upbit__waiter *waiter;
static upbit__client client;
static int64_t now_ns;

static void setup(void)
{
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__pool_create(&pool, 64 << 20), 0);
    upbit__batch_init(&batch, pool);
    ck_assert_int_eq(upbit__registry_init(&registry, pool), 0);
    fanout = (upbit__fanout){
        .registry = &registry, .pool = pool, .counters = &counters, .batch = &batch};
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    ck_assert_int_eq(upbit__waiter_create(&waiter), 0);
    config.batch = &batch;
    config.waiter = waiter;
    client = (upbit__client){0};
    ck_assert_int_eq(upbit__inbox_create(&client.inbox, &config), 0);
    now_ns = UPBIT__SECOND;
}

static void teardown(void)
{
    while (client.entry_count > 0)
        upbit__registry_remove(&registry, client.entries[0]);
    upbit__inbox_detach(client.inbox);
    upbit__inbox_destroy(client.inbox);
    upbit__waiter_unref(waiter);
    free(client.entries);
    upbit__registry_finish(&registry);
    upbit__pool_release(pool);
}

static upbit__key *want(const char *code)
{
    upbit__key_id id = {.type = UPBIT_TYPE_TRADE};
    memcpy(id.code, code, strlen(code));
    upbit__entry *e;
    bool joined;
    registry.command++;
    ck_assert_int_eq(upbit__registry_add(&registry, &client, &id, 0, 0, &e, &joined), 0);
    return e->key;
}

static void drop(upbit__key *key)
{
    upbit__registry_remove(&registry, key->entries[0]);
}

static void frame(const char *code, int origin)
{
    upbit_event *e = upbit__pool_allocate(pool, sizeof(upbit_trade));
    ck_assert_ptr_nonnull(e);
    e->type = UPBIT_TYPE_TRADE;
    e->origin = (uint8_t)origin;
    e->stream = UPBIT_STREAM_REALTIME;
    e->received_ns = now_ns;
    memset(e->code, 0, sizeof e->code);
    memcpy(e->code, code, strlen(code));
    e->exchange_ms = 0;
    ((upbit_trade *)(void *)e)->sequential_id = 0;
    ((upbit_trade *)(void *)e)->trade_timestamp = 0;
    upbit__fanout_event(&fanout, e);
    upbit__batch_commit(&batch);
}

static bool proven(const upbit__key *key)
{
    return upbit__key_proven(&registry, key);
}

static void send(uint64_t request)
{
    upbit__wanted_sent(&registry, now_ns, request);
}

START_TEST(a_frame_proves_the_request_that_first_held_its_key)
{
    const upbit__key *a = want("KRW-A");
    send(1);
    ck_assert(!proven(a));
    frame("KRW-A", UPBIT_ORIGIN_STREAM);
    ck_assert(proven(a));
    const upbit__key *b = want("KRW-B"), *c = want("KRW-C");
    ck_assert(!proven(b));
    send(2);
    frame("KRW-A", UPBIT_ORIGIN_STREAM); /* may have been sent before request 2 was read */
    ck_assert(!proven(b));
    frame("KRW-B", UPBIT_ORIGIN_STREAM);
    ck_assert(proven(b) && proven(c)); /* one request is accepted whole or not at all */
}
END_TEST

START_TEST(what_did_not_come_by_the_stream_proves_nothing)
{
    const upbit__key *a = want("KRW-A");
    send(1);
    frame("KRW-A", UPBIT_ORIGIN_REST);
    frame("KRW-A", UPBIT_ORIGIN_BACKFILL);
    ck_assert(!proven(a));
}
END_TEST

START_TEST(proof_outlives_the_connection_and_is_the_keys)
{
    upbit__key *a = want("KRW-A");
    send(1);
    frame("KRW-A", UPBIT_ORIGIN_STREAM);
    upbit__wanted_lost(&registry);
    const upbit__key *b = want("KRW-B");
    ck_assert(proven(a) && !proven(b));
    send(2);
    ck_assert(proven(a) && !proven(b));
    frame("KRW-A", UPBIT_ORIGIN_STREAM); /* on this connection request 2 was the first */
    ck_assert(proven(b));
    drop(a);
    send(3);
    ck_assert(!proven(want("KRW-A"))); /* who wants it anew may want it wrongly */
}
END_TEST

START_TEST(a_late_frame_of_an_old_subscription_proves_nothing)
{
    upbit__key *a = want("KRW-A");
    const upbit__key *b = want("KRW-B");
    send(1);
    frame("KRW-B", UPBIT_ORIGIN_STREAM);
    drop(a);
    send(2);
    const upbit__key *again = want("KRW-A"), *bad = want("KRW-BAD");
    send(3);
    frame("KRW-A", UPBIT_ORIGIN_STREAM);
    ck_assert(!proven(again) && !proven(bad) && proven(b));
    now_ns += 3 * UPBIT__SECOND; /* nothing is that late */
    frame("KRW-A", UPBIT_ORIGIN_STREAM);
    ck_assert(proven(again) && proven(bad));
}
END_TEST

START_TEST(on_a_new_connection_nothing_is_late)
{
    upbit__key *a = want("KRW-A");
    send(1);
    drop(a);
    upbit__wanted_lost(&registry);
    const upbit__key *again = want("KRW-A");
    send(2);
    frame("KRW-A", UPBIT_ORIGIN_STREAM);
    ck_assert(proven(again));
}
END_TEST

START_TEST(what_is_set_aside_is_not_asked_for)
{
    upbit__key *a = want("KRW-A"), *b = want("KRW-B");
    upbit__buffer out = {0};
    size_t count;
    b->aside = true;
    ck_assert_int_eq(upbit__wanted_write(&out, &registry, "T", UPBIT_FORMAT_DEFAULT, &count), 0);
    ck_assert_int_eq(upbit__buffer_append(&out, "", 1), 0);
    ck_assert_str_eq((const char *)upbit__buffer_bytes(&out),
                     "[{\"ticket\":\"T\"},{\"type\":\"trade\",\"codes\":[\"KRW-A\"]},"
                     "{\"format\":\"DEFAULT\"}]");
    ck_assert_uint_eq(count, 1);
    send(1);
    ck_assert(a->on_wire && !b->on_wire && b->held == 0 && b->asked_ns == 0 && !registry.dirty);
    upbit__registry_unset_aside(&registry);
    ck_assert(registry.dirty && !b->aside);
    upbit__buffer_clear(&out);
    a->aside = b->aside = true;
    ck_assert_int_eq(upbit__wanted_write(&out, &registry, "T", UPBIT_FORMAT_DEFAULT, &count), 0);
    ck_assert_uint_eq(out.length, 0); /* nothing was ever dropped: nothing to say */
    upbit__buffer_finish(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client proof");
    TCase *tests = tcase_create("proof");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_frame_proves_the_request_that_first_held_its_key);
    tcase_add_test(tests, what_did_not_come_by_the_stream_proves_nothing);
    tcase_add_test(tests, proof_outlives_the_connection_and_is_the_keys);
    tcase_add_test(tests, a_late_frame_of_an_old_subscription_proves_nothing);
    tcase_add_test(tests, on_a_new_connection_nothing_is_late);
    tcase_add_test(tests, what_is_set_aside_is_not_asked_for);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
