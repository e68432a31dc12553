/* The end is bounded in every state: names that never resolve, hosts that never answer, TLS and
 * upgrades that never come, REST answers that never do; and by SIGTERM.
 *
 * This program has its own getaddrinfo, which the library's look-ups meet: "hang.test" waits until
 * the test is over. */
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/leave.h"
#include "support/stream.h"

static mock exchange;
static int silent = -1; /* accepts by its backlog and says nothing */
static char url[96], rest[96];
static atomic_int looked_up, released;

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    (void)service;
    (void)hints;
    (void)result;
    if (node != NULL && strcmp(node, "hang.test") == 0) {
        atomic_store(&looked_up, 1);
        while (!atomic_load(&released))
            poll(NULL, 0, 20);
    }
    return EAI_NONAME;
}

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "5", NULL};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(silent, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(silent, 16), 0);
    ck_assert_int_eq(getsockname(silent, (struct sockaddr *)&at, &length), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/websocket/v1", ntohs(at.sin_port));
    snprintf(rest, sizeof rest, "http://127.0.0.1:%d/v1", ntohs(at.sin_port));
    mock_start(&exchange, arguments);
    atomic_store(&looked_up, 0);
    atomic_store(&released, 0);
}

static void teardown(void)
{
    atomic_store(&released, 1);
    mock_stop(&exchange);
    close(silent);
}

static void to_url(upbit_options *o)
{
    o->url = url;
    o->connect_timeout_ms = o->upgrade_timeout_ms = 60000;
    o->backoff_first_ms = 60000;
}

static void to_silent_rest(upbit_options *o)
{
    o->rest_url = rest;
}

static bool is_in_state(const upbit_event *e, const void *state)
{
    const upbit_state_event *s = upbit_event_state(e);
    return s != NULL && s->session == UPBIT_SESSION_PUBLIC && s->state == *(const uint32_t *)state;
}

static void await_state(upbit_proxy *p, uint32_t state)
{
    const upbit_event *e = stream_until(p, is_in_state, &state, 20, NULL);
    ck_assert_msg(e != NULL, "never %s", upbit_state_name((int)state));
    upbit_event_unref(e);
}

/* In time, CLOSED told, and once more at once. */
static void ends_in_time(upbit_manager *m, upbit_proxy *p)
{
    double from = stream_now();
    int result = upbit_manager_shutdown(m, 500);
    ck_assert(result == 0 || result == UPBIT_ERROR_TIMEOUT);
    ck_assert(stream_now() - from < 5); /* ten times as long as was asked for */
    ck_assert_int_eq(upbit_manager_shutdown(m, 500), 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_CLOSED, NULL, 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}

START_TEST(inside_a_look_up)
{
    snprintf(url, sizeof url, "ws://hang.test:1/websocket/v1");
    upbit_manager *m = stream_manager(&exchange, to_url);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    await_state(p, UPBIT_STATE_CONNECTING);
    for (int i = 0; i < 1000 && !atomic_load(&looked_up); i++)
        poll(NULL, 0, 10);
    ck_assert_int_eq(atomic_load(&looked_up), 1);
    ends_in_time(m, p);
}
END_TEST

START_TEST(inside_a_connect)
{
    /* Its queue of connections is full: the next one's SYN is not answered. */
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    int full = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[4];
    at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(bind(full, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(full, 0), 0);
    ck_assert_int_eq(getsockname(full, (struct sockaddr *)&at, &length), 0);
    for (int i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(waiting[i], (struct sockaddr *)&at, sizeof at);
    }
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/websocket/v1", ntohs(at.sin_port));
    upbit_manager *m = stream_manager(&exchange, to_url);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    await_state(p, UPBIT_STATE_CONNECTING);
    ends_in_time(m, p);
    for (int i = 0; i < 4; i++)
        close(waiting[i]);
    close(full);
}
END_TEST

START_TEST(inside_tls)
{
    memmove(url + 3, url + 2, strlen(url + 2) + 1);
    url[2] = 's'; /* wss */
    upbit_manager *m = stream_manager(&exchange, to_url);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    await_state(p, UPBIT_STATE_CONNECTING);
    int peer = accept(silent, NULL, NULL); /* the connection stands, ClientHello comes */
    char byte;
    ck_assert_int_eq(recv(peer, &byte, 1, MSG_PEEK), 1);
    ends_in_time(m, p);
    close(peer);
}
END_TEST

START_TEST(inside_the_upgrade)
{
    upbit_manager *m = stream_manager(&exchange, to_url);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    int peer = accept(silent, NULL, NULL); /* the request is there, by whatever transport */
    char byte;
    ck_assert_int_eq(recv(peer, &byte, 1, MSG_PEEK), 1);
    ends_in_time(m, p);
    close(peer);
}
END_TEST

START_TEST(before_the_first_frame)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    ck_assert(stream_is_live(p, 20));
    mock_pause(&exchange); /* nothing comes, not even its close frame */
    ends_in_time(m, p);
    mock_resume(&exchange);
}
END_TEST

START_TEST(inside_a_rest_request)
{
    upbit_manager *m = stream_manager(&exchange, to_silent_rest);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    ck_assert(stream_is_live(p, 20));
    int peer = accept(silent, NULL, NULL); /* the market list is asked for */
    char byte;
    ck_assert_int_eq(recv(peer, &byte, 1, MSG_PEEK), 1);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TRADE;
    stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 3); /* waits for the list */
    ends_in_time(m, p);
    close(peer);
}
END_TEST

