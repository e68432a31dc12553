/* A call of any thread that the I/O thread carries out between two turns, and whose end is waited
 * for, up to a time.
 *
 * Two hold an errand, the caller and the I/O thread; who lets go last frees it. What the errand
 * makes belongs to it until the caller takes it away: a caller that has given up leaves it to be
 * freed. */
#ifndef UPBIT_CLIENT_ERRAND_H
#define UPBIT_CLIENT_ERRAND_H

#include <stdint.h>

#include "upbit-live/manager.h"

typedef struct upbit__errand upbit__errand;

/* On the I/O thread: does it, and returns what the call returns. */
typedef int (*upbit__errand_function)(upbit_manager *m, void *load);

/* load: by malloc, taken over whatever happens; let go by `drop`, in any thread, with all it holds.
 * `take`, in the caller's thread and only when the errand was run, takes out what is for the
 * caller. The function's result; or WRONG_THREAD, ILLEGAL_STATE, CLOSED, TIMEOUT, NO_MEMORY with
 * upbit_error_detail set. @thread any but io. */
int upbit__errand_do(upbit_manager *m, upbit__errand_function run, void *load,
                     void (*take)(void *load, void *context), void *context,
                     void (*drop)(void *load), uint32_t timeout_ms);

/* Runs it and lets it go. I/O thread. */
void upbit__errand_run(upbit_manager *m, upbit__errand *errand);

#endif
