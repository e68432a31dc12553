/* Order books as the exchange writes them, read whole by each kind of machine that can: with one
 * number in turn another, wherever it stands, and with commas where a book has none. */
#include "kinds.h"

typedef struct book {
    char text[6000];
    size_t length;
} book;

/* A book of `rows` rows of usual numbers, but number k of row r, which is `other`. */
static void make(book *b, int simple, int level, unsigned rows, unsigned r, unsigned k,
                 const char *other)
{
    static const char *const usual[4] = {"1.16539E8", "116521000.0", "0.02054761", "1191590.2508"};
    static const char *const names[2][4] = {{"ask_price", "bid_price", "ask_size", "bid_size"},
                                            {"ap", "bp", "as", "bs"}};
#define PUT(...)                                                                                   \
    b->length += (size_t)snprintf(b->text + b->length, sizeof b->text - b->length, __VA_ARGS__)
    b->length = 0;
    PUT(simple ? "{\"ty\":\"orderbook\",\"cd\":\"KRW-A\",\"tms\":1790134773006,\"tas\":1,\"tbs\":2."
                 "5,\"obu\":["
               : "{\"type\":\"orderbook\",\"code\":\"KRW-A\",\"timestamp\":1790134773006,\"total_"
                 "ask_size\":1,"
                 "\"total_bid_size\":2.5,\"orderbook_units\":[");
    for (unsigned i = 0; i < rows; i++)
        for (unsigned n = 0; n < 4; n++)
            PUT("%s\"%s\":%s%s",
                n > 0   ? ","
                : i > 0 ? ",{"
                        : "{",
                names[simple][n], i == r && n == k ? other : usual[n], n == 3 ? "}" : "");
    PUT(simple ? "],\"st\":\"REALTIME\"" : "],\"stream_type\":\"REALTIME\"");
    if (level)
        PUT(simple ? ",\"lv\":0" : ",\"level\":0");
    PUT("}");
#undef PUT
}

static unsigned readers(void)
{
    return use_kind(UPBIT__DECODER_AVX2) + use_kind(UPBIT__DECODER_AVX512);
}

/* Numbers, and whether a book that has one is read whole. */
static const struct {
    const char *text;
    unsigned good;
} numbers[] = {
    {"0", 1},
    {"1", 1},
    {"9", 1},
    {"10", 1},
    {"0.0", 1},
    {"0.5", 1},
    {"0.10", 1},
    {"100", 1},
    {"100.00", 1},
    {"90.09000", 1},
    {"999999999999999", 1},
    {"1000000000000000", 1},
    {"9999999999999.9", 1},
    {"0.0000000000001", 1},
    {"0.00000000000010", 1},
    {"12345678.123456", 1},
    {"1.234567890123", 1},
    {"1.2345678901234", 1},
    {"99999999999999.0", 1},
    {"123456789012345678", 1},
    {"14407925.20098682", 1},
    {"123456789012345678901234567890", 1},
    {"0.000000000000000001", 1},
    {"1.0E0", 1},
    {"1E9", 1},
    {"9.99E9", 1},
    {"1.2E1", 1},
    {"1.23456789E7", 1},
    {"1.2345678901E9", 1},
    {"1.234567890123E9", 1},
    {"1.2345678901234E5", 1},
    {"5E-4", 1},
    {"5.0E-4", 1},
    {"7.9276E-4", 1},
    {"9.0E-9", 1},
    {"1.10E-9", 1},
    {"1.234567891E-9", 1},
    {"1.23456789012E-1", 1},
    {"1.2345678901E-12", 1},
    {"1E10", 1},
    {"1.5E+3", 1},
    {"1.5e3", 1},
    {"12.5E3", 1},
    {"0E5", 1},
    {"0.0E-8", 1},
    {"0.5E1", 1},
    {"-0", 1},
    {"-1", 1},
    {"-1.5E2", 1},
    {"", 0},
    {".", 0},
    {"-", 0},
    {"00", 0},
    {"01", 0},
    {"01.5", 0},
    {".5", 0},
    {"5.", 0},
    {"1..2", 0},
    {"1.2.3", 0},
    {"1.2.", 0},
    {"E5", 0},
    {"1E", 0},
    {"1E-", 0},
    {"1.E5", 0},
    {"1.5E", 0},
    {"1.5E-", 0},
    {"1.5E--4", 0},
    {"1.5E5.0", 0},
    {"1.5E4E", 0},
    {"1.5E4E4", 0},
    {"1.5E4-", 0},
    {"01.5E4", 0},
    {"00E4", 0},
    {"1/2", 0},
    {"1:2", 0},
    {"1 ", 0},
    {" 1", 0},
    {"1-", 0},
    {"1-2", 0},
    {"null", 0},
    {"\"1\"", 0},
    {"1}", 0},
    {"{1", 0},
    {"1,", 0},
    {"1\x80", 0},
    {"999999999999999999999999999999999999999", 0},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0], PLACES = 3 * 4 };

