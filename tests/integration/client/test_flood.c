/* In a flood the I/O thread rests before it looks again, and loses nothing by it.
 *
 * A flood without the traffic of one: the library's clock, once all is live, goes at a hundredth of
 * the pace, so that the mock's trades are that much nearer. The rest is counted on its way to the
 * loop (--wrap). */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "net/loop.h"
#include "support/check_main.h"
#include "support/stream.h"

#define SLOWER 100

static _Atomic int rests;

void __real_upbit__loop_rest(upbit__loop *loop, int64_t ns);
void __wrap_upbit__loop_rest(upbit__loop *loop, int64_t ns);

void __wrap_upbit__loop_rest(upbit__loop *loop, int64_t ns)
{
    atomic_fetch_add(&rests, 1);
    __real_upbit__loop_rest(loop, ns);
}

static _Atomic int64_t slow_since; /* 0: it goes as the machine's */

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

static int64_t monotonic(void)
{
    int64_t now = read_clock(CLOCK_MONOTONIC), since = atomic_load(&slow_since);
    return since == 0 || now < since ? now : since + (now - since) / SLOWER;
}

static int64_t wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

static const upbit__clock clock_of_the_test = {monotonic, monotonic, wall};

static bool is_trade_or_gap(const upbit_event *e, const void *unused)
{
    (void)unused;
    return e->type == UPBIT_TYPE_TRADE || e->type == UPBIT_TYPE_GAP;
}

/* The next trade; none is missing before it. */
static void take(upbit_proxy *p, uint64_t *number)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    const upbit_event *e = stream_until(p, is_trade_or_gap, NULL, 30, &d);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->type, UPBIT_TYPE_TRADE);
    ck_assert_uint_eq(d.number, ++*number);
    upbit_event_unref(e);
}

START_TEST(the_thread_rests_in_a_flood)
{
    static const char *const arguments[] = {"--codes", "10", "--rate", "5000", NULL};
    mock exchange;
    uint64_t number = 0;
    mock_start(&exchange, arguments);
    upbit__clock_set(&clock_of_the_test);
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "flood", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH,KRW-XRP", 0);
    for (int i = 0; i < 20; i++)
        take(p, &number);
    atomic_store(&slow_since, read_clock(CLOCK_MONOTONIC));
    double until = stream_now() + 60;
    while (atomic_load(&rests) < 20) {
        ck_assert_msg(stream_now() < until, "%d rests", atomic_load(&rests));
        take(p, &number);
    }
    atomic_store(&slow_since, 0);
    upbit_proxy_close(p);
    upbit_manager_release(m);
    upbit__clock_set(NULL);
    mock_stop(&exchange);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client flood");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_thread_rests_in_a_flood);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
