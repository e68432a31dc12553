/* What is done about an order: the weather changes, connections end, the port is closed. */
#include <inttypes.h>
#include <stdio.h>

#include "relay.h"

static int64_t value(relay *r, const order *o, int which)
{
    return o->least[which] + relay_dice(r, o->most[which] - o->least[which] + 1);
}

static void change(relay *r, weather *w, const order *o)
{
    switch (o->what) {
    case DEED_LATENCY:
        w->latency_ns = relay_scaled(r, value(r, o, SAYS_MS));
        w->jitter_ns = relay_scaled(r, value(r, o, SAYS_JITTER_MS));
        break;
    case DEED_RATE:
        w->rate = (int64_t)((double)value(r, o, SAYS_BYTES) * r->time_scale);
        break;
    case DEED_SLICE:
        w->slice = (size_t)value(r, o, SAYS_BYTES);
        w->pause_ns = value(r, o, SAYS_PAUSE_US) * 1000;
        break;
    case DEED_FLIP:
        w->flips = value(r, o, SAYS_COUNT);
        w->flips_per_million = value(r, o, SAYS_PER_MILLION);
        break;
    case DEED_STALL:
    case DEED_RESUME:
        w->stalled = o->what == DEED_STALL;
        break;
    default:
        w->swallows = true;
        break;
    }
}

static void clear(relay *r)
{
    bool swallowed = r->weather[WAY_UP].swallows || r->weather[WAY_DOWN].swallows;
    for (pair *l = r->pairs; l != NULL; l = l->next)
        if (!l->dead && (l->way[WAY_UP].lost || l->way[WAY_DOWN].lost))
            pair_cut(r, l, CUT_RST, WAY_BOTH);
    if (swallowed)
        relay_log(r, "the black hole is closed");
    for (int way = 0; way < WAYS; way++)
        r->weather[way] = (weather){0};
    r->lose_count = 0;
}

static void tell(const relay *r, char *answer, size_t size)
{
    const counts *c = &r->counts;
    int open = 0;
    for (const pair *l = r->pairs; l != NULL; l = l->next)
        open += !l->dead;
    snprintf(answer, size,
             "ok {\"connections\":%" PRIu64 ",\"open\":%d,\"busiest_second\":%" PRIu64
             ",\"cuts\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"flips\":%" PRIu64
             ",\"bytes_up\":%" PRIu64 ",\"bytes_down\":%" PRIu64 ",\"forgotten_up\":%" PRIu64
             ",\"forgotten_down\":%" PRIu64 "}",
             c->connections, open, c->busiest_second, c->cuts, c->refused, c->flips,
             c->passed[WAY_UP], c->passed[WAY_DOWN], c->forgotten[WAY_UP], c->forgotten[WAY_DOWN]);
}

bool relay_apply(relay *r, const order *o, char *answer, size_t size)
{
    snprintf(answer, size, "ok");
    switch (o->what) {
    case DEED_CUT:
        for (pair *l = r->pairs; l != NULL; l = l->next)
            if (!l->dead)
                pair_cut(r, l, o->how, o->way);
        return true;
    case DEED_LOSE:
        r->lose = *o;
        r->lose_count = value(r, o, SAYS_COUNT);
        return true;
    case DEED_REFUSE:
        if (relay_refuse(r, o->how, relay_scaled(r, value(r, o, SAYS_FOR_MS))))
            return true;
        break;
    case DEED_CLEAR:
        clear(r);
        if (relay_accept_again(r))
            return true;
        break;
    case DEED_STATS:
        tell(r, answer, size);
        return true;
    case DEED_QUIT:
        r->stop = true;
        return true;
    default:
        for (int way = 0; way < WAYS; way++)
            if (o->way == WAY_BOTH || o->way == way)
                change(r, &r->weather[way], o);
        return true;
    }
    snprintf(answer, size, "error: port %d of this relay cannot be bound again", r->port);
    return false;
}
