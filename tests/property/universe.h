/* What the property test's widgets may want, and the dice that choose. Every choice comes from one
 * seed; when things happen does not: the machine and the network decide that. */
#ifndef PROPERTY_UNIVERSE_H
#define PROPERTY_UNIVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "upbit-live/upbit-live.h"

typedef enum subject {
    KIND_TICKER,
    KIND_TRADE,
    KIND_BOOK,
    KIND_LEVEL, /* books of price grouping 10,000 */
    KIND_SECOND,
    KIND_MINUTE,
    KINDS
} subject;

#define CODES 22
#define KEYS  (KINDS * CODES)

/* Those from FLEETING on come and go with the market list: they are only wanted by selectors. */
#define NAMED    18
#define FLEETING 18
#define LISTED   20 /* at the start; the two behind are listed by an order */
#define LEVELLED 2  /* that support the grouping */

extern const char *const universe_code[CODES];

int universe_find(const char *code); /* -1: not one of ours */
int universe_type(subject k);        /* upbit_type */
unsigned universe_unit(subject k);
/* Of an event of market data; -1 when it is none that anybody could have asked for. */
int universe_kind(const upbit_event *e);
/* Of an item of a request or an entry of the journal: "candle.1s", level as text. */
int universe_kind_of(const char *type, const char *level);

static inline int universe_key(subject k, int code)
{
    return (int)k * CODES + code;
}

/* Random numbers of a seed. */
typedef struct dice {
    uint64_t state;
} dice;

uint64_t dice_next(dice *d);
unsigned dice_below(dice *d, unsigned n);
bool dice_percent(dice *d, unsigned percent);

#endif
