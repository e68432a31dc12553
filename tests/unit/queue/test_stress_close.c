/* Closing while events fly: inboxes and pools that go in the middle, from the consumer's thread or
 * from a third one. The sanitizers judge; the pool must be whole at the end. */
#include "stress.h"

#include "queue/command.h"
#include "support/check_main.h"

enum { WIDGETS = 24, OPEN = 1, CLOSE = 2 };

/* As a client has it: the command tells the I/O thread that the inbox came or is to go. */
typedef struct order {
    upbit__command command;
    int what;
    upbit__inbox *in;
} order;

typedef struct house {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__command_queue commands;
    upbit__waiter *shared; /* NULL: each inbox has its own */
    /* I/O thread */
    upbit__inbox *in[2 * WIDGETS];
    upbit__cell *cell[2 * WIDGETS];
    int count;
    uint64_t events;
    /* any, atomic */
    _Atomic int stop;
} house;

static void send_order(house *h, int what, upbit__inbox *in)
{
    order *o = malloc(sizeof *o);
    ck_assert_ptr_nonnull(o);
    o->what = what;
    o->in = in;
    ck_assert_int_ge(upbit__command_push_always(&h->commands, &o->command), 0);
}

static void obey(house *h, upbit__command *c)
{
    for (upbit__command *next; c != NULL; c = next) {
        next = upbit__command_next(c);
        order *o = UPBIT__LINK_OWNER(c, order, command);
        if (o->what == OPEN) {
            ck_assert_int_lt(h->count, 2 * WIDGETS);
            h->in[h->count] = o->in;
            h->cell[h->count++] = upbit__inbox_cell(o->in);
        } else {
            int i = 0;
            while (h->in[i] != o->in)
                i++;
            upbit__inbox_destroy(o->in);
            h->in[i] = h->in[--h->count];
            h->cell[i] = h->cell[h->count];
        }
        free(o);
    }
}

static void fan_out(house *h, int type, uint32_t *seed)
{
    upbit_event *e = h->count == 0 ? NULL : new_event(h->pool, type, 0, (int64_t)++h->events);
    if (e == NULL)
        return;
    upbit__event_set_refs(e, (uint32_t)h->count);
    for (int i = 0; i < h->count; i++) {
        if (type == UPBIT_TYPE_TRADE)
            upbit__inbox_push(h->in[i], e);
        else
            upbit__inbox_put(h->in[i], h->cell[i], e);
        if (roll(seed, 100) == 0)
            upbit__inbox_cell_clear(h->in[i], h->cell[i]);
    }
}

static void *serve(void *context)
{
    house *h = context;
    uint32_t seed = 1;
    upbit__pool_adopt(h->pool);
    while (!atomic_load_explicit(&h->stop, memory_order_acquire)) {
        obey(h, upbit__command_take_all(&h->commands));
        for (uint32_t n = 1 + roll(&seed, 10); n > 0; n--)
            fan_out(h, roll(&seed, 2) ? UPBIT_TYPE_TRADE : UPBIT_TYPE_TICKER, &seed);
        upbit__batch_commit(&h->batch);
        if (roll(&seed, 10) == 0)
            sched_yield();
    }
    obey(h, upbit__command_seal(&h->commands));
    while (h->count > 0) /* the manager ends first: the others become shells */
        upbit__inbox_destroy(h->in[--h->count]);
    return NULL;
}

static upbit__inbox *open_inbox(house *h)
{
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &h->batch;
    config.messages = 64;
    config.waiter = h->shared;
    if (h->shared == NULL)
        ck_assert_int_eq(upbit__waiter_create(&config.waiter), 0);
    config.owner = config.waiter;
    upbit__inbox *in;
    ck_assert_int_eq(upbit__inbox_create(&in, &config), 0);
    send_order(h, OPEN, in);
    return in;
}

static void close_inbox(house *h, upbit__inbox *in)
{
    upbit__waiter *own = h->shared == NULL ? upbit__inbox_owner(in) : NULL;
    send_order(h, CLOSE, in); /* first: afterwards the pointer is not ours */
    upbit__inbox_detach(in);
    upbit__waiter_unref(own);
}

static void open_house(house *h, int share, pthread_t *thread)
{
    memset(h, 0, sizeof *h);
    ck_assert_int_eq(upbit__pool_create(&h->pool, 8 << 20), 0);
    upbit__batch_init(&h->batch, h->pool);
    upbit__command_queue_init(&h->commands);
    if (share)
        ck_assert_int_eq(upbit__waiter_create(&h->shared), 0);
    start(thread, serve, h);
}

static void end_service(house *h, pthread_t thread)
{
    atomic_store_explicit(&h->stop, 1, memory_order_release);
    pthread_join(thread, NULL);
    upbit__pool_adopt(h->pool);
}

static void check_house(house *h)
{
    upbit__pool_collect(h->pool);
    ck_assert_uint_eq(upbit__pool_bytes(h->pool), 0);
    upbit__pool_release(h->pool);
}

static int take_one(house *h, upbit__inbox *in)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    upbit__waiter *w = h->shared != NULL ? h->shared : upbit__inbox_owner(in);
    int got = upbit__waiter_take(w, &owner, &d);
    ck_assert_int_ge(got, 0);
    if (got > 0) {
        ck_assert(d.event->type >= UPBIT_TYPE_STATE || is_whole(d.event));
        upbit_event_unref(d.event);
    }
    return got;
}

