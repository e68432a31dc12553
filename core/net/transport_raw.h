/* Inside transport_raw: its state, shared by the calls (transport_raw.c) and what the loop sets off
 * (transport_raw_io.c). Nobody else includes this. */
#ifndef UPBIT_NET_TRANSPORT_RAW_H
#define UPBIT_NET_TRANSPORT_RAW_H

#include "net/curl_multi.h"
#include "net/curl_setup.h"
#include "net/transport.h"
#include "wire/message.h"
#include "wire/sender.h"
#include "wire/upgrade.h"

typedef enum upbit__raw_state {
    UPBIT__RAW_CONNECTING, /* libcurl's */
    UPBIT__RAW_UPGRADING,  /* request on its way out, answer on its way in */
    UPBIT__RAW_OPEN,
    UPBIT__RAW_CLOSING,  /* our close frame is queued, messages still come in */
    UPBIT__RAW_DRAINING, /* nothing is expected: wait for the server to cut, drop what comes */
    UPBIT__RAW_FINISHED
} upbit__raw_state;

typedef struct upbit__raw {
    upbit__transport base; /* first */
    /* immutable after open */
    upbit__loop *loop;
    upbit__log *log;
    upbit__curl_setup setup;
    upbit__curl_done done;
    uint32_t connect_timeout_ms, upgrade_timeout_ms;
    /* the loop's thread */
    upbit__raw_state state;
    int depth; /* calls from the loop on the stack: memory stays until they return */
    bool destroyed;
    bool request_wiped;
    bool write_dead; /* a send failed: read what is left, then finish */
    CURL *easy;
    bool added;
    upbit__watch watch;
    upbit__timer deadline; /* of the state */
    upbit__timer again;    /* bytes may wait inside TLS, or something is to be told */
    upbit__upgrade upgrade;
    upbit__receiver receiver;
    upbit__sender sender;
    upbit__transport_info info;
    upbit__close_info close; /* filled as things are learnt */
    char error_text[CURL_ERROR_SIZE];
} upbit__raw;

/* What the loop calls; context is the transport. */
void upbit__raw_on_connected(void *context, CURLcode code);
void upbit__raw_on_ready(void *context, unsigned events);
void upbit__raw_on_again(void *context);
void upbit__raw_on_deadline(void *context);

/* Sends what the socket takes. */
void upbit__raw_flush(upbit__raw *t);
/* Fills in why it is over; told by whoever finishes. */
void upbit__raw_say(upbit__raw *t, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Off the loop and off the network. */
void upbit__raw_disconnect(upbit__raw *t);
void upbit__raw_free(upbit__raw *t);

#endif
