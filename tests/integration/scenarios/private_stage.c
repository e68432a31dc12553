#include "private_stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/check_main.h"
#include "upbit-live/credentials.h"

mock exchange;
upbit_manager *manager;
static widget *widgets;

void private_open(const char *rate, void (*change)(upbit_options *options))
{
    private_open_at("1", rate, change);
}

void private_open_at(const char *scale, const char *rate, void (*change)(upbit_options *options))
{
    const char *arguments[] = {"--private-rate", rate,  "--rate", "100",
                               "--time-scale",   scale, NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, change);
    ck_assert_int_eq(upbit_manager_set_credentials(manager, "test-access", "test-secret"), 0);
}

void private_close(void)
{
    while (widgets != NULL)
        widget_close(widgets);
    upbit_manager_release(manager);
    manager = NULL;
    mock_stop(&exchange);
}

void private_order(const char *format, ...)
{
    char path[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    int status = mock_call(&exchange, "POST", path, "");
    ck_assert_msg(status == 200, "%s: %d %s", path, status, mock_answer());
}

void private_asked(const char *text)
{
    double until = stream_now() + 60;
    while (mock_call(&exchange, "GET", "/mock/received?since=1&limit=1000", "") != 200 ||
           strstr(mock_answer(), text) == NULL) {
        ck_assert_msg(stream_now() < until, "the exchange was never asked for %s", text);
        private_run(20);
    }
}

widget *widget_open(const char *id, const upbit_proxy_options *options)
{
    widget *w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    w->proxy = stream_proxy(manager, id, options);
    w->next = widgets;
    widgets = w;
    return w;
}

void widget_close(widget *w)
{
    widget **link = &widgets;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    upbit_proxy_close(w->proxy);
    free(w->at);
    free(w);
}

void widget_want(widget *w, int type, const char *codes)
{
    ck_assert_int_eq(stream_want(w->proxy, upbit_proxy_subscribe, type, codes, 0), 0);
}

static told *add(widget *w, const upbit_event *e)
{
    if (w->count == w->room) {
        w->room = w->room == 0 ? 256 : w->room * 2;
        w->at = realloc(w->at, w->room * sizeof *w->at);
        ck_assert_ptr_nonnull(w->at);
    }
    told *t = &w->at[w->count++];
    *t = (told){.type = e->type,
                .stream = e->stream,
                .origin = e->origin,
                .epoch = e->epoch,
                .ms = e->exchange_ms};
    memcpy(t->code, e->code, sizeof t->code);
    return t;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

static void take_assets(widget *w, const upbit_my_asset *a)
{
    for (uint32_t i = 0; i < a->asset_count; i++) {
        told *t = add(w, &a->event);
        copy(t->code, sizeof t->code, a->assets[i].currency);
        copy(t->uuid, sizeof t->uuid, a->asset_uuid);
        t->balance = a->assets[i].balance;
        t->locked = a->assets[i].locked;
    }
}

static void take(widget *w, const upbit_event *e)
{
    const upbit_my_order *order = upbit_event_my_order(e);
    if (order != NULL) {
        told *t = add(w, e);
        t->state = order->state;
        copy(t->uuid, sizeof t->uuid, order->uuid);
        copy(t->trade, sizeof t->trade, order->trade_uuid);
        t->executed = order->executed_volume;
    } else if (upbit_event_my_asset(e) != NULL) {
        take_assets(w, upbit_event_my_asset(e));
    } else if (upbit_event_error(e) != NULL) {
        told *t = add(w, e);
        t->error = upbit_event_error(e)->error;
        copy(t->uuid, sizeof t->uuid, upbit_event_error(e)->name);
        copy(t->text, sizeof t->text, upbit_event_error(e)->message);
    } else if (upbit_event_state(e) != NULL) {
        if (upbit_event_state(e)->session != UPBIT_SESSION_PRIVATE)
            return;
        told *t = add(w, e);
        t->state = (int)upbit_event_state(e)->state;
        t->error = upbit_event_state(e)->error;
    } else if (upbit_event_reply(e) != NULL) {
        told *t = add(w, e);
        t->error = upbit_event_reply(e)->error;
        t->ms = upbit_event_reply(e)->waited_ms;
        copy(t->text, sizeof t->text, upbit_event_reply(e)->detail);
    } else if (upbit_event_announcement(e) != NULL) {
        const upbit_announcement *a = upbit_event_announcement(e);
        told *t = add(w, e);
        t->state = a->category;
        copy(t->uuid, sizeof t->uuid, a->uuid);
        copy(t->text, sizeof t->text, a->body);
    } else if (upbit_event_raw(e) != NULL) {
        told *t = add(w, e);
        copy(t->text, sizeof t->text, upbit_event_raw(e)->text);
    } else {
        add(w, e);
    }
}

static void take_all(void)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (widget *w = widgets; w != NULL; w = w->next)
        while (upbit_proxy_next(w->proxy, &d) == 1) {
            take(w, d.event);
            upbit_event_unref(d.event);
        }
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

void private_run(int ms)
{
    double until = stream_now() + ms / 1e3;
    do {
        take_all();
        rest();
    } while (stream_now() < until);
    take_all();
}

size_t told_count(const widget *w, size_t from, told_fits *fits, const void *context)
{
    size_t n = 0;
    for (size_t i = from; i < w->count; i++)
        n += fits(&w->at[i], context);
    return n;
}

void told_wait(const widget *w, size_t from, told_fits *fits, const void *context, size_t least)
{
    double until = stream_now() + 60;
    size_t n;
    while ((n = told_count(w, from, fits, context)) < least) {
        ck_assert_msg(stream_now() < until, "%zu of %zu came", n, least);
        take_all();
        rest();
    }
}

bool is_order(const told *t, const void *origin)
{
    return t->type == UPBIT_TYPE_MY_ORDER && (origin == NULL || t->origin == *(const int *)origin);
}

bool is_balance(const told *t, const void *origin)
{
    return t->type == UPBIT_TYPE_MY_ASSET && (origin == NULL || t->origin == *(const int *)origin);
}

bool is_live(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_STATE && t->state == UPBIT_STATE_LIVE;
}

bool is_lost(const told *t, const void *unused)
{
    (void)unused;
    return t->type == UPBIT_TYPE_STATE && t->state == UPBIT_STATE_RECONNECTING;
}

bool is_error(const told *t, const void *name)
{
    return t->type == UPBIT_TYPE_ERROR && (name == NULL || strcmp(t->uuid, name) == 0);
}

/* ---- what the exchange did ---- */

static uint64_t number_of(const char *at, const char *name)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *found = at != NULL ? strstr(at, quoted) : NULL;
    return found != NULL ? strtoull(found + strlen(quoted), NULL, 10) : 0;
}

static void text_of(char *to, size_t size, const char *at, const char *name)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *end = strchr(at, '\n'), *found = strstr(at, quoted);
    to[0] = '\0';
    if (found == NULL || (end != NULL && found > end))
        return;
    found += strlen(quoted);
    snprintf(to, size, "%.*s", (int)strcspn(found, "\""), found);
}

