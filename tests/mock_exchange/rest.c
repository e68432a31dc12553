/* The quotation half of the exchange's REST: one GET, one answer. One unknown market spoils the
 * whole call, as there; codes in lower case are taken, as there. Each group says in Remaining-Req
 * what is left of its ten requests a second; what is beyond them is answered 429. */
#include "rest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "messages.h"
#include "private.h"
#include "replay.h"

#define CANDLES_MAX 200
#define TRADES_MAX  500

static const char missing[] = "Missing request parameter error. Check the required parameters!";
static const char mismatch[] = "Type mismatch error. Check the parameters type!";

struct call {
    struct mock_server *server;
    const struct mock_http_request *request;
    struct mock_buf body;
    int status;
    int unit; /* of a candle path */
    uint64_t conn;
};

static void fail(struct call *call, int status, const char *message)
{
    call->status = status;
    mock_buf_clear(&call->body);
    mock_buf_printf(&call->body, "{\"error\":{\"name\":%d,\"message\":", status);
    mock_buf_json_string(&call->body, message, strlen(message));
    mock_buf_puts(&call->body, "}}");
}

static struct mock_market *find(const struct mock_server *s, const char *code)
{
    char upper[24];
    size_t len = strlen(code);
    /* Nobody recorded a REST side along with the stream: better nothing than another market's. */
    if (len >= sizeof upper || s->replay != NULL) {
        return NULL;
    }
    for (size_t i = 0; i <= len; i++) {
        upper[i] = (char)toupper((unsigned char)code[i]);
    }
    return mock_exchange_find(&s->exchange, upper, len);
}

/* Calls `each` for every code of ?markets=A,B; the whole call fails for one that is unknown. */
static void each_market(struct call *call, bool (*each)(struct call *call, struct mock_market *m))
{
    char *markets = mock_http_query_alloc(call->request, "markets");
    if (markets == NULL || *markets == '\0') {
        free(markets);
        fail(call, 400, missing);
        return;
    }
    char *rest = NULL;
    mock_buf_putc(&call->body, '[');
    bool first = true;
    for (char *code = strtok_r(markets, ",", &rest); code != NULL && call->status == 200;
         code = strtok_r(NULL, ",", &rest)) {
        struct mock_market *m = find(call->server, code);
        if (m == NULL) {
            fail(call, 404, "Code not found");
            break;
        }
        size_t before = call->body.len;
        mock_buf_puts(&call->body, first ? "" : ",");
        if (each(call, m)) {
            first = false;
        } else if (call->status == 200) {
            call->body.len = before; /* no row, no comma */
        }
    }
    if (call->status == 200) {
        mock_buf_putc(&call->body, ']');
    }
    free(markets);
}

/* An integer parameter, `standard` when absent; false and the call failed when it is out of range.
 */
static bool integer(int64_t *out, struct call *call, const char *name, int64_t standard,
                    int64_t least, int64_t most)
{
    char text[32];
    *out = standard;
    if (!mock_http_query(text, sizeof text, call->request, name) || *text == '\0') {
        return true;
    }
    char *end;
    long long value = strtoll(text, &end, 10);
    *out = value;
    if (*end != '\0' || value < least || value > most) {
        fail(call, 400, mismatch);
        return false;
    }
    return true;
}

static void replayed_markets(struct call *call)
{
    const struct mock_replay *r = call->server->replay;
    for (size_t i = 0; i < mock_replay_codes(r); i++) {
        const char *code = mock_replay_code(r, i);
        mock_buf_printf(&call->body,
                        "%s{\"market\":\"%s\",\"korean_name\":\"%s\",\"english_name\":\"%s\"}",
                        i == 0 ? "" : ",", code, strchr(code, '-') + 1, strchr(code, '-') + 1);
    }
}

static void market_all(struct call *call)
{
    char details[8] = "";
    mock_http_query(details, sizeof details, call->request, "is_details");
    bool first = true;
    mock_buf_putc(&call->body, '[');
    if (call->server->replay != NULL) {
        replayed_markets(call);
    }
    for (size_t i = 0; call->server->replay == NULL && i < call->server->exchange.count; i++) {
        const struct mock_market *m = &call->server->exchange.markets[i];
        if (!m->delisted) {
            mock_buf_puts(&call->body, first ? "" : ",");
            mock_row_market(&call->body, m, strcasecmp(details, "true") == 0);
            first = false;
        }
    }
    mock_buf_putc(&call->body, ']');
}

static bool put_ticker(struct call *call, struct mock_market *m)
{
    mock_row_ticker(&call->body, m, call->server->now_ms);
    return true;
}

static void ticker(struct call *call)
{
    each_market(call, put_ticker);
}

