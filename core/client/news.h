/* Whether an event is news of its key, and what is known of the key from then on: the rules about
 * order and repeats (architecture, section 6). I/O thread only. */
#ifndef UPBIT_CLIENT_NEWS_H
#define UPBIT_CLIENT_NEWS_H

#include "client/counters.h"
#include "client/registry.h"

typedef enum upbit__verdict {
    UPBIT__UNJUDGED,
    UPBIT__NEWS,
    UPBIT__REPEAT, /* goes to those who have nothing of the key yet, or not this */
    UPBIT__OLD     /* goes to nobody */
} upbit__verdict;

/* A trade that is news is known afterwards. */
upbit__verdict upbit__news_judge(upbit__key *key, const upbit_event *e, upbit__counters *counters);

/* The event is or will be the key's latest value; a candle of an earlier window than that is not.
 */
bool upbit__news_is_newest(const upbit__key *key, const upbit_event *e);

/* The key's latest value once more: of a trade the id alone tells. */
bool upbit__news_is_latest(const upbit__key *key, const upbit_event *e);

/* Keeps it as the latest value, if it is that; takes over one reference. */
void upbit__news_remember(upbit__key *key, upbit_event *e, upbit__pool *pool);

#endif
