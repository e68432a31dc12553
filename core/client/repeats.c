#include "client/repeats.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define KEEP_IDS       1024
#define MOST_CAPACITY  65536
#define MOST_IDS       65535 /* a place + 1 must fit a slot */
#define KEEP_NS        10000000000LL
#define MARK_NS        500000000LL
#define MARKS          24 /* more than KEEP_NS + MARK_NS takes: the first of so many is older */

void upbit__sids_finish(upbit__sids *s)
{
    free(s->ring);
    free(s->marks);
    *s = (upbit__sids){0};
}

static uint32_t mask_of(const upbit__sids *s)
{
    return 2 * s->capacity - 1;
}

/* The last digits of an id count up by ones: spread them. */
static uint32_t home_of(const upbit__sids *s, int64_t id)
{
    return (uint32_t)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 32) & mask_of(s);
}

static uint32_t after(const upbit__sids *s, uint32_t slot)
{
    return (slot + 1) & mask_of(s);
}

/* Where the id is, or the free slot where it would be: the table is never more than half full. */
static uint32_t slot_of(const upbit__sids *s, int64_t id)
{
    uint32_t slot = home_of(s, id);
    while (s->slots[slot] != 0 && s->ring[s->slots[slot] - 1] != id)
        slot = after(s, slot);
    return slot;
}

bool upbit__sids_seen(const upbit__sids *s, int64_t id)
{
    return s->count > 0 && s->slots[slot_of(s, id)] != 0;
}

int64_t upbit__sids_reach(const upbit__sids *s)
{
    return s->number > s->count && s->count > 0 ? s->ring[(s->next + s->room - s->count) % s->room]
                                                : INT64_MIN;
}

/* Frees the slot and moves those behind it up that would not be found any more. */
static void forget(upbit__sids *s, int64_t id)
{
    uint32_t hole = slot_of(s, id);
    for (uint32_t at = after(s, hole); s->slots[at] != 0; at = after(s, at)) {
        uint32_t home = home_of(s, s->ring[s->slots[at] - 1]);
        if (((at - home) & mask_of(s)) >= ((at - hole) & mask_of(s))) {
            s->slots[hole] = s->slots[at];
            hole = at;
        }
    }
    s->slots[hole] = 0;
}

/* The newest ids, as many as there is room for, in another ring, oldest first. */
static bool resize(upbit__sids *s, uint32_t capacity)
{
    upbit__sids n = *s;
    n.capacity = capacity;
    n.room = capacity < MOST_IDS ? capacity : MOST_IDS;
    upbit__sid_mark *made = NULL;
    if (capacity >= KEEP_IDS && n.marks == NULL)
        n.marks = made = malloc(MARKS * sizeof *made);
    n.ring = n.marks == NULL && capacity >= KEEP_IDS
                 ? NULL
                 : malloc(n.room * sizeof *n.ring + 2 * (size_t)capacity * sizeof *n.slots);
    if (n.ring == NULL) {
        free(made);
        return false;
    }
    n.slots = (uint16_t *)(void *)(n.ring + n.room);
    memset(n.slots, 0, 2 * (size_t)capacity * sizeof *n.slots);
    n.count = s->count < n.room ? s->count : n.room;
    n.next = n.count == n.room ? 0 : n.count;
    for (uint32_t i = 0; i < n.count; i++) {
        uint32_t back = n.count - i; /* behind the newest */
        n.ring[i] = s->ring[s->next >= back ? s->next - back : s->next + s->room - back];
        n.slots[slot_of(&n, n.ring[i])] = (uint16_t)(i + 1);
    }
    free(s->ring);
    *s = n;
    return true;
}

bool upbit__sids_reserve(upbit__sids *s)
{
    return s->capacity > 0 || resize(s, FIRST_CAPACITY);
}

static const upbit__sid_mark *mark(const upbit__sids *s, uint32_t i)
{
    return &s->marks[(s->mark_first + i) % MARKS];
}

/* How many of the last ids may be younger than KEEP_NS: those since the first mark that is not
 * older than that, when a mark stands for half a second. What came before the first mark of all
 * came nobody knows when. */
static uint64_t young(const upbit__sids *s, int64_t now_ns)
{
    for (uint32_t i = 0; i < s->mark_count; i++)
        if (now_ns - mark(s, i)->at_ns < KEEP_NS + MARK_NS)
            return s->number - (i > 0 ? mark(s, i)->number : 0);
    return 0;
}

/* Every half second that brings an id. A window that was needed once and is no more gets smaller
 * by half. */
static void set_mark(upbit__sids *s, int64_t now_ns)
{
    if (s->marks == NULL ||
        (s->mark_count > 0 && now_ns - mark(s, s->mark_count - 1)->at_ns < MARK_NS))
        return;
    if (s->mark_count == MARKS) {
        s->mark_first = (s->mark_first + 1) % MARKS;
        s->mark_count--;
    }
    s->marks[(s->mark_first + s->mark_count) % MARKS] = (upbit__sid_mark){now_ns, s->number};
    s->mark_count++;
    if (s->capacity > KEEP_IDS && young(s, now_ns) < s->capacity / 4)
        (void)resize(s, s->capacity / 2);
}

/* Room for one more: a larger ring, or the oldest goes. */
static bool make_room(upbit__sids *s, int64_t now_ns)
{
    if (s->count < s->room)
        return true;
    bool grows =
        s->capacity < KEEP_IDS || (s->capacity < MOST_CAPACITY && young(s, now_ns) >= s->room);
    if (grows && resize(s, s->capacity == 0 ? FIRST_CAPACITY : s->capacity * 2))
        return true;
    if (s->capacity == 0)
        return false;
    forget(s, s->ring[s->next]);
    return true;
}

bool upbit__sids_add(upbit__sids *s, int64_t id, int64_t now_ns)
{
    if (upbit__sids_seen(s, id))
        return false;
    set_mark(s, now_ns);
    if (!make_room(s, now_ns))
        return true;
    s->ring[s->next] = id;
    s->slots[slot_of(s, id)] = (uint16_t)(s->next + 1);
    s->next = s->next + 1 == s->room ? 0 : s->next + 1;
    s->number++;
    if (s->count < s->room)
        s->count++;
    return true;
}
