/* Watchdogs, and the states they make: STALE, RECONNECTING, LIVE again, RESTORED. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "puppet.h"
#include "support/check_main.h"

static puppet exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;

static void start(void (*change)(upbit_options *options))
{
    puppet_start(&exchange);
    manager = puppet_manager(&exchange, change);
    proxy = stream_proxy(manager, "watched", NULL);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0), 0);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TRADE, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
}

static void stop(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    puppet_stop(&exchange);
}

static bool has_state(const upbit_event *e, const void *context)
{
    const upbit_state_event *s = upbit_event_state(e);
    return s != NULL && s->state == *(const uint32_t *)context;
}

/* The STATE event, copied: waiting for it drops what comes before. */
static upbit_state_event expect_state(upbit_proxy *p, uint32_t state, double seconds)
{
    const upbit_event *e = stream_until(p, has_state, &state, seconds, NULL);
    ck_assert_msg(e != NULL, "never %s", upbit_state_name((int)state));
    upbit_state_event s = *upbit_event_state(e);
    upbit_event_unref(e);
    return s;
}

static upbit_restored_event expect_restored(upbit_proxy *p, double seconds)
{
    const upbit_event *e = stream_event(p, UPBIT_TYPE_RESTORED, NULL, seconds);
    ck_assert_ptr_nonnull(e);
    upbit_restored_event r = *upbit_event_restored(e);
    upbit_event_unref(e);
    return r;
}

static void expect_timeout(const char *text)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 8);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_TIMEOUT);
    ck_assert_msg(strstr(upbit_event_error(e)->message, text) != NULL, "%s",
                  upbit_event_error(e)->message);
    upbit_event_unref(e);
}

static void quick_pings(upbit_options *o)
{
    o->ping_interval_ms = 100;
    o->pong_timeout_ms = 1600;
}

/* STALE, and LIVE again by a byte. A machine that stops in between for longer than a pong may take
 * lets the connection be given up first: then it is another's LIVE, and the next one is waited for.
 */
static void expect_stale_and_a_byte(void)
{
    static const char *const codes[] = {"KRW-ETH", "KRW-XRP", "KRW-DOGE", "KRW-ADA", "KRW-SOL"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        expect_state(proxy, UPBIT_STATE_STALE, 20);
        upbit_health health;
        upbit_manager_get_health(manager, &health, sizeof health);
        int level = health.level;
        /* Requests go out all the same, and their answer is a sign of life. */
        ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes[i], 0),
                         0);
        if (expect_state(proxy, UPBIT_STATE_LIVE, 20).down_ms == 0) { /* no cut */
            ck_assert_int_eq(level, UPBIT_HEALTH_DEGRADED);
            return;
        }
    }
    ck_abort_msg("no byte ended it");
}

START_TEST(an_overdue_pong_is_stale_and_any_byte_ends_it)
{
    start(quick_pings);
    puppet_say(&exchange, deaf, true);
    expect_stale_and_a_byte();
    puppet_say(&exchange, deaf, false); /* the ping under way stays unheard */
    /* The pong never came. RECONNECTING may pass unseen, as a state does; an error does not. */
    expect_timeout("no pong");
    upbit_state_event s = expect_state(proxy, UPBIT_STATE_LIVE, 20);
    ck_assert_uint_ge(s.down_ms, 100); /* counted from the last byte, not from the giving up */
    upbit_restored_event r = expect_restored(proxy, 4);
    ck_assert_uint_ge(r.attempts, 1);
    ck_assert_uint_ge(r.times, 1); /* more, where the machine was too slow to be heard in time */
    if (r.times == 1)
        ck_assert_uint_eq(r.down_ms, s.down_ms);
    stop();
}
END_TEST

/* Whether the pong is overdue is looked at before the next ping. */
static void slow_pings(upbit_options *o)
{
    o->ping_interval_ms = 500;
    o->pong_timeout_ms = 800;
}

START_TEST(an_answered_ping_is_not_stale)
{
    start(slow_pings);
    uint32_t stale = UPBIT_STATE_STALE;
    ck_assert_ptr_null(stream_until(proxy, has_state, &stale, 1.5, NULL));
    stop();
}
END_TEST

/* The library's clock, which a test stops and moves: then a machine that stops is no silence. */
static struct {
    pthread_mutex_t mutex;
    bool stopped;
    int64_t stopped_ns; /* of the machine's clock */
    int64_t ahead_ns;   /* of the machine's clock */
} hands = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int64_t machine_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

static int64_t read_hands(clockid_t id)
{
    pthread_mutex_lock(&hands.mutex);
    int64_t now = machine_ns(id) + hands.ahead_ns;
    if (hands.stopped)
        now -= machine_ns(CLOCK_MONOTONIC) - hands.stopped_ns;
    pthread_mutex_unlock(&hands.mutex);
    return now;
}

