/* The mock's journal as an oracle: what the library delivers is what the mock says it has sent, and
 * what has happened in its market. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/check_main.h"
#include "support/journal.h"
#include "support/stream.h"

#define TRADES 600

static mock exchange;

static void begin(const char *ring, const char *scale)
{
    const char *const arguments[] = {"--codes",   "5",  "--rate",       "0",   "--seed", "7",
                                     "--journal", ring, "--time-scale", scale, NULL};
    mock_start(&exchange, arguments);
}

static bool is_trade(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_TRADE;
}

static void order(const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "/mock/%s", text);
    ck_assert_msg(mock_call(&exchange, "POST", path, "") == 200, "%s: %s", text, mock_answer());
}

START_TEST(what_is_delivered_is_in_the_journal)
{
    begin("100000", "1");
    upbit_manager *manager = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(manager, "oracle", NULL);
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    int64_t got[TRADES + 1];
    size_t count = 0;
    for (; count <= TRADES; count++) { /* a snapshot, which says that the exchange listens */
        const upbit_event *e = stream_until(p, is_trade, NULL, 10, NULL);
        ck_assert_msg(e != NULL, "%zu trades and no more", count);
        got[count] = upbit_event_trade(e)->sequential_id;
        upbit_event_unref(e);
        if (count == 0)
            order("burst?rate=3000&ms=200&code=KRW-BTC");
    }
    mock_journal journal = {0};
    mock_journal_read(&exchange, &journal);
    ck_assert_uint_eq(journal.lost, 0);
    size_t at = 0;
    for (size_t i = 0; i < journal.count; i++) {
        const mock_sent *sent = &journal.list[i];
        ck_assert_uint_eq(sent->n, i + 1);
        if (sent->stream != MOCK_REST) {
            ck_assert_str_eq(sent->type, "trade");
            ck_assert_str_eq(sent->code, "KRW-BTC");
            ck_assert_int_eq(sent->stream, at == 0 ? MOCK_SNAPSHOT : MOCK_REALTIME);
            ck_assert_uint_lt(at, count);
            ck_assert_int_eq(sent->id, got[at++]);
        }
    }
    ck_assert_uint_eq(at, count);
    int64_t happened[4096];
    size_t known = mock_trades(&exchange, "KRW-BTC", happened, 4096);
    ck_assert_uint_gt(known, TRADES);
    for (size_t i = 0; i <= TRADES; i++)
        ck_assert_int_eq(happened[known - TRADES - 1 + i], got[i]);
    free(journal.list);
    upbit_proxy_close(p);
    upbit_manager_release(manager);
    mock_stop(&exchange);
}
END_TEST

START_TEST(a_journal_is_read_in_pages_and_says_what_it_lost)
{
    begin("2000", "50");
    mock_journal journal = {0};
    mock_journal_read(&exchange, &journal);
    ck_assert_uint_eq(journal.count, 0);
    for (int i = 0; i < 65; i++) { /* sixty rows each: more trades are not known at the start */
        char path[96];
        snprintf(path, sizeof path, "/v1/trades/ticks?count=60&market=%s",
                 i % 2 == 0 ? "KRW-BTC" : "BTC-ETH");
        int status;
        while ((status = mock_call(&exchange, "GET", path, "")) == 429)
            nanosleep(&(struct timespec){0, 20000000}, NULL);
        ck_assert_int_eq(status, 200);
        if (i == 14) {
            mock_journal_read(&exchange, &journal);
            ck_assert_uint_eq(journal.count, 900); /* more than a page */
            ck_assert_uint_eq(journal.lost, 0);
        }
    }
    mock_journal_read(&exchange, &journal); /* 3900 were written, 900 read, 2000 are there */
    ck_assert_uint_eq(journal.lost, 1000);
    ck_assert_uint_eq(journal.count, 2900);
    ck_assert_uint_eq(journal.list[900].n, 1901);
    ck_assert_int_eq(journal.list[2899].stream, MOCK_REST);
    mock_stop(&exchange);
    free(journal.list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock journal");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_is_delivered_is_in_the_journal);
    tcase_add_test(tests, a_journal_is_read_in_pages_and_says_what_it_lost);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
