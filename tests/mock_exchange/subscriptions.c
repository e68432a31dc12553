/* Who asked for what. Every market holds, for each kind of stream, the list of those who asked for
 * it. A request replaces everything its connection had (the exchange knows no "add"). */
#include <stdlib.h>
#include <string.h>

#include "server.h"
#include "subscriptions.h"

/* Frames of an old set come soon after the switch or never. */
#define LATE_NS INT64_C(1000000000)

/* Takes away those of the connection for which `which` says so. */
static void drop(struct mock_conn *c, bool (*which)(const struct mock_sub *sub, const void *arg),
                 const void *arg)
{
    for (struct mock_sub **p = &c->subs; *p != NULL;) {
        struct mock_sub *sub = *p;
        if (!which(sub, arg)) {
            p = &sub->mine;
            continue;
        }
        *p = sub->mine;
        if (sub->prev != NULL) {
            sub->prev->next = sub->next;
        } else if (sub->market->subs[sub->kind] == sub) {
            sub->market->subs[sub->kind] = sub->next;
        }
        if (sub->next != NULL) {
            sub->next->prev = sub->prev;
        }
        c->stale_books -= sub->stale;
        c->leaving -= sub->leaving;
        free(sub);
    }
}

static bool is_any(const struct mock_sub *sub, const void *arg)
{
    (void)sub;
    (void)arg;
    return true;
}

static bool is_leaving(const struct mock_sub *sub, const void *arg)
{
    (void)arg;
    return sub->leaving;
}

static bool is_covered(const struct mock_sub *sub, const void *filter)
{
    return mock_filter_match(filter, sub->kind, sub->market->code);
}

static bool is_of(const struct mock_sub *sub, const void *market)
{
    return sub->market == market;
}

static bool is_wanted(const struct mock_sub *sub, const void *request)
{
    const struct mock_request *r = request;
    const struct mock_filter f = {.kind = sub->kind};
    for (size_t i = 0; i < r->count; i++) {
        for (size_t n = 0; n < r->wants[i].count; n++) {
            struct mock_filter this = f;
            memcpy(this.code, sub->market->code, sizeof this.code);
            if (mock_filter_match_want(&this, r->wants[i].kind, r->wants[i].codes[n])) {
                return true;
            }
        }
    }
    return false;
}

void mock_subs_clear(struct mock_server *s, struct mock_conn *c)
{
    (void)s;
    drop(c, is_any, NULL);
}

void mock_subs_forget(struct mock_server *s, struct mock_conn *c, const struct mock_filter *f)
{
    (void)s;
    drop(c, is_covered, f);
}

void mock_subs_drop(struct mock_server *s, const struct mock_market *m)
{
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        drop(c, is_of, m);
    }
}

void mock_subs_timers(struct mock_server *s, struct mock_conn *c)
{
    if (c->leaving > 0 && (c->late_left <= 0 || s->now_ns >= c->late_until_ns)) {
        drop(c, is_leaving, NULL);
    }
}

/* The old set goes; what the new one does not ask for may have some frames on their way still. */
static void leave(struct mock_server *s, struct mock_conn *c)
{
    drop(c, is_leaving, NULL);
    if (s->faults.late_frames == 0) {
        drop(c, is_any, NULL);
        return;
    }
    drop(c, is_wanted, &c->request);
    c->late_left = s->faults.late_frames;
    c->late_until_ns = s->now_ns + LATE_NS;
    for (struct mock_sub *sub = c->subs; sub != NULL; sub = sub->mine) {
        sub->leaving = true;
        c->leaving++;
    }
}

/* `KRW-BTC.15`: only 1, 5, 15 and 30 mean something, any other number means 30. */
static size_t split_code(int *depth, const char *code)
{
    *depth = MOCK_DEPTH;
    const char *dot = strchr(code, '.');
    if (dot == NULL) {
        return strlen(code);
    }
    static const int known[] = {1, 5, 15};
    size_t digits = strspn(dot + 1, "0123456789");
    if (digits == 0 || digits > 4 || dot[1 + digits] != '\0') {
        return 0;
    }
    int n = atoi(dot + 1);
    for (int i = 0; i < 3; i++) {
        *depth = n == known[i] ? n : *depth;
    }
    return (size_t)(dot - code);
}

static struct mock_sub *resolve(struct mock_server *s, struct mock_conn *c,
                                const struct mock_want *want, const char *code)
{
    int depth = MOCK_DEPTH;
    size_t len = want->kind == MOCK_BOOK ? split_code(&depth, code) : strlen(code);
    struct mock_market *m = len == 0 ? NULL : mock_exchange_find(&s->exchange, code, len);
    if (m == NULL ||
        (want->has_level && (m->quote != MOCK_KRW || !mock_level_ok(m, want->level)))) {
        return NULL; /* silence, as on the exchange */
    }
    /* New subscriptions go to the head, so this connection's own are the first ones. */
    for (struct mock_sub *o = m->subs[want->kind]; o != NULL && o->conn == c; o = o->next) {
        if (o->depth == depth && o->level == want->level) {
            return NULL;
        }
    }
    struct mock_sub *sub = calloc(1, sizeof *sub);
    if (sub == NULL) {
        c->dead = true;
        return NULL;
    }
    sub->conn = c;
    sub->market = m;
    sub->kind = want->kind;
    sub->depth = depth;
    sub->level = want->level;
    return sub;
}

bool mock_subs_install(struct mock_server *s, struct mock_conn *c)
{
    leave(s, c);
    for (size_t i = 0; i < c->request.count; i++) {
        const struct mock_want *want = &c->request.wants[i];
        for (size_t n = 0; n < want->count && !c->dead; n++) {
            struct mock_sub *sub = resolve(s, c, want, want->codes[n]);
            if (sub == NULL) {
                continue;
            }
            if (!want->only_realtime) {
                mock_publish_one(s, sub, true);
            }
            if (want->only_snapshot) {
                free(sub);
                continue;
            }
            sub->mine = c->subs;
            c->subs = sub;
            struct mock_sub **list = &sub->market->subs[sub->kind];
            sub->next = *list;
            if (*list != NULL) {
                (*list)->prev = sub;
            }
            *list = sub;
        }
    }
    return !c->dead;
}
