/* What the numbers of a drop_oldest lane promise, and the memory budget: fifo.h, inbox_push.c, pool.c,
 * an atomic operation a step.
 *
 * Shown: every event meant for the lane has a number, and number = taken + gaps + queued: of what lies
 * behind the last one taken each is taken or missing and in a gap, once; of the rest each waits or is
 * missing and will be in the next gap; what is missing was dropped or refused, and counted. Never more
 * blocks are out than the budget, and none is lost. */

#define CAPACITY 2
#define BUDGET 3 /* blocks */
#define EVENTS 5
#define TURN 2

/* shared */
byte slot[CAPACITY]; /* the event's number */
byte head, tail, returns;
/* the I/O thread's */
byte ptail, meant, number, dropped, refused, out;

#define WAITS 1
#define TAKEN 2
#define DROPPED 3 /* 0: refused */
byte fate[EVENTS + 1];
/* the consumer's */
byte taken, gaps, last, held;
bool io_done;

inline drop(h, ok) {
    oldest = slot[h % CAPACITY];
#ifdef DROPPED_BY_STORE
    head = h + 1;
    ok = true;
#else
    atomic { ok = (head == h); if :: ok -> head = h + 1 :: else fi }
#endif
    if
    :: ok -> d_step {
            assert(fate[oldest] == WAITS);
            fate[oldest] = DROPPED;
            dropped++;
            out--
        }
    :: else
    fi
}

inline collect() { d_step { out = out - returns; returns = 0 } }

inline shed() {
    h = head;
    do
    :: h != ptail && out == BUDGET ->
        drop(h, ok);
        if :: ok -> h++ :: else -> h = head fi
    :: else -> break
    od
}

inline make_room() {
    h = head;
    do
    :: ptail - h == CAPACITY ->
        drop(h, ok);
        if :: ok -> h++ :: else -> h = head fi
    :: else -> break
    od
}

active proctype io() {
    byte h, oldest;
    bool ok;
    do
    :: meant < EVENTS ->
        meant++;
        if :: out == BUDGET -> collect() :: else fi;
        if :: out == BUDGET -> shed() :: else fi;
#ifdef NO_REFUSAL
        if
        :: false
#else
        if
        :: out == BUDGET ->
            refused++;
#ifndef REFUSED_WITHOUT_A_NUMBER
            number++
#else
            skip
#endif
#endif
        :: else ->
            out++;
            assert(out <= BUDGET);
            make_room();
            number++;
            d_step {
                slot[ptail % CAPACITY] = number;
                fate[number] = WAITS;
                ptail++
            }
            if :: tail = ptail :: skip fi /* the batch ends here, or not yet */
        fi
    :: else -> break
    od;
    tail = ptail;
    io_done = true
}

inline take(n) {
    d_step {
        assert(n > last && fate[n] == WAITS);
        fate[n] = TAKEN;
        gaps = gaps + (n - last - 1);
        last = n;
        taken++;
        held++
    }
}

active proctype consumer() {
    byte h, t, count, got[TURN];
    bool ok;
    do
    :: held > 0 -> atomic { held--; returns++ } /* the application lets one go */
    :: true ->
        h = head;
again:
        t = tail;
        if
#ifdef EMPTY_BY_INEQUALITY
        :: t != h ->
#else
        :: t > h ->
#endif
            if
            :: count = 1
            :: t - h > 1 -> count = TURN
            fi;
            got[0] = slot[h % CAPACITY];
            got[1] = slot[(h + 1) % CAPACITY];
#ifdef CLAIMED_BY_STORE
            head = h + count;
            ok = true;
#else
            atomic { ok = (head == h); if :: ok -> head = h + count :: else fi }
#endif
            if
            :: ok ->
                take(got[0]);
                if :: count > 1 -> take(got[1]) :: else fi
            :: else -> h = head; goto again
            fi
        :: else -> if :: io_done && held == 0 && head == tail -> break :: else fi
        fi
    :: io_done -> break /* or it stops, with events in its hands and in the lane */
    od;
    io_done;
    d_step {
        assert(number == meant);
        byte n = 1, missing = 0, waiting = 0;
        do
        :: n <= number ->
            assert(fate[n] != WAITS || n > last);
            assert(fate[n] != TAKEN || n <= last);
            if :: fate[n] == WAITS -> waiting++ :: else fi;
            if :: fate[n] == DROPPED || fate[n] == 0 -> missing++ :: else fi;
            if :: n == last -> assert(gaps == missing) :: else fi;
            n++
        :: else -> break
        od;
        assert(missing == dropped + refused);
        assert(waiting == tail - head && taken + missing + waiting == number);
        assert(out == returns + held + waiting)
    }
}
