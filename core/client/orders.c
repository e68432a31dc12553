/* What commands do, on the I/O thread: every change of what is wanted happens here, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/manager.h"
#include "client/snapshot.h"
#include "queue/pool.h"

static void free_order(upbit__order *order)
{
    free(order);
}

static upbit__key_id id_of(const upbit__order *order, size_t index)
{
    upbit__key_id id = {.type = order->type, .unit = order->unit, .level = order->level};
    memcpy(id.code, order->codes[index], sizeof id.code);
    return id;
}

static void reply(upbit_manager *m, upbit__order *order, int error, const char *detail,
                  uint32_t barrier)
{
    if (order->request_id != 0)
        upbit__tell_reply(m, order, error, detail, barrier);
    else if (error != 0)
        upbit__tell_error(m, order->client, error, 0, "", detail);
}

/* Is every code listed? WAIT: the order has to be held. */
static upbit__listed check_codes(upbit_manager *m, const upbit__order *order, const char **unknown)
{
    if (order->kind != UPBIT__ORDER_SUBSCRIBE && order->kind != UPBIT__ORDER_REPLACE)
        return UPBIT__LISTED_YES;
    for (size_t i = 0; i < order->code_count; i++) {
        upbit__listed listed = upbit__listing_check(&m->listing, order->codes[i]);
        if (listed != UPBIT__LISTED_YES) {
            *unknown = order->codes[i];
            return listed;
        }
    }
    return UPBIT__LISTED_YES;
}

