/* One plain server and one client, as most tests of a connection begin and end. */
#ifndef TESTS_INTEGRATION_NET_PLAIN_FIXTURE_H
#define TESTS_INTEGRATION_NET_PLAIN_FIXTURE_H

#include <stdint.h>

#include "client.h"
#include "server.h"

static server s;
static client c;
static upbit__transport_config config;

static void begin(serve_function serve, const void *context)
{
    server_start(&s, NULL, serve, (void *)(uintptr_t)context);
    client_init(&c);
    config = (upbit__transport_config){0};
}

static void open_plain(void)
{
    client_open(&c, "ws", "127.0.0.1", s.port, &config);
}

static void end(void)
{
    client_finish(&c);
    server_stop(&s);
}

static inline void serve_greeting(peer *p, void *context)
{
    (void)context;
    if (peer_upgrade(p) && peer_frame(p, 0x82, "hello", 5))
        peer_finish(p);
}

#endif
