#include "client/pace.h"

/* Messages are counted from the end of one look to the end of the next: those of a rest come with
 * the time that it took. */
static void look(upbit__pace *p)
{
    int64_t spent = p->last_ns - p->since_ns;
    if (spent < UPBIT__PACE_LOOK_NS)
        return;
    p->flood = spent < (int64_t)p->count * UPBIT__PACE_MESSAGE_NS;
    p->since_ns = p->last_ns;
    p->count = 0;
}

static bool time_to_probe(upbit__pace *p)
{
    int64_t since = p->last_ns - p->probed_ns;
    p->turns++;
    if (since < p->pause_ns)
        return false;
    bool dense = since < (int64_t)p->turns * UPBIT__PACE_TURN_NS;
    p->pause_ns = dense ? p->pause_ns * 2 : UPBIT__PACE_FIRST_NS;
    if (p->pause_ns > UPBIT__PACE_LAST_NS)
        p->pause_ns = UPBIT__PACE_LAST_NS;
    p->probed_ns = p->last_ns;
    p->turns = 0;
    return dense;
}

int64_t upbit__pace_rest(upbit__pace *p)
{
    if (!p->heard)
        return 0;
    p->heard = false;
    look(p);
    if (p->flood) {
        p->probed_ns = p->last_ns;
        p->pause_ns = UPBIT__PACE_FIRST_NS;
        p->turns = 0;
        return UPBIT__PACE_REST_NS;
    }
    if (!time_to_probe(p))
        return 0;
    p->since_ns = p->last_ns; /* judged by what the rest brings */
    p->count = 0;
    return UPBIT__PACE_REST_NS;
}
