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

static int level_of(const upbit__session *s, const char **reason)
{
    switch (s->state) {
    case UPBIT_STATE_LIVE:
        *reason = "live";
        if (!upbit__compression_given_up(&s->compression))
            return UPBIT_HEALTH_HEALTHY;
        *reason = "live, but compression was given up after faults: more bytes on the wire";
        return UPBIT_HEALTH_DEGRADED;
    case UPBIT_STATE_IDLE:
        *reason = "nothing has been asked for yet";
        return UPBIT_HEALTH_HEALTHY;
    case UPBIT_STATE_CLOSING:
    case UPBIT_STATE_CLOSED:
        *reason = s->config->transport != UPBIT_TRANSPORT_REPLAY ? "shut down"
                  : s->error != 0                                ? upbit_error_string(s->error)
                                                                 : "the recording is over";
        return UPBIT_HEALTH_CRITICAL;
    case UPBIT_STATE_STALE:
        *reason = "connected, but nothing is heard";
        return UPBIT_HEALTH_DEGRADED;
    case UPBIT_STATE_RECONNECTING:
        *reason = upbit_error_string(s->error);
        return UPBIT_HEALTH_CRITICAL;
    default:
        *reason = s->error != 0 ? upbit_error_string(s->error) : "connecting";
        return UPBIT_HEALTH_DEGRADED;
    }
}

void upbit__tell_compression(upbit_manager *m, upbit__session *s)
{
    bool given_up = upbit__compression_given_up(&s->compression);
    if (given_up == s->compression.told)
        return;
    s->compression.told = given_up;
    upbit_health_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_HEALTH, sizeof *e);
    if (e == NULL)
        return;
    const char *reason;
    e->level = level_of(s, &reason);
    e->session = s->endpoint.id;
    if (given_up)
        snprintf(e->reason, sizeof e->reason,
                 "compression failed %u times in a row: connections are made without it for the "
                 "next %d minutes",
                 s->compression.faults, (int)(UPBIT__COMPRESSION_RETRY_NS / (60 * UPBIT__SECOND)));
    else
        snprintf(e->reason, sizeof e->reason, "compression is asked for again");
    send_to(m, NULL, &e->event, upbit__inbox_health);
}

static void clock_text(const upbit_manager *m, char *to, size_t size)
{
    int64_t offset_ms = upbit__exchange_clock_offset_ms(&m->exchange_clock);
    snprintf(to, size, "this machine's clock is %" PRId64 " s %s the exchange's: set it",
             (offset_ms < 0 ? -offset_ms : offset_ms) / 1000,
             offset_ms > 0 ? "behind" : "ahead of");
}

void upbit__tell_clock(upbit_manager *m)
{
    upbit__tell_health(m);
    upbit_health_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_HEALTH, sizeof *e);
    if (e == NULL)
        return;
    const char *reason;
    bool wrong = m->exchange_clock.wrong;
    e->level = level_of(&m->session, &reason);
    if (wrong && e->level == UPBIT_HEALTH_HEALTHY)
        e->level = UPBIT_HEALTH_DEGRADED;
    e->session = UPBIT_SESSION_PUBLIC;
    if (wrong)
        clock_text(m, e->reason, sizeof e->reason);
    else
        snprintf(e->reason, sizeof e->reason, "this machine's clock is right again");
    send_to(m, NULL, &e->event, upbit__inbox_health);
}

void upbit__tell_health(upbit_manager *m)
{
    const upbit__session *s = &m->session;
    const char *reason;
    int level = level_of(s, &reason);
    char text[sizeof m->health.reason];
    if (level == UPBIT_HEALTH_HEALTHY && m->exchange_clock.wrong) {
        level = UPBIT_HEALTH_DEGRADED;
        clock_text(m, text, sizeof text);
        reason = text;
    }
    pthread_mutex_lock(&m->mutex);
    if (level != m->health.level || m->health.since_ms == 0)
        m->health.since_ms = upbit__clock_wall_ns() / UPBIT__MS;
    m->health.level = level;
    m->health.error = s->error;
    m->health.state = s->state;
    m->health.attempt = s->attempt;
    snprintf(m->health.reason, sizeof m->health.reason, "%s", reason);
    upbit__compression_text(&s->compression, m->health.compression, upbit__clock_monotonic_ns());
    pthread_mutex_unlock(&m->mutex);
}
