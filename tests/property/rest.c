#include "rest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "rest_wire.h"
#include "support/stream.h"

#define PATIENCE  20.0 /* seconds: a machine may be slow */
#define SLOW_TURN 12

static void drain_shared(stage *s)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    upbit_proxy *proxy;
    int got;
    while ((got = upbit_waiter_next(s->waiter, &proxy, &d)) == 1) {
        widget_judge(upbit_proxy_user_data(proxy), &d);
        upbit_event_unref(d.event);
    }
    if (got < 0)
        report_wrong("the shared waiter answers %s", upbit_error_name(got));
}

void rest_drain(stage *s, bool all, unsigned tick)
{
    drain_shared(s);
    for (size_t i = 0; i < s->count; i++) {
        widget *w = s->widgets[i];
        if (w->proxy == NULL || w->shared)
            continue;
        if (all || w->pace == PACE_FAST)
            widget_take(w, 1000000);
        else if (w->pace == PACE_SLOW && tick % 8 == 0)
            widget_take(w, SLOW_TURN);
    }
}

void rest_sleep(stage *s, long ns)
{
    double begin = stream_now();
    nanosleep(&(struct timespec){0, ns}, NULL);
    double took = stream_now() - begin;
    s->longest_turn = took > s->longest_turn ? took : s->longest_turn;
}

static void turn(stage *s)
{
    rest_sleep(s, 5000000);
    rest_drain(s, true, 0);
}

typedef bool condition(stage *s, char *why, size_t size);

static bool wait_for(stage *s, condition *is_so, const char *what)
{
    char why[512] = "";
    double end = stream_now() + PATIENCE;
    while (!is_so(s, why, sizeof why)) {
        if (stream_now() > end) {
            report_wrong("at rest: %s: %s", what, why);
            return false;
        }
        turn(s);
    }
    return true;
}

static bool is_live(stage *s, char *why, size_t size)
{
    upbit_stats stats;
    upbit_manager_get_stats(s->manager, &stats, sizeof stats);
    snprintf(why, size, "state %s", upbit_state_name((int)stats.state));
    return stats.state == UPBIT_STATE_LIVE;
}

static bool all_answered(stage *s, char *why, size_t size)
{
    for (size_t i = 0; i < s->count; i++) {
        const widget *w = s->widgets[i];
        if (widget_unanswered(w) == 0)
            continue;
        snprintf(why, size, "%s has %u commands without a REPLY, the first is %" PRIu64, w->id,
                 widget_unanswered(w), w->answered + 1);
        return false;
    }
    return true;
}

static bool all_snapshots(stage *s, char *why, size_t size)
{
    for (size_t i = 0; i < s->count; i++) {
        const widget *w = s->widgets[i];
        upbit_proxy_stats stats;
        if (w->proxy == NULL || w->unsure ||
            upbit_proxy_get_stats(w->proxy, &stats, sizeof stats) != 0 || stats.dropped != 0)
            continue; /* one that was dropped is in a GAP */
        for (int key = 0; key < KEYS; key++) {
            if (!w->want[key].once_due || key % CODES >= FLEETING)
                continue;
            snprintf(why, size, "%s has no snapshot of kind %d of %s", w->id, key / CODES,
                     universe_code[key % CODES]);
            return false;
        }
    }
    return true;
}

/* What a key's newest event has to be at least. */
static void goals(const stage *s, size_t from, int64_t goal[KEYS])
{
    memset(goal, 0, KEYS * sizeof *goal);
    for (size_t i = from; i < s->truth.journal.count; i++) {
        const mock_sent *sent = &s->truth.journal.list[i];
        int kind = universe_kind_of(sent->type, sent->level), code = universe_find(sent->code);
        if (kind < 0 || code < 0 || sent->stream != MOCK_REALTIME || sent->late)
            continue;
        int64_t place = sent->id != 0 ? sent->id : sent->timestamp;
        int key = universe_key((subject)kind, code);
        goal[key] = place > goal[key] ? place : goal[key];
    }
}

