/* Random numbers. _bytes are the kernel's, for keys and masks; _below is for jitter. */
#ifndef UPBIT_BASE_RANDOM_H
#define UPBIT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `size` bytes from the kernel. 0, or SYSTEM when it has none (then nothing may be sent). */
int upbit__random_bytes(void *out, size_t size);

/* Even in 0 .. limit - 1; 0 when limit is 0 or the kernel has no random numbers. */
uint32_t upbit__random_below(uint32_t limit);

#endif
