/* The decoder's inside, shared by the decode_*.c files.
 *
 * One object of a message is taken apart into the scratch here, then (decode.c) copied out. What is
 * in the scratch is valid until the next object. The payload structs are never cleared: fields that
 * were absent are reset one by one (most messages have them all), padding stays zero for ever. */
#ifndef UPBIT_EXCHANGE_DECODER_H
#define UPBIT_EXCHANGE_DECODER_H

/* decode_members.c, decode_wire.c, decode_whole.c and decode_rows.c are compiled again for machines
 * with AVX2, and once more for those with AVX-512, with UPBIT__KIND behind these names; see
 * upbit__decoder_use. */
#ifdef UPBIT__KIND
#define UPBIT__NAMED_(name, kind) name##_##kind
#define UPBIT__NAMED(name, kind)  UPBIT__NAMED_(name, kind)
#define upbit__decode_members     UPBIT__NAMED(upbit__decode_members, UPBIT__KIND)
#define upbit__decode_wire        UPBIT__NAMED(upbit__decode_wire, UPBIT__KIND)
#define upbit__decode_whole       UPBIT__NAMED(upbit__decode_whole, UPBIT__KIND)
#define upbit__decode_candle      UPBIT__NAMED(upbit__decode_candle, UPBIT__KIND)
#define upbit__decode_book        UPBIT__NAMED(upbit__decode_book, UPBIT__KIND)
#define upbit__decode_units       UPBIT__NAMED(upbit__decode_units, UPBIT__KIND)
#define upbit__decode_assets      UPBIT__NAMED(upbit__decode_assets, UPBIT__KIND)
#endif

#include "exchange/decode.h"
#include "exchange/fields.h"
#include "exchange/json.h"

/* A member that goes to `extra`. */
typedef struct upbit__extra {
    int32_t field; /* its full name is this field's; -1: key is as it came */
    uint32_t key_length;
    const char *key; /* between the quotes */
    const char *value;
    size_t length;
} upbit__extra;

typedef const char *(*upbit__members_function)(upbit__decoder *d, const upbit__type_info *info,
                                               const char *p, unsigned next, uint64_t present);

typedef int (*upbit__whole_function)(upbit__decoder *d, const char *message, size_t length,
                                     const upbit__decode_output *out);

struct upbit__decoder {
    upbit__members_function members; /* upbit__decode_members of one kind or another */
    upbit__whole_function whole;     /* upbit__decode_whole of one that has it; or NULL */
    char date[16];                   /* of the last candle read by it, yyyy-MM-dd; "": none */
    int64_t date_ms;
    unsigned candle_head; /* and what it began with, see decode_candle.c */
    upbit__json json;
    /* The payload of each type, as last decoded. */
    upbit_ticker ticker;
    upbit_trade trade;
    upbit_orderbook orderbook;
    upbit_candle candle;
    upbit_my_order my_order;
    upbit_my_asset my_asset;
    upbit_announcement announcement;
    /* What belongs to it. */
    upbit_book_row *asks, *bids;
    uint32_t row_capacity;
    upbit_asset *assets;
    uint32_t asset_capacity;
    upbit_asset_cost *costs; /* of REST's accounts */
    uint32_t cost_count, cost_capacity;
    char *text; /* strings, each with its NUL */
    size_t text_length, text_capacity;
    upbit__extra *extras;
    size_t extra_count, extra_capacity;
    char *extra_text;
    size_t extra_length, extra_text_capacity;
    /* The object at hand. */
    int type; /* upbit_type; 0: refused                           */
    int simple;
    unsigned depth; /* levels open at the object's values */
    unsigned candle_unit, candle_length;
    char candle_name[8]; /* of candle_unit, candle_length bytes with the closing quote; 0: none yet
                          */
    upbit__span type_name;
    upbit__span error, status, method; /* at NULL: no such member */
    const char *object, *object_end;
    int retry; /* `type` came again with another value              */
    int no_memory;
    char refusal[160]; /* why the object is refused; "" while it is not */
};

/* The first refusal of an object counts. */
void upbit__decoder_refuse(upbit__decoder *d, const char *field, const char *what);

/* The payload struct of a type that has a table. */
void *upbit__decoder_payload(upbit__decoder *d, int type);

/* Reads the members of an object of a type with a table: p stands at a member (or at the closing
 * bracket), `next` is the field expected there. Behind the closing bracket. */
const char *upbit__decode_members(upbit__decoder *d, const upbit__type_info *info, const char *p,
                                  unsigned next, uint64_t present);

/* The kinds of machine there is code for; all have the first. */
enum { UPBIT__DECODER_PLAIN, UPBIT__DECODER_AVX2, UPBIT__DECODER_AVX512, UPBIT__DECODER_KINDS };

/* 1: decodes with the code of that kind from now on. 0: it stays as it is, for this machine cannot
 * run it, or it was not built. A new decoder has the last kind that there is; this is for tests. */
int upbit__decoder_use(upbit__decoder *d, int kind);

