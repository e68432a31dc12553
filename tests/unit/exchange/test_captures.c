/* Every recorded message decodes, and every full order book's totals are the exact sums of its rows.
 *
 * The recordings lie outside the project (UPBIT_CAPTURES, else ../shared/exchange/captures beside the
 * repository); without them there is nothing to test. A file is one message or, as .jsonl, one a line. */
#include <dirent.h>

#include "rig.h"
#include "upbit-live/control.h"

static const char *folder;
static unsigned messages, books;

static char *read_file(const char *name, size_t *length)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", path);
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getdelim(&text, &size, '\0', f);
    fclose(f);
    ck_assert_int_gt(n, 0);
    *length = (size_t)n;
    return text;
}

static upbit_decimal sum(const upbit_book_row *rows, uint32_t count)
{
    upbit_decimal total = {0};
    for (uint32_t i = 0; i < count; i++)
        ck_assert_int_eq(upbit_decimal_add(&total, &total, &rows[i].size), 0);
    return total;
}

static void check_book(const upbit_orderbook *b, const char *name)
{
    /* Books that were cut by who recorded them have fewer rows than totals. */
    if (b == NULL || strstr(name, "of15") != NULL || strstr(name, "of30") != NULL)
        return;
    upbit_decimal asks = sum(b->asks, b->ask_count), bids = sum(b->bids, b->bid_count);
    ck_assert_msg(upbit_decimal_compare(&asks, &b->total_ask_size) == 0, "%s: %s, not %s", name,
                  rig_decimal(&asks), rig_decimal(&b->total_ask_size));
    ck_assert_msg(upbit_decimal_compare(&bids, &b->total_bid_size) == 0, "%s: %s, not %s", name,
                  rig_decimal(&bids), rig_decimal(&b->total_bid_size));
    ck_assert_uint_ge(b->unit_count, b->ask_count);
    for (uint32_t i = 1; i < b->ask_count; i++)
        ck_assert_int_gt(upbit_decimal_compare(&b->asks[i].price, &b->asks[i - 1].price), 0);
    for (uint32_t i = 1; i < b->bid_count; i++)
        ck_assert_int_lt(upbit_decimal_compare(&b->bids[i].price, &b->bids[i - 1].price), 0);
    books++;
}

static void check_message(const char *name, const char *text, size_t length)
{
    static const char *const types[] = {"_myorder_", "_myasset_", "_ticker_", "_trade_", "_ob_", "_candle", "_error_"};
    static const int expected[] = {UPBIT_TYPE_MY_ORDER,  UPBIT_TYPE_MY_ASSET, UPBIT_TYPE_TICKER,
                                   UPBIT_TYPE_TRADE,     UPBIT_TYPE_ORDERBOOK, UPBIT_TYPE_CANDLE,
                                   UPBIT_TYPE_ERROR};
    decoded d = {0};
    rig_decode_bytes(&d, text, length);
    ck_assert_msg(d.result == 1, "%s: %d %s", name, d.result, d.reason);
    for (int i = 0; i < 7; i++) {
        if (strstr(name, types[i]) == NULL)
            continue;
        ck_assert_msg(d.events[0]->type == expected[i], "%s: %d", name, d.events[0]->type);
        break;
    }
    check_book(upbit_event_orderbook(d.events[0]), name);
    messages++;
    rig_free(&d);
}

/* Messages without a type (cut by who recorded them, or of 2018) cannot be told apart. */
static int has_type(const char *line, size_t length)
{
    return memmem(line, length, "\"type\"", 6) != NULL || memmem(line, length, "\"ty\"", 4) != NULL ||
           memmem(line, length, "\"error\"", 7) != NULL || memmem(line, length, "\"method\"", 8) != NULL ||
           memmem(line, length, "\"status\"", 8) != NULL;
}

static int is_message_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0) &&
           strstr(name, "rest") == NULL && strcmp(name, "requests.jsonl") != 0;
}

START_TEST(every_recorded_message_decodes)
{
    DIR *dir = opendir(folder);
    messages = books = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!is_message_file(entry->d_name))
            continue;
        size_t length;
        char *text = read_file(entry->d_name, &length);
        if (strstr(entry->d_name, ".jsonl") == NULL) {
            if (has_type(text, length) || strncmp(entry->d_name, "real_", 5) == 0)
                check_message(entry->d_name, text, length);
        } else {
            for (char *line = text, *end; (end = memchr(line, '\n', (size_t)(text + length - line))) != NULL;
                 line = end + 1)
                if (has_type(line, (size_t)(end - line)))
                    check_message(entry->d_name, line, (size_t)(end - line));
        }
        free(text);
    }
    closedir(dir);
    ck_assert_uint_ge(messages, 449 + 45);
    ck_assert_uint_ge(books, 145 + 6);
}
END_TEST

START_TEST(the_recorded_session_is_304_trades_and_145_books)
{
    size_t length;
    char *text = read_file("real_cryptofeed_20210417_ws62_simple.jsonl", &length);
    unsigned trades = 0, orderbooks = 0;
    for (char *line = text, *end; (end = memchr(line, '\n', (size_t)(text + length - line))) != NULL;
         line = end + 1) {
        decoded d = {0};
        rig_decode_bytes(&d, line, (size_t)(end - line));
        ck_assert_int_eq(d.result, 1);
        trades += upbit_event_trade(d.events[0]) != NULL;
        orderbooks += upbit_event_orderbook(d.events[0]) != NULL;
        rig_free(&d);
    }
    free(text);
    ck_assert_uint_eq(trades, 304);
    ck_assert_uint_eq(orderbooks, 145);
}
END_TEST

/* However a recorded message is cut off, nothing comes of it. */
START_TEST(prefixes_of_recorded_messages_are_refused)
{
    static const char *const names[] = {"real_ob_default_20231119_krwbtc_snapshot_15.json",
                                        "real_ticker_default_20231119_krwbtc_realtime.json",
                                        "real_trade_default_20231119_krwbtc_realtime.json",
                                        "real_candle1m_default_20260730_krwbtc_0745_snapshot.json"};
    for (int i = 0; i < 4; i++) {
        size_t length;
        char *text = read_file(names[i], &length);
        while (length > 0 && strchr(" \r\n", text[length - 1]) != NULL)
            length--;
        for (size_t n = 0; n < length; n++) {
            decoded d = {0};
            rig_decode_bytes(&d, text, n);
            ck_assert_msg(d.result == UPBIT_ERROR_DECODE && d.count == 0, "%s at %zu", names[i], n);
        }
        free(text);
    }
}
END_TEST

int main(void)
{
    folder = getenv("UPBIT_CAPTURES");
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    if (dir == NULL) {
        puts("1..0 # SKIP no recordings (UPBIT_CAPTURES)");
        return 0;
    }
    closedir(dir);
    Suite *s = suite_create("captures");
    TCase *t = tcase_create("captures");
    tcase_add_test(t, every_recorded_message_decodes);
    tcase_add_test(t, the_recorded_session_is_304_trades_and_145_books);
    tcase_add_test(t, prefixes_of_recorded_messages_are_refused);
    suite_add_tcase(s, t);
    int status = check_main(s);
    upbit__decoder_destroy(rig_decoder);
    return status;
}