/* Of this process, without touching those of another thread. */
static int sockets(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        char path[40], to[16];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        count += readlink(path, to, sizeof to) > 7 && memcmp(to, "socket:", 7) == 0;
    }
    return count;
}

static void to_short_tokens(upbit_options *o)
{
    o->token_life_ms = 3000;
    o->upgrade_timeout_ms = 60000;
}

static bool is_private_live(const upbit_event *e, const void *unused)
{
    (void)unused;
    const upbit_state_event *s = upbit_event_state(e);
    return s != NULL && s->session == UPBIT_SESSION_PRIVATE && s->state == UPBIT_STATE_LIVE;
}

START_TEST(inside_a_renewal)
{
    upbit_manager *m = stream_manager(&exchange, to_short_tokens);
    ck_assert_int_eq(upbit_manager_set_credentials(m, "test-access", "test-secret"), 0);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ANNOUNCEMENT; /* nothing that REST would be asked for */
    ck_assert_int_eq(upbit_proxy_subscribe(p, &want, 0), 0);
    const upbit_event *e = stream_until(p, is_private_live, NULL, 20, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    mock_pause(&exchange); /* the next connection is taken by the kernel and answered by nobody */
    int before = sockets();
    for (int i = 0; i < 2000 && sockets() <= before; i++)
        poll(NULL, 0, 10);
    ck_assert_int_eq(sockets(), before + 1);
    ends_in_time(m, p);
    mock_resume(&exchange);
}
END_TEST

START_TEST(inside_the_back_off)
{
    close(silent); /* refused at once */
    silent = -1;
    upbit_manager *m = stream_manager(&exchange, to_url);
    upbit_proxy *p = stream_proxy(m, "ended", NULL);
    await_state(p, UPBIT_STATE_RECONNECTING);
    ends_in_time(m, p);
}
END_TEST

/* Of Check. */
static void forget_handlers(void)
{
    alarm(50);
    signal(SIGALRM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

/* In a child of its own: handlers are the process's. 0 when all went as it should. */
static int child(int number)
{
    forget_handlers();
    int fd = upbit_signals_catch();
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = exchange.url;
    o.log_level = UPBIT_LOG_NONE;
    upbit_manager *m = NULL;
    upbit_proxy *p = NULL;
    if (fd < 0 || upbit_signals_catch() != fd || upbit_manager_create(&m, &o) != 0 ||
        upbit_proxy_open(&p, m, "child", NULL) != 0)
        return 1;
    struct pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, 0) != 0 || upbit_signals_caught() != 0)
        return 2;
    kill(getpid(), number);
    if (poll(&ready, 1, 20000) != 1 || poll(&ready, 1, 0) != 1 || upbit_signals_caught() != number)
        return 3;
    const upbit_event *e = stream_event(p, UPBIT_TYPE_CLOSED, NULL, 20); /* without any call */
    if (e == NULL)
        return 4;
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_manager_release(m);
    upbit_signals_release();
    struct sigaction now;
    sigaction(number, NULL, &now);
    return now.sa_handler == SIG_DFL ? 0 : 5;
}

START_TEST(a_signal_ends_it_in_order)
{
    int number = _i == 0 ? SIGINT : SIGTERM, status;
    pid_t pid = fork();
    if (pid == 0)
        leave(child(number));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

START_TEST(the_second_signal_ends_it_at_once)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        forget_handlers();
        if (upbit_signals_catch() >= 0) {
            kill(getpid(), SIGTERM);
            kill(getpid(), SIGTERM);
        }
        leave(1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %x",
                  (unsigned)status);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shutdown");
    TCase *tests = tcase_create("shutdown");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, inside_a_look_up);
    tcase_add_test(tests, inside_a_connect);
    tcase_add_test(tests, inside_tls);
    tcase_add_test(tests, inside_the_upgrade);
    tcase_add_test(tests, before_the_first_frame);
    tcase_add_test(tests, inside_a_rest_request);
    tcase_add_test(tests, inside_the_back_off);
    tcase_add_test(tests, inside_a_renewal);
    tcase_add_loop_test(tests, a_signal_ends_it_in_order, 0, 2);
    tcase_add_test(tests, the_second_signal_ends_it_at_once);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
