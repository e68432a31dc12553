/* upbit-live/control.h - what the library says about itself, in the same queue as the data.
 *
 * These events answer "do I have everything, and if not, what is missing?": a GAP names exactly the
 * events of one type that this proxy will never get; an EPOCH stands before the first event that came
 * by a new connection; a REPLY ends a command; STATE tells where the connection is; ERROR says what
 * went wrong, once per episode, and what follows from it. */
#ifndef UPBIT_LIVE_CONTROL_H
#define UPBIT_LIVE_CONTROL_H

#include "upbit-live/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum upbit_session {
    UPBIT_SESSION_PUBLIC = 0,
    UPBIT_SESSION_PRIVATE = 1
} upbit_session;

/* A session's life. LIVE: connected, and everything that is wanted has been requested; after a
 * refusal (ERROR), also that the request was not refused again. STALE: still connected, but a sign
 * of life is overdue; the next byte makes it LIVE again, its absence RECONNECTING. Back from
 * RECONNECTING it is LIVE with down_ms set, and RESTORED is told beside it. */
typedef enum upbit_state {
    UPBIT_STATE_IDLE = 0,
    UPBIT_STATE_CONNECTING = 1, /* name look-up, TCP, TLS */
    UPBIT_STATE_UPGRADING = 2,  /* waiting for the WebSocket upgrade */
    UPBIT_STATE_SUBSCRIBING = 3,
    UPBIT_STATE_LIVE = 4,
    UPBIT_STATE_CLOSING = 5,
    UPBIT_STATE_RECONNECTING = 6, /* waits to connect anew: see attempt, delay_ms */
    UPBIT_STATE_CLOSED = 7,  /* for good */
    UPBIT_STATE_STALE = 8    /* connected, but nothing is heard */
} upbit_state;

/* The latest state; states that passed while the consumer slept are not queued. */
typedef struct upbit_state_event {
    upbit_event event;
    uint32_t session;  /* upbit_session                                          */
    uint32_t state;    /* upbit_state                                            */
    uint32_t attempt;  /* connection attempts since the last LIVE                */
    uint32_t delay_ms; /* RECONNECTING: until the next attempt                   */
    uint32_t down_ms;  /* LIVE after a cut: how long the stream was down         */
    int32_t error;     /* why the last connection ended, upbit_error; 0 if none  */
    uint32_t tls;      /* 1: encrypted                                           */
    uint32_t reserved;
} upbit_state_event;

/* The stream is back after a cut: told once per comeback to everybody, by a cell of its own, so that
 * no later STATE replaces it. Who slept through several comebacks sees the last; `times` counts
 * them all. What was missed in between is told where it can be known (docs/GUIDE.md, recovery). */
typedef struct upbit_restored_event {
    upbit_event event;
    uint32_t session;  /* upbit_session                                                   */
    uint32_t down_ms;  /* from the last byte of the old connection, the machine's sleep included */
    uint32_t attempts; /* connection attempts it took                                     */
    uint32_t times;    /* comebacks since the manager was made                            */
} upbit_restored_event;

/* The events that follow came by a new connection of the session. */
typedef struct upbit_epoch_event {
    upbit_event event; /* event.epoch: the new one */
    uint32_t session;  /* upbit_session         */
    uint32_t previous; /* the epoch before; 0: none */
} upbit_epoch_event;

/* The end of a command that was given a request_id (in upbit_delivery). For unsubscribe and replace
 * no event of the old set follows it. */
typedef struct upbit_reply {
    upbit_event event;
    int32_t error; /* 0 or an upbit_error */
    uint32_t command; /* upbit_command */
    char detail[96]; /* e.g. which code is unknown; "" */
    uint32_t waited_ms; /* SNAPSHOT, ACQUIRE: how long it stood in line for a limit; of several
                           requests the one that did longest. 0: it had not to wait */
} upbit_reply;

typedef enum upbit_command {
    UPBIT_COMMAND_SUBSCRIBE = 1,
    UPBIT_COMMAND_UNSUBSCRIBE = 2,
    UPBIT_COMMAND_REPLACE = 3,
    UPBIT_COMMAND_UNSUBSCRIBE_ALL = 4,
    UPBIT_COMMAND_SNAPSHOT = 5,
    UPBIT_COMMAND_CANCEL = 6,
    UPBIT_COMMAND_ACQUIRE = 7 /* limiter.h */
} upbit_command;

/* Two kinds of hole.
 *
 * count > 0: `count` events of `lane_type` meant for this proxy, numbers first..last, were dropped
 * on their way to it, right before the event that follows.
 *
 * count 0: nobody knows how many. Trades of event.code that happened after `after_ms` and before
 * `before_ms` (the exchange's clock, of the last trade known and of the first one known behind the
 * hole) were missed in a cut and could not all be had back; those that could follow. This GAP stands
 * in the lane itself, where the hole is, and has a number like an event; a lane that drops it names
 * that number in a GAP of the other kind. */
typedef struct upbit_gap {
    upbit_event event;
    uint32_t lane_type; /* upbit_type */
    uint32_t reserved;
    uint64_t count, first, last; /* all 0 when nobody knows            */
    int64_t after_ms, before_ms; /* 0 unless count is 0; Unix time, ms */
} upbit_gap;

