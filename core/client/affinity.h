/* Which processors a thread may use: "0,2-3". Linux only. */
#ifndef UPBIT_CLIENT_AFFINITY_H
#define UPBIT_CLIENT_AFFINITY_H

#include <pthread.h>

/* Is it a list of processors? 0, or INVALID_ARGUMENT with *why static. @thread any. */
int upbit__cpus_check(const char *list, const char **why);
/* For a thread that is made with these; a list that was checked. Whether the processors are there
 * is found out when it is made (EINVAL). 0 or an errno. */
int upbit__cpus_apply(pthread_attr_t *attributes, const char *list);

#endif
