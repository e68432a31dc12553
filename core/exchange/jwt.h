/* Tokens the exchange takes: JSON Web Tokens signed with HMAC (RFC 7515, RFC 7518).
 *
 * Follows docs.upbit.com: auth. The payload has access_key and nonce and, for REST with a query or
 * a body, query_hash (SHA-512, hex) with query_hash_alg. The exchange documents no time in it, so
 * there is none: a wrong clock cannot spoil a token. A nonce is good for one request, so a token is
 * built for each.
 *
 * No I/O, no state. The secret is only read: what OpenSSL copies of it is wiped by OpenSSL or is on
 * the stack, which is wiped here. */
#ifndef UPBIT_EXCHANGE_JWT_H
#define UPBIT_EXCHANGE_JWT_H

#include <stddef.h>
#include <stdint.h>

typedef enum upbit__jwt_algorithm {
    UPBIT__JWT_HS512, /* what the exchange recommends */
    UPBIT__JWT_HS256
} upbit__jwt_algorithm;

#define UPBIT__NONCE_SIZE      37  /* a UUID in text with its NUL */
#define UPBIT__QUERY_HASH_SIZE 129 /* SHA-512 in hex with its NUL */
#define UPBIT__ACCESS_KEY_MAX  128
#define UPBIT__SECRET_KEY_MAX  256
/* The longest token with its NUL: header 27 and payload 448 bytes as base64url, 86 of signature,
 * two dots. */
#define UPBIT__JWT_SIZE 768

/* The bytes as base64url without padding (RFC 4648, 5), NUL behind them. The length, or LIMIT when
 * `room` is too small. */
int upbit__base64url(char *out, size_t room, const void *bytes, size_t size);

/* header.payload.signature of two texts as they are. The length, LIMIT, NO_MEMORY (OpenSSL). */
int upbit__jws_sign(char *out, size_t room, upbit__jwt_algorithm algorithm, const char *header,
                    const char *payload, const void *key, size_t key_size);

/* A random UUID, version 4. 0 or SYSTEM: the kernel has no random numbers. */
int upbit__nonce(char out[UPBIT__NONCE_SIZE]);

/* SHA-512 of the query string as it is, lower-case hex. 0 or NO_MEMORY. */
int upbit__query_hash(char out[UPBIT__QUERY_HASH_SIZE], const char *query);

/* A token. access: visible ASCII without '"' and '\', at most UPBIT__ACCESS_KEY_MAX; nonce: as
 * above; query: not URL-encoded, in the order it is sent; NULL or "": none. The length;
 * INVALID_ARGUMENT, LIMIT, NO_MEMORY. On failure `out` is wiped. */
int upbit__jwt_build(char *out, size_t room, upbit__jwt_algorithm algorithm, const char *access,
                     const char *nonce, const char *query, const void *secret, size_t secret_size);

#endif
