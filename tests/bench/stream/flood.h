/* A server that floods: TLS on loopback, WebSocket upgrade, then unique messages of the realistic
 * mix, one TLS record each, as fast as the client takes them. For benchmarks only. */
#ifndef TESTS_BENCH_STREAM_FLOOD_H
#define TESTS_BENCH_STREAM_FLOOD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flood {
    pid_t pid;
    int port;
    char ca_file[64];
    double mean_bytes; /* of one message */
} flood;

/* Starts it as a child that sends `count` messages to every WebSocket. Ends the program if it
 * cannot. */
void flood_start(flood *f, size_t count, int processor);
void flood_stop(flood *f);

/* Pins the calling process; harmless where that is not allowed. */
void flood_pin(int processor);

#endif
