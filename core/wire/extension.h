/* permessage-deflate (RFC 7692): what is offered in the upgrade, and what an answer may say. Pure.
 *
 * The one extension there is. An answer is taken whole or not at all: what was misunderstood here
 * would be misread in every message after it. */
#ifndef UPBIT_WIRE_EXTENSION_H
#define UPBIT_WIRE_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#define UPBIT__DEFLATE_TEXT_SIZE 160

/* What is asked for. Zeroed offers nothing. */
typedef struct upbit__deflate_offer {
    bool on;
    bool client_max_window_bits; /* the server may bound our window: many accept no offer without */
    bool client_no_context_takeover; /* a hint: we shall not use it */
    bool server_no_context_takeover; /* the server must not */
    uint8_t server_max_window_bits;  /* the server's window at most, 8 to 15; 0: not said */
} upbit__deflate_offer;

/* What was agreed. Zeroed: no compression. */
typedef struct upbit__deflate_terms {
    bool on;
    bool server_no_context_takeover, client_no_context_takeover;
    uint8_t server_max_window_bits, client_max_window_bits; /* 8 to 15 when on */
} upbit__deflate_terms;

/* The header's value, "" when nothing is offered. */
void upbit__deflate_offer_write(char out[UPBIT__DEFLATE_TEXT_SIZE],
                                const upbit__deflate_offer *offer);

/* Reads the server's Sec-WebSocket-Extensions. 0, or UPGRADE with *why a static text: malformed,
 * another or a second extension, a parameter that is unknown, twice there, out of its range, of
 * the wrong kind or not in the offer, or one that is missing though the offer asked for it. */
int upbit__deflate_answer_read(upbit__deflate_terms *out, const upbit__deflate_offer *offer,
                               const char *value, const char **why);

/* For people: the terms as an answer would spell them, "" when off. */
void upbit__deflate_terms_write(char out[UPBIT__DEFLATE_TEXT_SIZE],
                                const upbit__deflate_terms *terms);

#endif
