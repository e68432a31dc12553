/* What the exchange says about keys and tokens, and what to do about it. Pure.
 *
 * Names as in docs.upbit.com: rest-api-guide, websocket-guide. Its pages spell names differently:
 * letters and digits count, in any case. */
#ifndef UPBIT_EXCHANGE_AUTH_ERROR_H
#define UPBIT_EXCHANGE_AUTH_ERROR_H

#include <stdbool.h>

typedef struct upbit__auth_error {
    const char *name;   /* as the exchange writes it */
    const char *advice; /* what to do, one sentence */
    bool refuses_keys;  /* it is about the keys, not about one question */
    bool final;         /* whatever changes at the exchange, these keys stay refused */
} upbit__auth_error;

/* NULL when the name is of another kind. Static. */
const upbit__auth_error *upbit__auth_error_find(const char *name);

/* The advice, or NULL when the name is of another kind. Static. */
const char *upbit__auth_advice(const char *name);

#endif
