/* The queues at their bounds: sizes and counts that are too large, types that have no lane, values
 * that change while the consumer has them in hand, turns that end at an odd moment. */
#include "base/clock.h"
#include "queue/crowd.h"
#include "queue/inbox_struct.h"
#include "rig.h"
#include "support/check_main.h"

enum { CROWD = 5, TURN = 64 /* of one inbox in its waiter's drain, or a part of it */ };

static int64_t clock_at;

static int64_t standing(void)
{
    return clock_at;
}

/* By the waiter, as a program drains; "." at the end: empty. */
static const char *drain(rig *r, int most)
{
    static char text[1 << 14];
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < most; i++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        void *owner;
        if (upbit__waiter_take(r->waiter, &owner, &d) <= 0) {
            snprintf(text + length, sizeof text - length, ".");
            break;
        }
        describe(&d, text + length, sizeof text - length);
        length += strlen(text + length);
        upbit_event_unref(d.event);
    }
    return text;
}

/* ---- sizes and counts ---- */

START_TEST(sizes_no_block_can_have)
{
    upbit__pool *pool;
    ck_assert_int_eq(upbit__pool_create(&pool, UINT64_MAX), 0);
    ck_assert_int_eq(upbit__pool_fits(pool, SIZE_MAX), 0);
    ck_assert_int_eq(upbit__pool_fits(pool, UINT32_MAX), 0);
    ck_assert_int_eq(upbit__pool_fits(pool, UINT32_MAX / 2), 1);
    ck_assert_ptr_null(upbit__pool_allocate(pool, SIZE_MAX));
    ck_assert_ptr_null(upbit__pool_allocate(pool, UINT32_MAX));
    ck_assert_ptr_null(upbit__event_allocate(SIZE_MAX));
    ck_assert_uint_eq(upbit__pool_bytes(pool), 0);
    upbit_event *small = upbit__pool_allocate(pool, 1), *own = upbit__event_allocate(0);
    ck_assert_uint_eq(small->size, sizeof(upbit_event));
    ck_assert_uint_eq(own->size, sizeof(upbit_event));
    upbit__event_unref_io(NULL, small); /* of which pool the caller does not know */
    upbit__event_unref_io(pool, own);   /* of none */
    upbit__event_unref_io(NULL, upbit__event_allocate(0));
    upbit__pool_collect(pool);
    ck_assert_uint_eq(upbit__pool_bytes(pool), 0);
    upbit__pool_release(pool);
}
END_TEST

START_TEST(policies_and_caps)
{
    static const int none[] = {UPBIT_POLICY_DEFAULT - 1, UPBIT_POLICY_LOSSLESS + 1};
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    upbit__inbox_config config;
    for (int i = 0; i < 2; i++) {
        o.policy = none[i];
        ck_assert_int_eq(upbit__inbox_config_init(&config, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    }
    o.policy = UPBIT_POLICY_DEFAULT;
    o.queue_messages = (1U << 31) + 1; /* no power of two holds as many */
    rig r;
    rig_open(&r, &o);
    ck_assert_uint_eq(r.in->messages, 1U << 24);
    ck_assert_ptr_eq(upbit__inbox_owner(r.in), &r);
    ck_assert_int_eq(upbit__inbox_policy(r.in, UPBIT_TYPE_TICKER), UPBIT__LANE_LATEST);
    ck_assert_int_eq(upbit__inbox_policy(r.in, UPBIT_TYPE_STATE), UPBIT__LANE_DROP_OLDEST);
    rig_close(&r);
}
END_TEST

/* Nothing happens, and no number is used up. */
START_TEST(types_without_a_lane)
{
    rig r;
    rig_open(&r, NULL);
    static const int types[] = {UPBIT_TYPE_STATE, UPBIT_TYPE_TICKER};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        upbit__inbox_skip(r.in, types[i]);
        ck_assert_int_eq(upbit__inbox_spare(r.in, types[i]), 0);
        ck_assert_int_eq(upbit__inbox_wants_resync(r.in, types[i]), 0);
        upbit__inbox_resynced(r.in, types[i]);
#ifdef NDEBUG /* a mistake of the library's own, which it survives */
        ck_assert_int_eq(upbit__inbox_push(r.in, event_of(&r, types[i], 1)), 0);
#endif
    }
    push(&r, UPBIT_TYPE_TRADE, 1, 1);
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, UPBIT_TYPE_TRADE), 0); /* it drops */
    upbit__batch_commit(&r.batch);
    ck_assert_uint_eq(r.batch.dropped, 0);
    ck_assert_str_eq(drain(&r, 9), "epoch0(0>1) 2#1=1 .");
    rig_close(&r);
}
END_TEST

