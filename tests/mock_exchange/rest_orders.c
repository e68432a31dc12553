/* See rest_orders.h. */
#include "rest_orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server.h"

#define WEEK_MS INT64_C(604800000)

static const char invalid[] = "validation_error";

void mock_call_fail(struct mock_private_call *call, int status, const char *name,
                    const char *message)
{
    if (call->name == NULL) {
        call->status = status;
        call->name = name;
        call->message = message;
    }
}

static bool whole(int64_t *out, struct mock_private_call *call, const char *name, int64_t standard,
                  int64_t most)
{
    const char *text = mock_call_param(call->params, name, 0);
    *out = standard;
    if (text == NULL) {
        return true;
    }
    char *end;
    *out = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || *out < 1 || *out > most) {
        mock_call_fail(call, 400, invalid, "page, limit: whole numbers, see the documentation");
        return false;
    }
    return true;
}

/* NULL and no failure when it was not asked for. */
static struct mock_market *market_of(struct mock_private_call *call, bool needed)
{
    const char *code = mock_call_param(call->params, "market", 0);
    struct mock_exchange *x = &call->server->exchange;
    struct mock_market *m = code == NULL ? NULL : mock_exchange_find(x, code, strlen(code));
    if (m == NULL && (code != NULL || needed)) {
        mock_call_fail(call, code == NULL ? 400 : 404, code == NULL ? invalid : "notfoundmarket",
                       code == NULL ? "market 파라미터가 누락됐습니다."
                                    : "해당 마켓이 존재하지 않습니다.");
    }
    return m;
}

/* state= or states[]=, a bit for each; `allowed` when neither is there. */
static bool states_of(unsigned *states, struct mock_private_call *call, const char *const *names,
                      const unsigned *bits)
{
    *states = 0;
    for (int which = 0; which < 2; which++) {
        const char *text;
        const char *name = which == 0 ? "state" : "states";
        for (size_t n = 0; (text = mock_call_param(call->params, name, n)) != NULL; n++) {
            int i = 0;
            while (i < 2 && strcmp(names[i], text) != 0) {
                i++;
            }
            if (i == 2) {
                mock_call_fail(call, 400, invalid, "state does not have a valid value");
                return false;
            }
            *states |= bits[i];
        }
    }
    *states = *states == 0 ? bits[0] | bits[1] : *states;
    return true;
}

static bool ascending(bool *asc, struct mock_private_call *call)
{
    const char *text = mock_call_param(call->params, "order_by", 0);
    *asc = text != NULL && strcmp(text, "asc") == 0;
    if (text != NULL && !*asc && strcmp(text, "desc") != 0) {
        mock_call_fail(call, 400, invalid, "order_by does not have a valid value");
        return false;
    }
    return true;
}

struct choice {
    const struct mock_market *market; /* NULL: any */
    unsigned states;                  /* a bit for each enum mock_ord_state */
    int64_t from_ms, to_ms;           /* of its creation */
    int64_t skip, limit;
    bool asc;
};

static bool chosen(const struct mock_order *o, const struct choice *ch)
{
    return (ch->states & 1u << o->state) != 0 &&
           (ch->market == NULL || ch->market == o->wish.market) && o->created_ms >= ch->from_ms &&
           o->created_ms < ch->to_ms;
}

/* The list is newest first; the other way it is turned round. */
static void put_chosen(struct mock_private_call *call, const struct choice *ch)
{
    const struct mock_order **list =
        calloc(call->pocket->open + call->pocket->closed + 1, sizeof(const struct mock_order *));
    size_t count = 0;
    if (list == NULL) {
        mock_call_fail(call, 500, "internal_error", "out of memory");
        return;
    }
    for (const struct mock_order *o = call->pocket->orders; o != NULL; o = o->next) {
        if (chosen(o, ch)) {
            list[count++] = o;
        }
    }
    mock_buf_putc(&call->body, '[');
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)i >= ch->skip && (int64_t)i - ch->skip < ch->limit) {
            mock_buf_puts(&call->body, (int64_t)i > ch->skip ? "," : "");
            mock_row_order(&call->body, list[ch->asc ? count - 1 - i : i], false);
        }
    }
    mock_buf_putc(&call->body, ']');
    free(list);
}

void mock_call_orders_open(struct mock_private_call *call)
{
    static const char *const names[] = {"wait", "watch"};
    static const unsigned bits[] = {1u << MOCK_WAIT, 0x100}; /* nobody has a reserved order here */
    struct choice ch = {.to_ms = INT64_MAX, .market = market_of(call, false)};
    int64_t page;
    if (call->name == NULL && states_of(&ch.states, call, names, bits) &&
        whole(&page, call, "page", 1, 1000000) && whole(&ch.limit, call, "limit", 100, 100) &&
        ascending(&ch.asc, call)) {
        ch.skip = (page - 1) * ch.limit;
        put_chosen(call, &ch);
    }
}

