/* A cut and its back-fill without memory: each allocation of a scene fails in turn, alone and with
 * those behind it, and then all of them from one on. What a consumer lacks is told in every one of
 * these runs: it lies in a hole of unknown size, or its number is in a GAP. */
#include "backfill_rig.h"
#include "client/backfill_rest.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context);
uint32_t __wrap_upbit__ask_cancel(upbit__ask *ask);

/* ---- memory ---- */

static bool armed; /* what is allocated now is the library's */
static unsigned allocations, fail_from, fail_until;

static bool fails(void)
{
    if (!armed)
        return false;
    allocations++;
    return allocations >= fail_from && allocations < fail_until;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

/* ---- REST ---- */

enum { OLDEST = 1, FIRST = 100, MOST = 800 };

static struct {
    void (*done)(void *context, const upbit__rest_result *result); /* NULL: nothing is asked */
    void *context;
    long long cursor;
} question;
static upbit__backfill_rest rest;

int __wrap_upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context)
{
    (void)a, (void)group, (void)priority, (void)timeout_ms;
    if (question.done != NULL)
        abort(); /* Check's own words would need memory */
    const char *cursor = strstr(path, "cursor=");
    question.done = done;
    question.context = context;
    question.cursor = cursor != NULL ? strtoll(cursor + 7, NULL, 10) : 0;
    *out = NULL;
    return 0;
}

uint32_t __wrap_upbit__ask_cancel(upbit__ask *ask)
{
    (void)ask;
    question.done = NULL;
    return 0;
}

static void answer_with(int http_status, const char *body)
{
    void (*done)(void *, const upbit__rest_result *) = question.done;
    const upbit__rest_result result = {
        .http_status = http_status, .body = body, .length = strlen(body), .reason = ""};
    question.done = NULL;
    armed = true;
    done(question.context, &result);
    upbit__batch_commit(&batch);
    armed = false;
}

/* Every question, as long as there are any. REST knows no trade newer than that. */
static void serve(long long newest)
{
    static char body[FULL * 250];
    while (question.done != NULL) {
        long long id = question.cursor != 0 ? question.cursor - 1 : newest;
        size_t n = (size_t)snprintf(body, sizeof body, "[");
        for (int row = 0; row < FULL && id >= OLDEST; row++, id--)
            n += (size_t)snprintf(body + n, sizeof body - n,
                                  "%s{\"market\":\"KRW-BTC\",\"timestamp\":%lld,\"trade_price\":1,"
                                  "\"trade_volume\":2,\"prev_closing_price\":1,\"change_price\":0,"
                                  "\"ask_bid\":\"ASK\",\"sequential_id\":%lld}",
                                  row > 0 ? "," : "", BASE + id * step, id);
        snprintf(body + n, sizeof body - n, "]");
        answer_with(200, body);
    }
}

/* ---- the stream ---- */

static void refused(void *context, const upbit_event *e)
{
    (void)context;
    upbit__fanout_refused(&fanout, e);
}

static void bring(const char *text)
{
    const upbit__decode_output out = {.allocate = allocate, .event = streamed, .refused = refused};
    char why[160] = "";
    armed = true;
    int error = upbit__decode(decoder, text, strlen(text), &out, why, sizeof why);
    upbit__batch_commit(&batch);
    armed = false;
    ck_assert_msg(error >= 0, "%s", why);
}

static void trades(long long from, long long to)
{
    for (; from <= to; from++)
        bring(message("KRW-BTC", from, "REALTIME"));
}

static void shown(long long id)
{
    bring(message("KRW-BTC", id, "SNAPSHOT"));
}

static void wait_ms(int64_t ms)
{
    armed = true;
    pass_ms(ms);
    armed = false;
}

static void cut(void)
{
    armed = true;
    lose();
    armed = false;
    connect();
}

/* ---- what a consumer has got ---- */

typedef struct reader {
    side *side;
    uint64_t number, counted; /* by GAPs that say how many */
    unsigned holes;           /* told */
    int64_t last;             /* id, of what came by the stream */
    bool has[MOST], told[MOST];
} reader;

static reader readers[2];

static void read_gap(reader *r, const upbit_gap *gap, uint64_t number)
{
    if (gap->count > 0) {
        ck_assert_uint_eq(gap->first, r->number + 1);
        ck_assert_uint_eq(gap->last, r->number + gap->count);
        r->number = gap->last;
        r->counted += gap->count;
        return;
    }
    ck_assert_uint_eq(number, r->number + 1);
    r->number = number;
    r->holes++;
    for (int64_t id = 0; id < MOST; id++)
        if (BASE + id * step > gap->after_ms && BASE + id * step < gap->before_ms)
            r->told[id] = true;
}

static void read_all(reader *r)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit__inbox_next(r->side->client.inbox, &d) == 1) {
        const upbit_trade *t = upbit_event_trade(d.event);
        if (upbit_event_gap(d.event) != NULL) {
            read_gap(r, upbit_event_gap(d.event), d.number);
        } else if (t != NULL) {
            int64_t id = t->sequential_id;
            ck_assert_uint_eq(d.number, r->number + 1);
            r->number = d.number;
            ck_assert_int_lt(id, MOST);
            ck_assert_msg(!r->has[id], "trade %d twice", (int)id);
            if (d.event->origin != UPBIT_ORIGIN_BACKFILL) {
                ck_assert_int_gt(id, r->last);
                r->last = id;
            }
            r->has[id] = true;
        }
        upbit_event_unref(d.event);
    }
}