static upbit_decimal decimal_of(const char *at, const char *name)
{
    char text[64];
    upbit_decimal d = {0};
    text_of(text, sizeof text, at, name);
    if (text[0] != '\0')
        ck_assert_int_eq(upbit_decimal_parse(&d, text, strlen(text)), 0);
    return d;
}

uint64_t exchange_newest(void)
{
    ck_assert_int_eq(mock_call(&exchange, "GET", "/mock/events?since=1&limit=1", ""), 200);
    return number_of(mock_answer(), "newest");
}

typedef struct done {
    char type[24], code[24], uuid[64], state[24], trade[64];
    upbit_decimal balance, locked;
    int64_t ms;
} done;

/* rest: as REST told it, without a time. */
static bool is_it(const told *t, const done *d, bool rest)
{
    static const char *const states[] = {"",     "wait",   "watch",    "trade",
                                         "done", "cancel", "prevented"};
    if (t->origin != (rest ? UPBIT_ORIGIN_REST : UPBIT_ORIGIN_STREAM) ||
        t->ms != (rest ? 0 : d->ms) || strcmp(t->code, d->code) != 0)
        return false;
    if (strcmp(d->type, "myAsset") == 0)
        return t->type == UPBIT_TYPE_MY_ASSET &&
               upbit_decimal_compare(&t->balance, &d->balance) == 0 &&
               upbit_decimal_compare(&t->locked, &d->locked) == 0;
    return t->type == UPBIT_TYPE_MY_ORDER && strcmp(t->uuid, d->uuid) == 0 &&
           strcmp(states[t->state], d->state) == 0 && strcmp(t->trade, d->trade) == 0;
}

