/* Every time in the library comes from here, so that a test can set it.
 *
 * Threads: the readers may be called from any. upbit__clock_set is for tests, before threads start.
 */
#ifndef UPBIT_BASE_CLOCK_H
#define UPBIT_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define UPBIT__MS     1000000LL    /* ns */
#define UPBIT__SECOND 1000000000LL /* ns */

typedef struct upbit__clock {
    int64_t (*monotonic_ns)(void); /* CLOCK_MONOTONIC: stands still while the machine sleeps */
    int64_t (*boottime_ns)(void);  /* CLOCK_BOOTTIME: goes on                                */
    int64_t (*wall_ns)(void);      /* CLOCK_REALTIME                                         */
} upbit__clock;

int64_t upbit__clock_monotonic_ns(void);
int64_t upbit__clock_boottime_ns(void);
int64_t upbit__clock_wall_ns(void);

/* NULL goes back to the machine's clocks. The struct must stay. */
void upbit__clock_set(const upbit__clock *clock);
/* The machine's are in use: then the kernel can be told a time of them. */
bool upbit__clock_is_real(void);

/* CPU time of the calling thread, ns. */
int64_t upbit__clock_thread_cpu_ns(void);

#endif
