/* What a value that waits in a cell without a key is of: so that it can still be taken back. */
#ifndef UPBIT_QUEUE_ABOUT_H
#define UPBIT_QUEUE_ABOUT_H

#include <stdint.h>

#include "upbit-live/decimal.h"

typedef struct upbit__about {
    uint32_t type; /* upbit_type; 0: of nothing that can be unsubscribed */
    uint32_t unit; /* upbit_candle_unit, candles only */
    upbit_decimal level;
    char code[24]; /* zero-padded */
} upbit__about;

#endif
