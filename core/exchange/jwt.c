#include "exchange/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/secret.h"
#include "upbit-live/error.h"

#define PAYLOAD_SIZE 448

int upbit__base64url(char *out, size_t room, const void *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = bytes;
    size_t length = size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1), n = 0;
    if (length >= room)
        return UPBIT_ERROR_LIMIT;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t word = (uint32_t)in[i] << 16;
        word |= i + 1 < size ? (uint32_t)in[i + 1] << 8 : 0;
        word |= i + 2 < size ? in[i + 2] : 0;
        for (int shift = 18; shift >= 0 && n < length; shift -= 6)
            out[n++] = digits[word >> shift & 63];
    }
    out[n] = '\0';
    return (int)n;
}

/* OpenSSL takes apart what it made of the key itself (OPENSSL_clear_free), but for the stack. */
static int sign(uint8_t mac[EVP_MAX_MD_SIZE], unsigned *mac_size, upbit__jwt_algorithm algorithm,
                const char *text, size_t length, const void *key, size_t key_size)
{
    const EVP_MD *md = algorithm == UPBIT__JWT_HS256 ? EVP_sha256() : EVP_sha512();
    /* An empty key is one for the RFC, but NULL would mean "the key of before". */
    const uint8_t *made = HMAC(md, key_size > 0 ? key : "", (int)key_size, (const uint8_t *)text,
                               length, mac, mac_size);
    return made != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
}

int upbit__jws_sign(char *out, size_t room, upbit__jwt_algorithm algorithm, const char *header,
                    const char *payload, const void *key, size_t key_size)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_size = 0;
    int n = upbit__base64url(out, room, header, strlen(header)), more;
    if (n < 0 || (size_t)n + 1 >= room)
        return UPBIT_ERROR_LIMIT;
    out[n++] = '.';
    more = upbit__base64url(out + n, room - (size_t)n, payload, strlen(payload));
    if (more < 0)
        return more;
    n += more;
    int error = sign(mac, &mac_size, algorithm, out, (size_t)n, key, key_size);
    upbit__wipe_stack();
    if (error != 0)
        return error;
    if ((size_t)n + 1 >= room)
        return UPBIT_ERROR_LIMIT;
    out[n++] = '.';
    more = upbit__base64url(out + n, room - (size_t)n, mac, mac_size);
    return more < 0 ? more : n + more;
}

static void write_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

int upbit__nonce(char out[UPBIT__NONCE_SIZE])
{
    uint8_t bytes[16];
    char hex[33];
    int error = upbit__random_bytes(bytes, sizeof bytes);
    if (error != 0)
        return error;
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    write_hex(hex, bytes, sizeof bytes);
    snprintf(out, UPBIT__NONCE_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return 0;
}

int upbit__query_hash(char out[UPBIT__QUERY_HASH_SIZE], const char *query)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(query, strlen(query), hash, &size, EVP_sha512(), NULL) != 1)
        return UPBIT_ERROR_NO_MEMORY;
    write_hex(out, hash, size);
    return 0;
}

/* Nothing that JSON would have to escape. */
static int is_plain(const char *text, size_t most)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++)
        if (n == most || text[n] <= ' ' || text[n] >= 0x7f || text[n] == '"' || text[n] == '\\')
            return 0;
    return n > 0;
}

int upbit__jwt_build(char *out, size_t room, upbit__jwt_algorithm algorithm, const char *access,
                     const char *nonce, const char *query, const void *secret, size_t secret_size)
{
    char hash[UPBIT__QUERY_HASH_SIZE] = "";
    bool hashed = query != NULL && *query != '\0';
    if (!is_plain(access, UPBIT__ACCESS_KEY_MAX) || !is_plain(nonce, UPBIT__NONCE_SIZE - 1))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int result = hashed ? upbit__query_hash(hash, query) : 0;
    if (result == 0) {
        char payload[PAYLOAD_SIZE];
        snprintf(payload, sizeof payload, "{\"access_key\":\"%s\",\"nonce\":\"%s\"%s%s%s}", access,
                 nonce, hashed ? ",\"query_hash\":\"" : "", hash,
                 hashed ? "\",\"query_hash_alg\":\"SHA512\"" : "");
        result =
            upbit__jws_sign(out, room, algorithm,
                            algorithm == UPBIT__JWT_HS256 ? "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
                                                          : "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
                            payload, secret, secret_size);
        upbit__wipe(payload, sizeof payload);
    }
    if (result < 0)
        upbit__wipe(out, room);
    return result;
}
