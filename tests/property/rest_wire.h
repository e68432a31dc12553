/* The wire against what is wanted. */
#ifndef PROPERTY_REST_WIRE_H
#define PROPERTY_REST_WIRE_H

#include "rest.h"

/* The last request that the mock has received is the union of what the widgets want. */
bool rest_wire_agrees(stage *s, char *why, size_t size);

#endif
