/* upbit-live/event.h - what every event has in common.
 *
 * An event is one immutable block of memory, made once and shared by all who receive it. It begins
 * with the upbit_event header below; behind it lies the payload of its type (market.h, account.h,
 * control.h). Get at the payload with the accessor of that type, which answers NULL for any other:
 *
 *     const upbit_trade *t = upbit_event_trade(d.event);
 *     if (t != NULL) ...
 *
 * Ownership: upbit_proxy_next gives you one reference; upbit_event_unref gives it back, in any thread.
 * Keep an event as long as you like: it counts against the library's memory budget until you let go.
 * Never modify an event and never embed a payload struct by value: they grow at their end in later
 * versions (size says how far this one goes). Ignore types you do not know.
 *
 * Fields the exchange left out or sent as null: `present` and `nulls` have a bit for each field of the
 * payload, in the order of upbit_type_fields(); decimals carry a null mark of their own, strings are
 * NULL, enums are 0. Members this version does not know, and values of enums it does not know, are
 * carried on as text: upbit_event_extra(). */
#ifndef UPBIT_LIVE_EVENT_H
#define UPBIT_LIVE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "upbit-live/decimal.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum upbit_type {
    /* What can be subscribed to. */
    UPBIT_TYPE_TICKER = 1,
    UPBIT_TYPE_TRADE = 2,
    UPBIT_TYPE_ORDERBOOK = 3,
    UPBIT_TYPE_CANDLE = 4,
    UPBIT_TYPE_MY_ORDER = 5,
    UPBIT_TYPE_MY_ASSET = 6,
    UPBIT_TYPE_ANNOUNCEMENT = 7,
    /* A type this version does not know, as text. */
    UPBIT_TYPE_RAW = 15,
    /* What the library says about itself. */
    UPBIT_TYPE_STATE = 16,
    UPBIT_TYPE_EPOCH = 17,
    UPBIT_TYPE_REPLY = 18,
    UPBIT_TYPE_GAP = 19,
    UPBIT_TYPE_NO_DATA = 20,
    UPBIT_TYPE_STALE = 21,
    UPBIT_TYPE_FRESH = 22,
    UPBIT_TYPE_ERROR = 23,
    UPBIT_TYPE_HEALTH = 24,
    UPBIT_TYPE_CLOSED = 25,
    UPBIT_TYPE_OVERFLOW = 26,
    UPBIT_TYPE_DELISTED = 27,
    UPBIT_TYPE_LISTED = 28,
    UPBIT_TYPE_RESTORED = 29,
    /* Frames that are not data: {"status":"UP"} and the LIST_SUBSCRIPTIONS reply. */
    UPBIT_TYPE_STATUS = 32,
    UPBIT_TYPE_SUBSCRIPTIONS = 33
} upbit_type;

typedef enum upbit_stream {
    UPBIT_STREAM_NONE = 0,
    UPBIT_STREAM_SNAPSHOT = 1,
    UPBIT_STREAM_REALTIME = 2,
    UPBIT_STREAM_UNKNOWN = 255
} upbit_stream;

typedef enum upbit_origin {
    UPBIT_ORIGIN_STREAM = 0,
    UPBIT_ORIGIN_REST = 1,
    UPBIT_ORIGIN_CACHE = 2,
    UPBIT_ORIGIN_BACKFILL = 3, /* a trade missed in a cut; stream REALTIME, it is volume */
    UPBIT_ORIGIN_LOCAL = 4 /* made by the library itself */
} upbit_origin;

/* The header. Every payload struct begins with one. */
typedef struct upbit_event {
    uint32_t size;       /* bytes from here to the end of the payload with its arrays and strings */
    uint16_t type;       /* upbit_type                                                            */
    uint16_t schema;     /* version of the payload's layout, 1                                    */
    uint8_t stream;      /* upbit_stream                                                          */
    uint8_t origin;      /* upbit_origin                                                          */
    uint16_t flags;      /* 0                                                                     */
    uint32_t epoch;      /* raised at every reconnect of the session the event came by            */
    int64_t exchange_ms; /* the exchange's `timestamp`, Unix time in ms; 0 if none                */
    int64_t received_ns; /* when its bytes were read, CLOCK_MONOTONIC, ns                         */
    int64_t received_ms; /* the same moment as Unix time, ms                                      */
    int64_t received_wall_ns; /* and in ns                                                        */
    uint64_t present;    /* bit i: the message had field i of upbit_type_fields                   */
    uint64_t nulls;      /* bit i: it had it as null                                              */
    const char *extra;   /* see upbit_event_extra; NULL if nothing                                */
    char code[24];       /* market code, NUL-terminated; "" where a type has none                 */
} upbit_event;

