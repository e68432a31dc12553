/* What the code for each kind of machine says of a message, beside what the plain code says. */
#ifndef TESTS_UNIT_EXCHANGE_KINDS_H
#define TESTS_UNIT_EXCHANGE_KINDS_H

#include "rig.h"

/* To the last byte, but that each points into its own block. */
static inline int same_bytes(const decoded *a, const decoded *b)
{
    if (a->count != b->count || (a->count > 0 && a->events[0]->size != b->events[0]->size))
        return 0;
    if (a->count == 0)
        return 1;
    const char *x = (const char *)a->events[0], *y = (const char *)b->events[0];
    const size_t size = a->events[0]->size;
    size_t at = 0;
    for (; size - at >= sizeof(uintptr_t); at += sizeof(uintptr_t)) {
        uintptr_t v, w;
        memcpy(&v, x + at, sizeof v);
        memcpy(&w, y + at, sizeof w);
        if (v != w && v - (uintptr_t)x != w - (uintptr_t)y)
            return 0;
    }
    return memcmp(x + at, y + at, size - at) == 0;
}

static upbit__whole_function read_by_kind;
static unsigned wholes;

static inline int count_wholes(upbit__decoder *d, const char *message, size_t length,
                               const upbit__decode_output *out)
{
    int result = read_by_kind(d, message, length, out);
    wholes += result == 1;
    return result;
}

/* 0: this machine is not of that kind. What is read whole is counted. */
static inline unsigned use_kind(int kind)
{
    if (!upbit__decoder_use(rig_decoder, kind))
        return 0;
    if (rig_decoder->whole != NULL) {
        read_by_kind = rig_decoder->whole;
        rig_decoder->whole = count_wholes;
    }
    return 1;
}

/* What each kind says of a text is what the plain one says, bytes and reason; how many it read
 * whole. */
static inline unsigned compare_kinds(const char *message, size_t length)
{
    decoded first = {0};
    ck_assert_int_eq(upbit__decoder_use(rig_decoder, UPBIT__DECODER_PLAIN), 1);
    rig_decode_bytes(&first, message, length);
    const unsigned before = wholes;
    for (int kind = UPBIT__DECODER_PLAIN + 1; kind < UPBIT__DECODER_KINDS; kind++) {
        decoded d = {0};
        if (!use_kind(kind))
            continue;
        rig_decode_bytes(&d, message, length);
        ck_assert_msg(first.result == d.result && strcmp(first.reason, d.reason) == 0 &&
                          same_bytes(&first, &d),
                      "kind %d: %.*s\n%s\n%s", kind, (int)length, message, first.reason, d.reason);
        rig_free(&d);
    }
    rig_free(&first);
    return wholes - before;
}

#endif
