/* A line of a recording as recording.h reads it. Pure. */
#ifndef UPBIT_WIRE_RECORDING_WRITE_H
#define UPBIT_WIRE_RECORDING_WRITE_H

#include "base/buffer.h"
#include "wire/recording.h"

/* Appends the frame as one line of a trace, its end included. Text that is valid UTF-8 stands there
 * as text, whatever the opcode says; anything else as base64. 0 or NO_MEMORY (nothing appended). */
int upbit__recording_write(upbit__buffer *to, const upbit__recorded *frame);

#endif
