/* Who subscribed what, and what can be had: inspect.c, for manager.c and proxy.c. */
#ifndef UPBIT_PYTHON_INSPECT_H
#define UPBIT_PYTHON_INSPECT_H

#include "core.h"

/* New references of the classes of upbit_live._inspect; NULL with an exception. The first waits for
 * the I/O thread without the GIL. */
PyObject *inspect_manager(upbit_manager *m, unsigned timeout_ms);
PyObject *inspect_capabilities(upbit_proxy *p);

#endif
