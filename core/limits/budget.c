#include "limits/budget.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "limits/ban.h"
#include "limits/window.h"
#include "upbit-live/error.h"

#define SLOTS     10 /* the largest N */
#define WINDOW_NS (UPBIT__SECOND + UPBIT__WINDOW_MARGIN_NS)
/* A grant that nobody reports is given up after this: no answer takes longer. */
#define HELD_MAX_NS (10 * UPBIT__SECOND)
/* While held grants are in the way nobody can say when one comes back: look again. */
#define LOOK_AGAIN_NS (50 * UPBIT__MS)
#define STRIKES_MAX   5 /* 429 in a row: 1, 2, 4 ... 16 s */
#define BAN_FIRST_NS  (120 * UPBIT__SECOND)
#define BAN_MAX_NS    (3600 * UPBIT__SECOND) /* also: quiet for that long, the next is a first */
#define NEVER         INT64_MIN

static const struct {
    const char *name;
    uint32_t limit;
    bool held; /* in use until it is reported */
} groups[UPBIT__GROUPS] = {
    [UPBIT__GROUP_CONNECT] = {"websocket-connect", 5, false},
    [UPBIT__GROUP_MARKET] = {"market", 10, true},
    [UPBIT__GROUP_TICKER] = {"ticker", 10, true},
    [UPBIT__GROUP_TRADE] = {"trade", 10, true},
    [UPBIT__GROUP_ORDERBOOK] = {"orderbook", 10, true},
    [UPBIT__GROUP_CANDLE] = {"candle", 10, true},
};

/* One grant: free again at free_ns. */
typedef struct slot {
    int64_t free_ns;
    bool held;
} slot;

typedef struct counter {
    slot slots[SLOTS]; /* the first `limit` are used */
    int64_t closed_ns; /* nothing before this */
    uint32_t strikes;  /* 429 in a row */
} counter;

typedef struct host {
    struct host *next;
    struct upbit__budget *seats;
    counter groups[UPBIT__GROUPS];
    int64_t banned_ns; /* nothing of any group before this */
    uint32_t bans;     /* in a row */
    char name[];
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
    return groups[group].name;
}

/* Would a new entry under this name behave the same? */
static bool forgettable(const host *h, int64_t now)
{
    if (h->seats != NULL || h->banned_ns > now || (h->bans > 0 && h->banned_ns > now - BAN_MAX_NS))
        return false;
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        if (h->groups[g].closed_ns > now)
            return false;
        for (uint32_t i = 0; i < groups[g].limit; i++)
            if (h->groups[g].slots[i].free_ns > now)
                return false;
    }
    return true;
}

