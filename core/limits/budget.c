#include "limits/budget.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "limits/ban.h"
#include "limits/counter.h"
#include "upbit-live/error.h"

#define ADDRESS      "ip"
#define BAN_FIRST_NS (120 * UPBIT__SECOND)
#define BAN_MAX_NS   (3600 * UPBIT__SECOND) /* also: quiet for that long, the next is a first */

/* Only one process uses these: it is the owner of all grants. */
#define OWNER 1

typedef struct host {
    struct host *next;
    struct upbit__budget *seats;
    upbit__counter groups[UPBIT__GROUPS];
    int64_t banned_ns; /* nothing of any group before this */
    uint32_t bans;     /* in a row */
    char name[];       /* host#scope */
} host;

struct upbit__budget {
    host *host;
    struct upbit__budget *next;
    unsigned percent;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static host *hosts; /* under the mutex, as all of the above */

void upbit__budgets_before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

void upbit__budgets_after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

const char *upbit__group_name(upbit__group group)
{
    return upbit__group_limits[group].name;
}

/* Would a new entry under this name behave the same? */
static bool forgettable(const host *h, int64_t now)
{
    if (h->seats != NULL || h->banned_ns > now || (h->bans > 0 && h->banned_ns > now - BAN_MAX_NS))
        return false;
    for (int g = 0; g < UPBIT__GROUPS; g++)
        if (!upbit__counter_idle(&h->groups[g], (upbit__group)g, now))
            return false;
    return true;
}

static bool is_named(const host *h, const upbit__budget_place *place)
{
    size_t length = strlen(place->host);
    return strncasecmp(h->name, place->host, length) == 0 && h->name[length] == '#' &&
           strcmp(h->name + length + 1, place->scope != NULL ? place->scope : ADDRESS) == 0;
}

static host *find(const upbit__budget_place *place, int64_t now)
{
    host *found = NULL;
    for (host **at = &hosts; *at != NULL;) {
        host *h = *at;
        if (is_named(h, place)) {
            found = h;
        } else if (forgettable(h, now)) {
            *at = h->next;
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
    h->banned_ns = UPBIT__LONG_AGO;
    for (int g = 0; g < UPBIT__GROUPS; g++)
        upbit__counter_init(&h->groups[g]);
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
    upbit__counter *c = &h->groups[group];
    int64_t closed = c->closed_ns > h->banned_ns ? c->closed_ns : h->banned_ns;
    return closed > now ? closed : upbit__counter_take(c, group, allowed_of(h, group), OWNER, now);
}

int64_t upbit__budget_take(upbit__budget *b, upbit__group group, int64_t now_ns)
{
    pthread_mutex_lock(&mutex);
    int64_t at = take(b->host, group, now_ns);
    pthread_mutex_unlock(&mutex);
    return at;
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
    bool again = h->banned_ns > now;
    if (!again && (h->banned_ns == UPBIT__LONG_AGO || h->banned_ns < now - BAN_MAX_NS))
        h->bans = 0;
    if (!again)
        h->bans++;
    uint32_t named = upbit__ban_ms(body, length, upbit__clock_wall_ns());
    if (named < retry_after_ms)
        named = retry_after_ms;
    int64_t wait = named * UPBIT__MS + UPBIT__WINDOW_MARGIN_NS;
    if (named == 0) {
        wait = BAN_FIRST_NS;
        for (uint32_t i = 1; i < h->bans && wait < BAN_MAX_NS; i++)
            wait *= 2;
        if (wait > BAN_MAX_NS)
            wait = BAN_MAX_NS;
    }
    if (now + wait > h->banned_ns)
        h->banned_ns = now + wait;
    return again ? 0 : h->banned_ns;
}

int64_t upbit__budget_report(upbit__budget *b, upbit__group group, int http_status,
                             const char *remaining_req, uint32_t retry_after_ms, const char *body,
                             size_t body_length, int64_t now_ns)
{
    int64_t until = 0;
    pthread_mutex_lock(&mutex);
    upbit__counter *c = &b->host->groups[group];
    upbit__counter_settle(c, group, OWNER, now_ns);
    if (http_status == 429)
        until = upbit__counter_refused(c, group, retry_after_ms, now_ns);
    else if (http_status == 418)
        until = banned(b->host, retry_after_ms, body, body_length, now_ns);
    else if (http_status != 0 && c->closed_ns <= now_ns)
        c->strikes = 0;
    if (remaining_req != NULL && remaining(remaining_req) == 0)
        upbit__counter_close(c, now_ns + upbit__group_limits[group].window_ns +
                                    UPBIT__WINDOW_MARGIN_NS);
    pthread_mutex_unlock(&mutex);
    return until;
}
