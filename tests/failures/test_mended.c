/* What failing calls have shown, each mended and by its name. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/manager.h"
#include "client/repeats.h"
#include "inject.h"
#include "net/curl_multi.h"
#include "net/loop.h"
#include "support/check_main.h"
#include "support/stream.h"
#include "unit/client/rig.h"

static mock exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;

static void begin(void)
{
    const char *arguments[] = {"--codes", "10", "--rate", "200", "--seed", "5", NULL};
    mock_start(&exchange, arguments);
}

static void open_all(void)
{
    manager = stream_manager(&exchange, NULL);
    proxy = stream_proxy(manager, "w", NULL);
}

static void end(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static void trades_come(void)
{
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1), 0);
    ck_assert_int_eq(stream_reply(proxy, 1, 20), 0);
    for (int i = 0; i < 2; i++) {
        const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TRADE, "KRW-BTC", 20);
        ck_assert_ptr_nonnull(e);
        upbit_event_unref(e);
    }
}

/* The first of this file: libcurl begins once in a process. */
START_TEST(libcurl_that_could_not_begin_begins_later)
{
    begin();
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = exchange.url;
    inject_fail_call("curl_global_init");
    ck_assert_int_eq(upbit_manager_create(&manager, &o), UPBIT_ERROR_NO_MEMORY);
    ck_assert_uint_eq(inject_failed(), 1);
    inject_fail_call("curl_global_init"); /* it is tried again */
    ck_assert_int_eq(upbit_manager_create(&manager, &o), UPBIT_ERROR_NO_MEMORY);
    ck_assert_uint_eq(inject_failed(), 1);
    open_all();
    inject_fail_call("curl_global_init"); /* and once it has begun, no more */
    upbit_manager *another;
    ck_assert_int_eq(upbit_manager_create(&another, &o), 0);
    upbit_manager_release(another);
    ck_assert_uint_eq(inject_failed(), 0);
    inject_fail_calls(NULL);
    trades_come();
    end();
}
END_TEST

/* A signal in the middle of it loses no wake-up. */
START_TEST(a_wake_up_that_is_interrupted_wakes)
{
    upbit__loop *loop;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    inject_fail_call("write"); /* EINTR */
    upbit__loop_wake(loop);
    ck_assert_uint_eq(inject_failed(), 1);
    int64_t from = upbit__clock_monotonic_ns();
    upbit__loop_turn(loop, 10 * UPBIT__SECOND);
    ck_assert_int_lt(upbit__clock_monotonic_ns() - from, 10 * UPBIT__SECOND);
    upbit__loop_destroy(loop);
}
END_TEST

START_TEST(a_manager_whose_libcurl_is_not_set_up_is_none)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    inject_fail_call("curl_multi_setopt");
    ck_assert_int_eq(upbit_manager_create(&manager, &o), UPBIT_ERROR_NO_MEMORY);
}
END_TEST

/* What is asked for while the thread gets no memory at all is answered. */
START_TEST(every_command_has_a_reply_without_memory)
{
    begin();
    open_all();
    trades_come();
    upbit_want want = UPBIT_WANT_INIT;
    const char *codes[] = {"KRW-ETH"};
    want.codes = codes;
    want.code_count = 1;
    want.type = UPBIT_TYPE_TICKER;
    inject_pause(); /* only the other thread is short of it */
    inject_no_memory(true);
    int asked = upbit_proxy_get_snapshot(proxy, &want, 0, 7);
    int subscribed = upbit_proxy_subscribe(proxy, &want, 8);
    int acquired = upbit_limiter_acquire(proxy, UPBIT_LIMIT_GROUP_ORDER, 1, 100, 9);
    int replies[3] = {stream_reply(proxy, 7, 20), stream_reply(proxy, 8, 20),
                      stream_reply(proxy, 9, 20)};
    inject_no_memory(false);
    inject_resume();
    ck_assert(asked == 0 && subscribed == 0 && acquired == 0);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(replies[i] == UPBIT_ERROR_NO_MEMORY, "reply %d: %d", i + 7, replies[i]);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-ETH", 10),
                     0);
    ck_assert_int_eq(stream_reply(proxy, 10, 20), 0);
    end();
}
END_TEST

