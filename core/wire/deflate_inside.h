/* Inside the inflater: its state, and how its rooms read bits. Nobody else includes this.
 *
 *     deflate.c        memory, and what a message is made of
 *     deflate_block.c  literals and matches */
#ifndef UPBIT_WIRE_DEFLATE_INSIDE_H
#define UPBIT_WIRE_DEFLATE_INSIDE_H

#include "wire/deflate.h"
#include "wire/huffman.h"

#define UPBIT__MATCH 258u /* the longest */
#define UPBIT__SPILL 16u  /* copies go on for up to so many bytes behind what they copy */

/* What comes next. */
typedef enum upbit__inflate_state {
    UPBIT__AT_HEAD,
    UPBIT__AT_STORED_HEAD,
    UPBIT__AT_STORED,
    UPBIT__AT_TREES,
    UPBIT__AT_ORDERS,
    UPBIT__AT_LENGTHS,
    UPBIT__AT_BLOCK
} upbit__inflate_state;

struct upbit__inflater {
    /* immutable */
    bool takeover;
    size_t window, most;
    /* the bytes: [low, base) may be pointed into, [base, end) is the message */
    uint8_t *data;
    size_t capacity, low, base, end;
    /* the input */
    uint64_t bits; /* not used yet, the next one lowest; above `have` zeros */
    unsigned have;
    upbit__inflate_state state;
    bool final;                               /* the block is */
    unsigned stored;                          /* bytes that are left of it */
    unsigned lengths, places, orders, filled; /* of a dynamic block: how many of each, and so far */
    uint8_t list[288 + 32];                   /* their lengths */
    const upbit__codes *length_codes, *place_codes; /* of the block */
    upbit__codes own_lengths, own_places, order, fixed_lengths, fixed_places;
    uint32_t length_table[1u << UPBIT__LENGTH_BITS], place_table[1u << UPBIT__PLACE_BITS];
    uint32_t order_table[1u << UPBIT__ORDER_BITS];
    uint32_t fixed_length_table[1u << UPBIT__LENGTH_BITS];
    uint32_t fixed_place_table[1u << UPBIT__PLACE_BITS];
};

typedef struct upbit__input {
    const uint8_t *at, *end;
} upbit__input;

/* How a step ended. */
typedef enum upbit__step {
    UPBIT__GO_ON,
    UPBIT__MORE, /* bytes are needed; what could not be told yet is left as it is */
    UPBIT__CORRUPT,
    UPBIT__TOO_LONG,
    UPBIT__NO_MEMORY
} upbit__step;

/* As many bytes as fit: more than any symbol needs, if there are as many. */
static inline void upbit__refill(upbit__inflater *i, upbit__input *in)
{
    while (i->have < 56 && in->at < in->end) {
        i->bits |= (uint64_t)*in->at++ << i->have;
        i->have += 8;
    }
}

static inline unsigned upbit__take(upbit__inflater *i, unsigned count)
{
    unsigned value = (unsigned)(i->bits & ((1u << count) - 1));
    i->bits >>= count;
    i->have -= count;
    return value;
}

static inline upbit__step upbit__corrupt(const char **why, const char *text)
{
    *why = text;
    return UPBIT__CORRUPT;
}

/* deflate.c */
/* Room for a little more of the message, as far as it may grow, for one match and its spill. */
bool upbit__inflater_room(upbit__inflater *i);
upbit__step upbit__inflater_end_block(upbit__inflater *i);

/* deflate_block.c: to the block's end */
upbit__step upbit__inflater_block(upbit__inflater *i, upbit__input *in, const char **why);

#endif
