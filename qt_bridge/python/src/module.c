/* The module upbit_live._core. */
#include "decode.h"
#include "dispatch.h"
#include "options.h"

static PyObject *set_enums(PyObject *module, PyObject *tables)
{
    (void)module;
    if (convert_set_enums(tables) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *set_error_factory(PyObject *module, PyObject *factory)
{
    (void)module;
    convert_set_error_factory(factory);
    Py_RETURN_NONE;
}

/* spellings(field): number -> the exchange's word, of an enum field of any data type. */
static PyObject *spellings(PyObject *module, PyObject *name)
{
    (void)module;
    const char *wanted = PyUnicode_AsUTF8(name);
    PyObject *words = wanted == NULL ? NULL : PyDict_New();
    for (int type = UPBIT_TYPE_TICKER; words != NULL && type <= UPBIT_TYPE_ANNOUNCEMENT; type++) {
        size_t count;
        const upbit_field *fields = upbit_type_fields(type, &count);
        for (size_t i = 0; words != NULL && i < count; i++) {
            if (fields[i].kind != UPBIT_FIELD_ENUM || strcmp(fields[i].name, wanted) != 0)
                continue;
            for (int value = 1; words != NULL && value < 255; value++) {
                const char *word = upbit_field_enum_name(&fields[i], value);
                if (word == NULL)
                    continue;
                PyObject *number = PyLong_FromLong(value), *text = PyUnicode_FromString(word);
                if (number == NULL || text == NULL || PyDict_SetItem(words, number, text) != 0)
                    Py_CLEAR(words);
                Py_XDECREF(number);
                Py_XDECREF(text);
            }
        }
    }
    return words;
}

static PyObject *take_environment_keys(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    int taken = upbit_environment_take_keys();
    return taken < 0 ? convert_raise(taken) : PyBool_FromLong(taken);
}

static PyObject *drop_environment_keys(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    upbit_environment_drop_keys();
    Py_RETURN_NONE;
}

static PyObject *error_list(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *list = PyDict_New();
#define ADD(name, number, text)                                                                    \
    if (list != NULL) {                                                                            \
        PyObject *row = Py_BuildValue("(ss)", #name, text), *key = PyLong_FromLong(number);        \
        if (row == NULL || key == NULL || PyDict_SetItem(list, key, row) != 0)                     \
            Py_CLEAR(list);                                                                        \
        Py_XDECREF(row);                                                                           \
        Py_XDECREF(key);                                                                           \
    }
    UPBIT_ERROR_LIST(ADD)
#undef ADD
    return list;
}

static PyMethodDef functions[] = {
    {"set_enums", set_enums, METH_O, "Tables number -> member by field name; once, at import."},
    {"set_error_factory", set_error_factory, METH_O,
     "Makes the exceptions: factory(code, detail)."},
    {"spellings", spellings, METH_O, "The words of an enum field by their numbers."},
    {"error_list", error_list, METH_NOARGS, "code -> (name, text) of all errors."},
    {"take_log", log_take, METH_NOARGS, "Lines of the library since the last call."},
    {"log_fileno", log_fileno, METH_NOARGS, "Readable while there are such lines."},
    {"take_environment_keys", take_environment_keys, METH_NOARGS,
     "Takes the API keys out of the environment; True: there were some."},
    {"drop_environment_keys", drop_environment_keys, METH_NOARGS, "Wipes what that took."},
    {"decode", decode_message, METH_VARARGS, "The events of a WebSocket message."},
    {"decode_rest", decode_rest, METH_VARARGS, "The events of a REST answer: type, unit, body."},
    {"settings_list", (PyCFunction)(void (*)(void))settings_list, METH_VARARGS | METH_KEYWORDS,
     "Rows of the settings that a Manager of these options would have."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "upbit_live._core",
                                        "The C library; use upbit_live.",
                                        -1,
                                        functions,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__core(void); /* the interpreter finds it by its name */
PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    if (log_init() != 0 || convert_init(module) != 0 || shapes_init() != 0 ||
        event_init(module) != 0 || api_init(module) != 0 ||
        PyModule_AddType(module, &manager_type) != 0 ||
        PyModule_AddType(module, &proxy_type) != 0 || PyModule_AddType(module, &target_type) != 0 ||
        PyModule_AddStringConstant(module, "version", UPBIT_VERSION_STRING) != 0)
        Py_CLEAR(module);
    return module;
}
