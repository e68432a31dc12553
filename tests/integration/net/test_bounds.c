/* What ends a connection when nobody else does: deadlines, by a clock that the test moves; and
 * timers that cannot be started, each in turn. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "plain_fixture.h"
#include "support/check_main.h"
#include "support/transport.h"

/* ---- time ---- */

static int64_t ahead_ns;

static int64_t now_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec + ahead_ns;
}

static int64_t monotonic(void)
{
    return now_of(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return now_of(CLOCK_BOOTTIME);
}

static int64_t wall(void)
{
    return now_of(CLOCK_REALTIME);
}

static const upbit__clock moved = {monotonic, boottime, wall};

/* Says nothing, reads until the other side goes. */
static void serve_nothing(peer *p, void *context)
{
    char bytes[512];
    (void)context;
    while (peer_read(p, bytes, sizeof bytes) > 0)
        ;
}

/* libcurl has a bound of its own, and its own clock: this one stands where that has a gap. */
START_TEST(a_connection_that_libcurl_does_not_end)
{
    upbit__clock_set(&moved);
    begin(serve_nothing, NULL);
    config.connect_timeout_ms = 60000;
    client_open(&c, "wss", "127.0.0.1", s.port, &config); /* no TLS there */
    for (int i = 0; i < 20 && atomic_load(&s.accepted) == 0; i++)
        upbit__loop_turn(c.loop, 10 * UPBIT__MS);
    ck_assert_int_eq(c.closed, 0);
    ahead_ns += 59 * UPBIT__SECOND;
    upbit__loop_turn(c.loop, 0);
    ck_assert_int_eq(c.closed, 0);
    ahead_ns += 2 * UPBIT__SECOND;
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_TIMEOUT);
    ck_assert(!c.close.opened);
    end();
    upbit__clock_set(NULL);
}
END_TEST

static void serve_a_close_and_stay(peer *p, void *context)
{
    (void)context;
    if (peer_upgrade(p) && peer_frame(p, 0x88,
                                      "\x03\xe8"
                                      "bye",
                                      5))
        serve_nothing(p, NULL);
}

/* Both close frames went over, and the server does not cut. */
START_TEST(a_server_that_does_not_cut)
{
    upbit__clock_set(&moved);
    begin(serve_a_close_and_stay, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    while (upbit__transport_send(c.transport, UPBIT__OPCODE_TEXT, "x", 1) == 0)
        upbit__loop_turn(c.loop, 10 * UPBIT__MS);
    ck_assert_int_eq(c.closed, 0);
    ahead_ns += 2 * UPBIT__SECOND;
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, 0);
    ck_assert(c.close.clean);
    ck_assert_int_eq(c.close.close_code, 1000);
    ck_assert_str_eq(c.close.reason, "bye");
    end();
    upbit__clock_set(NULL);
}
END_TEST

static void serve_the_end(peer *p, void *context)
{
    const char *answer = context;
    if (peer_request(p) && *answer != '\0')
        peer_text(p, answer);
}

/* Not a byte of an answer is the network's doing, a part of one is the server's. */
START_TEST(an_end_instead_of_an_answer)
{
    static const char *const answers[] = {"", "HTTP/1.1 101 Swi"};
    begin(serve_the_end, answers[_i]);
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == (_i == 0 ? UPBIT_ERROR_CONNECT : UPBIT_ERROR_UPGRADE), "%d %s",
                  c.close.error, c.close.reason);
    end();
}
END_TEST

/* ---- timers ---- */

int __real_upbit__timer_start(upbit__loop *l, upbit__timer *timer, int64_t at_ns);
int __wrap_upbit__timer_start(upbit__loop *l, upbit__timer *timer, int64_t at_ns);

/* So many can be started, then one cannot; -1: all. Those of the loop itself are always in its
 * heap, and those that run keep their place. */
static int spare = -1;
static bool failed, of_the_loop;
static const upbit__timer *exempt[8];
static size_t exempt_count;

static bool may_fail(const upbit__timer *timer)
{
    for (size_t i = 0; i < exempt_count; i++)
        if (exempt[i] == timer)
            return false;
    return timer->slot == 0;
}

