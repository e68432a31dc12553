/* Log lines to one sink: level, module, text with key=value details. No secrets, one line an
 * episode.
 *
 * Any thread; the sink is called under a mutex, one line at a time. */
#ifndef UPBIT_BASE_LOG_H
#define UPBIT_BASE_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "upbit-live/options.h"

typedef struct upbit__log {
    pthread_mutex_t mutex;
    upbit_log_function function; /* under mutex */
    void *context;               /* under mutex */
    atomic_int level;            /* relaxed: a line more or less while it changes */
} upbit__log;

int upbit__log_init(upbit__log *log, upbit_log_function function, void *context, int level);
void upbit__log_finish(upbit__log *log);

/* Lines go there from now on (NULL: stderr); when it returns, none runs in the old function. level
 * 0 leaves it as it is. Not from within the function. */
void upbit__log_redirect(upbit__log *log, upbit_log_function function, void *context, int level);

/* NULL log: nowhere. Control characters (a server's bytes may be in it) come out as '?'. */
void upbit__log_write(upbit__log *log, int level, const char *module, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
