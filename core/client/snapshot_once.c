/* Wants for one snapshot only (upbit_proxy_subscribe) that the stream leaves unanswered.
 *
 * The next request asks the exchange for them; what has not come 5 s after the want was made is
 * asked for by REST, and so is everything that waits when the connection is lost: there is no
 * telling when the next request will be. Whichever comes first ends the want, so it is answered
 * once. What REST does not have either is asked for again 5 s later; meanwhile the wire asks too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/snapshot.h"

#define WAIT_NS (5 * UPBIT__SECOND)

static bool waits(const upbit__entry *entry)
{
    return (entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0 && !entry->has;
}

/* Without memory for the timer REST is not asked; the wire still is. */
static void look_at(upbit_manager *m, int64_t at_ns)
{
    if (upbit__timer_start(m->loop, &m->once_timer, at_ns) != 0)
        upbit__log_write(&m->log, UPBIT_LOG_ERROR, "stream", "no memory for a timer");
}

void upbit__once_wanted(upbit_manager *m, upbit__entry *entry)
{
    int64_t now = upbit__clock_monotonic_ns();
    bool down = m->session.state == UPBIT_STATE_RECONNECTING;
    entry->rest_ns = down ? now : now + WAIT_NS;
    if (down || !upbit__timer_running(&m->once_timer))
        look_at(m, entry->rest_ns); /* one that runs is due earlier */
}

typedef struct scan {
    bool down; /* nothing needs to be waited for */
    int64_t now, next;
    upbit__key **keys;
    size_t count, room;
} scan;

static void look(void *context, upbit__key *key)
{
    scan *s = context;
    bool due = false;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        const upbit__entry *entry = key->entries[i];
        if (!waits(entry) || entry->rest_ns == 0)
            continue;
        if (s->down || entry->rest_ns <= s->now)
            due = true;
        else if (s->next == 0 || entry->rest_ns < s->next)
            s->next = entry->rest_ns;
    }
    if (due && s->keys != NULL && s->count < s->room)
        s->keys[s->count] = key;
    s->count += due;
}

static bool same_kind(const upbit__key *a, const upbit__key *b)
{
    return a->id.type == b->id.type && a->id.unit == b->id.unit &&
           upbit_decimal_compare(&a->id.level, &b->id.level) == 0;
}

/* Those of the first key's kind in one request; they are taken out of the list. */
static void ask(upbit_manager *m, scan *s)
{
    const upbit__key *first = s->keys[0];
    size_t kept = 0, count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += same_kind(first, s->keys[i]);
    upbit__snapshot *request = upbit__snapshot_make(m, count);
    count = 0;
    for (size_t i = 0; i < s->count; i++) {
        upbit__key *key = s->keys[i];
        if (!same_kind(first, key)) {
            s->keys[kept++] = key;
            continue;
        }
        for (uint32_t k = 0; k < key->entry_count; k++)
            if (waits(key->entries[k]))
                key->entries[k]->rest_ns = request != NULL ? 0 : s->now + WAIT_NS;
        if (request != NULL)
            memcpy(request->parts[count++].code, key->id.code, sizeof key->id.code);
    }
    s->count = kept;
    if (request == NULL) {
        look_at(m, s->now + WAIT_NS);
        return;
    }
    request->type = first->id.type;
    request->unit = first->id.unit;
    request->level = first->id.level;
    request->until_ns = s->now + WAIT_NS;
    upbit__snapshot_run(request);
}

static void ask_all(upbit_manager *m, bool down)
{
    scan s = {.down = down, .now = upbit__clock_monotonic_ns()};
    upbit__registry_each(&m->registry, look, &s);
    size_t room = s.count;
    s = (scan){.down = down, .now = s.now, .room = room};
    if (room > 0)
        s.keys = malloc(room * sizeof *s.keys);
    upbit__registry_each(&m->registry, look, &s);
    if (room > 0 && s.keys == NULL) {
        look_at(m, s.now + WAIT_NS);
        return;
    }
    if (s.next != 0)
        look_at(m, s.next);
    while (s.count > 0)
        ask(m, &s);
    free(s.keys);
}

void upbit__once_due(void *manager)
{
    ask_all(manager, false);
}

void upbit__once_stream_lost(upbit_manager *m)
{
    if (upbit__timer_running(&m->once_timer))
        ask_all(m, true);
}

void upbit__once_answered(upbit__snapshot *s)
{
    upbit_manager *m = s->manager;
    int64_t again = upbit__clock_monotonic_ns() + WAIT_NS;
    bool left = false;
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__part *part = &s->parts[i];
        upbit__key_id id = upbit__snapshot_key(s, part);
        upbit__key *key = upbit__registry_find(&m->registry, &id);
        if (key != NULL && part->count > 0) {
            upbit_event *e = part->events[--part->count];
            e->epoch = m->session.epoch; /* it is pushed now; epochs of a lane never go back */
            upbit__fanout_once(&m->fanout, key, e);
            key = upbit__registry_find(&m->registry, &id); /* it may have gone with its last want */
        }
        for (uint32_t k = 0; key != NULL && k < key->entry_count; k++) {
            upbit__entry *entry = key->entries[k];
            if (!waits(entry) || entry->rest_ns != 0)
                continue;
            entry->rest_ns = again;
            left = true;
        }
    }
    if (left && !upbit__timer_running(&m->once_timer))
        look_at(m, again);
}
