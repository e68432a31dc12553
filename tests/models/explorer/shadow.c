/* The explorer's watch over plain accesses. See shadow.h.
 *
 * Per four bytes and thread the last access of each kind, as the number of atomic operations the
 * thread had done by then. An access of thread t after its operation n is numbered n + 1: what t
 * released with operation n does not cover it, what it releases next does. */
#include "shadow.h"

#include <string.h>

#include "explore.h"
#include "machine.h"

enum { CELLS = 1 << 13, PLAIN_READ = 0, PLAIN_WRITE, ATOMIC_READ, ATOMIC_WRITE, KINDS };

static struct {
    uintptr_t at;
    uint32_t age;
    uint16_t when[KINDS][THREADS_MAX]; /* 0: never */
} cells[CELLS];
static uint32_t age;
static uint16_t in_use[CELLS];
static unsigned used;

void shadow_reset(void)
{
    age++;
    used = 0;
}

static unsigned find(uintptr_t at)
{
    unsigned i = (unsigned)((at >> 2) * 0x9e3779b1U >> 7) % CELLS;
    while (cells[i].age == age && cells[i].at != at)
        i = (i + 1) % CELLS;
    if (cells[i].age != age) {
        if (used == CELLS / 2)
            explore_give_up("too much memory in use");
        in_use[used++] = (uint16_t)i;
        cells[i].age = age;
        cells[i].at = at;
        memset(cells[i].when, 0, sizeof cells[i].when);
    }
    return i;
}

/* The first of the kinds in `against` of which cell i has seen an access that is not ordered
 * before. */
static const char *conflict(unsigned i, unsigned thread, const uint16_t *clock, unsigned against)
{
    static const char *const names[KINDS] = {"a plain read before", "a plain write before",
                                             "an atomic read before", "an atomic write before"};
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned t = 0; (against >> k & 1U) && t < THREADS_MAX; t++)
            if (t != thread && cells[i].when[k][t] > clock[t])
                return names[k];
    return NULL;
}

static const char *note(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size,
                        unsigned kind, unsigned against, uint16_t now)
{
    for (uintptr_t a = at & ~(uintptr_t)3; a < at + size; a += 4) {
        unsigned i = find(a);
        const char *race = conflict(i, thread, clock, against);
        if (race != NULL)
            return race;
        cells[i].when[kind][thread] = now;
    }
    return NULL;
}

const char *shadow_freed(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size)
{
    for (unsigned n = 0; n < used; n++) {
        unsigned i = in_use[n];
        const char *race = cells[i].at < at || cells[i].at >= at + size
                               ? NULL
                               : conflict(i, thread, clock, (1U << KINDS) - 1);
        if (race != NULL)
            return race;
    }
    return NULL;
}

const char *shadow_plain(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size,
                         int is_write)
{
    unsigned against = 1U << PLAIN_WRITE | 1U << ATOMIC_WRITE;
    if (is_write)
        against |= 1U << PLAIN_READ | 1U << ATOMIC_READ;
    return note(thread, clock, at, size, is_write ? PLAIN_WRITE : PLAIN_READ, against,
                (uint16_t)(clock[thread] + 1));
}

const char *shadow_atomic(unsigned thread, const uint16_t *clock, uintptr_t at, uintptr_t size,
                          int is_write)
{
    unsigned against = 1U << PLAIN_WRITE;
    if (is_write)
        against |= 1U << PLAIN_READ;
    return note(thread, clock, at, size, is_write ? ATOMIC_WRITE : ATOMIC_READ, against,
                clock[thread]);
}
