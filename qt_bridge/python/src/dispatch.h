/* The turn of a proxy: dispatch.c, for proxy.c. */
#ifndef UPBIT_PYTHON_DISPATCH_H
#define UPBIT_PYTHON_DISPATCH_H

#include "core.h"

typedef struct route {
    PyObject *targets; /* a tuple; NULL: the slot is free */
    uint32_t unit;     /* of candles, else 0 */
    uint16_t type;
    char code[24];
} route;

typedef struct routes {
    route *slots;
    uint32_t size, count; /* size: a power of two, or 0 */
} routes;

enum { AHEAD = 16 };

typedef struct proxy_object {
    PyObject_HEAD upbit_proxy *proxy; /* NULL: closed */
    PyObject *manager;                /* outlives it */
    routes routes;
    /* Taken and not delivered yet: several at a time, so that their memory is fetched while the
     * first are at work. As long as callbacks are slow it is one: the queue knows newer values. */
    upbit_delivery ahead[AHEAD];
    unsigned ahead_at, ahead_count, ahead_most;
    char paused;     /* a turn takes nothing: consumers are behind */
    char everything; /* all events go to the facade: somebody iterates over them */
} proxy_object;

extern PyTypeObject target_type;
/* As upbit_proxy_next; begins with what was taken ahead. */
int proxy_take(proxy_object *p, upbit_delivery *out);
/* Lets go of what was taken ahead. */
void proxy_drop_ahead(proxy_object *p);
void routes_forget(routes *r);
int routes_traverse(const routes *r, visitproc visit, void *arg);
/* turn(facade, most, budget_ns): how many events were taken. */
PyObject *proxy_turn(PyObject *self, PyObject *arguments);

#endif
