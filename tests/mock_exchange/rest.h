/* REST in two rooms: rest.c has the paths, parameters and errors, rest_rows.c writes the rows. */
#ifndef MOCK_REST_H
#define MOCK_REST_H

#include "server.h"

/* Whether the path belongs to the exchange half. */
bool mock_rest_is_private(const struct mock_http_request *r);

void mock_row_market(struct mock_buf *b, const struct mock_market *m, bool details);
void mock_row_ticker(struct mock_buf *b, const struct mock_market *m, int64_t now_ms);
void mock_row_book(struct mock_buf *b, const struct mock_market *m, int depth, int64_t level);
void mock_row_instrument(struct mock_buf *b, const struct mock_market *m);
void mock_row_trade(struct mock_buf *b, const struct mock_market *m, const struct mock_trade *t);
void mock_row_candle(struct mock_buf *b, const struct mock_market *m, int unit,
                     const struct mock_candle *c);

#endif
