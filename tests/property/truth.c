#include "truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN 4096 /* trades a mock remembers of a market */

static void *more(void *at, size_t size)
{
    void *bigger = realloc(at, size);
    if (bigger == NULL)
        abort();
    return bigger;
}

static void gather_code(truth *t, const mock *m, int code)
{
    static int64_t ids[KNOWN];
    size_t n = mock_trades(m, universe_code[code], ids, KNOWN), have = t->happenings[code];
    int64_t last = have > 0 ? t->happened[code][have - 1] : 0;
    size_t from = 0;
    while (from < n && ids[from] <= last)
        from++;
    if (have > 0 && from == 0 && n == KNOWN) {
        fprintf(stderr, "the mock has forgotten trades of %s\n", universe_code[code]);
        exit(99);
    }
    t->happened[code] = more(t->happened[code], (have + n - from + 1) * sizeof *ids);
    memcpy(t->happened[code] + have, ids + from, (n - from) * sizeof *ids);
    t->happenings[code] = have + n - from;
}

void truth_gather(truth *t, const mock *m)
{
    mock_journal_read(m, &t->journal);
    for (int code = 0; code < FLEETING; code++)
        gather_code(t, m, code);
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_subject(const fact *a, const fact *b)
{
    int r = a->kind - b->kind;
    r = r != 0 ? r : a->code - b->code;
    r = r != 0 ? r : by_number(a->id, b->id);
    if (a->id == 0) {
        r = r != 0 ? r : by_number(a->window, b->window);
        r = r != 0 ? r : by_number(a->timestamp, b->timestamp);
    }
    return r;
}

static int by_subject_and_place(const void *left, const void *right)
{
    const fact *a = left, *b = right;
    int r = by_subject(a, b);
    return r != 0 ? r : by_number((int64_t)a->n, (int64_t)b->n);
}

void truth_settle(truth *t)
{
    t->facts = more(NULL, (t->journal.count + 1) * sizeof *t->facts);
    uint64_t last = 0;
    for (size_t i = 0; i < t->journal.count; i++) {
        const mock_sent *s = &t->journal.list[i];
        int kind = universe_kind_of(s->type, s->level), code = universe_find(s->code);
        if (s->stream != MOCK_REST && s->conn != last) {
            last = s->conn;
            t->connections++;
        }
        if (kind >= 0 && code >= 0)
            t->facts[t->count++] = (fact){.kind = (uint8_t)kind,
                                          .code = (uint8_t)code,
                                          .stream = s->stream,
                                          .late = s->late,
                                          .id = s->id,
                                          .timestamp = s->timestamp,
                                          .window = s->window,
                                          .n = s->n,
                                          .conn = s->conn,
                                          .values = s->values};
    }
    qsort(t->facts, t->count, sizeof *t->facts, by_subject_and_place);
}

void truth_learn(truth *t, const fact *f)
{
    if (f->conn >= t->received_count) {
        size_t count = (size_t)f->conn + 1;
        t->received = more(t->received, count * sizeof *t->received);
        memset(t->received + t->received_count, 0,
               (count - t->received_count) * sizeof *t->received);
        t->received_count = count;
    }
    if (t->received[f->conn] < f->n)
        t->received[f->conn] = f->n;
}

bool truth_was_received(const truth *t, const fact *f)
{
    return f->conn < t->received_count && f->n <= t->received[f->conn];
}

void truth_free(truth *t)
{
    free(t->received);
    free(t->journal.list);
    free(t->facts);
    for (int i = 0; i < CODES; i++)
        free(t->happened[i]);
    *t = (truth){0};
}

const fact *truth_find(const truth *t, int kind, int code, int64_t id, int64_t timestamp,
                       int64_t window, size_t *count)
{
    const fact key = {.kind = (uint8_t)kind,
                      .code = (uint8_t)code,
                      .id = id,
                      .timestamp = timestamp,
                      .window = window};
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_subject(&t->facts[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < t->count && by_subject(&t->facts[end], &key) == 0)
        end++;
    *count = end - low;
    return end > low ? &t->facts[low] : NULL;
}