/* Everybody has the newest of everything: the last value always arrives. */
static void reach_goals(stage *s)
{
    int64_t goal[KEYS];
    truth_gather(&s->truth, &s->mock);
    size_t from = s->truth.journal.count;
    for (int i = 0; i < 60; i++)
        turn(s);
    truth_gather(&s->truth, &s->mock);
    goals(s, from, goal);
    double end = stream_now() + PATIENCE;
    for (;;) {
        const widget *behind = NULL;
        int which = 0;
        for (size_t i = 0; i < s->count && behind == NULL; i++) {
            const widget *w = s->widgets[i];
            for (int key = 0; key < KEYS && behind == NULL; key++) {
                const hope *k = &w->want[key];
                if (widget_streams(w, key) && !k->cut && key % CODES < FLEETING &&
                    k->newest < goal[key]) {
                    behind = w;
                    which = key;
                }
            }
        }
        if (behind == NULL)
            return;
        if (stream_now() > end) {
            report_wrong("at rest: %s has %" PRId64 " of kind %d of %s, sent was %" PRId64,
                         behind->id, behind->want[which].newest, which / CODES,
                         universe_code[which % CODES], goal[which]);
            return;
        }
        turn(s);
    }
}

static void judge_counters(stage *s)
{
    long violations = mock_stat(&s->mock, "rate_violations");
    long connects = mock_stat(&s->mock, "connect_rate"), bad = mock_stat(&s->mock, "bad_frame");
    long masks = mock_stat(&s->mock, "repeated_mask");
    /* The limits are kept by the clock of who sends, with a tenth of a second to spare: a machine
     * that lets somebody wait as long makes two windows look like one. */
    bool stalled = s->longest_turn > 0.05 || mock_stat(&s->mock, "longest_turn_ms") > 50;
    long allowed = stalled ? 3 : 0;
    if (violations > allowed || connects > allowed || bad != 0 || masks != 0)
        report_wrong("at rest: %ld messages or calls and %ld connects beyond the limits, %ld bad "
                     "frames, %ld repeated masks",
                     violations, connects, bad, masks);
    for (size_t i = 0; i < s->count; i++) {
        const widget *w = s->widgets[i];
        upbit_proxy_stats stats;
        uint64_t holes = 0;
        if (w->proxy == NULL || upbit_proxy_get_stats(w->proxy, &stats, sizeof stats) != 0)
            continue;
        for (size_t k = 0; k < w->got.count; k++)
            holes += w->got.at[k].type == UPBIT_TYPE_GAP && w->got.at[k].first == 0;
        if (stats.delivered != w->data + holes || stats.dropped < w->gapped)
            report_wrong("%s: statistics say %" PRIu64 " delivered and %" PRIu64
                         " dropped; %" PRIu64 " were taken, %" PRIu64 " told as lost",
                         w->id, stats.delivered, stats.dropped, w->data + holes, w->gapped);
    }
}

void rest_reach(stage *s)
{
    faults_end(&s->faults);
    double end = stream_now() + PATIENCE;
    while (mock_stat(&s->mock, "open") < 0 && stream_now() < end)
        turn(s); /* the rest of an outage */
    faults_end(&s->faults);
    for (int i = 0; i < 40; i++)
        turn(s);
    for (size_t i = 0; i < s->count; i++)
        if (s->widgets[i]->unsure && s->widgets[i]->proxy != NULL)
            widget_close(s->widgets[i]);
    /* A cut may be noticed only now, and a poison still be searched for. */
    if (wait_for(s, is_live, "the stream is not live") &&
        wait_for(s, all_answered, "commands are not answered") &&
        wait_for(s, rest_wire_agrees, "the wire is not what is wanted") &&
        wait_for(s, is_live, "the stream is not live"))
        reach_goals(s);
    (void)wait_for(s, all_snapshots, "snapshots are missing");
    (void)wait_for(s, rest_wire_agrees, "the wire is not what is wanted");
    judge_counters(s);
}
