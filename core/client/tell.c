/* The events a manager makes about itself: made here, once, for one proxy or for all. Out of memory
 * an event of this kind is lost; the counters and the state that can be asked for are not, nor are
 * REPLY and CLOSED, which are made ahead. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/manager.h"
#include "queue/pool.h"

void upbit__tell_stamp(const upbit_manager *m, upbit_event *e, int type)
{
    e->type = (uint16_t)type;
    e->schema = 1;
    e->origin = UPBIT_ORIGIN_LOCAL;
    e->epoch = m->session.epoch;
    e->received_ns = upbit__clock_monotonic_ns();
    e->received_wall_ns = upbit__clock_wall_ns();
    e->received_ms = e->received_wall_ns / UPBIT__MS;
}

upbit_event *upbit__tell_make(const upbit_manager *m, int type, size_t size)
{
    upbit_event *e = upbit__event_allocate(size);
    if (e != NULL)
        upbit__tell_stamp(m, e, type);
    return e;
}

static uint32_t count_clients(const upbit_manager *m)
{
    uint32_t n = 0;
    for (const upbit__client *c = m->clients; c != NULL; c = c->next)
        n++;
    return n;
}

static void send_state(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__inbox_state(inbox, (int)((const upbit_state_event *)(const void *)e)->session, e);
}

/* To one or to all; takes over the event. */
static void send_to(upbit_manager *m, upbit__client *only, upbit_event *e,
                    void (*send)(upbit__inbox *inbox, const upbit_event *e))
{
    uint32_t takers = only != NULL ? 1 : count_clients(m);
    if (takers == 0) {
        upbit_event_unref(e);
        return;
    }
    upbit__event_set_refs(e, takers);
    if (only != NULL) {
        send(only->inbox, e);
        return;
    }
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        send(c->inbox, e);
}

void upbit__tell_state(upbit_manager *m, const upbit__session *s, upbit__client *only)
{
    upbit_state_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_STATE, sizeof *e);
    if (e == NULL)
        return;
    e->event.epoch = s->epoch;
    e->session = s->endpoint.id;
    e->state = s->state;
    e->attempt = s->attempt;
    e->delay_ms = s->state == UPBIT_STATE_RECONNECTING ? s->delay_ms : 0;
    e->down_ms = s->restored ? s->down_ms : 0;
    e->error = s->error;
    e->tls = s->tls;
    send_to(m, only, &e->event, send_state);
}

void upbit__tell_to(upbit_manager *m, upbit_event *e, bool (*whom)(const upbit__client *client),
                    void (*send)(upbit__inbox *inbox, const upbit_event *e))
{
    uint32_t takers = 0;
    for (const upbit__client *c = m->clients; c != NULL; c = c->next)
        takers += whom(c);
    if (takers == 0) {
        upbit_event_unref(e);
        return;
    }
    upbit__event_set_refs(e, takers);
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        if (whom(c))
            send(c->inbox, e);
}

static void send_restored(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__inbox_restored(inbox, (int)((const upbit_restored_event *)(const void *)e)->session, e);
}

void upbit__tell_restored(upbit_manager *m, const upbit__session *s)
{
    upbit_restored_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_RESTORED, sizeof *e);
    if (e == NULL)
        return;
    e->event.epoch = s->epoch;
    e->session = s->endpoint.id;
    e->down_ms = s->down_ms;
    e->attempts = s->took;
    e->times = s->times;
    send_to(m, NULL, &e->event, send_restored);
}

void upbit__tell_reply(upbit_manager *m, upbit__order *order, int error, const char *detail,
                       uint32_t barrier)
{
    static const uint8_t commands[] = {
        [UPBIT__ORDER_SUBSCRIBE] = UPBIT_COMMAND_SUBSCRIBE,
        [UPBIT__ORDER_UNSUBSCRIBE] = UPBIT_COMMAND_UNSUBSCRIBE,
        [UPBIT__ORDER_REPLACE] = UPBIT_COMMAND_REPLACE,
        [UPBIT__ORDER_UNSUBSCRIBE_ALL] = UPBIT_COMMAND_UNSUBSCRIBE_ALL,
        [UPBIT__ORDER_SNAPSHOT] = UPBIT_COMMAND_SNAPSHOT,
        [UPBIT__ORDER_ACQUIRE] = UPBIT_COMMAND_ACQUIRE,
    };
    upbit_reply *e = order->reply;
    order->reply = NULL;
    upbit__tell_stamp(m, &e->event, UPBIT_TYPE_REPLY);
    e->error = error;
    e->command = commands[order->kind];
    e->waited_ms = order->waited_ms;
    snprintf(e->detail, sizeof e->detail, "%s", detail);
    upbit__inbox_reply(order->client->inbox, &e->event, order->request_id, barrier);
}

/* Cut where a character begins, so that what is left is valid UTF-8. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t n = strlen(from);
    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(to, from, n);
    to[n] = '\0';
}

void upbit__tell_error(upbit_manager *m, upbit__client *only, upbit_session session, int error,
                       int http_status, const char *name, const char *message)
{
    upbit_error_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_ERROR, sizeof *e);
    if (e == NULL)
        return;
    e->error = error;
    e->session = session;
    e->http_status = (uint32_t)http_status;
    e->count = 1;
    copy_text(e->name, sizeof e->name, name);
    copy_text(e->message, sizeof e->message, message);
    send_to(m, only, &e->event, upbit__inbox_error);
}

void upbit__tell_closed(upbit_manager *m, upbit__client *client)
{
    upbit_event *e = client->closed;
    upbit__tell_stamp(m, e, UPBIT_TYPE_CLOSED);
    client->closed = NULL;
    upbit__inbox_closed(client->inbox, e);
}
