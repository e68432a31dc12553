/* What the two halves of the asking share: asking.c has the queue and the face to the others,
 * asking_send.c a question under way. I/O thread only. */
#ifndef UPBIT_CLIENT_ASKING_INSIDE_H
#define UPBIT_CLIENT_ASKING_INSIDE_H

#include <stdbool.h>

#include "client/asking.h"

struct upbit__ask {
    upbit__ask *next, *previous;
    upbit__ask_list *list; /* the one it is in */
    upbit__asking *asking;
    upbit__group group;
    upbit__ask_priority priority;
    uint64_t number;
    int64_t deadline_ns;
    int64_t sent_ns;
    upbit__rest_call *call; /* under way */
    int error, http_status; /* over: what to tell */
    int64_t waits_ns;       /* for the budget, since when; 0: it does not */
    uint32_t waited_ms;     /* ... and did until now */
    unsigned cost;          /* 0: a question; else grants that are acquired ... */
    unsigned granted;       /* ... and those that have been */
    bool is_signed;
    uint32_t generation;   /* of the keys it was signed with */
    upbit__budget *budget; /* that granted it; NULL: reported */
    void (*done)(void *context, const upbit__rest_result *result);
    void *context;
    char path[];
};

/* asking.c. In a list they stand in the order of their numbers: one that comes back after a 429
 * stands where it stood. */
void upbit__ask_take_out(upbit__ask *ask);
void upbit__ask_put_in(upbit__ask_list *list, upbit__ask *ask);
upbit__ask_list *upbit__ask_waiting_of(const upbit__ask *ask);
/* It waits for its budget no more. */
void upbit__ask_end_wait(upbit__ask *ask, int64_t now);
upbit__budget *upbit__asking_budget_of(const upbit__asking *a, upbit__group group);
/* The queue is looked at in the next turn. */
void upbit__asking_run_soon(upbit__asking *a);

/* asking_send.c. The config's strings stay the asking's. */
upbit__rest_config upbit__asking_rest_config(const upbit__asking *a, uint32_t timeout_ms);
void upbit__asking_log_closed(upbit__asking *a, upbit__group group, int status, int64_t wait_ns);
/* The call is over or given up: its budget counts from here. The time until which the exchange
 * closed something anew, or 0. */
int64_t upbit__ask_settle(upbit__ask *ask, const upbit__rest_result *result, int64_t now);
/* The last use of the handle. */
void upbit__ask_tell(upbit__ask *ask, const upbit__rest_result *result);
/* Out of its list and under way; what cannot be sent is over. */
void upbit__ask_send_off(upbit__ask *ask, int64_t now);

#endif
