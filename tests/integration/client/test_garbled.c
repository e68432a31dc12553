/* Order books whose damage is deep inside, played from a recording: by then the decoder has taken a
 * block for the book. Each is skipped and counted, its block is given back, and the next good book
 * is delivered. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/stream.h"

enum { ROWS = 15, BAD = 200 };

#define FIRST_MS 1790134742000ll

static mock exchange;
static char recording[40];

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "10", "--rate", "0", NULL};
    mock_start(&exchange, arguments);
    strcpy(recording, "/tmp/upbit-garbled-XXXXXX");
    int fd = mkstemp(recording);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(recording);
    mock_stop(&exchange);
}

static void play(upbit_options *o)
{
    o->transport = UPBIT_TRANSPORT_REPLAY;
    o->replay_file = recording;
    o->replay_speed = -1;
}

/* A line of the recording: a book whose last size is this text. */
static void write_book(FILE *f, int number, bool brief, const char *last)
{
    fprintf(f, "{\"t_ns\":%d000,\"dir\":\"in\",\"op\":2,\"text\":\"", number);
    fprintf(f,
            brief
                ? "{\\\"ty\\\":\\\"orderbook\\\",\\\"cd\\\":\\\"KRW-BTC\\\",\\\"tms\\\":%lld,"
                  "\\\"tas\\\":1.5,\\\"tbs\\\":2.5,\\\"obu\\\":["
                : "{\\\"type\\\":\\\"orderbook\\\",\\\"code\\\":\\\"KRW-BTC\\\",\\\"timestamp\\\":"
                  "%lld,\\\"total_ask_size\\\":1.5,\\\"total_bid_size\\\":2.5,"
                  "\\\"orderbook_units\\\":[",
            FIRST_MS + number);
    for (int i = 0; i < ROWS; i++)
        fprintf(f,
                brief ? "%s{\\\"ap\\\":%d,\\\"bp\\\":%d,\\\"as\\\":0.25,\\\"bs\\\":%s}"
                      : "%s{\\\"ask_price\\\":%d,\\\"bid_price\\\":%d,\\\"ask_size\\\":0.25,"
                        "\\\"bid_size\\\":%s}",
                i > 0 ? "," : "", 90000000 + 1000 * i, 89999000 - 1000 * i,
                i == ROWS - 1 ? last : "0.125");
    fprintf(f, brief ? "],\\\"st\\\":\\\"REALTIME\\\",\\\"lv\\\":0}\"}\n"
                     : "],\\\"stream_type\\\":\\\"REALTIME\\\",\\\"level\\\":0}\"}\n");
}

static void write_recording(bool brief, const char *last)
{
    FILE *f = fopen(recording, "w");
    ck_assert_ptr_nonnull(f);
    write_book(f, 0, brief, "0.5");
    for (int i = 1; i <= BAD; i++)
        write_book(f, i, brief, last);
    write_book(f, BAD + 1, brief, "0.5");
    ck_assert_int_eq(fclose(f), 0);
}

static bool is_book_or_error(const upbit_event *e, const void *unused)
{
    (void)unused;
    return e->type == UPBIT_TYPE_ORDERBOOK ||
           (e->type == UPBIT_TYPE_ERROR && upbit_event_error(e)->error == UPBIT_ERROR_DECODE);
}

/* Until the last book. How many there were; errors are counted too. */
static int take_books(upbit_proxy *p, int *errors)
{
    for (int books = 0;;) {
        const upbit_event *e = stream_until(p, is_book_or_error, NULL, 20, NULL);
        ck_assert_msg(e != NULL, "%d books, %d errors", books, *errors);
        const upbit_orderbook *b = upbit_event_orderbook(e);
        int64_t number = e->exchange_ms - FIRST_MS;
        if (b != NULL) {
            ck_assert_uint_eq(b->bid_count, ROWS);
            ck_assert_msg(number == 0 || number == BAD + 1, "book %" PRId64 " is damaged", number);
        }
        books += b != NULL;
        *errors += b == NULL;
        upbit_event_unref(e);
        if (b != NULL && number == BAD + 1)
            return books;
    }
}

/* When nobody wants anything any more. */
static uint64_t memory_held(upbit_manager *m)
{
    upbit_stats s = {0};
    double end = stream_now() + 10;
    do {
        upbit_proxy_close(stream_proxy(m, "last", NULL)); /* makes the I/O thread look */
        poll(NULL, 0, 10);
        upbit_manager_get_stats(m, &s, sizeof s);
    } while ((s.memory_bytes != 0 || s.keys != 0) && stream_now() < end);
    ck_assert_uint_eq(s.keys, 0);
    return s.memory_bytes;
}

static const struct damage {
    bool brief;
    const char *last;
} damages[] = {{false, "0.5.5"}, {false, "null"}, {false, "1e"}, {true, "0.5.5"}, {true, "-"}};

START_TEST(a_book_damaged_inside_is_skipped_and_holds_no_memory)
{
    const struct damage *d = &damages[_i];
    upbit_stats s = {0};
    int errors = 0;
    write_recording(d->brief, d->last);
    upbit_manager *m = stream_manager(&exchange, play);
    upbit_proxy *p = stream_proxy(m, "reader", NULL);
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1), 0);
    int books = take_books(p, &errors);
    ck_assert_int_ge(books, 1); /* of a lane of last values, so the first may have gone */
    ck_assert_int_eq(errors, 1);
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_eq(s.decode_errors, BAD);
    ck_assert_uint_eq(s.decoded_by_type[UPBIT_TYPE_ORDERBOOK], 2);
    ck_assert_uint_eq(s.events_refused, 0);
    upbit_proxy_close(p);
    ck_assert_uint_eq(memory_held(m), 0);
    upbit_manager_release(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client garbled");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, a_book_damaged_inside_is_skipped_and_holds_no_memory, 0,
                        sizeof damages / sizeof *damages);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
