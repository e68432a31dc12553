/* Who subscribed what, and how each part is doing: gathered by the I/O thread between two turns,
 * completed and put in order by the thread that asked. */
#include "upbit-live/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/errand.h"
#include "client/manager.h"
#include "client/statistics.h"

#define TIMEOUT_MS 1000

/* Rows of one kind; grown while they are gathered. */
typedef struct rows {
    void *at;
    size_t count, capacity, size;
} rows;

/* As gathered: indices in place of pointers, which would move. */
typedef struct want_row {
    uint32_t client, key, depth, flags, by;
} want_row;

typedef struct client_row {
    char client_id[65];
    uint32_t wants, selectors;
    upbit_proxy_stats stats;
} client_row;

struct upbit_inspection {
    rows sessions, keys, clients, wants, limits;
    char url[2][512], reason[2][160];
    upbit_proxy_info *proxies;
    upbit_want_info *want_infos;
    bool failed; /* no memory */
};

static void *add(upbit_inspection *i, rows *r)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 16 : r->capacity * 2;
        void *at = realloc(r->at, capacity * r->size);
        if (at == NULL) {
            i->failed = true;
            return NULL;
        }
        r->at = at;
        r->capacity = capacity;
    }
    void *row = (char *)r->at + r->count++ * r->size;
    memset(row, 0, r->size);
    return row;
}

static void *row_of(const rows *r, size_t index)
{
    return index < r->count ? (char *)r->at + index * r->size : NULL;
}

/* ---- on the I/O thread ---- */

static int64_t ms_since(int64_t then_ns, int64_t now_ns)
{
    return then_ns == 0 ? -1 : (now_ns - then_ns) / UPBIT__MS;
}

static void add_session(upbit_inspection *i, upbit_manager *m, const upbit__session *s, int64_t now)
{
    upbit_session_info *row = add(i, &i->sessions);
    if (row == NULL)
        return;
    int at = (int)s->endpoint.id;
    bool waits = s->state == UPBIT_STATE_RECONNECTING && upbit__timer_running(&s->connect_timer);
    int64_t left = waits ? (s->connect_timer.at_ns - now) / UPBIT__MS : 0;
    *row = (upbit_session_info){
        .struct_size = sizeof *row,
        .session = (uint32_t)at,
        .state = s->state,
        .epoch = s->epoch,
        .attempt = s->attempt,
        .next_ms = left > 0 ? (uint32_t)left : 0,
        .tls = s->tls && s->transport != NULL,
        .compression = s->endpoint.compression == NULL
                           ? 0
                           : atomic_load_explicit(s->endpoint.compression, memory_order_relaxed),
        .error = s->error,
        .state_ms = s->state_ns == 0 ? 0 : (now - s->state_ns) / UPBIT__MS,
        .heard_ms = s->transport == NULL ? -1 : ms_since(s->heard_ns, now),
        .pong_ms = s->pong_ns == 0 ? -1 : s->pong_ns / UPBIT__MS,
        .down_ms = upbit__down_ms(&m->counters, at),
        .comebacks = s->times};
    snprintf(i->url[at], sizeof i->url[at], "%s", s->endpoint.url);
    snprintf(i->reason[at], sizeof i->reason[at], "%s", s->reason);
    row->url = i->url[at];
    row->reason = i->reason[at];
}

typedef struct gathering {
    upbit_inspection *i;
    upbit_manager *m;
    int64_t now;
    uint32_t on_wire;
} gathering;

static double rate_of(const upbit_manager *m, const upbit__key *key, int64_t now)
{
    /* From the last mark but one; a key that is younger from when it was asked for. */
    int64_t from = m->marked_ns[0] != 0 ? m->marked_ns[0] : m->started_ns;
    if (key->asked_ns > from && key->marked[0] == 0)
        from = key->asked_ns;
    return now > from ? (double)(key->events - key->marked[0]) * 1e9 / (double)(now - from) : 0;
}

static void add_key(void *context, upbit__key *key)
{
    gathering *g = context;
    upbit_key_info *row = add(g->i, &g->i->keys);
    if (row == NULL)
        return;
    *row = (upbit_key_info){.struct_size = sizeof *row,
                            .type = (uint32_t)key->id.type,
                            .candle_unit = key->id.unit,
                            .level = key->id.level,
                            .takers = key->entry_count,
                            .depth = key->wire_depth,
                            .on_wire = key->on_wire,
                            .events = key->events,
                            .per_s = rate_of(g->m, key, g->now),
                            .lag_ms = key->heard_ns == 0 ? INT64_MIN : key->lag_ms,
                            .age_ms = ms_since(key->heard_ns, g->now)};
    memcpy(row->code, key->id.code, sizeof row->code);
    if (key->quiet)
        row->quiet = key->heard_ns == 0 ? UPBIT_TYPE_NO_DATA : UPBIT_TYPE_STALE;
    g->on_wire += key->on_wire;
    for (uint32_t n = 0; n < key->entry_count; n++) {
        const upbit__entry *entry = key->entries[n];
        want_row *want = add(g->i, &g->i->wants);
        if (want == NULL)
            return;
        *want = (want_row){.client = entry->client->row,
                           .key = (uint32_t)g->i->keys.count - 1,
                           .depth = entry->depth,
                           .flags = entry->flags,
                           .by = entry->by};
    }
}

