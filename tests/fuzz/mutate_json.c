/* JSON stays JSON: values change places, members come twice, go, or have another's name. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"
#include "upbit-live/event.h"

enum { PARTS = 512 };

/* Where values and names begin and end: strings, words, and what is between brackets. */
typedef struct parts {
    size_t count;
    size_t at[PARTS][2];
    int is_name[PARTS];
} parts;

static size_t string_end(const uint8_t *bytes, size_t size, size_t at)
{
    for (at++; at < size && bytes[at] != '"'; at++)
        at += bytes[at] == '\\';
    return at < size ? at + 1 : size;
}

static size_t bracket_end(const uint8_t *bytes, size_t size, size_t at)
{
    size_t depth = 0;
    while (at < size) {
        if (bytes[at] == '"') {
            at = string_end(bytes, size, at);
            continue;
        }
        depth += bytes[at] == '[' || bytes[at] == '{';
        depth -= bytes[at] == ']' || bytes[at] == '}';
        at++;
        if (depth == 0)
            break;
    }
    return at;
}

static void find_parts(parts *p, const uint8_t *bytes, size_t size)
{
    p->count = 0;
    for (size_t at = 0; at < size && p->count < PARTS;) {
        size_t end = at + 1, next = end;
        if (bytes[at] == '"')
            next = end = string_end(bytes, size, at);
        else if (bytes[at] == '[' || bytes[at] == '{')
            end = bracket_end(bytes, size, at);
        else if (isalnum(bytes[at]) || bytes[at] == '-')
            while (end < size && (isalnum(bytes[end]) || strchr("+-.", bytes[end]) != NULL))
                next = ++end;
        else {
            at++;
            continue;
        }
        p->is_name[p->count] = bytes[at] == '"' && end < size && bytes[end] == ':';
        p->at[p->count][0] = at;
        p->at[p->count++][1] = end;
        at = next;
    }
}

static const char *const values[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1E-8",
    "0.00000001",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1788335180377",
    "1788335180377000",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "123456789012345678901234567890123456789",
    "1.5e+10",
    "\"\"",
    "\"KRW-BTC\"",
    "\"\\u00e9\\ud83d\\ude00\\\"\"",
    "\"\xED\x95\x9C\"",
    "\"ASK\"",
    "\"RISE\"",
    "\"REALTIME\"",
    "\"SNAPSHOT\"",
    "\"2026-07-29T00:00:00\"",
    "\"2026-07-29T00:00:00+09:00\"",
    "\"12.5\"",
    "[]",
    "{}",
    "[[]]",
    "[{\"ask_price\":2,\"bid_price\":1,\"ask_size\":3,\"bid_size\":4}]",
    "{\"name\":\"x\",\"message\":\"y\"}",
};

static const char blanks[] = {' ', '\n', '\t', '\r'};

/* One of the exchange's names, of any type, in either format. */
static size_t known_name(fuzz_dice *d, char *to, size_t room)
{
    size_t count = 0;
    int type = UPBIT_TYPE_TICKER + (int)fuzz_below(d, UPBIT_TYPE_ANNOUNCEMENT);
    const upbit_field *fields = upbit_type_fields(type, &count);
    if (count == 0)
        return 0;
    const upbit_field *f = &fields[fuzz_below(d, count)];
    return (size_t)snprintf(to, room, "\"%s\"", fuzz_below(d, 2) == 0 ? f->name : f->simple);
}

/* A member from its name on, with the comma behind it; a value alone elsewhere. */
static void member_of(const parts *p, size_t i, const uint8_t *bytes, size_t size, size_t out[2])
{
    out[0] = p->at[i][0];
    out[1] = p->at[i][1];
    if (p->is_name[i] && i + 1 < p->count)
        out[1] = p->at[i + 1][1];
    if (out[1] < size && bytes[out[1]] == ',')
        out[1]++;
}

size_t fuzz_mutate_json(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                        fuzz_damage *damage)
{
    fuzz_dice d = {seed | 1};
    parts *p = malloc(sizeof *p);
    uint8_t *copy = malloc(most + 1);
    for (size_t turns = 1 + fuzz_below(&d, 4); p != NULL && copy != NULL && turns > 0; turns--) {
        find_parts(p, bytes, size);
        if (p->count == 0 || fuzz_below(&d, 4) == 0) {
            size = damage(bytes, size, most);
            break;
        }
        size_t i = fuzz_below(&d, p->count), k = fuzz_below(&d, p->count), span[2], other[2];
        const size_t *at = p->at[i];
        char name[64];
        switch (fuzz_below(&d, 7)) {
        case 0: { /* another value, or name */
            const char *value = values[fuzz_below(&d, sizeof values / sizeof *values)];
            size_t count = strlen(value);
            if (p->is_name[i] && (count = known_name(&d, name, sizeof name)) > 0)
                value = name;
            size = fuzz_splice(bytes, size, most, at[0], at[1], value, count);
            break;
        }
        case 1: /* somebody else's value */
            memcpy(copy, bytes + p->at[k][0], p->at[k][1] - p->at[k][0]);
            size = fuzz_splice(bytes, size, most, at[0], at[1], copy, p->at[k][1] - p->at[k][0]);
            break;
        case 2: /* a member goes */
            member_of(p, i, bytes, size, span);
            size = fuzz_splice(bytes, size, most, span[0], span[1], "", 0);
            break;
        case 3: /* a member twice, or at another place */
            member_of(p, i, bytes, size, span);
            member_of(p, k, bytes, size, other);
            memcpy(copy, bytes + span[0], span[1] - span[0]);
            size = fuzz_splice(bytes, size, most, other[0], other[0], copy, span[1] - span[0]);
            break;
        case 4: /* white space */
            size = fuzz_splice(bytes, size, most, at[i % 2], at[i % 2],
                               &blanks[fuzz_below(&d, sizeof blanks)], 1);
            break;
        case 5: /* deeper */
            size = fuzz_splice(bytes, size, most, at[1], at[1], "]", 1);
            size = fuzz_splice(bytes, size, most, at[0], at[0], "[", 1);
            break;
        default: /* inside of one value only */
            memcpy(copy, bytes + at[0], at[1] - at[0]);
            size = fuzz_splice(bytes, size, most, at[0], at[1], copy,
                               damage(copy, at[1] - at[0], most - (size - (at[1] - at[0]))));
            break;
        }
    }
    free(copy);
    free(p);
    return size;
}

size_t fuzz_mutate_told(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                        fuzz_damage *damage)
{
    if (size < 2 || most < 2 || seed % 8 == 0)
        return damage(bytes, size, most);
    return 1 + fuzz_mutate_json(bytes + 1, size - 1, most - 1, seed, damage);
}
