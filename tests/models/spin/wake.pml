/* The wake-up of architecture section 5: two inboxes on one waiter, that is an eventfd and, from time to
 * time, a callback. waiter.c and batch.c, an atomic operation a step.
 *
 * Shown: an inbox hangs on one list at most; and when nothing moves any more, nobody asleep has an event
 * waiting (no lost wake-up), wherever the consumer stopped early and whenever the callback was set or
 * unset. Memory orders are not Spin's business: see ../litmus/wake.c. */

#define INBOXES 2
#define BATCHES 3

#ifndef SWITCHES
#define SWITCHES 1 /* how often the callback is set and unset again */
#endif

byte shown[INBOXES], taken[INBOXES];
bool idle[INBOXES] = true;
bool on_ready[INBOXES], on_run[INBOXES];
bool armed = true;
bool readable;    /* the eventfd */
bool by_callback; /* a hint, read without the mutex */
bool has_callback, locked;
bool called; /* what the callback's owner remembers: it has not seen 0 since */

inline lock() { atomic { !locked; locked = true } }
inline unlock() { locked = false }

inline any_ready(result) { result = on_ready[0] || on_ready[1] }
inline any_run(result) { result = on_run[0] || on_run[1] }

/* ---- the I/O thread ---- */

inline make_ready(i) {
    atomic {
        assert(!on_ready[i] && !on_run[i]); /* linked twice */
        on_ready[i] = true
    }
}

inline touch(i) {
#ifdef COMMIT_AFTER_WAKING
    atomic { was = idle[i]; idle[i] = false }
    if :: was -> make_ready(i) :: else fi;
    shown[i]++
#else
    shown[i]++;
    atomic { was = idle[i]; idle[i] = false }
    if :: was -> make_ready(i) :: else fi
#endif
}

inline notify() {
    atomic { was = armed; armed = false }
    if
    :: was ->
        lock();
        if :: has_callback -> called = true :: else -> readable = true fi;
        unlock()
    :: else
    fi
}

active proctype io() {
    byte batch;
    bool was;
    do
    :: batch < BATCHES ->
        batch++;
        if
        :: touch(0)
        :: touch(1)
        :: touch(0); touch(1)
        fi;
        notify()
    :: else -> break
    od
}

/* ---- whoever sets the callback: upbit__waiter_set_wakeup ---- */

active proctype setter() {
    byte n;
    do
    :: n < SWITCHES ->
        n++;
        lock();
        has_callback = true;
        by_callback = true;
        called = true;
        unlock();
        lock();
        has_callback = false;
        by_callback = false;
#ifndef UNSET_PASSES_NOTHING_ON
        armed = false;
        readable = true;
#endif
        unlock()
    :: else -> break
    od
}

/* ---- the consumer: upbit__waiter_take until it answers 0 or is left early ---- */

inline read_eventfd() { if :: !by_callback -> readable = false :: else fi }

inline look_again(i) {
#ifndef NO_LOOK_AFTER_IDLE
    if
    :: shown[i] > taken[i] ->
        atomic { was = idle[i]; idle[i] = false }
        if
        :: was -> atomic { assert(!on_ready[i]); on_run[i] = true }
        :: else
        fi
    :: else
    fi
#else
    skip
#endif
}

inline visit(i) {
    if
    :: shown[i] > taken[i] -> taken[i]++
    :: else ->
#ifdef IDLE_BEFORE_UNLINKING
        idle[i] = true;
        on_run[i] = false;
#else
        on_run[i] = false;
        idle[i] = true;
#endif
        look_again(i)
    fi
}

active proctype consumer() {
    bool was, some;

end_asleep:
    if
    :: by_callback && called
    :: !by_callback && readable
    fi;
    called = false;
#ifdef EVENTFD_READ_FIRST
    read_eventfd();
#endif

again:
    any_run(some);
    if
    :: !some ->
        any_ready(some);
        if
        :: !some && armed -> goto end_asleep
        :: else -> atomic {
                on_run[0] = on_run[0] || on_ready[0];
                on_run[1] = on_run[1] || on_ready[1];
                on_ready[0] = false;
                on_ready[1] = false
            }
        fi
    :: else
    fi;
    do
    :: on_run[0] -> visit(0)
    :: on_run[1] -> visit(1)
    :: on_run[0] || on_run[1] -> /* the budget is used up */
        if :: by_callback -> called = true :: else fi;
        goto end_asleep
    :: !on_run[0] && !on_run[1] -> break
    od;
    any_ready(some);
    if :: some -> goto again :: else fi;
#ifdef EVENTFD_READ_AFTER_ARMING
    armed = true;
    read_eventfd();
#else
#ifndef EVENTFD_READ_FIRST
    read_eventfd();
#endif
    armed = true;
#endif
#ifndef NO_LOOK_AFTER_ARMING
    any_ready(some);
    if
    :: some ->
        atomic { was = armed; armed = false }
        if
        :: was ->
#ifndef DISARMED_WITHOUT_NOTIFYING
            if :: !by_callback -> readable = true :: else fi;
#endif
            goto again
        :: else
        fi
    :: else
    fi;
#endif
    goto end_asleep
}

active proctype watcher() {
    timeout -> assert(shown[0] == taken[0] && shown[1] == taken[1]) /* lost wake-up */
}
