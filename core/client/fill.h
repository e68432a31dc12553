/* One key's back-fill: what is held, what came by pages, and how far they reach. For backfill.c.
 *
 * I/O thread only. */
#ifndef UPBIT_CLIENT_FILL_H
#define UPBIT_CLIENT_FILL_H

#include "client/backfill.h"

typedef enum upbit__fill_state {
    UPBIT__FILL_GATHERED, /* waits for the choice */
    UPBIT__FILL_ASKING,   /* a page is under way */
    UPBIT__FILL_PAUSED    /* will ask at retry_ns, or when the connection is back (0) */
} upbit__fill_state;

typedef struct upbit__trades {
    upbit_event **at; /* one reference each */
    uint32_t count, capacity;
} upbit__trades;

/* A place in the order of trades. */
typedef struct upbit__trade_place {
    int64_t ms, id;
} upbit__trade_place;

/* Where a connection begins: the first of `held` that came by it. */
typedef struct upbit__border {
    uint32_t at;
    uint32_t cut;              /* it came after: key->lost */
    upbit__trade_place place;  /* the first trade it showed */
    upbit__trade_place behind; /* the last that was received before it */
    bool known;                /* that was the same: nothing was missed */
} upbit__border;

enum { UPBIT__BORDERS_MAX = 8 };

struct upbit__fill {
    upbit__backfill *backfill;
    upbit__key *key;
    upbit__fill *next;
    upbit__fill_state state;
    void *ask; /* ASKING: the source's */
    int64_t deadline_ns, retry_ns;

    int64_t anchor_ms;                         /* of the last trade known before the (first) cut */
    upbit__trades held;                        /* in the order received, never empty */
    upbit__sids ids;                           /* theirs */
    upbit__border borders[UPBIT__BORDERS_MAX]; /* in order, at least one */
    uint32_t border_count;

    upbit__trades rows; /* missed ones */
    unsigned pages;
    uint32_t page_rows;        /* of the page at hand */
    upbit__trade_place newest; /* of all rows seen */
    upbit__trade_place oldest;
    int64_t cursor; /* the id of the last row of the page */
    unsigned days;  /* REST answers for one day (UTC): how many before that of the border */
    bool reached;   /* a row from before the border of what was known */
    bool flawed;    /* a row was lost */
};

/* NULL: no memory. */
upbit__fill *upbit__fill_create(upbit__backfill *b, upbit__key *key);
/* Lets go all it has. The source was cancelled. */
void upbit__fill_destroy(upbit__fill *fill);

/* Takes the event over. False: it has not (full, or no memory). */
bool upbit__fill_hold(upbit__fill *fill, upbit_event *e);
/* The same for the first behind a cut. */
bool upbit__fill_hold_border(upbit__fill *fill, upbit_event *e);
/* The first behind a cut is known: nothing was missed in it. */
void upbit__fill_known_border(upbit__fill *fill, const upbit_event *e);
/* The cut after which what is held at this index came. */
uint32_t upbit__fill_cut_of_held(const upbit__fill *fill, uint32_t at);
/* The cut that lies between what was known before a missed trade and the next border; one more than
 * the last when it is newer than all borders. */
uint32_t upbit__fill_cut_of_row(const upbit__fill *fill, upbit__trade_place place);
/* It belongs behind this border's hole, or into it. */
bool upbit__fill_is_behind(const upbit__border *border, upbit__trade_place place);
/* Of a fill that ends before all is there: what is missing before this border happened between
 * these, Unix ms. False: nothing is. */
bool upbit__fill_hole(const upbit__fill *fill, uint32_t border, int64_t *after_ms,
                      int64_t *before_ms);
/* From the newest page on again. */
void upbit__fill_restart(upbit__fill *fill);

/* Of the page that is over: the newest trade known to REST is older than the one that shows the
 * hole, so there may be others that it does not know yet. */
bool upbit__fill_lags(const upbit__fill *fill);
/* Goes on with the day before; false: REST knows none. */
bool upbit__fill_previous_day(upbit__fill *fill);
/* All that was missed is in `rows`. */
bool upbit__fill_complete(const upbit__fill *fill);

/* Takes rows and held ones out, one by one, in the order they are to be delivered. NULL: all. */
typedef struct upbit__fill_walk {
    uint32_t row, held;
} upbit__fill_walk;
void upbit__fill_sort(upbit__fill *fill);
upbit_event *upbit__fill_next(upbit__fill *fill, upbit__fill_walk *walk, bool *is_row);

upbit__trade_place upbit__trade_place_of(const upbit_event *e);

#endif
