/* The control ring and its barrier over a FIFO lane: what a widget asked to stop does not come
 * after the answer, and what came before is not lost.
 *
 * The I/O thread pushes two old events, the answer, two new ones; then an error that finds the
 * ring's first place free again. The consumer drains as inbox_take.c does. Promises: entries come
 * complete and in order; the old events come before the answer, the new ones after it. */
#include "litmus.h"
#include "queue/fifo.h"
#include "queue/ring.h"

enum { OLD = 2, EVENTS = 4, CAPACITY = 4, PLACES = 2, LOOKS = 4 };

static upbit__fifo lane;
static struct {
    _Alignas(UPBIT__CACHE_LINE) upbit__slot slots[CAPACITY];
    _Atomic uint64_t numbers[CAPACITY];
    uint32_t begins[CAPACITY];
} array;
static upbit__ring ring;
static upbit__ring_slot places[PLACES];
static int events[EVENTS + 1], entries[4]; /* plain: content follows from the lane */
static uint64_t taken, answers;
static uint64_t pushed;

static void push(int i)
{
    events[i] = i;
    upbit__fifo_put(&lane, &events[i], 1);
}

static int say(int i, uint32_t barrier)
{
    entries[i] = i;
    upbit__ring_entry e = {.event = &entries[i], .request_id = (uint64_t)i, .barrier = barrier};
    e.after[0] = lane.ptail;
    return upbit__ring_push(&ring, &e);
}

static void *io(void *unused)
{
    push(1);
    upbit__fifo_commit(&lane);
    push(2);
    upbit__fifo_commit(&lane);
    pushed += (uint64_t)say(1, 1);
    push(3);
    push(4);
    upbit__fifo_commit(&lane);
    pushed += (uint64_t)say(2, 0);
    pushed += (uint64_t)say(3, 0); /* if there is a place: PLACES is small */
    return unused;
}

static int take_control(void)
{
    if (upbit__ring_waiting(&ring) == 0)
        return 0;
    if ((upbit__ring_barrier(&ring, 0) & 1U) &&
        (int64_t)(upbit__ring_after(&ring, 0, 0) - upbit__fifo_head(&lane)) > 0)
        return 0;
    upbit__ring_entry e;
    upbit__ring_pop(&ring, &e);
    answers++;
    assert(e.request_id == answers && e.event == &entries[answers]);
    assert(entries[answers] == (int)answers);
    entries[answers] = 0; /* its memory is used again */
    if (answers == 1)
        assert(taken == OLD && "the answer stands between old and new");
    return 1;
}

static int take_data(void)
{
    uint64_t head = upbit__fifo_head(&lane);
#ifdef CONTROL_BEFORE_TAIL
    uint64_t waiting = upbit__ring_waiting(&ring);
#endif
    int64_t ahead = upbit__fifo_ahead(&lane, head);
    if (ahead <= 0)
        return 0;
#ifndef CONTROL_BEFORE_TAIL
    uint64_t waiting = upbit__ring_waiting(&ring);
#endif
    for (uint64_t i = 0; i < waiting; i++) {
        if (!(upbit__ring_barrier(&ring, i) & 1U))
            continue;
        int64_t before = (int64_t)(upbit__ring_after(&ring, i, 0) - head);
        if (before <= 0)
            return 0;
        ahead = before < ahead ? before : ahead;
        break;
    }
    const void *got[EVENTS];
    uint64_t numbers[EVENTS];
    if (!upbit__fifo_claim(&lane, &head, (unsigned)ahead, got, numbers))
        return 0;
    for (int64_t i = 0; i < ahead; i++) {
        taken++;
        assert(got[i] == &events[taken] && events[taken] == (int)taken);
        assert((taken <= OLD) == (answers == 0) && "the answer stands between old and new");
    }
    return 1;
}

static void *consumer(void *unused)
{
    for (int i = 0; i < LOOKS; i++)
        if (!take_control())
            take_data();
    return unused;
}

int main(void)
{
    upbit__fifo_init(&lane, array.slots, CAPACITY, CAPACITY, 100);
    upbit__ring_init(&ring, places, PLACES);
    LITMUS_NAME(lane.head);
    LITMUS_NAME(lane.tail);
    LITMUS_NAME(ring.head);
    LITMUS_NAME(ring.tail);
    for (int i = 0; i < PLACES; i++) {
        LITMUS_LATE(&places[i].event);
        LITMUS_NAME(places[i].event);
        LITMUS_NAME(places[i].request_id);
        LITMUS_NAME(places[i].barrier);
        LITMUS_NAME(places[i].after[0]);
    }
    taken = answers = pushed = 0;
    for (int i = 0; i <= EVENTS; i++)
        events[i] = 0;

    pthread_t a = litmus_start(io), b = litmus_start(consumer);
    litmus_join(a);
    litmus_join(b);

    while (take_control() || take_data())
        continue;
    assert(taken == EVENTS && pushed >= PLACES && answers == pushed);
    return 0;
}
