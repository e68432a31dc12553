/* The FIFO lane: an I/O thread that drops the oldest, refuses an event, and makes the ring larger,
 * against a consumer that takes.
 *
 * Promises: what is taken was complete when it was pushed, in order, each event once; what is
 * neither taken nor waiting was dropped by the I/O thread; number = taken + gaps + queued; nobody
 * reuses an event, or its slot, that the other side still reads. */
#include "queue/fifo.h"
#include "litmus.h"

enum { EVENTS = 6, REFUSED = 1, REFUSED_LATE = 5, CAPACITY = 2, LOOKS = 2, TURN = 2 };

static upbit__fifo lane;
/* The ring begins with one slot and grows. */
static struct {
    _Alignas(UPBIT__CACHE_LINE) upbit__slot slots[1];
    _Atomic uint64_t numbers[1];
    uint32_t begins[1];
} small;
static struct {
    _Alignas(UPBIT__CACHE_LINE) upbit__slot slots[CAPACITY];
    _Atomic uint64_t numbers[CAPACITY];
    uint32_t begins[CAPACITY];
} large;
static struct {
    unsigned value; /* plain: whose turn it is follows from the lane */
    int taken, dropped;
} events[EVENTS + 1];
static uint64_t last_taken, gaps;
static unsigned taken;

static void push(unsigned i)
{
    events[i].value = i;
    upbit__fifo_refresh(&lane);
    if (upbit__fifo_may_grow(&lane)) {
        upbit__slot *old = upbit__fifo_grow(&lane, large.slots);
        assert(old == small.slots);
    }
    while (!upbit__fifo_has_room(&lane, 1)) {
        const void *oldest = upbit__fifo_drop(&lane);
        if (oldest == NULL)
            continue;
        unsigned old = (unsigned)((const char *)oldest - (const char *)events) / sizeof events[0];
        events[old].value = 0; /* its memory is used again */
        events[old].dropped++;
    }
    upbit__fifo_put(&lane, &events[i], 1);
}

static void *io(void *unused)
{
    upbit__fifo_skip(&lane); /* REFUSED: whichever is taken first has to tell it */
    push(2);
    upbit__fifo_commit(&lane);
    push(3);
#ifdef SCENE /* often: then slots are used again under a claim, but head never passes tail */
    upbit__fifo_commit(&lane);
#endif
    push(4);
    upbit__fifo_skip(&lane); /* REFUSED_LATE */
    push(6);
    upbit__fifo_commit(&lane);
    return unused;
}

/* Like claim_turn of inbox_take.c. 0: empty. */
static int look(void)
{
    const void *got[TURN];
    uint64_t numbers[TURN];
    uint64_t head = upbit__fifo_head(&lane);
    for (;;) {
        int64_t ahead = upbit__fifo_ahead(&lane, head);
        if (ahead <= 0)
            return 0;
        unsigned count = ahead < TURN ? (unsigned)ahead : TURN;
        int claimed = upbit__fifo_claim(&lane, &head, count, got, numbers);
        if (claimed == 0)
            continue;
        for (unsigned i = 0; i < count; i++) {
            if (claimed == 1)
                numbers[i] = last_taken + 1;
            unsigned n = (unsigned)numbers[i];
            assert(numbers[i] > last_taken && n <= EVENTS);
            assert(got[i] == &events[n] && events[n].value == n);
            gaps += numbers[i] - last_taken - 1;
            last_taken = numbers[i];
            lane.expected = last_taken + 1;
            events[n].value = 0; /* its memory is used again */
            events[n].taken++;
            taken++;
        }
        return 1;
    }
}

static void *consumer(void *unused)
{
    for (int i = 0; i < LOOKS; i++)
        look();
    return unused;
}

int main(void)
{
    upbit__fifo_init(&lane, small.slots, 1, CAPACITY, 100);
    for (unsigned i = 0; i < CAPACITY; i++) {
        atomic_init(&large.slots[i].event, (const void *)0);
        atomic_init(&large.numbers[i], 0);
        LITMUS_LATE(&large.slots[i].event);
        LITMUS_LATE(&large.numbers[i]);
        LITMUS_NAME(large.slots[i].event);
        LITMUS_NAME(large.numbers[i]);
    }
    LITMUS_LATE(&small.slots[0].event);
    LITMUS_LATE(&small.numbers[0]);
    LITMUS_NAME(small.slots[0].event);
    LITMUS_NAME(small.numbers[0]);
    LITMUS_NAME(lane.where);
    LITMUS_NAME(lane.head);
    LITMUS_NAME(lane.tail);
    for (unsigned i = 0; i <= EVENTS; i++) {
        events[i].value = 0;
        events[i].taken = events[i].dropped = 0;
    }
    last_taken = gaps = taken = 0;

    pthread_t a = litmus_start(io), b = litmus_start(consumer);
    litmus_join(a);
    litmus_join(b);

    while (look())
        continue;
    assert(lane.number == EVENTS && last_taken == EVENTS); /* the last is never dropped */
    assert(lane.number == taken + gaps);
    for (unsigned i = 1; i <= EVENTS; i++)
        assert(events[i].taken + events[i].dropped == (i != REFUSED && i != REFUSED_LATE));
    return 0;
}
