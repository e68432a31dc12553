/* See orders.h. What an order holds: a purchase its price and the fee of it, a sale its volume. A
 * fill at a better price gives back the difference. */
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"
#include "server.h"

#define LARGEST (INT64_C(10000000000) * MOCK_ONE) /* of an order, in its quote: 10^10 */

const char *const mock_ord_type_names[MOCK_ORD_TYPES] = {"limit", "price", "market", "best"};
const char *const mock_tif_names[MOCK_TIFS] = {NULL, "ioc", "fok", "post_only"};
const char *const mock_ord_state_names[3] = {"wait", "done", "cancel"};

/* price * volume in amounts */
static mock_wide funds_of(int64_t price, int64_t volume)
{
    return (mock_wide)price * volume * 10000;
}

static mock_wide fee_of(const struct mock_market *m, int64_t price, int64_t volume)
{
    return mock_fee(m, (mock_wide)price * volume);
}

static bool crosses(const struct mock_order_wish *w)
{
    struct mock_level side[MOCK_DEPTH];
    mock_book_view(side, w->market, w->bid, 0);
    return side[0].price != 0 && (w->bid ? w->price >= side[0].price : w->price <= side[0].price);
}

static const char *shape(const char **message, const struct mock_order_wish *w)
{
    const char *name = w->bid ? "create_bid_error" : "create_ask_error";
    bool by_amount = w->type == MOCK_PRICE || (w->type == MOCK_BEST && w->bid);
    *message = "주문 요청 정보가 올바르지 않습니다.";
    if ((w->type == MOCK_PRICE && !w->bid) || (w->type == MOCK_MARKET && w->bid) ||
        (w->type == MOCK_BEST && w->tif != MOCK_IOC && w->tif != MOCK_FOK) ||
        ((w->type == MOCK_PRICE || w->type == MOCK_MARKET) && w->tif != MOCK_TIF_NONE) ||
        (w->type == MOCK_BEST && w->tif == MOCK_POST_ONLY)) {
        return name;
    }
    bool price = w->type == MOCK_LIMIT || by_amount, volume = !by_amount;
    return price != (w->price > 0) || volume != (w->volume > 0) || w->price > LARGEST ? name : NULL;
}

/* What it is worth, 10^-8 of the quote; LARGEST when it is more than that. */
static int64_t worth(const struct mock_order_wish *w)
{
    if (w->volume == 0) {
        return w->price < LARGEST ? w->price : LARGEST;
    }
    int64_t price = w->price != 0 ? w->price : w->market->last_price;
    mock_wide value = (mock_wide)price * w->volume / MOCK_ONE;
    return value < LARGEST ? (int64_t)value : LARGEST;
}

static mock_wide needed(const struct mock_order_wish *w)
{
    if (!w->bid) {
        return (mock_wide)w->volume * MOCK_UNIT_FINE;
    }
    int64_t volume = w->volume != 0 ? w->volume : MOCK_ONE;
    return funds_of(w->price, volume) + fee_of(w->market, w->price, volume);
}

const char *mock_order_check(const char **message, struct mock_pocket *p,
                             const struct mock_order_wish *w)
{
    static const int64_t least[] = {5000 * MOCK_ONE, 5000, MOCK_ONE / 2}; /* KRW, BTC, USDT */
    const char *wrong = shape(message, w);
    if (wrong != NULL) {
        return wrong;
    }
    if (w->identifier[0] != '\0' && mock_order_find(p, NULL, w->identifier) != NULL) {
        *message = "이미 사용한 identifier 입니다.";
        return "validation_error";
    }
    if (w->type == MOCK_LIMIT && mock_price_round(w->market, w->price) != w->price) {
        *message = "주문가격 단위를 잘못 입력하셨습니다.";
        return w->bid ? "invalid_price_bid" : "invalid_price_ask";
    }
    int64_t value = worth(w);
    if (value < least[w->market->quote]) {
        *message = "최소 주문 금액에 미달합니다.";
        return w->bid ? "under_min_total_bid" : "under_min_total_ask";
    }
    const struct mock_balance *b =
        mock_balance_of(p, w->bid ? mock_quote_of(w->market) : w->market->base);
    if (value == LARGEST || b == NULL || b->free < needed(w)) {
        *message = "주문 가능한 금액(수량)이 부족합니다.";
        return w->bid ? "insufficient_funds_bid" : "insufficient_funds_ask";
    }
    if (w->type == MOCK_LIMIT && w->tif == MOCK_POST_ONLY && crosses(w)) {
        *message = "즉시 체결되는 post_only 주문입니다.";
        return "invalid_post_only";
    }
    return NULL;
}

