/* What was delivered: sent like this, in this order, once. */
#include "verdict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "verdict_inside.h"

/* The best prices alone, when rows may be missing. */
static bool same_values(const receipt *g, const char *sent)
{
    if (!g->cut || (g->kind != KIND_BOOK && g->kind != KIND_LEVEL))
        return strcmp(g->values, sent) == 0;
    const char *end = strchr(g->values, ' ');
    end = end != NULL ? strchr(end + 1, ' ') : NULL;
    return end != NULL && strncmp(g->values, sent, (size_t)(end - g->values) + 1) == 0;
}

static bool same_stream(const receipt *g, const fact *f)
{
    if (f->stream == MOCK_REST)
        return false;
    return g->stream ==
           (f->stream == MOCK_SNAPSHOT ? UPBIT_STREAM_SNAPSHOT : UPBIT_STREAM_REALTIME);
}

static void describe(const widget *w, const receipt *g, const char *what, const char *more)
{
    report_wrong("%s: %s: %s of %s id %" PRId64 " timestamp %" PRId64 " window %" PRId64
                 " (%s, %s, epoch %" PRIu32 ", number %" PRIu64 ") %s, %s",
                 w->id, what, upbit_type_name(g->type), universe_code[g->code], g->id, g->timestamp,
                 g->window, upbit_stream_name(g->stream), upbit_origin_name(g->origin), g->epoch,
                 g->number, g->values, more);
}

/* Finds the message it came from: behind the last one of its key when it came by the stream. */
static const fact *source(const widget *w, const truth *t, const receipt *g, uint64_t behind)
{
    size_t count;
    const fact *all = truth_find(t, g->kind, g->code, g->id, g->timestamp, g->window, &count);
    bool by_stream = g->origin == UPBIT_ORIGIN_STREAM;
    if (g->origin == UPBIT_ORIGIN_REST && g->type != UPBIT_TYPE_TRADE)
        return NULL; /* not in the journal */
    if (count == 0) {
        describe(w, g, "nobody sent this", "");
        return NULL;
    }
    const fact *equal = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!same_values(g, all[i].values) || (by_stream && !same_stream(g, &all[i])))
            continue;
        equal = &all[i];
        if (!by_stream || equal->n > behind)
            return equal;
    }
    if (equal != NULL && g->answer)
        return equal;
    if (equal == NULL)
        describe(w, g, "other numbers than were sent", all[0].values);
    else
        describe(w, g, "out of order, or twice", "");
    return NULL;
}

static bool may_be(const receipt *g, const fact *f)
{
    return same_values(g, f->values) && same_stream(g, f);
}

void verdict_learn(const widget *w, truth *t)
{
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        size_t count, fitting = 0, which = 0;
        if (g->type == UPBIT_TYPE_GAP || g->origin != UPBIT_ORIGIN_STREAM || g->answer)
            continue;
        const fact *all = truth_find(t, g->kind, g->code, g->id, g->timestamp, g->window, &count);
        for (size_t k = 0; k < count; k++)
            if (may_be(g, &all[k])) {
                fitting++;
                which = k;
            }
        if (fitting == 1)
            truth_learn(t, &all[which]);
    }
}

/* The last frames by which the events of a key may have come: each before that of the next. */
static void look_back(const truth *t, delivered *list, size_t count)
{
    uint64_t before = UINT64_MAX;
    for (size_t i = count; i > 0; i--) {
        delivered *d = &list[i - 1];
        const receipt *g = d->got;
        if (d->from == NULL || g->origin != UPBIT_ORIGIN_STREAM)
            continue;
        size_t frames;
        const fact *all = truth_find(t, g->kind, g->code, g->id, g->timestamp, g->window, &frames);
        d->until = d->from->n;
        for (size_t k = 0; k < frames; k++)
            if (may_be(g, &all[k]) && all[k].n < before && all[k].n > d->until)
                d->until = all[k].n;
        before = d->until;
    }
}

static bool is_of(const receipt *g, int key)
{
    return g->type != UPBIT_TYPE_GAP && !g->answer &&
           universe_key((subject)g->kind, g->code) == key;
}