/* One more reference, and one less. The last one to go recycles the block. NULL is allowed.
 * @thread any. */
UPBIT_API void upbit_event_ref(const upbit_event *e);
UPBIT_API void upbit_event_unref(const upbit_event *e);

/* The members of the message this version does not know, and enum values it does not know, as the
 * text of a JSON object with full field names where known, e.g. {"new_field":1,"change":"SIDEWAYS"};
 * NULL when there are none. Belongs to the event. @thread any. */
UPBIT_API const char *upbit_event_extra(const upbit_event *e);

/* The type's lower-case name as used on the command line: "ticker", "trade", "orderbook", "candle",
 * "myOrder", "myAsset", "state", "gap" ...; "unknown". @thread any. Static. */
UPBIT_API const char *upbit_type_name(int type);
UPBIT_API const char *upbit_stream_name(int stream); /* "SNAPSHOT", "REALTIME", "" */
UPBIT_API const char *upbit_origin_name(int origin); /* "stream", "rest", "cache", "backfill", "local" */

/* One line of JSON (no newline): the exchange's full field names in its own order, decimals as strings
 * of plain digits, ids and times as JSON numbers, nulls as null, fields that were absent left out,
 * empty book slots dropped (a side with fewer rows shows null), unknown members as they came; then
 * "epoch", "origin" and "received_ns" (Unix time of receipt in ns). Returns the length needed without
 * the NUL, like snprintf. @thread any. */
UPBIT_API size_t upbit_event_to_json(const upbit_event *e, char *buffer, size_t size);

/* The fields of a payload, for bindings and generic printing. */
typedef enum upbit_field_kind {
    UPBIT_FIELD_DECIMAL = 1,   /* upbit_decimal                                   */
    UPBIT_FIELD_INT = 2,       /* int64_t                                         */
    UPBIT_FIELD_BOOL = 3,      /* uint8_t, 0 or 1                                 */
    UPBIT_FIELD_STRING = 4,    /* const char *, NULL when absent or null          */
    UPBIT_FIELD_TYPE = 5,      /* upbit_event.type                                */
    UPBIT_FIELD_CODE = 6,      /* upbit_event.code                                */
    UPBIT_FIELD_STREAM = 7,    /* upbit_event.stream                              */
    UPBIT_FIELD_TIMESTAMP = 8, /* int64_t Unix ms, sent in ms or us               */
    UPBIT_FIELD_ARRAY = 9,     /* orderbook_units, assets                         */
    UPBIT_FIELD_ENUM = 10      /* uint8_t; the names by upbit_field_enum_name     */
} upbit_field_kind;

/* One member of a message, and where its value lies. */
typedef struct upbit_field {
    const char *name;   /* as in the DEFAULT format, e.g. "trade_price" */
    const char *simple; /* as in the SIMPLE format, e.g. "tp"           */
    uint8_t kind;       /* upbit_field_kind                             */
    uint8_t required;   /* 1: a message without it is rejected          */
    uint8_t enumeration; /* which enum, for UPBIT_FIELD_ENUM            */
    uint8_t reserved;
    uint16_t offset;    /* from the start of the payload struct         */
} upbit_field;

/* The fields of a data type in the exchange's wire order; NULL and *count 0 for types without any.
 * @thread any. Static. */
UPBIT_API const upbit_field *upbit_type_fields(int type, size_t *count);

/* 1: the message had a value for field `index`; 0: it had null; -1: it had no such member.
 * @thread any. */
UPBIT_API int upbit_event_has(const upbit_event *e, size_t index);

/* The exchange's spelling of value `value` of a field's enum, e.g. "RISE"; NULL for 0 and unknown.
 * @thread any. Static. */
UPBIT_API const char *upbit_field_enum_name(const upbit_field *field, int value);

#ifdef __cplusplus
}
#endif
#endif
