/* The queues while a call fails that they need: nothing is half made, what was promised is told
 * later, what is lost has a number in a GAP. And what happens in the middle of a call. Linked with
 * --wrap for each call. */
#include <errno.h>
#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/bundle.h"
#include "rig.h"
#include "support/check_main.h"
#include "support/leave.h"

/* The call of this name fails once, after `spare` good ones. Any thread may call. */
static struct {
    const char *_Atomic name;
    _Atomic int spare, failed, error; /* errno of read and write */
} fails;

static void let_fail(const char *name, int spare)
{
    fails.name = name;
    fails.spare = spare;
    fails.failed = 0;
    fails.error = EINTR;
}

static int is_to_fail(const char *name)
{
    const char *wanted = fails.name;
    if (wanted == NULL || strcmp(wanted, name) != 0 || fails.spare-- > 0)
        return 0;
    fails.name = NULL;
    fails.failed++;
    return 1;
}

#define WRAP(type, name, parameters, arguments, failure)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return is_to_fail(#name) ? failure : __real_##name arguments;                              \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, aligned_alloc, (size_t to, size_t size), (to, size), NULL)
WRAP(int, eventfd, (unsigned value, int flags), (value, flags), -1)
WRAP(int, pthread_mutex_init, (pthread_mutex_t * m, const pthread_mutexattr_t *how), (m, how),
     EAGAIN)
WRAP(int, pthread_key_create, (pthread_key_t * key, void (*end)(void *)), (key, end), EAGAIN)
WRAP(int, pthread_setspecific, (pthread_key_t key, const void *value), (key, value), ENOMEM)

static int reads;
static void (*while_reading)(void);

/* Interrupted, or something happens meanwhile. */
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size)
{
    void (*meanwhile)(void) = while_reading;
    while_reading = NULL;
    reads++;
    if (is_to_fail("read")) {
        errno = fails.error;
        return -1;
    }
    ssize_t n = __real_read(fd, to, size);
    int number = errno;
    if (meanwhile != NULL)
        meanwhile();
    errno = number;
    return n;
}

ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size)
{
    if (is_to_fail("write")) {
        errno = fails.error;
        return -1;
    }
    return __real_write(fd, from, size);
}

static void (*while_freeing)(void);

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    void (*meanwhile)(void) = while_freeing;
    __real_free(block);
    if (meanwhile != NULL && block != NULL) {
        while_freeing = NULL;
        meanwhile();
    }
}

/* ---- what cannot be made ---- */

START_TEST(a_pool_that_cannot_be_made)
{
    upbit__pool *pool;
    let_fail("calloc", 0);
    ck_assert_int_eq(upbit__pool_create(&pool, 1 << 20), UPBIT_ERROR_NO_MEMORY);
    ck_assert_ptr_null(pool);
    upbit__pool_release(pool);
}
END_TEST

START_TEST(a_waiter_that_cannot_be_made)
{
    static const struct {
        const char *call;
        int error;
    } list[] = {{"calloc", UPBIT_ERROR_NO_MEMORY},
                {"pthread_mutex_init", UPBIT_ERROR_SYSTEM},
                {"eventfd", UPBIT_ERROR_SYSTEM}};
    upbit__waiter *w;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        let_fail(list[i].call, 0);
        ck_assert_int_eq(upbit__waiter_create(&w), list[i].error);
        ck_assert_ptr_null(w);
        ck_assert_int_eq(fails.failed, 1);
    }
}
END_TEST

START_TEST(an_inbox_that_cannot_be_made)
{
    static const char *const calls[] = {"aligned_alloc", "malloc"};
    rig r;
    rig_open(&r, NULL);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &r.batch;
    config.waiter = r.waiter;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        upbit__inbox *in;
        let_fail(calls[i], 0);
        ck_assert_int_eq(upbit__inbox_create(&in, &config), UPBIT_ERROR_NO_MEMORY);
        ck_assert_ptr_null(in);
    }
    rig_close(&r);
}
END_TEST

