/* What a manager is made of. Who may touch what stands with the sections of the struct.
 *
 *     manager.c   making, ending, the default instance, statistics: any thread
 *     proxy.c     the public proxy: any thread and the consumer
 *     io.c        the I/O thread: its loop, its end
 *     orders.c    what commands do there
 *     snapshot.c  requests for snapshots
 *     acquire.c   grants for the application's own requests
 *     limiter.c   their commands: any thread
 *     hold.c      what a proxy holds, and by what
 *     selectors.c KRW-* and its like
 *     follow.c    what a new market list changes
 *     quiet.c     keys that give no data
 *     blame.c     a request that was refused
 *     resync.c    fresh state after a hole in a lossless lane
 *     private.c   what private data can be had, and why not
 *     account_rest.c  what REST is asked about orders and balances
 *     raw.c       messages of unknown types
 *     tell.c      the events a manager makes about itself
 *     health.c    how it is doing, why, and what it does about it
 *     measure.c   what it measures
 *     errand.c    calls that wait for the I/O thread
 *     inspect.c   who subscribed what
 *     trace.c     frames into a file */
#ifndef UPBIT_CLIENT_MANAGER_H
#define UPBIT_CLIENT_MANAGER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "client/account_rest.h"
#include "client/asking.h"
#include "client/backfill_rest.h"
#include "client/config.h"
#include "client/counters.h"
#include "client/credentials.h"
#include "client/exchange_clock.h"
#include "client/fanout.h"
#include "client/levels.h"
#include "client/listing.h"
#include "client/pace.h"
#include "client/selectors.h"
#include "client/session.h"
#include "exchange/decode.h"
#include "exchange/rest_account.h"
#include "queue/command.h"
#include "upbit-live/proxy.h"
#include "upbit-live/waiter.h"

#define UPBIT__ID_BUCKETS 256

typedef enum upbit__order_kind {
    UPBIT__ORDER_OPEN,
    UPBIT__ORDER_CLOSE,
    UPBIT__ORDER_SUBSCRIBE,
    UPBIT__ORDER_UNSUBSCRIBE,
    UPBIT__ORDER_REPLACE,
    UPBIT__ORDER_UNSUBSCRIBE_ALL,
    UPBIT__ORDER_SNAPSHOT,
    UPBIT__ORDER_CANCEL,
    UPBIT__ORDER_ACQUIRE,
    UPBIT__ORDER_REPORT,
    UPBIT__ORDER_KEYS,          /* set by call */
    UPBIT__ORDER_KEYS_PROVIDED, /* by the function of the options */
    UPBIT__ORDER_ERRAND         /* errand.h */
} upbit__order_kind;

/* A command: made and checked by any thread, done and freed by the I/O thread. */
typedef struct upbit__order {
    upbit__command command;
    struct upbit__order *next; /* I/O thread: of those that wait for the market list */
    upbit__order_kind kind;
    upbit__client *client;
    uint64_t request_id; /* 0: no reply wanted, no place promised */
    upbit_reply *reply;  /* made ahead, so that the end can always be told; NULL: none wanted */
    int type;
    unsigned unit, depth, flags;
    upbit_decimal level;
    uint32_t count; /* SNAPSHOT: events of each code      */
    int64_t before; /* SNAPSHOT: see upbit_want           */
    int64_t after;  /* SNAPSHOT of orders: see upbit_want */
    int orders;
    bool by_identifier;                         /* which: its identifier, not its uuid */
    char which[UPBIT__REST_IDENTIFIER_MAX + 1]; /* SNAPSHOT of one order; "": of several */
    int64_t until_ns;                           /* SNAPSHOT: the end of its time      */
    uint64_t cancel_id;                         /* CANCEL: whose; request_id stays 0  */
    upbit__keys *keys;                          /* KEYS: taken over; NULL: none any more */
    int keys_error;                             /* KEYS_PROVIDED: why there are none  */
    upbit__group group;                         /* ACQUIRE: count of its grants; REPORT */
    uint32_t timeout_ms;
    uint32_t waited_ms; /* ACQUIRE: until now, for the reply */
    int http_status;
    char remaining_req[64], body[256]; /* REPORT */
    struct upbit__errand *errand;      /* ERRAND: one reference */
    size_t code_count;
    char codes[][24];
} upbit__order;

