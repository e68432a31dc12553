#include "queue/crowd.h"

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

/* Of fewer it is cheaper to push to each. */
enum { LEAST = 4 };

/* Lanes that all of them fill by the stage. */
static uint32_t common_stages(const upbit__batch *b)
{
    uint32_t common = UPBIT__LANES_ALL;
    for (const upbit__inbox *in = b->crowd; in != NULL; in = in->crowd_next)
        common &= in->stages;
    return common;
}

static int is_crowd(const upbit__batch *b, const upbit__taker *takers, uint32_t count)
{
    const upbit__inbox *in = b->crowd;
    for (uint32_t i = 0; i < count; i++, in = in->crowd_next)
        if (in == NULL || takers[i].inbox != in || takers[i].cell != NULL)
            return 0;
    return in == NULL;
}

static int make_crowd(upbit__batch *b, const upbit__taker *takers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (takers[i].cell != NULL || takers[i].inbox->batch != b)
            return 0;
    upbit__crowd_end(b);
    for (uint32_t i = count; i > 0; i--) {
        takers[i - 1].inbox->crowd_next = b->crowd;
        b->crowd = takers[i - 1].inbox;
    }
    b->crowd_number = ++b->crowds;
    b->crowd_stages = common_stages(b);
    b->crowd_looks = 0;
    return 1;
}

/* 1: all of them fill the lane by the stage. A lane is opened by its first event, pushed by itself:
 * so there is a second look, and no third, for lanes of other kinds never do. */
static int all_stage(upbit__batch *b, unsigned lane)
{
    uint32_t first = 1U << lane, second = first << UPBIT__LANES;
    if (b->crowd_stages & first)
        return 1;
    if (b->crowd_looks & second)
        return 0;
    b->crowd_looks |= (b->crowd_looks & first) != 0 ? second : first;
    b->crowd_stages = common_stages(b);
    return (b->crowd_stages & first) != 0;
}

int upbit__crowd_push(upbit__batch *b, const upbit__taker *takers, uint32_t count, uint64_t *known,
                      const upbit_event *e)
{
    unsigned lane = e->type - 1U; /* upbit__lane_of, but for RAW */
    if (count < LEAST || lane >= UPBIT__LANES - 1)
        return 0;
    if (*known != b->crowd_number || b->crowd_number == 0) {
        int waits = (b->crowd_staged | b->crowd_unshown) != 0;
        if (!is_crowd(b, takers, count) && (waits || !make_crowd(b, takers, count)))
            return 0;
        *known = b->crowd_number;
    }
    if (!all_stage(b, lane))
        return 0;
    upbit__batch_stage(b, e, lane);
    b->crowd_staged |= b->stage_bit;
    return 1;
}

/* The crowd's events as runs, a lane after the other. */
static unsigned gather(const upbit__batch *b, upbit__run *runs, const void **events,
                       uint32_t *before)
{
    unsigned n = 0;
    for (uint32_t left = b->stage_lanes; left != 0; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctz(left);
        uint64_t which = b->crowd_staged & b->stage_of[lane];
        if (which == 0)
            continue;
        upbit__run *r = &runs[n++];
        *r = (upbit__run){
            .events = events, .before = before, .lane = lane, .epoch = b->stage_epoch[lane]};
        for (; which != 0; which &= which - 1) {
            int at = __builtin_ctzll(which);
            *events++ = b->stage[at];
            *before++ = r->bytes;
            r->bytes += b->stage_size[at];
            r->count++;
        }
    }
    return n;
}

/* 1: the run is in its lane; 0: nothing was done, its events want to be looked at one by one. */
static inline int put_run(upbit__inbox *in, const upbit__run *r)
{
    upbit__fifo *f = &upbit__inbox_lane(in, r->lane)->fifo;
    if (r->epoch != f->epoch || upbit__fifo_is_marking(f))
        return 0;
    if (!upbit__fifo_has_room_for(f, r->count, r->bytes)) {
        upbit__fifo_refresh(f);
        if (!upbit__fifo_has_room_for(f, r->count, r->bytes))
            return 0;
    }
    upbit__fifo_put_run(f, r->events, r->before, r->count, r->bytes);
    in->batch->delivered += r->count;
    in->lanes_touched |= 1U << r->lane;
    return 1;
}

static void foresee_members(const upbit__inbox *next)
{
    if (next == NULL)
        return;
    upbit__inbox_foresee_push(next);
    if (next->crowd_next != NULL)
        upbit__inbox_foresee_commit(next->crowd_next);
}

/* The crowd's lanes get what is staged for them; `shows`: and the consumer sees it. */
static int visit_all(upbit__batch *b, int shows)
{
    const void *events[UPBIT__STAGE];
    uint32_t before[UPBIT__STAGE];
    upbit__run runs[UPBIT__LANES];
    uint64_t staged = b->crowd_staged;
    unsigned n = gather(b, runs, events, before);
    int rang = 0;
    b->crowd_staged = 0;
    for (upbit__inbox *in = b->crowd; in != NULL; in = in->crowd_next) {
        foresee_members(in->crowd_next);
        unsigned done = 0;
        uint64_t rest = staged;
        for (; done < n && in->staged == 0 && put_run(in, &runs[done]); done++)
            rest &= ~b->stage_of[runs[done].lane];
        if ((in->staged |= rest) != 0)
            upbit__inbox_unstage_own(in);
        if (shows)
            rang += upbit__inbox_show(in);
    }
    b->crowd_unshown = !shows;
    return rang;
}

void upbit__crowd_unstage(upbit__batch *b)
{
    if (b->crowd_staged != 0)
        (void)visit_all(b, 0);
}

int upbit__crowd_commit(upbit__batch *b)
{
    return (b->crowd_staged | b->crowd_unshown) != 0 ? visit_all(b, 1) : 0;
}

void upbit__crowd_spill(upbit__batch *b)
{
    if ((b->crowd_staged | b->crowd_unshown) == 0)
        return;
    for (upbit__inbox *in = b->crowd; in != NULL; in = in->crowd_next) {
        in->staged |= b->crowd_staged;
        upbit__inbox_touch(in);
    }
    b->crowd_staged = b->crowd_unshown = 0;
}

void upbit__crowd_end(upbit__batch *b)
{
    upbit__crowd_spill(b);
    b->crowd = NULL;
    b->crowd_number = 0;
}
