/* From one decoded event to the queues of those who want it.
 *
 * One immutable event, one pointer per taker: nothing is copied but the rows of a book for those
 * who want fewer of them, and that once per frame and depth. Here the rules about order and repeats
 * hold (architecture, section 6): what goes out is news to whom it goes to. I/O thread only. */
#ifndef UPBIT_CLIENT_FANOUT_H
#define UPBIT_CLIENT_FANOUT_H

#include "client/counters.h"
#include "client/news.h"
#include "client/registry.h"
#include "queue/pool.h"

typedef struct upbit__fanout {
    upbit__registry *registry;         /* of the public session */
    upbit__registry *private_registry; /* NULL: there is none */
    upbit__pool *pool;
    upbit__counters *counters;
    upbit__batch *batch;
    /* The sessions', for what is pushed again; NULL: as it was. */
    const uint32_t *epoch, *private_epoch;
    /* A key that was quiet is heard again: told before its event is pushed. May be NULL. */
    void (*heard)(void *context, upbit__key *key);
    void *context;
    /* Somebody waits to be told how things stand: entries of this private type are `due`. May be
     * NULL. */
    void (*stale)(void *context, int type);
    /* An event of a key that is `awaited`, news or not, once it is pushed. May be NULL. */
    void (*awaited)(void *context, upbit__key *key, upbit_event *event);
    /* An event of a key nobody wants. May be NULL. */
    void (*unwanted)(void *context, const upbit_event *event);
    /* A trade of a key whose stream may have a hole (key->doubt): true when it was taken over and
     * will be delivered later. May be NULL. */
    bool (*doubtful)(void *context, upbit__key *key, upbit_event *event);
    void *doubtful_context;
    /* resync.c: clients whose lossless lanes have a hole; whether one joined them or was told
     * something since its owner last looked */
    upbit__client *behind;
    bool behind_moved;
} upbit__fanout;

/* A block for an event; where the budget is used up, queued events of the fullest lanes make room.
 * NULL: no room all the same. */
upbit_event *upbit__fanout_allocate(upbit__fanout *f, size_t size);

/* Delivers the event; takes over its one reference. Its epoch, origin and receive times are set. */
void upbit__fanout_event(upbit__fanout *f, upbit_event *event);

/* To whom something goes whose place is around a cut of the key's stream (key->lost): to those who
 * came after `from` cuts or more, and after fewer than `before`. */
typedef struct upbit__reach {
    uint32_t from, before;
} upbit__reach;
#define UPBIT__REACH_ALL ((upbit__reach){0, UINT32_MAX})

/* The same without a look at key->doubt, to those within reach. as: judged before, else
 * UPBIT__UNJUDGED. Returns the verdict; the key may be gone afterwards. */
upbit__verdict upbit__fanout_pass(upbit__fanout *f, upbit__key *key, upbit_event *event,
                                  upbit__reach reach, upbit__verdict as);

/* A GAP of unknown size to those who were there when the stream was cut (key->lost became `cut`):
 * trades between the two times are missing. */
void upbit__fanout_gap(upbit__fanout *f, upbit__key *key, uint32_t epoch, uint32_t cut,
                       int64_t after_ms, int64_t before_ms);

/* An event did not fit the memory budget (decode.h, `refused`): its takers' numbers are used up. */
void upbit__fanout_refused(upbit__fanout *f, const upbit_event *event);

/* An event of a private type that is news (account.h). Takes over its one reference. TO_NEWCOMERS:
 * to those alone who wait to be told how things stand (entry->due, entry->asked). */
typedef enum upbit__private_to { UPBIT__TO_ALL, UPBIT__TO_NEWCOMERS } upbit__private_to;
void upbit__fanout_private(upbit__fanout *f, upbit_event *event, upbit__private_to to);
/* As upbit__fanout_refused. */
void upbit__fanout_private_refused(upbit__fanout *f, const upbit_event *event,
                                   upbit__private_to to);

/* The cached latest value of the entry's key, as a copy with origin CACHE, to this entry alone.
 * Returns whether there was one. */
bool upbit__fanout_cached(upbit__fanout *f, upbit__entry *entry);

/* A snapshot of a key that is streamed anyway, from the cache if that is young enough and a book
 * has the rows: pushed to the client as above. now_ns 0: whatever there is. False: it has to be
 * asked for. */
bool upbit__fanout_snapshot(upbit__fanout *f, upbit__client *client, const upbit__key_id *id,
                            unsigned depth, int64_t now_ns);

/* A value from elsewhere than the stream, to those who want the key once and have nothing of it
 * yet; their wants are done. Takes over the event; the key may be gone afterwards. */
void upbit__fanout_once(upbit__fanout *f, upbit__key *key, upbit_event *event);

/* Any event but a book of fewer than `depth` rows (0: of fewer than the exchange's most). A thin
 * market has fewer than could be asked for, and is taken for one that was asked for less. */
bool upbit__fanout_has_rows(const upbit_event *event, unsigned depth);

/* The same once more after a hole in its lossless lane, if the lane has room to spare. False: no
 * room or no memory now. */
bool upbit__fanout_again(upbit__fanout *f, upbit__entry *entry);

/* The key an event belongs to. */
void upbit__key_id_of_event(upbit__key_id *id, const upbit_event *event);

#endif
