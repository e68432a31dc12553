#include "client/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "exchange/request.h"

typedef struct collection {
    const upbit__registry *registry;
    upbit__key **keys;
    size_t count;
} collection;

/* Of private types the stream has no snapshot: who wants no more than that is served by REST. And
 * what the keys may not see is not asked for. */
static bool is_for_others(const upbit__registry *r, const upbit__key *key)
{
    return upbit__is_private(key->id.type) &&
           ((r->denied >> key->id.type & 1u) != 0 || upbit__key_once(key));
}

static bool is_left_out(const upbit__registry *r, const upbit__key *key)
{
    return key->aside || is_for_others(r, key);
}

typedef struct search {
    const upbit__registry *registry;
    bool any;
} search;

static void look(void *context, upbit__key *key)
{
    search *s = context;
    s->any = s->any || !is_for_others(s->registry, key);
}

bool upbit__wanted_any(const upbit__registry *r)
{
    search s = {r, false};
    upbit__registry_each(r, look, &s);
    return s.any;
}

static void collect(void *context, upbit__key *key)
{
    collection *c = context;
    if (!is_left_out(c->registry, key))
        c->keys[c->count++] = key;
}

static int by_item(const upbit__key *a, const upbit__key *b)
{
    bool once_a = upbit__key_once(a), once_b = upbit__key_once(b);
    if (once_a != once_b)
        return once_a ? 1 : -1;
    if (a->id.type != b->id.type)
        return a->id.type < b->id.type ? -1 : 1;
    if (a->id.unit != b->id.unit)
        return a->id.unit < b->id.unit ? -1 : 1;
    return upbit_decimal_compare(&a->id.level, &b->id.level);
}

static int by_item_and_code(const void *left, const void *right)
{
    const upbit__key *a = *(upbit__key *const *)left, *b = *(upbit__key *const *)right;
    int order = by_item(a, b);
    return order != 0 ? order : memcmp(a->id.code, b->id.code, sizeof a->id.code);
}

/* One request item for each run of keys that differ in nothing but the code. The key without a code
 * stands for all of them; it comes first, and then the item names none. */
static int write_items(upbit__buffer *out, const collection *c, const char *ticket, int format)
{
    upbit__request_code *codes = calloc(c->count, sizeof *codes);
    upbit__request_item *items = calloc(c->count, sizeof *items);
    int error = UPBIT_ERROR_NO_MEMORY;
    if (codes != NULL && items != NULL) {
        size_t item = 0;
        bool all = false;
        for (size_t i = 0; i < c->count; i++) {
            const upbit__key *key = c->keys[i];
            if (i > 0 && by_item(c->keys[i - 1], key) != 0)
                item++;
            if (items[item].codes == NULL) {
                items[item] = (upbit__request_item){
                    .type = key->id.type,
                    .candle_unit = key->id.unit,
                    .level = key->id.level,
                    .flags = upbit__key_once(key) ? UPBIT__REQUEST_SNAPSHOT_ONLY : 0,
                    .codes = &codes[i]};
                all = key->id.code[0] == '\0';
            }
            if (all)
                continue;
            codes[i].code = key->id.code;
            codes[i].depth = key->id.type == UPBIT_TYPE_ORDERBOOK ? upbit__key_depth(key) : 0;
            items[item].code_count++;
        }
        error = upbit__request_write(out, ticket, items, item + 1, format);
    }
    free(codes);
    free(items);
    return error;
}

/* Replaces everything and ends by itself. */
static int write_nothing(upbit__buffer *out, const upbit__registry *r, const char *ticket,
                         int format)
{
    if (r->last_code[0] == '\0' || r->no_empty_request)
        return 0;
    const upbit__request_code code = {r->last_code, 0};
    const upbit__request_item item = {.type = UPBIT_TYPE_TICKER,
                                      .flags = UPBIT__REQUEST_SNAPSHOT_ONLY,
                                      .codes = &code,
                                      .code_count = 1};
    return upbit__request_write(out, ticket, &item, 1, format);
}

