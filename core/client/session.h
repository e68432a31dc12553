/* A session: one connection at a time to one endpoint of the exchange, kept alive, made anew,
 * always asked for what its registry wants. There is one per endpoint, public and private, each
 * with its own registry, epoch and state; neither knows of the other.
 *
 *     IDLE -> CONNECTING -> UPGRADING -> SUBSCRIBING -> LIVE -> CLOSING -> CLOSED
 *                 ^                                     |  ^
 *                 |                                     v  |
 *                 |                                    STALE
 *                 |                                       |
 *                 +------------ RECONNECTING <------------+   back-off; also from LIVE, and from
 *                                                             every attempt that fails
 *
 * One function changes the state (upbit__session_enter) and tells everybody. Nothing is restored
 * after a reconnect: the same request is sent that any change would send. I/O thread only. */
#ifndef UPBIT_CLIENT_SESSION_H
#define UPBIT_CLIENT_SESSION_H

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/log.h"
#include "client/compression.h"
#include "client/config.h"
#include "client/counters.h"
#include "client/registry.h"
#include "limits/budget.h"
#include "limits/window.h"
#include "net/transport.h"
#include "upbit-live/control.h"

#define UPBIT__TICKET_SIZE  40
#define UPBIT__RENEWAL_HELD 1024 /* events of the next connection */

struct upbit__session;
struct upbit__trace;

/* What the session tells its manager. */
typedef struct upbit__session_events {
    void (*message)(void *context, struct upbit__session *session, const uint8_t *data,
                    size_t length, int64_t received_ns);
    void (*batch)(void *context);
    /* A state was entered; `error` is why the last connection ended. */
    void (*state)(void *context, struct upbit__session *session);
    /* A failure that is not a repetition of the one before: first of its episode. `name` is the
     * exchange's for it, "" if it gave none. */
    void (*failure)(void *context, struct upbit__session *session, int error, int http_status,
                    const char *name, const char *message);
    /* An event that was held while the next connection was made (upbit__renewal_event); the
     * callee's. */
    void (*deliver)(void *context, struct upbit__session *session, upbit_event *event);
} upbit__session_events;

/* Where a session connects to, and how this endpoint is treated. */
typedef struct upbit__endpoint {
    upbit_session id;
    const char *name; /* for people: "public" */
    const char *url;
    /* Connected from the first want to a while after the last, not from the first use on. */
    bool on_demand;
    /* A fresh value of the Authorization header for one connection; NULL: it wants none. 0; else
     * there is no connection: UNAVAILABLE when there are no keys, or they must not be sent there,
     * and then it is not tried again before upbit__session_keys_changed; anything else is a failure
     * like others (upbit_error_detail says what). */
    int (*authorize)(void *context, char *value, size_t size);
    /* The exchange refused the connection with an error of this name ("" if it gave none), which is
     * completed in `message` by what can be done about it. True: so it will the next one, until
     * there are other keys. NULL as above. */
    bool (*refused)(void *context, const char *name, char *message, size_t size);
    /* Gauges of the manager; compression may be NULL. */
    _Atomic uint32_t *state, *epoch, *compression;
} upbit__endpoint;

/* What the exchange was asked about its subscriptions, and said (verify.c). I/O thread. */
typedef struct upbit__verify {
    upbit__timer timer, answer_timer;
    char ticket[UPBIT__TICKET_SIZE]; /* of the question under way; "" when there is none */
    bool off;                        /* the exchange refused the question: not asked again */
    bool given_up;                   /* either has been logged */
    uint32_t answers, repeats;
    uint64_t asked;              /* number of the last request when it was asked */
    uint64_t verified;           /* number of the newest request whose set was compared */
    uint64_t difference;         /* what the last comparison found, as a number; 0: nothing */
    int64_t asked_ns, repair_ns; /* the last question; the next repair of the same difference */
} upbit__verify;

/* The connection that is to follow the one in use (session_renew.c). I/O thread. */
typedef struct upbit__renewal {
    upbit__timer timer;              /* the next step */
    upbit__transport *next;          /* NULL: none */
    upbit__transport *old;           /* the one before the one in use, while it is closed */
    char ticket[UPBIT__TICKET_SIZE]; /* of the question whether it holds the set */
    bool proven, pong;               /* it does; the one in use has answered the ping sent then */
    bool tls;
    int failure_told; /* this error has been told; 0: none */
    int64_t proven_ns;
    upbit_event **held; /* NULL, or room for UPBIT__RENEWAL_HELD; one reference each */
    uint32_t held_count;
    upbit__window per_second, per_minute;
    int64_t waits_ns; /* for the budget of connects, since when; 0: it does not */
    upbit__deflate_terms deflate;
    upbit__buffer sent;
    upbit__backoff backoff;
} upbit__renewal;

