/* Requests for accounts and orders: what of a want makes sense, and what is said of the rest. */
#include "client/want.h"

#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"

static const struct {
    int type, orders;
    uint32_t count;
    int64_t before, after;
    const char *uuid, *identifier, *code, *says;
    unsigned flags;
} bad_wants[] = {
    {UPBIT_TYPE_MY_ASSET, 0, 0, 0, 0, NULL, NULL, "KRW-BTC", "codes", 0},
    {UPBIT_TYPE_MY_ASSET, 0, 2, 0, 0, NULL, NULL, NULL, "count", 0},
    {UPBIT_TYPE_MY_ASSET, 0, 0, 5, 0, NULL, NULL, NULL, "before", 0},
    {UPBIT_TYPE_MY_ASSET, 1, 0, 0, 0, NULL, NULL, NULL, "orders", 0},
    {UPBIT_TYPE_MY_ASSET, 0, 0, 0, 0, "a", NULL, NULL, "order_uuid", 0},
    {UPBIT_TYPE_MY_ASSET, 0, 0, 0, 0, NULL, NULL, NULL, "flags", UPBIT_WANT_REALTIME_ONLY},
    {UPBIT_TYPE_MY_ORDER, 2, 0, 0, 0, NULL, NULL, NULL, "neither", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 5, 0, 0, NULL, NULL, NULL, "count: only for closed", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 5, 0, NULL, NULL, NULL, "before: only for closed", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 5, NULL, NULL, NULL, "after: only for closed", 0},
    {UPBIT_TYPE_MY_ORDER, 1, 1001, 0, 0, NULL, NULL, NULL, "1000", 0},
    {UPBIT_TYPE_MY_ORDER, 1, 1, -1, 0, NULL, NULL, NULL, "before", 0},
    {UPBIT_TYPE_MY_ORDER, 1, 1, 0, 4102444800000, NULL, NULL, NULL, "after", 0},
    {UPBIT_TYPE_MY_ORDER, 1, 1, 604800002, 1, NULL, NULL, NULL, "7 days", 0},
    {UPBIT_TYPE_MY_ORDER, 1, 1, 5, 5, NULL, NULL, NULL, "less than", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, "a", "b", NULL, "one of them", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, "a", NULL, "KRW-BTC", "needs no codes", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, "a&b", NULL, NULL, "order_uuid", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, NULL, "a\r\nb", NULL, "control characters", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, NULL, NULL, "krw-btc", "market code", 0},
    {UPBIT_TYPE_MY_ORDER, 0, 0, 0, 0, NULL, NULL, "KRW-*", "market code", 0},
    {UPBIT_TYPE_TICKER, 1, 0, 0, 0, NULL, NULL, "KRW-BTC", "orders: only", 0},
    {UPBIT_TYPE_TRADE, 0, 0, 0, 5, NULL, NULL, "KRW-BTC", "after: only", 0},
    {UPBIT_TYPE_TRADE, 0, 0, 0, 0, "a", NULL, "KRW-BTC", "order_uuid: only", 0},
    {UPBIT_TYPE_TRADE, 0, 0, 0, 0, NULL, "a", "KRW-BTC", "order_identifier: only", 0},
};

START_TEST(wants_that_make_no_sense_are_named)
{
    upbit_want w = UPBIT_WANT_INIT;
    w.type = bad_wants[_i].type;
    w.orders = bad_wants[_i].orders;
    w.count = bad_wants[_i].count;
    w.before = bad_wants[_i].before;
    w.after = bad_wants[_i].after;
    w.order_uuid = bad_wants[_i].uuid;
    w.order_identifier = bad_wants[_i].identifier;
    w.codes = &bad_wants[_i].code;
    w.code_count = bad_wants[_i].code != NULL;
    w.flags = bad_wants[_i].flags;
    upbit__order *order = NULL;
    ck_assert_int_eq(upbit__want_order(&order, UPBIT__ORDER_SNAPSHOT, &w),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_null(order);
    ck_assert_msg(strstr(upbit_error_detail(), bad_wants[_i].says) != NULL, "%s",
                  upbit_error_detail());
}
END_TEST

static upbit__order *made(upbit_want w, int type)
{
    upbit__order *order = NULL;
    w.type = type;
    ck_assert_msg(upbit__want_order(&order, UPBIT__ORDER_SNAPSHOT, &w) == 0, "%s",
                  upbit_error_detail());
    ck_assert_ptr_nonnull(order);
    return order;
}

START_TEST(good_wants_become_orders)
{
    const char *codes[] = {"KRW-BTC", "BTC-ETH"};
    upbit_want w = UPBIT_WANT_INIT;
    upbit__order *o = made(w, UPBIT_TYPE_MY_ASSET);
    ck_assert_uint_eq(o->code_count, 1);
    ck_assert_str_eq(o->codes[0], "");
    free(o);
    w.codes = codes;
    w.code_count = 2;
    o = made(w, UPBIT_TYPE_MY_ORDER);
    ck_assert_uint_eq(o->code_count, 2);
    ck_assert_str_eq(o->codes[1], "BTC-ETH");
    ck_assert_str_eq(o->which, "");
    free(o);
    w.orders = UPBIT_ORDERS_CLOSED;
    w.before = 604800001;
    w.after = 1;
    o = made(w, UPBIT_TYPE_MY_ORDER);
    ck_assert_uint_eq(o->count, 100);
    ck_assert_int_eq(o->after, 1);
    free(o);
    upbit_want one = UPBIT_WANT_INIT;
    one.order_identifier = "mine #1";
    o = made(one, UPBIT_TYPE_MY_ORDER);
    ck_assert(o->by_identifier);
    ck_assert_str_eq(o->which, "mine #1");
    free(o);
    /* A caller built against an older header has none of the new fields. */
    w.struct_size = offsetof(upbit_want, orders);
    w.before = w.after = 0;
    o = made(w, UPBIT_TYPE_MY_ORDER);
    ck_assert_int_eq(o->orders, UPBIT_ORDERS_OPEN);
    free(o);
}
END_TEST

START_TEST(a_code_is_named_once)
{
    const char *codes[] = {"KRW-BTC", "BTC-ETH", "KRW-BTC"};
    upbit_want w = UPBIT_WANT_INIT;
    upbit__order *order = NULL;
    w.type = UPBIT_TYPE_MY_ORDER;
    w.codes = codes;
    w.code_count = 3;
    ck_assert_int_eq(upbit__want_order(&order, UPBIT__ORDER_SNAPSHOT, &w),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "codes[2]: KRW-BTC is there twice"));
    w.code_count = 101;
    ck_assert_int_eq(upbit__want_order(&order, UPBIT__ORDER_SNAPSHOT, &w),
                     UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("want account");
    TCase *t = tcase_create("want account");
    tcase_add_loop_test(t, wants_that_make_no_sense_are_named, 0,
                        sizeof bad_wants / sizeof bad_wants[0]);
    tcase_add_test(t, good_wants_become_orders);
    tcase_add_test(t, a_code_is_named_once);
    suite_add_tcase(s, t);
    return check_main(s);
}
