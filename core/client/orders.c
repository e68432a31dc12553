/* What commands do, on the I/O thread: every change of what is wanted happens here, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/acquire.h"
#include "client/errand.h"
#include "client/private.h"
#include "client/resync.h"
#include "client/snapshot.h"
#include "queue/pool.h"

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
        upbit__tell_error(m, order->client,
                          upbit__is_private(order->type) ? UPBIT_SESSION_PRIVATE
                                                         : UPBIT_SESSION_PUBLIC,
                          error, 0, "", detail);
}

/* Is every code listed? WAIT: the order has to be held. */
static upbit__listed check_codes(upbit_manager *m, const upbit__order *order, const char **unknown)
{
    if (order->kind != UPBIT__ORDER_SUBSCRIBE && order->kind != UPBIT__ORDER_REPLACE)
        return UPBIT__LISTED_YES;
    for (size_t i = 0; i < order->code_count; i++) {
        if (order->codes[i][0] == '\0') /* all of them */
            continue;
        upbit__listed listed = upbit__listing_check(&m->listing, order->codes[i]);
        if (listed != UPBIT__LISTED_YES) {
            *unknown = order->codes[i];
            return listed;
        }
    }
    return UPBIT__LISTED_YES;
}

/* Is the level supported by each code named? KRW-* passes: its markets have different levels, and
 * those that lack this one are told as NO_DATA. */
static upbit__listed check_levels(upbit_manager *m, const upbit__order *order, char *detail,
                                  size_t size)
{
    upbit__listed result = UPBIT__LISTED_YES;
    if ((order->kind != UPBIT__ORDER_SUBSCRIBE && order->kind != UPBIT__ORDER_REPLACE) ||
        upbit_decimal_is_zero(&order->level))
        return result;
    for (size_t i = 0; i < order->code_count; i++) {
        if (upbit__is_selector(order->codes[i]))
            continue;
        switch (upbit__levels_check(&m->levels, order->codes[i], &order->level, detail, size)) {
        case UPBIT__LISTED_NO:
            return UPBIT__LISTED_NO;
        case UPBIT__LISTED_WAIT:
            result = UPBIT__LISTED_WAIT;
            break;
        case UPBIT__LISTED_YES:
            break;
        }
    }
    if (result == UPBIT__LISTED_WAIT && !upbit__levels_ask(&m->levels))
        result = UPBIT__LISTED_YES;
    return result;
}

/* The wants of the order's codes, each with what is known of it at once. */
static int take_all(upbit_manager *m, const upbit__order *order)
{
    for (size_t i = 0; i < order->code_count; i++) {
        int error;
        if (upbit__is_selector(order->codes[i])) {
            error = upbit__selector_add(m, order, order->codes[i]);
        } else {
            upbit__key_id id = id_of(order, i);
            error = upbit__hold(m, order->client, &id, order->depth, order->flags, UPBIT__BY_NAME);
        }
        if (error != 0)
            return error;
    }
    return 0;
}

static bool same_kind(const upbit__order *order, int type, unsigned unit)
{
    return type == order->type && unit == order->unit;
}

/* What of an entry's holds the order speaks of. */
static unsigned named(const upbit__order *order, const upbit__key_id *id)
{
    unsigned by = 0;
    if (!same_kind(order, id->type, id->unit) ||
        upbit_decimal_compare(&order->level, &id->level) != 0)
        return 0;
    for (size_t i = 0; i < order->code_count; i++) {
        const char *code = order->codes[i];
        if (strcmp(code, id->code) == 0)
            by |= UPBIT__BY_NAME;
        else if (upbit__is_selector(code) && strncmp(code, id->code, strlen(code) - 1) == 0)
            by |= UPBIT__BY_SELECTOR;
    }
    return by;
}

static bool names_selector(const upbit__order *order, const upbit__selector *s)
{
    if (!same_kind(order, s->type, s->unit) || upbit_decimal_compare(&order->level, &s->level) != 0)
        return false;
    for (size_t i = 0; i < order->code_count; i++)
        if (upbit__is_selector(order->codes[i]) && upbit__selects(s->prefix, order->codes[i]))
            return true;
    return false;
}

