/* Every error of the public list, raised by the public interface alone, in each of the ways it
 * comes in (support/ways.h), and clearly: with a name and a sentence, and with a text that says
 * what was wrong or what to do (texts.h). The last case knows which were not. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/net/server.h"
#include "inject.h"
#include "support/check_main.h"
#include "support/leave.h"
#include "support/stream.h"
#include "support/ways.h"
#include "texts.h"
#include "upbit-live/credentials.h"
#include "upbit-live/decode.h"
#include "upbit-live/inspect.h"
#include "upbit-live/limiter.h"

static unsigned seen[64]; /* the ways of each error */
static mock exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;
static char url[160], rest_url[160]; /* empty: what goes with url */
static uint32_t upgrade_ms;

static void expect(int error, int wanted)
{
    ck_assert_msg(error == wanted, "%s, not %s: %s", upbit_error_name(error),
                  upbit_error_name(wanted), upbit_error_detail());
    check_text(wanted, WAY_RETURN, upbit_error_detail());
    seen[-wanted] |= WAY_RETURN;
}

static bool is_reply(const upbit_event *e, const void *unused)
{
    (void)unused;
    return e->type == UPBIT_TYPE_REPLY;
}

/* Or, where either may come, the other. */
static void expect_reply_or(uint64_t id, int wanted, int other)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    const upbit_event *e;
    while ((e = stream_until(proxy, is_reply, NULL, 40, &d)) != NULL && d.request_id != id)
        upbit_event_unref(e);
    ck_assert_msg(e != NULL, "no REPLY, not %s", upbit_error_name(wanted));
    const upbit_reply *r = upbit_event_reply(e);
    ck_assert_msg(r->error == wanted || r->error == other, "REPLY %s, not %s: %s",
                  upbit_error_name(r->error), upbit_error_name(wanted), r->detail);
    check_text(wanted, WAY_REPLY, r->detail);
    upbit_event_unref(e);
    seen[-wanted] |= WAY_REPLY;
}

static void expect_reply(uint64_t id, int wanted)
{
    expect_reply_or(id, wanted, wanted);
}

static bool is_error(const upbit_event *e, const void *wanted)
{
    return upbit_event_error(e) != NULL && upbit_event_error(e)->error == *(const int *)wanted;
}

static void expect_event(int wanted)
{
    const upbit_event *e = stream_until(proxy, is_error, &wanted, 25, NULL);
    ck_assert_msg(e != NULL, "no ERROR %s", upbit_error_name(wanted));
    check_text(wanted, WAY_EVENT, upbit_event_error(e)->message);
    upbit_event_unref(e);
    seen[-wanted] |= WAY_EVENT;
}

static void use_url(upbit_options *o)
{
    o->url = url;
    o->rest_url = rest_url[0] != '\0' ? rest_url : NULL;
    o->connect_timeout_ms = 20000;
    o->upgrade_timeout_ms = upgrade_ms;
}

static void open_at(const char *where)
{
    snprintf(url, sizeof url, "%s", where);
    manager = stream_manager(&exchange, use_url);
    proxy = stream_proxy(manager, "errors", NULL);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0), 0);
}

static void begin(void)
{
    const char *arguments[] = {"--codes", "10", "--rate", "50", "--seed", "5", NULL};
    mock_start(&exchange, arguments);
    open_at(exchange.url);
}

static void close_client(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
}

static void end(void)
{
    close_client();
    mock_stop(&exchange);
}

static void order(const char *path, const char *body)
{
    ck_assert_msg(mock_call(&exchange, "POST", path, body) == 200, "%s: %s", path, mock_answer());
}

static int ask(int type, const char *code, uint32_t timeout_ms, uint64_t id)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    want.codes = &code;
    want.code_count = code != NULL;
    want.candle_unit = type == UPBIT_TYPE_CANDLE ? UPBIT_CANDLE_1M : 0;
    return upbit_proxy_get_snapshot(proxy, &want, timeout_ms, id);
}

static void drop(void *context, const upbit_event *event)
{
    (void)context;
    (void)event;
}

