/* A recording in place of a connection: when its frames come, how it ends, that it needs no
 * network. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client.h"
#include "support/check_main.h"

static client c;
static upbit__transport_config config;
static char path[40];

/* The library's clock stands still until the test moves it, so that nothing here depends on how
 * fast the machine is. */
static int64_t now_ns = 1000 * UPBIT__SECOND;

static int64_t still(void)
{
    return now_ns;
}

static const upbit__clock standing = {still, still, still};

static void begin(const char *recording)
{
    snprintf(path, sizeof path, "/tmp/upbit-replay-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, recording, strlen(recording)), (long)strlen(recording));
    close(fd);
    client_init(&c);
    config = (upbit__transport_config){.replay_file = path};
}

static void open_it(void)
{
    client_open_kind(&c, UPBIT_TRANSPORT_REPLAY, "ws", "host.invalid", 1, &config);
    ck_assert(client_wait(&c, &c.opened, 1));
}

static void end(void)
{
    client_finish(&c);
    unlink(path);
    upbit__clock_set(NULL);
}

static void start(void)
{
    ck_assert_int_eq(upbit__transport_send(c.transport, UPBIT__OPCODE_TEXT, "[]", 2), 0);
}

static void move(int64_t ms)
{
    now_ns += ms * UPBIT__MS;
    for (int i = 0; i < 5; i++)
        upbit__loop_turn(c.loop, 0);
}

static const char three[] =
    "{\"t_ns\":5000000000,\"dir\":\"out\",\"op\":1,\"text\":\"[]\"}\n"
    "{\"t_ns\":6000000000,\"dir\":\"in\",\"op\":2,\"text\":\"one\"}\n"
    "{\"t_ns\":8000000000,\"dir\":\"in\",\"op\":9,\"text\":\"p\"}\n"
    "{\"t_ns\":8000000000,\"dir\":\"in\",\"op\":10}\n"
    "{\"t_ns\":8000000000,\"dir\":\"in\",\"op\":1,\"text\":\"two\"}\n"
    "\n"
    "{\"t_ns\":7000000000,\"dir\":\"in\",\"op\":2,\"base64\":\"dGhyZWU=\"}"; /* no newline */

/* As recorded, then four times as fast. */
START_TEST(frames_come_as_recorded)
{
    upbit__clock_set(&standing);
    begin(three);
    config.replay_speed = _i == 0 ? 0 : 4;
    int64_t gap_ms = _i == 0 ? 2000 : 500;
    open_it();
    ck_assert_int_eq(c.info.http_status, 101);
    ck_assert(!c.info.tls);
    move(3600000); /* nothing comes until somebody wants something */
    ck_assert_int_eq(c.messages + c.closed, 0);
    start();
    move(0);
    ck_assert_int_eq(c.messages, 1);
    ck_assert_int_eq(c.opcode, 2);
    move(gap_ms - 1);
    ck_assert_int_eq(c.messages, 1);
    move(1); /* a time that goes back is not waited for */
    ck_assert_int_eq(c.messages, 3);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), "three", 5) == 0);
    ck_assert_int_eq(c.pongs, 0);
    ck_assert_int_ge(c.batches, 2);
    ck_assert_int_eq(c.closed, 1);
    ck_assert_int_eq(c.close.error, 0);
    ck_assert(c.close.clean && c.close.opened);
    ck_assert_int_eq(c.close.close_code, 1000);
    upbit__transport_counters n;
    upbit__transport_counters_get(c.transport, &n);
    ck_assert_uint_eq(n.pings_in, 1);
    ck_assert_uint_eq(n.messages_in, 3);
    ck_assert_int_eq(upbit__transport_send(c.transport, 1, "x", 1), UPBIT_ERROR_CLOSED);
    end();
}
END_TEST

START_TEST(without_waiting)
{
    upbit__clock_set(&standing);
    begin(three);
    config.replay_speed = -1;
    open_it();
    start();
    move(0);
    ck_assert_int_eq(c.messages, 3);
    ck_assert_int_eq(c.closed, 1);
    end();
}
END_TEST

START_TEST(our_pings_are_answered)
{
    begin(three);
    open_it();
    ck_assert_int_eq(upbit__transport_ping(c.transport, "tick", 4), 0);
    ck_assert_int_eq(c.pongs, 0); /* in a later turn */
    ck_assert(client_wait(&c, &c.pongs, 1));
    ck_assert(memcmp(upbit__buffer_bytes(&c.pong), "tick", 4) == 0);
    ck_assert_int_ge(c.batches, 1);
    end();
}
END_TEST

START_TEST(close_at_every_stage)
{
    begin(three);
    client_open_kind(&c, UPBIT_TRANSPORT_REPLAY, "ws", "host.invalid", 1, &config);
    ck_assert_int_eq(upbit__transport_send(c.transport, 1, "x", 1), UPBIT_ERROR_ILLEGAL_STATE);
    if (_i > 0)
        ck_assert(client_wait(&c, &c.opened, 1));
    if (_i > 1) {
        start();
        ck_assert(client_wait(&c, &c.messages, 1));
    }
    ck_assert_int_eq(upbit__transport_close(c.transport, 999, NULL, 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL, 0), 0);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL, 0), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(c.closed, 0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, _i == 0 ? UPBIT_ERROR_CANCELLED : 0);
    ck_assert_int_eq(c.messages, _i == 2);
    upbit__loop_turn(c.loop, 0);
    ck_assert_int_eq(c.closed, 1);
    end();
}
END_TEST

