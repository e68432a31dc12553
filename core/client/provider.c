/* Asking the application for keys: its function may wait for a password, so it runs on a thread of
 * its own, never on the I/O thread and never on the caller's.
 *
 * Nobody waits for that thread. It has a reference to the manager, so that what it brings finds a
 * command queue, if only to be told that it is closed; then the keys are wiped here. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client/credentials.h"
#include "client/manager.h"
#include "client/thread.h"

typedef struct asking {
    upbit_manager *manager; /* one reference */
    upbit_credentials_function function;
    void *context;
    upbit__keys *keys;
    upbit__order *order; /* made ahead: an answer can always be told */
} asking;

static void free_asking(asking *a)
{
    upbit__keys_destroy(a->keys);
    free(a->order);
    free(a);
}

static void *ask(void *context)
{
    asking *a = context;
    upbit_manager *m = a->manager;
    upbit__keys *k = a->keys;
    int error = a->function(a->context, k->access, sizeof k->access, k->secret, sizeof k->secret);
    /* One that fills its room to the brim has forgotten the NUL. */
    bool ended = k->access[sizeof k->access - 1] == '\0' && k->secret[sizeof k->secret - 1] == '\0';
    if (error >= 0)
        error = !ended ? UPBIT_ERROR_INVALID_ARGUMENT
                       : upbit__keys_check(k, "the provided access key", "the provided secret key");
    a->order->kind = UPBIT__ORDER_KEYS_PROVIDED;
    a->order->keys = error < 0 ? NULL : k;
    a->order->keys_error = error < 0 ? error : 0;
    int rang = upbit__command_push_always(&m->commands, &a->order->command);
    if (rang >= 0) {
        a->order = NULL; /* the I/O thread's now */
        if (error >= 0)
            a->keys = NULL;
    }
    if (rang == 1)
        upbit__loop_wake(m->loop);
    free_asking(a);
    upbit__manager_unref(m);
    return NULL;
}

static int start_thread(asking *a)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, ask, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return UPBIT_ERROR_SYSTEM;
    upbit__thread_name(thread, "upbit-keys");
    pthread_detach(thread);
    return 0;
}

int upbit__provider_ask(upbit_manager *m, upbit_credentials_function function, void *context)
{
    asking *a = calloc(1, sizeof *a);
    if (a == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    a->manager = m;
    a->function = function;
    a->context = context;
    a->keys = upbit__keys_create();
    a->order = calloc(1, sizeof *a->order);
    int error = a->keys != NULL && a->order != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
    if (error == 0) {
        upbit__manager_ref(m);
        error = start_thread(a);
        if (error != 0)
            upbit__manager_unref(m);
    }
    if (error != 0)
        free_asking(a);
    return error;
}
