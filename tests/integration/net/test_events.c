/* What transport.h promises of its events, over each road and in each of them: every function may
 * be called from inside, whoever does not listen misses only what he would have been told, `closed`
 * comes once. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "certificates.h"
#include "client.h"
#include "server.h"
#include "support/check_main.h"
#include "support/transport.h"

enum event { CONNECTED, OPENED, MESSAGE, PONG, BATCH, CLOSED, EVENTS };
enum act { NOTHING, DESTROY, CLOSE, SEND, PING, REDIRECT, ACTS };
enum road { PLAIN, TLS, REPLAY, ROADS };

static const char *const event_names[] = {"connected", "opened", "message",
                                          "pong",      "batch",  "closed"};
static const char *const act_names[] = {"nothing", "destroy", "close", "send", "ping", "redirect"};
static const char *const road_names[] = {"plain", "tls", "replay"};

typedef struct watcher {
    int told[EVENTS];
    upbit__close_info close;
} watcher;

static server s;
static upbit__loop *loop;
static upbit__transport *transport;
static watcher first, second;
static enum event where; /* this event, the first time, */
static enum act what;    /* does this, */
static int result;       /* with this result */
static bool done;
static identity authority, self;
static char authority_file[64], recording[40];
static SSL_CTX *context;

static int64_t soon(void)
{
    return upbit__clock_monotonic_ns() + 60 * UPBIT__SECOND;
}

static const upbit__transport_events all;

static void act(void)
{
    switch (what) {
    case DESTROY:
        upbit__transport_destroy(transport);
        transport = NULL;
        result = 0;
        break;
    case CLOSE:
        result = upbit__transport_close(transport, 1000, "enough", soon());
        break;
    case SEND:
        result = upbit__transport_send(transport, UPBIT__OPCODE_TEXT, "[1]", 3);
        break;
    case PING:
        result = upbit__transport_ping(transport, "inside", 6);
        break;
    case REDIRECT:
        upbit__transport_redirect(transport, &all, &second);
        result = 0;
        break;
    default:
        break;
    }
}

static void tell(watcher *w, enum event event)
{
    w->told[event]++;
    if (event == where && !done && what != NOTHING) {
        done = true;
        act();
    }
}

static void on_connected(void *w)
{
    tell(w, CONNECTED);
}

static void on_opened(void *w, const upbit__transport_info *info)
{
    ck_assert_int_eq(info->http_status, 101);
    tell(w, OPENED);
}

static void on_message(void *w, int opcode, const uint8_t *data, size_t length, int64_t received_ns)
{
    ck_assert(opcode == UPBIT__OPCODE_TEXT && length == 3 && memcmp(data, "one", 3) == 0);
    ck_assert_int_gt(received_ns, 0);
    tell(w, MESSAGE);
}

static void on_pong(void *w, const uint8_t *payload, size_t length)
{
    ck_assert(payload != NULL && length > 0);
    tell(w, PONG);
}

static void on_batch(void *w)
{
    tell(w, BATCH);
}

static void on_closed(void *w, const upbit__close_info *info)
{
    ((watcher *)w)->close = *info;
    tell(w, CLOSED);
}

static const upbit__transport_events all = {
    .connected = on_connected,
    .opened = on_opened,
    .message = on_message,
    .pong = on_pong,
    .batch = on_batch,
    .closed = on_closed,
};

/* Two messages and an end. The second waits until the test is over. */
static const char recorded[] = "{\"t_ns\":1000000000,\"dir\":\"in\",\"op\":1,\"text\":\"one\"}\n"
                               "{\"t_ns\":1000000000,\"dir\":\"in\",\"op\":1,\"text\":\"one\"}\n"
                               "{\"t_ns\":900000000000,\"dir\":\"in\",\"op\":1,\"text\":\"one\"}\n";

/* Two messages for one, a pong for a ping. */
static void serve(peer *p, void *unused)
{
    (void)unused;
    uint8_t *payload = NULL;
    size_t length;
    for (bool open = peer_upgrade(p); open; free(payload)) {
        int opcode = peer_read_frame(p, &payload, &length);
        open = opcode > 0 && opcode != 8;
        if (opcode == 1)
            open = peer_frame(p, 0x81, "one", 3) && peer_frame(p, 0x81, "one", 3);
        else if (opcode == 9)
            open = peer_frame(p, 0x8a, payload, length);
        else if (opcode == 8)
            peer_frame(p, 0x88, payload, length);
    }
}

