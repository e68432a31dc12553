/* A scripted server on 127.0.0.1 for the tests of net/: a thread that runs one function per
 * connection, over plain sockets or OpenSSL. Its frames are its own code, so that one bug cannot
 * hide another. */
#ifndef TESTS_INTEGRATION_NET_SERVER_H
#define TESTS_INTEGRATION_NET_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peer {
    int fd;
    SSL *ssl;             /* NULL: plain */
    atomic_int *requests; /* the server's count of bytes; NULL none */
    char request[8192];   /* head of the last request, NUL behind */
} peer;

typedef void (*serve_function)(peer *p, void *context);

typedef struct server {
    int listener, port;
    SSL_CTX *tls;
    serve_function serve;
    void *context;
    pthread_t thread;
    atomic_int current;    /* the connection being served, -1 none */
    atomic_int accepted;   /* connections */
    atomic_int handshakes; /* TLS handshakes that went well */
    atomic_int requests;   /* bytes read by serve functions */
    atomic_bool stopping;
} server;

/* tls NULL: plain; the server does not own it. Aborts the program when there is no socket. */
void server_start(server *s, SSL_CTX *tls, serve_function serve, void *context);
/* Cuts the connection being served, joins. */
void server_stop(server *s);

bool peer_write(peer *p, const void *bytes, size_t length);
bool peer_text(peer *p, const char *text);
/* Up to `room` bytes; <= 0: the end. */
long peer_read(peer *p, void *bytes, size_t room);
bool peer_read_all(peer *p, void *bytes, size_t length);
/* Reads to the end of a request's head. */
bool peer_request(peer *p);
/* The right Sec-WebSocket-Accept for the last request. */
void peer_accept_value(const peer *p, char out[32]);
/* Reads the request and accepts the upgrade. */
bool peer_upgrade(peer *p);
/* A server's frame: `first` is FIN, reserved bits and opcode. */
bool peer_frame(peer *p, uint8_t first, const void *payload, size_t length);
/* Reads a client's frame, unmasked; returns its opcode or -1. *payload is malloc'ed. */
int peer_read_frame(peer *p, uint8_t **payload, size_t *length);
/* Answers a close frame, waits for the end. */
void peer_finish(peer *p);

#endif
