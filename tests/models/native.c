/* Runs a litmus program as what it is, an ordinary program, many times over.
 *
 * Making a thread takes longer than a litmus thread lives, so the threads are made once and started
 * together, when the program first joins: that is where they meet. UPBIT_STRESS scales the number
 * of runs (default 1: 20,000). */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 4, RUNS = 20000 };

int litmus_main(void);
int native_create(pthread_t *out, const void *attributes, void *(*body)(void *), void *argument);
int native_join(pthread_t thread, void **result);

static struct worker {
    void *(*body)(void *);
    void *argument;
    _Atomic unsigned go, done;
    pthread_t thread;
} workers[WORKERS];
static unsigned waiting, started; /* of this run: created, set off */

static void *work(void *argument)
{
    struct worker *w = argument;
    for (unsigned turn = 1;; turn++) {
        while (atomic_load_explicit(&w->go, memory_order_acquire) != turn)
            sched_yield();
        if (w->body == NULL)
            return NULL;
        w->body(w->argument);
        atomic_store_explicit(&w->done, turn, memory_order_release);
    }
}

int native_create(pthread_t *out, const void *attributes, void *(*body)(void *), void *argument)
{
    (void)attributes;
    if (waiting == WORKERS)
        return 1;
    workers[waiting].body = body;
    workers[waiting].argument = argument;
    *out = workers[waiting++].thread;
    return 0;
}

static void set_off(struct worker *w)
{
    atomic_fetch_add_explicit(&w->go, 1, memory_order_release);
}

int native_join(pthread_t thread, void **result)
{
    (void)result;
    for (; started < waiting; started++)
        set_off(&workers[started]);
    for (unsigned i = 0; i < waiting; i++)
        while (pthread_equal(workers[i].thread, thread) &&
               atomic_load_explicit(&workers[i].done, memory_order_acquire) !=
                   atomic_load_explicit(&workers[i].go, memory_order_relaxed))
            sched_yield();
    return 0;
}

int main(int argc, char **argv)
{
    const char *stress = getenv("UPBIT_STRESS");
    double runs = RUNS * (stress != NULL && atof(stress) > 0 ? atof(stress) : 1);
    puts("1..1");
    for (unsigned i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            puts("Bail out! no thread");
            return 1;
        }
    for (unsigned long i = 0; i < (unsigned long)runs; i++) {
        waiting = started = 0;
        litmus_main(); /* an assert that fails ends the program */
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].body = NULL;
        set_off(&workers[i]);
        pthread_join(workers[i].thread, NULL);
    }
    printf("ok 1 - %s, %.0f runs\n", argc > 1 ? argv[1] : "litmus", runs);
    return 0;
}
