/* What the mock has received on its stream: requests, read as sets of keys. */
#ifndef TESTS_INTEGRATION_SCENARIOS_WIRE_H
#define TESTS_INTEGRATION_SCENARIOS_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_KEYS = 1024 };

typedef struct wire {
    size_t messages;           /* all there were, questions for the list of subscriptions too */
    size_t requests;           /* of those, subscription requests */
    size_t in_a_second;        /* the most messages in any second of one connection */
    int64_t first_ms, last_ms; /* of requests, the mock's clock */
    size_t count;              /* keys of the newest request, sorted: "orderbook KRW-BTC.5",
                                  "ticker KRW-BTC once" where only a snapshot is asked for */
    char keys[WIRE_KEYS][48];
} wire;

void wire_read(wire *w);
/* Waits until the newest request holds exactly these keys, "ticker KRW-BTC, trade KRW-BTC" in their
 * order; the test ends when there is no such request. How many requests there were. */
size_t wire_wait(const char *keys);
/* Nothing more is sent than that: for longer than a change waits to be sent. */
void wire_rests(size_t requests);

#endif
