#include "client/measure.h"

#include "base/clock.h"
#include "client/manager.h"

static uint64_t key_bytes(const upbit__registry *r)
{
    return (r->key_count + r->lingering) * sizeof(upbit__key) +
           r->bucket_count * sizeof *r->buckets +
           r->entry_count * (sizeof(upbit__entry) + sizeof(upbit__taker) + 2 * sizeof(void *));
}

void upbit__measure_turn(upbit_manager *m)
{
    upbit__counters *c = &m->counters;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__histogram_add(&c->turns, (now - upbit__loop_woke_ns(m->loop)) / 1000);
    uint64_t messages = upbit__counted(&c->messages_received);
    const uint64_t totals[UPBIT__METERED] = {
        [UPBIT__METERED_MESSAGES] = messages,
        [UPBIT__METERED_BYTES] = upbit__counted(&c->bytes_received),
        [UPBIT__METERED_INFLATED] = upbit__counted(&c->bytes_decoded),
        [UPBIT__METERED_DROPPED] = m->batch.dropped,
        [UPBIT__METERED_COALESCED] = m->batch.coalesced,
        [UPBIT__METERED_REFUSED] = upbit__counted(&c->events_refused),
        [UPBIT__METERED_BAD] = upbit__counted(&c->decode_errors)};
    upbit__meter_turn(&c->meter, totals, now);
    atomic_store_explicit(&c->memory_key_bytes,
                          key_bytes(&m->registry) + key_bytes(&m->private_registry),
                          memory_order_relaxed);
    /* Without messages nothing is to be marked, and a desktop that sleeps is let sleep. */
    if (messages != m->marked_messages && !upbit__timer_running(&m->mark_timer))
        (void)upbit__timer_start(m->loop, &m->mark_timer, now + UPBIT__MARK_NS);
}

static void mark_key(void *context, upbit__key *key)
{
    (void)context;
    key->marked[0] = key->marked[1];
    key->marked[1] = key->events;
}

void upbit__measure_mark(void *manager)
{
    upbit_manager *m = manager;
    int64_t now = upbit__clock_monotonic_ns();
    uint64_t messages = upbit__counted(&m->counters.messages_received);
    m->idle_marks = messages == m->marked_messages ? m->idle_marks + 1 : 0;
    m->marked_messages = messages;
    m->marked_ns[0] = m->marked_ns[1];
    m->marked_ns[1] = now;
    upbit__registry_each(&m->registry, mark_key, NULL);
    upbit__registry_each(&m->private_registry, mark_key, NULL);
    for (upbit__client *c = m->clients; c != NULL; c = c->next)
        upbit__inbox_mark(c->inbox, now);
    upbit__health_look(m);
    /* Two more behind the last message: then the marks of the keys stand still, too. */
    if (m->idle_marks < 2 || upbit__health_passing(m))
        (void)upbit__timer_start(m->loop, &m->mark_timer, now + UPBIT__MARK_NS);
}
