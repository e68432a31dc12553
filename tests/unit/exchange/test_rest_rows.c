/* Bodies of REST answers as events: every rule of rest_shapes.h, a test each. */
#include "rest_rig.h"
#include "samples.h"
#include "upbit-live/market.h"

static answer a;
static decoded d;

static void free_events(void)
{
    answer_free(&a);
    rig_free(&d);
}

#define TICKER UPBIT_TYPE_TICKER, 0
#define TRADE  UPBIT_TYPE_TRADE, 0
#define BOOK   UPBIT_TYPE_ORDERBOOK, 0
#define MINUTE UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1M
#define ONE_TRADE                                                                                  \
    "{\"market\":\"KRW-BTC\",\"timestamp\":1785395043779,\"trade_price\":91361000,"                \
    "\"trade_volume\":0.01275549,\"ask_bid\":\"ASK\",\"sequential_id\":17853950437790001}"
#define CANDLE_HEAD                                                                                \
    "{\"market\":\"KRW-BTC\",\"candle_date_time_utc\":\"2026-07-30T07:45:00\",\"opening_price\":"  \
    "1,"                                                                                           \
    "\"high_price\":1,\"low_price\":1,\"trade_price\":1,\"candle_acc_trade_volume\":1"

static void all_good(size_t events)
{
    ck_assert_msg(a.result == (int)events && a.bad == 0 && a.count == events, "%d, %zu bad: %s",
                  a.result, a.bad, a.reason);
    ck_assert_str_eq(a.reason, "");
}

static void field_is(const upbit_event *e, const char *name, int want)
{
    size_t count;
    const upbit_field *fields = upbit_type_fields(e->type, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0) {
            ck_assert_msg(upbit_event_has(e, i) == want, "%s: %d", name, upbit_event_has(e, i));
            return;
        }
    ck_abort_msg("%s", name);
}

START_TEST(tickers)
{
    answer_file(&a, TICKER, "rest_tickers.json");
    all_good(2);
    const upbit_ticker *t = upbit_event_ticker(a.events[0]);
    ck_assert_str_eq(t->event.code, "KRW-BTC");
    ck_assert_int_eq(t->event.stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_int_eq(t->event.schema, 1);
    ck_assert_int_eq(t->event.exchange_ms, 1785397262707);
    ck_assert_int_eq(t->trade_timestamp, 1785397262652);
    ck_assert_str_eq(rig_decimal(&t->acc_trade_price), "27800806282.39862");
    ck_assert_str_eq(rig_decimal(&t->signed_change_rate), "-0.0024391845");
    ck_assert_int_eq(t->change, UPBIT_CHANGE_FALL);
    ck_assert_str_eq(t->trade_date, "20260730");
    ck_assert_str_eq(t->trade_time, "074102");
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_NONE);
    ck_assert_int_eq(t->market_state, UPBIT_MARKET_NONE);
    ck_assert_int_eq(upbit_decimal_is_null(&t->acc_ask_volume), 1);
    /* The times in KST say nothing new. */
    ck_assert_ptr_null(upbit_event_extra(a.events[0]));
    static const char *const absent[] = {
        "ask_bid",        "acc_ask_volume", "acc_bid_volume",      "market_state",
        "market_warning", "delisting_date", "is_trading_suspended"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        field_is(a.events[0], absent[i], -1);
    field_is(a.events[0], "type", 1);
    field_is(a.events[0], "stream_type", 1);
    /* Numbers in texts, exponents, nulls. */
    t = upbit_event_ticker(a.events[1]);
    ck_assert_str_eq(t->event.code, "BTC-BERA");
    ck_assert_str_eq(rig_decimal(&t->opening_price), "0.00000689");
    ck_assert_str_eq(rig_decimal(&t->low_price), "0.0000068");
    ck_assert_int_eq(t->change, UPBIT_CHANGE_EVEN);
    field_is(a.events[1], "highest_52_week_price", 0);
    field_is(a.events[1], "highest_52_week_date", 0);
}
END_TEST

/* But for what REST does not have, the stream's message and the row are the same. */
START_TEST(a_trade_is_the_streams)
{
    static const char stream[] =
        "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"timestamp\":1785395043779,\"trade_date\":"
        "\"2026-07-30\","
        "\"trade_time\":\"07:04:03\",\"trade_timestamp\":1785395043779,\"trade_price\":91361000.0,"
        "\"trade_volume\":0.01275549,\"ask_bid\":\"ASK\",\"prev_closing_price\":91424000.0,"
        "\"change\":\"FALL\","
        "\"change_price\":63000.00000000,\"sequential_id\":17853950437790001,\"stream_type\":"
        "\"REALTIME\"}";
    answer_file(&a, TRADE, "rest_trades.json");
    all_good(3);
    const upbit_event *e = rig_one(&d, stream);
    ck_assert_int_eq(upbit__event_same(a.events[0], e), 1);
    ck_assert_int_eq(a.events[0]->stream, UPBIT_STREAM_SNAPSHOT);
    const upbit_trade *t = upbit_event_trade(a.events[1]);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_EVEN);
    ck_assert_str_eq(rig_decimal(&t->change_price), "0");
    t = upbit_event_trade(a.events[2]);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_RISE);
    ck_assert_str_eq(rig_decimal(&t->change_price), "1000");
    ck_assert_str_eq(rig_decimal(&t->trade_volume), "0.00010945");
    ck_assert_int_eq(t->sequential_id, 17853950411240000);
    ck_assert_int_eq(t->trade_timestamp, 1785395041124);
    ck_assert_int_eq(t->event.exchange_ms, 1785395041124);
    ck_assert_str_eq(t->trade_date, "2026-07-30");
    ck_assert_str_eq(t->trade_time, "07:04:01");
    field_is(a.events[2], "best_ask_price", -1);
    ck_assert_int_eq(upbit__event_same(a.events[1], a.events[2]), 0);
}
END_TEST

