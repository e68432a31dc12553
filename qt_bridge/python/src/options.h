/* Options by their names: options.c, for manager.c and module.c. */
#ifndef UPBIT_PYTHON_OPTIONS_H
#define UPBIT_PYTHON_OPTIONS_H

#include "core.h"

/* What the keywords say, with the package's own log; texts live as long as `named`. 0, or -1 with
 * an exception. */
int options_read(upbit_options *out, PyObject *arguments, PyObject *named);
/* settings_list(**options): tuples of name, variable, value, source, unit, "tuning" or "". */
PyObject *settings_list(PyObject *module, PyObject *arguments, PyObject *named);

#endif
