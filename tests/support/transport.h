/* Which transport the tests run over: UPBIT_TEST_TRANSPORT, the default one when it is not set. */
#ifndef TESTS_SUPPORT_TRANSPORT_H
#define TESTS_SUPPORT_TRANSPORT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upbit-live/options.h"

static inline int test_transport(void)
{
    const char *name = getenv("UPBIT_TEST_TRANSPORT");
    if (name == NULL || strcmp(name, "raw") == 0)
        return UPBIT_TRANSPORT_DEFAULT;
    if (strcmp(name, "websocket-api") == 0)
        return UPBIT_TRANSPORT_WEBSOCKET_API;
    fprintf(stderr, "UPBIT_TEST_TRANSPORT=%s: no such transport\n", name);
    exit(99);
}

/* libcurl ends a refused upgrade at its last header. */
static inline bool test_transport_sees_bodies(void)
{
    return test_transport() != UPBIT_TRANSPORT_WEBSOCKET_API;
}

#endif
