/* The capsule for upbit_live._qt. */
#include "api.h"

#include "core.h"

static PyObject *from_event(const upbit_event *event)
{
    if (event == NULL)
        Py_RETURN_NONE;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    d.event = event;
    upbit_event_ref(event);
    return event_wrap(&d);
}

static int to_event(PyObject *object, int type, const upbit_event **event)
{
    size_t count;
    const shape *plain = shapes_all(&count);
    if (!PyObject_TypeCheck(object, plain->type))
        return -1;
    const upbit_event *e = ((record *)object)->event;
    if (type != 0 && e->type != type)
        return -1;
    *event = e;
    return 0;
}

static int to_decimal(PyObject *object, upbit_decimal *value)
{
    if (object == Py_None) {
        *value = (upbit_decimal){0};
        value->null = 1;
        return 0;
    }
    /* A float is refused: what it holds is seldom what was meant. */
    if (!convert_is_decimal(object) && !PyUnicode_Check(object) &&
        (!PyLong_Check(object) || PyBool_Check(object)))
        return -1;
    PyObject *text = PyObject_Str(object);
    const char *digits = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    int result = digits == NULL ? -1 : upbit_decimal_parse(value, digits, strlen(digits));
    Py_XDECREF(text);
    PyErr_Clear();
    return result < 0 ? -1 : 0;
}

static int to_manager(PyObject *object, upbit_manager **manager)
{
    if (!PyObject_TypeCheck(object, &manager_type))
        return -1;
    *manager = ((manager_object *)object)->manager;
    return 0;
}

int api_init(PyObject *module)
{
    static const upbit_python_api api = {
        .version = UPBIT_PYTHON_API_VERSION,
        .from_event = from_event,
        .from_decimal = convert_decimal,
        .from_enum = convert_from_enum,
        .from_manager_stats = manager_stats_of,
        .from_proxy_stats = proxy_stats_of,
        .to_event = to_event,
        .to_decimal = to_decimal,
        .to_enum = convert_to_enum,
        .to_manager = to_manager,
    };
    PyObject *capsule = PyCapsule_New((void *)(uintptr_t)&api, UPBIT_PYTHON_API_NAME, NULL);
    int result = capsule == NULL ? -1 : PyModule_AddObjectRef(module, "api", capsule);
    Py_XDECREF(capsule);
    return result;
}
