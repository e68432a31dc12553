/* What the mock exchange, and the relay before it, are ordered to do wrong. */
#ifndef PROPERTY_FAULTS_H
#define PROPERTY_FAULTS_H

#include "support/mock.h"
#include "support/relay.h"
#include "universe.h"

/* What an episode is mostly about. */
typedef enum theme {
    THEME_ALL,
    THEME_HOLES,  /* cuts while trades happen, and REST that cannot have them back */
    THEME_REPEATS /* bursts with repeats and other orders, no cuts */
} theme;

typedef struct faults {
    const mock *mock;
    relay *relay;
    dice *dice;
    theme theme;
    bool cuts;    /* connections may end */
    bool poisons; /* wants may be refused */
    bool network; /* the network may go wrong, too */
    bool stalled; /* until the next fault */
    bool dark;    /* everything is forgotten, until the next fault or the one after */
    bool listed[CODES];
    unsigned done, limits; /* orders given; of those, 429s of REST */
} faults;

void faults_begin(faults *f, const mock *m, relay *r, dice *d);
/* One more of them. */
void faults_next(faults *f);
/* Ends all of them. */
void faults_end(faults *f);

/* network.c: one more of the relay's; end: the network is well again. */
void network_next(faults *f);
void network_end(faults *f);

#endif
