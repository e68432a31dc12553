/* The event pool: budget, free lists, coming back, and who frees it. */
#include "rig.h"
#include "support/check_main.h"

START_TEST(a_block_is_zeroed_and_counted)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e = upbit__pool_allocate(p, 1000);
    upbit_event zero = {.size = 1000};
    ck_assert_mem_eq(e, &zero, sizeof zero);
    ck_assert_uint_ge(upbit__pool_bytes(p), 1000);
    ck_assert_uint_eq((uintptr_t)e % 16, 0);
    upbit__event_unref_io(p, e);
    ck_assert_uint_eq(upbit__pool_bytes(p), 0);
    ck_assert_uint_ge(upbit__pool_peak(p), 1000);
    upbit__pool_release(p);
}
END_TEST

START_TEST(a_used_block_is_zeroed_again)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    for (size_t size = 0; size < 5000; size += 60) {
        upbit_event *e = upbit__pool_allocate(p, size);
        ck_assert_ptr_nonnull(e);
        const size_t whole = e->size;
        ck_assert_uint_eq(whole, size < sizeof *e ? sizeof *e : size);
        memset((void *)e, 0xEE, whole);
        upbit__event_unref_io(p, e);
        upbit_event *again = upbit__pool_allocate(p, size), zero = {.size = (uint32_t)whole};
        ck_assert_ptr_eq(again, e);
        ck_assert_mem_eq(again, &zero, sizeof zero);
        upbit__event_unref_io(p, again);
    }
    upbit__pool_release(p);
}
END_TEST

START_TEST(free_lists_keep_a_quarter_of_the_budget)
{
    upbit__pool *p;
    enum { BUDGET = 16 << 20, SIZE = 1000, COUNT = 8000 };
    ck_assert_int_eq(upbit__pool_create(&p, BUDGET), 0);
    upbit_event **e = calloc(COUNT, sizeof(upbit_event *));
    ck_assert_ptr_nonnull(e);
    for (int i = 0; i < COUNT; i++) {
        e[i] = upbit__pool_allocate(p, SIZE);
        ck_assert_ptr_nonnull(e[i]);
    }
    ck_assert_uint_eq(upbit__pool_free_bytes(p), 0);
    for (int i = 0; i < COUNT; i++)
        upbit__event_unref_io(p, e[i]);
    free(e);
    ck_assert_uint_eq(upbit__pool_bytes(p), 0);
    ck_assert_uint_le(upbit__pool_free_bytes(p), BUDGET / 4);
    ck_assert_uint_gt(upbit__pool_free_bytes(p), BUDGET / 4 - 2 * SIZE);
    upbit__pool_release(p);
}
END_TEST

START_TEST(warm_needs_no_malloc)
{
    static const size_t sizes[] = {100, 256, 700, 1200, 3500, 9000};
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    uint64_t warm = 0;
    for (int round = 0; round < 100; round++) {
        upbit_event *e[60];
        for (size_t i = 0; i < 60; i++) {
            e[i] = upbit__pool_allocate(p, sizes[i % 6]);
            ck_assert_ptr_nonnull(e[i]);
            if (sizes[i % 6] > sizeof(upbit_event))
                memset(e[i] + 1, (int)i, sizes[i % 6] - sizeof(upbit_event));
        }
        for (size_t i = 0; i < 60; i++) {
            if (i % 2)
                upbit_event_unref(e[i]);
            else
                upbit__event_unref_io(p, e[i]);
        }
        if (round == 0)
            warm = upbit__pool_allocations(p);
    }
    ck_assert_uint_eq(upbit__pool_allocations(p), warm);
    upbit__pool_release(p);
}
END_TEST

START_TEST(the_budget_holds_and_returns_make_room)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 16 * 1024), 0);
    const upbit_event *out[100];
    int n = 0;
    while ((out[n] = upbit__pool_allocate(p, 1000)) != NULL)
        n++;
    ck_assert_int_ge(n, 10);
    ck_assert_int_le(n, 16);
    ck_assert_int_eq(upbit__pool_fits(p, 1000), 0);
    ck_assert_uint_le(upbit__pool_peak(p), 16 * 1024);
    upbit_event_unref(out[--n]); /* as another thread would: it lies on `returns` */
    ck_assert_int_eq(upbit__pool_fits(p, 1000), 1);
    out[n] = upbit__pool_allocate(p, 1000);
    ck_assert_ptr_nonnull(out[n++]);
    ck_assert_ptr_null(upbit__pool_allocate(p, 1000));
    ck_assert_ptr_null(upbit__pool_allocate(p, 1 << 20));
    ck_assert_ptr_null(upbit__pool_allocate(p, SIZE_MAX));
    while (n > 0)
        upbit__event_unref_io(p, out[--n]);
    upbit__pool_release(p);
}
END_TEST

