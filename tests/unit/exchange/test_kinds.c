/* The code for each kind of machine says the same of every message, to the reason it is refused for, and
 * so does the careful way that white space makes the decoder take. The numbers are of all shapes, bad ones
 * among them, for they are what the kinds read each in their own way. Seeded and bounded. */
#include <stdarg.h>

#include "kinds.h"

static uint64_t seed = 88172645463325252ULL;

static uint64_t next(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

typedef struct text {
    char at[16384];
    size_t length;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->at + t->length, sizeof t->at - t->length, format, arguments);
    va_end(arguments);
}

static void digits(char *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *to++ = (char)('0' + next(next(4) == 0 ? 1 : 10));
    *to = '\0';
}

/* One in a hundred is none as JSON has them. */
static void number(char to[64])
{
    static const char *const bad[] = {"01", "00.5", ".5", "5.", "1.2.3", "", "-", "1..2", "1e", "1E+", "0x1", "1/2",
                                      "1:2", "+1", "1,2", "1.E5", "E5", "-.5", "1E5.0", "1 2", "}", "1}", "\"1\"", "1\"2"};
    static const char *const odd[] = {"null", "0", "0.0", "0E-8", "0.0E-5", "-0", "-1.5", "1e3", "1E+2", "1.5E-0", "1E0", "1.0E9",
                                      "1.23456789E7", "9.999E3", "123456789.5E9", "12345678901234E9",
                                      "1.0E10", "1.0E-10", "12.5E3", "0.5E3", "1E400",
                                      "0.00000001", "1.16539E8", "5.0E-4", "99999999999999999999999999999999999999999",
                                      "123456789012345", "1234567890123456", "12345678901234567",
                                      "123456789012.34567890", "116539000.00000000", "37189906239683.17623000",
                                      "1234567890123456789012345678901", "123456789012345678901234567890",
                                      "1234567.12345678", "12345678.12345678", "123456789.123456789012345678901234"};
    uint64_t shape = next(100);
    char whole[24], part[28]; /* of 20 and 24 digits at most */
    if (shape == 0) {
        strcpy(to, bad[next(sizeof bad / sizeof bad[0])]);
    } else if (shape < 10) {
        strcpy(to, odd[next(sizeof odd / sizeof odd[0])]);
    } else {
        digits(whole, shape < 20 ? 1 + next(20) : 1 + next(9));
        if (whole[0] == '0')
            whole[next(50) > 0] = '\0';
        if (whole[0] == '\0')
            strcpy(whole, "7");
        digits(part, shape < 20 ? 1 + next(24) : 1 + next(8));
        if (next(5) == 0)
            snprintf(to, 64, "%s", whole);
        else if (next(6) == 0)
            snprintf(to, 64, "%c.%sE%s%u", whole[0], part, next(2) ? "-" : "", (unsigned)next(12));
        else
            snprintf(to, 64, "%s.%s", whole, part);
    }
}

/* A member whose value is any number, behind a blank where the message is written with blanks. */
static void member(text *compact, text *spaced, const char *name)
{
    char value[64];
    if (next(500) == 0)
        name = next(2) ? "ask_price" : "cs";
    number(value);
    put(compact, "\"%s\":%s", name, value);
    put(spaced, "\"%s\": %s", name, value);
}

static void both(text *compact, text *spaced, const char *part)
{
    put(compact, "%s", part);
    put(spaced, "%s", part);
}

