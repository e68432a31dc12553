/* The exchange's messages. */
#include <stdlib.h>
#include <string.h>

#include "base/decimal_parse.h"
#include "exchange/decoder.h"
#include "exchange/json.h"
#include "exchange/markets.h"
#include "exchange/rest_account.h"
#include "exchange/rest_shapes.h"
#include "targets.h"
#include "wire/utf8.h"

typedef struct delivery {
    int refuse;    /* so many until one finds no room; 0: all find it */
    uint64_t said; /* of all events' texts                            */
} delivery;

static upbit_event *allocate(void *to, size_t size)
{
    delivery *c = to;
    if (c->refuse > 0 && --c->refuse == 0)
        return NULL;
    upbit_event *e = malloc(size);
    if (e != NULL)
        memset(e, 0xA5, size);
    return e;
}

static void discard(void *to, upbit_event *block)
{
    delivery *c = to;
    c->refuse += c->refuse > 0;
    free(block);
}

static upbit_event *allocate_copy(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

/* An event can be printed, and what is printed is JSON and UTF-8; a copy is the same. */
static void on_event(void *to, upbit_event *e)
{
    size_t length = upbit_event_to_json(e, NULL, 0);
    char *text = malloc(length + 1);
    FUZZ_REQUIRE(text != NULL && upbit_event_to_json(e, text, length + 1) == length);
    FUZZ_REQUIRE(strlen(text) == length);
    upbit__json r;
    upbit__json_begin(&r, text, length);
    const char *p = upbit__json_skip(&r, text, 0);
    FUZZ_REQUIRE(p != NULL && upbit__json_space(&r, p) == r.end);
    upbit_event *copy = upbit__event_copy(e, allocate_copy, NULL);
    FUZZ_REQUIRE(copy != NULL);
    if (e->type <= UPBIT_TYPE_ANNOUNCEMENT)
        FUZZ_REQUIRE(upbit__event_same(e, copy) == 1);
    char *again = malloc(length + 1);
    FUZZ_REQUIRE(again != NULL && upbit_event_to_json(copy, again, length + 1) == length);
    FUZZ_REQUIRE(strcmp(text, again) == 0);
    if (e->type == UPBIT_TYPE_ORDERBOOK) {
        upbit_event *cut = upbit__orderbook_cut((const void *)e, 3, allocate_copy, NULL);
        FUZZ_REQUIRE(cut != NULL);
        free(cut);
    }
    delivery *c = to;
    for (size_t i = 0; i <= length; i++)
        c->said = (c->said ^ (uint8_t)text[i]) * 0x100000001b3u;
    free(again);
    free(copy);
    free(text);
    free(e);
}

static void on_refused(void *context, const upbit_event *e)
{
    (void)context;
    (void)e;
}

/* The decoder of a kind of machine; NULL: this one is not of that kind. */
static upbit__decoder *decoder(int kind)
{
    static upbit__decoder *all[UPBIT__DECODER_KINDS];
    if (all[kind] == NULL) {
        upbit__decoder *d;
        FUZZ_REQUIRE(upbit__decoder_create(&d) == 0);
        if (upbit__decoder_use(d, kind))
            all[kind] = d;
        else
            upbit__decoder_destroy(d);
    }
    return all[kind];
}

void fuzz_decode(const uint8_t *data, size_t size)
{
    char first[160] = "";
    int events = 0;
    uint64_t first_said = 0;
    for (int kind = UPBIT__DECODER_PLAIN; kind < UPBIT__DECODER_KINDS; kind++) {
        char reason[160] = "";
        delivery c = {.refuse = size > 0 && data[size - 1] == ' ' ? 2 : 0};
        const upbit__decode_output out = {&c, allocate, on_event, on_refused, discard};
        if (decoder(kind) == NULL)
            continue;
        uint8_t *exact = fuzz_exact(data, size);
        int count =
            upbit__decode(decoder(kind), (const char *)exact, size, &out, reason, sizeof reason);
        FUZZ_REQUIRE(count >= 0 || count == UPBIT_ERROR_DECODE);
        FUZZ_REQUIRE(count >= 0 || reason[0] != '\0');
        free(exact);
        /* Every kind says the same. */
        if (kind == UPBIT__DECODER_PLAIN) {
            events = count;
            first_said = c.said;
            memcpy(first, reason, sizeof first);
        }
        FUZZ_REQUIRE(count == events && c.said == first_said && strcmp(reason, first) == 0);
    }
}

void fuzz_json(const uint8_t *data, size_t size)
{
    char *text = (char *)fuzz_exact(data, size);
    upbit__json r;
    upbit__json_begin(&r, text, size);
    const char *p = upbit__json_skip(&r, upbit__json_space(&r, text), 0);
    FUZZ_REQUIRE(p != NULL || r.fault != NULL);
    FUZZ_REQUIRE(p == NULL || (p > text && p <= r.end));
    /* Every string of a good text unescapes into no more bytes, which are UTF-8. */
    for (const char *at = text; p != NULL && at < p; at++) {
        if (*at != '"')
            continue;
        upbit__json s;
        upbit__span span;
        upbit__json_begin(&s, text, size);
        const char *end = upbit__json_string(&s, at, &span);
        if (end == NULL)
            continue;
        char *plain = malloc(span.length + 1);
        FUZZ_REQUIRE(plain != NULL);
        size_t n = upbit__json_unescape(plain, &span);
        FUZZ_REQUIRE(n <= span.length);
        upbit__utf8 state = {0};
        FUZZ_REQUIRE(upbit__utf8_feed(&state, (const uint8_t *)plain, n) &&
                     upbit__utf8_complete(&state));
        free(plain);
        at = end - 1;
    }
    free(text);
}

static void check_decimal(const upbit_decimal *d)
{
    char text[UPBIT_DECIMAL_STRING_SIZE], fixed[UPBIT_DECIMAL_STRING_SIZE];
    upbit_decimal again;
    size_t n = upbit_decimal_to_string(d, text, sizeof text);
    FUZZ_REQUIRE(n < sizeof text && strlen(text) == n);
    FUZZ_REQUIRE(upbit_decimal_is_null(d) || (upbit_decimal_parse(&again, text, n) == 0 &&
                                              upbit_decimal_compare(d, &again) == 0));
    FUZZ_REQUIRE(upbit_decimal_to_fixed(d, 8, fixed, sizeof fixed) < sizeof fixed);
    (void)upbit_decimal_to_double(d);
}

void fuzz_decimal(const uint8_t *data, size_t size)
{
    /* Two numbers with a blank between them. */
    const uint8_t *blank = size > 0 ? memchr(data, ' ', size) : NULL;
    size_t first = blank != NULL ? (size_t)(blank - data) : size;
    char *a_text = (char *)fuzz_exact(data, first);
    upbit_decimal a, b, sum, back, scanned;
    int rc = upbit_decimal_parse(&a, a_text, first);
    FUZZ_REQUIRE(rc == 0 || (rc == UPBIT_ERROR_INVALID_ARGUMENT && a.null == 1));
    check_decimal(&a);
    /* The decoders' quick way says the same wherever it says anything. */
    char padded[512];
    if (rc == 0 && first + UPBIT__SCAN_BYTES < sizeof padded) {
        memset(padded, ',', sizeof padded);
        memcpy(padded, a_text, first);
        const char *end = upbit__decimal_scan(&scanned, padded);
        if (end != NULL && end == padded + first)
            FUZZ_REQUIRE(upbit_decimal_compare(&a, &scanned) == 0);
    }
    free(a_text);
    if (blank == NULL || rc != 0)
        return;
    char *b_text = (char *)fuzz_exact(blank + 1, size - first - 1);
    rc = upbit_decimal_parse(&b, b_text, size - first - 1);
    free(b_text);
    if (rc != 0)
        return;
    if (upbit_decimal_add(&sum, &a, &b) == 0) {
        check_decimal(&sum);
        if (upbit_decimal_subtract(&back, &sum, &b) == 0)
            FUZZ_REQUIRE(upbit_decimal_compare(&back, &a) == 0);
    }
    if (upbit_decimal_multiply(&sum, &a, &b) == 0)
        check_decimal(&sum);
    FUZZ_REQUIRE(upbit_decimal_compare(&a, &b) == -upbit_decimal_compare(&b, &a) ||
                 upbit_decimal_compare(&a, &b) * upbit_decimal_compare(&b, &a) < 0);
}

/* The first byte says what was asked for. */
void fuzz_rest(const uint8_t *data, size_t size)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE,    UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_CANDLE, UPBIT_TYPE_MY_ORDER, UPBIT_TYPE_MY_ASSET};
    if (size < 1)
        return;
    char reason[160] = "";
    size_t bad = 0;
    unsigned what = data[0] % 10u;
    char *body = (char *)fuzz_exact(data + 1, size - 1);
    size_t length = size - 1;
    int rc;
    if (what < 6) {
        delivery c = {0};
        const upbit__decode_output out = {&c, allocate, on_event, on_refused, discard};
        upbit__decoder *d = decoder((data[0] >> 6) % UPBIT__DECODER_KINDS);
        d = d != NULL ? d : decoder(UPBIT__DECODER_PLAIN);
        rc = upbit__rest_decode(d, types[what], UPBIT_CANDLE_1M, body, length, &out, &bad, reason,
                                sizeof reason);
    } else if (what == 6) {
        upbit__markets *list = NULL;
        rc = upbit__markets_parse(&list, body, length, reason, sizeof reason);
        for (size_t i = 0; rc == 0 && i < upbit__markets_count(list); i++)
            FUZZ_REQUIRE(upbit__markets_find(list, upbit__markets_at(list, i)->code) != NULL);
        upbit__markets_destroy(list);
    } else if (what == 7) {
        upbit__instrument *list = NULL;
        rc = upbit__rest_instruments(&list, &bad, body, length, reason, sizeof reason);
        free(list);
    } else if (what == 8) {
        char name[48];
        rc = upbit__rest_error(body, length, reason, sizeof reason);
        FUZZ_REQUIRE(rc < 0);
        upbit__rest_error_name(name, sizeof name, body, length);
        FUZZ_REQUIRE(strlen(name) < sizeof name);
    } else {
        char query[300];
        char *path = fuzz_text(data + 1, size - 1);
        rc = upbit__query_decode(query, sizeof query, path);
        FUZZ_REQUIRE(rc == 0 || rc == UPBIT_ERROR_LIMIT);
        free(path);
        free(body);
        return;
    }
    FUZZ_REQUIRE(rc >= 0 || rc == UPBIT_ERROR_DECODE || rc == UPBIT_ERROR_EXCHANGE);
    FUZZ_REQUIRE(rc >= 0 || reason[0] != '\0');
    free(body);
}
