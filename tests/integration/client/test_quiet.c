/* Keys that give no data: told once to those who want them, told again when something comes. */
#include <poll.h>
#include <string.h>

#include "support/check_main.h"
#include "support/stream.h"

static mock exchange;
static upbit_manager *manager;

static void impatient(upbit_options *o)
{
    o->no_data_ms = 300;
    o->stale_ms = 400;
    o->rest_url = "http://127.0.0.1:1/v1"; /* nobody can say which levels there are */
}

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "20", "--rate", "1000", NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, impatient);
}

static void teardown(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static void want_level(upbit_proxy *p, int64_t level)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    ck_assert_int_eq(upbit_decimal_from_int64(&want.book_level, level, 0), 0);
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0), 0);
}

START_TEST(a_key_the_exchange_is_silent_about_is_no_data)
{
    upbit_proxy *p = stream_proxy(manager, "silent", NULL);
    upbit_proxy *other = stream_proxy(manager, "other", NULL);
    stream_want(other, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    want_level(p, 7); /* not a supported level: the exchange says nothing at all */
    const upbit_event *e = stream_event(p, UPBIT_TYPE_NO_DATA, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    const upbit_key_event *k = upbit_event_key(e);
    ck_assert_int_eq((int)k->key_type, UPBIT_TYPE_ORDERBOOK);
    ck_assert_uint_eq(k->level.lo, 7);
    ck_assert_int_ge(k->age_ms, 300);
    upbit_event_unref(e);
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_NO_DATA, NULL, 0.4)); /* once */
    ck_assert_ptr_null(stream_event(other, UPBIT_TYPE_NO_DATA, NULL, 0.01));
    /* Who asks for it later is told too. */
    upbit_proxy *late = stream_proxy(manager, "late", NULL);
    want_level(late, 7);
    e = stream_event(late, UPBIT_TYPE_NO_DATA, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_proxy_close(late);
    upbit_proxy_close(other);
}
END_TEST

START_TEST(a_stream_that_dries_up_is_stale_and_then_fresh)
{
    upbit_proxy *p = stream_proxy(manager, "dry", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5));
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=1", ""), 200);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_STALE, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_ge(upbit_event_key(e)->age_ms, 400);
    upbit_event_unref(e);
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_STALE, NULL, 0.4));
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=0", ""), 200);
    e = stream_event(p, UPBIT_TYPE_FRESH, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.reconnects, 0); /* an old key reconnects nothing */
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_lively_stream_is_never_called_stale)
{
    upbit_proxy *p = stream_proxy(manager, "lively", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_STALE, NULL, 1.0));
    upbit_proxy_close(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client quiet");
    TCase *tests = tcase_create("quiet");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_key_the_exchange_is_silent_about_is_no_data);
    tcase_add_test(tests, a_stream_that_dries_up_is_stale_and_then_fresh);
    tcase_add_test(tests, a_lively_stream_is_never_called_stale);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
