/* No memory for the decoders: each call for it fails in turn. Who asked is told NO_MEMORY, gets
 * nothing half done, and with memory again the same text is decoded by the same decoder. */
#include <stdarg.h>
#include <stdbool.h>

#include "exchange/markets.h"
#include "exchange/rest_shapes.h"
#include "rig.h"
#include "samples.h"

static long spare = -1; /* calls that are still answered before one fails; negative: all are */
static bool met;        /* one has failed */

static bool fails(void)
{
    bool now = spare >= 0 && spare-- == 0;
    met |= now;
    return now;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* ---- texts long enough that what is kept of them has to grow ---- */

static char text[65536];

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    size_t n = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + n, sizeof text - n, format, list);
    va_end(list);
}

static void large_book(void)
{
    add("{ \"type\":\"orderbook\",\"code\":\"KRW-BTC\",\"timestamp\":1790134742106,"
        "\"total_ask_size\":1,\"total_bid_size\":1,\"orderbook_units\":[");
    for (int i = 0; i < 200; i++)
        add("%s{ \"ask_price\":%d,\"bid_price\":%d,\"ask_size\":1,\"bid_size\":2}",
            i > 0 ? "," : "", 1000 + i, 999 - i);
    add("],\"stream_type\":\"REALTIME\"}");
}

static void many_new_members(void)
{
    add("{\"type\":\"ticker\",\"code\":\"KRW-BTC\"");
    for (int i = 0; i < 80; i++)
        add(",\"new_member_%d\":\"%0100d\"", i, i);
    add("%s", strstr(SAMPLE_TICKER, ",\"opening_price\""));
}

static void many_assets(void)
{
    add("{\"type\":\"myAsset\",\"asset_uuid\":\"e\",\"assets\":[");
    for (int i = 0; i < 300; i++)
        add("%s{\"currency\":\"C%d\",\"balance\":%d,\"locked\":0}", i > 0 ? "," : "", i, i);
    add("],\"asset_timestamp\":1710146517259,\"timestamp\":1710146517267,"
        "\"stream_type\":\"REALTIME\"}");
}

static void many_instruments(void)
{
    for (int i = 0; i < 40; i++)
        add("%s{\"market\":\"KRW-C%d\",\"quote_currency\":\"KRW\",\"tick_size\":\"1\","
            "\"supported_levels\":[\"0\",\"10\"]}",
            i > 0 ? "," : "[", i);
    add("]");
}

static void many_markets(void)
{
    for (int i = 0; i < 1500; i++)
        add("%s{\"market\":\"KRW-C%d\"}", i > 0 ? "," : "[", i);
    add("]");
}

static void many_accounts(void)
{
    for (int i = 0; i < 300; i++)
        add("%s{\"currency\":\"C%d\",\"balance\":\"%d\",\"locked\":\"0\",\"avg_buy_price\":\"0\","
            "\"avg_buy_price_modified\":false,\"unit_currency\":\"KRW\"}",
            i > 0 ? "," : "[", i, i);
    add("]");
}

static void error_of_rest(void)
{
    add("{\"error\":{\"name\":\"too_many_requests\",\"message\":\"slower\"}}");
}

/* ---- who reads them; each returns an error or what was read ---- */

typedef struct reading {
    upbit__decoder *decoder;
    char *seen; /* the event as JSON, or NULL */
    char reason[200];
} reading;

static upbit_event *allocate(void *context, size_t size)
{
    (void)context;
    return __real_malloc(size);
}

static void keep(void *context, upbit_event *e)
{
    reading *r = context;
    long before = spare;
    spare = -1;
    ck_assert_ptr_null(r->seen);
    r->seen = rig_json(e);
    free(e);
    spare = before;
}

static int of_the_stream(reading *r)
{
    const upbit__decode_output out = {.context = r, .allocate = allocate, .event = keep};
    return upbit__decode(r->decoder, text, strlen(text), &out, r->reason, sizeof r->reason);
}

static int of_accounts(reading *r)
{
    const upbit__decode_output out = {.context = r, .allocate = allocate, .event = keep};
    return upbit__rest_decode(r->decoder, UPBIT_TYPE_MY_ASSET, 0, text, strlen(text), &out, NULL,
                              r->reason, sizeof r->reason);
}

static int of_instruments(reading *r)
{
    upbit__instrument *rows = NULL;
    size_t count = 0;
    int error =
        upbit__rest_instruments(&rows, &count, text, strlen(text), r->reason, sizeof r->reason);
    spare = -1; /* the rest is the test's own */
    ck_assert_uint_eq(count, error < 0 ? 0 : 40);
    free(rows);
    return error;
}

static int of_markets(reading *r)
{
    upbit__markets *m = NULL;
    int error = upbit__markets_parse(&m, text, strlen(text), r->reason, sizeof r->reason);
    spare = -1;
    ck_assert_int_eq(m == NULL, error < 0);
    upbit__markets_destroy(m);
    return error;
}

static int of_an_error(reading *r)
{
    int error = upbit__rest_error(text, strlen(text), r->reason, sizeof r->reason);
    return error == UPBIT_ERROR_EXCHANGE ? 0 : error;
}

static const struct shortage {
    const char *name;
    void (*write)(void);
    int (*read)(reading *r);
    int least; /* calls for memory there are to fail */
} shortages[] = {
    {"a book", large_book, of_the_stream, 2},
    {"new members", many_new_members, of_the_stream, 2},
    {"assets", many_assets, of_the_stream, 1},
    {"accounts", many_accounts, of_accounts, 1},
    {"instruments", many_instruments, of_instruments, 2},
    {"markets", many_markets, of_markets, 2},
    {"an error of REST", error_of_rest, of_an_error, 1},
};

START_TEST(each_call_for_memory_fails_in_turn)
{
    const struct shortage *s = &shortages[_i];
    char *whole = NULL;
    text[0] = '\0';
    s->write();
    for (int failed = 0;; failed++) {
        reading r = {0};
        ck_assert_int_eq(upbit__decoder_create(&r.decoder), 0);
        met = false;
        spare = failed;
        int result = s->read(&r);
        spare = -1;
        if (!met) {
            ck_assert_msg(result >= 0, "%s: %d %s", s->name, result, r.reason);
            ck_assert_msg(failed >= s->least, "%s: %d calls", s->name, failed);
        } else {
            ck_assert_msg(result == UPBIT_ERROR_NO_MEMORY, "%s, call %d: %d", s->name, failed,
                          result);
            ck_assert_str_eq(r.reason, "out of memory");
            ck_assert_ptr_null(r.seen);
            ck_assert_int_ge(s->read(&r), 0); /* there is some again */
        }
        if (r.seen != NULL) {
            if (whole != NULL)
                ck_assert_str_eq(r.seen, whole);
            free(whole);
            whole = r.seen;
        }
        upbit__decoder_destroy(r.decoder);
        if (!met)
            break;
    }
    free(whole);
}
END_TEST

START_TEST(a_decoder_is_made_or_not)
{
    for (int failed = 0;; failed++) {
        upbit__decoder *d = NULL;
        met = false;
        spare = failed;
        int error = upbit__decoder_create(&d);
        spare = -1;
        ck_assert_int_eq(error, met ? UPBIT_ERROR_NO_MEMORY : 0);
        ck_assert_int_eq(d == NULL, met);
        upbit__decoder_destroy(d);
        if (!met)
            break;
        ck_assert_int_lt(failed, 100);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shortage");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, each_call_for_memory_fails_in_turn, 0,
                        sizeof shortages / sizeof *shortages);
    tcase_add_test(t, a_decoder_is_made_or_not);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
