/* A server that floods: TLS on loopback, WebSocket upgrade, then unique messages of the realistic
 * mix, one TLS record each, as fast as the client takes them. For benchmarks only. */
#ifndef TESTS_BENCH_STREAM_FLOOD_H
#define TESTS_BENCH_STREAM_FLOOD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flood {
    pid_t pid;
    int port;
    int gate; /* held: what is written here lets streams begin; else -1 */
    char ca_file[64];
    double mean_bytes;  /* of one message, on the wire */
    double mean_packed; /* of a compressed one */
} flood;

/* Starts it as a child that sends `count` messages to every WebSocket. Ends the program if it
 * cannot. */
void flood_start(flood *f, size_t count, int processor);
/* As flood_start, but each stream waits for a flood_go. */
void flood_start_held(flood *f, size_t count, int processor);
void flood_go(const flood *f);
/* As flood_start, and this library gets the same messages compressed when it asks for that: zlib's
 * level, with context takeover, packed beforehand. */
void flood_start_packed(flood *f, size_t count, int level, int processor);
/* Trades at `rate` a second; their sequential_id is the monotonic clock in ns when they are sent.
 * It has a market list, too. */
void flood_start_paced(flood *f, size_t count, unsigned rate, int processor);
void flood_stop(flood *f);

/* The least of a client: connected, upgraded, what is sent comes. Never freed. */
SSL *flood_dial(const flood *f, bool read_ahead);

/* Pins the calling process; harmless where that is not allowed. */
void flood_pin(int processor);

#endif