/* Of two marks that are a minute old the newer counts, wherever it stands in the ring. */
START_TEST(the_newest_old_mark_counts)
{
    static const upbit__clock clock = {standing, standing, standing};
    upbit_proxy_stats s;
    rig r;
    rig_open(&r, NULL);
    clock_at = 1000 * UPBIT__SECOND;
    upbit__clock_set(&clock);
    for (int i = 1; i <= UPBIT__MARKS + 1; i++) { /* the last stands before the others */
        upbit__inbox_skip(r.in, UPBIT_TYPE_TRADE);
        upbit__inbox_mark(r.in, clock_at);
        clock_at += UPBIT__SECOND;
    }
    upbit__inbox_skip(r.in, UPBIT_TYPE_TRADE);
    clock_at += 61 * UPBIT__SECOND;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.dropped, UPBIT__MARKS + 2);
    ck_assert_uint_eq(s.dropped_per_min, 1);
    clock_at -= 5 * UPBIT__SECOND; /* the newer ones are too young by then */
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.dropped_per_min, 4);
    upbit__clock_set(NULL);
    rig_close(&r);
}
END_TEST

static upbit_event *errors_of(rig *r, int64_t value, uint32_t count)
{
    upbit_event *e = error_of(r, value);
    ((upbit_error_event *)(void *)e)->count = count;
    return e;
}

