// The conversions of upbit_live._core, and what the binding does beside calling the bridge. All
// with the GIL.
#ifndef UPBIT_PYTHON_QT_CONVERT_H
#define UPBIT_PYTHON_QT_CONVERT_H

#include "api.h"

#include <UpbitLive/manager.h>
#include <UpbitLive/proxy.h>
#include <UpbitLive/snapshot.h>

// Set when the module is loaded, which fails without it.
const upbit_python_api *upbitApi();
bool loadUpbitApi();

// The default manager of the package as a QObject; nullptr with an exception set. The bridge's own
// would log through Qt from the I/O thread, where a message handler in Python would need the GIL.
UpbitLive::Manager *packageManager();
// The manager of a Python upbit_live.Manager; nullptr with a TypeError.
upbit_manager *handleOf(PyObject *manager);

// nullptr with an IndexError when there is no such row.
bool rowExists(int row, int count);
#endif