START_TEST(a_bundle_that_cannot_be_made)
{
    for (int spare = 0; spare < 2; spare++) {
        let_fail("malloc", spare);
        ck_assert_ptr_null(upbit__bundle_create(3));
    }
    upbit__bundle *b = upbit__bundle_create(0);
    ck_assert_ptr_nonnull(b);
    upbit__bundle_destroy(b);
}
END_TEST

/* The first lane lies in the inbox, the others do not. What found no lane has a number all the
 * same, and is told by a GAP. */
START_TEST(a_lane_that_cannot_be_made)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = _i == 0 ? UPBIT_POLICY_DEFAULT : UPBIT_POLICY_LOSSLESS;
    rig r;
    rig_open(&r, &o);
    for (int spare = 0; spare < 3; spare++) {
        const int type = spare == 0 ? UPBIT_TYPE_TRADE : UPBIT_TYPE_CANDLE;
        upbit_event *lost = event_of(&r, type, 1);
        let_fail("aligned_alloc", spare == 2);
        ck_assert_int_eq(upbit__inbox_push(r.in, lost), 0);
        ck_assert_int_eq(fails.failed, 1);
        ck_assert_int_eq(upbit__inbox_wants_resync(r.in, type), 0); /* there is no lane yet */
        if (spare == 0)
            push(&r, type, 2, 2);
    }
    push(&r, UPBIT_TYPE_CANDLE, 3, 3);
    ck_assert_int_eq(upbit__inbox_wants_resync(r.in, UPBIT_TYPE_TRADE), _i);
    upbit__batch_commit(&r.batch);
    ck_assert_uint_eq(r.batch.dropped, 3);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) gap2(1,1-1) 2#2=2 gap4(2,1-2) 4#3=3 .");
    rig_close(&r);
}
END_TEST

START_TEST(a_cell_that_cannot_be_made)
{
    rig r;
    rig_open(&r, NULL);
    let_fail("aligned_alloc", 0);
    ck_assert_ptr_null(upbit__inbox_cell(r.in));
    upbit__cell *c = upbit__inbox_cell(r.in);
    ck_assert_ptr_nonnull(c);
    upbit__inbox_put(r.in, c, event_of(&r, UPBIT_TYPE_TICKER, 7));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_all(&r), "epoch0(0>1) 1=7 .");
    rig_close(&r);
}
END_TEST

/* ---- what the consumer makes itself ---- */

/* EPOCH, GAP and OVERFLOW: what cannot be made now is made at the next call, in its place. */
static const char *take_without_memory(rig *r, int *refused)
{
    static char text[1 << 12];
    size_t length = 0;
    *refused = 0;
    text[0] = '\0';
    for (;;) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        void *owner;
        let_fail("aligned_alloc", 0);
        int got = upbit__waiter_take(r->waiter, &owner, &d);
        if (got < 0) {
            ck_assert_int_eq(got, UPBIT_ERROR_NO_MEMORY);
            ck_assert_int_eq(fails.failed, 1);
            ++*refused;
            got = upbit__waiter_take(r->waiter, &owner, &d);
        }
        if (got == 0)
            break;
        ck_assert_int_eq(got, 1);
        describe(&d, text + length, sizeof text - length);
        length += strlen(text + length);
        upbit_event_unref(d.event);
    }
    let_fail(NULL, 0);
    return text;
}

START_TEST(what_the_consumer_makes_is_made_later)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_messages = 4;
    rig r;
    int refused;
    rig_open(&r, &o);
    push(&r, UPBIT_TYPE_TRADE, 1, 6);
    upbit__inbox_put(r.in, upbit__inbox_cell(r.in), event_of(&r, UPBIT_TYPE_TICKER, 1));
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_without_memory(&r, &refused),
                     "epoch0(0>1) gap2(2,1-2) 2#3=3 2#4=4 2#5=5 2#6=6 1=1 ");
    ck_assert_int_eq(refused, 2);
    push(&r, UPBIT_TYPE_MY_ORDER, 1, 5);
    upbit__batch_commit(&r.batch);
    ck_assert_str_eq(take_without_memory(&r, &refused),
                     "overflow5 epoch1(0>1) 5#1=1 5#2=2 5#3=3 5#4=4 ");
    ck_assert_int_eq(refused, 2);
    rig_close(&r);
}
END_TEST

