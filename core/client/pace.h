/* Is this a flood? Then to be woken for every few messages costs more than the messages do.
 *
 * A socket is empty at once when the server is no quicker than we are. To wait for its next bytes
 * takes two system calls and two changes of thread, and so does the consumer, who is woken by each
 * commit: for the handful of messages that came meanwhile, and then for a handful again. So in a
 * flood the I/O thread rests a moment when it has read everything, and comes back to a batch that
 * is worth it. Below that pace it never rests: nothing waits at 100,000 messages a second.
 *
 * But for a probe: who sends pays for waking us, and may be no faster than we are woken, message by
 * message. Whether there would be a flood if we were not waiting for it is found out by one rest,
 * more and more seldom while there is none; where turns are no nearer than 80 us never.
 *
 * Plain state of the I/O thread, without a clock of its own. */
#ifndef UPBIT_CLIENT_PACE_H
#define UPBIT_CLIENT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define UPBIT__PACE_LOOK_NS    250000 /* looked at so often: a burst of a moment is no flood */
#define UPBIT__PACE_MESSAGE_NS 6000   /* nearer than this on the average: 166,000 a second */
#define UPBIT__PACE_REST_NS    500000 /* of the millisecond after which a batch is shown anyway */

#define UPBIT__PACE_TURN_NS    80000    /* nearer than this on the average: a probe may pay */
#define UPBIT__PACE_FIRST_NS   10000000 /* from a flood, or a calm, to a probe; then twice as long \
                                         */
#define UPBIT__PACE_LAST_NS 160000000   /* but never longer */

typedef struct upbit__pace {
    int64_t since_ns, last_ns; /* the first message counted, and the last */
    uint32_t count;
    bool flood;
    bool heard; /* since the last rest was asked for */
    /* of probes */
    uint32_t turns;
    int64_t probed_ns, pause_ns;
} upbit__pace;

/* One more message, read at now_ns (monotonic, of its read). @thread io. */
static inline void upbit__pace_message(upbit__pace *p, int64_t now_ns)
{
    if (p->since_ns == 0)
        p->since_ns = now_ns;
    p->last_ns = now_ns;
    p->count++;
    p->heard = true;
}

/* A turn that has read: how long to rest before the next look at the socket, ns; 0: not at all.
 * @thread io. */
int64_t upbit__pace_rest(upbit__pace *p);

#endif
