/* upbit-ws-probe: connects, prints the first message; what the trust and hostile-server tests
 * run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "common.h"

#define SILENCE_MS 10000

typedef struct probe {
    connection connection; /* first: the context of the events */
    const options *options;
    bool got;
} probe;

static void on_opened(void *context, const upbit__transport_info *info)
{
    (void)info;
    probe *p = context;
    const char *text = p->options->send;
    if (text != NULL)
        upbit__transport_send(p->connection.transport, UPBIT__OPCODE_TEXT, text, strlen(text));
}

static void on_message(void *context, int opcode, const uint8_t *data, size_t length,
                       int64_t received_ns)
{
    (void)opcode;
    (void)received_ns;
    probe *p = context;
    if (p->got)
        return;
    p->got = true;
    fwrite(data, 1, length, stdout);
    putchar('\n');
    fflush(stdout);
    upbit__transport_close(p->connection.transport, 1000, NULL,
                           upbit__clock_monotonic_ns() + UPBIT__SECOND / 2);
}

int main(int argc, char **argv)
{
    options o = {.program = "upbit-ws-probe",
                 .usage = "upbit-ws-probe URL [--ca-file F] [--crl-file F] "
                          "[--header 'Name: value'] [--send TEXT] [--transport raw|websocket-api] "
                          "[--compression on|off]"};
    options_read(&o, argc, argv, 1, true);
    upbit__loop *loop;
    if (upbit__loop_create(&loop) != 0) {
        fprintf(stderr, "%s: no event loop\n", o.program);
        return EXIT_UNREACHABLE;
    }
    probe p = {.options = &o};
    int rc =
        connection_run(&p.connection, &o, loop, o.arguments[0], SILENCE_MS, on_opened, on_message);
    upbit__loop_destroy(loop);
    if (p.got)
        return EXIT_SUCCESS;
    const upbit__close_info *info = &p.connection.info;
    if (rc == 0 && !p.connection.closed)
        fprintf(stderr, "%s: connected, but no message came\n", o.program);
    else if (rc == 0)
        fprintf(stderr, "%s: %s: %s\n", o.program, upbit_error_name(info->error),
                info->reason[0] != '\0' ? info->reason : "closed before the first message");
    return EXIT_UNREACHABLE;
}
