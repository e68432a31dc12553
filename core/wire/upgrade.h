/* The HTTP upgrade: request out, answer in. No I/O, resumable after every byte.
 *
 * libcurl's own handshake takes answers it must not take, so every rule of RFC 6455 section 4.1
 * is checked here: HTTP/1.1 and 101, Upgrade, Connection and the one right Sec-WebSocket-Accept,
 * nothing that was not asked for. Everything a server may send without end is bounded; the bound
 * on time is the caller's. */
#ifndef UPBIT_WIRE_UPGRADE_H
#define UPBIT_WIRE_UPGRADE_H

#include "base/buffer.h"
#include "wire/extension.h"
#include "wire/http.h"

#define UPBIT__UPGRADE_KEY_SIZE 25 /* 16 bytes in base64, NUL */

typedef struct upbit__upgrade_request {
    const char *authority; /* Host */
    const char *path;
    const upbit__header *headers; /* further ones */
    size_t header_count;
    upbit__deflate_offer deflate;
} upbit__upgrade_request;

/* Refuses a header that could change what the request means: INVALID_ARGUMENT, *why a static
 * text. */
int upbit__upgrade_header_check(const upbit__header *header, const char **why);

/* A fresh random key. 0 or SYSTEM. */
int upbit__upgrade_key(char key[UPBIT__UPGRADE_KEY_SIZE]);
/* Appends the request with a fresh random key. 0, INVALID_ARGUMENT, NO_MEMORY or SYSTEM. */
int upbit__upgrade_write(upbit__buffer *out, char key[UPBIT__UPGRADE_KEY_SIZE],
                         const upbit__upgrade_request *request);

/* Bytes of all heads together, 1xx answers included. */
#define UPBIT__UPGRADE_HEAD_MAX    ((size_t)64 * 1024)
#define UPBIT__UPGRADE_LINE_MAX    ((size_t)16 * 1024)
#define UPBIT__UPGRADE_HEADERS_MAX 128u
#define UPBIT__UPGRADE_INTERIM_MAX 8u    /* 1xx answers */
#define UPBIT__UPGRADE_BODY_MAX    1024u /* what is kept of a refused upgrade's body */

typedef enum upbit__upgrade_state {
    UPBIT__UPGRADE_STATUS_LINE,
    UPBIT__UPGRADE_HEADERS,
    UPBIT__UPGRADE_BODY,       /* refused: the status is known, bytes of the body are collected */
    UPBIT__UPGRADE_CHUNK_SIZE, /* the same, inside a chunked body */
    UPBIT__UPGRADE_CHUNK_END,
    UPBIT__UPGRADE_OVER
} upbit__upgrade_state;

typedef struct upbit__upgrade {
    upbit__upgrade_state state;
    char accept[32]; /* the right answer to our key */
    upbit__deflate_offer offer;
    upbit__deflate_terms deflate; /* accepted: what was agreed */
    bool deflate_fault;           /* after an error: about compression no agreement was found */
    int status;                   /* of the last status line, 0 none yet */
    bool http_1_1;
    unsigned interim, header_count;
    size_t head;           /* bytes of heads so far */
    upbit__buffer line;    /* the line that is coming in */
    bool carriage_return;  /* the last byte of it was a CR */
    upbit__buffer headers; /* of this answer: name NUL value NUL ... */
    bool chunked;
    int64_t body_left; /* of the body or chunk; -1: until the end of the stream */
    char body[UPBIT__UPGRADE_BODY_MAX + 1];
    size_t body_length;
    const char *why; /* after an error: static text */
} upbit__upgrade;

/* For the answer to a request with this key and this offer (NULL: none). 0 or NO_MEMORY. */
int upbit__upgrade_init(upbit__upgrade *u, const char *key, const upbit__deflate_offer *offer);
void upbit__upgrade_finish(upbit__upgrade *u);

typedef enum upbit__upgrade_result {
    UPBIT__UPGRADE_MORE = 0,
    UPBIT__UPGRADE_ACCEPTED = 1, /* bytes from *used on are WebSocket frames */
    UPBIT__UPGRADE_REFUSED = 2   /* another status: status, headers and body are there */
} upbit__upgrade_result;

/* A result, or UPGRADE (*why* says which rule was broken) or NO_MEMORY. *used: bytes taken. */
int upbit__upgrade_feed(upbit__upgrade *u, const uint8_t *bytes, size_t count, size_t *used);

/* The stream has ended, or its time is up: is there a refusal to tell? REFUSED or UPGRADE. */
int upbit__upgrade_end(upbit__upgrade *u);

/* The first header of this name of the last answer, any case; NULL when there is none. *count
 * (may be NULL): how many there are. */
const char *upbit__upgrade_header(const upbit__upgrade *u, const char *name, unsigned *count);

#endif