/* The count stops at what it can say; an error that says no count is one. */
START_TEST(errors_beyond_all_counting)
{
    rig r;
    rig_open(&r, NULL);
    for (int i = 1; i <= 32; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    upbit__inbox_error(r.in, errors_of(&r, 33, 0));
    upbit__inbox_error(r.in, errors_of(&r, 34, 0));
    const char *all = take_all(&r);
    ck_assert_msg(strstr(all, "error(32,1) error(34,2) .") != NULL, "%s", all);
    for (int i = 1; i <= 32; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    upbit__inbox_error(r.in, errors_of(&r, 33, UINT32_MAX));
    upbit__inbox_error(r.in, error_of(&r, 34));
    all = take_all(&r);
    ck_assert_msg(strstr(all, "error(34,4294967295) .") != NULL, "%s", all);
    rig_close(&r);
}
END_TEST

START_TEST(a_full_ring_takes_nothing)
{
    enum { PLACES = 4 };
    upbit__ring_slot slots[PLACES];
    upbit__ring ring;
    upbit__ring_entry entry = {.request_id = 0};
    upbit__ring_init(&ring, slots, PLACES);
    for (uint64_t i = 1; i <= PLACES; i++) {
        entry.request_id = i;
        ck_assert_int_eq(upbit__ring_push(&ring, &entry), 1);
    }
    entry.request_id = 99;
    ck_assert_int_eq(upbit__ring_push(&ring, &entry), 0);
    ck_assert_uint_eq(upbit__ring_waiting(&ring), PLACES);
    upbit__ring_pop(&ring, &entry);
    ck_assert_uint_eq(entry.request_id, 1);
#ifdef NDEBUG
    /* Places that nobody promised: what finds none is let go, what has one stays. */
    rig r;
    rig_open(&r, NULL);
    for (uint64_t i = 1; i <= UPBIT__CONTROL_RING + 1; i++)
        upbit__inbox_reply(r.in, event_of(&r, UPBIT_TYPE_REPLY, 0), i, 0);
    upbit__inbox_error(r.in, error_of(&r, 1));
    const char *all = take_all(&r);
    ck_assert(strncmp(all, "reply1 ", 7) == 0 && strstr(all, "reply512 .") != NULL);
    rig_close(&r);
#endif
}
END_TEST

/* ---- the stage and the crowd ---- */

START_TEST(one_event_twice_for_one_inbox)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, UPBIT_TYPE_TRADE, 1, 1); /* opens the lane */
    upbit_event *e = event_of(&r, UPBIT_TYPE_TRADE, 2);
    upbit__event_set_refs(e, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(upbit__inbox_push(r.in, e), 1);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(drain(&r, 9), "epoch0(0>1) 2#1=1 2#2=2 2#3=2 2#4=2 .");
    rig_close(&r);
}
END_TEST

static void open_members(rig *r, upbit__batch *b, upbit__inbox **in)
{
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = b;
    config.waiter = r->waiter;
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(upbit__inbox_create(&in[i], &config), 0);
}

static void push_to_each(const upbit__taker *takers, const upbit_event *e)
{
    for (int i = 0; i < CROWD; i++) {
        if (takers[i].cell != NULL)
            upbit__inbox_put(takers[i].inbox, takers[i].cell, e);
        else
            upbit__inbox_push(takers[i].inbox, e);
    }
}

/* A list of takers, of an event each; 1: all at once. */
static int push_to_all(rig *r, const upbit__taker *takers, uint64_t *known, int type, int64_t value)
{
    upbit_event *e = event_of(r, type, value);
    upbit__event_set_refs(e, CROWD);
    int at_once = upbit__crowd_push(&r->batch, takers, CROWD, known, e);
    if (!at_once)
        push_to_each(takers, e);
    return at_once;
}

/* Who is no crowd, and who is one already; whoever it is, all get it, in order. */
START_TEST(who_is_a_crowd)
{
    rig r;
    rig_open(&r, NULL);
    upbit__inbox *in[CROWD];
    open_members(&r, &r.batch, in);
    upbit__taker plain[CROWD], one_cell[CROWD];
    uint64_t known[4] = {0};
    for (int i = 0; i < CROWD; i++)
        plain[i] = one_cell[i] = (upbit__taker){in[i], NULL};
    one_cell[2].cell = upbit__inbox_cell(in[2]);
    const int trade = UPBIT_TYPE_TRADE;
    ck_assert_int_eq(push_to_all(&r, plain, &known[0], trade, 1), 0); /* opens the lanes */
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(push_to_all(&r, one_cell, &known[1], trade, 2), 0); /* a cell is no lane */
    upbit__batch_commit(&r.batch);
    ck_assert_int_eq(push_to_all(&r, plain, &known[0], trade, 3), 1);
    ck_assert_int_eq(push_to_all(&r, plain, &known[2], trade, 4), 1); /* another key, the same */
    ck_assert_uint_eq(known[2], known[0]);
    ck_assert_int_eq(push_to_all(&r, one_cell, &known[1], trade, 5), 0); /* while those wait */
    ck_assert_int_eq(push_to_all(&r, plain, &known[0], UPBIT_TYPE_RAW, 6), 0);
    upbit__batch_commit(&r.batch);
    ck_assert_uint_eq(known[1], 0);
    char all[1 << 12];
    snprintf(all, sizeof all, "%s", drain(&r, 999));
    for (int value = 1; value <= 6; value++) {
        char text[16];
        int n = 0;
        snprintf(text, sizeof text, "=%d ", value);
        for (const char *at = all; (at = strstr(at, text)) != NULL; at++)
            n++;
        ck_assert_msg(n == CROWD || (value == 2 && n == CROWD - 1), "%d of %d: %s", n, value, all);
    }
    for (int i = 0; i < CROWD; i++) {
        upbit__inbox_detach(in[i]);
        upbit__inbox_destroy(in[i]);
    }
    rig_close(&r);
}
END_TEST

START_TEST(inboxes_of_another_manager_are_no_crowd)
{
    rig r;
    rig_open(&r, NULL);
    upbit__batch other;
    upbit__batch_init(&other, r.pool);
    upbit__inbox *in[CROWD];
    open_members(&r, &other, in);
    upbit__taker takers[CROWD];
    uint64_t known = 0;
    for (int i = 0; i < CROWD; i++)
        takers[i] = (upbit__taker){in[i], NULL};
    ck_assert_int_eq(push_to_all(&r, takers, &known, UPBIT_TYPE_TRADE, 1), 0);
    ck_assert_uint_eq(r.batch.crowd_number, 0);
    for (int i = 0; i < CROWD; i++) {
        upbit__inbox_detach(in[i]);
        upbit__inbox_destroy(in[i]);
    }
    rig_close(&r);
}
END_TEST

/* ---- the budget ---- */

START_TEST(room_is_made_half_by_half)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    const size_t size = 3000;
    rig r;
    rig_open_budget(&r, &o, 64 * 1024);
    int n = 0;
    for (; upbit__pool_fits(r.pool, size); n++)
        upbit__inbox_push(r.in, event_sized(&r, UPBIT_TYPE_TRADE, n + 1, size));
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 60000), 1);
    upbit__batch_commit(&r.batch);
    char want[100];
    snprintf(want, sizeof want, "epoch0(0>1) gap2(%d,1-%d) 2#%d=%d .", n - 1, n - 1, n, n);
    const char *all = drain(&r, 99);
    ck_assert_msg(strcmp(all, want) == 0 || strcmp(all, ".") == 0, "%s", all);
    upbit__batch nobody;
    upbit__batch_init(&nobody, NULL);
    ck_assert_int_eq(upbit__batch_shed(&nobody, 1), 0);
    rig_close(&r);
}
END_TEST

