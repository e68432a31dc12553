#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void usage(const options *o, const char *why, const char *what)
{
    fprintf(stderr, "%s: %s%s\nusage: %s\n", o->program, why, what, o->usage);
    exit(EXIT_USAGE);
}

static void read_header(options *o, char *text)
{
    char *colon = strchr(text, ':');
    if (colon == NULL || o->header_count == HEADERS_MAX)
        usage(o, "not a header 'Name: value', or too many: ", text);
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    o->headers[o->header_count++] = (upbit__header){.name = text, .value = value};
}

static void read_option(options *o, const char *name, char *value, bool probe)
{
    if (value == NULL)
        usage(o, "a value is missing after ", name);
    if (strcmp(name, "--transport") == 0) {
        o->transport = UPBIT_TRANSPORT_RAW;
        if (strcmp(value, "websocket-api") == 0)
            o->transport = UPBIT_TRANSPORT_WEBSOCKET_API;
        else if (strcmp(value, "raw") != 0)
            usage(o, "no such transport: ", value);
        if (o->transport == UPBIT_TRANSPORT_WEBSOCKET_API &&
            upbit__transport_websocket_api_check() != 0)
            usage(o, "", upbit_error_detail());
    } else if (strcmp(name, "--compression") == 0) {
        o->deflate.on = o->deflate.client_max_window_bits = strcmp(value, "on") == 0;
        if (!o->deflate.on && strcmp(value, "off") != 0)
            usage(o, "neither on nor off: ", value);
    } else if (strcmp(name, "--ca-file") == 0) {
        o->ca_file = value;
    } else if (probe && strcmp(name, "--crl-file") == 0) {
        o->crl_file = value;
    } else if (probe && strcmp(name, "--send") == 0) {
        o->send = value;
    } else if (probe && strcmp(name, "--header") == 0) {
        read_header(o, value);
    } else {
        usage(o, "unknown option: ", name);
    }
}

void options_read(options *out, int argc, char **argv, int wanted, bool probe)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            read_option(out, argv[i], argv[i + 1], probe);
            i++;
        } else if (out->argument_count < wanted) {
            out->arguments[out->argument_count++] = argv[i];
        } else {
            usage(out, "one argument too many: ", argv[i]);
        }
    }
    if (out->argument_count < wanted)
        usage(out, "an argument is missing", "");
}

static void on_closed(void *context, const upbit__close_info *info)
{
    connection *c = context;
    c->closed = true;
    c->info = *info;
    /* The body goes with the transport. */
    if (info->body_length > 0)
        fprintf(stderr, "%.*s\n", (int)info->body_length, info->body);
}

int connection_run(connection *c, const options *o, upbit__loop *loop, const char *url,
                   int64_t silence_ms,
                   void (*opened)(void *context, const upbit__transport_info *i),
                   void (*message)(void *context, int opcode, const uint8_t *data, size_t length,
                                   int64_t received_ns))
{
    const upbit__transport_config config = {
        .url = url,
        .ca_file = o->ca_file,
        .crl_file = o->crl_file,
        .headers = o->headers,
        .header_count = o->header_count,
        .deflate = o->deflate,
    };
    const upbit__transport_events events = {
        .opened = opened, .message = message, .closed = on_closed};
    int rc = upbit__transport_open(&c->transport, o->transport, loop, &config, &events, c);
    if (rc != 0) {
        const char *detail = upbit_error_detail();
        fprintf(stderr, "%s: %s: %s\n", o->program, url,
                *detail != '\0' ? detail : upbit_error_string(rc));
        return rc;
    }
    uint64_t seen = 0;
    c->last_ns = upbit__clock_monotonic_ns();
    while (!c->closed) {
        upbit__transport_counters counters;
        if (upbit__loop_turn(loop, 100 * UPBIT__MS) < 0)
            break;
        upbit__transport_counters_get(c->transport, &counters);
        int64_t now = upbit__clock_monotonic_ns();
        if (counters.bytes_in + counters.bytes_out != seen) {
            seen = counters.bytes_in + counters.bytes_out;
            c->last_ns = now;
        }
        if (now - c->last_ns > silence_ms * UPBIT__MS)
            break;
    }
    c->info.body = NULL;
    upbit__transport_destroy(c->transport);
    c->transport = NULL;
    return 0;
}
