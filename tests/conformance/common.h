/* What the conformance programs share: their options and one connection at a time on one loop. */
#ifndef TESTS_CONFORMANCE_COMMON_H
#define TESTS_CONFORMANCE_COMMON_H

#include "net/transport.h"

#define EXIT_USAGE 2
#define EXIT_UNREACHABLE 3
#define HEADERS_MAX 32

typedef struct options {
    const char *program, *usage;
    const char *arguments[2]; /* those that are not options */
    int argument_count;
    int transport; /* upbit_transport_kind */
    const char *ca_file, *crl_file, *send;
    upbit__deflate_offer deflate;
    upbit__header headers[HEADERS_MAX]; /* names are split off in place */
    size_t header_count;
} options;

/* Fills in what the command line says; ends the program with status 2 when it says nonsense,
 * asks for what is not built, or has not `wanted` arguments. */
void options_read(options *out, int argc, char **argv, int wanted, bool probe);

/* One connection and what became of it. */
typedef struct connection {
    upbit__transport *transport;
    bool closed;
    int64_t last_ns; /* of the last sign of life */
    upbit__close_info info;
} connection;

/* Opens url and turns the loop until it is closed or silent for silence_ms. The events get `c`;
 * they may send and close. Returns open's error (told on stderr) or 0. The transport is gone
 * after. */
int connection_run(connection *c, const options *o, upbit__loop *loop, const char *url,
                   int64_t silence_ms,
                   void (*opened)(void *context, const upbit__transport_info *info),
                   void (*message)(void *context, int opcode, const uint8_t *data, size_t length,
                                   int64_t received_ns));

#endif