/* ---- the consumer ---- */

static upbit__cell *put_new(rig *r, int type, int64_t value)
{
    upbit__cell *c = upbit__inbox_cell(r->in);
    upbit__inbox_put(r->in, c, event_of(r, type, value));
    return c;
}

/* Values that lie in the consumer's hand, one after the other. */
START_TEST(cells_in_hand_change)
{
    rig r;
    rig_open(&r, NULL);
    put_new(&r, UPBIT_TYPE_TICKER, 1);
    upbit__cell *cleared = put_new(&r, UPBIT_TYPE_TICKER, 2), *newer[2];
    newer[0] = put_new(&r, UPBIT_TYPE_TICKER, 3);
    put_new(&r, UPBIT_TYPE_NO_DATA, 4); /* none of the lane's data */
    newer[1] = put_new(&r, UPBIT_TYPE_TICKER, 5);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(drain(&r, 2), "epoch0(0>1) 1=1 ");
    upbit__inbox_cell_clear(r.in, cleared);
    for (int i = 0; i < 2; i++) {
        upbit_event *e = event_of(&r, UPBIT_TYPE_TICKER, 6 + i);
        e->epoch = (uint32_t)(2 + i);
        upbit__inbox_put(r.in, newer[i], e);
    }
    upbit__batch_commit(&r.batch);
    char want[80];
    snprintf(want, sizeof want, "epoch0(1>2) 1=6 %d=4 epoch0(2>3) 1=7 .", UPBIT_TYPE_NO_DATA);
    ck_assert_str_eq(drain(&r, 9), want);
    upbit_proxy_stats s;
    upbit__inbox_stats(r.in, &s);
    ck_assert_uint_eq(s.delivered, 3); /* data alone */
    rig_close(&r);
}
END_TEST

static int is_gone(const void *context, const upbit__about *about)
{
    ck_assert_uint_ne(about->type, 0); /* of nothing that could be gone */
    return about->type == *(const uint32_t *)context;
}

