/* What a litmus program may ask of the explorer; see litmus.h, which makes these nothing elsewhere.
 */
#ifndef TESTS_MODELS_EXPLORE_H
#define TESTS_MODELS_EXPLORE_H

#include <stdint.h>

/* A relaxed load of this object may be satisfied after the stores behind it: nothing they store
 * depends on it. */
void explore_late(const volatile void *atomic);

/* For the story of a failed execution. */
void explore_name(const volatile void *object, const char *name);
const char *explore_name_of(uintptr_t at);

/* poll() would say that this eventfd can be read. */
int explore_readable(int fd);

/* The program is too large for the explorer. */
_Noreturn void explore_give_up(const char *why);

#endif
