/* The stage of private scenarios: the mock exchange with keys, a manager, and what each widget got
 * of orders and balances, told apart by what the exchange calls them. */
#ifndef TESTS_INTEGRATION_SCENARIOS_PRIVATE_STAGE_H
#define TESTS_INTEGRATION_SCENARIOS_PRIVATE_STAGE_H

#include "support/stream.h"

/* One event of an order or of balances, an error, a hole. */
typedef struct told {
    int type, stream, origin;
    uint32_t epoch;
    int state;  /* of the order, or of a STATE of the private session */
    int error;  /* of an ERROR, a REPLY or a STATE */
    int64_t ms; /* of a REPLY: how long it stood in line */
    char code[24], uuid[64], trade[64], text[208];
    upbit_decimal executed;        /* of the order */
    upbit_decimal balance, locked; /* of one currency, whose name is `code` */
    bool found;                    /* the exchange did it: compare_with_exchange */
} told;

typedef struct widget {
    upbit_proxy *proxy;
    told *at;
    size_t count, room;
    struct widget *next;
} widget;

extern mock exchange;
extern upbit_manager *manager;

/* rate: order events a second. change may be NULL; keys are given either way. */
void private_open(const char *rate, void (*change)(upbit_options *options));
/* The same, with a mock whose clock goes `scale` times as fast. */
void private_open_at(const char *scale, const char *rate, void (*change)(upbit_options *options));
void private_close(void);
/* POST of /mock...; the test ends when the mock does not take it. */
void private_order(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Until the exchange has received a request with this text in it (as JSON has it in a string). */
void private_asked(const char *text);

widget *widget_open(const char *id, const upbit_proxy_options *options);
void widget_close(widget *w);
/* codes "": all. */
void widget_want(widget *w, int type, const char *codes);
/* Takes for all widgets what there is, for that long. */
void private_run(int ms);

typedef bool told_fits(const told *t, const void *context);
size_t told_count(const widget *w, size_t from, told_fits *fits, const void *context);
/* Takes for all until there are that many; the test ends when they do not come. */
void told_wait(const widget *w, size_t from, told_fits *fits, const void *context, size_t least);

bool is_order(const told *t, const void *origin);   /* of this origin (int *); NULL: any */
bool is_balance(const told *t, const void *origin); /* likewise */
bool is_live(const told *t, const void *unused);    /* the private session is */
bool is_lost(const told *t, const void *unused);
bool is_error(const told *t, const void *name); /* NULL: any */

/* What the exchange did: every private event from number `since` on is with the widget, once, in
 * order, by whatever way; those of balances too: what is on its way is waited for. Returns how many
 * there were. */
size_t compare_with_exchange(widget *w, size_t from, uint64_t since);
/* The number of the newest private event of the exchange. */
uint64_t exchange_newest(void);

#endif