/* Milliseconds, or yyyy-MM-ddTHH:mm:ss with Z or +09:00 or neither. */
static bool time_of(int64_t *ms, struct mock_private_call *call, const char *name)
{
    const char *text = mock_call_param(call->params, name, 0);
    if (text == NULL) {
        return true;
    }
    char *end;
    *ms = strtoll(text, &end, 10);
    if (end != text && *end == '\0') {
        return true;
    }
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    bool korean = rest != NULL && (strcmp(rest, "+09:00") == 0 || strcmp(rest, " 09:00") == 0);
    if (rest == NULL || (!korean && *rest != '\0' && strcmp(rest, "Z") != 0)) {
        mock_call_fail(call, 400, invalid, "start_time, end_time: ISO 8601 or milliseconds");
        return false;
    }
    *ms = ((int64_t)timegm(&tm) - (korean ? 9 * 3600 : 0)) * 1000;
    return true;
}

void mock_call_orders_closed(struct mock_private_call *call)
{
    static const char *const names[] = {"done", "cancel"};
    static const unsigned bits[] = {1u << MOCK_DONE, 1u << MOCK_CANCEL};
    struct choice ch = {.from_ms = INT64_MIN, .to_ms = INT64_MIN, .market = market_of(call, false)};
    if (call->name != NULL || !states_of(&ch.states, call, names, bits) ||
        !whole(&ch.limit, call, "limit", 100, 1000) || !ascending(&ch.asc, call) ||
        !time_of(&ch.from_ms, call, "start_time") || !time_of(&ch.to_ms, call, "end_time")) {
        return;
    }
    /* One alone: a week from there; none: the newest week. */
    if (ch.to_ms == INT64_MIN) {
        ch.to_ms = ch.from_ms == INT64_MIN ? call->server->now_ms + 1 : ch.from_ms + WEEK_MS;
    }
    ch.from_ms = ch.from_ms == INT64_MIN ? ch.to_ms - WEEK_MS : ch.from_ms;
    if (ch.to_ms - ch.from_ms > WEEK_MS || ch.to_ms < ch.from_ms) {
        mock_call_fail(call, 400, invalid, "start_time, end_time: at most seven days");
        return;
    }
    put_chosen(call, &ch);
}

void mock_call_orders_uuids(struct mock_private_call *call)
{
    struct mock_market *m = market_of(call, false);
    bool first = true, uuids = mock_call_param(call->params, "uuids", 0) != NULL;
    if (call->name != NULL) {
        return;
    }
    if (uuids == (mock_call_param(call->params, "identifiers", 0) != NULL)) {
        mock_call_fail(call, 400, invalid, "either uuids or identifiers");
        return;
    }
    mock_buf_putc(&call->body, '[');
    const char *text;
    for (size_t n = 0;
         n < 100 && (text = mock_call_param(call->params, uuids ? "uuids" : "identifiers", n));
         n++) {
        const struct mock_order *o =
            mock_order_find(call->pocket, uuids ? text : NULL, uuids ? NULL : text);
        if (o != NULL && (m == NULL || m == o->wish.market)) {
            mock_buf_puts(&call->body, first ? "" : ",");
            mock_row_order(&call->body, o, false);
            first = false;
        }
    }
    mock_buf_putc(&call->body, ']');
}

static struct mock_order *one(struct mock_private_call *call)
{
    const char *uuid = mock_call_param(call->params, "uuid", 0);
    const char *identifier = mock_call_param(call->params, "identifier", 0);
    if (uuid == NULL && (identifier == NULL || *identifier == '\0')) {
        mock_call_fail(call, 400, invalid, "uuid 또는 identifier 파라미터가 누락됐습니다.");
        return NULL;
    }
    struct mock_order *o = mock_order_find(call->pocket, uuid, uuid != NULL ? NULL : identifier);
    if (o == NULL) {
        mock_call_fail(call, 404, "order_not_found", "주문을 찾지 못했습니다.");
    }
    return o;
}

void mock_call_order(struct mock_private_call *call)
{
    const struct mock_order *o = one(call);
    if (o != NULL) {
        mock_row_order(&call->body, o, true);
    }
}

void mock_call_order_cancel(struct mock_private_call *call)
{
    struct mock_order *o = one(call);
    if (o != NULL && o->state != MOCK_WAIT) {
        mock_call_fail(call, 400, "order_already_closed", "이미 종료된 주문입니다.");
    } else if (o != NULL) {
        /* The answer is the order as it was when it was asked for. */
        mock_row_order(&call->body, o, false);
        mock_order_cancel(call->server, call->pocket, o);
    }
}

