/* An open connection to plain servers: much data, bad peers, ends, what events may do. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "plain_fixture.h"
#include "support/check_main.h"
#include "support/transport.h"

static void serve_429(peer *p, void *context)
{
    if (peer_request(p) && peer_text(p, context))
        while (peer_read(p, p->request, 1) > 0)
            ;
}

#define BIG ((size_t)4 * 1024 * 1024)

static void serve_echo(peer *p, void *context)
{
    (void)context;
    uint8_t *payload;
    size_t length;
    int opcode;
    if (!peer_upgrade(p))
        return;
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0) {
        uint8_t answer = opcode == 9 ? 10 : (uint8_t)opcode;
        peer_frame(p, 0x80 | answer, payload, length);
        free(payload);
        if (opcode == 8)
            return;
    }
}

START_TEST(big_message_both_ways)
{
    begin(serve_echo, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    uint8_t *bytes = malloc(BIG);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    ck_assert_int_eq(upbit__transport_send(c.transport, 2, bytes, BIG), 0);
    ck_assert(client_wait(&c, &c.messages, 1));
    ck_assert_uint_eq(c.last.length, BIG);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), bytes, BIG) == 0);
    ck_assert_uint_eq(upbit__transport_pending(c.transport), 0);
    free(bytes);
    ck_assert_int_eq(upbit__transport_ping(c.transport, "tick", 4), 0);
    ck_assert(client_wait(&c, &c.pongs, 1));
    ck_assert(memcmp(upbit__buffer_bytes(&c.pong), "tick", 4) == 0);
    end();
}
END_TEST

static void serve_deaf(peer *p, void *context)
{
    atomic_bool *release = context;
    if (!peer_upgrade(p))
        return;
    while (!atomic_load(release))
        usleep(2000);
    peer_finish(p);
}

/* The peer does not read: the queue stands, the loop sleeps, close obeys its deadline. */
START_TEST(peer_that_does_not_read)
{
    atomic_bool release = false;
    begin(serve_deaf, &release);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    uint8_t *bytes = calloc(1, 16 * BIG);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(upbit__transport_send(c.transport, 2, bytes, 16 * BIG), 0);
    free(bytes);
    int turns = 0;
    int64_t from = upbit__clock_thread_cpu_ns(),
            end_ns = upbit__clock_monotonic_ns() + 300 * UPBIT__MS;
    while (upbit__clock_monotonic_ns() < end_ns) {
        upbit__loop_turn(c.loop, 50 * UPBIT__MS);
        turns++;
    }
    int64_t used = upbit__clock_thread_cpu_ns() - from;
    ck_assert_uint_gt(upbit__transport_pending(c.transport), 0);
    ck_assert_msg(turns < 1000, "%d turns", turns);
    ck_assert_msg(used < 250 * UPBIT__MS, "%d ms of CPU", (int)(used / UPBIT__MS));
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL,
                                            upbit__clock_monotonic_ns() + 50 * UPBIT__MS),
                     0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_TIMEOUT);
    atomic_store(&release, true);
    end();
}
END_TEST

static void serve_reset(peer *p, void *context)
{
    atomic_bool *go = context;
    const struct linger reset = {.l_onoff = 1};
    if (!peer_upgrade(p))
        return;
    while (!atomic_load(go))
        usleep(1000);
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

/* The server resets; sending into it fails, is told by `closed`, and never from inside send. */
START_TEST(reset_while_sending)
{
    atomic_bool go = false;
    begin(serve_reset, &go);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    atomic_store(&go, true);
    usleep(30000); /* the reset arrives while the loop does not turn */
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(upbit__transport_send(c.transport, 1, "into the void", 13), 0);
        ck_assert_int_eq(c.closed, 0);
    }
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_CONNECT);
    ck_assert_int_eq(c.closed, 1);
    end();
}
END_TEST

/* Nothing to send and nothing to read: the loop sleeps. */
START_TEST(idle_connection_costs_nothing)
{
    begin(serve_greeting, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.messages, 1));
    int turns = 0;
    int64_t end_ns = upbit__clock_monotonic_ns() + 100 * UPBIT__MS;
    for (; upbit__clock_monotonic_ns() < end_ns; turns++)
        upbit__loop_turn(c.loop, 50 * UPBIT__MS);
    ck_assert_msg(turns < 20, "%d turns", turns);
    end();
}
END_TEST

