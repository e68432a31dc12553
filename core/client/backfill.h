/* Trades missed in a cut: noticed, had back over REST, delivered before what came after them.
 *
 * A lost connection makes every trade key that had a trade doubtful. After the reconnect the
 * exchange sends the last trade of each code: when it is one we know, nothing was missed. When it
 * is news, trades happened meanwhile, and from there on the key's trades are held while REST is
 * asked page by page, newest first, down to shortly before the last trade known. Then what was
 * missed goes out in order of (trade_timestamp, sequential_id), and what was held behind it in the
 * order received. What could not be had (no answer, no time, too many pages, codes or held trades)
 * is told by a GAP of unknown size in its place (one for each cut), and live goes on.
 *
 *     NONE --cut--> SUSPECT --a trade we know--> NONE
 *                      | news: a fill begins
 *                      v
 *     NONE <--end-- FILLING --cut--> SUSPECT with its fill, which goes on: what was known last
 *                                    before the first cut stays the border, and a GAP tells the
 *                                    rest when the time is over
 *
 * A missed trade was volume: it comes as REALTIME with origin BACKFILL, and so does the snapshot
 * that turned out to be one. It goes to those who were there when the stream was cut. Who came
 * later misses nothing. I/O thread only. */
#ifndef UPBIT_CLIENT_BACKFILL_H
#define UPBIT_CLIENT_BACKFILL_H

#include "base/log.h"
#include "client/fanout.h"
#include "net/loop.h"

enum {
    UPBIT__BACKFILL_CODES = 20,      /* per reconnect, those with the most recent wants first */
    UPBIT__BACKFILL_PAGES = 4,       /* per code */
    UPBIT__BACKFILL_ROWS = 500,      /* of a page: the budget counts questions, not rows */
    UPBIT__BACKFILL_DAYS = 7,        /* that REST knows before the newest */
    UPBIT__BACKFILL_HELD = 1024,     /* live trades of a code that may wait */
    UPBIT__BACKFILL_MS = 2000,       /* per code, all pages together */
    UPBIT__BACKFILL_GATHER_MS = 100, /* the snapshots of a request come in one burst */
    UPBIT__BACKFILL_LAG_MS = 200,    /* REST does not know the newest trade yet: ask again */
    UPBIT__BACKFILL_BACK_MS = 2000   /* ids are not in order: look that far behind the last trade */
};

typedef struct upbit__fill upbit__fill;

/* Where pages come from; a table, so that tests need no sockets. */
typedef struct upbit__backfill_source {
    /* Asks for the newest `count` trades of the fill's code before the one with id `cursor` (0:
     * before none), of the newest day that has any or days_ago days before it. Then, in a later
     * turn, upbit__fill_row for each row in the order of the answer, newest first, and
     * upbit__fill_answer once: unless cancelled. 0 and *ask, or an error and neither will be
     * called. */
    int (*ask)(void *context, upbit__fill *fill, unsigned count, int64_t cursor, unsigned days_ago,
               uint32_t timeout_ms, void **ask);
    void (*cancel)(void *context, void *ask);
} upbit__backfill_source;

typedef struct upbit__backfill {
    /* immutable */
    upbit__fanout *fanout;
    upbit__loop *loop;
    upbit__log *log;
    const uint32_t *epoch; /* the session's */
    upbit__backfill_source source;
    void *source_context;
    /* I/O thread */
    upbit__fill *fills;
    upbit__timer timer;
    uint32_t round;    /* the epoch that the next three are about */
    bool chosen;       /* the codes that were seen in time have been chosen */
    unsigned asked;    /* codes */
    int64_t gather_ns; /* when they are chosen; 0: no candidate yet */
} upbit__backfill;

/* The fan-out's `doubtful` and the registry's `forget` are set here. source NULL: nothing can be
 * asked, every hole is a GAP. */
void upbit__backfill_init(upbit__backfill *b, upbit__fanout *fanout, upbit__loop *loop,
                          upbit__log *log, const uint32_t *epoch,
                          const upbit__backfill_source *source, void *source_context);

/* Ends all fills with what they have: the end of the manager, or the budget needs what is held. */
void upbit__backfill_release(upbit__backfill *b);

/* What is due now; the timer's. */
void upbit__backfill_tick(void *backfill);

/* ---- the source's side ---- */

const char *upbit__fill_code(const upbit__fill *fill);
/* Takes over the event, a trade. */
void upbit__fill_row(upbit__fill *fill, upbit_event *row);
/* A row that cannot be used or found no memory: the page has a hole. */
void upbit__fill_bad_row(upbit__fill *fill);
/* The page is over; error: there was none. The fill may be gone afterwards. */
void upbit__fill_answer(upbit__fill *fill, int error);

#endif
