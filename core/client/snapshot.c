#include "client/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define STREAM_WAIT_NS UPBIT__SECOND /* settle time, the request's way and back, and some */

static void unref(upbit_manager *m, const upbit_event *e)
{
    upbit__event_unref_io(m->pool, e);
}

static upbit__snapshot *find(const upbit_manager *m, const upbit__client *client, uint64_t id)
{
    for (upbit__snapshot *s = m->snapshots; s != NULL; s = s->next)
        if (s->client == client && s->request_id == id)
            return s;
    return NULL;
}

/* ---- the end ---- */

static void let_go(upbit__snapshot *s)
{
    upbit_manager *m = s->manager;
    upbit__timer_stop(&s->timer);
    upbit__snapshot_stop_asking(s);
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        m->snapshots = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    for (size_t i = 0; i < s->part_count; i++) {
        for (uint32_t k = 0; k < s->parts[i].count; k++)
            unref(m, s->parts[i].events[k]);
        free(s->parts[i].events);
    }
    unref(m, s->reply != NULL ? &s->reply->event : NULL);
    free(s);
}

/* The REPLY alone; what was found is let go. */
static void refuse(upbit__snapshot *s, int error, const char *detail)
{
    if (s->client == NULL) {
        let_go(s);
        return;
    }
    upbit_reply *reply = s->reply;
    s->reply = NULL;
    upbit__tell_stamp(s->manager, &reply->event, UPBIT_TYPE_REPLY);
    reply->error = error;
    reply->command = UPBIT_COMMAND_SNAPSHOT;
    reply->waited_ms = s->waited_ms;
    snprintf(reply->detail, sizeof reply->detail, "%s", detail);
    upbit__count(&s->manager->counters.snapshots, 1);
    if (error != 0)
        upbit__count(&s->manager->counters.snapshot_failures, 1);
    upbit__inbox_reply(s->client->inbox, &reply->event, s->request_id, 0);
    let_go(s);
}

/* Everything there is and the REPLY, in one piece. Behind what the lane of this type holds already:
 * that was received before, and a chart must not see an old candle after a new one. */
static void answer(upbit__snapshot *s)
{
    upbit_manager *m = s->manager;
    if (s->client == NULL) {
        upbit__once_answered(s);
        let_go(s);
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < s->part_count; i++)
        count += s->parts[i].count;
    if (s->no_room || count == 0) {
        if (s->no_room)
            refuse(s, UPBIT_ERROR_LIMIT, "the answer does not fit the memory budget");
        else
            refuse(s, s->error, s->detail);
        return;
    }
    upbit__bundle *bundle = upbit__bundle_create((uint32_t)count + 1);
    if (bundle == NULL) {
        refuse(s, UPBIT_ERROR_NO_MEMORY, upbit_error_string(UPBIT_ERROR_NO_MEMORY));
        return;
    }
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__part *part = &s->parts[i];
        while (part->count > 0)
            upbit__bundle_add(bundle, part->events[--part->count]);
    }
    upbit_reply *reply = s->reply;
    s->reply = NULL;
    upbit__tell_stamp(m, &reply->event, UPBIT_TYPE_REPLY);
    reply->error = s->error;
    reply->command = UPBIT_COMMAND_SNAPSHOT;
    reply->waited_ms = s->waited_ms;
    memcpy(reply->detail, s->detail, sizeof reply->detail);
    upbit__bundle_add(bundle, &reply->event);
    upbit__count(&m->counters.snapshots, 1);
    if (s->error != 0)
        upbit__count(&m->counters.snapshot_failures, 1);
    upbit__inbox_answer(s->client->inbox, bundle, s->request_id, upbit__lane_bit(s->type));
    let_go(s);
}

void upbit__snapshot_check(upbit__snapshot *s)
{
    if (s->open == 0 || s->no_room)
        answer(s);
}

/* ---- parts ---- */

