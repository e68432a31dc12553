/* Every rule of the decoders, a test each. */
#include "rig.h"
#include "samples.h"
#include "upbit-live/account.h"
#include "upbit-live/control.h"

static decoded d;

static void free_events(void)
{
    rig_free(&d);
}

START_TEST(ticker_has_all_fields)
{
    const upbit_event *e = rig_one(&d, SAMPLE_TICKER);
    const upbit_ticker *t = upbit_event_ticker(e);
    ck_assert_ptr_nonnull(t);
    ck_assert_str_eq(e->code, "KRW-BTC");
    ck_assert_int_eq(e->exchange_ms, 1758874530160);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_REALTIME);
    ck_assert_str_eq(rig_decimal(&t->opening_price), "106691000");
    ck_assert_str_eq(rig_decimal(&t->low_price), "105500000");
    ck_assert_str_eq(rig_decimal(&t->acc_trade_price), "95088751392.90992");
    ck_assert_str_eq(rig_decimal(&t->change_price), "0");
    ck_assert_int_eq(upbit_decimal_is_null(&t->change_price), 0);
    ck_assert_str_eq(rig_decimal(&t->signed_change_rate), "-0.0000063211");
    ck_assert_str_eq(rig_decimal(&t->trade_volume), "0.0005");
    ck_assert_int_eq(t->change, UPBIT_CHANGE_EVEN);
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_BID);
    ck_assert_int_eq(t->market_state, UPBIT_MARKET_ACTIVE);
    ck_assert_int_eq(t->market_warning, UPBIT_WARNING_NONE);
    ck_assert_int_eq(t->is_trading_suspended, 0);
    ck_assert_str_eq(t->trade_date, "20250926");
    ck_assert_str_eq(t->highest_52_week_date, "2025-10-09");
    ck_assert_ptr_null(t->delisting_date);
    ck_assert_int_eq(t->trade_timestamp, 1758874530123);
    ck_assert_ptr_null(upbit_event_extra(e));
    size_t count;
    const upbit_field *fields = upbit_type_fields(UPBIT_TYPE_TICKER, &count);
    ck_assert_uint_eq(count, 33);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(upbit_event_has(e, i),
                         strcmp(fields[i].name, "delisting_date") == 0 ? 0 : 1);
    ck_assert_int_eq(upbit_event_has(e, count), -1);
    ck_assert_ptr_null(upbit_event_trade(e));
}
END_TEST

START_TEST(simple_and_default_say_the_same)
{
    decoded other;
    const upbit_event *a = rig_one(&d, SAMPLE_TRADE), *b = rig_one(&other, SAMPLE_TRADE_SIMPLE);
    ck_assert_int_eq(upbit__event_same(a, b), 1);
    const upbit_trade *t = upbit_event_trade(b);
    ck_assert_int_eq(t->sequential_id, 17883351803770004);
    ck_assert_str_eq(rig_decimal(&t->best_bid_size), "0.0005");
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_ASK);
    ck_assert_int_eq(b->stream, UPBIT_STREAM_SNAPSHOT);
    rig_free(&other);
}
END_TEST

START_TEST(empty_book_slots_are_dropped)
{
    const upbit_orderbook *b = upbit_event_orderbook(rig_one(&d, SAMPLE_BOOK));
    ck_assert_uint_eq(b->unit_count, 4);
    ck_assert_uint_eq(b->ask_count, 2);
    ck_assert_uint_eq(b->bid_count, 2);
    ck_assert_str_eq(rig_decimal(&b->asks[0].price), "0.00000689");
    ck_assert_str_eq(rig_decimal(&b->asks[1].price), "0.0000069");
    ck_assert_str_eq(rig_decimal(&b->bids[1].size), "0.1");
    ck_assert_int_eq(upbit_decimal_is_zero(&b->level), 1);
    ck_assert_int_eq(upbit_decimal_is_null(&b->level), 0);
}
END_TEST