/* libcurl must not hear of it: it would give up all transfers there are and shall be. */
START_TEST(a_socket_that_cannot_be_watched_costs_its_connection_only)
{
    begin();
    manager = stream_manager(&exchange, NULL);
    inject_fail_call("epoll_ctl"); /* of the stream's or the market list's connection */
    proxy = stream_proxy(manager, "w", NULL);
    trades_come();
    ck_assert_uint_eq(inject_failed(), 1);
    upbit_want want = UPBIT_WANT_INIT;
    const char *codes[] = {"KRW-ETH"};
    want.codes = codes;
    want.code_count = 1;
    want.type = UPBIT_TYPE_CANDLE;
    want.candle_unit = UPBIT_CANDLE_1M;
    ck_assert_int_eq(upbit_proxy_get_snapshot(proxy, &want, 20000, 20), 0);
    ck_assert_int_eq(stream_reply(proxy, 20, 25), 0);
    end();
}
END_TEST

/* A line that finds no memory is not the end of the file. */
START_TEST(a_recording_that_cannot_be_read_on_has_not_ended)
{
    char path[] = "/tmp/upbit-mended-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(write(fd, "{\"status\":\"UP\"}\n", 16), 0);
    close(fd);
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.replay_file = path;
    o.log_level = UPBIT_LOG_NONE;
    ck_assert_int_eq(upbit_manager_create(&manager, &o), 0);
    inject_fail_calls("__getdelim"); /* who looks for its markets reads it, too */
    proxy = stream_proxy(manager, "w", NULL);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0), 0);
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 20);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_SYSTEM);
    upbit_event_unref(e);
    inject_fail_calls(NULL);
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    unlink(path);
}
END_TEST

/* A trade that was told is known again: there is room for the first ids before the first trade. */
START_TEST(room_for_the_first_ids_is_made_ahead)
{
    upbit__sids s = {0};
    inject_no_memory(true);
    bool without = upbit__sids_reserve(&s);
    inject_no_memory(false);
    ck_assert(!without);
    ck_assert(upbit__sids_reserve(&s));
    inject_no_memory(true);
    for (int64_t id = 1; id <= 100; id++)
        upbit__sids_add(&s, id, id);
    inject_no_memory(false);
    ck_assert(upbit__sids_seen(&s, 100) && upbit__sids_seen(&s, 50) && !upbit__sids_seen(&s, 1));
    upbit__sids_finish(&s);
}
END_TEST

static void on_transfer(void *context, CURLcode code)
{
    *(int *)context = code == CURLE_OK ? 1 : -1;
}

static size_t swallow(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* libcurl did nothing and waits to be called at a time that is over: nobody else would call it. */
START_TEST(a_turn_that_libcurl_refuses_comes_again)
{
    begin();
    upbit__loop *loop;
    int done = 0;
    const upbit__curl_done told = {.callback = on_transfer, .context = &done};
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/market/all", exchange.port);
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &told);
    inject_fail_call("curl_multi_socket_action");
    ck_assert_int_eq(curl_multi_add_handle(upbit__loop_curl(loop), easy), CURLM_OK);
    int64_t until = upbit__clock_monotonic_ns() + 20 * UPBIT__SECOND;
    while (done == 0 && upbit__clock_monotonic_ns() < until)
        upbit__loop_turn(loop, UPBIT__SECOND);
    ck_assert_uint_eq(inject_failed(), 1);
    ck_assert_int_eq(done, 1);
    curl_multi_remove_handle(upbit__loop_curl(loop), easy);
    curl_easy_cleanup(easy);
    upbit__loop_destroy(loop);
    mock_stop(&exchange);
}
END_TEST

/* ---- what there was no memory to tell ---- */

static upbit_manager telling;

static bool wants_it(const upbit__client *c)
{
    return c->health;
}

static void telling_open(side **to)
{
    setup();
    memset(&telling, 0, sizeof telling);
    pthread_mutex_init(&telling.mutex, NULL);
    telling.private_session.endpoint.id = UPBIT_SESSION_PRIVATE;
    for (int i = 0; i < 2; i++) {
        to[i] = side_open(UPBIT_POLICY_DEFAULT);
        to[i]->client.next = telling.clients;
        telling.clients = &to[i]->client;
    }
    to[0]->client.health = true;
}

