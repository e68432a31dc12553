/* What differs between systems about threads: their names, which processors they may use. Linux. */
#ifndef UPBIT_CLIENT_THREAD_H
#define UPBIT_CLIENT_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* For debuggers and top; 15 characters at most. @thread any. */
void upbit__thread_name(pthread_t thread, const char *name);

/* CPU time of a thread that was not joined yet, ns; -1 when it has ended. @thread any. */
int64_t upbit__thread_cpu_ns(pthread_t thread);

/* Is it a list of processors, "0,2-3"? 0, or INVALID_ARGUMENT with *why static. @thread any. */
int upbit__cpus_check(const char *list, const char **why);
/* For a thread that is made with these; a list that was checked. Whether the processors are there
 * is found out when it is made (EINVAL). 0 or an errno. */
int upbit__cpus_apply(pthread_attr_t *attributes, const char *list);

#endif