void mock_call_cancel_open(struct mock_private_call *call)
{
    const char *side = mock_call_param(call->params, "cancel_side", 0);
    size_t count = 0;
    struct mock_buf rows = {0};
    if (side != NULL && strcmp(side, "all") != 0 && strcmp(side, "ask") != 0 &&
        strcmp(side, "bid") != 0) {
        mock_call_fail(call, 400, invalid, "cancel_side does not have a valid value");
        return;
    }
    for (struct mock_order *o = call->pocket->orders; o != NULL && count < 300; o = o->next) {
        bool mine = side == NULL || strcmp(side, "all") == 0 ||
                    strcmp(side, o->wish.bid ? "bid" : "ask") == 0;
        if (o->state == MOCK_WAIT && mine) {
            mock_buf_printf(&rows, "%s{\"uuid\":\"%s\",\"market\":\"%s\"}", count++ > 0 ? "," : "",
                            o->wish.uuid, o->wish.market->code);
            mock_order_cancel(call->server, call->pocket, o);
        }
    }
    mock_buf_printf(&call->body, "{\"success\":{\"count\":%zu,\"orders\":[", count);
    mock_buf_put(&call->body, mock_buf_front(&rows), mock_buf_pending(&rows));
    mock_buf_puts(&call->body, "]},\"failed\":{\"count\":0,\"orders\":[]}}");
    mock_buf_finish(&rows);
}

/* The place of a word in a list, `standard` when it is not given; -1 and a failure. */
static int word(struct mock_private_call *call, const char *name, const char *const *names,
                int count, int standard)
{
    const char *text = mock_call_param(call->params, name, 0);
    if (text == NULL || *text == '\0' || strcmp(text, "null") == 0) {
        if (standard < 0) {
            mock_call_fail(call, 400, invalid, "side, ord_type: 파라미터가 누락됐습니다.");
        }
        return standard;
    }
    for (int i = 0; i < count; i++) {
        if (names[i] != NULL && strcmp(names[i], text) == 0) {
            return i;
        }
    }
    mock_call_fail(call, 400, invalid, "side, ord_type, time_in_force, smp_type: no valid value");
    return -1;
}

static bool number(int64_t *out, struct mock_private_call *call, const char *name)
{
    const char *text = mock_call_param(call->params, name, 0);
    *out = 0;
    if (text != NULL && *text != '\0' && strcmp(text, "null") != 0 &&
        (!mock_parse_units(out, text) || *out <= 0)) {
        mock_call_fail(call, 400, invalid, "price, volume: no valid value");
        return false;
    }
    return true;
}

/* Plain ASCII without quotes, so that it goes into JSON as it is. */
static bool take_identifier(struct mock_order_wish *w, struct mock_private_call *call)
{
    const char *text = mock_call_param(call->params, "identifier", 0);
    if (text == NULL || strcmp(text, "null") == 0) {
        return true;
    }
    size_t len = strlen(text);
    bool plain = true;
    for (size_t i = 0; i < len; i++) {
        plain &= text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\';
    }
    if (!plain || len == 0 || len >= sizeof w->identifier) {
        mock_call_fail(call, 400, invalid, "identifier: 1 to 64 characters");
        return false;
    }
    memcpy(w->identifier, text, len + 1);
    return true;
}

static bool read_wish(struct mock_order_wish *w, struct mock_private_call *call)
{
    static const char *const sides[] = {"ask", "bid"};
    static const char *const smp[] = {"", "cancel_maker", "cancel_taker", "reduce", "none"};
    *w = (struct mock_order_wish){.market = market_of(call, true)};
    int side = word(call, "side", sides, 2, -1);
    int type = word(call, "ord_type", mock_ord_type_names, MOCK_ORD_TYPES, -1);
    int tif = word(call, "time_in_force", mock_tif_names, MOCK_TIFS, 0);
    int prevention = word(call, "smp_type", smp, 5, 0);
    if (call->name != NULL || !number(&w->price, call, "price") ||
        !number(&w->volume, call, "volume") || !take_identifier(w, call)) {
        return false;
    }
    w->bid = side == 1;
    w->type = (enum mock_ord_type)type;
    w->tif = (enum mock_tif)tif;
    snprintf(w->smp, sizeof w->smp, "%s", smp[prevention]);
    const char *message;
    const char *name = mock_order_check(&message, call->pocket, w);
    if (name != NULL) {
        mock_call_fail(call, 400, name, message);
    }
    return name == NULL;
}

void mock_call_order_place(struct mock_private_call *call)
{
    struct mock_order_wish w;
    if (read_wish(&w, call)) {
        struct mock_order *o = mock_order_place(call->server, call->pocket, &w);
        call->status = 201;
        if (o == NULL) {
            mock_call_fail(call, 500, "internal_error", "out of memory");
            return;
        }
        /* The answer is the order as it was taken; what becomes of it at once tells the stream. */
        mock_row_order(&call->body, o, false);
        mock_order_meet(call->server, call->pocket, o);
    }
}

void mock_call_order_test(struct mock_private_call *call)
{
    struct mock_order_wish w;
    if (read_wish(&w, call)) {
        struct mock_order o = {.wish = w, .created_ms = call->server->now_ms};
        mock_private_uuid(o.wish.uuid, 4, call->pocket, call->pocket->last_number + 1);
        call->status = 201;
        mock_row_order(&call->body, &o, false);
    }
}
