/* The signed half of the exchange's REST language: accounts and orders.
 *
 * Paths carry a query that is percent-encoded; what is hashed into the token is that query decoded,
 * which upbit__query_decode gives. Bodies are read by upbit__rest_decode (rest_shapes.h):
 *
 *   MY_ORDER  a row, or the single object of /order, as a myOrder event with stream SNAPSHOT.
 *             market, side, ord_type, created_at are code, ask_bid, order_type, order_timestamp.
 *             REST says no time of the last change: exchange_ms is 0. Price and volume are the
 *             order's, never a fill's. Members the stream does not have (trades of /order) are
 *             carried on in `extra`.
 *   MY_ASSET  the whole array as one myAsset event: all currencies the account has, with `costs`.
 *             No time either.
 *
 * Pure; threads as in rest_shapes.h. */
#ifndef UPBIT_EXCHANGE_REST_ACCOUNT_H
#define UPBIT_EXCHANGE_REST_ACCOUNT_H

#include "exchange/decoder.h"
#include "exchange/rest_shapes.h"

#define UPBIT__REST_OPEN_MAX       100  /* open orders of one page */
#define UPBIT__REST_CLOSED_MAX     1000 /* closed orders of one answer */
#define UPBIT__REST_IDENTIFIER_MAX 128

/* Each appends a path, as those of rest_shapes.h. */
int upbit__rest_path_accounts(upbit__buffer *out);
/* Those that wait and those that watch, newest first. code NULL or "": of all markets. page: from 1
 * on. */
int upbit__rest_path_orders_open(upbit__buffer *out, const char *code, unsigned page);
/* Done and cancelled ones that were made in [start_ms, end_ms], newest first. 0: end: now; start: 7
 * days before the end, more is not to be had at once. */
int upbit__rest_path_orders_closed(upbit__buffer *out, const char *code, unsigned count,
                                   int64_t start_ms, int64_t end_ms);
/* Those of all markets that were made from start_ms (> 0) on, oldest first, as many as an answer
 * holds: a full one is followed by another from the last row's time on. */
int upbit__rest_path_orders_closed_since(upbit__buffer *out, int64_t start_ms);
/* One of the two, the other NULL. uuid: letters, digits and '-'; identifier: the client's own, any
 * text without control characters, at most UPBIT__REST_IDENTIFIER_MAX bytes. */
int upbit__rest_path_order(upbit__buffer *out, const char *uuid, const char *identifier);

/* May they stand there? */
int upbit__rest_uuid_check(const char *uuid);             /* 1 or 0 */
int upbit__rest_identifier_check(const char *identifier); /* 1 or 0 */

/* What follows the '?' of a path, percent-decoded, with a NUL; "" when there is no query. 0 or
 * LIMIT. */
int upbit__query_decode(char *out, size_t room, const char *path);

/* The name of {"error":{"name":..}}; "" when there is none. */
void upbit__rest_error_name(char *out, size_t room, const char *body, size_t length);

/* For rest_rows.c: what a row says in another way than the stream. */
void upbit__rest_complete_order(upbit__decoder *d);
/* The array at p, whose JSON is known to be good, into d->my_asset. NULL: no memory. */
const char *upbit__rest_accounts(upbit__decoder *d, const char *p);

#endif
