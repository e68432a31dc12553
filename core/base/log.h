/* Log lines to one sink: level, module, text with key=value details. No secrets, one line an
 * episode.
 *
 * What is logged in one place of the code more often than 20 times in 10 seconds is kept back, and
 * the next line of that place says how many were: no fault fills a disk. The place is known by its
 * format, which is a constant.
 *
 * Any thread; the sink is called under a mutex, one line at a time. */
#ifndef UPBIT_BASE_LOG_H
#define UPBIT_BASE_LOG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "upbit-live/log.h"
#include "upbit-live/options.h"

enum {
    UPBIT__LOG_MODULES = 6, /* those that are known by name, and any other */
    UPBIT__LOG_SITES = 64,
    UPBIT__LOG_BURST = 20
};

typedef struct upbit__log_site {
    const char *format;
    int64_t since_ns;
    uint32_t lines, held;
} upbit__log_site;

typedef struct upbit__log {
    pthread_mutex_t mutex;
    upbit_log_function function;    /* under mutex */
    void *context;                  /* under mutex */
    int standard;                   /* under mutex: the level of modules without one of their own */
    int8_t own[UPBIT__LOG_MODULES]; /* under mutex: 0: standard */
    upbit__log_site sites[UPBIT__LOG_SITES]; /* under mutex */
    /* relaxed: a line more or less while they change; counters, written under the mutex */
    atomic_int most, levels[UPBIT__LOG_MODULES];
    _Atomic uint64_t lines, held;
} upbit__log;

int upbit__log_init(upbit__log *log, upbit_log_function function, void *context, int level);
void upbit__log_finish(upbit__log *log);
/* Tells how much is kept back: at the end, when nothing more comes. */
void upbit__log_flush(upbit__log *log);

/* Lines go there from now on (NULL: stderr); when it returns, none runs in the old function. level
 * 0 leaves it as it is. Not from within the function. */
void upbit__log_redirect(upbit__log *log, upbit_log_function function, void *context, int level);

/* Levels of modules: "stream=debug,limit=error"; NULL or "": the standard level for all. 0, or
 * INVALID_ARGUMENT and *why a text: nothing was changed. log NULL: only checked. */
int upbit__log_set_levels(upbit__log *log, const char *levels, const char **why);

/* NULL log: nowhere. Control characters (a server's bytes may be in it) come out as '?'. */
void upbit__log_write(upbit__log *log, int level, const char *module, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

uint64_t upbit__log_lines(const upbit__log *log);
uint64_t upbit__log_lines_held(const upbit__log *log);

/* "warning"; Static. And back: 0 for a name of none. */
const char *upbit__log_level_name(int level);
int upbit__log_level_of(const char *name, size_t length);

#endif
