/* How long a 418 blocks us. The exchange says so in the answer's body and publishes no form of it,
 * so every plausible one is understood: a duration with its unit in English or Korean ("blocked for
 * 60 seconds", "1분 30초"), a number under a telling JSON key ("retry_after": 30, "block_ms": 900),
 * a point of time (ISO 8601, Unix seconds or milliseconds). Pure. */
#ifndef UPBIT_LIMITS_BAN_H
#define UPBIT_LIMITS_BAN_H

#include <stddef.h>
#include <stdint.h>

#define UPBIT__BAN_MAX_MS INT64_C(86400000) /* nobody is believed beyond a day */

/* In ms from wall_ns (Unix, ns, the exchange's clock: the point is one of its) on, at most a day; 0
 * when the body names none. When it names several, the longest reading: a ban that is broken grows.
 */
uint32_t upbit__ban_ms(const char *body, size_t length, int64_t wall_ns);

#endif
