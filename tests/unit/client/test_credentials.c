/* Keys: what is taken, what is said of what is not, what is left behind; and what their life looks
 * like from outside. */
#include "client/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "client/manager.h"
#include "support/check_main.h"
#include "support/leave.h"
#include "upbit-live/credentials.h"

static int changes;

static void on_changed(upbit_manager *m)
{
    (void)m;
    changes++;
}

static void init(upbit__credentials *c, upbit__config *config)
{
    changes = 0;
    ck_assert_int_eq(upbit__credentials_init(c, NULL, config, NULL, on_changed), 0);
}

static upbit__keys *keys(const char *access, const char *secret)
{
    upbit__keys *k;
    ck_assert_int_eq(upbit__keys_make(&k, access, secret, "a", "s"), 0);
    return k;
}

START_TEST(bad_keys_are_named_and_not_printed)
{
    static char long_access[130], long_secret[258];
    memset(long_access, 'A', 129);
    memset(long_secret, 'S', 257);
    const struct {
        const char *access, *secret, *says;
    } cases[] = {
        {"", "tell-nobody", "access_key: is empty"},
        {"tell-nobody", "", "secret_key: is empty"},
        {"tell-nobody", NULL, "secret_key: is missing"},
        {NULL, "tell-nobody", "access_key: is missing"},
        {"tell-nobody\n", "x",
         "access_key: character 12 of 12 cannot be in a key; is there a line"},
        {"tell-nobody", "tell nobody", "secret_key: character 5 of 11 cannot be in a key"},
        {"tell\"nobody", "x", "access_key: character 5"},
        {"tell\\nobody", "x", "access_key: character 5"},
        {"tell-nobody", "tell\xc3nobody", "secret_key: character 5"},
        {long_access, "tell-nobody", "access_key: is longer than 128"},
        {"tell-nobody", long_secret, "secret_key: is longer than 256"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        upbit__keys *k = NULL;
        ck_assert_int_eq(
            upbit__keys_make(&k, cases[i].access, cases[i].secret, "access_key", "secret_key"),
            UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_null(k);
        ck_assert_msg(strstr(upbit_error_detail(), cases[i].says) != NULL, "%s",
                      upbit_error_detail());
        ck_assert_ptr_null(strstr(upbit_error_detail(), "nobody"));
        ck_assert_ptr_null(strstr(upbit_error_detail(), "AAA"));
        ck_assert_ptr_null(strstr(upbit_error_detail(), "SSS"));
    }
    long_access[128] = long_secret[256] = '\0';
    upbit__keys_destroy(keys(long_access, long_secret));
    upbit__keys_destroy(NULL);
}
END_TEST

START_TEST(the_environment_is_read_as_a_pair)
{
    upbit__keys *k;
    unsetenv("UPBIT_ACCESS_KEY");
    unsetenv("UPBIT_SECRET_KEY");
    ck_assert_int_eq(upbit__keys_from_environment(&k), 0);
    ck_assert_ptr_null(k);
    setenv("UPBIT_ACCESS_KEY", "env-access", 1);
    setenv("UPBIT_SECRET_KEY", "", 1);
    ck_assert_int_eq(upbit__keys_from_environment(&k), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_SECRET_KEY: is missing"));
    setenv("UPBIT_SECRET_KEY", "env-secret", 1);
    ck_assert_int_eq(upbit__keys_from_environment(&k), 0);
    ck_assert_str_eq(k->access, "env-access");
    ck_assert_str_eq(k->secret, "env-secret");
    upbit__keys_destroy(k);
    /* The default manager's configuration asks for them, one's own only when told to. */
    upbit__config c;
    ck_assert_int_eq(upbit__config_init_from_environment(&c), 0);
    ck_assert(c.environment_keys);
    upbit__config_finish(&c);
    ck_assert_int_eq(upbit__config_init(&c, NULL), 0);
    ck_assert(!c.environment_keys);
    upbit__config_finish(&c);
}
END_TEST

START_TEST(taken_keys_are_gone_from_the_environment)
{
    upbit__keys *k;
    setenv("UPBIT_ACCESS_KEY", "env-access", 1);
    setenv("UPBIT_SECRET_KEY", "env-secret", 1);
    const char *stood = getenv("UPBIT_SECRET_KEY");
    ck_assert_int_eq(upbit_environment_take_keys(), 1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(stood[i], '\0');
    ck_assert_ptr_null(getenv("UPBIT_ACCESS_KEY"));
    ck_assert_ptr_null(getenv("UPBIT_SECRET_KEY"));
    ck_assert_int_eq(upbit_environment_take_keys(), 0); /* harmless */
    ck_assert_int_eq(upbit__keys_from_environment(&k), 0);
    ck_assert_str_eq(k->secret, "env-secret");
    upbit__keys_destroy(k);
    /* Bad ones go as well, and do not replace what was there. */
    setenv("UPBIT_ACCESS_KEY", "no key", 1);
    setenv("UPBIT_SECRET_KEY", "x", 1);
    ck_assert_int_eq(upbit_environment_take_keys(), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_ACCESS_KEY: character 3"));
    ck_assert_ptr_null(getenv("UPBIT_ACCESS_KEY"));
    ck_assert_ptr_null(getenv("UPBIT_SECRET_KEY"));
    ck_assert_int_eq(upbit__keys_from_environment(&k), 0);
    ck_assert_str_eq(k->secret, "env-secret");
    upbit__keys_destroy(k);
    /* A forked child has none, and no error either. */
    pid_t child = fork();
    if (child == 0)
        leave(upbit__keys_from_environment(&k) == 0 && k == NULL ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    upbit_environment_drop_keys();
    upbit_environment_drop_keys();
    ck_assert_int_eq(upbit__keys_from_environment(&k), 0);
    ck_assert_ptr_null(k);
}
END_TEST

START_TEST(a_token_is_made_of_the_keys_there_are)
{
    upbit__config config = {0};
    upbit__credentials c;
    char one[UPBIT__BEARER_SIZE], two[UPBIT__BEARER_SIZE];
    const char *why;
    init(&c, &config);
    ck_assert_int_eq(upbit__credentials_state(&c, &why), UPBIT_ERROR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(why, "UPBIT_ACCESS_KEY"));
    ck_assert_uint_eq(upbit__credentials_generation(&c), 0);
    ck_assert_int_eq(upbit__credentials_bearer(&c, NULL, one, sizeof one), UPBIT_ERROR_UNAVAILABLE);
    upbit__credentials_want(&c); /* nobody to ask */
    upbit__credentials_replace(&c, NULL);
    ck_assert_int_eq(changes, 0);
    upbit__credentials_replace(&c, keys("test-access", "test-secret"));
    ck_assert_int_eq(changes, 1);
    ck_assert_int_eq(upbit__credentials_state(&c, &why), 1);
    ck_assert_str_eq(why, "");
    ck_assert_uint_eq(upbit__credentials_generation(&c), 1);
    int n = upbit__credentials_bearer(&c, "a=b", one, sizeof one);
    ck_assert_int_eq(n, (int)strlen(one));
    ck_assert_int_eq(strncmp(one, "Authorization: Bearer eyJ", 25), 0);
    ck_assert_int_eq(upbit__credentials_bearer(&c, "a=b", two, sizeof two), n);
    ck_assert_str_ne(one, two); /* a nonce each */
    ck_assert_int_eq(upbit__credentials_bearer(&c, NULL, two, 20), UPBIT_ERROR_LIMIT);
    ck_assert_int_eq(upbit__credentials_bearer(&c, NULL, two, 200), UPBIT_ERROR_LIMIT);
    upbit__credentials_replace(&c, NULL);
    ck_assert_int_eq(changes, 2);
    ck_assert_uint_eq(upbit__credentials_generation(&c), 2);
    ck_assert_int_eq(upbit__credentials_bearer(&c, NULL, one, sizeof one), UPBIT_ERROR_UNAVAILABLE);
    upbit__credentials_finish(&c);
    ck_assert_int_eq(upbit__credentials_state(&c, &why), UPBIT_ERROR_CLOSED);
    upbit__credentials_finish(&c);
}
END_TEST

START_TEST(the_longest_keys_have_room_for_their_token)
{
    upbit__config config = {.token_algorithm = UPBIT__JWT_HS512};
    upbit__credentials c;
    char access[129] = "", secret[257] = "", out[UPBIT__BEARER_SIZE];
    memset(access, 'a', 128);
    memset(secret, 's', 256);
    init(&c, &config);
    upbit__credentials_replace(&c, keys(access, secret));
    ck_assert_int_gt(upbit__credentials_bearer(&c, "x=y", out, sizeof out), 0);
    upbit__credentials_finish(&c);
}
END_TEST

START_TEST(what_the_exchange_thinks_of_keys_is_remembered)
{
    upbit__config config = {0};
    upbit__credentials c;
    const char *why;
    init(&c, &config);
    upbit__credentials_replace(&c, keys("test-access", "test-secret"));
    /* About one question, or something else altogether: nothing against the keys. */
    ck_assert(!upbit__credentials_refused(&c, 1, "out_of_scope"));
    ck_assert(!upbit__credentials_refused(&c, 1, "nonce_used"));
    ck_assert(!upbit__credentials_refused(&c, 1, "WRONG_FORMAT"));
    ck_assert_int_eq(upbit__credentials_state(&c, NULL), 1);
    /* Against the keys, but the exchange may come to think otherwise. */
    ck_assert(!upbit__credentials_refused(&c, 1, "no_authorization_ip"));
    ck_assert_int_eq(upbit__credentials_state(&c, &why), UPBIT_ERROR_AUTH);
    ck_assert_ptr_nonnull(strstr(why, "address"));
    upbit__credentials_accepted(&c, 0);
    ck_assert_int_eq(upbit__credentials_state(&c, &why), UPBIT_ERROR_AUTH);
    upbit__credentials_accepted(&c, 1);
    ck_assert_int_eq(upbit__credentials_state(&c, &why), 1);
    /* For good. */
    ck_assert(upbit__credentials_refused(&c, 1, "expired_access_key"));
    ck_assert_int_eq(upbit__credentials_state(&c, &why), UPBIT_ERROR_AUTH);
    ck_assert_ptr_nonnull(strstr(why, "new key"));
    /* New ones are not to blame for the old. */
    upbit__credentials_replace(&c, keys("test-access", "other-secret"));
    ck_assert_int_eq(upbit__credentials_state(&c, &why), 1);
    ck_assert(!upbit__credentials_refused(&c, 1, "expired_access_key"));
    ck_assert_int_eq(upbit__credentials_state(&c, &why), 1);
    upbit__credentials_finish(&c);
}
END_TEST

static const struct {
    const char *url, *proxy;
    int good;
} urls[] = {
    {"https://api.upbit.com/v1", NULL, 1},
    {"wss://api.upbit.com/websocket/v1/private", "http://proxy:3128", 1},
    {"http://127.0.0.1:4711/v1", NULL, 1},
    {"http://127.9.8.7/v1", NULL, 1},
    {"ws://[::1]:4711/", NULL, 1},
    {"http://localhost:1/", NULL, 1},
    {"http://LOCALHOST:1/", NULL, 1},
    {"http://127.0.0.1:4711/v1", "http://proxy:3128", 0},
    {"http://api.upbit.com/v1", NULL, 0},
    {"ws://api.upbit.com/", NULL, 0},
    {"http://127.0.0.1.example.com/", NULL, 0},
    {"http://localhost.example.com/", NULL, 0},
    {"http://128.0.0.1/", NULL, 0},
    {"http://10.0.0.1/", NULL, 0},
    {"http://[::2]/", NULL, 0},
    {"http://0.0.0.0/", NULL, 0},
    {"http://[::ffff:10.0.0.1]/", NULL, 0},
    {"nonsense", NULL, 0},
};

START_TEST(tokens_go_out_encrypted_or_not_at_all)
{
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const char *why = NULL;
        int error = upbit__credentials_check_url(urls[i].url, urls[i].proxy, &why);
        ck_assert_msg((error == 0) == urls[i].good, "%s: %d", urls[i].url, error);
        ck_assert_msg(error == 0 || why != NULL, "%s", urls[i].url);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("credentials");
    TCase *t = tcase_create("credentials");
    tcase_add_test(t, bad_keys_are_named_and_not_printed);
    tcase_add_test(t, the_environment_is_read_as_a_pair);
    tcase_add_test(t, taken_keys_are_gone_from_the_environment);
    tcase_add_test(t, a_token_is_made_of_the_keys_there_are);
    tcase_add_test(t, the_longest_keys_have_room_for_their_token);
    tcase_add_test(t, what_the_exchange_thinks_of_keys_is_remembered);
    tcase_add_test(t, tokens_go_out_encrypted_or_not_at_all);
    suite_add_tcase(s, t);
    return check_main(s);
}
