#include "episode.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "report.h"
#include "rest.h"
#include "support/stream.h"
#include "verdict.h"

#define WIDGETS 12 /* open at a time */
#define ROUNDS  3
#define ROUND   2.2 /* seconds of trouble, then rest */
#define TICK_NS 4000000

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void settings(upbit_options *o)
{
    o->log = report_log;
    o->log_level = UPBIT_LOG_INFO;
    o->ping_interval_ms = 400;
    o->pong_timeout_ms = 400;
    o->connect_timeout_ms = 1000;
    o->upgrade_timeout_ms = 1000;
    o->no_data_ms = 600;
    o->stale_ms = 900;
    o->listing_ms = 700;
    o->monitor_ms = 500;
}

static widget *new_widget(stage *s)
{
    widget **list = realloc(s->widgets, (s->count + 1) * sizeof *list);
    widget *w = calloc(1, sizeof *w);
    if (list == NULL || w == NULL)
        abort();
    s->widgets = list;
    return s->widgets[s->count++] = w;
}

static void open_widget(stage *s, dice *d)
{
    widget *w = new_widget(s);
    widget_open(w, s->manager, s->waiter, d, (unsigned)s->count, s->faults.theme == THEME_REPEATS);
}

static widget *any_open(const stage *s, dice *d)
{
    widget *w = s->widgets[s->quiet + dice_below(d, (unsigned)(s->count - s->quiet))];
    return w->proxy != NULL ? w : NULL;
}

static size_t count_open(const stage *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += s->widgets[i]->proxy != NULL;
    return n;
}

/* One short time of trouble. */
static void trouble(stage *s, dice *d)
{
    double now = stream_now(), end = now + ROUND, fault = now + 0.2, gather = now + 0.8;
    for (unsigned tick = 0; (now = stream_now()) < end; tick++) {
        if (count_open(s) < WIDGETS && dice_percent(d, 30))
            open_widget(s, d);
        if (dice_percent(d, 22)) {
            widget *w = any_open(s, d);
            if (w != NULL && dice_percent(d, 4))
                widget_close(w);
            else if (w != NULL)
                widget_act(w, d);
        }
        if (now > fault) {
            faults_next(&s->faults);
            fault = now + 0.05 + (double)dice_below(d, 300) / 1000;
        }
        if (now > gather && mock_stat(&s->mock, "open") >= 0) {
            truth_gather(&s->truth, &s->mock);
            gather = now + 0.8;
        }
        rest_sleep(s, TICK_NS);
        rest_drain(s, false, tick);
    }
}

static void begin(stage *s, dice *d, uint64_t seed)
{
    char number[24];
    snprintf(number, sizeof number, "%" PRIu64, seed);
    const char *const arguments[] = {"--codes", "20",        "--rate",  "250", "--seed",
                                     number,    "--journal", "2000000", NULL};
    const char *const dice_of_relay[] = {"--seed", number, NULL};
    mock_start(&s->mock, arguments);
    relay_start(&s->relay, s->mock.url, dice_of_relay);
    s->received = 1;
    mock through = s->mock; /* REST goes the same way */
    snprintf(through.url, sizeof through.url, "%s", s->relay.url);
    s->manager = stream_manager(&through, settings);
    if (upbit_waiter_create(&s->waiter) != 0)
        abort();
    faults_begin(&s->faults, &s->mock, &s->relay, d);
    widget_open_steady(new_widget(s), s->manager, (unsigned)s->count);
    if (s->faults.theme == THEME_HOLES)
        widget_open_quick(new_widget(s), s->manager, (unsigned)s->count);
    s->quiet = s->count;
    open_widget(s, d);
}

/* Nobody is there any more: nothing is held for anybody. */
static void leave(stage *s)
{
    for (size_t i = 0; i < s->count; i++)
        widget_close(s->widgets[i]);
    rest_drain(s, true, 0);
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    /* Who comes and goes makes the I/O thread look at what was given back. */
    upbit_proxy_close(stream_proxy(s->manager, "last", NULL));
    upbit_stats stats = {0};
    double end = stream_now() + 10;
    do {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        rest_drain(s, true,
                   0); /* the shared waiter lets go of who has closed when it is looked at */
        upbit_manager_get_stats(s->manager, &stats, sizeof stats);
    } while ((stats.memory_bytes != 0 || stats.keys != 0 || stats.proxies != 0) &&
             stream_now() < end);
    if (stats.memory_bytes != 0 || stats.keys != 0 || stats.proxies != 0)
        report_wrong("all are closed: %" PRIu64 " bytes of events, %" PRIu64 " keys, %" PRIu64
                     " proxies are left; %" PRIu64 " requests were sent",
                     stats.memory_bytes, stats.keys, stats.proxies, stats.requests_sent);
    upbit_manager_release(s->manager);
    upbit_waiter_destroy(s->waiter);
}

static void judge(stage *s, tally *sum)
{
    truth_gather(&s->truth, &s->mock);
    if (s->truth.journal.lost != 0)
        report_wrong("the journal was too short");
    truth_settle(&s->truth);
    for (size_t i = 0; i < s->count; i++)
        verdict_learn(s->widgets[i], &s->truth);
    for (size_t i = 0; i < s->count; i++) {
        const widget *w = s->widgets[i];
        verdict_of(w, &s->truth);
        sum->events += w->data;
        sum->commands += w->commands;
        sum->gapped += w->gapped;
        for (size_t k = 0; k < w->got.count; k++)
            sum->holes += w->got.at[k].type == UPBIT_TYPE_GAP && w->got.at[k].first == 0;
    }
    if (s->truth.connections == 1 && !s->widgets[0]->unsure)
        sum->exact += verdict_exact(s->widgets[0], &s->truth);
    sum->connections += s->truth.connections;
    sum->faults += s->faults.done;
}

bool episode_run(uint64_t seed, tally *sum)
{
    stage s = {0};
    dice d = {seed};
    report_begin(seed);
    unsigned before = descriptors();
    begin(&s, &d, seed);
    for (int i = 0; i < ROUNDS && report_wrongs() == 0; i++) {
        trouble(&s, &d);
        report_did("rest");
        rest_reach(&s);
    }
    leave(&s);
    judge(&s, sum);
    relay_stop(&s.relay);
    mock_stop(&s.mock);
    if (descriptors() != before)
        report_wrong("%u descriptors, there were %u", descriptors(), before);
    for (size_t i = 0; i < s.count; i++) {
        widget_free(s.widgets[i]);
        free(s.widgets[i]);
    }
    free(s.widgets);
    truth_free(&s.truth);
    return report_wrongs() == 0;
}
