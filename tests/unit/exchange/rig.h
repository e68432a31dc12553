/* Decodes a text and keeps what came of it. The text is copied to a block of exactly its size
 * first, so that a sanitizer sees every byte that is read behind it. */
#ifndef TESTS_UNIT_EXCHANGE_RIG_H
#define TESTS_UNIT_EXCHANGE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/decoder.h"
#include "support/check_main.h"

typedef struct decoded {
    int result;
    char reason[200];
    upbit_event *events[8];
    unsigned count, refused;
    int refused_type;
    int no_room; /* set before: blocks are refused */
} decoded;

static inline upbit_event *rig_allocate(void *context, size_t size)
{
    if (context != NULL && ((decoded *)context)->no_room)
        return NULL;
    upbit_event *e = malloc(size);
    if (e != NULL)
        memset(e, 0xA5, size); /* the pool does not clear blocks either */
    return e;
}

static inline void rig_event(void *context, upbit_event *event)
{
    decoded *d = context;
    if (d->count < 8)
        d->events[d->count++] = event;
    else
        free(event);
}

static inline void rig_refused(void *context, const upbit_event *event)
{
    decoded *d = context;
    d->refused++;
    d->refused_type = event != NULL ? event->type : 0;
}

static inline void rig_discard(void *context, upbit_event *block)
{
    (void)context;
    free(block);
}

static upbit__decoder *rig_decoder;

static inline void rig_need_decoder(void)
{
    if (rig_decoder != NULL)
        return;
    ck_assert_int_eq(upbit__decoder_create(&rig_decoder), 0);
    /* As on a machine of that kind. One that this machine is not leaves its own. */
    const char *kind = getenv("UPBIT_TEST_KIND");
    if (kind != NULL && !upbit__decoder_use(rig_decoder, atoi(kind)))
        printf("# no machine of kind %s\n", kind);
}

static inline void rig_decode_bytes(decoded *d, const char *text, size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    rig_need_decoder();
    memcpy(exact, text, length);
    upbit__decode_output out = {d, rig_allocate, rig_event, rig_refused, rig_discard};
    d->count = d->refused = 0;
    d->result = upbit__decode(rig_decoder, exact, length, &out, d->reason, sizeof d->reason);
    free(exact);
}

static inline void rig_free(decoded *d)
{
    for (unsigned i = 0; i < d->count; i++)
        free(d->events[i]);
    d->count = 0;
}

/* One event, or the test fails with the reason. */
static inline const upbit_event *rig_one(decoded *d, const char *text)
{
    *d = (decoded){0};
    rig_decode_bytes(d, text, strlen(text));
    ck_assert_msg(d->result == 1 && d->count == 1, "%d %s: %s", d->result, d->reason, text);
    return d->events[0];
}

/* Refused, with `part` in the reason. */
static inline void rig_bad(const char *text, const char *part)
{
    decoded d = {0};
    rig_decode_bytes(&d, text, strlen(text));
    ck_assert_msg(d.result == UPBIT_ERROR_DECODE, "%d: %s", d.result, text);
    ck_assert_msg(strstr(d.reason, part) != NULL, "'%s' is not in '%s': %s", part, d.reason, text);
    rig_free(&d);
}

static inline const char *rig_decimal(const upbit_decimal *d)
{
    static char text[4][UPBIT_DECIMAL_STRING_SIZE];
    static unsigned turn;
    char *to = text[turn++ % 4];
    upbit_decimal_to_string(d, to, UPBIT_DECIMAL_STRING_SIZE);
    return to;
}

static inline char *rig_json(const upbit_event *e)
{
    size_t n = upbit_event_to_json(e, NULL, 0);
    char *text = malloc(n + 1);
    ck_assert_uint_eq(upbit_event_to_json(e, text, n + 1), n);
    ck_assert_uint_eq(strlen(text), n);
    return text;
}

#endif
