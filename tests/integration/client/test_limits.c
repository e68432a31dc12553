/* The exchange's limits on connections, as managers of one process keep them together. */
#include <string.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/stream.h"
#include "support/transport.h"

#define MANAGERS 6

static mock exchange;
static upbit_manager *managers[MANAGERS];
static upbit_proxy *proxies[MANAGERS];

static void open_one(int i, void (*change)(upbit_options *options))
{
    managers[i] = stream_manager(&exchange, change);
    proxies[i] = stream_proxy(managers[i], "limits", NULL);
    stream_want(proxies[i], upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 1);
}

static void close_all(void)
{
    for (int i = 0; i < MANAGERS && managers[i] != NULL; i++) {
        upbit_proxy_close(proxies[i]);
        upbit_manager_release(managers[i]);
        managers[i] = NULL;
    }
    mock_stop(&exchange);
}

static uint64_t stat_of(int i, size_t offset)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(managers[i], &s, sizeof s), 0);
    uint64_t value;
    memcpy(&value, (const char *)&s + offset, sizeof value);
    return value;
}

static void all(upbit_options *o)
{
    o->limit_strategy = UPBIT_LIMIT_AGGRESSIVE;
}

static void half(upbit_options *o)
{
    o->limit_strategy = UPBIT_LIMIT_CONSERVATIVE;
}

/* Five a second for all of them together; two when one of them is modest. */
START_TEST(managers_share_the_connects)
{
    static const struct {
        void (*first)(upbit_options *options);
        int at_once;
    } rows[] = {{all, 5}, {NULL, 4}, {half, 2}};
    const int at_once = rows[_i].at_once;
    mock_start(&exchange, (const char *const[]){"--rate", "0", NULL});
    double start = stream_now();
    open_one(0, rows[_i].first);
    for (int i = 1; i <= at_once; i++)
        open_one(i, all);
    uint64_t waited = 0, ms = 0;
    for (int i = 0; i <= at_once; i++) {
        ck_assert(stream_is_live(proxies[i], 10));
        waited += stat_of(i, offsetof(upbit_stats, limit_waits));
        ms += stat_of(i, offsetof(upbit_stats, limit_wait_ms));
    }
    ck_assert_uint_ge(waited, 1);
    ck_assert_uint_le(waited,
                      (uint64_t)at_once + 1); /* once each, however often it was looked at */
    ck_assert_uint_ge(ms, waited);
    ck_assert_msg(stream_now() - start >= 1.1, "%.3f s", stream_now() - start);
    ck_assert_int_eq(mock_stat(&exchange, "websockets"), at_once + 1);
    close_all();
}
END_TEST

static bool waits(const upbit_event *e, const void *context)
{
    const upbit_state_event *s = upbit_event_state(e);
    (void)context;
    return s != NULL && s->state == UPBIT_STATE_RECONNECTING;
}

/* One is told to go away, and how long; the others hear of it. */
START_TEST(a_block_is_everybodys)
{
    mock_start(&exchange, (const char *const[]){"--rate", "0", NULL});
    const char *refuse = test_transport_sees_bodies()
                             ? "/mock/refuse?count=1&status=418"
                             : "/mock/refuse?count=1&status=418&retry_after=2";
    ck_assert_int_eq(mock_call(&exchange, "POST", refuse,
                               "{\"error\":{\"name\":418,\"message\":\"blocked for 2 seconds\"}}"),
                     200);
    double start = stream_now();
    open_one(0, NULL);
    const upbit_event *e = stream_until(proxies[0], waits, NULL, 5, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_ge(upbit_event_state(e)->delay_ms, 2000);
    upbit_event_unref(e);
    open_one(1, NULL);
    e = stream_until(proxies[1], waits, NULL, 5, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_gt(upbit_event_state(e)->delay_ms, 500);
    upbit_event_unref(e);
    /* Not by REST either: the market list is not asked for, and codes pass without it. */
    ck_assert_int_eq(stream_reply(proxies[1], 1, 5), 0);
    ck_assert_uint_eq(stat_of(1, offsetof(upbit_stats, rest_requests)), 0);
    ck_assert(stream_is_live(proxies[0], 10));
    ck_assert(stream_is_live(proxies[1], 10));
    ck_assert_msg(stream_now() - start >= 2, "%.3f s", stream_now() - start);
    close_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client limits");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, managers_share_the_connects, 0, 3);
    tcase_add_test(t, a_block_is_everybodys);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
