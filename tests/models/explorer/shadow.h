/* Who touched which bytes when: the plain accesses of the explorer, and the atomic ones as far as
 * they can race with those. */
#ifndef TESTS_MODELS_SHADOW_H
#define TESTS_MODELS_SHADOW_H

#include <stdint.h>

void shadow_reset(void);

/* Notes an access of `thread`, whose vector clock is given; what it races with, or NULL. */
const char *shadow_plain(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size,
                         int is_write);
const char *shadow_atomic(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size,
                          int is_write);
/* The same for memory that is given back: a write to all of it that nobody may see. */
const char *shadow_freed(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size);

#endif