START_TEST(slots_may_be_empty_in_the_middle_or_on_a_whole_side)
{
    const upbit_orderbook *b = upbit_event_orderbook(rig_one(
        &d, "{\"type\":\"orderbook\",\"code\":\"BTC-X\",\"timestamp\":1,\"orderbook_units\":["
            "{\"ask_price\":3,\"bid_price\":0,\"ask_size\":1,\"bid_size\":0},"
            "{\"ask_price\":4,\"bid_price\":0,\"ask_size\":0,\"bid_size\":5},"
            "{\"ask_price\":5,\"bid_price\":0,\"ask_size\":2,\"bid_size\":0}]}"));
    ck_assert_uint_eq(b->ask_count, 2);
    ck_assert_str_eq(rig_decimal(&b->asks[1].price), "5");
    ck_assert_uint_eq(b->bid_count, 0);
    ck_assert_uint_eq(b->unit_count, 3);
    ck_assert_int_eq(upbit_decimal_is_null(&b->level), 1); /* not sent */
    ck_assert_int_eq(upbit_decimal_is_null(&b->total_ask_size), 1);
    ck_assert_int_eq(upbit_event_has(&b->event, 7), -1);
}
END_TEST

START_TEST(a_book_has_any_depth)
{
    const unsigned depths[] = {0, 1, 5, 15, 30, 64, 65, 500};
    for (size_t k = 0; k < sizeof depths / sizeof depths[0]; k++) {
        char *text = malloc(100 + depths[k] * 100), *to = text;
        to +=
            sprintf(to, "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"tms\":1790134773006,\"obu\":[");
        for (unsigned i = 0; i < depths[k]; i++)
            to += sprintf(to, "%s{\"ap\":%u,\"bp\":%u.5,\"as\":0.%02u1,\"bs\":1}",
                          i == 0 ? "" : ",", 1000 + i, 999 - i, i % 100);
        sprintf(to, "]}");
        const upbit_orderbook *b = upbit_event_orderbook(rig_one(&d, text));
        ck_assert_uint_eq(b->ask_count, depths[k]);
        ck_assert_uint_eq(b->bid_count, depths[k]);
        for (unsigned i = 0; i < depths[k]; i++) {
            ck_assert_uint_eq(b->asks[i].price.lo, 1000 + i);
            ck_assert_uint_eq(b->bids[i].price.lo, (999 - i) * 10 + 5);
        }
        free(text);
        rig_free(&d);
    }
}
END_TEST

START_TEST(rows_in_any_order_with_unknown_members)
{
    const upbit_orderbook *b = upbit_event_orderbook(rig_one(
        &d,
        "{\"type\":\"orderbook\",\"code\":\"KRW-X\",\"timestamp\":5,\"orderbook_units\":[ "
        "{\"bid_price\":9,\"bid_size\":\"0.50\",\"ask_price\":10,\"ask_size\":1},"
        "{ \"ask_price\" : 11 , \"n\":[{}], \"bid_price\":8,\"ask_size\":2,\"bid_size\":3 } ] }"));
    ck_assert_uint_eq(b->ask_count, 2);
    ck_assert_str_eq(rig_decimal(&b->bids[0].size), "0.5");
    ck_assert_str_eq(rig_decimal(&b->asks[1].price), "11");
}
END_TEST

START_TEST(an_order_has_nulls_where_the_exchange_sent_them)
{
    const upbit_event *e = rig_one(&d, SAMPLE_ORDER);
    const upbit_my_order *o = upbit_event_my_order(e);
    ck_assert_int_eq(o->order_type, UPBIT_ORDER_TYPE_PRICE);
    ck_assert_int_eq(o->state, UPBIT_ORDER_STATE_WAIT);
    ck_assert_int_eq(o->smp_type, UPBIT_SMP_CANCEL_MAKER);
    ck_assert_int_eq(o->time_in_force, UPBIT_TIF_NONE);
    ck_assert_int_eq(upbit_decimal_is_null(&o->volume), 1);
    ck_assert_int_eq(upbit_decimal_is_zero(&o->avg_price), 1);
    ck_assert_str_eq(rig_decimal(&o->reserved_fee), "22.467660028283017");
    ck_assert_ptr_null(o->trade_uuid);
    ck_assert_str_eq(o->identifier, "mine-1");
    ck_assert_int_eq(o->trade_timestamp, 0);
    ck_assert_int_eq(upbit_event_has(e, 9), 0); /* volume: null */
    ck_assert_int_eq(upbit_event_has(e, 7), 1); /* price */
}
END_TEST

START_TEST(assets_have_27_digits)
{
    const upbit_my_asset *a = upbit_event_my_asset(rig_one(&d, SAMPLE_ASSET));
    ck_assert_uint_eq(a->asset_count, 2);
    ck_assert_str_eq(a->assets[0].currency, "KRW");
    ck_assert_str_eq(rig_decimal(&a->assets[0].balance), "1386929.37231066771348207123");
    ck_assert_str_eq(a->assets[1].currency, "BTC");
    ck_assert_str_eq(a->event.code, "");
}
END_TEST

