/* Manager(url=..., ...): one I/O thread. Options have the names of upbit_options. */
#include "core.h"

#include <stddef.h>

typedef enum option_kind { TEXT, NUMBER, UNSIGNED, BYTES } option_kind;

static const struct {
    const char *name;
    size_t offset;
    option_kind kind;
} options[] = {
#define O(member, kind)                                                                            \
    {                                                                                              \
#member, offsetof(upbit_options, member), kind                                             \
    }
    O(url, TEXT),
    O(private_url, TEXT),
    O(rest_url, TEXT),
    O(ca_file, TEXT),
    O(proxy, TEXT),
    O(replay_file, TEXT),
    O(format, NUMBER),
    O(transport, NUMBER),
    O(compression, NUMBER),
    O(log_level, NUMBER),
    O(limit_strategy, NUMBER),
    O(environment_keys, NUMBER),
    O(token_algorithm, NUMBER),
    O(connect_timeout_ms, UNSIGNED),
    O(upgrade_timeout_ms, UNSIGNED),
    O(ping_interval_ms, UNSIGNED),
    O(pong_timeout_ms, UNSIGNED),
    O(settle_ms, UNSIGNED),
    O(settle_max_ms, UNSIGNED),
    O(memory_budget, BYTES),
    O(message_size_max, UNSIGNED),
    O(backoff_first_ms, UNSIGNED),
    O(no_data_ms, UNSIGNED),
    O(stale_ms, UNSIGNED),
    O(listing_ms, UNSIGNED),
    O(silence_ms, UNSIGNED),
#undef O
};

static int read_option(upbit_options *out, PyObject *name, PyObject *value)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (PyUnicode_CompareWithASCIIString(name, options[i].name) != 0)
            continue;
        void *at = (char *)out + options[i].offset;
        if (value == Py_None)
            return 0;
        if (options[i].kind == TEXT) {
            /* Lives as long as the caller's dict, and the library copies it. */
            const char *text = PyUnicode_AsUTF8(value);
            if (text == NULL)
                return -1;
            memcpy(at, &text, sizeof text);
            return 0;
        }
        if (options[i].kind == NUMBER) {
            long number = PyLong_AsLong(value);
            if (number == -1 && PyErr_Occurred())
                return -1;
            if (number < INT32_MIN || number > INT32_MAX)
                return PyErr_Format(PyExc_OverflowError, "%U: too large", name), -1;
            *(int *)at = (int)number;
            return 0;
        }
        unsigned long long number = PyLong_AsUnsignedLongLong(value);
        if (number == (unsigned long long)-1 && PyErr_Occurred())
            return -1;
        if (options[i].kind == UNSIGNED && number > UINT32_MAX)
            return PyErr_Format(PyExc_OverflowError, "%U: too large", name), -1;
        if (options[i].kind == UNSIGNED)
            *(uint32_t *)at = (uint32_t)number;
        else
            *(uint64_t *)at = number;
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "Manager has no option '%U'", name);
    return -1;
}

static PyObject *manager_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    if (PyTuple_GET_SIZE(arguments) != 0) {
        PyErr_SetString(PyExc_TypeError, "Manager takes named options only");
        return NULL;
    }
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.log = log_line;
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (named != NULL && PyDict_Next(named, &at, &name, &value))
        if (read_option(&o, name, value) != 0)
            return NULL;
    manager_object *m = (manager_object *)type->tp_alloc(type, 0);
    if (m == NULL)
        return NULL;
    int error;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_create(&m->manager, &o);
    Py_END_ALLOW_THREADS if (error < 0)
    {
        m->manager = NULL;
        Py_DECREF(m);
        return convert_raise(error);
    }
    return (PyObject *)m;
}

static void manager_free(PyObject *self)
{
    upbit_manager *m = ((manager_object *)self)->manager;
    ((manager_object *)self)->manager = NULL;
    if (m != NULL) {
        Py_BEGIN_ALLOW_THREADS upbit_manager_release(m);
        Py_END_ALLOW_THREADS
    }
    Py_TYPE(self)->tp_free(self);
}

static PyObject *manager_shutdown(PyObject *self, PyObject *arguments)
{
    unsigned deadline_ms = 0;
    if (!PyArg_ParseTuple(arguments, "|I:shutdown", &deadline_ms))
        return NULL;
    int error;
    upbit_manager *m = ((manager_object *)self)->manager;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_shutdown(m, deadline_ms);
    Py_END_ALLOW_THREADS if (error < 0 && error != UPBIT_ERROR_TIMEOUT) return convert_raise(error);
    return PyBool_FromLong(error == 0);
}

static PyObject *manager_set_credentials(PyObject *self, PyObject *arguments)
{
    const char *access_key, *secret_key;
    if (!PyArg_ParseTuple(arguments, "zz:set_credentials", &access_key, &secret_key))
        return NULL;
    int error =
        upbit_manager_set_credentials(((manager_object *)self)->manager, access_key, secret_key);
    if (error < 0)
        return convert_raise(error);
    Py_RETURN_NONE;
}

static PyObject *manager_stats(PyObject *self, PyObject *unused)
{
    (void)unused;
    return manager_stats_of(((manager_object *)self)->manager);
}

static PyObject *manager_health(PyObject *self, PyObject *unused)
{
    (void)unused;
    return manager_health_of(((manager_object *)self)->manager);
}

static PyMethodDef methods[] = {
    {"shutdown", manager_shutdown, METH_VARARGS,
     "Ends the I/O thread; False: connections were cut."},
    {"set_credentials", manager_set_credentials, METH_VARARGS, "API keys; None, None: no keys."},
    {"stats", manager_stats, METH_NOARGS, "Counters and gauges."},
    {"health", manager_health, METH_NOARGS, "How the stream stands."},
    {NULL, NULL, 0, NULL}};

PyTypeObject manager_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "upbit_live._core.Manager",
    .tp_basicsize = sizeof(manager_object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "One I/O thread with its connections; options as in upbit-live/options.h.",
    .tp_new = manager_new,
    .tp_dealloc = manager_free,
    .tp_methods = methods,
};