static void serve_wrong(peer *p, void *context)
{
    uint8_t *payload;
    size_t length;
    int *code = context, opcode;
    if (!peer_upgrade(p) || !peer_write(p, "\xc1\x01x", 3))
        return;
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0 && opcode != 8)
        free(payload);
    *code = opcode == 8 && length >= 2 ? payload[0] << 8 | payload[1] : -1;
    if (opcode == 8)
        free(payload);
}

START_TEST(protocol_error_is_told_to_the_server)
{
    int code = 0;
    begin(serve_wrong, &code);
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_PROTOCOL);
    ck_assert_int_eq(c.close.sent_code, 1002);
    ck_assert_int_eq(c.messages, 0);
    end();
    ck_assert_int_eq(code, 1002);
}
END_TEST

static void serve_many(peer *p, void *context)
{
    (void)context;
    if (!peer_upgrade(p))
        return;
    for (int i = 0; i < 20000; i++) {
        if (!peer_frame(p, 0x82, "0123456789012345678901234567890123456789", 40))
            return;
    }
    peer_finish(p);
}

START_TEST(many_small_messages)
{
    begin(serve_many, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.messages, 20000));
    ck_assert_int_eq(c.messages, 20000);
    ck_assert_uint_eq(c.bytes, 20000u * 40);
    ck_assert_msg(c.batches < 20000, "%d batches", c.batches);
    end();
}
END_TEST

START_TEST(destroy_inside_events)
{
    begin(serve_many, NULL);
    c.destroy_in_opened = _i == 0;
    c.destroy_in_message = _i == 1;
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    ck_assert(_i == 0 || client_wait(&c, &c.messages, 1));
    upbit__loop_turn(c.loop, 0);
    ck_assert_ptr_null(c.transport);
    ck_assert_int_eq(c.messages, _i);
    ck_assert_int_eq(c.closed, 0);
    end();
}
END_TEST

START_TEST(destroy_inside_closed)
{
    begin(serve_429, "HTTP/1.1 500 x\r\n\r\nbody without a length");
    config.upgrade_timeout_ms = 100;
    c.destroy_in_closed = true;
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.http_status, 500);
    ck_assert_str_eq(c.body, test_transport_sees_bodies() ? "body without a length" : "");
    end();
}
END_TEST

START_TEST(destroy_at_every_turn)
{
    begin(serve_greeting, NULL);
    open_plain();
    for (int i = 0; i < _i; i++)
        upbit__loop_turn(c.loop, 20 * UPBIT__MS);
    upbit__transport_destroy(c.transport);
    c.transport = NULL;
    int told = c.opened + c.messages + c.closed;
    upbit__loop_turn(c.loop, 0);
    ck_assert_int_eq(c.opened + c.messages + c.closed, told);
    end();
}
END_TEST

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(descriptors_are_not_inherited)
{
    begin(serve_greeting, NULL);
    bool before[64];
    for (int fd = 0; fd < 64; fd++)
        before[fd] = fcntl(fd, F_GETFD) >= 0;
    open_plain();
    ck_assert(client_wait(&c, &c.messages, 1));
    for (int fd = 0; fd < 64; fd++) {
        int flags = fcntl(fd, F_GETFD);
        ck_assert_msg(before[fd] || flags < 0 || (flags & FD_CLOEXEC) != 0, "descriptor %d", fd);
    }
    end();
}
END_TEST

START_TEST(reconnects_leave_no_descriptor)
{
    int before = 0;
    begin(serve_greeting, NULL);
    for (int i = 0; i < 40; i++) {
        c.messages = c.closed = 0;
        open_plain();
        ck_assert(client_wait(&c, &c.messages, 1));
        if (i % 2 == 0) {
            upbit__transport_close(c.transport, 1001, NULL,
                                   upbit__clock_monotonic_ns() + UPBIT__SECOND);
            ck_assert(client_wait(&c, &c.closed, 1));
        }
        upbit__transport_destroy(c.transport);
        c.transport = NULL;
        if (i == 1)
            before = descriptors();
    }
    ck_assert_int_le(descriptors(), before + 1); /* the server may be late with its own */
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net stream");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, big_message_both_ways);
    tcase_add_test(t, peer_that_does_not_read);
    tcase_add_test(t, reset_while_sending);
    tcase_add_test(t, idle_connection_costs_nothing);
    tcase_add_test(t, protocol_error_is_told_to_the_server);
    tcase_add_test(t, many_small_messages);
    tcase_add_loop_test(t, destroy_inside_events, 0, 2);
    tcase_add_test(t, destroy_inside_closed);
    tcase_add_loop_test(t, destroy_at_every_turn, 0, 6);
    tcase_add_test(t, descriptors_are_not_inherited);
    tcase_add_test(t, reconnects_leave_no_descriptor);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
