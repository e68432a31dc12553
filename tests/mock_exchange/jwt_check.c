/* See jwt_check.h. Everything is refused that RFC 7515 does not allow: padding, the other alphabet,
 * bits that are left over, another algorithm than the two that are documented ("none" above all).
 */
#include "jwt_check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"

#define TOKEN_MAX 8192
#define LEEWAY_MS 5000

static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '-'             ? 62
           : c == '_'             ? 63
                                  : -1;
}

/* How many bytes, -1 when it is no base64url without padding. */
static int decode(unsigned char *out, size_t size, const char *text, size_t len)
{
    unsigned bits = 0;
    int held = 0;
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        int value = sextet(text[i]);
        if (value < 0 || used == size) {
            return -1;
        }
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[used++] = (unsigned char)(bits >> held);
        }
    }
    return len % 4 == 1 || (bits & ((1u << held) - 1)) != 0 ? -1 : (int)used;
}

/* A part that is a JSON object. Finish the document in any case. */
static bool read_part(struct mock_json_doc *doc, const char *text, size_t len)
{
    unsigned char bytes[TOKEN_MAX];
    int got = decode(bytes, sizeof bytes, text, len);
    return got > 0 && mock_json_read(doc, (const char *)bytes, (size_t)got) &&
           doc->node[1].type == MOCK_OBJECT;
}

/* A member that is a string of 1 to size - 1 bytes. */
static bool text_of(char *out, size_t size, const struct mock_json_doc *doc, const char *name)
{
    const struct mock_json *m = mock_json_member(doc, &doc->node[1], name);
    if (m == NULL || m->type != MOCK_STRING || m->len == 0 || m->len >= size) {
        return false;
    }
    memcpy(out, m->text, m->len + 1);
    return true;
}

static bool signed_with(const struct mock_key *key, const char *alg, const char *token, size_t len,
                        const char *signature)
{
    unsigned char want[EVP_MAX_MD_SIZE], got[EVP_MAX_MD_SIZE];
    unsigned want_len = 0;
    const EVP_MD *md = strcmp(alg, "HS512") == 0   ? EVP_sha512()
                       : strcmp(alg, "HS256") == 0 ? EVP_sha256()
                                                   : NULL;
    if (md == NULL || HMAC(md, key->secret, (int)strlen(key->secret), (const unsigned char *)token,
                           len, want, &want_len) == NULL) {
        return false;
    }
    int got_len = decode(got, sizeof got, signature, strlen(signature));
    return got_len == (int)want_len && CRYPTO_memcmp(want, got, want_len) == 0;
}

/* exp, nbf and iat are not asked for; those that are there have to be true. */
static bool in_time(const struct mock_json_doc *payload, const struct mock_auth_case *about)
{
    static const char *const names[] = {"exp", "nbf", "iat"};
    for (int i = 0; i < 3; i++) {
        const struct mock_json *m = mock_json_member(payload, &payload->node[1], names[i]);
        if (m == NULL) {
            continue;
        }
        char *end;
        double ms = m->type == MOCK_NUMBER ? strtod(m->text, &end) * 1000 : 0;
        double now = (double)about->now_ms;
        if (m->type != MOCK_NUMBER || (i == 0 && ms + LEEWAY_MS < now) ||
            (i != 0 && ms - LEEWAY_MS > now) ||
            (i == 2 && about->life_ms > 0 && ms + (double)about->life_ms < now)) {
            return false;
        }
    }
    return true;
}

