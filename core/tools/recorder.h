/* The files of upbit-record: where the stream is traced to, under which name it ends, when the next
 * begins.
 *
 * What is being written is NAME.part; when it is complete, on the disk, it gets its name, which
 * nobody else may have: nothing is ever overwritten, and what has its name is whole. */
#ifndef UPBIT_TOOLS_RECORDER_H
#define UPBIT_TOOLS_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "upbit-live/upbit-live.h"

typedef struct recorder {
    /* set by the caller */
    upbit_manager *manager;
    int session;
    const char *name;   /* as given; with rotation a number goes in before its end */
    uint64_t size_max;  /* bytes; 0: any */
    double seconds_max; /* 0: any */
    bool rotate, quiet;
    bool alone; /* no other recorder on this manager: its frames can be counted */
    /* the recorder's */
    char path[4096], part[4104];
    unsigned number; /* of the present file */
    double began;
    uint64_t frames, failures; /* upbit_stats', when it began */
    bool open;
    uint64_t files; /* that are complete */
} recorder;

/* Is there room under the name? Looks, before anything is connected. 0, or -1 said on stderr. */
int recorder_check(recorder *r);
/* Traces into the first file. 0, or -1 said on stderr. */
int recorder_start(recorder *r, double now);
/* Begins the next file if it is time. 0, or -1 said on stderr: the present one is complete all the
 * same, as far as it goes. */
int recorder_turn(recorder *r, double now);
/* Completes the present file. 0, or -1 said on stderr. Repeating is harmless. */
int recorder_finish(recorder *r, double now);

#endif
