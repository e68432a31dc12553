#include "client.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/transport.h"

static void drop(client *c)
{
    upbit__transport_destroy(c->transport);
    c->transport = NULL;
}

static void keep_header(client *c)
{
    const char *value = upbit__transport_header(c->transport, "Remaining-Req");
    snprintf(c->header, sizeof c->header, "%s", value == NULL ? "" : value);
}

static void on_opened(void *context, const upbit__transport_info *info)
{
    client *c = context;
    c->opened++;
    c->info = *info;
    keep_header(c);
    if (c->destroy_in_opened)
        drop(c);
}

static void on_message(void *context, int opcode, const uint8_t *data, size_t length,
                       int64_t received_ns)
{
    client *c = context;
    ck_assert(received_ns > 0 && received_ns <= upbit__clock_monotonic_ns());
    c->messages++;
    c->opcode = opcode;
    c->bytes += length;
    upbit__buffer_clear(&c->last);
    ck_assert_int_eq(upbit__buffer_append(&c->last, data, length), 0);
    if (c->echo)
        ck_assert_int_eq(upbit__transport_send(c->transport, opcode, data, length), 0);
    if (c->destroy_in_message)
        drop(c);
}

static void on_pong(void *context, const uint8_t *payload, size_t length)
{
    client *c = context;
    c->pongs++;
    upbit__buffer_clear(&c->pong);
    ck_assert_int_eq(upbit__buffer_append(&c->pong, payload, length), 0);
}

static void on_batch(void *context)
{
    client *c = context;
    c->batches++;
}

static void on_closed(void *context, const upbit__close_info *info)
{
    client *c = context;
    c->closed++;
    c->close = *info;
    snprintf(c->body, sizeof c->body, "%.*s", (int)info->body_length, info->body);
    c->close.body = NULL;
    keep_header(c);
    if (c->destroy_in_closed)
        drop(c);
}

void client_init(client *c)
{
    *c = (client){0};
    ck_assert_int_eq(upbit__loop_create(&c->loop), 0);
}

void client_finish(client *c)
{
    drop(c);
    upbit__loop_destroy(c->loop);
    upbit__buffer_finish(&c->last);
    upbit__buffer_finish(&c->pong);
}

void client_open(client *c, const char *scheme, const char *host, int port,
                 upbit__transport_config *config)
{
    client_open_kind(c, test_transport(), scheme, host, port, config);
}

int client_try(client *c, int kind, const char *scheme, const char *host, int port,
               upbit__transport_config *config)
{
    char url[300];
    const upbit__transport_events events = {.opened = on_opened,
                                            .message = on_message,
                                            .pong = on_pong,
                                            .batch = on_batch,
                                            .closed = on_closed};
    snprintf(url, sizeof url, "%s://%s:%d/websocket/v1", scheme, host, port);
    config->url = url;
    int rc = upbit__transport_open(&c->transport, kind, c->loop, config, &events, c);
    config->url = NULL;
    return rc;
}

void client_open_kind(client *c, int kind, const char *scheme, const char *host, int port,
                      upbit__transport_config *config)
{
    int rc = client_try(c, kind, scheme, host, port, config);
    ck_assert_msg(rc == 0, "open: %d %s", rc, upbit_error_detail());
}

bool client_wait(client *c, const int *what, int value)
{
    int64_t end = upbit__clock_monotonic_ns() + 10 * UPBIT__SECOND;
    while (*what < value && upbit__clock_monotonic_ns() < end)
        ck_assert_int_ge(upbit__loop_turn(c->loop, 100 * UPBIT__MS), 0);
    return *what >= value;
}