/* The wants of the order's codes, each with what is known of it at once. */
static int add_wants(upbit_manager *m, const upbit__order *order)
{
    for (size_t i = 0; i < order->code_count; i++) {
        upbit__key_id id = id_of(order, i);
        upbit__entry *entry;
        bool joined;
        upbit__key *key = upbit__registry_find(&m->registry, &id);
        upbit__entry *old = key != NULL ? upbit__key_entry_of(key, order->client) : NULL;
        bool repeated = old != NULL && old->depth == order->depth && old->flags == order->flags;
        bool once = (order->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
        if (repeated && !once)
            continue; /* has it all */
        /* Who streams the key has its latest value, of whatever age, and goes on streaming. */
        bool streams = old != NULL && (old->flags & UPBIT_WANT_SNAPSHOT_ONLY) == 0;
        if (once && (upbit__fanout_snapshot(&m->fanout, order->client, &id, order->depth,
                                            streams ? 0 : upbit__clock_monotonic_ns()) ||
                     streams))
            continue;
        int error = upbit__registry_add(&m->registry, order->client, &id, order->depth,
                                        order->flags, &entry, &joined);
        if (error != 0)
            return error;
        entry->has = false;
        if (joined && !once)
            upbit__fanout_cached(&m->fanout, entry);
    }
    return 0;
}

static bool named(const upbit__order *order, const upbit__key_id *id)
{
    for (size_t i = 0; i < order->code_count; i++)
        if (strcmp(order->codes[i], id->code) == 0)
            return true;
    return false;
}

/* Removes the client's wants for which `gone` says so. From the end, because removal moves the
 * last. */
static void remove_wants(upbit_manager *m, const upbit__order *order,
                         bool (*gone)(const upbit__order *order, const upbit__key_id *id))
{
    upbit__client *client = order->client;
    for (size_t i = client->entry_count; i > 0; i--)
        if (gone(order, &client->entries[i - 1]->key->id))
            upbit__registry_remove(&m->registry, client->entries[i - 1]);
}

static bool same_kind(const upbit__order *order, const upbit__key_id *id)
{
    return id->type == order->type && id->unit == order->unit;
}

static bool same_level(const upbit__order *order, const upbit__key_id *id)
{
    return upbit_decimal_compare(&order->level, &id->level) == 0;
}

static bool unsubscribed(const upbit__order *order, const upbit__key_id *id)
{
    return same_kind(order, id) && same_level(order, id) && named(order, id);
}

static bool replaced(const upbit__order *order, const upbit__key_id *id)
{
    return same_kind(order, id) && !(same_level(order, id) && named(order, id));
}

static bool everything(const upbit__order *order, const upbit__key_id *id)
{
    (void)order;
    (void)id;
    return true;
}

static void run_checked(upbit_manager *m, upbit__order *order)
{
    int error = 0;
    uint32_t barrier = upbit__lane_bit(order->type);
    switch (order->kind) {
    case UPBIT__ORDER_SUBSCRIBE:
        barrier = 0;
        error = add_wants(m, order);
        break;
    case UPBIT__ORDER_UNSUBSCRIBE:
        remove_wants(m, order, unsubscribed);
        break;
    case UPBIT__ORDER_REPLACE:
        remove_wants(m, order, replaced);
        error = add_wants(m, order);
        break;
    case UPBIT__ORDER_UNSUBSCRIBE_ALL:
        barrier = UPBIT__LANES_ALL;
        remove_wants(m, order, everything);
        break;
    case UPBIT__ORDER_OPEN:
    case UPBIT__ORDER_CLOSE:
    case UPBIT__ORDER_SNAPSHOT:
    case UPBIT__ORDER_CANCEL:
        break;
    }
    reply(m, order, error, error != 0 ? upbit_error_string(error) : "", barrier);
}

/* Runs the order, refuses it, or says that it has to wait. */
static bool try_order(upbit_manager *m, upbit__order *order)
{
    const char *unknown = NULL;
    switch (check_codes(m, order, &unknown)) {
    case UPBIT__LISTED_WAIT:
        return false;
    case UPBIT__LISTED_NO: {
        char detail[160];
        snprintf(detail, sizeof detail, "the exchange does not list %s; nothing was changed",
                 unknown);
        reply(m, order, UPBIT_ERROR_UNKNOWN_CODE, detail, 0);
        break;
    }
    case UPBIT__LISTED_YES:
        run_checked(m, order);
        break;
    }
    free_order(order);
    return true;
}

static void hold(upbit_manager *m, upbit__order *order)
{
    order->next = NULL;
    *m->held_last = order;
    m->held_last = &order->next;
}

void upbit__orders_drop_held(upbit_manager *m, const upbit__client *client)
{
    upbit__order **link = &m->held;
    m->held_last = &m->held;
    while (*link != NULL) {
        upbit__order *order = *link;
        if (client == NULL || order->client == client) {
            *link = order->next;
            if (order->request_id != 0)
                upbit__inbox_unpromise(order->client->inbox);
            free_order(order);
        } else {
            link = &order->next;
            m->held_last = link;
        }
    }
}

static void open_client(upbit_manager *m, upbit__client *client)
{
    client->next = m->clients;
    if (m->clients != NULL)
        m->clients->previous = client;
    m->clients = client;
    upbit__count(&m->counters.proxies, 1);
    upbit__session_start(&m->session);
    upbit__listing_start(&m->listing);
    upbit__tell_state(m, client);
}

void upbit__client_drop(upbit_manager *m, upbit__client *client)
{
    upbit__snapshots_drop(m, client);
    while (client->entry_count > 0)
        upbit__registry_remove(&m->registry, client->entries[client->entry_count - 1]);
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        m->clients = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    upbit__count(&m->counters.proxies, (uint64_t)-1);
    upbit__inbox_destroy(client->inbox);
    upbit_event_unref(client->closed);
    free(client->entries);
    free(client);
}

static void run(upbit_manager *m, upbit__order *order)
{
    switch (order->kind) {
    case UPBIT__ORDER_OPEN:
        open_client(m, order->client);
        free_order(order);
        return;
    case UPBIT__ORDER_CLOSE:
        upbit__orders_drop_held(m, order->client);
        upbit__client_drop(m, order->client);
        free_order(order);
        return;
    /* These change nothing of what is wanted: they need not wait behind those that do. */
    case UPBIT__ORDER_SNAPSHOT:
        upbit__snapshot_begin(m, order);
        free_order(order);
        return;
    case UPBIT__ORDER_CANCEL:
        upbit__snapshot_cancel(m, order->client, order->cancel_id);
        free_order(order);
        return;
    default:
        /* Behind a held order of anybody: orders of one proxy must not overtake one another, and a
         * queue for each would buy nothing but half a second for the others. */
        if (m->held != NULL || !try_order(m, order))
            hold(m, order);
    }
}

static void wants_changed(upbit_manager *m)
{
    atomic_store_explicit(&m->counters.keys, m->registry.key_count, memory_order_relaxed);
    upbit__quiet_start(m);
    upbit__session_wants_changed(&m->session);
}

void upbit__orders_run(upbit_manager *m, upbit__command *first)
{
    for (upbit__command *c = first, *next; c != NULL; c = next) {
        next = upbit__command_next(c);
        run(m, (upbit__order *)(void *)c);
    }
    wants_changed(m);
}

struct recheck {
    upbit_manager *m;
    upbit__key *unknown;
};

static void find_unlisted(void *context, upbit__key *key)
{
    struct recheck *r = context;
    if (r->unknown == NULL && r->m->listing.markets != NULL && r->m->listing.ask == NULL &&
        upbit__markets_find(r->m->listing.markets, key->id.code) == NULL)
        r->unknown = key;
}

/* Codes that passed unchecked while the list was not to be had, and are not in it. */
static void refuse_unlisted(upbit_manager *m)
{
    for (;;) {
        struct recheck r = {m, NULL};
        upbit__registry_each(&m->registry, find_unlisted, &r);
        if (r.unknown == NULL)
            return;
        char detail[160];
        snprintf(detail, sizeof detail, "the exchange does not list %s; it was unsubscribed",
                 r.unknown->id.code);
        for (uint32_t n = r.unknown->entry_count; n > 0; n--) {
            upbit__entry *entry = r.unknown->entries[n - 1];
            upbit__tell_error(m, entry->client, UPBIT_ERROR_UNKNOWN_CODE, 0, "", detail);
            upbit__registry_remove(&m->registry, entry);
        }
    }
}

void upbit__orders_release_held(upbit_manager *m)
{
    upbit__order *order = m->held;
    m->held = NULL;
    m->held_last = &m->held;
    refuse_unlisted(m);
    while (order != NULL) {
        upbit__order *next = order->next;
        if (m->held != NULL || !try_order(m, order))
            hold(m, order);
        order = next;
    }
    upbit__snapshots_listed(m);
    wants_changed(m);
}
