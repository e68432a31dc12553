/* Scenarios 15 and 16: ten thousand lives of widgets, a day of data, and ends at any moment. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"
#include "support/check_main.h"

/* Sanitizers keep what was freed for a while: there only the library's own counters are looked at.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RSS_IS_OURS false
#else
#define RSS_IS_OURS true
#endif

static int entries_of(const char *directory)
{
    DIR *d = opendir(directory);
    ck_assert_ptr_nonnull(d);
    int count = 0;
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

/* What the I/O thread let go of in its last turn is closed at the end of that turn: a moment after
 * its counters said so. */
static void until_descriptors(int count)
{
    int now;
    for (double end = stream_now() + 10; (now = entries_of("/proc/self/fd")) != count;
         poll(NULL, 0, 5))
        ck_assert_msg(stream_now() < end, "%d descriptors, not %d", now, count);
}

static long rss_kib(void)
{
    char line[128];
    long kib = -1;
    FILE *f = fopen("/proc/self/status", "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f) != NULL)
        sscanf(line, "VmRSS: %ld", &kib);
    fclose(f);
    return kib;
}

static void drain(upbit_proxy *p, uint64_t *taken)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit_proxy_next(p, &d) == 1) {
        *taken += d.event->type <= UPBIT_TYPE_RAW;
        upbit_event_unref(d.event);
    }
}

/* Until only `steady` is left on the other side too. */
static void settle(upbit_proxy *steady, uint64_t *taken)
{
    upbit_stats s;
    for (double end = stream_now() + 30; drain(steady, taken), s = stage_stats(), s.proxies > 1;
         poll(NULL, 0, 5))
        ck_assert_double_lt(stream_now(), end);
    ck_assert_uint_eq(s.keys, 3);
}

START_TEST(scenario_15_churn)
{
    enum { WARM = 2000, ALL = 12000 };
    static const char *const arguments[] = {"--codes", "30", "--rate", "200", NULL};
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK};
    stage_open(arguments, NULL);
    upbit_proxy *steady = stream_proxy(manager, "steady", NULL);
    uint64_t taken = 0;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_want(steady, upbit_proxy_subscribe, types[i], "KRW-BTC", 0), 0);
        const upbit_event *e = stream_event(steady, types[i], "KRW-BTC", 25);
        ck_assert_ptr_nonnull(e);
        upbit_event_unref(e);
    }
    int descriptors = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task");
    uint64_t memory = 0;
    long rss = 0;
    for (int i = 0; i < ALL; i++) {
        char id[24];
        snprintf(id, sizeof id, "widget_%d", i);
        upbit_proxy *p = stream_proxy(manager, id, NULL);
        int type = types[i % 3];
        ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, type, "KRW-BTC", 0), 0);
        if (i % 20 == 0) { /* some live long enough to see something */
            const upbit_event *e = stream_event(p, type, "KRW-BTC", 25);
            ck_assert_msg(e != NULL, "widget %d got nothing", i);
            upbit_event_unref(e);
            drain(steady, &taken);
        }
        upbit_proxy_close(p);
        if (i + 1 == WARM) {
            settle(steady, &taken);
            memory = stage_stats().memory_bytes;
            rss = rss_kib();
        }
    }
    settle(steady, &taken);
    ck_assert_uint_gt(taken, 0);
    until_descriptors(descriptors);
    ck_assert_int_eq(entries_of("/proc/self/task"), threads);
    /* Steady's own three values and what is being delivered come and go. */
    ck_assert_uint_le(stage_stats().memory_bytes, memory + 64 * 1024);
    if (RSS_IS_OURS) /* 100 bytes a widget would be seen */
        ck_assert_int_le(rss_kib(), rss + 1000);
    ck_assert_uint_eq(stage_stats().connects, 1);
    upbit_proxy_close(steady);
    stage_close();
}
END_TEST

/* A day of a market that says something every 1.44 s: 60,000 messages, 1,440 candles of a minute.
 */
enum { DAY = 60000, STEP_MS = 1440 };
#define DAY_BEGIN 1785283200000LL

