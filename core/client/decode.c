/* upbit_decode and upbit_decode_rest: the library's decoders on a text the caller has. */
#include "upbit-live/decode.h"

#include <stdio.h>

#include "base/error_detail.h"
#include "exchange/decode.h"
#include "exchange/rest_shapes.h"
#include "queue/pool.h"

typedef struct delivery {
    void (*each)(void *context, const upbit_event *event);
    void *context;
    int no_memory;
} delivery;

static upbit_event *allocate(void *context, size_t size)
{
    upbit_event *e = upbit__event_allocate(size);
    if (e == NULL)
        ((delivery *)context)->no_memory = 1;
    return e;
}

static void deliver(void *context, upbit_event *event)
{
    const delivery *d = context;
    d->each(d->context, event);
}

/* What is to be decoded, and how; type 0: a message of the stream. */
typedef struct job {
    const char *text;
    size_t length;
    int type;
    unsigned unit;
} job;

/* The reason is the caller's, if it gave a place for one, and this thread's error detail. */
static int fail(int error, const char *why, char *reason, size_t size)
{
    if (reason != NULL && size > 0)
        snprintf(reason, size, "%s", why);
    return upbit__error_set(error, "%s", why);
}

static int decode(const job *j, delivery *d, char *reason, size_t size)
{
    if (reason != NULL && size > 0)
        reason[0] = '\0';
    if (j->text == NULL || d->each == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s is NULL",
                                j->text == NULL ? "the text" : "each");
    /* A decoder per call: it is a few kilobytes, and tools are in no hurry. */
    upbit__decoder *decoder;
    int error = upbit__decoder_create(&decoder);
    if (error < 0)
        return fail(error, "out of memory", reason, size);
    char why[256] = "";
    upbit__decode_output out = {.context = d, .allocate = allocate, .event = deliver};
    size_t bad = 0;
    int events = j->type == 0 ? upbit__decode(decoder, j->text, j->length, &out, why, sizeof why)
                              : upbit__rest_decode(decoder, j->type, j->unit, j->text, j->length,
                                                   &out, &bad, why, sizeof why);
    upbit__decoder_destroy(decoder);
    if (events >= 0 && d->no_memory)
        return fail(UPBIT_ERROR_NO_MEMORY, "out of memory", reason, size);
    if (events >= 0 && bad == 0)
        return events;
    return fail(events < 0 ? events : UPBIT_ERROR_DECODE, why, reason, size);
}

int upbit_decode(const char *message, size_t length,
                 void (*each)(void *context, const upbit_event *event), void *context, char *reason,
                 size_t size)
{
    delivery d = {each, context, 0};
    return decode(&(job){message, length, 0, 0}, &d, reason, size);
}

int upbit_decode_rest(int type, unsigned unit, const char *body, size_t length,
                      void (*each)(void *context, const upbit_event *event), void *context,
                      char *reason, size_t size)
{
    delivery d = {each, context, 0};
    /* -1 is no type either, and not mistaken for the stream. */
    return decode(&(job){body, length, type == 0 ? -1 : type, unit}, &d, reason, size);
}
