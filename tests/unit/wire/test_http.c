/* URLs, tokens in lists, Retry-After. */
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/http.h"

typedef struct url_case {
    const char *schemes, *text, *host, *authority, *path;
    int port;
    bool secure, address;
} url_case;

static const url_case good[] = {
    {"ws", "wss://api.upbit.com/websocket/v1", "api.upbit.com", "api.upbit.com", "/websocket/v1",
     443, true, false},
    {"ws", "ws://localhost", "localhost", "localhost", "/", 80, false, false},
    {"ws", "WSS://h:8443?a=b", "h", "h:8443", "/?a=b", 8443, true, false},
    {"ws", "ws://127.0.0.1:1/x", "127.0.0.1", "127.0.0.1:1", "/x", 1, false, true},
    {"ws", "ws://[::1]:65535/", "::1", "[::1]:65535", "/", 65535, false, true},
    {"ws", "wss://[::1]/", "::1", "[::1]", "/", 443, true, true},
    {"ws", "wss://h:443/", "h", "h", "/", 443, true, false},
    {"http", "https://api.upbit.com/v1", "api.upbit.com", "api.upbit.com", "/v1", 443, true, false},
    {"http", "http://h./v1", "h", "h", "/v1", 80, false, false},
    {"ws", "ws://h/p@q:r", "h", "h", "/p@q:r", 80, false, false},
};

START_TEST(good_urls)
{
    const url_case *k = &good[_i];
    upbit__url u;
    const char *why = "";
    ck_assert_msg(upbit__url_parse(&u, k->schemes, k->text, &why) == 0, "%s: %s", k->text, why);
    ck_assert_str_eq(u.host, k->host);
    ck_assert_str_eq(u.authority, k->authority);
    ck_assert_str_eq(u.path, k->path);
    ck_assert_int_eq(u.port, k->port);
    ck_assert_int_eq(u.secure, k->secure);
    ck_assert_int_eq(u.address, k->address);
}
END_TEST

