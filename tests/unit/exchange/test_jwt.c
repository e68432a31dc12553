/* Tokens: the vectors of RFC 7515 and RFC 4648, and what may not be built. An independent verifier
 * looks at whole tokens in jwt_verify.py. */
#include "exchange/jwt.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "exchange/auth_error.h"
#include "support/check_main.h"
#include "upbit-live/error.h"

/* RFC 7515, appendix A.1: its key is 64 bytes. */
static const unsigned char a1_key[] = {
    3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
    90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
    211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
    61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
static const char a1_header[] = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
static const char a1_payload[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
static const char a1_token[] =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

START_TEST(hs256_is_that_of_rfc_7515)
{
    char token[300];
    int n = upbit__jws_sign(token, sizeof token, UPBIT__JWT_HS256, a1_header, a1_payload, a1_key,
                            sizeof a1_key);
    ck_assert_str_eq(token, a1_token);
    ck_assert_int_eq(n, (int)strlen(a1_token));
}
END_TEST

/* The key of RFC 4231's second case signs a text of ours: made by another implementation. */
START_TEST(hs512_is_that_of_others)
{
    char token[300];
    upbit__jws_sign(token, sizeof token, UPBIT__JWT_HS512, "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
                    "{\"access_key\":\"test-access\",\"nonce\":\"0\"}", "Jefe", 4);
    ck_assert_str_eq(
        token,
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9"
        ".eyJhY2Nlc3Nfa2V5IjoidGVzdC1hY2Nlc3MiLCJub25jZSI6IjAifQ"
        ".1TZ94Hj5briFx2el6vquUSTLG4acxmKZphy7vtuwvKl-XyAH4Me2ATLQJugo67jp5JJZ_MG-fjrVHgICChX4Rw");
}
END_TEST

START_TEST(base64url_is_that_of_rfc_4648)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe", "_---"},
        {"\xfb\xf0", "-_A"}};
    char out[16];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = strlen(cases[i].text);
        ck_assert_int_eq(upbit__base64url(out, sizeof out, cases[i].bytes, strlen(cases[i].bytes)),
                         (int)n);
        ck_assert_str_eq(out, cases[i].text);
        ck_assert_int_eq(upbit__base64url(out, n, cases[i].bytes, strlen(cases[i].bytes)),
                         UPBIT_ERROR_LIMIT);
        ck_assert_int_eq(upbit__base64url(out, n + 1, cases[i].bytes, strlen(cases[i].bytes)),
                         (int)n);
    }
}
END_TEST

