#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/stream.h"

#define TRAIL 120
#define TOLD  25 /* one fault is often seen a thousand times */

static struct {
    uint64_t seed;
    double since;
    char line[TRAIL][200];
    unsigned lines, wrongs;
} report;

void report_begin(uint64_t seed)
{
    memset(&report, 0, sizeof report);
    report.seed = seed;
    report.since = stream_now();
}

void report_did(const char *format, ...)
{
    char *line = report.line[report.lines++ % TRAIL];
    size_t size = sizeof report.line[0];
    int n = snprintf(line, size, "%7.3f ", stream_now() - report.since);
    va_list list;
    va_start(list, format);
    vsnprintf(line + n, size - (size_t)n, format, list);
    va_end(list);
}

void report_wrong(const char *format, ...)
{
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
}

unsigned report_wrongs(void)
{
    return report.wrongs;
}