static void write_day(FILE *f)
{
    for (int i = 0; i < DAY; i++) {
        long long ms = DAY_BEGIN + (long long)i * STEP_MS, price = 100000000 + i % 977 * 1000;
        int second = i * 36 / 25, hour = second / 3600, minute = second / 60 % 60;
        switch (i % 4) {
        case 0:
            fprintf(f,
                    "{\"ty\":\"ticker\",\"cd\":\"KRW-BTC\",\"op\":1E8,\"hp\":1.2E8,\"lp\":9E7,"
                    "\"tp\":%lld,\"pcp\":1E8,\"atp\":%d.5,\"c\":\"RISE\",\"cp\":0,\"scp\":0,"
                    "\"cr\":0,\"scr\":0,\"ab\":\"BID\",\"tv\":0.1,\"atv\":%d.25,"
                    "\"tdt\":\"20260729\",\"ttm\":\"%02d%02d%02d\",\"ttms\":%lld,\"aav\":1,"
                    "\"abv\":2,\"h52wp\":1.3E8,\"h52wdt\":\"2026-01-01\",\"l52wp\":5E7,"
                    "\"l52wdt\":\"2025-10-01\",\"ms\":\"ACTIVE\",\"its\":false,\"dd\":null,"
                    "\"mw\":\"NONE\",\"tms\":%lld,\"atp24h\":1,\"atv24h\":1,\"st\":\"REALTIME\"}\n",
                    price, i + 1, i + 1, hour, minute, second % 60, ms, ms + 20);
            break;
        case 1:
            fprintf(f,
                    "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\",\"tms\":%lld,\"td\":\"2026-07-29\","
                    "\"ttm\":\"%02d:%02d:%02d\",\"ttms\":%lld,\"tp\":%lld,\"tv\":0.001,"
                    "\"ab\":\"ASK\",\"pcp\":1E8,\"c\":\"RISE\",\"cp\":0,\"sid\":%lld0000,"
                    "\"bap\":1,\"bas\":1,\"bbp\":1,\"bbs\":1,\"st\":\"REALTIME\"}\n",
                    ms + 20, hour, minute, second % 60, ms, price, ms);
            break;
        case 2:
            fprintf(f,
                    "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"tms\":%lld,\"tas\":3.5,\"tbs\":2,"
                    "\"obu\":[{\"ap\":%lld,\"bp\":%lld,\"as\":1.5,\"bs\":1},{\"ap\":%lld,"
                    "\"bp\":%lld,\"as\":2,\"bs\":1}],\"st\":\"REALTIME\",\"lv\":0}\n",
                    ms, price, price - 1000, price + 1000, price - 2000);
            break;
        default:
            fprintf(f,
                    "{\"ty\":\"candle.1m\",\"cd\":\"KRW-BTC\","
                    "\"cdttmu\":\"2026-07-29T%02d:%02d:00\",\"cdttmk\":\"2026-07-29T%02d:%02d:00\","
                    "\"op\":1E8,\"hp\":1.2E8,\"lp\":9E7,\"tp\":%lld,\"catv\":%d.5,\"catp\":%d,"
                    "\"tms\":%lld,\"st\":\"REALTIME\"}\n",
                    hour, minute, (hour + 9) % 24, minute, price, i, i, ms);
        }
    }
}

START_TEST(scenario_15_a_day_at_speed)
{
    char path[] = "/tmp/upbit-day-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    ck_assert_ptr_nonnull(f);
    write_day(f);
    ck_assert_int_eq(fclose(f), 0);
    const char *const arguments[] = {"--replay", path, "--replay-speed", "0", NULL};
    stage_open(arguments, NULL);
    unlink(path);
    upbit_proxy *p = stream_proxy(manager, "day", NULL);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, type, "KRW-BTC", 0), 0);
    upbit_want candle = UPBIT_WANT_INIT;
    candle.type = UPBIT_TYPE_CANDLE;
    candle.candle_unit = UPBIT_CANDLE_1M;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, candle, "KRW-BTC", 0), 0);
    long rss = 0;
    uint64_t taken = 0;
    for (double end = stream_now() + 60; stage_stats().messages_received < DAY;) {
        ck_assert_double_lt(stream_now(), end);
        poll(&(struct pollfd){upbit_proxy_fd(p), POLLIN, 0}, 1, 20);
        drain(p, &taken);
        if (rss == 0 && stage_stats().messages_received > DAY / 4)
            rss = rss_kib();
    }
    upbit_stats s = stage_stats();
    ck_assert_uint_eq(s.decode_errors, 0);
    ck_assert_uint_eq(s.events_decoded, DAY);
    ck_assert_uint_eq(s.events_unwanted + s.events_repeated, 0);
    /* Two lanes of 1,024 events each; the day is 30 MB. */
    ck_assert_uint_le(s.memory_peak_bytes, 4 * 1024 * 1024);
    if (RSS_IS_OURS)
        ck_assert_int_le(rss_kib(), rss + 4096);
    upbit_proxy_close(p);
    stage_close();
}
END_TEST

