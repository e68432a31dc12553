#include "client/selectors.h"

#include <stdlib.h>

#include "client/manager.h"

static bool is_once(unsigned flags)
{
    return (flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0;
}

static bool covers(const upbit__selector *s, const upbit__key_id *id)
{
    return s->type == id->type && s->unit == id->unit &&
           upbit_decimal_compare(&s->level, &id->level) == 0 && upbit__selects(s->prefix, id->code);
}

const upbit__selector *upbit__selector_of(const upbit__client *client, const upbit__key_id *id)
{
    for (const upbit__selector *s = client->selectors; s != NULL; s = s->next)
        if (!is_once(s->flags) && covers(s, id))
            return s;
    return NULL;
}

int upbit__selector_take(upbit_manager *m, upbit__client *client, const upbit__selector *s,
                         const char *code)
{
    upbit__key_id id = {.type = s->type, .unit = s->unit, .level = s->level};
    memcpy(id.code, code, strlen(code));
    return upbit__hold(m, client, &id, s->depth, s->flags, UPBIT__BY_SELECTOR);
}

int upbit__selector_expand(upbit_manager *m, upbit__client *client, upbit__selector *s)
{
    const upbit__markets *markets = m->listing.markets;
    if (markets == NULL)
        return 0;
    size_t first, count = upbit__markets_range(markets, s->prefix, &first);
    for (size_t i = first; i < first + count; i++) {
        int error = upbit__selector_take(m, client, s, upbit__markets_at(markets, i)->code);
        if (error != 0)
            return error; /* goes on from the beginning with the next list: taking is idempotent */
    }
    s->expanded = true;
    return 0;
}

static upbit__selector *find(const upbit__client *client, const upbit__selector *like)
{
    for (upbit__selector *s = client->selectors; s != NULL; s = s->next)
        if (s->type == like->type && s->unit == like->unit &&
            is_once(s->flags) == is_once(like->flags) &&
            upbit_decimal_compare(&s->level, &like->level) == 0 &&
            strcmp(s->prefix, like->prefix) == 0)
            return s;
    return NULL;
}

int upbit__selector_add(upbit_manager *m, const upbit__order *order, const char *code)
{
    upbit__client *client = order->client;
    upbit__selector wish = {.type = order->type,
                            .unit = order->unit,
                            .depth = order->depth,
                            .flags = order->flags,
                            .level = order->level};
    upbit__selector_prefix(wish.prefix, code);
    if (is_once(wish.flags) && m->listing.markets != NULL)
        return upbit__selector_expand(m, client, &wish); /* and done */
    upbit__selector *s = find(client, &wish);
    if (s == NULL) {
        if ((s = malloc(sizeof *s)) == NULL)
            return UPBIT_ERROR_NO_MEMORY;
        *s = wish;
        s->next = client->selectors;
        client->selectors = s;
        m->selector_count++;
    } else {
        s->depth = wish.depth;
        s->flags = wish.flags;
    }
    return upbit__selector_expand(m, client, s);
}

void upbit__selector_free(upbit_manager *m, upbit__selector **link)
{
    upbit__selector *s = *link;
    *link = s->next;
    m->selector_count--;
    free(s);
}

void upbit__selectors_remove(upbit_manager *m, const upbit__order *order,
                             bool (*gone)(const upbit__order *order, const upbit__selector *s))
{
    for (upbit__selector **link = &order->client->selectors; *link != NULL;) {
        if (gone(order, *link))
            upbit__selector_free(m, link);
        else
            link = &(*link)->next;
    }
}

void upbit__selectors_drop(upbit_manager *m, upbit__client *client)
{
    while (client->selectors != NULL)
        upbit__selector_free(m, &client->selectors);
}

static bool holds_any(const upbit__client *client, const upbit__selector *s)
{
    for (size_t i = 0; i < client->entry_count; i++)
        if ((client->entries[i]->by & UPBIT__BY_SELECTOR) != 0 &&
            covers(s, &client->entries[i]->key->id))
            return true;
    return false;
}

void upbit__selectors_refused(upbit_manager *m, upbit__client *client, const upbit__key_id *id)
{
    for (upbit__selector **link = &client->selectors; *link != NULL;) {
        if (covers(*link, id) && !holds_any(client, *link))
            upbit__selector_free(m, link);
        else
            link = &(*link)->next;
    }
}
