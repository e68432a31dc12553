/* The prefix codes of deflate (RFC 1951 section 3.2): made of their lengths, looked up by the bits
 * that come next. Pure.
 *
 * Most messages of a stream bring codes of their own and use each a few hundred times, so that
 * making the table counts as much as using it: one table of the short codes, filled by doubling,
 * and a search through the lengths for the long ones, which are rare by their nature. */
#ifndef UPBIT_WIRE_HUFFMAN_H
#define UPBIT_WIRE_HUFFMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPBIT__CODE_LONGEST 15u
#define UPBIT__LENGTH_BITS  10u /* of the table of literals and lengths */
#define UPBIT__PLACE_BITS   8u  /* of distances */
#define UPBIT__ORDER_BITS   7u  /* of code lengths: their longest */

/* An entry: bits 0 to 4 how many bits the code has; 5 to 8 how many more belong to it; 16 to 31
 * the literal, or what a length or distance begins with. */
#define UPBIT__ENTRY_LITERAL 0x0200u
#define UPBIT__ENTRY_OTHER   0x0400u /* no literal, no length, no distance: one of these */
#define UPBIT__ENTRY_END     0x0800u /* of the block */
#define UPBIT__ENTRY_LONG    0x1000u /* more bits than the table has: upbit__codes_search */
/* ... and neither: there is no such code, or it must not be used. */

static inline unsigned upbit__entry_bits(uint32_t entry)
{
    return entry & 0x1fu;
}

static inline unsigned upbit__entry_more(uint32_t entry)
{
    return entry >> 5 & 0xfu;
}

static inline unsigned upbit__entry_value(uint32_t entry)
{
    return entry >> 16;
}

typedef struct upbit__codes {
    const uint32_t *meanings; /* of the symbols: entries without their bits */
    uint16_t count[UPBIT__CODE_LONGEST + 1];
    uint16_t sorted[288]; /* symbols by their codes */
    uint32_t *table;      /* 2^bits */
    unsigned bits;
} upbit__codes;

/* What symbols mean: literals and lengths, distances, code lengths. */
extern const uint32_t upbit__length_meanings[288], upbit__place_meanings[32],
    upbit__order_meanings[19];

/* lengths[symbol]: of its code, 0 to 15, 0: it has none. false: more codes than there is room for,
 * or room that no code takes; only a single code of one bit, or none at all, may leave some
 * (`sparse`: of code lengths not even these may). */
bool upbit__codes_make(upbit__codes *c, const uint8_t *lengths, unsigned symbols, bool sparse);

/* The entry of the code that begins with these bits, of which `have` are known; 0: not told by so
 * few. */
uint32_t upbit__codes_search(const upbit__codes *c, uint64_t bits, unsigned have);

#endif
