/* Messages as events without a connection: decode.c, for module.c. */
#ifndef UPBIT_PYTHON_DECODE_H
#define UPBIT_PYTHON_DECODE_H

#include "core.h"

/* decode(message) and decode_rest(type, unit, body): lists of events; str or bytes. */
PyObject *decode_message(PyObject *module, PyObject *arguments);
PyObject *decode_rest(PyObject *module, PyObject *arguments);

#endif
