/* Changes that leave an input's form alone, so that what lies behind the first refusal is reached,
 * too: libFuzzer's mutators of the targets they are for, and `replay` uses them as well. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Changes bytes without knowing what they are: libFuzzer's way or replay's. Returns the size, at
 * most `most`. */
typedef size_t fuzz_damage(uint8_t *bytes, size_t size, size_t most);

/* A target's own way: `size` bytes of `most`; all choices come from `seed`. NULL: it has none. */
typedef size_t fuzz_mutate(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                           fuzz_damage *damage);
fuzz_mutate *fuzz_mutator(const char *target);

/* What they share. */
typedef struct fuzz_dice {
    uint64_t state;
} fuzz_dice;
size_t fuzz_below(fuzz_dice *d, size_t below); /* below > 0 */
/* Puts `count` bytes in the place of those from `from` to `to`; the new size, which is the old one
 * when there is no room. */
size_t fuzz_splice(uint8_t *bytes, size_t size, size_t most, size_t from, size_t to,
                   const void *with, size_t count);

fuzz_mutate fuzz_mutate_json;     /* members, values, names of the exchange's          */
fuzz_mutate fuzz_mutate_told;     /* the same behind a first byte that says what it is */
fuzz_mutate fuzz_mutate_lines;    /* lines and words                                   */
fuzz_mutate fuzz_mutate_inflate;  /* packed anew, in another way                       */
fuzz_mutate fuzz_mutate_messages; /* messages, packed and cut into frames              */

#endif
