/* A proxy for tests, as the serve function of a server: HTTP CONNECT or SOCKS5, that does what it
 * should or one of the things a broken one does. Whatever name it is asked for, it goes to one
 * port of 127.0.0.1. */
#ifndef TESTS_INTEGRATION_NET_RELAY_H
#define TESTS_INTEGRATION_NET_RELAY_H

#include <stdatomic.h>

#include "server.h"

typedef enum relay_mood {
    RELAY_WORKS,
    RELAY_REFUSES,     /* 403; SOCKS5: connection not allowed by ruleset */
    RELAY_WANTS_LOGIN, /* 407; SOCKS5: no acceptable method; right with user:secret */
    RELAY_GARBAGE,     /* no HTTP, no SOCKS */
    RELAY_CLOSES,      /* at once */
    RELAY_CLOSES_LATE, /* after it was asked */
    RELAY_HALF,        /* half of the right answer, then the end */
    RELAY_HANGS,       /* never says a word */
    RELAY_HANGS_HALF,  /* half of the right answer, then nothing */
    RELAY_ENDLESS,     /* an answer without end */
    RELAY_MOODS
} relay_mood;

typedef struct relay {
    bool socks;
    relay_mood mood;
    int port;           /* where it goes */
    atomic_int tunnels; /* that were opened */
    char asked[300];    /* the name and port of the last request */
    char head[8192];    /* CONNECT: its whole head */
    bool by_name;       /* SOCKS5: the name came over, not an address */
} relay;

void serve_relay(peer *p, void *relay);

#endif
