/* Between the rooms of the verdict. */
#ifndef PROPERTY_VERDICT_INSIDE_H
#define PROPERTY_VERDICT_INSIDE_H

#include "verdict.h"

/* An event sent more than once may have come by any of its frames: those between these. Between two
 * events of a key the wire tells the order. */
typedef struct delivered {
    const receipt *got;
    const fact *from; /* the first possible; NULL: not found, or not to be looked for */
    uint64_t until;   /* n of the last possible; by the stream only */
} delivered;

/* A trade that the library has received and the widget has not: its number lies between these. */
typedef struct miss {
    uint64_t after, before;
    int64_t id;
    int code;
} miss;

typedef struct misses {
    miss *at;
    size_t count, cap;
} misses;

/* One era of a trade key, in the order of delivery and by id. */
void verdict_losses(const widget *w, const truth *t, const delivered *list, size_t count,
                    delivered *const *sorted, misses *missing);
/* Each of them has a number of its own that a GAP names. */
void verdict_match(const widget *w, const truth *t, misses *missing);

#endif