START_TEST(a_number_may_stand_anywhere)
{
    static book b;
    rig_need_decoder();
    for (unsigned n = 0; n < NUMBERS; n++) {
        for (unsigned place = 0; place < PLACES; place++) {
            for (int shape = 0; shape < 4; shape++) {
                make(&b, shape & 1, shape >> 1, 3, place / 4, place % 4, numbers[n].text);
                ck_assert_msg(compare_kinds(b.text, b.length) == numbers[n].good * readers(), "%s",
                              b.text);
            }
        }
    }
}
END_TEST

/* Of each depth, and all that is a part of it. */
START_TEST(any_number_of_rows)
{
    static book b;
    rig_need_decoder();
    for (unsigned rows = 0; rows < 48; rows++) {
        for (int shape = 0; shape < 4; shape++) {
            make(&b, shape & 1, shape >> 1, rows, 0, 0, rows % 2 ? "1" : "0");
            ck_assert_uint_eq(compare_kinds(b.text, b.length),
                              b.length <= 4096 && rows > 0 ? readers() : 0);
        }
    }
    make(&b, 1, 0, 3, 1, 3, "1");
    for (size_t length = 0; length < b.length; length++)
        ck_assert_uint_eq(compare_kinds(b.text, length), 0);
    make(&b, 1, 0, 1, 9, 9, "");
    ck_assert_uint_eq(compare_kinds(b.text, b.length), readers());
}
END_TEST

/* Commas in a string, which the exchange never sends: as many as are looked for in 64 bytes, and
 * more. */
START_TEST(too_many_commas)
{
    static book b;
    static char text[7000];
    rig_need_decoder();
    make(&b, 0, 1, 2, 9, 9, "");
    const char *at = strstr(b.text, "KRW-A");
    const size_t before = (size_t)(at - b.text);
    for (size_t commas = 1; commas < 4000; commas += commas < 140 ? 1 : 61) {
        memcpy(text, b.text, before);
        memset(text + before, ',', commas);
        memcpy(text + before + commas, at, b.length - before);
        ck_assert_uint_eq(compare_kinds(text, b.length + commas), 0);
        /* And at the end, where nothing is behind them. */
        memcpy(text, b.text, b.length);
        memset(text + b.length, ',', commas);
        ck_assert_uint_eq(compare_kinds(text, b.length + commas), 0);
        memset(text + before, ',', b.length - before);
        ck_assert_uint_eq(compare_kinds(text, b.length), 0);
    }
}
END_TEST

typedef struct asked_for {
    size_t size[4]; /* of those asked for */
    upbit_event *given[4], *event;
    unsigned asked, discarded, most; /* most: that there is room for at once */
} asked_for;

static upbit_event *allocate_few(void *context, size_t size)
{
    asked_for *b = context;
    ck_assert_uint_lt(b->asked, 4);
    b->size[b->asked] = size;
    b->given[b->asked] = b->asked - b->discarded < b->most ? rig_allocate(NULL, size) : NULL;
    return b->given[b->asked++];
}

static void keep(void *context, upbit_event *event)
{
    ((asked_for *)context)->event = event;
}

static void discard_one(void *context, upbit_event *block)
{
    asked_for *b = context;
    ck_assert_ptr_eq(block, b->given[0]);
    b->given[0] = NULL;
    b->discarded++;
    free(block);
}

/* A book with an empty slot is in a block of its own size, or where there is no room in the one it
 * has. */
START_TEST(a_thin_book_takes_no_more)
{
    static book b;
    char reason[160];
    rig_need_decoder();
    make(&b, _i & 1, 1, 5, 2, 2, "0.0");
    for (int kind = UPBIT__DECODER_PLAIN; kind < UPBIT__DECODER_KINDS; kind++) {
        if (!upbit__decoder_use(rig_decoder, kind))
            continue;
        for (unsigned most = 0; most < 2; most++) {
            asked_for blocks = {.most = most};
            const upbit__decode_output out = {&blocks, allocate_few, keep, NULL, discard_one};
            ck_assert_int_eq(
                upbit__decode(rig_decoder, b.text, b.length, &out, reason, sizeof reason), 1);
            ck_assert_int_eq(blocks.event != NULL, most > 0);
            if (most > 0) {
                const unsigned last = kind > UPBIT__DECODER_PLAIN;
                const upbit_orderbook *o = (const void *)blocks.event;
                ck_assert_ptr_eq(blocks.event, blocks.given[last]);
                ck_assert_uint_eq(blocks.discarded, last);
                ck_assert_uint_eq(blocks.event->size, blocks.size[blocks.asked - 1]);
                ck_assert_uint_eq(o->ask_count, 4);
                ck_assert_uint_eq(o->bid_count, 5);
                ck_assert_ptr_eq(o->bids, o->asks + 4);
                ck_assert_ptr_eq((const char *)(o->bids + 5), (const char *)o + o->event.size);
            }
            free(blocks.event);
        }
    }
}
END_TEST