START_TEST(status_error_and_list_frames)
{
    const upbit_event *e = rig_one(&d, " {\"status\":\"UP\"}\n");
    ck_assert_str_eq(upbit_event_status(e)->status, "UP");
    rig_free(&d);
    const upbit_error_event *x = upbit_event_error(rig_one(&d, SAMPLE_ERROR));
    ck_assert_str_eq(x->name, "INVALID_PARAM");
    ck_assert_str_eq(x->message, "nope \xEC\x9D\x80 \xEC\xA7\x80\xEC\x9B\x90");
    ck_assert_int_eq(x->error, UPBIT_ERROR_EXCHANGE);
    rig_free(&d);
    x = upbit_event_error(rig_one(&d, "{\"error\":{\"name\":\"INVALID_AUTH\",\"message\":\"\"}}"));
    ck_assert_int_eq(x->error, UPBIT_ERROR_AUTH);
    rig_free(&d);
    x = upbit_event_error(
        rig_one(&d, "[{\"error\":{\"name\":404,\"message\":\"Code not found\"}}]"));
    ck_assert_str_eq(x->name, "404");
    rig_free(&d);
    const upbit_subscriptions_event *s = upbit_event_subscriptions(rig_one(&d, SAMPLE_LIST));
    ck_assert_uint_eq(s->row_count, 3);
    ck_assert_str_eq(s->ticket, "mine");
    ck_assert_str_eq(s->rows[0].codes[1], "KRW-ETH");
    ck_assert_str_eq(rig_decimal(&s->rows[1].level), "10000");
    ck_assert_int_eq(upbit_decimal_is_null(&s->rows[0].level), 1);
    ck_assert_uint_eq(s->rows[2].code_count, 0);
    rig_free(&d);
    s = upbit_event_subscriptions(rig_one(
        &d, "{\"mthd\":\"LIST_SUBSCRIPTIONS\",\"rslt\":[{\"ty\":\"trade\",\"cds\":[\"KRW-BTC\"]}],"
            "\"tckt\":\"t\"}"));
    ck_assert_str_eq(s->rows[0].type, "trade");
}
END_TEST

START_TEST(long_error_messages_are_cut_between_characters)
{
    char text[2000] = "{\"error\":{\"name\":\"X\",\"message\":\"";
    for (int i = 0; i < 100; i++)
        strcat(text, "\xEC\x9D\x80");
    strcat(text, "\"}}");
    const upbit_error_event *x = upbit_event_error(rig_one(&d, text));
    ck_assert_uint_eq(strlen(x->message) % 3, 0);
    ck_assert_uint_gt(strlen(x->message), 200);
}
END_TEST

START_TEST(unknown_types_come_as_text)
{
    const upbit_event *e = rig_one(&d, SAMPLE_RAW);
    const upbit_raw *raw = upbit_event_raw(e);
    ck_assert_str_eq(raw->type_name, "indicator");
    ck_assert_str_eq(raw->text, SAMPLE_RAW);
    ck_assert_uint_eq(raw->length, strlen(SAMPLE_RAW));
    ck_assert_str_eq(e->code, "KRW-BTC");
    ck_assert_int_eq(e->exchange_ms, 1788411301096);
    rig_free(&d);
    raw = upbit_event_raw(rig_one(&d, "{\"type\":\"candle.7m\",\"code\":\"KRW-BTC\"}"));
    ck_assert_str_eq(raw->type_name, "candle.7m");
}
END_TEST

START_TEST(unknown_members_and_enum_values_are_carried_on)
{
    const upbit_event *e = rig_one(
        &d,
        "{\"ty\":\"trade\",\"new\": {\"a\": [1, \"x y\"]} "
        ",\"cd\":\"KRW-ETH\",\"ttms\":1788335180377,"
        "\"tp\":1,\"tv\":2,\"ab\":\"MAYBE\",\"c\":\"SIDEWAYS\",\"st\":\"DELTA\",\"best\":1.50}");
    const upbit_trade *t = upbit_event_trade(e);
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_UNKNOWN);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_UNKNOWN);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_UNKNOWN);
    ck_assert_str_eq(upbit_event_extra(e),
                     "{\"new\":{\"a\":[1,\"x y\"]},\"ask_bid\":\"MAYBE\","
                     "\"change\":\"SIDEWAYS\",\"stream_type\":\"DELTA\",\"best\":1.50}");
}
END_TEST