static void make_book(text *a, text *b, int simple)
{
    static const char *const names[2][6] = {
        {"total_ask_size", "total_bid_size", "ask_price", "bid_price", "ask_size", "bid_size"},
        {"tas", "tbs", "ap", "bp", "as", "bs"}};
    char head[128], code[32];
    digits(code, 1 + next(next(9) == 0 ? 26 : 23));
    snprintf(head, sizeof head,
             simple ? "{\"ty\":\"orderbook\",\"cd\":\"%s\",\"tms\":1790134742106,"
                    : "{\"type\":\"orderbook\",\"code\":\"%s\",\"timestamp\":1790134742106,",
             code);
    both(a, b, head);
    member(a, b, names[simple][0]);
    both(a, b, ",");
    member(a, b, names[simple][1]);
    both(a, b, simple ? ",\"obu\":[" : ",\"orderbook_units\":[");
    for (unsigned i = 0, rows = (unsigned)next(90) / 2; i < rows; i++) {
        both(a, b, i > 0 ? ",{" : "{");
        for (unsigned k = 2; k < 6; k++) {
            member(a, b, names[simple][k]);
            if (k < 5)
                both(a, b, ",");
        }
        both(a, b, "}");
    }
    both(a, b, simple ? "],\"st\":\"REALTIME\",\"lv\":0}" : "],\"stream_type\":\"REALTIME\",\"level\":0}");
}

/* A text as that field has it; now and then another, or none that JSON has. */
static void put_string(char word[40], int type, const upbit_field *f)
{
    static const char *const odd[] = {"null", "\"\"", "\"2026-09-02T08:26:20\"", "\"2026-09-0\\u0032\"", "\"2026-09\t02\"",
                                      "\"2026\\\"0902\"", "\"2026\"0902\"", "\"2026,09,02\"", "\"\xEA\xB0\x80\xEA\xB0\x80 80\"",
                                      "\"2026-13-02T08:26:20\"", "\"2026-09-02T24:26:20\"", "\"2026-09-02T08:60:20\"",
                                      "\"2026-09-02T08:26:61\"", "\"2026-09-02T08:2::20\"", "\"2026-09-02 08:26:20\"",
                                      "\"1969-12-31T23:59:59\"", "\"2026-09-31T08:26:00\"", "20260902", "\"2026-09-02", "nul0"};
    unsigned a = (unsigned)next(24), b = (unsigned)next(60), c = (unsigned)next(60);
    unsigned day = (unsigned)(1 + next(28));
    if (next(60) == 0)
        strcpy(word, odd[next(sizeof odd / sizeof odd[0])]);
    else if (strcmp(f->name, "delisting_date") == 0)
        strcpy(word, next(9) == 0 ? "\"2026-10-01\"" : "null");
    else if (type == UPBIT_TYPE_CANDLE)
        snprintf(word, 40, "\"2026-09-%02uT%02u:%02u:%02u\"", day, a, b, c);
    else if (strstr(f->name, "time") != NULL)
        snprintf(word, 40, type == UPBIT_TYPE_TRADE ? "\"%02u:%02u:%02u\"" : "\"%02u%02u%02u\"", a, b, c);
    else
        snprintf(word, 40, type == UPBIT_TYPE_TICKER && f->name[0] == 't' ? "\"202609%02u\"" : "\"2026-09-%02u\"",
                 day);
}

