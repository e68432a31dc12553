/* What users would take instead of this library: each a program of its own, run with the flood's
 * address, its authority's file and how many messages to take. It ends with 0 when it has taken
 * each of them once and read its main fields, with 77 when something is not installed. */
#ifndef TESTS_BENCH_STREAM_PEERS_H
#define TESTS_BENCH_STREAM_PEERS_H

#include <stddef.h>

#include "flood.h"

typedef struct peer {
    const char *name;
    const char *program; /* NULL: not built, for want of what `needs` says */
    const char *script;  /* its first argument; NULL: none */
    const char *word;    /* its last argument; NULL: none */
    const char *needs;
    size_t share;    /* slow peers get so many times fewer messages */
    double must;     /* at least so many times ours; 0: no target */
    const char *row; /* the target's in docs/PERFORMANCE.md */
} peer;

enum { PEER_COUNT = 9 };
extern const peer peers[PEER_COUNT];

/* Becomes the peer: to be called in a child. */
_Noreturn void peer_run(const peer *p, const flood *f, size_t count);

#endif
