/* Blocks written bit by bit: every length and distance, codes of every length, and sets of codes
 * that are none. No compressor makes these. */
#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"
#include "wire/deflate.h"

#define END 256

static uint8_t bytes[400000];
static size_t bit_count;

static void begin(void)
{
    memset(bytes, 0, sizeof bytes);
    bit_count = 0;
}

/* The lowest bit first, as all numbers but codes are written. */
static void put(unsigned value, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++, bit_count++)
        bytes[bit_count / 8] |= (uint8_t)((value >> i & 1) << bit_count % 8);
}

/* The highest bit first. */
static void put_code(unsigned code, unsigned bits)
{
    while (bits-- > 0)
        put(code >> bits & 1, 1);
}

/* The code of a symbol, of those that have these lengths (RFC 1951 section 3.2.2). */
static void put_symbol(const uint8_t *lengths, unsigned count, unsigned symbol)
{
    unsigned code = 0;
    for (unsigned length = 1; length <= lengths[symbol]; length++) {
        code <<= 1;
        for (unsigned i = 0; i < count; i++) {
            if (lengths[i] == length && (length < lengths[symbol] || i < symbol))
                code++;
        }
    }
    put_code(code, lengths[symbol]);
}

/* The head of a block with these codes. Code lengths are written in 4 bits each, none repeated. */
static void put_codes(const uint8_t *lengths, unsigned count, const uint8_t *places,
                      unsigned place_count)
{
    put(0, 1);
    put(2, 2);
    put(count - 257, 5);
    put(place_count - 1, 5);
    put(15, 4);
    for (int i = 0; i < 19; i++) /* 16, 17, 18 have none, all others 4 bits */
        put(i < 3 ? 0 : 4, 3);
    for (unsigned i = 0; i < count; i++)
        put_code(lengths[i], 4);
    for (unsigned i = 0; i < place_count; i++)
        put_code(places[i], 4);
}

/* The empty block's head, which all messages end with. */
static void put_last(void)
{
    put(0, 3);
    bit_count = (bit_count + 7) / 8 * 8;
}

/* Inflates what was written; the text in *out until the next call. */
static upbit__inflated inflate_all(const uint8_t **out, size_t *length, const char **why,
                                   size_t most, size_t piece)
{
    static upbit__inflater *i;
    const upbit__deflate_terms terms = {
        .on = true, .server_max_window_bits = 15, .client_max_window_bits = 15};
    size_t size = bit_count / 8;
    *why = "";
    upbit__inflater_destroy(i);
    i = upbit__inflater_create(&terms, most);
    ck_assert_ptr_nonnull(i);
    upbit__inflater_begin(i);
    upbit__inflated result = UPBIT__INFLATED;
    for (size_t at = 0; at < size && result == UPBIT__INFLATED; at += piece)
        result = upbit__inflater_feed(i, bytes + at, piece < size - at ? piece : size - at, why);
    if (result == UPBIT__INFLATED)
        result = upbit__inflater_end(i, why);
    *out = upbit__inflater_bytes(i, length);
    return result;
}

static bool accepted(const char **why)
{
    const uint8_t *out;
    size_t length;
    const char *other;
    upbit__inflated result = inflate_all(&out, &length, why, 1 << 20, sizeof bytes);
    ck_assert_int_eq(inflate_all(&out, &length, &other, 1 << 20, 1), result);
    return result == UPBIT__INFLATED;
}

/* Literals 'a' and 'b' and the end; no distances. */
static void usual(uint8_t lengths[288], uint8_t places[32])
{
    memset(lengths, 0, 288);
    memset(places, 0, 32);
    lengths['a'] = 2;
    lengths['b'] = 2;
    lengths[END] = 1;
}

START_TEST(no_more_codes_than_there_are)
{
    const char *why;
    uint8_t lengths[288], places[32];
    usual(lengths, places);
    for (unsigned count = 257; count <= 288; count++) {
        for (unsigned place_count = 1; place_count <= 32; place_count++) {
            begin();
            put_codes(lengths, count, places, place_count);
            put_symbol(lengths, 288, 'b');
            put_symbol(lengths, 288, END);
            put_last();
            ck_assert_int_eq(accepted(&why), count <= 286 && place_count <= 30);
        }
    }
}
END_TEST

