#include "limits/counter.h"

#include <assert.h>
#include <stddef.h>

#include "base/clock.h"

/* While held grants are in the way nobody can say when one comes back: look again. */
#define LOOK_AGAIN_NS (50 * UPBIT__MS)
#define STRIKES_MAX   5 /* 429 in a row: 1, 2, 4 ... 16 windows */

static int64_t window_of(upbit__group group)
{
    return upbit__group_limits[group].window_ns + UPBIT__WINDOW_MARGIN_NS;
}

void upbit__counter_init(upbit__counter *c)
{
    *c = (upbit__counter){.closed_ns = UPBIT__LONG_AGO};
    for (int i = 0; i < UPBIT__SLOTS; i++)
        c->slots[i].free_ns = UPBIT__LONG_AGO;
}

static int64_t look_again(int64_t at, int64_t now)
{
    return at < now + LOOK_AGAIN_NS ? at : now + LOOK_AGAIN_NS;
}

int64_t upbit__counter_next(const upbit__counter *c, upbit__group group, uint32_t allowed,
                            int64_t now)
{
    if (c->closed_ns > now)
        return c->closed_ns;
    int64_t busy[UPBIT__SLOTS] = {0}; /* when they come back, in order */
    uint32_t count = 0, held = 0;
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++) {
        const upbit__slot *s = &c->slots[i];
        if (s->free_ns <= now)
            continue;
        uint32_t at = count++;
        for (; at > 0 && busy[at - 1] > s->free_ns; at--)
            busy[at] = busy[at - 1];
        busy[at] = s->free_ns;
        held += s->held;
    }
    if (count < allowed)
        return 0;
    int64_t at = busy[count - allowed]; /* the one whose return leaves allowed - 1 */
    return held > 0 ? look_again(at, now) : at;
}

static upbit__slot *vacant(upbit__counter *c, upbit__group group, int64_t now)
{
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        if (c->slots[i].free_ns <= now)
            return &c->slots[i];
    return NULL;
}

int64_t upbit__counter_take(upbit__counter *c, upbit__group group, uint32_t allowed, uint32_t owner,
                            int64_t now)
{
    int64_t at = upbit__counter_next(c, group, allowed, now);
    if (at != 0)
        return at;
    bool held = upbit__group_limits[group].held;
    upbit__slot *slot = vacant(c, group, now);
    assert(slot != NULL && "counted wrong: none is free");
    *slot = (upbit__slot){.free_ns = now + window_of(group) + (held ? UPBIT__HELD_MAX_NS : 0),
                          .owner = owner,
                          .held = held};
    return 0;
}

/* Which of several grants was reported does not matter: as many stay held as have no answer. */
void upbit__counter_settle(upbit__counter *c, upbit__group group, uint32_t owner, int64_t now)
{
    upbit__slot *oldest = NULL;
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++) {
        upbit__slot *s = &c->slots[i];
        if (s->held && s->owner == owner && s->free_ns > now &&
            (oldest == NULL || s->free_ns < oldest->free_ns))
            oldest = s;
    }
    if (oldest != NULL)
        *oldest = (upbit__slot){.free_ns = now + window_of(group), .owner = owner};
}

void upbit__counter_close(upbit__counter *c, int64_t until_ns)
{
    if (until_ns > c->closed_ns)
        c->closed_ns = until_ns;
}

int64_t upbit__counter_refused(upbit__counter *c, upbit__group group, uint32_t retry_after_ms,
                               int64_t now)
{
    bool again = c->closed_ns > now && c->strikes > 0;
    if (!again) /* others may have written more into the shared file */
        c->strikes = c->strikes < STRIKES_MAX ? c->strikes + 1 : STRIKES_MAX;
    int64_t wait = again ? window_of(group) : window_of(group) << (c->strikes - 1);
    if (wait < retry_after_ms * UPBIT__MS)
        wait = retry_after_ms * UPBIT__MS;
    upbit__counter_close(c, now + wait);
    return again ? 0 : c->closed_ns;
}

void upbit__counter_fill(upbit__counter *c, upbit__group group, int64_t now)
{
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        if (c->slots[i].free_ns < now + window_of(group))
            c->slots[i] = (upbit__slot){.free_ns = now + window_of(group)};
}

void upbit__counter_keep(upbit__counter *c, uint32_t owner)
{
    for (int i = 0; i < UPBIT__SLOTS; i++)
        if (c->slots[i].owner != owner)
            c->slots[i] = (upbit__slot){.free_ns = UPBIT__LONG_AGO};
}

void upbit__counter_add(upbit__counter *c, upbit__group group, upbit__slot slot)
{
    upbit__slot *soonest = &c->slots[0];
    for (uint32_t i = 1; i < upbit__group_limits[group].limit; i++)
        if (c->slots[i].free_ns < soonest->free_ns)
            soonest = &c->slots[i];
    if (soonest->free_ns < slot.free_ns)
        *soonest = slot;
}

void upbit__counter_adopt(upbit__counter *c, const upbit__counter *own, upbit__group group,
                          uint32_t owner)
{
    upbit__counter_close(c, own->closed_ns);
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        if (c->slots[i].owner == owner)
            c->slots[i] = (upbit__slot){.free_ns = UPBIT__LONG_AGO};
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        if (own->slots[i].owner == owner)
            upbit__counter_add(c, group, own->slots[i]);
}

bool upbit__counter_idle(const upbit__counter *c, upbit__group group, int64_t now)
{
    if (c->closed_ns > now)
        return false;
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        if (c->slots[i].free_ns > now)
            return false;
    return true;
}
