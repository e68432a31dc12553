#include "limits/window.h"

#define NEVER INT64_MIN

void upbit__window_init(upbit__window *w, uint32_t limit, int64_t window_ns)
{
    if (limit < 1)
        limit = 1;
    if (limit > UPBIT__WINDOW_MAX)
        limit = UPBIT__WINDOW_MAX;
    w->limit = limit;
    w->window_ns = window_ns + UPBIT__WINDOW_MARGIN_NS;
    w->next = 0;
    for (uint32_t i = 0; i < limit; i++)
        w->granted_ns[i] = NEVER;
}

int64_t upbit__window_next_ns(const upbit__window *w)
{
    int64_t oldest = w->granted_ns[w->next];
    return oldest == NEVER ? NEVER : oldest + w->window_ns;
}

uint32_t upbit__window_free(const upbit__window *w, int64_t now_ns)
{
    uint32_t free = 0;
    for (uint32_t i = 0; i < w->limit; i++)
        free += w->granted_ns[i] == NEVER || w->granted_ns[i] + w->window_ns <= now_ns;
    return free;
}

void upbit__window_take(upbit__window *w, int64_t now_ns)
{
    w->granted_ns[w->next] = now_ns;
    w->next = (w->next + 1) % w->limit;
}
