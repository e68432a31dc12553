/* A program with keys, for test_leaks.py to look into: leak_subject URL TRACE
 *
 * Takes its keys from the environment, uses them in every way there is (REST and stream, right,
 * refused, badly written; renewed twice), with both streams traced, prints READY and waits for a
 * line; ends its manager, prints CLOSED and waits for another. What the library says goes to
 * stderr, all of it. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "upbit-live/upbit-live.h"

static int take(upbit_proxy *p, uint64_t id)
{
    for (int waited = 0; waited < 200; waited++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1) {
            const upbit_reply *r = upbit_event_reply(d.event);
            const upbit_error_event *e = upbit_event_error(d.event);
            int mine = r != NULL && d.request_id == id;
            int error = mine ? r->error : 0;
            if (mine)
                fprintf(stderr, "reply: %s %s\n", upbit_error_name(r->error), r->detail);
            if (e != NULL)
                fprintf(stderr, "error: %s %s\n", e->name, e->message);
            upbit_event_unref(d.event);
            if (mine)
                return error;
        }
        struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
        poll(&fd, 1, 100);
    }
    return UPBIT_ERROR_TIMEOUT;
}

static int snapshot(upbit_proxy *p, int type)
{
    static uint64_t id;
    upbit_want w = UPBIT_WANT_INIT;
    w.type = type;
    int error = upbit_proxy_get_snapshot(p, &w, 10000, ++id);
    return error != 0 ? error : take(p, id);
}

/* The private stream, until an event has come by it: each connection has a token. */
static int stream(upbit_proxy *p)
{
    upbit_want w = UPBIT_WANT_INIT;
    w.type = UPBIT_TYPE_MY_ORDER;
    w.flags = UPBIT_WANT_REALTIME_ONLY;
    if (upbit_proxy_subscribe(p, &w, 1000) != 0 || take(p, 1000) != 0)
        return 0;
    for (int waited = 0; waited < 200; waited++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1) {
            int mine =
                d.event->type == UPBIT_TYPE_MY_ORDER && d.event->origin == UPBIT_ORIGIN_STREAM;
            upbit_event_unref(d.event);
            if (mine)
                return 1;
        }
        struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
        poll(&fd, 1, 100);
    }
    return 0;
}

/* Two connections more, each with a token of its own. */
static int renewals(upbit_manager *m, upbit_proxy *p)
{
    upbit_stats s = {0};
    for (int waited = 0; waited < 300 && s.renewals < 2; waited++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1)
            upbit_event_unref(d.event);
        struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
        poll(&fd, 1, 100);
        upbit_manager_get_stats(m, &s, sizeof s);
    }
    return s.renewals >= 2;
}

/* Half of a secret that was mistyped, and an access key that is none: both are somebody's. */
static void refusals(upbit_manager *m, upbit_proxy *p, char *access, char *secret)
{
    size_t end = strlen(secret) - 1;
    char last = secret[end];
    secret[end] = '\n';
    fprintf(stderr, "%d: %s\n", upbit_manager_set_credentials(m, access, secret),
            upbit_error_detail());
    secret[end] = '#';
    upbit_manager_set_credentials(m, access, secret);
    fprintf(stderr, "%d\n", snapshot(p, UPBIT_TYPE_MY_ASSET));
    secret[end] = last;
    access[0]++;
    upbit_manager_set_credentials(m, access, secret);
    fprintf(stderr, "%d\n", snapshot(p, UPBIT_TYPE_MY_ORDER));
    access[0]--;
    upbit_manager_set_credentials(m, access, secret);
}

static char line[16];

static void wait_line(const char *text)
{
    puts(text);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(3);
}

int main(int count, char **arguments)
{
    char access[200], secret[300];
    if (count != 3 || getenv("UPBIT_ACCESS_KEY") == NULL || getenv("UPBIT_SECRET_KEY") == NULL)
        return 2;
    snprintf(access, sizeof access, "%s", getenv("UPBIT_ACCESS_KEY"));
    snprintf(secret, sizeof secret, "%s", getenv("UPBIT_SECRET_KEY"));
    if (upbit_environment_take_keys() != 1)
        return 2;
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit_manager *m;
    upbit_proxy *p;
    o.url = arguments[1];
    o.log_level = UPBIT_LOG_DEBUG;
    o.environment_keys = UPBIT_ON;
    o.token_life_ms = 2000;
    if (upbit_manager_create(&m, &o) != 0 || upbit_proxy_open(&p, m, "leaks", NULL) != 0)
        return 2;
    upbit_environment_drop_keys();
    char trace[300];
    snprintf(trace, sizeof trace, "%s.private", arguments[2]);
    if (upbit_manager_set_trace(m, UPBIT_SESSION_PUBLIC, arguments[2]) != 0 ||
        upbit_manager_set_trace(m, UPBIT_SESSION_PRIVATE, trace) != 0)
        return 2;
    upbit_want ticker = UPBIT_WANT_INIT;
    static const char *const codes[] = {"KRW-BTC"};
    ticker.type = UPBIT_TYPE_TICKER;
    ticker.codes = codes;
    ticker.code_count = 1;
    if (upbit_proxy_subscribe(p, &ticker, 0) != 0)
        return 2;
    if (snapshot(p, UPBIT_TYPE_MY_ASSET) != 0 || snapshot(p, UPBIT_TYPE_MY_ORDER) != 0)
        return 4;
    refusals(m, p, access, secret);
    explicit_bzero(access, sizeof access); /* this program's own copies */
    explicit_bzero(secret, sizeof secret);
    if (snapshot(p, UPBIT_TYPE_MY_ORDER) != 0 || !stream(p) || !renewals(m, p))
        return 4;
    wait_line("READY");
    upbit_proxy_close(p);
    upbit_manager_release(m);
    wait_line("CLOSED");
    return 0;
}
