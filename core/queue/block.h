/* A block and its references, for the files of this directory: see pool.h. */
#ifndef UPBIT_QUEUE_BLOCK_H
#define UPBIT_QUEUE_BLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/pool.h"
#include "queue/stack.h"

typedef struct upbit__block {
    /* whoever brought refs to 0, then the I/O thread */
    upbit__link link;
    /* immutable */
    upbit__pool *pool; /* NULL: stand-alone */
    uint32_t bytes;    /* with this header */
    uint32_t class;
    /* any thread, atomic */
    _Atomic uint32_t refs;
    /* the event; 16 as malloc aligns */
    _Alignas(16) upbit_event event;
} upbit__block;

static inline upbit__block *upbit__block_of(const upbit_event *e)
{
    return (upbit__block *)(uintptr_t)((const char *)e - offsetof(upbit__block, event));
}

/* Lets `n` references go. 1: those were the last ones. @thread any. */
int upbit__block_drop_refs(upbit__block *b, uint32_t n);

/* Brings a block that nobody has any more back from a thread that is not its pool's. */
void upbit__block_send_back(upbit__block *b);

#endif
