/* What neither cache nor stream has, in as few questions as possible.
 *
 * Tickers and books are asked for by up to 100 codes at once; of more than 100 tickers of one quote
 * currency all its markets are cheaper. One code the exchange does not know spoils such a question
 * (404), so it is halved until the culprit stands alone. Trades and candles go code by code and
 * page by page, each page asked for by the end of the one before. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "client/selectors.h"
#include "client/snapshot.h"
#include "exchange/rest_shapes.h"

#define PATIENCE_NS (600 * UPBIT__MS) /* the market list is settled by then */
#define QUOTES_MAX  8

/* One question: its parts are those that name it. */
struct upbit__query {
    upbit__snapshot *snapshot;
    upbit__ask *ask; /* NULL: over */
    upbit__query *next;
    uint32_t part_count;
    bool whole; /* all markets of the quote currency */
    /* while an answer is read */
    upbit__part *part; /* of a history */
    uint32_t rows;     /* of the page */
    int64_t end;       /* of the last page: what is not below it is a repeat */
};

static bool is_history(const upbit__snapshot *s)
{
    return s->type == UPBIT_TYPE_TRADE || s->type == UPBIT_TYPE_CANDLE;
}

static void start(upbit__query *q);

static void end_query(upbit__query *q)
{
    upbit__query **link = &q->snapshot->queries;
    while (*link != q)
        link = &(*link)->next;
    *link = q->next;
    upbit__ask_cancel(q->ask);
    free(q);
}

void upbit__snapshot_stop_asking(upbit__snapshot *s)
{
    upbit__snapshot_stop_asking_account(s);
    while (s->queries != NULL)
        end_query(s->queries);
}

/* The next part of the query from index *i on; NULL: no more. */
static upbit__part *next_part(const upbit__query *q, size_t *i)
{
    upbit__snapshot *s = q->snapshot;
    while (*i < s->part_count) {
        upbit__part *part = &s->parts[(*i)++];
        if (part->query == q && part->state == UPBIT__PART_ASKED)
            return part;
    }
    return NULL;
}

static void fail_query(upbit__query *q, int error, const char *why)
{
    upbit__part *part;
    for (size_t i = 0; (part = next_part(q, &i)) != NULL;)
        upbit__snapshot_fail(q->snapshot, part, error, why);
    end_query(q);
}

/* ---- answers ---- */

static int64_t place_of(const upbit_event *e)
{
    return e->type == UPBIT_TYPE_TRADE ? ((const upbit_trade *)(const void *)e)->sequential_id
                                       : ((const upbit_candle *)(const void *)e)->start_ms;
}

static bool selects(const upbit__part *part, const upbit_event *e)
{
    char prefix[sizeof part->code];
    if (!upbit__is_selector(part->code))
        return false;
    upbit__selector_prefix(prefix, part->code);
    return upbit__selects(prefix, e->code);
}

/* A selector gets the rows of codes that are not named as well; those may be there already. */
static upbit__part *part_of(const upbit__query *q, const upbit_event *e)
{
    upbit__snapshot *s = q->snapshot;
    if (q->part != NULL)
        return memcmp(q->part->code, e->code, sizeof e->code) == 0 ? q->part : NULL;
    upbit__part *selector = NULL;
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__part *part = &s->parts[i];
        bool ours = part->query == q && part->state == UPBIT__PART_ASKED;
        if (memcmp(part->code, e->code, sizeof e->code) == 0)
            return ours && part->count == 0 ? part : NULL; /* a second row is not wanted */
        if (ours && selector == NULL && selects(part, e))
            selector = part;
    }
    return selector;
}

static upbit_event *allocate(void *context, size_t size)
{
    const upbit__query *q = context;
    return upbit__snapshot_allocate(q->snapshot, size);
}

static void on_row(void *context, upbit_event *e)
{
    upbit__query *q = context;
    upbit__snapshot *s = q->snapshot;
    upbit_manager *m = s->manager;
    upbit__part *part = part_of(q, e);
    q->rows++;
    if (part == NULL ||
        (q->part != NULL && (part->count == s->wanted || (q->end != 0 && place_of(e) >= q->end)))) {
        upbit__event_unref_io(m->pool, e);
        return;
    }
    e->origin = UPBIT_ORIGIN_REST;
    e->epoch = m->session.epoch;
    e->received_ns = m->received_ns;
    e->received_wall_ns = m->received_wall_ns;
    e->received_ms = m->received_wall_ns / UPBIT__MS;
    upbit__snapshot_put(s, part, e);
}