int __wrap_upbit__timer_start(upbit__loop *l, upbit__timer *timer, int64_t at_ns)
{
    if (of_the_loop && exempt_count < sizeof exempt / sizeof *exempt)
        exempt[exempt_count++] = timer;
    if (spare >= 0 && may_fail(timer) && spare-- == 0) {
        failed = true;
        return UPBIT_ERROR_NO_MEMORY;
    }
    return __real_upbit__timer_start(l, timer, at_ns);
}

static char recording[40];

static void write_recording(void)
{
    static const char text[] = "{\"t_ns\":1,\"dir\":\"in\",\"op\":1,\"text\":\"hello\"}\n"
                               "{\"t_ns\":2000000,\"dir\":\"in\",\"op\":1,\"text\":\"hello\"}\n";
    snprintf(recording, sizeof recording, "/tmp/upbit-bounds-XXXXXX");
    int fd = mkstemp(recording);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), (long)(sizeof text - 1));
    close(fd);
}

static void serve_greeting_and_pongs(peer *p, void *context)
{
    uint8_t *payload = NULL;
    size_t length;
    bool *closes = context, open = peer_upgrade(p) && peer_frame(p, 0x82, "hello", 5);
    if (open && *closes)
        peer_frame(p, 0x88, "\x03\xe8", 2);
    for (; open; free(payload)) {
        int opcode = peer_read_frame(p, &payload, &length);
        if (opcode == 8 || opcode == 9)
            peer_frame(p, opcode == 8 ? 0x88 : 0x8a, payload, length);
        open = opcode > 0 && opcode != 8;
    }
}

/* A greeting, a ping and our close; whatever of it is reached. Returns how it ends. */
static int one_life(bool replay)
{
    int rc = client_try(&c, replay ? UPBIT_TRANSPORT_REPLAY : test_transport(), "ws", "127.0.0.1",
                        replay ? 1 : s.port, &config);
    if (rc != 0)
        return rc;
    bool asked = false;
    for (int64_t until = upbit__clock_monotonic_ns() + 20 * UPBIT__SECOND; c.closed == 0;) {
        ck_assert_msg(upbit__clock_monotonic_ns() < until, "it does not end");
        if (c.opened > 0 && c.messages == 0 && replay)
            (void)upbit__transport_send(c.transport, UPBIT__OPCODE_TEXT, "[]", 2);
        if (c.messages > 0 && !asked)
            asked = upbit__transport_ping(c.transport, "p", 1) == 0;
        if (c.pongs > 0)
            (void)upbit__transport_close(c.transport, 1000, NULL, until);
        ck_assert_int_ge(upbit__loop_turn(c.loop, 10 * UPBIT__MS), 0);
    }
    return c.close.error;
}

/* Where nothing else would end it, it ends with NO_MEMORY; else it goes on without. */
START_TEST(timers_that_cannot_be_started)
{
    int ended = 0;
    bool closes = _i == 2;
    write_recording();
    failed = true;
    for (int n = 0; failed; n++) {
        exempt_count = 0;
        of_the_loop = true;
        begin(serve_greeting_and_pongs, &closes);
        of_the_loop = failed = false;
        config.replay_file = recording;
        spare = n;
        int error = one_life(_i == 1);
        spare = -1;
        ck_assert_msg(error == 0 || (failed && error == UPBIT_ERROR_NO_MEMORY), "timer %d: %d %s",
                      n, error, c.close.reason);
        ended += error != 0;
        end();
    }
    unlink(recording);
    ck_assert_int_ge(ended, _i == 0 ? 1 : 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net bounds");
    TCase *t = tcase_create("bounds");
    tcase_set_timeout(t, 80);
    tcase_add_test(t, a_connection_that_libcurl_does_not_end);
    tcase_add_test(t, a_server_that_does_not_cut);
    if (test_transport() == UPBIT_TRANSPORT_DEFAULT) { /* libcurl has its own words for these */
        tcase_add_loop_test(t, an_end_instead_of_an_answer, 0, 2);
        tcase_add_loop_test(t, timers_that_cannot_be_started, 0, 3);
    }
    suite_add_tcase(suite, t);
    return check_main(suite);
}
