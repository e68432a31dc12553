/* A WebSocket connection as seen from above: open, send, ping, close, destroy, and five events.
 *
 * Several implementations stand behind one table (struct upbit__transport_operations).
 * transport_raw is the default: libcurl for names, TCP, TLS and proxies, core/wire for everything
 * WebSocket. transport_websocket_api lets libcurl do that, too;
 * transport_replay plays a recording and needs no network.
 *
 * Threads: all calls and all events on the loop's thread. Life: upbit__transport_open never
 * calls an event; `closed` comes exactly once, whatever the reason, unless
 * upbit__transport_destroy came first; after it no event comes and only destroy and the readers
 * are of use. Every function may be called from inside any event, upbit__transport_destroy too. */
#ifndef UPBIT_NET_TRANSPORT_H
#define UPBIT_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "net/loop.h"
#include "upbit-live/error.h"
#include "upbit-live/options.h"
#include "wire/extension.h"
#include "wire/http.h"

typedef struct upbit__transport upbit__transport;

#define UPBIT__OPCODE_TEXT   1
#define UPBIT__OPCODE_BINARY 2

/* Everything is copied. 0 and NULL are the defaults. */
typedef struct upbit__transport_config {
    const char *url;              /* ws:// or wss://host[:port][/path[?query]], no more */
    const char *ca_file;          /* PEM; only these are trusted then; default: the system's */
    const char *crl_file;         /* PEM; certificates of the whole chain are looked up in it */
    const char *proxy;            /* as upbit__proxy_check wants it; default none */
    const upbit__header *headers; /* more request headers, e.g. Authorization; wiped after use.
                                     Those of the upgrade itself and Origin are refused */
    size_t header_count;
    uint32_t connect_timeout_ms;  /* look-up, TCP, proxy and TLS together; default 5,000 */
    uint32_t upgrade_timeout_ms;  /* the whole upgrade, to its last header; default 5,000 */
    uint32_t message_size_max;    /* bytes of a message, more ends in 1009; default 16 MiB */
    upbit__deflate_offer deflate; /* compression to ask for; only transport_raw can */
    const char *replay_file;      /* transport_replay: the recording (wire/recording.h), */
    double replay_speed;          /* times as fast as recorded; 0: once, < 0: without waiting */
    upbit__log *log;              /* a debug line per connection that fails or is cut; or NULL */
} upbit__transport_config;

typedef struct upbit__transport_info {
    bool tls;
    int http_status;              /* 101 */
    int64_t started_ns;           /* monotonic: upbit__transport_open, */
    int64_t connected_ns;         /* TCP and TLS done,               */
    int64_t upgraded_ns;          /* the 101 complete                */
    upbit__deflate_terms deflate; /* the compression agreed on */
} upbit__transport_info;

/* Why it is over. */
typedef struct upbit__close_info {
    /* 0: ended by a close handshake that upbit__transport_close began or that the server began with
     * 1000, 1001 or no code. Else RESOLVE, CONNECT (network: refused, reset, cut without a close
     * frame), TLS, UPGRADE, PROTOCOL (the server broke the rules, or closed with another code),
     * TIMEOUT, CANCELLED, NO_MEMORY, SYSTEM. */
    int error;
    bool opened;             /* the opened event had come */
    bool clean;              /* both close frames went over */
    bool deflate_fault;      /* UPGRADE, PROTOCOL: the server got its compression wrong */
    int http_status;         /* of a refused upgrade, 0 when none came */
    uint32_t retry_after_ms; /* Retry-After of a refused upgrade (seconds or a date), 0 none */
    int close_code;          /* of the server's close frame, 1005 when it had none; 0: no frame */
    int sent_code;           /* the code of our own close frame, 0 none sent */
    char reason[200];        /* for people: what went wrong, or the server's close reason; UTF-8 */
    const char *body;        /* refused upgrade: first bytes of its body (up to 1,024), */
    size_t body_length;      /* NUL behind; "" when none; valid until destroy */
} upbit__close_info;

/* Any may be NULL but `closed`. */
typedef struct upbit__transport_events {
    /* TCP and TLS stand, the upgrade request is on its way. */
    void (*connected)(void *context);
    void (*opened)(void *context, const upbit__transport_info *info);
    /* opcode 1 (text, valid UTF-8) or 2 (binary). The bytes are valid during the call only.
     * received_ns: monotonic time of the read that completed it. */
    void (*message)(void *context, int opcode, const uint8_t *data, size_t length,
                    int64_t received_ns);
    void (*pong)(void *context, const uint8_t *payload, size_t length);
    /* After each batch of messages and pongs (all that was readable, up to a bound): time to
     * notify. */
    void (*batch)(void *context);
    void (*closed)(void *context, const upbit__close_info *info);
} upbit__transport_events;