START_TEST(of_calls)
{
    begin();
    upbit_manager *none = NULL;
    upbit_proxy *twin = NULL;
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = "http://no.stream/";
    expect(upbit_manager_create(&none, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    expect(upbit_proxy_open(&twin, manager, "errors", NULL), UPBIT_ERROR_DUPLICATE_CLIENT_ID);
    o.url = exchange.url;
    o.transport = UPBIT_TRANSPORT_WEBSOCKET_API;
    o.compression = UPBIT_ON;
    expect(upbit_manager_create(&none, &o), UPBIT_ERROR_UNAVAILABLE);
    o = (upbit_options)UPBIT_OPTIONS_INIT;
    o.url = exchange.url;
    expect(upbit_decode("{", 1, drop, NULL, NULL, 0), UPBIT_ERROR_DECODE);
    inject_fail_call("eventfd");
    expect(upbit_manager_create(&none, &o), UPBIT_ERROR_SYSTEM);
    inject_fail_call("timerfd_create");
    expect(upbit_manager_create(&none, &o), UPBIT_ERROR_SYSTEM);
    inject_no_memory(true);
    int error = upbit_manager_create(&none, &o);
    inject_no_memory(false);
    expect(error, UPBIT_ERROR_NO_MEMORY);
    int of_child[2], status = -1;
    char text[256] = "";
    ck_assert_int_eq(pipe(of_child), 0);
    pid_t child = fork();
    if (child == 0) {
        error = upbit_proxy_unsubscribe_all(proxy, 0);
        leave(error == UPBIT_ERROR_ILLEGAL_STATE &&
                      write(of_child[1], upbit_error_detail(), strlen(upbit_error_detail())) > 0
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(read(of_child[0], text, sizeof text - 1), 0);
    close(of_child[0]);
    close(of_child[1]);
    check_text(UPBIT_ERROR_ILLEGAL_STATE, WAY_RETURN, text);
    seen[-UPBIT_ERROR_ILLEGAL_STATE] |= WAY_RETURN;
    error = 0;
    for (uint64_t id = 1; error == 0 && id < 100000; id++) /* and takes no answer */
        error = upbit_proxy_unsubscribe_all(proxy, id);
    expect(error, UPBIT_ERROR_COMMAND_FULL);
    upbit_manager_shutdown(manager, 0);
    expect(upbit_proxy_unsubscribe_all(proxy, 0), UPBIT_ERROR_CLOSED);
    end();
}
END_TEST

static pthread_t tester;
static atomic_int inside;
static char inside_text[256];
static atomic_bool held;

static void shut_down_inside(void *context)
{
    (void)context;
    if (!pthread_equal(pthread_self(), tester) && atomic_load(&inside) == 0) {
        int error = upbit_manager_shutdown(manager, 0); /* the thread that sets it calls it, too */
        snprintf(inside_text, sizeof inside_text, "%s", upbit_error_detail());
        atomic_store(&inside, error);
    }
    while (atomic_load(&inside) != 0 && atomic_load(&held))
        usleep(1000);
}

START_TEST(of_the_io_thread)
{
    begin();
    atomic_store(&held, true);
    tester = pthread_self();
    upbit_proxy_set_wakeup(proxy, shut_down_inside, NULL);
    double until = stream_now() + 25;
    while (atomic_load(&inside) == 0 && stream_now() < until) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(proxy, &d) == 1)
            upbit_event_unref(d.event);
        usleep(1000);
    }
    ck_assert_int_eq(atomic_load(&inside), UPBIT_ERROR_WRONG_THREAD);
    check_text(UPBIT_ERROR_WRONG_THREAD, WAY_RETURN, inside_text);
    seen[-UPBIT_ERROR_WRONG_THREAD] |= WAY_RETURN;
    upbit_inspection *none = NULL;
    expect(upbit_manager_inspect(manager, &none, 50), UPBIT_ERROR_TIMEOUT);
    atomic_store(&held, false);
    upbit_proxy_set_wakeup(proxy, NULL, NULL);
    end();
}
END_TEST

/* Only the I/O thread is short of it. */
static void expect_no_memory(void)
{
    inject_pause();
    inject_no_memory(true);
    int asked = upbit_limiter_acquire(proxy, UPBIT_LIMIT_GROUP_ORDER, 1, 100, 9);
    expect_reply(9, UPBIT_ERROR_NO_MEMORY);
    inject_no_memory(false);
    inject_resume();
    ck_assert_int_eq(asked, 0);
}

START_TEST(of_replies)
{
    begin();
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-NONE", 1), 0);
    expect_reply(1, UPBIT_ERROR_UNKNOWN_CODE);
    expect_no_memory(); /* the market list is there: it cannot be what is not had */
    ck_assert_int_eq(ask(UPBIT_TYPE_MY_ASSET, NULL, 0, 2), 0);
    expect_reply(2, UPBIT_ERROR_UNAVAILABLE);
    for (uint64_t id = 10; id < 12; id++)
        ck_assert_int_eq(upbit_limiter_acquire(proxy, UPBIT_LIMIT_GROUP_ORDER, 9, 1, id), 0);
    ck_assert_int_eq(stream_reply(proxy, 10, 25), 0);
    expect_reply(11, UPBIT_ERROR_LIMIT);
    mock_pause(&exchange);
    for (int i = 0; i < 2; i++) /* the second has the number of one that is under way */
        ck_assert_int_eq(ask(UPBIT_TYPE_TICKER, "KRW-ETH", 20000, 20), 0);
    expect_reply(20, UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_proxy_cancel(proxy, 20), 0);
    expect_reply(20, UPBIT_ERROR_CANCELLED);
    ck_assert_int_eq(ask(UPBIT_TYPE_TICKER, "KRW-ETH", 50, 21), 0);
    expect_reply(21, UPBIT_ERROR_TIMEOUT);
    mock_resume(&exchange);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "nobodys", "secret"), 0);
    inject_fail_calls("getrandom"); /* no token without a number of its own */
    ck_assert_int_eq(ask(UPBIT_TYPE_MY_ASSET, NULL, 20000, 24), 0);
    expect_reply(24, UPBIT_ERROR_SYSTEM);
    inject_fail_calls(NULL);
    ck_assert_int_eq(ask(UPBIT_TYPE_MY_ASSET, NULL, 20000, 22), 0);
    expect_reply(22, UPBIT_ERROR_AUTH);
    mock_pause(&exchange);
    ck_assert_int_eq(ask(UPBIT_TYPE_TICKER, "KRW-ETH", 20000, 23), 0);
    upbit_manager_shutdown(manager, 0);
    expect_reply(23, UPBIT_ERROR_CLOSED);
    mock_resume(&exchange);
    end();
}
END_TEST

