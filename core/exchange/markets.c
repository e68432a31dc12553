#include "exchange/markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/json.h"
#include "exchange/request.h"

struct upbit__markets {
    size_t count, capacity;
    upbit__market *list;
    char *text; /* all strings, each with its NUL; never longer than the body */
    size_t used;
};

void upbit__markets_destroy(upbit__markets *m)
{
    if (m == NULL)
        return;
    free(m->list);
    free(m->text);
    free(m);
}

static const char *keep(upbit__markets *m, const upbit__span *s)
{
    char *to = m->text + m->used;
    size_t n = upbit__json_unescape(to, s);
    to[n] = '\0';
    m->used += n + 1;
    return to;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const upbit__market *)a)->code, ((const upbit__market *)b)->code);
}

/* One market; NULL: not JSON. Entries without a usable code are left out, not refused: one odd
 * entry must not make the whole list unusable. */
static const char *read_market(upbit__markets *m, upbit__json *r, const char *p)
{
    static const char *const names[3] = {"market", "korean_name", "english_name"};
    upbit__market market = {"", "", ""};
    const char **const to[3] = {&market.code, &market.korean_name, &market.english_name};
    int more;
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key, value;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        unsigned k = 0;
        while (k < 3 && !upbit__span_is(&key, names[k]))
            k++;
        if (k < 3 && p < r->end && *p == '"') {
            p = upbit__json_string(r, p, &value);
            if (p != NULL)
                *to[k] = keep(m, &value);
        } else {
            p = upbit__json_skip(r, p, 2);
        }
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    if (p == NULL || !upbit__code_check(market.code))
        return p;
    m->list[m->count++] = market;
    return p;
}

static int make_room(upbit__markets *m)
{
    if (m->count < m->capacity)
        return 1;
    size_t capacity = m->capacity * 2;
    upbit__market *list = realloc(m->list, capacity * sizeof *list);
    if (list == NULL)
        return 0;
    m->list = list;
    m->capacity = capacity;
    return 1;
}

static int refuse(upbit__markets *m, int error, char *reason, size_t size, const char *text)
{
    upbit__markets_destroy(m);
    if (reason != NULL && size > 0)
        snprintf(reason, size, "%s", text);
    return error;
}

int upbit__markets_parse(upbit__markets **out, const char *body, size_t length, char *reason,
                         size_t size)
{
    *out = NULL;
    upbit__markets *m = calloc(1, sizeof *m);
    if (m == NULL)
        return refuse(m, UPBIT_ERROR_NO_MEMORY, reason, size, "out of memory");
    m->capacity = 512;
    m->list = malloc(m->capacity * sizeof *m->list);
    m->text = malloc(length + 1);
    if (m->list == NULL || m->text == NULL)
        return refuse(m, UPBIT_ERROR_NO_MEMORY, reason, size, "out of memory");
    upbit__json reader, *r = &reader;
    upbit__json_begin(r, body, length);
    const char *p = upbit__json_space(r, body);
    if (p == r->end || *p != '[')
        return refuse(m, UPBIT_ERROR_DECODE, reason, size, "the list of markets is not an array");
    int more;
    p = upbit__json_open(r, p, ']', &more);
    while (p != NULL && more) {
        if (!make_room(m))
            return refuse(m, UPBIT_ERROR_NO_MEMORY, reason, size, "out of memory");
        p = p < r->end && *p == '{' ? read_market(m, r, p) : upbit__json_skip(r, p, 1);
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
    }
    if (p != NULL && upbit__json_space(r, p) != r->end)
        p = upbit__json_fail(r, p, "something follows the list");
    if (p == NULL)
        return refuse(m, UPBIT_ERROR_DECODE, reason, size, r->fault);
    if (m->count == 0)
        return refuse(m, UPBIT_ERROR_DECODE, reason, size, "the list of markets is empty");
    qsort(m->list, m->count, sizeof *m->list, by_code);
    size_t kept = 1;
    for (size_t i = 1; i < m->count; i++)
        if (strcmp(m->list[i].code, m->list[kept - 1].code) != 0)
            m->list[kept++] = m->list[i];
    m->count = kept;
    *out = m;
    return 0;
}

size_t upbit__markets_count(const upbit__markets *m)
{
    return m->count;
}

const upbit__market *upbit__markets_at(const upbit__markets *m, size_t index)
{
    return &m->list[index];
}

const upbit__market *upbit__markets_find(const upbit__markets *m, const char *code)
{
    upbit__market key = {code, "", ""};
    return bsearch(&key, m->list, m->count, sizeof *m->list, by_code);
}

size_t upbit__markets_range(const upbit__markets *m, const char *prefix, size_t *first)
{
    size_t length = strlen(prefix), low = 0, high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->list[middle].code, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (high < m->count && strncmp(m->list[high].code, prefix, length) == 0)
        high++;
    return high - low;
}
