/* What the mock knows: what it sent, and what happened in its market, against what is on a tape. */
#ifndef TESTS_INTEGRATION_SCENARIOS_ORACLE_H
#define TESTS_INTEGRATION_SCENARIOS_ORACLE_H

#include "stage.h"

/* The market falls silent, and what had been sent is on the tapes. */
void oracle_hush(void);

/* After oracle_hush: from the first event of this kind on the tape to the last the mock sent, each
 * realtime message once, in order, and nothing else. How many. */
size_t oracle_whole(const tape *t, int type, const char *code);

/* Nothing on the tape but what the mock sent, nothing twice; for streams with holes. How many. */
size_t oracle_true(const tape *t, int type, const char *code);

/* Trades: each one that happened between the first and the last on the tape is there once and in
 * order, or a GAP stands in its place that covers it. How many holes there are. */
size_t oracle_trades(const tape *t, const char *code);

/* Asks for the newest 500 trades by REST: every trade and ticker the tape has of that time shows
 * these prices and volumes. */
void oracle_values(tape *t, const char *code);

/* No trade twice; tickers, books and candles of one window never older than the one before. */
void oracle_order(const tape *t, const char *code);

#endif
