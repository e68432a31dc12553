#include "queue/bundle.h"

#include <assert.h>
#include <stdlib.h>

upbit__bundle *upbit__bundle_create(uint32_t capacity)
{
    upbit__bundle *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (upbit__bundle){.capacity = capacity};
    b->events = malloc((capacity > 0 ? capacity : 1) * sizeof *b->events);
    if (b->events == NULL) {
        free(b);
        return NULL;
    }
    return b;
}

void upbit__bundle_add(upbit__bundle *b, const upbit_event *e)
{
    assert(b->count < b->capacity && "a bundle was made too small");
    b->events[b->count++] = e;
}

void upbit__bundle_destroy(upbit__bundle *b)
{
    if (b == NULL)
        return;
    for (uint32_t i = b->at; i < b->count; i++)
        upbit_event_unref(b->events[i]);
    free(b->events);
    free(b);
}
