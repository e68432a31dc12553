/* Is compression asked for, what was agreed, and what becomes of it when it fails.
 *
 * It is asked for by default. A server (or a machine between) that gets it wrong would end every
 * connection anew, so after three faults in a row connections are made without it, and after an
 * hour the next one tries again; then one fault is enough. A minute of messages that could be read
 * ends a row. I/O thread only. */
#ifndef UPBIT_CLIENT_COMPRESSION_H
#define UPBIT_CLIENT_COMPRESSION_H

#include "client/counters.h"
#include "net/transport.h"

#define UPBIT__COMPRESSION_FAULTS   3u                       /* in a row */
#define UPBIT__COMPRESSION_RETRY_NS (3600 * UPBIT__SECOND)   /* until it is asked for again */
#define UPBIT__COMPRESSION_GARBLED  5u                       /* messages in a row */
#define UPBIT__COMPRESSION_GOOD_NS  (60 * UPBIT__SECOND)     /* ends a row of faults */
#define UPBIT__COMPRESSION_TEXT     UPBIT__DEFLATE_TEXT_SIZE /* of _text */

typedef struct upbit__compression {
    bool wanted;                    /* immutable */
    upbit__counters *counters;      /* immutable */
    _Atomic uint32_t *gauge;        /* immutable */
    unsigned faults;                /* in a row */
    unsigned garbled;               /* compressed messages in a row that made no sense, */
    uint64_t garbled_at;            /* and the number of the last of them */
    bool told;                      /* giving up has been told */
    bool fault;                     /* this connection ends for its compression */
    int64_t retry_ns;               /* given up until then; 0: it is not */
    int64_t opened_ns;              /* this connection, when compressed */
    upbit__deflate_terms terms;     /* of this connection */
    upbit__transport_counters seen; /* of it, as counted so far */
} upbit__compression;

/* gauge: where what was agreed stands for others to see; NULL: nowhere. */
void upbit__compression_init(upbit__compression *c, bool wanted, upbit__counters *counters,
                             _Atomic uint32_t *gauge);
/* For the connection about to be made. */
upbit__deflate_offer upbit__compression_offer(upbit__compression *c, int64_t now_ns);
void upbit__compression_opened(upbit__compression *c, const upbit__deflate_terms *terms,
                               int64_t now_ns);
/* What the connection has received so far; brings the counters up to date. */
void upbit__compression_count(upbit__compression *c, const upbit__transport_counters *now);
/* It is over, with a fault or not. True: given up with this fault. */
bool upbit__compression_closed(upbit__compression *c, int64_t now_ns);
/* A message made no sense. True: so have the compressed ones before it, and nothing that is sent by
 * this connection can be believed; what it has received so far says which messages were
 * compressed. A context that does not fit shows in no other way when it is too short by a
 * message. */
bool upbit__compression_garbled(upbit__compression *c, const upbit__transport_counters *now);
/* Given up, and not asked for again yet? */
static inline bool upbit__compression_given_up(const upbit__compression *c)
{
    return c->retry_ns != 0;
}
/* For people: what was agreed, or why there is none. */
void upbit__compression_text(const upbit__compression *c, char out[UPBIT__COMPRESSION_TEXT],
                             int64_t now_ns);

#endif
