/* What upbit-tail, upbit-record and upbit-top have alike in reading their command lines: where the
 * exchange is, what is wanted of it, and what is said when a line cannot be understood. */
#ifndef UPBIT_TOOLS_ARGUMENTS_H
#define UPBIT_TOOLS_ARGUMENTS_H

#include <getopt.h>

#include "upbit-live/options.h"
#include "wants.h"

/* The options by which they are told where the exchange is, as getopt_long knows them: all of them
 * stand in a program's own list, in the order of its help. */
enum {
    ADDRESS_URL = 'u',
    ADDRESS_PRIVATE_URL = 'p',
    ADDRESS_REST_URL = 'r',
    ADDRESS_CA_FILE = 'c'
};

/* Prints what is wrong, and the value unless NULL, on stderr. 2, the exit status. */
int arguments_wrong(const char *program, const char *what, const char *value);

/* Every option up to the first argument that is none; those above are put into `options`, not
 * copied, all others given to `read`. 0; what `read` answered when that was not 0; or 2. */
int arguments_options(const char *program, int argc, char **argv, const struct option *list,
                      upbit_options *options,
                      int (*read)(void *context, int option, const char *value), void *context);

/* TYPE CODES pairs from argv[from] on, at least one. 0 or 2; `missing` is said when there are none,
 * or half of one. */
int arguments_wants(const char *program, int argc, char **argv, int from, const char *missing,
                    tool_wants *wants);

#endif
