/* UTF-8 at every split point, and that bad text fails at its first bad byte. */
#include <string.h>

#include "support/check_main.h"
#include "wire/utf8.h"

static const char *const good[] = {
    "",
    "a",
    "plain ASCII that is longer than eight bytes",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    "12345678\xed\x95\x9c\xea\xb8\x80_12345678",
};

typedef struct bad_text {
    const char *text;
    size_t fails_at; /* bytes fed when it fails; 0: only at its end */
} bad_text;

static const bad_text bad[] = {
    {"\x80", 1},
    {"\xbf", 1},
    {"\xc0\x80", 1},
    {"\xc1\xbf", 1},
    {"\xc2", 0},
    {"\xc2\x41", 2},
    {"\xe0\x80\x80", 2},
    {"\xe0\x9f\xbf", 2},
    {"\xed\xa0\x80", 2},
    {"\xed\xbf\xbf", 2},
    {"\xe1\x80", 0},
    {"\xe1\x80\x41", 3},
    {"\xf0\x80\x80\x80", 2},
    {"\xf0\x8f\xbf\xbf", 2},
    {"\xf4\x90\x80\x80", 2},
    {"\xf5\x80\x80\x80", 1},
    {"\xf8\x88\x80\x80\x80", 1},
    {"\xfc\x84\x80\x80\x80\x80", 1},
    {"\xfe", 1},
    {"\xff", 1},
    {"\xf1\x80\x80", 0},
    {"abcdefgh\xed\xa0\x80"
     "edited",
     10},
    {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80", 13},
};

START_TEST(valid_at_every_split)
{
    const uint8_t *text = (const uint8_t *)good[_i];
    size_t length = strlen(good[_i]);
    ck_assert(upbit__utf8_valid(text, length));
    for (size_t a = 0; a <= length; a++) {
        for (size_t b = a; b <= length; b++) {
            upbit__utf8 u = {0};
            ck_assert(upbit__utf8_feed(&u, text, a));
            ck_assert(upbit__utf8_feed(&u, text + a, b - a));
            ck_assert(upbit__utf8_feed(&u, text + b, length - b));
            ck_assert(upbit__utf8_complete(&u));
        }
    }
}
END_TEST

START_TEST(invalid_fails_fast)
{
    const uint8_t *text = (const uint8_t *)bad[_i].text;
    size_t length = strlen(bad[_i].text), at = 0;
    ck_assert(!upbit__utf8_valid(text, length));
    upbit__utf8 u = {0};
    for (size_t i = 0; i < length && at == 0; i++) {
        if (!upbit__utf8_feed(&u, text + i, 1))
            at = i + 1;
    }
    ck_assert_uint_eq(at, bad[_i].fails_at);
    if (at == 0)
        ck_assert(!upbit__utf8_complete(&u));
    for (size_t a = 0; a <= length; a++) {
        upbit__utf8 split = {0};
        bool ok = upbit__utf8_feed(&split, text, a) &&
                  upbit__utf8_feed(&split, text + a, length - a) && upbit__utf8_complete(&split);
        ck_assert(!ok);
    }
}
END_TEST

/* Every code point, against an encoder that is written down here anew. */
START_TEST(every_code_point)
{
    for (uint32_t c = 0; c <= 0x110fff; c++) {
        uint8_t out[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t i = n; i-- > 1;)
            out[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
        out[0] = (uint8_t)(leads[n] | c >> (6 * (n - 1)));
        bool want = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        if (upbit__utf8_valid(out, n) != want)
            ck_abort_msg("U+%X", (unsigned)c);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire utf8");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, valid_at_every_split, 0, (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(t, invalid_fails_fast, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(t, every_code_point);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
