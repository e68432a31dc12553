/* upbit-tail's command line, read and checked. */
#ifndef UPBIT_TOOLS_TAIL_ARGUMENTS_H
#define UPBIT_TOOLS_TAIL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "upbit-live/upbit-live.h"
#include "wants.h"

typedef enum tail_output { TAIL_JSONL, TAIL_TEXT, TAIL_NONE } tail_output;

typedef struct tail_arguments {
    upbit_options options;
    upbit_proxy_options proxy;
    tool_wants wants;
    uint64_t count; /* 0: no end */
    double seconds; /* 0: no end */
    tail_output output;
    bool stats, snapshot_only, realtime_only;
    bool show_config; /* and nothing else; then there need be no wants */
    bool snapshot;    /* ask once, subscribe to nothing */
    uint32_t history; /* snapshot: events of each code */
    int64_t before;   /* snapshot */
    upbit_decimal level;
} tail_arguments;

/* 0: go on; 1: --help or --version was answered, end with status 0; 2: usage error, said on stderr.
 */
int tail_arguments_read(tail_arguments *a, int argc, char **argv);
void tail_arguments_free(tail_arguments *a);

#endif