/* What the stream told behind the first event that is known, and nobody did. */
static void find_doubled(const widget *w, int type, size_t from)
{
    for (size_t i = from; i < w->count; i++) {
        const told *t = &w->at[i];
        if (t->type == type && t->origin == UPBIT_ORIGIN_STREAM && !t->found)
            ck_abort_msg("doubled: %s %s %s state %d", upbit_type_name(type), t->code, t->uuid,
                         t->state);
    }
}

/* That is how things stood for the widget at `end`: nothing about the same was told in between. */
static bool stood_until(const widget *w, size_t i, size_t end)
{
    const told *t = &w->at[i];
    for (size_t k = i + 1; k < end; k++) {
        const told *later = &w->at[k];
        if (later->type == t->type && strcmp(later->code, t->code) == 0 &&
            (t->type == UPBIT_TYPE_MY_ASSET || strcmp(later->uuid, t->uuid) == 0))
            return false;
    }
    return true;
}

/* Where in the widget it is, from `from` on; w->count: it did not come in time. Where REST was
 * first the stream's word for it was a repeat: and so is that of a balance which, between REST's
 * answer and the first the stream brought, had changed and came back. */
static size_t find_event(const widget *w, const done *d, size_t begin, size_t from, double until)
{
    for (;;) {
        for (size_t i = from; i < w->count; i++)
            if (is_it(&w->at[i], d, false))
                return i;
        for (size_t i = begin; i < w->count; i++)
            if (is_it(&w->at[i], d, true) && (i >= from || stood_until(w, i, from)))
                return i;
        if (stream_now() >= until)
            return w->count;
        private_run(20);
    }
}

size_t compare_with_exchange(widget *w, size_t from, uint64_t since)
{
    double until = stream_now() + 20;
    size_t events = 0, at[2] = {from, from}, first[2] = {SIZE_MAX, SIZE_MAX};
    for (uint64_t next = since;;) {
        char path[80];
        snprintf(path, sizeof path, "/mock/events?since=%llu&limit=500", (unsigned long long)next);
        ck_assert_int_eq(mock_call(&exchange, "GET", path, ""), 200);
        uint64_t before = next;
        next = number_of(mock_answer(), "next");
        for (const char *e = strstr(mock_answer(), "{\"n\":"); e != NULL;
             e = strstr(e + 1, "{\"n\":")) {
            done d;
            text_of(d.type, sizeof d.type, e, "type");
            text_of(d.code, sizeof d.code, e, "code");
            text_of(d.uuid, sizeof d.uuid, e, "uuid");
            text_of(d.state, sizeof d.state, e, "state");
            text_of(d.trade, sizeof d.trade, e, "trade_uuid");
            d.balance = decimal_of(e, "balance");
            d.locked = decimal_of(e, "locked");
            d.ms = (int64_t)number_of(e, "timestamp");
            size_t kind = strcmp(d.type, "myAsset") == 0;
            if (kind == 0 && strcmp(d.type, "myOrder") != 0)
                continue;
            size_t i = find_event(w, &d, from, at[kind], until);
            ck_assert_msg(i < w->count, "lost: event %.*s of:\n%.*s", (int)strcspn(e, "\n"), e,
                          (int)(e - mock_answer() < 2000 ? e - mock_answer() : 2000),
                          e - mock_answer() < 2000 ? mock_answer() : e - 2000);
            w->at[i].found = true;
            if (w->at[i].origin == UPBIT_ORIGIN_STREAM) {
                first[kind] = first[kind] < i ? first[kind] : i;
                at[kind] = i + 1;
            }
            events++;
        }
        if (next > before && next <= exchange_newest())
            continue;
        find_doubled(w, UPBIT_TYPE_MY_ORDER, first[0]);
        find_doubled(w, UPBIT_TYPE_MY_ASSET, first[1]);
        return events;
    }
}
