#include "client/resync.h"

void upbit__resync_lost(upbit__fanout *f, upbit__entry *entry)
{
    upbit__client *client = entry->client;
    int type = entry->key->id.type;
    if (upbit__inbox_policy(client->inbox, type) != UPBIT__LANE_LOSSLESS)
        return;
    client->lost |= upbit__lane_bit(type);
    if (client->is_behind)
        return;
    client->is_behind = true;
    client->behind_next = f->behind;
    f->behind = client;
    f->behind_moved = true;
}

/* The lane has been emptied: everything of its type is due. Of private types no latest value says
 * how things stand: they have to be asked for. */
static void begin(upbit__fanout *f, upbit__client *client, int type)
{
    for (size_t i = 0; i < client->entry_count; i++) {
        upbit__entry *entry = client->entries[i];
        if (entry->key->id.type != type)
            continue;
        entry->due = !upbit__is_private(type) || (entry->flags & UPBIT_WANT_REALTIME_ONLY) == 0;
        entry->asked = false;
        entry->key->settled = false;
    }
    upbit__inbox_resynced(client->inbox, type);
    if (upbit__is_private(type) && f->stale != NULL)
        f->stale(f->context, type);
}

/* Tells what is due as long as the lanes have room. From where the last round ended, so that with
 * more keys than room none is always the last. */
static void tell(upbit__fanout *f, upbit__client *client)
{
    uint32_t left = 0, full = 0;
    size_t count = client->entry_count, start = count > 0 ? client->due_at % count : 0;
    for (size_t n = 0; n < count; n++) {
        size_t i = (start + n) % count;
        upbit__entry *entry = client->entries[i];
        uint32_t bit = upbit__lane_bit(entry->key->id.type);
        if (!entry->due || upbit__is_private(entry->key->id.type))
            continue;
        if ((full & bit) == 0 && upbit__fanout_again(f, entry)) {
            entry->due = false;
            f->behind_moved = true;
            continue;
        }
        if (left == 0)
            client->due_at = i;
        left |= bit;
        full |= bit;
    }
    client->due = left;
}

static bool is_behind(upbit__fanout *f, upbit__client *client)
{
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ANNOUNCEMENT; type++) {
        uint32_t bit = upbit__lane_bit(type);
        if ((client->lost & bit) == 0 || !upbit__inbox_wants_resync(client->inbox, type))
            continue;
        client->lost &= ~bit;
        client->due |= upbit__is_private(type) ? 0 : bit;
        begin(f, client, type);
    }
    if (client->due != 0)
        tell(f, client);
    return (client->lost | client->due) != 0;
}

bool upbit__resync_run(upbit__fanout *f)
{
    for (upbit__client **link = &f->behind; *link != NULL;) {
        upbit__client *client = *link;
        if (is_behind(f, client)) {
            link = &client->behind_next;
        } else {
            client->is_behind = false;
            *link = client->behind_next;
        }
    }
    return f->behind != NULL;
}

void upbit__resync_forget(upbit__fanout *f, upbit__client *client)
{
    for (upbit__client **link = &f->behind; *link != NULL; link = &(*link)->behind_next)
        if (*link == client) {
            *link = client->behind_next;
            break;
        }
    client->is_behind = false;
}
