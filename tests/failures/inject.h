/* Calls of core that fail when the test says so.
 *
 * The program is linked with --wrap for every call of core that can fail (calls.h lists them). Each
 * call is known by the way that led to it: the hash of its return addresses. A run first learns the
 * ways of a session; then each of them fails in a child of its own, once. Known by its way and not
 * by its number, because threads and the network number the calls anew in every run. */
#ifndef TESTS_FAILURES_INJECT_H
#define TESTS_FAILURES_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAYS_MAX  8192
#define WAY_DEPTH 14

typedef struct way {
    uint64_t hash;
    const char *name;  /* of the call */
    uint32_t calls;    /* in the session that met it most */
    uint32_t sessions; /* that met it while learning */
    uint32_t identity; /* of the names on it; the driver's */
    int depth;
    void *frames[WAY_DEPTH];
} way;

/* In memory that children share with the driver: what the sessions met. */
extern way *ways;
/* Before the first child. Ends the program if there is no memory. */
void inject_start(void);
size_t ways_count(void);

/* Of this process, before its first call into the library. Learning: nothing fails. */
void inject_learn(void);
/* The `which`th call (from 1 on) that comes this way fails, and the `burst` - 1 calls of its name
 * that follow it. */
void inject_fail(uint64_t hash, uint32_t which, uint32_t burst);
/* The next call of that name fails, whatever its way. */
void inject_fail_call(const char *name);
/* All calls of that name fail; NULL: none any more. */
void inject_fail_calls(const char *name);
/* From now on no thread gets any memory; until it is said otherwise. */
void inject_no_memory(bool none);
/* The next `spare` calls for memory are answered, the `lacking` behind them are not; until it is
 * said that memory lasts. */
void inject_memory_ends(uint32_t spare, uint32_t lacking);
void inject_memory_lasts(void);
/* How many calls have failed so far. */
uint32_t inject_failed(void);

/* The session begins, called by this function: what lies below is no part of a way. */
void inject_begin(void);

/* The test's own calls, of this thread, between these two are let alone. */
void inject_pause(void);
void inject_resume(void);

/* Is this call to fail? For the wrappers. */
bool inject_here(const char *name);

/* Blocks of the library that were not given back. Those that a session without failures keeps, too
 * (budgets outlive managers), are no leak: ways of allocations that are in `kept` are left out. */
typedef struct kept_ways {
    uint64_t hash[64];
    size_t count;
} kept_ways;
void memory_kept(kept_ways *out);
/* Prints each; how many blocks there are. */
size_t memory_leaked(const kept_ways *kept);
void memory_note(void *block);   /* NULL is harmless */
void memory_forget(void *block); /* likewise; before it is freed */
uint64_t inject_last_way(void);  /* of this thread's last inject_here */

#endif