/* The newest first; ids are unique, not ordered. */
static int newer_trade_first(const void *left, const void *right)
{
    const upbit_trade *a = *(const upbit_trade *const *)left;
    const upbit_trade *b = *(const upbit_trade *const *)right;
    if (a->trade_timestamp != b->trade_timestamp)
        return a->trade_timestamp > b->trade_timestamp ? -1 : 1;
    return a->sequential_id > b->sequential_id ? -1 : a->sequential_id < b->sequential_id;
}

static void settle_history(upbit__query *q)
{
    upbit__part *part = q->part;
    if (q->snapshot->type == UPBIT_TYPE_TRADE && part->count > 1)
        qsort(part->events, part->count, sizeof *part->events, newer_trade_first);
    upbit__snapshot_settle(q->snapshot, part);
    end_query(q);
}

static uint32_t page_size(const upbit__snapshot *s, const upbit__part *part)
{
    uint32_t left = s->wanted - part->count;
    uint32_t most = s->type == UPBIT_TYPE_TRADE ? UPBIT__REST_TRADES_MAX : UPBIT__REST_CANDLES_MAX;
    return left < most ? left : most;
}

/* The lowest place of what is there: the next page lies below. */
static int64_t lowest(const upbit__snapshot *s, const upbit__part *part)
{
    int64_t low = s->before;
    for (uint32_t i = 0; i < part->count; i++) {
        int64_t place = place_of(part->events[i]);
        if (low == 0 || place < low)
            low = place;
    }
    return low;
}

/* A page that is not full is the last: there are no more. */
static void page_read(upbit__query *q, uint32_t asked, uint32_t before)
{
    upbit__snapshot *s = q->snapshot;
    if (q->rows < asked || q->part->count == before || q->part->count >= s->wanted)
        settle_history(q);
    else
        start(q);
}

static void in_reverse(upbit__part *part)
{
    for (uint32_t i = 0, k = part->count - 1; i < k; i++, k--) {
        upbit_event *e = part->events[i];
        part->events[i] = part->events[k];
        part->events[k] = e;
    }
}

/* Codes without a row. */
static void settle_rows(upbit__query *q, bool bad, const char *reason)
{
    upbit__snapshot *s = q->snapshot;
    upbit__part *part;
    for (size_t i = 0; (part = next_part(q, &i)) != NULL;) {
        if (part->count > 0) {
            in_reverse(part); /* a selector's rows, in the order of the exchange */
            upbit__snapshot_settle(s, part);
        } else if (bad)
            upbit__snapshot_fail(s, part, UPBIT_ERROR_DECODE, reason);
        else if (!upbit_decimal_is_zero(&s->level))
            upbit__snapshot_fail(s, part, UPBIT_ERROR_UNAVAILABLE,
                                 "the exchange groups no book by this level");
        else
            upbit__snapshot_fail(s, part, UPBIT_ERROR_UNKNOWN_CODE,
                                 "the exchange does not list it");
    }
    end_query(q);
}

static void read_body(upbit__query *q, const upbit__rest_result *result)
{
    upbit__snapshot *s = q->snapshot;
    upbit_manager *m = s->manager;
    const upbit__decode_output out = {.context = q, .allocate = allocate, .event = on_row};
    char reason[160] = "";
    size_t bad = 0;
    size_t i = 0;
    q->part = is_history(s) ? next_part(q, &i) : NULL;
    q->rows = 0;
    q->end = q->part != NULL ? lowest(s, q->part) : 0;
    uint32_t asked = q->part != NULL ? page_size(s, q->part) : 0;
    uint32_t before = q->part != NULL ? q->part->count : 0;
    m->received_ns = upbit__clock_monotonic_ns();
    m->received_wall_ns = upbit__clock_wall_ns();
    int count = upbit__rest_decode(m->decoder, s->type, s->unit, result->body, result->length, &out,
                                   &bad, reason, sizeof reason);
    if (count < 0) {
        fail_query(q, count, reason[0] != '\0' ? reason : upbit_error_string(count));
    } else if (q->part == NULL) {
        settle_rows(q, bad > 0, reason);
    } else if (bad > 0) {
        upbit__snapshot_fail(s, q->part, UPBIT_ERROR_DECODE, reason);
        end_query(q);
    } else {
        page_read(q, asked, before);
    }
}

