/* Proxy(manager, client_id, ...): one queue. The facade (upbit_live._proxy) stands on it.
 *
 * All calls but close hold the GIL throughout and none of them waits, so that no two run at once
 * and none is under way when close or the collector, in whatever thread, frees the proxy. */
#include "dispatch.h"
#include "inspect.h"

#include <structmember.h>

static PyObject *proxy_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static const char *const names[] = {"manager",     "client_id", "policy", "queue_messages",
                                        "queue_bytes", "health",    NULL};
    PyObject *manager;
    const char *client_id;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    unsigned messages = 0, bytes = 0;
    int health = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O!s|iIIp:Proxy", (char **)(uintptr_t)names,
                                     &manager_type, &manager, &client_id, &o.policy, &messages,
                                     &bytes, &health))
        return NULL;
    o.health = health ? UPBIT_ON : UPBIT_AUTO;
    o.queue_messages = messages;
    o.queue_bytes = bytes;
    proxy_object *p = (proxy_object *)type->tp_alloc(type, 0);
    if (p == NULL)
        return NULL;
    int error = upbit_proxy_open(&p->proxy, ((manager_object *)manager)->manager, client_id, &o);
    if (error < 0) {
        p->proxy = NULL;
        Py_DECREF(p);
        return convert_raise(error);
    }
    Py_INCREF(manager);
    p->manager = manager;
    return (PyObject *)p;
}

static PyObject *proxy_close(PyObject *self, PyObject *unused)
{
    (void)unused;
    proxy_object *p = (proxy_object *)self;
    upbit_proxy *handle = p->proxy;
    p->proxy = NULL;
    proxy_drop_ahead(p);
    routes_forget(&p->routes);
    if (handle != NULL) {
        Py_BEGIN_ALLOW_THREADS upbit_proxy_close(handle);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

static void proxy_free(PyObject *self)
{
    proxy_object *p = (proxy_object *)self;
    PyObject_GC_UnTrack(self);
    proxy_drop_ahead(p);
    upbit_proxy_close(p->proxy);
    p->proxy = NULL;
    routes_forget(&p->routes);
    Py_CLEAR(p->manager);
    Py_TYPE(self)->tp_free(self);
}

static int proxy_traverse(PyObject *self, visitproc visit, void *arg)
{
    proxy_object *p = (proxy_object *)self;
    Py_VISIT(p->manager);
    return routes_traverse(&p->routes, visit, arg);
}

static int proxy_clear(PyObject *self)
{
    routes_forget(&((proxy_object *)self)->routes);
    return 0;
}

static PyObject *proxy_forget(PyObject *self, PyObject *unused)
{
    (void)unused;
    routes_forget(&((proxy_object *)self)->routes);
    Py_RETURN_NONE;
}

static upbit_proxy *handle_of(PyObject *self)
{
    upbit_proxy *p = ((proxy_object *)self)->proxy;
    if (p == NULL)
        convert_raise(UPBIT_ERROR_CLOSED);
    return p;
}

static PyObject *result(int error)
{
    if (error < 0)
        return convert_raise(error);
    Py_RETURN_NONE;
}

/* The texts stay valid as long as `codes`, which the caller's arguments hold. */
static const char **read_codes(PyObject *codes, size_t *count)
{
    PyObject *list = PySequence_Fast(codes, "codes: must be a sequence of str");
    if (list == NULL)
        return NULL;
    Py_ssize_t length = PySequence_Fast_GET_SIZE(list);
    const char **texts = PyMem_Malloc(((size_t)length + 1) * sizeof *texts);
    if (texts == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; texts != NULL && i < length; i++) {
        texts[i] = PyUnicode_AsUTF8(PySequence_Fast_GET_ITEM(list, i));
        if (texts[i] == NULL) {
            PyMem_Free(texts);
            texts = NULL;
        }
    }
    *count = (size_t)length;
    Py_DECREF(list);
    return texts;
}

/* command(what, request_id, type, codes, ...): what is an upbit_command. */
static PyObject *proxy_command(PyObject *self, PyObject *arguments, PyObject *named)
{
    static const char *const names[] = {
        "what",       "request_id", "type",   "codes",  "unit",  "depth",      "level",
        "flags",      "count",      "before", "orders", "after", "order_uuid", "order_identifier",
        "timeout_ms", NULL};
    upbit_want want = UPBIT_WANT_INIT;
    int what;
    unsigned long long id;
    PyObject *codes = NULL;
    const char *level = NULL;
    unsigned count = 0, timeout_ms = 0;
    long long before = 0, after = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "iK|iO!IIzIILiLzzI:command",
                                     (char **)(uintptr_t)names, &what, &id, &want.type,
                                     &PyTuple_Type, &codes, &want.candle_unit, &want.book_depth,
                                     &level, &want.flags, &count, &before, &want.orders, &after,
                                     &want.order_uuid, &want.order_identifier, &timeout_ms))
        return NULL;
    upbit_proxy *p = handle_of(self);
    if (p == NULL)
        return NULL;
    want.count = count;
    want.before = before;
    want.after = after;
    if (level != NULL && upbit_decimal_parse(&want.book_level, level, strlen(level)) < 0) {
        PyErr_Format(PyExc_ValueError, "level: '%s' is not a number", level);
        return NULL;
    }
    const char **texts = NULL;
    if (codes != NULL) {
        texts = read_codes(codes, &want.code_count);
        if (texts == NULL)
            return NULL;
    }
    want.codes = texts;
    int error = UPBIT_ERROR_INVALID_ARGUMENT;
    switch (what) {
    case UPBIT_COMMAND_SUBSCRIBE:
        error = upbit_proxy_subscribe(p, &want, id);
        break;
    case UPBIT_COMMAND_UNSUBSCRIBE:
        error = upbit_proxy_unsubscribe(p, &want, id);
        break;
    case UPBIT_COMMAND_REPLACE:
        error = upbit_proxy_replace(p, &want, id);
        break;
    case UPBIT_COMMAND_UNSUBSCRIBE_ALL:
        error = upbit_proxy_unsubscribe_all(p, id);
        break;
    case UPBIT_COMMAND_SNAPSHOT:
        error = upbit_proxy_get_snapshot(p, &want, timeout_ms, id);
        break;
    case UPBIT_COMMAND_CANCEL:
        error = upbit_proxy_cancel(p, id);
        break;
    default:
        break;
    }
    /* Nothing of the library between the failure and its detail. */
    PyObject *answer = result(error);
    PyMem_Free(texts);
    return answer;
}

