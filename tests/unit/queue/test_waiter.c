/* The wake-up protocol in one thread: when it rings, whose turn it is, who goes. */
#include "rig.h"
#include "support/check_main.h"

#define TRADE UPBIT_TYPE_TRADE

static int take(rig *r, void **owner)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int got = upbit__waiter_take(r->waiter, owner, &d);
    if (got > 0)
        upbit_event_unref(d.event);
    return got;
}

static int count_all(rig *r)
{
    void *owner;
    int n = 0;
    while (take(r, &owner) > 0)
        n++;
    return n;
}

/* Further inboxes on the rig's waiter; their owner is &in[i]. */
static void add(rig *r, upbit__inbox **in, int n)
{
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &r->batch;
    config.waiter = r->waiter;
    for (int i = 0; i < n; i++) {
        config.owner = &in[i];
        ck_assert_int_eq(upbit__inbox_create(&in[i], &config), 0);
    }
}

static void end(upbit__inbox *in)
{
    upbit__inbox_detach(in);
    upbit__inbox_destroy(in);
}

START_TEST(one_notification_per_drain)
{
    rig r;
    rig_open(&r, NULL);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 0); /* untouched */
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    push(&r, TRADE, 1, 3);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 1);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    push(&r, TRADE, 4, 4);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 0); /* it has been rung */
    ck_assert_int_eq(count_all(&r), 5);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    push(&r, TRADE, 5, 5);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 1);
    ck_assert_int_eq(count_all(&r), 1);
    ck_assert_uint_eq(r.batch.notifications, 2);
    rig_close(&r);
}
END_TEST

START_TEST(an_early_stop_is_called_again)
{
    rig r;
    rig_open(&r, NULL);
    void *owner;
    push(&r, TRADE, 1, 3);
    upbit__batch_commit(&r.batch);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(take(&r, &owner), 1);
        ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    }
    ck_assert_int_eq(take(&r, &owner), 0);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    ck_assert_int_eq(take(&r, &owner), 0);
    rig_close(&r);
}
END_TEST

START_TEST(one_notification_for_many_inboxes)
{
    rig r;
    upbit__inbox *in[10];
    rig_open(&r, NULL);
    add(&r, in, 10);
    for (int i = 0; i < 10; i++)
        upbit__inbox_push(in[i], event_of(&r, TRADE, i));
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 1);
    ck_assert_int_eq(count_all(&r), 20);
    for (int i = 0; i < 10; i++)
        end(in[i]);
    rig_close(&r);
}
END_TEST

START_TEST(inboxes_take_turns_of_eight)
{
    rig r;
    upbit__inbox *in[3];
    rig_open(&r, NULL);
    add(&r, in, 3);
    for (int n = 0; n < 20; n++)
        for (int i = 0; i < 3; i++) {
            upbit_event *e = event_of(&r, TRADE, n);
            e->epoch = 0; /* no EPOCH in the count */
            upbit__inbox_push(in[i], e);
        }
    upbit__batch_commit(&r.batch);
    int turns = 0, seen[3] = { 0 };
    void *owner, *last = NULL;
    for (int n = 0; take(&r, &owner) > 0; n++) {
        turns += owner != last;
        last = owner;
        seen[(upbit__inbox **)owner - in]++;
        if (n == 23)
            for (int i = 0; i < 3; i++)
                ck_assert_int_eq(seen[i], 8);
    }
    ck_assert_int_eq(turns, 9); /* 8, 8 and 4 of each */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(seen[i], 20);
        end(in[i]);
    }
    rig_close(&r);
}
END_TEST

START_TEST(a_latecomer_gets_its_turn_before_a_long_queue_ends)
{
    rig r;
    upbit__inbox *in[1];
    rig_open(&r, NULL);
    add(&r, in, 1);
    push(&r, TRADE, 1, 1000);
    upbit__batch_commit(&r.batch);
    void *owner;
    ck_assert_int_eq(take(&r, &owner), 1);
    upbit__inbox_push(in[0], event_of(&r, TRADE, 1));
    upbit__batch_commit(&r.batch);
    int before = 0;
    while (take(&r, &owner) > 0 && owner != in)
        before++;
    ck_assert_ptr_eq(owner, in);
    ck_assert_int_le(before, 16);
    end(in[0]);
    rig_close(&r);
}
END_TEST