struct upbit_manager {
    /* immutable once the thread runs */
    upbit__config config;
    upbit__log log;
    upbit_log_file *log_file; /* NULL: none of its own */
    upbit__loop *loop;
    pthread_t thread;
    unsigned fork_generation;
    bool is_default;
    int64_t started_ns, started_ms; /* monotonic, Unix */
    upbit_manager *retired_next;    /* under the mutex of the default instance */

    /* any thread, atomic */
    _Atomic uint32_t refs;       /* the creator's, one per open proxy; the last frees the memory */
    _Atomic bool stop;           /* stop, please */
    _Atomic bool cut;            /* ... and now without close frames */
    _Atomic int64_t deadline_ns; /* for closing in order */
    upbit__command_queue commands;
    upbit__counters counters;
    upbit__pool *pool; /* io; its gauges any thread */

    /* any thread, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t ended_cond;
    bool ended; /* the I/O thread has left its loop */
    bool joined;
    bool metrics_written;   /* the metrics file is as it will stay; there may be none */
    bool metrics_abandoned; /* nobody waits for it any more */
    struct upbit_proxy *ids[UPBIT__ID_BUCKETS]; /* open proxies by client_id */
    upbit_health health[3];                     /* by upbit_session; of the manager */
    upbit__distribution closed_lag;             /* of proxies that were closed */
    upbit_capabilities capabilities;

    upbit__credentials credentials; /* io; its state any thread */

    /* I/O thread */
    upbit__batch batch;
    upbit__registry registry, private_registry;
    upbit__fanout fanout;
    upbit__session session, private_session;
    upbit__budget *stream_budget, *rest_budget; /* one host, as a rule; shared with others */
    upbit__budget *pocket_budget;               /* of the keys' pocket; NULL without keys */
    upbit__exchange_clock exchange_clock;
    upbit__asking asking;
    upbit__backfill backfill;
    upbit__backfill_rest backfill_rest;
    upbit__listing listing;
    upbit__levels levels;
    upbit__timer quiet_timer, resync_timer;
    int64_t resync_ms; /* between looks at those who are behind */
    upbit__account_rest account_rest;
    uint32_t token_generation; /* of the keys the last token of a connection was made with */
    upbit__decoder *decoder;
    upbit__session *source;                /* whose message is being decoded */
    upbit__client *clients;                /* all open proxies' halves */
    upbit__timer once_timer;               /* snapshot_once.c */
    struct upbit__snapshot *snapshots;     /* requests under way */
    struct upbit__acquire *acquires;       /* acquire.c */
    size_t selector_count;                 /* of all of them */
    upbit__order *held, **held_last;       /* wait for the market list, in order */
    bool untold;                           /* somebody: see tell.c */
    bool decode_told;                      /* this episode of bad messages has been reported */
    int64_t decode_bad_ns;                 /* the last bad message */
    int64_t received_ns, received_wall_ns; /* of the message being decoded */
    int64_t batch_ns;                      /* of the first since the last commit; 0: none yet */
    upbit__pace pace;                      /* of messages */
    upbit__timer mark_timer;               /* measure.c */
    uint64_t marked_messages;              /* received by the last mark */
    int64_t marked_ns[2];                  /* the last mark but one, and the last; 0: none */
    unsigned idle_marks;                   /* since anything came */
    int64_t wall_ahead_ns;                 /* of the monotonic clock, when they were compared */
    int64_t wall_compared_ns;              /* monotonic */
};

/* The fork that made this process, if any, came after the manager: it has no thread here. */
bool upbit__manager_forked(const upbit_manager *m);
void upbit__manager_ref(upbit_manager *m);
void upbit__manager_unref(upbit_manager *m);

/* The registry that holds keys of this type: that of the session it comes by. */
static inline upbit__registry *upbit__registry_of(upbit_manager *m, int type)
{
    return upbit__is_private(type) ? &m->private_registry : &m->registry;
}
static inline void upbit__count_keys(upbit_manager *m)
{
    atomic_store_explicit(&m->counters.keys, m->registry.key_count + m->private_registry.key_count,
                          memory_order_relaxed);
}

