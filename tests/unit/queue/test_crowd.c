/* What goes to a crowd is what would have gone to each: the same random doings in two worlds, one
 * that pushes to all takers at once where it may, one that never does. */
#include "queue/inbox_struct.h"
#include "rig.h"
#include "support/check_main.h"

enum { INBOXES = 6, LISTS = 5, STEPS = 4000, RUNS = 60, LOG = 1 << 16 };

typedef struct list {
    upbit__taker takers[INBOXES];
    uint32_t count;
    uint64_t known;
} list;

typedef struct world {
    rig r; /* its inbox is left alone */
    upbit__inbox *in[INBOXES];
    upbit__cell *cell[INBOXES];
    list lists[LISTS];
    uint32_t policy, messages;
    int closed; /* one more than which of them is; 0: none */
    uint64_t at_once;
    char *log[INBOXES];
    size_t length[INBOXES];
    uint32_t epoch;
    int64_t value;
} world;

static uint64_t state;

static unsigned any_of(unsigned n)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(state >> 33) % n;
}

/* All in order, all the other way round, all but one or another, and three: too few for a crowd. */
static void make_lists(world *w)
{
    static const int who[LISTS][INBOXES] = {{0, 1, 2, 3, 4, 5},
                                            {5, 4, 3, 2, 1, 0},
                                            {0, 1, 2, 3, 4, -1},
                                            {1, 2, 3, 4, 5, -1},
                                            {1, 2, 3, -1, -1, -1}};
    for (int k = 0; k < LISTS; k++) {
        list *l = &w->lists[k];
        l->known = 0;
        for (l->count = 0; l->count < INBOXES && who[k][l->count] >= 0; l->count++)
            l->takers[l->count] = (upbit__taker){w->in[who[k][l->count]], NULL};
    }
}

static void open_inbox(world *w, int i)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = (int)w->policy;
    o.queue_messages = w->messages;
    o.queue_bytes = 16 * 1024;
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, &o), 0);
    config.batch = &w->r.batch;
    config.waiter = w->r.waiter;
    config.owner = &w->log[i];
    ck_assert_int_eq(upbit__inbox_create(&w->in[i], &config), 0);
    ck_assert_ptr_nonnull(w->cell[i] = upbit__inbox_cell(w->in[i]));
}

static void open_world(world *w, uint32_t policy, uint32_t messages)
{
    memset(w, 0, sizeof *w);
    rig_open_budget(&w->r, NULL, 96 * 1024);
    w->policy = policy;
    w->messages = messages;
    w->epoch = 1;
    for (int i = 0; i < INBOXES; i++) {
        ck_assert_ptr_nonnull(w->log[i] = malloc(LOG));
        open_inbox(w, i);
    }
    make_lists(w);
}

static void note(world *w, int i, const upbit_delivery *d)
{
    if (w->length[i] > LOG - 256)
        w->length[i] = 0; /* both worlds begin anew at the same place */
    describe(d, w->log[i] + w->length[i], LOG - w->length[i]);
    w->length[i] += strlen(w->log[i] + w->length[i]);
    upbit_event_unref(d->event);
}

static void take(world *w, int i, unsigned most)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (; most > 0 && upbit__inbox_take(w->in[i], &d) > 0; most--)
        note(w, i, &d);
}

static void take_everything(world *w)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    while (upbit__waiter_take(w->r.waiter, &owner, &d) > 0)
        note(w, (int)((char **)owner - w->log), &d);
}

/* NULL: there is no room, and the takers' numbers are used up. */
static upbit_event *make(world *w, int type, size_t size)
{
    upbit_event *e = upbit__pool_allocate(w->r.pool, size);
    if (e == NULL && upbit__batch_shed(&w->r.batch, size))
        e = upbit__pool_allocate(w->r.pool, size);
    w->value++;
    if (e == NULL)
        return NULL;
    e->type = (uint16_t)type;
    e->epoch = w->epoch;
    e->exchange_ms = w->value;
    return e;
}

static upbit_event *of_control(int type)
{
    upbit_event *e = upbit__event_allocate(sizeof *e);
    ck_assert_ptr_nonnull(e);
    e->type = (uint16_t)type;
    return e;
}

static void push_to_list(world *w, list *l, int type, size_t size, int at_once)
{
    upbit_event *e = make(w, type, size);
    if (e != NULL)
        upbit__event_set_refs(e, l->count);
    if (e != NULL && at_once && upbit__crowd_push(&w->r.batch, l->takers, l->count, &l->known, e)) {
        w->at_once++;
        return;
    }
    for (uint32_t i = 0; i < l->count; i++)
        if (e != NULL)
            upbit__inbox_push(l->takers[i].inbox, e);
        else
            upbit__inbox_skip(l->takers[i].inbox, type);
}

/* Given up by both sides, and another in its place. */
static void replace(world *w, int i)
{
    upbit__inbox_destroy(w->in[i]);
    take(w, i, 1 << 20);
    upbit__inbox_detach(w->in[i]);
    open_inbox(w, i);
    make_lists(w);
}