static void ring(void *context)
{
    ++*(int *)context;
}

START_TEST(a_callback_instead_of_the_descriptor)
{
    rig r;
    rig_open(&r, NULL);
    int rings = 0;
    upbit__waiter_set_wakeup(r.waiter, ring, &rings);
    ck_assert_int_eq(rings, 1); /* once at once */
    ck_assert_int_eq(upbit__waiter_fd(r.waiter), -1);
    push(&r, TRADE, 1, 2);
    upbit__batch_commit(&r.batch);
    push(&r, TRADE, 3, 4);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(rings, 2);
    ck_assert_int_eq(count_all(&r), 5);
    push(&r, TRADE, 5, 5);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(rings, 3);
    upbit__waiter_set_wakeup(r.waiter, NULL, NULL); /* the notification is passed on */
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    ck_assert_int_eq(count_all(&r), 1);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    push(&r, TRADE, 6, 6);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(rings, 3);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    rig_close(&r);
}
END_TEST

START_TEST(unsetting_an_idle_callback_does_not_spin)
{
    rig r;
    rig_open(&r, NULL);
    int rings = 0;
    void *owner;
    upbit__waiter_set_wakeup(r.waiter, ring, &rings);
    upbit__waiter_set_wakeup(r.waiter, NULL, NULL);
    ck_assert_int_eq(take(&r, &owner), 0);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    rig_close(&r);
}
END_TEST

START_TEST(after_closed_the_descriptor_stays_readable)
{
    rig r;
    rig_open(&r, NULL);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    push(&r, TRADE, 1, 1);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(count_all(&r), 2);
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(upbit__inbox_next(r.in, &d), 1);
    ck_assert_uint_eq(d.event->type, UPBIT_TYPE_CLOSED);
    upbit_event_unref(d.event);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(upbit__inbox_next(r.in, &d), UPBIT_ERROR_CLOSED);
        ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    }
    rig_close(&r);
}
END_TEST

START_TEST(a_closed_inbox_does_not_disturb_its_neighbours)
{
    rig r;
    upbit__inbox *in[1];
    rig_open(&r, NULL);
    add(&r, in, 1);
    upbit__cell *c = upbit__inbox_cell(r.in);
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(count_all(&r), 1);
    upbit__inbox_cell_clear(r.in, c);
    upbit__inbox_push(in[0], event_of(&r, TRADE, 1));
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(count_all(&r), 2);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    end(in[0]);
    rig_close(&r);
}
END_TEST

START_TEST(a_detached_inbox_goes_with_the_next_drain)
{
    rig r;
    upbit__inbox *in[4];
    rig_open(&r, NULL);
    add(&r, in, 4);
    for (int i = 0; i < 3; i++) /* 0: in its turn, 1: on run, 2: on ready, 3: idle */
        for (int n = 0; n < 3; n++)
            if (i != 2)
                upbit__inbox_push(in[i], event_of(&r, TRADE, n));
    upbit__batch_commit(&r.batch);
    void *owner;
    ck_assert_int_eq(take(&r, &owner), 1);
    upbit__inbox *first = *(upbit__inbox **)owner;
    upbit__inbox_push(in[2], event_of(&r, TRADE, 1));
    upbit__batch_commit(&r.batch);
    for (int i = 0; i < 4; i++)
        upbit__inbox_detach(in[i]);
    for (int i = 0; i < 4; i++) { /* the I/O thread has not seen it yet */
        upbit__inbox_push(in[i], event_of(&r, TRADE, 9));
        upbit__inbox_put(in[i], upbit__inbox_cell(in[i]), event_of(&r, UPBIT_TYPE_TICKER, 9));
    }
    upbit__batch_commit(&r.batch);
    (void)first;
    ck_assert_int_eq(take(&r, &owner), 0);
    for (int i = 0; i < 4; i++)
        upbit__inbox_destroy(in[i]);
    upbit__pool_collect(r.pool);
    ck_assert_uint_eq(upbit__pool_bytes(r.pool), 0);
    push(&r, TRADE, 1, 1); /* and the waiter works on */
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(count_all(&r), 2);
    rig_close(&r);
}
END_TEST

