#include "client/repeats.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define KEEP_IDS       1024
#define MOST_IDS       65536
#define KEEP_NS        10000000000LL

void upbit__sids_finish(upbit__sids *s)
{
    free(s->ring);
    free(s->slots);
    *s = (upbit__sids){0};
}

/* The last digits of an id count up by ones: spread them. */
static uint32_t home_of(const upbit__sids *s, int64_t id)
{
    return (uint32_t)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 32) & (2 * s->capacity - 1);
}

static uint32_t after(const upbit__sids *s, uint32_t slot)
{
    return (slot + 1) & (2 * s->capacity - 1);
}

/* Where the id is, or the free slot where it would be: the table is never more than half full. */
static uint32_t slot_of(const upbit__sids *s, int64_t id)
{
    uint32_t slot = home_of(s, id);
    while (s->slots[slot] != 0 && s->ring[s->slots[slot] - 1].id != id)
        slot = after(s, slot);
    return slot;
}

bool upbit__sids_seen(const upbit__sids *s, int64_t id)
{
    return s->count > 0 && s->slots[slot_of(s, id)] != 0;
}

/* Frees the slot and moves those behind it up that would not be found any more. */
static void forget(upbit__sids *s, int64_t id)
{
    uint32_t hole = slot_of(s, id);
    if (s->slots[hole] == 0)
        return;
    for (uint32_t at = after(s, hole); s->slots[at] != 0; at = after(s, at)) {
        uint32_t home = home_of(s, s->ring[s->slots[at] - 1].id);
        uint32_t mask = 2 * s->capacity - 1;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            s->slots[hole] = s->slots[at];
            hole = at;
        }
    }
    s->slots[hole] = 0;
}

/* The ring in order, oldest first, in a larger one. */
static bool grow(upbit__sids *s)
{
    uint32_t capacity = s->capacity == 0 ? FIRST_CAPACITY : s->capacity * 2;
    upbit__sid *ring = malloc(capacity * sizeof *ring);
    uint32_t *slots = calloc(2 * (size_t)capacity, sizeof *slots);
    if (ring == NULL || slots == NULL) {
        free(ring);
        free(slots);
        return false;
    }
    if (s->count > 0) {
        memcpy(ring, s->ring + s->next, (s->count - s->next) * sizeof *ring);
        memcpy(ring + (s->count - s->next), s->ring, s->next * sizeof *ring);
    }
    free(s->ring);
    free(s->slots);
    s->ring = ring;
    s->slots = slots;
    s->capacity = capacity;
    s->next = s->count;
    for (uint32_t i = 0; i < s->count; i++)
        s->slots[slot_of(s, ring[i].id)] = i + 1;
    return true;
}

bool upbit__sids_reserve(upbit__sids *s)
{
    return s->capacity > 0 || grow(s);
}

void upbit__sids_add(upbit__sids *s, int64_t id, int64_t now_ns)
{
    if (upbit__sids_seen(s, id))
        return;
    if (s->count == s->capacity) {
        bool young = s->capacity < KEEP_IDS ||
                     (s->capacity < MOST_IDS && now_ns - s->ring[s->next].seen_ns < KEEP_NS);
        if (young && !grow(s) && s->capacity == 0)
            return;
        if (s->count == s->capacity)
            forget(s, s->ring[s->next].id);
    }
    s->ring[s->next] = (upbit__sid){id, now_ns};
    s->slots[slot_of(s, id)] = s->next + 1;
    s->next = s->next + 1 == s->capacity ? 0 : s->next + 1;
    if (s->count < s->capacity)
        s->count++;
}
