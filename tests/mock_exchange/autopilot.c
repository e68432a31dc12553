/* What happens in a pocket by itself, so that a client sees events at once: orders are placed away
 * from the market, filled in parts, cancelled. Only through the same doors as a client's orders. */
#include <string.h>

#include "private.h"
#include "server.h"

#define MOST_OPEN 12

/* A market of KRW whose coin is known, by chance. */
static struct mock_market *pick(const struct mock_server *s, struct mock_pocket *p)
{
    static const char *const codes[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP"};
    for (int i = 0; i < 6; i++) {
        const char *code = codes[mock_random_below(&p->rng, 3)];
        struct mock_market *m = mock_exchange_find(&s->exchange, code, strlen(code));
        if (m != NULL && m->last_price > 0) {
            return m;
        }
    }
    return NULL;
}

/* A limit of about so many won, some percent away from the last price. */
static bool wish_of(struct mock_order_wish *w, struct mock_pocket *p, struct mock_market *m,
                    bool bid, int percent)
{
    int64_t krw = (10000 + (int64_t)mock_random_below(&p->rng, 50000)) * MOCK_ONE;
    *w = (struct mock_order_wish){.market = m, .bid = bid, .type = MOCK_LIMIT};
    w->price = mock_price_round(m, m->last_price / 100 * (bid ? 100 - percent : 100 + percent));
    w->volume = w->price > 0 ? (int64_t)((mock_wide)krw * MOCK_ONE / w->price) : 0;
    const char *message;
    return w->volume > 0 && mock_order_check(&message, p, w) == NULL;
}

static struct mock_order *place(struct mock_server *s, struct mock_pocket *p, int percent)
{
    struct mock_order_wish w;
    struct mock_market *m = pick(s, p);
    bool bid = mock_random_below(&p->rng, 2) == 0;
    if (m == NULL || (!wish_of(&w, p, m, bid, percent) && !wish_of(&w, p, m, !bid, percent))) {
        return NULL;
    }
    return mock_order_place(s, p, &w);
}

/* The n-th open one, newest first. */
static struct mock_order *open_at(const struct mock_pocket *p, uint64_t n)
{
    for (struct mock_order *o = p->orders; o != NULL; o = o->next) {
        if (o->state == MOCK_WAIT && n-- == 0) {
            return o;
        }
    }
    return NULL;
}

static void fill_part(struct mock_server *s, struct mock_pocket *p, struct mock_order *o)
{
    int64_t rest = mock_order_rest(o);
    mock_order_fill(s, p, o, o->count == 0 && rest > 1 ? rest / 2 : rest);
}

void mock_autopilot_step(struct mock_server *s, struct mock_pocket *p)
{
    uint64_t draw = mock_random_below(&p->rng, 100);
    struct mock_order *o = p->open > 0 ? open_at(p, mock_random_below(&p->rng, p->open)) : NULL;
    if (o == NULL || p->open < 3 || (draw < 40 && p->open < MOST_OPEN)) {
        place(s, p, 5);
    } else if (draw < 80) {
        fill_part(s, p, o);
    } else {
        mock_order_cancel(s, p, o);
    }
}

bool mock_autopilot_life(struct mock_server *s, struct mock_pocket *p)
{
    struct mock_order *o = place(s, p, 5);
    if (o == NULL) {
        return false;
    }
    fill_part(s, p, o);
    fill_part(s, p, o);
    return true;
}

/* An hour of history: three whole lives, one cancelled half-way, and three that are open, one of
 * them filled in part. */
void mock_autopilot_seed(struct mock_server *s, struct mock_pocket *p)
{
    int64_t *at = &s->private->at_ms;
    *at = s->now_ms - 3600000;
    for (int i = 0; i < 3; i++, *at += 600000) {
        mock_autopilot_life(s, p);
    }
    for (int i = 0; i < 4; i++, *at += 400000) {
        struct mock_order *o = place(s, p, 8 + i);
        if (o != NULL && i < 2) {
            fill_part(s, p, o);
        }
        if (o != NULL && i == 0) {
            mock_order_cancel(s, p, o);
        }
    }
    *at = 0;
}