/* kind: upbit_transport_kind. 0; INVALID_ARGUMENT (upbit_error_detail says what), UNAVAILABLE (a
 * kind that is not built), NO_MEMORY, SYSTEM. Connecting starts in the loop's next turn.
 * `events` is copied. */
int upbit__transport_open(upbit__transport **out, int kind, upbit__loop *loop,
                          const upbit__transport_config *config,
                          const upbit__transport_events *events, void *context);

/* Queues a message in one frame and sends what the socket takes. The bytes are copied.
 * 0; ILLEGAL_STATE before `opened`, CLOSED once closing, NO_MEMORY, SYSTEM (no random mask). A dead
 * socket is told by `closed` in a later turn, never from inside send. */
int upbit__transport_send(upbit__transport *t, int opcode, const void *bytes, size_t length);
/* A ping, payload 0 to 125 bytes. Errors as send. */
int upbit__transport_ping(upbit__transport *t, const void *payload, size_t length);
/* Begins the close handshake: sends a close frame (code 1000, 1001, 1007 or 3000-4999; reason NULL
 * or up to 123 bytes UTF-8); `closed` follows when the server has answered and cut, or at
 * deadline_ns (monotonic), in a later turn. Before `opened`: `closed` follows with CANCELLED.
 * Messages may still arrive until then. 0; CLOSED when already closing. */
int upbit__transport_close(upbit__transport *t, int code, const char *reason, int64_t deadline_ns);
/* At once, without a close frame and without an event. Accepts NULL. */
void upbit__transport_destroy(upbit__transport *t);

/* From now on it tells others; inside an event from the next one on. */
void upbit__transport_redirect(upbit__transport *t, const upbit__transport_events *events,
                               void *context);

/* Bytes queued and not yet taken by the socket: the caller's measure for slowing down. */
size_t upbit__transport_pending(const upbit__transport *t);

/* A header of the server's answer (name in any case), the first of that name, or NULL; also of a
 * refused upgrade. Valid until destroy. */
const char *upbit__transport_header(const upbit__transport *t, const char *name);

typedef struct upbit__transport_counters {
    uint64_t bytes_in, bytes_out;       /* WebSocket and upgrade bytes, inside TLS */
    uint64_t messages_in, messages_out; /* data messages */
    uint64_t pings_in, pongs_out;
    uint64_t compressed_in;   /* of messages_in: those that came compressed, */
    uint64_t packed_in;       /* the bytes of their payloads,                */
    uint64_t compressed_last; /* the last of them was the so-manieth of messages_in */
    uint64_t inflated_in;     /* and what they inflated to                   */
    uint64_t memory;          /* gauge: bytes of buffers, by transport_raw   */
} upbit__transport_counters;
void upbit__transport_counters_get(const upbit__transport *t, upbit__transport_counters *out);

/* What an implementation fills in; its struct begins with this one. Nobody else looks inside. */
typedef struct upbit__transport_operations {
    int (*send)(upbit__transport *t, int opcode, const void *bytes, size_t length);
    int (*ping)(upbit__transport *t, const void *payload, size_t length);
    int (*close)(upbit__transport *t, int code, const char *reason, int64_t deadline_ns);
    void (*destroy)(upbit__transport *t);
    size_t (*pending)(const upbit__transport *t);
    const char *(*header)(const upbit__transport *t, const char *name);
} upbit__transport_operations;

struct upbit__transport {
    const upbit__transport_operations *operations; /* immutable */
    upbit__transport_events events;                /* loop's thread */
    void *context;                                 /* loop's thread */
    upbit__transport_counters counters;            /* loop's thread */
};

/* Can this kind be had, in this build and with this libcurl? 0; UNAVAILABLE with the detail set. */
int upbit__transport_websocket_api_check(void);

/* May the caller close with this? (upbit__transport_close says what is allowed.) */
bool upbit__transport_may_close(int code, const char *reason);

int upbit__transport_replay_open(upbit__transport **out, upbit__loop *loop,
                                 const upbit__transport_config *config,
                                 const upbit__transport_events *events, void *context);
int upbit__transport_websocket_api_open(upbit__transport **out, upbit__loop *loop,
                                        const upbit__transport_config *config,
                                        const upbit__transport_events *events, void *context);
int upbit__transport_raw_open(upbit__transport **out, upbit__loop *loop,
                              const upbit__transport_config *config,
                              const upbit__transport_events *events, void *context);

#endif
