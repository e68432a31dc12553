/* What core asks of the kernel and of threads. Each failure is one the manual allows. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "inject.h"

/* A wrapper that fails with `failure` and errno `number`. */
#define WRAP(type, name, parameters, arguments, failure, number)                                   \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (inject_here(#name)) {                                                                  \
            errno = (number);                                                                      \
            return failure;                                                                        \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }

WRAP(int, eventfd, (unsigned value, int flags), (value, flags), -1, EMFILE)
WRAP(int, epoll_create1, (int flags), (flags), -1, EMFILE)
WRAP(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms), -1, ENOMEM)
WRAP(int, timerfd_create, (int clock, int flags), (clock, flags), -1, EMFILE)
WRAP(int, timerfd_settime, (int fd, int flags, const struct itimerspec *to, struct itimerspec *was),
     (fd, flags, to, was), -1, ENOMEM)
WRAP(ssize_t, recv, (int fd, void *to, size_t size, int flags), (fd, to, size, flags), -1,
     ECONNRESET)
WRAP(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), -1, EINTR)
WRAP(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), -1, EINTR)
WRAP(ssize_t, pread64, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), -1, EIO)
WRAP(ssize_t, pwrite64, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), -1,
     ENOSPC)
WRAP(int, ftruncate64, (int fd, off_t size), (fd, size), -1, ENOSPC)
WRAP(int, fstat64, (int fd, struct stat *out), (fd, out), -1, EIO)
WRAP(int, stat64, (const char *path, struct stat *out), (path, out), -1, EACCES)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1, ENOSPC)
WRAP(int, access, (const char *path, int mode), (path, mode), -1, EACCES)
WRAP(FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL, EMFILE)
WRAP(ssize_t, __getdelim, (char **line, size_t *room, int end, FILE *from), (line, room, end, from),
     -1, ENOMEM)
/* The same, where nothing is inlined. */
ssize_t __wrap_getline(char **line, size_t *room, FILE *from);
ssize_t __wrap_getline(char **line, size_t *room, FILE *from)
{
    return __wrap___getdelim(line, room, '\n', from);
}
WRAP(void *, mmap64, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset), MAP_FAILED, ENOMEM)
WRAP(int, mprotect, (void *at, size_t size, int protection), (at, size, protection), -1, ENOMEM)
WRAP(int, mlock, (const void *at, size_t size), (at, size), -1, ENOMEM)
WRAP(int, madvise, (void *at, size_t size, int advice), (at, size, advice), -1, EINVAL)
WRAP(ssize_t, getrandom, (void *to, size_t size, unsigned flags), (to, size, flags), -1, ENOSYS)
WRAP(long, sysconf, (int name), (name), -1, EINVAL)
WRAP(int, pthread_create,
     (pthread_t * out, const pthread_attr_t *how, void *(*start)(void *), void *context),
     (out, how, start, context), EAGAIN, EAGAIN)
WRAP(int, pthread_mutex_init, (pthread_mutex_t * m, const pthread_mutexattr_t *how), (m, how),
     EAGAIN, EAGAIN)
WRAP(int, pthread_cond_init, (pthread_cond_t * c, const pthread_condattr_t *how), (c, how), ENOMEM,
     ENOMEM)
WRAP(int, pthread_condattr_init, (pthread_condattr_t * how), (how), ENOMEM, ENOMEM)
WRAP(int, pthread_setname_np, (pthread_t thread, const char *name), (thread, name), ERANGE, ERANGE)
WRAP(int, pthread_atfork, (void (*before)(void), void (*parent)(void), void (*child)(void)),
     (before, parent, child), ENOMEM, ENOMEM)

/* Taking a descriptor out of the set fails for mistakes only. */
int __real_epoll_ctl(int fd, int operation, int which, struct epoll_event *event);
int __wrap_epoll_ctl(int fd, int operation, int which, struct epoll_event *event);
int __wrap_epoll_ctl(int fd, int operation, int which, struct epoll_event *event)
{
    if (operation != EPOLL_CTL_DEL && inject_here("epoll_ctl")) {
        errno = ENOSPC;
        return -1;
    }
    return __real_epoll_ctl(fd, operation, which, event);
}

/* Closed it is all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool fails = inject_here("close");
    int result = __real_close(fd);
    if (!fails)
        return result;
    errno = EIO;
    return -1;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (inject_here("open64")) {
        errno = EMFILE;
        return -1;
    }
    return __real_open64(path, flags, mode);
}

int __real_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (inject_here("openat64")) {
        errno = EMFILE;
        return -1;
    }
    return __real_openat64(at, path, flags, mode);
}

int __real_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...)
{
    va_list list;
    va_start(list, what);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (inject_here("fcntl64")) {
        errno = ENOLCK;
        return -1;
    }
    return __real_fcntl64(fd, what, argument);
}
