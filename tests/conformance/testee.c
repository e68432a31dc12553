/* upbit-ws-testee: puts the project's own transport before a WebSocket test server of the usual
 * kind (getCaseCount, runCase, updateReports) and echoes every message as it came. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

#define SILENCE_MS 60000 /* a case without a byte either way for so long is given up */

/* Percent-encodes what may not stand in a query. */
static void escape(char *out, size_t room, const char *text)
{
    size_t at = 0;
    for (; *text != '\0' && at + 4 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c) || strchr("-._~", c) != NULL)
            out[at++] = (char)c;
        else
            at += (size_t)snprintf(out + at, room - at, "%%%02X", c);
    }
    out[at] = '\0';
}

typedef struct count_reply {
    connection connection; /* first: the context of the events */
    long count;
} count_reply;

static void on_count(void *context, int opcode, const uint8_t *data, size_t length,
                     int64_t received_ns)
{
    (void)opcode;
    (void)received_ns;
    count_reply *reply = context;
    char text[24];
    if (length >= sizeof text)
        return;
    memcpy(text, data, length);
    text[length] = '\0';
    char *end;
    long count = strtol(text, &end, 10);
    if (end != text && *end == '\0' && count >= 0)
        reply->count = count;
}

static void on_echo(void *context, int opcode, const uint8_t *data, size_t length,
                    int64_t received_ns)
{
    (void)received_ns;
    connection *c = context;
    int rc = upbit__transport_send(c->transport, opcode, data, length);
    if (rc != 0)
        fprintf(stderr, "echo failed: %s\n", upbit_error_string(rc));
}

int main(int argc, char **argv)
{
    options o = {.program = "upbit-ws-testee",
                 .usage = "upbit-ws-testee BASE_URL AGENT [--transport raw|websocket-api] "
                          "[--compression on|off] [--ca-file F]"};
    options_read(&o, argc, argv, 2, false);
    char agent[512], url[2048];
    const char *base = o.arguments[0];
    size_t base_length = strlen(base);
    while (base_length > 0 && base[base_length - 1] == '/')
        base_length--;
    if (base_length > 1024) {
        fprintf(stderr, "%s: the URL is too long\n", o.program);
        return EXIT_USAGE;
    }
    escape(agent, sizeof agent, o.arguments[1]);

    upbit__loop *loop;
    if (upbit__loop_create(&loop) != 0) {
        fprintf(stderr, "%s: no event loop\n", o.program);
        return EXIT_UNREACHABLE;
    }
    count_reply reply = {.count = -1};
    snprintf(url, sizeof url, "%.*s/getCaseCount", (int)base_length, base);
    int rc = connection_run(&reply.connection, &o, loop, url, SILENCE_MS, NULL, on_count);
    if (reply.count < 0) {
        if (rc == 0)
            fprintf(stderr, "%s: no case count from %s: %s\n", o.program, url,
                    reply.connection.info.reason);
        upbit__loop_destroy(loop);
        return EXIT_UNREACHABLE;
    }
    for (long n = 1; n <= reply.count; n++) {
        connection c = {0};
        snprintf(url, sizeof url, "%.*s/runCase?case=%ld&agent=%s", (int)base_length, base, n,
                 agent);
        connection_run(&c, &o, loop, url, SILENCE_MS, NULL, on_echo);
        if (!c.closed)
            fprintf(stderr, "case %ld: given up\n", n);
        else if (!c.info.opened)
            fprintf(stderr, "case %ld: %s\n", n, c.info.reason);
    }
    connection last = {0};
    snprintf(url, sizeof url, "%.*s/updateReports?agent=%s", (int)base_length, base, agent);
    connection_run(&last, &o, loop, url, SILENCE_MS, NULL, NULL);
    upbit__loop_destroy(loop);
    return EXIT_SUCCESS;
}
