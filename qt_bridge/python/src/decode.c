/* Messages as events without a connection: decode(message), decode_rest(type, unit, body). */
#include "decode.h"

typedef struct found {
    PyObject *list; /* NULL once something failed */
} found;

static void add_event(void *context, const upbit_event *event)
{
    found *f = context;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    d.event = event;
    PyObject *object = event_wrap(&d);
    if (object == NULL || (f->list != NULL && PyList_Append(f->list, object) != 0))
        Py_CLEAR(f->list);
    Py_XDECREF(object);
}

/* The events, or the exception of what the library or the list ran into. */
static PyObject *finish(found *f, int result, const char *reason)
{
    if (result >= 0)
        return f->list; /* NULL: with an exception set */
    Py_CLEAR(f->list);
    PyErr_Clear();
    return reason[0] != '\0' ? convert_raise_with(result, reason) : convert_raise(result);
}

PyObject *decode_message(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *text;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(arguments, "s#:decode", &text, &length))
        return NULL;
    char reason[200] = "";
    found f = {PyList_New(0)};
    int result = f.list == NULL
                     ? 0
                     : upbit_decode(text, (size_t)length, add_event, &f, reason, sizeof reason);
    return finish(&f, result, reason);
}

PyObject *decode_rest(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *text;
    Py_ssize_t length;
    int type;
    unsigned unit;
    if (!PyArg_ParseTuple(arguments, "iIs#:decode_rest", &type, &unit, &text, &length))
        return NULL;
    char reason[200] = "";
    found f = {PyList_New(0)};
    int result = f.list == NULL ? 0
                                : upbit_decode_rest(type, unit, text, (size_t)length, add_event, &f,
                                                    reason, sizeof reason);
    return finish(&f, result, reason);
}
