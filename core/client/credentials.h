/* The life of a manager's keys: where they are, whether there are any, what the exchange thinks of
 * them, and the tokens made of them.
 *
 * The keys belong to the I/O thread; new ones come to it by a command (upbit__order.keys) in memory
 * that is as safe as where they stay. What others may want to know are atomics, relaxed: each is
 * right by itself. */
#ifndef UPBIT_CLIENT_CREDENTIALS_H
#define UPBIT_CLIENT_CREDENTIALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "client/config.h"
#include "client/keys.h"
#include "upbit-live/manager.h"

/* "Authorization: Bearer " and a token. */
#define UPBIT__BEARER_SIZE (UPBIT__JWT_SIZE + 24)

typedef struct upbit__credentials {
    /* immutable */
    upbit__log *log;
    upbit__jwt_algorithm algorithm;
    upbit_credentials_function provider;
    upbit_manager *manager;
    void (*changed)(upbit_manager *m); /* there are others, or none any more */
    /* I/O thread */
    upbit__keys *keys; /* NULL: none */
    bool asking;       /* the provider is at it */
    bool provided;     /* these are the provider's */
    bool lacks_told;
    bool final;       /* the exchange refused these for good */
    char scope[33];   /* of their budget: a hash of the access key */
    int64_t asked_ns; /* when the provider last answered */
    /* any thread, atomic, relaxed */
    _Atomic int state; /* as upbit__credentials_state */
    _Atomic(const char *) reason;
    _Atomic uint32_t generation;
} upbit__credentials;

/* Reads the environment, if the configuration says so. 0; INVALID_ARGUMENT with the detail set,
 * NO_MEMORY. Before the I/O thread runs. */
int upbit__credentials_init(upbit__credentials *c, upbit_manager *m, const upbit__config *config,
                            upbit__log *log, void (*changed)(upbit_manager *m));
void upbit__credentials_finish(upbit__credentials *c); /* wipes; zeroed is allowed */

/* 1: there are keys, and nothing is known against them. 0: it will turn out, a provider has to be
 * asked. UNAVAILABLE: there are none. AUTH: the exchange has refused them. *reason (may be NULL):
 * static, what to do; "" for 1. @thread any. */
int upbit__credentials_state(const upbit__credentials *c, const char **reason);
/* Raised by every change; 0: there have never been any. @thread any. */
uint32_t upbit__credentials_generation(const upbit__credentials *c);

/* Somebody needs keys: asks the provider if there are none. @thread io, as all below. */
void upbit__credentials_want(upbit__credentials *c);
/* Takes them over; NULL: none any more. `error`: of a provider that has none. */
void upbit__credentials_replace(upbit__credentials *c, upbit__keys *keys);
/* What the provider said; keys NULL: none, and why. */
void upbit__credentials_provided(upbit__credentials *c, upbit__keys *keys, int error);

/* "Authorization: Bearer ..." with a token of its own, NUL-terminated; the caller wipes it. query:
 * of a REST call, not URL-encoded; NULL: none. The length; UNAVAILABLE (no keys), SYSTEM (no random
 * numbers), NO_MEMORY, LIMIT (`room` too small; UPBIT__BEARER_SIZE is enough). */
int upbit__credentials_bearer(upbit__credentials *c, const char *query, char *out, size_t room);

/* The exchange refused a token of this generation, by the name it gave the error. True: these keys
 * are no good, and as long as the generation stays a new token is of no use. Names of other kinds
 * are ignored. */
bool upbit__credentials_refused(upbit__credentials *c, uint32_t generation, const char *name);
/* It took one. */
void upbit__credentials_accepted(upbit__credentials *c, uint32_t generation);

/* May a token go there? 0, or INVALID_ARGUMENT with *why (static): unencrypted, and not on this
 * machine only. url: ws, wss, http or https. @thread any. */
int upbit__credentials_check_url(const char *url, const char *proxy, const char **why);

/* provider.c: asks on a thread of its own; the answer comes by upbit__credentials_provided. 0,
 * NO_MEMORY, SYSTEM. */
int upbit__provider_ask(upbit_manager *m, upbit_credentials_function function, void *context);

#endif
