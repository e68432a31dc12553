/* The processor's cache, as far as the layout of shared memory depends on it. */
#ifndef UPBIT_QUEUE_LINE_H
#define UPBIT_QUEUE_LINE_H

#define UPBIT__CACHE_LINE 64
#ifdef __GNUC__
#define UPBIT__PREFETCH(p)      __builtin_prefetch((p), 1) /* to write */
#define UPBIT__PREFETCH_READ(p) __builtin_prefetch(p)
#else
#define UPBIT__PREFETCH(p)      ((void)(p))
#define UPBIT__PREFETCH_READ(p) ((void)(p))
#endif

#endif
