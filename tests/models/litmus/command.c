/* The command queue, from its own source: two threads that push, an I/O thread that takes, sleeps
 * and at its end seals.
 *
 * Promises: commands of one thread keep their order; each accepted one is done once, each refused
 * one stays its pusher's; what was written before the push is seen; while the I/O thread may sleep
 * and a command waits, its eventfd is readable. */
#include "queue/command.c"
#include "litmus.h"

#ifndef FIRST
#define FIRST 2
#endif
enum { ROUNDS = 2, PUSHERS = 2, EACH = 2 };
static const int pushes[PUSHERS] = {FIRST, 1};

static upbit__command_queue queue;
static litmus_bell bell;
static struct order {
    upbit__command command;
    int content; /* plain: the pusher's, then the I/O thread's */
    int done, refused;
} orders[PUSHERS][EACH];
static int last_of[PUSHERS];
static int asleep; /* how the I/O thread's last round ended */

static void push_all(unsigned who)
{
    for (int i = 0; i < pushes[who]; i++) {
        struct order *o = &orders[who][i];
        o->content = i + 1;
        int r = upbit__command_push(&queue, &o->command);
        if (r > 0)
            litmus_bell_write(&bell);
        else if (r < 0)
            o->refused = 1;
    }
}

static void *first(void *unused)
{
    push_all(0);
    return unused;
}

static void *second(void *unused)
{
    push_all(1);
    return unused;
}

static void execute(upbit__command *c)
{
    for (upbit__command *next; c != NULL; c = next) {
        next = upbit__command_next(c);
        struct order *o = (struct order *)(void *)c; /* its first member */
        unsigned who = o >= orders[1] ? 1 : 0;
        assert(o->content > last_of[who]);
        last_of[who] = o->content;
        o->content = -1; /* its memory is used again */
        o->done++;
    }
}

/* As command.h says. */
static void *io(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        asleep = upbit__command_arm(&queue) && !litmus_bell_rings(&bell);
        if (asleep)
            continue;
        litmus_bell_read(&bell);
        execute(upbit__command_take_all(&queue));
    }
#ifdef SEAL
    execute(upbit__command_seal(&queue));
#endif
    return unused;
}

int main(void)
{
    upbit__command_queue_init(&queue);
    litmus_bell_init(&bell);
    asleep = 0;
    LITMUS_NAME(queue.stack.top);
    LITMUS_NAME(queue.waiting);
    LITMUS_NAME(queue.armed.on);
    LITMUS_NAME(bell.count);
    for (int who = 0; who < PUSHERS; who++) {
        last_of[who] = 0;
        for (int i = 0; i < pushes[who]; i++) {
            orders[who][i].content = orders[who][i].done = orders[who][i].refused = 0;
            atomic_init(&orders[who][i].command.link.next, (upbit__link *)NULL);
            LITMUS_NAME(orders[who][i].command.link.next);
        }
    }

    pthread_t a = litmus_start(first), b = litmus_start(second), c = litmus_start(io);
    litmus_join(a);
    litmus_join(b);
    litmus_join(c);

#ifndef SEAL
    if (asleep && upbit__stack_any(&queue.stack))
        assert(litmus_bell_rings(&bell) && "lost wake-up");
    execute(upbit__command_take_all(&queue));
#endif
    for (int who = 0; who < PUSHERS; who++)
        for (int i = 0; i < pushes[who]; i++)
            assert(orders[who][i].done + orders[who][i].refused == 1);
    assert(atomic_load_explicit(&queue.waiting, memory_order_relaxed) == 0);
    return 0;
}
