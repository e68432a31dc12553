/* Answers of many events for one promised place: order, epochs, barriers, and that nothing is lost
 * or kept whoever goes first. */
#include "rig.h"
#include "stress.h"
#include "support/check_main.h"

#define TICKER UPBIT_TYPE_TICKER
#define TRADE  UPBIT_TYPE_TRADE

/* Events from..to of the type and a REPLY, as an answer is. */
static upbit__bundle *bundle_of(rig *r, int type, int64_t from, int64_t to)
{
    upbit__bundle *b = upbit__bundle_create((uint32_t)(to - from + 2));
    ck_assert_ptr_nonnull(b);
    for (int64_t v = from; v <= to; v++)
        upbit__bundle_add(b, event_of(r, type, v));
    upbit__bundle_add(b, event_of(r, UPBIT_TYPE_REPLY, 0));
    return b;
}

static void answer(rig *r, uint64_t id, int type, int64_t from, int64_t to, uint32_t barrier)
{
    ck_assert_int_eq(upbit__inbox_promise(r->in), 0);
    upbit__inbox_answer(r->in, bundle_of(r, type, from, to), id, barrier);
}

START_TEST(all_of_it_in_order_with_its_request)
{
    rig r;
    rig_open(&r, NULL);
    answer(&r, 42, TICKER, 1, 3, 0);
    for (int i = 0; i < 5; i++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        ck_assert_int_eq(upbit__inbox_take(r.in, &d), 1);
        ck_assert_uint_eq(d.number, 0);
        if (i == 0) {
            ck_assert_uint_eq(d.event->type, UPBIT_TYPE_EPOCH);
            ck_assert_uint_eq(d.request_id, 0);
        } else {
            ck_assert_uint_eq(d.request_id, 42);
            ck_assert_uint_eq(d.event->type, i < 4 ? TICKER : UPBIT_TYPE_REPLY);
            ck_assert_int_eq(d.event->exchange_ms, i < 4 ? i : 0);
        }
        upbit_event_unref(d.event);
    }
    ck_assert_str_eq(take_all(&r), ".");
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered, 3); /* the data in it */
    ck_assert_uint_eq(r.batch.delivered, 3);
    rig_close(&r);
}
END_TEST

START_TEST(nothing_comes_between)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 2);
    answer(&r, 7, TICKER, 1, 12, 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 3), "epoch0(0>1) 1=1 1=2 ");
    upbit__inbox_state(r.in, UPBIT_SESSION_PUBLIC, event_of(&r, UPBIT_TYPE_STATE, 4));
    answer(&r, 8, TICKER, 20, 20, 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "1=3 1=4 1=5 1=6 1=7 1=8 1=9 1=10 1=11 1=12 reply7 1=20 reply8 "
                                   "state=4 2#1=1 2#2=2 .");
    rig_close(&r);
}
END_TEST

START_TEST(longer_than_a_turn_it_is_handed_out_to_the_end)
{
    rig r;
    rig_open(&r, NULL);
    answer(&r, 1, TICKER, 1, 30, 0);
    upbit__batch_commit(&r.batch);
    int got = 0;
    for (upbit_delivery d = UPBIT_DELIVERY_INIT; upbit__inbox_next(r.in, &d) == 1; got++)
        upbit_event_unref(d.event);
    ck_assert_int_eq(got, 32); /* with its EPOCH and REPLY, though nobody rings again */
    rig_close(&r);
}
END_TEST

START_TEST(an_epoch_stands_before_the_first_of_it)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 1);
    upbit__batch_commit(&r.batch);
    upbit__bundle *b = upbit__bundle_create(3);
    for (int i = 1; i <= 3; i++) {
        upbit_event *e = event_of(&r, TICKER, i);
        e->epoch = (uint32_t)(i == 3 ? 2 : i);
        upbit__bundle_add(b, e);
    }
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_answer(r.in, b, 1, 0);
    /* What was queued before the epoch rose is delivered all the same, and raises nothing. */
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=1 epoch0(1>2) 1=2 1=3 2#1=1 .");
    rig_close(&r);
}
END_TEST

START_TEST(it_waits_for_its_barrier)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 2);
    answer(&r, 1, TRADE, 10, 11, upbit__lane_bit(TRADE));
    push(&r, TRADE, 3, 3);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2#1=1 2#2=2 2=10 2=11 reply1 2#3=3 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_claimed_turn_comes_first)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 3);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_some(&r, 2), "epoch0(0>1) 2#1=1 ");
    answer(&r, 1, TRADE, 10, 10, upbit__lane_bit(TRADE));
    ck_assert_str_eq(take_all(&r), "2#2=2 2#3=3 2=10 reply1 .");
    rig_close(&r);
}
END_TEST

