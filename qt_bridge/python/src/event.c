/* The classes of events: Event, a class for each kind with its attributes, and the rows of books
 * and assets. An object is the event's reference and nothing else; attributes are converted when
 * read. */
#include "core.h"

static void record_free(PyObject *self)
{
    upbit_event_unref(((record *)self)->event);
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *record_get(PyObject *self, void *closure)
{
    return convert_column((record *)self, closure);
}

static PyObject *get_number(PyObject *self, void *closure)
{
    const record *r = (record *)self;
    return PyLong_FromUnsignedLongLong(closure == NULL ? r->number : r->request_id);
}

static PyObject *get_origin(PyObject *self, void *closure)
{
    (void)closure;
    return convert_origin(((record *)self)->event->origin);
}

/* Unknown members, parsed when asked for: exact numbers, a new dict each time. */
static PyObject *get_extra(PyObject *self, void *closure)
{
    (void)closure;
    const char *text = upbit_event_extra(((record *)self)->event);
    if (text == NULL)
        return PyDict_New();
    PyObject *module = PyImport_ImportModule("upbit_live._extra");
    PyObject *extra = module == NULL ? NULL : PyObject_CallMethod(module, "parse", "s", text);
    Py_XDECREF(module);
    return extra;
}

/* An enum's spelling, a time's number: what json.dumps takes, but for decimals, which stay exact.
 */
static int put(PyObject *dict, const char *name, PyObject *value)
{
    if (value == NULL)
        return -1;
    PyObject *plain = NULL;
    if (PyTuple_Check(value)) {
        plain = PyList_New(0);
        for (Py_ssize_t i = 0; plain != NULL && i < PyTuple_GET_SIZE(value); i++) {
            PyObject *row = PyObject_CallMethod(PyTuple_GET_ITEM(value, i), "to_dict", NULL);
            if (row == NULL || PyList_Append(plain, row) != 0)
                Py_CLEAR(plain);
            Py_XDECREF(row);
        }
    } else if (PyObject_HasAttrString(value, "_value_")) {
        plain = PyObject_GetAttrString(value, "_value_");
    } else {
        Py_INCREF(value);
        plain = value;
    }
    Py_DECREF(value);
    int result = plain == NULL ? -1 : PyDict_SetItemString(dict, name, plain);
    Py_XDECREF(plain);
    return result;
}

static int put_columns(PyObject *dict, const record *r, const shape *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const column *c = &s->columns[i];
        if (!c->shown || (c->field >= 0 && upbit_event_has(r->event, (size_t)c->field) < 0))
            continue;
        if (put(dict, c->name, convert_column(r, c)) != 0)
            return -1;
    }
    return 0;
}

