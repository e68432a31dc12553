/* Manager(url=..., ...): one I/O thread. Options have the names of upbit_options. */
#include "core.h"
#include "inspect.h"
#include "options.h"

static PyObject *manager_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    if (options_read(&o, arguments, named) != 0)
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

/* A member of Session by its number; below 0 with an exception. None: -1 without one. */
static int read_session(PyObject *session)
{
    long number = -1;
    if (session != Py_None && convert_to_enum("session", session, &number) != 0)
        PyErr_SetString(PyExc_TypeError, "session: must be an upbit_live.Session");
    return (int)number;
}

static PyObject *manager_health(PyObject *self, PyObject *arguments)
{
    PyObject *session = Py_None;
    if (!PyArg_ParseTuple(arguments, "|O:health", &session))
        return NULL;
    int number = read_session(session);
    if (PyErr_Occurred())
        return NULL;
    return manager_health_of(((manager_object *)self)->manager, number);
}

static PyObject *manager_inspect(PyObject *self, PyObject *arguments)
{
    double timeout = 1;
    if (!PyArg_ParseTuple(arguments, "|d:inspect", &timeout))
        return NULL;
    unsigned ms = timeout <= 0.001 ? 1 : timeout > 3600 ? 3600000 : (unsigned)(timeout * 1000);
    return inspect_manager(((manager_object *)self)->manager, ms);
}

static PyObject *done(int error)
{
    if (error < 0)
        return convert_raise(error);
    Py_RETURN_NONE;
}

static PyObject *manager_set_log_level(PyObject *self, PyObject *arguments)
{
    int level;
    if (!PyArg_ParseTuple(arguments, "i:set_log_level", &level))
        return NULL;
    upbit_manager *m = ((manager_object *)self)->manager;
    int error;
    /* It waits for a line that is being written. */
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_set_log(m, log_line, NULL, level);
    Py_END_ALLOW_THREADS return done(error);
}

static PyObject *manager_set_log_levels(PyObject *self, PyObject *arguments)
{
    const char *levels;
    if (!PyArg_ParseTuple(arguments, "z:set_log_levels", &levels))
        return NULL;
    upbit_manager *m = ((manager_object *)self)->manager;
    int error;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_set_log_levels(m, levels);
    Py_END_ALLOW_THREADS return done(error);
}

static PyObject *manager_set_trace(PyObject *self, PyObject *arguments)
{
    PyObject *session, *path = NULL, *given;
    if (!PyArg_ParseTuple(arguments, "OO:set_trace", &session, &given))
        return NULL;
    int number = read_session(session);
    if (number < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "session: must be an upbit_live.Session");
    if (PyErr_Occurred() || (given != Py_None && !PyUnicode_FSConverter(given, &path)))
        return NULL;
    upbit_manager *m = ((manager_object *)self)->manager;
    const char *name = path == NULL ? NULL : PyBytes_AS_STRING(path);
    int error;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_set_trace(m, number, name);
    Py_END_ALLOW_THREADS Py_XDECREF(path);
    return done(error);
}

static PyObject *manager_openmetrics(PyObject *self, PyObject *unused)
{
    (void)unused;
    upbit_manager *m = ((manager_object *)self)->manager;
    int64_t size = upbit_manager_to_openmetrics(m, NULL, 0);
    for (;;) {
        if (size < 0)
            return convert_raise((int)size);
        char *text = PyMem_Malloc((size_t)size + 1);
        if (text == NULL)
            return PyErr_NoMemory();
        int64_t needed = upbit_manager_to_openmetrics(m, text, (size_t)size + 1);
        PyObject *page = needed < 0 || needed > size
                             ? NULL
                             : PyUnicode_DecodeUTF8(text, (Py_ssize_t)needed, "replace");
        PyMem_Free(text);
        if (page != NULL || PyErr_Occurred())
            return page;
        size = needed; /* figures have grown meanwhile */
    }
}

static PyObject *manager_write_openmetrics(PyObject *self, PyObject *arguments)
{
    PyObject *path;
    if (!PyArg_ParseTuple(arguments, "O&:write_openmetrics", PyUnicode_FSConverter, &path))
        return NULL;
    upbit_manager *m = ((manager_object *)self)->manager;
    const char *name = PyBytes_AS_STRING(path);
    int error;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_write_openmetrics(m, name);
    Py_END_ALLOW_THREADS Py_DECREF(path);
    return done(error);
}

static PyObject *manager_report_limit(PyObject *self, PyObject *arguments)
{
    int group, http_status;
    const char *remaining = NULL, *body = NULL;
    if (!PyArg_ParseTuple(arguments, "ii|zz:report_limit", &group, &http_status, &remaining, &body))
        return NULL;
    upbit_manager *m = ((manager_object *)self)->manager;
    return done(upbit_limiter_report(m, group, http_status, remaining, body));
}

static PyMethodDef methods[] = {
    {"shutdown", manager_shutdown, METH_VARARGS,
     "Ends the I/O thread; False: connections were cut."},
    {"set_credentials", manager_set_credentials, METH_VARARGS, "API keys; None, None: no keys."},
    {"stats", manager_stats, METH_NOARGS, "Counters and gauges."},
    {"health", manager_health, METH_VARARGS, "How the streams stand, or one of them."},
    {"inspect", manager_inspect, METH_VARARGS,
     "Who subscribed what, and how each part is doing, all of one moment."},
    {"set_log_level", manager_set_log_level, METH_VARARGS,
     "Lines down to this upbit_live.LogLevel."},
    {"set_log_levels", manager_set_log_levels, METH_VARARGS,
     "Of some modules, as the option log_levels; None: one level for all."},
    {"set_trace", manager_set_trace, METH_VARARGS,
     "Every frame of a session goes to a new file as well; None ends it."},
    {"openmetrics", manager_openmetrics, METH_NOARGS, "Statistics and health for a scraper."},
    {"write_openmetrics", manager_write_openmetrics, METH_VARARGS, "The same into a file."},
    {"report_limit", manager_report_limit, METH_VARARGS,
     "What became of a grant of acquire_limit: status, Remaining-Req, the body of a 418."},
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