int upbit__wanted_write(upbit__buffer *out, upbit__registry *r, const char *ticket, int format,
                        size_t *count)
{
    *count = 0;
    if (r->key_count == 0)
        return write_nothing(out, r, ticket, format);
    collection c = {r, malloc(r->key_count * sizeof *c.keys), 0};
    if (c.keys == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    upbit__registry_each(r, collect, &c);
    *count = c.count;
    int error = 0;
    if (c.count > 0) {
        qsort(c.keys, c.count, sizeof *c.keys, by_item_and_code);
        error = write_items(out, &c, ticket, format);
    } else {
        error = write_nothing(out, r, ticket, format);
    }
    free(c.keys);
    return error;
}

struct sent {
    upbit__registry *registry;
    bool any;
    int64_t now_ns;
    uint64_t request;
};

static void remember_once(upbit__registry *r, uint64_t hash)
{
    if (r->once_count == r->once_capacity) {
        size_t more = r->once_capacity == 0 ? 16 : r->once_capacity * 2;
        uint64_t *bigger = realloc(r->once, more * sizeof *bigger);
        if (bigger == NULL) {
            r->once_lost = true;
            return;
        }
        r->once = bigger;
        r->once_capacity = more;
    }
    r->once[r->once_count++] = hash;
}

bool upbit__wanted_once(const upbit__registry *r, const upbit__key_id *id)
{
    uint64_t hash = upbit__key_hash(id);
    for (size_t i = 0; i < r->once_count; i++)
        if (r->once[i] == hash)
            return true;
    return r->once_lost;
}

static void mark_sent(void *context, upbit__key *key)
{
    struct sent *sent = context;
    if (is_left_out(sent->registry, key))
        return;
    sent->any = true;
    if (key->asked_ns == 0)
        key->asked_ns = sent->now_ns;
    if (key->held == 0)
        key->held = sent->request;
    key->on_wire = !upbit__key_once(key);
    if (!key->on_wire)
        remember_once(sent->registry, key->hash);
    key->wire_depth = (uint8_t)upbit__key_depth(key);
}

void upbit__wanted_sent(upbit__registry *r, int64_t now_ns, uint64_t request)
{
    upbit__registry_sweep(r);
    r->once_count = 0;
    r->once_lost = false;
    struct sent sent = {r, false, now_ns, request};
    upbit__registry_each(r, mark_sent, &sent);
    if (!sent.any && !r->no_empty_request) { /* the empty set's */
        upbit__key_id id = {.type = UPBIT_TYPE_TICKER};
        memcpy(id.code, r->last_code, sizeof id.code);
        remember_once(r, upbit__key_hash(&id));
    }
    r->dirty = false;
    r->again = false;
}

/* What was traded since its last trade may be missed, by those who are there now. */
static void suspect(upbit__key *key)
{
    key->doubt = UPBIT__DOUBT_SUSPECT;
    key->lost++;
}

static void mark_lost(void *context, upbit__key *key)
{
    /* A connection that was not asked for it adds nothing to an old suspicion; but late frames of
     * an earlier want may have come before the request of this one. */
    bool began = key->on_wire || key->doubt != UPBIT__DOUBT_SUSPECT;
    if (key->id.type == UPBIT_TYPE_TRADE && began && key->last != NULL)
        suspect(key);
    key->proven = upbit__key_proven(context, key);
    key->held = 0;
    key->ghost = false;
    key->on_wire = false;
    key->asked_ns = 0;
    key->wire_depth = 0;
}

void upbit__wanted_lost(upbit__registry *r)
{
    upbit__registry_sweep(r);
    upbit__registry_each(r, mark_lost, r);
    r->ghost_count = 0;
    r->dirty = r->key_count > 0;
    r->again = false;
}