static void telling_close(side **to)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(drain(to[i]), 0);
        side_close(to[i]);
    }
    pthread_mutex_destroy(&telling.mutex);
    teardown();
}

/* The next event of a type; what comes before it is let go. */
static const upbit_event *told(side *s, int type)
{
    const upbit_event *e;
    while ((e = take(s)) != NULL && e->type != type)
        upbit_event_unref(e);
    ck_assert_msg(e != NULL, "no %s", upbit_type_name(type));
    return e;
}

static void again(void)
{
    upbit__tell_again(&telling);
    upbit__batch_commit(&batch);
}

/* As it is when there is memory again, each to those who were not told, and once. */
START_TEST(what_stands_is_told_when_there_is_memory_again)
{
    side *to[2];
    telling_open(to);
    inject_no_memory(true);
    telling.session.state = UPBIT_STATE_RECONNECTING;
    upbit__tell_state(&telling, &telling.session, NULL);
    upbit__tell_state(&telling, &telling.private_session, &to[1]->client);
    upbit__tell_restored(&telling, &telling.session);
    upbit__tell_restored(&telling, &telling.private_session);
    upbit__health_tell(&telling, UPBIT_SESSION_PUBLIC, wants_it);
    upbit__health_tell(&telling, UPBIT_SESSION_PRIVATE, wants_it);
    again(); /* in vain */
    inject_no_memory(false);
    ck_assert(telling.untold);
    ck_assert(take(to[0]) == NULL && take(to[1]) == NULL);
    telling.session.state = UPBIT_STATE_LIVE;
    telling.session.times = 3;
    telling.health[UPBIT_SESSION_PUBLIC].level = UPBIT_HEALTH_DEGRADED;
    again();
    ck_assert(!telling.untold);
    unsigned kinds[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        for (const upbit_event *e; (e = take(to[i])) != NULL; upbit_event_unref(e)) {
            const upbit_state_event *state = upbit_event_state(e);
            const upbit_restored_event *restored = upbit_event_restored(e);
            const upbit_health_event *health = upbit_event_health(e);
            if (state != NULL) {
                kinds[i] |= 1U << state->session;
                if (state->session == UPBIT_SESSION_PUBLIC)
                    ck_assert_uint_eq(state->state, UPBIT_STATE_LIVE);
            } else if (restored != NULL) {
                kinds[i] |= 4U << restored->session;
                if (restored->session == UPBIT_SESSION_PUBLIC)
                    ck_assert_uint_eq(restored->times, 3);
            } else if (health != NULL) {
                kinds[i] |= 16U << health->session;
                if (health->session == UPBIT_SESSION_PUBLIC)
                    ck_assert_int_eq(health->level, UPBIT_HEALTH_DEGRADED);
            }
        }
    ck_assert_uint_eq(kinds[0], 1 | 4 | 8 | 16 | 32);
    ck_assert_uint_eq(kinds[1], 1 | 2 | 4 | 8);
    again();
    telling_close(to);
}
END_TEST

START_TEST(what_was_told_meanwhile_is_not_told_again)
{
    side *to[2];
    telling_open(to);
    inject_no_memory(true);
    upbit__tell_state(&telling, &telling.session, NULL);
    inject_no_memory(false);
    upbit__tell_state(&telling, &telling.session, &to[0]->client);
    upbit__batch_commit(&batch);
    upbit_event_unref(told(to[0], UPBIT_TYPE_STATE));
    again();
    ck_assert_ptr_null(take(to[0]));
    upbit_event_unref(told(to[1], UPBIT_TYPE_STATE));
    telling_close(to);
}
END_TEST

START_TEST(errors_without_memory_are_counted_and_told)
{
    side *to[2];
    telling_open(to);
    inject_no_memory(true);
    upbit__tell_error(&telling, NULL, UPBIT_SESSION_PUBLIC, UPBIT_ERROR_TIMEOUT, 0, "", "1");
    upbit__tell_error(&telling, &to[1]->client, UPBIT_SESSION_PRIVATE, UPBIT_ERROR_AUTH, 401, "n",
                      "2");
    again(); /* in vain */
    inject_no_memory(false);
    again();
    const upbit_event *e = told(to[0], UPBIT_TYPE_ERROR);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_TIMEOUT);
    ck_assert_uint_eq(upbit_event_error(e)->count, 1);
    upbit_event_unref(e);
    e = told(to[1], UPBIT_TYPE_ERROR);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_AUTH);
    ck_assert_uint_eq(upbit_event_error(e)->session, UPBIT_SESSION_PRIVATE);
    ck_assert_uint_eq(upbit_event_error(e)->count, 2);
    upbit_event_unref(e);
    again();
    telling_close(to);
}
END_TEST