static upbit__query *make(upbit__snapshot *s)
{
    upbit__query *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->snapshot = s;
    q->next = s->queries;
    s->queries = q;
    return q;
}

static void add(upbit__query *q, upbit__part *part)
{
    part->query = q;
    part->state = UPBIT__PART_ASKED;
    q->part_count++;
}

/* One of its codes is unknown: two halves know which half. */
static void halve(upbit__query *q)
{
    upbit__query *other = make(q->snapshot);
    if (other == NULL) {
        fail_query(q, UPBIT_ERROR_NO_MEMORY, upbit_error_string(UPBIT_ERROR_NO_MEMORY));
        return;
    }
    upbit__part *part;
    size_t keep = q->part_count / 2, i = 0;
    for (size_t n = 0; (part = next_part(q, &i)) != NULL; n++)
        if (n >= keep) {
            add(other, part);
            q->part_count--;
        }
    start(q);
    start(other);
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__query *q = context;
    upbit__snapshot *s = q->snapshot;
    char reason[160] = "";
    q->ask = NULL;
    upbit__snapshot_waited(s, result->waited_ms);
    if (result->error != 0) {
        fail_query(q, result->error,
                   *result->reason != '\0' ? result->reason : upbit_error_string(result->error));
    } else if (result->http_status == 200) {
        read_body(q, result);
    } else {
        int error = upbit__rest_error(result->body, result->length, reason, sizeof reason);
        /* An unknown code has a number for a name; a path nobody serves says "not_found". */
        bool unknown = result->http_status == 404 && error == UPBIT_ERROR_EXCHANGE &&
                       strncmp(reason, "404", 3) == 0 && !q->whole;
        if (unknown && q->part_count > 1)
            halve(q);
        else if (unknown)
            fail_query(q, UPBIT_ERROR_UNKNOWN_CODE, "the exchange does not list it");
        else
            fail_query(q, UPBIT_ERROR_EXCHANGE, reason);
    }
    upbit__snapshot_check(s);
}

/* ---- questions ---- */

static size_t quote_length(const char *code)
{
    const char *dash = strchr(code, '-');
    return dash != NULL ? (size_t)(dash - code) : 0;
}

