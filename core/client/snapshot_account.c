/* Snapshots of what is ours: accounts and orders, by REST with a token.
 *
 * Each part (a code, or "" for all) is a question of its own. Open orders come in pages of 100 that
 * are asked for one after the other; an order that is made or ends meanwhile moves the rest, so an
 * order that comes again on the next page is left out, and one that moved up past the end of the
 * last page is the next snapshot's or the stream's. While a keyring is asked for keys, parts wait.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/snapshot.h"
#include "exchange/auth_error.h"

static void answered(void *context, const upbit__rest_result *result);

bool upbit__snapshot_is_account(const upbit__snapshot *s)
{
    return s->type == UPBIT_TYPE_MY_ORDER || s->type == UPBIT_TYPE_MY_ASSET;
}

void upbit__snapshot_stop_asking_account(upbit__snapshot *s)
{
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__ask_cancel(s->parts[i].ask);
        s->parts[i].ask = NULL;
    }
}

static int write_path(upbit__buffer *path, const upbit__part *part)
{
    const upbit__snapshot *s = part->owner;
    if (s->type == UPBIT_TYPE_MY_ASSET)
        return upbit__rest_path_accounts(path);
    if (s->which[0] != '\0')
        return upbit__rest_path_order(path, s->by_identifier ? NULL : s->which,
                                      s->by_identifier ? s->which : NULL);
    if (s->orders == UPBIT_ORDERS_CLOSED) /* its end is the last ms that counts */
        return upbit__rest_path_orders_closed(path, part->code, s->wanted, s->after,
                                              s->before != 0 ? s->before - 1 : 0);
    return upbit__rest_path_orders_open(path, part->code, part->page);
}

static void ask(upbit__part *part)
{
    upbit__snapshot *s = part->owner;
    int64_t left_ms = (s->until_ns - upbit__clock_monotonic_ns()) / UPBIT__MS;
    upbit__buffer path = {0};
    part->state = UPBIT__PART_ASKED;
    part->page++;
    part->rows = 0;
    int error = write_path(&path, part);
    upbit__error_set(0, "%s", "");
    if (error == 0)
        error =
            upbit__asking_get_signed(&s->manager->asking, &part->ask, UPBIT__GROUP_DEFAULT,
                                     UPBIT__ASK_SNAPSHOT, (const char *)upbit__buffer_bytes(&path),
                                     left_ms < 1 ? 1 : (uint32_t)left_ms + 1, answered, part);
    upbit__buffer_finish(&path);
    if (error != 0) {
        const char *why = upbit_error_detail();
        part->ask = NULL;
        upbit__snapshot_fail(s, part, error, *why != '\0' ? why : upbit_error_string(error));
    }
}

static upbit_event *allocate(void *context, size_t size)
{
    return upbit__snapshot_allocate(((upbit__part *)context)->owner, size);
}

/* An order that has moved to the next page since the last one was read. */
static bool is_repeat(const upbit__part *part, const upbit_event *e)
{
    const upbit_my_order *o = upbit_event_my_order(e);
    if (o == NULL || part->page < 2)
        return false;
    for (uint32_t i = 0; i < part->count; i++)
        if (strcmp(upbit_event_my_order(part->events[i])->uuid, o->uuid) == 0)
            return true;
    return false;
}

static void on_row(void *context, upbit_event *e)
{
    upbit__part *part = context;
    upbit__snapshot *s = part->owner;
    upbit_manager *m = s->manager;
    part->rows++;
    if (is_repeat(part, e)) {
        upbit__event_unref_io(m->pool, e);
        return;
    }
    e->origin = UPBIT_ORIGIN_REST;
    e->epoch = m->private_session.epoch;
    e->received_ns = m->received_ns;
    e->received_wall_ns = m->received_wall_ns;
    e->received_ms = m->received_wall_ns / UPBIT__MS;
    upbit__snapshot_put(s, part, e);
}

static void read_body(upbit__part *part, const upbit__rest_result *result)
{
    upbit__snapshot *s = part->owner;
    upbit_manager *m = s->manager;
    const upbit__decode_output out = {.context = part, .allocate = allocate, .event = on_row};
    char reason[160] = "";
    size_t bad = 0;
    m->received_ns = upbit__clock_monotonic_ns();
    m->received_wall_ns = upbit__clock_wall_ns();
    int count = upbit__rest_decode(m->decoder, s->type, 0, result->body, result->length, &out, &bad,
                                   reason, sizeof reason);
    if (count < 0 || bad > 0)
        upbit__snapshot_fail(s, part, count < 0 ? count : UPBIT_ERROR_DECODE,
                             reason[0] != '\0' ? reason : upbit_error_string(count));
    else if (part->rows == UPBIT__REST_OPEN_MAX && s->type == UPBIT_TYPE_MY_ORDER &&
             s->orders == UPBIT_ORDERS_OPEN && s->which[0] == '\0')
        ask(part); /* a full page: there may be more */
    else
        upbit__snapshot_settle(s, part);
}

/* By its name when it is about keys, with what to do; as the exchange says it otherwise. */
static void refused(upbit__part *part, const upbit__rest_result *result)
{
    char reason[160] = "", name[48];
    upbit__rest_error(result->body, result->length, reason, sizeof reason);
    upbit__rest_error_name(name, sizeof name, result->body, result->length);
    const upbit__auth_error *e = upbit__auth_error_find(name);
    bool auth = e != NULL || result->http_status == 401;
    if (e != NULL)
        snprintf(reason, sizeof reason, "%s: %s", name, e->advice);
    upbit__snapshot_fail(part->owner, part, auth ? UPBIT_ERROR_AUTH : UPBIT_ERROR_EXCHANGE, reason);
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__part *part = context;
    upbit__snapshot *s = part->owner;
    part->ask = NULL;
    upbit__snapshot_waited(s, result->waited_ms);
    if (result->error != 0)
        upbit__snapshot_fail(s, part, result->error,
                             *result->reason != '\0' ? result->reason
                                                     : upbit_error_string(result->error));
    else if (result->http_status == 200)
        read_body(part, result);
    else
        refused(part, result);
    upbit__snapshot_check(s);
}

void upbit__snapshot_ask_account(upbit__snapshot *s)
{
    upbit__credentials *c = &s->manager->credentials;
    const char *why;
    upbit__credentials_want(c);
    if (c->asking)
        return;
    int state = upbit__credentials_state(c, &why);
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__part *part = &s->parts[i];
        if (part->state != UPBIT__PART_OPEN)
            continue;
        part->owner = s;
        if (c->keys == NULL || c->final)
            upbit__snapshot_fail(s, part, c->final ? UPBIT_ERROR_AUTH : UPBIT_ERROR_UNAVAILABLE,
                                 state < 0 ? why : upbit_error_string(UPBIT_ERROR_UNAVAILABLE));
        else
            ask(part);
    }
}

void upbit__snapshots_keys_changed(upbit_manager *m)
{
    for (upbit__snapshot *s = m->snapshots, *next; s != NULL; s = next) {
        next = s->next;
        if (upbit__snapshot_is_account(s))
            upbit__snapshot_run(s);
    }
}
