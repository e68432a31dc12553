/* SIGINT and SIGTERM: upbit-live/signals.h. The one file that installs handlers, when asked to.
 *
 * The handler does what a handler may: it stores a number, asks managers to stop and writes to a
 * pipe that nobody reads, so that it stays readable. SA_RESETHAND gives the second signal of
 * the kind its default effect. */
#include "upbit-live/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/error_detail.h"
#include "upbit-live/error.h"
#include "upbit-live/manager.h"

static const int signals[] = {SIGINT, SIGTERM};
#define SIGNALS (sizeof signals / sizeof *signals)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before[SIGNALS]; /* under the mutex */
static bool ours[SIGNALS];               /* under the mutex */
static bool installed;                   /* under the mutex */
static int readable = -1;                /* under the mutex */
static atomic_int writable = -1;         /* also the handler's */
static atomic_int caught;                /* also the handler's */

static void on_signal(int number)
{
    int saved = errno;
    atomic_store(&caught, number);
    upbit_manager_request_stop();
    ssize_t put = write(atomic_load(&writable), "", 1); /* full: it is readable */
    (void)put;
    errno = saved;
}

static int open_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    readable = ends[0];
    atomic_store(&writable, ends[1]);
    return 0;
}

static void close_pipe(void)
{
    close(atomic_exchange(&writable, -1));
    close(readable);
    readable = -1;
}

static void restore(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction now;
        /* Somebody else may have put another handler in its place since: that one stays. */
        if (ours[i] && sigaction(signals[i], NULL, &now) == 0 &&
            (now.sa_handler == on_signal || now.sa_handler == SIG_DFL))
            sigaction(signals[i], &before[i], NULL);
        ours[i] = false;
    }
}

static int install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        if (sigaction(signals[i], NULL, &before[i]) != 0)
            return -1;
        if ((before[i].sa_flags & SA_SIGINFO) != 0 || before[i].sa_handler != SIG_DFL)
            continue; /* handled, or ignored as under nohup */
        if (sigaction(signals[i], &action, NULL) != 0)
            return -1;
        ours[i] = true;
    }
    return 0;
}

int upbit_signals_catch(void)
{
    upbit__error_set(0, "%s", "");
    pthread_mutex_lock(&mutex);
    if (!installed && open_pipe() == 0) {
        atomic_store(&caught, 0);
        installed = install() == 0;
        if (!installed) {
            restore();
            close_pipe();
        }
    }
    int fd = installed
                 ? readable
                 : upbit__error_set(UPBIT_ERROR_SYSTEM, "no descriptor or handler for signals");
    pthread_mutex_unlock(&mutex);
    return fd;
}

int upbit_signals_caught(void)
{
    return atomic_load(&caught);
}

void upbit_signals_release(void)
{
    pthread_mutex_lock(&mutex);
    if (installed) {
        restore();
        close_pipe();
        installed = false;
    }
    pthread_mutex_unlock(&mutex);
}
