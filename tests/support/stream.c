#include "support/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/transport.h"
#include "support/ways.h"

static void no_log(void *context, int level, const char *module, const char *line)
{
    (void)context;
    if (getenv("TEST_VERBOSE") != NULL)
        fprintf(stderr, "# %d %s %s\n", level, module, line);
}

upbit_manager *stream_manager(const mock *m, void (*change)(upbit_options *options))
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = m->url;
    o.transport = test_transport();
    o.log = no_log;
    o.log_level = UPBIT_LOG_DEBUG;
    o.settle_ms = 30;
    o.settle_max_ms = 100;
    o.backoff_first_ms = 20;
    if (change != NULL)
        change(&o);
    upbit_manager *manager = NULL;
    int error = upbit_manager_create(&manager, &o);
    if (error != 0) {
        fprintf(stderr, "manager: %s: %s\n", upbit_error_string(error), upbit_error_detail());
        exit(99);
    }
    return manager;
}

upbit_proxy *stream_proxy(upbit_manager *m, const char *id, const upbit_proxy_options *options)
{
    upbit_proxy *p = NULL;
    int error = upbit_proxy_open(&p, m, id, options);
    if (error != 0) {
        fprintf(stderr, "proxy: %s: %s\n", upbit_error_string(error), upbit_error_detail());
        exit(99);
    }
    return p;
}

int stream_want_full(upbit_proxy *p, stream_command *command, upbit_want want, const char *codes,
                     uint64_t request_id)
{
    char text[1024];
    const char *list[64];
    char *rest = NULL;
    snprintf(text, sizeof text, "%s", codes);
    want.code_count = 0;
    for (char *c = strtok_r(text, ",", &rest); c != NULL && want.code_count < 64;
         c = strtok_r(NULL, ",", &rest))
        list[want.code_count++] = c;
    want.codes = list;
    return command(p, &want, request_id);
}

int stream_want(upbit_proxy *p, stream_command *command, int type, const char *codes,
                uint64_t request_id)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    if (type == UPBIT_TYPE_CANDLE)
        want.candle_unit = UPBIT_CANDLE_1S;
    return stream_want_full(p, command, want, codes, request_id);
}

double stream_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const upbit_event *stream_until(upbit_proxy *p, stream_fits *fits, const void *context,
                                double seconds, upbit_delivery *out)
{
    double end = stream_now() + seconds;
    for (;;) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        int got;
        while ((got = upbit_proxy_next(p, &d)) == 1) {
            ways_check_event(d.event);
            if (fits(d.event, context)) {
                if (out != NULL)
                    *out = d;
                return d.event;
            }
            upbit_event_unref(d.event);
        }
        double left = end - stream_now();
        if (got < 0 || left <= 0)
            return NULL;
        struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
        poll(&fd, 1, (int)(left * 1000) + 1);
    }
}

struct kind {
    int type;
    const char *code;
};

static bool is_kind(const upbit_event *e, const void *context)
{
    const struct kind *k = context;
    return e->type == k->type && (k->code == NULL || strcmp(e->code, k->code) == 0);
}

const upbit_event *stream_event(upbit_proxy *p, int type, const char *code, double seconds)
{
    return stream_until(p, is_kind, &(struct kind){type, code}, seconds, NULL);
}

int stream_reply(upbit_proxy *p, uint64_t request_id, double seconds)
{
    double end = stream_now() + seconds;
    for (;;) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        const upbit_event *e = stream_until(p, is_kind, &(struct kind){UPBIT_TYPE_REPLY, NULL},
                                            end - stream_now(), &d);
        if (e == NULL)
            return 1;
        int error = upbit_event_reply(e)->error;
        upbit_event_unref(e);
        if (d.request_id == request_id)
            return error;
    }
}

static bool is_live(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_STATE && upbit_event_state(e)->state == UPBIT_STATE_LIVE;
}

bool stream_is_live(upbit_proxy *p, double seconds)
{
    const upbit_event *e = stream_until(p, is_live, NULL, seconds, NULL);
    upbit_event_unref(e);
    return e != NULL;
}
