#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "upbit-live/error.h"

#define WINDOW_NS (10 * UPBIT__SECOND)

static const char *const modules[UPBIT__LOG_MODULES - 1] = {"stream", "rest", "limit", "auth",
                                                            "health"};
static const char *const names[] = {"none", "error", "warning", "info", "debug"};

const char *upbit__log_level_name(int level)
{
    return level >= UPBIT_LOG_ERROR && level <= UPBIT_LOG_DEBUG ? names[level] : names[0];
}

int upbit__log_level_of(const char *name, size_t length)
{
    for (int i = 0; i < 5; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return i == 0 ? UPBIT_LOG_NONE : i;
    return 0;
}

static int module_of(const char *name, size_t length)
{
    for (int i = 0; i < UPBIT__LOG_MODULES - 1; i++)
        if (strlen(modules[i]) == length && memcmp(modules[i], name, length) == 0)
            return i;
    return UPBIT__LOG_MODULES - 1;
}

void upbit_log_stderr(void *context, int level, const char *module, const char *line)
{
    (void)context;
    fprintf(stderr, "upbit-live %s %s: %s\n", upbit__log_level_name(level), module, line);
}

/* Under the mutex, or before anybody else has it. */
static void apply(upbit__log *log)
{
    int most = UPBIT_LOG_NONE;
    for (int i = 0; i < UPBIT__LOG_MODULES; i++) {
        int level = log->own[i] != 0 ? log->own[i] : log->standard;
        atomic_store_explicit(&log->levels[i], level, memory_order_relaxed);
        most = level > most ? level : most;
    }
    atomic_store_explicit(&log->most, most, memory_order_relaxed);
}

int upbit__log_init(upbit__log *log, upbit_log_function function, void *context, int level)
{
    memset(log, 0, sizeof *log);
    log->function = function != NULL ? function : upbit_log_stderr;
    log->context = context;
    log->standard = level;
    apply(log);
    return pthread_mutex_init(&log->mutex, NULL) == 0 ? 0 : UPBIT_ERROR_SYSTEM;
}

void upbit__log_flush(upbit__log *log)
{
    uint64_t held = 0;
    pthread_mutex_lock(&log->mutex);
    for (int i = 0; i < UPBIT__LOG_SITES; i++) {
        held += log->sites[i].held;
        log->sites[i].held = 0;
    }
    if (held > 0 && atomic_load_explicit(&log->most, memory_order_relaxed) >= UPBIT_LOG_WARNING) {
        char line[80];
        snprintf(line, sizeof line, "the end: held_back=%" PRIu64 " lines like earlier ones", held);
        log->function(log->context, UPBIT_LOG_WARNING, "stream", line);
    }
    pthread_mutex_unlock(&log->mutex);
}

void upbit__log_finish(upbit__log *log)
{
    pthread_mutex_destroy(&log->mutex);
}

void upbit__log_redirect(upbit__log *log, upbit_log_function function, void *context, int level)
{
    pthread_mutex_lock(&log->mutex);
    log->function = function != NULL ? function : upbit_log_stderr;
    log->context = context;
    if (level != 0) {
        log->standard = level;
        apply(log);
    }
    pthread_mutex_unlock(&log->mutex);
}

/* Reads "module=level, ..." into own[]. */
static int read_levels(int8_t own[UPBIT__LOG_MODULES], const char *text, const char **why)
{
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ", ");
        if (length == 0)
            break;
        const char *equals = memchr(at, '=', length);
        int module = equals == NULL ? -1 : module_of(at, (size_t)(equals - at));
        if (module < 0 || module == UPBIT__LOG_MODULES - 1) {
            *why = "must be module=level, with a module of stream, rest, limit, auth, health";
            return UPBIT_ERROR_INVALID_ARGUMENT;
        }
        int level = upbit__log_level_of(equals + 1, (size_t)(at + length - equals - 1));
        if (level == 0) {
            *why = "a level must be none, error, warning, info or debug";
            return UPBIT_ERROR_INVALID_ARGUMENT;
        }
        own[module] = (int8_t)level;
        at += length;
    }
    return 0;
}

int upbit__log_set_levels(upbit__log *log, const char *levels, const char **why)
{
    int8_t own[UPBIT__LOG_MODULES] = {0};
    int error = levels == NULL ? 0 : read_levels(own, levels, why);
    if (error != 0 || log == NULL)
        return error;
    pthread_mutex_lock(&log->mutex);
    memcpy(log->own, own, sizeof own);
    apply(log);
    pthread_mutex_unlock(&log->mutex);
    return 0;
}

/* Where the lines of this format are counted; NULL: the table is full, they are not. */
static upbit__log_site *site_of(upbit__log *log, const char *format)
{
    uintptr_t hash = (uintptr_t)format;
    hash ^= hash >> 7;
    for (unsigned i = 0; i < UPBIT__LOG_SITES; i++) {
        upbit__log_site *site = &log->sites[(hash + i) % UPBIT__LOG_SITES];
        if (site->format == format || site->format == NULL) {
            site->format = format;
            return site;
        }
    }
    return NULL;
}

/* How many of its kind were kept back before this line; -1: so is this one. */
static int64_t admit(upbit__log *log, const char *format)
{
    upbit__log_site *site = site_of(log, format);
    if (site == NULL)
        return 0;
    int64_t now = upbit__clock_monotonic_ns();
    if (site->lines == 0 || now - site->since_ns >= WINDOW_NS) {
        site->since_ns = now;
        site->lines = 0;
    }
    if (site->lines >= UPBIT__LOG_BURST) {
        site->held++;
        return -1;
    }
    int64_t held = site->held;
    site->lines++;
    site->held = 0;
    return held;
}

static void bump(_Atomic uint64_t *counter) /* under the mutex */
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

void upbit__log_write(upbit__log *log, int level, const char *module, const char *format, ...)
{
    if (log == NULL || level > atomic_load_explicit(&log->most, memory_order_relaxed) ||
        level > atomic_load_explicit(&log->levels[module_of(module, strlen(module))],
                                     memory_order_relaxed))
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
    int64_t held = admit(log, format);
    if (held >= 0) {
        if (held > 0) {
            size_t length = strlen(line);
            length = length < sizeof line - 32 ? length : sizeof line - 32;
            snprintf(line + length, sizeof line - length, " held_back=%" PRId64, held);
        }
        bump(&log->lines);
        log->function(log->context, level, module, line);
    } else {
        bump(&log->held);
    }
    pthread_mutex_unlock(&log->mutex);
}

uint64_t upbit__log_lines(const upbit__log *log)
{
    return atomic_load_explicit(&log->lines, memory_order_relaxed);
}

uint64_t upbit__log_lines_held(const upbit__log *log)
{
    return atomic_load_explicit(&log->held, memory_order_relaxed);
}
