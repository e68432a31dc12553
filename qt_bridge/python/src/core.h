/* upbit_live._core: the C library as Python objects.
 *
 * Every function here runs with the GIL and never waits with it: what may wait (making and ending a
 * manager, closing) lets go of it first. The library's own threads never run Python and never take
 * the GIL: its log function copies lines into a ring (log.c), its descriptors wake whatever loop
 * the program has. So holding the GIL for seconds costs the holder's own queue and nobody else. */
#ifndef UPBIT_PYTHON_CORE_H
#define UPBIT_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <upbit-live/upbit-live.h>

/* What a column of a payload holds: the kinds of upbit_field_kind with their numbers, and more. */
enum {
    COLUMN_INT32 = 32, /* int32_t or uint32_t                               */
    COLUMN_UINT64 = 33,
    COLUMN_TEXT = 34, /* a char array                                      */
    COLUMN_ENUM32 = 35,
    COLUMN_TYPE32 = 36, /* upbit_type, shown by its name                     */
    COLUMN_UTC = 37,    /* int64_t Unix ms as datetime                       */
    COLUMN_KST = 38,
    COLUMN_BOOL32 = 39,
    COLUMN_INT64 = 40 /* int64_t that is always there                      */
};

typedef struct column {
    const char *name;
    const char *enumeration; /* which of the tables of set_enums, for enums */
    PyObject *table;         /* borrowed from those tables: number -> member */
    uint16_t offset;
    uint8_t kind;
    uint8_t base;  /* which of record.base the offset counts from */
    int8_t field;  /* index in upbit_type_fields, or -1           */
    uint8_t shown; /* to_dict has it                              */
} column;

typedef struct shape {
    const char *name;
    column *columns;
    size_t count;
    PyTypeObject *type;
} shape;

/* An event or a row of one. Immutable; holds one reference on the event. */
typedef struct record {
    PyObject_HEAD const upbit_event *event;
    const char *base[2]; /* NULL: this row has no such half */
    const shape *shape;
    uint64_t number, request_id;
} record;

/* convert.c: new references, NULL with an exception set. */
int convert_init(PyObject *module);
PyObject *convert_column(const record *r, const column *c);
PyObject *convert_decimal(const upbit_decimal *d);
PyObject *convert_time(int64_t ms, int korean);
int convert_set_enums(PyObject *tables);
PyObject *convert_origin(int origin);
int convert_is_decimal(PyObject *object);
/* A member of one of the tables of set_enums by its number, and back; see api.h. */
PyObject *convert_from_enum(const char *table, long number);
int convert_to_enum(const char *table, PyObject *member, long *number);
/* Raises the exception of upbit_live.errors for `error` with the thread's detail; returns NULL. */
PyObject *convert_raise(int error);
PyObject *convert_raise_with(int error, const char *reason); /* the reason in place of the detail */
int convert_set_error_factory(PyObject *factory);

/* shapes.c */
int shapes_init(void);
const shape *shapes_of_type(int type);
shape *shapes_all(size_t *count);
const shape *shapes_of_rows(int type);

/* event.c */
int event_init(PyObject *module);
PyObject *event_wrap(const upbit_delivery *d); /* takes over the reference */
PyObject *event_rows(const record *r);

/* manager.c, proxy.c, log.c */
typedef struct manager_object {
    PyObject_HEAD upbit_manager *manager;
} manager_object;
extern PyTypeObject manager_type, proxy_type;
PyObject *manager_stats_of(upbit_manager *m);               /* stats.c: dicts */
PyObject *manager_health_of(upbit_manager *m, int session); /* below 0: all of it */
PyObject *proxy_stats_of(upbit_proxy *p);
PyObject *stats_of_proxy(const upbit_proxy_stats *s);
int api_init(PyObject *module); /* api.c */
void log_line(void *context, int level, const char *module, const char *line);
PyObject *log_take(PyObject *module, PyObject *unused);
PyObject *log_fileno(PyObject *module, PyObject *unused);
int log_init(void);

#endif
