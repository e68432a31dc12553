/* When compression is asked for: faults in a row, giving up, trying again. */
#include <string.h>

#include "base/clock.h"
#include "client/compression.h"
#include "support/check_main.h"

#define HOUR UPBIT__COMPRESSION_RETRY_NS

static upbit__counters counters;
static _Atomic uint32_t gauge;
static upbit__compression c;
static int64_t now;

static const upbit__deflate_terms agreed = {
    .on = true, .server_max_window_bits = 12, .client_max_window_bits = 15};

static void setup(void)
{
    counters = (upbit__counters){0};
    gauge = 0;
    now = 1000 * UPBIT__SECOND;
    upbit__compression_init(&c, true, &counters, &gauge);
}

/* A connection that lives so long, brings `messages` and ends with a fault or not. */
static bool live(int64_t ns, uint64_t messages, bool fault)
{
    const upbit__transport_counters seen = {
        .messages_in = messages, .compressed_in = messages, .packed_in = 10, .inflated_in = 30};
    ck_assert(upbit__compression_offer(&c, now).on);
    upbit__compression_opened(&c, &agreed, now);
    ck_assert_uint_eq(gauge, 12);
    now += ns;
    upbit__compression_count(&c, &seen);
    c.fault = fault;
    bool given_up = upbit__compression_closed(&c, now);
    ck_assert_uint_eq(gauge, 0);
    ck_assert(!c.fault);
    return given_up;
}

START_TEST(three_in_a_row)
{
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, true));
    ck_assert(!upbit__compression_given_up(&c));
    ck_assert(live(1, 5, true));
    ck_assert(upbit__compression_given_up(&c));
    ck_assert(!upbit__compression_offer(&c, now).on);
    ck_assert(!upbit__compression_offer(&c, now + HOUR - 1).on);
    ck_assert_uint_eq(counters.compression_faults, 3);
    ck_assert_uint_eq(counters.messages_compressed, 15);
    ck_assert_uint_eq(counters.bytes_compressed, 30);
    ck_assert_uint_eq(counters.bytes_inflated, 90);
}
END_TEST

START_TEST(a_cut_neither_counts_nor_forgives)
{
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, false));
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, false));
    ck_assert(live(1, 5, true));
}
END_TEST

START_TEST(a_good_minute_ends_the_row)
{
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, true));
    ck_assert(!live(UPBIT__COMPRESSION_GOOD_NS + 1, 5, true)); /* the first of a new row */
    ck_assert(!live(1, 5, true));
    ck_assert(live(1, 5, true));
}
END_TEST

START_TEST(a_minute_without_messages_is_not_good)
{
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, true));
    ck_assert(live(UPBIT__COMPRESSION_GOOD_NS + 1, 0, true));
}
END_TEST

START_TEST(an_hour_later_one_fault_is_enough)
{
    for (int i = 0; i < 3; i++)
        live(1, 5, true);
    now += HOUR;
    ck_assert(live(1, 5, true));
    ck_assert(!upbit__compression_offer(&c, now).on);
    now += HOUR;
    ck_assert(!live(UPBIT__COMPRESSION_GOOD_NS + 1, 5, false)); /* it works again */
    ck_assert(!live(1, 5, true));
    ck_assert(!live(1, 5, true));
    ck_assert(live(1, 5, true));
}
END_TEST

START_TEST(not_wanted)
{
    char text[UPBIT__COMPRESSION_TEXT];
    upbit__compression_init(&c, false, &counters, &gauge);
    ck_assert(!upbit__compression_offer(&c, now).on);
    upbit__compression_text(&c, text, now);
    ck_assert_str_eq(text, "off");
}
END_TEST

START_TEST(what_is_told)
{
    char text[UPBIT__COMPRESSION_TEXT];
    upbit__compression_text(&c, text, now);
    ck_assert_str_eq(text, "none");
    upbit__compression_opened(&c, &agreed, now);
    upbit__compression_text(&c, text, now);
    ck_assert_str_eq(text, "permessage-deflate; server_max_window_bits=12");
    upbit__compression_closed(&c, now);
    for (int i = 0; i < 3; i++)
        live(1, 5, true);
    upbit__compression_text(&c, text, now);
    ck_assert_msg(strstr(text, "after 60 min") != NULL, "%s", text);
    upbit__compression_text(&c, text, now + HOUR - UPBIT__SECOND);
    ck_assert_msg(strstr(text, "after 1 min") != NULL, "%s", text);
}
END_TEST

/* Messages that make no sense: compressed ones, and in a row. */
START_TEST(garbled)
{
    upbit__transport_counters n = {0};
    upbit__compression_opened(&c, &agreed, now);
    for (int i = 0; i < 20; i++) { /* every other compressed one is good */
        n.messages_in += 2;
        n.compressed_in += 2;
        n.compressed_last = n.messages_in;
        ck_assert(!upbit__compression_garbled(&c, &n));
    }
    for (int i = 0; i < 20; i++) { /* uncompressed ones between good compressed ones */
        n.messages_in += 2;
        n.compressed_in++;
        n.compressed_last = n.messages_in - 1;
        ck_assert(!upbit__compression_garbled(&c, &n));
    }
    for (unsigned i = 1; i <= UPBIT__COMPRESSION_GARBLED; i++) {
        n.messages_in++;
        n.compressed_in++;
        n.compressed_last = n.messages_in;
        ck_assert_int_eq(upbit__compression_garbled(&c, &n), i == UPBIT__COMPRESSION_GARBLED);
    }
    ck_assert(c.fault);
    n.messages_in += 2; /* one that made sense, and another that did not: it stays a fault */
    n.compressed_in += 2;
    n.compressed_last = n.messages_in;
    upbit__compression_garbled(&c, &n);
    ck_assert(c.fault);
    upbit__compression_closed(&c, now);
    ck_assert_uint_eq(counters.compression_faults, 1);
    upbit__compression_opened(&c, &(upbit__deflate_terms){0}, now);
    for (int i = 0; i < 20; i++) /* nothing was agreed */
        ck_assert(!upbit__compression_garbled(&c, &n));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compression");
    TCase *t = tcase_create("compression");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, three_in_a_row);
    tcase_add_test(t, a_cut_neither_counts_nor_forgives);
    tcase_add_test(t, a_good_minute_ends_the_row);
    tcase_add_test(t, a_minute_without_messages_is_not_good);
    tcase_add_test(t, an_hour_later_one_fault_is_enough);
    tcase_add_test(t, not_wanted);
    tcase_add_test(t, what_is_told);
    tcase_add_test(t, garbled);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