static void add_clients(upbit_inspection *i, upbit_manager *m)
{
    for (upbit__client *c = m->clients; c != NULL; c = c->next) {
        client_row *row = add(i, &i->clients);
        if (row == NULL)
            return;
        c->row = (uint32_t)i->clients.count - 1;
        memcpy(row->client_id, c->client_id, sizeof row->client_id);
        row->wants = (uint32_t)c->entry_count;
        for (const upbit__selector *s = c->selectors; s != NULL; s = s->next)
            row->selectors++;
        upbit__inbox_full_stats(c->inbox, &row->stats);
    }
}

static uint32_t waiting(const upbit__asking *a, int group)
{
    uint32_t n = 0;
    for (int p = 0; p < UPBIT__ASK_PRIORITIES; p++)
        n += a->waiting[group][p].count;
    return n;
}

static void add_limits(upbit_inspection *i, upbit_manager *m, int64_t now)
{
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        upbit_limit_info *row = add(i, &i->limits);
        if (row == NULL)
            return;
        bool pocket = g >= UPBIT__GROUP_DEFAULT && m->pocket_budget != NULL;
        upbit__budget *budget = g == UPBIT__GROUP_CONNECT ? m->stream_budget
                                : pocket                  ? m->pocket_budget
                                                          : m->rest_budget;
        upbit__budget_view view;
        upbit__budget_look(budget, (upbit__group)g, now, &view);
        *row = (upbit_limit_info){.struct_size = sizeof *row,
                                  .name = upbit__group_name((upbit__group)g),
                                  .group = (uint32_t)g + 1,
                                  .allowed = view.allowed,
                                  .in_use = view.in_use,
                                  .waiting = waiting(&m->asking, g),
                                  .window_ms = (uint32_t)(view.window_ns / UPBIT__MS),
                                  .shared = view.shared,
                                  .closed_ms = view.closed_ns / UPBIT__MS};
    }
}

static int gather(upbit_manager *m, void *load)
{
    upbit_inspection *i = load;
    gathering g = {.i = i, .m = m, .now = upbit__clock_monotonic_ns()};
    add_clients(i, m);
    add_session(i, m, &m->session, g.now);
    add_session(i, m, &m->private_session, g.now);
    if (i->failed)
        return UPBIT_ERROR_NO_MEMORY;
    upbit__registry_each(&m->registry, add_key, &g);
    ((upbit_session_info *)i->sessions.at)[0].keys = g.on_wire;
    g.on_wire = 0;
    upbit__registry_each(&m->private_registry, add_key, &g);
    ((upbit_session_info *)i->sessions.at)[1].keys = g.on_wire;
    add_limits(i, m, g.now);
    return i->failed ? UPBIT_ERROR_NO_MEMORY : 0;
}

/* ---- in the caller's thread ---- */

static int by_key(const void *a, const void *b)
{
    const upbit_key_info *x = *(const upbit_key_info *const *)a,
                         *y = *(const upbit_key_info *const *)b;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->candle_unit != y->candle_unit)
        return x->candle_unit < y->candle_unit ? -1 : 1;
    int order = strcmp(x->code, y->code);
    return order != 0 ? order : upbit_decimal_compare(&x->level, &y->level);
}

static int by_client(const void *a, const void *b)
{
    return strcmp(((const upbit_proxy_info *)a)->client_id,
                  ((const upbit_proxy_info *)b)->client_id);
}