START_TEST(the_budget_holds_for_what_lies_on_a_free_list)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 16 * 1024), 0);
    upbit_event *kept = upbit__pool_allocate(p, 4000), *out[100];
    ck_assert_ptr_nonnull(kept);
    upbit__event_unref_io(p, kept);
    int n = 0;
    while ((out[n] = upbit__pool_allocate(p, 1000)) != NULL)
        n++;
    ck_assert_ptr_null(upbit__pool_allocate(p, 4000));
    for (int i = 0; i < 4; i++)
        upbit__event_unref_io(p, out[--n]);
    kept = upbit__pool_allocate(p, 4000);
    ck_assert_ptr_nonnull(kept);
    ck_assert_uint_le(upbit__pool_bytes(p), 16 * 1024);
    upbit__event_unref_io(p, kept);
    while (n > 0)
        upbit__event_unref_io(p, out[--n]);
    upbit__pool_release(p);
}
END_TEST

START_TEST(large_blocks_go_back_to_malloc)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 16 << 20), 0);
    for (int i = 0; i < 3; i++) {
        upbit_event *e = upbit__pool_allocate(p, 3 << 20);
        ck_assert_ptr_nonnull(e);
        memset(e + 1, 1, (3 << 20) - sizeof *e);
        upbit__event_unref_io(p, e);
    }
    ck_assert_uint_eq(upbit__pool_allocations(p), 3);
    ck_assert_uint_eq(upbit__pool_bytes(p), 0);
    upbit__pool_release(p);
}
END_TEST

START_TEST(references_are_counted)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e = upbit__pool_allocate(p, 300);
    upbit__event_set_refs(e, 3);
    upbit_event_ref(e);
    upbit_event_unref(e);
    upbit_event_unref(e);
    upbit__event_unref_io(p, e);
    ck_assert_uint_ne(upbit__pool_bytes(p), 0);
    e->epoch = 7; /* ours still */
    upbit_event_unref(e);
    upbit__pool_collect(p);
    ck_assert_uint_eq(upbit__pool_bytes(p), 0);
    upbit_event_ref(NULL);
    upbit_event_unref(NULL);
    upbit__event_unref_io(p, NULL);
    upbit__pool_release(p);
}
END_TEST

START_TEST(a_block_of_its_own_needs_no_pool)
{
    upbit_event *e = upbit__event_allocate(sizeof(upbit_gap));
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->size, sizeof(upbit_gap));
    ck_assert_uint_eq(((upbit_gap *)(void *)e)->last, 0);
    upbit_event_ref(e);
    upbit_event_unref(e);
    upbit_event_unref(e);
}
END_TEST

START_TEST(events_outlive_the_pool)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *a = upbit__pool_allocate(p, 300);
    upbit_event *b = upbit__pool_allocate(p, 300);
    upbit_event *c = upbit__pool_allocate(p, 40000);
    upbit_event *back = upbit__pool_allocate(p, 300);
    upbit_event_unref(back); /* on `returns` when the pool goes */
    upbit__pool_release(p);
    a->epoch = b->epoch = c->epoch = 1;
    upbit_event_unref(b);
    upbit_event_unref(c);
    upbit_event_unref(a); /* frees the pool: the leak checkers look */
    upbit__pool_release(NULL);
}
END_TEST

/* One event with `n` references, all of them the caller's. */
static upbit_event *shared(upbit__pool *p, uint32_t n)
{
    upbit_event *e = upbit__pool_allocate(p, 300);
    upbit__event_set_refs(e, n);
    return e;
}

static uint64_t bytes_out(upbit__pool *p)
{
    upbit__pool_collect(p);
    return upbit__pool_bytes(p);
}

