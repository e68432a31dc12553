/* The events a manager makes about itself: made here, once, for one proxy or for all.
 *
 * None is lost for want of memory. REPLY and CLOSED are made ahead. STATE, RESTORED and HEALTH tell
 * how things stand: who could not be told is remembered, and told as soon as there is memory how
 * things stand then. Of errors their number is remembered and what the last one was, not its text.
 */
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

static bool is_taker(const upbit__client *c, const upbit__client *only,
                     bool (*whom)(const upbit__client *client))
{
    return (only == NULL || c == only) && (whom == NULL || whom(c));
}

/* To one or to all, of those whom it concerns (NULL: any); takes over the event. Without one they
 * are told later what the bit stands for. */
static void send_to(upbit_manager *m, const upbit__client *only, upbit_event *e, unsigned bit,
                    bool (*whom)(const upbit__client *client),
                    void (*send)(upbit__inbox *inbox, const upbit_event *e))
{
    uint32_t takers = 0;
    for (upbit__client *c = m->clients; c != NULL; c = c->next) {
        if (!is_taker(c, only, whom))
            continue;
        takers++;
        c->untold |= e == NULL ? bit : 0;
    }
    m->untold = m->untold || (e == NULL && takers > 0);
    if (e == NULL)
        return;
    if (takers == 0) {
        upbit_event_unref(e);
        return;
    }
    upbit__event_set_refs(e, takers);
    for (upbit__client *c = m->clients; c != NULL; c = c->next) {
        if (!is_taker(c, only, whom))
            continue;
        c->untold &= ~bit; /* after `whom`, which may look at it */
        send(c->inbox, e);
    }
}

static void send_state(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__inbox_state(inbox, (int)((const upbit_state_event *)(const void *)e)->session, e);
}

static void tell_state(upbit_manager *m, const upbit__session *s, const upbit__client *only,
                       bool (*whom)(const upbit__client *client))
{
    upbit_state_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_STATE, sizeof *e);
    if (e != NULL) {
        e->event.epoch = s->epoch;
        e->session = s->endpoint.id;
        e->state = s->state;
        e->attempt = s->attempt;
        e->delay_ms = s->state == UPBIT_STATE_RECONNECTING ? s->delay_ms : 0;
        e->down_ms = s->restored ? s->down_ms : 0;
        e->error = s->error;
        e->tls = s->tls;
    }
    send_to(m, only, (upbit_event *)(void *)e, (unsigned)UPBIT__UNTOLD_STATE << s->endpoint.id,
            whom, send_state);
}

void upbit__tell_state(upbit_manager *m, const upbit__session *s, upbit__client *only)
{
    tell_state(m, s, only, NULL);
}

static void send_restored(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__inbox_restored(inbox, (int)((const upbit_restored_event *)(const void *)e)->session, e);
}

static void tell_restored(upbit_manager *m, const upbit__session *s,
                          bool (*whom)(const upbit__client *client))
{
    upbit_restored_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_RESTORED, sizeof *e);
    if (e != NULL) {
        e->event.epoch = s->epoch;
        e->session = s->endpoint.id;
        e->down_ms = s->down_ms;
        e->attempts = s->took;
        e->times = s->times;
    }
    send_to(m, NULL, (upbit_event *)(void *)e, (unsigned)UPBIT__UNTOLD_RESTORED << s->endpoint.id,
            whom, send_restored);
}

void upbit__tell_restored(upbit_manager *m, const upbit__session *s)
{
    tell_restored(m, s, NULL);
}

static void send_health(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__inbox_health(inbox, (int)((const upbit_health_event *)(const void *)e)->session, e);
}