START_TEST(optional_fields_of_the_wrong_type_are_carried_on)
{
    const upbit_event *e = rig_one(
        &d, "{\"type\":\"trade\",\"code\":\"KRW-ETH\",\"trade_timestamp\":1788335180377,\"trade_"
            "price\":1,"
            "\"trade_volume\":2,\"ask_bid\":\"ASK\",\"sequential_id\":1.5,\"best_ask_price\":{},"
            "\"trade_date\":20260902,\"timestamp\":4102444800000}");
    const upbit_trade *t = upbit_event_trade(e);
    ck_assert_int_eq(t->sequential_id, 0);
    ck_assert_int_eq(upbit_decimal_is_null(&t->best_ask_price), 1);
    ck_assert_ptr_null(t->trade_date);
    ck_assert_int_eq(e->exchange_ms, 0);
    ck_assert_int_eq(upbit_event_has(e, 12), -1);
    ck_assert_str_eq(upbit_event_extra(e), "{\"sequential_id\":1.5,\"best_ask_price\":{},"
                                           "\"trade_date\":20260902,\"timestamp\":4102444800000}");
}
END_TEST

START_TEST(members_in_any_order_and_white_space_anywhere)
{
    const char *const text =
        "\r\n{ \"stream_type\" :\t\"SNAPSHOT\" , \"best_bid_size\": "
        "5.0E-4,\n\"best_bid_price\":4403000,"
        "\"best_ask_size\":0.43139478 "
        ",\"best_ask_price\":4404000,\"sequential_id\":17883351803770004,"
        "\"change_price\":97000,\"change\":\"FALL\",\"prev_closing_price\":4500000,\"ask_bid\":"
        "\"ASK\","
        "\"trade_volume\":0.00014208,\"trade_price\":4403000,\"trade_timestamp\":1788335180377,"
        "\"trade_time\":\"08:26:20\",\"trade_date\":\"2026-09-02\",\"timestamp\":1788335180420,"
        "\"code\":\"KRW-ETH\",\"type\":\"trade\" } ";
    decoded other;
    const upbit_event *a = rig_one(&d, SAMPLE_TRADE), *b = rig_one(&other, text);
    ck_assert_int_eq(upbit__event_same(a, b), 1);
    ck_assert_uint_eq(a->present, b->present);
    rig_free(&other);
}
END_TEST

/* Numbers as strings, integers as decimals, escapes in what is usually plain. */
START_TEST(unusual_spellings_are_read)
{
    const upbit_event *e = rig_one(
        &d, "{\"type\":\"tra\\u0064e\",\"market\":\"KRW\\u002dETH\",\"trade_timestamp\":1."
            "788335180377E12,"
            "\"trade_price\":\"4403000.00\",\"trade_volume\":\"2\",\"ask_bid\":\"\\u0041SK\","
            "\"sequential_id\":17883351803770004.0,\"timestamp\":1788335180420000,"
            "\"str\\u0065am_type\":\"REALTIM\\u0045\"}");
    const upbit_trade *t = upbit_event_trade(e);
    ck_assert_str_eq(e->code, "KRW-ETH");
    ck_assert_int_eq(t->trade_timestamp, 1788335180377);
    ck_assert_str_eq(rig_decimal(&t->trade_price), "4403000");
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_ASK);
    ck_assert_int_eq(t->sequential_id, 17883351803770004);
    ck_assert_int_eq(e->exchange_ms, 1788335180420); /* microseconds */
    ck_assert_int_eq(e->stream, UPBIT_STREAM_REALTIME);
}
END_TEST

START_TEST(the_last_of_two_members_counts)
{
    const upbit_event *e = rig_one(
        &d, "{\"type\":\"trade\",\"code\":\"KRW-ETH\",\"trade_timestamp\":1788335180377,\"trade_"
            "price\":1,"
            "\"trade_price\":2,\"trade_volume\":2,\"ask_bid\":\"X\",\"ask_bid\":\"BID\",\"change\":"
            "null,"
            "\"change\":\"RISE\",\"trade_date\":\"a\",\"trade_date\":null,\"type\":\"trade\"}");
    const upbit_trade *t = upbit_event_trade(e);
    ck_assert_str_eq(rig_decimal(&t->trade_price), "2");
    ck_assert_int_eq(t->ask_bid, UPBIT_SIDE_BID);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_RISE);
    ck_assert_ptr_null(t->trade_date);
    ck_assert_ptr_null(upbit_event_extra(e));
    rig_free(&d);
    e = rig_one(&d,
                "{\"type\":\"trade\",\"code\":\"KRW-ETH\",\"timestamp\":5,\"orderbook_units\":[],"
                "\"type\":\"orderbook\"}");
    ck_assert_int_eq(e->type, UPBIT_TYPE_ORDERBOOK);
}
END_TEST