static void ticker_all(struct call *call)
{
    static const char *const quotes[] = {"KRW", "BTC", "USDT"};
    char *wanted = mock_http_query_alloc(call->request, "quote_currencies");
    if (wanted == NULL || *wanted == '\0') {
        free(wanted);
        fail(call, 400, missing);
        return;
    }
    bool take[3] = {false, false, false};
    char *rest = NULL;
    for (char *q = strtok_r(wanted, ",", &rest); q != NULL; q = strtok_r(NULL, ",", &rest)) {
        for (int i = 0; i < 3; i++) {
            take[i] = take[i] || strcasecmp(q, quotes[i]) == 0;
        }
    }
    free(wanted);
    bool first = true;
    mock_buf_putc(&call->body, '[');
    for (size_t i = 0; i < call->server->exchange.count; i++) {
        const struct mock_market *m = &call->server->exchange.markets[i];
        if (take[m->quote] && !m->delisted && call->server->replay == NULL) {
            mock_buf_puts(&call->body, first ? "" : ",");
            first = false;
            mock_row_ticker(&call->body, m, call->server->now_ms);
        }
    }
    mock_buf_putc(&call->body, ']');
}

static bool put_book(struct call *call, struct mock_market *m)
{
    char text[32];
    int64_t level = 0, count;
    if (!integer(&count, call, "count", MOCK_DEPTH, 1, MOCK_DEPTH)) {
        return false;
    }
    if (mock_http_query(text, sizeof text, call->request, "level") && *text != '\0' &&
        !mock_parse_units(&level, text)) {
        fail(call, 400, mismatch);
        return false;
    }
    if (level != 0 && !mock_level_ok(m, level)) {
        return false; /* the exchange answers [] */
    }
    mock_row_book(&call->body, m, (int)count, level);
    return true;
}

static void orderbook(struct call *call)
{
    each_market(call, put_book);
}

static bool put_instrument(struct call *call, struct mock_market *m)
{
    mock_row_instrument(&call->body, m);
    return true;
}

static void instruments(struct call *call)
{
    each_market(call, put_instrument);
}

/* ?market=, or NULL and the call failed. */
static struct mock_market *one_market(struct call *call)
{
    char code[64];
    if (!mock_http_query(code, sizeof code, call->request, "market") || *code == '\0') {
        fail(call, 400, missing);
        return NULL;
    }
    struct mock_market *m = find(call->server, code);
    if (m == NULL) {
        fail(call, 404, "Code not found");
    }
    return m;
}

/* HHmmss or HH:mm:ss of today (UTC), minus days_ago; newer trades are left out. */
static bool trades_to(int64_t *to_ms, struct call *call, int64_t days_ago)
{
    char text[16];
    *to_ms = days_ago > 0 ? call->server->now_ms / 86400000 * 86400000 - (days_ago - 1) * 86400000
                          : INT64_MAX;
    if (!mock_http_query(text, sizeof text, call->request, "to") || *text == '\0') {
        return true;
    }
    int h, m, s;
    char extra;
    if ((sscanf(text, "%2d%2d%2d%c", &h, &m, &s, &extra) != 3 &&
         sscanf(text, "%2d:%2d:%2d%c", &h, &m, &s, &extra) != 3) ||
        h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) {
        fail(call, 400, mismatch);
        return false;
    }
    int64_t day = call->server->now_ms / 86400000 - days_ago;
    *to_ms = day * 86400000 + ((int64_t)h * 3600 + m * 60 + s + 1) * 1000;
    return true;
}

/* A row of a REST answer is as good a message as one of the stream: the journal has both. */
static void note_trade(const struct call *call, const struct mock_market *m,
                       const struct mock_trade *t)
{
    struct mock_server *s = call->server;
    struct mock_about about = {.kind = MOCK_TRADE,
                               .id = t->id,
                               .timestamp = t->timestamp + mock_stamp_offset_ms,
                               .value = {t->price, t->volume},
                               .values = 2,
                               .rest = true};
    memcpy(about.code, m->code, sizeof about.code);
    mock_journal_add(&s->journal, call->conn, mock_run_ms(s), &about);
}

static void trades(struct call *call)
{
    struct mock_market *m = one_market(call);
    int64_t count, cursor, days, to_ms;
    if (m == NULL || !integer(&count, call, "count", 1, 1, TRADES_MAX) ||
        !integer(&cursor, call, "cursor", INT64_MAX, 1, INT64_MAX) ||
        !integer(&days, call, "days_ago", 0, 1, 7) || !trades_to(&to_ms, call, days)) {
        return;
    }
    mock_buf_putc(&call->body, '[');
    const struct mock_trade *t = mock_trade_at(m, 0);
    /* One day: that of the newest trade, or so many before it. */
    int64_t from_ms = t != NULL ? (t->timestamp / 86400000 - days) * 86400000 : 0;
    int64_t put = 0;
    for (size_t n = 0; put < count && (t = mock_trade_at(m, n)) != NULL; n++) {
        if (t->id < cursor && t->timestamp >= from_ms && t->timestamp < from_ms + 86400000 &&
            t->timestamp < to_ms) {
            mock_buf_puts(&call->body, put++ == 0 ? "" : ",");
            mock_row_trade(&call->body, m, t);
            note_trade(call, m, t);
        }
    }
    mock_buf_putc(&call->body, ']');
}