static void make_flat(text *a, text *b, int simple, int type)
{
    size_t count;
    const upbit_field *f = upbit_type_fields(type, &count);
    static const char *const units[] = {"1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"};
    char type_name[16];
    if (type == UPBIT_TYPE_CANDLE)
        snprintf(type_name, sizeof type_name, "candle.%s", units[next(9)]);
    else
        snprintf(type_name, sizeof type_name, "%s", upbit_type_name(type));
    put(a, "{\"%s\":\"%s\"", simple ? "ty" : "type", type_name);
    put(b, "{\"%s\":\"%s\"", simple ? "ty" : "type", type_name);
    for (size_t i = 1; i < count; i++) {
        const char *name = simple ? f[i].simple : f[i].name;
        char other[96], word[40];
        both(a, b, ",");
        switch (f[i].kind) {
        case UPBIT_FIELD_DECIMAL:
            member(a, b, name);
            continue;
        case UPBIT_FIELD_INT:
        case UPBIT_FIELD_TIMESTAMP:
            if (next(20) == 0) {
                member(a, b, name);
                continue;
            }
            snprintf(word, sizeof word,
                     f[i].kind == UPBIT_FIELD_INT ? "%llu" : next(50) == 0 ? "4%012llu" : "1%012llu",
                     (unsigned long long)next(1ULL << (f[i].kind == UPBIT_FIELD_INT ? next(63) : 39)));
            break;
        case UPBIT_FIELD_BOOL:
            strcpy(word, next(40) == 0 ? next(2) ? "falsy" : "null" : next(2) ? "true" : "false");
            break;
        case UPBIT_FIELD_ENUM:
            /* The market that is open is the usual one, and the second of its states. */
            snprintf(word, sizeof word, next(90) == 0 ? "%s" : "\"%s\"",
                     next(90) == 0                              ? next(2) ? "NEW" : "RISe"
                     : strcmp(f[i].name, "market_state") == 0
                         ? next(20) == 0 ? "DELISTED" : "ACTIVE"
                         : upbit_field_enum_name(&f[i], 1 + (int)next(2)));
            break;
        case UPBIT_FIELD_CODE:
            word[0] = '"';
            digits(word + 1, 1 + next(next(9) == 0 ? 26 : 23));
            if (next(60) == 0)
                word[1] = "\"\\,\t\x80\x7F"[next(6)];
            strcpy(next(60) == 0 ? word + 1 : word + strlen(word), "\"");
            break;
        case UPBIT_FIELD_STREAM:
            strcpy(word, next(30) == 0   ? next(2) ? "\"REALTIMES\"" : "null"
                         : next(2) == 0 ? "\"SNAPSHOT\""
                                        : "\"REALTIME\"");
            break;
        default:
            put_string(word, type, &f[i]);
            break;
        }
        snprintf(other, sizeof other, "\"%s\":%s", name, word);
        both(a, b, other);
    }
    both(a, b, "}");
}

static char *decode(const text *t, decoded *d)
{
    rig_decode_bytes(d, t->at, t->length);
    return d->count == 1 ? rig_json(d->events[0]) : NULL;
}

START_TEST(all_kinds_say_the_same)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_CANDLE};
    const char *given = getenv("UPBIT_FUZZ_ROUNDS");
    long rounds = given != NULL ? atol(given) : 6000;
    unsigned good = 0, refused = 0, kinds = 0;
    rig_need_decoder();
    for (int kind = UPBIT__DECODER_PLAIN; kind < UPBIT__DECODER_KINDS; kind++)
        kinds += (unsigned)upbit__decoder_use(rig_decoder, kind);
    printf("# %u kinds\n", kinds);
    for (long i = 0; i < rounds; i++) {
        static text compact, spaced;
        int simple = (int)next(2);
        compact.length = spaced.length = 0;
        if (next(2))
            make_book(&compact, &spaced, simple);
        else
            make_flat(&compact, &spaced, simple, types[next(3)]);
        if (next(20) == 0) { /* and cut off */
            compact.length = next(compact.length);
            spaced.length = 0;
        }
        decoded first = {.no_room = next(50) == 0}, d = {0};
        ck_assert_int_eq(upbit__decoder_use(rig_decoder, UPBIT__DECODER_PLAIN), 1);
        char *wanted = decode(&compact, &first);
        good += wanted != NULL;
        refused += wanted == NULL;
        if (spaced.length > 0 && !first.no_room) {
            char *json = decode(&spaced, &d);
            rig_free(&d);
            ck_assert_msg((first.result < 0) == (d.result < 0) && (wanted == NULL) == (json == NULL) &&
                              (wanted == NULL || strcmp(wanted, json) == 0),
                          "%s\n%s\n%s", spaced.at, json, d.reason);
            free(json);
        }
        for (int kind = UPBIT__DECODER_PLAIN + 1; kind < UPBIT__DECODER_KINDS; kind++) {
            if (!use_kind(kind))
                continue;
            d.no_room = first.no_room;
            char *json = decode(&compact, &d);
            ck_assert_msg(first.result == d.result && strcmp(first.reason, d.reason) == 0 &&
                              first.refused == d.refused && first.refused_type == d.refused_type &&
                              (wanted == NULL) == (json == NULL) && same_bytes(&first, &d) &&
                              (wanted == NULL || strcmp(wanted, json) == 0),
                          "kind %d: %.*s\n%s\n%s\n%s\n%s", kind, (int)compact.length, compact.at, wanted, json,
                          first.reason, d.reason);
            free(json);
            rig_free(&d);
        }
        free(wanted);
        rig_free(&first);
    }
    ck_assert_uint_gt(good, (unsigned)rounds / 8);
    ck_assert_uint_gt(refused, (unsigned)rounds / 50);
    printf("# %u good, %u read whole\n", good, wholes);
    /* Most of these are odd somewhere, but the quick way has been gone. */
    ck_assert(read_by_kind == NULL || wholes > (unsigned)rounds / 20);
}
END_TEST