START_TEST(retired_cells_are_taken_back_by_what_they_are_about)
{
    rig r;
    rig_open(&r, NULL);
    const uint32_t book = UPBIT_TYPE_ORDERBOOK;
    const upbit__about ticker = {.type = UPBIT_TYPE_TICKER}, gone = {.type = book};
    upbit__inbox_cell_retire(r.in, put_new(&r, UPBIT_TYPE_TICKER, 1), &ticker);
    upbit__inbox_cell_retire(r.in, put_new(&r, UPBIT_TYPE_ORDERBOOK, 2), &gone);
    upbit__inbox_cell_retire(r.in, put_new(&r, UPBIT_TYPE_TICKER, 3), NULL);
    put_new(&r, UPBIT_TYPE_TICKER, 4); /* those are full still: a cell of its own */
    upbit__inbox_retired_clear(r.in, is_gone, &book);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(drain(&r, 9), "epoch0(0>1) 1=1 1=3 1=4 .");
    rig_close(&r);
}
END_TEST

/* The drain's turn ends; all that was at hand is taken. */
static void use_up_the_turn(rig *r)
{
    push(r, UPBIT_TYPE_TRADE, 1, TURN - 1);
    upbit__batch_commit(&r->batch);
    const char *all = drain(r, TURN); /* EPOCH and they */
    ck_assert_ptr_nonnull(strstr(all, "=63 "));
    ck_assert_ptr_null(strchr(all, '.'));
}

START_TEST(who_leaves_at_the_end_of_a_turn)
{
    rig r;
    rig_open(&r, NULL);
    use_up_the_turn(&r);
    upbit__inbox_detach(r.in);
    upbit__inbox_destroy(r.in);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 0);
    upbit__waiter_unref(r.waiter);
    upbit__pool_collect(r.pool);
    ck_assert_uint_eq(upbit__pool_bytes(r.pool), 0);
    upbit__pool_release(r.pool);
}
END_TEST

/* One OVERFLOW ends the turn, the other is still to be made. */
START_TEST(two_lanes_overflow_at_the_end_of_a_turn)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_bytes = 4096;
    rig r;
    rig_open(&r, &o);
    push(&r, UPBIT_TYPE_TRADE, 1, 1);
    push(&r, UPBIT_TYPE_MY_ORDER, 1, 1);
    push(&r, UPBIT_TYPE_MY_ASSET, 1, 1);
    upbit__batch_commit(&r.batch);
    ck_assert_ptr_nonnull(strchr(drain(&r, 99), '.'));
    for (int before = TURN - 2; before <= TURN; before++) {
        for (int i = 0; i < before; i++) { /* one by one: they are many for the lane */
            push(&r, UPBIT_TYPE_TRADE, 1, 1);
            upbit__batch_commit(&r.batch);
            ck_assert_ptr_null(strchr(drain(&r, 1), '.'));
        }
        push(&r, UPBIT_TYPE_MY_ORDER, 1, 100);
        push(&r, UPBIT_TYPE_MY_ASSET, 1, 100);
        upbit__batch_commit(&r.batch);
        char all[1 << 14];
        snprintf(all, sizeof all, "%s", drain(&r, 999));
        ck_assert_msg(strncmp(all, "overflow5 overflow6 ", 20) == 0, "%d: %s", before, all);
        ck_assert_ptr_nonnull(strchr(all, '.'));
    }
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue edges");
    TCase *t = tcase_create("all");
    tcase_add_test(t, sizes_no_block_can_have);
    tcase_add_test(t, policies_and_caps);
    tcase_add_test(t, types_without_a_lane);
    tcase_add_test(t, the_newest_old_mark_counts);
    tcase_add_test(t, errors_beyond_all_counting);
    tcase_add_test(t, a_full_ring_takes_nothing);
    tcase_add_test(t, one_event_twice_for_one_inbox);
    tcase_add_test(t, who_is_a_crowd);
    tcase_add_test(t, inboxes_of_another_manager_are_no_crowd);
    tcase_add_test(t, room_is_made_half_by_half);
    tcase_add_test(t, cells_in_hand_change);
    tcase_add_test(t, retired_cells_are_taken_back_by_what_they_are_about);
    tcase_add_test(t, who_leaves_at_the_end_of_a_turn);
    tcase_add_test(t, two_lanes_overflow_at_the_end_of_a_turn);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
