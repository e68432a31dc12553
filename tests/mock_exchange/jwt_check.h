/* Whether a token is good: the exchange's side of its authentication, written against its
 * documentation and RFC 7515 with OpenSSL alone. */
#ifndef MOCK_JWT_CHECK_H
#define MOCK_JWT_CHECK_H

#include "keys.h"

enum mock_auth {
    MOCK_AUTH_OK,
    MOCK_AUTH_NO_TOKEN,
    MOCK_AUTH_UNKNOWN_KEY,
    MOCK_AUTH_BAD_TOKEN, /* its shape, its algorithm, its signature, its times */
    MOCK_AUTH_NONCE_USED,
    MOCK_AUTH_EXPIRED_KEY,
    MOCK_AUTH_ADDRESS,
    MOCK_AUTH_PAYLOAD, /* a claim is missing, or the hash is another */
    MOCK_AUTH_SCOPE,
    MOCK_AUTHS
};

/* What is known of a token that was good. */
struct mock_token {
    struct mock_key *key; /* NULL: none was */
    char alg[8];
    char nonce[129];
};

struct mock_auth_case {
    const char *authorization; /* the header's value, NULL when there is none */
    bool twice;                /* the header was there more than once */
    /* The text whose SHA-512 has to be in it, in two spellings (a plus kept, and as a blank); NULL
     * when the request has neither query nor body. */
    const char *hashed, *hashed_too;
    const char *address; /* of the client */
    int64_t now_ms;
    int64_t life_ms; /* tokens whose iat is older are refused; 0: none */
};

/* A nonce counts as used as soon as the signature was good. */
enum mock_auth mock_jwt_check(struct mock_token *token, struct mock_keys *keys,
                              const struct mock_auth_case *about);

/* Status, name and message of the answer. */
int mock_auth_status(enum mock_auth auth);
const char *mock_auth_name(enum mock_auth auth);
const char *mock_auth_message(enum mock_auth auth);

#endif
