/* A pair of keys in safe memory (base/secret.h), and where pairs come from.
 *
 * A pair has one owner. @thread any, but for upbit_environment_take_keys. */
#ifndef UPBIT_CLIENT_KEYS_H
#define UPBIT_CLIENT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "exchange/jwt.h"

typedef struct upbit__keys {
    char access[UPBIT__ACCESS_KEY_MAX + 1];
    char secret[UPBIT__SECRET_KEY_MAX + 1];
    unsigned lacks; /* UPBIT__SECRET_... */
} upbit__keys;

/* Zeroed; NULL: no memory. */
upbit__keys *upbit__keys_create(void);
void upbit__keys_destroy(upbit__keys *k); /* wipes; NULL allowed */

/* Copies and checks. INVALID_ARGUMENT with the detail set, which calls them `access_name` and
 * `secret_name` and never says what they are; NO_MEMORY. */
int upbit__keys_make(upbit__keys **out, const char *access, const char *secret,
                     const char *access_name, const char *secret_name);
/* What stands in it already: 0 or INVALID_ARGUMENT, as above. */
int upbit__keys_check(const upbit__keys *k, const char *access_name, const char *secret_name);

/* Those that upbit_environment_take_keys took, else the environment's. 0, also when there are none
 * (*out NULL); INVALID_ARGUMENT, NO_MEMORY. */
int upbit__keys_from_environment(upbit__keys **out);

bool upbit__keys_equal(const upbit__keys *a, const upbit__keys *b);

/* Around a fork: as upbit__budgets_before_fork. */
void upbit__keys_before_fork(void);
void upbit__keys_after_fork(void);

#endif