START_TEST(bad_urls)
{
    static const char *const bad[] = {
        "",
        "ws",
        "ws:",
        "ws:/h",
        "wsx://h",
        "http://h",
        "ws://",
        "ws:///p",
        "ws://:80/",
        "ws://h:",
        "ws://h:0",
        "ws://h:65536",
        "ws://h:99999999999999999999",
        "ws://h:8a",
        "ws://h:-1",
        "ws://u@h",
        "ws://u:p@h/",
        "ws://h/#f",
        "ws://h#f",
        "ws://h /",
        "ws://h/\n",
        "ws://h/\r\nX: y",
        "ws://h\t",
        "ws://\xed\x95\x9c/",
        "ws://h/\x7f",
        "ws://a..b",
        "ws://.a",
        "ws://a%20b",
        "ws://a,b",
        "ws://[::1",
        "ws://::1/",
        "ws://[::g]/",
        "ws://[127.0.0.1]/",
        "ws://[]/",
        "ws://1.2.3",
        "ws://0x7f.1",
        "ws://2130706433",
        "ws://127.0.0.256",
        "ws://h\\x",
        "ws://[::1]x/",
        "ws://..",
    };
    upbit__url u;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *why = NULL;
        ck_assert_msg(upbit__url_parse(&u, "ws", bad[i], &why) == UPBIT_ERROR_INVALID_ARGUMENT,
                      "%s", bad[i]);
        ck_assert_ptr_nonnull(why);
    }
    char text[4000];
    const char *why;
    memset(text, 'a', sizeof text);
    memcpy(text, "ws://h/", 7);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(upbit__url_parse(&u, "ws", text, &why), UPBIT_ERROR_INVALID_ARGUMENT);
    memset(text, 'a', sizeof text);
    memcpy(text, "ws://", 5);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(upbit__url_parse(&u, "ws", text, &why), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(proxy_urls)
{
    static const char *const good_ones[] = {
        "http://127.0.0.1:3128",          "HTTP://proxy.example:80/", "socks5://[::1]:1080",
        "socks5h://user:pass@proxy:1080", "http://user@h:1",          "http://u:%40@h:65535",
        "socks5h://u:p!$&'()*+,;=@h:1"};
    static const char *const bad_ones[] = {"",
                                           "proxy:80",
                                           "https://h:1",
                                           "ftp://h:1",
                                           "socks4://h:1",
                                           "http://",
                                           "http://h",
                                           "http://h:",
                                           "http://h:0",
                                           "http://h:65536",
                                           "http://:80",
                                           "http://h:80a",
                                           "http://h:80/path",
                                           "http://h:80?x",
                                           "http://h:80#x",
                                           "http:///x",
                                           "http://u:p@",
                                           "http://u:p@h",
                                           "http://u:p@:80",
                                           "http://a@b@h:80",
                                           "http://h :1",
                                           "http://h:1\r\n",
                                           "http://[::1]",
                                           "http://[::1:80",
                                           "http://127.1:80",
                                           "http://h\\x:80"};
    const char *why;
    for (size_t i = 0; i < sizeof good_ones / sizeof good_ones[0]; i++)
        ck_assert_msg(upbit__proxy_check(good_ones[i], &why) == 0, "%s", good_ones[i]);
    for (size_t i = 0; i < sizeof bad_ones / sizeof bad_ones[0]; i++) {
        why = NULL;
        ck_assert_msg(upbit__proxy_check(bad_ones[i], &why) == UPBIT_ERROR_INVALID_ARGUMENT, "%s",
                      bad_ones[i]);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(tokens)
{
    ck_assert(upbit__http_has_token("Upgrade", "upgrade"));
    ck_assert(upbit__http_has_token("a, UPGRADE ,b", "upgrade"));
    ck_assert(upbit__http_has_token(",,\tupgrade", "upgrade"));
    ck_assert(upbit__http_has_token("upgrade \t,b", "upgrade"));
    ck_assert(!upbit__http_has_token("upgrade_,websock", "upgraded"));
    ck_assert(!upbit__http_has_token("websock", "upgrade")); /* as long */
    ck_assert(!upbit__http_has_token("", "upgrade"));
    ck_assert(!upbit__http_has_token("upgraded", "upgrade"));
    ck_assert(!upbit__http_has_token("x-upgrade", "upgrade"));
    ck_assert(!upbit__http_has_token("keep-alive upgrade", "upgrade"));
    ck_assert(!upbit__http_has_token(" , ,", "upgrade"));
}
END_TEST

START_TEST(retry_after)
{
    const int64_t second = 1000000000;
    const int64_t at = 784111777 * second; /* Sun, 06 Nov 1994 08:49:37 GMT */
    ck_assert_uint_eq(upbit__http_retry_after_ms("0", at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("3", at), 3000);
    ck_assert_uint_eq(upbit__http_retry_after_ms(" 120 ", at), 120000);
    ck_assert_uint_eq(upbit__http_retry_after_ms("99999999999999999999999", at), 86400000);
    ck_assert_uint_eq(upbit__http_retry_after_ms("-3", at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("3.5", at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("", at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("soon", at), 0);
    const char *date = "Sun, 06 Nov 1994 08:49:37 GMT";
    ck_assert_uint_eq(upbit__http_retry_after_ms(date, at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms(date, at + 5 * second), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms(date, at - 5 * second), 5000);
    ck_assert_uint_eq(
        upbit__http_retry_after_ms("Thu, 29 Feb 2024 00:00:00 GMT", 1709164799 * second), 1000);
    ck_assert_uint_eq(upbit__http_retry_after_ms("Thu, 29 Feb 2024 00:00:00 GMTx", 0), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("Thu, 29 Foo 2024 00:00:00 GMT", 0), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("Thu, 29", 0), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("Thu, 29 Feb", 0), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("Thu,", 0), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("1:", at), 0);
    ck_assert_uint_eq(upbit__http_retry_after_ms("1/", at), 0);
}
END_TEST

START_TEST(dates)
{
    static const char *const none[] = {"Thu 29 Feb 2024 00:00:00 GMT",
                                       "Thu,29 Feb 2024 00:00:00 GMT",
                                       "Thu, 00 Feb 2024 00:00:00 GMT",
                                       "Thu, 32 Feb 2024 00:00:00 GMT",
                                       "Thu, :9 Feb 2024 00:00:00 GMT",
                                       "Thu, /9 Feb 2024 00:00:00 GMT",
                                       "Thu, 29-Feb 2024 00:00:00 GMT",
                                       "Thu, 29 Feb-2024 00:00:00 GMT",
                                       "Thu, 29 Feb 1969 00:00:00 GMT",
                                       "Thu, 29 Feb 2024-00:00:00 GMT",
                                       "Thu, 29 Feb 2024 x0:00:00 GMT",
                                       "Thu, 29 Feb 2024 00.00:00 GMT",
                                       "Thu, 29 Feb 2024 00:x0:00 GMT",
                                       "Thu, 29 Feb 2024 00:00.00 GMT",
                                       "Thu, 29 Feb 2024 00:00:x0 GMT",
                                       "Thu, 29 Feb 2024 00:00:00 KST",
                                       "Thu, 01 Jan 1970 00:00:00 GMT",
                                       "Thu, 29 Fe",
                                       "Thu,x29 Feb 2024 00:00:00 GMT",
                                       "Thu, 29 Feb 2024 :00:00 GMT",
                                       "Thu, 29 Feb 2024 00::00 GMT",
                                       "Thu, 29 Feb 2024 00:00: GMT",
                                       ""};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_msg(upbit__http_date_ms(none[i]) == 0, "%s", none[i]);
        ck_assert_msg(upbit__http_retry_after_ms(none[i], 0) == 0, "%s", none[i]);
    }
    ck_assert_int_eq(upbit__http_date_ms("Thu, 01 Jan 1970 00:00:01 GMT"), 1000);
    ck_assert_int_eq(upbit__http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000);
    ck_assert_int_eq(upbit__http_date_ms("Sat, 31 Dec 2022 23:59:59 GMT"), 1672531199000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire http");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, good_urls, 0, (int)(sizeof good / sizeof good[0]));
    tcase_add_test(t, bad_urls);
    tcase_add_test(t, proxy_urls);
    tcase_add_test(t, tokens);
    tcase_add_test(t, retry_after);
    tcase_add_test(t, dates);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