/* Whoever waits for one of these in place of being told to stop is seen. */
static char elsewhere[64];

static void patient(upbit_options *o)
{
    if (elsewhere[0] != '\0')
        o->url = elsewhere;
    o->connect_timeout_ms = o->upgrade_timeout_ms = 60000;
    o->ping_interval_ms = o->pong_timeout_ms = 60000;
}

static void hesitant(upbit_options *o)
{
    patient(o);
    o->backoff_first_ms = 3600000;
}

/* A port whose connects hang (nobody accepts, the backlog is full), or whose peers say nothing. */
static int deaf_port(bool full, int fillers[4])
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(fd, full ? 0 : 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    for (int i = 0; i < 4; i++) {
        fillers[i] = full ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
        if (full)
            connect(fillers[i], (struct sockaddr *)&at, sizeof at);
    }
    snprintf(elsewhere, sizeof elsewhere, "ws://127.0.0.1:%d/websocket/v1", ntohs(at.sin_port));
    return fd;
}

typedef enum moment {
    IDLE,
    CONNECTING,
    UPGRADING,
    SUBSCRIBING,
    LIVE,
    LIVE_AND_DEAF,   /* the peer answers no close frame */
    LIVE_AND_ASLEEP, /* the consumer takes nothing, its queues are full */
    RECONNECTING,
    IN_REST,
    IN_BACKFILL,
    MOMENTS
} moment;

static void until_state(uint32_t state)
{
    double end = stream_now() + 25;
    for (; stage_stats().state != state; poll(NULL, 0, 2))
        ck_assert_msg(stream_now() < end, "state %s, not %s",
                      upbit_state_name((int)stage_stats().state), upbit_state_name((int)state));
}

enum { ASKED = 5 };