/* Opens, takes a little, closes, in one thread, while the other pushes to all of them. */
static void run_widgets(int share, uint64_t rounds)
{
    static house h;
    pthread_t io;
    open_house(&h, share, &io);
    upbit__inbox *mine[WIDGETS] = { NULL };
    uint32_t seed = 555;
    for (uint64_t n = 0; n < rounds; n++) {
        uint32_t i = roll(&seed, WIDGETS);
        if (mine[i] == NULL) {
            mine[i] = open_inbox(&h);
            sched_yield();
        } else if (roll(&seed, 3) == 0) {
            close_inbox(&h, mine[i]);
            mine[i] = NULL;
        }
        for (uint32_t k = roll(&seed, 30); k > 0 && (share || mine[i] != NULL); k--)
            if (take_one(&h, mine[i]) == 0)
                break;
        /* The I/O thread's array is finite. */
        while (atomic_load_explicit(&h.commands.waiting, memory_order_relaxed) >= WIDGETS)
            sched_yield();
    }
    end_service(&h, io);
    for (int i = 0; i < WIDGETS; i++)
        if (mine[i] != NULL) {
            upbit__waiter *own = share ? NULL : upbit__inbox_owner(mine[i]);
            while (take_one(&h, mine[i]) > 0)
                continue; /* a shell gives what it holds */
            upbit__inbox_detach(mine[i]);
            upbit__waiter_unref(own);
        }
    upbit__waiter_unref(h.shared);
    check_house(&h);
}

START_TEST(widgets_come_and_go_on_a_shared_waiter)
{
    run_widgets(1, scaled(6000));
}
END_TEST

START_TEST(widgets_come_and_go_with_waiters_of_their_own)
{
    run_widgets(0, scaled(3000));
}
END_TEST

/* A third thread closes what the consumer's waiter still has on its lists. */
typedef struct closer {
    house *h;
    uint64_t rounds;
} closer;

static void *open_and_close(void *context)
{
    closer *c = context;
    uint32_t seed = 8;
    for (uint64_t n = 0; n < c->rounds; n++) {
        upbit__inbox *in[4];
        for (int i = 0; i < 4; i++)
            in[i] = open_inbox(c->h);
        for (uint32_t k = roll(&seed, 20); k > 0; k--)
            sched_yield();
        for (int i = 0; i < 4; i++)
            close_inbox(c->h, in[i]);
        while (atomic_load_explicit(&c->h->commands.waiting, memory_order_relaxed) >= WIDGETS)
            sched_yield();
    }
    return NULL;
}

START_TEST(another_thread_may_close)
{
    static house h;
    pthread_t io, other;
    open_house(&h, 1, &io);
    closer c = { &h, scaled(700) };
    start(&other, open_and_close, &c);
    for (uint64_t n = 0; n < scaled(40000); n++)
        if (take_one(&h, NULL) == 0)
            sched_yield();
    pthread_join(other, NULL);
    end_service(&h, io);
    upbit__waiter_unref(h.shared);
    check_house(&h);
}
END_TEST

/* ---- the pool's end ---- */

enum { HELD = 64 };

typedef struct hands {
    const upbit_event *held[HELD];
    _Atomic int go;
} hands;

static void *let_go(void *context)
{
    hands *h = context;
    while (!atomic_load_explicit(&h->go, memory_order_acquire))
        sched_yield();
    for (int i = 0; i < HELD; i++)
        upbit_event_unref(h->held[i]);
    return NULL;
}

START_TEST(a_pool_is_released_while_events_come_back)
{
    for (uint64_t n = 0; n < scaled(300); n++) {
        upbit__pool *pool;
        ck_assert_int_eq(upbit__pool_create(&pool, 8 << 20), 0);
        hands h[2];
        pthread_t threads[2];
        for (int t = 0; t < 2; t++)
            atomic_init(&h[t].go, 0);
        for (int i = 0; i < HELD; i++) {
            upbit_event *e = new_event(pool, UPBIT_TYPE_TRADE, 0, i);
            ck_assert_ptr_nonnull(e);
            if (i % 2 == 0) {
                upbit__event_set_refs(e, 2);
                h[0].held[i] = h[1].held[i] = e;
            } else {
                h[0].held[i] = e;
                h[1].held[i] = NULL;
            }
        }
        for (int t = 0; t < 2; t++)
            start(&threads[t], let_go, &h[t]);
        for (int t = 0; t < 2; t++)
            atomic_store_explicit(&h[t].go, 1, memory_order_release);
        if (n % 3 == 0)
            upbit__pool_collect(pool);
        upbit__pool_release(pool);
        for (int t = 0; t < 2; t++)
            pthread_join(threads[t], NULL);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue stress close");
    TCase *t = tcase_create("leaving");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, widgets_come_and_go_on_a_shared_waiter);
    tcase_add_test(t, widgets_come_and_go_with_waiters_of_their_own);
    tcase_add_test(t, another_thread_may_close);
    tcase_add_test(t, a_pool_is_released_while_events_come_back);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
