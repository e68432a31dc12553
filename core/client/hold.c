/* Taking and letting go of keys, for one proxy. */
#include "base/clock.h"
#include "client/manager.h"
#include "client/snapshot.h"

static bool is_once(unsigned flags)
{
    return (flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
}

int upbit__hold(upbit_manager *m, upbit__client *client, const upbit__key_id *id, unsigned depth,
                unsigned flags, unsigned by)
{
    upbit__registry *registry = upbit__registry_of(m, id->type);
    upbit__key *key = upbit__registry_find(registry, id);
    upbit__entry *old = key != NULL ? upbit__key_entry_of(key, client) : NULL;
    bool once = is_once(flags);
    bool streams = old != NULL && !is_once(old->flags);
    bool same = streams && old->depth == depth && old->flags == flags;
    bool named = streams && by == UPBIT__BY_SELECTOR && (old->by & UPBIT__BY_NAME) != 0;
    if (!once && (same || named)) {
        old->by |= (uint8_t)by;
        return 0; /* has it all, or knows better */
    }
    if (once && upbit__is_private(id->type) && streams && old->by != 0) {
        /* It is told how things stand and goes on streaming. */
        old->due = true;
        old->asked = false;
        upbit__account_rest_need(&m->account_rest, id->type);
        return 0;
    }
    if (once && !upbit__is_private(id->type)) {
        /* Who streams the key has its latest value, of whatever age, and goes on streaming; unless
         * this command is about to end that (by is 0 then). */
        bool stays = streams && old->by != 0;
        if (upbit__fanout_snapshot(&m->fanout, client, id, depth,
                                   stays ? 0 : upbit__clock_monotonic_ns()) ||
            stays)
            return 0;
    }
    upbit__entry *entry;
    bool joined;
    bool absorbed = old != NULL && !streams && !once;
    int error = upbit__registry_add(registry, client, id, depth, flags, &entry, &joined);
    if (error != 0)
        return error;
    if (absorbed)
        entry->by = 0; /* the stream begins with a snapshot: the wish for one is met by it */
    entry->by |= (uint8_t)by;
    entry->has = false;
    if (!streams)
        entry->lost = entry->key->lost; /* its stream begins here */
    if (upbit__is_private(id->type)) {
        entry->due = (flags & UPBIT_WANT_REALTIME_ONLY) == 0;
        entry->asked = false;
        if (entry->due)
            upbit__account_rest_need(&m->account_rest, id->type);
        return 0;
    }
    if (once)
        upbit__once_wanted(m, entry);
    if (joined && !once)
        upbit__fanout_cached(&m->fanout, entry);
    return 0;
}

/* By name no more, but still by a selector: its wishes count from here. */
static void follow_selector(upbit_manager *m, upbit__entry *entry)
{
    const upbit__selector *s = upbit__selector_of(entry->client, &entry->key->id);
    bool joined;
    if (s == NULL || (s->depth == entry->depth && s->flags == entry->flags))
        return;
    upbit__key_id id = entry->key->id;
    /* Without memory the old wishes go on, which is more than nothing. */
    (void)upbit__registry_add(&m->registry, entry->client, &id, s->depth, s->flags, &entry,
                              &joined);
}

void upbit__hold_sweep(upbit_manager *m, upbit__client *client)
{
    for (size_t i = client->entry_count; i > 0; i--) { /* removal moves the last one */
        upbit__entry *entry = client->entries[i - 1];
        if (entry->by == 0)
            upbit__registry_remove(upbit__registry_of(m, entry->key->id.type), entry);
        else if (entry->by == UPBIT__BY_SELECTOR)
            follow_selector(m, entry);
    }
}