static int64_t monotonic(void)
{
    return read_hands(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return read_hands(CLOCK_BOOTTIME);
}

static int64_t wall(void)
{
    return read_hands(CLOCK_REALTIME);
}

static void stop_clock(void)
{
    pthread_mutex_lock(&hands.mutex);
    hands.stopped = true;
    hands.stopped_ns = machine_ns(CLOCK_MONOTONIC);
    pthread_mutex_unlock(&hands.mutex);
}

static void move_clock(int64_t ms)
{
    pthread_mutex_lock(&hands.mutex);
    hands.ahead_ns += ms * UPBIT__MS;
    pthread_mutex_unlock(&hands.mutex);
}

static void let_clock_go(void)
{
    pthread_mutex_lock(&hands.mutex);
    hands.ahead_ns -= machine_ns(CLOCK_MONOTONIC) - hands.stopped_ns;
    hands.stopped = false;
    pthread_mutex_unlock(&hands.mutex);
}

static upbit_stats stats(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s;
}

static void quick_silence(upbit_options *o)
{
    o->ping_interval_ms = 200;
    o->pong_timeout_ms = 60000;
    o->silence_ms = 600;
}

START_TEST(a_connection_that_brings_no_byte_is_given_up)
{
    static const upbit__clock clock = {monotonic, boottime, wall};
    upbit__clock_set(&clock);
    start(quick_silence);
    stop_clock();
    uint64_t losses = stats().losses; /* of a machine that stopped before */
    for (int i = 0; i < 5; i++) {     /* longer than silence_ms, but pongs are bytes */
        uint64_t pongs = stats().pongs_received;
        move_clock(250);
        for (double until = stream_now() + 20; stats().pongs_received == pongs;) {
            ck_assert_msg(stream_now() < until, "no pong %d", i);
            usleep(1000);
        }
    }
    ck_assert_uint_eq(stats().losses, losses);
    puppet_say(&exchange, deaf, true);
    for (int i = 0; i < 100 && stats().losses == losses; i++) {
        move_clock(250); /* more than once: a pong may be under way */
        usleep(20000);
    }
    expect_timeout("silence");
    puppet_say(&exchange, deaf, false);
    let_clock_go();
    ck_assert_uint_gt(expect_restored(proxy, 20).times, losses);
    stop();
    upbit__clock_set(NULL);
}
END_TEST

START_TEST(a_comeback_is_told_once_to_each)
{
    start(NULL);
    upbit_proxy *sleeper = stream_proxy(manager, "sleeper", NULL);
    for (uint32_t i = 1; i <= 2; i++) {
        shutdown(atomic_load(&exchange.server.current), SHUT_RDWR);
        ck_assert_uint_eq(expect_restored(proxy, 5).times, i);
    }
    ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_RESTORED, NULL, 0.2));
    ck_assert_uint_eq(expect_restored(sleeper, 5).times, 2); /* it slept: the last, and how many */
    ck_assert_ptr_null(stream_event(sleeper, UPBIT_TYPE_RESTORED, NULL, 0.2));
    upbit_proxy *late = stream_proxy(manager, "late", NULL);
    ck_assert_uint_eq(expect_state(late, UPBIT_STATE_LIVE, 5).down_ms, 0); /* not its cut */
    ck_assert_ptr_null(stream_event(late, UPBIT_TYPE_RESTORED, NULL, 0.2));
    upbit_proxy_close(late);
    upbit_proxy_close(sleeper);
    stop();
}
END_TEST

static void trades_soon(upbit_options *o)
{
    o->trade_stale_ms = 200;
    o->stale_ms = 60000;
}

START_TEST(data_ages_by_its_type)
{
    start(trades_soon);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0),
                     0);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_STALE, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(upbit_event_key(e)->key_type, UPBIT_TYPE_TRADE);
    upbit_event_unref(e);
    ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_STALE, NULL, 0.6));
    stop();
}
END_TEST

/* Accepts the upgrade and reads nothing more. */
static void serve_and_ignore(peer *p, void *context)
{
    atomic_int *release = context;
    if (!peer_upgrade(p))
        return;
    for (int i = 0; i < 1000 && atomic_load(release) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

START_TEST(a_socket_that_takes_nothing_is_given_up)
{
    enum { CODES = 1000, WANTS = 12 };
    static char texts[CODES][24];
    static const char *codes[CODES];
    atomic_int release = 0;
    puppet_start(&exchange);
    server_stop(&exchange.server);
    server_start(&exchange.server, NULL, serve_and_ignore, &release);
    int small = 4096, segment = 536; /* keeps the other side's buffer small, too */
    setsockopt(exchange.server.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(exchange.server.listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    snprintf(exchange.address.url, sizeof exchange.address.url, "ws://127.0.0.1:%d/websocket/v1",
             exchange.server.port);
    manager = puppet_manager(&exchange, NULL);
    proxy = stream_proxy(manager, "watched", NULL);
    for (int w = 0; w < WANTS; w++) {
        for (int i = 0; i < CODES; i++) {
            snprintf(texts[i], sizeof texts[i], "KRW-AAAAAAAAAAAA%03d%04d", w, i);
            codes[i] = texts[i];
        }
        upbit_want want = UPBIT_WANT_INIT;
        want.type = UPBIT_TYPE_TRADE;
        want.codes = codes;
        want.code_count = CODES;
        ck_assert_int_eq(upbit_proxy_subscribe(proxy, &want, 0), 0);
    }
    expect_timeout("socket takes nothing");
    atomic_store(&release, 1);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client watch");
    TCase *tests = tcase_create("watch");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_overdue_pong_is_stale_and_any_byte_ends_it);
    tcase_add_test(tests, an_answered_ping_is_not_stale);
    tcase_add_test(tests, a_connection_that_brings_no_byte_is_given_up);
    tcase_add_test(tests, a_comeback_is_told_once_to_each);
    tcase_add_test(tests, data_ages_by_its_type);
    tcase_add_test(tests, a_socket_that_takes_nothing_is_given_up);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
