/* A connection that libcurl makes and whose socket the loop watches: the state of transport_raw and
 * of transport_websocket_api, which differ in a table (upbit__raw_way) and share the rest: the
 * calls (transport_raw.c) and what the loop sets off (transport_raw_io.c). Nobody else includes
 * this. */
#ifndef UPBIT_NET_TRANSPORT_RAW_H
#define UPBIT_NET_TRANSPORT_RAW_H

#include "net/curl_multi.h"
#include "net/curl_setup.h"
#include "net/tls_ahead.h"
#include "net/transport.h"
#include "wire/message.h"
#include "wire/sender.h"
#include "wire/upgrade.h"

/* Bytes read in one turn, then the loop's others are served. */
#define UPBIT__RAW_TURN ((size_t)256 * 1024)

typedef enum upbit__raw_state {
    UPBIT__RAW_CONNECTING, /* libcurl's */
    UPBIT__RAW_UPGRADING,  /* request on its way out, answer on its way in */
    UPBIT__RAW_OPEN,
    UPBIT__RAW_CLOSING,  /* our close frame is queued, messages still come in */
    UPBIT__RAW_DRAINING, /* nothing is expected: wait for the server to cut, drop what comes */
    UPBIT__RAW_FINISHED
} upbit__raw_state;

typedef struct upbit__raw upbit__raw;

typedef enum upbit__raw_got {
    UPBIT__RAW_BYTES,
    UPBIT__RAW_NOTHING, /* yet */
    UPBIT__RAW_END      /* told, or to be told by who sees that it is not alive */
} upbit__raw_got;

/* What each does in its own way. All are called on the loop's thread and outside of libcurl. */
typedef struct upbit__raw_way {
    size_t size; /* of its struct, which begins with upbit__raw */
    /* The request, and what the easy handle needs beyond upbit__curl_setup_apply. 0 or an error. */
    int (*prepare)(upbit__raw *t, const upbit__transport_config *config);
    /* libcurl's part has gone well. */
    void (*connected)(upbit__raw *t);
    /* libcurl's part has failed: false when there is more to tell than that the connection could
     * not be made, and it has been told. NULL: never. */
    bool (*failed)(upbit__raw *t, CURLcode code, const char *text);
    /* One read, handled at once; what was read is taken off the budget and counted. */
    upbit__raw_got (*read)(upbit__raw *t, size_t *budget);
    /* Offers the front of the out-queue to the socket; *gone: what of the queue is done with. */
    CURLcode (*send)(upbit__raw *t, size_t *gone);
    /* What the larger struct owns. NULL: nothing. */
    void (*release)(upbit__raw *t);
} upbit__raw_way;

struct upbit__raw {
    upbit__transport base; /* first */
    /* immutable after open */
    const upbit__raw_way *way;
    upbit__loop *loop;
    upbit__log *log;
    upbit__curl_setup setup;
    bool proxied;
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
    upbit__tls_ahead *ahead; /* the connection's; NULL: libcurl reads by itself */
    int64_t received_ns;     /* when the socket was read last */
    upbit__watch watch;
    upbit__timer deadline; /* of the state */
    upbit__timer again;    /* bytes may wait inside TLS, or something is to be told */
    upbit__upgrade upgrade;
    upbit__receiver receiver;
    upbit__sender sender;
    upbit__transport_info info;
    upbit__close_info close; /* filled as things are learnt */
    char error_text[CURL_ERROR_SIZE];
};

int upbit__raw_open(upbit__transport **out, const upbit__raw_way *way, upbit__loop *loop,
                    const upbit__transport_config *config, const upbit__transport_events *events,
                    void *context);

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

/* Around each call from the loop: in between the memory stays, whatever an event does. */
void upbit__raw_enter(upbit__raw *t);
void upbit__raw_leave(upbit__raw *t);

/* For the ways. After each of these the transport may be over: look at upbit__raw_alive. */
bool upbit__raw_alive(const upbit__raw *t);
/* Tells `closed`: the one end. What is told has been said before. */
void upbit__raw_finish(upbit__raw *t);
/* A timer that cannot be started would leave the connection without its deadline: then it ends. */
void upbit__raw_arm(upbit__raw *t, upbit__timer *timer, int64_t at_ns);
/* Waits on libcurl's socket. */
void upbit__raw_watch(upbit__raw *t);
/* TCP and TLS stand: tells `connected`, the upgrade's deadline runs. */
void upbit__raw_upgrading(upbit__raw *t);
/* The upgrade was accepted: tells `opened`. */
void upbit__raw_opened(upbit__raw *t);
/* Another status than 101. */
void upbit__raw_tell_refusal(upbit__raw *t);
/* The answer will not become whole, for this reason. */
void upbit__raw_end_upgrade(upbit__raw *t, int error, const char *why);
/* The answer broke a rule (UPGRADE, the upgrade says which) or there was NO_MEMORY. */
void upbit__raw_bad_answer(upbit__raw *t, int error);
/* Hands out what of the receiver's bytes is complete. */
void upbit__raw_take_items(upbit__raw *t, int64_t received_ns);
void upbit__raw_no_memory(upbit__raw *t);
void upbit__raw_fail_protocol(upbit__raw *t, int code, const char *why);
/* The stream is over, by the server's or the network's hand. */
void upbit__raw_end(upbit__raw *t, const char *why);
/* A read or a write failed: by the network, or because TLS found what came damaged. */
void upbit__raw_broken(upbit__raw *t);

#endif