START_TEST(its_place_comes_back_when_it_is_taken)
{
    rig r;
    rig_open(&r, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < UPBIT__PROMISES_MAX; i++)
            ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
        for (int i = 0; i < UPBIT__PROMISES_MAX; i++)
            upbit__inbox_answer(r.in, bundle_of(&r, TICKER, 1, 2), (uint64_t)i + 1, 0);
        ck_assert_int_eq(upbit__inbox_promise(r.in), UPBIT_ERROR_COMMAND_FULL);
        upbit__batch_commit(&r.batch);
        take_all(&r);
    }
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_unpromise(r.in);
    rig_close(&r);
}
END_TEST

START_TEST(it_is_delivered_before_closed_and_not_after)
{
    rig r;
    rig_open(&r, NULL);
    answer(&r, 1, TICKER, 1, 2, 0);
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    answer(&r, 2, TICKER, 3, 4, 0); /* let go, and its place given back */
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=1 1=2 reply1 closed !");
    for (int i = 0; i < UPBIT__PROMISES_MAX; i++)
        ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    rig_close(&r);
}
END_TEST

/* _i: bit 0: the I/O thread goes first; bits 1..: how much was taken before. rig_close asserts that
 * every event came back. */
START_TEST(unread_it_goes_with_the_inbox)
{
    rig r;
    rig_open(&r, NULL);
    answer(&r, 1, TICKER, 1, 3, 0);
    answer(&r, 2, TICKER, 4, 6, 0);
    upbit__batch_commit(&r.batch);
    take_some(&r, _i / 2);
    if (_i & 1)
        upbit__inbox_destroy(r.in);
    upbit__inbox_detach(r.in);
    if (!(_i & 1))
        upbit__inbox_destroy(r.in);
    upbit__waiter_unref(r.waiter);
    upbit__pool_collect(r.pool);
    ck_assert_uint_eq(upbit__pool_bytes(r.pool), 0);
    upbit__pool_release(r.pool);
}
END_TEST

START_TEST(its_events_outlive_the_pool)
{
    rig r;
    rig_open(&r, NULL);
    answer(&r, 1, TICKER, 1, 3, 0);
    upbit__inbox_destroy(r.in);
    upbit__pool_release(r.pool);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=1 1=2 1=3 reply1 .");
    upbit__inbox_detach(r.in);
    upbit__waiter_unref(r.waiter);
}
END_TEST

START_TEST(it_counts_against_the_budget_until_it_is_read)
{
    rig r;
    rig_open_budget(&r, NULL, 16 << 10);
    upbit__bundle *b = upbit__bundle_create(64);
    upbit_event *e;
    while ((e = upbit__pool_allocate(r.pool, sizeof *e)) != NULL) {
        e->type = TICKER;
        upbit__bundle_add(b, e);
    }
    ck_assert_uint_gt(b->count, 8);
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_answer(r.in, b, 1, 0);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(upbit__batch_shed(&r.batch, sizeof *e), 0); /* an answer is not dropped */
    take_some(&r, 4);
    ck_assert_ptr_nonnull(e = upbit__pool_allocate(r.pool, sizeof *e));
    upbit__event_unref_io(r.pool, e);
    rig_close(&r);
}
END_TEST

START_TEST(a_shared_event_is_let_go_once_by_each)
{
    rig r;
    rig_open(&r, NULL);
    upbit_event *e = event_of(&r, TRADE, 5);
    upbit__event_set_refs(e, 2);
    upbit__inbox_push(r.in, e);
    upbit__bundle *b = upbit__bundle_create(1);
    upbit__bundle_add(b, e);
    ck_assert_int_eq(upbit__inbox_promise(r.in), 0);
    upbit__inbox_answer(r.in, b, 1, 0);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 2=5 2#1=5 .");
    rig_close(&r);
}
END_TEST

/* ---- two threads ---- */

typedef struct duel {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__inbox *in;
    uint64_t rounds;
    uint64_t answers; /* sent, after the join */
} duel;

