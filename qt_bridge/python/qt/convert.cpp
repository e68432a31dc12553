#include "convert.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>

static const upbit_python_api *api;
static PyObject *core; // the module upbit_live._core

const upbit_python_api *upbitApi()
{
    return api;
}

bool loadUpbitApi()
{
    // The enums' tables are set by the package, which has to be there before anything is converted.
    PyObject *package = PyImport_ImportModule("upbit_live");
    Py_XDECREF(package);
    if (package == nullptr)
        return false;
    core = PyImport_ImportModule("upbit_live._core");
    if (core == nullptr)
        return false;
    api = static_cast<const upbit_python_api *>(PyCapsule_Import(UPBIT_PYTHON_API_NAME, 0));
    if (api != nullptr && api->version != UPBIT_PYTHON_API_VERSION) {
        PyErr_SetString(PyExc_ImportError, "upbit_live._core and ._qt are of different versions");
        api = nullptr;
    }
    return api != nullptr;
}

// The library's lines come to Python's logging when the facade takes events; a program that uses
// these classes only has nothing else that would fetch them.
static void watchLog()
{
    static QSocketNotifier *watch;
    QCoreApplication *application = QCoreApplication::instance();
    if (watch != nullptr || application == nullptr ||
        application->thread() != QThread::currentThread())
        return;
    PyObject *fd = PyObject_CallMethod(core, "log_fileno", nullptr);
    if (fd == nullptr) {
        PyErr_Clear();
        return;
    }
    watch = new QSocketNotifier(PyLong_AsLong(fd), QSocketNotifier::Read, application);
    Py_DECREF(fd);
    QObject::connect(watch, &QObject::destroyed, [] { watch = nullptr; });
    QObject::connect(watch, &QSocketNotifier::activated, [] {
        const PyGILState_STATE state = PyGILState_Ensure();
        PyObject *module = PyImport_ImportModule("upbit_live._log");
        PyObject *done =
            module == nullptr ? nullptr : PyObject_CallMethod(module, "flush", nullptr);
        if (done == nullptr)
            PyErr_WriteUnraisable(module);
        Py_XDECREF(done);
        Py_XDECREF(module);
        PyGILState_Release(state);
    });
}

upbit_manager *handleOf(PyObject *manager)
{
    upbit_manager *handle = nullptr;
    if (api->to_manager(manager, &handle) == 0)
        watchLog();
    else
        PyErr_Format(PyExc_TypeError, "manager: %R is no upbit_live.Manager", manager);
    return handle;
}

UpbitLive::Manager *packageManager()
{
    // Another one than last time after upbit_live.shutdown(); proxies of the old may still look at
    // it.
    static UpbitLive::Manager *object;
    PyObject *package = PyImport_ImportModule("upbit_live");
    PyObject *manager =
        package == nullptr ? nullptr : PyObject_CallMethod(package, "default_manager", nullptr);
    Py_XDECREF(package);
    upbit_manager *handle = manager == nullptr ? nullptr : handleOf(manager);
    if (handle == nullptr) {
        Py_XDECREF(manager);
        return nullptr;
    }
    if (object != nullptr && object->handle() == handle) {
        Py_DECREF(manager);
        return object;
    }
    // The reference is kept: the object lasts as long as the application.
    object = new UpbitLive::Manager(handle, QCoreApplication::instance());
    QObject::connect(object, &QObject::destroyed, [gone = object] {
        if (object == gone)
            object = nullptr;
    });
    return object;
}

bool rowExists(int row, int count)
{
    if (row >= 0 && row < count)
        return true;
    PyErr_Format(PyExc_IndexError, "row %d of %d", row, count);
    return false;
}
