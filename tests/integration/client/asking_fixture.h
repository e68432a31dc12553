/* What the tests of the queue of REST questions share: a queue of its own, on a scripted server or
 * the mock, and what its questions were answered. */
#ifndef TESTS_INTEGRATION_CLIENT_ASKING_FIXTURE_H
#define TESTS_INTEGRATION_CLIENT_ASKING_FIXTURE_H

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../net/server.h"
#include "base/clock.h"
#include "client/asking.h"
#include "support/check_main.h"

#define ASKS 128

static struct fixture {
    upbit__loop *loop;
    upbit__budget *budget;
    upbit__config config;
    upbit__counters counters;
    upbit__log log;
    upbit__credentials credentials;
    upbit__exchange_clock clock;
    upbit__asking asking;
    char rest_url[64], host[32];
    server server;
} f;

/* What one question was answered. */
static struct told {
    upbit__ask *ask;
    int count, error, http_status;
    char body[64];
    int64_t at_ns;
} told[ASKS];

static unsigned logged;

static inline void on_clock(void *context)
{
    (void)context;
}

static inline void on_keys(upbit_manager *m)
{
    (void)m;
}

static inline void on_log(void *context, int level, const char *module, const char *line)
{
    (void)context, (void)level, (void)line;
    logged += strcmp(module, "limit") == 0;
}

static inline void open_on(int port, unsigned percent)
{
    memset(told, 0, sizeof told);
    logged = 0;
    snprintf(f.host, sizeof f.host, "127.0.0.1:%d", port);
    snprintf(f.rest_url, sizeof f.rest_url, "http://%s/v1", f.host);
    f.config = (upbit__config){.rest_url = f.rest_url};
    f.counters = (upbit__counters){0};
    ck_assert_int_eq(upbit__log_init(&f.log, on_log, NULL, UPBIT_LOG_WARNING), 0);
    ck_assert_int_eq(upbit__loop_create(&f.loop), 0);
    ck_assert_int_eq(upbit__budget_get(&f.budget,
                                       &(upbit__budget_place){.host = f.host, .percent = percent},
                                       upbit__clock_monotonic_ns()),
                     0);
    ck_assert_int_eq(upbit__credentials_init(&f.credentials, NULL, &f.config, &f.log, on_keys), 0);
    upbit__exchange_clock_init(&f.clock, &f.log, &f.counters, on_clock, NULL);
    upbit__asking_init(&f.asking, &f.config, f.loop, &f.log, &f.counters, f.budget, &f.credentials,
                       &f.clock);
}

static inline void close_all(void)
{
    upbit__asking_finish(&f.asking);
    upbit__credentials_finish(&f.credentials);
    upbit__budget_release(f.budget);
    upbit__loop_destroy(f.loop);
    upbit__log_finish(&f.log);
}

static inline void begin(serve_function serve, const void *context)
{
    server_start(&f.server, NULL, serve, (void *)(uintptr_t)context);
    open_on(f.server.port, 100);
}

static inline void end(void)
{
    close_all();
    server_stop(&f.server);
}

static inline void on_done(void *context, const upbit__rest_result *result)
{
    struct told *t = context;
    t->ask = NULL;
    t->count++;
    t->error = result->error;
    t->http_status = result->http_status;
    t->at_ns = upbit__clock_monotonic_ns();
    snprintf(t->body, sizeof t->body, "%.*s", (int)result->length, result->body);
    ck_assert_int_eq(result->error == 0, *result->reason == '\0');
}

static inline void ask(int i, upbit__group group, upbit__ask_priority priority, const char *path,
                       uint32_t timeout_ms)
{
    ck_assert_int_eq(upbit__asking_get(&f.asking, &told[i].ask, group, priority, path, timeout_ms,
                                       on_done, &told[i]),
                     0);
    ck_assert_ptr_nonnull(told[i].ask);
    ck_assert_int_eq(told[i].count, 0); /* never from inside of the call */
}

static inline void turns(int64_t ns)
{
    int64_t until = upbit__clock_monotonic_ns() + ns, left;
    while ((left = until - upbit__clock_monotonic_ns()) > 0)
        ck_assert_int_ge(upbit__loop_turn(f.loop, left), 0);
}

/* Until the first `count` questions are answered, each once. */
static inline void wait_for(int count)
{
    int64_t until = upbit__clock_monotonic_ns() + 20 * UPBIT__SECOND;
    for (int i = 0; i < count;) {
        ck_assert_msg(upbit__clock_monotonic_ns() < until, "question %d is not answered", i);
        i += told[i].count > 0;
        if (i < count && told[i].count == 0)
            upbit__loop_turn(f.loop, 100 * UPBIT__MS);
        for (int g = 0; g < UPBIT__GROUPS; g++)
            ck_assert_uint_le(f.asking.under_way_count[g], 4);
    }
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(told[i].count, 1);
}

/* Every question of the budget granted to somebody who does not answer. */
static inline void use_up(upbit__group group)
{
    while (upbit__budget_take(f.budget, group, upbit__clock_monotonic_ns()) == 0)
        ;
}

static inline uint64_t counted(const upbit__counter *counter)
{
    return atomic_load(counter);
}

/* Answers with what the path says and notes the order. */
static char order[16][32];
static atomic_int served;

static inline bool serve_noted(peer *p, const char *answer)
{
    if (!peer_request(p))
        return false;
    int n = atomic_load(&served);
    if (n < 16)
        sscanf(p->request, "GET /v1/%31s", order[n]);
    atomic_store(&served, n + 1);
    return peer_text(p, answer);
}

static const char ok_answer[] =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]";

static inline void serve_ok(peer *p, void *context)
{
    (void)context;
    serve_noted(p, ok_answer);
}

static inline void serve_nothing(peer *p, void *context)
{
    (void)context;
    while (peer_read(p, p->request, 100) > 0)
        ;
}

#endif
