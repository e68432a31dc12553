/* Values of the library as Python objects, one at a time and only when asked for. */
#include "core.h"

#include <datetime.h>

static PyObject *decimal_class, *korea, *error_factory, *origins, *enum_tables;

int convert_init(PyObject *module)
{
    (void)module;
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == NULL)
        return -1;
    PyObject *decimal = PyImport_ImportModule("decimal");
    if (decimal == NULL)
        return -1;
    decimal_class = PyObject_GetAttrString(decimal, "Decimal");
    Py_DECREF(decimal);
    PyObject *hours = PyDelta_FromDSU(0, 9 * 3600, 0);
    PyObject *name = PyUnicode_FromString("KST");
    if (hours != NULL && name != NULL)
        korea = PyTimeZone_FromOffsetAndName(hours, name);
    Py_XDECREF(hours);
    Py_XDECREF(name);
    return decimal_class != NULL && korea != NULL ? 0 : -1;
}

/* Decimals and codes that were made lately: the prices of a market come again and again, and to
 * make one of its text costs five times the look. Both are immutable, so one object can stand for
 * all of its value; a place holds the last of those that fall on it. Small, to be in the
 * processor's cache. With the GIL. */
enum { RECENT = 512 };
static struct {
    uint64_t digits;
    PyObject *object; /* NULL: free */
    int16_t exponent;
    uint8_t negative;
} decimals[RECENT];
static struct {
    uint64_t words[3];
    PyObject *object;
} codes[RECENT];

static size_t place_of(uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 55);
}

static PyObject *make_decimal(const upbit_decimal *d)
{
    char text[UPBIT_DECIMAL_STRING_SIZE];
    upbit_decimal_to_string(d, text, sizeof text);
    PyObject *digits = PyUnicode_FromString(text);
    PyObject *value = digits == NULL ? NULL : PyObject_CallOneArg(decimal_class, digits);
    Py_XDECREF(digits);
    return value;
}

PyObject *convert_decimal(const upbit_decimal *d)
{
    if (d->null)
        Py_RETURN_NONE;
    if (d->hi != 0)
        return make_decimal(d);
    size_t at = place_of(d->lo ^ (uint64_t)(uint16_t)d->exponent << 40 ^ d->negative);
    PyObject *value = decimals[at].object;
    if (value != NULL && decimals[at].digits == d->lo && decimals[at].exponent == d->exponent &&
        decimals[at].negative == d->negative) {
        Py_INCREF(value);
        return value;
    }
    value = make_decimal(d);
    if (value != NULL) {
        decimals[at].digits = d->lo;
        decimals[at].exponent = d->exponent;
        decimals[at].negative = d->negative;
        Py_INCREF(value);
        Py_XSETREF(decimals[at].object, value);
    }
    return value;
}

static PyObject *convert_text(const char *text, size_t length);

/* A code fills its array with zeros, so that it can be compared by words. */
static PyObject *convert_code(const char *code)
{
    uint64_t words[3];
    memcpy(words, code, sizeof words);
    size_t at = place_of(words[0] ^ words[1] * 3 ^ words[2] * 5);
    PyObject *text = codes[at].object;
    if (text == NULL || memcmp(codes[at].words, words, sizeof words) != 0) {
        text = convert_text(code, strlen(code));
        if (text == NULL)
            return NULL;
        memcpy(codes[at].words, words, sizeof words);
        Py_XSETREF(codes[at].object, text);
    }
    Py_INCREF(text);
    return text;
}

int convert_is_decimal(PyObject *object)
{
    return PyObject_TypeCheck(object, (PyTypeObject *)decimal_class);
}

PyObject *convert_time(int64_t ms, int korean)
{
    PyObject *zone = korean ? korea : PyDateTime_TimeZone_UTC;
    /* A double holds today's seconds to a fraction of a microsecond, which is the class's grain. */
    PyObject *arguments = Py_BuildValue("(dO)", (double)ms / 1000.0, zone);
    if (arguments == NULL)
        return NULL;
    PyObject *time = PyDateTime_FromTimestamp(arguments);
    Py_DECREF(arguments);
    return time;
}

/* 0 stands for "not said"; a number that Python's tables do not have is the table's UNKNOWN. */
static PyObject *convert_enum(PyObject *table, long value)
{
    if (table == NULL)
        return PyLong_FromLong(value);
    for (int attempt = 0; attempt < 2; attempt++) {
        PyObject *number = PyLong_FromLong(attempt == 0 ? value : 255);
        if (number == NULL)
            return NULL;
        PyObject *member = PyDict_GetItemWithError(table, number);
        Py_DECREF(number);
        if (member != NULL) {
            Py_INCREF(member);
            return member;
        }
        if (PyErr_Occurred())
            return NULL;
        if (value == 0)
            break;
    }
    Py_RETURN_NONE;
}

