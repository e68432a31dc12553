/* What is missing: was it told? A trade that was received on a connection and dropped on its way
 * has a number, and a GAP names it. One that was missed in a cut lies in a hole that a GAP of
 * unknown size tells, or was filled. */
#include <inttypes.h>
#include <stdlib.h>

#include "report.h"
#include "verdict_inside.h"

#define SHOWN_MS 300 /* around what is missing */

/* The frames of the stream that brought a trade. */
typedef struct frames {
    const fact *first, *last; /* NULL: it was never sent */
    const fact *received;     /* the first that the library is known to have read; NULL: none */
} frames;

static frames frames_of(const truth *t, int code, int64_t id)
{
    frames r = {NULL, NULL, NULL};
    size_t count;
    const fact *all = truth_find(t, KIND_TRADE, code, id, 0, 0, &count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].stream == MOCK_REST || all[i].late)
            continue;
        r.first = r.first == NULL ? &all[i] : r.first;
        r.last = &all[i];
        if (r.received == NULL && truth_was_received(t, &all[i]))
            r.received = &all[i];
    }
    return r;
}

/* Nothing of it was on the wire, but trades before and after it on one connection: the exchange
 * left it out (muted, or forgotten). */
static bool was_left_out(const truth *t, int code, size_t at)
{
    const fact *before = NULL, *after = NULL;
    for (size_t i = at; i > 0 && before == NULL; i--)
        before = frames_of(t, code, t->happened[code][i - 1]).last;
    for (size_t i = at + 1; i < t->happenings[code] && after == NULL; i++)
        after = frames_of(t, code, t->happened[code][i]).first;
    return before != NULL && after != NULL && before->conn == after->conn;
}

static bool has(delivered *const *sorted, size_t count, int64_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle]->got->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low]->got->id == id;
}

static void add(misses *m, miss one)
{
    if (m->count == m->cap) {
        m->cap = m->cap == 0 ? 64 : m->cap * 2;
        m->at = realloc(m->at, m->cap * sizeof *m->at);
        if (m->at == NULL)
            abort();
    }
    m->at[m->count++] = one;
}

static bool is_streamed(const delivered *d)
{
    return d->from != NULL && d->got->origin == UPBIT_ORIGIN_STREAM;
}

/* The numbers of those that came before and after it for sure. False: none after it. */
static bool enclose(miss *between, const delivered *list, size_t count, const frames *f)
{
    *between = (miss){.after = 0};
    for (size_t i = 0; i < count; i++) {
        if (!is_streamed(&list[i]))
            continue;
        if (list[i].until < f->first->n)
            between->after = list[i].got->number;
        if (between->before == 0 && list[i].from->n > f->received->n)
            between->before = list[i].got->number;
    }
    return between->before != 0;
}

/* A hole in the trades of this code that this moment lies in, or a GAP that may name that hole. */
static bool was_told(const widget *w, int code, int64_t id, uint64_t after, uint64_t before)
{
    int64_t ms = id / 10000;
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type != UPBIT_TYPE_GAP || g->kind != UPBIT_TYPE_TRADE)
            continue;
        if (g->first == 0 && g->code == code && g->timestamp <= ms && ms <= g->window)
            return true;
        if (g->first != 0 && g->last > after && g->first < before)
            return true;
    }
    return false;
}

/* The numbers of the trades of this era around it, by id. */
static void neighbours(delivered *const *sorted, size_t count, int64_t id, uint64_t *after,
                       uint64_t *before)
{
    *after = 0;
    *before = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = sorted[i]->got->number;
        if (sorted[i]->got->id < id && number > *after)
            *after = number;
        if (sorted[i]->got->id > id && number < *before)
            *before = number;
    }
}

/* A value from the cache was the latest when it was queued: but after a cut the stream goes on
 * behind the hole, which is not told to those who came later. */
static size_t beginning(const delivered *list, size_t count)
{
    size_t i = 0;
    while (i + 1 < count && list[i].got->origin == UPBIT_ORIGIN_CACHE &&
           (!is_streamed(&list[i + 1]) || list[i].from == NULL ||
            list[i].from->conn != list[i + 1].from->conn))
        i++;
    return i;
}

