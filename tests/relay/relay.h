/* upbit-relay: what lies between a client and a server, and can go wrong. It carries TCP's bytes
 * from one port of this machine to another and knows nothing of what they mean, so that TLS stays
 * between the two ends. One thread, one poll; the rooms:
 *
 *     main.c    the command line
 *     loop.c    who connects, what is ordered, whose turn it is
 *     pair.c    one connection: its two ways, and its end
 *     flow.c    one way of it: late, slow, in slices, with flipped bits
 *     order.c   what one line of an order says
 *     apply.c   what is done about it
 *     script.c  orders by the clock */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "order.h"

#define MS 1000000 /* ns */

/* What holds for one way of all connections. */
typedef struct weather {
    int64_t latency_ns, jitter_ns;
    int64_t rate; /* bytes a second, 0: as fast as it goes */
    size_t slice; /* bytes of a write, 0: all there is */
    int64_t pause_ns;
    int64_t flips, flips_per_million; /* so many reads more have a bit flipped; so many bytes do */
    bool stalled;                     /* nothing is read; what waits, waits */
    bool swallows;                    /* what is read is forgotten */
} weather;

typedef struct chunk {
    struct chunk *next;
    int64_t due_ns;
    size_t length, sent;
    uint8_t bytes[];
} chunk;

/* One way of a connection. */
typedef struct flow {
    chunk *first, **last;
    size_t queued;
    int64_t last_due_ns, free_ns; /* free: not before that the next write, for rate and pause */
    uint64_t passed;              /* bytes read */
    bool ended, told;             /* the end was read; and handed on, behind all bytes */
    bool swallows, lost;          /* of this connection alone; bytes were forgotten */
} flow;

typedef struct pair {
    struct pair *next;
    int fd[2];      /* of the client, of the server; -1 */
    flow way[WAYS]; /* flow w reads from fd[w], and writes to fd[!w] */
    int64_t lose_at;
    int lose_way, lose_how; /* lose_at >= 0: this end after so many bytes of this way */
    short polled[2];        /* what poll said */
    bool dead;
} pair;

typedef struct counts {
    uint64_t connections, cuts, refused, flips, turns, passed[WAYS], forgotten[WAYS];
    uint64_t busiest_second;
} counts;

struct script;

typedef struct relay {
    int host, port, to; /* host: the last byte of 127.0.0.x */
    double time_scale;
    bool verbose, parent_death;
    uint64_t dice;
    int64_t now_ns, start_ns;
    int listen_fd;
    bool stop;
    weather weather[WAYS];
    pair *pairs;
    order lose; /* what the next lose_count connections meet */
    int64_t lose_count;
    int refusing;            /* a refuse_how, -1: nobody is refused */
    int64_t refuse_until_ns; /* 0: until `clear` */
    int64_t recent_ns[64];   /* when the last connections came, a ring */
    struct script *script;   /* NULL: none */
    counts counts;
} relay;

/* loop.c */
bool relay_open(relay *r);
int relay_run(relay *r); /* exit status */
void relay_close(relay *r);
int64_t relay_scaled(const relay *r, int64_t ms); /* of the exchange's clock, in ns of ours */
bool relay_refuse(relay *r, int how, int64_t for_ns);
bool relay_accept_again(relay *r);
void relay_log(const relay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From 0 to below n; n > 0. */
int64_t relay_dice(relay *r, int64_t n);

/* apply.c: the answer without its end of line. False: it could not be done. */
bool relay_apply(relay *r, const order *o, char *answer, size_t size);

/* pair.c. A pair that has died is taken away by pair_reap alone. */
void pair_begin(relay *r, int fd);
void pair_cut(relay *r, pair *l, int how, int way);
void pair_turn(relay *r, pair *l);
short pair_wants(const relay *r, const pair *l, int side); /* for poll */
int64_t pair_due(const relay *r, const pair *l);           /* ns of the clock, INT64_MAX: never */
void pair_reap(relay *r, bool all);

/* flow.c; false: the connection is broken. */
void flow_begin(flow *f);
bool flow_read(relay *r, flow *f, int way, int from, uint64_t most);
bool flow_write(relay *r, flow *f, int way, int to, bool at_once);
bool flow_wants_bytes(const relay *r, const flow *f, int way);
int64_t flow_due(const relay *r, const flow *f, int way);
void flow_free(flow *f);

/* script.c */
struct script *script_load(const char *path); /* NULL: told on stderr */
/* Does what is due; ns of the clock until the next, INT64_MAX: no more. */
int64_t script_run(relay *r, struct script *s);
void script_free(struct script *s);

#endif
