/* Price steps and groupings of the order book. */
#include "rest_rig.h"

static upbit__instrument *rows;
static size_t count;
static char reason[100];

static void clear(void)
{
    free(rows);
    rows = NULL;
    count = 0;
}

static int parse(const char *body)
{
    size_t length = strlen(body);
    char *exact = malloc(length > 0 ? length : 1);
    memcpy(exact, body, length);
    clear();
    strcpy(reason, "as before");
    int result = upbit__rest_instruments(&rows, &count, exact, length, reason, sizeof reason);
    free(exact);
    return result;
}

START_TEST(steps_and_levels)
{
    size_t length;
    char *body = answer_read("UPBIT_TEST_DATA", "rest_instruments.json", &length);
    ck_assert_int_eq(parse(body), 0);
    free(body);
    ck_assert_uint_eq(count, 4);
    ck_assert_str_eq(reason, "");
    ck_assert_str_eq(rows[0].code, "KRW-BTC");
    ck_assert_str_eq(rig_decimal(&rows[0].tick_size), "1000");
    ck_assert_uint_eq(rows[0].level_count, 6);
    ck_assert_int_eq(upbit_decimal_is_zero(&rows[0].levels[0]), 1);
    ck_assert_str_eq(rig_decimal(&rows[0].levels[5]), "100000000");
    /* Numbers as numbers. */
    ck_assert_str_eq(rig_decimal(&rows[1].tick_size), "1");
    ck_assert_uint_eq(rows[1].level_count, 4);
    ck_assert_str_eq(rig_decimal(&rows[1].levels[3]), "100");
    ck_assert_str_eq(rig_decimal(&rows[2].tick_size), "0.00000001");
    ck_assert_uint_eq(rows[3].level_count, 0);
}
END_TEST

START_TEST(odd_rows)
{
    ck_assert_int_eq(parse("[7,null,{},{\"market\":\"krw-btc\"},{\"market\":5},[1],{\"market\":"
                           "\"KRW-ETH\",\"new\":{\"a\":[]},"
                           "\"tick_size\":null,\"supported_levels\":{\"a\":1}},"
                           "{\"supported_levels\":[\"x\",null,-5,0.5,[1],\"1E1\",\"\"],\"tick_"
                           "size\":\"no\",\"market\":\"KRW-XRP\"},"
                           "{\"market\":\"KRW-ABCDEFGHIJKLMNOPQRSTUVW\"},{\"market\":\"KRW-A\","
                           "\"market\":\"KRW-ADA\"}]"),
                     0);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(rows[0].code, "KRW-ETH");
    ck_assert_int_eq(upbit_decimal_is_null(&rows[0].tick_size), 1);
    ck_assert_uint_eq(rows[0].level_count, 0);
    ck_assert_uint_eq(rows[1].level_count, 2);
    ck_assert_str_eq(rig_decimal(&rows[1].levels[0]), "0.5");
    ck_assert_str_eq(rig_decimal(&rows[1].levels[1]), "10");
    ck_assert_int_eq(upbit_decimal_is_null(&rows[1].tick_size), 1);
    ck_assert_str_eq(rows[2].code, "KRW-ADA");
}
END_TEST

START_TEST(more_levels_than_there_is_room_for)
{
    ck_assert_int_eq(parse("[{\"market\":\"KRW-A\",\"supported_levels\":[1,2,3,4,5,6,7,8,9,10,11,"
                           "12,13,14,15,16,17,18]}]"),
                     0);
    ck_assert_uint_eq(rows[0].level_count, UPBIT__REST_LEVELS_MAX);
    ck_assert_str_eq(rig_decimal(&rows[0].levels[15]), "16");
}
END_TEST

START_TEST(many_rows)
{
    char *body = malloc(40000);
    size_t n = 0;
    for (int i = 0; i < 300; i++)
        n += (size_t)sprintf(body + n,
                             "%c{\"tick_size\":%d,\"market\":\"KRW-%d\",\"supported_levels\":[%d]}",
                             i == 0 ? '[' : ',', i, i, i);
    strcpy(body + n, "]");
    ck_assert_int_eq(parse(body), 0);
    ck_assert_uint_eq(count, 300);
    ck_assert_str_eq(rows[299].code, "KRW-299");
    ck_assert_uint_eq(rows[299].levels[0].lo, 299);
    free(body);
}
END_TEST

START_TEST(none_are_none)
{
    ck_assert_int_eq(parse("[]"), 0);
    ck_assert_ptr_null(rows);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(parse("[{\"market\":\"x\"}]"), 0);
    ck_assert_ptr_null(rows);
}
END_TEST

START_TEST(what_is_no_array_is_refused)
{
    static const char *const bodies[] = {"",
                                         "{}",
                                         "<html>",
                                         "[",
                                         "[{\"market\":\"KRW-BTC\"}",
                                         "[{\"market\":\"KRW-BTC\"}] x",
                                         "[{\"market\":\"KRW-BTC\",\"supported_levels\":[1}]",
                                         "[{\"tick_size\":01}]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ck_assert_msg(parse(bodies[i]) == UPBIT_ERROR_DECODE, "%s", bodies[i]);
        ck_assert_ptr_null(rows);
        ck_assert_str_ne(reason, "as before");
        ck_assert_str_ne(reason, "");
    }
    ck_assert_int_eq(parse("{\"error\":{\"name\":404,\"message\":\"Code not found\"}}"),
                     UPBIT_ERROR_EXCHANGE);
    ck_assert_str_eq(reason, "404: Code not found");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rest_instruments");
    TCase *t = tcase_create("rest_instruments");
    tcase_add_checked_fixture(t, NULL, clear);
    tcase_add_test(t, steps_and_levels);
    tcase_add_test(t, odd_rows);
    tcase_add_test(t, more_levels_than_there_is_room_for);
    tcase_add_test(t, many_rows);
    tcase_add_test(t, none_are_none);
    tcase_add_test(t, what_is_no_array_is_refused);
    suite_add_tcase(s, t);
    return check_main(s);
}
