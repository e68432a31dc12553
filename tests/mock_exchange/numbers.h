/* Numbers are integers in units of 10^-8 (prices, sizes) or 10^-16 (amounts), so that sums are
 * exact; and they are spelt as Java spells them, because the exchange does: BigDecimal.toString
 * in some fields, Double.toString in others, zeros kept in one format and dropped in the other.
 * A client that only reads its own spelling finds out here. */
#ifndef MOCK_NUMBERS_H
#define MOCK_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

__extension__ typedef __int128 mock_wide;

#define MOCK_ONE INT64_C(100000000) /* 1.0 */

/* BigDecimal.toString of unscaled * 10^-scale: `0E-8`, `6E-8`, `0.00000115`, `4.00000000`. */
void mock_put_decimal(struct mock_buf *b, mock_wide unscaled, int scale);
/* The same with trailing zeros dropped, but never below `least` decimals. */
void mock_put_stripped(struct mock_buf *b, mock_wide unscaled, int scale, int least);
/* Double.toString: `1.16539E8` from 10^7 on, `100300.0`, `6.89E-6` below 10^-3. */
void mock_put_double(struct mock_buf *b, int64_t value);
/* A size as the DEFAULT books spell it: zeros kept in some, dropped in others. */
void mock_put_size_default(struct mock_buf *b, int64_t size);
/* A size as the SIMPLE format spells it: `5.0E-4`, `0.01624318`, `300.0`. */
void mock_put_size_simple(struct mock_buf *b, int64_t size);

/* Plain digits and never an exponent: `0.00000001`, with `least` decimals at the least. */
void mock_put_plain(struct mock_buf *b, mock_wide unscaled, int scale, int least);

void mock_put_int(struct mock_buf *b, int64_t value);

/* A decimal text to units of 10^-8; false when it is no number or out of range or finer. */
bool mock_parse_units(int64_t *value, const char *text);

#endif
