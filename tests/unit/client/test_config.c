/* Settings: defaults, what follows from the URL, what is refused and how it is said. */
#include "client/config.h"

#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"

START_TEST(defaults_are_upbit_korea)
{
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, NULL), 0);
    ck_assert_str_eq(c.url, "wss://api.upbit.com/websocket/v1");
    ck_assert_str_eq(c.private_url, "wss://api.upbit.com/websocket/v1/private");
    ck_assert_str_eq(c.rest_url, "https://api.upbit.com/v1");
    ck_assert_int_eq(c.format, UPBIT_FORMAT_SIMPLE);
    ck_assert_int_eq(c.log_level, UPBIT_LOG_WARNING);
    upbit__config_finish(&c);
}
END_TEST

START_TEST(other_urls_follow_the_public_one)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    o.url = "ws://127.0.0.1:4711/websocket/v1";
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_str_eq(c.private_url, "ws://127.0.0.1:4711/websocket/v1/private");
    ck_assert_str_eq(c.rest_url, "http://127.0.0.1:4711/v1");
    upbit__config_finish(&c);
    o.url = "wss://localhost:1";
    o.rest_url = "https://other/v1/";
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_str_eq(c.url, "wss://localhost:1/websocket/v1");
    ck_assert_str_eq(c.rest_url, "https://other/v1");
    upbit__config_finish(&c);
}
END_TEST

#define SEVENTY "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct refused {
    const char *url, *rest_url;
    int format, transport, compression, error;
    const char *says;
} refused[] = {
    {"http://x/", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "url"},
    {"wss://", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "no host"},
    {"wss://me:secret@x/", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "password"},
    {"wss://x/\r\nEvil: 1", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "control"},
    {"api.upbit.com", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "wss://"},
    {"wss://" SEVENTY ".com/", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "url: a part"},
    {NULL, "https://" SEVENTY, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "rest_url: a part"},
    {"wss://a..b/", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "no host name"},
    {"wss://x:0/", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "port"},
    {"wss://x/#f", NULL, 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "fragment"},
    {NULL, "ws://x", 0, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "rest_url"},
    {NULL, NULL, 9, 0, 0, UPBIT_ERROR_INVALID_ARGUMENT, "format"},
    {NULL, NULL, 0, 9, 0, UPBIT_ERROR_INVALID_ARGUMENT, "transport"},
    {NULL, NULL, 0, UPBIT_TRANSPORT_REPLAY, 0, UPBIT_ERROR_INVALID_ARGUMENT, "replay_file"},
    {NULL, NULL, 0, UPBIT_TRANSPORT_WEBSOCKET_API, UPBIT_ON, UPBIT_ERROR_UNAVAILABLE,
     "compression"},
    {NULL, NULL, 0, 0, 7, UPBIT_ERROR_INVALID_ARGUMENT, "compression"},
};

START_TEST(bad_settings_are_named)
{
    const struct refused *r = &refused[_i];
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = r->url;
    o.rest_url = r->rest_url;
    o.format = r->format;
    o.transport = r->transport;
    o.compression = r->compression;
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), r->error);
    ck_assert_msg(strstr(upbit_error_detail(), r->says) != NULL, "%s", upbit_error_detail());
    ck_assert_ptr_null(strstr(upbit_error_detail(), "secret"));
}
END_TEST

START_TEST(patience_is_by_type_and_longer_than_a_ping)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_uint_eq(c.silence_ms, 60000);
    ck_assert_uint_eq(c.send_timeout_ms, 1000);
    ck_assert_uint_eq(c.monitor_ms, 30000);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_CANDLE; type++)
        ck_assert_uint_eq(c.stale_type_ms[type], 60000);
    upbit__config_finish(&c);
    o.stale_ms = 5000;
    o.trade_stale_ms = 600000;
    o.ping_interval_ms = 90000; /* the default silence makes room for its pong */
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_uint_eq(c.silence_ms, 100000);
    ck_assert_uint_eq(c.stale_type_ms[UPBIT_TYPE_TICKER], 5000);
    ck_assert_uint_eq(c.stale_type_ms[UPBIT_TYPE_TRADE], 600000);
    upbit__config_finish(&c);
    o.silence_ms = 90000;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "silence_ms"));
    o.silence_ms = 90001;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_uint_eq(c.silence_ms, 90001);
    upbit__config_finish(&c);
}
END_TEST

START_TEST(a_ca_file_that_cannot_be_read_is_told_at_once)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.ca_file = "/nonexistent/ca.pem";
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "/nonexistent/ca.pem"));
}
END_TEST

START_TEST(the_struct_size_must_be_set)
{
    upbit_options o = {0};
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "struct_size"));
}
END_TEST

START_TEST(an_older_and_shorter_struct_has_defaults_behind_its_end)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.struct_size = offsetof(upbit_options, private_url);
    o.url = "ws://127.0.0.1:1/x";
    o.private_url = "garbage behind the end";
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_str_eq(c.private_url, "ws://127.0.0.1:1/websocket/v1/private");
    upbit__config_finish(&c);
}
END_TEST

