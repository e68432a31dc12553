/* Proxies: the consumer's half, and the checks every command passes before it is accepted.
 *
 * A proxy has two halves. This one belongs to the caller; the other (upbit__client) to the I/O
 * thread, which gets it with the OPEN command and gives it back to nobody: CLOSE, or the manager's
 * end, frees it. What both share is the inbox, which counts its two users itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/private.h"
#include "client/proxy_inside.h"
#include "client/want.h"

#define SNAPSHOT_TIMEOUT_MS 5000

static int check_client_id(const char *id)
{
    size_t n = id != NULL ? strlen(id) : 0;
    if (n < 1 || n > 64)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "client_id: must be 1 to 64 characters, e.g. chart_btc");
    for (size_t i = 0; i < n; i++) {
        char c = id[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '.' || c == ':' || c == '-'))
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "client_id: only A-Z a-z 0-9 _ . : - are allowed "
                                    "(character %zu is not)",
                                    i + 1);
    }
    return 0;
}

static upbit_proxy **id_slot(upbit_manager *m, const char *id)
{
    unsigned h = 5381;
    for (const char *c = id; *c != '\0'; c++)
        h = h * 33 + (unsigned char)*c;
    return &m->ids[h % UPBIT__ID_BUCKETS];
}

static int enter_id(upbit_proxy *p)
{
    upbit_manager *m = p->manager;
    pthread_mutex_lock(&m->mutex);
    upbit_proxy **slot = id_slot(m, p->client_id);
    for (const upbit_proxy *other = *slot; other != NULL; other = other->next_id)
        if (strcmp(other->client_id, p->client_id) == 0) {
            pthread_mutex_unlock(&m->mutex);
            return upbit__error_set(UPBIT_ERROR_DUPLICATE_CLIENT_ID,
                                    "client_id %s is in use: close that proxy or choose another, "
                                    "e.g. %.40s_2",
                                    p->client_id, p->client_id);
        }
    p->next_id = *slot;
    *slot = p;
    pthread_mutex_unlock(&m->mutex);
    return 0;
}

static void leave_id(upbit_proxy *p)
{
    pthread_mutex_lock(&p->manager->mutex);
    upbit_proxy **link = id_slot(p->manager, p->client_id);
    while (*link != p)
        link = &(*link)->next_id;
    *link = p->next_id;
    /* What it measured stays among the manager's statistics. */
    upbit__distribution_add(&p->manager->closed_lag, upbit__inbox_lag(p->inbox));
    pthread_mutex_unlock(&p->manager->mutex);
}

/* Rings the I/O thread's bell if the queue says so. */
int upbit__post(upbit_manager *m, upbit__order *order, bool always)
{
    int rang = always ? upbit__command_push_always(&m->commands, &order->command)
                      : upbit__command_push(&m->commands, &order->command);
    if (rang == 1)
        upbit__loop_wake(m->loop);
    return rang < 0 ? rang : 0;
}

static upbit__order *make_order(upbit__order_kind kind, upbit__client *client)
{
    upbit__order *order = calloc(1, sizeof *order);
    if (order != NULL) {
        order->kind = kind;
        order->client = client;
    }
    return order;
}

static upbit__client *make_client(const upbit_proxy *p, bool wants_health)
{
    upbit__client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->closed = upbit__event_allocate(sizeof(upbit_closed_event));
    if (c->closed == NULL) {
        free(c);
        return NULL;
    }
    c->inbox = p->inbox;
    memcpy(c->client_id, p->client_id, sizeof c->client_id);
    c->health = wants_health;
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_RAW; type++)
        if (upbit__lane_of(type) >= 0)
            c->coalesce[type] = upbit__inbox_policy(p->inbox, type) == UPBIT__LANE_LATEST;
    return c;
}

/* Everything but the manager, the id and the commands. */
static int make_inbox(upbit_proxy *p, upbit_proxy_options *o)
{
    if (o->queue_messages == 0)
        o->queue_messages = p->manager->config.queue_messages;
    if (o->queue_bytes == 0)
        o->queue_bytes = p->manager->config.queue_bytes;
    upbit__inbox_config config;
    int error = upbit__inbox_config_init(&config, o);
    if (error != 0)
        return upbit__error_set(error,
                                "policy: must be default, drop_oldest, coalesce or lossless");
    if (o->waiter != NULL) {
        p->waiter = (upbit__waiter *)(void *)o->waiter;
        p->shared_waiter = true;
        upbit__waiter_ref(p->waiter);
    } else if ((error = upbit__waiter_create(&p->waiter)) != 0) {
        return error;
    }
    config.batch = &p->manager->batch;
    config.waiter = p->waiter;
    config.owner = p;
    return upbit__inbox_create(&p->inbox, &config);
}

static void free_proxy(upbit_proxy *p)
{
    upbit__waiter_unref(p->waiter);
    free(p->close);
    upbit__manager_unref(p->manager);
    free(p);
}

