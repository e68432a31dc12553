/* The control lane's promises: a place for every answer, errors that are counted and never lost.
 * inbox_control.c, inbox_take.c, ring.h, latest.h, an atomic operation a step.
 *
 * Shown: an answer that was promised a place always finds one; the ring never holds more than its
 * places; every accepted command is answered once; and the counts of the ERROR events delivered add
 * up to the errors pushed, however pushes and takes cross. */

#define PROMISES 2
#define ERRORS 1
#define RING 3 /* PROMISES + ERRORS */
#define ASKERS 2
#define ASKED 2 /* by each */
#define FAULTS 3

#define ANSWER 1
#define FAULT 2

/* any thread */
byte promised, commands, accepted, refused;
/* shared */
byte head, tail, kind[RING];
byte errors_taken;
byte cell, cell_count; /* the ERROR that stands for many: which copy, 0 none; one word in truth */
/* the I/O thread's */
byte faults, errors_pushed, error_last, error_count, copies;
/* the consumer's */
byte answers, told;

proctype asker() {
    byte n, seen;
    bool ok;
    do
    :: n < ASKED ->
        n++;
        seen = promised;
retry:
        if
        :: seen >= PROMISES -> refused++
        :: else ->
#ifdef PROMISED_WITHOUT_CAS
            promised = seen + 1;
#else
            atomic { ok = (promised == seen); if :: ok -> promised++ :: else -> seen = promised fi }
            if :: !ok -> goto retry :: else fi;
#endif
            atomic { accepted++; commands++ }
        fi
    :: else -> break
    od
}

inline push(what) {
    d_step {
        assert(tail - head < RING); /* a place was used that was not promised */
        kind[tail % RING] = what;
        tail++
    }
}

inline error_for_many() {
    last = error_last;
    copies++;
    error_last = copies;
#ifdef PUT_NOT_REPLACE
    ok = (last != 0);
    if :: ok -> atomic { cell = copies; cell_count = 1 + error_count } :: else fi;
#else
    atomic {
        ok = (last != 0 && cell == last);
        if :: ok -> cell = copies; cell_count = 1 + error_count :: else fi
    }
#endif
    if
    :: ok -> error_count++
    :: else ->
        error_count = 1;
        atomic { cell = copies; cell_count = 1 }
    fi
}

active proctype io() {
    byte seen, last;
    bool ok;
end:
    do
    :: commands > 0 -> commands--; push(ANSWER)
    :: faults < FAULTS ->
        faults++;
        seen = errors_taken;
        ok = (cell != 0);
        if
        :: ok || errors_pushed - seen >= ERRORS -> error_for_many()
        :: else -> push(FAULT); errors_pushed++
        fi
    od
}

active proctype consumer() {
    byte what, many;
end:
    do
    :: head != tail ->
        what = kind[head % RING];
#ifdef PLACE_GIVEN_BACK_FIRST
        if :: what == FAULT -> errors_taken++ :: else -> atomic { promised-- } fi;
        head++;
#else
        head++;
        if :: what == FAULT -> errors_taken++ :: else -> atomic { promised-- } fi;
#endif
        if :: what == FAULT -> told++ :: else -> answers++ fi
    :: head == tail && cell != 0 ->
        atomic { many = cell_count; cell = 0 }
        told = told + many
    od
}

init {
    atomic { run asker(); run asker() }
    timeout ->
    assert(answers == accepted && accepted + refused == ASKERS * ASKED);
    assert(told == FAULTS && promised == 0)
}