static bool hash_is(const char *claim, const char *text)
{
    unsigned char digest[SHA512_DIGEST_LENGTH];
    char hex[2 * sizeof digest + 1];
    SHA512((const unsigned char *)text, strlen(text), digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    return strcmp(claim, hex) == 0;
}

static bool hash_good(const struct mock_json_doc *payload, const struct mock_auth_case *about)
{
    char claim[160], alg[16] = "SHA512";
    bool there = mock_json_member(payload, &payload->node[1], "query_hash") != NULL;
    if (!there && about->hashed == NULL) {
        return true;
    }
    if (mock_json_member(payload, &payload->node[1], "query_hash_alg") != NULL &&
        !text_of(alg, sizeof alg, payload, "query_hash_alg")) {
        return false;
    }
    if (!text_of(claim, sizeof claim, payload, "query_hash") || strcmp(alg, "SHA512") != 0) {
        return false;
    }
    const char *text = about->hashed != NULL ? about->hashed : "";
    return hash_is(claim, text) || (about->hashed_too != NULL && hash_is(claim, about->hashed_too));
}

static bool address_good(const struct mock_key *key, const char *address)
{
    bool good = key->ips == 0;
    for (size_t i = 0; i < key->ips; i++) {
        good |= strcmp(key->ip[i], address) == 0;
    }
    return good;
}

/* The claims of a token whose shape is right. */
static enum mock_auth judge(struct mock_token *token, struct mock_keys *keys,
                            const struct mock_json_doc *payload, const char *text,
                            const char *second_dot, const struct mock_auth_case *about)
{
    char access[129];
    if (!text_of(access, sizeof access, payload, "access_key")) {
        return MOCK_AUTH_PAYLOAD;
    }
    struct mock_key *key = mock_keys_find(keys, access);
    if (key == NULL || key->revoked) {
        return MOCK_AUTH_UNKNOWN_KEY;
    }
    if (!signed_with(key, token->alg, text, (size_t)(second_dot - text), second_dot + 1) ||
        !in_time(payload, about)) {
        return MOCK_AUTH_BAD_TOKEN;
    }
    if (!text_of(token->nonce, sizeof token->nonce, payload, "nonce")) {
        return MOCK_AUTH_PAYLOAD;
    }
    if (!mock_keys_nonce(keys, key, token->nonce)) {
        return MOCK_AUTH_NONCE_USED;
    }
    if (key->expired || (key->expires_ms != 0 && about->now_ms >= key->expires_ms)) {
        return MOCK_AUTH_EXPIRED_KEY;
    }
    if (!address_good(key, about->address)) {
        return MOCK_AUTH_ADDRESS;
    }
    if (!hash_good(payload, about)) {
        return MOCK_AUTH_PAYLOAD;
    }
    token->key = key;
    return MOCK_AUTH_OK;
}

enum mock_auth mock_jwt_check(struct mock_token *token, struct mock_keys *keys,
                              const struct mock_auth_case *about)
{
    *token = (struct mock_token){0};
    const char *text = about->authorization;
    if (text == NULL) {
        return MOCK_AUTH_NO_TOKEN;
    }
    if (strncasecmp(text, "Bearer ", 7) != 0 || about->twice) {
        return MOCK_AUTH_BAD_TOKEN;
    }
    text += 7;
    const char *first = strchr(text, '.');
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');
    if (second == NULL || strlen(text) > TOKEN_MAX) {
        return MOCK_AUTH_BAD_TOKEN;
    }
    struct mock_json_doc header = {0}, payload = {0};
    enum mock_auth auth = MOCK_AUTH_BAD_TOKEN;
    char typ[8] = "JWT";
    if (read_part(&header, text, (size_t)(first - text)) &&
        text_of(token->alg, sizeof token->alg, &header, "alg") &&
        (mock_json_member(&header, &header.node[1], "typ") == NULL ||
         text_of(typ, sizeof typ, &header, "typ")) &&
        strcmp(typ, "JWT") == 0 && read_part(&payload, first + 1, (size_t)(second - first - 1))) {
        auth = judge(token, keys, &payload, text, second, about);
    }
    mock_json_finish(&header);
    mock_json_finish(&payload);
    return auth;
}

static const struct {
    int status;
    const char *name, *message;
} answers[MOCK_AUTHS] = {
    [MOCK_AUTH_NO_TOKEN] = {401, "no_authorization_token", "There is no authorization token."},
    [MOCK_AUTH_UNKNOWN_KEY] = {401, "invalid_access_key", "잘못된 엑세스 키입니다."},
    [MOCK_AUTH_BAD_TOKEN] = {401, "jwt_verification", "JWT 토큰 검증에 실패했습니다."},
    [MOCK_AUTH_NONCE_USED] = {401, "nonce_used", "이미 사용한 nonce값입니다."},
    [MOCK_AUTH_EXPIRED_KEY] = {401, "expired_access_key", "API 키가 만료되었습니다."},
    [MOCK_AUTH_ADDRESS] = {401, "no_authorization_ip", "This is not a verified IP."},
    [MOCK_AUTH_PAYLOAD] = {401, "invalid_query_payload", "JWT의 페이로드가 올바르지 않습니다."},
    [MOCK_AUTH_SCOPE] = {403, "out_of_scope", "권한이 부족합니다."},
};

int mock_auth_status(enum mock_auth auth)
{
    return answers[auth].status;
}

const char *mock_auth_name(enum mock_auth auth)
{
    return answers[auth].name;
}

const char *mock_auth_message(enum mock_auth auth)
{
    return answers[auth].message;
}