/* One thing of many; what it is comes from `state`, the same for both worlds. */
static void act(world *w, int at_once)
{
    static const int types[] = {UPBIT_TYPE_TRADE, UPBIT_TYPE_TRADE, UPBIT_TYPE_ANNOUNCEMENT,
                                UPBIT_TYPE_CANDLE, UPBIT_TYPE_MY_ORDER};
    unsigned what = any_of(1000), i = any_of(INBOXES);
    int type = types[any_of(5)];
    size_t size = sizeof(upbit_event) + any_of(700);
    if (what < 600) {
        push_to_list(w, &w->lists[any_of(10) < 8 ? 0 : any_of(LISTS)], type, size, at_once);
    } else if (what < 660) {
        upbit_event *e = make(w, type, size);
        if (e != NULL)
            upbit__inbox_push(w->in[i], e);
    } else if (what < 680) {
        upbit__inbox_skip(w->in[i], type);
    } else if (what < 700 && upbit__inbox_promise(w->in[i]) == 0) {
        upbit__inbox_reply(w->in[i], of_control(UPBIT_TYPE_REPLY), what, UPBIT__LANES_ALL);
    } else if (what < 720) {
        upbit_event *e = make(w, UPBIT_TYPE_ORDERBOOK, size);
        if (e != NULL)
            upbit__inbox_put(w->in[i], w->cell[i], e);
    } else if (what < 850) {
        int rang = upbit__batch_commit(&w->r.batch);
        ck_assert(rang == 0 || readable(upbit__waiter_fd(w->r.waiter)));
    } else if (what < 960) {
        take(w, (int)i, any_of(30));
    } else if (what < 970) {
        upbit__inbox_commit(w->in[i]);
    } else if (what < 980) {
        upbit__batch_unstage(&w->r.batch);
    } else if (what < 983) {
        w->epoch++;
    } else if (what < 987) {
        replace(w, w->closed > 0 ? w->closed - 1 : (int)i);
        w->closed = 0;
    } else if (what < 988 && w->closed == 0) {
        upbit__inbox_closed(w->in[i], of_control(UPBIT_TYPE_CLOSED));
        w->closed = (int)i + 1;
    } else if (what < 990) {
        take_everything(w);
    } else {
        (void)upbit__inbox_spare(w->in[i], type);
    }
}

static void compare(world *a, world *b)
{
    for (int i = 0; i < INBOXES; i++) {
        upbit_proxy_stats x, y;
        upbit__inbox_stats(a->in[i], &x);
        upbit__inbox_stats(b->in[i], &y);
        ck_assert_str_eq(a->log[i], b->log[i]);
        ck_assert_uint_eq(x.delivered, y.delivered);
        ck_assert_uint_eq(x.dropped, y.dropped);
        ck_assert_uint_eq(x.queued, y.queued);
        ck_assert_uint_eq(x.gaps, y.gaps);
        ck_assert_uint_eq(x.queued_peak, y.queued_peak);
    }
    upbit__batch_unstage(&a->r.batch);
    upbit__batch_unstage(&b->r.batch);
    ck_assert_uint_eq(a->r.batch.delivered, b->r.batch.delivered);
    ck_assert_uint_eq(a->r.batch.dropped, b->r.batch.dropped);
}

static void close_world(world *w)
{
    for (int i = 0; i < INBOXES; i++) {
        upbit__inbox_detach(w->in[i]);
        upbit__inbox_destroy(w->in[i]);
        free(w->log[i]);
    }
    rig_close(&w->r);
}

static void run(uint64_t seed, uint32_t policy, uint32_t messages)
{
    world w[2]; /* at once, each */
    for (int side = 0; side < 2; side++) {
        open_world(&w[side], policy, messages);
        state = seed;
        for (int i = 0; i < STEPS; i++)
            act(&w[side], side == 0);
        upbit__batch_commit(&w[side].r.batch);
        take_everything(&w[side]);
    }
    compare(&w[0], &w[1]);
    ck_assert_uint_gt(w[0].at_once, STEPS / 20); /* and not by never doing it */
    for (int side = 0; side < 2; side++)
        close_world(&w[side]);
}

START_TEST(what_goes_to_all_is_what_would_have_gone_to_each)
{
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run(seed, seed % 3 == 0 ? UPBIT_POLICY_DEFAULT : UPBIT_POLICY_DROP_OLDEST,
            seed % 2 == 0 ? 4 : 128);
}
END_TEST

START_TEST(a_commit_shows_it_and_wakes_once)
{
    world w;
    open_world(&w, UPBIT_POLICY_DEFAULT, 64);
    for (int n = 0; n < 3; n++) { /* the first opens the lanes, the second finds them open */
        for (int k = 0; k < 100; k++)
            push_to_list(&w, &w.lists[0], UPBIT_TYPE_TRADE, sizeof(upbit_event), 1);
        for (int i = 0; i < INBOXES; i++) {
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            ck_assert_int_eq(upbit__inbox_take(w.in[i], &d), 0);
        }
        ck_assert(!readable(upbit__waiter_fd(w.r.waiter)));
        ck_assert_int_eq(upbit__batch_commit(&w.r.batch), 1);
        ck_assert_int_eq(upbit__batch_commit(&w.r.batch), 0);
        take_everything(&w);
        for (int i = 0; i < INBOXES; i++) { /* of a hundred the last 64, and 36 are missing */
            upbit_proxy_stats s;
            upbit__inbox_stats(w.in[i], &s);
            ck_assert_uint_eq(s.delivered, (uint64_t)(n + 1) * 64);
            ck_assert_uint_eq(s.dropped, (uint64_t)(n + 1) * 36);
            ck_assert_uint_eq(s.gaps, (uint64_t)(n + 1));
        }
        ck_assert(!readable(upbit__waiter_fd(w.r.waiter)));
    }
    ck_assert_uint_eq(w.at_once, 299);
    close_world(&w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue crowd");
    TCase *t = tcase_create("crowd");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_goes_to_all_is_what_would_have_gone_to_each);
    tcase_add_test(t, a_commit_shows_it_and_wakes_once);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
