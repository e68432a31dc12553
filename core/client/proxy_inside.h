/* A proxy's consumer half, for proxy.c and proxy_stats.c alone. */
#ifndef UPBIT_CLIENT_PROXY_INSIDE_H
#define UPBIT_CLIENT_PROXY_INSIDE_H

#include "client/manager.h"

struct upbit_proxy {
    /* immutable */
    upbit_manager *manager; /* one reference */
    upbit__client *client;  /* the I/O thread's: never looked into here, only named in commands */
    upbit__inbox *inbox;    /* the consumer's reference */
    upbit__waiter *waiter;  /* one reference */
    upbit__order *close;    /* made ahead: closing cannot fail */
    void *user_data;
    bool shared_waiter;
    char client_id[65];
    /* under the manager's mutex */
    upbit_proxy *next_id;
};

#endif
