/* The road between the library and the mock exchange of a scenario's stage: every connection goes
 * through a relay, which can be told what to let go wrong. REST goes around it, unless it is asked
 * to take the same way. */
#ifndef TESTS_INTEGRATION_CHAOS_ROAD_H
#define TESTS_INTEGRATION_CHAOS_ROAD_H

#include "../scenarios/stage.h"
#include "support/relay.h"

extern relay road;

/* As stage_open; `change` may be NULL. Pings are quick, so that a dead peer is noticed soon. */
void road_open(const char *const *arguments, void (*change)(upbit_options *options));
void road_close(void);

/* Takes for all tapes until the condition holds; the test ends when it does not come to. */
typedef bool road_condition(const void *context);
void road_until(road_condition *holds, const void *context, const char *what);
/* Live, by a connection of at least this epoch. */
void road_until_live(uint32_t epoch);

/* What this process has open; of itself and its threads. */
int road_descriptors(void);
int road_threads(void);
long road_rss_kib(void);

/* For `change`: questions by REST take the same road. */
void road_rest_too(upbit_options *o);

/* The relay's --time-scale from the next road_open on; NULL: 1. */
extern const char *road_scale;

/* The library's clocks: before road_open they become ones that run on by themselves and can be
 * moved, so that what it waits for by the second takes no second. */
void road_time_moves(void);
void road_time_passes(int64_t ms);
int64_t road_time_passed(void); /* ms that the last road_time_moves was moved by */
void road_time_is_real(void);   /* behind road_close */

#endif
