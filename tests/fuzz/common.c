#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

void fuzz_broken(const char *what, const char *file, int line)
{
    printf("# %s:%d: it is not so that %s\n", file, line, what);
    fflush(stdout);
    abort();
}

uint8_t *fuzz_exact(const uint8_t *data, size_t size)
{
    uint8_t *to = malloc(size > 0 ? size : 1);
    FUZZ_REQUIRE(to != NULL);
    if (size > 0)
        memcpy(to, data, size);
    return to;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *to = malloc(size + 1);
    FUZZ_REQUIRE(to != NULL);
    for (size_t i = 0; i < size; i++)
        to[i] = (char)(data[i] == 0 ? ' ' : data[i]);
    to[size] = '\0';
    return to;
}
