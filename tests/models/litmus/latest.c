/* The latest lane: puts and clears against a consumer that pops.
 *
 * Promises: what is popped was complete when it was put; each value is delivered once or given back
 * to the I/O thread once; values of a key come in order and the last one comes; a cleared value
 * never comes; the tomb never comes; a cell hangs on the list at most once, so the list ends. */
#include "queue/latest.h"
#include "litmus.h"

enum { VALUES = 5, POPS = 3, CELLS = 2 };

static upbit__latest lane;
static upbit__fresh fresh;
static upbit__cell cells[CELLS];
static const int tomb;
static struct {
    unsigned value; /* plain: whose turn it is follows from the lane */
    int delivered, returned;
} values[VALUES + 1];
static unsigned last_of_cell[CELLS];

/* Values 1, 3, 5 are the first cell's, 2 and 4 the second's: 2 of one key, 4 of another. */
static unsigned cell_of(unsigned value)
{
    return value % 2 == 1 ? 0 : 1;
}

static void take_back(const void *old)
{
    if (old == NULL || old == &tomb)
        return;
    unsigned i = (unsigned)((const char *)old - (const char *)values) / sizeof values[0];
    assert(values[i].value == i);
    values[i].value = 0; /* its memory is used again */
    values[i].returned++;
}

static void put(unsigned i)
{
    values[i].value = i;
    take_back(upbit__latest_put(&fresh, &cells[cell_of(i)], &values[i]));
}

static void *io(void *unused)
{
    put(1);
    put(2);
    upbit__latest_show(&lane, &fresh);
    put(3);
    take_back(upbit__latest_clear(&lane, &fresh, &cells[1]));
    upbit__latest_show(&lane, &fresh);
    put(4);
    put(5);
    upbit__latest_show(&lane, &fresh);
    return unused;
}

static int pop(void)
{
    const void *got = upbit__latest_pop(&lane);
    if (got == NULL)
        return 0;
    assert(got != &tomb);
    unsigned i = (unsigned)((const char *)got - (const char *)values) / sizeof values[0];
    assert(i >= 1 && i <= VALUES && values[i].value == i);
    assert(i > last_of_cell[cell_of(i)]);
    last_of_cell[cell_of(i)] = i;
    values[i].value = 0; /* its memory is used again */
    values[i].delivered++;
    return 1;
}

static void *consumer(void *unused)
{
    for (int i = 0; i < POPS; i++)
        pop();
    return unused;
}

int main(void)
{
    upbit__latest_init(&lane, &tomb);
    fresh = (upbit__fresh){NULL, NULL};
    for (unsigned i = 0; i < CELLS; i++) {
        upbit__cell_init(&cells[i]);
        LITMUS_LATE(&cells[i].link.next);
        LITMUS_NAME(cells[i].link.next);
        LITMUS_NAME(cells[i].val);
        last_of_cell[i] = 0;
    }
    LITMUS_NAME(lane.dirty.top);
    for (unsigned i = 0; i <= VALUES; i++) {
        values[i].value = 0;
        values[i].delivered = values[i].returned = 0;
    }

    pthread_t a = litmus_start(io), b = litmus_start(consumer);
    litmus_join(a);
    litmus_join(b);

    for (int left = 0; upbit__latest_any(&lane); left++) {
        assert(left <= CELLS && "the list has no end");
        pop();
    }
    for (unsigned i = 1; i <= VALUES; i++)
        assert(values[i].delivered + values[i].returned == 1);
    assert(values[4].delivered == 1 && values[5].delivered == 1);
    return 0;
}