static PyObject *proxy_next(PyObject *self, PyObject *unused)
{
    (void)unused;
    proxy_object *p = (proxy_object *)self;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int taken = p->proxy == NULL ? UPBIT_ERROR_CLOSED : proxy_take(p, &d);
    if (taken == 1)
        return event_wrap(&d);
    if (taken < 0 && taken != UPBIT_ERROR_CLOSED)
        return convert_raise(taken);
    Py_RETURN_NONE;
}

static PyObject *proxy_fileno(PyObject *self, PyObject *unused)
{
    (void)unused;
    upbit_proxy *p = handle_of(self);
    return p == NULL ? NULL : PyLong_FromLong(upbit_proxy_fd(p));
}

static PyObject *proxy_stats(PyObject *self, PyObject *unused)
{
    (void)unused;
    upbit_proxy *p = handle_of(self);
    return p == NULL ? NULL : proxy_stats_of(p);
}

/* 1: yes; 0: not known yet; below 0: an error code that says why not. */
static PyObject *proxy_private(PyObject *self, PyObject *unused)
{
    (void)unused;
    upbit_proxy *p = handle_of(self);
    return p == NULL ? NULL : PyLong_FromLong(upbit_proxy_is_private_available(p));
}

static PyObject *proxy_capabilities(PyObject *self, PyObject *unused)
{
    (void)unused;
    upbit_proxy *p = handle_of(self);
    return p == NULL ? NULL : inspect_capabilities(p);
}

/* acquire(group, cost, timeout_ms, request_id) */
static PyObject *proxy_acquire(PyObject *self, PyObject *arguments)
{
    int group;
    unsigned cost, timeout_ms;
    unsigned long long id;
    if (!PyArg_ParseTuple(arguments, "iIIK:acquire", &group, &cost, &timeout_ms, &id))
        return NULL;
    upbit_proxy *p = handle_of(self);
    return p == NULL ? NULL : result(upbit_limiter_acquire(p, group, cost, timeout_ms, id));
}

static PyObject *get_closed(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(((proxy_object *)self)->proxy == NULL);
}

static PyObject *get_ahead(PyObject *self, void *closure)
{
    (void)closure;
    const proxy_object *p = (proxy_object *)self;
    return PyLong_FromUnsignedLong(p->ahead_count - p->ahead_at);
}

static PyMethodDef methods[] = {
    {"command", (PyCFunction)(void (*)(void))proxy_command, METH_VARARGS | METH_KEYWORDS,
     "A command of the C library; its ReplyEvent carries request_id."},
    {"turn", proxy_turn, METH_VARARGS,
     "Takes events for so long and calls who wants them; how many there were."},
    {"forget", proxy_forget, METH_NOARGS, "Who wants what has changed."},
    {"next", proxy_next, METH_NOARGS, "The next event, None when there is none now."},
    {"fileno", proxy_fileno, METH_NOARGS,
     "Readable while there may be events; read nothing from it."},
    {"private_available", proxy_private, METH_NOARGS, "1 yes, 0 not known yet, else why not."},
    {"capabilities", proxy_capabilities, METH_NOARGS, "What private data can be had, and why not."},
    {"acquire", proxy_acquire, METH_VARARGS, "Asks for grants; its ReplyEvent carries request_id."},
    {"stats", proxy_stats, METH_NOARGS, "Counters of this proxy's queue."},
    {"close", proxy_close, METH_NOARGS, "Drops the wants; never waits for the network."},
    {NULL, NULL, 0, NULL}};
static PyMemberDef members[] = {
    {"paused", T_BOOL, offsetof(proxy_object, paused), 0, "A turn takes nothing."},
    {"everything", T_BOOL, offsetof(proxy_object, everything), 0, "All goes to the facade."},
    {NULL, 0, 0, 0, NULL}};
static PyGetSetDef getters[] = {
    {"closed", get_closed, NULL, NULL, NULL},
    {"ahead", get_ahead, NULL, "How many events were taken and wait here: fileno() does not tell.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyTypeObject proxy_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "upbit_live._core.Proxy",
    .tp_basicsize = sizeof(proxy_object),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "One queue of events.",
    .tp_new = proxy_new,
    .tp_dealloc = proxy_free,
    .tp_traverse = proxy_traverse,
    .tp_clear = proxy_clear,
    .tp_members = members,
    .tp_methods = methods,
    .tp_getset = getters,
};
