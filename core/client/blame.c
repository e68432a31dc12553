/* A request the exchange refused: whose want was it?
 *
 * An error frame names no culprit, closes the connection and installs nothing, so one bad want
 * would end everybody's stream for good. What the exchange has accepted once is not to blame
 * (`proven`: a frame came, or the list of subscriptions). If all the rest is of one command, its
 * wants are taken away and their owners told. If it is of several, which happens when many widgets
 * open at once, the newer half is set aside and the others are tried: accepted, they are innocent,
 * and what was set aside is tried next; so nobody loses a want that was not refused by itself.
 *
 * Wants are checked before they reach the wire: this is the last defence, not the first.
 * I/O thread only. */
#include <stdio.h>
#include <string.h>

#include "client/manager.h"
#include "exchange/auth_error.h"
#include "exchange/refusal.h"

#define RATE_MS 1000u   /* the exchange counts by the second */
#define BAN_MS  120000u /* nobody published how long it lasts: "minutes" */

/* The unproven keys of the refused request, by the command that wanted them. */
typedef struct suspects {
    const upbit__registry *registry;
    uint64_t oldest, newest; /* commands; newest 0: nobody */
    uint64_t from;           /* set aside from this one on */
} suspects;

static bool is_suspect(const upbit__registry *r, const upbit__key *key)
{
    return key->held != 0 && !upbit__key_proven(r, key);
}

static void find(void *context, upbit__key *key)
{
    suspects *s = context;
    if (!is_suspect(s->registry, key))
        return;
    if (s->newest == 0 || key->command < s->oldest)
        s->oldest = key->command;
    if (key->command > s->newest)
        s->newest = key->command;
}

static void set_aside(void *context, upbit__key *key)
{
    const suspects *s = context;
    key->aside = key->aside || (is_suspect(s->registry, key) && key->command >= s->from);
}

/* "orderbook level 10000": what the wants of one command have in common. */
static void name_kind(char *out, size_t size, const upbit__key_id *id)
{
    char level[UPBIT_DECIMAL_STRING_SIZE] = "";
    const char *unit = id->type == UPBIT_TYPE_CANDLE ? upbit_candle_unit_name(id->unit) : NULL;
    if (upbit_decimal_sign(&id->level) != 0)
        upbit_decimal_to_string(&id->level, level, sizeof level);
    snprintf(out, size, "%s%s%s%s%s", upbit_type_name(id->type), unit != NULL ? "." : "",
             unit != NULL ? unit : "", *level != '\0' ? " level " : "", level);
}

/* Takes the client's part of the guilty wants away and tells it. */
static void convict_client(upbit_manager *m, const upbit__session *session, upbit__client *client,
                           uint64_t command, const upbit_error_event *error)
{
    char kind[80] = "", codes[96] = "", message[sizeof error->message + 240];
    size_t length = 0, more = 0;
    upbit__key_id id = {0};
    for (size_t i = client->entry_count; i > 0; i--) {
        upbit__entry *entry = client->entries[i - 1];
        if (upbit__registry_of(m, entry->key->id.type) != session->registry ||
            entry->key->command != command || !is_suspect(session->registry, entry->key))
            continue;
        id = entry->key->id;
        name_kind(kind, sizeof kind, &id);
        const char *code = id.code[0] != '\0' ? id.code : "all";
        if (length + strlen(code) + 24 < sizeof codes) /* room for "and N more" stays */
            length += (size_t)snprintf(codes + length, sizeof codes - length, "%s%s",
                                       length > 0 ? ", " : "", code);
        else
            more++;
        upbit__registry_remove(session->registry, entry);
    }
    if (length == 0)
        return;
    upbit__selectors_refused(m, client, &id);
    if (more > 0)
        snprintf(codes + length, sizeof codes - length, " and %zu more", more);
    snprintf(message, sizeof message, "%s %s: refused by the exchange, unsubscribed: %s", kind,
             codes, error->message);
    upbit__log_write(&m->log, UPBIT_LOG_WARNING, "stream", "client=%s name=%s: %s",
                     client->client_id, error->name, message);
    upbit__tell_error(m, client, session->endpoint.id, error->error, 0, error->name, message);
}

static void convict(upbit_manager *m, upbit__session *session, uint64_t command,
                    const upbit_error_event *error)
{
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        convict_client(m, session, c, command, error);
    upbit__registry_unset_aside(session->registry);
    upbit__count_keys(m);
}

/* Once, as long as the same refusal is all that happens. */
static void tell_all(upbit_manager *m, upbit__session *session, const upbit_error_event *error)
{
    if (session->refusal_told[0] != '\0' && strcmp(session->refusal_told, error->name) == 0)
        return;
    snprintf(session->refusal_told, sizeof session->refusal_told, "%s", error->name);
    upbit__log_write(&m->log, UPBIT_LOG_WARNING, "stream",
                     "session=%s: the exchange says name=%s: %s", session->endpoint.name,
                     error->name, error->message);
    const char *advice = error->error == UPBIT_ERROR_AUTH ? upbit__auth_advice(error->name) : NULL;
    char text[sizeof error->message + 100];
    snprintf(text, sizeof text, "%s%s%s", error->message, advice != NULL ? ": " : "",
             advice != NULL ? advice : "");
    upbit__tell_error(m, NULL, session->endpoint.id, error->error, 0, error->name, text);
}

void upbit__blame(upbit_manager *m, upbit__session *session, const upbit_error_event *error)
{
    if (session->refused != 0)
        return; /* the connection is over already: one refusal, one want */
    if (error->error == UPBIT_ERROR_AUTH && upbit__renewal_takes_over(session))
        return; /* its token has grown too old, just now */
    upbit__refusal refusal = upbit__refusal_of(error->name);
    uint32_t least_ms = refusal == UPBIT__REFUSAL_RATE  ? RATE_MS
                        : refusal == UPBIT__REFUSAL_BAN ? BAN_MS
                                                        : 0;
    if (upbit__session_list_refused(session, least_ms > 0)) {
        upbit__session_refused(session, error, least_ms, true); /* no want of anybody's */
        return;
    }
    suspects s = {.registry = session->registry};
    if (refusal == UPBIT__REFUSAL_WANT)
        upbit__registry_each(session->registry, find, &s);
    bool several = s.newest != s.oldest;
    upbit__session_refused(session, error, least_ms, several);
    if (several) {
        s.from = s.oldest + (s.newest - s.oldest + 1) / 2;
        upbit__registry_each(session->registry, set_aside, &s);
        upbit__log_write(&m->log, UPBIT_LOG_WARNING, "stream",
                         "name=%s: %s: trying without the newer wants", error->name,
                         error->message);
    } else if (s.newest != 0) {
        convict(m, session, s.newest, error);
    } else {
        tell_all(m, session, error);
    }
}
