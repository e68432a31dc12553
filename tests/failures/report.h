/* Ways by the names of the functions on them, which stay what they are wherever the program lies in
 * memory and whatever was learned before; and what went wrong, told so that nobody overlooks it. */
#ifndef TESTS_FAILURES_REPORT_H
#define TESTS_FAILURES_REPORT_H

#include "inject.h"

/* Before the first child. Ends the program if its own symbols cannot be read. */
void report_start(void);
/* The same in each run of the same build. Calls of one name by the same functions share it. */
uint32_t way_identity(const way *w);
/* As a line of TAP, on stdout, and on stderr. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "malloc by inner < outer < outermost"; on stderr their lines, too, where addr2line knows them. */
void way_report(const way *w);

#endif