/* As the exchange writes them, so that nothing but the byte at hand keeps them from being read whole. */
static const char *const usual[] = {
    "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"timestamp\":1790134742106,\"trade_date\":\"2026-09-22\",\"trade_time\":"
    "\"23:59:02\",\"trade_timestamp\":1790134742063,\"trade_price\":116539000.00000000,\"trade_volume\":0.00606119,"
    "\"ask_bid\":\"BID\",\"prev_closing_price\":116538500.00000000,\"change\":\"RISE\",\"change_price\":500.00000000,"
    "\"sequential_id\":17901347421060001,\"best_ask_price\":116540000,\"best_ask_size\":10.5,\"best_bid_price\":116539000,"
    "\"best_bid_size\":0.30001,\"stream_type\":\"REALTIME\"}",
    "{\"ty\":\"trade\",\"cd\":\"KRW-XRP\",\"tms\":1790134742106,\"td\":\"2026-09-22\",\"ttm\":\"03:00:59\",\"ttms\":1790134742063,"
    "\"tp\":712.0,\"tv\":1234.5,\"ab\":\"ASK\",\"pcp\":700.00000000,\"c\":\"FALL\",\"cp\":12.00000000,\"sid\":1790134742106000,"
    "\"bap\":713,\"bas\":0.1,\"bbp\":712,\"bbs\":22,\"st\":\"SNAPSHOT\"}",
    "{\"type\":\"candle.1m\",\"code\":\"KRW-BTC\",\"candle_date_time_utc\":\"2026-09-22T23:59:00\",\"candle_date_time_kst\":"
    "\"2026-09-23T08:59:00\",\"opening_price\":142009000.00000000,\"high_price\":142010000.00000000,\"low_price\":142009000.00000000,"
    "\"trade_price\":142009500.00000000,\"candle_acc_trade_volume\":0.00606119,\"candle_acc_trade_price\":860743.5307100000000000,"
    "\"timestamp\":1735792085824,\"stream_type\":\"REALTIME\"}",
    "{\"ty\":\"candle.1m\",\"cd\":\"USDT-ETH\",\"cdttmu\":\"2026-09-22T13:08:00\",\"cdttmk\":\"2026-09-22T22:08:00\",\"op\":1.25,"
    "\"hp\":1.30,\"lp\":1.2,\"tp\":1.26000000,\"catv\":15,\"catp\":12345678.12345678,\"tms\":1735792085824,\"st\":\"REALTIME\"}",
    "{\"type\":\"ticker\",\"code\":\"KRW-BTC\",\"opening_price\":158219000.00000000,\"high_price\":159278000.00000000,"
    "\"low_price\":157588000.00000000,\"trade_price\":158201000.00000000,\"prev_closing_price\":158200000.00000000,"
    "\"acc_trade_price\":95078733694.3792000000000000,\"change\":\"FALL\",\"change_price\":1000.00000000,"
    "\"signed_change_price\":-1000.00000000,\"change_rate\":0.0000063211,\"signed_change_rate\":-0.0000063211,\"ask_bid\":\"BID\","
    "\"trade_volume\":0.00006321,\"acc_trade_volume\":600.02894052,\"trade_date\":\"20260926\",\"trade_time\":\"082645\","
    "\"trade_timestamp\":1758875205145,\"acc_ask_volume\":341.67985038,\"acc_bid_volume\":258.34909014,"
    "\"highest_52_week_price\":169900000.00000000,\"highest_52_week_date\":\"2026-08-14\",\"lowest_52_week_price\":80635000.00000000,"
    "\"lowest_52_week_date\":\"2025-10-10\",\"market_state\":\"ACTIVE\",\"is_trading_suspended\":false,\"delisting_date\":null,"
    "\"market_warning\":\"NONE\",\"timestamp\":1758875205276,\"acc_trade_price_24h\":331187169240.21526,"
    "\"acc_trade_volume_24h\":2083.82485091,\"stream_type\":\"SNAPSHOT\"}",
    "{\"ty\":\"ticker\",\"cd\":\"KRW-ADA\",\"op\":1582.0,\"hp\":1592.0,\"lp\":1575.0,\"tp\":1582.0,\"pcp\":1582.0,\"atp\":95078733694.3792,"
    "\"c\":\"EVEN\",\"cp\":0.0,\"scp\":0.0,\"cr\":0,\"scr\":-0.0,\"ab\":\"ASK\",\"tv\":6.5,\"atv\":600.02894052,\"tdt\":\"20260926\","
    "\"ttm\":\"082645\",\"ttms\":1758875205145,\"aav\":341.6,\"abv\":258.3,\"h52wp\":1699.0,\"h52wdt\":\"2026-08-14\",\"l52wp\":806,"
    "\"l52wdt\":\"2025-10-10\",\"ms\":\"ACTIVE\",\"its\":true,\"dd\":null,\"mw\":\"CAUTION\",\"tms\":1758875205276,\"atp24h\":331169240.2,"
    "\"atv24h\":2083.8,\"st\":\"REALTIME\"}",
    "{\"type\":\"orderbook\",\"code\":\"KRW-BTC\",\"timestamp\":1790134742106,\"total_ask_size\":2.51469375,"
    "\"total_bid_size\":14407925.20098682,\"orderbook_units\":[{\"ask_price\":1.16539E8,\"bid_price\":1.16538E8,"
    "\"ask_size\":0.02054761,\"bid_size\":1191590.25082338},{\"ask_price\":1.1E8,\"bid_price\":9999000.0,\"ask_size\":12.5,"
    "\"bid_size\":0.00129000}],\"stream_type\":\"SNAPSHOT\",\"level\":0}",
    "{\"ty\":\"orderbook\",\"cd\":\"USDT-ETH\",\"tms\":1790134773006,\"tas\":0.48,\"tbs\":20,\"obu\":[{\"ap\":116606000,"
    "\"bp\":116534000,\"as\":0.06288509,\"bs\":7.9276E-4},{\"ap\":0,\"bp\":116521000,\"as\":0.0,\"bs\":5.0E-4},"
    "{\"ap\":116610000,\"bp\":99999,\"as\":3,\"bs\":0}],\"st\":\"REALTIME\"}",
    "{\"ty\":\"orderbook\",\"cd\":\"KRW-XRP\",\"tms\":1790134773006,\"tas\":1.5,\"tbs\":2.5,\"obu\":[{\"ap\":712.0,\"bp\":711,"
    "\"as\":123456789.12345678,\"bs\":1.0E9}],\"st\":\"REALTIME\",\"lv\":100.0}",
};
enum { USUAL = sizeof usual / sizeof usual[0] };