upbit__key_id upbit__snapshot_key(const upbit__snapshot *s, const upbit__part *part)
{
    upbit__key_id id = {.type = s->type, .unit = s->unit, .level = s->level};
    memcpy(id.code, part->code, sizeof id.code);
    return id;
}

upbit_event *upbit__snapshot_allocate(void *snapshot, size_t size)
{
    upbit__snapshot *s = snapshot;
    upbit_event *e = upbit__fanout_allocate(&s->manager->fanout, size);
    if (e == NULL)
        s->no_room = true;
    return e;
}

bool upbit__snapshot_put(upbit__snapshot *s, upbit__part *part, upbit_event *e)
{
    if (part->count == part->capacity) {
        uint32_t capacity = part->capacity == 0 ? 1 : part->capacity * 4;
        upbit_event **events = realloc(part->events, capacity * sizeof *events);
        if (events == NULL) {
            s->no_room = true;
            unref(s->manager, e);
            return false;
        }
        part->events = events;
        part->capacity = capacity;
    }
    part->events[part->count++] = e;
    return true;
}

void upbit__snapshot_settle(upbit__snapshot *s, upbit__part *part)
{
    if (part->state == UPBIT__PART_SETTLED)
        return;
    part->state = UPBIT__PART_SETTLED;
    s->open--;
}

void upbit__snapshot_fail(upbit__snapshot *s, upbit__part *part, int error, const char *why)
{
    if (part->state == UPBIT__PART_SETTLED)
        return;
    if (s->error == 0) {
        s->error = error;
        snprintf(s->detail, sizeof s->detail, "%s%s%s", part->code,
                 part->code[0] != '\0' ? ": " : "", why);
    }
    upbit__snapshot_settle(s, part);
}

static void fail_open(upbit__snapshot *s, int error, const char *why)
{
    for (size_t i = 0; i < s->part_count; i++)
        upbit__snapshot_fail(s, &s->parts[i], error, why);
}

static void stop_waiting(upbit__snapshot *s)
{
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].state == UPBIT__PART_STREAM)
            s->parts[i].state = UPBIT__PART_OPEN;
}

static bool waits_for_stream(const upbit__snapshot *s)
{
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].state == UPBIT__PART_STREAM)
            return true;
    return false;
}

/* ---- the way ---- */

static bool start_timer(upbit__snapshot *s)
{
    int64_t at = s->until_ns;
    if (s->stream_until < at && waits_for_stream(s))
        at = s->stream_until;
    if (upbit__timer_start(s->manager->loop, &s->timer, at) == 0)
        return true;
    fail_open(s, UPBIT_ERROR_NO_MEMORY, upbit_error_string(UPBIT_ERROR_NO_MEMORY));
    answer(s);
    return false;
}

static void time_is_over(void *context)
{
    upbit__snapshot *s = context;
    if (upbit__clock_monotonic_ns() >= s->until_ns) {
        fail_open(s, UPBIT_ERROR_TIMEOUT, "no answer in time: ask again, or give it longer");
        answer(s);
        return;
    }
    stop_waiting(s);
    upbit__snapshot_run(s);
}

upbit__snapshot *upbit__snapshot_make(upbit_manager *m, size_t part_count)
{
    upbit__snapshot *s = calloc(1, sizeof *s + part_count * sizeof *s->parts);
    if (s == NULL)
        return NULL;
    s->manager = m;
    s->wanted = 1;
    s->timer = (upbit__timer){.callback = time_is_over, .context = s};
    s->open = s->part_count = part_count;
    s->next = m->snapshots;
    if (m->snapshots != NULL)
        m->snapshots->previous = s;
    m->snapshots = s;
    return s;
}

void upbit__snapshot_run(upbit__snapshot *s)
{
    if (start_timer(s))
        upbit__snapshot_ask(s);
}

