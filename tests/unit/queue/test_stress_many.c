/* Many inboxes that take the same events, on two waiters and two threads: pushes go by the stage,
 * an event is let go by all its takers at once on either thread, and drains stop where they like.
 * Mostly the producer waits for room, so that most events are delivered; now and then it does not.
 *
 * Each taker gets every number once or a GAP that says which are missing, whole and in order, and
 * at the end every event has come back. */
#include "stress.h"
#include "support/check_main.h"

enum {
    THREADS = 2,
    INBOXES = 12,
    BATCH_MAX = 90, /* more than the stage holds */
    ROOM = 32,      /* of the smallest lanes */
    STRETCH = 8     /* batches that are all sent with patience, or without */
};

typedef struct taker {
    upbit__inbox *in;
    uint64_t next[2]; /* number that is expected: of trades, of tickers by their time */
    uint64_t taken, missing, gaps;
    _Atomic uint64_t seen; /* next[0] for the producer. Relaxed: no order that core/queue lacks */
} taker;

typedef struct side {
    upbit__waiter *waiter;
    taker takers[INBOXES];
    int open; /* inboxes that are not CLOSED yet */
    uint32_t seed;
    const char *fault;
} side;

typedef struct scene {
    upbit__pool *pool;
    upbit__batch batch;
    side sides[THREADS];
    upbit__cell *cells[THREADS][INBOXES];
    upbit__taker all[THREADS * INBOXES];
    uint64_t known; /* whether these are the batch's crowd */
    uint64_t at_once;
    uint64_t pushed;
} scene;

static void take_one(side *s, taker *t, const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    if (e->type == UPBIT_TYPE_GAP) {
        const upbit_gap *gap = (const void *)e;
        if (gap->first != t->next[0])
            s->fault = "a gap that does not begin where something is missing";
        t->next[0] = gap->last + 1;
        t->missing += gap->count;
        t->gaps++;
    } else if (e->type == UPBIT_TYPE_TRADE) {
        if (d->number != t->next[0] || e->exchange_ms != (int64_t)d->number)
            s->fault = "not the number that comes next";
        t->next[0] = d->number + 1;
        t->taken++;
    } else if (e->type == UPBIT_TYPE_TICKER) {
        if ((uint64_t)e->exchange_ms < t->next[1])
            s->fault = "a value older than the one before";
        t->next[1] = (uint64_t)e->exchange_ms + 1;
    } else if (e->type == UPBIT_TYPE_CLOSED) {
        s->open--;
    }
    if (e->type < UPBIT_TYPE_STATE && !is_whole(e))
        s->fault = "an event that is not whole";
    atomic_store_explicit(&t->seen, t->next[0], memory_order_relaxed);
}

static void *consumer(void *context)
{
    side *s = context;
    while (s->open > 0 && s->fault == NULL) {
        sleep_on(upbit__waiter_fd(s->waiter));
        uint32_t budget = 1 + roll(&s->seed, 500);
        void *owner;
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (budget-- > 0 && s->open > 0 && upbit__waiter_take(s->waiter, &owner, &d) == 1) {
            take_one(s, owner, &d);
            upbit_event_unref(d.event);
        }
        dawdle(&s->seed, 2000);
    }
    for (int k = 0; k < INBOXES; k++) /* nobody waits for one who has gone */
        atomic_store_explicit(&s->takers[k].seen, UINT64_MAX / 2, memory_order_relaxed);
    return NULL;
}

/* Until the smallest lanes have room for a batch; `last` has been pushed. */
static void wait_for_room(scene *c, uint64_t last)
{
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < INBOXES; k++)
            while (last >= atomic_load_explicit(&c->sides[i].takers[k].seen, memory_order_relaxed) +
                               ROOM / 2)
                nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static void open_scene(scene *c)
{
    memset(c, 0, sizeof *c);
    ck_assert_int_eq(upbit__pool_create(&c->pool, 64 << 20), 0);
    upbit__batch_init(&c->batch, c->pool);
    for (int i = 0; i < THREADS; i++) {
        side *s = &c->sides[i];
        ck_assert_int_eq(upbit__waiter_create(&s->waiter), 0);
        s->seed = 77U + (uint32_t)i;
        s->open = INBOXES;
        for (int k = 0; k < INBOXES; k++) {
            upbit__inbox_config config;
            ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
            config.batch = &c->batch;
            config.waiter = s->waiter;
            config.owner = &s->takers[k];
            config.messages = k % 3 == 0 ? ROOM : 1024; /* some lose much, some little */
            s->takers[k].next[0] = 1;
            ck_assert_int_eq(upbit__inbox_create(&s->takers[k].in, &config), 0);
            c->cells[i][k] = upbit__inbox_cell(s->takers[k].in);
            ck_assert_ptr_nonnull(c->cells[i][k]);
            c->all[i * INBOXES + k].inbox = s->takers[k].in;
        }
    }
}