START_TEST(a_drain_lets_go_at_once_what_nobody_else_has)
{
    enum { EVENTS = UPBIT__RELEASES / 2, TAKERS = 5 };
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e[EVENTS];
    for (int i = 0; i < EVENTS; i++)
        e[i] = shared(p, TAKERS);
    upbit__releases_begin();
    uint64_t all = bytes_out(p);
    for (int taker = 0; taker < TAKERS; taker++)
        for (int i = 0; i < EVENTS; i++) {
            e[i]->epoch = 7; /* ours until the last */
            upbit_event_unref(e[i]);
            uint64_t gone = taker == TAKERS - 1 ? (uint64_t)i + 1 : 0;
            ck_assert_uint_eq(bytes_out(p), all / EVENTS * (EVENTS - gone));
        }
    upbit_event_unref(shared(p, 1));
    ck_assert_uint_eq(bytes_out(p), 0);
    upbit__releases_end();
    upbit__pool_release(p);
}
END_TEST

START_TEST(what_another_has_is_told_at_the_end_of_the_drain)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e = shared(p, 4);
    upbit__releases_begin();
    upbit_event_unref(e);
    upbit_event_unref(e);
    upbit_event_ref(e);
    upbit_event_unref(e);
    upbit__event_unref_io(p, e); /* the I/O thread's: cannot know that one alone is left */
    upbit_event_unref(e);
    ck_assert_uint_eq(bytes_out(p), 0);
    e = shared(p, 3);
    upbit_event_unref(e);
    upbit_event_unref(e);
    upbit__event_unref_io(p, e);
    ck_assert_uint_ne(bytes_out(p), 0);
    upbit__releases_end();
    ck_assert_uint_eq(bytes_out(p), 0);
    upbit__pool_release(p);
}
END_TEST

START_TEST(more_events_than_a_drain_remembers)
{
    enum { EVENTS = 5 * UPBIT__RELEASES + 3, TAKERS = 4 };
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e[EVENTS];
    for (int i = 0; i < EVENTS; i++)
        e[i] = shared(p, TAKERS);
    upbit__releases_begin();
    for (int taker = 0; taker < TAKERS; taker++)
        for (int i = 0; i < EVENTS; i++)
            upbit_event_unref(e[(i * (taker + 1) + taker) % EVENTS]); /* EVENTS is prime */
    upbit__releases_end();
    ck_assert_uint_eq(bytes_out(p), 0);
    upbit__pool_release(p);
}
END_TEST

static void *drains_and_ends(void *context)
{
    upbit_event **e = context;
    upbit__releases_begin();
    upbit_event_unref(e[0]);
    upbit_event_unref(e[0]);
    upbit_event_unref(e[1]);
    return NULL;
}

START_TEST(a_thread_that_ends_in_a_drain_tells_all)
{
    upbit__pool *p;
    ck_assert_int_eq(upbit__pool_create(&p, 1 << 20), 0);
    upbit_event *e[2] = {shared(p, 3), shared(p, 2)};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, drains_and_ends, e), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_ne(bytes_out(p), 0);
    upbit__event_unref_io(p, e[0]);
    upbit__event_unref_io(p, e[1]);
    ck_assert_uint_eq(upbit__pool_bytes(p), 0);
    upbit__pool_release(p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue pool");
    TCase *t = tcase_create("pool");
    tcase_add_test(t, a_block_is_zeroed_and_counted);
    tcase_add_test(t, a_used_block_is_zeroed_again);
    tcase_add_test(t, free_lists_keep_a_quarter_of_the_budget);
    tcase_add_test(t, warm_needs_no_malloc);
    tcase_add_test(t, the_budget_holds_and_returns_make_room);
    tcase_add_test(t, the_budget_holds_for_what_lies_on_a_free_list);
    tcase_add_test(t, large_blocks_go_back_to_malloc);
    tcase_add_test(t, references_are_counted);
    tcase_add_test(t, a_block_of_its_own_needs_no_pool);
    tcase_add_test(t, events_outlive_the_pool);
    tcase_add_test(t, a_drain_lets_go_at_once_what_nobody_else_has);
    tcase_add_test(t, what_another_has_is_told_at_the_end_of_the_drain);
    tcase_add_test(t, more_events_than_a_drain_remembers);
    tcase_add_test(t, a_thread_that_ends_in_a_drain_tells_all);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