START_TEST(lists_hold_none_one_or_several)
{
    d = (decoded){0};
    rig_decode_bytes(&d, " [ ] ", 5);
    ck_assert_int_eq(d.result, 0);
    char text[4096];
    snprintf(text, sizeof text, "[%s , %s,%s]", SAMPLE_TRADE_SIMPLE, SAMPLE_BOOK_SIMPLE,
             SAMPLE_TICKER);
    rig_decode_bytes(&d, text, strlen(text));
    ck_assert_msg(d.result == 3, "%s", d.reason);
    ck_assert_int_eq(d.events[0]->type, UPBIT_TYPE_TRADE);
    ck_assert_int_eq(d.events[1]->type, UPBIT_TYPE_ORDERBOOK);
    ck_assert_int_eq(d.events[2]->type, UPBIT_TYPE_TICKER);
}
END_TEST

START_TEST(one_bad_element_does_not_touch_the_others)
{
    d = (decoded){0};
    char text[4096];
    snprintf(text, sizeof text, "[%s,{\"ty\":\"trade\",\"cd\":\"KRW-X\"},7,%s]", SAMPLE_TRADE,
             SAMPLE_TRADE);
    rig_decode_bytes(&d, text, strlen(text));
    ck_assert_int_eq(d.result, UPBIT_ERROR_DECODE);
    ck_assert_uint_eq(d.count, 2);
    ck_assert_ptr_nonnull(strstr(d.reason, "is missing"));
}
END_TEST

START_TEST(without_room_the_event_is_skipped_and_counted)
{
    d = (decoded){.no_room = 1};
    rig_decode_bytes(&d, SAMPLE_TRADE, strlen(SAMPLE_TRADE));
    ck_assert_int_eq(d.result, 1);
    ck_assert_uint_eq(d.refused, 1);
    ck_assert_int_eq(d.refused_type, UPBIT_TYPE_TRADE);
    ck_assert_uint_eq(d.count, 0);
}
END_TEST

/* What an earlier message had must not show in a later one. */
START_TEST(absent_fields_are_empty_again)
{
    rig_one(&d, SAMPLE_TRADE);
    rig_free(&d);
    const upbit_event *e = rig_one(&d, "{\"type\":\"trade\",\"code\":\"A-B\",\"trade_timestamp\":7,"
                                       "\"trade_price\":1,\"trade_volume\":2,\"ask_bid\":\"BID\"}");
    const upbit_trade *t = upbit_event_trade(e);
    ck_assert_int_eq(upbit_decimal_is_null(&t->best_ask_price), 1);
    ck_assert_int_eq(t->sequential_id, 0);
    ck_assert_ptr_null(t->trade_date);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_NONE);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_NONE);
    ck_assert_int_eq(e->exchange_ms, 0);
    ck_assert_mem_eq(e->code, "A-B\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
}
END_TEST

START_TEST(strings_are_unescaped_utf8)
{
    const upbit_event *e = rig_one(
        &d, "{\"type\":\"myOrder\",\"code\":\"KRW-BTC\",\"uuid\":\"a\\\"b\\\\\\/"
            "\\n\\u00e9\\ud83d\\ude00"
            "\xED\x95\x9C\",\"ask_bid\":\"BID\",\"order_type\":\"limit\",\"state\":\"done\","
            "\"order_timestamp\":1,\"timestamp\":2,\"identifier\":\"a\\u0000b\"}");
    const upbit_my_order *o = upbit_event_my_order(e);
    ck_assert_str_eq(o->uuid, "a\"b\\/\n\xC3\xA9\xF0\x9F\x98\x80\xED\x95\x9C");
    /* A C string would hide what follows a NUL. */
    ck_assert_ptr_null(o->identifier);
    ck_assert_str_eq(upbit_event_extra(e), "{\"identifier\":\"a\\u0000b\"}");
}
END_TEST