static int open_on(upbit_proxy *p, upbit_proxy_options *o)
{
    int error = make_inbox(p, o);
    if (error != 0)
        return error;
    upbit__client *client = make_client(p, o->health == UPBIT_ON);
    upbit__order *open = make_order(UPBIT__ORDER_OPEN, client);
    p->close = make_order(UPBIT__ORDER_CLOSE, client);
    error = client != NULL && open != NULL && p->close != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
    if (error == 0)
        error = enter_id(p);
    if (error == 0 && (error = upbit__post(p->manager, open, true)) != 0)
        leave_id(p);
    if (error != 0) {
        upbit__inbox_destroy(p->inbox); /* the I/O thread never saw it */
        upbit__inbox_detach(p->inbox);
        if (client != NULL)
            upbit_event_unref(client->closed);
        free(client);
        free(open);
        return error;
    }
    p->client = client;
    return 0;
}

int upbit_proxy_open(upbit_proxy **out, upbit_manager *m, const char *client_id,
                     const upbit_proxy_options *options)
{
    upbit__error_set(0, "%s", "");
    if (out == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "out: must not be NULL");
    upbit_proxy_options o = {0};
    if (options != NULL) {
        if (options->struct_size < sizeof options->struct_size)
            return upbit__error_set(
                UPBIT_ERROR_INVALID_ARGUMENT,
                "options: struct_size is not set; use UPBIT_PROXY_OPTIONS_INIT");
        memcpy(&o, options, options->struct_size < sizeof o ? options->struct_size : sizeof o);
    }
    o.struct_size = sizeof o;
    if (o.health < UPBIT_AUTO || o.health > UPBIT_OFF)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "health: must be on, off or auto");
    int error = check_client_id(client_id);
    if (error == 0 && m == NULL)
        error = upbit_manager_default(&m);
    if (error != 0)
        return error;
    if (upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    upbit_proxy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    p->manager = m;
    upbit__manager_ref(m);
    p->user_data = o.user_data;
    snprintf(p->client_id, sizeof p->client_id, "%s", client_id);
    error = open_on(p, &o);
    if (error != 0) {
        free_proxy(p);
        return error;
    }
    *out = p;
    return 0;
}

void upbit_proxy_close(upbit_proxy *p)
{
    if (p == NULL)
        return;
    /* In a forked child the I/O thread and with it the other half do not exist: what is shared with
     * the parent by copy is left alone, only this process's handle goes. */
    if (!upbit__manager_forked(p->manager)) {
        leave_id(p);
        upbit__inbox_detach(p->inbox);
        if (upbit__post(p->manager, p->close, true) == 0)
            p->close = NULL; /* the I/O thread's now; after its end it stays ours */
        free_proxy(p);
    }
}

int upbit__submit(upbit_proxy *p, upbit__order *order, uint64_t request_id)
{
    order->client = p->client;
    order->request_id = request_id;
    int error = 0;
    if (request_id != 0) {
        order->reply = (void *)upbit__event_allocate(sizeof *order->reply);
        error = order->reply != NULL ? upbit__inbox_promise(p->inbox) : UPBIT_ERROR_NO_MEMORY;
    }
    if (error == UPBIT_ERROR_COMMAND_FULL)
        upbit__error_set(error,
                         "%s: answers wait: take events with upbit_proxy_next, then try again",
                         p->client_id);
    if (error == 0 && (error = upbit__post(p->manager, order, false)) != 0) {
        if (request_id != 0)
            upbit__inbox_unpromise(p->inbox);
        upbit__error_set(error, error == UPBIT_ERROR_CLOSED
                                    ? "the manager was shut down: create another"
                                    : "too many commands of this manager wait: try again later");
    }
    if (error != 0)
        upbit__order_free(order);
    return error;
}

void upbit__order_free(upbit__order *order)
{
    upbit_event_unref(order->reply != NULL ? &order->reply->event : NULL);
    free(order);
}

upbit_manager *upbit__manager_of(const upbit_proxy *p)
{
    return p->manager;
}

int upbit__check_usable(const upbit_proxy *p)
{
    upbit__error_set(0, "%s", "");
    if (p == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "proxy: must not be NULL");
    if (upbit__manager_forked(p->manager))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    if (atomic_load_explicit(&p->manager->stop, memory_order_relaxed))
        return upbit__error_set(UPBIT_ERROR_CLOSED, "the manager was shut down: create another");
    return 0;
}

static int command(upbit_proxy *p, upbit__order_kind kind, const upbit_want *want,
                   uint64_t request_id)
{
    int error = upbit__check_usable(p);
    upbit__order *order = NULL;
    if (error == 0)
        error = upbit__want_order(&order, kind, want);
    return error != 0 ? error : upbit__submit(p, order, request_id);
}

int upbit_proxy_subscribe(upbit_proxy *p, const upbit_want *want, uint64_t request_id)
{
    return command(p, UPBIT__ORDER_SUBSCRIBE, want, request_id);
}

int upbit_proxy_unsubscribe(upbit_proxy *p, const upbit_want *want, uint64_t request_id)
{
    return command(p, UPBIT__ORDER_UNSUBSCRIBE, want, request_id);
}

