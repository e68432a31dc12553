/* The frames of a session into a file, while somebody wants them (upbit_manager_set_trace).
 *
 * The file is opened and closed by the thread that asks; in between it is the I/O thread's, which
 * gathers lines and writes them at the end of a turn. A write that fails ends the trace: half a
 * line helps nobody. */
#ifndef UPBIT_CLIENT_TRACE_H
#define UPBIT_CLIENT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "client/counters.h"

typedef struct upbit__trace upbit__trace;

/* 0; SYSTEM with the detail set (there is such a file), NO_MEMORY. @thread any. */
int upbit__trace_open(upbit__trace **out, const char *path, upbit__log *log,
                      upbit__counters *counters);
/* Writes what is left, and waits for the disk if that is wanted. 0 or SYSTEM with the detail set.
 * NULL: 0. @thread any that has it alone. */
int upbit__trace_close(upbit__trace *t, bool wait);

/* I/O thread. A frame, of which lines are made at once; opcode as on the wire. */
void upbit__trace_frame(upbit__trace *t, bool in, int opcode, const void *data, size_t length);
/* At the end of a turn: what was gathered goes to the file. NULL allowed. */
void upbit__trace_flush(upbit__trace *t);

#endif
