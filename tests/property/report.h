/* What was found, and what had been done before: enough to run it again. */
#ifndef PROPERTY_REPORT_H
#define PROPERTY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

void report_begin(uint64_t seed);
/* One line of the trail; the newest are printed when something is wrong. */
void report_did(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The library's log goes into the trail as well. @thread any. */
void report_log(void *context, int level, const char *module, const char *line);
/* Something is wrong. Printed at once, with the trail the first time. */
void report_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* More about what is wrong. */
void report_more(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned report_wrongs(void); /* since report_begin */

#endif
