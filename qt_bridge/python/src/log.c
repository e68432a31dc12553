/* Lines of the library's threads wait here until Python fetches them. The newest 256 are kept. */
#include "core.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { LINES = 256 };

static struct {
    int level;
    char module[24];
    char text[488];
} lines[LINES];
static uint64_t written, taken;
/* A pipe, readable while lines wait; -1: nobody has asked for it. */
static int told = -1, teller = -1;
static int pending;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The mutex is held for the copy of a line; a fork in that moment must not leave it locked. */
static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

/* The descriptor is the parent's as well: a child that read from it would take what is not its own.
 */
static void after_fork_in_child(void)
{
    if (told >= 0) {
        close(told);
        close(teller);
    }
    told = teller = -1;
    pending = 0;
    pthread_mutex_unlock(&mutex);
}

int log_init(void)
{
    return pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* With the mutex. One write until somebody has read it. */
static void tell(void)
{
    if (told >= 0 && !pending)
        pending = write(teller, "", 1) == 1;
}

PyObject *log_fileno(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    pthread_mutex_lock(&mutex);
    if (told < 0) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
            told = ends[0];
            teller = ends[1];
        }
        if (taken < written)
            tell();
    }
    int fd = told;
    pthread_mutex_unlock(&mutex);
    return fd < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyLong_FromLong(fd);
}

void log_line(void *context, int level, const char *module, const char *line)
{
    (void)context;
    pthread_mutex_lock(&mutex);
    size_t at = written++ % LINES;
    lines[at].level = level;
    snprintf(lines[at].module, sizeof lines[at].module, "%s", module);
    snprintf(lines[at].text, sizeof lines[at].text, "%s", line);
    if (written - taken > LINES)
        taken = written - LINES;
    tell();
    pthread_mutex_unlock(&mutex);
}

PyObject *log_take(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *list = PyList_New(0);
    while (list != NULL) {
        int level;
        char name[sizeof lines[0].module], text[sizeof lines[0].text];
        /* Python may run the collector in any allocation: none of it under the mutex. */
        pthread_mutex_lock(&mutex);
        int any = taken < written;
        if (any) {
            size_t at = taken++ % LINES;
            level = lines[at].level;
            memcpy(name, lines[at].module, sizeof name);
            memcpy(text, lines[at].text, sizeof text);
        } else if (pending) {
            char one;
            pending = read(told, &one, 1) != 1;
        }
        pthread_mutex_unlock(&mutex);
        if (!any)
            break;
        /* A line that was cut may end inside a letter. */
        PyObject *line = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
        PyObject *row = line == NULL ? NULL : Py_BuildValue("(isN)", level, name, line);
        if (row == NULL || PyList_Append(list, row) != 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}
