/* What is between the two halves of a stream: who asked for what (subscriptions.c), and what they
 * are sent (publish.c). */
#ifndef MOCK_SUBSCRIPTIONS_H
#define MOCK_SUBSCRIPTIONS_H

#include "server.h"

struct mock_sub {
    struct mock_sub *prev, *next; /* in the market's list */
    struct mock_sub *mine;        /* in the connection's list */
    struct mock_conn *conn;
    struct mock_market *market;
    int kind;
    int depth;
    int64_t level;
    bool stale;   /* a book update was left out */
    bool leaving; /* of the set before: some of its frames are still on their way */
};

/* The message of this moment to one subscriber. */
void mock_publish_one(struct mock_server *s, const struct mock_sub *sub, bool snapshot);
/* Gives the scratch memory back, at the end. */
void mock_publish_finish(void);

#endif
