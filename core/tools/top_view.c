#include "top_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void top_view_free(top_view *v)
{
    free(v->sessions);
    free(v->keys);
    free(v->proxies);
    free(v->limits);
    free(v->wants);
    *v = (top_view){0};
}

void *top_grow(void *rows, size_t *count, size_t size)
{
    char *grown = realloc(rows, (*count + 1) * size);
    if (grown == NULL)
        return NULL;
    memset(grown + *count * size, 0, size);
    ++*count;
    return grown;
}

size_t top_rows(const top_view *v, top_what what)
{
    switch (what) {
    case TOP_KEYS:
        return v->key_count;
    case TOP_PROXIES:
        return v->proxy_count;
    case TOP_LIMITS:
        return v->limit_count;
    case TOP_WHO:
        return v->want_count;
    default:
        return 0;
    }
}

static void draw_session(page *p, const top_session *s)
{
    char a[16];
    bool live = strcmp(s->state, "live") == 0;
    page_put(p, PAGE_PLAIN, "%-8s", s->name);
    page_put(p, live ? PAGE_GOOD : s->wanted ? PAGE_BAD : PAGE_DIM, "%-9s", s->state);
    if (!s->wanted && !live) {
        page_put(p, PAGE_DIM, " nothing of it is wanted");
        page_end_line(p);
        return;
    }
    page_put(p, PAGE_PLAIN, " epoch %s", page_count(a, s->epoch));
    if (live && s->heard_ms >= 0)
        page_put(p, PAGE_PLAIN, "  heard %s", page_time(a, s->heard_ms));
    if (live && s->pong_ms >= 0)
        page_put(p, PAGE_PLAIN, "  pong %s", page_time(a, s->pong_ms));
    if (s->comebacks > 0)
        page_put(p, PAGE_WARN, "  reconnects %s", page_count(a, s->comebacks));
    if (s->down_ms > 0)
        page_put(p, PAGE_WARN, "  down %s", page_time(a, s->down_ms));
    if (!live)
        page_put(p, PAGE_WARN, "  %s", s->reason);
    else
        page_put(p, PAGE_DIM, "%s%s", s->tls ? "  tls" : "", s->compression > 0 ? "  deflate" : "");
    page_end_line(p);
}

static void draw_head(page *p, const top_view *v, const char *clock)
{
    char a[16], b[16], c[16], d[16], e[16], f[16];
    size_t room = p->width > 10 ? p->width - 10 : 200;
    char title[256];
    snprintf(title, sizeof title, "upbit-top  %s", v->title);
    page_put(p, PAGE_HEAD, "%-*.*s  %s", (int)(p->width > 0 ? room : strlen(title)),
             (int)(p->width > 0 ? room : sizeof title), title, clock);
    page_end_line(p);
    page_put(p, PAGE_PLAIN, "health  up %s  ", page_time(a, v->uptime_ms));
    page_put(p, v->health_style, "%s", v->health);
    page_end_line(p);
    if (v->doing[0] != '\0')
        page_line(p, PAGE_WARN, "        %s", v->doing);
    for (size_t i = 0; i < v->session_count; i++)
        draw_session(p, &v->sessions[i]);
    page_line(p, PAGE_PLAIN, "stream  %s msg/s  %s/%s B/s  lag p50 %s  p99 %s  max %s",
              page_count(a, v->messages_per_s), page_count(b, v->bytes_per_s),
              page_count(c, v->inflated_per_s), page_time(d, v->lag_p50_ms),
              page_time(e, v->lag_p99_ms), page_time(f, v->lag_max_ms));
    page_put(p, PAGE_PLAIN, "events  %s  to consumers p99 %s  coalesced %s  ",
             page_count(a, v->events), page_time(b, v->take_p99_ms), page_count(c, v->coalesced));
    page_put(p, v->dropped > 0 ? PAGE_WARN : PAGE_PLAIN, "dropped %s  ", page_count(a, v->dropped));
    page_put(p, v->decode_errors > 0 ? PAGE_WARN : PAGE_PLAIN, "bad %s",
             page_count(a, v->decode_errors));
    page_end_line(p);
    page_put(p, PAGE_PLAIN, "costs   %sB  cpu %s %%  turn p99 %s  rest p50 %s  waits %s  ",
             page_count(a, v->memory), page_fixed(e, v->cpu_percent, 1),
             page_time(b, v->turn_p99_ms), page_time(c, v->rest_p50_ms), page_count(d, v->waits));
    page_put(p, v->http_429 + v->http_418 > 0 ? PAGE_WARN : PAGE_PLAIN, "429/418 %s/%s",
             page_count(a, v->http_429), page_count(b, v->http_418));
    page_end_line(p);
    if (v->trouble[0] != '\0')
        page_line(p, PAGE_BAD, "last error: %s", v->trouble);
}

