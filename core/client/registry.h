/* The wanted set: the union of what all proxies want, counted per key.
 *
 * A key is what the exchange can be asked for: (type, code, candle unit, level). An entry is one
 * proxy's want of one key with its wishes about it: depth, snapshot only, realtime only. A key
 * lives as long as it has entries, and lingers without any while the exchange still streams it:
 * who comes back for it before the next request finds its latest value, which no request that
 * equals the last would bring. The wire follows the registry: `dirty` says that a new request is
 * due.
 *
 * I/O thread only. */
#ifndef UPBIT_CLIENT_REGISTRY_H
#define UPBIT_CLIENT_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "client/repeats.h"
#include "queue/inbox.h"
#include "queue/pool.h"
#include "upbit-live/market.h"
#include "upbit-live/proxy.h"

typedef struct upbit__key upbit__key;
typedef struct upbit__entry upbit__entry;
struct upbit__selector;

enum { UPBIT__UNTOLD_STATE = 1, UPBIT__UNTOLD_RESTORED = 4, UPBIT__UNTOLD_HEALTH = 16 };

/* The I/O thread's half of a proxy. */
typedef struct upbit__client {
    /* immutable */
    upbit__inbox *inbox; /* one reference */
    char client_id[65];
    upbit_event *closed; /* made ahead: the end can always be told; NULL once it was */
    bool coalesce[UPBIT_TYPE_RAW + 1]; /* per type: latest lane, not first in first out */
    /* I/O thread */
    upbit__entry **entries;
    size_t entry_count, entry_capacity;
    /* resync.c: lanes, by upbit__lane_bit, with a hole that waits for the consumer; and with a
     * fresh state that is being told */
    uint32_t lost, due;
    size_t due_at; /* in entries */
    uint32_t row;  /* scratch of inspect.c */
    /* tell.c: what there was no memory to tell */
    unsigned untold;      /* UPBIT__UNTOLD_*; each and the bit above it: by session */
    uint32_t lost_errors; /* the last of them: */
    int lost_error;
    upbit_session lost_session;
    bool is_behind;
    bool health; /* wants HEALTH for every change; immutable */
    struct upbit__client *behind_next;
    struct upbit__selector *selectors;     /* KRW-* and its like */
    struct upbit__client *previous, *next; /* the manager's list */
} upbit__client;

typedef struct upbit__key_id {
    int type;      /* upbit_type */
    unsigned unit; /* upbit_candle_unit, candles only */
    upbit_decimal level;
    char code[24]; /* zero-padded */
} upbit__key_id;

/* Its events come by the private connection. */
static inline bool upbit__is_private(int type)
{
    return type >= UPBIT_TYPE_MY_ORDER && type <= UPBIT_TYPE_ANNOUNCEMENT;
}

/* Why a proxy has an entry: its code was named, a selector covers it, or both. */
enum { UPBIT__BY_NAME = 1, UPBIT__BY_SELECTOR = 2 };

/* For a cell that outlives its key. */
static inline upbit__about upbit__about_key(const upbit__key_id *id)
{
    upbit__about about = {.type = (uint32_t)id->type, .unit = id->unit, .level = id->level};
    memcpy(about.code, id->code, sizeof about.code);
    return about;
}

struct upbit__entry {
    upbit__key *key;
    upbit__client *client;
    upbit__cell *cell;     /* latest lane only; changed by the registry alone */
    upbit__cell *news;     /* NO_DATA, STALE, FRESH; NULL until there was one */
    uint32_t key_index;    /* in key->entries */
    uint32_t client_index; /* in client->entries */
    uint64_t since;        /* registry->wants when it was (re)subscribed: the higher the later */
    uint32_t lost;         /* key->lost when it came */
    int64_t rest_ns;       /* SNAPSHOT_ONLY: when REST is to be asked; 0: it is being asked */
    uint8_t depth;         /* rows a side; 0: all */
    uint8_t flags;         /* UPBIT_WANT_... */
    uint8_t by;            /* who holds it: UPBIT__BY_... */
    uint8_t quiet;         /* what it was told last: NO_DATA, STALE, or 0 */
    bool has;              /* something of this key was pushed since it was (re)subscribed */
    bool lacks;            /* the latest value found no room in its lane */
    bool due;   /* its latest value is to be told again (resync.c); private: how things stand is */
    bool asked; /* private: due, and REST has been asked since it is: account_rest.c */
    bool take;  /* scratch of the fan-out: gets the event at hand */
};

/* A cut order book for those who want fewer rows: made once per frame and depth. */
typedef struct upbit__cut {
    unsigned depth;
    uint32_t takers;   /* scratch of the fan-out */
    upbit_event *made; /* scratch of the fan-out */
    upbit_event *last; /* one reference: not sent again when equal */
} upbit__cut;

/* Whether a trade key's stream is known to be whole (backfill.h). */
typedef enum upbit__doubt {
    UPBIT__DOUBT_NONE,
    UPBIT__DOUBT_SUSPECT, /* it was cut: the next trade shows whether something was missed */
    UPBIT__DOUBT_FILLING  /* it was: live trades are held until that is had back */
} upbit__doubt;