/* The one for many cannot be made: it is counted, and told by the next. */
START_TEST(errors_that_cannot_be_added_up)
{
    rig r;
    rig_open(&r, NULL);
    for (int i = 1; i <= 32; i++)
        upbit__inbox_error(r.in, error_of(&r, i));
    for (int i = 33; i <= 35; i++) {
        upbit_event *e = error_of(&r, i);
        let_fail("aligned_alloc", 0);
        upbit__inbox_error(r.in, e);
        ck_assert_int_eq(fails.failed, 1);
    }
    upbit__inbox_error(r.in, error_of(&r, 36));
    const char *all = take_all(&r);
    ck_assert_msg(strstr(all, "error(32,1) error(36,4) .") != NULL, "%s", all);
    rig_close(&r);
}
END_TEST

/* ---- interrupted, or in the middle of it ---- */

START_TEST(an_interrupted_call_is_made_again)
{
    rig r;
    rig_open(&r, NULL);
    push(&r, UPBIT_TYPE_TRADE, 1, 1);
    let_fail("write", 0);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 1);
    ck_assert_int_eq(fails.failed, 1);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    int refused;
    ck_assert_str_eq(take_without_memory(&r, &refused), "epoch0(0>1) 2#1=1 ");
    push(&r, UPBIT_TYPE_TRADE, 2, 2);
    upbit__batch_commit(&r.batch);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 1);
    upbit_event_unref(d.event);
    let_fail("read", 0);
    reads = 0;
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 0);
    ck_assert_int_eq(reads, 2);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    rig_close(&r);
}
END_TEST

/* A counter that is full is readable: nothing has to be written. */
START_TEST(a_full_counter_is_left_alone)
{
    rig r;
    rig_open(&r, NULL);
    let_fail("write", 0);
    fails.error = EAGAIN;
    upbit__waiter_ring(r.waiter);
    ck_assert_int_eq(fails.failed, 1);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0); /* it was not: no second try */
    rig_close(&r);
}
END_TEST

static rig *now;

static void news(void)
{
    push(now, UPBIT_TYPE_TRADE, 2, 2);
    ck_assert_int_eq(upbit__batch_commit(&now->batch), 0); /* not armed: nobody is rung */
}

/* Between the last look and the arming: the consumer finds it itself, and rings for itself, as the
 * caller may stop there. */
START_TEST(what_comes_before_the_arming_is_found)
{
    rig r;
    rig_open(&r, NULL);
    now = &r;
    push(&r, UPBIT_TYPE_TRADE, 1, 1);
    upbit__batch_commit(&r.batch);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    for (int i = 0; i < 2; i++) { /* EPOCH and the trade */
        ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 1);
        upbit_event_unref(d.event);
    }
    while_reading = news;
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 1);
    ck_assert_int_eq(d.event->exchange_ms, 2);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 1);
    upbit_event_unref(d.event);
    ck_assert_int_eq(upbit__waiter_take(r.waiter, &owner, &d), 0);
    ck_assert_int_eq(readable(upbit__waiter_fd(r.waiter)), 0);
    push(&r, UPBIT_TYPE_TRADE, 3, 3);
    ck_assert_int_eq(upbit__batch_commit(&r.batch), 1);
    rig_close(&r);
}
END_TEST

static char taken[64];

static void take_one(void)
{
    snprintf(taken, sizeof taken, "%s", take_some(now, 1)); /* and has claimed the whole turn */
}

