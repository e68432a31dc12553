/* Orders and balances to those who want them: each event counts, so nothing here replaces another.
 *
 * An order belongs to two keys, that of its code and that of all codes; who wants both gets it
 * once. What is news is decided before (account.h). */
#include "client/fanout.h"
#include "client/resync.h"

static upbit__key *find(const upbit__fanout *f, const upbit_event *e, bool all)
{
    upbit__key_id id = {.type = e->type};
    if (!all)
        memcpy(id.code, e->code, sizeof id.code);
    return upbit__registry_find(f->private_registry, &id);
}

static bool takes(const upbit__entry *entry, const upbit_event *e, upbit__private_to to)
{
    if (to == UPBIT__TO_NEWCOMERS)
        return entry->due && entry->asked;
    if ((entry->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0)
        return false;
    /* Who is about to be told how things stand has no use for the parts of it. */
    return e->origin != UPBIT_ORIGIN_REST || !entry->due;
}

static uint32_t choose(upbit__key *key, const upbit__key *other, const upbit_event *e,
                       upbit__private_to to)
{
    uint32_t takers = 0;
    for (uint32_t i = 0; key != NULL && i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        const upbit__entry *twin = other != NULL ? upbit__key_entry_of(other, entry->client) : NULL;
        entry->take = takes(entry, e, to) && (twin == NULL || !takes(twin, e, to));
        takers += entry->take;
    }
    return takers;
}

static void push(upbit__fanout *f, const upbit__key *key, const upbit_event *e)
{
    for (uint32_t i = 0; key != NULL && i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (!entry->take)
            continue;
        entry->has = true;
        if (!upbit__inbox_push(entry->client->inbox, e))
            upbit__resync_lost(f, entry);
    }
}

static void skip(upbit__fanout *f, const upbit__key *key)
{
    for (uint32_t i = 0; key != NULL && i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (!entry->take)
            continue;
        upbit__inbox_skip(entry->client->inbox, entry->key->id.type);
        upbit__resync_lost(f, entry);
    }
}

/* A frame shows that the exchange has accepted the request which first held the key. */
static void prove(upbit__fanout *f, const upbit__key *key, const upbit_event *e)
{
    if (key != NULL && e->origin == UPBIT_ORIGIN_STREAM && key->held > f->private_registry->proven)
        f->private_registry->proven = key->held;
}

void upbit__fanout_private(upbit__fanout *f, upbit_event *e, upbit__private_to to)
{
    upbit__key *all = find(f, e, true), *one = e->code[0] != '\0' ? find(f, e, false) : NULL;
    if (all == NULL && one == NULL && e->origin == UPBIT_ORIGIN_STREAM)
        upbit__count(&f->counters->events_unwanted, 1);
    prove(f, all, e);
    prove(f, one, e);
    uint32_t takers = choose(all, NULL, e, to) + choose(one, all, e, to);
    upbit__event_set_refs(e, takers + 1);
    push(f, all, e);
    push(f, one, e);
    upbit__event_unref_io(f->pool, e);
}

void upbit__fanout_private_refused(upbit__fanout *f, const upbit_event *e, upbit__private_to to)
{
    upbit__key *all = find(f, e, true), *one = e->code[0] != '\0' ? find(f, e, false) : NULL;
    if (choose(all, NULL, e, to) + choose(one, all, e, to) == 0)
        return;
    skip(f, all);
    skip(f, one);
}
