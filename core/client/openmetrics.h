/* The statistics as OpenMetrics text. Any thread. */
#ifndef UPBIT_CLIENT_OPENMETRICS_H
#define UPBIT_CLIENT_OPENMETRICS_H

#include "base/buffer.h"
#include "upbit-live/manager.h"

/* Appends all of it, "# EOF\n" included. 0 or NO_MEMORY. */
int upbit__openmetrics_write(upbit__buffer *to, upbit_manager *m);

#endif
