/* A view of another program, by the OpenMetrics text it has written. What it does not say is not
 * known. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "top_source.h"

#define FILE_MOST (16u << 20)

/* One line of the text: name{labels} value. Points into it. */
typedef struct sample {
    const char *name, *labels; /* labels: between the braces; "" */
    double value;
} sample;

typedef struct metrics {
    char *text;
    sample *samples;
    size_t count;
} metrics;

static char *read_file(const char *path, char *why, size_t size, int64_t *written_ms)
{
    struct stat s;
    FILE *file = fopen(path, "re");
    char *text = NULL;
    if (file == NULL || fstat(fileno(file), &s) != 0) {
        snprintf(why, size, "%s", strerror(errno));
    } else if (!S_ISREG(s.st_mode) || s.st_size > (off_t)FILE_MOST) {
        snprintf(why, size, "no file of metrics");
    } else if ((text = malloc((size_t)s.st_size + 1)) == NULL) {
        snprintf(why, size, "out of memory");
    } else {
        text[fread(text, 1, (size_t)s.st_size, file)] = '\0';
        *written_ms = (int64_t)s.st_mtim.tv_sec * 1000 + s.st_mtim.tv_nsec / 1000000;
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* Plain digits, point and exponent, in no locale. */
static double read_value(const char *text)
{
    upbit_decimal d;
    size_t length = strcspn(text, " \t\r\n");
    return upbit_decimal_parse(&d, text, length) == 0 ? upbit_decimal_to_double(&d) : -1;
}

/* Behind the labels, past quotes with escapes in them. */
static char *end_of_labels(char *p)
{
    bool quoted = false;
    for (; *p != '\0' && (quoted || *p != '}'); p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
    }
    return p;
}

static bool add_line(metrics *m, char *line)
{
    sample *grown = realloc(m->samples, (m->count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    m->samples = grown;
    sample *s = &grown[m->count];
    *s = (sample){.name = line, .labels = ""};
    char *p = line + strcspn(line, " {");
    if (*p == '{') {
        *p = '\0';
        s->labels = p + 1;
        p = end_of_labels(p + 1);
    }
    if (*p == '\0')
        return true; /* no sample; left out */
    *p++ = '\0';
    p += strspn(p, " ");
    s->value = read_value(p);
    m->count++;
    return true;
}

static bool parse(metrics *m)
{
    char *rest = NULL;
    for (char *line = strtok_r(m->text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (*line != '#' && !add_line(m, line))
            return false;
    return true;
}

/* Is it upbit_ + what, with or without the ends that units and kinds of metrics ask for? *factor
 * makes ms of seconds. */
static bool is_named(const char *name, const char *what, double *factor)
{
    static const char *const ends[] = {
        "",         "_total",         "_bytes",        "_bytes_total",
        "_seconds", "_seconds_total", "_milliseconds", "_milliseconds_total",
        "_ratio"};
    size_t length = strlen(what);
    if (strncmp(name, "upbit_", 6) != 0 || strncmp(name + 6, what, length) != 0)
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(name + 6 + length, ends[i]) == 0) {
            *factor = strstr(ends[i], "_seconds") != NULL ? 1e3 : 1;
            return true;
        }
    return false;
}

/* The value of a label, without its escapes; false: it has none. */
static bool label_of(char *out, size_t size, const sample *s, const char *label)
{
    size_t length = strlen(label), used = 0;
    const char *p = s->labels;
    while ((p = strstr(p, label)) != NULL &&
           ((p != s->labels && p[-1] != ',') || strncmp(p + length, "=\"", 2) != 0))
        p++;
    if (p == NULL)
        return false;
    for (p += length + 2; *p != '"' && *p != '\0' && used + 1 < size; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        out[used++] = *p;
    }
    out[used] = '\0';
    return true;
}

/* The sample `what` with label="value" (label NULL: any without), or -1. */
static double find(const metrics *m, const char *what, const char *label, const char *value)
{
    char got[80];
    double factor;
    for (size_t i = 0; i < m->count; i++) {
        const sample *s = &m->samples[i];
        if (!is_named(s->name, what, &factor))
            continue;
        if (label == NULL ? *s->labels == '\0'
                          : label_of(got, sizeof got, s, label) && strcmp(got, value) == 0)
            return s->value < 0 ? s->value : s->value * factor;
    }
    return -1;
}

static double plain(const metrics *m, const char *what)
{
    return find(m, what, NULL, NULL);
}

/* All samples of the name, whatever their labels; 0 if there are none. */
static double sum(const metrics *m, const char *what)
{
    double all = 0, factor;
    for (size_t i = 0; i < m->count; i++)
        if (is_named(m->samples[i].name, what, &factor) && m->samples[i].value > 0)
            all += m->samples[i].value * factor;
    return all;
}

/* Below which bucket's bound that share of a histogram is, in ms; -1: nothing was measured. */
static double quantile(const metrics *m, const char *what, double share)
{
    char bucket[64], count[64], bound[32];
    snprintf(bucket, sizeof bucket, "upbit_%s_seconds_bucket", what);
    snprintf(count, sizeof count, "upbit_%s_seconds_count", what);
    double all = 0;
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->samples[i].name, count) == 0)
            all = m->samples[i].value;
    for (size_t i = 0; all > 0 && i < m->count; i++)
        if (strcmp(m->samples[i].name, bucket) == 0 && m->samples[i].value >= all * share &&
            label_of(bound, sizeof bound, &m->samples[i], "le"))
            return read_value(bound) < 0 ? -1 : read_value(bound) * 1e3;
    return -1;
}

static void add_sessions(top_view *v, const metrics *m)
{
    static const char *const names[] = {"public", "private"};
    for (size_t i = 0; i < 2; i++) {
        double state = find(m, "state", "session", names[i]);
        if (state < 0)
            continue;
        top_session *rows = top_grow(v->sessions, &v->session_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->sessions = rows;
        to = &rows[v->session_count - 1];
        snprintf(to->name, sizeof to->name, "%s", names[i]);
        snprintf(to->state, sizeof to->state, "%s", upbit_state_name((int)state));
        to->epoch = find(m, "epoch", "session", names[i]);
        to->down_ms = find(m, "down", "session", names[i]);
        to->comebacks = i == 0 ? plain(m, "reconnects") : -1; /* of both together */
        to->heard_ms = to->pong_ms = to->compression = -1;
        to->wanted = i == 0 || state > 0;
    }
}

static top_proxy *proxy_of(top_view *v, const char *id)
{
    for (size_t i = 0; i < v->proxy_count; i++)
        if (strcmp(v->proxies[i].client_id, id) == 0)
            return &v->proxies[i];
    top_proxy *rows = top_grow(v->proxies, &v->proxy_count, sizeof *rows), *to;
    if (rows == NULL)
        return NULL;
    v->proxies = rows;
    to = &rows[v->proxy_count - 1];
    snprintf(to->client_id, sizeof to->client_id, "%s", id);
    to->wants = to->queued = to->peak = to->dropped_per_min = to->lag_ms = -1;
    return to;
}

static void add_proxies(top_view *v, const metrics *m)
{
    char id[72];
    for (size_t i = 0; i < m->count; i++)
        if (strncmp(m->samples[i].name, "upbit_proxy_", 12) == 0 &&
            label_of(id, sizeof id, &m->samples[i], "client_id") && proxy_of(v, id) == NULL)
            return;
    for (size_t i = 0; i < v->proxy_count; i++) {
        top_proxy *p = &v->proxies[i];
        p->wants = find(m, "proxy_wants", "client_id", p->client_id);
        p->queued = find(m, "proxy_queued", "client_id", p->client_id);
        p->peak = find(m, "proxy_queued_peak", "client_id", p->client_id);
        p->dropped = find(m, "proxy_dropped", "client_id", p->client_id);
        p->dropped_per_min = find(m, "proxy_dropped_per_minute", "client_id", p->client_id);
        p->coalesced = find(m, "proxy_coalesced", "client_id", p->client_id);
        p->lag_ms = find(m, "proxy_lag_p99", "client_id", p->client_id);
    }
}

static int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Between two texts of one program; a counter that has gone back is another one's. */
static double rate(double now, double before, double seconds)
{
    return seconds > 0 && before >= 0 && now >= before ? (now - before) / seconds : 0;
}

static void set_totals(top_view *v, top_before *b, const metrics *m, int64_t written_ms)
{
    v->uptime_ms = plain(m, "uptime");
    v->messages_per_s = plain(m, "messages_per_second");
    v->bytes_per_s = plain(m, "received_bytes_per_second");
    v->inflated_per_s = plain(m, "decoded_bytes_per_second");
    v->lag_p50_ms = quantile(m, "lag_receive", 0.5);
    v->lag_p99_ms = quantile(m, "lag_receive", 0.99);
    v->lag_max_ms = plain(m, "lag_receive_max");
    v->take_p99_ms = quantile(m, "lag_consumer", 0.99);
    v->rest_p50_ms = quantile(m, "rest_latency", 0.5);
    v->turn_p99_ms = quantile(m, "turn", 0.99);
    v->events = plain(m, "events_decoded");
    v->dropped = plain(m, "events_dropped");
    v->coalesced = plain(m, "events_coalesced");
    v->decode_errors = plain(m, "decode_errors");
    v->reconnects = plain(m, "reconnects");
    v->memory = sum(m, "memory");
    v->waits = plain(m, "limit_waits");
    v->http_429 = plain(m, "http_429");
    v->http_418 = plain(m, "http_418");
    double cpu = plain(m, "io_cpu");
    if (written_ms * 1000000 != b->at_ns) {
        double seconds = b->known ? (double)(written_ms * 1000000 - b->at_ns) / 1e9 : 0;
        *b = (top_before){.known = true,
                          .at_ns = written_ms * 1000000,
                          .cpu = cpu,
                          .cpu_percent = rate(cpu, b->cpu, seconds) / 10};
    }
    v->cpu_percent = b->cpu_percent; /* of the last two texts that differed */
}

static void set_health(top_view *v, const metrics *m, int64_t written_ms)
{
    static const char *const levels[] = {"healthy", "degraded", "critical"};
    double level = find(m, "health", "session", "all"), age_ms = (double)(wall_ms() - written_ms);
    char name[32];
    if (level < 0 || level > 2)
        snprintf(v->health, sizeof v->health, "not said");
    else
        snprintf(v->health, sizeof v->health, "%s", levels[(int)level]);
    for (size_t i = 0, told = 0; level > 0 && i < m->count; i++) {
        const sample *s = &m->samples[i];
        size_t n = strlen(v->health);
        if (strcmp(s->name, "upbit_health_reason") == 0 && s->value > 0 &&
            label_of(name, sizeof name, s, "session") && strcmp(name, "all") == 0 &&
            label_of(name, sizeof name, s, "reason"))
            snprintf(v->health + n, sizeof v->health - n, "%s%s", told++ == 0 ? ": " : ", ", name);
    }
    v->health_style = level == 0 ? PAGE_GOOD : level == 1 ? PAGE_WARN : PAGE_BAD;
    if (age_ms > 60e3) { /* the program may have ended, or hang */
        char age[16];
        size_t n = strlen(v->health);
        snprintf(v->health + n, sizeof v->health - n,
                 ", as of %s ago: nobody writes the file any more", page_time(age, age_ms));
        v->health_style = PAGE_BAD;
    }
}

int top_from_file(top_view *v, top_before *before, const char *path, char *why, size_t size)
{
    metrics m = {0};
    int64_t written_ms = 0;
    m.text = read_file(path, why, size, &written_ms);
    if (m.text == NULL)
        return -1;
    bool ours = parse(&m) && plain(&m, "messages_received") >= 0;
    if (ours) {
        top_view_free(v);
        snprintf(v->title, sizeof v->title, "%s", path);
        add_sessions(v, &m);
        add_proxies(v, &m);
        set_totals(v, before, &m, written_ms);
        set_health(v, &m, written_ms);
        v->missing =
            "metrics have no rows for keys, limits and wants: these only their program knows";
    } else {
        snprintf(why, size, "there are no metrics of upbit-live in it");
    }
    free(m.samples);
    free(m.text);
    return ours ? 0 : -1;
}