static PyObject *convert_text(const char *text, size_t length)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
}

PyObject *convert_column(const record *r, const column *c)
{
    const char *base = r->base[c->base];
    if (base == NULL)
        Py_RETURN_NONE;
    const void *at = base + c->offset;
    int said = c->field < 0 || upbit_event_has(r->event, (size_t)c->field) == 1;
    switch (c->kind) {
    case UPBIT_FIELD_DECIMAL:
        return convert_decimal(at);
    case UPBIT_FIELD_STRING: {
        const char *text = *(const char *const *)at;
        if (text == NULL)
            Py_RETURN_NONE;
        return convert_text(text, strlen(text));
    }
    case UPBIT_FIELD_ARRAY:
        return event_rows(r);
    case UPBIT_FIELD_TYPE:
        return PyUnicode_FromString(upbit_type_name(*(const uint16_t *)at));
    case UPBIT_FIELD_CODE:
        return convert_code(at);
    case COLUMN_TEXT:
        return convert_text(at, strlen(at));
    case UPBIT_FIELD_STREAM:
        return convert_enum(c->table, *(const uint8_t *)at);
    case COLUMN_INT32:
        return PyLong_FromLong(*(const int32_t *)at);
    case COLUMN_INT64:
        return PyLong_FromLongLong(*(const int64_t *)at);
    case COLUMN_UINT64:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
    case COLUMN_ENUM32:
        /* Sessions, states and levels count from 0: their tables have it. */
        return convert_enum(c->table, (long)*(const uint32_t *)at);
    case COLUMN_TYPE32:
        return PyUnicode_FromString(upbit_type_name((int)*(const uint32_t *)at));
    case COLUMN_BOOL32:
        return PyBool_FromLong(*(const uint32_t *)at != 0);
    default:
        break;
    }
    if (!said)
        Py_RETURN_NONE;
    switch (c->kind) {
    case UPBIT_FIELD_BOOL:
        return PyBool_FromLong(*(const uint8_t *)at);
    case UPBIT_FIELD_ENUM:
        return convert_enum(c->table, *(const uint8_t *)at);
    case COLUMN_UTC:
    case COLUMN_KST:
        return convert_time(*(const int64_t *)at, c->kind == COLUMN_KST);
    default: /* INT, TIMESTAMP */
        return PyLong_FromLongLong(*(const int64_t *)at);
    }
}

int convert_set_enums(PyObject *tables)
{
    if (!PyDict_Check(tables)) {
        PyErr_SetString(PyExc_TypeError, "tables: must be a dict");
        return -1;
    }
    size_t count;
    shape *shapes = shapes_all(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < shapes[i].count; k++) {
            column *c = &shapes[i].columns[k];
            if (c->enumeration == NULL)
                continue;
            c->table = PyDict_GetItemString(tables, c->enumeration);
            if (c->table == NULL) {
                PyErr_Format(PyExc_KeyError, "no enum for %s", c->enumeration);
                return -1;
            }
        }
    origins = PyDict_GetItemString(tables, "origin");
    Py_INCREF(tables); /* the columns borrow from it, for good */
    Py_XSETREF(enum_tables, tables);
    return 0;
}

PyObject *convert_origin(int origin)
{
    return convert_enum(origins, origin);
}

static PyObject *table_of(const char *name)
{
    return enum_tables == NULL ? NULL : PyDict_GetItemString(enum_tables, name);
}

PyObject *convert_from_enum(const char *table, long number)
{
    return convert_enum(table_of(table), number);
}

int convert_to_enum(const char *table, PyObject *member, long *number)
{
    PyObject *members = table_of(table), *key, *value;
    Py_ssize_t at = 0;
    while (members != NULL && PyDict_Next(members, &at, &key, &value)) {
        if (value == member) {
            *number = PyLong_AsLong(key);
            return 0;
        }
    }
    return -1;
}

int convert_set_error_factory(PyObject *factory)
{
    Py_INCREF(factory);
    Py_XSETREF(error_factory, factory);
    return 0;
}

PyObject *convert_raise(int error)
{
    return convert_raise_with(error, upbit_error_detail());
}

PyObject *convert_raise_with(int error, const char *reason)
{
    /* It may name a part of a message, and end inside a letter. */
    PyObject *detail = convert_text(reason, strlen(reason));
    PyObject *exception = error_factory == NULL || detail == NULL
                              ? NULL
                              : PyObject_CallFunction(error_factory, "iO", error, detail);
    Py_XDECREF(detail);
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, upbit_error_string(error));
    }
    return NULL;
}
