/* What upbit_live._core lends the other extension of the package, upbit_live._qt, by the capsule
 * upbit_live._core.api: the conversions, so that both have the very same classes. With the GIL. */
#ifndef UPBIT_PYTHON_API_H
#define UPBIT_PYTHON_API_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>
#include <upbit-live/upbit-live.h>

#define UPBIT_PYTHON_API_NAME    "upbit_live._core.api"
#define UPBIT_PYTHON_API_VERSION 1

typedef struct upbit_python_api {
    int version;
    /* New references; NULL with an exception set. */
    PyObject *(*from_event)(const upbit_event *event); /* takes one of its own; NULL: None */
    PyObject *(*from_decimal)(const upbit_decimal *value);
    PyObject *(*from_enum)(const char *table, long number);
    PyObject *(*from_manager_stats)(upbit_manager *manager);
    PyObject *(*from_proxy_stats)(upbit_proxy *proxy);
    /* -1: not one of that kind, no exception is set. The event is borrowed from the object. */
    int (*to_event)(PyObject *object, int type, const upbit_event **event); /* type 0: any */
    int (*to_decimal)(PyObject *object, upbit_decimal *value); /* Decimal, int, str, None */
    int (*to_enum)(const char *table, PyObject *member, long *number);
    int (*to_manager)(PyObject *object, upbit_manager **manager); /* borrowed */
} upbit_python_api;

#endif