/* The members of a trade or a candle from field 1 on, as far as they stand in wire order
 * without white space and hold values of the usual shape; p stands at field 1. Where it stopped,
 * with *next and *present to go on with; *behind: at what follows a value. Other types: p as it
 * was. */
const char *upbit__decode_wire(upbit__decoder *d, const char *p, unsigned *next, uint64_t *present,
                               uint64_t *nulls, int *behind);

/* A message that is nothing but one ticker, trade, candle or order book in wire order, without
 * white space and with values of the usual shape, as an event. 1; 0: it is not that; -1: there was
 * no room for it. In both cases nothing else has happened, but that a block may have been given
 * back. The code for AVX-512 has it, and for AVX2 that for all but tickers. */
int upbit__decode_whole(upbit__decoder *d, const char *message, size_t length,
                        const upbit__decode_output *out);

/* The same for a candle; simple: in the SIMPLE format. 64 bytes or more; by the code for AVX2 as
 * many as decode_parts.h says. */
int upbit__decode_candle(upbit__decoder *d, const char *message, size_t length, int simple,
                         const upbit__decode_output *out);

/* And for an order book, where blocks can be given back. */
int upbit__decode_book(const char *message, size_t length, int simple,
                       const upbit__decode_output *out);

/* The unit whose name and closing quote stand at p, in candle_unit and candle_name; 0: none. */
int upbit__decoder_unit(upbit__decoder *d, const char *p);

/* The value of orderbook_units and of assets; p stands at the value. */
const char *upbit__decode_units(upbit__decoder *d, const char *p);
const char *upbit__decode_assets(upbit__decoder *d, const char *p);

/* One value of that kind. *state: */
enum { UPBIT__VALUE_OK, UPBIT__VALUE_NULL, UPBIT__VALUE_BAD };
const char *upbit__decode_decimal(upbit__decoder *d, const char *p, upbit_decimal *out, int *state);
/* Also `1.0` and `1.7E12`, as long as the value is an integer that fits. */
const char *upbit__decode_integer(upbit__decoder *d, const char *p, int64_t *out, int *state);
/* Unix ms, from ms or us. */
const char *upbit__decode_timestamp(upbit__decoder *d, const char *p, int64_t *out, int *state);
/* A string without NUL characters, copied to the text scratch. */
const char *upbit__decode_text(upbit__decoder *d, const char *p, const char **out, int *state);
/* A string to be looked at until the next value is read. */
const char *upbit__decode_plain(upbit__decoder *d, const char *p, upbit__span *out, int *state);
const char *upbit__decode_code(upbit__decoder *d, const char *p, char code[24], int *state);
const char *upbit__decode_stream(upbit__decoder *d, const char *p, uint8_t *out, int *state);
const char *upbit__decode_enum(upbit__decoder *d, const char *p, unsigned enumeration, uint8_t *out,
                               int *state);
const char *upbit__decode_bool(upbit__decoder *d, const char *p, uint8_t *out, int *state);

#define UPBIT__YEAR_2100_MS 4102444800000LL
/* The exchange sent microseconds in August 2023. */
#define UPBIT__MICROSECONDS_FROM 1000000000000000LL

/* 0 when there is no memory (d->no_memory is set). */
int upbit__decoder_add_extra(upbit__decoder *d, int field, const upbit__span *key,
                             const char *value, const char *end);
/* Takes back what was carried on for a field that came again. */
void upbit__decoder_drop_extra(upbit__decoder *d, int field);

/* Takes the object at p apart, whatever it is, `depth` levels open at its values. NULL: not JSON,
 * or no memory. d->type is what came of it, 0: refused. */
const char *upbit__decode_object(upbit__decoder *d, const char *p, unsigned depth);

/* The parts of upbit__decode_object and of upbit__decode that rows of REST answers share. */
/* Forgets the last object. */
void upbit__decoder_start(upbit__decoder *d, unsigned depth);
/* What the table does not know about a type; then d->type is 0 if anything refused the object. */
void upbit__decoder_finish(upbit__decoder *d);
/* Scratch for a text of that length, and d->json at its start. 0, DECODE (too long), NO_MEMORY. */
int upbit__decoder_begin(upbit__decoder *d, const char *text, size_t length, char *reason,
                         size_t reason_size);
/* The object at hand as an event. 0 when there is no memory. */
int upbit__decoder_emit(upbit__decoder *d, const upbit__decode_output *out);
/* NO_MEMORY or DECODE, with what and where. */
int upbit__decoder_fail(upbit__decoder *d, char *reason, size_t reason_size);

/* "yyyy-MM-ddTHH:mm:ss" as Unix ms; -1 when it is not that. */
int64_t upbit__parse_utc(const char *text);

/* decode_other.c: errors, status, LIST_SUBSCRIPTIONS, unknown types. */
int upbit__other_prepare(upbit__decoder *d);
size_t upbit__other_size(upbit__decoder *d);
void upbit__other_fill(upbit__decoder *d, upbit_event *e, size_t size);

#endif
