/* Events to callbacks: take, find who wants it, call. All of a turn in C, because a few hundred ns
 * in Python for each of these steps is what an event would cost most of.
 *
 * Which callbacks an event goes to is decided in Python (Commands, Route) once per code and kept
 * here until the subscriptions change. A callback may do anything: close the proxy, change what it
 * is subscribed to, run a turn of its own. So nothing here is held over a call but by a reference.
 */
#include "dispatch.h"

#include <structmember.h>
#include <time.h>

enum { PLAIN, METHOD, SLOW };

typedef struct target {
    PyObject_HEAD PyObject *function; /* what is called */
    PyObject *owner;                  /* of a method: a weak reference on its object, else NULL */
    PyObject *batch;                  /* events of this turn, NULL: none */
    unsigned long long errors;
    char kind, batched, failing;
} target;

static int target_init(PyObject *self, PyObject *arguments, PyObject *named)
{
    static const char *const names[] = {"function", "owner", "is_async", "batched", NULL};
    target *t = (target *)self;
    PyObject *function, *owner = Py_None;
    int is_async = 0, batched = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|Opp:Target", (char **)(uintptr_t)names,
                                     &function, &owner, &is_async, &batched))
        return -1;
    if (owner != Py_None && !PyWeakref_CheckRef(owner)) {
        PyErr_SetString(PyExc_TypeError, "owner: must be a weak reference");
        return -1;
    }
    Py_INCREF(function);
    Py_XSETREF(t->function, function);
    Py_XINCREF(owner);
    Py_XSETREF(t->owner, owner);
    if (owner == Py_None)
        Py_CLEAR(t->owner);
    t->batched = (char)batched;
    t->kind = is_async ? SLOW : t->owner != NULL ? METHOD : PLAIN;
    return 0;
}

static int target_traverse(PyObject *self, visitproc visit, void *arg)
{
    target *t = (target *)self;
    Py_VISIT(t->function);
    Py_VISIT(t->owner);
    Py_VISIT(t->batch);
    return 0;
}

static int target_clear(PyObject *self)
{
    target *t = (target *)self;
    Py_CLEAR(t->function);
    Py_CLEAR(t->owner);
    Py_CLEAR(t->batch);
    return 0;
}

static void target_free(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    target_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMemberDef target_members[] = {
    {"batched", T_BOOL, offsetof(target, batched), READONLY, "It gets lists."},
    {"errors", T_ULONGLONG, offsetof(target, errors), 0, "How often it has raised."},
    {"failing", T_BOOL, offsetof(target, failing), 0, "It raised when it was called last."},
    {NULL, 0, 0, 0, NULL}};

PyTypeObject target_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "upbit_live._core.Target",
    .tp_basicsize = sizeof(target),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A callback; a method is held by a weak reference on its object.",
    .tp_new = PyType_GenericNew,
    .tp_init = target_init,
    .tp_dealloc = target_free,
    .tp_traverse = target_traverse,
    .tp_clear = target_clear,
    .tp_members = target_members,
};

/* Who wants what: open addressing, at most half full. */

