/* What happened in each of the last seconds: rates without a history of everything.
 *
 * One second is one bucket; the buckets are a ring. The I/O thread gives the totals at the end of
 * each turn, and what they grew by since the last goes to the second at hand. Any thread reads
 * whole seconds, never the one that runs: it skips a bucket that is being given to another second.
 */
#ifndef UPBIT_CLIENT_METER_H
#define UPBIT_CLIENT_METER_H

#include <stdatomic.h>
#include <stdint.h>

#define UPBIT__METER_SECONDS 64 /* a power of two, more than the longest look back */

typedef enum upbit__metered {
    UPBIT__METERED_MESSAGES,
    UPBIT__METERED_BYTES,
    UPBIT__METERED_INFLATED,
    UPBIT__METERED_DROPPED,
    UPBIT__METERED_COALESCED,
    UPBIT__METERED_REFUSED,
    UPBIT__METERED_BAD,
    UPBIT__METERED /* how many */
} upbit__metered;

typedef struct upbit__meter {
    /* I/O thread */
    int64_t second;
    uint64_t before[UPBIT__METERED];
    /* written by the I/O thread, read by any. stamp: the second that the values are of, 0 while
     * they are not; 0 (ar) before they are cleared, the second (rel) after; they are stored rel and
     * loaded acq between two looks at the stamp. */
    struct {
        _Atomic int64_t stamp;
        _Atomic uint64_t values[UPBIT__METERED];
    } buckets[UPBIT__METER_SECONDS];
} upbit__meter; /* zeroed is ready */

/* The totals are so many now (any clock that never goes back, ns). I/O thread. */
void upbit__meter_turn(upbit__meter *meter, const uint64_t totals[UPBIT__METERED], int64_t now_ns);

/* How much came in the `seconds` (below UPBIT__METER_SECONDS) whole ones before now. Any thread. */
uint64_t upbit__meter_sum(const upbit__meter *meter, upbit__metered what, unsigned seconds,
                          int64_t now_ns);

#endif