static const struct set {
    const char *label;
    uint8_t a, b, end, one, two; /* bits of two literals, the end and two distances */
    const char *says;            /* "": taken */
} sets[] = {
    {"complete", 2, 2, 1, 0, 0, ""},
    {"only the end, in one bit", 0, 0, 1, 0, 0, ""},
    {"only the end, in two bits", 0, 0, 2, 0, 0, "make no codes"},
    {"room left", 2, 0, 1, 0, 0, "make no codes"},
    {"too many", 1, 1, 1, 0, 0, "make no codes"},
    {"no end", 1, 1, 0, 0, 0, "without an end"},
    {"one distance, in one bit", 2, 2, 1, 1, 0, ""},
    {"one distance, in two bits", 2, 2, 1, 2, 0, "make no codes"},
    {"two distances", 2, 2, 1, 1, 1, ""},
    {"two distances, room left", 2, 2, 1, 1, 2, "make no codes"},
    {"two distances in two bits", 2, 2, 1, 2, 2, "make no codes"},
};

START_TEST(sets_of_codes)
{
    const struct set *s = &sets[_i];
    const char *why;
    uint8_t lengths[288], places[32];
    usual(lengths, places);
    lengths['a'] = s->a;
    lengths['b'] = s->b;
    lengths[END] = s->end;
    places[0] = s->one;
    places[1] = s->two;
    begin();
    put_codes(lengths, 257, places, 2);
    put_symbol(lengths, 288, END);
    put_last();
    bool good = accepted(&why);
    ck_assert_msg(good == (*s->says == '\0') && strstr(why, s->says) != NULL, "%s: %s", s->label,
                  why);
}
END_TEST

/* Code lengths may not have a code with room left: what is not given would pass for a 0. */
START_TEST(the_code_of_code_lengths_is_complete)
{
    for (int complete = 0; complete < 2; complete++) {
        const char *why;
        begin();
        put(0, 1);
        put(2, 2);
        put(0, 5);
        put(0, 5);
        put(15, 4);
        for (int i = 0; i < 19; i++) /* the 4th is 0, the 18th is 1 */
            put(i == 17 || (i == 3 && complete) ? 1 : 0, 3);
        unsigned zero = complete ? 0 : 1; /* the code of 0, or what it would be */
        for (unsigned i = 0; i < 258; i++)
            put(i == 'a' || i == END ? 1 - zero : zero, 1);
        put(0, 1);
        put(1, 1);
        put_last();
        ck_assert_int_eq(accepted(&why), complete);
    }
}
END_TEST

/* Codes of 1 to 15 bits, each again and again, so that the quick way meets them, too. */
START_TEST(long_codes)
{
    uint8_t lengths[288] = {0}, places[32] = {0}, want[2000];
    const uint8_t *out;
    const char *why;
    size_t length, count = 0;
    for (unsigned i = 0; i < 14; i++)
        lengths['A' + i] = (uint8_t)(14 - i);
    lengths['Z'] = 15;
    lengths[END] = 15;
    begin();
    put_codes(lengths, 257, places, 1);
    for (unsigned n = 0; n < 100; n++) {
        for (unsigned i = 0; i < 14; i++)
            want[count++] = (uint8_t)('A' + (i * (n + 1)) % 14);
        want[count++] = 'Z';
    }
    for (size_t i = 0; i < count; i++)
        put_symbol(lengths, 288, want[i]);
    put_symbol(lengths, 288, END);
    put_last();
    for (size_t piece = 1; piece < 40; piece++) {
        ck_assert_int_eq(inflate_all(&out, &length, &why, 1 << 20, piece), UPBIT__INFLATED);
        ck_assert_uint_eq(length, count);
        ck_assert(memcmp(out, want, count) == 0);
    }
    ck_assert_int_eq(inflate_all(&out, &length, &why, 1 << 20, sizeof bytes), UPBIT__INFLATED);
    ck_assert(length == count && memcmp(out, want, count) == 0);
}
END_TEST

/* ---- the fixed codes ---- */

static void put_fixed(unsigned symbol)
{
    if (symbol < 144)
        put_code(0x30 + symbol, 8);
    else if (symbol < 256)
        put_code(0x190 + symbol - 144, 9);
    else if (symbol < 280)
        put_code(symbol - 256, 7);
    else
        put_code(0xc0 + symbol - 280, 8);
}