/* Room is made in a lane that the consumer empties meanwhile. */
START_TEST(what_is_taken_meanwhile_is_not_dropped)
{
    rig r;
    rig_open_budget(&r, NULL, 1 << 20);
    now = &r;
    for (int i = 1; i <= 8; i++) /* so large that they go back to malloc at once */
        upbit__inbox_push(r.in, event_sized(&r, UPBIT_TYPE_TRADE, i, 100000));
    upbit__batch_commit(&r.batch);
    while_freeing = take_one;
    ck_assert_int_eq(upbit__batch_shed(&r.batch, 900000), 0);
    ck_assert(while_freeing == NULL);
    ck_assert_uint_eq(r.batch.dropped, 1);
    ck_assert_str_eq(taken, "epoch0(0>1) ");
    ck_assert_str_eq(take_all(&r), "gap2(1,1-1) 2#2=2 2#3=3 2#4=4 2#5=5 2#6=6 2#7=7 2#8=8 .");
    rig_close(&r);
}
END_TEST

/* ---- references that are added up in a drain ---- */

/* A drain of two inboxes that share an event; rig_close looks whether all came back. */
static void *drain_two(void *context)
{
    (void)context;
    rig r;
    rig_open(&r, NULL);
    upbit__inbox *other;
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &r.batch;
    config.waiter = r.waiter;
    ck_assert_int_eq(upbit__inbox_create(&other, &config), 0);
    upbit_event *e = event_of(&r, UPBIT_TYPE_TRADE, 1);
    upbit__event_set_refs(e, 2);
    upbit__inbox_push(r.in, e);
    upbit__inbox_push(other, e);
    upbit__batch_commit(&r.batch);
    int n = 0;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (void *owner; upbit__waiter_take(r.waiter, &owner, &d) > 0; n++)
        upbit_event_unref(d.event);
    ck_assert_int_eq(n, 4);
    upbit__inbox_detach(other);
    upbit__inbox_destroy(other);
    rig_close(&r);
    return NULL;
}

/* Each in a thread of its own, because what a thread has made it keeps. */
START_TEST(without_room_to_add_up_all_go_back)
{
    static const struct {
        const char *call;
        int spare;
    } list[] = {
        {"calloc", 2}, /* pool and waiter have theirs */ {"pthread_setspecific", 0}, {NULL, 0}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        pthread_t thread;
        let_fail(list[i].call, list[i].spare);
        ck_assert_int_eq(pthread_create(&thread, NULL, drain_two, NULL), 0);
        pthread_join(thread, NULL);
        ck_assert_int_eq(fails.failed, list[i].call != NULL);
    }
}
END_TEST

/* The key is made once in a process. This comes first, in a child: its parent has none yet. */
START_TEST(without_a_key_all_go_back)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        let_fail("pthread_key_create", 0);
        drain_two(NULL);
        int failed = fails.failed;
        let_fail("pthread_setspecific", 0); /* nor is another's key taken for it */
        drain_two(NULL);
        leave(failed == 1 && fails.failed == 0 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue shortage");
    TCase *t = tcase_create("all");
    tcase_add_test(t, without_a_key_all_go_back);
    tcase_add_test(t, without_room_to_add_up_all_go_back);
    tcase_add_test(t, a_pool_that_cannot_be_made);
    tcase_add_test(t, a_waiter_that_cannot_be_made);
    tcase_add_test(t, an_inbox_that_cannot_be_made);
    tcase_add_test(t, a_bundle_that_cannot_be_made);
    tcase_add_loop_test(t, a_lane_that_cannot_be_made, 0, 2);
    tcase_add_test(t, a_cell_that_cannot_be_made);
    tcase_add_test(t, what_the_consumer_makes_is_made_later);
    tcase_add_test(t, errors_that_cannot_be_added_up);
    tcase_add_test(t, an_interrupted_call_is_made_again);
    tcase_add_test(t, a_full_counter_is_left_alone);
    tcase_add_test(t, what_comes_before_the_arming_is_found);
    tcase_add_test(t, what_is_taken_meanwhile_is_not_dropped);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
