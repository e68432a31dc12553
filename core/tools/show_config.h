/* Prints what a manager would be made with: upbit-config, and --show-config of the others. */
#ifndef UPBIT_TOOLS_SHOW_CONFIG_H
#define UPBIT_TOOLS_SHOW_CONFIG_H

#include <stdbool.h>

#include "upbit-live/options.h"

typedef enum show_form { SHOW_TABLE, SHOW_ENVIRONMENT, SHOW_JSON } show_form;

/* all: the tuning too, not only what was changed of it. The program's exit status: 0; 1 with the
 * message on stderr. */
int show_config(const char *program, const upbit_options *options, show_form form, bool all);

#endif