/* proxy.c: how commands are given. _submit takes the order over, makes its reply and promises a
 * place for it; _post rings the I/O thread's bell: 0, or COMMAND_FULL unless always */
int upbit__check_usable(const upbit_proxy *p);
upbit_manager *upbit__manager_of(const upbit_proxy *p);
int upbit__submit(upbit_proxy *p, upbit__order *order, uint64_t request_id);
int upbit__post(upbit_manager *m, upbit__order *order, bool always);
void upbit__order_free(upbit__order *order);

/* io.c */
void *upbit__io_main(void *manager);
int upbit__io_init(upbit_manager *m); /* before the thread runs */
void upbit__io_finish(upbit_manager *m);

/* stop.c: between these two upbit_manager_request_stop reaches the manager */
int upbit__stop_enter(upbit_manager *m);
void upbit__stop_leave(upbit_manager *m);

/* orders.c */
void upbit__orders_run(upbit_manager *m, upbit__command *first);
void upbit__orders_release_held(upbit_manager *m); /* the market list is settled */
void upbit__client_drop(upbit_manager *m, upbit__client *client);
void upbit__orders_drop_held(upbit_manager *m, const upbit__client *client); /* NULL: all */

/* hold.c. 0 or NO_MEMORY. Letting go: take bits out of upbit__entry.by, then sweep. */
int upbit__hold(upbit_manager *m, upbit__client *client, const upbit__key_id *id, unsigned depth,
                unsigned flags, unsigned by);
void upbit__hold_sweep(upbit_manager *m, upbit__client *client); /* what nothing holds goes */

/* follow.c: as upbit__listing_events.changed; and what on the stream contradicts the list */
void upbit__follow_list(upbit_manager *m, const upbit__markets *before, const upbit__markets *now);
void upbit__follow_ticker(upbit_manager *m, const upbit_event *e); /* before it is delivered */
void upbit__follow_unwanted(void *manager, const upbit_event *e);

/* quiet.c: keys that are quiet */
void upbit__quiet_start(upbit_manager *m); /* while there are keys; harmless when it runs */
void upbit__quiet_scan(void *manager);
void upbit__quiet_heard(void *manager, upbit__key *key);

/* raw.c: takes over the event's one reference */
void upbit__raw_deliver(upbit_manager *m, const upbit__session *session, upbit_event *e);

/* blame.c: the exchange sent an error frame */
void upbit__blame(upbit_manager *m, upbit__session *session, const upbit_error_event *error);

/* tell.c: events to one or to all */
upbit_event *upbit__tell_make(const upbit_manager *m, int type, size_t size);
void upbit__tell_stamp(const upbit_manager *m, upbit_event *e, int type); /* made ahead */
void upbit__tell_state(upbit_manager *m, const upbit__session *s, upbit__client *only);
void upbit__tell_restored(upbit_manager *m, const upbit__session *s);
void upbit__tell_reply(upbit_manager *m, upbit__order *order, int error, const char *detail,
                       uint32_t barrier);
void upbit__tell_error(upbit_manager *m, upbit__client *only, upbit_session session, int error,
                       int http_status, const char *name, const char *message);
void upbit__tell_closed(upbit_manager *m, upbit__client *client);
/* Takes the event over; NULL: there is no memory for it, those whom it concerns are told later. */
void upbit__tell_health(upbit_manager *m, int session, upbit_event *e,
                        bool (*whom)(const upbit__client *client));
void upbit__tell_again(upbit_manager *m); /* what there was no memory for */

/* health.c. How things stand is looked at: what has changed is told to those who want that. Any
 * number of times; also before the I/O thread runs. */
void upbit__health_look(upbit_manager *m);
void upbit__health_tell(upbit_manager *m, int session, bool (*whom)(const upbit__client *client));
bool upbit__health_passing(const upbit_manager *m); /* it may get better by time alone */
void upbit__health_clock(upbit_manager *m);         /* it is wrong, or right again */
/* Compression was given up, or is asked for again: once. */
void upbit__health_compression(upbit_manager *m, upbit__session *s);

#endif
