/* How a forked child of a test ends: at once, as by _exit, so that nothing its parent had buffered
 * is written again. Where coverage is counted (tests/support/coverage.py), the counters are written
 * first. */
#ifndef TESTS_SUPPORT_LEAVE_H
#define TESTS_SUPPORT_LEAVE_H

#include <unistd.h>

#ifdef TEST_COVERAGE
void __gcov_dump(
    void); /* libgcov's; exit would run what other threads of the parent hold locks of */
#endif

static inline _Noreturn void leave(int status)
{
#ifdef TEST_COVERAGE
    __gcov_dump();
#endif
    _exit(status);
}

#endif