/* Answers of one to twelve numbered events, between a stream of trades. */
static void *io(void *context)
{
    duel *d = context;
    uint32_t seed = 11;
    upbit__pool_adopt(d->pool);
    /* Where the consumer gets little of the machine, until its places have been used again. */
    for (uint64_t i = 0; i < d->rounds || d->answers <= UPBIT__PROMISES_MAX; i++) {
        upbit_event *e = new_event(d->pool, TRADE, 0, (int64_t)i);
        if (e != NULL)
            upbit__inbox_push(d->in, e);
        if (upbit__inbox_promise(d->in) == 0) {
            uint32_t n = 1 + roll(&seed, 12);
            upbit__bundle *b = upbit__bundle_create(n + 1);
            for (uint32_t k = 0; k < n; k++)
                if ((e = new_event(d->pool, TICKER, 0, (int64_t)k)) != NULL)
                    upbit__bundle_add(b, e);
            upbit__bundle_add(b, upbit__event_allocate(sizeof(upbit_reply)));
            ((upbit_event *)(uintptr_t)b->events[b->count - 1])->type = UPBIT_TYPE_REPLY;
            d->answers++;
            upbit__inbox_answer(d->in, b, d->answers, roll(&seed, 2) ? upbit__lane_bit(TRADE) : 0);
        } else if (i < d->rounds) {
            sched_yield(); /* all places are taken: the consumer's turn */
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        upbit__batch_commit(&d->batch);
        dawdle(&seed, 60);
    }
    upbit_event *closed = upbit__event_allocate(sizeof(upbit_closed_event));
    closed->type = UPBIT_TYPE_CLOSED;
    upbit__inbox_closed(d->in, closed);
    upbit__batch_commit(&d->batch);
    upbit__inbox_destroy(d->in);
    return NULL;
}

START_TEST(answers_cross_threads_whole)
{
    duel d = {.rounds = scaled(100000)};
    upbit__waiter *w;
    ck_assert_int_eq(upbit__pool_create(&d.pool, 8 << 20), 0);
    upbit__batch_init(&d.batch, d.pool);
    ck_assert_int_eq(upbit__waiter_create(&w), 0);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &d.batch;
    config.waiter = w;
    ck_assert_int_eq(upbit__inbox_create(&d.in, &config), 0);
    pthread_t thread;
    start(&thread, io, &d);
    uint64_t answered = 0;
    int64_t expected = 0;
    uint32_t seed = 3;
    for (;;) {
        upbit_delivery out = UPBIT_DELIVERY_INIT;
        int got = upbit__inbox_next(d.in, &out);
        if (got == UPBIT_ERROR_CLOSED)
            break;
        if (got == 0) {
            sleep_on(upbit__waiter_fd(w));
            continue;
        }
        ck_assert_int_eq(got, 1);
        if (out.event->type == UPBIT_TYPE_REPLY) {
            ck_assert_uint_eq(out.request_id, ++answered);
            expected = 0;
        } else if (out.event->type == TICKER) {
            ck_assert_uint_eq(out.request_id, answered + 1);
            ck_assert_int_eq(out.event->exchange_ms, expected++);
            ck_assert(is_whole(out.event));
        } else {
            ck_assert_int_eq(expected, 0); /* nothing within an answer */
        }
        upbit_event_unref(out.event);
        dawdle(&seed, 40);
    }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(answered, d.answers);
    ck_assert_uint_gt(answered, UPBIT__PROMISES_MAX); /* places were used again */
    upbit__inbox_detach(d.in);
    upbit__waiter_unref(w);
    upbit__pool_release(d.pool);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue bundle");
    TCase *t = tcase_create("bundle");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, all_of_it_in_order_with_its_request);
    tcase_add_test(t, nothing_comes_between);
    tcase_add_test(t, longer_than_a_turn_it_is_handed_out_to_the_end);
    tcase_add_test(t, an_epoch_stands_before_the_first_of_it);
    tcase_add_test(t, it_waits_for_its_barrier);
    tcase_add_test(t, a_claimed_turn_comes_first);
    tcase_add_test(t, its_place_comes_back_when_it_is_taken);
    tcase_add_test(t, it_is_delivered_before_closed_and_not_after);
    tcase_add_loop_test(t, unread_it_goes_with_the_inbox, 0, 24);
    tcase_add_test(t, its_events_outlive_the_pool);
    tcase_add_test(t, it_counts_against_the_budget_until_it_is_read);
    tcase_add_test(t, a_shared_event_is_let_go_once_by_each);
    tcase_add_test(t, answers_cross_threads_whole);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
