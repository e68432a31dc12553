/* Keys that give no data: the exchange confirms no request and says nothing when a stream dries up,
 * so silence is all there is to see.
 *
 * NO_DATA: asked for, and no first message in time. STALE: there was data, and none for long.
 * FRESH: something came after either. Each is told once per episode to everybody who wants the key,
 * and reconnects nothing: a quiet market is quiet. The scan runs while there are keys, a few times
 * per time-out. I/O thread only. */
#include <string.h>

#include "base/clock.h"
#include "client/manager.h"

static int64_t interval_ns(const upbit_manager *m)
{
    uint32_t least = m->config.no_data_ms;
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_CANDLE; type++)
        if (m->config.stale_type_ms[type] < least)
            least = m->config.stale_type_ms[type];
    int64_t ms = least / 4;
    return (ms < 10 ? 10 : ms > 1000 ? 1000 : ms) * UPBIT__MS;
}

void upbit__quiet_start(upbit_manager *m)
{
    if (m->registry.key_count > 0 && !upbit__timer_running(&m->quiet_timer))
        upbit__timer_start(m->loop, &m->quiet_timer, upbit__clock_monotonic_ns() + interval_ns(m));
}

/* To those who want the key and do not know it yet. Without memory the next scan tries again. */
static void tell(upbit_manager *m, upbit__key *key, int type, int64_t age_ns)
{
    uint8_t told = type == UPBIT_TYPE_FRESH ? 0 : (uint8_t)type;
    uint32_t takers = 0;
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (entry->quiet == told)
            continue;
        if (entry->news == NULL)
            entry->news = upbit__inbox_cell(entry->client->inbox);
        takers += entry->news != NULL;
    }
    if (takers == 0) {
        key->quiet = key->quiet && told != 0; /* those who were told have left */
        return;
    }
    upbit_key_event *e = (void *)upbit__tell_make(m, type, sizeof *e);
    if (e == NULL)
        return;
    memcpy(e->event.code, key->id.code, sizeof e->event.code);
    e->key_type = (uint32_t)key->id.type;
    e->candle_unit = key->id.unit;
    e->level = key->id.level;
    e->age_ms = age_ns / UPBIT__MS;
    upbit__event_set_refs(&e->event, takers);
    for (uint32_t i = 0; i < key->entry_count; i++) {
        upbit__entry *entry = key->entries[i];
        if (entry->quiet == told || entry->news == NULL)
            continue;
        entry->quiet = told;
        upbit__inbox_put(entry->client->inbox, entry->news, &e->event);
    }
    key->quiet = told != 0;
}

struct scan {
    upbit_manager *m;
    int64_t now_ns;
};

static void look(void *context, upbit__key *key)
{
    const struct scan *s = context;
    const upbit__config *c = &s->m->config;
    if (key->heard_ns == 0 || (key->asked_ns != 0 && key->heard_ns < key->asked_ns)) {
        int64_t age = s->now_ns - key->asked_ns;
        if (key->asked_ns != 0 && age > c->no_data_ms * UPBIT__MS) {
            if (!key->quiet)
                upbit__session_key_quiet(&s->m->session);
            tell(s->m, key, UPBIT_TYPE_NO_DATA, age);
        }
        return;
    }
    int64_t age = s->now_ns - key->heard_ns;
    if (age > c->stale_type_ms[key->id.type] * UPBIT__MS + key->id.unit * UPBIT__SECOND)
        tell(s->m, key, UPBIT_TYPE_STALE, age);
}

void upbit__quiet_scan(void *manager)
{
    upbit_manager *m = manager;
    struct scan s = {m, upbit__clock_monotonic_ns()};
    upbit__registry_each(&m->registry, look, &s);
    upbit__quiet_start(m);
}

void upbit__quiet_heard(void *manager, upbit__key *key)
{
    tell(manager, key, UPBIT_TYPE_FRESH, 0);
}