/* Each byte of a usual message in turn is another, is missing, or has one before it. */
START_TEST(a_byte_makes_the_difference)
{
    static const char others[] = "0129:;,.\"\\-+Ee }]/TZ\t\x80\x01";
    char changed[1200];
    rig_need_decoder();
    const char *given = usual[_i];
    const size_t length = strlen(given);
    const unsigned read_whole = compare_kinds(given, length);
    /* With AVX2 all but tickers are. */
    const unsigned ticker = strstr(given, "\"ticker\"") != NULL;
    ck_assert_uint_eq(read_whole, use_kind(UPBIT__DECODER_AVX512) +
                                      (ticker ? 0 : use_kind(UPBIT__DECODER_AVX2)));
    for (size_t at = 0; at <= length; at++) {
        for (const char *other = others; *other != '\0'; other++) {
            memcpy(changed, given, at);
            changed[at] = *other;
            memcpy(changed + at + 1, given + at, length - at);
            compare_kinds(changed, length + 1);
            if (at < length) {
                memcpy(changed + at + 1, given + at + 1, length - at - 1);
                compare_kinds(changed, length);
            }
        }
        if (at < length) {
            memcpy(changed + at, given + at + 1, length - at - 1);
            compare_kinds(changed, length - 1);
        }
        compare_kinds(given, at);
    }
}
END_TEST

