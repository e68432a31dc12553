/* The exchange's fields, once: a table per type serves the decoder, upbit_type_fields and the JSON
 * writer. Bit i of upbit_event.present and .nulls is entry i. */
#ifndef UPBIT_EXCHANGE_FIELDS_H
#define UPBIT_EXCHANGE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "upbit-live/account.h"
#include "upbit-live/control.h"
#include "upbit-live/market.h"

/* A member's name as it stands on the wire, quotes and colon with it, ready to be compared at once.
 */
typedef struct upbit__pattern {
    char text[32];
    uint32_t mask; /* a bit for each byte that counts */
    uint32_t length;
} upbit__pattern;

/* Another name of a field. */
typedef struct upbit__alias {
    const char *name; /* NULL ends the list */
    unsigned field;
} upbit__alias;

typedef struct upbit__type_info {
    const char *name;                  /* as in `type`; candle: without the unit */
    const upbit_field *fields;         /* count + 1 of them, the last is no field */
    const upbit__pattern *patterns[2]; /* DEFAULT, SIMPLE; as many, the last is no name */
    uint32_t count;
    uint32_t size;                   /* of the payload struct */
    uint64_t all, required, strings; /* bits of the fields */
    const upbit__alias *aliases;     /* NULL: none */
} upbit__type_info;

/* TICKER .. ANNOUNCEMENT; NULL for others. */
const upbit__type_info *upbit__type_table(int type);

/* The same for the rows of the REST answers, TICKER .. CANDLE: the fields are the stream's, some
 * have other names and others are required. MY_ORDER, too; NULL for other types. */
const upbit__type_info *upbit__rest_table(int type);

/* Field 0 is `type` and field 1 is `code`, where a type has one. */
enum { UPBIT__FIELD_TYPE_INDEX = 0, UPBIT__FIELD_CODE_INDEX = 1 };
/* Of a trade: what a REST row says in another way. */
enum { UPBIT__TRADE_TIMESTAMP_INDEX = 5, UPBIT__TRADE_CHANGE_INDEX = 10 };
enum { UPBIT__ORDER_SIDE_INDEX = 3, UPBIT__ORDER_TIME_INDEX = 26, UPBIT__ASSET_ROWS_INDEX = 2 };

typedef enum upbit__enumeration {
    UPBIT__ENUM_NONE,
    UPBIT__ENUM_CHANGE,
    UPBIT__ENUM_SIDE,
    UPBIT__ENUM_MARKET_STATE,
    UPBIT__ENUM_MARKET_WARNING,
    UPBIT__ENUM_ORDER_TYPE,
    UPBIT__ENUM_ORDER_STATE,
    UPBIT__ENUM_TIME_IN_FORCE,
    UPBIT__ENUM_SMP_TYPE,
    UPBIT__ENUM_ANNOUNCEMENT,
    UPBIT__ENUM_CATEGORY,
    UPBIT__ENUMS
} upbit__enumeration;

/* An enum's name, with its quotes ready to be compared at once. mask 0 ends the list. */
typedef struct upbit__enum_entry {
    char text[16];
    uint32_t mask; /* a bit for each byte that counts */
    uint8_t length, value;
    const char *name;
} upbit__enum_entry;

extern const upbit__enum_entry upbit__enum_table[UPBIT__ENUMS][10];

/* The value of an enum's name that is `length` bytes at `at`; 255 when it is not known. */
unsigned upbit__enum_value(unsigned enumeration, const char *at, size_t length);

#endif
