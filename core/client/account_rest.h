/* What REST is asked about orders and balances, and when (docs/GUIDE.md, private data).
 *
 *   - how things stand, for who has just subscribed, or has a hole in its lane;
 *   - once more 3 s after the private connection became live or was asked for more: what happened
 *     before the exchange listened to it is found then;
 *   - again and again while no private connection is live: open orders every 2 s, balances every
 *     5 s, from 3 s after it was lost (or first wanted) until the question above has been answered
 *     over a new one;
 *   - every 5 s in the first 10 minutes of a live connection that has not brought a single event of
 *     that type: the exchange documents that a first subscription may stay silent. If REST has seen
 *     a change that the stream does not tell, the connection is renewed once;
 *   - how an order ended that is not listed any more, by its id; and which orders came and went
 *     unseen, after a cut and while polling, by the list of the closed ones, oldest first and page
 *     by page.
 *
 * What is news of an answer account.h decides. I/O thread only. */
#ifndef UPBIT_CLIENT_ACCOUNT_REST_H
#define UPBIT_CLIENT_ACCOUNT_REST_H

#include "client/account.h"
#include "client/asking.h"

enum { UPBIT__SOUGHT = 4 }; /* orders asked for by id at a time */

typedef enum upbit__subject {
    UPBIT__SUBJECT_ORDERS,
    UPBIT__SUBJECT_ASSETS,
    UPBIT__SUBJECT_CLOSED,
    UPBIT__SUBJECTS
} upbit__subject;

/* One kind of question. */
typedef struct upbit__inquiry {
    struct upbit__account_rest *rest;
    upbit__subject subject;
    upbit__ask *ask;   /* under way */
    int64_t asked_ns;  /* the first page of it */
    uint32_t answer;   /* its number */
    unsigned page;     /* of orders */
    int64_t from_ms;   /* closed orders: this page's begin */
    bool newcomers;    /* somebody waits for it */
    bool seals;        /* it was asked late enough to close a gap of the stream */
    int64_t due_ns;    /* ask again then; INT64_MAX: no need */
    int64_t good_ns;   /* the last good answer; 0: none yet */
    uint32_t failures; /* in a row */
    int error;         /* of the last answer */
    int64_t denied_ns; /* since when the keys may not; 0: they may */
    char why[160];     /* for people: `error` */
} upbit__inquiry;

typedef struct upbit__sought {
    struct upbit__account_rest *rest;
    upbit__ask *ask; /* NULL: free */
    int64_t asked_ns;
    char uuid[UPBIT__UUID_SIZE];
} upbit__sought;

typedef struct upbit__account_rest {
    struct upbit_manager *manager; /* immutable */
    /* I/O thread */
    upbit__account account;
    upbit__inquiry of[UPBIT__SUBJECTS];
    upbit__sought sought[UPBIT__SOUGHT];
    upbit__timer timer;
    uint32_t answers;
    bool polling;
    bool live;                    /* the private connection is */
    bool stop;                    /* the manager ends */
    int64_t lost_ns;              /* !live: since when; 0: nothing was wanted yet */
    int64_t live_ns;              /* live: since when */
    int64_t seal_ns;              /* live: when to ask once more; 0: done */
    int64_t horizon_ms;           /* exchange's: orders made before it are known */
    int64_t doubt_ns;             /* live: REST told what the stream had not; 0: never */
    int64_t renewed_ns;           /* for that */
    bool primed[UPBIT__SUBJECTS]; /* a complete answer has been there */
    const struct upbit__auth_error *refusal_told; /* why the keys are refused; NULL: they are not */
} upbit__account_rest;

void upbit__account_rest_init(upbit__account_rest *r, struct upbit_manager *m);
void upbit__account_rest_finish(upbit__account_rest *r);

/* Somebody wants to be told how things stand: entries of this type are due. */
void upbit__account_rest_need(upbit__account_rest *r, int type);
/* What is wanted has changed, or the private session's state. */
void upbit__account_rest_look(upbit__account_rest *r);
/* Other keys: everything that was known is another's. */
void upbit__account_rest_forget(upbit__account_rest *r);

/* ---- for its rooms: account_rest.c, when; account_ask.c, what ---- */

typedef struct upbit__survey {
    int type;
    bool any, due, asked; /* asked: those that are due are marked so */
} upbit__survey;

extern const int upbit__subject_type[]; /* upbit_type */

/* Who wants a subject's type; mark: who is due is marked as asked for. */
upbit__survey upbit__inquiry_wanted(upbit__account_rest *r, upbit__subject subject, bool mark);
/* Those who were asked for have been told; who wanted no more than that is done. */
void upbit__inquiry_end(upbit__account_rest *r, int type);
/* There are keys, and no end. */
bool upbit__inquiry_allowed(const upbit__account_rest *r);
/* No later than that. */
void upbit__inquiry_soon(upbit__inquiry *q, int64_t at_ns);
/* When to ask again after an answer; due: somebody waits for it. */
int64_t upbit__inquiry_next(const upbit__inquiry *q, bool due, int64_t now);
void upbit__inquiry_ask(upbit__inquiry *q);
void upbit__inquiries_stop(upbit__account_rest *r);
/* The exchange's wall clock, or earlier: orders are dated by it, and ours may be wrong. */
int64_t upbit__exchange_ms(const upbit__account_rest *r);
void upbit__account_rest_schedule(upbit__account_rest *r);
/* Ends the polling, if nothing of the gap is open any more. */
void upbit__account_rest_hand_back(upbit__account_rest *r);

#endif
