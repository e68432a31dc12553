/* The oracle's second half: a widget's events against the truth. */
#ifndef PROPERTY_VERDICT_H
#define PROPERTY_VERDICT_H

#include "truth.h"
#include "widget.h"

/* What its events tell about the connections: for all widgets, before anything is judged. */
void verdict_learn(const widget *w, truth *t);
/* What was delivered was sent, with these numbers, in this order, once; what is missing was told.
 */
void verdict_of(const widget *w, const truth *t);

/* Of a widget that has had the same trades from first to last, over one connection: the numbers of
 * its lane count every trade sent, no more and no less. True: there was something to judge. */
bool verdict_exact(const widget *w, const truth *t);

#endif
