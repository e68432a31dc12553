#include "client/registry.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64

int upbit__registry_init(upbit__registry *r, upbit__pool *pool)
{
    *r = (upbit__registry){.bucket_count = FIRST_BUCKETS, .pool = pool};
    r->buckets = calloc(FIRST_BUCKETS, sizeof *r->buckets);
    return r->buckets != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
}

void upbit__registry_finish(upbit__registry *r)
{
    upbit__registry_sweep(r);
    free(r->buckets);
    free(r->once);
    *r = (upbit__registry){0};
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

/* The code is zero-padded, so its 24 bytes are three words. */
uint64_t upbit__key_hash(const upbit__key_id *id)
{
    uint64_t words[3];
    memcpy(words, id->code, sizeof words);
    uint64_t h = mix(words[0]) ^ mix(words[1] + 0x9e3779b97f4a7c15u) ^ mix(words[2] + 1);
    h ^= ((uint64_t)(unsigned)id->type << 32) + id->unit + id->level.lo +
         ((uint64_t)(uint16_t)id->level.exponent << 48);
    return mix(h);
}

static bool same_id(const upbit__key_id *a, const upbit__key_id *b)
{
    return a->type == b->type && a->unit == b->unit &&
           memcmp(a->code, b->code, sizeof a->code) == 0 && a->level.lo == b->level.lo &&
           a->level.hi == b->level.hi && a->level.exponent == b->level.exponent;
}

upbit__key *upbit__registry_find(const upbit__registry *r, const upbit__key_id *id)
{
    uint64_t hash = upbit__key_hash(id);
    for (upbit__key *k = r->buckets[hash & (r->bucket_count - 1)]; k != NULL; k = k->chain)
        if (k->hash == hash && same_id(&k->id, id))
            return k;
    return NULL;
}

upbit__entry *upbit__key_entry_of(const upbit__key *key, const upbit__client *client)
{
    if (client->entry_count < key->entry_count) {
        for (size_t i = 0; i < client->entry_count; i++)
            if (client->entries[i]->key == key)
                return client->entries[i];
        return NULL;
    }
    for (uint32_t i = 0; i < key->entry_count; i++)
        if (key->entries[i]->client == client)
            return key->entries[i];
    return NULL;
}

/* Twice the buckets when the chains get long; without memory they just stay long. */
static void spread(upbit__registry *r)
{
    size_t count = r->bucket_count * 2;
    upbit__key **buckets = calloc(count, sizeof *buckets);
    if (buckets == NULL)
        return;
    for (size_t i = 0; i < r->bucket_count; i++)
        for (upbit__key *k = r->buckets[i], *next; k != NULL; k = next) {
            next = k->chain;
            k->chain = buckets[k->hash & (count - 1)];
            buckets[k->hash & (count - 1)] = k;
        }
    free(r->buckets);
    r->buckets = buckets;
    r->bucket_count = count;
}

static upbit__key *make_key(upbit__registry *r, const upbit__key_id *id)
{
    upbit__key *k = calloc(1, sizeof *k);
    if (k == NULL)
        return NULL;
    if (id->type == UPBIT_TYPE_TRADE && !upbit__sids_reserve(&k->sids)) {
        free(k);
        return NULL;
    }
    if (r->key_count + r->lingering >= r->bucket_count)
        spread(r);
    k->id = *id;
    k->hash = upbit__key_hash(id);
    k->command = r->command;
    for (uint32_t i = 0; i < r->ghost_count && i < UPBIT__GHOSTS; i++)
        k->ghost = k->ghost || r->ghosts[i] == k->hash;
    upbit__key **bucket = &r->buckets[k->hash & (r->bucket_count - 1)];
    k->chain = *bucket;
    *bucket = k;
    r->key_count++;
    return k;
}

static void free_key(upbit__registry *r, upbit__key *k)
{
    if (k->fill != NULL && r->forget != NULL)
        r->forget(r->forget_context, k);
    if (k->held != 0)
        r->ghosts[r->ghost_count++ % UPBIT__GHOSTS] = k->hash;
    upbit__event_unref_io(r->pool, k->last);
    upbit__event_unref_io(r->pool, k->earlier);
    for (uint32_t i = 0; i < k->cut_count; i++)
        upbit__event_unref_io(r->pool, k->cuts[i].last);
    free(k->cuts);
    upbit__sids_finish(&k->sids);
    free(k->entries);
    free(k->takers);
    free(k);
}

void upbit__registry_sweep(upbit__registry *r)
{
    for (size_t i = 0; r->lingering > 0 && i < r->bucket_count; i++)
        for (upbit__key **link = &r->buckets[i]; *link != NULL;) {
            upbit__key *k = *link;
            if (k->entry_count > 0) {
                link = &k->chain;
                continue;
            }
            *link = k->chain;
            r->lingering--;
            free_key(r, k);
        }
}

/* Its last entry has gone, or it never got one. */
static void drop_key(upbit__registry *r, upbit__key *k)
{
    r->key_count--;
    memcpy(r->last_code, k->id.code, sizeof r->last_code);
    if (k->on_wire) {
        r->dirty = true;
        r->lingering++;
        return;
    }
    upbit__key **link = &r->buckets[k->hash & (r->bucket_count - 1)];
    while (*link != k)
        link = &(*link)->chain;
    *link = k->chain;
    free_key(r, k);
}

/* Room for one more pointer; amortised. */
static bool room(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity == 0 ? 4 : *capacity * 2;
    void *bigger = realloc(*array, more * size);
    if (bigger == NULL)
        return false;
    *array = bigger;
    *capacity = more;
    return true;
}

static bool cut_for(upbit__key *key, unsigned depth)
{
    if (depth == 0)
        return true;
    for (uint32_t i = 0; i < key->cut_count; i++)
        if (key->cuts[i].depth == depth)
            return true;
    upbit__cut *cuts = realloc(key->cuts, (key->cut_count + 1) * sizeof *cuts);
    if (cuts == NULL)
        return false;
    key->cuts = cuts;
    key->cuts[key->cut_count++] = (upbit__cut){.depth = depth};
    return true;
}

static upbit__entry *make_entry(upbit__key *key, upbit__client *client)
{
    size_t capacity = key->entry_capacity;
    void *entries = key->entries;
    if (!room(&entries, key->entry_count, &capacity, sizeof *key->entries))
        return NULL;
    key->entries = entries;
    capacity = key->entry_capacity;
    entries = key->takers;
    if (!room(&entries, key->entry_count, &capacity, sizeof *key->takers))
        return NULL;
    key->takers = entries;
    key->entry_capacity = (uint32_t)capacity;
    entries = client->entries;
    if (!room(&entries, client->entry_count, &client->entry_capacity, sizeof *client->entries))
        return NULL;
    client->entries = entries;
    upbit__entry *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    if (client->coalesce[key->id.type]) {
        e->cell = upbit__inbox_cell(client->inbox);
        if (e->cell == NULL) {
            free(e);
            return NULL;
        }
    }
    e->key = key;
    e->client = client;
    e->lost = key->lost;
    e->key_index = key->entry_count;
    key->takers[key->entry_count] = (upbit__taker){client->inbox, e->cell};
    key->crowd = 0;
    key->entries[key->entry_count++] = e;
    e->client_index = (uint32_t)client->entry_count;
    client->entries[client->entry_count++] = e;
    return e;
}

/* Whether the fan-out has to look before it gives this entry an event: see `particular`. */
static uint32_t is_particular(const upbit__entry *e)
{
    return e->depth != 0 || e->flags != 0;
}

int upbit__registry_add(upbit__registry *r, upbit__client *client, const upbit__key_id *id,
                        unsigned depth, unsigned flags, upbit__entry **out, bool *joined)
{
    upbit__key *key = upbit__registry_find(r, id);
    if (key == NULL && (key = make_key(r, id)) == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    bool fresh = key->entry_count == 0;
    uint32_t entries = key->entry_count;
    if (fresh && key->on_wire) { /* it lingered */
        r->lingering--;
        r->key_count++;
    }
    upbit__entry *e = fresh ? NULL : upbit__key_entry_of(key, client);
    if (!cut_for(key, depth) || (e == NULL && (e = make_entry(key, client)) == NULL)) {
        if (fresh)
            drop_key(r, key);
        return UPBIT_ERROR_NO_MEMORY;
    }
    key->particular -= is_particular(e);
    e->depth = (uint8_t)depth;
    e->flags = (uint8_t)flags;
    key->particular += is_particular(e);
    r->entry_count += key->entry_count - entries;
    e->since = ++r->wants;
    key->settled = false;
    *out = e;
    *joined = key->on_wire;
    unsigned need = upbit__key_depth(key);
    bool deeper = key->wire_depth != 0 && (need == 0 || need > key->wire_depth);
    bool once = (flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
    if (once || !key->on_wire || deeper)
        r->dirty = true;
    if (once)
        r->again = true;
    return 0;
}

void upbit__registry_retire_cell(upbit__entry *e)
{
    if (e->cell == NULL)
        return;
    upbit__about about = upbit__about_key(&e->key->id);
    upbit__inbox_cell_retire(e->client->inbox, e->cell, &about);
    e->cell = e->key->takers[e->key_index].cell = NULL;
    e->key->crowd = 0;
}

void upbit__registry_remove(upbit__registry *r, upbit__entry *e)
{
    upbit__key *key = e->key;
    upbit__client *client = e->client;
    key->particular -= is_particular(e);
    upbit__entry *moved = key->entries[--key->entry_count];
    key->entries[e->key_index] = moved;
    key->takers[e->key_index] = key->takers[key->entry_count];
    key->crowd = 0;
    moved->key_index = e->key_index;
    moved = client->entries[--client->entry_count];
    client->entries[e->client_index] = moved;
    moved->client_index = e->client_index;
    upbit__inbox_cell_release(client->inbox, e->cell);
    upbit__inbox_cell_release(client->inbox, e->news);
    free(e);
    r->entry_count--;
    if (key->entry_count == 0)
        drop_key(r, key);
}

static void bring_back(void *context, upbit__key *key)
{
    upbit__registry *r = context;
    r->dirty = r->dirty || key->aside;
    key->aside = false;
}

void upbit__registry_unset_aside(upbit__registry *r)
{
    upbit__registry_each(r, bring_back, r);
}

unsigned upbit__key_depth(const upbit__key *key)
{
    static const unsigned offered[] = {1, 5, 15, 30};
    unsigned deepest = 0;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        if (key->entries[i]->depth == 0)
            return 0;
        if (key->entries[i]->depth > deepest)
            deepest = key->entries[i]->depth;
    }
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++)
        if (deepest <= offered[i])
            return offered[i];
    return 0;
}

bool upbit__key_once(const upbit__key *key)
{
    for (uint32_t i = 0; i < key->entry_count; i++)
        if ((key->entries[i]->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0)
            return false;
    return true;
}

void upbit__registry_each(const upbit__registry *r, void (*each)(void *context, upbit__key *key),
                          void *context)
{
    for (size_t i = 0; i < r->bucket_count; i++)
        for (upbit__key *k = r->buckets[i]; k != NULL; k = k->chain)
            if (k->entry_count > 0)
                each(context, k);
}