/* To all inboxes, or nothing but its number. */
static void push_to_all(scene *c, int64_t value, int latest)
{
    upbit_event *e = new_event(c->pool, latest ? UPBIT_TYPE_TICKER : UPBIT_TYPE_TRADE, 0, value);
    if (e == NULL && upbit__batch_shed(&c->batch, sizeof *e + 64))
        e = new_event(c->pool, latest ? UPBIT_TYPE_TICKER : UPBIT_TYPE_TRADE, 0, value);
    if (e != NULL)
        upbit__event_set_refs(e, THREADS * INBOXES + 1);
    if (e != NULL && !latest && value / 512 % 2 == 0 && /* by turns at once and to each */
        upbit__crowd_push(&c->batch, c->all, THREADS * INBOXES, &c->known, e)) {
        c->at_once++;
        upbit__event_unref_io(c->pool, e);
        return;
    }
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < INBOXES; k++) {
            upbit__inbox *in = c->sides[i].takers[k].in;
            if (e == NULL && !latest)
                upbit__inbox_skip(in, UPBIT_TYPE_TRADE);
            else if (e != NULL && latest)
                upbit__inbox_put(in, c->cells[i][k], e);
            else if (e != NULL)
                upbit__inbox_push(in, e);
        }
    upbit__event_unref_io(c->pool, e);
}

START_TEST(every_taker_gets_every_number_or_its_gap)
{
    scene c;
    open_scene(&c);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        start(&threads[i], consumer, &c.sides[i]);
    uint32_t seed = 99, batches = 0, most = BATCH_MAX;
    uint64_t total = scaled(8000), pushed = 0;
    for (uint64_t value = 1; value <= total;) {
        if (batches++ % STRETCH == 0)
            most = roll(&seed, 30) == 0 ? BATCH_MAX : ROOM / 2;
        if (most < BATCH_MAX)
            wait_for_room(&c, pushed);
        for (uint32_t n = 1 + roll(&seed, most); n > 0 && value <= total; n--) {
            if (roll(&seed, 4) == 0)
                push_to_all(&c, (int64_t)value, 1);
            if (roll(&seed, 50) == 0) {
                int one = (int)roll(&seed, INBOXES); /* alone, in the middle of a batch */
                upbit__inbox_commit(c.sides[0].takers[one].in);
            }
            if (roll(&seed, 200) == 0) {
                for (int i = 0; i < THREADS; i++)
                    for (int k = 0; k < INBOXES; k++)
                        upbit__inbox_skip(c.sides[i].takers[k].in, UPBIT_TYPE_TRADE);
                value++;
                continue;
            }
            pushed = value;
            push_to_all(&c, (int64_t)value++, 0);
        }
        upbit__batch_commit(&c.batch);
        dawdle(&seed, 5000);
    }
    /* A number that is missing at the end is told before the next event: so one more. */
    push_to_all(&c, (int64_t)total + 1, 0);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < INBOXES; k++) {
            upbit_event *closed = upbit__event_allocate(sizeof(upbit_closed_event));
            ck_assert_ptr_nonnull(closed);
            closed->type = UPBIT_TYPE_CLOSED;
            upbit__inbox_closed(c.sides[i].takers[k].in, closed);
        }
    upbit__batch_commit(&c.batch);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t taken = 0, missing = 0, gaps = 0;
    for (int i = 0; i < THREADS; i++) {
        side *s = &c.sides[i];
        ck_assert_msg(s->fault == NULL, "%s", s->fault);
        for (int k = 0; k < INBOXES; k++) {
            ck_assert_uint_eq(s->takers[k].taken + s->takers[k].missing, total + 1);
            taken += s->takers[k].taken;
            missing += s->takers[k].missing;
            gaps += s->takers[k].gaps;
            upbit__inbox_detach(s->takers[k].in);
            upbit__inbox_destroy(s->takers[k].in);
        }
        upbit__waiter_unref(s->waiter);
    }
    printf("# %llu numbers delivered, %llu told as missing by %llu gaps\n",
           (unsigned long long)taken, (unsigned long long)missing, (unsigned long long)gaps);
    ck_assert_uint_gt(c.at_once, total / 4);
    upbit__pool_collect(c.pool);
    ck_assert_uint_eq(upbit__pool_bytes(c.pool), 0);
    upbit__pool_release(c.pool);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue stress many");
    TCase *t = tcase_create("many");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, every_taker_gets_every_number_or_its_gap);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
