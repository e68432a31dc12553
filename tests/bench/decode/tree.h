/* The tree parser we are compared with: the fastest that Debian 12 has. */
#ifndef TESTS_BENCH_DECODE_TREE_H
#define TESTS_BENCH_DECODE_TREE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parses the whole text (64 more bytes are readable) into a tree that is kept until the next call; 1 or
 * 0 when it is not JSON. */
int tree_parse(const char *text, size_t length);
const char *tree_name(void);

#ifdef __cplusplus
}
#endif
#endif
