/* One connection: a socket of the client, one of the server, and every way for them to end. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay.h"

static void reset(int fd)
{
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
}

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void pair_begin(relay *r, int fd)
{
    int to = connect_to(r->to), on = 1;
    pair *l = to >= 0 ? calloc(1, sizeof *l) : NULL;
    if (l == NULL) { /* nobody is behind it: as if nobody were here */
        relay_log(r, "port %d does not answer", r->to);
        reset(fd);
        if (to >= 0)
            close(to);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *l = (pair){.next = r->pairs, .fd = {fd, to}, .lose_at = -1};
    flow_begin(&l->way[WAY_UP]);
    flow_begin(&l->way[WAY_DOWN]);
    r->pairs = l;
    if (r->lose_count == 0)
        return;
    r->lose_count--;
    const order *o = &r->lose;
    int64_t span = o->most[SAYS_BYTES] - o->least[SAYS_BYTES];
    l->lose_at = o->least[SAYS_BYTES] + relay_dice(r, span + 1);
    l->lose_way = o->way;
    l->lose_how = o->how;
    if (l->lose_at == 0)
        pair_cut(r, l, l->lose_how, WAY_BOTH);
}

static void die(pair *l)
{
    for (int side = 0; side < WAYS; side++) {
        reset(l->fd[side]);
        l->fd[side] = -1;
    }
    l->dead = true;
}

static void end_way(pair *l, int way, bool told)
{
    flow *f = &l->way[way];
    f->swallows = true;
    f->lost = true;
    flow_free(f);
    if (told && !f->told)
        shutdown(l->fd[!way], SHUT_WR);
    f->told = f->told || told;
}

void pair_cut(relay *r, pair *l, int how, int way)
{
    r->counts.cuts++;
    l->lose_at = -1;
    if (how == CUT_RST) {
        die(l);
        return;
    }
    /* FIN: what still comes is read, or close() would say RST. */
    for (int w = 0; w < WAYS; w++)
        if (how == CUT_FIN || way == WAY_BOTH || way == w)
            end_way(l, w, how != CUT_SILENCE);
}

short pair_wants(const relay *r, const pair *l, int side)
{
    const flow *in = &l->way[side], *out = &l->way[!side];
    if (in->ended && out->told)
        return -1; /* poll would tell of its end without end */
    short events = 0;
    if (flow_wants_bytes(r, in, side))
        events |= POLLIN;
    if (out->first != NULL && flow_due(r, out, !side) == INT64_MAX && !r->weather[!side].stalled)
        events |= POLLOUT;
    return events;
}

int64_t pair_due(const relay *r, const pair *l)
{
    int64_t up = flow_due(r, &l->way[WAY_UP], WAY_UP);
    int64_t down = flow_due(r, &l->way[WAY_DOWN], WAY_DOWN);
    return up < down ? up : down;
}

/* False: the pair has ended. */
static bool read_side(relay *r, pair *l, int side)
{
    flow *f = &l->way[side];
    bool gone = (l->polled[side] & (POLLERR | POLLHUP)) != 0;
    if (!gone && ((l->polled[side] & POLLIN) == 0 || !flow_wants_bytes(r, f, side)))
        return true;
    if (f->ended && gone) {
        die(l);
        return false;
    }
    uint64_t most = UINT64_MAX;
    bool to_lose = l->lose_at >= 0 && (l->lose_way == side || l->lose_way == WAY_BOTH);
    if (to_lose)
        most = (uint64_t)l->lose_at - f->passed;
    if (!flow_read(r, f, side, l->fd[side], most)) {
        die(l);
        return false;
    }
    if (to_lose && f->passed >= (uint64_t)l->lose_at) {
        (void)flow_write(r, f, side, l->fd[!side], true);
        pair_cut(r, l, l->lose_how, WAY_BOTH);
    }
    return !l->dead;
}

void pair_turn(relay *r, pair *l)
{
    for (int side = 0; side < WAYS; side++)
        if (!read_side(r, l, side))
            return;
    for (int way = 0; way < WAYS; way++) {
        if (!flow_write(r, &l->way[way], way, l->fd[!way], false)) {
            die(l);
            return;
        }
    }
    const flow *up = &l->way[WAY_UP], *down = &l->way[WAY_DOWN];
    bool given_up = up->ended && (up->swallows || r->weather[WAY_UP].swallows);
    if (given_up || (up->told && down->told && up->ended && down->ended)) {
        for (int side = 0; side < WAYS; side++) {
            close(l->fd[side]);
            l->fd[side] = -1;
        }
        l->dead = true;
    }
}

void pair_reap(relay *r, bool all)
{
    for (pair **at = &r->pairs; *at != NULL;) {
        pair *l = *at;
        if (!l->dead && !all) {
            at = &l->next;
            continue;
        }
        if (!l->dead)
            die(l);
        *at = l->next;
        flow_free(&l->way[WAY_UP]);
        flow_free(&l->way[WAY_DOWN]);
        free(l);
    }
}