/* `to`: yyyy-MM-ddTHH:mm:ss with or without T, Z or +09:00; windows that start at or after it are
 * left out. */
static bool candles_to(int64_t *to_ms, struct call *call)
{
    char text[48];
    *to_ms = INT64_MAX;
    if (!mock_http_query(text, sizeof text, call->request, "to") || *text == '\0') {
        return true;
    }
    struct tm tm = {0};
    char *rest = strptime(text, "%Y-%m-%d", &tm);
    if (rest != NULL && (*rest == 'T' || *rest == ' ')) {
        rest = strptime(rest + 1, "%H:%M:%S", &tm);
    } else {
        rest = NULL;
    }
    int64_t offset = 0;
    if (rest != NULL && (strcmp(rest, "+09:00") == 0 || strcmp(rest, " 09:00") == 0)) {
        offset = 9 * 3600;
    } else if (rest == NULL || (*rest != '\0' && strcmp(rest, "Z") != 0)) {
        fail(call, 400, mismatch);
        return false;
    }
    *to_ms = ((int64_t)timegm(&tm) - offset) * 1000;
    return true;
}

static void candles(struct call *call)
{
    struct mock_market *m = one_market(call);
    int64_t count, to_ms;
    if (m == NULL || !integer(&count, call, "count", 1, 1, CANDLES_MAX) ||
        !candles_to(&to_ms, call)) {
        return;
    }
    struct mock_candle list[CANDLES_MAX];
    size_t got = mock_candles_read(list, (size_t)count, m, call->unit, to_ms);
    mock_buf_putc(&call->body, '[');
    for (size_t i = 0; i < got; i++) {
        mock_buf_puts(&call->body, i == 0 ? "" : ",");
        mock_row_candle(&call->body, m, call->unit, &list[i]);
    }
    mock_buf_putc(&call->body, ']');
}

/* The unit of /candles/seconds or /candles/minutes/N, -1 for any other path. */
static int candle_unit(const char *path)
{
    if (strcmp(path, "/v1/candles/seconds") == 0) {
        return 0;
    }
    static const char minutes[] = "/v1/candles/minutes/";
    if (strncmp(path, minutes, sizeof minutes - 1) != 0) {
        return -1;
    }
    for (int u = 1; u < MOCK_UNITS; u++) {
        char number[16];
        snprintf(number, sizeof number, "%d", mock_unit_seconds[u] / 60);
        if (strcmp(path + sizeof minutes - 1, number) == 0) {
            return u;
        }
    }
    return -1;
}

static const struct route {
    const char *path;
    enum mock_group group;
    void (*run)(struct call *call);
} routes[] = {{"/v1/market/all", MOCK_GROUP_MARKET, market_all},
              {"/v1/ticker", MOCK_GROUP_TICKER, ticker},
              {"/v1/ticker/all", MOCK_GROUP_TICKER, ticker_all},
              {"/v1/orderbook", MOCK_GROUP_BOOK, orderbook},
              {"/v1/orderbook/instruments", MOCK_GROUP_BOOK, instruments},
              {"/v1/trades/ticks", MOCK_GROUP_TRADES, trades}};

static const struct route *route_of(struct call *call, const char *path)
{
    static const struct route to_candles = {NULL, MOCK_GROUP_CANDLES, candles};
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return &routes[i];
        }
    }
    call->unit = candle_unit(path);
    return call->unit >= 0 ? &to_candles : NULL;
}

void mock_rest(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    if (mock_rest_private(s, c, r)) {
        return;
    }
    struct call call = {.server = s, .request = r, .status = 200, .conn = c->id};
    const struct route *route = strcmp(r->method, "GET") == 0 ? route_of(&call, r->path) : NULL;
    char extra[96] = "";
    if (route == NULL) {
        call.status = 404;
        mock_buf_puts(&call.body, "{\"error\":{\"name\":\"not_found\",\"message\":"
                                  "\"no Route matched with those values\"}}");
    } else {
        bool over = mock_budget_take(&s->budget[route->group], route->group, s->now_ms);
        if (c->origin) {
            snprintf(extra, sizeof extra, "Remaining-Req: group=origin; min=6; sec=0\r\n");
        } else {
            mock_budget_header(extra, sizeof extra, &s->budget[route->group], route->group);
        }
        if (mock_fault_denied(s, c, MOCK_DENY_REST + (int)route->group, extra, r->keep_alive)) {
            return;
        }
        if (over) {
            if (mock_police_rest(s, c, r->keep_alive)) {
                return;
            }
            fail(&call, 429, "Too many API requests.");
        } else {
            route->run(&call);
        }
    }
    if (call.body.failed) {
        fail(&call, 500, "out of memory");
    }
    mock_http_reply(&c->out, call.status, "application/json;charset=UTF-8", extra,
                    mock_buf_front(&call.body), mock_buf_pending(&call.body), r->keep_alive);
    mock_buf_finish(&call.body);
}