void upbit__tell_health(upbit_manager *m, int session, upbit_event *e,
                        bool (*whom)(const upbit__client *client))
{
    send_to(m, NULL, e, (unsigned)UPBIT__UNTOLD_HEALTH << session, whom, send_health);
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

/* There is no memory to tell it now. */
static void keep_error(upbit_manager *m, upbit__client *c, int error, upbit_session session)
{
    c->lost_errors += c->lost_errors < UINT32_MAX;
    c->lost_error = error;
    c->lost_session = session;
    m->untold = true;
}

static upbit_error_event *make_error(upbit_manager *m, upbit_session session, int error,
                                     const char *message)
{
    upbit_error_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_ERROR, sizeof *e);
    if (e == NULL)
        return NULL;
    e->error = error;
    e->session = session;
    e->count = 1;
    copy_text(e->message, sizeof e->message, message);
    return e;
}

void upbit__tell_error(upbit_manager *m, upbit__client *only, upbit_session session, int error,
                       int http_status, const char *name, const char *message)
{
    upbit_error_event *e = make_error(m, session, error, message);
    if (e == NULL) {
        for (upbit__client *c = m->clients; c != NULL; c = c->next)
            if (only == NULL || c == only)
                keep_error(m, c, error, session);
        return;
    }
    e->http_status = (uint32_t)http_status;
    copy_text(e->name, sizeof e->name, name);
    send_to(m, only, &e->event, 0, NULL, upbit__inbox_error);
}

/* ---- what there was no memory for ---- */

#define MISSED(name, bit)                                                                          \
    static bool name(const upbit__client *c)                                                       \
    {                                                                                              \
        return (c->untold & (bit)) != 0;                                                           \
    }
MISSED(missed_state, UPBIT__UNTOLD_STATE)
MISSED(missed_private_state, UPBIT__UNTOLD_STATE << UPBIT_SESSION_PRIVATE)
MISSED(missed_restored, UPBIT__UNTOLD_RESTORED)
MISSED(missed_private_restored, UPBIT__UNTOLD_RESTORED << UPBIT_SESSION_PRIVATE)
MISSED(missed_health, UPBIT__UNTOLD_HEALTH)
MISSED(missed_private_health, UPBIT__UNTOLD_HEALTH << UPBIT_SESSION_PRIVATE)

static void tell_lost_errors(upbit_manager *m, upbit__client *c)
{
    upbit_error_event *e =
        make_error(m, c->lost_session, c->lost_error, upbit_error_string(c->lost_error));
    if (e == NULL) {
        m->untold = true;
        return;
    }
    e->count = c->lost_errors;
    c->lost_errors = 0;
    send_to(m, c, &e->event, 0, NULL, upbit__inbox_error);
}

void upbit__tell_again(upbit_manager *m)
{
    unsigned missed = 0;
    m->untold = false; /* set again by what fails again */
    for (upbit__client *c = m->clients; c != NULL; c = c->next) {
        missed |= c->untold;
        if (c->lost_errors > 0)
            tell_lost_errors(m, c);
    }
    if ((missed & UPBIT__UNTOLD_STATE) != 0)
        tell_state(m, &m->session, NULL, missed_state);
    if ((missed & UPBIT__UNTOLD_STATE << UPBIT_SESSION_PRIVATE) != 0)
        tell_state(m, &m->private_session, NULL, missed_private_state);
    if ((missed & UPBIT__UNTOLD_RESTORED) != 0)
        tell_restored(m, &m->session, missed_restored);
    if ((missed & UPBIT__UNTOLD_RESTORED << UPBIT_SESSION_PRIVATE) != 0)
        tell_restored(m, &m->private_session, missed_private_restored);
    if ((missed & UPBIT__UNTOLD_HEALTH) != 0)
        upbit__health_tell(m, UPBIT_SESSION_PUBLIC, missed_health);
    if ((missed & UPBIT__UNTOLD_HEALTH << UPBIT_SESSION_PRIVATE) != 0)
        upbit__health_tell(m, UPBIT_SESSION_PRIVATE, missed_private_health);
}

void upbit__tell_closed(upbit_manager *m, upbit__client *client)
{
    upbit_event *e = client->closed;
    upbit__tell_stamp(m, e, UPBIT_TYPE_CLOSED);
    client->closed = NULL;
    upbit__inbox_closed(client->inbox, e);
}
