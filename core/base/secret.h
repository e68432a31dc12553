/* Memory for what nobody else shall see: locked (never swapped out), left out of core dumps, empty
 * in a forked child, wiped before it is given back.
 *
 * A block is its own mapping with an inaccessible page on either side, so that an overrun elsewhere
 * does not read it. @thread any; a block belongs to one owner at a time. */
#ifndef UPBIT_BASE_SECRET_H
#define UPBIT_BASE_SECRET_H

#include <stddef.h>

/* What the machine could not promise for a block. */
enum {
    UPBIT__SECRET_NOT_LOCKED = 1,   /* RLIMIT_MEMLOCK: it may be swapped out */
    UPBIT__SECRET_DUMPABLE = 2,     /* it may stand in a core dump */
    UPBIT__SECRET_KEPT_ON_FORK = 4, /* a forked child has it, too */
};

/* `size` zeroed bytes; NULL: no memory. *lacks (may be NULL): UPBIT__SECRET_... bits. */
void *upbit__secret_create(size_t size, unsigned *lacks);
/* Wipes and gives back; `size` as it was asked for. NULL allowed. */
void upbit__secret_destroy(void *secret, size_t size);

/* Zeroes, whatever the optimiser thinks of it. NULL with size 0 allowed. */
void upbit__wipe(void *bytes, size_t size);

/* Overwrites the stack below the caller: what a library computed there with a secret does not stay
 * until something else happens to need the place. */
void upbit__wipe_stack(void);

#endif
