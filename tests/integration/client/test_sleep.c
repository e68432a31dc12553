/* The machine sleeps: a jump between two clocks. The connection is made anew at once. */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "support/check_main.h"
#include "support/stream.h"

static _Atomic int64_t slept;

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

static int64_t monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return read_clock(CLOCK_BOOTTIME) + atomic_load(&slept);
}

static int64_t wall(void)
{
    return read_clock(CLOCK_REALTIME) + atomic_load(&slept);
}

static bool of_epoch(const upbit_event *e, const void *context)
{
    return e->type == UPBIT_TYPE_TICKER && e->epoch == *(const uint32_t *)context;
}

START_TEST(a_sleep_is_noticed_and_the_stream_made_anew)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    static const char *const arguments[] = {"--codes", "20", "--rate", "500", NULL};
    mock exchange;
    mock_start(&exchange, arguments);
    upbit__clock_set(&clocks);
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "sleeper", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    const upbit_event *e = stream_until(p, of_epoch, &(uint32_t){1}, 5, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    atomic_store(&slept, UPBIT__SECOND); /* too short to matter */
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_ERROR, NULL, 0.2));
    atomic_store(&slept, 600 * UPBIT__SECOND);
    e = stream_event(p, UPBIT_TYPE_ERROR, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_TIMEOUT);
    upbit_event_unref(e);
    e = stream_event(p, UPBIT_TYPE_RESTORED, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_ge(upbit_event_restored(e)->down_ms, 599000); /* its sleep was down time */
    ck_assert_uint_le(upbit_event_restored(e)->down_ms, 660000);
    upbit_event_unref(e);
    e = stream_until(p, of_epoch, &(uint32_t){2}, 5, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_eq(s.reconnects, 1);
    upbit_proxy_close(p);
    upbit_manager_release(m);
    upbit__clock_set(NULL);
    mock_stop(&exchange);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client sleep");
    TCase *tests = tcase_create("sleep");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_sleep_is_noticed_and_the_stream_made_anew);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