/* The id is the only key of a trade: without it a row could not be told from one the stream
 * brought. */
START_TEST(a_trade_needs_its_time_and_id)
{
    answer_text(&a, TRADE, "[" ONE_TRADE "]");
    all_good(1);
    field_is(a.events[0], "change", -1);
    field_is(a.events[0], "change_price", -1);
    field_is(a.events[0], "trade_timestamp", 1);
    answer_text(
        &a, TRADE,
        "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":"
        "\"BID\"},"
        "{\"market\":\"KRW-BTC\",\"sequential_id\":1,\"trade_price\":1,\"trade_volume\":1,"
        "\"ask_bid\":\"BID\"},{\"market\":\"KRW-BTC\",\"timestamp\":1,\"sequential_id\":null,"
        "\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"BID\"},{\"market\":\"KRW-BTC\","
        "\"timestamp\":\"x\","
        "\"sequential_id\":1,\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"BID\"}]");
    ck_assert_int_eq(a.result, 0);
    ck_assert_uint_eq(a.bad, 4);
    ck_assert_str_eq(a.reason, "row 1: sequential_id is missing");
    answer_text(
        &a, TRADE,
        "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"sequential_id\":\"x\",\"trade_price\":1,"
        "\"trade_volume\":1,\"ask_bid\":\"BID\"}]");
    ck_assert_str_eq(a.reason, "row 1: sequential_id is not an integer");
    answer_text(&a, TRADE,
                "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"sequential_id\":1,\"trade_price\":1,"
                "\"trade_volume\":1,\"ask_bid\":\"BID\",\"trade_timestamp\":\"odd\"}]");
    all_good(1);
    ck_assert_int_eq(upbit_event_trade(a.events[0])->trade_timestamp, 1);
    ck_assert_str_eq(upbit_event_extra(a.events[0]), "{\"trade_timestamp\":\"odd\"}");
}
END_TEST

