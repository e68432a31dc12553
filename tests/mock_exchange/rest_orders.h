/* The calls of the exchange half about orders, in two rooms: rest_private.c has the paths, the
 * tokens and the limits, rest_orders.c what each call does. */
#ifndef MOCK_REST_ORDERS_H
#define MOCK_REST_ORDERS_H

#include "params.h"
#include "private.h"

struct mock_private_call {
    struct mock_server *server;
    struct mock_pocket *pocket;
    const struct mock_call_params *params;
    struct mock_buf body;
    int status;
    const char *name, *message; /* of an error; NULL: none */
};

void mock_call_fail(struct mock_private_call *call, int status, const char *name,
                    const char *message);
void mock_call_orders_open(struct mock_private_call *call);
void mock_call_orders_closed(struct mock_private_call *call);
void mock_call_orders_uuids(struct mock_private_call *call);
void mock_call_order(struct mock_private_call *call);
void mock_call_order_place(struct mock_private_call *call);
void mock_call_order_test(struct mock_private_call *call);
void mock_call_order_cancel(struct mock_private_call *call);
void mock_call_cancel_open(struct mock_private_call *call);

/* rest_order_rows.c: one order; with its trades, as GET /v1/order has them. */
void mock_row_order(struct mock_buf *b, const struct mock_order *o, bool trades);

#endif
