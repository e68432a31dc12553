/* OpenMetrics text in a file: by call, and by a thread of a manager's own while it lives.
 *
 * A disk may make its caller wait, and the I/O thread waits for nobody: so the file of the option
 * has a thread of its own, which sleeps between two writes, writes once more when the I/O thread
 * has ended, and goes. It is detached and holds a reference: a disk that never answers keeps the
 * memory of a manager, and nobody waits for it longer than the shutdown may take. */
#ifndef UPBIT_CLIENT_METRICS_FILE_H
#define UPBIT_CLIENT_METRICS_FILE_H

#include "upbit-live/manager.h"

/* Starts the thread, if the options want one. 0 or SYSTEM. */
int upbit__metrics_file_start(upbit_manager *m);

#endif