static bool replaces_selector(const upbit__order *order, const upbit__selector *s)
{
    return same_kind(order, s->type, s->unit) && !names_selector(order, s);
}

/* Lets go of the order's codes (unsubscribe), or of everything of its kind but them (replace). What
 * nothing holds any more waits for the sweep, so that a replaced set may take it over untouched. */
static void let_go(const upbit__order *order)
{
    bool others = order->kind == UPBIT__ORDER_REPLACE;
    for (size_t i = 0; i < order->client->entry_count; i++) {
        upbit__entry *entry = order->client->entries[i];
        const upbit__key_id *id = &entry->key->id;
        unsigned by = named(order, id);
        if (others)
            by = same_kind(order, id->type, id->unit) ? ~by : 0;
        entry->by &= (uint8_t)~by;
    }
}

/* A value that waits and whose want is over (a snapshot, a delisted code) is of the old set, too.
 */
static int is_of_old_set(const void *context, const upbit__about *about)
{
    const upbit__order *order = context;
    upbit__key_id id = {.type = (int)about->type, .unit = about->unit, .level = about->level};
    memcpy(id.code, about->code, sizeof id.code);
    switch (order->kind) {
    case UPBIT__ORDER_UNSUBSCRIBE:
        return named(order, &id) != 0;
    case UPBIT__ORDER_REPLACE:
        return same_kind(order, id.type, id.unit) && named(order, &id) == 0;
    default:
        return 1;
    }
}

static void take_back(const upbit__order *order)
{
    upbit__inbox_retired_clear(order->client->inbox, is_of_old_set, order);
}

static void remove_all(upbit_manager *m, upbit__client *client)
{
    upbit__selectors_drop(m, client);
    while (client->entry_count > 0) {
        upbit__entry *last = client->entries[client->entry_count - 1];
        upbit__registry_remove(upbit__registry_of(m, last->key->id.type), last);
    }
}

static void run_checked(upbit_manager *m, upbit__order *order)
{
    int error = 0;
    uint32_t barrier = upbit__lane_bit(order->type);
    m->registry.command++;
    m->private_registry.command++;
    switch (order->kind) {
    case UPBIT__ORDER_SUBSCRIBE:
        barrier = 0;
        error = take_all(m, order);
        break;
    case UPBIT__ORDER_UNSUBSCRIBE:
        take_back(order);
        let_go(order);
        upbit__selectors_remove(m, order, names_selector);
        upbit__hold_sweep(m, order->client);
        break;
    case UPBIT__ORDER_REPLACE:
        take_back(order);
        let_go(order);
        upbit__selectors_remove(m, order, replaces_selector);
        error = take_all(m, order);
        upbit__hold_sweep(m, order->client);
        break;
    case UPBIT__ORDER_UNSUBSCRIBE_ALL:
        barrier = UPBIT__LANES_ALL;
        take_back(order);
        remove_all(m, order->client);
        break;
    case UPBIT__ORDER_OPEN:
    case UPBIT__ORDER_CLOSE:
    case UPBIT__ORDER_SNAPSHOT:
    case UPBIT__ORDER_CANCEL:
    case UPBIT__ORDER_ACQUIRE:
    case UPBIT__ORDER_REPORT:
    case UPBIT__ORDER_KEYS:
    case UPBIT__ORDER_KEYS_PROVIDED:
    case UPBIT__ORDER_ERRAND:
        break;
    }
    reply(m, order, error, error != 0 ? upbit_error_string(error) : "", barrier);
}

