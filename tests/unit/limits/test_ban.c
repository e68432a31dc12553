/* How long a 418 blocks: every plausible way to say it, and what is no duration at all. */
#include <string.h>

#include "limits/ban.h"
#include "support/check_main.h"

/* 2026-03-01T00:00:00Z */
#define NOW_S  1772323200LL
#define NOW_NS (NOW_S * 1000000000LL)

static const struct sample {
    const char *body;
    uint32_t seconds;
} samples[] = {
    /* nothing that can be understood */
    {"", 0},
    {"{}", 0},
    {"{\"error\":{\"name\":418,\"message\":\"I'm a teapot\"}}", 0},
    {"{\"error\":{\"name\":\"418\",\"message\":\"blocked\"},\"status\":418,\"code\":429}", 0},
    {"<html>418</html>", 0},
    {"{\"message\":\"60\"}", 0},
    {"more than 10 requests", 0},
    {"\\u0041\\u4180 HTTP418s", 0},
    /* with a unit */
    {"{\"error\":{\"name\":418,\"message\":\"blocked for 60 seconds\"}}", 60},
    {"blocked for 1 second.", 1},
    {"Blocked for 5 minutes", 300},
    {"retry in 30s", 30},
    {"retry in 30s.", 30},
    {"1 hour", 3600},
    {"2h", 7200},
    {"wait 1500 ms", 1},
    {"wait 1500milliseconds", 1},
    {"{\"message\":\"60초 동안 차단되었습니다.\"}", 60},
    {"{\"message\":\"1분 30초 후 다시 시도\"}", 90},
    {"{\"message\":\"1시간 후\"}", 3600},
    {"{\"message\":\"60\\ucd08 \\ub3d9\\uc548\"}", 60},
    {"{\"message\":\"2\\uc2dc\\uac04\"}", 7200},
    {"1 day", 86400},
    {"999999999999999999999999 days", 86400}, /* nobody is believed beyond a day */
    {"400 days", 86400},
    /* under a key */
    {"{\"retry_after\":30}", 30},
    {"{\"retryAfter\": \"45\"}", 45},
    {"{\"error\":{\"name\":418,\"block_time\" : 120}}", 120},
    {"{\"remaining_ms\":2500}", 2},
    {"{\"blockMs\":4000}", 4},
    {"{\"wait_milliseconds\":4000}", 4},
    {"{\"block_minutes\":3}", 180},
    {"{\"wait_hours\":1}", 3600},
    {"{\"seconds\":0}", 0},
    {"{\"retry_after\":99999999}", 86400},
    /* points of time */
    {"{\"until\":1772323260}", 60},
    {"{\"blocked_until\":1772323260000}", 60},
    {"{\"timestamp\":1772323200000}", 0}, /* the answer's own */
    {"{\"timestamp\":1772323100000,\"retry_after\":7}", 7},
    {"{\"until\":\"2026-03-01T00:02:00Z\"}", 120},
    {"{\"until\":\"2026-03-01T00:02:00.250Z\"}", 120},
    {"{\"until\":\"2026-03-01T09:02:00+09:00\"}", 120},
    {"{\"until\":\"2026-03-01T09:02:00+0900\"}", 120},
    {"{\"until\":\"2026-02-28T19:02:00-05:00\"}", 120},
    {"until 2026-03-01 09:02:00", 120}, /* no zone: Seoul's */
    {"{\"time\":\"2026-03-01T09:00:00\"}", 0},
    {"{\"time\":\"2025-03-01T09:00:00Z\"}", 0},
    {"{\"until\":\"2026-13-01T00:02:00Z\"}", 0},
    {"{\"until\":\"2027-03-01T00:02:00Z\"}", 86400},
    /* several: the longest */
    {"{\"retry_after\":30,\"until\":1772323300}", 100},
    {"{\"until\":1772323230,\"message\":\"60 seconds\"}", 60},
};

START_TEST(all_ways_to_say_it)
{
    const struct sample *s = &samples[_i];
    uint32_t ms = upbit__ban_ms(s->body, strlen(s->body), NOW_NS);
    ck_assert_msg(ms / 1000 == s->seconds, "%s: %u ms, not %u s", s->body, ms, s->seconds);
}
END_TEST

/* Every beginning of every sample in memory of just its size: a reader past the end is caught by
 * the sanitizers, and no cut makes a ban longer than a day. */
START_TEST(cut_anywhere)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        size_t whole = strlen(samples[i].body);
        for (size_t length = 0; length <= whole; length++) {
            char *bytes = malloc(length + (length == 0));
            ck_assert_ptr_nonnull(bytes);
            memcpy(bytes, samples[i].body, length);
            ck_assert_uint_le(upbit__ban_ms(bytes, length, NOW_NS), UPBIT__BAN_MAX_MS);
            free(bytes);
        }
    }
    ck_assert_uint_eq(upbit__ban_ms(NULL, 0, NOW_NS), 0);
}
END_TEST

START_TEST(any_bytes)
{
    static const char alphabet[] = "0123456789 :\"{}smhd-+TZ.\\u_retryaf\0\xec\xb4\x88";
    uint32_t random = 12345;
    for (int round = 0; round < 20000; round++) {
        char *bytes = malloc(64);
        ck_assert_ptr_nonnull(bytes);
        for (int i = 0; i < 64; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
        }
        ck_assert_uint_le(upbit__ban_ms(bytes, 64, NOW_NS), UPBIT__BAN_MAX_MS);
        free(bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits ban");
    TCase *tests = tcase_create("ban");
    tcase_add_loop_test(tests, all_ways_to_say_it, 0, (int)(sizeof samples / sizeof samples[0]));
    tcase_add_test(tests, cut_anywhere);
    tcase_add_test(tests, any_bytes);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
