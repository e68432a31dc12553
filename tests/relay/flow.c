/* One way of a connection: what was read waits until it is due, and leaves in the size and at the
 * pace that is ordered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "relay.h"

#define READ_SIZE   16384
#define QUEUED_MOST ((size_t)1 << 20) /* then the sender's own socket fills, as on a real line */
#define WRITES_MOST 64                /* of a turn: others want theirs */
#define RATE_SHARE  50                /* a slow line is written to in this part of a second */

void flow_begin(flow *f)
{
    *f = (flow){.last = &f->first};
}

void flow_free(flow *f)
{
    for (chunk *c; (c = f->first) != NULL;) {
        f->first = c->next;
        free(c);
    }
    f->last = &f->first;
    f->queued = 0;
}

bool flow_wants_bytes(const relay *r, const flow *f, int way)
{
    return !f->ended && !r->weather[way].stalled && f->queued < QUEUED_MOST;
}

static void flip_bit(relay *r, uint8_t *bytes, size_t length)
{
    bytes[relay_dice(r, (int64_t)length)] ^= (uint8_t)(1u << relay_dice(r, 8));
    r->counts.flips++;
}

static void flip(relay *r, weather *w, uint8_t *bytes, size_t length)
{
    if (w->flips > 0) {
        w->flips--;
        flip_bit(r, bytes, length);
    }
    for (size_t i = 0; w->flips_per_million > 0 && i < length; i++)
        if (relay_dice(r, 1000000) < w->flips_per_million)
            flip_bit(r, bytes + i, 1);
}

static bool queue(relay *r, flow *f, int way, const uint8_t *bytes, size_t length)
{
    weather *w = &r->weather[way];
    chunk *c = malloc(sizeof *c + length);
    if (c == NULL)
        return false;
    int64_t due = r->now_ns + w->latency_ns;
    if (w->jitter_ns > 0)
        due += relay_dice(r, w->jitter_ns + 1);
    /* TCP keeps the order, whatever happens below it. */
    due = due < f->last_due_ns ? f->last_due_ns : due;
    f->last_due_ns = due;
    *c = (chunk){.due_ns = due, .length = length};
    memcpy(c->bytes, bytes, length);
    flip(r, w, c->bytes, length);
    *f->last = c;
    f->last = &c->next;
    f->queued += length;
    return true;
}

bool flow_read(relay *r, flow *f, int way, int from, uint64_t most)
{
    uint8_t bytes[READ_SIZE];
    size_t room = most < sizeof bytes ? (size_t)most : sizeof bytes;
    ssize_t got = recv(from, bytes, room, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0) {
        f->ended = true;
        return true;
    }
    f->passed += (uint64_t)got;
    if (f->swallows || r->weather[way].swallows) {
        f->lost = true;
        r->counts.forgotten[way] += (uint64_t)got;
        return true;
    }
    r->counts.passed[way] += (uint64_t)got;
    return queue(r, f, way, bytes, (size_t)got);
}

/* So much of the first chunk goes into one write. */
static size_t share(const weather *w, const chunk *c)
{
    size_t size = c->length - c->sent;
    if (w->slice > 0 && size > w->slice)
        size = w->slice;
    size_t slow = w->rate > 0 ? (size_t)(w->rate / RATE_SHARE) + 1 : size;
    return size < slow ? size : slow;
}

bool flow_write(relay *r, flow *f, int way, int to, bool at_once)
{
    const weather *w = &r->weather[way];
    if (w->stalled && !at_once)
        return true;
    for (int i = 0; f->first != NULL && (i < WRITES_MOST || at_once); i++) {
        chunk *c = f->first;
        if (!at_once && (c->due_ns > r->now_ns || f->free_ns > r->now_ns))
            return true;
        ssize_t put = send(to, c->bytes + c->sent, share(w, c), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0)
            return errno == EAGAIN || errno == EINTR;
        c->sent += (size_t)put;
        f->queued -= (size_t)put;
        int64_t from = f->free_ns > r->now_ns - MS ? f->free_ns : r->now_ns;
        if (w->rate > 0)
            f->free_ns = from + put * INT64_C(1000000000) / w->rate;
        else if (w->pause_ns > 0)
            f->free_ns = r->now_ns + w->pause_ns;
        if (c->sent < c->length)
            continue;
        f->first = c->next;
        if (f->first == NULL)
            f->last = &f->first;
        free(c);
    }
    if (f->first == NULL && f->ended && !f->told) {
        f->told = true;
        if (!f->swallows && !r->weather[way].swallows)
            shutdown(to, SHUT_WR);
    }
    return true;
}

int64_t flow_due(const relay *r, const flow *f, int way)
{
    if (f->first == NULL || r->weather[way].stalled)
        return INT64_MAX;
    int64_t due = f->first->due_ns > f->free_ns ? f->first->due_ns : f->free_ns;
    return due > r->now_ns ? due : INT64_MAX; /* now: the socket is full, poll says when not */
}
