/* The market list is followed: what it lost leaves, what it gained joins where KRW-* and its like
 * ask for it, and everybody concerned is told. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/manager.h"
#include "queue/pool.h"

/* An event about a key that cannot be dropped and that no later news of the key replaces: in a cell
 * of its own. */
static bool put(upbit__inbox *inbox, const upbit_event *e)
{
    upbit__cell *cell = upbit__inbox_cell(inbox);
    if (cell == NULL) {
        upbit_event_unref(e);
        return false;
    }
    upbit__inbox_put(inbox, cell, e);
    upbit__inbox_cell_retire(inbox, cell, NULL);
    return true;
}

static const upbit_event *make(upbit_manager *m, const upbit__key *key, int type, uint32_t takers)
{
    upbit_key_event *e = (void *)upbit__tell_make(m, type, sizeof *e);
    if (e == NULL)
        return NULL;
    int64_t since = key->heard_ns != 0 ? key->heard_ns : key->asked_ns;
    memcpy(e->event.code, key->id.code, sizeof e->event.code);
    e->key_type = (uint32_t)key->id.type;
    e->candle_unit = key->id.unit;
    e->level = key->id.level;
    e->age_ms = since != 0 ? (upbit__clock_monotonic_ns() - since) / UPBIT__MS : 0;
    upbit__event_set_refs(&e->event, takers);
    return &e->event;
}

/* ---- what is gone ---- */

struct search {
    const upbit_manager *m;
    upbit__key *found;
};

static void find_unlisted(void *context, upbit__key *key)
{
    struct search *s = context;
    if (s->found == NULL && upbit__markets_find(s->m->listing.markets, key->id.code) == NULL)
        s->found = key;
}

/* A code that was listed, or one that passed unchecked while there was no list: a typing error.
 * Without memory for DELISTED it is an error, too, which is not lost. */
static void leave(upbit_manager *m, upbit__key *key, bool was_listed)
{
    const upbit_event *e = was_listed ? make(m, key, UPBIT_TYPE_DELISTED, key->entry_count) : NULL;
    char detail[160];
    snprintf(detail, sizeof detail, "the exchange does not list %s; it was unsubscribed",
             key->id.code);
    upbit__log_write(&m->log, UPBIT_LOG_INFO, "rest", "%s %s: not listed any more",
                     upbit_type_name(key->id.type), key->id.code);
    for (uint32_t n = key->entry_count; n > 0; n--) {
        upbit__entry *entry = key->entries[n - 1];
        if (e == NULL || !put(entry->client->inbox, e))
            upbit__tell_error(m, entry->client, UPBIT_SESSION_PUBLIC, UPBIT_ERROR_UNKNOWN_CODE, 0,
                              "", detail);
        upbit__registry_retire_cell(entry); /* its last value is still for its taker */
        upbit__registry_remove(&m->registry, entry);
    }
}

static void leave_all(upbit_manager *m, const upbit__markets *before)
{
    for (;;) {
        struct search s = {m, NULL};
        upbit__registry_each(&m->registry, find_unlisted, &s);
        if (s.found == NULL)
            return;
        bool was_listed = before != NULL && upbit__markets_find(before, s.found->id.code) != NULL;
        leave(m, s.found, was_listed);
    }
}

/* ---- what is new ---- */

static void join(upbit_manager *m, upbit__client *client, upbit__selector *s, const char *code)
{
    if (upbit__selector_take(m, client, s, code) != 0) {
        s->expanded = false; /* all of it once more with the next list */
        return;
    }
    upbit__key_id id = {.type = s->type, .unit = s->unit, .level = s->level};
    memcpy(id.code, code, strlen(code));
    const upbit__key *key = upbit__registry_find(&m->registry, &id);
    const upbit_event *e = key != NULL ? make(m, key, UPBIT_TYPE_LISTED, 1) : NULL;
    if (e != NULL)
        (void)put(client->inbox, e); /* without memory its first data is the news */
}

/* A selector that waited for the list. */
static bool is_done(upbit_manager *m, upbit__client *client, upbit__selector *s)
{
    size_t first;
    if (upbit__markets_range(m->listing.markets, s->prefix, &first) == 0) {
        char detail[160];
        snprintf(detail, sizeof detail, "the exchange lists no market %s*; it was unsubscribed",
                 s->prefix);
        upbit__tell_error(m, client, UPBIT_SESSION_PUBLIC, UPBIT_ERROR_UNKNOWN_CODE, 0, "", detail);
        return true;
    }
    return upbit__selector_expand(m, client, s) == 0 && (s->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
}

static void join_all(upbit_manager *m, upbit__client *client, const upbit__markets *before,
                     const upbit__markets *now)
{
    for (upbit__selector **link = &client->selectors; *link != NULL;) {
        upbit__selector *s = *link;
        if (!s->expanded) {
            if (is_done(m, client, s))
                upbit__selector_free(m, link);
            else
                link = &s->next;
            continue;
        }
        size_t first, count = upbit__markets_range(now, s->prefix, &first);
        for (size_t i = first; before != NULL && i < first + count; i++) {
            const char *code = upbit__markets_at(now, i)->code;
            if (upbit__markets_find(before, code) == NULL)
                join(m, client, s, code);
        }
        link = &s->next;
    }
}

static bool is_any_new(const upbit__markets *before, const upbit__markets *now)
{
    for (size_t i = 0; before != NULL && i < upbit__markets_count(now); i++)
        if (upbit__markets_find(before, upbit__markets_at(now, i)->code) == NULL)
            return true;
    return false;
}

void upbit__follow_list(upbit_manager *m, const upbit__markets *before, const upbit__markets *now)
{
    m->registry.command++; /* what joins is as new as if somebody had asked for it just now */
    leave_all(m, before);
    bool new_codes = is_any_new(before, now);
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        join_all(m, c, new_codes ? before : NULL, now);
}

/* ---- what the stream says about it ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void upbit__follow_ticker(upbit_manager *m, const upbit_event *e)
{
    const upbit_ticker *now = (const void *)e;
    if (now->market_state != UPBIT_MARKET_DELISTED && now->delisting_date == NULL)
        return;
    upbit__key_id id;
    upbit__key_id_of_event(&id, e);
    const upbit__key *key = upbit__registry_find(&m->registry, &id);
    const upbit_ticker *last = key != NULL ? (const void *)key->last : NULL;
    if (last == NULL || last->market_state != now->market_state ||
        !same_text(last->delisting_date, now->delisting_date))
        upbit__listing_recheck(&m->listing); /* once per change: a date is known weeks ahead */
}

void upbit__follow_unwanted(void *manager, const upbit_event *e)
{
    upbit_manager *m = manager;
    if (e->code[0] != '\0' && m->listing.markets != NULL &&
        upbit__markets_find(m->listing.markets, e->code) == NULL)
        upbit__listing_recheck(&m->listing);
}