START_TEST(the_environment_speaks_for_the_default_manager)
{
    upbit__config c;
    setenv("UPBIT_URL", "ws://127.0.0.1:9/websocket/v1", 1);
    setenv("UPBIT_LOG_LEVEL", "debug", 1);
    ck_assert_int_eq(upbit__config_init_from_environment(&c), 0);
    ck_assert_str_eq(c.rest_url, "http://127.0.0.1:9/v1");
    ck_assert_int_eq(c.log_level, UPBIT_LOG_DEBUG);
    upbit__config_finish(&c);
    setenv("UPBIT_LOG_LEVEL", "loud", 1);
    ck_assert_int_eq(upbit__config_init_from_environment(&c), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_LOG_LEVEL"));
    unsetenv("UPBIT_URL");
    unsetenv("UPBIT_LOG_LEVEL");
}
END_TEST

START_TEST(proxies_are_checked_at_once)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    o.proxy = "http://user:hunter2@proxy"; /* no port */
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "port"));
    ck_assert_ptr_null(strstr(upbit_error_detail(), "hunter2"));
    o.proxy = "socks5h://127.0.0.1:1080";
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_str_eq(c.proxy, o.proxy);
    upbit__config_finish(&c);
}
END_TEST

START_TEST(limit_strategies)
{
    static const struct {
        const char *name;
        int strategy;
        unsigned percent;
    } rows[] = {{"", UPBIT_LIMIT_DEFAULT, 80},
                {"conservative", UPBIT_LIMIT_CONSERVATIVE, 50},
                {"balanced", UPBIT_LIMIT_BALANCED, 80},
                {"aggressive", UPBIT_LIMIT_AGGRESSIVE, 100}};
    upbit__config c;
    upbit_options o = UPBIT_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        o.limit_strategy = rows[i].strategy;
        ck_assert_int_eq(upbit__config_init(&c, &o), 0);
        ck_assert_uint_eq(c.limit_percent, rows[i].percent);
        upbit__config_finish(&c);
        setenv("UPBIT_LIMIT_STRATEGY", rows[i].name, 1);
        ck_assert_int_eq(upbit__config_init_from_environment(&c), 0);
        ck_assert_uint_eq(c.limit_percent, rows[i].percent);
        upbit__config_finish(&c);
    }
    setenv("UPBIT_LIMIT_STRATEGY", "reckless", 1);
    ck_assert_int_eq(upbit__config_init_from_environment(&c), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_LIMIT_STRATEGY"));
    unsetenv("UPBIT_LIMIT_STRATEGY");
    o.limit_strategy = 4;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "limit_strategy"));
}
END_TEST

START_TEST(a_recording_that_is_given_is_played)
{
    upbit__config c;
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.replay_file = "/dev/null";
    o.replay_speed = -1;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_int_eq(c.transport, UPBIT_TRANSPORT_REPLAY);
    ck_assert_str_eq(c.replay_file, "/dev/null");
    ck_assert(c.replay_speed < 0 && !c.compression);
    upbit__config_finish(&c);
    o.transport = UPBIT_TRANSPORT_RAW;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    o.transport = UPBIT_TRANSPORT_REPLAY;
    o.replay_file = "/nonexistent/recording";
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_msg(strstr(upbit_error_detail(), "/nonexistent/recording") != NULL, "%s",
                  upbit_error_detail());
    o.replay_file = "/dev/null";
    o.replay_speed = 1e10;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(limits_between_processes)
{
    upbit__config c;
    upbit_options o = UPBIT_OPTIONS_INIT;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_int_eq(c.limit_sharing, UPBIT_AUTO);
    ck_assert_str_eq(c.limit_group, "");
    upbit__config_finish(&c);
    setenv("UPBIT_LIMIT_SHARING", "off", 1);
    setenv("UPBIT_LIMIT_GROUP", "main_pocket.1", 1);
    ck_assert_int_eq(upbit__config_init_from_environment(&c), 0);
    ck_assert_int_eq(c.limit_sharing, UPBIT_OFF);
    ck_assert_str_eq(c.limit_group, "main_pocket.1");
    upbit__config_finish(&c);
    setenv("UPBIT_LIMIT_SHARING", "perhaps", 1);
    ck_assert_int_eq(upbit__config_init_from_environment(&c), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_LIMIT_SHARING"));
    unsetenv("UPBIT_LIMIT_SHARING");
    unsetenv("UPBIT_LIMIT_GROUP");
    static const char *const bad[] = {
        "my pocket", "../x", "a/b",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        o.limit_group = bad[i];
        ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "limit_group"));
    }
    o.limit_group = NULL;
    o.limit_sharing = 3;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client config");
    TCase *tests = tcase_create("config");
    tcase_add_test(tests, defaults_are_upbit_korea);
    tcase_add_test(tests, other_urls_follow_the_public_one);
    tcase_add_loop_test(tests, bad_settings_are_named, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tests, patience_is_by_type_and_longer_than_a_ping);
    tcase_add_test(tests, a_ca_file_that_cannot_be_read_is_told_at_once);
    tcase_add_test(tests, the_struct_size_must_be_set);
    tcase_add_test(tests, an_older_and_shorter_struct_has_defaults_behind_its_end);
    tcase_add_test(tests, the_environment_speaks_for_the_default_manager);
    tcase_add_test(tests, proxies_are_checked_at_once);
    tcase_add_test(tests, limit_strategies);
    tcase_add_test(tests, a_recording_that_is_given_is_played);
    tcase_add_test(tests, limits_between_processes);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
