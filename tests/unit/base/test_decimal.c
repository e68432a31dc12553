/* Exact decimals: parsing, printing, comparing, and arithmetic that never rounds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_parse.h"
#include "support/check_main.h"
#include "upbit-live/decimal.h"

static upbit_decimal parse(const char *text)
{
    upbit_decimal d;
    ck_assert_msg(upbit_decimal_parse(&d, text, strlen(text)) == 0, "%s", text);
    return d;
}

static const char *show(const upbit_decimal *d)
{
    static char text[4][UPBIT_DECIMAL_STRING_SIZE];
    static unsigned turn;
    char *to = text[turn++ % 4];
    size_t n = upbit_decimal_to_string(d, to, UPBIT_DECIMAL_STRING_SIZE);
    ck_assert_uint_eq(n, strlen(to));
    return to;
}

#define DIGITS38 "12345678901234567890123456789012345678"

/* The exchange's spellings and the edges; what they are written as. */
static const struct {
    const char *text, *plain;
} spellings[] = {
    {"0", "0"},
    {"-0", "0"},
    {"0.0", "0"},
    {"0E-8", "0"},
    {"0e999999999999999999999", "0"},
    {"1.0", "1"},
    {"116539000", "116539000"},
    {"1.16539E8", "116539000"},
    {"4.912E7", "49120000"},
    {"1.55141E9", "1551410000"},
    {"9.9E-7", "0.00000099"},
    {"6E-8", "0.00000006"},
    {"5.0E-4", "0.0005"},
    {"0.00050000", "0.0005"},
    {"10E-2", "0.1"},
    {"1000E-2", "10"},
    {"7.9276E-4", "0.00079276"},
    {"106691000.00000000", "106691000"},
    {"95088751392.9099200000000000", "95088751392.90992"},
    {"37189906239683.17623000", "37189906239683.17623"},
    {"1386929.37231066771348207123", "1386929.37231066771348207123"},
    {"17883351803770004", "17883351803770004"},
    {"18446744073709551615", "18446744073709551615"},
    {"18446744073709551616", "18446744073709551616"},
    {"-12.50", "-12.5"},
    {"+3.5", "3.5"},
    {".5", "0.5"},
    {"5.", "5"},
    {"1e+3", "1000"},
    {DIGITS38, DIGITS38},
    {"0." DIGITS38, "0." DIGITS38},
    {"1E37", "10000000000000000000000000000000000000"},
    {"1E40", "10000000000000000000000000000000000000000"},
    {"000000000000000000000000000000000000000000000000001.5", "1.5"},
    {"1.500000000000000000000000000000000000000000000000000000000000", "1.5"},
    {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
};

START_TEST(reads_every_spelling)
{
    upbit_decimal d = parse(spellings[_i].text);
    ck_assert_str_eq(show(&d), spellings[_i].plain);
    /* One form per value: what is written reads back as the same bytes. */
    upbit_decimal again = parse(show(&d));
    ck_assert_mem_eq(&d, &again, sizeof d);
}
END_TEST

static const char *const not_numbers[] = {"",     "-",    ".",    "-.",      "e5",   "1e",     "1e+",
                                          "1.2.3", " 1",   "1 ",   "0x10",    "nan",  "inf",    "1,5",
                                          "--1",  "1-",   "1E2.5", "null",   "12a",
                                          (DIGITS38 "9"), ("0." DIGITS38 "9"), "1E166", "1E-129",
                                          "1E99999999999999999999", ("1." DIGITS38)};

START_TEST(refuses_what_is_no_number_or_does_not_fit)
{
    upbit_decimal d = {.lo = 7};
    ck_assert_int_eq(upbit_decimal_parse(&d, not_numbers[_i], strlen(not_numbers[_i])),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(d.null, 1);
    ck_assert_uint_eq(d.lo, 0);
    ck_assert_str_eq(show(&d), "null");
}
END_TEST

START_TEST(the_range_ends_where_the_header_says)
{
    upbit_decimal d = parse("1E-128");
    ck_assert_int_eq(d.exponent, -128);
    d = parse("1E127");
    ck_assert_int_eq(d.exponent, 127);
    ck_assert_uint_eq(strlen(show(&d)), 128);
    d = parse("-99999999999999999999999999999999999999E127");
    ck_assert_uint_lt(strlen(show(&d)), UPBIT_DECIMAL_STRING_SIZE);
}
END_TEST

START_TEST(text_is_cut_like_snprintf_does)
{
    char small[4];
    upbit_decimal d = parse("123.45");
    ck_assert_uint_eq(upbit_decimal_to_string(&d, small, sizeof small), 6);
    ck_assert_str_eq(small, "123");
    ck_assert_uint_eq(upbit_decimal_to_string(&d, NULL, 0), 6);
}
END_TEST

static const struct {
    const char *text;
    int places;
    const char *fixed;
} fixed[] = {
    {"1.005", 2, "1.01"},  {"-1.005", 2, "-1.01"}, {"1.004", 2, "1.00"},    {"0.5", 0, "1"},
    {"0.49", 0, "0"},      {"-0.4", 0, "0"},       {"9.999", 2, "10.00"},   {"12", 3, "12.000"},
    {"0.00000099", 8, "0.00000099"}, {"1E40", 1, "10000000000000000000000000000000000000000.0"},
    {"1E-128", 38, "0.00000000000000000000000000000000000000"},
    {"116539000", 0, "116539000"},
};

START_TEST(rounds_half_away_from_zero)
{
    char text[UPBIT_DECIMAL_STRING_SIZE + 64];
    upbit_decimal d = parse(fixed[_i].text);
    upbit_decimal_to_fixed(&d, fixed[_i].places, text, sizeof text);
    ck_assert_str_eq(text, fixed[_i].fixed);
}
END_TEST

/* a, b, sum, difference, product; NULL: does not fit. */
static const char *const sums[][5] = {
    {"0.1", "0.2", "0.3", "-0.1", "0.02"},
    {"1", "-1", "0", "2", "-1"},
    {"0.02054761", "0.00077720", "0.02132481", "0.01977041", "0.000015969602492"},
    {"1E38", "1", NULL, "99999999999999999999999999999999999999", "1E38"},
    {"1E40", "10000000000000000000000000000000000000", "1.001E40", "9.99E39", "1E77"},
    {"99999999999999999999999999999999999999", "1", "1E38", "99999999999999999999999999999999999998",
     "99999999999999999999999999999999999999"},
    {"1E60", "1", NULL, NULL, "1E60"},
    {"5E-128", "5E-128", "1E-127", "0", NULL},
    {"20000000000000000000000000000000000001", "5", "20000000000000000000000000000000000006",
     "19999999999999999999999999999999999996", NULL},
    {"22350000000000000000000000000000000001", "4.4", NULL, NULL, NULL},
    {"0", "12.5", "12.5", "-12.5", "0"},
};

START_TEST(arithmetic_is_exact_or_refused)
{
    int (*const operations[3])(upbit_decimal *, const upbit_decimal *, const upbit_decimal *) = {
        upbit_decimal_add, upbit_decimal_subtract, upbit_decimal_multiply};
    upbit_decimal a = parse(sums[_i][0]), b = parse(sums[_i][1]);
    for (int k = 0; k < 3; k++) {
        upbit_decimal out = a;
        int error = operations[k](&out, &out, &b);
        if (sums[_i][2 + k] == NULL) {
            ck_assert_msg(error == UPBIT_ERROR_INVALID_ARGUMENT && out.null, "%d: %s", k, show(&out));
            continue;
        }
        upbit_decimal want = parse(sums[_i][2 + k]);
        ck_assert_msg(error == 0 && memcmp(&out, &want, sizeof out) == 0, "%d: %s, not %s", k, show(&out),
                      show(&want));
    }
}
END_TEST

/* 5^37 * 2^37 needs 256 bits on the way and one digit in the end. */
START_TEST(a_long_product_with_zeros_behind_fits)
{
    upbit_decimal a = parse("72759576141834259033203125"), b = parse("137438953472"), out;
    upbit_decimal five = parse("11641532182693481445312500000000000001");
    ck_assert_int_eq(upbit_decimal_multiply(&out, &a, &b), 0);
    ck_assert_str_eq(show(&out), "10000000000000000000000000000000000000");
    ck_assert_int_eq(upbit_decimal_multiply(&out, &five, &five), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

static const char *const ascending[] = {"-1E127", "-12.5", "-0.000001", "0", "1E-128", "0.5", "0.51",
                                        "5",      "5.1",   "18446744073709551616", "1E40", "1.1E40"};

START_TEST(compare_orders_all_and_null_first)
{
    const int count = sizeof ascending / sizeof ascending[0];
    const upbit_decimal none = {.null = 1};
    for (int i = 0; i < count; i++) {
        upbit_decimal a = parse(ascending[i]);
        ck_assert_int_lt(upbit_decimal_compare(&none, &a), 0);
        ck_assert_int_gt(upbit_decimal_compare(&a, &none), 0);
        for (int k = 0; k < count; k++) {
            upbit_decimal b = parse(ascending[k]);
            int order = upbit_decimal_compare(&a, &b);
            ck_assert_msg((order > 0) - (order < 0) == (i > k) - (i < k), "%s %s", ascending[i], ascending[k]);
        }
    }
    ck_assert_int_eq(upbit_decimal_compare(&none, &none), 0);
}
END_TEST

START_TEST(null_is_not_zero)
{
    const upbit_decimal none = {.null = 1}, zero = {0};
    upbit_decimal out;
    ck_assert(upbit_decimal_is_null(&none) && !upbit_decimal_is_zero(&none));
    ck_assert(!upbit_decimal_is_null(&zero) && upbit_decimal_is_zero(&zero));
    ck_assert_int_eq(upbit_decimal_sign(&none), 0);
    ck_assert_int_eq(upbit_decimal_add(&out, &none, &zero), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert(out.null);
}
END_TEST

START_TEST(integers_become_decimals)
{
    upbit_decimal d;
    ck_assert_int_eq(upbit_decimal_from_int64(&d, INT64_MIN, 0), 0);
    ck_assert_str_eq(show(&d), "-9223372036854775808");
    ck_assert_int_eq(upbit_decimal_from_int64(&d, 1200, -4), 0);
    ck_assert_str_eq(show(&d), "0.12");
    ck_assert_int_eq(upbit_decimal_from_int64(&d, 1, 128), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_decimal_from_int64(&d, 1, INT32_MAX), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

static uint64_t seed = 20260923;

static uint64_t next(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

/* A JSON number of random shape. */
static void random_number(char *text)
{
    char *to = text;
    if (next(6) == 0)
        *to++ = '-';
    uint64_t whole = next(20);
    if (whole == 0 || next(3) == 0) {
        *to++ = '0';
    } else {
        *to++ = (char)('1' + next(9));
        while (--whole > 0)
            *to++ = (char)('0' + (next(4) == 0 ? 0 : next(10)));
    }
    if (next(4) != 0) {
        *to++ = '.';
        for (uint64_t i = next(18); i != UINT64_MAX; i--)
            *to++ = (char)('0' + (next(2) == 0 ? 0 : next(10)));
    }
    if (next(3) == 0)
        to += sprintf(to, "%c%s%d", next(2) ? 'E' : 'e', next(2) ? "-" : next(3) ? "" : "+", (int)next(30));
    *to = '\0';
}

START_TEST(the_fast_reader_agrees_with_the_slow_one)
{
    unsigned fast = 0;
    for (int i = 0; i < 200000; i++) {
        char text[128];
        memset(text, i % 3 == 0 ? '}' : ',', sizeof text);
        random_number(text);
        size_t length = strlen(text);
        text[length] = ",]} "[i % 4];
        upbit_decimal slow, quick;
        const char *end = upbit__decimal_scan(&quick, text);
        int error = upbit__decimal_read(&slow, text, length);
        if (end == NULL)
            continue;
        fast++;
        ck_assert_msg(error == 0 && end == text + length, "%.40s", text);
        ck_assert_msg(memcmp(&slow, &quick, sizeof slow) == 0, "%.40s", text);
    }
    ck_assert_uint_gt(fast, 100000);
}
END_TEST

/* glibc's strtod rounds correctly; the library never uses it. */
START_TEST(doubles_are_the_nearest)
{
    static const char *const hard[] = {"9007199254740993", "9007199254740992.5", "0.1", "1E22", "1E23",
                                       "9007199254740991.4999999999999999999999", "8.5", "1E-128",
                                       "99999999999999999999999999999999999999E127",
                                       "20517.4157543899035", "17883351803770004", "36028797018963967"};
    for (int i = 0; i < 20012; i++) {
        char text[64];
        if (i < 12) {
            strcpy(text, hard[i]);
        } else {
            int n = 0;
            for (uint64_t k = 1 + next(30); k > 0; k--)
                text[n++] = (char)('0' + next(10));
            sprintf(text + n, "E%d", (int)next(180) - 110);
        }
        upbit_decimal d;
        if (upbit_decimal_parse(&d, text, strlen(text)) != 0)
            continue;
        double ours = upbit_decimal_to_double(&d), want = strtod(text, NULL);
        ck_assert_msg(memcmp(&ours, &want, sizeof ours) == 0, "%s: %a, not %a", text, ours, want);
    }
}
END_TEST

static Suite *suite_of_tests(void)
{
    Suite *s = suite_create("decimal");
    TCase *t = tcase_create("decimal");
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
    tcase_add_loop_test(t, reads_every_spelling, 0, COUNT(spellings));
    tcase_add_loop_test(t, refuses_what_is_no_number_or_does_not_fit, 0, COUNT(not_numbers));
    tcase_add_test(t, the_range_ends_where_the_header_says);
    tcase_add_test(t, text_is_cut_like_snprintf_does);
    tcase_add_loop_test(t, rounds_half_away_from_zero, 0, COUNT(fixed));
    tcase_add_loop_test(t, arithmetic_is_exact_or_refused, 0, COUNT(sums));
    tcase_add_test(t, a_long_product_with_zeros_behind_fits);
    tcase_add_test(t, compare_orders_all_and_null_first);
    tcase_add_test(t, null_is_not_zero);
    tcase_add_test(t, integers_become_decimals);
    tcase_add_test(t, the_fast_reader_agrees_with_the_slow_one);
    tcase_add_test(t, doubles_are_the_nearest);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
#if defined(__AVX2__)
    /* This file is compiled a second time for machines that have it. */
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) {
        puts("1..0 # SKIP no AVX2");
        return 0;
    }
#endif
    return check_main(suite_of_tests());
}
