/* The private half of the exchange: keys, pockets, what happens in them, and who is told. Order and
 * asset events come from one state, so that their sums agree; each has a number, whether anybody
 * was told or not, so that a test can see what a client lost or got twice. */
#ifndef MOCK_PRIVATE_H
#define MOCK_PRIVATE_H

#include "accounts.h"
#include "buffer.h"
#include "jwt_check.h"
#include "orders.h"
#include "request.h"

struct mock_server;
struct mock_conn;
struct mock_http_request;

#define MOCK_EVENTS 65536 /* that are remembered */

/* When a private connection whose token is bad hears of it; nobody published it. */
enum mock_auth_answer { MOCK_ANSWER_FRAME, MOCK_ANSWER_REQUEST, MOCK_ANSWER_HTTP };

struct mock_event {
    int64_t ms; /* since the start */
    int64_t timestamp;
    int kind;
    size_t pocket;
    char code[24]; /* of an order; of an asset its currency; of an announcement its uuid */
    char uuid[37], fill[37];
    char state[12];
    mock_wide free, locked; /* of an asset */
    unsigned sent;          /* connections it went out to */
};

struct mock_announcement {
    const char *event, *category, *uuid, *title;
    const char *body; /* NULL: too large to be sent along */
    size_t body_len;
};

struct mock_private {
    struct mock_keys keys;
    struct mock_pocket **pockets; /* one at least; they never move */
    size_t count;
    enum mock_auth_answer answer;
    double rate; /* order events a second of each pocket */
    int64_t stepped_ns;
    int64_t at_ms; /* what happened before the start happens now; 0: the clock */
    uint64_t last_announcement;
    struct mock_event *events; /* ring */
    uint64_t next;             /* number of the next one, from 1 */
};

/* Keys, pockets and what they begin with. False, and stderr says why. */
bool mock_private_open(struct mock_server *s);
void mock_private_finish(struct mock_server *s);
/* Keys and answers as at the start; what happened in the pockets stays. */
void mock_private_reset(struct mock_server *s);
/* One turn of the loop. */
void mock_private_run(struct mock_server *s);

/* The pocket's clock, which never goes back. */
int64_t mock_private_now(const struct mock_server *s, const struct mock_pocket *p);
/* `kind`: 1 orders, 2 fills, 3 asset frames. */
void mock_private_uuid(char out[37], int kind, const struct mock_pocket *p, uint64_t number);
struct mock_pocket *mock_private_pocket(const struct mock_server *s, const struct mock_key *key);
int mock_private_busiest(const struct mock_server *s, enum mock_group group);

/* Whether the request's token is good; `hashed` as in struct mock_auth_case. */
enum mock_auth mock_private_auth(struct mock_server *s, struct mock_conn *c,
                                 struct mock_token *token, const struct mock_http_request *r,
                                 const char *hashed, const char *hashed_too);
/* An answer that says no, in the words of the exchange half. */
void mock_private_refuse(struct mock_conn *c, int status, const char *name, const char *message,
                         const char *extra, bool keep_alive);

/* The order's event of this state; `fill` when it is a trade. */
void mock_private_order(struct mock_server *s, struct mock_pocket *p, const struct mock_order *o,
                        const char *state, const struct mock_fill *fill);
/* One frame for each currency of the order whose balance is not what the last frame said. */
void mock_private_assets(struct mock_server *s, struct mock_pocket *p, const struct mock_order *o);
void mock_private_asset(struct mock_server *s, struct mock_pocket *p, struct mock_balance *b,
                        int64_t asset_ms, int later_ms);
void mock_private_announce(struct mock_server *s, const struct mock_announcement *a);

/* Judges the types a private connection asks for: false, and the error frame, when its key may not
 * have one of them. */
bool mock_private_allows(const struct mock_conn *c, const struct mock_request *request,
                         struct mock_buf *error);
/* A message as the connection might get it. */
void mock_private_sample(const struct mock_server *s, const struct mock_conn *c,
                         struct mock_buf *out);
/* The events from number `since` on, at most `limit`, as JSON. */
void mock_private_put(struct mock_buf *out, const struct mock_server *s, uint64_t since,
                      uint64_t limit);

/* autopilot.c: what a pocket has behind it when the program starts, and one order event more. */
void mock_autopilot_seed(struct mock_server *s, struct mock_pocket *p);
void mock_autopilot_step(struct mock_server *s, struct mock_pocket *p);
/* A whole life: placed, two fills, done. False: nothing to trade with. */
bool mock_autopilot_life(struct mock_server *s, struct mock_pocket *p);

/* private_messages.c */
void mock_put_my_order(struct mock_buf *out, const struct mock_order *o, enum mock_format format,
                       const char *state, const struct mock_fill *fill, int64_t now_ms);
void mock_put_my_asset(struct mock_buf *out, const struct mock_pocket *p,
                       const struct mock_balance *b, enum mock_format format, int64_t asset_ms,
                       int64_t now_ms);
void mock_put_announcement(struct mock_buf *out, const struct mock_announcement *a,
                           enum mock_format format, bool with_body, int64_t now_ms);

/* rest_private.c. False: the path is none of the exchange half. */
bool mock_rest_private(struct mock_server *s, struct mock_conn *c,
                       const struct mock_http_request *r);

#endif
