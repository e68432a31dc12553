/* The API keys the exchange knows. They come from the environment or from a file, never from the
 * command line, where every process of the machine could read them; no answer of the program holds
 * a secret. */
#ifndef MOCK_KEYS_H
#define MOCK_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_KEYS_MAX 64
#define MOCK_IPS_MAX  10 /* as on the exchange */

enum mock_scope { MOCK_SCOPE_ASSETS = 1, MOCK_SCOPE_ORDERS = 2, MOCK_SCOPE_TRADE = 4 };
#define MOCK_SCOPE_ALL 7u

struct mock_key {
    char access[129];
    char secret[257];
    char pocket[32];
    size_t pocket_at; /* set by private.c */
    unsigned scopes;  /* enum mock_scope */
    char ip[MOCK_IPS_MAX][46];
    size_t ips;         /* 0: any address */
    int64_t expires_ms; /* 0: never */
    bool expired, revoked;
};

struct mock_keys {
    struct mock_key *list;
    struct mock_key *loaded; /* as they were read */
    size_t count;
    /* The nonces that were used: the first half of a SHA-256 of key and nonce, open addressing. */
    unsigned char (*used)[16];
    size_t used_count, used_cap;
};

/* Reads the file, or the environment's UPBIT_MOCK_KEYS (which is wiped and taken out), or takes
 * test-access and test-secret. False, and stderr says where and why. */
bool mock_keys_load(struct mock_keys *k, const char *file);
void mock_keys_finish(struct mock_keys *k);
/* What was changed by command is as it was read. */
void mock_keys_reset(struct mock_keys *k);
struct mock_key *mock_keys_find(const struct mock_keys *k, const char *access);

/* The values of scopes= and ips=: false when one is not known or too long. Empty: none; any. */
bool mock_key_scopes(struct mock_key *key, const char *text);
bool mock_key_ips(struct mock_key *key, const char *text);

/* Writes down that the key's nonce was used. False: it had been, or there is no memory. */
bool mock_keys_nonce(struct mock_keys *k, const struct mock_key *key, const char *nonce);

#endif