/* What would be in the REPLY is in an ERROR. */
START_TEST(of_commands_without_a_request_id)
{
    begin();
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-NONE", 0), 0);
    expect_event(UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_MY_ASSET, "", 0), 0);
    expect_event(UPBIT_ERROR_UNAVAILABLE);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    upbit_decimal_from_int64(&want.book_level, 3, 0); /* a level that no market has */
    ck_assert_int_eq(stream_want_full(proxy, upbit_proxy_subscribe, want, "KRW-BTC", 0), 0);
    expect_event(UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "nobodys", "secret"), 0);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_MY_ASSET, "", 0), 0);
    expect_event(UPBIT_ERROR_AUTH);
    end();
}
END_TEST

static void serve_plain_text(peer *p, void *context)
{
    (void)context;
    peer_text(p, "HTTP/1.1 400 Bad Request\r\n\r\n");
    while (peer_read(p, p->request, 100) > 0)
        ;
}

static void serve_answer(peer *p, void *context)
{
    if (peer_request(p))
        peer_text(p, context);
}

/* A server of the test's own, instead of the exchange's REST. */
static void ask_there(const char *scheme, const char *answer, int wanted)
{
    static char text[128];
    server s;
    snprintf(text, sizeof text, "%s", answer != NULL ? answer : "");
    server_start(&s, NULL, strcmp(scheme, "https") == 0 ? serve_plain_text : serve_answer, text);
    snprintf(rest_url, sizeof rest_url, "%s://127.0.0.1:%d/v1", scheme, s.port);
    if (answer == NULL)
        server_stop(&s);
    open_at(exchange.url);
    ck_assert_int_eq(ask(UPBIT_TYPE_CANDLE, "KRW-BTC", 30000, 1), 0);
    expect_reply(1, wanted);
    close_client();
    if (answer != NULL)
        server_stop(&s);
}

START_TEST(of_questions)
{
    const char *arguments[] = {"--codes", "10", "--rate", "50", "--seed", "5", NULL};
    mock_start(&exchange, arguments);
    ask_there("http", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", UPBIT_ERROR_DECODE);
    ask_there("http", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}", UPBIT_ERROR_EXCHANGE);
    ask_there("http", "220 another protocol's greeting\r\n", UPBIT_ERROR_PROTOCOL);
    ask_there("https", "", UPBIT_ERROR_TLS);
    ask_there("http", NULL, UPBIT_ERROR_CONNECT);
    snprintf(rest_url, sizeof rest_url, "http://no-such-host.invalid/v1");
    open_at(exchange.url);
    ck_assert_int_eq(ask(UPBIT_TYPE_CANDLE, "KRW-BTC", 30000, 1), 0);
    expect_reply_or(1, UPBIT_ERROR_RESOLVE, UPBIT_ERROR_TIMEOUT); /* as in of_connecting */
    rest_url[0] = '\0';
    end();
}
END_TEST

START_TEST(of_the_stream)
{
    begin();
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_TRADE, "KRW-BTC", 25);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    order("/mock/garbage?kind=truncated", "");
    expect_event(UPBIT_ERROR_DECODE);
    upbit_stats stats = {0};
    upbit_manager_get_stats(manager, &stats, sizeof stats);
    ck_assert_uint_ge(stats.decode_errors, 1);
    seen[-UPBIT_ERROR_DECODE] |= WAY_COUNTED;
    order("/mock/error?name=INVALID_PARAM&when=now", "");
    expect_event(UPBIT_ERROR_EXCHANGE);
    ck_assert(stream_is_live(proxy, 25));
    order("/mock/frame?kind=masked", "");
    expect_event(UPBIT_ERROR_PROTOCOL);
    ck_assert(stream_is_live(proxy, 25));
    order("/mock/refuse?count=1&status=503", "");
    order("/mock/cut?how=fin", "");
    expect_event(UPBIT_ERROR_UPGRADE);
    end();
}
END_TEST