/* A length of 3 to 258 and a distance of 1 to 32768, worked out from the tables' rule. */
static void put_match(unsigned length, unsigned place)
{
    unsigned more = 0, n = length - 3;
    if (length == 258) {
        put_fixed(285);
    } else {
        while (n >> (more + 3) != 0)
            more++;
        put_fixed(257 + (more == 0 ? n : 4 * more + (n >> more)));
        put(n, more);
    }
    more = 0;
    n = place - 1;
    while (n >> (more + 2) != 0)
        more++;
    put_code(more == 0 ? n : 2 * more + (n >> more), 5);
    put(n, more);
}

static uint8_t want[140000];

/* 32 KiB that are not alike, as they are. */
static size_t put_history(void)
{
    unsigned x = 1;
    for (size_t i = 0; i < 32768; i++) {
        x = x * 1664525u + 1013904223u;
        want[i] = (uint8_t)(x >> 24);
    }
    begin();
    put(0, 3);
    bit_count = 8;
    put(32768, 16);
    put(0xffffu ^ 32768u, 16);
    memcpy(bytes + bit_count / 8, want, 32768);
    bit_count += (size_t)32768 * 8;
    put(0, 1);
    put(1, 2);
    return 32768;
}

START_TEST(every_length_and_distance)
{
    size_t length = put_history(), made;
    const uint8_t *out;
    const char *why;
    unsigned next = 1;
    for (unsigned n = 0; n < 700; n++) {
        unsigned size = 3 + n % 256, place = next;
        next = n < 300 ? n + 2 : (next * 7 + n) % 32768 + 1;
        place = n == 650 ? 32768 : place;
        put_match(size, place);
        for (unsigned i = 0; i < size; i++, length++)
            want[length] = want[length - place];
    }
    put_fixed(END);
    put_last();
    for (size_t piece = 1; piece < 60000; piece *= 7) {
        ck_assert_int_eq(inflate_all(&out, &made, &why, 1 << 20, piece), UPBIT__INFLATED);
        ck_assert_uint_eq(made, length);
        ck_assert(memcmp(out, want, length) == 0);
    }
}
END_TEST

/* Symbols that have codes and no meaning; at the end of the input and far from it. */
START_TEST(codes_without_a_meaning)
{
    static const unsigned lengths[] = {286, 287}, places[] = {30, 31};
    for (int n = 0; n < 8; n++) {
        const char *why;
        put_history();
        if (n < 4) {
            put_fixed(lengths[n % 2]);
        } else {
            put_fixed(257);
            put_code(places[n % 2], 5);
        }
        for (int i = 0; i < 40 && n % 4 < 2; i++)
            put_fixed('x');
        put_fixed(END);
        put_last();
        ck_assert(!accepted(&why));
        ck_assert_msg(strstr(why, "a code that is none") != NULL, "%d: %s", n, why);
    }
}
END_TEST

/* The limit, to the byte: by literals, by a match, by a stored block. */
START_TEST(limits)
{
    for (int kind = 0; kind < 3; kind++) {
        for (size_t most = 8; most < 13; most++) {
            for (size_t piece = 1; piece < 100; piece += 49) {
                const uint8_t *out;
                const char *why;
                size_t length;
                begin();
                put(0, 1);
                put(kind == 2 ? 0 : 1, 2);
                if (kind == 2) {
                    bit_count = 8;
                    put(10, 16);
                    put(0xffff ^ 10, 16);
                    for (int i = 0; i < 10; i++)
                        put('s', 8);
                } else {
                    for (int i = 0; i < (kind == 0 ? 10 : 1); i++)
                        put_fixed('l');
                    if (kind == 1)
                        put_match(9, 1);
                    put_fixed(END);
                }
                put_last();
                upbit__inflated result = inflate_all(&out, &length, &why, most, piece);
                ck_assert_int_eq(result, most < 10 ? UPBIT__INFLATE_TOO_LONG : UPBIT__INFLATED);
                ck_assert_uint_le(length, most);
                ck_assert(result != UPBIT__INFLATED || length == 10);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deflate codes");
    TCase *tests = tcase_create("deflate codes");
    tcase_add_test(tests, no_more_codes_than_there_are);
    tcase_add_loop_test(tests, sets_of_codes, 0, (int)(sizeof sets / sizeof sets[0]));
    tcase_add_test(tests, the_code_of_code_lengths_is_complete);
    tcase_add_test(tests, long_codes);
    tcase_add_test(tests, every_length_and_distance);
    tcase_add_test(tests, codes_without_a_meaning);
    tcase_add_test(tests, limits);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
