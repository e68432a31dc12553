/* How the manager is doing: when it is looked at, who is told, and what is answered to calls. */
#include "client/health.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/manager.h"
#include "client/wanted.h"
#include "queue/pool.h"

enum { OVERALL = 2 };

#define PASSING (UPBIT_REASON_DROPPING | UPBIT_REASON_MEMORY | UPBIT_REASON_BAD_MESSAGES)

static void gather(const upbit_manager *m, const upbit__session *s, upbit__signs *signs)
{
    const upbit__meter *meter = &m->counters.meter;
    int64_t now = upbit__clock_monotonic_ns();
    bool is_private = s->endpoint.id == UPBIT_SESSION_PRIVATE;
    *signs = (upbit__signs){.session = s->endpoint.id,
                            .state = s->state,
                            .error = s->error,
                            .replay = s->config->transport == UPBIT_TRANSPORT_REPLAY,
                            .uncompressed = upbit__compression_given_up(&s->compression),
                            .limited = s->limited};
    if (is_private) {
        signs->unwanted = !upbit__wanted_any(s->registry);
        signs->refused = !signs->unwanted && s->error == UPBIT_ERROR_UNAVAILABLE;
        signs->polling = m->account_rest.polling;
        return;
    }
    if (m->exchange_clock.wrong)
        signs->clock_ahead_s = -upbit__exchange_clock_offset_ms(&m->exchange_clock) / 1000;
    signs->dropped = upbit__meter_sum(meter, UPBIT__METERED_DROPPED, 60, now);
    signs->not_fitted = upbit__meter_sum(meter, UPBIT__METERED_REFUSED, 60, now);
    signs->bad = upbit__meter_sum(meter, UPBIT__METERED_BAD, 60, now);
}

static void judge(const upbit_manager *m, const upbit__session *s, upbit_health *h)
{
    upbit__signs signs;
    *h = (upbit_health){.error = s->error, .state = s->state, .attempt = s->attempt};
    gather(m, s, &signs);
    upbit__health_judge(h, &signs);
    if (h->doing == UPBIT_DOING_WAITING)
        h->retry_ms = upbit__clock_wall_ns() / UPBIT__MS + s->delay_ms;
    upbit__compression_text(&s->compression, h->compression, upbit__clock_monotonic_ns());
}

/* Under the mutex. The manager is as well as its public session; what is private concerns some. */
static void sum_up(upbit_health *overall, const upbit_health *h)
{
    const upbit_health *p = &h[UPBIT_SESSION_PRIVATE];
    *overall = h[UPBIT_SESSION_PUBLIC];
    if (p->level == UPBIT_HEALTH_HEALTHY)
        return;
    overall->reasons |= UPBIT_REASON_PRIVATE;
    if (overall->level != UPBIT_HEALTH_HEALTHY)
        return;
    overall->level = UPBIT_HEALTH_DEGRADED;
    overall->doing = p->doing;
    snprintf(overall->reason, sizeof overall->reason, "private: %.118s", p->reason);
    snprintf(overall->action, sizeof overall->action, "private: %.118s", p->action);
}

/* Under the mutex. A level keeps the time of its beginning. */
static void keep(upbit_health *kept, upbit_health *now)
{
    bool same = kept->since_ms != 0 && kept->level == now->level;
    now->since_ms = same ? kept->since_ms : upbit__clock_wall_ns() / UPBIT__MS;
    *kept = *now;
}

static bool wants_all(const upbit__client *client)
{
    return client->health;
}

static bool anybody(const upbit__client *client)
{
    (void)client;
    return true;
}

/* text: for people, in place of the reason; NULL: that. */
static void tell(upbit_manager *m, int session, const char *text,
                 bool (*whom)(const upbit__client *client))
{
    upbit_health_event *e = (void *)upbit__tell_make(m, UPBIT_TYPE_HEALTH, sizeof *e);
    if (e == NULL) {
        upbit__tell_health(m, session, NULL, whom);
        return;
    }
    pthread_mutex_lock(&m->mutex); /* the I/O thread alone writes, but others copy it */
    const upbit_health *h = &m->health[session];
    e->level = h->level;
    e->session = (uint32_t)session;
    e->reasons = h->reasons;
    e->doing = h->doing;
    e->since_ms = h->since_ms;
    e->overall = m->health[OVERALL].level;
    if (text != NULL)
        snprintf(e->reason, sizeof e->reason, "%s", text);
    else if (h->level == UPBIT_HEALTH_HEALTHY)
        snprintf(e->reason, sizeof e->reason, "%s", h->reason);
    else
        snprintf(e->reason, sizeof e->reason, "%.80s: %.44s", h->reason, h->action);
    pthread_mutex_unlock(&m->mutex);
    upbit__tell_health(m, session, &e->event, whom);
}

