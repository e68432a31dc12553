#include "client/limit_wait.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/clock.h"

#define EPISODE_NS (10 * UPBIT__SECOND)

void upbit__wait_begin(upbit__counters *c, upbit__log *log, upbit__wait_kind kind,
                       int64_t *since_ns, int64_t now_ns, int64_t until_ns)
{
    static const char *const names[] = {"connect", "message", "rest"};
    if (*since_ns != 0)
        return;
    *since_ns = now_ns;
    upbit__count(&c->limit_waits, 1);
    bool episode = c->waits_ns[kind] == 0 || now_ns - c->waits_ns[kind] >= EPISODE_NS;
    c->waits_ns[kind] = now_ns;
    if (episode)
        upbit__log_write(log, UPBIT_LOG_WARNING, "limit",
                         "waits for a limit of the exchange kind=%s for_ms=%" PRId64, names[kind],
                         (int64_t)(until_ns > now_ns ? (until_ns - now_ns) / UPBIT__MS : 0));
}

void upbit__wait_told(upbit__counters *c, upbit__wait_kind kind, int64_t now_ns)
{
    c->waits_ns[kind] = now_ns;
}

uint32_t upbit__wait_end(upbit__counters *c, int64_t *since_ns, int64_t now_ns)
{
    if (*since_ns == 0)
        return 0;
    uint64_t ms = (uint64_t)(now_ns - *since_ns + UPBIT__MS - 1) / UPBIT__MS;
    *since_ns = 0;
    upbit__count(&c->limit_wait_ms, ms);
    uint64_t longest = upbit__counted(&c->limit_wait_longest_ms);
    if (ms > longest)
        upbit__count(&c->limit_wait_longest_ms, ms - longest);
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}