/* Brings the manager to that moment; the widgets are on the stage. */
static void bring_to(moment when, tape *t)
{
    switch (when) {
    case CONNECTING:
        until_state(UPBIT_STATE_CONNECTING);
        stage_run(100);
        ck_assert_uint_eq(stage_stats().state, UPBIT_STATE_CONNECTING);
        break;
    case UPGRADING:
        until_state(UPBIT_STATE_UPGRADING);
        stage_run(100);
        ck_assert_uint_eq(stage_stats().state, UPBIT_STATE_UPGRADING);
        break;
    case SUBSCRIBING: /* after a refusal, until something shows that the next one is good */
        stage_order("mute");
        stage_order("error?name=INVALID_PARAM&count=1");
        tape_want(t, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ETH", 0);
        for (double end = stream_now() + 25;
             stage_stats().reconnects == 0 && stage_stats().exchange_errors == 0; stage_run(2))
            ck_assert_double_lt(stream_now(), end);
        until_state(UPBIT_STATE_SUBSCRIBING);
        break;
    case RECONNECTING:
        until_state(UPBIT_STATE_RECONNECTING);
        break;
    default:
        tape_wait(t, 0, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    }
    if (when == LIVE_AND_DEAF)
        mock_pause(&exchange);
    if (when == LIVE_AND_ASLEEP) {
        t->asleep = true;
        upbit_proxy_stats s = {0};
        for (double end = stream_now() + 25; s.dropped < 100; poll(NULL, 0, 5)) {
            ck_assert_double_lt(stream_now(), end);
            upbit_proxy_get_stats(t->proxy, &s, sizeof s);
        }
    }
    if (when == IN_REST) {
        upbit_want want = UPBIT_WANT_INIT;
        want.type = UPBIT_TYPE_TRADE;
        want.count = 2000;
        stage_order("delay?ms=30000&what=http");
        const char *code = "KRW-ETH";
        uint64_t asked = stage_stats().rest_requests;
        want.codes = &code;
        want.code_count = 1;
        ck_assert_int_eq(upbit_proxy_get_snapshot(t->proxy, &want, 60000, ASKED), 0);
        for (double end = stream_now() + 25; stage_stats().rest_requests == asked; stage_run(5))
            ck_assert_double_lt(stream_now(), end);
    }
    if (when == IN_BACKFILL) {
        uint64_t asked = stage_stats().rest_requests;
        stage_order("delay?ms=30000&what=http");
        stage_order("cut?how=rst&for_ms=100");
        for (double end = stream_now() + 25; stage_stats().rest_requests == asked; stage_run(5))
            ck_assert_double_lt(stream_now(), end);
    }
}

START_TEST(scenario_16_exit_from_every_state)
{
    static const char *const arguments[] = {"--codes", "5", "--rate", "2000", NULL};
    moment when = (moment)_i;
    int fillers[4] = {-1, -1, -1, -1}, port = -1;
    elsewhere[0] = '\0';
    if (when == CONNECTING || when == UPGRADING)
        port = deaf_port(when == CONNECTING, fillers);
    if (when == RECONNECTING)
        snprintf(elsewhere, sizeof elsewhere, "ws://127.0.0.1:1/websocket/v1");
    stage_open(arguments, when == RECONNECTING ? hesitant : patient);
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    tape *widgets[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3 && when != IDLE; i++) {
        static const char *const ids[] = {"chart_1", "book_1", "list_1"};
        widgets[i] = tape_open_with(ids[i], &o);
        tape_want(widgets[i], upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
        tape_want(widgets[i], upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 0);
    }
    if (when != IDLE)
        bring_to(when, widgets[0]);
    double start = stream_now();
    int error = upbit_manager_shutdown(manager, 0);
    ck_assert_double_lt(stream_now() - start, 10); /* the plan says 1 */
    if (when != LIVE_AND_DEAF)
        ck_assert_int_eq(error, 0);
    /* Everybody is told, once and last; what had been queued is there still. */
    for (int i = 0; i < 3 && widgets[i] != NULL; i++) {
        widgets[i]->asleep = false;
        stage_take();
        ck_assert_uint_eq(tape_count(widgets[i], 0, UPBIT_TYPE_CLOSED, NULL, ANY), 1);
        ck_assert_int_eq(widgets[i]->at[widgets[i]->count - 1].type, UPBIT_TYPE_CLOSED);
    }
    if (when == IN_REST) { /* nobody waits for an answer that cannot come */
        const note *reply = tape_find(widgets[0], 0, UPBIT_TYPE_REPLY, NULL);
        ck_assert_ptr_nonnull(reply);
        ck_assert_uint_eq(reply->request_id, ASKED);
        ck_assert_int_ne(reply->value, 0);
    }
    if (when == LIVE_AND_DEAF)
        mock_resume(&exchange);
    start = stream_now();
    stage_close();
    ck_assert_double_lt(stream_now() - start, 10);
    for (int i = 0; i < 4; i++)
        if (fillers[i] >= 0)
            close(fillers[i]);
    if (port >= 0)
        close(port);
}
END_TEST

START_TEST(scenario_16_exit_of_ten_clients)
{
    enum { CLIENTS = 10 };
    static const char *const arguments[] = {"--codes", "5", "--rate", "500", NULL};
    upbit_manager *all[CLIENTS];
    upbit_proxy *proxies[CLIENTS];
    elsewhere[0] = '\0';
    int descriptors = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task");
    stage_open(arguments, patient);
    for (int i = 0; i < CLIENTS; i++) {
        all[i] = stream_manager(&exchange, patient);
        proxies[i] = stream_proxy(all[i], "widget", NULL);
        stream_want(proxies[i], upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    }
    for (int i = 0; i < CLIENTS; i++) { /* one address, one budget of connects */
        const upbit_event *e = stream_event(proxies[i], UPBIT_TYPE_TRADE, "KRW-BTC", 25);
        ck_assert_ptr_nonnull(e);
        upbit_event_unref(e);
    }
    ck_assert_int_eq(mock_stat(&exchange, "connect_rate"), 0);
    double start = stream_now();
    for (int i = 0; i < CLIENTS; i++) {
        upbit_proxy_close(proxies[i]);
        upbit_manager_release(all[i]);
    }
    stage_close();
    ck_assert_double_lt(stream_now() - start, 20); /* the plan says 2 */
    until_descriptors(descriptors);
    ck_assert_int_eq(entries_of("/proc/self/task"), threads);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenarios lives");
    TCase *tests = tcase_create("lives");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, scenario_15_churn);
    tcase_add_test(tests, scenario_15_a_day_at_speed);
    tcase_add_loop_test(tests, scenario_16_exit_from_every_state, 0, MOMENTS);
    tcase_add_test(tests, scenario_16_exit_of_ten_clients);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