static int write_path(upbit__buffer *path, const upbit__query *q)
{
    const upbit__snapshot *s = q->snapshot;
    const char *codes[UPBIT__REST_CODES_MAX];
    size_t count = 0, i = 0;
    const upbit__part *first = next_part(q, &i);
    for (const upbit__part *part = first; part != NULL; part = next_part(q, &i)) {
        codes[count++] = part->code;
        if (q->whole || count == UPBIT__REST_CODES_MAX)
            break;
    }
    if (count == 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    switch (s->type) {
    case UPBIT_TYPE_TICKER:
        if (q->whole) {
            char quote[sizeof first->code] = "";
            memcpy(quote, codes[0], quote_length(codes[0]));
            return upbit__rest_path_tickers_all(path, quote);
        }
        return upbit__rest_path_tickers(path, codes, count);
    case UPBIT_TYPE_ORDERBOOK:
        return upbit__rest_path_orderbooks(path, codes, count, &s->level, s->depth);
    case UPBIT_TYPE_TRADE:
        return upbit__rest_path_trades(path, codes[0], page_size(s, first), lowest(s, first), 0);
    default:
        return upbit__rest_path_candles(path, codes[0], s->unit, page_size(s, first),
                                        lowest(s, first));
    }
}

static upbit__group group_of(int type)
{
    return type == UPBIT_TYPE_TICKER      ? UPBIT__GROUP_TICKER
           : type == UPBIT_TYPE_ORDERBOOK ? UPBIT__GROUP_ORDERBOOK
           : type == UPBIT_TYPE_TRADE     ? UPBIT__GROUP_TRADE
                                          : UPBIT__GROUP_CANDLE;
}

/* Asks, or fails the query's parts. */
static void start(upbit__query *q)
{
    upbit__snapshot *s = q->snapshot;
    int64_t left_ms = (s->until_ns - upbit__clock_monotonic_ns()) / UPBIT__MS;
    upbit__buffer path = {0};
    int error = write_path(&path, q);
    if (error == 0)
        error = upbit__asking_get(&s->manager->asking, &q->ask, group_of(s->type),
                                  UPBIT__ASK_SNAPSHOT, (const char *)upbit__buffer_bytes(&path),
                                  left_ms < 1 ? 1 : (uint32_t)left_ms + 1, answered, q);
    upbit__buffer_finish(&path);
    if (error != 0) {
        q->ask = NULL;
        fail_query(q, error,
                   error == UPBIT_ERROR_UNAVAILABLE ? upbit_error_detail()
                                                    : upbit_error_string(error));
    }
}

/* How many open parts there are of the part's quote currency; counted once for each. */
typedef struct quotes {
    struct {
        const char *code;
        size_t length, count;
    } of[QUOTES_MAX];
    size_t count;
} quotes;

static void count_quotes(quotes *all, const upbit__snapshot *s)
{
    all->count = 0;
    for (size_t i = 0; i < s->part_count; i++) {
        const upbit__part *part = &s->parts[i];
        if (part->state != UPBIT__PART_OPEN)
            continue;
        size_t length = quote_length(part->code), k = 0;
        while (k < all->count &&
               (all->of[k].length != length || memcmp(all->of[k].code, part->code, length) != 0))
            k++;
        if (k == QUOTES_MAX)
            continue;
        if (k == all->count) {
            all->of[all->count].code = part->code;
            all->of[all->count].length = length;
            all->of[all->count++].count = 0;
        }
        all->of[k].count++;
    }
}

/* A question for open parts: all of one quote currency, or the next that fit a URL. */
static bool ask_some(upbit__snapshot *s, const char *quote, size_t quote_size)
{
    upbit__query *q = make(s);
    if (q == NULL)
        return false;
    q->whole = quote != NULL;
    uint32_t most = is_history(s) ? 1 : q->whole ? UINT32_MAX : UPBIT__REST_CODES_MAX;
    for (size_t i = 0; i < s->part_count && q->part_count < most; i++) {
        upbit__part *part = &s->parts[i];
        if (part->state == UPBIT__PART_OPEN &&
            (!q->whole || (quote_length(part->code) == quote_size &&
                           memcmp(part->code, quote, quote_size) == 0)))
            add(q, part);
    }
    start(q);
    return true;
}

static bool any_open(const upbit__snapshot *s)
{
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].state == UPBIT__PART_OPEN)
            return true;
    return false;
}

static void ask_all(upbit__snapshot *s)
{
    bool memory = true;
    for (size_t i = 0; i < s->part_count && memory; i++) {
        const upbit__part *part = &s->parts[i];
        if (part->state == UPBIT__PART_OPEN && upbit__is_selector(part->code))
            memory = ask_some(s, part->code, quote_length(part->code));
    }
    if (s->type == UPBIT_TYPE_TICKER) {
        quotes all;
        count_quotes(&all, s);
        for (size_t k = 0; k < all.count && memory; k++)
            if (all.of[k].count > UPBIT__REST_CODES_MAX)
                memory = ask_some(s, all.of[k].code, all.of[k].length);
    }
    while (memory && any_open(s))
        memory = ask_some(s, NULL, 0);
    for (size_t i = 0; !memory && i < s->part_count; i++)
        if (s->parts[i].state == UPBIT__PART_OPEN)
            upbit__snapshot_fail(s, &s->parts[i], UPBIT_ERROR_NO_MEMORY,
                                 upbit_error_string(UPBIT_ERROR_NO_MEMORY));
}

/* Codes that are not listed fail. False: the list is on its way and worth waiting for. */
static bool check_listed(upbit__snapshot *s)
{
    bool wait = false;
    for (size_t i = 0; i < s->part_count; i++) {
        upbit__part *part = &s->parts[i];
        if (part->state != UPBIT__PART_OPEN || upbit__is_selector(part->code))
            continue;
        upbit__listed listed = upbit__listing_check(&s->manager->listing, part->code);
        if (listed == UPBIT__LISTED_NO)
            upbit__snapshot_fail(s, part, UPBIT_ERROR_UNKNOWN_CODE,
                                 "the exchange does not list it");
        wait = wait || listed == UPBIT__LISTED_WAIT;
    }
    return !wait || s->until_ns - upbit__clock_monotonic_ns() < PATIENCE_NS;
}

void upbit__snapshot_ask(upbit__snapshot *s)
{
    if (upbit__snapshot_is_account(s))
        upbit__snapshot_ask_account(s);
    else if (any_open(s) && check_listed(s))
        ask_all(s);
    upbit__snapshot_check(s);
}
