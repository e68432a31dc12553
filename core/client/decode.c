/* upbit_decode: the stream's decoder on a text the caller has. */
#include "upbit-live/decode.h"

#include <stdio.h>

#include "base/error_detail.h"
#include "exchange/decode.h"
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

int upbit_decode(const char *message, size_t length,
                 void (*each)(void *context, const upbit_event *event), void *context, char *reason,
                 size_t size)
{
    if (reason != NULL && size > 0)
        reason[0] = '\0';
    if (message == NULL || each == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s is NULL",
                                message == NULL ? "message" : "each");
    /* A decoder per call: it is a few kilobytes, and tools are in no hurry. */
    upbit__decoder *decoder;
    int error = upbit__decoder_create(&decoder);
    if (error < 0)
        return error;
    delivery d = {each, context, 0};
    upbit__decode_output out = {&d, allocate, deliver, NULL};
    int events = upbit__decode(decoder, message, length, &out, reason, size);
    upbit__decoder_destroy(decoder);
    if (events >= 0 && d.no_memory) {
        if (reason != NULL && size > 0)
            snprintf(reason, size, "out of memory");
        return UPBIT_ERROR_NO_MEMORY;
    }
    return events;
}
