/* The exchange's list of markets (/v1/market/all): which codes exist, and their names.
 *
 * Immutable once parsed; one thread makes it, any may read it. */
#ifndef UPBIT_EXCHANGE_MARKETS_H
#define UPBIT_EXCHANGE_MARKETS_H

#include <stddef.h>

typedef struct upbit__market {
    const char *code, *korean_name, *english_name; /* names may be "" */
} upbit__market;

typedef struct upbit__markets upbit__markets;

/* 0; DECODE with `reason` (may be NULL) when the body is not such a list or is empty: an empty list
 * would refuse every code; NO_MEMORY. */
int upbit__markets_parse(upbit__markets **out, const char *body, size_t length, char *reason,
                         size_t reason_size);
void upbit__markets_destroy(upbit__markets *m);

size_t upbit__markets_count(const upbit__markets *m);
/* Sorted by code, index < count. */
const upbit__market *upbit__markets_at(const upbit__markets *m, size_t index);
/* The codes of one quote currency, `prefix` like "KRW-": their number, the first one's index in
 * *first. */
size_t upbit__markets_range(const upbit__markets *m, const char *prefix, size_t *first);
/* NULL when the exchange does not list the code. */
const upbit__market *upbit__markets_find(const upbit__markets *m, const char *code);

#endif
