/* Options of a manager by their names, as those of upbit_options: for Manager(...) and
 * settings(...). */
#include "options.h"

#include <stddef.h>

typedef enum option_kind { TEXT, NUMBER, SWITCH, REAL, UNSIGNED, BYTES } option_kind;

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
    O(limit_group, TEXT),
    O(io_cpus, TEXT),
    O(log_levels, TEXT),
    O(log_file, TEXT),
    O(metrics_file, TEXT),
    O(trace_file, TEXT),
    O(format, NUMBER),
    O(transport, NUMBER),
    O(log_level, NUMBER),
    O(limit_strategy, NUMBER),
    O(token_algorithm, NUMBER),
    O(region, NUMBER),
    O(profile, NUMBER),
    O(compression, SWITCH),
    O(environment_keys, SWITCH),
    O(limit_sharing, SWITCH),
    O(environment, SWITCH),
    O(replay_speed, REAL),
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
    O(ticker_stale_ms, UNSIGNED),
    O(trade_stale_ms, UNSIGNED),
    O(orderbook_stale_ms, UNSIGNED),
    O(candle_stale_ms, UNSIGNED),
    O(listing_ms, UNSIGNED),
    O(send_timeout_ms, UNSIGNED),
    O(silence_ms, UNSIGNED),
    O(monitor_ms, UNSIGNED),
    O(token_life_ms, UNSIGNED),
    O(queue_messages, UNSIGNED),
    O(queue_bytes, UNSIGNED),
    O(metrics_interval_ms, UNSIGNED),
#undef O
};

static int read_number(int *at, PyObject *name, PyObject *value)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred())
        return -1;
    if (number < INT32_MIN || number > INT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "%U: too large", name);
        return -1;
    }
    *at = (int)number;
    return 0;
}

static int read_unsigned(void *at, option_kind kind, PyObject *name, PyObject *value)
{
    unsigned long long number = PyLong_AsUnsignedLongLong(value);
    if (number == (unsigned long long)-1 && PyErr_Occurred())
        return -1;
    if (kind == BYTES) {
        *(uint64_t *)at = number;
        return 0;
    }
    if (number > UINT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "%U: too large", name);
        return -1;
    }
    *(uint32_t *)at = (uint32_t)number;
    return 0;
}

static int read_value(void *at, option_kind kind, PyObject *name, PyObject *value)
{
    if (value == Py_None)
        return 0;
    switch (kind) {
    case TEXT: {
        /* Lives as long as the caller's dict, and the library copies it. */
        const char *text = PyUnicode_AsUTF8(value);
        if (text == NULL)
            return -1;
        memcpy(at, &text, sizeof text);
        return 0;
    }
    case SWITCH: /* False says no; the number 0 leaves it open */
        if (PyBool_Check(value)) {
            *(int *)at = value == Py_True ? UPBIT_ON : UPBIT_OFF;
            return 0;
        }
        return read_number(at, name, value);
    case NUMBER:
        return read_number(at, name, value);
    case REAL: {
        double number = PyFloat_AsDouble(value);
        if (number == -1 && PyErr_Occurred())
            return -1;
        *(double *)at = number;
        return 0;
    }
    default:
        return read_unsigned(at, kind, name, value);
    }
}

static int read_option(upbit_options *out, PyObject *name, PyObject *value)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (PyUnicode_CompareWithASCIIString(name, options[i].name) == 0)
            return read_value((char *)out + options[i].offset, options[i].kind, name, value);
    PyErr_Format(PyExc_TypeError, "there is no option '%U'", name);
    return -1;
}

int options_read(upbit_options *out, PyObject *arguments, PyObject *named)
{
    if (PyTuple_GET_SIZE(arguments) != 0) {
        PyErr_SetString(PyExc_TypeError, "options are given by their names");
        return -1;
    }
    out->log = log_line;
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (named != NULL && PyDict_Next(named, &at, &name, &value))
        if (read_option(out, name, value) != 0)
            return -1;
    if (out->log_file != NULL)
        out->log = NULL; /* who names a file wants the lines there */
    return 0;
}

static void add_setting(void *context, const upbit_setting *s)
{
    PyObject *list = context;
    PyObject *row = PyErr_Occurred() ? NULL
                                     : Py_BuildValue("(szssss)", s->name, s->variable, s->value,
                                                     s->source, s->unit, s->tuning ? "tuning" : "");
    if (row != NULL)
        PyList_Append(list, row);
    Py_XDECREF(row);
}

PyObject *settings_list(PyObject *module, PyObject *arguments, PyObject *named)
{
    (void)module;
    upbit_options o = UPBIT_OPTIONS_INIT;
    if (options_read(&o, arguments, named) != 0)
        return NULL;
    PyObject *list = PyList_New(0);
    if (list == NULL)
        return NULL;
    int error = upbit_settings_list(&o, add_setting, list);
    if (error < 0 || PyErr_Occurred()) {
        Py_DECREF(list);
        return error < 0 ? convert_raise(error) : NULL;
    }
    return list;
}
