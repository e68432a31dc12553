#include "snapshot_rig.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

mock exchange;
upbit_manager *manager;

void begin(const char *rate, const char *codes)
{
    const char *const arguments[] = {"--codes", codes, "--rate", rate, "--seed", "7", NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, NULL);
}

void teardown(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

long stream_requests(void)
{
    return mock_stat(&exchange, "requests");
}

/* Streams the codes of the type, and the stream is known to run. */
upbit_proxy *streaming(const char *id, int type, const char *codes)
{
    upbit_proxy *p = stream_proxy(manager, id, NULL);
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, type, codes, 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    upbit_event_unref(stream_event(p, type, NULL, 5));
    return p;
}

void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

void answer_drop(answer *a)
{
    for (int i = 0; i < a->count; i++)
        upbit_event_unref(a->events[i]);
    a->count = 0;
}

/* Takes until the REPLY of the request; asserts that once the answer has begun nothing stands
 * within it but an EPOCH. Other events before it are let go. */
void answer_read(answer *a, upbit_proxy *p, uint64_t id, double seconds)
{
    double end = stream_now() + seconds;
    *a = (answer){.error = 1};
    for (;;) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        int got = upbit_proxy_next(p, &d);
        if (got == 1 && d.request_id != id) {
            ck_assert_msg(a->count == 0 || d.event->type == UPBIT_TYPE_EPOCH,
                          "%s within the answer", upbit_type_name(d.event->type));
            upbit_event_unref(d.event);
        } else if (got == 1 && d.event->type == UPBIT_TYPE_REPLY) {
            const upbit_reply *r = upbit_event_reply(d.event);
            ck_assert_uint_eq(r->command, UPBIT_COMMAND_SNAPSHOT);
            a->error = r->error;
            snprintf(a->detail, sizeof a->detail, "%s", r->detail);
            upbit_event_unref(d.event);
            return;
        } else if (got == 1) {
            ck_assert_uint_eq(d.number, 0);
            ck_assert_int_eq(d.event->stream, d.event->origin == UPBIT_ORIGIN_STREAM
                                                  ? d.event->stream
                                                  : UPBIT_STREAM_SNAPSHOT);
            ck_assert_int_lt(a->count, 4096);
            a->events[a->count++] = d.event;
        } else {
            double left = end - stream_now();
            if (got < 0 || left <= 0)
                return;
            struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
            poll(&fd, 1, (int)(left * 1000) + 1);
        }
    }
}

static uint32_t ask_timeout;

static int get_snapshot(upbit_proxy *p, const upbit_want *want, uint64_t request_id)
{
    return upbit_proxy_get_snapshot(p, want, ask_timeout, request_id);
}

void ask(upbit_proxy *p, int type, const char *codes, uint32_t timeout_ms, uint64_t id)
{
    ask_timeout = timeout_ms;
    ck_assert_int_eq(stream_want(p, get_snapshot, type, codes, id), 0);
}

void ask_full(upbit_proxy *p, upbit_want want, const char *codes, uint64_t id)
{
    ask_timeout = 0;
    ck_assert_int_eq(stream_want_full(p, get_snapshot, want, codes, id), 0);
}

/* What the manager has asked by REST, the market list included. */
uint64_t rest_requests(void)
{
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    return s.rest_requests;
}

/* The mock's count of HTTP requests without the one that asks for it. */
long http_requests(void)
{
    static long asked;
    return mock_stat(&exchange, "http_requests") - ++asked;
}

void control(const char *order)
{
    char path[128];
    snprintf(path, sizeof path, "/mock/%s", order);
    ck_assert_int_eq(mock_call(&exchange, "POST", path, ""), 200);
}

void cancelled_once(upbit_proxy *p, uint64_t id)
{
    static answer r;
    double start = stream_now();
    ck_assert_int_eq(upbit_proxy_cancel(p, id), 0);
    answer_read(&r, p, id, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_CANCELLED);
    ck_assert_int_eq(r.count, 0);
    ck_assert_double_lt(stream_now() - start, 1);
    ck_assert_int_eq(upbit_proxy_cancel(p, id), 0); /* over: harmless */
    answer_read(&r, p, id, 0.3);
    ck_assert_int_eq(r.error, 1); /* no second one */
    answer_drop(&r);
}
