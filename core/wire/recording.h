/* A recorded stream, line by line: what upbit-record writes, upbit-mock and transport_replay play
 * (docs/GUIDE.md, Recordings). Pure.
 *
 * Two kinds, told apart by the first line that is not empty. A trace has one JSON object a line:
 *     {"t_ns":1700000000180000000,"dir":"in","op":2,"text":"..."}
 * dir "in" (from the exchange) or "out"; op 1, 2, 8, 9, 10; "text" or "base64" or neither; members
 * of other names are read past. Bare files have one JSON message a line, and no times. */
#ifndef UPBIT_WIRE_RECORDING_H
#define UPBIT_WIRE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum upbit__recording_kind {
    UPBIT__RECORDING_UNKNOWN = 0, /* no line yet */
    UPBIT__RECORDING_TRACE,
    UPBIT__RECORDING_BARE
} upbit__recording_kind;

typedef struct upbit__recorded {
    bool in;      /* from the exchange */
    int opcode;   /* bare: 2 */
    int64_t t_ns; /* any clock; bare: 0 */
    const uint8_t *data;
    size_t length;
} upbit__recorded; /* points into the line */

/* Reads a line (its end already off) and changes it. 1: a frame; 0: nothing stands in it; PROTOCOL,
 * with *why a static text. *kind: of the file, zeroed before the first line. */
int upbit__recording_read(upbit__recorded *out, upbit__recording_kind *kind, char *line,
                          size_t length, const char **why);

#endif
