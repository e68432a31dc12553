/* The exchange's rules for its clients. Breaking them is counted always; with --police it has the
 * consequences that are documented. All times are the exchange's own. */
#ifndef MOCK_POLICE_H
#define MOCK_POLICE_H

#include <stdbool.h>
#include <stdint.h>

#include "budget.h"
#include "buffer.h"
#include "http.h"

struct mock_server;
struct mock_conn;

/* One that is refused again and again is blocked, longer each time. */
struct mock_guard {
    int64_t strike[4]; /* times of the newest refusals */
    uint64_t strikes;
    int64_t blocked_until_ms, block_s;
};

struct mock_police {
    /* The newest upgrades: of the public streams, which count by address, and of the private ones,
     * which count by pocket. */
    struct mock_budget upgrades[2];
    int64_t origin_ms; /* of the last request with an Origin that was served; 0 = none */
    struct mock_guard connecting[2], calling;
    uint64_t message_rate, connect_rate, rest_rate, origin, blocked, repeated_mask, unmasked,
        bad_frame;
};

/* An HTTP request before anything else is done with it. True: it was answered, with a no. */
bool mock_police_http(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                      bool upgrade);
/* The exchange half: whether the pocket is blocked (only with --police), and a call beyond its
 * budget. Both have answered. */
bool mock_police_blocked(struct mock_server *s, struct mock_conn *c, const struct mock_guard *g,
                         bool keep_alive);
void mock_police_over(struct mock_server *s, struct mock_conn *c, struct mock_guard *g,
                      const char *extra, bool keep_alive);
/* A REST call beyond its group's budget. True: it was answered. */
bool mock_police_rest(struct mock_server *s, struct mock_conn *c, bool keep_alive);
/* A message of a client. True: it gets the error of too many. */
bool mock_police_message(struct mock_server *s, struct mock_conn *c);
/* After a frame was read, or was none: `got` is mock_ws_read's. */
void mock_police_frame(struct mock_server *s, struct mock_conn *c, int got);
void mock_police_ping(struct mock_server *s, struct mock_conn *c);
/* The longest time between two pings of the client so far, ms. */
int64_t mock_police_ping_gap(const struct mock_server *s, const struct mock_conn *c);

/* "violations":{...} */
void mock_police_put(const struct mock_server *s, struct mock_buf *b);

#endif