/* Takes over the order's REPLY. */
static upbit__snapshot *make_for(upbit_manager *m, upbit__order *order)
{
    upbit__snapshot *s = upbit__snapshot_make(m, order->code_count);
    if (s == NULL)
        return NULL;
    int64_t now = upbit__clock_monotonic_ns();
    s->reply = order->reply;
    order->reply = NULL;
    s->client = order->client;
    s->request_id = order->request_id;
    s->type = order->type;
    s->unit = order->unit;
    s->depth = order->depth;
    s->level = order->level;
    if (order->count > 0)
        s->wanted = order->count;
    s->before = order->before;
    s->after = order->after;
    s->orders = order->orders;
    s->by_identifier = order->by_identifier;
    memcpy(s->which, order->which, sizeof s->which);
    s->until_ns = order->until_ns;
    /* Half of the time at most: REST needs some too. */
    s->stream_until = now + (s->until_ns - now) / 2;
    if (s->stream_until > now + STREAM_WAIT_NS)
        s->stream_until = now + STREAM_WAIT_NS;
    for (size_t i = 0; i < order->code_count; i++)
        memcpy(s->parts[i].code, order->codes[i], sizeof s->parts[i].code);
    return s;
}

static void seek_open(upbit__snapshot *s)
{
    if (upbit__snapshot_is_account(s))
        return; /* a stream of changes has no state */
    for (size_t i = 0; i < s->part_count && !s->no_room && s->client != NULL; i++)
        if (s->parts[i].state == UPBIT__PART_OPEN)
            upbit__snapshot_seek(s, &s->parts[i]);
}

void upbit__snapshot_begin(upbit_manager *m, upbit__order *order)
{
    bool twice = find(m, order->client, order->request_id) != NULL;
    upbit__snapshot *s = make_for(m, order);
    if (s == NULL) {
        upbit__count(&m->counters.snapshots, 1);
        upbit__count(&m->counters.snapshot_failures, 1);
        upbit__tell_reply(m, order, UPBIT_ERROR_NO_MEMORY,
                          upbit_error_string(UPBIT_ERROR_NO_MEMORY), 0);
        return;
    }
    if (twice) {
        refuse(s, UPBIT_ERROR_INVALID_ARGUMENT,
               "a request with this request_id is under way: choose another");
        return;
    }
    seek_open(s);
    if (s->open == 0 || s->no_room)
        answer(s);
    else
        upbit__snapshot_run(s);
}

void upbit__snapshot_cancel(upbit_manager *m, const upbit__client *client, uint64_t request_id)
{
    upbit__snapshot *s = find(m, client, request_id);
    if (s != NULL)
        refuse(s, UPBIT_ERROR_CANCELLED, upbit_error_string(UPBIT_ERROR_CANCELLED));
}

void upbit__snapshots_drop(upbit_manager *m, const upbit__client *client)
{
    for (upbit__snapshot *s = m->snapshots, *next; s != NULL; s = next) {
        next = s->next;
        if (s->client != client)
            continue;
        upbit__inbox_unpromise(client->inbox);
        let_go(s);
    }
}

void upbit__snapshots_close(upbit_manager *m)
{
    while (m->snapshots != NULL)
        refuse(m->snapshots, UPBIT_ERROR_CLOSED, upbit_error_string(UPBIT_ERROR_CLOSED));
}

void upbit__snapshots_stream_lost(upbit_manager *m)
{
    for (upbit__snapshot *s = m->snapshots, *next; s != NULL; s = next) {
        next = s->next;
        if (!waits_for_stream(s))
            continue;
        stop_waiting(s);
        upbit__snapshot_run(s);
    }
}

void upbit__snapshots_listed(upbit_manager *m)
{
    for (upbit__snapshot *s = m->snapshots, *next; s != NULL; s = next) {
        next = s->next;
        /* A subscription that waited for the list too may have begun just now. */
        seek_open(s);
        upbit__snapshot_run(s);
    }
}
