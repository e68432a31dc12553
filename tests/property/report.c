#include "report.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/stream.h"

#define TRAIL 240
#define TOLD  25 /* one fault is often seen a thousand times */

static struct {
    uint64_t seed;
    double since;
    char line[TRAIL][200];
    unsigned lines, wrongs;
} report;

/* The library writes its log from its own thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void report_begin(uint64_t seed)
{
    pthread_mutex_lock(&lock);
    memset(&report, 0, sizeof report);
    report.seed = seed;
    report.since = stream_now();
    pthread_mutex_unlock(&lock);
}

void report_did(const char *format, ...)
{
    pthread_mutex_lock(&lock);
    char *line = report.line[report.lines++ % TRAIL];
    size_t size = sizeof report.line[0];
    int n = snprintf(line, size, "%7.3f ", stream_now() - report.since);
    va_list list;
    va_start(list, format);
    vsnprintf(line + n, size - (size_t)n, format, list);
    va_end(list);
    pthread_mutex_unlock(&lock);
}

void report_log(void *context, int level, const char *module, const char *line)
{
    (void)context;
    (void)level;
    report_did("  log %s: %s", module, line);
}

void report_wrong(const char *format, ...)
{
    pthread_mutex_lock(&lock);
    if (report.wrongs == 0) {
        printf("# seed %" PRIu64 ": the last that was done\n", report.seed);
        for (unsigned i = report.lines > TRAIL ? report.lines - TRAIL : 0; i < report.lines; i++)
            printf("#   %s\n", report.line[i % TRAIL]);
    }
    if (report.wrongs++ < TOLD) {
        printf("# WRONG (seed %" PRIu64 ", %.3f s): ", report.seed, stream_now() - report.since);
        va_list list;
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
        printf("\n");
        fflush(stdout);
    }
    pthread_mutex_unlock(&lock);
}

void report_more(const char *format, ...)
{
    if (report.wrongs > TOLD)
        return;
    va_list list;
    va_start(list, format);
    printf("#   ");
    vprintf(format, list);
    printf("\n");
    va_end(list);
}

unsigned report_wrongs(void)
{
    return report.wrongs;
}
