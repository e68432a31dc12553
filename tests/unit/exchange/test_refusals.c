/* What is refused, and that the reason names the field or the fault. */
#include "rig.h"
#include "samples.h"

static decoded d;

#define T "{\"type\":\"trade\","
#define REST "\"trade_timestamp\":1788335180377,\"trade_volume\":2,\"ask_bid\":\"ASK\""
#define BOOK(rows) "{\"type\":\"orderbook\",\"code\":\"K-B\",\"timestamp\":5,\"orderbook_units\":" rows "}"

static const struct {
    const char *text, *part;
} refused[] = {
    {T "\"code\":\"KRW-BTC\"," REST "}", "trade_price is missing"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":null," REST "}", "trade_price is null"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":true," REST "}", "trade_price is not a number"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":\"abc\"," REST "}", "trade_price is not a number"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":123456789012345678901234567890123456789," REST "}",
     "at most 38 digits"},
    {T "\"code\":7,\"trade_price\":1," REST "}", "code is not a text"},
    {T "\"code\":\"\",\"trade_price\":1," REST "}", "code is not a text"},
    {T "\"code\":\"KRW-ABCDEFGHIJKLMNOPQRSTUVWXYZ\",\"trade_price\":1," REST "}", "1 to 23 characters"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"ASK\",\"trade_timestamp\":"
       "9999999999999}", "trade_timestamp is not a time"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"ASK\",\"trade_timestamp\":"
       "9999999999999999}", "trade_timestamp is not a time"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"ASK\",\"trade_timestamp\":-1}",
     "trade_timestamp is not a time"},
    {BOOK("null"), "orderbook_units is null"},
    {BOOK("{}"), "orderbook_units is not an array"},
    {BOOK("[7]"), "orderbook_units[0] is not an object"},
    {BOOK("[{\"ask_price\":1,\"bid_price\":1,\"ask_size\":1}]"), "orderbook_units[0].bid_size is missing"},
    {BOOK("[{\"ask_price\":1,\"bid_price\":1,\"ask_size\":null,\"bid_size\":2}]"),
     "orderbook_units[0].ask_size is null"},
    {BOOK("[{\"ask_price\":1,\"bid_price\":[],\"ask_size\":1,\"bid_size\":2}]"),
     "orderbook_units[0].bid_price is not a number"},
    {"{\"type\":\"candle.1m\",\"code\":\"K-B\",\"candle_date_time_utc\":\"yesterday\",\"opening_price\":1,"
     "\"high_price\":1,\"low_price\":1,\"trade_price\":1,\"candle_acc_trade_volume\":1}",
     "candle_date_time_utc is not a time"},
    {"{\"type\":\"myAsset\",\"timestamp\":5,\"assets\":[{\"currency\":\"KRW\",\"balance\":1}]}",
     "assets[0].locked is missing"},
    {"{\"code\":\"KRW-BTC\",\"trade_price\":1," REST "}", "type is missing"},
    {"{}", "type is missing"},
    {"{\"type\":5}", "type is not a text"},
    {"{\"method\":\"LIST_SUBSCRIPTIONS\"}", "result is missing"},
    {"{\"status\":{}}", "status is not a text"},
    {"7", "neither an object nor an array"},
    {"\"UP\"", "neither an object nor an array"},
    {"", "empty"},
    {"[7]", "element is not an object"},
    {SAMPLE_TRADE "x", "something follows"},
    {SAMPLE_TRADE "{}", "something follows"},
    {"[" SAMPLE_TRADE "]]", "something follows"},
    {T "\"code\":\"KRW-BTC\",}", "not JSON"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":01," REST "}", "leading zero"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1.," REST "}", "behind the point"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":--1," REST "}", "not JSON"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":+1," REST "}", "not JSON"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1e," REST "}", "exponent"},
    /* ':' is what follows '9', and was taken for ten. */
    {T "\"code\":\"KRW-BTC\",\"trade_price\":1.16537E:," REST "}", "exponent"},
    {BOOK("[{\"ask_price\":1.16537E:,\"bid_price\":1,\"ask_size\":1,\"bid_size\":2}]"), "exponent"},
    {T "\"code\":\"KRW-BTC\",\"trade_price\":NaN," REST "}", "not JSON"},
    {T "\"code\":\"KRW-BTC\" \"trade_price\":1," REST "}", "comma"},
    {T "\"code\":\"KRW-BTC\",\"unknown\":tru," REST "}", "not JSON"},
    {T "\"code\":\"KRW\nBTC\",\"trade_price\":1," REST "}", "control character"},
    {T "\"code\":\"KRW-\xC0\x80\",\"trade_price\":1," REST "}", "UTF-8"},
    {T "\"code\":\"KRW-\xED\xA0\x80\",\"trade_price\":1," REST "}", "UTF-8"},
    {T "\"x\":\"\\ud83d\",\"trade_price\":1," REST "}", "surrogate"},
    {T "\"x\":\"\\q\",\"trade_price\":1," REST "}", "escape"},
};