/* Another value of the same time was sent: it may have stood between two that are equal, unseen. */
static bool had_another(const truth *t, const receipt *g)
{
    size_t count;
    const fact *all = truth_find(t, g->kind, g->code, g->id, g->timestamp, g->window, &count);
    for (size_t i = 0; i < count; i++)
        if (all[i].stream != MOCK_REST && !same_values(g, all[i].values))
            return true;
    return false;
}

/* Tickers and books: not older than the last by less than five seconds; the same once. */
static void judge_pair(const widget *w, const truth *t, const receipt *before, const receipt *g)
{
    if (g->origin != UPBIT_ORIGIN_STREAM || before->origin != UPBIT_ORIGIN_STREAM ||
        g->may_double || g->kind == KIND_TRADE || g->window != before->window)
        return;
    if (g->timestamp < before->timestamp && before->timestamp - g->timestamp < 5000)
        describe(w, g, "older than the one before", before->values);
    if (g->timestamp == before->timestamp && g->stream == before->stream && !g->cut &&
        strcmp(g->values, before->values) == 0 && !had_another(t, g))
        describe(w, g, "twice", "");
}

static int by_id(const void *left, const void *right)
{
    const delivered *a = *(delivered *const *)left, *b = *(delivered *const *)right;
    return (a->got->id > b->got->id) - (a->got->id < b->got->id);
}

/* Of one era: no trade twice, but as the first that a lossless lane tells when it begins anew. */
static void judge_doubles(const widget *w, delivered *list, size_t count, delivered **sorted)
{
    for (size_t i = 0; i < count; i++)
        sorted[i] = &list[i];
    qsort(sorted, count, sizeof *sorted, by_id);
    for (size_t i = 1; i < count; i++) {
        if (sorted[i]->got->id != sorted[i - 1]->got->id)
            continue;
        const receipt *a = sorted[i - 1]->got, *b = sorted[i]->got;
        bool anew = (a->origin == UPBIT_ORIGIN_CACHE && a->after_overflow) ||
                    (b->origin == UPBIT_ORIGIN_CACHE && b->after_overflow);
        if (!anew)
            describe(w, a > b ? a : b, "a trade twice", upbit_origin_name((a > b ? b : a)->origin));
    }
}

static void judge_era(const widget *w, const truth *t, delivered *list, size_t count,
                      misses *missing)
{
    if (w->regime == REGIME_SNAPSHOT || count == 0 || list[0].got->kind != KIND_TRADE ||
        list[0].got->code >= FLEETING)
        return;
    delivered **sorted = calloc(count, sizeof *sorted);
    if (sorted == NULL)
        abort();
    judge_doubles(w, list, count, sorted);
    look_back(t, list, count);
    verdict_losses(w, t, list, count, sorted, missing);
    free(sorted);
}

static void judge_key(const widget *w, const truth *t, int key, delivered *list, misses *missing)
{
    size_t count = 0;
    uint64_t behind = 0;
    const receipt *before = NULL;
    for (size_t i = 0; i < w->got.count; i++) {
        const receipt *g = &w->got.at[i];
        if (!is_of(g, key))
            continue;
        if (g->unsure)
            break;
        if (before == NULL || g->era != before->era) {
            judge_era(w, t, list, count, missing);
            count = 0;
            behind = 0;
            before = NULL;
        }
        const fact *from = source(w, t, g, behind);
        if (from != NULL && g->origin == UPBIT_ORIGIN_STREAM)
            behind = from->n;
        if (before != NULL)
            judge_pair(w, t, before, g);
        list[count++] = (delivered){g, from, 0};
        before = g;
    }
    judge_era(w, t, list, count, missing);
}

void verdict_of(const widget *w, const truth *t)
{
    delivered *list = calloc(w->got.count + 1, sizeof *list);
    misses missing = {0};
    if (list == NULL)
        abort();
    for (int key = 0; key < KEYS; key++)
        judge_key(w, t, key, list, &missing);
    for (size_t i = 0; i < w->got.count; i++)
        if (w->got.at[i].answer)
            (void)source(w, t, &w->got.at[i], 0);
    verdict_match(w, t, &missing);
    free(missing.at);
    free(list);
}