struct upbit__key {
    upbit__key_id id;
    uint64_t hash;
    upbit__key *chain; /* next in its bucket */
    upbit__entry **entries;
    upbit__taker *takers; /* of the same indices, for the usual case: entries of thousands of
                             wants lie all over memory, these one behind the other */
    uint64_t crowd;       /* whether they are the crowd: upbit__crowd_push */
    uint32_t entry_count, entry_capacity;
    bool settled;         /* all entries have something, and nothing to be told again: a push that
                             succeeds changes nothing in them. False: not known to be so */
    uint32_t particular;  /* entries with a depth or flags; 0: what is news goes to all as it is */
    upbit_event *last;    /* the latest value, one reference; NULL before the first */
    upbit_event *earlier; /* of candles: the latest of the window before, likewise */
    upbit__sids sids;     /* trades already seen */
    upbit__cut *cuts;     /* by depth, as many as ever asked for */
    uint32_t cut_count;
    uint8_t wire_depth; /* what the last request asked for; 0: all */
    bool on_wire;       /* the last request held it as a stream */
    bool awaited;       /* the next event is told to the fan-out's owner: snapshot requests */
    bool quiet;         /* NO_DATA or STALE was told, and nothing has come since */
    uint8_t doubt;      /* trades: upbit__doubt */
    uint32_t lost;      /* trades: how often a connection that streamed it was lost */
    int64_t asked_ns;   /* when the exchange was asked for it on this connection; 0: not yet */
    int64_t heard_ns;   /* when something of it came last; 0: never */
    int64_t lag_ms;     /* of that: exchange to receipt */
    uint64_t events;    /* that came of it */
    uint64_t marked[2]; /* of those, until the last mark but one and the last (measure.c) */
    struct upbit__fill *fill;   /* trades: being had back; NULL: none */
    int64_t first_ms, first_id; /* trades: the first that came; what was before it is not ours */
    uint32_t listed;            /* number of the last list of subscriptions that named it */
    uint64_t command;           /* number of the command that first wanted it */
    uint64_t held; /* number of the request that first held it on this connection; 0: none */
    bool proven;   /* the exchange has accepted it, on an earlier connection */
    bool aside;    /* left out of requests until it is its turn: one that held it was refused */
    bool ghost;    /* wanted, dropped and wanted again: frames of the first time may be late */
};

/* Keys that were on the wire and went, remembered until their late frames have come. */
#define UPBIT__GHOSTS 64

typedef struct upbit__registry {
    upbit__pool *pool; /* whose events are cached here */
    /* The key goes, and its fill is still there. May be NULL. */
    void (*forget)(void *context, upbit__key *key);
    void *forget_context;
    upbit__key **buckets;
    size_t bucket_count;   /* a power of two */
    size_t key_count;      /* with entries */
    size_t entry_count;    /* of all keys */
    size_t lingering;      /* without, until the next request */
    uint64_t wants;        /* how many there ever were */
    bool dirty;            /* what is wanted and what was requested differ */
    bool again;            /* send even if the text is the same: somebody waits for a snapshot */
    char last_code[24];    /* the code of the key that went last: for the empty set's request */
    uint32_t denied;       /* private: a bit for each type that the keys may not see */
    bool no_empty_request; /* private: there is none that ends everything */
    uint64_t command;      /* number of the command being carried out */
    uint64_t proven;       /* number of the newest request the exchange is known to have accepted */
    uint64_t ghosts[UPBIT__GHOSTS]; /* hashes, a ring */
    uint64_t *once;                 /* hashes: what the last request asked one snapshot of */
    size_t once_count, once_capacity;
    bool once_lost;       /* not all of them: no memory */
    uint32_t ghost_count; /* ever put in on this connection */
} upbit__registry;

int upbit__registry_init(upbit__registry *r, upbit__pool *pool);
void upbit__registry_finish(upbit__registry *r); /* all entries are gone by then */

uint64_t upbit__key_hash(const upbit__key_id *id);
upbit__key *upbit__registry_find(const upbit__registry *r, const upbit__key_id *id);
upbit__entry *upbit__key_entry_of(const upbit__key *key, const upbit__client *client);

/* The client's want of a key; an existing one gets the new wishes. *joined: the key ran already.
 * 0 or NO_MEMORY (nothing changed). */
int upbit__registry_add(upbit__registry *r, upbit__client *client, const upbit__key_id *id,
                        unsigned depth, unsigned flags, upbit__entry **out, bool *joined);
/* The entry has no cell any more; what waits in it is still for its taker. */
void upbit__registry_retire_cell(upbit__entry *entry);
/* Takes a want away; its queued latest value with it. */
void upbit__registry_remove(upbit__registry *r, upbit__entry *entry);

/* The exchange has accepted a request that holds the key. */
static inline bool upbit__key_proven(const upbit__registry *r, const upbit__key *key)
{
    return key->proven || (key->held != 0 && key->held <= r->proven);
}

/* It was there when the key's stream was cut last: back-fill is for it. */
static inline bool upbit__entry_missed(const upbit__entry *entry)
{
    return entry->lost < entry->key->lost;
}

/* What was set aside is asked for again. */
void upbit__registry_unset_aside(upbit__registry *r);

/* The smallest depth of the exchange's (1, 5, 15, 30) that covers every asker; 0 for all rows. */
unsigned upbit__key_depth(const upbit__key *key);
/* Every asker wants one snapshot only. */
bool upbit__key_once(const upbit__key *key);

/* The wire does not hold them any more: keys that linger are dropped. */
void upbit__registry_sweep(upbit__registry *r);

/* Calls `each` for all keys that have entries, in no order; `each` must not add or remove. */
void upbit__registry_each(const upbit__registry *r, void (*each)(void *context, upbit__key *key),
                          void *context);

#endif
