/* Inspections and capabilities as tuples; upbit_live._inspect gives their columns names. */
#include "inspect.h"

/* One list of tuples after another; each row's columns are those of the struct, in its order. */

static int add(PyObject *list, PyObject *row)
{
    int result = row == NULL ? -1 : PyList_Append(list, row);
    Py_XDECREF(row);
    return result;
}

/* None for what the library tells by a number that none can be. */
static PyObject *unless(int64_t value, int64_t none)
{
    if (value == none)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(value);
}

static PyObject *sessions_of(const upbit_inspection *i)
{
    PyObject *list = PyList_New(0);
    const upbit_session_info *s;
    for (size_t n = 0; list != NULL && (s = upbit_inspection_session(i, n)) != NULL; n++) {
        PyObject *row = Py_BuildValue(
            "(NNIIINIiLNNKIIss)", convert_from_enum("session", (long)s->session),
            convert_from_enum("state", (long)s->state), (unsigned)s->epoch, (unsigned)s->attempt,
            (unsigned)s->next_ms, PyBool_FromLong((long)s->tls), (unsigned)s->compression,
            (int)s->error, (long long)s->state_ms, unless(s->heard_ms, -1), unless(s->pong_ms, -1),
            (unsigned long long)s->down_ms, (unsigned)s->comebacks, (unsigned)s->keys, s->url,
            s->reason);
        if (add(list, row) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *keys_of(const upbit_inspection *i)
{
    PyObject *list = PyList_New(0);
    const upbit_key_info *k;
    for (size_t n = 0; list != NULL && (k = upbit_inspection_key(i, n)) != NULL; n++) {
        upbit_decimal level = k->level;
        if (upbit_decimal_is_zero(&level))
            level.null = 1;
        PyObject *unit = k->candle_unit == 0 ? (Py_INCREF(Py_None), Py_None)
                                             : convert_from_enum("unit", (long)k->candle_unit);
        PyObject *row = Py_BuildValue("(sNNsIINIKdNN)", upbit_type_name((int)k->type), unit,
                                      convert_decimal(&level), k->code, (unsigned)k->takers,
                                      (unsigned)k->depth, PyBool_FromLong((long)k->on_wire),
                                      (unsigned)k->quiet, (unsigned long long)k->events, k->per_s,
                                      unless(k->lag_ms, INT64_MIN), unless(k->age_ms, -1));
        if (add(list, row) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *proxies_of(const upbit_inspection *i)
{
    PyObject *list = PyList_New(0);
    const upbit_proxy_info *p;
    for (size_t n = 0; list != NULL && (p = upbit_inspection_proxy(i, n)) != NULL; n++) {
        PyObject *row = Py_BuildValue("(sIIN)", p->client_id, (unsigned)p->wants,
                                      (unsigned)p->selectors, stats_of_proxy(p->stats));
        if (add(list, row) != 0)
            Py_CLEAR(list);
    }
    return list;
}

/* Whose row it is; there are few. */
static size_t index_of_proxy(const upbit_inspection *i, const upbit_proxy_info *wanted)
{
    size_t n = 0;
    while (upbit_inspection_proxy(i, n) != wanted)
        n++;
    return n;
}

/* Keys stand in one order in both lists of a proxy's wants, so the search goes on where it ended.
 */
static size_t index_of_key(const upbit_inspection *i, const upbit_key_info *wanted, size_t n)
{
    while (upbit_inspection_key(i, n) != wanted)
        n = upbit_inspection_key(i, n) == NULL ? 0 : n + 1;
    return n;
}

static PyObject *wants_of(const upbit_inspection *i)
{
    PyObject *list = PyList_New(0);
    const upbit_want_info *w;
    const upbit_proxy_info *last = NULL;
    size_t proxy = 0, key = 0;
    for (size_t n = 0; list != NULL && (w = upbit_inspection_want(i, n)) != NULL; n++) {
        if (w->proxy != last) {
            proxy = index_of_proxy(i, w->proxy);
            last = w->proxy;
        }
        key = index_of_key(i, w->key, key);
        PyObject *row = Py_BuildValue(
            "(nnIINN)", (Py_ssize_t)proxy, (Py_ssize_t)key, (unsigned)w->depth, (unsigned)w->flags,
            PyBool_FromLong((long)w->by_name), PyBool_FromLong((long)w->by_selector));
        if (add(list, row) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *limits_of(const upbit_inspection *i)
{
    PyObject *list = PyList_New(0);
    const upbit_limit_info *l;
    for (size_t n = 0; list != NULL && (l = upbit_inspection_limit(i, n)) != NULL; n++) {
        PyObject *group = l->group == 0 ? (Py_INCREF(Py_None), Py_None)
                                        : convert_from_enum("limit_group", (long)l->group);
        PyObject *row =
            Py_BuildValue("(sNIIIINL)", l->name, group, (unsigned)l->allowed, (unsigned)l->in_use,
                          (unsigned)l->waiting, (unsigned)l->window_ms,
                          PyBool_FromLong((long)l->shared), (long long)l->closed_ms);
        if (add(list, row) != 0)
            Py_CLEAR(list);
    }
    return list;
}

PyObject *inspect_manager(upbit_manager *m, unsigned timeout_ms)
{
    upbit_inspection *i = NULL;
    int error;
    Py_BEGIN_ALLOW_THREADS error = upbit_manager_inspect(m, &i, timeout_ms);
    Py_END_ALLOW_THREADS if (error < 0) return convert_raise(error);
    PyObject *module = PyImport_ImportModule("upbit_live._inspect");
    PyObject *all = module == NULL ? NULL
                                   : Py_BuildValue("(NNNNN)", sessions_of(i), keys_of(i),
                                                   proxies_of(i), wants_of(i), limits_of(i));
    PyObject *result = all == NULL ? NULL : PyObject_CallMethod(module, "inspection", "(O)", all);
    upbit_inspection_free(i);
    Py_XDECREF(all);
    Py_XDECREF(module);
    return result;
}

static PyObject *capability(const upbit_capability *c)
{
    PyObject *origin =
        c->available == 1 ? convert_origin((int)c->origin) : (Py_INCREF(Py_None), Py_None);
    return Py_BuildValue("(iNss)", (int)c->available, origin, c->permission, c->reason);
}

PyObject *inspect_capabilities(upbit_proxy *p)
{
    upbit_capabilities c = {0};
    int error = upbit_proxy_get_capabilities(p, &c, sizeof c);
    if (error < 0)
        return convert_raise(error);
    PyObject *module = PyImport_ImportModule("upbit_live._inspect");
    PyObject *all = module == NULL
                        ? NULL
                        : Py_BuildValue("(iNNN)", (int)c.available, capability(&c.orders),
                                        capability(&c.assets), capability(&c.announcements));
    PyObject *result = all == NULL ? NULL : PyObject_CallMethod(module, "capabilities", "(O)", all);
    Py_XDECREF(all);
    Py_XDECREF(module);
    return result;
}