static void make_files(void)
{
    certificate_make(&authority, &(certificate_wish){.name = "test authority", .authority = true});
    certificate_make(&self,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    certificate_write(authority_file, &authority);
    snprintf(recording, sizeof recording, "/tmp/upbit-events-XXXXXX");
    int fd = mkstemp(recording);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, recorded, sizeof recorded - 1), (long)(sizeof recorded - 1));
    close(fd);
}

static void remove_files(void)
{
    certificate_free(&authority);
    certificate_free(&self);
    unlink(authority_file);
    unlink(recording);
}

static void begin(enum road road, const upbit__transport_events *events)
{
    char url[80];
    upbit__transport_config config = {.url = url, .ca_file = authority_file};
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    done = false;
    result = 1;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    context = road == TLS ? certificate_context(&self) : NULL;
    if (road == REPLAY)
        config.replay_file = recording;
    else
        server_start(&s, context, serve, NULL);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/websocket/v1", road == TLS ? "wss" : "ws",
             road == REPLAY ? 1 : s.port);
    int kind = road == REPLAY ? UPBIT_TRANSPORT_REPLAY : test_transport();
    ck_assert_int_eq(upbit__transport_open(&transport, kind, loop, &config, events, &first), 0);
}

static void end(enum road road)
{
    upbit__transport_destroy(transport);
    transport = NULL;
    upbit__loop_destroy(loop);
    if (road != REPLAY)
        server_stop(&s);
    SSL_CTX_free(context);
}

static void turn(int64_t ms)
{
    ck_assert_int_ge(upbit__loop_turn(loop, ms * UPBIT__MS), 0);
}

/* Whether it is over, by an end or because it is no more. */
static bool over(void)
{
    return transport == NULL || first.told[CLOSED] + second.told[CLOSED] > 0;
}

static upbit__transport_counters counters(void)
{
    upbit__transport_counters n;
    upbit__transport_counters_get(transport, &n);
    return n;
}

/* Opens, sends a message and a ping, waits for what comes back, closes; or until it is over. */
static void live(bool wants_pong)
{
    int64_t until = soon();
    bool sent = false, closed = false;
    while (!over()) {
        ck_assert_msg(upbit__clock_monotonic_ns() < until, "it takes too long");
        if (!sent && upbit__transport_send(transport, UPBIT__OPCODE_TEXT, "[0]", 3) == 0) {
            sent = true;
            (void)upbit__transport_ping(transport, "outside", 7);
        }
        bool ponged = !wants_pong || first.told[PONG] + second.told[PONG] > 0;
        if (!closed && sent && ponged && counters().messages_in >= 2)
            closed = upbit__transport_close(transport, 1000, "bye", soon()) == 0;
        turn(10);
    }
    watcher before[2] = {first, second};
    for (int i = 0; i < 3; i++)
        turn(1);
    ck_assert(memcmp(before[0].told, first.told, sizeof first.told) == 0);
    ck_assert(memcmp(before[1].told, second.told, sizeof second.told) == 0);
}

/* What the call in this event has to answer. */
static int answer(void)
{
    bool early = where == CONNECTED, late = where == CLOSED;
    switch (what) {
    case CLOSE:
        return late ? UPBIT_ERROR_CLOSED : 0;
    case SEND:
    case PING:
        return early ? UPBIT_ERROR_ILLEGAL_STATE : late ? UPBIT_ERROR_CLOSED : 0;
    default:
        return 0;
    }
}

START_TEST(everything_may_be_called_in_every_event)
{
    for (int w = 0; w < EVENTS * ACTS; w++) {
        enum road road = (enum road)_i;
        where = (enum event)(w / ACTS);
        what = (enum act)(w % ACTS);
        begin(road, &all);
        live(true);
#define SAID "%s in %s over %s", act_names[what], event_names[where], road_names[road]
        if (what != NOTHING) {
            ck_assert_msg(done, SAID);
            ck_assert_msg(result == answer(), SAID);
        }
        int closed = first.told[CLOSED] + second.told[CLOSED];
        ck_assert_msg(closed == (what == DESTROY && where != CLOSED ? 0 : 1), SAID);
        if (what == CLOSE && where == CONNECTED) {
            ck_assert_msg(first.close.error == UPBIT_ERROR_CANCELLED, SAID);
            ck_assert_msg(first.told[OPENED] == 0 && first.told[MESSAGE] == 0, SAID);
        } else if (what != DESTROY) {
            const watcher *last = what == REDIRECT && where != CLOSED ? &second : &first;
            ck_assert_msg(last->told[CLOSED] == 1 && last->close.error == 0, SAID);
            ck_assert_msg(last->close.clean && last->close.sent_code == 1000, SAID);
        }
        if (what == REDIRECT && where == OPENED) {
            ck_assert_msg(first.told[MESSAGE] == 0 && second.told[MESSAGE] >= 2, SAID);
            ck_assert_msg(first.told[PONG] == 0 && second.told[PONG] == 1, SAID);
        }
        if (what == DESTROY && where < MESSAGE)
            ck_assert_msg(first.told[MESSAGE] + first.told[PONG] + first.told[BATCH] == 0, SAID);
        end(road);
    }
}
END_TEST