static void read_both(void)
{
    for (int i = 0; i < 2; i++)
        read_all(&readers[i]);
}

/* A hole whose own GAP found no memory is told by its number. */
static void judge(const reader *r, long long last)
{
    uint64_t lacking = 0;
    for (long long id = FIRST; id <= last; id++)
        lacking += !r->has[id] && !r->told[id];
    bool by_number = counters.holes_told > r->holes && r->counted > 0;
    ck_assert_msg(lacking <= r->counted || by_number,
                  "without %u allocations from %u on %llu trades are missing and %llu are told",
                  fail_until - fail_from, fail_from, (unsigned long long)lacking,
                  (unsigned long long)r->counted);
}

/* ---- the scenes; each returns the last trade there was ---- */

static long long one_page(void)
{
    cut();
    shown(109);
    trades(110, 110);
    wait_ms(100);
    trades(111, 112);
    serve(111);
    return 112;
}

static long long rest_lags(void)
{
    cut();
    trades(110, 110);
    wait_ms(100);
    serve(107);
    trades(111, 111);
    wait_ms(200);
    serve(111);
    return 111;
}

static long long two_pages(void)
{
    step = 1;
    cut();
    shown(700);
    wait_ms(100);
    serve(700);
    return 700;
}

static long long a_second_cut(void)
{
    cut();
    shown(109);
    wait_ms(100);
    trades(110, 110);
    cut();
    shown(115);
    trades(116, 116);
    serve(116);
    wait_ms(100);
    serve(116);
    return 116;
}

static long long a_second_cut_that_missed_nothing(void)
{
    cut();
    shown(109);
    trades(110, 110);
    cut();
    shown(110);
    wait_ms(100);
    trades(111, 111);
    serve(111);
    return 111;
}

static long long no_answer(void)
{
    cut();
    shown(109);
    wait_ms(100);
    if (question.done != NULL)
        answer_with(500, "");
    trades(110, 110);
    return 110;
}

static long long many_wait(void)
{
    cut();
    shown(109);
    wait_ms(100);
    trades(110, 145);
    serve(130);
    return 145;
}

static long long room_for_few(void)
{
    cut();
    shown(150);
    wait_ms(100);
    trades(151, 160);
    serve(155);
    return 160;
}

/* ---- */

typedef struct scene {
    const char *name;
    long long (*play)(void);
    uint32_t room; /* events in a lane; 0: enough */
    unsigned every;
} scene;

static const scene scenes[] = {
    {"one page", one_page, 0, 1},
    {"REST lags", rest_lags, 0, 1},
    {"two pages", two_pages, 0, 149},
    {"a second cut", a_second_cut, 0, 1},
    {"a second cut that missed nothing", a_second_cut_that_missed_nothing, 0, 1},
    {"no answer", no_answer, 0, 1},
    {"many wait", many_wait, 0, 1},
    {"room for few", room_for_few, 8, 1},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

/* Returns how many allocations there were. */
static unsigned play(const scene *s, unsigned from, unsigned count)
{
    static const int policies[2] = {UPBIT_POLICY_LOSSLESS, UPBIT_POLICY_DROP_OLDEST};
    question.done = NULL;
    fail_from = fail_until = 0;
    begin_with(&upbit__backfill_from_rest, &rest);
    upbit__backfill_rest_init(&rest, NULL, pool, decoder, &quiet_log);
    memset(readers, 0, sizeof readers);
    for (int i = 0; i < 2; i++) {
        upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
        options.policy = policies[i];
        options.queue_messages = s->room;
        readers[i].side = side_open_with(&options);
        want(readers[i].side, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    }
    sent();
    if (s->play == two_pages)
        step = 1;
    for (int id = FIRST; id < FIRST + 3; id++)
        bring(message("KRW-BTC", id, "REALTIME")); /* not read: no block comes back */
    allocations = 0;
    fail_from = from;
    fail_until = count < UINT32_MAX - from ? from + count : UINT32_MAX;
    long long last = s->play();
    unsigned counted = allocations;
    fail_from = fail_until = 0; /* there is memory again */
    read_both();
    wait_ms(3000);
    trades(last + 1, last + 1); /* a cut that nothing was heard of since is known by it */
    wait_ms(100);
    serve(last + 1);
    for (int i = 2; i <= 3; i++) {
        trades(last + i, last + i);
        read_both();
    }
    ck_assert(question.done == NULL);
    fail_from = from;
    fail_until = from + count;
    for (int i = 0; i < 2; i++) {
        judge(&readers[i], last + 3);
        side_close(readers[i].side);
    }
    end();
    return counted;
}

START_TEST(what_is_missing_is_told)
{
    /* In a row; the last is all there are. More than one from every third on: they overlap. */
    static const unsigned in_a_row[] = {1, 3, 20, UINT32_MAX / 2};
    const scene *s = &scenes[_i];
    unsigned all = play(s, 0, 0);
    ck_assert_uint_gt(all, 0);
    for (unsigned k = 0; k < sizeof in_a_row / sizeof *in_a_row; k++)
        for (unsigned i = 1 + k; i <= all; i += k == 0 ? s->every : 3 * s->every)
            play(s, i, in_a_row[k]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client backfill memory");
    TCase *t = tcase_create("memory");
    tcase_add_loop_test(t, what_is_missing_is_told, 0, SCENES);
    tcase_set_timeout(t, 120);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
