#include "client/thread.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "upbit-live/error.h"

void upbit__thread_name(pthread_t thread, const char *name)
{
    pthread_setname_np(thread, name);
}

int64_t upbit__thread_cpu_ns(pthread_t thread)
{
    clockid_t id;
    struct timespec t;
    if (pthread_getcpuclockid(thread, &id) != 0 || clock_gettime(id, &t) != 0)
        return -1;
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

static const char *read_cpu(long *out, const char *p)
{
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || digits > 4)
        return NULL;
    *out = strtol(p, NULL, 10);
    return *out < CPU_SETSIZE ? p + digits : NULL;
}

static int read_list(cpu_set_t *set, const char *p)
{
    CPU_ZERO(set);
    for (;;) {
        long first, last;
        if ((p = read_cpu(&first, p)) == NULL)
            return -1;
        last = first;
        if (*p == '-' && (p = read_cpu(&last, p + 1)) == NULL)
            return -1;
        if (last < first)
            return -1;
        for (; first <= last; first++)
            CPU_SET((size_t)first, set);
        if (*p == '\0')
            return 0;
        if (*p++ != ',')
            return -1;
    }
}

int upbit__cpus_check(const char *list, const char **why)
{
    cpu_set_t set;
    if (read_list(&set, list) == 0)
        return 0;
    *why = "must be a list of processors, 0 to 1023, as in 0,2-3";
    return UPBIT_ERROR_INVALID_ARGUMENT;
}

int upbit__cpus_apply(pthread_attr_t *attributes, const char *list)
{
    cpu_set_t set;
    read_list(&set, list);
    return pthread_attr_setaffinity_np(attributes, sizeof set, &set);
}
