/* The memory of the explorer: what C11's relaxed, acquire and release let a thread see.
 *
 * Each atomic location is a list of messages in modification order. A thread has a view (the oldest
 * message of each location it may still read) and a vector clock (what happened before). A load may
 * read any message that is not older than the view; a store may go anywhere behind it, but never
 * between a read-modify-write and what that read; a release leaves the thread's knowledge in the
 * message, an acquire takes it from there, and a read-modify-write passes on what it found (release
 * sequences, as in C17 with C++20's shorter rule). Plain accesses are checked against the clocks:
 * two that conflict and are not ordered are a data race.
 *
 * So far no load reads what is written later. Real machines do that, and C11 allows it: a relaxed
 * load may be satisfied after the stores behind it. For locations marked with explore_late a load
 * may guess a value that some other thread writes in another execution; the execution counts only
 * if that thread then writes it, and the load does not happen before that store.
 *
 * Not modelled: seq_cst (taken for acq_rel) and fences; core/queue uses neither. */
#ifndef TESTS_MODELS_MACHINE_H
#define TESTS_MODELS_MACHINE_H

#include <stdint.h>

enum { THREADS_MAX = 5, MAIN = 0 };

typedef enum operation_kind { LOAD, STORE, CHANGE, COMPARE } operation_kind;

typedef struct operation {
    operation_kind kind;
    uintptr_t at;
    unsigned size;           /* 1, 2, 4, 8 */
    int order, order_failed; /* __ATOMIC_... */
    uint64_t operand, expected;
    char function; /* CHANGE: '=', '+', '-', '|', '&', '^' */
} operation;

typedef struct outcome {
    uint64_t before; /* what was read */
    int succeeded;   /* COMPARE */
} outcome;

void machine_reset(void); /* before each execution */

outcome machine_perform(unsigned thread, const operation *op);
void machine_plain(unsigned thread, uintptr_t at, uintptr_t size, int is_write);
/* The memory may come back for something else. */
void machine_forget(unsigned thread, uintptr_t at, uintptr_t size);
/* What `from` knows now, `to` knows too: the start and the end of a thread, a mutex. */
void machine_pass(unsigned to, unsigned from);

/* Which execution graph has been built so far, whatever order it was built in. */
uint64_t machine_fingerprint(void);

/* Guesses that have not come true. */
unsigned machine_guesses(void);
/* 1: one of them cannot come true any more; running: a bit per thread that has not ended. */
int machine_is_doomed(unsigned running);
/* 1: loads of marked locations may guess from here on; values are learnt before. Returns whether
 * any location is marked. */
int machine_let_guess(int on);

#endif
