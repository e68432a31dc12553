#include "oracle.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "support/journal.h"

enum { KNOWN = 4096 };

static bool of_kind(const mock_sent *s, int type, const char *code)
{
    const char *name = upbit_type_name(type);
    return strncmp(s->type, name, strlen(name)) == 0 && strcmp(s->code, code) == 0;
}

static bool same(const mock_sent *s, const note *n)
{
    return n->type == UPBIT_TYPE_TRADE    ? s->id == n->id
           : n->type == UPBIT_TYPE_CANDLE ? s->timestamp == n->ms && s->window == n->id
                                          : s->timestamp == n->ms;
}

void oracle_hush(void)
{
    stage_order("mute");
    /* Nothing more is sent. What is on its way comes in order, and is here when a while of looking
     * finds nothing new; a sanitizer's build needs longer. */
    uint64_t seen = 0;
    for (int quiet = 0; quiet < 10; quiet++) {
        stage_run(20);
        if (stage_stats().messages_received != seen)
            quiet = 0;
        seen = stage_stats().messages_received;
    }
}

/* A snapshot was newer than the stream: the message with the same state is a repeat. */
static bool had(const tape *t, int type, const char *code, const mock_sent *sent)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].type == type && t->at[i].stream == UPBIT_STREAM_SNAPSHOT &&
            strcmp(t->at[i].code, code) == 0 && same(sent, &t->at[i]))
            return true;
    return false;
}

size_t oracle_whole(const tape *t, int type, const char *code)
{
    mock_journal journal = {0};
    mock_journal_read(&exchange, &journal);
    ck_assert_uint_eq(journal.lost, 0);
    size_t count = 0, at = 0;
    for (size_t i = 0; i < t->count; i++) {
        const note *n = &t->at[i];
        if (n->type != type || strcmp(n->code, code) != 0 || n->stream != UPBIT_STREAM_REALTIME)
            continue;
        while (at < journal.count && (journal.list[at].stream != MOCK_REALTIME ||
                                      !of_kind(&journal.list[at], type, code) ||
                                      (!same(&journal.list[at], n) &&
                                       (count == 0 || had(t, type, code, &journal.list[at])))))
            at++;
        ck_assert_msg(at < journal.count && same(&journal.list[at], n),
                      "%s, %s %s: number %zu on the tape (%lld) is not what was sent (%lld)",
                      upbit_proxy_client_id(t->proxy), upbit_type_name(type), code, count,
                      (long long)n->ms,
                      at < journal.count ? (long long)journal.list[at].timestamp : 0);
        at++;
        count++;
    }
    for (; at < journal.count; at++)
        ck_assert_msg(journal.list[at].stream != MOCK_REALTIME ||
                          !of_kind(&journal.list[at], type, code) ||
                          had(t, type, code, &journal.list[at]),
                      "%s, %s %s: the tape ends before what was sent",
                      upbit_proxy_client_id(t->proxy), upbit_type_name(type), code);
    free(journal.list);
    return count;
}

size_t oracle_true(const tape *t, int type, const char *code)
{
    mock_journal journal = {0};
    mock_journal_read(&exchange, &journal);
    ck_assert_uint_eq(journal.lost, 0);
    size_t sent = 0; /* of this kind, to the front */
    for (size_t i = 0; i < journal.count; i++)
        if (journal.list[i].stream != MOCK_REST && of_kind(&journal.list[i], type, code))
            journal.list[sent++] = journal.list[i];
    bool *used = calloc(sent + 1, sizeof *used);
    size_t count = 0, unused = 0;
    for (size_t i = 0; i < t->count; i++) {
        const note *n = &t->at[i];
        if (n->type != type || strcmp(n->code, code) != 0 || n->origin != UPBIT_ORIGIN_STREAM)
            continue;
        while (used[unused])
            unused++;
        size_t at = unused;
        while (at < sent && (used[at] || !same(&journal.list[at], n)))
            at++;
        ck_assert_msg(at < sent, "%s: %s %s of %lld was not sent, or not so often",
                      upbit_proxy_client_id(t->proxy), upbit_type_name(type), code,
                      (long long)n->ms);
        used[at] = true;
        count++;
    }
    free(used);
    free(journal.list);
    return count;
}