START_TEST(refused_with_a_reason)
{
    rig_bad(refused[_i].text, refused[_i].part);
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[256];
    for (int depth = 1; depth < 40; depth++) {
        char *to = text + sprintf(text, "{\"type\":\"x1\",\"a\":");
        memset(to, '[', (size_t)depth);
        memset(to + depth, ']', (size_t)depth);
        to[2 * depth] = '\0';
        strcat(text, "}");
        d = (decoded){0};
        rig_decode_bytes(&d, text, strlen(text));
        ck_assert_int_eq(d.result, depth <= 31 ? 1 : UPBIT_ERROR_DECODE);
        rig_free(&d);
    }
}
END_TEST

/* Every prefix of every message is refused, none is read beyond its end. */
START_TEST(prefixes_are_refused)
{
    const char *text = samples[_i];
    for (size_t length = 0; length < strlen(text); length++) {
        d = (decoded){0};
        rig_decode_bytes(&d, text, length);
        ck_assert_msg(d.result == UPBIT_ERROR_DECODE && d.count == 0, "%d: %.*s", d.result, (int)length, text);
    }
}
END_TEST

/* Every member of a type, in wire order, and a comma. */
static size_t write_members(char *to, size_t size, int type, int simple)
{
    size_t count, length = 0;
    const upbit_field *fields = upbit_type_fields(type, &count);
    for (size_t i = 0; i < count; i++) {
        char value[160] = "1";
        if (fields[i].kind == UPBIT_FIELD_TYPE)
            snprintf(value, sizeof value, "\"%s%s\"", upbit_type_name(type),
                     type == UPBIT_TYPE_CANDLE ? ".1m" : "");
        else if (fields[i].kind == UPBIT_FIELD_BOOL)
            strcpy(value, "true");
        else if (fields[i].kind == UPBIT_FIELD_CODE)
            strcpy(value, "\"KRW-BTC\"");
        else if (fields[i].kind == UPBIT_FIELD_STREAM)
            strcpy(value, "\"REALTIME\"");
        else if (fields[i].kind == UPBIT_FIELD_STRING)
            strcpy(value, "\"2026-07-29T00:00:00\"");
        else if (fields[i].kind == UPBIT_FIELD_TIMESTAMP)
            strcpy(value, "1788335180377");
        else if (fields[i].kind == UPBIT_FIELD_ENUM)
            snprintf(value, sizeof value, "\"%s\"", upbit_field_enum_name(&fields[i], 1));
        else if (fields[i].kind == UPBIT_FIELD_ARRAY)
            strcpy(value, type != UPBIT_TYPE_ORDERBOOK ? "[]"
                          : simple ? "[{\"ap\":2,\"bp\":1,\"as\":1,\"bs\":1}]"
                                   : "[{\"ask_price\":2,\"bid_price\":1,\"ask_size\":1,\"bid_size\":1}]");
        length += (size_t)snprintf(to + length, size - length, "%s\"%s\":%s,", i == 0 ? "{" : "",
                                   simple ? fields[i].simple : fields[i].name, value);
    }
    ck_assert_uint_lt(length, size);
    return length;
}

/* The byte that ends the tables of names was taken for a name, and for a field behind the last. */
START_TEST(a_byte_behind_the_last_member_is_no_name)
{
    char text[4096];
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ANNOUNCEMENT; type++)
        for (int simple = 0; simple < 2; simple++) {
            size_t length = write_members(text, sizeof text - 64, type, simple);
            strcpy(text + length - 1, "}");
            ck_assert_int_eq(rig_one(&d, text)->type, type);
            rig_free(&d);
            for (int byte = 0; byte < 32; byte++) {
                sprintf(text + length - 1, ",%c\"x\":1,\"y\":1}", byte == 0 ? 1 : byte);
                if (byte != '\t' && byte != '\n' && byte != '\r')
                    rig_bad(text, "");
            }
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("refusals");
    TCase *t = tcase_create("refusals");
    tcase_add_loop_test(t, refused_with_a_reason, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(t, nesting_is_bounded);
    tcase_add_loop_test(t, prefixes_are_refused, 0, SAMPLES);
    tcase_add_test(t, a_byte_behind_the_last_member_is_no_name);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
