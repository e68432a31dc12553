/* What can be had without asking the exchange for it: the cached latest value of a key that is
 * streamed, and the first message of one that was just subscribed. Both are one value, the latest;
 * histories come from REST alone. */
#include <string.h>

#include "base/clock.h"
#include "client/snapshot.h"

#define YOUNG_NS UPBIT__SECOND
#define ALL_ROWS 30

static bool is_latest_only(const upbit__snapshot *s)
{
    return s->wanted == 1 && s->before == 0;
}

static unsigned rows_wanted(const upbit__snapshot *s)
{
    return s->depth != 0 ? s->depth : ALL_ROWS;
}

/* Cut to the rows wanted; a copy, or the event itself with one more reference. */
static upbit_event *fitting(upbit__snapshot *s, upbit_event *e, bool copy)
{
    if (s->type == UPBIT_TYPE_ORDERBOOK && s->depth != 0)
        return upbit__orderbook_cut((const upbit_orderbook *)(const void *)e, s->depth,
                                    upbit__snapshot_allocate, s);
    if (copy)
        return upbit__event_copy(e, upbit__snapshot_allocate, s);
    upbit_event_ref(e);
    return e;
}

static bool is_cached(const upbit__snapshot *s, const upbit__key *key)
{
    return s->manager->session.state == UPBIT_STATE_LIVE && key->on_wire && key->last != NULL &&
           upbit__clock_monotonic_ns() - key->last->received_ns < YOUNG_NS &&
           upbit__fanout_has_rows(key->last, s->depth);
}

/* Requested on this connection, or about to be, and nothing of it has come yet. */
static bool is_due(const upbit__snapshot *s, const upbit__key *key)
{
    if (!upbit__session_open(&s->manager->session) || key->entry_count == 0)
        return false;
    if (key->asked_ns != 0 && key->heard_ns >= key->asked_ns)
        return false;
    unsigned depth = key->asked_ns != 0 ? key->wire_depth : upbit__key_depth(key);
    return s->type != UPBIT_TYPE_ORDERBOOK || depth == 0 || depth >= rows_wanted(s);
}

void upbit__snapshot_seek(upbit__snapshot *s, upbit__part *part)
{
    upbit_manager *m = s->manager;
    upbit__key_id id = upbit__snapshot_key(s, part);
    upbit__key *key = is_latest_only(s) ? upbit__registry_find(&m->registry, &id) : NULL;
    if (key == NULL)
        return;
    if (is_cached(s, key)) {
        upbit_event *e = fitting(s, key->last, true);
        if (e == NULL)
            return;
        e->origin = UPBIT_ORIGIN_CACHE;
        e->stream = UPBIT_STREAM_SNAPSHOT; /* how things stand, nothing that happened */
        e->epoch = m->session.epoch;
        if (upbit__snapshot_put(s, part, e))
            upbit__snapshot_settle(s, part);
    } else if (is_due(s, key)) {
        part->state = UPBIT__PART_STREAM;
        key->awaited = true;
    }
}

void upbit__snapshot_arrived(void *manager, upbit__key *key, upbit_event *e)
{
    upbit_manager *m = manager;
    key->awaited = false;
    for (upbit__snapshot *s = m->snapshots, *next; s != NULL; s = next) {
        next = s->next;
        if (s->type != key->id.type || s->unit != key->id.unit)
            continue;
        for (size_t i = 0; i < s->part_count; i++) {
            upbit__part *part = &s->parts[i];
            if (part->state != UPBIT__PART_STREAM ||
                memcmp(part->code, key->id.code, sizeof part->code) != 0 ||
                upbit_decimal_compare(&s->level, &key->id.level) != 0)
                continue;
            upbit_event *mine = fitting(s, e, false);
            if (mine != NULL && upbit__snapshot_put(s, part, mine))
                upbit__snapshot_settle(s, part);
        }
        upbit__snapshot_check(s);
    }
}