/* As few as make no book, with enough text behind them; what was looked for before had more. */
START_TEST(too_few_commas)
{
    static book b;
    static char text[641]; /* whole blocks of 64: so nothing is behind the last */
    rig_need_decoder();
    for (size_t commas = 0; commas < 9; commas++) {
        make(&b, _i, 1, 3, 9, 9, "");
        ck_assert_uint_eq(compare_kinds(b.text, b.length), readers());
        memset(text, 'A', sizeof text - 1);
        memcpy(text, b.text, 17);
        memset(text + 40, ',', commas);
        ck_assert_uint_eq(compare_kinds(text, sizeof text - 1), 0);
    }
}
END_TEST

/* As many as a book of one row, anywhere: nothing is read behind the message for them. */
START_TEST(commas_near_the_end)
{
    static char text[200];
    static const char row[] =
        "{\"ty\":\"orderbook\",\"cd\":\"A\",\"tms\":1790134773006,\"tas\":1,\"tbs\":1,"
        "\"obu\":[{\"ap\":12345678901234567890123,,,}],\"st\":\"REALTIME\"}";
    rig_need_decoder();
    for (size_t length = 64; length <= sizeof text; length += 13) {
        for (size_t first = 17; first < length; first++) {
            for (size_t apart = 1; apart < 23 && first + 8 * apart < length; apart++) {
                for (size_t early = 0; early < 4; early++) { /* those that stand at the beginning */
                    memset(text, '1', length);
                    memcpy(text, _i ? "{\"ty\":\"orderbook\"" : "{\"type\":\"orderbook\"", 17);
                    for (size_t i = 0; i < 9; i++)
                        text[i < early ? 17 + 23 * i : first + i * apart] = ',';
                    ck_assert_uint_eq(compare_kinds(text, length), 0);
                }
            }
        }
    }
    ck_assert_uint_eq(compare_kinds(row, sizeof row - 1), 0);
}
END_TEST

/* One whose slots are all full asks for one block, even when a number of it is read by itself. */
START_TEST(a_full_book_asks_once)
{
    static const char *const others[] = {"1", "1E2", "123456789012345.67890"};
    static book b;
    char reason[160];
    rig_need_decoder();
    make(&b, _i & 1, 1, 5, 2, 2, others[_i / 2]);
    for (int kind = UPBIT__DECODER_PLAIN; kind < UPBIT__DECODER_KINDS; kind++) {
        asked_for blocks = {.most = 1};
        const upbit__decode_output out = {&blocks, allocate_few, keep, NULL, discard_one};
        if (!upbit__decoder_use(rig_decoder, kind))
            continue;
        ck_assert_int_eq(upbit__decode(rig_decoder, b.text, b.length, &out, reason, sizeof reason),
                         1);
        ck_assert_uint_eq(blocks.asked, 1);
        ck_assert_uint_eq(blocks.discarded, 0);
        free(blocks.event);
    }
}
END_TEST

/* As many commas in 64 bytes as a book can have, which the shortest numbers make; and in all of
 * them more. */
START_TEST(commas_fill_a_block)
{
    static book b;
    static char text[4097];
    rig_need_decoder();
    for (unsigned length = 1; length < 24; length++) {
        make(&b, 1, 1, 1, 9, 9, "");
        b.length = (size_t)(strstr(b.text, "KRW-A") - b.text);
        b.length += (size_t)sprintf(b.text + b.length,
                                    "%.*s\",\"tms\":1790134773006,\"tas\":1,\"tbs\":2,\"obu\":[",
                                    (int)length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        for (unsigned i = 0; i < 30; i++)
            b.length += (size_t)sprintf(
                b.text + b.length, "%s{\"ap\":1,\"bp\":2,\"as\":3,\"bs\":4}", i > 0 ? "," : "");
        b.length += (size_t)sprintf(b.text + b.length, "],\"st\":\"REALTIME\"}");
        ck_assert_uint_eq(compare_kinds(b.text, b.length), readers());
    }
    for (unsigned commas = 1; commas <= 47; commas++) {
        memset(text, ' ', sizeof text - 1);
        for (unsigned block = 0; block < 64; block++)
            memset(text + 64 * block + 17, ',', commas);
        memcpy(text, "{\"ty\":\"orderbook\"", 17);
        ck_assert_uint_eq(compare_kinds(text, 4096), 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("books");
    TCase *t = tcase_create("books");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, a_number_may_stand_anywhere);
    tcase_add_test(t, any_number_of_rows);
    tcase_add_test(t, too_many_commas);
    tcase_add_test(t, commas_fill_a_block);
    tcase_add_loop_test(t, too_few_commas, 0, 2);
    tcase_add_loop_test(t, commas_near_the_end, 0, 2);
    tcase_add_loop_test(t, a_full_book_asks_once, 0, 6);
    tcase_add_loop_test(t, a_thin_book_takes_no_more, 0, 2);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
