/* TYPE CODE[,CODE...] of a command line, as wants of the library: upbit-tail, upbit-record,
 * upbit-top. */
#ifndef UPBIT_TOOLS_WANTS_H
#define UPBIT_TOOLS_WANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "upbit-live/upbit-live.h"

typedef struct tool_want {
    upbit_want want; /* its codes are those below */
    char **codes;    /* owned */
} tool_want;

typedef struct tool_wants {
    tool_want *at; /* owned: one for each type, unit and depth */
    size_t count;
    size_t code_count; /* over all */
} tool_wants;          /* zeroed to begin with */

/* What the help of each program says of TYPE and CODES. */
extern const char wants_help[];

/* One pair of arguments; `codes` is cut to pieces. 0, or -1 with *why (static) and *what (of the
 * arguments; NULL: nothing). */
int wants_add(tool_wants *w, const char *type, char *codes, const char **why, const char **what);
/* Does one of them end in a star? How many codes it stands for only the library knows. */
bool wants_select(const tool_wants *w);
/* Is one of a type that needs keys? */
bool wants_private(const tool_wants *w);
/* Is one of the public stream? */
bool wants_public(const tool_wants *w);
void wants_free(tool_wants *w);

#endif