START_TEST(copies_are_equal_and_their_own)
{
    for (int i = 0; i < SAMPLES; i++) {
        const upbit_event *e = rig_one(&d, samples[i]);
        upbit_event *copy = upbit__event_copy(e, rig_allocate, NULL);
        char *a = rig_json(e), *b;
        if (upbit_type_fields(e->type, NULL) != NULL)
            ck_assert_int_eq(upbit__event_same(e, copy), 1);
        memset((void *)d.events[0], 0x5A, d.events[0]->size);
        b = rig_json(copy);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
        free(copy);
        rig_free(&d);
    }
}
END_TEST

START_TEST(a_cut_book_has_exact_totals)
{
    const upbit_orderbook *b = upbit_event_orderbook(rig_one(&d, SAMPLE_BOOK));
    upbit_event *e = upbit__orderbook_cut(b, 1, rig_allocate, NULL);
    const upbit_orderbook *cut = upbit_event_orderbook(e);
    ck_assert_uint_eq(cut->ask_count, 1);
    ck_assert_uint_eq(cut->bid_count, 1);
    ck_assert_str_eq(rig_decimal(&cut->total_ask_size), "8.7");
    ck_assert_str_eq(rig_decimal(&cut->total_bid_size), "0.5");
    ck_assert_str_eq(rig_decimal(&cut->asks[0].price), "0.00000689");
    ck_assert_uint_eq(cut->unit_count, 1);
    free(e);
    e = upbit__orderbook_cut(b, 30, rig_allocate, NULL);
    ck_assert_uint_eq(upbit_event_orderbook(e)->ask_count, 2);
    ck_assert_str_eq(rig_decimal(&upbit_event_orderbook(e)->total_ask_size), "8.70827286");
    free(e);
}
END_TEST

START_TEST(same_means_all_but_the_stream_type)
{
    decoded other;
    const upbit_event *a = rig_one(&d, SAMPLE_BOOK);
    char text[2048];
    snprintf(text, sizeof text, "%s", SAMPLE_BOOK);
    memcpy(strstr(text, "REALTIME"), "SNAPSHOT", 8);
    ck_assert_int_eq(upbit__event_same(a, rig_one(&other, text)), 1);
    rig_free(&other);
    *strstr(text, "0.00827286") = '1';
    ck_assert_int_eq(upbit__event_same(a, rig_one(&other, text)), 0);
    rig_free(&other);
    ck_assert_int_eq(upbit__event_same(a, rig_one(&other, SAMPLE_TRADE)), 0);
    rig_free(&other);
}
END_TEST

static Suite *suite_of_tests(void)
{
    Suite *s = suite_create("decode");
    TCase *t = tcase_create("decode");
    tcase_add_checked_fixture(t, NULL, free_events);
    tcase_add_test(t, ticker_has_all_fields);
    tcase_add_test(t, simple_and_default_say_the_same);
    tcase_add_test(t, empty_book_slots_are_dropped);
    tcase_add_test(t, slots_may_be_empty_in_the_middle_or_on_a_whole_side);
    tcase_add_test(t, a_book_has_any_depth);
    tcase_add_test(t, rows_in_any_order_with_unknown_members);
    tcase_add_test(t, an_order_has_nulls_where_the_exchange_sent_them);
    tcase_add_test(t, assets_have_27_digits);
    tcase_add_test(t, status_error_and_list_frames);
    tcase_add_test(t, long_error_messages_are_cut_between_characters);
    tcase_add_test(t, unknown_types_come_as_text);
    tcase_add_test(t, unknown_members_and_enum_values_are_carried_on);
    tcase_add_test(t, optional_fields_of_the_wrong_type_are_carried_on);
    tcase_add_test(t, members_in_any_order_and_white_space_anywhere);
    tcase_add_test(t, unusual_spellings_are_read);
    tcase_add_test(t, the_last_of_two_members_counts);
    tcase_add_test(t, lists_hold_none_one_or_several);
    tcase_add_test(t, one_bad_element_does_not_touch_the_others);
    tcase_add_test(t, without_room_the_event_is_skipped_and_counted);
    tcase_add_test(t, absent_fields_are_empty_again);
    tcase_add_test(t, strings_are_unescaped_utf8);
    tcase_add_test(t, copies_are_equal_and_their_own);
    tcase_add_test(t, a_cut_book_has_exact_totals);
    tcase_add_test(t, same_means_all_but_the_stream_type);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    int status = check_main(suite_of_tests());
    upbit__decoder_destroy(rig_decoder);
    return status;
}