START_TEST(any_order_of_letting_go)
{
    /* i: inbox detached, d: inbox destroyed, w: waiter given up (never drained again). */
    static const char *const orders[] = { "idw", "diw", "iwd", "dwi", "wid", "wdi" };
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++)
        for (int filled = 0; filled < 3; filled++) {
            rig r;
            rig_open(&r, NULL);
            void *owner;
            if (filled > 0)
                push(&r, TRADE, 1, 20);
            upbit__batch_commit(&r.batch);
            if (filled > 1)
                ck_assert_int_eq(take(&r, &owner), 1);
            for (const char *o = orders[k]; *o != '\0'; o++) {
                if (*o == 'i')
                    upbit__inbox_detach(r.in);
                else if (*o == 'd')
                    upbit__inbox_destroy(r.in);
                else
                    upbit__waiter_unref(r.waiter);
            }
            upbit__pool_collect(r.pool);
            ck_assert_msg(upbit__pool_bytes(r.pool) == 0, "order %s, filled %d", orders[k],
                          filled);
            upbit__pool_release(r.pool);
        }
    upbit__inbox_detach(NULL);
    upbit__inbox_destroy(NULL);
    upbit__waiter_unref(NULL);
}
END_TEST

START_TEST(a_shell_delivers_what_it_holds)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, TRADE, 1, 2);
    upbit__inbox_closed(r.in, event_of(&r, UPBIT_TYPE_CLOSED, 0));
    upbit__inbox_destroy(r.in); /* uncommitted things too */
    upbit__pool *pool = r.pool;
    upbit__pool_release(pool); /* the manager is gone altogether */
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    ck_assert_int_eq(count_all(&r), 4);
    upbit__inbox_detach(r.in);
    upbit__waiter_unref(r.waiter);
}
END_TEST

START_TEST(two_managers_may_share_a_waiter)
{
    rig r;
    rig_open(&r, NULL);
    upbit__batch other;
    upbit__batch_init(&other, NULL);
    upbit__inbox *in;
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &other;
    config.waiter = r.waiter;
    ck_assert_int_eq(upbit__inbox_create(&in, &config), 0);
    upbit_event *e = upbit__event_allocate(sizeof *e);
    e->type = TRADE;
    upbit__inbox_push(in, e);
    push(&r, TRADE, 1, 1);
    ck_assert_int_eq(upbit__batch_commit(&other), 1);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 0);
    ck_assert_int_eq(count_all(&r), 3);
    end(in);
    rig_close(&r);
}
END_TEST

START_TEST(one_inbox_can_be_committed_alone)
{
    rig r;
    rig_open(&r, NULL);
    ck_assert_int_eq(upbit__inbox_commit(r.in), 0);
    push(&r, TRADE, 1, 1);
    ck_assert_int_eq(upbit__inbox_commit(r.in), 1);
    ck_assert_int_eq(count_all(&r), 2);
    ck_assert_int_eq(upbit__inbox_commit(r.in), 1); /* still listed: rings in vain */
    ck_assert_int_eq(count_all(&r), 0);
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(upbit__inbox_commit(r.in), 0);
    rig_close(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue waiter");
    TCase *t = tcase_create("waiter");
    tcase_add_test(t, one_notification_per_drain);
    tcase_add_test(t, an_early_stop_is_called_again);
    tcase_add_test(t, one_notification_for_many_inboxes);
    tcase_add_test(t, inboxes_take_turns_of_eight);
    tcase_add_test(t, a_latecomer_gets_its_turn_before_a_long_queue_ends);
    tcase_add_test(t, a_callback_instead_of_the_descriptor);
    tcase_add_test(t, unsetting_an_idle_callback_does_not_spin);
    tcase_add_test(t, after_closed_the_descriptor_stays_readable);
    tcase_add_test(t, a_closed_inbox_does_not_disturb_its_neighbours);
    tcase_add_test(t, a_detached_inbox_goes_with_the_next_drain);
    tcase_add_test(t, any_order_of_letting_go);
    tcase_add_test(t, a_shell_delivers_what_it_holds);
    tcase_add_test(t, two_managers_may_share_a_waiter);
    tcase_add_test(t, one_inbox_can_be_committed_alone);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