/* A book's commas are looked for before it is known to be one. */
START_TEST(commas_may_be_anywhere)
{
    char many[5000];
    rig_need_decoder();
    for (unsigned every = 1; every < 9; every++) {
        for (size_t length = 64; length <= sizeof many; length += 617) {
            memset(many, ' ', length);
            for (size_t i = 0; i < length; i += every)
                many[i] = ',';
            memcpy(many, "{\"ty\":\"orderbook\",", 19);
            ck_assert_uint_eq(compare_kinds(many, length), 0);
        }
    }
}
END_TEST

/* A row whose bracket comes too soon, by each distance: its numbers may then be as long together as what
 * stands before it, if exponents are taken for no part of them. Found by fuzzing. */
START_TEST(a_bracket_comes_too_soon)
{
    static const char *const shapes[2][2] = {
        {"[{\"type\":\"orderbook\",\"code\":\"BTC-BERA\",\"timestamp\":1,\"orderbook_units\":["
         "{\"ask_price\":6.89E-6,\"bid_price\":6.5E-6,\"ask_size\":8.7",
         "},\"bid_size\":0.10}"},
        {"[{\"ty\":\"orderbook\",\"cd\":\"BTC-BERA\",\"tms\":1,\"obu\":["
         "{\"ap\":6.89E-6,\"bp\":6.5E-6,\"as\":8.7",
         "},\"bs\":0.10}"}};
    char message[768];
    rig_need_decoder();
    for (int i = 0; i < 2 * 32; i++) {
        int n = snprintf(message, sizeof message, "%s%.*s%s%*s]}]", shapes[i % 2][0], i / 2,
                         ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", shapes[i % 2][1], 400, "");
        compare_kinds(message, (size_t)n);
    }
}
END_TEST

/* Also those that no clock shows, of a day that the candle before was of. */
START_TEST(all_clocks_are_read_alike)
{
    char changed[1200];
    rig_need_decoder();
    const char *given = usual[2];
    const size_t length = strlen(given);
    memcpy(changed, given, length);
    char *clock = changed + (strstr(given, "T23:59:00") + 1 - given);
    unsigned read_whole = 0;
    for (unsigned part = 0; part < 3; part++) {
        for (unsigned n = 0; n < 100; n++) {
            memcpy(clock, "13:08:20", 8);
            compare_kinds(changed, length);
            clock[3 * part] = (char)('0' + n / 10);
            clock[3 * part + 1] = (char)('0' + n % 10);
            read_whole += compare_kinds(changed, length);
        }
    }
    const unsigned readers = use_kind(UPBIT__DECODER_AVX2) + use_kind(UPBIT__DECODER_AVX512);
    ck_assert_uint_eq(read_whole, (24 + 60 + 61) * readers);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("kinds");
    TCase *t = tcase_create("kinds");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, all_kinds_say_the_same);
    tcase_add_test(t, commas_may_be_anywhere);
    tcase_add_test(t, a_bracket_comes_too_soon);
    tcase_add_test(t, all_clocks_are_read_alike);
    tcase_add_loop_test(t, a_byte_makes_the_difference, 0, USUAL);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