/* A code fills its array with zeros, so that it can be compared and hashed by words. */
static uint32_t hash_of(const upbit_event *e, uint32_t unit)
{
    uint64_t word[3], hash = (uint64_t)e->type << 32 ^ unit;
    memcpy(word, e->code, sizeof word);
    for (int i = 0; i < 3; i++)
        hash = (hash ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

static uint32_t unit_of(const upbit_event *e)
{
    const upbit_candle *candle = upbit_event_candle(e);
    return candle == NULL ? 0 : candle->unit;
}

static route *slot_of(const routes *r, const upbit_event *e, uint32_t unit)
{
    for (uint32_t at = hash_of(e, unit);; at++) {
        route *found = &r->slots[at & (r->size - 1)];
        if (found->targets == NULL || (found->type == e->type && found->unit == unit &&
                                       memcmp(found->code, e->code, sizeof found->code) == 0))
            return found;
    }
}

void routes_forget(routes *r)
{
    route *slots = r->slots;
    uint32_t size = r->size;
    *r = (routes){0};
    for (uint32_t i = 0; i < size; i++) /* what goes may call anything: the table is empty by now */
        Py_XDECREF(slots[i].targets);
    PyMem_Free(slots);
}

int routes_traverse(const routes *r, visitproc visit, void *arg)
{
    for (uint32_t i = 0; i < r->size; i++)
        Py_VISIT(r->slots[i].targets);
    return 0;
}

static int routes_keep(routes *r, const upbit_event *e, PyObject *targets)
{
    if (2 * (r->count + 1) > r->size) {
        routes larger = {.size = r->size == 0 ? 64 : 2 * r->size, .count = r->count};
        larger.slots = PyMem_Calloc(larger.size, sizeof *larger.slots);
        if (larger.slots == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        for (uint32_t i = 0; i < r->size; i++) {
            const route *old = &r->slots[i];
            if (old->targets == NULL)
                continue;
            upbit_event key = {.type = old->type};
            memcpy(key.code, old->code, sizeof key.code);
            *slot_of(&larger, &key, old->unit) = *old;
        }
        PyMem_Free(r->slots);
        *r = larger;
    }
    uint32_t unit = unit_of(e);
    route *slot = slot_of(r, e, unit);
    if (slot->targets == NULL)
        r->count++;
    slot->type = e->type;
    slot->unit = unit;
    memcpy(slot->code, e->code, sizeof slot->code);
    Py_INCREF(targets);
    Py_XSETREF(slot->targets, targets);
    return 0;
}

/* A tuple of targets, a new reference; *object is the event's, made if it was needed. */
static PyObject *targets_of(routes *r, PyObject *facade, const upbit_delivery *d, PyObject **object)
{
    if (r->size != 0) {
        PyObject *known = slot_of(r, d->event, unit_of(d->event))->targets;
        if (known != NULL) {
            Py_INCREF(known);
            return known;
        }
    }
    *object = event_wrap(d);
    PyObject *targets =
        *object == NULL ? NULL : PyObject_CallMethod(facade, "_resolve", "O", *object);
    if (targets == NULL)
        return NULL;
    if (!PyTuple_Check(targets) || routes_keep(r, d->event, targets) != 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "_resolve: must return a tuple");
        Py_CLEAR(targets);
    }
    return targets;
}

/* 0, or -1 with what is no Exception (KeyboardInterrupt), which is not a callback's to lose. */
static int invoke(target *t, PyObject *facade, PyObject *argument)
{
    PyObject *result;
    if (t->function == NULL)
        return 0; /* cleared by the collector */
    if (t->kind == SLOW) {
        result = PyObject_CallMethod(facade, "_call", "OO", t, argument);
        Py_XDECREF(result);
        return result == NULL ? -1 : 0;
    }
    PyObject *function = t->function;
    Py_INCREF(function);
    if (t->kind == METHOD) {
        PyObject *owner = PyWeakref_GetObject(t->owner);
        if (owner == NULL || owner == Py_None) {
            Py_DECREF(function);
            return owner == NULL ? -1 : 0;
        }
        Py_INCREF(owner);
        PyObject *arguments[] = {owner, argument};
        result = PyObject_Vectorcall(function, arguments, 2, NULL);
        Py_DECREF(owner);
    } else {
        result = PyObject_CallOneArg(function, argument);
    }
    Py_DECREF(function);
    if (result != NULL) {
        Py_DECREF(result);
        t->failing = 0;
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    result = PyObject_CallMethod(facade, "_failed", "OO", t, error);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int give(target *t, PyObject *facade, PyObject *pending, PyObject *event)
{
    if (!t->batched)
        return invoke(t, facade, event);
    if (t->batch != NULL)
        return PyList_Append(t->batch, event);
    t->batch = PyList_New(1);
    if (t->batch == NULL)
        return -1;
    Py_INCREF(event);
    PyList_SET_ITEM(t->batch, 0, event);
    return PyList_Append(pending, (PyObject *)t);
}

/* What has been collected goes out before anything that was received after it. */
static int flush(PyObject *facade, PyObject *pending)
{
    Py_ssize_t count = PyList_GET_SIZE(pending);
    if (count == 0)
        return 0;
    PyObject *targets = PyList_GetSlice(pending, 0, count);
    int result = targets == NULL ? -1 : PyList_SetSlice(pending, 0, count, NULL);
    for (Py_ssize_t i = 0; targets != NULL && i < count; i++) {
        target *t = (target *)PyList_GET_ITEM(targets, i);
        PyObject *batch = t->batch;
        t->batch = NULL;
        /* After an interrupt the rest is let go: it must not come in a later turn, out of order. */
        if (batch != NULL && result == 0)
            result = invoke(t, facade, batch);
        Py_XDECREF(batch);
    }
    Py_XDECREF(targets);
    return result;
}

static int is_data(int type)
{
    return (type >= UPBIT_TYPE_TICKER && type <= UPBIT_TYPE_ANNOUNCEMENT) || type == UPBIT_TYPE_RAW;
}

/* 1: something was called; 0: at most lists have grown; -1: with an exception. */
static int deliver(proxy_object *p, PyObject *facade, PyObject *pending, const upbit_delivery *d)
{
    if (!is_data(d->event->type) || d->request_id != 0 || p->everything) {
        PyObject *event = event_wrap(d);
        int result = event == NULL ? -1 : flush(facade, pending);
        PyObject *done = result != 0 ? NULL : PyObject_CallMethod(facade, "_deliver", "O", event);
        Py_XDECREF(event);
        Py_XDECREF(done);
        return done == NULL ? -1 : 1;
    }
    PyObject *event = NULL;
    PyObject *targets = targets_of(&p->routes, facade, d, &event);
    int result = targets == NULL ? -1 : 0, called = event != NULL;
    Py_ssize_t count = targets == NULL ? 0 : PyTuple_GET_SIZE(targets);
    if (result == 0 && event == NULL && count == 0)
        upbit_event_unref(d->event); /* nobody wants it: no object is made */
    else if (result == 0 && event == NULL && (event = event_wrap(d)) == NULL)
        result = -1;
    for (Py_ssize_t i = 0; result == 0 && i < count && p->proxy != NULL; i++) {
        target *t = (target *)PyTuple_GET_ITEM(targets, i);
        called |= !t->batched;
        result = give(t, facade, pending, event);
    }
    Py_XDECREF(event);
    Py_XDECREF(targets);
    return result == 0 ? called : -1;
}

/* Fills what is ahead, as far as there is something, each time within a turn more; 0, or the
 * error of upbit_proxy_next. */
static int fill(proxy_object *p, long most)
{
    p->ahead_most = p->ahead_most == 0 ? 1 : p->ahead_most < AHEAD ? 2 * p->ahead_most : AHEAD;
    unsigned room = (long)p->ahead_most < most ? p->ahead_most : (unsigned)most;
    p->ahead_at = p->ahead_count = 0;
    while (p->ahead_count < room) {
        upbit_delivery *d = &p->ahead[p->ahead_count];
        *d = (upbit_delivery)UPBIT_DELIVERY_INIT;
        int got = upbit_proxy_next(p->proxy, d);
        if (got <= 0)
            return p->ahead_count != 0 || got == UPBIT_ERROR_CLOSED ? 0 : got;
        /* The code and the first fields: what is read next of most. */
        __builtin_prefetch((const char *)d->event + 64);
        __builtin_prefetch((const char *)d->event + 128);
        p->ahead_count++;
    }
    return 0;
}

int proxy_take(proxy_object *p, upbit_delivery *out)
{
    if (p->ahead_at < p->ahead_count) {
        *out = p->ahead[p->ahead_at++];
        return 1;
    }
    return upbit_proxy_next(p->proxy, out);
}

void proxy_drop_ahead(proxy_object *p)
{
    while (p->ahead_at < p->ahead_count)
        upbit_event_unref(p->ahead[p->ahead_at++].event);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The events of one turn; 0, or -1 with an exception. *taken counts them. */
static int take_turn(proxy_object *p, PyObject *facade, PyObject *pending, long most, int64_t end,
                     long *taken)
{
    while (*taken < most && p->proxy != NULL && !p->paused) {
        if (p->ahead_at == p->ahead_count) {
            int error = fill(p, most - *taken);
            if (error < 0) {
                convert_raise(error);
                return -1;
            }
            if (p->ahead_count == 0)
                return 0;
        }
        upbit_delivery d = p->ahead[p->ahead_at++];
        ++*taken;
        int called = deliver(p, facade, pending, &d);
        if (called < 0)
            return -1;
        /* What only went into a list took no time worth a look at the clock. */
        if ((called || *taken % AHEAD == 0) && now_ns() > end) {
            p->ahead_most = 0;
            return 0;
        }
    }
    return 0;
}

PyObject *proxy_turn(PyObject *self, PyObject *arguments)
{
    proxy_object *p = (proxy_object *)self;
    PyObject *facade;
    long most;
    long long budget_ns;
    if (!PyArg_ParseTuple(arguments, "OlL:turn", &facade, &most, &budget_ns))
        return NULL;
    PyObject *pending = PyList_New(0);
    if (pending == NULL)
        return NULL;
    long taken = 0;
    int result = take_turn(p, facade, pending, most, now_ns() + budget_ns, &taken);
    if (result == 0) {
        result = flush(facade, pending);
    } else {
        PyObject *kind, *error, *trace;
        PyErr_Fetch(&kind, &error, &trace);
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pending); i++)
            Py_CLEAR(((target *)PyList_GET_ITEM(pending, i))->batch);
        PyErr_Restore(kind, error, trace);
    }
    Py_DECREF(pending);
    return result == 0 ? PyLong_FromLong(taken) : NULL;
}