int64_t mock_order_rest(const struct mock_order *o)
{
    if (!mock_order_by_amount(o)) {
        return o->wish.volume - o->executed - o->prevented;
    }
    struct mock_level side[MOCK_DEPTH];
    mock_book_view(side, o->wish.market, true, 0);
    int64_t price = side[0].price != 0 ? side[0].price : o->wish.market->last_price;
    return (int64_t)((o->wish.price * (mock_wide)MOCK_UNIT_FINE - o->funds) / 10000 / price);
}

mock_wide mock_order_average(const struct mock_order *o)
{
    /* 10^-20 / 10^-8 is 10^-12; four digits more would not fit for the largest, so the remainder
     * gives them. */
    if (o->executed == 0) {
        return 0;
    }
    mock_wide whole = o->funds / o->executed, rest = o->funds % o->executed;
    return whole * 10000 + (rest * 10000 + o->executed / 2) / o->executed;
}

/* The free part of the pocket, which an order gives back when it ends. */
static void release(struct mock_pocket *p, struct mock_order *o)
{
    struct mock_balance *b =
        mock_balance_of(p, o->wish.bid ? mock_quote_of(o->wish.market) : o->wish.market->base);
    b->locked -= o->locked;
    b->free += o->locked;
    o->locked = 0;
    o->remaining_fee = 0;
}

/* The oldest closed one goes when there are too many. */
static void forget(struct mock_pocket *p)
{
    struct mock_order **oldest = NULL;
    for (struct mock_order **o = &p->orders; p->closed > MOCK_ORDER_CLOSED && *o != NULL;
         o = &(*o)->next) {
        oldest = (*o)->state != MOCK_WAIT ? o : oldest;
    }
    if (oldest != NULL) {
        struct mock_order *gone = *oldest;
        *oldest = gone->next;
        p->closed--;
        free(gone->fills);
        free(gone);
    }
}

static void end(struct mock_server *s, struct mock_pocket *p, struct mock_order *o,
                enum mock_ord_state state)
{
    o->state = state;
    o->closed_ms = mock_private_now(s, p);
    p->open--;
    p->closed++;
    /* Recorded: a cancel still shows what the order had locked. */
    mock_private_order(s, p, o, mock_ord_state_names[state], NULL);
    release(p, o);
}

static void bought(struct mock_balance *b, mock_wide volume, mock_wide funds16)
{
    mock_wide had = (b->free + b->locked) / MOCK_UNIT_FINE; /* 10^-8: a price needs no more */
    mock_wide total = had + volume / MOCK_UNIT_FINE;
    if (total > 0) {
        /* 10^-8 of volume times 10^-8 of price. */
        mock_wide paid = had * (b->average / MOCK_UNIT_FINE) + funds16;
        b->average = paid / total * MOCK_UNIT_FINE;
    }
    b->free += volume;
}