static void draw_keys(page *p, const top_view *v, size_t from, size_t rows)
{
    char a[16], b[16], c[16], d[16], e[16];
    page_line(p, PAGE_HEAD, "%-11s %-14s %7s %8s %8s %6s %7s  %-9s", "KEY", "", "RATE/s", "LAG",
              "AGE", "TAKERS", "EVENTS", "");
    for (size_t i = from; i < v->key_count && rows > 0; i++, rows--) {
        const top_key *k = &v->keys[i];
        page_put(p, PAGE_PLAIN, "%-11s %-14s %7s %8s %8s %6s %7s  ", k->type, k->code,
                 page_count(a, k->per_s), page_time(b, k->lag_ms), page_time(c, k->age_ms),
                 page_count(e, k->takers), page_count(d, k->events));
        page_put(p, PAGE_WARN, "%s", k->note);
        page_end_line(p);
    }
}

static void draw_proxies(page *p, const top_view *v, size_t from, size_t rows)
{
    char a[16], b[16], c[16], d[16], e[16], f[16];
    page_line(p, PAGE_HEAD, "%-28s %5s %7s %7s %8s %8s %8s", "PROXY", "WANTS", "QUEUED", "PEAK",
              "DROP/min", "DROPPED", "LAG p99");
    for (size_t i = from; i < v->proxy_count && rows > 0; i++, rows--) {
        const top_proxy *x = &v->proxies[i];
        page_put(p, PAGE_PLAIN, "%-28.28s %5s %7s %7s ", x->client_id, page_count(a, x->wants),
                 page_count(b, x->queued), page_count(c, x->peak));
        page_put(p, x->dropped > 0 ? PAGE_WARN : PAGE_PLAIN, "%8s %8s",
                 page_count(d, x->dropped_per_min), page_count(e, x->dropped));
        page_put(p, PAGE_PLAIN, " %8s", page_time(f, x->lag_ms));
        page_end_line(p);
    }
}

static void draw_limits(page *p, const top_view *v, size_t from, size_t rows)
{
    char a[16], b[16];
    page_line(p, PAGE_HEAD, "%-28s %9s %9s %8s %9s  %-8s", "LIMIT", "IN USE", "WINDOW", "WAITING",
              "CLOSED", "");
    for (size_t i = from; i < v->limit_count && rows > 0; i++, rows--) {
        const top_limit *l = &v->limits[i];
        char used[36];
        snprintf(used, sizeof used, "%s/%s", page_count(a, l->in_use), page_count(b, l->allowed));
        page_put(p, l->allowed > 0 && l->in_use >= l->allowed ? PAGE_WARN : PAGE_PLAIN, "%-28s %9s",
                 l->name, used);
        page_put(p, PAGE_PLAIN, " %9s %8s ", page_time(a, l->window_ms), page_count(b, l->waiting));
        page_put(p, l->closed_ms > 0 ? PAGE_BAD : PAGE_PLAIN, "%9s",
                 l->closed_ms > 0 ? page_time(b, l->closed_ms) : "-");
        page_put(p, PAGE_DIM, "  %s", l->shared ? "shared" : "");
        page_end_line(p);
    }
}