static upbit__markets *markets_of(const char *body)
{
    upbit__markets *m = NULL;
    char reason[160];
    ck_assert_int_eq(upbit__markets_parse(&m, body, strlen(body), reason, sizeof reason), 0);
    return m;
}

/* A market that left the list takes its wants along: without memory to tell DELISTED that is an
 * error, which is told when there is some. */
START_TEST(a_market_that_leaves_without_memory_is_an_error)
{
    side *to[2];
    telling_open(to);
    ck_assert_int_eq(upbit__registry_init(&telling.registry, pool), 0);
    upbit__key_id id = id_of(UPBIT_TYPE_TRADE, "KRW-ETH");
    upbit__entry *entry;
    bool joined;
    ck_assert_int_eq(
        upbit__registry_add(&telling.registry, &to[0]->client, &id, 0, 0, &entry, &joined), 0);
    upbit__markets *before = markets_of("[{\"market\":\"KRW-BTC\",\"korean_name\":\"b\","
                                        "\"english_name\":\"b\"},{\"market\":\"KRW-ETH\","
                                        "\"korean_name\":\"e\",\"english_name\":\"e\"}]");
    telling.listing.markets = markets_of("[{\"market\":\"KRW-BTC\",\"korean_name\":\"b\","
                                         "\"english_name\":\"b\"}]");
    inject_no_memory(true);
    upbit__follow_list(&telling, before, telling.listing.markets);
    inject_no_memory(false);
    ck_assert_uint_eq(telling.registry.key_count, 0);
    again();
    const upbit_event *e = told(to[0], UPBIT_TYPE_ERROR);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_UNKNOWN_CODE);
    upbit_event_unref(e);
    upbit__markets_destroy(before);
    upbit__markets_destroy(telling.listing.markets);
    upbit__registry_finish(&telling.registry);
    telling_close(to);
}
END_TEST

/* The same from outside: a cut while the thread gets no memory. */
START_TEST(a_cut_without_memory_is_told)
{
    begin();
    open_all();
    trades_come();
    uint64_t before;
    upbit_stats s = {0};
    upbit_manager_get_stats(manager, &s, sizeof s);
    before = s.reconnects;
    inject_pause(); /* only the other thread is short of it */
    inject_no_memory(true);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/cut", ""), 200);
    double until = stream_now() + 20;
    uint32_t failed = inject_failed();
    while (s.state == UPBIT_STATE_LIVE && stream_now() < until)
        upbit_manager_get_stats(manager, &s, sizeof s);
    while (inject_failed() < failed + 3 && stream_now() < until)
        usleep(1000);
    inject_no_memory(false);
    inject_resume();
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 20);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_ge(upbit_event_error(e)->count, 1);
    upbit_event_unref(e);
    e = stream_event(proxy, UPBIT_TYPE_RESTORED, NULL, 20);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_gt(s.reconnects, before);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mended");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 90);
    tcase_add_test(t, libcurl_that_could_not_begin_begins_later);
    tcase_add_test(t, a_wake_up_that_is_interrupted_wakes);
    tcase_add_test(t, a_manager_whose_libcurl_is_not_set_up_is_none);
    tcase_add_test(t, every_command_has_a_reply_without_memory);
    tcase_add_test(t, a_socket_that_cannot_be_watched_costs_its_connection_only);
    tcase_add_test(t, a_recording_that_cannot_be_read_on_has_not_ended);
    tcase_add_test(t, room_for_the_first_ids_is_made_ahead);
    tcase_add_test(t, a_turn_that_libcurl_refuses_comes_again);
    tcase_add_test(t, what_stands_is_told_when_there_is_memory_again);
    tcase_add_test(t, what_was_told_meanwhile_is_not_told_again);
    tcase_add_test(t, errors_without_memory_are_counted_and_told);
    tcase_add_test(t, a_market_that_leaves_without_memory_is_an_error);
    tcase_add_test(t, a_cut_without_memory_is_told);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
