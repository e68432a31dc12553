/* Is this a flood? Then to be woken for every few messages costs more than the messages do.
 *
 * A socket is empty at once when the server is no quicker than we are. To wait for its next bytes
 * takes two system calls and two changes of thread, and so does the consumer, who is woken by each
 * commit: for the handful of messages that came meanwhile, and then for a handful again. So in a
 * flood the I/O thread rests a moment when it has read everything, and comes back to a batch that
 * is worth it. Below that pace it never rests: nothing waits at 100,000 messages a second.
 *
 * Plain state of the I/O thread, without a clock of its own. */
#ifndef UPBIT_CLIENT_PACE_H
#define UPBIT_CLIENT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define UPBIT__PACE_LOOK_NS    250000 /* looked at so often: a burst of a moment is no flood */
#define UPBIT__PACE_MESSAGE_NS 6000   /* nearer than this on the average: 166,000 a second */
#define UPBIT__PACE_REST_NS    500000 /* of the millisecond after which a batch is shown anyway */

typedef struct upbit__pace {
    int64_t since_ns; /* the first message counted */
    uint32_t count;
    bool flood;
    bool heard; /* since the last rest was asked for */
} upbit__pace;

/* One more message, read at now_ns (monotonic, of its read). @thread io. */
static inline void upbit__pace_message(upbit__pace *p, int64_t now_ns)
{
    int64_t spent = now_ns - p->since_ns;
    if (spent >= UPBIT__PACE_LOOK_NS) {
        p->flood = spent < (int64_t)p->count * UPBIT__PACE_MESSAGE_NS;
        p->since_ns = now_ns;
        p->count = 0;
    }
    p->count++;
    p->heard = true;
}

/* How long to rest before the next look at the socket, ns; 0: not at all. @thread io. */
static inline int64_t upbit__pace_rest(upbit__pace *p)
{
    int64_t rest = p->flood && p->heard ? UPBIT__PACE_REST_NS : 0;
    p->heard = false;
    return rest;
}

#endif