/* One fill; the events of it are the caller's. */
static const struct mock_fill *exchange(struct mock_server *s, struct mock_pocket *p,
                                        struct mock_order *o, int64_t price, int64_t volume,
                                        bool maker)
{
    struct mock_market *m = o->wish.market;
    struct mock_fill *fills = realloc(o->fills, (o->count + 1) * sizeof *fills);
    struct mock_balance *quote = mock_balance_of(p, mock_quote_of(m));
    struct mock_balance *base = mock_balance_of(p, m->base);
    if (fills == NULL || quote == NULL || base == NULL) {
        return NULL;
    }
    o->fills = fills;
    struct mock_fill *f = &o->fills[o->count++];
    *f = (struct mock_fill){.price = price,
                            .volume = volume,
                            .funds = funds_of(price, volume),
                            .fee = fee_of(m, price, volume),
                            .ms = mock_private_now(s, p),
                            .maker = maker};
    mock_private_uuid(f->uuid, 2, p, ++p->last_fill);
    o->executed += volume;
    o->funds += f->funds;
    o->paid += f->fee;
    if (o->wish.bid) {
        int64_t at = mock_order_by_amount(o) ? price : o->wish.price;
        mock_wide held = funds_of(at, volume) + fee_of(m, at, volume);
        o->locked -= held;
        o->remaining_fee -= fee_of(m, at, volume);
        quote->locked -= held;
        quote->free += held - f->funds - f->fee;
        bought(base, (mock_wide)volume * MOCK_UNIT_FINE,
               m->quote == MOCK_KRW ? (mock_wide)price * volume : 0);
    } else {
        o->locked -= (mock_wide)volume * MOCK_UNIT_FINE;
        base->locked -= (mock_wide)volume * MOCK_UNIT_FINE;
        quote->free += f->funds - f->fee;
    }
    return f;
}

static void fill(struct mock_server *s, struct mock_pocket *p, struct mock_order *o, int64_t price,
                 int64_t volume, bool maker)
{
    const struct mock_fill *f = exchange(s, p, o, price, volume, maker);
    if (f != NULL) {
        mock_private_order(s, p, o, "trade", f);
        if (!mock_order_by_amount(o) ? mock_order_rest(o) == 0 : o->locked == 0) {
            end(s, p, o, MOCK_DONE);
        }
        mock_private_assets(s, p, o);
    }
}

void mock_order_fill(struct mock_server *s, struct mock_pocket *p, struct mock_order *o,
                     int64_t volume)
{
    int64_t rest = mock_order_rest(o);
    volume = volume < rest ? volume : rest;
    int64_t price = o->wish.type == MOCK_LIMIT ? o->wish.price : o->wish.market->last_price;
    if (volume > 0 && o->state == MOCK_WAIT) {
        fill(s, p, o, price, volume, true);
    }
}

void mock_order_cancel(struct mock_server *s, struct mock_pocket *p, struct mock_order *o)
{
    if (o->state == MOCK_WAIT) {
        end(s, p, o, MOCK_CANCEL);
        mock_private_assets(s, p, o);
    }
}

void mock_order_prevent(struct mock_server *s, struct mock_pocket *p, struct mock_order *o)
{
    if (o->state == MOCK_WAIT && !mock_order_by_amount(o)) {
        o->prevented = mock_order_rest(o);
        o->prevented_locked = o->locked;
        mock_private_order(s, p, o, "prevented", NULL);
        end(s, p, o, MOCK_CANCEL);
        mock_private_assets(s, p, o);
    }
}

/* How much of the other side it could have at once. */
static int64_t available(const struct mock_order *o, const struct mock_level *side)
{
    const struct mock_order_wish *w = &o->wish;
    int64_t sum = 0;
    for (int i = 0; i < MOCK_DEPTH && side[i].price != 0; i++) {
        bool good = w->type != MOCK_LIMIT ||
                    (w->bid ? side[i].price <= w->price : side[i].price >= w->price);
        sum += good ? side[i].size : 0;
    }
    return sum;
}

