/* /orderbook/instruments: price steps and supported groupings. */
#include <stdio.h>
#include <stdlib.h>

#include "exchange/json.h"
#include "exchange/request.h"
#include "exchange/rest_shapes.h"

typedef struct list {
    upbit__instrument *rows;
    size_t count, capacity;
} list;

/* A number, or one in a text; null for everything else. NULL: not JSON. */
static const char *read_number(upbit__json *r, const char *p, upbit_decimal *out)
{
    upbit__span s = {"", 0, 0};
    const char *end;
    *out = (upbit_decimal){.null = 1};
    if (*p == '"') {
        end = upbit__json_string(r, p, &s);
    } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
        end = upbit__json_number(r, p);
        if (end != NULL)
            s = (upbit__span){p, (size_t)(end - p), 0};
    } else {
        end = upbit__json_skip(r, p, 3);
    }
    if (end != NULL && s.length > 0 && !s.escaped && upbit__decimal_read(out, s.at, s.length) != 0)
        *out = (upbit_decimal){.null = 1};
    return end;
}

static const char *read_levels(upbit__json *r, const char *p, upbit__instrument *to)
{
    int more;
    to->level_count = 0;
    if (*p != '[')
        return upbit__json_skip(r, p, 2);
    p = upbit__json_open(r, p, ']', &more);
    while (p != NULL && more) {
        upbit_decimal level;
        p = read_number(r, p, &level);
        if (p != NULL && !level.null && !level.negative && to->level_count < UPBIT__REST_LEVELS_MAX)
            to->levels[to->level_count++] = level;
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
    }
    return p;
}

static const char *read_row(upbit__json *r, const char *p, upbit__instrument *to)
{
    int more;
    *to = (upbit__instrument){.tick_size.null = 1};
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key, value;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        if (upbit__span_is(&key, "market") && *p == '"') {
            p = upbit__json_string(r, p, &value);
            if (p == NULL)
                return NULL;
            memset(to->code, 0, sizeof to->code);
            if (!value.escaped && value.length < sizeof to->code)
                memcpy(to->code, value.at, value.length);
        } else if (upbit__span_is(&key, "tick_size")) {
            p = read_number(r, p, &to->tick_size);
        } else if (upbit__span_is(&key, "supported_levels")) {
            p = read_levels(r, p, to);
        } else {
            p = upbit__json_skip(r, p, 2);
        }
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    return p;
}

static int make_room(list *l)
{
    if (l->count < l->capacity)
        return 1;
    size_t capacity = l->capacity == 0 ? 16 : 2 * l->capacity;
    upbit__instrument *rows = realloc(l->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return 0;
    l->rows = rows;
    l->capacity = capacity;
    return 1;
}

static int refuse(list *l, int error, char *reason, size_t size, const char *text)
{
    free(l->rows);
    if (reason != NULL && size > 0)
        snprintf(reason, size, "%s", text);
    return error;
}

int upbit__rest_instruments(upbit__instrument **out, size_t *count, const char *body, size_t length,
                            char *reason, size_t reason_size)
{
    list l = {NULL, 0, 0};
    *out = NULL;
    *count = 0;
    upbit__json reader, *r = &reader;
    upbit__json_begin(r, body, length);
    const char *p = upbit__json_space(r, body);
    if (p == r->end || *p != '[')
        return upbit__rest_error(body, length, reason, reason_size);
    /* Once through, so that the readers need not look out for the end. */
    const char *end = upbit__json_skip(r, p, 0);
    if (end != NULL && upbit__json_space(r, end) != r->end)
        end = upbit__json_fail(r, end, "something follows the array");
    if (end == NULL)
        return refuse(&l, UPBIT_ERROR_DECODE, reason, reason_size, r->fault);
    int more;
    p = upbit__json_open(r, p, ']', &more);
    while (p != NULL && more) {
        if (!make_room(&l))
            return refuse(&l, UPBIT_ERROR_NO_MEMORY, reason, reason_size, "out of memory");
        upbit__instrument *row = &l.rows[l.count];
        if (*p == '{') {
            p = read_row(r, p, row);
            l.count += upbit__code_check(row->code) ? 1 : 0;
        } else {
            p = upbit__json_skip(r, p, 1);
        }
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
    }
    if (reason != NULL && reason_size > 0)
        reason[0] = '\0';
    if (l.count == 0) {
        free(l.rows);
        return 0;
    }
    *out = l.rows;
    *count = l.count;
    return 0;
}