void upbit__health_tell(upbit_manager *m, int session, bool (*whom)(const upbit__client *client))
{
    tell(m, session, NULL, whom);
}

static void log_change(upbit_manager *m, const char *name, const upbit_health *h)
{
    static const char *const levels[] = {"healthy", "degraded", "critical"};
    upbit__log_write(&m->log, UPBIT_LOG_INFO, "health", "session=%s level=%s reasons=0x%x: %s; %s",
                     name, levels[h->level], (unsigned)h->reasons, h->reason, h->action);
}

void upbit__health_look(upbit_manager *m)
{
    const upbit__session *sessions[2] = {&m->session, &m->private_session};
    upbit_health now[3];
    bool changed[2];
    for (int i = 0; i < 2; i++) {
        judge(m, sessions[i], &now[i]);
        changed[i] = m->health[i].since_ms != 0 &&
                     (m->health[i].level != now[i].level || m->health[i].reasons != now[i].reasons);
    }
    pthread_mutex_lock(&m->mutex);
    sum_up(&now[OVERALL], now);
    for (int i = 0; i < 3; i++)
        keep(&m->health[i], &now[i]);
    pthread_mutex_unlock(&m->mutex);
    for (int i = 0; i < 2; i++) {
        if (!changed[i])
            continue;
        log_change(m, sessions[i]->endpoint.name, &now[i]);
        tell(m, i, NULL, wants_all);
    }
}

bool upbit__health_passing(const upbit_manager *m)
{
    return (m->health[UPBIT_SESSION_PUBLIC].reasons & PASSING) != 0;
}

void upbit__health_compression(upbit_manager *m, upbit__session *s)
{
    bool given_up = upbit__compression_given_up(&s->compression);
    if (given_up == s->compression.told)
        return;
    s->compression.told = given_up;
    char text[sizeof((upbit_health_event *)0)->reason];
    if (given_up)
        snprintf(text, sizeof text,
                 "compression failed %u times in a row: connections are made without it for the "
                 "next %d minutes",
                 s->compression.faults, (int)(UPBIT__COMPRESSION_RETRY_NS / (60 * UPBIT__SECOND)));
    else
        snprintf(text, sizeof text, "compression is asked for again");
    upbit__health_look(m);
    tell(m, (int)s->endpoint.id, text, anybody);
}

void upbit__health_clock(upbit_manager *m)
{
    upbit__health_look(m);
    upbit_health h;
    (void)upbit_manager_get_stream_health(m, UPBIT_SESSION_PUBLIC, &h, sizeof h);
    char text[sizeof h.reason];
    int64_t ahead_s = -upbit__exchange_clock_offset_ms(&m->exchange_clock) / 1000;
    if (m->exchange_clock.wrong)
        upbit__health_clock_text(text, sizeof text, ahead_s);
    else
        snprintf(text, sizeof text, "this machine's clock is right again");
    tell(m, UPBIT_SESSION_PUBLIC, text, anybody);
}

static int get(upbit_manager *m, int which, upbit_health *out, size_t size)
{
    if (m == NULL || out == NULL || size == 0 || which < 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (upbit__manager_forked(m))
        return UPBIT_ERROR_ILLEGAL_STATE;
    pthread_mutex_lock(&m->mutex);
    upbit_health h = m->health[which];
    pthread_mutex_unlock(&m->mutex);
    h.uptime_ms = (upbit__clock_monotonic_ns() - m->started_ns) / UPBIT__MS;
    memset(out, 0, size);
    memcpy(out, &h, size < sizeof h ? size : sizeof h);
    return 0;
}

int upbit_manager_get_health(upbit_manager *m, upbit_health *out, size_t size)
{
    return get(m, OVERALL, out, size);
}

int upbit_manager_get_stream_health(upbit_manager *m, int session, upbit_health *out, size_t size)
{
    bool known = session == UPBIT_SESSION_PUBLIC || session == UPBIT_SESSION_PRIVATE;
    return get(m, known ? session : -1, out, size);
}
