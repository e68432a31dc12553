/* A page of text for a terminal or a pipe: lines that are clipped to its width, styles that vanish
 * where there is no terminal. What comes from outside loses its control characters. */
#ifndef UPBIT_TOOLS_PAGE_H
#define UPBIT_TOOLS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum page_style {
    PAGE_PLAIN,
    PAGE_HEAD,
    PAGE_GOOD,
    PAGE_WARN,
    PAGE_BAD,
    PAGE_DIM
} page_style;

typedef struct page {
    char *text; /* owned; NUL-terminated */
    size_t length, room;
    size_t width; /* columns; 0: any */
    size_t rows;  /* lines that are complete */
    size_t most;  /* of them; what comes behind is left out. 0: any */
    size_t column;
    bool terminal, failed; /* failed: no memory */
} page;

void page_begin(page *p, size_t width, bool terminal); /* empties it; keeps the memory */
void page_free(page *p);
/* A piece of the present line. */
void page_put(page *p, page_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void page_end_line(page *p);
/* One line of one style. */
void page_line(page *p, page_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "12.3": digits behind the point, 0 to 2, in any locale. value: not below 0. */
const char *page_fixed(char out[16], double value, int digits);
/* "1.2k", "3.4M": six characters at most. */
const char *page_count(char out[16], double n);
/* "83 ms", "1.2 s", "4m07s", "3h20m", "-" below 0. */
const char *page_time(char out[16], double ms);

#endif
