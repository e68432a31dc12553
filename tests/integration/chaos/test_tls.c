/* What the road does to TLS: bits that are wrong end a connection and nothing else, and a handshake
 * that comes byte by byte is a handshake, unless it takes longer than it may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/certificates.h"
#include "../scenarios/oracle.h"
#include "road.h"
#include "support/check_main.h"

static certificate_files files;
static char rest_url[64];
static const char *const arguments[] = {"--codes",   "5",       "--rate",     "60",
                                        "--journal", "1000000", "--tls-cert", files.certificate,
                                        "--tls-key", files.key, NULL};

/* The test's own orders to the mock. */
static ssize_t talk(int fd, const char *request, size_t length, char *answer, size_t room)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    ssize_t all = -1;
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, request, (int)length) == (int)length) {
        int got;
        for (all = 0; (size_t)all < room; all += got)
            if ((got = SSL_read(ssl, answer + all, (int)(room - (size_t)all))) <= 0)
                break;
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return all;
}

/* Questions go around the relay: the stream's connection is the one that is damaged. */
static void trusting(upbit_options *o)
{
    snprintf(rest_url, sizeof rest_url, "https://127.0.0.1:%d/v1", exchange.port);
    o->rest_url = rest_url;
    o->ca_file = files.authority;
    o->pong_timeout_ms = 2000;
    o->connect_timeout_ms = o->upgrade_timeout_ms = 2000;
}

static void patient(upbit_options *o)
{
    trusting(o);
    o->pong_timeout_ms = o->connect_timeout_ms = o->upgrade_timeout_ms = 20000;
}

static tape *want_all(void)
{
    tape *t = tape_open("dashboard");
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        tape_want(t, upbit_proxy_subscribe, type, "KRW-BTC", 0);
    return t;
}

static void judge(tape *t)
{
    oracle_hush();
    tape_only(t, 0, "ticker KRW-BTC, trade KRW-BTC, orderbook KRW-BTC");
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        ck_assert_uint_gt(oracle_true(t, type, "KRW-BTC"), 0);
    oracle_order(t, "KRW-BTC");
    (void)oracle_trades(t, "KRW-BTC");
    ck_assert_uint_eq(stage_stats().decode_errors, 0);
}

static bool was_lost(const void *losses)
{
    return stage_stats().losses > *(const uint64_t *)losses;
}

/* A bit of what comes, of what goes: the connection ends, that is told, and nothing that was
 * damaged gets through. */
START_TEST(a_wrong_bit_ends_the_connection_alone)
{
    int told[2] = {0}, flips = 8;
    road_open(arguments, trusting);
    tape *t = want_all();
    tape_wait(t, 0, UPBIT_TYPE_TRADE, "KRW-BTC", ANY, 1);
    for (int i = 0; i < flips; i++) {
        upbit_stats before = stage_stats();
        size_t from = t->count;
        relay_order(&road, "flip count=1 way=%s", i % 3 == 2 ? "up" : "down");
        road_until(was_lost, &before.losses, "a flipped bit is noticed");
        road_until_live(before.epoch + 1);
        tape_wait(t, from, UPBIT_TYPE_RESTORED, NULL, ANY, 1);
        const note *error = tape_find(t, from, UPBIT_TYPE_ERROR, NULL);
        ck_assert_ptr_nonnull(error);
        /* A length that has become too long is waited for, and the server just ends. */
        ck_assert_msg(error->value == UPBIT_ERROR_TLS || error->value == UPBIT_ERROR_CONNECT ||
                          error->value == UPBIT_ERROR_TIMEOUT,
                      "told as %s", upbit_error_name(error->value));
        told[error->value == UPBIT_ERROR_TLS]++;
        tape_wait(t, t->count, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    }
    ck_assert_int_eq(relay_stat(&road, "flips"), flips);
    ck_assert_uint_eq(stage_stats().losses, (uint64_t)flips);
    ck_assert_int_gt(told[1], flips / 4); /* most of what comes is no length */
    printf("# %d flips, %d told as TLS\n", flips, told[1]);
    judge(t);
    road_close();
}
END_TEST

static bool has_failed(const void *failures)
{
    return stage_stats().connect_failures >= *(const uint64_t *)failures;
}

/* A handshake with a wrong bit makes no connection. */
START_TEST(a_wrong_bit_in_the_handshake_is_no_connection)
{
    const uint64_t some = 2;
    road_open(arguments, trusting);
    relay_order(&road, "flip count=1000 way=down");
    tape *t = want_all();
    road_until(has_failed, &some, "handshakes fail");
    ck_assert_uint_eq(stage_stats().connects, 0);
    ck_assert_uint_eq(stage_stats().messages_received, 0);
    relay_order(&road, "clear");
    road_until_live(1);
    int error = tape_find(t, 0, UPBIT_TYPE_ERROR, NULL)->value;
    ck_assert_msg(error == UPBIT_ERROR_TLS || error == UPBIT_ERROR_TIMEOUT, "told as %s",
                  upbit_error_name(error));
    tape_wait(t, 0, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    judge(t);
    road_close();
}
END_TEST

/* Handshake, upgrade and the first messages in writes of one byte, both ways. */
START_TEST(a_handshake_byte_by_byte)
{
    road_open(arguments, patient);
    relay_order(&road, "slice bytes=1 pause_us=1");
    tape *t = want_all();
    tape_wait(t, 0, UPBIT_TYPE_TRADE, "KRW-BTC", ANY, 1);
    relay_order(&road, "slice bytes=0");
    oracle_hush();
    ck_assert_uint_eq(stage_stats().connects, 1);
    ck_assert_uint_eq(stage_stats().connect_failures, 0);
    ck_assert_uint_eq(tape_count(t, 0, UPBIT_TYPE_ERROR, NULL, ANY), 0);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        (void)oracle_whole(t, type, "KRW-BTC");
    road_close();
}
END_TEST

static void hasty(upbit_options *o)
{
    trusting(o);
    o->connect_timeout_ms = o->upgrade_timeout_ms = 200;
}

/* A byte every 20 ms would be a handshake of twenty seconds: connect_timeout_ms ends it. */
START_TEST(a_handshake_that_takes_too_long)
{
    const uint64_t one = 1;
    road_open(arguments, hasty);
    relay_order(&road, "slice bytes=1 pause_us=20000");
    tape *t = want_all();
    road_until(has_failed, &one, "the handshake is given up");
    tape_wait(t, 0, UPBIT_TYPE_ERROR, NULL, ANY, 1);
    ck_assert_int_eq(tape_find(t, 0, UPBIT_TYPE_ERROR, NULL)->value, UPBIT_ERROR_TIMEOUT);
    ck_assert_uint_eq(stage_stats().connects, 0);
    road_close();
}
END_TEST

int main(void)
{
    certificate_files_write(&files);
    mock_talk = talk;
    Suite *suite = suite_create("chaos tls");
    TCase *tests = tcase_create("tls");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_wrong_bit_ends_the_connection_alone);
    tcase_add_test(tests, a_wrong_bit_in_the_handshake_is_no_connection);
    tcase_add_test(tests, a_handshake_byte_by_byte);
    tcase_add_test(tests, a_handshake_that_takes_too_long);
    suite_add_tcase(suite, tests);
    int status = check_main(suite);
    certificate_files_remove(&files);
    return status;
}