START_TEST(a_trade_keeps_what_it_says_itself)
{
    answer_text(
        &a, TRADE,
        "[{\"market\":\"KRW-BTC\",\"timestamp\":1785395043800,\"trade_timestamp\":1785395043779,"
        "\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":\"BID\",\"sequential_id\":1,\"change\":"
        "\"RISE\","
        "\"change_price\":0}]");
    all_good(1);
    const upbit_trade *t = upbit_event_trade(a.events[0]);
    ck_assert_int_eq(t->trade_timestamp, 1785395043779);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_RISE);
}
END_TEST

START_TEST(books)
{
    answer_file(&a, BOOK, "rest_orderbooks.json");
    all_good(2);
    /* The same book as it came by the stream, in the other format and the other order of members.
     */
    ck_assert_int_eq(upbit__event_same(a.events[0], rig_one(&d, SAMPLE_BOOK_SIMPLE)), 1);
    const upbit_orderbook *b = upbit_event_orderbook(a.events[1]);
    ck_assert_uint_eq(b->ask_count, 1);
    ck_assert_uint_eq(b->bid_count, 0);
    ck_assert_uint_eq(b->unit_count, 2);
    ck_assert_str_eq(rig_decimal(&b->asks[0].price), "0.00000689");
    ck_assert_int_eq(upbit_decimal_is_zero(&b->level), 1);
}
END_TEST

START_TEST(candles)
{
    answer_file(&a, MINUTE, "rest_candles_1m.json");
    all_good(2);
    ck_assert_int_eq(upbit__event_same(a.events[0], rig_one(&d, SAMPLE_CANDLE)), 1);
    const upbit_candle *c = upbit_event_candle(a.events[1]);
    ck_assert_int_eq(c->start_ms, 1785397380000);
    ck_assert_uint_eq(c->unit, UPBIT_CANDLE_1M);
    ck_assert_ptr_null(upbit_event_extra(a.events[1]));
    answer_file(&a, UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1S, "rest_candles_1s.json");
    all_good(1);
    c = upbit_event_candle(a.events[0]);
    ck_assert_int_eq(c->start_ms, 1785397531000);
    ck_assert_uint_eq(c->unit, UPBIT_CANDLE_1S);
}
END_TEST

START_TEST(a_candle_of_another_unit_is_refused)
{
    answer_text(&a, UPBIT_TYPE_CANDLE, UPBIT_CANDLE_60M,
                "[" CANDLE_HEAD ",\"unit\":60}," CANDLE_HEAD ",\"unit\":1}," CANDLE_HEAD
                "}," CANDLE_HEAD ",\"unit\":null}," CANDLE_HEAD ",\"unit\":\"6E1\"}," CANDLE_HEAD
                ",\"unit\":[60]}]");
    ck_assert_int_eq(a.result, 4);
    ck_assert_uint_eq(a.bad, 2);
    ck_assert_str_eq(a.reason, "row 2: unit is not the one asked for");
    answer_text(&a, UPBIT_TYPE_CANDLE, UPBIT_CANDLE_1S, "[" CANDLE_HEAD ",\"unit\":1}]");
    all_good(1);
    ck_assert_ptr_null(upbit_event_extra(a.events[0]));
    answer_text(
        &a, MINUTE,
        "[{\"market\":\"KRW-BTC\",\"candle_date_time_utc\":\"2026-07-30 "
        "07:45:00\",\"opening_price\":1,"
        "\"high_price\":1,\"low_price\":1,\"trade_price\":1,\"candle_acc_trade_volume\":1}]");
    ck_assert_uint_eq(a.bad, 1);
    ck_assert_ptr_nonnull(strstr(a.reason, "candle_date_time_utc is not a time"));
}
END_TEST

