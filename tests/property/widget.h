/* One widget: a proxy, what it should want now, and what it has received. What can be judged at
 * once is judged when an event is taken (widget_take.c); values, order and losses are judged
 * afterwards, with the mock's journal (truth.h). */
#ifndef PROPERTY_WIDGET_H
#define PROPERTY_WIDGET_H

#include "universe.h"

#define COMMANDS 512 /* of one widget that can be without an answer */

typedef enum regime {
    REGIME_NORMAL,
    REGIME_REALTIME, /* all its wants are REALTIME_ONLY */
    REGIME_SNAPSHOT  /* all are SNAPSHOT_ONLY */
} regime;

typedef enum pace { PACE_FAST, PACE_SLOW, PACE_STUCK } pace;

/* What was received: data, and GAPs (event.type of the library in `type`). */
typedef struct receipt {
    uint8_t type, kind, code, stream, origin;
    bool unsure; /* a want was taken away behind our back: neither doubles nor losses are judged */
    bool cut;    /* rows of a book may be missing */
    bool may_double; /* a new subscription of the key may have brought it once more */
    bool answer;     /* to get_snapshot */
    bool after_overflow;
    uint32_t epoch, era; /* era: of the key, a new one with each subscription after none */
    uint64_t number;
    int64_t id, timestamp, window; /* GAP of unknown size: timestamp and window are its bounds */
    uint64_t first, last;          /* GAP: its numbers */
    int64_t since_ms, called_ms;   /* the want's */
    char values[96];
} receipt;

typedef struct receipts {
    receipt *at;
    size_t count, cap;
} receipts;

/* The widget's opinion of a key. */
typedef struct hope {
    bool allowed; /* events of it may come */
    bool by_name, by_selector;
    uint8_t depth, selector_depth; /* 0: all */
    uint8_t rows;                  /* no event has more; 0: all */
    bool cut;                      /* fewer than all were wanted: queued books may have them */
    uint64_t taken;                /* number of the last command that took it */
    uint32_t era;
    int64_t since_ms;     /* wall time of the REPLY to what began this era; 0: not yet */
    int64_t called_ms;    /* wall time of the command that began this era */
    int64_t taken_ms;     /* of the last command that took it */
    uint32_t first_epoch; /* there was no connection then, this came next; 0: nobody knows */
    unsigned doubles; /* repeats that subscriptions may have caused and that have not been seen */
    unsigned once;    /* snapshots asked for and not seen */
    bool once_due;    /* at least one of them has to come */
    int64_t newest;   /* timestamp of the newest stream event, of a trade its id */
    uint32_t epoch;   /* of its last event */
} hope;

typedef struct command {
    uint64_t request_id;
    uint32_t what; /* upbit_command */
    bool cancelled, unknown, answered;
    uint8_t takes[KEYS]; /* 1: the key is let go by it */
    uint8_t gives[KEYS]; /* 1: it is wanted by it */
    /* SNAPSHOT */
    subject snapshot_kind;
    int code[CODES], codes; /* in the order of the hope */
    bool all_of_quote;
    uint32_t count;
    int at;          /* the code whose events come */
    uint32_t events; /* of it */
    int64_t last;
} command;

typedef struct widget {
    upbit_manager *manager;
    upbit_proxy *proxy; /* NULL: closed */
    char id[32];
    regime regime;
    pace pace;
    bool shared; /* on the shared waiter */
    bool lossless;
    upbit_proxy_options options;
    hope want[KEYS];
    command *command;                   /* COMMANDS of them, a ring */
    uint64_t commands, answered;        /* ever given; so many of the first are answered */
    uint64_t in_order;                  /* the last answered of those that are answered in order */
    uint64_t bundle;                    /* request_id of the answer at hand, 0: none */
    uint32_t epoch;                     /* by the EPOCH events */
    uint32_t lane_epoch[8];             /* of the last event of each type's lane */
    uint64_t expected[8];               /* next number by type */
    uint64_t gap_first[8], gap_last[8]; /* of a GAP that nothing followed yet */
    uint64_t gapped, data;
    bool overflowed[8];
    bool unsure;
    receipts got;
} widget;

/* narrow: likely to have a lossless queue that is soon full. */
void widget_open(widget *w, upbit_manager *m, upbit_waiter *shared, dice *d, unsigned serial,
                 bool narrow);
/* One that does nothing but take the trades of three markets, slowly: its GAPs can be checked to
 * the last number. */
void widget_open_steady(widget *w, upbit_manager *m, unsigned serial);
/* The same of six markets, at once: it loses nothing that is not missed in a cut. */
void widget_open_quick(widget *w, upbit_manager *m, unsigned serial);
void widget_close(widget *w); /* what it has received stays */
void widget_free(widget *w);

/* A random command. */
void widget_act(widget *w, dice *d);

/* Takes up to `most` events. For widgets with a waiter of their own. */
void widget_take(widget *w, unsigned most);
/* One event that was taken for it. */
void widget_judge(widget *w, const upbit_delivery *d);

int64_t widget_wall_ms(void);

/* Whether this want of it belongs on the wire. */
bool widget_streams(const widget *w, int key);
unsigned widget_unanswered(const widget *w);

#endif
