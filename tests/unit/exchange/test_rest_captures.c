/* Recorded REST answers (see test_captures.c for where they lie). */
#include <dirent.h>

#include "rest_rig.h"
#include "upbit-live/market.h"

static answer a;

static void free_events(void)
{
    answer_free(&a);
}

static void read_capture(int type, unsigned unit, const char *name)
{
    size_t length;
    char *text = answer_read("UPBIT_CAPTURES", name, &length);
    ck_assert_msg(text != NULL, "%s", name);
    answer_bytes(&a, type, unit, text, length);
    free(text);
}

static void all_good(size_t events)
{
    ck_assert_msg(a.result == (int)events && a.bad == 0 && a.count == events, "%d, %zu bad: %s",
                  a.result, a.bad, a.reason);
}

START_TEST(the_same_trade_as_on_the_stream)
{
    read_capture(UPBIT_TYPE_TRADE, 0, "realR_rest_trades_20260730_same_trade_as_ws.json");
    all_good(1);
    const upbit_trade *t = upbit_event_trade(a.events[0]);
    /* The id begins with the time of the trade: that is what `timestamp` is here. */
    ck_assert_int_eq(t->sequential_id / 10000, t->trade_timestamp);
    ck_assert_int_eq(t->event.exchange_ms, t->trade_timestamp);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_FALL);
    ck_assert_str_eq(rig_decimal(&t->change_price), "63000");
    ck_assert_str_eq(rig_decimal(&t->prev_closing_price), "91424000");
    ck_assert_ptr_null(upbit_event_extra(a.events[0]));
}
END_TEST

/* Two trades that differ in nothing but their ids. */
START_TEST(colliding_trades)
{
    read_capture(UPBIT_TYPE_TRADE, 0, "realR_rest_trades_20260730_colliding.json");
    all_good(2);
    ck_assert_int_eq(upbit__event_same(a.events[0], a.events[1]), 0);
    upbit_trade *t = (upbit_trade *)a.events[0];
    ck_assert_int_eq(t->sequential_id--, 17853950411240001);
    ck_assert_int_eq(upbit__event_same(a.events[0], a.events[1]), 1);
}
END_TEST

START_TEST(a_documented_trade)
{
    read_capture(UPBIT_TYPE_TRADE, 0, "doc_rest_trades_ticks_20250627.json");
    all_good(1);
    const upbit_trade *t = upbit_event_trade(a.events[0]);
    ck_assert_int_eq(t->sequential_id, 17510687993360000);
    ck_assert_int_eq(t->change, UPBIT_CHANGE_RISE);
    ck_assert_str_eq(t->trade_date, "2025-06-27");
    ck_assert_str_eq(t->trade_time, "23:59:59");
}
END_TEST

START_TEST(a_ticker)
{
    read_capture(UPBIT_TYPE_TICKER, 0, "realR_rest_ticker_20260730_krwbtc.json");
    all_good(1);
    const upbit_ticker *t = upbit_event_ticker(a.events[0]);
    ck_assert_str_eq(t->event.code, "KRW-BTC");
    ck_assert_str_eq(rig_decimal(&t->acc_trade_price_24h), "74674126733.71954");
    ck_assert_str_eq(rig_decimal(&t->signed_change_price), "-224000");
    ck_assert_int_eq(t->trade_timestamp, 1785397260652);
    ck_assert_int_eq(t->event.exchange_ms, 1785397260707);
    ck_assert_ptr_null(upbit_event_extra(a.events[0]));
}
END_TEST

START_TEST(a_book_with_an_empty_slot)
{
    size_t length;
    char *unit =
        answer_read("UPBIT_CAPTURES", "realT_rest_orderbook_unit_zero_bid_20260923.json", &length);
    ck_assert_ptr_nonnull(unit);
    char body[1000];
    snprintf(body, sizeof body,
             "[{\"market\":\"BTC-BERA\",\"timestamp\":1790134742106,\"total_ask_size\":8.70827286,"
             "\"total_bid_size\":0,"
             "\"orderbook_units\":[%s],\"level\":0}]",
             unit);
    free(unit);
    answer_text(&a, UPBIT_TYPE_ORDERBOOK, 0, body);
    all_good(1);
    const upbit_orderbook *b = upbit_event_orderbook(a.events[0]);
    ck_assert_uint_eq(b->ask_count, 1);
    ck_assert_uint_eq(b->bid_count, 0);
    ck_assert_str_eq(rig_decimal(&b->asks[0].price), "0.00000689");
    ck_assert_str_eq(rig_decimal(&b->asks[0].size), "8.70827286");
}
END_TEST