static int by_want(const void *a, const void *b)
{
    const upbit_want_info *x = a, *y = b;
    if (x->proxy != y->proxy)
        return x->proxy < y->proxy ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* Puts the keys in order and tells where each went. */
static upbit_key_info **sort_keys(upbit_inspection *i)
{
    size_t count = i->keys.count;
    upbit_key_info *keys = i->keys.at;
    const upbit_key_info **order = malloc((count + 1) * sizeof *order);
    upbit_key_info *sorted = malloc((count + 1) * sizeof *sorted);
    upbit_key_info **moved = malloc((count + 1) * sizeof *moved);
    if (order == NULL || sorted == NULL || moved == NULL) {
        free(order);
        free(sorted);
        free(moved);
        return NULL;
    }
    for (size_t n = 0; n < count; n++)
        order[n] = &keys[n];
    if (count > 0)
        qsort(order, count, sizeof *order, by_key);
    for (size_t n = 0; n < count; n++) {
        sorted[n] = *order[n];
        moved[order[n] - keys] = &sorted[n];
    }
    free(order);
    free(i->keys.at);
    i->keys.at = sorted;
    return moved;
}

static upbit_proxy_info **sort_proxies(upbit_inspection *i)
{
    size_t count = i->clients.count;
    client_row *clients = i->clients.at;
    i->proxies = calloc(count + 1, sizeof *i->proxies);
    upbit_proxy_info **moved = malloc((count + 1) * sizeof *moved);
    if (i->proxies == NULL || moved == NULL) {
        free(moved);
        return NULL;
    }
    for (size_t n = 0; n < count; n++)
        i->proxies[n] = (upbit_proxy_info){.struct_size = sizeof *i->proxies,
                                           .client_id = clients[n].client_id,
                                           .wants = clients[n].wants,
                                           .selectors = clients[n].selectors,
                                           .stats = &clients[n].stats};
    if (count > 0)
        qsort(i->proxies, count, sizeof *i->proxies, by_client);
    for (size_t n = 0; n < count; n++)
        moved[(client_row *)(uintptr_t)i->proxies[n].client_id - clients] = &i->proxies[n];
    return moved;
}

static int complete(upbit_inspection *i)
{
    upbit_key_info **keys = sort_keys(i);
    upbit_proxy_info **proxies = sort_proxies(i);
    i->want_infos = calloc(i->wants.count + 1, sizeof *i->want_infos);
    int error =
        keys == NULL || proxies == NULL || i->want_infos == NULL ? UPBIT_ERROR_NO_MEMORY : 0;
    for (size_t n = 0; n < i->wants.count && error == 0; n++) {
        const want_row *want = row_of(&i->wants, n);
        i->want_infos[n] = (upbit_want_info){.struct_size = sizeof *i->want_infos,
                                             .proxy = proxies[want->client],
                                             .key = keys[want->key],
                                             .depth = want->depth,
                                             .flags = want->flags,
                                             .by_name = (want->by & UPBIT__BY_NAME) != 0,
                                             .by_selector = (want->by & UPBIT__BY_SELECTOR) != 0};
    }
    if (error == 0 && i->wants.count > 0)
        qsort(i->want_infos, i->wants.count, sizeof *i->want_infos, by_want);
    free(keys);
    free(proxies);
    return error;
}

/* The load is a handle, so that the inspection can be taken out of it. */
typedef struct handle {
    upbit_inspection *inspection;
} handle;

static int gather_into(upbit_manager *m, void *load)
{
    return gather(m, ((handle *)load)->inspection);
}

static void take(void *load, void *context)
{
    *(upbit_inspection **)context = ((handle *)load)->inspection;
    ((handle *)load)->inspection = NULL;
}

static void drop(void *load)
{
    upbit_inspection_free(((handle *)load)->inspection);
    free(load);
}

int upbit_manager_inspect(upbit_manager *m, upbit_inspection **out, uint32_t timeout_ms)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL || out == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "manager, out: must not be NULL");
    handle *h = calloc(1, sizeof *h);
    upbit_inspection *i = calloc(1, sizeof *i);
    if (h == NULL || i == NULL) {
        free(h);
        free(i);
        return UPBIT_ERROR_NO_MEMORY;
    }
    i->sessions.size = sizeof(upbit_session_info);
    i->keys.size = sizeof(upbit_key_info);
    i->clients.size = sizeof(client_row);
    i->wants.size = sizeof(want_row);
    i->limits.size = sizeof(upbit_limit_info);
    h->inspection = i;
    upbit_inspection *made = NULL;
    int error = upbit__errand_do(m, gather_into, h, take, &made, drop,
                                 timeout_ms != 0 ? timeout_ms : TIMEOUT_MS);
    if (error == 0)
        error = complete(made);
    if (error != 0) {
        upbit_inspection_free(made);
        return error;
    }
    *out = made;
    return 0;
}

void upbit_inspection_free(upbit_inspection *i)
{
    if (i == NULL)
        return;
    free(i->sessions.at);
    free(i->keys.at);
    free(i->clients.at);
    free(i->wants.at);
    free(i->limits.at);
    free(i->proxies);
    free(i->want_infos);
    free(i);
}

const upbit_session_info *upbit_inspection_session(const upbit_inspection *i, size_t index)
{
    return i != NULL ? row_of(&i->sessions, index) : NULL;
}

const upbit_key_info *upbit_inspection_key(const upbit_inspection *i, size_t index)
{
    return i != NULL ? row_of(&i->keys, index) : NULL;
}

const upbit_proxy_info *upbit_inspection_proxy(const upbit_inspection *i, size_t index)
{
    return i != NULL && index < i->clients.count ? &i->proxies[index] : NULL;
}

const upbit_want_info *upbit_inspection_want(const upbit_inspection *i, size_t index)
{
    return i != NULL && index < i->wants.count ? &i->want_infos[index] : NULL;
}

const upbit_limit_info *upbit_inspection_limit(const upbit_inspection *i, size_t index)
{
    return i != NULL ? row_of(&i->limits, index) : NULL;
}
