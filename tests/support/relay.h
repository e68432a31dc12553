/* upbit-relay as a child process of a test: between the client and the mock exchange, told what to
 * let go wrong. docs/TESTING.md, The relay. */
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

#include <stdio.h>
#include <sys/types.h>

typedef struct relay {
    pid_t pid;
    int port;
    char url[96]; /* of the mock's public stream, through the relay; wss:// when the mock's is */
    FILE *to, *from;
} relay;

/* Starts the program named by the environment's UPBIT_RELAY with --parent-death and these arguments
 * (NULL-terminated) before that server's url ("ws://127.0.0.1:PORT/..."), and waits for its line.
 * Ends the test program if it cannot. */
void relay_start(relay *r, const char *server_url, const char *const *arguments);
void relay_stop(relay *r); /* once more does nothing */
/* One order. Ends the test program when the relay does not take it. */
void relay_order(relay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The integer behind "name": of `stats`; -1 if there is none. */
long relay_stat(relay *r, const char *name);

#endif
