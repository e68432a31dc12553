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
    *s = (upbit__sids){0};
}

bool upbit__sids_seen(const upbit__sids *s, int64_t id)
{
    if (s->count == 0 || id > s->highest)
        return false;
    /* From the newest back: a repeat is nearly always the last trade. */
    for (uint32_t i = 0, at = s->next; i < s->count; i++) {
        at = (at == 0 ? s->capacity : at) - 1;
        if (s->ring[at].id == id)
            return true;
    }
    return false;
}

/* The ring in order, oldest first, in a larger one. */
static bool grow(upbit__sids *s)
{
    uint32_t capacity = s->capacity == 0 ? FIRST_CAPACITY : s->capacity * 2;
    upbit__sid *ring = malloc(capacity * sizeof *ring);
    if (ring == NULL)
        return false;
    uint32_t first = s->count < s->capacity ? 0 : s->next;
    if (s->count > 0) {
        memcpy(ring, s->ring + first, (s->count - first) * sizeof *ring);
        memcpy(ring + (s->count - first), s->ring, first * sizeof *ring);
    }
    free(s->ring);
    s->ring = ring;
    s->capacity = capacity;
    s->next = s->count;
    return true;
}

void upbit__sids_add(upbit__sids *s, int64_t id, int64_t now_ns)
{
    if (s->count == s->capacity) {
        bool young = s->capacity < KEEP_IDS ||
                     (s->capacity < MOST_IDS && now_ns - s->ring[s->next].seen_ns < KEEP_NS);
        if (young && !grow(s) && s->capacity == 0)
            return;
    }
    s->next = s->next == s->capacity ? 0 : s->next;
    s->ring[s->next] = (upbit__sid){id, now_ns};
    s->next = s->next + 1 == s->capacity ? 0 : s->next + 1;
    if (s->count < s->capacity)
        s->count++;
    if (s->count == 1 || id > s->highest)
        s->highest = id;
}