typedef struct upbit__session {
    /* immutable */
    const upbit__config *config;
    upbit__endpoint endpoint;
    upbit__loop *loop;
    upbit__log *log;
    upbit__registry *registry;
    upbit__counters *counters;
    upbit__budget *budget; /* of connects; private: the keys', changes with them */
    upbit__session_events events;
    void *context;
    /* I/O thread */
    upbit__transport *transport;
    upbit_state state;
    uint32_t epoch;      /* raised with every connection that opened */
    uint32_t attempt;    /* since the last LIVE */
    uint32_t delay_ms;   /* WAITING: how long */
    uint32_t down_ms;    /* LIVE: how long the stream had been down */
    int error;           /* why the last connection ended */
    bool restored;       /* while LIVE is being told: there was a cut before it */
    bool was_live;       /* some connection was LIVE */
    bool failure_told;   /* this outage has been reported */
    int failure_error;   /* with this error */
    int refused;         /* the exchange sent an error frame on this connection: which; 0: none */
    bool refused_soon;   /* ... but the next request will be another one: try it soon */
    uint32_t refused_ms; /* ... and wants to be left alone for that long */
    char refused_name[48];
    char refusal_told[48]; /* the error that everybody has been told since LIVE */
    bool doubted; /* the last request was refused: LIVE only when this one is known not to be */
    uint64_t requests; /* number of the last request */
    bool awaiting_pong;
    bool tls;
    bool stopping;
    bool limited;      /* RECONNECTING: because the exchange wants no connection at present */
    bool resting;      /* CLOSING because nothing is wanted (any more) */
    int64_t asleep_ns; /* of the loss at hand: how long the machine slept meanwhile */
    int64_t heard_ns;  /* the last byte of this connection */
    int64_t pong_ns;   /* what the last answer to a ping took; 0: none yet */
    int64_t state_ns;  /* when the state was entered */
    char reason[160];  /* for people: why the last connection ended; "" */
    int64_t pinged_ns; /* when the ping was sent that is not answered yet */
    int64_t slept_ns;  /* how far CLOCK_BOOTTIME was ahead of CLOCK_MONOTONIC at the last look */
    int64_t
        lost_ns; /* when the stream was lost; CLOCK_BOOTTIME, which runs while the machine sleeps */
    int64_t live_ns;    /* when it became LIVE */
    int64_t changed_ns; /* first unsent change of the wants; 0: none */
    uint64_t ping_number;
    uint64_t send_mark;               /* bytes the socket had taken when send_timer was started */
    uint32_t times;                   /* comebacks */
    uint32_t took;                    /* attempts the last one took */
    uint64_t counted_in, counted_out; /* bytes of this connection that have been counted */
    uint64_t counted_memory;          /* of its buffers, in the gauge */
    upbit__backoff backoff;
    upbit__compression compression;
    upbit__window per_second, per_minute; /* messages of this connection */
    /* Since when a connect, a request waits for its budget; 0: it does not. */
    int64_t connect_waits_ns, request_waits_ns;
    upbit__verify verify;
    upbit__renewal renewal;
    bool by_next;    /* the message being told came by renewal.next */
    int64_t sent_ns; /* the last request */
    upbit__timer connect_timer, settle_timer, ping_timer, watch_timer, send_timer;
    upbit__timer verdict_timer;  /* for the close after an error frame, or for a first frame */
    upbit__timer rest_timer;     /* on demand: nothing has been wanted for a while */
    struct upbit__trace *trace;  /* frames go there too; NULL: nowhere */
    upbit__buffer request, sent; /* the text at hand and the last one sent on this connection */
} upbit__session;

void upbit__session_init(upbit__session *s, const upbit__endpoint *endpoint,
                         const upbit__config *config, upbit__loop *loop, upbit__log *log,
                         upbit__registry *registry, upbit__counters *counters,
                         upbit__budget *budget, const upbit__session_events *events, void *context);
void upbit__session_finish(upbit__session *s);

/* There is a connection that requests can be sent on. */
static inline bool upbit__session_open(const upbit__session *s)
{
    return s->state == UPBIT_STATE_SUBSCRIBING || s->state == UPBIT_STATE_LIVE ||
           s->state == UPBIT_STATE_STALE;
}

/* Connects, if it has not begun to. */
void upbit__session_start(upbit__session *s);
/* There are keys, other keys, or none any more: what was refused is tried again now. A connection
 * that stands is made anew, because it speaks for the old ones. */
void upbit__session_keys_changed(upbit__session *s);
/* The connection is followed by a new one now, whatever its age. */
void upbit__session_renew(upbit__session *s);
/* An event that came by_next: takes over its one reference. */
void upbit__renewal_event(upbit__session *s, upbit_event *event);
/* Is the next connection ready to take over? Then it does, and what happened to the one in use is
 * of no matter. */
bool upbit__renewal_takes_over(upbit__session *s);
/* The registry may have changed: a request goes out after the settle time. */
void upbit__session_wants_changed(upbit__session *s);
/* Has the machine slept since the last look? Then the server has long given the connection up: a
 * new one at once, without waiting for a pong that cannot come. apart_ns: how far CLOCK_BOOTTIME is
 * now ahead of CLOCK_MONOTONIC when the turn began. Cheap; called every turn. */
void upbit__session_check_sleep(upbit__session *s, int64_t apart_ns);
/* The exchange sent an error frame (EXCHANGE, AUTH): the close that follows is a refusal, and the
 * next connection is not made before least_ms are over. Nothing more is sent.
 * soon: the next request leaves out what may have been the cause, so the back-off need not grow. */
void upbit__session_refused(upbit__session *s, const upbit_error_event *error, uint32_t least_ms,
                            bool soon);
/* The exchange's answer to LIST_SUBSCRIPTIONS, anybody's. */
void upbit__session_listed(upbit__session *s, const upbit_subscriptions_event *list);
/* A key was first told as NO_DATA: a reason to look what the exchange holds. */
void upbit__session_key_quiet(upbit__session *s);
/* Was an error frame the answer to LIST_SUBSCRIPTIONS? for_now: of a kind that passes. */
bool upbit__session_list_refused(upbit__session *s, bool for_now);
/* A message of this session's made no sense. */
void upbit__session_garbled(upbit__session *s);
/* Closes in order until the deadline (monotonic); the state becomes CLOSED, at once if nothing is
 * open. */
void upbit__session_stop(upbit__session *s, int64_t deadline_ns);

#endif