static upbit__transport_events without(int event)
{
    upbit__transport_events events = all;
    if (event == CONNECTED || event == EVENTS)
        events.connected = NULL;
    if (event == OPENED || event == EVENTS)
        events.opened = NULL;
    if (event == MESSAGE || event == EVENTS)
        events.message = NULL;
    if (event == PONG || event == EVENTS)
        events.pong = NULL;
    if (event == BATCH || event == EVENTS)
        events.batch = NULL;
    return events;
}

START_TEST(who_does_not_listen_misses_nothing_else)
{
    enum road road = (enum road)_i;
    what = NOTHING;
    for (int event = CONNECTED; event <= EVENTS; event++) {
        if (event == CLOSED)
            continue; /* the one that everybody takes */
        upbit__transport_events events = without(event);
        begin(road, &events);
        live(events.pong != NULL);
        ck_assert_int_eq(first.close.error, 0);
        ck_assert(first.close.opened && first.close.clean);
        ck_assert_uint_eq(counters().messages_in, 2);
        for (int e = CONNECTED; e < EVENTS; e++) {
            bool told = first.told[e] > 0, listens = e != event && event != EVENTS;
            ck_assert_msg(told == (listens || e == CLOSED), "%s without %s over %s", event_names[e],
                          event == EVENTS ? "any" : event_names[event], road_names[road]);
        }
        end(road);
    }
}
END_TEST

/* What no caller here does is refused all the same. */
START_TEST(wrong_arguments_are_refused)
{
    enum road road = (enum road)_i;
    static char payload[126];
    what = NOTHING;
    begin(road, &all);
    ck_assert_int_eq(upbit__transport_ping(transport, "x", 1), UPBIT_ERROR_ILLEGAL_STATE);
    while (first.told[OPENED] == 0)
        turn(10);
    ck_assert_int_eq(upbit__transport_send(transport, 0, "x", 1), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_send(transport, 9, "x", 1), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_ping(transport, payload, sizeof payload),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_close(transport, 1005, NULL, soon()),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_close(transport, 5000, NULL, soon()),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit__transport_close(transport, 1000, "\xff", soon()),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    /* And what is allowed to its bounds is taken. */
    ck_assert_int_eq(upbit__transport_send(transport, UPBIT__OPCODE_BINARY, "x", 1), 0);
    ck_assert_int_eq(upbit__transport_ping(transport, payload, sizeof payload - 1), 0);
    ck_assert_int_eq(upbit__transport_close(transport, 4999, NULL, soon()), 0);
    while (!over())
        turn(10);
    ck_assert_int_eq(first.close.sent_code, 4999);
    ck_assert_int_eq(upbit__transport_ping(transport, "x", 1), UPBIT_ERROR_CLOSED);
    if (road == REPLAY) {
        ck_assert_uint_eq(upbit__transport_pending(transport), 0);
        ck_assert_ptr_null(upbit__transport_header(transport, "Upgrade"));
    } else {
        ck_assert_str_eq(upbit__transport_header(transport, "upgrade"), "websocket");
        ck_assert_ptr_null(upbit__transport_header(transport, "Retry-After"));
    }
    end(road);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net events");
    TCase *t = tcase_create("events");
    tcase_set_timeout(t, 80);
    tcase_add_unchecked_fixture(t, make_files, remove_files);
    tcase_add_loop_test(t, everything_may_be_called_in_every_event, 0, ROADS);
    tcase_add_loop_test(t, who_does_not_listen_misses_nothing_else, 0, ROADS);
    tcase_add_loop_test(t, wrong_arguments_are_refused, 0, ROADS);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
