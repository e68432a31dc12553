/* Messages of a type this version does not know: as text, to everybody who wants anything of that
 * session, because what it is about nobody here can tell. */
#include "client/manager.h"
#include "queue/pool.h"

static bool takes(upbit_manager *m, const upbit__session *session, const upbit__client *client)
{
    for (size_t i = 0; i < client->entry_count; i++)
        if (upbit__registry_of(m, client->entries[i]->key->id.type) == session->registry)
            return true;
    return false;
}

void upbit__raw_deliver(upbit_manager *m, const upbit__session *session, upbit_event *e)
{
    uint32_t takers = 0;
    for (const upbit__client *c = m->clients; c != NULL; c = c->next)
        takers += takes(m, session, c);
    if (takers == 0)
        upbit__count(&m->counters.events_unwanted, 1);
    e->epoch = m->session.epoch; /* its lane is one of the public session's */
    upbit__event_set_refs(e, takers + 1);
    for (const upbit__client *c = m->clients; c != NULL; c = c->next)
        if (takes(m, session, c))
            upbit__inbox_push(c->inbox, e);
    upbit__event_unref_io(m->pool, e);
}
