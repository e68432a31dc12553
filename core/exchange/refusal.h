/* What an error frame of the stream means, by its name (docs.upbit.com: WebSocket errors).
 *
 * The exchange spells some names in several ways: case, spaces, underscores and apostrophes do not
 * count. Pure. */
#ifndef UPBIT_EXCHANGE_REFUSAL_H
#define UPBIT_EXCHANGE_REFUSAL_H

typedef enum upbit__refusal {
    UPBIT__REFUSAL_OTHER, /* a name this version does not know, or a fault of no want */
    UPBIT__REFUSAL_WANT,  /* something in the request was wrong: WRONG_FORMAT, INVALID_PARAM ... */
    UPBIT__REFUSAL_RATE,  /* too many messages: wait a second */
    UPBIT__REFUSAL_BAN,   /* it has lost patience: wait minutes */
    UPBIT__REFUSAL_AUTH
} upbit__refusal;

upbit__refusal upbit__refusal_of(const char *name);

#endif