static size_t index_of(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return i;
    return count;
}

size_t oracle_trades(const tape *t, const char *code)
{
    static int64_t ids[KNOWN];
    size_t known = mock_trades(&exchange, code, ids, KNOWN), holes = 0, next = known;
    const note *hole = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const note *n = &t->at[i];
        if (n->type == UPBIT_TYPE_GAP) {
            ck_assert_uint_eq(n->count, 0); /* none was dropped here */
            if (strcmp(n->code, code) == 0) {
                hole = n;
                holes++;
            }
        }
        if (n->type != UPBIT_TYPE_TRADE || strcmp(n->code, code) != 0 || n->request_id != 0)
            continue;
        if (known > 0 && n->id < ids[0] && next == known)
            continue; /* before what the mock remembers */
        size_t at = index_of(ids, known, n->id);
        ck_assert_msg(at < known, "%lld never happened", (long long)n->id);
        if (next < known) { /* the one before it is known */
            ck_assert_msg(at >= next, "%lld is late or there twice", (long long)n->id);
            for (; next < at; next++) {
                int64_t ms = ids[next] / 10000; /* the mock's ids are times */
                ck_assert_msg(hole != NULL && ms >= hole->after && ms <= hole->before,
                              "%lld is missing, and no GAP says so", (long long)ids[next]);
            }
        }
        next = at + 1;
        hole = NULL;
    }
    return holes;
}

void oracle_values(tape *t, const char *code)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TRADE;
    want.count = 500;
    want.codes = &code;
    want.code_count = 1;
    enum { ASKED = 4711 };
    ck_assert_int_eq(upbit_proxy_get_snapshot(t->proxy, &want, 20000, ASKED), 0);
    size_t end = tape_reply(t, ASKED), begin = end, trades = 0, tickers = 0;
    while (begin > 0 && t->at[begin - 1].request_id == ASKED)
        begin--;
    for (size_t i = 0; i < begin; i++) {
        const note *n = &t->at[i];
        if ((n->type != UPBIT_TYPE_TRADE && n->type != UPBIT_TYPE_TICKER) ||
            strcmp(n->code, code) != 0)
            continue;
        int at_that_time = 0, right = 0;
        for (size_t k = begin; k < end; k++) {
            const note *r = &t->at[k];
            if (n->type == UPBIT_TYPE_TRADE ? r->id != n->id : r->trade_ms != n->trade_ms)
                continue;
            at_that_time++;
            right += upbit_decimal_compare(&r->price, &n->price) == 0 &&
                     upbit_decimal_compare(&r->volume, &n->volume) == 0;
        }
        ck_assert_msg(at_that_time == 0 || right > 0, "a wrong %s of %s, %lld",
                      upbit_type_name(n->type), code, (long long)n->ms);
        trades += n->type == UPBIT_TYPE_TRADE && right > 0;
        tickers += n->type == UPBIT_TYPE_TICKER && right > 0;
    }
    ck_assert_uint_gt(trades, 0);
    ck_assert_uint_gt(tickers, 0);
}

void oracle_order(const tape *t, const char *code)
{
    for (size_t i = 0; i < t->count; i++) {
        const note *n = &t->at[i];
        if (strcmp(n->code, code) != 0 || n->request_id != 0 || n->type > UPBIT_TYPE_CANDLE)
            continue;
        for (size_t k = i; k-- > 0;) {
            const note *o = &t->at[k];
            if (o->type != n->type || strcmp(o->code, code) != 0)
                continue;
            if (n->type == UPBIT_TYPE_TRADE) {
                ck_assert_msg(o->id != n->id, "trade %lld twice", (long long)n->id);
            } else if (o->id == n->id) {
                ck_assert_msg(o->ms <= n->ms, "%s goes back from %lld to %lld",
                              upbit_type_name(n->type), (long long)o->ms, (long long)n->ms);
                break;
            }
        }
    }
}
