/* At rest: no faults, no commands, everything taken. What has to be so then. */
#ifndef PROPERTY_REST_H
#define PROPERTY_REST_H

#include "faults.h"
#include "truth.h"
#include "widget.h"

typedef struct stage {
    mock mock;
    relay relay; /* between it and the manager */
    upbit_manager *manager;
    upbit_waiter *waiter;
    widget **widgets;    /* every one there ever was */
    size_t count, quiet; /* so many of the first do nothing */
    faults faults;
    truth truth;
    uint64_t received;   /* next entry of /mock/received */
    bool wire[KEYS];     /* the last request's keys, */
    unsigned rows[KEYS]; /* rows of books, 0: all */
    uint64_t wire_conn;
    double longest_turn; /* seconds: how long the machine let this program wait */
} stage;

/* Takes what there is. `all`: of slow widgets too. */
void rest_drain(stage *s, bool all, unsigned tick);
void rest_sleep(stage *s, long ns);
/* Waits until all is in its place; says what is not. */
void rest_reach(stage *s);

#endif
