/* Where upbit-top gets its view from. */
#ifndef UPBIT_TOOLS_TOP_SOURCE_H
#define UPBIT_TOOLS_TOP_SOURCE_H

#include "top_view.h"
#include "upbit-live/upbit-live.h"

/* Between two views of one source: what rates are made of. Zeroed to begin with. */
typedef struct top_before {
    bool known;
    int64_t at_ns;
    double cpu, messages, bytes, decoded; /* counters */
    double cpu_percent;                   /* of the time before that */
} top_before;

/* Of the manager; `by_rate`: the busiest keys first. 0, or an upbit_error. */
int top_from_manager(top_view *out, top_before *before, upbit_manager *m, bool by_rate);
/* Of a file with OpenMetrics text, as upbit_manager_write_openmetrics writes it. 0, or -1 with why.
 */
int top_from_file(top_view *out, top_before *before, const char *path, char *why, size_t size);

#endif
