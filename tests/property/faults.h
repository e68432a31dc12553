/* What the mock exchange is ordered to do wrong. */
#ifndef PROPERTY_FAULTS_H
#define PROPERTY_FAULTS_H

#include "support/mock.h"
#include "universe.h"

/* What an episode is mostly about. */
typedef enum theme {
    THEME_ALL,
    THEME_HOLES,  /* cuts while trades happen, and REST that cannot have them back */
    THEME_REPEATS /* bursts with repeats and other orders, no cuts */
} theme;

typedef struct faults {
    const mock *mock;
    dice *dice;
    theme theme;
    bool cuts;    /* connections may end */
    bool poisons; /* wants may be refused */
    bool listed[CODES];
    unsigned done, limits; /* orders given; of those, 429s of REST */
} faults;

void faults_begin(faults *f, const mock *m, dice *d);
/* One more of them. */
void faults_next(faults *f);
/* Ends all of them. */
void faults_end(faults *f);

#endif
