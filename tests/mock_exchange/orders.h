/* The life of an order: placed, filled, done or cancelled, and what each step does to the pocket.
 * Orders of the pocket trade against the book as it is shown without changing it: the market of a
 * seed stays the market of that seed, whatever a client orders. */
#ifndef MOCK_ORDERS_H
#define MOCK_ORDERS_H

#include "accounts.h"

struct mock_server;

enum mock_ord_type { MOCK_LIMIT, MOCK_PRICE, MOCK_MARKET, MOCK_BEST, MOCK_ORD_TYPES };
enum mock_tif { MOCK_TIF_NONE, MOCK_IOC, MOCK_FOK, MOCK_POST_ONLY, MOCK_TIFS };
enum mock_ord_state { MOCK_WAIT, MOCK_DONE, MOCK_CANCEL };

#define MOCK_ORDER_CLOSED 4096 /* that a pocket remembers */

struct mock_fill {
    char uuid[37];
    int64_t price, volume;
    mock_wide funds, fee; /* 10^-20 */
    int64_t ms;
    bool maker;
};

/* What is asked for. Zero: not given. */
struct mock_order_wish {
    struct mock_market *market;
    bool bid;
    enum mock_ord_type type;
    enum mock_tif tif;
    int64_t price; /* of a limit, or the whole amount of a purchase by amount; 10^-8 */
    int64_t volume;
    char identifier[65];
    char smp[16]; /* cancel_maker, cancel_taker, reduce */
    char uuid[37];
};

struct mock_order {
    struct mock_order *next; /* the one before it */
    uint64_t number;
    struct mock_order_wish wish; /* with its uuid */
    enum mock_ord_state state;
    int64_t executed;
    mock_wide funds;                             /* 10^-20 */
    mock_wide reserved_fee, remaining_fee, paid; /* 10^-20 */
    mock_wide locked;                            /* 10^-20, of the currency it takes from */
    int64_t prevented;
    mock_wide prevented_locked;
    struct mock_fill *fills;
    size_t count;
    int64_t created_ms, closed_ms;
    int64_t seen_id; /* the market's trades up to this one have been looked at */
};

extern const char *const mock_ord_type_names[MOCK_ORD_TYPES];
extern const char *const mock_tif_names[MOCK_TIFS]; /* NULL for none */
extern const char *const mock_ord_state_names[3];

/* What is against it: the exchange's error name, *message for people; NULL: nothing. */
const char *mock_order_check(const char **message, struct mock_pocket *p,
                             const struct mock_order_wish *wish);
/* Places one that was checked. NULL: no memory. */
struct mock_order *mock_order_place(struct mock_server *s, struct mock_pocket *p,
                                    const struct mock_order_wish *wish);
/* A new one trades what can be traded at once; what is left of anything but a resting limit goes.
 */
void mock_order_meet(struct mock_server *s, struct mock_pocket *p, struct mock_order *o);
/* Fills so much of it (at most the rest) at the order's own price. Not of a closed one. */
void mock_order_fill(struct mock_server *s, struct mock_pocket *p, struct mock_order *o,
                     int64_t volume);
void mock_order_cancel(struct mock_server *s, struct mock_pocket *p, struct mock_order *o);
/* Self-match prevention takes the rest of it: a `prevented`, then a cancel. */
void mock_order_prevent(struct mock_server *s, struct mock_pocket *p, struct mock_order *o);
/* What still can be filled, 10^-8; of a purchase by amount at the best price of the moment. */
int64_t mock_order_rest(const struct mock_order *o);
/* The open ones that the market's trades have reached since. */
void mock_orders_follow(struct mock_server *s, struct mock_pocket *p);

/* By uuid or identifier, whichever is not NULL. */
struct mock_order *mock_order_find(const struct mock_pocket *p, const char *uuid,
                                   const char *identifier);
/* Whether its volume is known: not of a purchase by amount. */
static inline bool mock_order_by_amount(const struct mock_order *o)
{
    return o->wish.bid && (o->wish.type == MOCK_PRICE || o->wish.type == MOCK_BEST);
}
/* Average price of the fills, 10^-16. */
mock_wide mock_order_average(const struct mock_order *o);

void mock_orders_free(struct mock_pocket *p);

#endif
