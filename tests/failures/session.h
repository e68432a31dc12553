/* A scripted life of the library against the mock exchange, that survives one failure of anything:
 * who is told of an error tries again. What must hold whatever fails is checked on the way and at
 * the end. */
#ifndef TESTS_FAILURES_SESSION_H
#define TESTS_FAILURES_SESSION_H

#include "support/mock.h"

typedef struct place {
    mock plain, tls;       /* the second: the whole port speaks TLS */
    const char *ca_file;   /* of the second */
    const char *recording; /* a file for the transport replay */
} place;

/* How long a session waits for anything, in seconds. */
extern double session_patience;

/* Two proxies, trades, tickers, a switch, a cut, REST, orders, the end. */
void session_full(const place *at);
/* A wss URL with a good certificate, stream and REST. */
void session_tls(const place *at);
/* A recording in place of a connection. */
void session_replay(const place *at);
/* Files, grouped books, grants, inspection, the token's renewal. */
void session_desk(const place *at);

/* Ends the process with status 1 unless it is so. */
void require(int so, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
