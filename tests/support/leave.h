/* How a forked child of a test ends: at once, as by _exit; with UPBIT_TEST_COVERAGE in the
 * environment the counters of coverage are written first, and nothing of what its parent had
 * buffered. */
#ifndef TESTS_SUPPORT_LEAVE_H
#define TESTS_SUPPORT_LEAVE_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static inline _Noreturn void leave(int status)
{
    int nowhere =
        getenv("UPBIT_TEST_COVERAGE") != NULL ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
        exit(status);
    _exit(status);
}

#endif