static void draw_wants(page *p, const top_view *v, size_t from, size_t rows)
{
    page_line(p, PAGE_HEAD, "%-28s %-12s %-16s %-20s", "WHO", "WHAT", "", "HOW");
    for (size_t i = from; i < v->want_count && rows > 0; i++, rows--)
        page_line(p, PAGE_PLAIN, "%-28.28s %-12s %-16s %-20s", v->wants[i].client_id,
                  v->wants[i].type, v->wants[i].code, v->wants[i].how);
}

static void draw_table(page *p, const top_view *v, top_what what, size_t from, size_t rows)
{
    switch (what) {
    case TOP_PROXIES:
        draw_proxies(p, v, from, rows);
        break;
    case TOP_LIMITS:
        draw_limits(p, v, from, rows);
        break;
    case TOP_WHO:
        draw_wants(p, v, from, rows);
        break;
    default:
        draw_keys(p, v, from, rows);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Those that are few get all their rows, keys what is left. Each table has a line of its own. */
static void footer(page *p, const char *text)
{
    p->most = 0;
    page_put(p, PAGE_DIM, "%s", text);
}

static void draw_all(page *p, const top_view *v, size_t rows)
{
    static const top_what order[] = {TOP_KEYS, TOP_PROXIES, TOP_LIMITS};
    size_t share[3] = {v->key_count, v->proxy_count, v->limit_count};
    size_t tables = rows == 0 || rows >= 9 ? 3 : rows >= 6 ? 2 : 1;
    if (rows > 0) {
        size_t left = rows > tables ? rows - tables : 0;
        share[2] = tables < 3 ? 0 : least(v->limit_count, left / 3);
        share[1] = tables < 2 ? 0 : least(v->proxy_count, (left - share[2]) / 3);
        share[0] = least(v->key_count, left - share[1] - share[2]);
        left -= share[0] + share[1] + share[2];
        if (tables > 1)
            share[1] += least(v->proxy_count - share[1], left);
    }
    for (size_t i = 0; i < tables; i++)
        if (top_rows(v, order[i]) > 0)
            draw_table(p, v, order[i], 0, share[i]);
    for (size_t i = 0; i < 3; i++)
        if ((i >= tables || share[i] < top_rows(v, order[i])) && p->terminal) {
            char text[120];
            snprintf(text, sizeof text,
                     "Tab: %zu keys, %zu proxies, %zu limits, who wants what; q: quit",
                     v->key_count, v->proxy_count, v->limit_count);
            footer(p, text);
            break;
        }
}

void top_draw(page *p, const top_view *v, top_what what, size_t rows, size_t from,
              const char *clock)
{
    p->most = rows > 1 ? rows - 1 : 0; /* the last line is the footer's */
    draw_head(p, v, clock);
    if (v->missing != NULL)
        page_line(p, PAGE_DIM, "%s", v->missing);
    size_t left = rows > p->rows + 1 ? rows - p->rows - 1 : rows > 0 ? 1 : 0;
    if (what == TOP_ALL) {
        draw_all(p, v, left);
        return;
    }
    size_t all = top_rows(v, what);
    draw_table(p, v, what, from, rows == 0 ? all : left > 1 ? left - 1 : 1);
    char text[120];
    snprintf(text, sizeof text, "%zu-%zu of %zu; j k: scroll, Tab: next table, q: quit",
             all == 0 ? 0 : from + 1, least(all, from + (left > 1 ? left - 1 : 1)), all);
    if (p->terminal)
        footer(p, text);
}

void top_draw_who(page *p, const top_view *v)
{
    for (size_t i = 0; i < v->want_count; i++)
        page_line(p, PAGE_PLAIN, "%s %s %s%s%s", v->wants[i].client_id, v->wants[i].type,
                  v->wants[i].code, v->wants[i].how[0] != '\0' ? " " : "", v->wants[i].how);
}