START_TEST(a_query_is_hashed_as_it_is)
{
    char hash[UPBIT__QUERY_HASH_SIZE];
    /* SHA-512 of "abc", FIPS 180-2 */
    ck_assert_int_eq(upbit__query_hash(hash, "abc"), 0);
    ck_assert_str_eq(hash,
                     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a"
                     "274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}
END_TEST

START_TEST(a_nonce_is_a_random_uuid)
{
    char before[UPBIT__NONCE_SIZE] = "", nonce[UPBIT__NONCE_SIZE];
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(upbit__nonce(nonce), 0);
        ck_assert_str_ne(nonce, before);
        ck_assert_uint_eq(strlen(nonce), 36);
        ck_assert_uint_eq(strspn(nonce, "0123456789abcdef-"), 36);
        ck_assert_int_eq(nonce[14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", nonce[19]));
        for (int k = 0; k < 36; k++)
            ck_assert_int_eq(nonce[k] == '-', k == 8 || k == 13 || k == 18 || k == 23);
        memcpy(before, nonce, sizeof before);
    }
}
END_TEST

/* Every size from none to enough: either the whole token or nothing of it. */
START_TEST(too_little_room_leaves_nothing)
{
    char token[UPBIT__JWT_SIZE], all[UPBIT__JWT_SIZE];
    int n = upbit__jwt_build(all, sizeof all, UPBIT__JWT_HS512, "test-access", "n", "a=b", "s", 1);
    ck_assert_int_gt(n, 0);
    for (size_t room = 0; room <= (size_t)n; room++) {
        memset(token, 'x', sizeof token);
        ck_assert_int_eq(
            upbit__jwt_build(token, room, UPBIT__JWT_HS512, "test-access", "n", "a=b", "s", 1),
            UPBIT_ERROR_LIMIT);
        for (size_t i = 0; i < sizeof token; i++)
            ck_assert_int_eq(token[i], i < room ? '\0' : 'x');
    }
    ck_assert_int_eq(
        upbit__jwt_build(token, (size_t)n + 1, UPBIT__JWT_HS512, "test-access", "n", "a=b", "s", 1),
        n);
    ck_assert_str_eq(token, all);
}
END_TEST

/* What would have to be escaped could say more than a key. */
START_TEST(a_key_cannot_write_json)
{
    static const char *const bad[] = {"", "a\",\"b\":\"c", "a\\", "a b", "a\n", "\x7f", "\xc3\xa4"};
    char token[UPBIT__JWT_SIZE];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(
            upbit__jwt_build(token, sizeof token, UPBIT__JWT_HS512, bad[i], "n", NULL, "s", 1),
            UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_int_eq(
            upbit__jwt_build(token, sizeof token, UPBIT__JWT_HS512, "a", bad[i], NULL, "s", 1),
            UPBIT_ERROR_INVALID_ARGUMENT);
    }
}
END_TEST

#define BELOW 30000

#ifndef __SANITIZE_ADDRESS__
/* How often `what` stands on the stack below the caller, as the kernel has it. */
static int on_stack(const void *what, size_t size)
{
    static unsigned char below[BELOW];
    char here;
    int found = 0, fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, below, BELOW, (off_t)(uintptr_t)&here - BELOW), BELOW);
    close(fd);
    for (const unsigned char *at = below;
         (at = memmem(at, (size_t)(below + BELOW - at), what, size)) != NULL; at++)
        found++;
    return found;
}

static __attribute__((noinline)) void sign_deep_down(void)
{
    char token[UPBIT__JWT_SIZE];
    ck_assert_int_gt(upbit__jwt_build(token, sizeof token, UPBIT__JWT_HS512,
                                      "stack-access-key-0123456789", "n", "a=b",
                                      "stack-secret-key-0123456789", 27),
                     0);
    upbit__wipe(token, sizeof token);
}

/* The room is all looked at by nobody knows whom, or a compiler makes as much of it as it needs. */
static __attribute__((noinline)) void leave(const void *what, size_t size)
{
    char room[8000];
    memcpy(room + 4000, what, size);
    __asm__ volatile("" : : "r"(room) : "memory");
}

START_TEST(signing_leaves_nothing_on_the_stack)
{
    unsigned char pad[2][24], swapped[2][24];
    for (unsigned i = 0; i < 24; i++) {
        pad[0][i] = (unsigned char)("stack-secret-key-0123456789"[i] ^ 0x36);
        pad[1][i] = (unsigned char)("stack-secret-key-0123456789"[i] ^ 0x5c);
    }
    for (unsigned i = 0; i < 24; i++)
        for (int k = 0; k < 2; k++)
            swapped[k][i / 8 * 8 + 7 - i % 8] = pad[k][i];
    leave("does it look in the right place?", 32);
    ck_assert_int_gt(on_stack("does it look in the right place?", 32), 0);
    leave("does it look in the right place?", 32);
    upbit__wipe_stack();
    ck_assert_int_eq(on_stack("does it look in the right place?", 32), 0);
    sign_deep_down();
    ck_assert_int_eq(on_stack("stack-access-key", 16), 0);
    ck_assert_int_eq(on_stack("stack-secret-key", 16), 0);
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(on_stack(pad[k], 24), 0);
        ck_assert_int_eq(on_stack(swapped[k], 24), 0);
        ck_assert_int_eq(on_stack(pad[k] + 8, 8), 0); /* a word of the hash's message */
        ck_assert_int_eq(on_stack(swapped[k] + 8, 8), 0);
    }
}
END_TEST
#endif

static const struct {
    const char *name;
    int refuses_keys, final;
} named[] = {
    {"INVALID_AUTH", 1, 0},          {"invalid_access_key", 1, 1},    {"jwt_verification", 1, 1},
    {"expired_access_key", 1, 1},    {"EXPIRED ACCESS KEY", 1, 1},    {"nonce_used", 0, 0},
    {"no_authorization_ip", 1, 0},   {"no_authorization_i_p", 1, 0},  {"out_of_scope", 0, 0},
    {"invalid_query_payload", 0, 0}, {"no_authorization_token", 0, 0}};

START_TEST(refusals_of_keys_say_what_to_do)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        const upbit__auth_error *e = upbit__auth_error_find(named[i].name);
        ck_assert_msg(e != NULL, "%s", named[i].name);
        ck_assert_msg(e->refuses_keys == named[i].refuses_keys, "%s", named[i].name);
        ck_assert_msg(e->final == named[i].final, "%s", named[i].name);
        ck_assert_ptr_eq(upbit__auth_advice(named[i].name), e->advice);
        ck_assert_uint_gt(strlen(e->advice), 10);
    }
    ck_assert_ptr_null(upbit__auth_error_find("WRONG_FORMAT"));
    ck_assert_ptr_null(upbit__auth_error_find(""));
    ck_assert_ptr_null(upbit__auth_advice("404"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jwt");
    TCase *t = tcase_create("jwt");
    tcase_add_test(t, hs256_is_that_of_rfc_7515);
    tcase_add_test(t, hs512_is_that_of_others);
    tcase_add_test(t, base64url_is_that_of_rfc_4648);
    tcase_add_test(t, a_query_is_hashed_as_it_is);
    tcase_add_test(t, a_nonce_is_a_random_uuid);
    tcase_add_test(t, too_little_room_leaves_nothing);
    tcase_add_test(t, a_key_cannot_write_json);
#ifndef __SANITIZE_ADDRESS__ /* it keeps locals elsewhere */
    tcase_add_test(t, signing_leaves_nothing_on_the_stack);
#endif
    tcase_add_test(t, refusals_of_keys_say_what_to_do);
    suite_add_tcase(s, t);
    return check_main(s);
}
