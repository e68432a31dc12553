#include "limits/sharing.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/random.h"

#define PATIENCE_NS  (250 * UPBIT__MS)
#define RETRY_NS     (100 * UPBIT__MS) /* alone */
#define LONGEST_MS   20                /* between two tries */
#define INSIST_TRIES 64
/* Four processes, and one that was killed and started again. */
#define ALONE_SHARE 5
/* The longest window, and until the next mark. */
#define MARK_NS (2 * UPBIT__SECOND + UPBIT__WINDOW_MARGIN_NS + 2 * RETRY_NS)

void upbit__tally_init(upbit__tally *t)
{
    *t = (upbit__tally){.banned_ns = UPBIT__LONG_AGO};
    for (int g = 0; g < UPBIT__GROUPS; g++)
        upbit__counter_init(&t->groups[g]);
}

static void name_owner(upbit__sharing *s)
{
    if (upbit__random_bytes(&s->owner, sizeof s->owner) != 0 || s->owner == 0)
        s->owner = (uint32_t)upbit__clock_boottime_ns() | 1;
}

int upbit__sharing_init(upbit__sharing *s, bool shared, const char *name)
{
    *s = (upbit__sharing){.owner = 1};
    if (!shared)
        return 0;
    name_owner(s);
    return upbit__ledger_create(&s->ledger, name);
}

void upbit__sharing_finish(upbit__sharing *s)
{
    upbit__ledger_destroy(s->ledger);
    s->ledger = NULL;
}

void upbit__sharing_forked(upbit__sharing *s)
{
    if (s->ledger == NULL)
        return;
    upbit__ledger_forked(s->ledger);
    name_owner(s);
    s->locked = false;
}

static void go_alone(upbit__sharing *s, upbit__tally *t, bool others, int64_t now)
{
    s->again_ns = now + RETRY_NS;
    if (s->alone)
        return;
    s->alone = true;
    s->trouble = upbit__ledger_reason(s->ledger);
    s->alone_ns = others ? now : UPBIT__LONG_AGO;
    for (int g = 0; g < UPBIT__GROUPS; g++)
        upbit__counter_keep(&t->groups[g], s->owner);
}

int64_t upbit__sharing_open_ns(const upbit__sharing *s, upbit__group group)
{
    return s->alone && s->alone_ns != UPBIT__LONG_AGO
               ? s->alone_ns + upbit__group_limits[group].window_ns + UPBIT__WINDOW_MARGIN_NS
               : UPBIT__LONG_AGO;
}

/* Between two tries the lock may have been free and others may have been granted something: so one
 * who goes alone begins a window after the last try. */
static int64_t busy(upbit__sharing *s, upbit__tally *t, int64_t now)
{
    if (s->tries == 0 || now - s->again_ns >= PATIENCE_NS) { /* or it was not asked for long */
        s->tries = 0;
        s->busy_ns = now;
    }
    s->tries++;
    if (s->alone || now - s->busy_ns >= PATIENCE_NS) {
        if (s->alone && now > s->marked_ns) /* nobody was warned: as if it began now */
            s->alone_ns = now;
        s->marked_ns = now + MARK_NS;
        upbit__ledger_mark(s->ledger, s->marked_ns);
        go_alone(s, t, true, now);
        return 0;
    }
    int64_t wait_ms = s->tries < 6 ? 1 << (s->tries - 1) : LONGEST_MS;
    s->again_ns = now + wait_ms * UPBIT__MS;
    return s->again_ns;
}

/* Locked: what others have done comes in, what we have done besides goes out by _end. */
static void join(upbit__sharing *s, upbit__tally *t, upbit__group group, int64_t now)
{
    upbit__counter theirs;
    upbit__ledger_read(s->ledger, group, &theirs, now);
    upbit__counter_adopt(&theirs, &t->groups[group], group, s->owner);
    t->groups[group] = theirs;
    if (s->head.banned_ns > t->banned_ns) {
        t->banned_ns = s->head.banned_ns;
        t->banned_wall_ms = s->head.banned_wall_ms;
    }
    if (s->head.bans > t->bans)
        t->bans = s->head.bans;
    s->tries = 0;
    s->alone = false;
    s->locked = true;
}

int64_t upbit__sharing_begin(upbit__sharing *s, upbit__tally *t, upbit__group group, bool insist,
                             int64_t now)
{
    if (s->ledger == NULL || (s->alone && now < s->again_ns))
        return 0;
    unsigned mended = upbit__ledger_mended(s->ledger);
    upbit__ledger_result result = UPBIT__LEDGER_BUSY;
    for (int i = 0; i < (insist ? INSIST_TRIES : 1) && result == UPBIT__LEDGER_BUSY; i++)
        result = upbit__ledger_lock(s->ledger, &s->head, now);
    switch (result) {
    case UPBIT__LEDGER_LOCKED:
        join(s, t, group, now);
        if (mended != upbit__ledger_mended(s->ledger))
            s->trouble = "the file of the shared budgets was damaged and has been mended";
        return 0;
    case UPBIT__LEDGER_BUSY:
        return busy(s, t, now);
    case UPBIT__LEDGER_UNKNOWN:
        go_alone(s, t, true, now);
        return 0;
    case UPBIT__LEDGER_NONE:
        break;
    }
    go_alone(s, t, false, now);
    return 0;
}

uint32_t upbit__sharing_share(const upbit__sharing *s, upbit__group group, uint32_t allowed,
                              int64_t now)
{
    if (s->ledger == NULL || (!s->alone && s->head.marked_ns <= now))
        return allowed;
    uint32_t part = upbit__group_limits[group].limit / ALONE_SHARE;
    part = part > 0 ? part : 1;
    return part < allowed ? part : allowed;
}

void upbit__sharing_end(upbit__sharing *s, const upbit__tally *t, upbit__group group)
{
    if (!s->locked)
        return;
    upbit__ledger_write(s->ledger, group, &t->groups[group]);
    s->head.banned_ns = t->banned_ns;
    s->head.banned_wall_ms = t->banned_wall_ms;
    s->head.bans = t->bans;
    upbit__ledger_write_head(s->ledger, &s->head);
    upbit__ledger_unlock(s->ledger);
    s->locked = false;
}
