/* Signals as something to read: Ctrl-C and kill end a program in order, between two of its turns.
 */
#ifndef UPBIT_TOOLS_STOPPING_H
#define UPBIT_TOOLS_STOPPING_H

#include <stdbool.h>

/* Before any thread is made: they must not take the signals. resize: the terminal's changes of size
 * too. A descriptor to poll, or -1. */
int stopping_open(bool resize);
/* SIGINT, SIGTERM or SIGWINCH; 0: none came. */
int stopping_read(int fd);

#endif