START_TEST(two_hundred_candles)
{
    char *body = malloc(100000);
    size_t n = 0;
    for (int i = 0; i < 200; i++)
        n += (size_t)sprintf(
            body + n,
            "%c {\"unit\" : "
            "1,\"candle_acc_trade_volume\":%d.5,\"trade_price\":%d,\"low_price\":1,\n"
            "\"high_price\":9,\"opening_price\":2,\"candle_date_time_utc\":\"2026-07-30T%02d:%02d:"
            "00\","
            "\"market\":\"KRW-BTC\" }",
            i == 0 ? '[' : ',', i, 1000 + i, i / 60, i % 60);
    strcpy(body + n, "]\n");
    answer_text(&a, MINUTE, body);
    all_good(200);
    for (int i = 0; i < 200; i++) {
        const upbit_candle *c = upbit_event_candle(a.events[i]);
        ck_assert_int_eq(c->start_ms, 1785369600000 + i * 60000);
        ck_assert_uint_eq(c->trade_price.lo, (uint64_t)(1000 + i));
        field_is(a.events[i], "timestamp", -1);
    }
    free(body);
}
END_TEST

START_TEST(members_come_in_any_order)
{
    answer_text(
        &a, TRADE,
        " [ { \"sequential_id\" : 17853950437790001 , \"new\" : {\"a\": [1, 2]} , "
        "\"ask_bid\":\"ASK\","
        "\"change_price\":-63000, \"trade_volume\":\"1.275549E-2\",\"prev_closing_price\":91424000,"
        "\"timestamp\":1785395043779000,\"trade_price\":9.1361E7,\"trade_time_utc\":\"07:04:03\","
        "\"trade_date_utc\":\"2026-07-30\",\"market\":\"KRW-BTC\" } ] ");
    all_good(1);
    ck_assert_str_eq(upbit_event_extra(a.events[0]), "{\"new\":{\"a\":[1,2]}}");
    answer other = {0};
    answer_file(&other, TRADE, "rest_trades.json");
    ((upbit_event *)a.events[0])->extra = NULL;
    ck_assert_int_eq(upbit__event_same(a.events[0], other.events[0]), 1);
    answer_free(&other);
}
END_TEST

START_TEST(a_bad_row_costs_only_itself)
{
    answer_text(&a, TRADE,
                "[" ONE_TRADE ",{\"market\":\"KRW-BTC\"},7,null,[],{},{\"market\":5}," ONE_TRADE
                ",\"row\"," ONE_TRADE "]");
    ck_assert_int_eq(a.result, 3);
    ck_assert_uint_eq(a.count, 3);
    ck_assert_uint_eq(a.bad, 7);
    ck_assert_ptr_nonnull(strstr(a.reason, "row 2: "));
    answer_text(&a, TRADE, "[{},7]");
    ck_assert_int_eq(a.result, 0);
    ck_assert_uint_eq(a.bad, 2);
    ck_assert_str_eq(a.reason, "row 1: market is missing");
    answer_text(&a, TRADE, "[7]");
    ck_assert_str_eq(a.reason, "row 1: is not an object");
    /* A row's refusal and what was carried on for it are not the next one's. */
    answer_text(&a, TICKER, "[{\"x\":1,\"market\":7}]");
    ck_assert_uint_eq(a.bad, 1);
    answer_text(&a, TRADE, "[{\"x\":1}," ONE_TRADE "]");
    ck_assert_int_eq(a.result, 1);
    ck_assert_ptr_null(upbit_event_extra(a.events[0]));
}
END_TEST

START_TEST(values_of_the_wrong_type)
{
    /* Not required: carried on. */
    answer_text(
        &a, TRADE,
        "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"trade_price\":1,\"trade_volume\":1,\"ask_bid\":"
        "\"BOTH\","
        "\"sequential_id\":1,\"trade_date_utc\":20260730,\"change_price\":true,\"type\":\"other\","
        "\"prev_closing_price\":null}]");
    all_good(1);
    ck_assert_str_eq(upbit_event_extra(a.events[0]),
                     "{\"ask_bid\":\"BOTH\",\"trade_date\":20260730,\"change_price\":true}");
    const upbit_trade *t = upbit_event_trade(a.events[0]);
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_UNKNOWN);
    ck_assert_ptr_null(t->trade_date);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_NONE);
    field_is(a.events[0], "prev_closing_price", 0);
    /* Required: the row is refused. */
    static const char *const values[] = {"null", "true", "\"x\"", "[]", "{}", "1e400", "\"\""};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char body[400];
        snprintf(body, sizeof body,
                 "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"trade_price\":%s,\"trade_volume\":1,"
                 "\"ask_bid\":\"BID\",\"sequential_id\":1}]",
                 values[i]);
        answer_text(&a, TRADE, body);
        ck_assert_msg(a.result == 0 && a.bad == 1 && strstr(a.reason, "trade_price") != NULL,
                      "%s: %s", values[i], a.reason);
    }
}
END_TEST

