/* Wants of whole quote currencies before there is a market list: what tells two of them apart, what
 * they stream, which of them goes when. */
#include <string.h>

#include "client/manager.h"
#include "support/check_main.h"

static upbit_manager m;
static upbit__client client;

static upbit_decimal level_of(const char *text)
{
    upbit_decimal level = {0};
    ck_assert_int_eq(upbit_decimal_parse(&level, text, strlen(text)), 0);
    return level;
}

static void begin(void)
{
    memset(&m, 0, sizeof m);
    memset(&client, 0, sizeof client);
}

static void end(void)
{
    upbit__selectors_drop(&m, &client);
    ck_assert_ptr_null(client.selectors);
    ck_assert_uint_eq(m.selector_count, 0);
}

static const upbit__selector *add(int type, unsigned unit, const char *level, unsigned flags,
                                  unsigned depth, const char *code)
{
    const upbit__order order = {.client = &client,
                                .type = type,
                                .unit = unit,
                                .depth = depth,
                                .flags = flags,
                                .level = level_of(level)};
    ck_assert_int_eq(upbit__selector_add(&m, &order, code), 0);
    return client.selectors;
}

static upbit__key_id id_of(int type, unsigned unit, const char *level, const char *code)
{
    upbit__key_id id = {.type = type, .unit = unit, .level = level_of(level)};
    memcpy(id.code, code, strlen(code));
    return id;
}

#define BOOK   UPBIT_TYPE_ORDERBOOK
#define CANDLE UPBIT_TYPE_CANDLE
#define ONCE   UPBIT_WANT_SNAPSHOT_ONLY

START_TEST(what_is_wanted_twice_is_one)
{
    begin();
    add(BOOK, 0, "0", 0, 5, "KRW-*");
    add(BOOK, 0, "10", 0, 5, "KRW-*");
    add(BOOK, 0, "0", ONCE, 5, "KRW-*");
    add(BOOK, 0, "0", 0, 5, "BTC-*");
    add(UPBIT_TYPE_TICKER, 0, "0", 0, 0, "KRW-*");
    add(CANDLE, UPBIT_CANDLE_1M, "0", 0, 0, "KRW-*");
    add(CANDLE, UPBIT_CANDLE_1S, "0", 0, 0, "KRW-*");
    ck_assert_uint_eq(m.selector_count, 7);
    add(BOOK, 0, "0.0", 0, 15, "KRW-*"); /* the first, with another wish */
    ck_assert_uint_eq(m.selector_count, 7);
    const upbit__key_id id = id_of(BOOK, 0, "0", "KRW-BTC");
    ck_assert_uint_eq(upbit__selector_of(&client, &id)->depth, 15);
    end();
}
END_TEST

START_TEST(what_a_selector_streams)
{
    begin();
    const upbit__selector *book = add(BOOK, 0, "10", 0, 5, "KRW-*");
    const upbit__selector *candle = add(CANDLE, UPBIT_CANDLE_1M, "0", 0, 0, "KRW-*");
    add(UPBIT_TYPE_TICKER, 0, "0", ONCE, 0, "KRW-*"); /* is asked for once, and streams nothing */
    const struct {
        upbit__key_id id;
        const upbit__selector *is;
    } list[] = {{id_of(BOOK, 0, "10", "KRW-BTC"), book},
                {id_of(BOOK, 0, "0", "KRW-BTC"), NULL},
                {id_of(BOOK, 0, "10", "BTC-ETH"), NULL},
                {id_of(BOOK, 0, "10", "KRW"), NULL},
                {id_of(CANDLE, UPBIT_CANDLE_1M, "0", "KRW-BTC"), candle},
                {id_of(CANDLE, UPBIT_CANDLE_1S, "0", "KRW-BTC"), NULL},
                {id_of(UPBIT_TYPE_TICKER, 0, "0", "KRW-BTC"), NULL}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        ck_assert_msg(upbit__selector_of(&client, &list[i].id) == list[i].is, "%d", (int)i);
    end();
}
END_TEST

/* A refused one goes with the last it holds, and with it no other. */
START_TEST(a_refused_selector_goes_when_it_holds_nothing)
{
    begin();
    add(BOOK, 0, "0", 0, 0, "BTC-*");
    const upbit__selector *refused = add(BOOK, 0, "0", 0, 0, "KRW-*");
    add(BOOK, 0, "10", 0, 0, "KRW-*");
    upbit__key keys[] = {{.id = id_of(BOOK, 0, "0", "KRW-BTC")},
                         {.id = id_of(BOOK, 0, "10", "KRW-BTC")},
                         {.id = id_of(BOOK, 0, "0", "KRW-ETH")}};
    upbit__entry entries[] = {{.key = &keys[0], .by = UPBIT__BY_NAME},
                              {.key = &keys[1], .by = UPBIT__BY_SELECTOR},
                              {.key = &keys[2], .by = UPBIT__BY_NAME | UPBIT__BY_SELECTOR}};
    upbit__entry *held[] = {&entries[0], &entries[1], &entries[2]};
    client.entries = held;
    client.entry_count = 3;
    const upbit__key_id id = id_of(BOOK, 0, "0", "KRW-XRP");
    upbit__selectors_refused(&m, &client, &id);
    ck_assert_uint_eq(m.selector_count, 3); /* it holds KRW-ETH */
    ck_assert_ptr_eq(upbit__selector_of(&client, &id), refused);
    client.entry_count = 2; /* of those one is held by name, one by another selector */
    upbit__selectors_refused(&m, &client, &id);
    ck_assert_uint_eq(m.selector_count, 2);
    ck_assert_ptr_null(upbit__selector_of(&client, &id));
    upbit__selectors_refused(&m, &client, &keys[1].id);
    ck_assert_uint_eq(m.selector_count, 2);
    client.entry_count = 0;
    end();
}
END_TEST

static bool is_of_candles(const upbit__order *order, const upbit__selector *s)
{
    return s->type == order->type;
}

START_TEST(some_are_let_go)
{
    begin();
    add(CANDLE, UPBIT_CANDLE_1M, "0", 0, 0, "KRW-*");
    add(BOOK, 0, "0", 0, 0, "KRW-*");
    add(CANDLE, UPBIT_CANDLE_1S, "0", 0, 0, "KRW-*");
    const upbit__order order = {.client = &client, .type = CANDLE};
    upbit__selectors_remove(&m, &order, is_of_candles);
    ck_assert_uint_eq(m.selector_count, 1);
    ck_assert_int_eq(client.selectors->type, BOOK);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("selectors rules");
    TCase *t = tcase_create("all");
    tcase_add_test(t, what_is_wanted_twice_is_one);
    tcase_add_test(t, what_a_selector_streams);
    tcase_add_test(t, a_refused_selector_goes_when_it_holds_nothing);
    tcase_add_test(t, some_are_let_go);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
