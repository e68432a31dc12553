/* The terminal of upbit-top: its size, keys as they are pressed, a screen that is given back as it
 * was. */
#ifndef UPBIT_TOOLS_TOP_SCREEN_H
#define UPBIT_TOOLS_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* Is stdout one that can show pages, and stdin one that has keys? */
bool screen_possible(void);
/* The other screen, no echo; given back at the end whatever ends the program. 0, or -1. */
int screen_open(void);
void screen_close(void);
void screen_size(size_t *columns, size_t *rows);
/* A key: its character, or one of these; 0: none waits. */
enum { SCREEN_UP = 1000, SCREEN_DOWN, SCREEN_PAGE_UP, SCREEN_PAGE_DOWN };
int screen_key(void);
/* In place of what is there. */
void screen_show(const char *text, size_t length);

#endif
