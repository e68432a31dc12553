/* A transport under test with everything it told. */
#ifndef TESTS_INTEGRATION_NET_CLIENT_H
#define TESTS_INTEGRATION_NET_CLIENT_H

#include "base/buffer.h"
#include "net/transport.h"

typedef struct client {
    upbit__loop *loop;
    upbit__transport *transport;
    int opened, closed, messages, pongs, batches;
    int opcode;         /* of the last message */
    upbit__buffer last; /* the last message */
    upbit__buffer pong;
    uint64_t bytes; /* of all messages */
    upbit__transport_info info;
    upbit__close_info close;
    char body[1100];  /* of a refused upgrade */
    char header[200]; /* remaining-req, as seen in opened or closed */
    bool echo, destroy_in_opened, destroy_in_message, destroy_in_closed;
} client;

void client_init(client *c);
void client_finish(client *c);
/* Fills config's url (scheme, port), opens; aborts the test when open fails. */
void client_open(client *c, const char *scheme, const char *host, int port,
                 upbit__transport_config *config);
/* As client_open, over this kind of transport (upbit_transport_kind). */
void client_open_kind(client *c, int kind, const char *scheme, const char *host, int port,
                      upbit__transport_config *config);
/* As client_open_kind, but a failure is the caller's. */
int client_try(client *c, int kind, const char *scheme, const char *host, int port,
               upbit__transport_config *config);
/* Turns the loop until *what >= value or 10 s have passed; returns whether it came. */
bool client_wait(client *c, const int *what, int value);

#endif