static PyObject *event_to_dict(PyObject *self, PyObject *unused)
{
    (void)unused;
    const record *r = (record *)self;
    size_t count;
    const shape *plain = shapes_all(&count);
    PyObject *dict = PyDict_New();
    if (dict == NULL || put_columns(dict, r, plain) != 0 ||
        put(dict, "origin", convert_origin(r->event->origin)) != 0 ||
        (r->shape != plain && put_columns(dict, r, r->shape) != 0) ||
        (upbit_event_extra(r->event) != NULL && put(dict, "extra", get_extra(self, NULL)) != 0))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *row_to_dict(PyObject *self, PyObject *unused)
{
    (void)unused;
    const record *r = (record *)self;
    PyObject *dict = PyDict_New();
    if (dict != NULL && put_columns(dict, r, r->shape) != 0)
        Py_CLEAR(dict);
    return dict;
}

static PyObject *event_to_json(PyObject *self, PyObject *unused)
{
    (void)unused;
    const upbit_event *e = ((record *)self)->event;
    size_t length = upbit_event_to_json(e, NULL, 0);
    char *text = PyMem_Malloc(length + 1);
    if (text == NULL)
        return PyErr_NoMemory();
    upbit_event_to_json(e, text, length + 1);
    PyObject *result = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
    PyMem_Free(text);
    return result;
}

static PyObject *event_repr(PyObject *self)
{
    const record *r = (record *)self;
    const char *name = r->shape->name;
    return r->event->code[0] == '\0'
               ? PyUnicode_FromFormat("<upbit_live.%s>", name)
               : PyUnicode_FromFormat("<upbit_live.%s %s>", name, r->event->code);
}

static PyMethodDef event_methods[] = {
    {"to_dict", event_to_dict, METH_NOARGS, "The exchange's field names with plain values."},
    {"to_json", event_to_json, METH_NOARGS, "One line of JSON with exact numbers as strings."},
    {NULL, NULL, 0, NULL}};
static PyMethodDef row_methods[] = {
    {"to_dict", row_to_dict, METH_NOARGS, "The exchange's field names with plain values."},
    {NULL, NULL, 0, NULL}};

/* A type of the shape's columns. Immutable: no setters, no __dict__, no assignment to the class. */
static PyTypeObject *make_type(PyObject *module, shape *s, PyTypeObject *base, PyMethodDef *methods,
                               PyGetSetDef *more, size_t more_count)
{
    PyGetSetDef *getters = PyMem_RawCalloc(s->count + more_count + 1, sizeof *getters);
    char *name = PyMem_RawMalloc(64);
    if (getters == NULL || name == NULL)
        return (PyTypeObject *)PyErr_NoMemory();
    PyOS_snprintf(name, 64, "upbit_live._core.%s", s->name);
    for (size_t i = 0; i < s->count; i++)
        getters[i] = (PyGetSetDef){s->columns[i].name, record_get, NULL, NULL, &s->columns[i]};
    for (size_t i = 0; i < more_count; i++)
        getters[s->count + i] = more[i];
    int is_event = methods == event_methods;
    PyType_Slot slots[6] = {{Py_tp_getset, getters}};
    int count = 1;
    /* Functions as data pointers, which POSIX allows and Python's interface wants. */
    if (methods != NULL)
        slots[count++] = (PyType_Slot){Py_tp_methods, methods};
    union {
        destructor function;
        void *pointer;
    } release = {record_free};
    slots[count++] = (PyType_Slot){Py_tp_dealloc, release.pointer};
    union {
        reprfunc function;
        void *pointer;
    } show = {event_repr};
    if (is_event)
        slots[count++] = (PyType_Slot){Py_tp_repr, show.pointer};
    PyType_Spec spec = {name, (int)sizeof(record), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
                            Py_TPFLAGS_DISALLOW_INSTANTIATION |
                            (is_event ? Py_TPFLAGS_BASETYPE : 0u),
                        slots};
    PyObject *type = PyType_FromSpecWithBases(&spec, (PyObject *)base);
    if (type != NULL && PyModule_AddObjectRef(module, s->name, type) != 0)
        Py_CLEAR(type);
    s->type = (PyTypeObject *)type;
    return s->type;
}

int event_init(PyObject *module)
{
    static PyGetSetDef more[] = {
        {"origin", get_origin, NULL, NULL, NULL},
        {"extra", get_extra, NULL, NULL, NULL},
        {"number", get_number, NULL, NULL, NULL},
        {"request_id", get_number, NULL, NULL, more},
    };
    size_t count;
    shape *s = shapes_all(&count);
    if (make_type(module, s, NULL, event_methods, more, sizeof more / sizeof *more) == NULL)
        return -1;
    for (size_t i = 1; i < count; i++) {
        int row = &s[i] == shapes_of_rows(UPBIT_TYPE_ORDERBOOK) ||
                  &s[i] == shapes_of_rows(UPBIT_TYPE_MY_ASSET);
        if (make_type(module, &s[i], row ? NULL : s->type, row ? row_methods : NULL, NULL, 0) ==
            NULL)
            return -1;
    }
    return 0;
}

static record *new_record(const shape *s, const upbit_event *e)
{
    record *r = PyObject_New(record, s->type);
    if (r == NULL)
        return NULL;
    r->event = e;
    r->base[0] = (const char *)e;
    r->base[1] = NULL;
    r->shape = s;
    r->number = r->request_id = 0;
    return r;
}

PyObject *event_wrap(const upbit_delivery *d)
{
    record *r = new_record(shapes_of_type(d->event->type), d->event);
    if (r == NULL) {
        upbit_event_unref(d->event);
        return NULL;
    }
    r->number = d->number;
    r->request_id = d->request_id;
    return (PyObject *)r;
}

PyObject *event_rows(const record *r)
{
    const upbit_orderbook *book = upbit_event_orderbook(r->event);
    const upbit_my_asset *assets = upbit_event_my_asset(r->event);
    uint32_t count = assets != NULL ? assets->asset_count : 0;
    if (book != NULL)
        count = book->ask_count > book->bid_count ? book->ask_count : book->bid_count;
    PyObject *rows = PyTuple_New((Py_ssize_t)count);
    for (uint32_t i = 0; rows != NULL && i < count; i++) {
        record *row = new_record(shapes_of_rows(r->event->type), r->event);
        if (row == NULL) {
            Py_CLEAR(rows);
            break;
        }
        upbit_event_ref(r->event);
        if (book != NULL) {
            row->base[0] = i < book->ask_count ? (const char *)&book->asks[i] : NULL;
            row->base[1] = i < book->bid_count ? (const char *)&book->bids[i] : NULL;
        } else {
            row->base[0] = (const char *)&assets->assets[i];
            row->base[1] = assets->costs == NULL ? NULL : (const char *)&assets->costs[i];
        }
        PyTuple_SET_ITEM(rows, (Py_ssize_t)i, (PyObject *)row);
    }
    return rows;
}