void mock_order_meet(struct mock_server *s, struct mock_pocket *p, struct mock_order *o)
{
    struct mock_order_wish w = o->wish;
    struct mock_level side[MOCK_DEPTH];
    mock_book_view(side, w.market, w.bid, 0);
    bool whole = w.tif != MOCK_FOK || available(o, side) >= mock_order_rest(o);
    int levels = w.type == MOCK_BEST ? 1 : MOCK_DEPTH;
    for (int i = 0; i < levels && side[i].price != 0 && o->state == MOCK_WAIT && whole; i++) {
        int64_t price = side[i].price, rest = mock_order_rest(o);
        if (w.type == MOCK_LIMIT && (w.bid ? price > w.price : price < w.price)) {
            break;
        }
        if (mock_order_by_amount(o)) {
            mock_wide left = w.price * (mock_wide)MOCK_UNIT_FINE - o->funds;
            rest = (int64_t)(left / 10000 / price);
        }
        int64_t volume = rest < side[i].size ? rest : side[i].size;
        if (volume > 0) {
            fill(s, p, o, price, volume, false);
        }
    }
    if (o->state == MOCK_WAIT && (w.type != MOCK_LIMIT || w.tif == MOCK_IOC || w.tif == MOCK_FOK)) {
        mock_order_cancel(s, p, o);
    }
}

struct mock_order *mock_order_place(struct mock_server *s, struct mock_pocket *p,
                                    const struct mock_order_wish *wish)
{
    struct mock_order *o = calloc(1, sizeof *o);
    struct mock_balance *b =
        mock_balance_of(p, wish->bid ? mock_quote_of(wish->market) : wish->market->base);
    if (o == NULL || b == NULL) {
        free(o);
        return NULL;
    }
    o->wish = *wish;
    o->number = ++p->last_number;
    if (o->wish.uuid[0] == '\0') {
        mock_private_uuid(o->wish.uuid, 1, p, o->number);
    }
    o->created_ms = mock_private_now(s, p);
    const struct mock_trade *newest = mock_trade_at(wish->market, 0);
    o->seen_id = newest != NULL ? newest->id : 0;
    o->locked = needed(wish);
    if (wish->bid) {
        o->reserved_fee = o->remaining_fee =
            fee_of(wish->market, wish->price, wish->volume != 0 ? wish->volume : MOCK_ONE);
    }
    b->free -= o->locked;
    b->locked += o->locked;
    o->next = p->orders;
    p->orders = o;
    p->open++;
    forget(p);
    mock_private_order(s, p, o, "wait", NULL);
    mock_private_assets(s, p, o);
    return o;
}

/* A trade of the market at this price or beyond has met the order. */
static void follow(struct mock_server *s, struct mock_pocket *p, struct mock_order *o)
{
    const struct mock_trade *t;
    size_t known = 0;
    while ((t = mock_trade_at(o->wish.market, known)) != NULL && t->id > o->seen_id) {
        known++;
    }
    for (; known > 0 && o->state == MOCK_WAIT; known--) {
        t = mock_trade_at(o->wish.market, known - 1);
        o->seen_id = t->id;
        if (o->wish.bid ? t->price <= o->wish.price : t->price >= o->wish.price) {
            mock_order_fill(s, p, o, t->volume);
        }
    }
}

void mock_orders_follow(struct mock_server *s, struct mock_pocket *p)
{
    size_t left = p->open;
    for (struct mock_order *o = p->orders; o != NULL && left > 0; o = o->next) {
        if (o->state == MOCK_WAIT) {
            left--;
            follow(s, p, o);
        }
    }
}

struct mock_order *mock_order_find(const struct mock_pocket *p, const char *uuid,
                                   const char *identifier)
{
    for (struct mock_order *o = p->orders; o != NULL; o = o->next) {
        if ((uuid != NULL && strcmp(o->wish.uuid, uuid) == 0) ||
            (identifier != NULL && strcmp(o->wish.identifier, identifier) == 0)) {
            return o;
        }
    }
    return NULL;
}

void mock_orders_free(struct mock_pocket *p)
{
    while (p->orders != NULL) {
        struct mock_order *o = p->orders;
        p->orders = o->next;
        free(o->fills);
        free(o);
    }
}
