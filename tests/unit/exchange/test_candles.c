/* What is decided about a candle beyond its members: its unit and when it begins. */
#include "rest_rig.h"
#include "samples.h"

static decoded d;

START_TEST(candles_know_unit_and_start)
{
    static const char *const units[] = {"1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"};
    static const unsigned seconds[] = {1, 60, 180, 300, 600, 900, 1800, 3600, 14400};
    for (size_t i = 0; i < 9; i++) {
        char text[1024];
        snprintf(text, sizeof text, "{\"type\":\"candle.%s\"%s", units[i],
                 strchr(SAMPLE_CANDLE, ','));
        const upbit_candle *c = upbit_event_candle(rig_one(&d, text));
        ck_assert_uint_eq(c->unit, seconds[i]);
        ck_assert_int_eq(c->start_ms, 1785397500000);
        ck_assert_str_eq(upbit_candle_unit_name(c->unit), units[i]);
        ck_assert_uint_eq(upbit_candle_unit_from_name(units[i]), seconds[i]);
        ck_assert_str_eq(rig_decimal(&c->candle_acc_trade_price), "14139448.26754");
        rig_free(&d);
    }
    ck_assert_uint_eq(upbit_candle_unit_from_name("2m"), UPBIT_CANDLE_NONE);
}
END_TEST

/* The decoder remembers which unit came last, and reads stamps eight characters at a time. */
START_TEST(candle_units_may_change_with_every_message)
{
    static const char *const units[] = {"1m", "10m", "1m",   "1s",  "7m",
                                        "1s", "7m",  "240m", "15m", "1s"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "{\"type\":\"candle.%s\"%s", units[i],
                 strchr(SAMPLE_CANDLE, ','));
        const upbit_event *e = rig_one(&d, text);
        if (strcmp(units[i], "7m") == 0)
            ck_assert_int_eq(e->type, UPBIT_TYPE_RAW);
        else
            ck_assert_str_eq(upbit_candle_unit_name(upbit_event_candle(e)->unit), units[i]);
        rig_free(&d);
    }
}
END_TEST

START_TEST(stamps_are_read_strictly)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"1970-01-01T00:00:00", 0},
                 {"2026-11-21T23:59:59", 1795305599000},
                 {"2024-02-29T12:34:56", 1709210096000},
                 {"2026-11-21T23:59:5", -1},
                 {"2026-11-21T23:59:590", -1},
                 {"2026-11-21 23:59:59", -1},
                 {"2026-11-21T23:59:5:", -1},
                 {"2026-11-21T23:59:/9", -1},
                 {"2026-1a-21T23:59:59", -1},
                 {"2026-11-21T23-59:59", -1},
                 {"202\xB6-11-21T23:59:59", -1},
                 {"2026-11-21T2\xFF:59:59", -1},
                 {"2026-13-21T23:59:59", -1},
                 {"2026-00-21T23:59:59", -1},
                 {"", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(upbit__parse_utc(cases[i].text) == cases[i].ms, "%s: %lld", cases[i].text,
                      (long long)upbit__parse_utc(cases[i].text));
    /* Every other character at every place. */
    for (unsigned at = 0; at < 19; at++) {
        for (int c = 1; c < 256; c++) {
            char text[] = "2024-02-29T12:34:56";
            int digit = strchr("-T:", text[at]) == NULL;
            if (text[at] == (char)c || (digit && c >= '0' && c <= '9'))
                continue;
            text[at] = (char)c;
            ck_assert_msg(upbit__parse_utc(text) == -1, "%s", text);
        }
    }
}
END_TEST

/* As when missed trades are had back: it is the same decoder. */
START_TEST(a_rest_answer_between_leaves_the_streams_unit)
{
    rig_free(&d);
    for (int i = 0; i < 3; i++) {
        answer a = {0};
        const upbit_event *e = rig_one(&d, SAMPLE_CANDLE);
        ck_assert_uint_eq(upbit_event_candle(e)->unit, UPBIT_CANDLE_1M);
        rig_free(&d);
        answer_text(&a, i == 0 ? UPBIT_TYPE_TRADE : UPBIT_TYPE_CANDLE,
                    i == 0 ? UPBIT_CANDLE_NONE : UPBIT_CANDLE_5M, "[]");
        ck_assert_int_eq(a.result, 0);
        answer_free(&a);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("candles");
    TCase *t = tcase_create("candles");
    tcase_add_test(t, candles_know_unit_and_start);
    tcase_add_test(t, candle_units_may_change_with_every_message);
    tcase_add_test(t, stamps_are_read_strictly);
    tcase_add_test(t, a_rest_answer_between_leaves_the_streams_unit);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
