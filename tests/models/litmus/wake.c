/* The wake-up: a FIFO lane and a latest lane of one inbox, idle, ready, armed and the eventfd.
 *
 * The I/O thread and the consumer do what inbox_push.c, batch.c and waiter.c do, in the same order.
 * The promise, at rest: if something waits the eventfd is readable, so the consumer is called; and
 * if it is called often enough it has everything. The eventfd gives no order here: the flags must
 * do. */
#include "litmus.h"
#include "queue/fifo.h"
#include "queue/flag.h"
#include "queue/latest.h"

/* The mutants, by -D: each is one line of the protocol taken out or moved. */
#ifdef NO_LOOK_AFTER_IDLE
#define LOOK_AFTER_IDLE 0
#else
#define LOOK_AFTER_IDLE 1
#endif

enum { ROUNDS = 2, BUDGET = 2, CAPACITY = 4 };

static upbit__fifo lane;
static struct {
    _Alignas(UPBIT__CACHE_LINE) upbit__slot slots[CAPACITY];
    _Atomic uint64_t numbers[CAPACITY];
    uint32_t begins[CAPACITY];
} array;
static upbit__latest latest;
static upbit__fresh fresh;
static upbit__cell cell;
static upbit__flag idle, armed;
static upbit__stack ready;
static upbit__link in_ready; /* the inbox's link on `ready` */
static litmus_bell bell;
static int tomb, trades[2], tickers[2];
/* the consumer's */
static upbit__link *run;
static int trades_taken, ticker_taken;

/* ---- the I/O thread ---- */

static void wake(void)
{
    if (upbit__flag_take(&idle))
        upbit__stack_push(&ready, &in_ready);
    if (upbit__flag_take(&armed))
        litmus_bell_write(&bell);
}

static void commit_and_wake(void)
{
#ifdef COMMIT_AFTER_WAKING
    wake();
    upbit__fifo_commit(&lane);
#else
    upbit__fifo_commit(&lane);
    wake();
#endif
}

static void *io(void *unused)
{
    upbit__fifo_put(&lane, &trades[0], 1);
    commit_and_wake();
    upbit__latest_put(&fresh, &cell, &tickers[0]);
    upbit__latest_show(&latest, &fresh);
    wake();
    upbit__latest_put(&fresh, &cell, &tickers[1]);
    upbit__latest_show(&latest, &fresh);
    upbit__fifo_put(&lane, &trades[1], 1);
    commit_and_wake();
    return unused;
}

/* ---- the consumer ---- */

static int any(void)
{
    return upbit__latest_any(&latest) || upbit__fifo_ahead(&lane, upbit__fifo_head(&lane)) > 0;
}

/* One event. 0: empty. */
static int take_one(void)
{
    const void *got;
    uint64_t number = 0;
    uint64_t head = upbit__fifo_head(&lane);
    if (upbit__fifo_ahead(&lane, head) > 0 && upbit__fifo_claim(&lane, &head, 1, &got, &number)) {
        assert(got == &trades[trades_taken]);
        trades_taken++;
        return 1;
    }
    const void *value = upbit__latest_pop(&latest);
    if (value == NULL)
        return 0;
    ticker_taken = value == &tickers[1] ? 2 : 1;
    return 1;
}

static void set_idle(void)
{
    run = NULL;
    upbit__flag_set(&idle);
    if (LOOK_AFTER_IDLE && any() && upbit__flag_take(&idle))
        run = &in_ready;
}

/* upbit__waiter_take until it answers 0 or the budget is used up; -1: used up. */
static int drain(int budget)
{
    for (;;) {
        if (run == NULL) {
            if (!upbit__stack_any(&ready) && upbit__flag_is_on(&armed))
                return 0;
            run = upbit__stack_take(&ready);
        }
        while (run != NULL) {
            if (budget == 0)
                return -1; /* neither the eventfd nor armed was touched */
            if (take_one())
                budget--;
            else
                set_idle();
        }
        if (upbit__stack_any(&ready))
            continue;
#ifdef READ_AFTER_ARMING
        upbit__flag_set(&armed);
        litmus_bell_read(&bell);
#else
        litmus_bell_read(&bell);
        upbit__flag_set(&armed);
#endif
#ifdef NO_LOOK_AFTER_ARMING
        return 0;
#else
        if (!upbit__stack_any(&ready) || !upbit__flag_take(&armed))
            return 0;
        litmus_bell_write(&bell);
#endif
    }
}

static void *consumer(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        drain(BUDGET);
    return unused;
}

int main(void)
{
    upbit__fifo_init(&lane, array.slots, CAPACITY, CAPACITY, 100);
    upbit__latest_init(&latest, &tomb);
    fresh = (upbit__fresh){NULL, NULL};
    upbit__cell_init(&cell);
    upbit__flag_init(&idle, 1);
    upbit__flag_init(&armed, 1);
    upbit__stack_init(&ready);
    upbit__link_set_next(&in_ready, NULL);
    litmus_bell_init(&bell);
    run = NULL;
    trades_taken = ticker_taken = 0;
    LITMUS_NAME(lane.head);
    LITMUS_NAME(lane.tail);
    LITMUS_NAME(latest.dirty.top);
    LITMUS_NAME(cell.val);
    LITMUS_NAME(idle.on);
    LITMUS_NAME(armed.on);
    LITMUS_NAME(ready.top);
    LITMUS_NAME(bell.count);

    pthread_t a = litmus_start(io), b = litmus_start(consumer);
    litmus_join(a);
    litmus_join(b);

    if (trades_taken != 2 || ticker_taken != 2)
        assert(litmus_bell_rings(&bell) && "lost wake-up");
    for (int i = 0; litmus_bell_rings(&bell); i++) {
        assert(i < 4 && "rings for nothing");
        while (drain(8) < 0)
            continue;
    }
    assert(trades_taken == 2 && ticker_taken == 2 && "lost wake-up");
    return 0;
}