/* What went wrong, once per episode. */
typedef struct upbit_error_event {
    upbit_event event;
    int32_t error;        /* upbit_error                                                 */
    uint32_t session;     /* upbit_session                                               */
    uint32_t http_status; /* of a refused upgrade or a REST answer; 0 if none            */
    uint32_t count;       /* how many errors this event stands for, 1 or more            */
    char name[48];        /* the exchange's error.name, e.g. "INVALID_PARAM"; "" if none */
    char message[208];    /* what happened and what to do, UTF-8                         */
} upbit_error_event;

/* What upbit_manager_get_health or _get_stream_health answers has changed for a reason that no STATE
 * tells: compression was given up after faults, or is asked for again; the clock is wrong. A proxy that
 * was opened with `health` on gets one for every change of a session's level or reasons, each with what
 * the library is doing about it. The latest of each session only. */
typedef struct upbit_health_event {
    upbit_event event;
    int32_t level;    /* upbit_health_level (manager.h)                          */
    uint32_t session; /* upbit_session                                           */
    char reason[128]; /* for people: what happened and what the library does now */
    uint32_t reasons; /* upbit_health_reason, a set                              */
    uint32_t doing;   /* upbit_health_doing                                      */
    int64_t since_ms; /* Unix time since when this session's level is as it is   */
    int32_t overall;  /* upbit_health_level of the manager                       */
    uint32_t reserved;
} upbit_health_event;

/* The proxy will deliver nothing more. */
typedef struct upbit_closed_event {
    upbit_event event;
    int32_t error; /* 0: closed or shut down in order */
    uint32_t reserved;
} upbit_closed_event;

/* A key (event.code, key_type, unit, level) without data, without news, or with news again; or one that
 * the exchange's market list does not hold any more (DELISTED: the proxy's want of it is over) or holds
 * now (LISTED: a selector like KRW-* has taken it in). */
typedef struct upbit_key_event {
    upbit_event event; /* type NO_DATA, STALE, FRESH, DELISTED or LISTED */
    uint32_t key_type; /* upbit_type */
    uint32_t candle_unit; /* upbit_candle_unit of a candle; else 0 */
    upbit_decimal level;  /* of an order book; null for others     */
    int64_t age_ms; /* since the last event of the key, or since it was asked for; 0: neither */
} upbit_key_event;

/* A lossless lane was full: `lane_type` takes nothing more until it has been emptied. Then a GAP with the
 * exact count comes, and behind it the latest value of each key the proxy wants, with origin CACHE. */
typedef struct upbit_overflow_event {
    upbit_event event;
    uint32_t lane_type, reserved; /* upbit_type */
} upbit_overflow_event;

/* {"status":"UP"} */
typedef struct upbit_status_event {
    upbit_event event;
    const char *status; /* "UP" */
} upbit_status_event;

/* The exchange's answer to LIST_SUBSCRIPTIONS (docs.upbit.com: list-subscriptions). */
typedef struct upbit_subscription_row {
    const char *type; /* as on the wire, e.g. "candle.1m" */
    const char *const *codes; /* market codes; NULL: none (myAsset) */
    uint32_t code_count;      /* of codes                           */
    uint32_t reserved;
    upbit_decimal level; /* null unless an order book */
} upbit_subscription_row;

/* All of the answer. */
typedef struct upbit_subscriptions_event {
    upbit_event event;
    const char *method, *ticket; /* "LIST_SUBSCRIPTIONS", and the question's ticket */
    uint32_t row_count, reserved; /* of rows */
    const upbit_subscription_row *rows; /* inside the event */
} upbit_subscriptions_event;

/* A message of a type this version does not know. */
typedef struct upbit_raw {
    upbit_event event;
    const char *type_name; /* the exchange's, e.g. "indicator" */
    const char *text;      /* the JSON object as received */
    size_t length;         /* of text, bytes */
} upbit_raw;

/* NULL when e is NULL or of another type. The payload lives as long as the event. @thread any. */
UPBIT_API const upbit_state_event *upbit_event_state(const upbit_event *e);
UPBIT_API const upbit_restored_event *upbit_event_restored(const upbit_event *e);
UPBIT_API const upbit_epoch_event *upbit_event_epoch(const upbit_event *e);
UPBIT_API const upbit_reply *upbit_event_reply(const upbit_event *e);
UPBIT_API const upbit_gap *upbit_event_gap(const upbit_event *e);
UPBIT_API const upbit_error_event *upbit_event_error(const upbit_event *e);
UPBIT_API const upbit_health_event *upbit_event_health(const upbit_event *e);
UPBIT_API const upbit_closed_event *upbit_event_closed(const upbit_event *e);
UPBIT_API const upbit_key_event *upbit_event_key(const upbit_event *e);
UPBIT_API const upbit_overflow_event *upbit_event_overflow(const upbit_event *e);
UPBIT_API const upbit_status_event *upbit_event_status(const upbit_event *e);
UPBIT_API const upbit_subscriptions_event *upbit_event_subscriptions(const upbit_event *e);
UPBIT_API const upbit_raw *upbit_event_raw(const upbit_event *e);

/* "live", "connecting" ... @thread any. Static. */
UPBIT_API const char *upbit_state_name(int state);

#ifdef __cplusplus
}
#endif
#endif
