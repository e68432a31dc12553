/* The way in: commands from any thread to the I/O thread.
 *
 * The intrusive stack of stack.h, taken whole and reversed, so commands of one thread keep their
 * order, and one bell (flag.h) so that a sleeping I/O thread costs one write however many
 * commands come.
 *
 *     any thread   if (upbit__command_push(&q, &c->command) == 1) write to the loop's eventfd;
 *     I/O thread   for (;;) {
 *                      sleep in the loop, unless upbit__command_arm(&q) answered 0;
 *                      if the loop's eventfd is readable, read it: before taking, not after
 *                      for (c = upbit__command_take_all(&q); c != NULL; c = next)
 *                          next = upbit__command_next(c), do c;
 *                  }
 *
 * `waiting` bounds the commands that wait (COMMAND_FULL); those that must never be refused
 * (close, shut down) are pushed past it. Sealing ends it: a push afterwards answers CLOSED.
 *
 * Atomics: stack and bell as in their headers. waiting: rlx, it only counts. */
#ifndef UPBIT_QUEUE_COMMAND_H
#define UPBIT_QUEUE_COMMAND_H

#include <stdatomic.h>
#include <stdint.h>

#include "queue/flag.h"
#include "queue/stack.h"
#include "upbit-live/error.h"

#define UPBIT__COMMANDS_MAX 65536U

typedef struct upbit__command {
    upbit__link link; /* the pusher's until the push, then the I/O thread's */
} upbit__command;     /* embed it in your command */

typedef struct upbit__command_queue {
    /* any thread, atomic */
    upbit__stack stack;
    _Atomic uint32_t waiting;
    upbit__flag armed; /* 1: the I/O thread sleeps or is about to */
    /* address only: the top of a sealed stack */
    upbit__link seal;
} upbit__command_queue;

/* Armed from the start: the first push asks for a wake-up. */
void upbit__command_queue_init(upbit__command_queue *q);

/* 1: pushed, the caller has to wake the I/O thread; 0: pushed, it wakes or is awake; COMMAND_FULL,
 * CLOSED (sealed): not pushed, the command is still the caller's. @thread any. */
int upbit__command_push(upbit__command_queue *q, upbit__command *c);
/* The same without the bound. 1, 0, CLOSED. @thread any. */
int upbit__command_push_always(upbit__command_queue *q, upbit__command *c);

/* All that wait, oldest first; walk it with upbit__command_next, reading next before freeing. NULL:
 * none. @thread io. */
upbit__command *upbit__command_take_all(upbit__command_queue *q);
upbit__command *upbit__command_next(upbit__command *c);

/* Before sleeping. 1: armed, the next push asks for a wake-up; 0: commands wait, take them first.
 * @thread io. */
int upbit__command_arm(upbit__command_queue *q);

/* The last take: what still waits, oldest first, and from now on push answers CLOSED. @thread
 * io. */
upbit__command *upbit__command_seal(upbit__command_queue *q);

#endif