static bool is_near(int64_t id, int64_t other)
{
    int64_t apart = other / 10000 - id / 10000;
    return apart >= -SHOWN_MS && apart <= SHOWN_MS;
}

/* What was delivered, sent and told around a trade that is missing, for the reader of the report.
 */
static void show(const widget *w, const truth *t, int code, int64_t id)
{
    const receipt *before = NULL, *after = NULL; /* however long */
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type != UPBIT_TYPE_TRADE || g->code != code || g->answer)
            continue;
        before = g->id < id ? g : before;
        after = after == NULL && g->id > id ? g : after;
    }
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type == UPBIT_TYPE_TRADE && g->code == code && !g->answer &&
            (g == before || g == after || is_near(id, g->id)))
            report_more("had %" PRId64 " number %" PRIu64 " %s %s epoch %" PRIu32 " era %" PRIu32
                        " wanted since %" PRId64,
                        g->id, g->number, upbit_stream_name(g->stream),
                        upbit_origin_name(g->origin), g->epoch, g->era, g->since_ms);
    }
    for (size_t i = 0; i < t->happenings[code]; i++) {
        size_t sent;
        int64_t other = t->happened[code][i];
        if (!is_near(id, other))
            continue;
        const fact *all = truth_find(t, KIND_TRADE, code, other, 0, 0, &sent);
        report_more("happened %" PRId64 "%s", other, sent == 0 ? ", was not sent" : "");
        for (size_t k = 0; k < sent; k++)
            report_more("    sent %" PRIu64 " %s connection %" PRIu64 "%s%s", all[k].n,
                        all[k].stream == MOCK_REST       ? "by REST"
                        : all[k].stream == MOCK_SNAPSHOT ? "SNAPSHOT"
                                                         : "REALTIME",
                        all[k].conn, all[k].late ? " late" : "",
                        truth_was_received(t, &all[k]) ? "" : " unknown whether received");
    }
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type != UPBIT_TYPE_GAP || g->kind != UPBIT_TYPE_TRADE)
            continue;
        if (g->first != 0)
            report_more("told as lost: numbers %" PRIu64 "..%" PRIu64, g->first, g->last);
        else if (g->code == code)
            report_more("told as missed: %" PRId64 "..%" PRId64, g->timestamp, g->window);
    }
}

/* A trade that this want should have had, had it been received: since it began, as it wants it. */
static bool concerns(const widget *w, const truth *t, const delivered *start, const frames *f)
{
    if (f->first == NULL)
        return true;
    if (f->first->id / 10000 < start->got->called_ms)
        return false; /* back-fill may begin before that: it looks behind the last that was known */
    uint64_t place = start->until;
    if (start->got->origin == UPBIT_ORIGIN_CACHE) { /* of whichever time it was sent */
        frames first = frames_of(t, start->got->code, start->got->id);
        place = first.last != NULL ? first.last->n : 0;
    } else if (place == 0 && start->from != NULL) {
        place = start->from->n;
    }
    return f->first->n >= place &&
           (w->regime != REGIME_REALTIME || f->first->stream == MOCK_REALTIME);
}

void verdict_losses(const widget *w, const truth *t, const delivered *list, size_t count,
                    delivered *const *sorted, misses *missing)
{
    const delivered *start = &list[beginning(list, count)];
    int code = list[0].got->code;
    int64_t low = start->got->id, high = sorted[count - 1]->got->id;
    bool shown = false;
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++)
        if (is_streamed(&list[i]) && list[i].from->n > end)
            end = list[i].from->n;
    for (size_t i = 0; i < t->happenings[code]; i++) {
        int64_t id = t->happened[code][i];
        if (id <= low || id >= high || has(sorted, count, id))
            continue;
        frames f = frames_of(t, code, id);
        if (!concerns(w, t, start, &f))
            continue;
        miss one;
        if (f.received != NULL) {
            if (enclose(&one, list, count, &f)) {
                one.id = id;
                one.code = code;
                add(missing, one);
            }
            continue;
        }
        if (f.first != NULL && f.first->n > end)
            continue; /* behind the last that was taken: the want ended before */
        int64_t since_ms = list[count - 1].got->since_ms;
        if (since_ms == 0 || id / 10000 <= since_ms)
            continue; /* it happened before anybody here wanted it */
        uint64_t after, before;
        neighbours(sorted, count, id, &after, &before);
        if ((f.first == NULL && was_left_out(t, code, i)) || was_told(w, code, id, after, before))
            continue;
        report_wrong("%s: trade %" PRId64 " of %s was missed in a cut (%s) and nothing tells it; "
                     "numbers %" PRIu64 "..%" PRIu64,
                     w->id, id, universe_code[code], f.first == NULL ? "never sent" : "sent", after,
                     before);
        if (!shown)
            show(w, t, code, id);
        shown = true;
    }
}