START_TEST(an_empty_array_is_an_answer)
{
    answer_text(&a, BOOK, "[]"); /* to a level that is not supported */
    all_good(0);
    answer_text(&a, BOOK, " [ ] \n");
    all_good(0);
}
END_TEST

/* All or nothing: no event comes of a body that is not whole. */
START_TEST(what_is_no_array_gives_nothing)
{
    static const char *const bodies[] = {"",
                                         " ",
                                         "<html>",
                                         "null",
                                         "7",
                                         "\"x\"",
                                         "{}",
                                         "{\"error\":7}",
                                         "{\"error\":{}",
                                         "[" ONE_TRADE,
                                         "[" ONE_TRADE ",",
                                         "[" ONE_TRADE ",]",
                                         "[" ONE_TRADE "] x",
                                         "[" ONE_TRADE "}",
                                         "[" ONE_TRADE " " ONE_TRADE "]",
                                         "[" ONE_TRADE "][]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        answer_text(&a, TRADE, bodies[i]);
        ck_assert_msg(a.result == UPBIT_ERROR_DECODE && a.count == 0 && a.bad == 0, "%d: %s",
                      a.result, bodies[i]);
        ck_assert_str_ne(a.reason, "");
    }
    for (size_t n = 0; n <= strlen(ONE_TRADE); n++) {
        char body[400] = "[" ONE_TRADE;
        body[n + 1] = '\0';
        answer_text(&a, TRADE, body);
        ck_assert_msg(a.result == UPBIT_ERROR_DECODE && a.count == 0, "%s", body);
    }
}
END_TEST

START_TEST(depth_has_a_limit)
{
    char *body = malloc(300000);
    static const char *const heads[] = {"[", "[{\"market\":", "[{\"a\":"};
    for (size_t i = 0; i < 3; i++) {
        strcpy(body, heads[i]);
        size_t n = strlen(body);
        memset(body + n, '[', 100000);
        memset(body + n + 100000, ']', 100000);
        strcpy(body + n + 200000, i == 0 ? "]" : "}]");
        answer_text(&a, TRADE, body);
        ck_assert_int_eq(a.result, UPBIT_ERROR_DECODE);
        ck_assert_ptr_nonnull(strstr(a.reason, "nested too deep"));
    }
    /* As deep as a row can be. */
    strcpy(body, "[{\"market\":\"KRW-BTC\",\"timestamp\":1,\"trade_price\":1,\"trade_volume\":1,"
                 "\"ask_bid\":\"BID\",\"sequential_id\":1,\"x\":");
    strcat(body, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}]");
    answer_text(&a, TRADE, body);
    all_good(1);
    free(body);
}
END_TEST

