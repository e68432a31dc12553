/* Snapshots: what get_snapshot is asked for, and where it comes from.
 *
 * A request has one part per code. A part is looked for in this order: the cache, where the code is
 * streamed and its latest value is younger than a second; the stream, where a first message is due
 * anyway; REST. What was found waits with the request until every part is settled or the time is
 * over; then it goes to the proxy as one bundle that ends with the REPLY, in the place that was
 * promised when the request was accepted. So each request is answered exactly once, whatever
 * crosses.
 *
 *     snapshot.c         requests: begun, settled, answered, cancelled
 *     snapshot_source.c  cache and stream
 *     snapshot_rest.c    REST
 *     snapshot_account.c REST, what needs keys: no cache and no stream has it whole
 *     snapshot_once.c    subscriptions to one snapshot that the stream does not answer: requests
 *                        without a client, whose values go to those who still want them
 *
 * I/O thread only. */
#ifndef UPBIT_CLIENT_SNAPSHOT_H
#define UPBIT_CLIENT_SNAPSHOT_H

#include "client/manager.h"
#include "upbit-live/control.h"

typedef enum upbit__part_state {
    UPBIT__PART_OPEN,   /* neither cache nor stream has it */
    UPBIT__PART_STREAM, /* the stream is about to bring it */
    UPBIT__PART_ASKED,  /* by REST */
    UPBIT__PART_SETTLED /* found, or failed */
} upbit__part_state;

typedef struct upbit__query upbit__query; /* a question by REST: snapshot_rest.c */

/* One code of a request. */
typedef struct upbit__part {
    char code[24]; /* zero-padded */
    upbit__part_state state;
    upbit__query *query;  /* ASKED: the question it is part of */
    upbit_event **events; /* one reference each, the oldest last */
    uint32_t count, capacity;
    /* snapshot_account.c */
    struct upbit__snapshot *owner;
    upbit__ask *ask; /* ASKED */
    uint32_t page, rows;
} upbit__part;

typedef struct upbit__snapshot {
    /* immutable */
    upbit_manager *manager;
    upbit__client *client; /* NULL: snapshot_once.c's */
    uint64_t request_id;
    int type;
    unsigned unit, depth;
    upbit_decimal level;
    uint32_t wanted; /* events of each code, 1 or more */
    int64_t before;  /* see upbit_want */
    int64_t after;   /* ... of orders: */
    int orders;
    bool by_identifier;
    char which[UPBIT__REST_IDENTIFIER_MAX + 1];
    int64_t until_ns;     /* the end of its time, monotonic */
    int64_t stream_until; /* for how long the stream is waited for */
    /* I/O thread */
    struct upbit__snapshot *previous, *next; /* the manager's list */
    upbit_reply *reply;                      /* made ahead: the end can always be told */
    upbit__timer timer;
    upbit__query *queries; /* under way */
    uint32_t waited_ms;    /* for the limits, the request that did longest */
    int error;             /* the first that went wrong */
    char detail[96];
    bool no_room; /* an event did not fit the memory budget */
    size_t open;  /* parts that are not settled */
    size_t part_count;
    upbit__part parts[];
} upbit__snapshot;

/* What one of its requests waited for its turn. */
static inline void upbit__snapshot_waited(upbit__snapshot *s, uint32_t waited_ms)
{
    s->waited_ms = waited_ms > s->waited_ms ? waited_ms : s->waited_ms;
}

/* Begins the request of a SNAPSHOT order, which has a promised place. */
void upbit__snapshot_begin(upbit_manager *m, upbit__order *order);
/* Answers it CANCELLED; unknown ids are harmless. */
void upbit__snapshot_cancel(upbit_manager *m, const upbit__client *client, uint64_t request_id);
/* Forgets the client's; nothing is answered. Before its inbox goes. */
void upbit__snapshots_drop(upbit_manager *m, const upbit__client *client);
/* Answers all CLOSED. */
void upbit__snapshots_close(upbit_manager *m);
/* The connection is not live (any more): what waits for it is asked for elsewhere. */
void upbit__snapshots_stream_lost(upbit_manager *m);
/* snapshot_account.c: there are other keys, or none: what waits for them is asked for. */
void upbit__snapshots_keys_changed(upbit_manager *m);
/* The market list is settled, and commands that waited for it are done. */
void upbit__snapshots_listed(upbit_manager *m);

/* snapshot_once.c: a want for one snapshot was registered. */
void upbit__once_wanted(upbit_manager *m, upbit__entry *entry);
void upbit__once_due(void *manager); /* manager.once_timer's */
/* The connection was lost: what waits for it is asked for at once. */
void upbit__once_stream_lost(upbit_manager *m);

/* ---- for its rooms ---- */

/* A request that is in the manager's list and wants the latest value; the caller sets the rest, and
 * runs it. NULL: no memory. */
upbit__snapshot *upbit__snapshot_make(upbit_manager *m, size_t part_count);
/* Starts its time and asks for its open parts; `s` may be gone afterwards. */
void upbit__snapshot_run(upbit__snapshot *s);
/* snapshot_once.c: hands over what a request without a client has found. */
void upbit__once_answered(upbit__snapshot *s);

/* One more event of the part, older than those before; takes over one reference. False: no memory,
 * the event is let go and the request will fail. */
bool upbit__snapshot_put(upbit__snapshot *s, upbit__part *part, upbit_event *e);
/* All of the part is there. The request may be over then: upbit__snapshot_check. */
void upbit__snapshot_settle(upbit__snapshot *s, upbit__part *part);
/* The part will not come. The first failure is the request's, with the code in the detail. */
void upbit__snapshot_fail(upbit__snapshot *s, upbit__part *part, int error, const char *why);
/* Answers the request if nothing is open or there is no room; `s` may be gone afterwards. */
void upbit__snapshot_check(upbit__snapshot *s);
/* As the fan-out's: makes room where it can; a failure is noted, the request will fail. */
upbit_event *upbit__snapshot_allocate(void *snapshot, size_t size);
upbit__key_id upbit__snapshot_key(const upbit__snapshot *s, const upbit__part *part);

/* snapshot_rest.c: asks for the open parts. `s` may be gone afterwards. */
void upbit__snapshot_ask(upbit__snapshot *s);
void upbit__snapshot_stop_asking(upbit__snapshot *s);
/* snapshot_account.c: the same for MY_ORDER and MY_ASSET. */
void upbit__snapshot_ask_account(upbit__snapshot *s);
void upbit__snapshot_stop_asking_account(upbit__snapshot *s);
bool upbit__snapshot_is_account(const upbit__snapshot *s);
/* snapshot_source.c: settles the part from the cache, or makes it wait for the stream, or leaves it
 * open. */
void upbit__snapshot_seek(upbit__snapshot *s, upbit__part *part);
/* An event of a key that somebody waits for: upbit__fanout.awaited. */
void upbit__snapshot_arrived(void *manager, upbit__key *key, upbit_event *e);

#endif
