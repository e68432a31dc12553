/* One run of the property: a mock, a manager, widgets that do what they like, faults; and at rest
 * everything in its place. */
#ifndef PROPERTY_EPISODE_H
#define PROPERTY_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tally {
    uint64_t events, commands, faults, connections, gapped, holes, exact;
} tally;

/* True: nothing was wrong. What happened is added to *sum. */
bool episode_run(uint64_t seed, tally *sum);

#endif