/* ---- numbers ---- */

static int by_end(const void *left, const void *right)
{
    const miss *a = left, *b = right;
    return (a->before > b->before) - (a->before < b->before);
}

/* All numbers that GAPs of the trade lane name, ascending. */
static uint64_t *named_numbers(const widget *w, size_t *count)
{
    uint64_t *list = NULL;
    size_t cap = 0;
    *count = 0;
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type != UPBIT_TYPE_GAP || g->kind != UPBIT_TYPE_TRADE || g->first == 0)
            continue;
        for (uint64_t n = g->first; n <= g->last; n++) {
            if (*count == cap) {
                cap = cap == 0 ? 256 : cap * 2;
                list = realloc(list, cap * sizeof *list);
                if (list == NULL)
                    abort();
            }
            list[(*count)++] = n;
        }
    }
    return list;
}

static size_t next_free(size_t *next, size_t i)
{
    while (next[i] != i)
        i = next[i] = next[next[i]];
    return i;
}

void verdict_match(const widget *w, const truth *t, misses *missing)
{
    bool shown = false;
    if (missing->count == 0)
        return;
    size_t count;
    uint64_t *numbers = named_numbers(w, &count);
    size_t *next = calloc(count + 1, sizeof *next);
    if (next == NULL)
        abort();
    for (size_t i = 0; i <= count; i++)
        next[i] = i;
    /* The earliest end first, each the smallest number that is left: if any way exists, this is
     * one. */
    qsort(missing->at, missing->count, sizeof *missing->at, by_end);
    for (size_t i = 0; i < missing->count; i++) {
        const miss *m = &missing->at[i];
        size_t low = 0, high = count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (numbers[middle] <= m->after)
                low = middle + 1;
            else
                high = middle;
        }
        size_t at = next_free(next, low);
        if (at < count && numbers[at] < m->before) {
            next[at] = at + 1;
        } else {
            report_wrong("%s: trade %" PRId64 " of %s was sent and received, and neither delivered "
                         "nor told as lost; its number would be %" PRIu64 "..%" PRIu64,
                         w->id, m->id, universe_code[m->code], m->after + 1, m->before - 1);
            if (!shown)
                show(w, t, m->code, m->id);
            shown = true;
        }
    }
    free(next);
    free(numbers);
}

/* ---- exactly ---- */

static int by_place(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

bool verdict_exact(const widget *w, const truth *t)
{
    uint64_t *places = calloc(t->count + 1, sizeof *places);
    if (places == NULL)
        abort();
    size_t count = 0, judged = 0;
    for (size_t i = 0; i < t->count; i++) {
        const fact *f = &t->facts[i];
        if (f->kind == KIND_TRADE && w->want[universe_key(KIND_TRADE, f->code)].by_name &&
            frames_of(t, f->code, f->id).first == f)
            places[count++] = f->n;
    }
    qsort(places, count, sizeof *places, by_place);
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (g->type != UPBIT_TYPE_TRADE || g->answer)
            continue;
        const fact *f = frames_of(t, g->code, g->id).first;
        const uint64_t *at =
            f != NULL ? bsearch(&f->n, places, count, sizeof *places, by_place) : NULL;
        if (at == NULL || (uint64_t)(at - places) + 1 != g->number) {
            report_wrong(
                "%s: trade %" PRId64 " of %s has number %" PRIu64 " and is the %td. that was sent",
                w->id, g->id, universe_code[g->code], g->number, at != NULL ? at - places + 1 : 0);
            break;
        }
        judged++;
    }
    free(places);
    return judged > 0;
}