int upbit_proxy_replace(upbit_proxy *p, const upbit_want *want, uint64_t request_id)
{
    return command(p, UPBIT__ORDER_REPLACE, want, request_id);
}

int upbit_proxy_unsubscribe_all(upbit_proxy *p, uint64_t request_id)
{
    int error = upbit__check_usable(p);
    if (error != 0)
        return error;
    upbit__order *order = make_order(UPBIT__ORDER_UNSUBSCRIBE_ALL, NULL);
    return order != NULL ? upbit__submit(p, order, request_id) : UPBIT_ERROR_NO_MEMORY;
}

int upbit_proxy_get_snapshot(upbit_proxy *p, const upbit_want *want, uint32_t timeout_ms,
                             uint64_t request_id)
{
    int error = upbit__check_usable(p);
    if (error == 0 && request_id == 0)
        error = upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                 "request_id: must not be 0, it is what the answer is known by");
    upbit__order *order = NULL;
    if (error == 0)
        error = upbit__want_order(&order, UPBIT__ORDER_SNAPSHOT, want);
    if (error != 0)
        return error;
    order->until_ns = upbit__clock_monotonic_ns() +
                      (timeout_ms != 0 ? timeout_ms : SNAPSHOT_TIMEOUT_MS) * UPBIT__MS;
    return upbit__submit(p, order, request_id);
}

int upbit_proxy_cancel(upbit_proxy *p, uint64_t request_id)
{
    int error = upbit__check_usable(p);
    if (error != 0)
        return error;
    upbit__order *order = make_order(UPBIT__ORDER_CANCEL, NULL);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->cancel_id = request_id;
    return upbit__submit(p, order, 0);
}

/* Callers built against an older library give a shorter struct: only what they have is written. */
static int deliver(upbit_delivery *out, const upbit_delivery *d)
{
    size_t size = out->struct_size != 0 ? out->struct_size : sizeof *d;
    upbit_delivery full = *d;
    full.struct_size = size;
    memcpy(out, &full, size < sizeof full ? size : sizeof full);
    return 1;
}

int upbit_proxy_next(upbit_proxy *p, upbit_delivery *out)
{
    if (p == NULL || out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (p->shared_waiter || upbit__manager_forked(p->manager))
        return UPBIT_ERROR_ILLEGAL_STATE;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int result = upbit__inbox_next(p->inbox, &d);
    return result == 1 ? deliver(out, &d) : result;
}

int upbit_proxy_fd(upbit_proxy *p)
{
    return p == NULL || p->shared_waiter ? -1 : upbit__waiter_fd(p->waiter);
}

void upbit_proxy_set_wakeup(upbit_proxy *p, void (*wakeup)(void *context), void *context)
{
    if (p != NULL && !p->shared_waiter)
        upbit__waiter_set_wakeup(p->waiter, wakeup, context);
}

const char *upbit_proxy_client_id(const upbit_proxy *p)
{
    return p != NULL ? p->client_id : "";
}

void *upbit_proxy_user_data(const upbit_proxy *p)
{
    return p != NULL ? p->user_data : NULL;
}

int upbit_proxy_get_capabilities(upbit_proxy *p, upbit_capabilities *out, size_t size)
{
    if (out == NULL || size == 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "out: must not be NULL");
    int error = upbit__check_usable(p);
    if (error != 0)
        return error;
    upbit_capabilities c;
    upbit__private_capabilities(p->manager, &c);
    memset(out, 0, size);
    memcpy(out, &c, size < sizeof c ? size : sizeof c);
    return 0;
}

int upbit_proxy_is_private_available(upbit_proxy *p)
{
    upbit_capabilities c;
    int error = upbit_proxy_get_capabilities(p, &c, sizeof c);
    return error != 0 ? error : c.available;
}

/* The public waiter is the queue's under another name. */
static upbit__waiter *inner(upbit_waiter *w)
{
    return (upbit__waiter *)(void *)w;
}

int upbit_waiter_create(upbit_waiter **out)
{
    upbit__waiter *w = NULL;
    if (out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int error = upbit__waiter_create(&w);
    if (error == 0)
        *out = (upbit_waiter *)(void *)w;
    return error;
}

void upbit_waiter_destroy(upbit_waiter *w)
{
    upbit__waiter_unref(inner(w));
}

int upbit_waiter_fd(upbit_waiter *w)
{
    return w != NULL ? upbit__waiter_fd(inner(w)) : -1;
}

void upbit_waiter_set_wakeup(upbit_waiter *w, void (*wakeup)(void *context), void *context)
{
    if (w != NULL)
        upbit__waiter_set_wakeup(inner(w), wakeup, context);
}

int upbit_waiter_next(upbit_waiter *w, upbit_proxy **proxy, upbit_delivery *out)
{
    if (w == NULL || proxy == NULL || out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    void *owner = NULL;
    if (out->struct_size == sizeof *out) {
        int result = upbit__waiter_take(inner(w), &owner, out);
        if (result == 1)
            *proxy = owner;
        return result;
    }
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int result = upbit__waiter_take(inner(w), &owner, &d);
    if (result == 1) {
        *proxy = owner;
        return deliver(out, &d);
    }
    return result;
}