/* Years are no unit of ours, but the numbers are as long as they get. */
START_TEST(a_candle)
{
    read_capture(UPBIT_TYPE_CANDLE, UPBIT_CANDLE_240M, "real_rest_candle_year_2026_krwbtc.json");
    all_good(1);
    const upbit_candle *c = upbit_event_candle(a.events[0]);
    ck_assert_int_eq(c->start_ms, 1767225600000);
    ck_assert_str_eq(rig_decimal(&c->candle_acc_trade_price), "37189906239683.17623");
    ck_assert_str_eq(upbit_event_extra(a.events[0]), "{\"first_day_of_period\":\"2026-01-01\"}");
}
END_TEST

START_TEST(errors)
{
    static const char *const names[] = {
        "real_rest_error_400_missing.json", "real_rest_error_400_type.json",
        "real_rest_error_404_code_not_found.json", "real_rest_error_404_unrouted.json",
        "doc_rest_error_401_no_authorization_ip.json"};
    static const char *const reasons[] = {
        "400: Missing request parameter error. Check the required parameters!",
        "400: Type mismatch error. Check the parameters type!", "404: Code not found",
        "not_found: no Route matched with those values",
        "no_authorization_ip: This is not a verified IP."};
    for (size_t i = 0; i < 5; i++) {
        read_capture(UPBIT_TYPE_TICKER, 0, names[i]);
        ck_assert_msg(a.result == UPBIT_ERROR_EXCHANGE && a.count == 0, "%s: %d", names[i],
                      a.result);
        ck_assert_str_eq(a.reason, reasons[i]);
    }
}
END_TEST

START_TEST(instruments)
{
    size_t length, count;
    char reason[100],
        *text = answer_read("UPBIT_CAPTURES", "doc_rest_orderbook_instruments.json", &length);
    upbit__instrument *rows;
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(upbit__rest_instruments(&rows, &count, text, length, reason, sizeof reason),
                     0);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(rows[2].code, "KRW-TRX");
    ck_assert_str_eq(rig_decimal(&rows[2].tick_size), "1");
    ck_assert_uint_eq(rows[2].level_count, 4);
    ck_assert_str_eq(rig_decimal(&rows[2].levels[3]), "100");
    free(rows);
    free(text);
}
END_TEST

/* However a recorded answer is cut off, nothing comes of it. */
START_TEST(prefixes_give_nothing)
{
    size_t length;
    char *text =
        answer_read("UPBIT_CAPTURES", "realR_rest_trades_20260730_colliding.json", &length);
    while (length > 0 && strchr(" \r\n", text[length - 1]) != NULL)
        length--;
    for (size_t n = 0; n < length; n++) {
        answer_bytes(&a, UPBIT_TYPE_TRADE, 0, text, n);
        ck_assert_msg(a.result == UPBIT_ERROR_DECODE && a.count == 0, "at %zu", n);
    }
    free(text);
}
END_TEST

int main(void)
{
    const char *folder = getenv("UPBIT_CAPTURES");
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    if (dir == NULL) {
        puts("1..0 # SKIP no recordings (UPBIT_CAPTURES)");
        return 0;
    }
    closedir(dir);
    Suite *s = suite_create("rest_captures");
    TCase *t = tcase_create("rest_captures");
    tcase_add_checked_fixture(t, NULL, free_events);
    tcase_add_test(t, the_same_trade_as_on_the_stream);
    tcase_add_test(t, colliding_trades);
    tcase_add_test(t, a_documented_trade);
    tcase_add_test(t, a_ticker);
    tcase_add_test(t, a_book_with_an_empty_slot);
    tcase_add_test(t, a_candle);
    tcase_add_test(t, errors);
    tcase_add_test(t, instruments);
    tcase_add_test(t, prefixes_give_nothing);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
