/* What upbit-top shows, whoever tells it: its own manager, or the metrics another program has
 * written.
 *
 * A view is a copy of one moment. Rates that need two moments are made where it is filled. */
#ifndef UPBIT_TOOLS_TOP_VIEW_H
#define UPBIT_TOOLS_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page.h"

typedef enum top_what { TOP_ALL, TOP_KEYS, TOP_PROXIES, TOP_LIMITS, TOP_WHO, TOP_WHATS } top_what;

typedef struct top_session {
    char name[16], state[16], url[96], reason[96];
    double epoch, heard_ms, pong_ms, down_ms, comebacks; /* < 0: not known */
    bool wanted, tls;
    double compression; /* bits; 0: none; < 0: not known */
} top_session;

typedef struct top_key {
    char type[16], code[48], note[16]; /* "no data", "stale", "not asked", "" */
    double per_s, lag_ms, age_ms, takers, events;
} top_key;

typedef struct top_proxy {
    char client_id[72];
    double wants, queued, peak, dropped, dropped_per_min, coalesced, lag_ms;
} top_proxy;

typedef struct top_limit {
    char name[32];
    double in_use, allowed, window_ms, waiting, closed_ms;
    bool shared;
} top_limit;

typedef struct top_want {
    char client_id[72], type[16], code[48], how[48];
} top_want;

typedef struct top_view {
    char title[200];   /* whose */
    char health[160];  /* "healthy", or the level with its reason */
    char doing[160];   /* what is done about it, or "" */
    char trouble[200]; /* the last error; "" */
    page_style health_style;
    double uptime_ms; /* these: < 0 when not known */
    double messages_per_s, bytes_per_s, inflated_per_s;
    double lag_p50_ms, lag_p99_ms, lag_max_ms, take_p99_ms;
    double events, dropped, coalesced, decode_errors, reconnects, memory, cpu_percent, turn_p99_ms;
    double waits, http_429, http_418, rest_p50_ms;
    const char *missing; /* what this source cannot tell, for people; NULL */
    top_session *sessions;
    top_key *keys;
    top_proxy *proxies;
    top_limit *limits;
    top_want *wants;
    size_t session_count, key_count, proxy_count, limit_count, want_count;
} top_view;

void top_view_free(top_view *v);
/* Room for `count` rows behind those that are there, zeroed; NULL: no memory. */
void *top_grow(void *rows, size_t *count, size_t size);

/* The page, `rows` lines at most (0: any), of the table `what` from row `from` on. clock:
 * "12:34:56" of now. */
void top_draw(page *p, const top_view *v, top_what what, size_t rows, size_t from,
              const char *clock);
/* Who subscribed what, a line each, for other programs to read. */
void top_draw_who(page *p, const top_view *v);
/* Rows of the table, for scrolling. */
size_t top_rows(const top_view *v, top_what what);

#endif