static host *find(const char *name, int64_t now)
{
    host *found = NULL;
    for (host **at = &hosts; *at != NULL;) {
        host *h = *at;
        if (strcasecmp(h->name, name) == 0) {
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

static host *make(const char *name)
{
    host *h = calloc(1, sizeof *h + strlen(name) + 1);
    if (h == NULL)
        return NULL;
    memcpy(h->name, name, strlen(name) + 1);
    h->banned_ns = NEVER;
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        h->groups[g].closed_ns = NEVER;
        for (int i = 0; i < SLOTS; i++)
            h->groups[g].slots[i].free_ns = NEVER;
    }
    h->next = hosts;
    hosts = h;
    return h;
}

int upbit__budget_get(upbit__budget **out, const char *name, unsigned percent, int64_t now_ns)
{
    *out = NULL;
    upbit__budget *b = calloc(1, sizeof *b);
    if (b == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    b->percent = percent;
    pthread_mutex_lock(&mutex);
    b->host = find(name, now_ns);
    if (b->host == NULL)
        b->host = make(name);
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
    return upbit__limit_share(groups[group].limit, percent);
}

static int64_t look_again(int64_t at, int64_t now)
{
    return at < now + LOOK_AGAIN_NS ? at : now + LOOK_AGAIN_NS;
}

static int64_t take(host *h, upbit__group group, int64_t now)
{
    counter *c = &h->groups[group];
    int64_t closed = c->closed_ns > h->banned_ns ? c->closed_ns : h->banned_ns;
    if (closed > now)
        return closed;
    int64_t busy[SLOTS]; /* when they come back, in order */
    uint32_t count = 0, held = 0, allowed = allowed_of(h, group);
    slot *vacant = NULL;
    for (uint32_t i = 0; i < groups[group].limit; i++) {
        slot *s = &c->slots[i];
        if (s->free_ns <= now) {
            vacant = s;
            continue;
        }
        uint32_t at = count++;
        for (; at > 0 && busy[at - 1] > s->free_ns; at--)
            busy[at] = busy[at - 1];
        busy[at] = s->free_ns;
        held += s->held;
    }
    if (count >= allowed) { /* the one whose return leaves allowed - 1 */
        int64_t at = busy[count - allowed];
        return held > 0 ? look_again(at, now) : at;
    }
    vacant->held = groups[group].held;
    vacant->free_ns = now + WINDOW_NS + (vacant->held ? HELD_MAX_NS : 0);
    return 0;
}

int64_t upbit__budget_take(upbit__budget *b, upbit__group group, int64_t now_ns)
{
    pthread_mutex_lock(&mutex);
    int64_t at = take(b->host, group, now_ns);
    pthread_mutex_unlock(&mutex);
    return at;
}

/* Which of several grants was reported does not matter: as many stay held as have no answer. */
static void settle(counter *c, uint32_t limit, int64_t now)
{
    slot *oldest = NULL;
    for (uint32_t i = 0; i < limit; i++) {
        slot *s = &c->slots[i];
        if (s->held && s->free_ns > now && (oldest == NULL || s->free_ns < oldest->free_ns))
            oldest = s;
    }
    if (oldest != NULL)
        *oldest = (slot){.free_ns = now + WINDOW_NS};
}

/* The value of sec, -1 when there is none. */
static long remaining(const char *text)
{
    for (const char *at = text; (at = strstr(at, "sec=")) != NULL; at += 4)
        if ((at == text || at[-1] == ' ' || at[-1] == ';') && at[4] >= '0' && at[4] <= '9')
            return strtol(at + 4, NULL, 10);
    return -1;
}

static void close_until(int64_t *closed, int64_t at)
{
    if (at > *closed)
        *closed = at;
}

/* Answers that come while the group is closed are those that were under way: no new offence. */
static int64_t too_many(counter *c, uint32_t retry_after_ms, int64_t now)
{
    bool again = c->closed_ns > now && c->strikes > 0;
    if (!again && c->strikes < STRIKES_MAX)
        c->strikes++;
    int64_t wait = again ? WINDOW_NS : WINDOW_NS << (c->strikes - 1);
    if (wait < retry_after_ms * UPBIT__MS)
        wait = retry_after_ms * UPBIT__MS;
    close_until(&c->closed_ns, now + wait);
    return again ? 0 : c->closed_ns;
}

static int64_t banned(host *h, uint32_t retry_after_ms, const char *body, size_t length,
                      int64_t now)
{
    bool again = h->banned_ns > now;
    if (!again && (h->banned_ns == NEVER || h->banned_ns < now - BAN_MAX_NS))
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
    close_until(&h->banned_ns, now + wait);
    return again ? 0 : h->banned_ns;
}

int64_t upbit__budget_report(upbit__budget *b, upbit__group group, int http_status,
                             const char *remaining_req, uint32_t retry_after_ms, const char *body,
                             size_t body_length, int64_t now_ns)
{
    int64_t until = 0;
    pthread_mutex_lock(&mutex);
    counter *c = &b->host->groups[group];
    settle(c, groups[group].limit, now_ns);
    if (http_status == 429)
        until = too_many(c, retry_after_ms, now_ns);
    else if (http_status == 418)
        until = banned(b->host, retry_after_ms, body, body_length, now_ns);
    else if (http_status != 0 && c->closed_ns <= now_ns)
        c->strikes = 0;
    if (remaining_req != NULL && remaining(remaining_req) == 0)
        close_until(&c->closed_ns, now_ns + WINDOW_NS);
    pthread_mutex_unlock(&mutex);
    return until;
}
