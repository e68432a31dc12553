/* What is known of one's orders and balances, and what of an event is news.
 *
 * The same change is told by two roads, the stream and the answers of REST, and by two connections
 * while one takes over from the other. So the last state told of each order and currency is kept:
 *   - an event of the stream that equals one of the last 1,024 in all fields but stream_type is a
 *     repeat: the other connection has brought it (balances: as often as that one has);
 *   - one that says what REST said of the order or balance last is a repeat, too. A fill never is:
 *     REST knows no single fills;
 *   - an answer of REST says nothing about what the stream told after the question was sent: the
 *     answer may be older. Who waits for that answer is told what the stream said: of an order its
 *     last event, which is held until then, of a currency the amounts;
 *   - of the rest, what differs from the state told last is news.
 *
 * An order that an answer does not list any more has ended: account_rest.c asks how. Ends are kept,
 * the last 4,096, so that an answer that is late does not open an order again, and the next list of
 * closed ones tells none twice. I/O thread only. */
#ifndef UPBIT_CLIENT_ACCOUNT_H
#define UPBIT_CLIENT_ACCOUNT_H

#include "client/fanout.h"
#include "client/repeats.h"
#include "upbit-live/account.h"

enum { UPBIT__ORDER_BUCKETS = 512, UPBIT__ORDER_ENDS = 4096, UPBIT__UUID_SIZE = 64 };

typedef struct upbit__known_order {
    struct upbit__known_order *chain;
    char uuid[UPBIT__UUID_SIZE];
    /* the state told last */
    uint8_t state; /* upbit_order_state; a fill leaves the order waiting */
    bool by_rest;
    bool ended;
    int64_t trades_count;
    upbit_decimal executed, remaining;
    int64_t heard_ns;  /* of the stream; 0: never */
    uint32_t listed;   /* number of the last answer that listed it as open */
    bool sought;       /* its end is being asked for */
    upbit_event *held; /* what the stream told of it since the question; NULL: nothing */
} upbit__known_order;

typedef struct upbit__known_balance {
    char currency[24];
    upbit_decimal balance, locked;
    bool by_rest;
    int64_t heard_ns;
    uint32_t listed;
} upbit__known_balance;

typedef struct upbit__account {
    upbit__fanout *fanout; /* immutable */
    /* I/O thread */
    upbit__sids echoes;     /* hashes of what the stream told, */
    upbit__sids own_echoes; /* and of balances over the connection in use */
    uint32_t echo_epoch;    /* its */
    bool holds;             /* what comes of orders is held for newcomers */
    upbit__known_order *orders[UPBIT__ORDER_BUCKETS];
    size_t order_count;
    upbit__known_order *ends[UPBIT__ORDER_ENDS]; /* a ring */
    size_t end_count;                            /* ever */
    upbit__known_balance *balances;
    size_t balance_count, balance_capacity;
    uint64_t heard[UPBIT_TYPE_ANNOUNCEMENT + 1]; /* events of the stream, by type */
    uint64_t news[UPBIT_TYPE_ANNOUNCEMENT + 1];  /* of REST */
} upbit__account;

void upbit__account_init(upbit__account *a, upbit__fanout *fanout);
void upbit__account_finish(upbit__account *a);
/* Other keys: another account may stand behind them. */
void upbit__account_forget(upbit__account *a);

/* An event of the stream: delivered, unless it is a repeat. Takes over its one reference. */
void upbit__account_heard(upbit__account *a, upbit_event *e);

/* What an answer of REST is worth. */
typedef struct upbit__told {
    int64_t asked_ns; /* when its question was sent */
    uint32_t answer;  /* its number if it lists all that is open or held, else 0 */
    bool newcomers;   /* somebody waits to be told how things stand */
    bool first;       /* none was there before: what is unknown is no news */
} upbit__told;

/* From here on (on), until the answer that newcomers wait for has been told (not on), the last
 * event of each order is held. What was held before is dropped either way. */
void upbit__account_hold(upbit__account *a, bool on);

/* A row of an answer. Takes over its one reference. To newcomers it is told in any case, and if it
 * is news to everybody, as an event. */
void upbit__account_order(upbit__account *a, upbit_event *e, const upbit__told *told);
/* An order that `answer`, which is complete, should have listed; NULL: none (any more). The caller
 * marks it sought. */
upbit__known_order *upbit__account_missing(upbit__account *a, uint32_t answer, int64_t asked_ns);
upbit__known_order *upbit__account_find(const upbit__account *a, const char *uuid);
/* The exchange does not know it (any more). */
void upbit__account_drop(upbit__account *a, const char *uuid);

/* All balances, likewise. Currencies that were told and are not in it are told as empty. */
void upbit__account_balances(upbit__account *a, upbit_event *e, const upbit__told *told);

#endif