START_TEST(errors_of_the_exchange)
{
    answer_file(&a, TICKER, "rest_error_number.json");
    ck_assert_int_eq(a.result, UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(a.reason, "404: Code not found");
    answer_file(&a, TICKER, "rest_error_text.json");
    ck_assert_int_eq(a.result, UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(a.reason, "not_found: no Route matched with those values");
    static const struct {
        const char *body, *reason;
    } others[] = {
        {"{\"error\":{\"name\":418}}", "418"},
        {"{\"error\":{\"message\":\"a\\nb\\u0000c\"}}", "a b c"},
        {"{\"error\":{\"name\":null,\"message\":[1]}}", "an error without a name"},
        {"{\"other\":1, \"error\" : { \"name\" : -1.5e3 , \"message\":\"\\uc5c6\\uc74c\" } } ",
         "-1.5e3: \xEC\x97\x86\xEC\x9D\x8C"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        answer_text(&a, TICKER, others[i].body);
        ck_assert_int_eq(a.result, UPBIT_ERROR_EXCHANGE);
        ck_assert_str_eq(a.reason, others[i].reason);
    }
    /* Cut between characters. */
    static const char korean[] =
        "{\"error\":{\"name\":1,\"message\":\"a\xEC\x97\x86\xEC\x9D\x8C\"}}";
    char small[9];
    ck_assert_int_eq(upbit__rest_error(korean, sizeof korean - 1, small, sizeof small),
                     UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(small, "1: a\xEC\x97\x86");
    ck_assert_int_eq(upbit__rest_error("{\"error\":{}}", 12, NULL, 0), UPBIT_ERROR_EXCHANGE);
    ck_assert_int_eq(upbit__rest_error("[]", 2, NULL, 0), UPBIT_ERROR_DECODE);
}
END_TEST

START_TEST(other_types_are_not_decoded)
{
    answer_text(&a, UPBIT_TYPE_ANNOUNCEMENT, 0, "[]");
    ck_assert_int_eq(a.result, UPBIT_ERROR_INVALID_ARGUMENT);
    answer_text(&a, 0, 0, "[]");
    ck_assert_int_eq(a.result, UPBIT_ERROR_INVALID_ARGUMENT);
    answer_text(&a, UPBIT_TYPE_CANDLE, 61, "[]");
    ck_assert_int_eq(a.result, UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(events_without_room_are_counted)
{
    answer none = {.no_room = 1};
    answer_file(&none, BOOK, "rest_orderbooks.json");
    ck_assert_int_eq(none.result, 2);
    ck_assert_uint_eq(none.refused, 2);
    ck_assert_uint_eq(none.count, 0);
}
END_TEST

/* One decoder reads both languages in turn. */
START_TEST(the_stream_is_decoded_as_before)
{
    answer_file(&a, MINUTE, "rest_candles_1m.json");
    ck_assert_str_eq(rig_one(&d, SAMPLE_TRADE_SIMPLE)->code, "KRW-ETH");
    rig_free(&d);
    rig_bad("{\"type\":\"trade\",\"market\":\"KRW-BTC\",\"timestamp\":1,\"trade_price\":1,\"trade_"
            "volume\":1,"
            "\"ask_bid\":\"BID\",\"sequential_id\":1}",
            "trade_timestamp is missing");
    const upbit_event *e = rig_one(
        &d, "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"trade_timestamp\":1,\"trade_price\":1,"
            "\"trade_volume\":1,\"ask_bid\":\"BID\",\"trade_date_utc\":\"x\"}");
    ck_assert_str_eq(upbit_event_extra(e), "{\"trade_date_utc\":\"x\"}");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rest_rows");
    TCase *t = tcase_create("rest_rows");
    tcase_add_checked_fixture(t, NULL, free_events);
    tcase_add_test(t, tickers);
    tcase_add_test(t, a_trade_is_the_streams);
    tcase_add_test(t, a_trade_needs_its_time_and_id);
    tcase_add_test(t, a_trade_keeps_what_it_says_itself);
    tcase_add_test(t, books);
    tcase_add_test(t, candles);
    tcase_add_test(t, a_candle_of_another_unit_is_refused);
    tcase_add_test(t, two_hundred_candles);
    tcase_add_test(t, members_come_in_any_order);
    tcase_add_test(t, a_bad_row_costs_only_itself);
    tcase_add_test(t, values_of_the_wrong_type);
    tcase_add_test(t, an_empty_array_is_an_answer);
    tcase_add_test(t, what_is_no_array_gives_nothing);
    tcase_add_test(t, depth_has_a_limit);
    tcase_add_test(t, errors_of_the_exchange);
    tcase_add_test(t, other_types_are_not_decoded);
    tcase_add_test(t, events_without_room_are_counted);
    tcase_add_test(t, the_stream_is_decoded_as_before);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
