/* A pull reader for JSON (RFC 8259, strict): no tree, no allocation, the text stays where it is.
 *
 * A cursor is a plain pointer that the functions take and give back, so that it can live in a
 * register; NULL means the text is not JSON, and the reader then knows what and where. Nothing is
 * read at or behind `end` by the functions of json.c. The fast readers in the decoders look further
 * ahead, as far as `limit`; see upbit__json_near_end.
 *
 * Strict means: no leading zeros, no lone surrogates, no control characters in strings, UTF-8
 * without overlong forms, 32 levels at most. Skipping a value checks it all the same. */
#ifndef UPBIT_EXCHANGE_JSON_H
#define UPBIT_EXCHANGE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/decimal_parse.h"

#define UPBIT__JSON_DEPTH 32
/* How far beyond a member's start the fast readers may look, and beyond a book's row. */
#define UPBIT__JSON_AHEAD     96
#define UPBIT__JSON_AHEAD_ROW 256

typedef struct upbit__json {
    const char *end;   /* of the text                                                      */
    const char *limit; /* of what may be read, whatever it holds; >= end                   */
    const char *fault; /* what was wrong; NULL while all is well                           */
    size_t offset;     /* where, from the start of the text                                */
    const char *start; /* the text as given                                                */
    size_t tail_at;    /* offset of tail[0] in the text                                    */
    /* The last bytes of the text, copied here to have room for reading ahead behind them. */
    char tail[2 * UPBIT__JSON_AHEAD_ROW];
} upbit__json;

/* What a string turned out to be: its bytes between the quotes. */
typedef struct upbit__span {
    const char *at;
    size_t length;
    int escaped; /* has to be unescaped */
} upbit__span;

static inline void upbit__json_begin(upbit__json *r, const char *text, size_t length)
{
    r->start = text;
    r->end = r->limit = text + length;
    r->fault = NULL;
    r->offset = r->tail_at = 0;
}

/* Once, when p comes near the end: continues in `tail`. Call it where nothing points into the text
 * that must be read on from. */
const char *upbit__json_turn(upbit__json *r, const char *p);

static inline int upbit__json_near_end(const upbit__json *r, const char *p, int ahead)
{
    return r->limit - p < ahead && r->limit == r->end;
}

/* Notes the fault and returns NULL. */
const char *upbit__json_fail(upbit__json *r, const char *p, const char *what);

/* Behind white space, which may reach the end. */
static inline const char *upbit__json_space(const upbit__json *r, const char *p)
{
    while (p < r->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* p stands at the opening quote; behind the closing one. */
const char *upbit__json_string(upbit__json *r, const char *p, upbit__span *out);

/* Copies a string that upbit__json_string accepted, unescaped, to `to` (length bytes always
 * suffice, no NUL is written); the length. */
size_t upbit__json_unescape(char *to, const upbit__span *s);

/* p stands at '-' or a digit; behind the number. */
const char *upbit__json_number(upbit__json *r, const char *p);

/* Skips one value of any kind that stands within `depth` arrays and objects. */
const char *upbit__json_skip(upbit__json *r, const char *p, unsigned depth);

/* For objects read member by member, in any order and with any white space:
 *     p = upbit__json_open(r, p, '}', &more);
 *     while (p != NULL && more) { p = upbit__json_key(r, p, &key); ... value ...;
 *                                 p = upbit__json_next(r, p, '}', &more); }
 * p stands at the bracket, at a member, behind a value. Arrays: ']' and no key. */
const char *upbit__json_open(upbit__json *r, const char *p, char close, int *more);
const char *upbit__json_next(upbit__json *r, const char *p, char close, int *more);
/* The key and the colon; p then stands at the value. */
const char *upbit__json_key(upbit__json *r, const char *p, upbit__span *key);

static inline int upbit__span_is(const upbit__span *s, const char *text)
{
    size_t n = strlen(text);
    return s->length == n && memcmp(s->at, text, n) == 0;
}

#endif