static bool is_unresolved(const upbit_event *e, const void *unused)
{
    static const int either[] = {UPBIT_ERROR_RESOLVE, UPBIT_ERROR_TIMEOUT};
    (void)unused;
    return is_error(e, &either[0]) || is_error(e, &either[1]);
}

START_TEST(of_connecting)
{
    char where[160];
    server s;
    server_start(&s, NULL, serve_plain_text, NULL);
    snprintf(where, sizeof where, "wss://127.0.0.1:%d/websocket/v1", s.port);
    open_at(where);
    expect_event(UPBIT_ERROR_TLS);
    close_client();
    server_stop(&s);
    snprintf(where, sizeof where, "ws://127.0.0.1:%d/websocket/v1", s.port);
    open_at(where); /* nobody there any more */
    expect_event(UPBIT_ERROR_CONNECT);
    close_client();
    /* .invalid is no domain (RFC 6761). Where even that has to be asked of a server that is not
     * there, the time is over first. */
    open_at("ws://no-such-host.invalid/websocket/v1");
    const upbit_event *e = stream_until(proxy, is_unresolved, NULL, 40, NULL);
    ck_assert_ptr_nonnull(e);
    check_text(UPBIT_ERROR_RESOLVE, WAY_EVENT, upbit_event_error(e)->message);
    upbit_event_unref(e);
    seen[-UPBIT_ERROR_RESOLVE] |= WAY_EVENT;
    close_client();
}
END_TEST

static void serve_silence(peer *p, void *context)
{
    (void)context;
    while (peer_read(p, p->request, 100) > 0)
        ;
}

START_TEST(of_waiting)
{
    char where[160];
    server s;
    server_start(&s, NULL, serve_silence, NULL);
    snprintf(where, sizeof where, "ws://127.0.0.1:%d/websocket/v1", s.port);
    upgrade_ms = 200;
    open_at(where);
    expect_event(UPBIT_ERROR_TIMEOUT);
    close_client();
    upgrade_ms = 0;
    server_stop(&s);
}
END_TEST

START_TEST(of_the_machine)
{
    begin();
    ck_assert(stream_is_live(proxy, 25));
    inject_fail_calls("curl_easy_init");
    order("/mock/cut?how=rst", "");
    expect_event(UPBIT_ERROR_NO_MEMORY);
    inject_fail_calls(NULL);
    ck_assert(stream_is_live(proxy, 25));
    end();
    char path[] = "/tmp/upbit-errors-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(write(fd, "{\"status\":\"UP\"}\n", 16), 0);
    close(fd);
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.replay_file = path;
    o.log_level = UPBIT_LOG_NONE;
    ck_assert_int_eq(upbit_manager_create(&manager, &o), 0);
    inject_fail_calls("__getdelim");
    proxy = stream_proxy(manager, "w", NULL);
    ck_assert_int_eq(stream_want(proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0), 0);
    expect_event(UPBIT_ERROR_SYSTEM);
    inject_fail_calls(NULL);
    close_client();
    unlink(path);
}
END_TEST

/* In each way, and in no other. */
START_TEST(all_of_them)
{
#define LOOK(name, number, text)                                                                   \
    ck_assert_msg(seen[-(number)] == ways_of_error(number), "%s came in the ways %#x, not %#x",    \
                  #name, seen[-(number)], ways_of_error(number));                                  \
    ck_assert_str_eq(upbit_error_name(number), #name);                                             \
    ck_assert_str_eq(upbit_error_string(number), text);
    UPBIT_ERROR_LIST(LOOK)
#undef LOOK
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errors");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 150);
    tcase_add_test(t, of_calls);
    tcase_add_test(t, of_the_io_thread);
    tcase_add_test(t, of_replies);
    tcase_add_test(t, of_commands_without_a_request_id);
    tcase_add_test(t, of_questions);
    tcase_add_test(t, of_the_stream);
    tcase_add_test(t, of_connecting);
    tcase_add_test(t, of_waiting);
    tcase_add_test(t, of_the_machine);
    tcase_add_test(t, all_of_them);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
