/* The client's half of a WebSocket conformance catalogue as data: what a server sends, and what an
 * echoing client must send back. Groups are numbered as in the suite everybody uses. */
#ifndef TESTS_INTEGRATION_NET_CATALOGUE_H
#define TESTS_INTEGRATION_NET_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct run_of_bytes {
    uint8_t *bytes;
    size_t length, room;
} run_of_bytes;

typedef struct conformance_case {
    int group;
    char label[100];
    run_of_bytes sends;
    run_of_bytes wants;  /* frames: opcode, eight bytes of length, payload */
    int code;            /* of the close frame the client sends */
    int error;           /* how the transport tells the end */
    bool says_close;     /* the server ends it when all is sent */
    size_t chop;         /* bytes of one write; 0: all */
    char extension[120]; /* the server's answer to the offer; "": none */
} conformance_case;

/* All of them; made at the first call, for the life of the program. */
const conformance_case *catalogue(size_t *count);

#endif