/* Runs the order, refuses it, or says that it has to wait. */
static bool try_order(upbit_manager *m, upbit__order *order)
{
    char why[160];
    bool takes = order->kind == UPBIT__ORDER_SUBSCRIBE || order->kind == UPBIT__ORDER_REPLACE;
    if (takes && upbit__is_private(order->type) && order->code_count > 0 &&
        upbit__private_check(m, why, sizeof why) != 0) {
        reply(m, order, UPBIT_ERROR_UNAVAILABLE, why, 0);
        upbit__order_free(order);
        return true;
    }
    const char *unknown = NULL;
    switch (check_codes(m, order, &unknown)) {
    case UPBIT__LISTED_WAIT:
        return false;
    case UPBIT__LISTED_NO: {
        char detail[160];
        snprintf(detail, sizeof detail, "the exchange does not list %s; nothing was changed",
                 unknown);
        reply(m, order, UPBIT_ERROR_UNKNOWN_CODE, detail, 0);
        upbit__order_free(order);
        return true;
    }
    case UPBIT__LISTED_YES:
        break;
    }
    char levels[160] = "";
    switch (check_levels(m, order, levels, sizeof levels)) {
    case UPBIT__LISTED_WAIT:
        return false;
    case UPBIT__LISTED_NO:
        reply(m, order, UPBIT_ERROR_INVALID_ARGUMENT, levels, 0);
        break;
    case UPBIT__LISTED_YES:
        run_checked(m, order);
        break;
    }
    upbit__order_free(order);
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
            upbit__order_free(order);
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
    upbit__tell_state(m, &m->session, client);
    if (m->private_session.state != UPBIT_STATE_IDLE)
        upbit__tell_state(m, &m->private_session, client);
}

void upbit__client_drop(upbit_manager *m, upbit__client *client)
{
    upbit__snapshots_drop(m, client);
    upbit__acquires_drop(m, client);
    remove_all(m, client);
    upbit__resync_forget(&m->fanout, client);
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
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_CLOSE:
        upbit__orders_drop_held(m, order->client);
        upbit__client_drop(m, order->client);
        upbit__order_free(order);
        return;
    /* These change nothing of what is wanted: they need not wait behind those that do. */
    case UPBIT__ORDER_SNAPSHOT:
        upbit__snapshot_begin(m, order);
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_ACQUIRE:
        upbit__acquire_begin(m, order);
        return;
    case UPBIT__ORDER_REPORT:
        upbit__asking_report(&m->asking, order->group, order->http_status,
                             order->remaining_req[0] != '\0' ? order->remaining_req : NULL,
                             order->body);
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_CANCEL:
        upbit__snapshot_cancel(m, order->client, order->cancel_id);
        upbit__acquire_cancel(m, order->client, order->cancel_id);
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_KEYS:
        upbit__credentials_replace(&m->credentials, order->keys);
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_KEYS_PROVIDED:
        upbit__credentials_provided(&m->credentials, order->keys, order->keys_error);
        upbit__order_free(order);
        return;
    case UPBIT__ORDER_ERRAND:
        upbit__errand_run(m, order->errand);
        upbit__order_free(order);
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
    upbit__quiet_start(m);
    upbit__listing_keep(&m->listing, m->registry.key_count > 0 || m->selector_count > 0);
    upbit__session_wants_changed(&m->session);
    upbit__session_wants_changed(&m->private_session);
    upbit__account_rest_look(&m->account_rest);
}

void upbit__orders_run(upbit_manager *m, upbit__command *first)
{
    for (upbit__command *c = first, *next; c != NULL; c = next) {
        next = upbit__command_next(c);
        run(m, (upbit__order *)(void *)c);
    }
    /* What consumers gave back is free, also for the statistics, when nothing is allocated any
     * more. */
    upbit__pool_collect(m->pool);
    wants_changed(m);
}

void upbit__orders_release_held(upbit_manager *m)
{
    upbit__order *order = m->held;
    m->held = NULL;
    m->held_last = &m->held;
    while (order != NULL) {
        upbit__order *next = order->next;
        if (m->held != NULL || !try_order(m, order))
            hold(m, order);
        order = next;
    }
    upbit__snapshots_listed(m);
    wants_changed(m);
}
