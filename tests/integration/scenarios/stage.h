/* The stage of a scenario: the mock exchange, one manager, and widgets whose every event is on a
 * tape, so that a test can say afterwards what each of them got, in what order, and what not. */
#ifndef TESTS_INTEGRATION_SCENARIOS_STAGE_H
#define TESTS_INTEGRATION_SCENARIOS_STAGE_H

#include "support/stream.h"

enum { ANY = -1 };

/* One event, as it was taken. */
typedef struct note {
    int type, stream, origin;
    uint32_t epoch;
    uint64_t number, request_id;
    int64_t id;                  /* a trade's sequential id, a candle's start, else 0 */
    int64_t ms;                  /* exchange_ms */
    int value;                   /* the state of a STATE, the error of a REPLY or an ERROR */
    uint32_t down_ms;            /* of a RESTORED */
    int rows;                    /* of a book, both sides */
    uint64_t count, first, last; /* of a GAP; how many comebacks, of a RESTORED */
    int64_t after, before;
    upbit_decimal price, volume; /* of a trade, a ticker's last one */
    int64_t trade_ms;            /* when it happened */
    char code[24];
} note;

typedef struct tape {
    upbit_proxy *proxy;
    bool asleep; /* its owner does not call it: stage_take leaves it alone */
    note *at;
    size_t count, cap;
    uint32_t epochs[UPBIT_TYPE_RAW + 1]; /* of the newest event, by type */
    struct tape *next;
} tape;

extern mock exchange;
extern upbit_manager *manager;

/* Arguments are those of mock_start. */
void stage_open(const char *const *arguments, void (*change)(upbit_options *options));
void stage_close(void); /* tapes, manager, mock */
/* POST /mock/...; the test ends when the mock does not take it. */
void stage_order(const char *format, ...) __attribute__((format(printf, 1, 2)));
upbit_stats stage_stats(void);
/* Takes what is there for all tapes that are awake. */
void stage_take(void);
/* The same again and again. */
void stage_run(int ms);

/* Everything first in first out and with room: what the stream delivers is on the tape. */
tape *tape_open(const char *id);
tape *tape_open_with(const char *id, const upbit_proxy_options *options);
void tape_close(tape *t);
void tape_want(tape *t, stream_command *command, int type, const char *codes, uint64_t request_id);
/* Takes one event; false when there is none. Each is looked at: a book's rows are in order and add
 * up to its totals, a candle's and a trade's numbers are there, epochs do not go back. */
bool tape_take_one(tape *t);

/* Events from note `from` on that fit; ANY or NULL fit all. */
size_t tape_count(const tape *t, size_t from, int type, const char *code, int stream);
/* Takes for all until there are that many; the test ends when they do not come. */
void tape_wait(tape *t, size_t from, int type, const char *code, int stream, size_t least);
/* The first note from `from` on that fits; NULL. */
const note *tape_find(const tape *t, size_t from, int type, const char *code);
/* The REPLY of a request, which must come and be good; where it stands on the tape. */
size_t tape_reply(tape *t, uint64_t request_id);
/* Data are only of these kinds: "ticker KRW-BTC, trade KRW-ETH". */
void tape_only(const tape *t, size_t from, const char *kinds);
/* The last note of this kind; NULL. */
const note *tape_last(const tape *t, int type, const char *code);
/* Since `from`: no snapshot that was had already, no gap, no error, no change of state: nothing was
 * noticed. */
void tape_undisturbed(const tape *t, size_t from);

#endif