START_TEST(destroy_inside_events)
{
    begin(three);
    c.destroy_in_opened = _i == 0;
    c.destroy_in_message = _i == 1;
    c.destroy_in_closed = _i == 2;
    config.replay_speed = -1;
    open_it();
    if (_i > 0)
        start();
    if (_i > 0)
        ck_assert(client_wait(&c, _i == 1 ? &c.messages : &c.closed, 1));
    upbit__loop_turn(c.loop, 0);
    ck_assert_ptr_null(c.transport);
    ck_assert_int_eq(c.closed, _i == 2);
    end();
}
END_TEST

/* A close frame ends it, whatever follows. */
START_TEST(a_recorded_close)
{
    begin(_i == 0 ? "{\"dir\":\"in\",\"op\":8,\"base64\":\"A+g=\"}\nnonsense\n"
                  : "{\"dir\":\"in\",\"op\":8,\"base64\":\"A/NvaA==\"}\n");
    open_it();
    start();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, _i == 0 ? 0 : UPBIT_ERROR_PROTOCOL);
    ck_assert_int_eq(c.close.close_code, _i == 0 ? 1000 : 1011);
    ck_assert_str_eq(c.close.reason, _i == 0 ? "" : "oh");
    end();
}
END_TEST

typedef struct bad_case {
    const char *recording, *reason;
    int messages;
} bad_case;

static const bad_case bad[] = {
    {"", "line 0: the file is empty", 0},
    {"\n\n", "line 2: the file is empty", 0},
    {"nonsense\n", "line 1: neither a recorded frame nor a JSON message", 0},
    {"{\"a\":1}\n\nnonsense\n", "line 3: neither a recorded frame nor a JSON message", 1},
    {"{\"dir\":\"in\",\"op\":2,\"text\":\"a\"}\n{\"dir\":\"in\",\"op\":7}\n",
     "line 2: \"op\" must be 1, 2, 8, 9 or 10", 1},
    {"{\"dir\":\"in\",\"op\":2,\"text\":\"0123456789\"}\n{\"dir\":\"in\",\"op\":2,\"text\":"
     "\"0123456789"
     "x\"}\n",
     "line 2: a message larger than the limit", 1},
};

START_TEST(a_line_that_cannot_be_read_is_told_with_its_number)
{
    const bad_case *k = &bad[_i];
    begin(k->recording);
    config.message_size_max = 10;
    open_it();
    start();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_PROTOCOL);
    ck_assert_msg(strstr(c.close.reason, k->reason) != NULL, "%s", c.close.reason);
    ck_assert_msg(strstr(c.close.reason, path) == c.close.reason, "%s", c.close.reason);
    ck_assert_int_eq(c.messages, k->messages);
    end();
}
END_TEST

START_TEST(what_is_no_file)
{
    upbit__transport *t;
    const upbit__transport_events events = {0};
    begin("");
    config.replay_file = "/nonexistent/recording";
    ck_assert_int_eq(
        upbit__transport_open(&t, UPBIT_TRANSPORT_REPLAY, c.loop, &config, &events, NULL),
        UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_msg(strstr(upbit_error_detail(), "/nonexistent/recording") != NULL, "%s",
                  upbit_error_detail());
    config.replay_file = NULL;
    ck_assert_int_eq(
        upbit__transport_open(&t, UPBIT_TRANSPORT_REPLAY, c.loop, &config, &events, NULL),
        UPBIT_ERROR_INVALID_ARGUMENT);
    config.replay_file = "/tmp"; /* a directory can be opened, but not read */
    open_it();
    start();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_SYSTEM);
    end();
}
END_TEST

/* A turn ends, whatever the file holds. */
START_TEST(a_turn_is_bounded)
{
    enum { LINES = 3000 };
    static char many[LINES * 8 + 1];
    for (int i = 0; i < LINES; i++)
        memcpy(many + (size_t)i * 8, "{\"a\":1}\n", 8);
    begin(many);
    open_it();
    start();
    int most = 0;
    while (c.closed == 0) {
        int before = c.messages;
        ck_assert_int_ge(upbit__loop_turn(c.loop, UPBIT__SECOND), 0);
        most = c.messages - before > most ? c.messages - before : most;
    }
    ck_assert_int_eq(c.messages, LINES);
    ck_assert_int_le(most, 512);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net replay");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, frames_come_as_recorded, 0, 2);
    tcase_add_test(t, without_waiting);
    tcase_add_test(t, our_pings_are_answered);
    tcase_add_loop_test(t, close_at_every_stage, 0, 3);
    tcase_add_loop_test(t, destroy_inside_events, 0, 3);
    tcase_add_loop_test(t, a_recorded_close, 0, 2);
    tcase_add_loop_test(t, a_line_that_cannot_be_read_is_told_with_its_number, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(t, what_is_no_file);
    tcase_add_test(t, a_turn_is_bounded);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
