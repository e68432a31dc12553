/* Decodes the body of a REST answer, copied to a block of exactly its size, and keeps the events.
 */
#ifndef TESTS_UNIT_EXCHANGE_REST_RIG_H
#define TESTS_UNIT_EXCHANGE_REST_RIG_H

#include "exchange/rest_shapes.h"
#include "rig.h"

typedef struct answer {
    int result;
    size_t bad;
    char reason[200];
    upbit_event *events[512];
    size_t count;
    unsigned refused;
    int no_room; /* set before: blocks are refused */
} answer;

static inline upbit_event *answer_allocate(void *context, size_t size)
{
    return ((answer *)context)->no_room ? NULL : rig_allocate(NULL, size);
}

static inline void answer_event(void *context, upbit_event *event)
{
    answer *a = context;
    ck_assert_uint_lt(a->count, 512);
    a->events[a->count++] = event;
}

static inline void answer_refused(void *context, const upbit_event *event)
{
    ck_assert_str_ne(event->code, "");
    ((answer *)context)->refused++;
}

static inline void answer_free(answer *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->events[i]);
    a->count = 0;
}

/* The events of the answer before are freed. */
static inline void answer_bytes(answer *a, int type, unsigned unit, const char *body, size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    rig_need_decoder();
    memcpy(exact, body, length);
    upbit__decode_output out = {.context = a,
                                .allocate = answer_allocate,
                                .event = answer_event,
                                .refused = answer_refused};
    answer_free(a);
    a->refused = 0;
    a->bad = 99;
    a->result = upbit__rest_decode(rig_decoder, type, unit, exact, length, &out, &a->bad, a->reason,
                                   sizeof a->reason);
    free(exact);
}

static inline void answer_text(answer *a, int type, unsigned unit, const char *body)
{
    answer_bytes(a, type, unit, body, strlen(body));
}

/* A file of a folder named in the environment; NULL when it is not there. To be freed. */
static inline char *answer_read(const char *folder, const char *name, size_t *length)
{
    char path[4096];
    const char *root = getenv(folder);
    snprintf(path, sizeof path, "%s/%s", root != NULL ? root : "", name);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return NULL;
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getdelim(&text, &size, '\0', f);
    fclose(f);
    ck_assert_int_gt(n, 0);
    *length = (size_t)n;
    return text;
}

static inline void answer_file(answer *a, int type, unsigned unit, const char *name)
{
    size_t length;
    char *text = answer_read("UPBIT_TEST_DATA", name, &length);
    ck_assert_msg(text != NULL, "%s", name);
    answer_bytes(a, type, unit, text, length);
    free(text);
}

#endif
