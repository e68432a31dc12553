#include "limits/budget.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "limits/ban.h"
#include "limits/sharing.h"
#include "upbit-live/error.h"

#define ADDRESS      "ip"
#define BAN_FIRST_NS (120 * UPBIT__SECOND)
#define BAN_MAX_NS   (3600 * UPBIT__SECOND) /* also: quiet for that long, the next is a first */

typedef struct host {
    struct host *next;
    struct upbit__budget *seats;
    upbit__sharing sharing;
    upbit__tally tally;      /* in the host's time */
    int64_t clock_offset_ms; /* its clock minus ours */
    char name[];             /* host#scope */
} host;

struct upbit__budget {
    host *host;
    struct upbit__budget *next;
    unsigned percent;
    upbit__log *log;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static host *hosts; /* under the mutex, as all of the above */

void upbit__budgets_before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

void upbit__budgets_after_fork(bool child)
{
    for (host *h = hosts; h != NULL && child; h = h->next)
        upbit__sharing_forked(&h->sharing);
    pthread_mutex_unlock(&mutex);
}

/* What processes share is counted by a clock that is the same for all, and goes on in sleep. */
static int64_t host_time(const host *h, int64_t now)
{
    return h->sharing.ledger == NULL
               ? now
               : now + (upbit__clock_boottime_ns() - upbit__clock_monotonic_ns());
}

const char *upbit__group_name(upbit__group group)
{
    return upbit__group_limits[group].name;
}

/* Would a new entry under this name behave the same? */
static bool forgettable(const host *h, int64_t now)
{
    const upbit__tally *t = &h->tally;
    if (h->seats != NULL || t->banned_ns > now || (t->bans > 0 && t->banned_ns > now - BAN_MAX_NS))
        return false;
    for (int g = 0; g < UPBIT__GROUPS; g++)
        if (!upbit__counter_idle(&t->groups[g], (upbit__group)g, now))
            return false;
    return true;
}

static bool is_named(const host *h, const upbit__budget_place *place)
{
    size_t length = strlen(place->host);
    return strncasecmp(h->name, place->host, length) == 0 && h->name[length] == '#' &&
           strcmp(h->name + length + 1, place->scope != NULL ? place->scope : ADDRESS) == 0 &&
           (h->sharing.ledger != NULL) == place->shared;
}

static host *find(const upbit__budget_place *place, int64_t now)
{
    host *found = NULL;
    for (host **at = &hosts; *at != NULL;) {
        host *h = *at;
        if (is_named(h, place)) {
            found = h;
        } else if (forgettable(h, host_time(h, now))) {
            *at = h->next;
            upbit__sharing_finish(&h->sharing);
            free(h);
            continue;
        }
        at = &h->next;
    }
    return found;
}

static host *make(const upbit__budget_place *place)
{
    const char *scope = place->scope != NULL ? place->scope : ADDRESS;
    size_t size = strlen(place->host) + strlen(scope) + 2;
    host *h = calloc(1, sizeof *h + size);
    if (h == NULL)
        return NULL;
    snprintf(h->name, size, "%s#%s", place->host, scope);
    upbit__tally_init(&h->tally);
    if (upbit__sharing_init(&h->sharing, place->shared, h->name) != 0) {
        free(h);
        return NULL;
    }
    h->next = hosts;
    hosts = h;
    return h;
}

int upbit__budget_get(upbit__budget **out, const upbit__budget_place *place, int64_t now_ns)
{
    *out = NULL;
    upbit__budget *b = calloc(1, sizeof *b);
    if (b == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    b->percent = place->percent;
    b->log = place->log;
    pthread_mutex_lock(&mutex);
    b->host = find(place, now_ns);
    if (b->host == NULL)
        b->host = make(place);
    if (b->host != NULL) {
        b->next = b->host->seats;
        b->host->seats = b;
    }
    pthread_mutex_unlock(&mutex);
    if (b->host == NULL) {
        free(b);
        return UPBIT_ERROR_NO_MEMORY;
    }
    *out = b;
    return 0;
}

/* The host stays: who comes next must not get what has just been used up. */
void upbit__budget_release(upbit__budget *b)
{
    if (b == NULL)
        return;
    pthread_mutex_lock(&mutex);
    upbit__budget **at = &b->host->seats;
    while (*at != b)
        at = &(*at)->next;
    *at = b->next;
    pthread_mutex_unlock(&mutex);
    free(b);
}

static uint32_t allowed_of(const host *h, upbit__group group)
{
    unsigned percent = 100;
    for (const upbit__budget *b = h->seats; b != NULL; b = b->next)
        if (b->percent < percent)
            percent = b->percent;
    return upbit__limit_share(upbit__group_limits[group].limit, percent);
}

static int64_t take(host *h, upbit__group group, int64_t now)
{
    upbit__tally *t = &h->tally;
    int64_t at = upbit__sharing_begin(&h->sharing, t, group, false, now);
    if (at != 0)
        return at;
    upbit__counter *c = &t->groups[group];
    int64_t open_ns = upbit__sharing_open_ns(&h->sharing, group);
    at = open_ns > t->banned_ns ? open_ns : t->banned_ns;
    if (at <= now) {
        uint32_t allowed = upbit__sharing_share(&h->sharing, group, allowed_of(h, group), now);
        at = upbit__counter_take(c, group, allowed, h->sharing.owner, now);
    }
    upbit__sharing_end(&h->sharing, t, group);
    return at;
}

int64_t upbit__budget_take(upbit__budget *b, upbit__group group, int64_t now_ns)
{
    pthread_mutex_lock(&mutex);
    int64_t now = host_time(b->host, now_ns), ahead = now - now_ns;
    int64_t at = take(b->host, group, now);
    /* Stopped in the middle of it, and going on long after the time that was entered: that grant
     * is worth nothing. Nobody will report it, so that is done here, and entered with the next. */
    if (at == 0 && b->host->sharing.ledger != NULL &&
        upbit__clock_boottime_ns() - now > UPBIT__WINDOW_MARGIN_NS / 2) {
        upbit__counter_settle(&b->host->tally.groups[group], group, b->host->sharing.owner, now);
        at = now + UPBIT__MS;
    }
    const char *trouble = b->host->sharing.trouble;
    bool alone = b->host->sharing.alone;
    b->host->sharing.trouble = NULL;
    pthread_mutex_unlock(&mutex);
    if (trouble != NULL && b->log != NULL)
        upbit__log_write(b->log, UPBIT_LOG_WARNING, "limit", "%s%s", trouble,
                         alone ? ": a fifth of each limit is used until that ends" : "");
    return at != 0 ? at - ahead : 0;
}

/* The value of sec, -1 when there is none. */
static long remaining(const char *text)
{
    for (const char *at = text; (at = strstr(at, "sec=")) != NULL; at += 4)
        if ((at == text || at[-1] == ' ' || at[-1] == ';') && at[4] >= '0' && at[4] <= '9')
            return strtol(at + 4, NULL, 10);
    return -1;
}

static int64_t banned(host *h, uint32_t retry_after_ms, const char *body, size_t length,
                      int64_t now)
{
    upbit__tally *t = &h->tally;
    bool again = t->banned_ns > now;
    if (!again && (t->banned_ns == UPBIT__LONG_AGO || t->banned_ns < now - BAN_MAX_NS))
        t->bans = 0;
    if (!again)
        t->bans++;
    uint32_t named =
        upbit__ban_ms(body, length, upbit__clock_wall_ns() + h->clock_offset_ms * UPBIT__MS);
    if (named < retry_after_ms)
        named = retry_after_ms;
    int64_t wait = named * UPBIT__MS + UPBIT__WINDOW_MARGIN_NS;
    if (named == 0) {
        wait = BAN_FIRST_NS;
        for (uint32_t i = 1; i < t->bans && wait < BAN_MAX_NS; i++)
            wait *= 2;
        if (wait > BAN_MAX_NS)
            wait = BAN_MAX_NS;
    }
    if (now + wait > t->banned_ns) {
        t->banned_ns = now + wait;
        t->banned_wall_ms = (upbit__clock_wall_ns() + wait) / UPBIT__MS;
    }
    return again ? 0 : t->banned_ns;
}

static int64_t report(host *h, upbit__group group, int http_status, const char *remaining_req,
                      uint32_t retry_after_ms, const char *body, size_t length, int64_t now)
{
    upbit__tally *t = &h->tally;
    upbit__counter *c = &t->groups[group];
    int64_t until = 0;
    (void)upbit__sharing_begin(&h->sharing, t, group, true, now);
    upbit__counter_settle(c, group, h->sharing.owner, now);
    if (http_status == 429)
        until = upbit__counter_refused(c, group, retry_after_ms, now);
    else if (http_status == 418)
        until = banned(h, retry_after_ms, body, length, now);
    else if (http_status != 0 && c->closed_ns <= now)
        c->strikes = 0;
    if (remaining_req != NULL && remaining(remaining_req) == 0)
        upbit__counter_close(c,
                             now + upbit__group_limits[group].window_ns + UPBIT__WINDOW_MARGIN_NS);
    upbit__sharing_end(&h->sharing, t, group);
    return until;
}

void upbit__budget_clock(upbit__budget *b, int64_t offset_ms)
{
    pthread_mutex_lock(&mutex);
    b->host->clock_offset_ms = offset_ms;
    pthread_mutex_unlock(&mutex);
}

int64_t upbit__budget_report(upbit__budget *b, upbit__group group, int http_status,
                             const char *remaining_req, uint32_t retry_after_ms, const char *body,
                             size_t body_length, int64_t now_ns)
{
    pthread_mutex_lock(&mutex);
    int64_t now = host_time(b->host, now_ns);
    int64_t until =
        report(b->host, group, http_status, remaining_req, retry_after_ms, body, body_length, now);
    pthread_mutex_unlock(&mutex);
    return until != 0 ? until - (now - now_ns) : 0;
}

void upbit__budget_look(upbit__budget *b, upbit__group group, int64_t now_ns,
                        upbit__budget_view *out)
{
    pthread_mutex_lock(&mutex);
    const host *h = b->host;
    const upbit__counter *c = &h->tally.groups[group];
    int64_t now = host_time(h, now_ns);
    int64_t closed = c->closed_ns > h->tally.banned_ns ? c->closed_ns : h->tally.banned_ns;
    *out = (upbit__budget_view){.allowed = allowed_of(h, group),
                                .window_ns = upbit__group_limits[group].window_ns,
                                .closed_ns = closed > now ? closed - now : 0,
                                .shared = h->sharing.ledger != NULL && !h->sharing.alone};
    for (uint32_t i = 0; i < upbit__group_limits[group].limit; i++)
        out->in_use += c->slots[i].held || c->slots[i].free_ns > now;
    pthread_mutex_unlock(&mutex);
}
