#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "upbit-live/error.h"

static void to_stderr(void *context, int level, const char *module, const char *line)
{
    static const char *const names[] = {"none", "error", "warning", "info", "debug"};
    (void)context;
    fprintf(stderr, "upbit-live %s %s: %s\n", names[level], module, line);
}

int upbit__log_init(upbit__log *log, upbit_log_function function, void *context, int level)
{
    log->function = function != NULL ? function : to_stderr;
    log->context = context;
    atomic_init(&log->level, level);
    return pthread_mutex_init(&log->mutex, NULL) == 0 ? 0 : UPBIT_ERROR_SYSTEM;
}

void upbit__log_finish(upbit__log *log)
{
    pthread_mutex_destroy(&log->mutex);
}

void upbit__log_redirect(upbit__log *log, upbit_log_function function, void *context, int level)
{
    pthread_mutex_lock(&log->mutex);
    log->function = function != NULL ? function : to_stderr;
    log->context = context;
    if (level != 0)
        atomic_store_explicit(&log->level, level, memory_order_relaxed);
    pthread_mutex_unlock(&log->mutex);
}

void upbit__log_write(upbit__log *log, int level, const char *module, const char *format, ...)
{
    if (log == NULL || level > atomic_load_explicit(&log->level, memory_order_relaxed))
        return;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    pthread_mutex_lock(&log->mutex);
    log->function(log->context, level, module, line);
    pthread_mutex_unlock(&log->mutex);
}
