#include "wire/huffman.h"

#include <string.h>

#define LITERAL(value)    (UPBIT__ENTRY_LITERAL | (uint32_t)(value) << 16)
#define BASE(value, more) ((uint32_t)(value) << 16 | (uint32_t)(more) << 5)
#define NEVER             UPBIT__ENTRY_OTHER

#define LITERALS_4(n)     LITERAL(n), LITERAL((n) + 1), LITERAL((n) + 2), LITERAL((n) + 3)
#define LITERALS_16(n)    LITERALS_4(n), LITERALS_4((n) + 4), LITERALS_4((n) + 8), LITERALS_4((n) + 12)
#define LITERALS_64(n)                                                                             \
    LITERALS_16(n), LITERALS_16((n) + 16), LITERALS_16((n) + 32), LITERALS_16((n) + 48)

const uint32_t upbit__length_meanings[288] = {LITERALS_64(0),
                                              LITERALS_64(64),
                                              LITERALS_64(128),
                                              LITERALS_64(192),
                                              UPBIT__ENTRY_OTHER | UPBIT__ENTRY_END,
                                              BASE(3, 0),
                                              BASE(4, 0),
                                              BASE(5, 0),
                                              BASE(6, 0),
                                              BASE(7, 0),
                                              BASE(8, 0),
                                              BASE(9, 0),
                                              BASE(10, 0),
                                              BASE(11, 1),
                                              BASE(13, 1),
                                              BASE(15, 1),
                                              BASE(17, 1),
                                              BASE(19, 2),
                                              BASE(23, 2),
                                              BASE(27, 2),
                                              BASE(31, 2),
                                              BASE(35, 3),
                                              BASE(43, 3),
                                              BASE(51, 3),
                                              BASE(59, 3),
                                              BASE(67, 4),
                                              BASE(83, 4),
                                              BASE(99, 4),
                                              BASE(115, 4),
                                              BASE(131, 5),
                                              BASE(163, 5),
                                              BASE(195, 5),
                                              BASE(227, 5),
                                              BASE(258, 0),
                                              NEVER,
                                              NEVER};

const uint32_t upbit__place_meanings[32] = {
    BASE(1, 0),     BASE(2, 0),     BASE(3, 0),      BASE(4, 0),      BASE(5, 1),
    BASE(7, 1),     BASE(9, 2),     BASE(13, 2),     BASE(17, 3),     BASE(25, 3),
    BASE(33, 4),    BASE(49, 4),    BASE(65, 5),     BASE(97, 5),     BASE(129, 6),
    BASE(193, 6),   BASE(257, 7),   BASE(385, 7),    BASE(513, 8),    BASE(769, 8),
    BASE(1025, 9),  BASE(1537, 9),  BASE(2049, 10),  BASE(3073, 10),  BASE(4097, 11),
    BASE(6145, 11), BASE(8193, 12), BASE(12289, 12), BASE(16385, 13), BASE(24577, 13),
    NEVER,          NEVER};

/* Lengths themselves, and three ways to repeat one: the last, or 0. */
const uint32_t upbit__order_meanings[19] = {
    BASE(0, 0),  BASE(1, 0),  BASE(2, 0),  BASE(3, 0),  BASE(4, 0),  BASE(5, 0),  BASE(6, 0),
    BASE(7, 0),  BASE(8, 0),  BASE(9, 0),  BASE(10, 0), BASE(11, 0), BASE(12, 0), BASE(13, 0),
    BASE(14, 0), BASE(15, 0), BASE(16, 2), BASE(17, 3), BASE(18, 7)};

/* The table of a code with room left: zero is its one symbol if it has one, all else is nothing. */
static void fill_sparse(upbit__codes *c)
{
    size_t size = (size_t)1 << c->bits;
    for (size_t i = 0; i < size; i++) {
        bool taken = c->count[1] == 1 && (i & 1) == 0;
        c->table[i] = (taken ? c->meanings[c->sorted[0]] : NEVER) | 1u;
    }
}

/* Codes are handed out in order of their lengths, and stand in the table with their first bit
 * lowest. After the codes of n bits its first 2^n entries are right, and repeat themselves in the
 * next 2^n: so each length needs its own codes and one copy. */
static void fill(upbit__codes *c)
{
    const uint16_t *symbol = c->sorted;
    uint32_t code = 0; /* reversed */
    for (unsigned length = 1; length <= c->bits; length++) {
        uint32_t size = 1u << length;
        if (length > 1)
            memcpy(c->table + size / 2, c->table, size / 2 * sizeof *c->table);
        for (unsigned n = c->count[length]; n > 0; n--) {
            c->table[code] = c->meanings[*symbol++] | length;
            /* The next one: 1 is added at the highest bit and carried downwards. */
            uint32_t bit = size / 2;
            while ((code & bit) != 0)
                bit >>= 1;
            code = bit == 0 ? 0 : (code & (bit - 1)) | bit;
        }
    }
    if (symbol == c->sorted + c->count[0])
        return;
    /* What begins longer codes: from the first code that is left on, in the order they are handed
     * out. */
    uint32_t size = 1u << c->bits;
    for (;;) {
        c->table[code] = UPBIT__ENTRY_OTHER | UPBIT__ENTRY_LONG | (c->bits + 1);
        uint32_t bit = size / 2;
        while ((code & bit) != 0)
            bit >>= 1;
        if (bit == 0)
            break;
        code = (code & (bit - 1)) | bit;
    }
}

bool upbit__codes_make(upbit__codes *c, const uint8_t *lengths, unsigned symbols, bool sparse)
{
    uint16_t at[UPBIT__CODE_LONGEST + 2] = {0};
    memset(c->count, 0, sizeof c->count);
    for (unsigned i = 0; i < symbols; i++)
        c->count[lengths[i]]++;
    int left = 1; /* codes of the length that are free */
    for (unsigned length = 1; length <= UPBIT__CODE_LONGEST; length++) {
        left = 2 * left - c->count[length];
        if (left < 0)
            return false;
        at[length + 1] = (uint16_t)(at[length] + c->count[length]);
    }
    unsigned used = at[UPBIT__CODE_LONGEST + 1];
    for (unsigned i = 0; i < symbols; i++)
        if (lengths[i] != 0)
            c->sorted[at[lengths[i]]++] = (uint16_t)i;
    c->count[0] = (uint16_t)used; /* of use to fill */
    if (left > 0) {
        if (!sparse || used > 1 || (used == 1 && c->count[1] != 1))
            return false;
        fill_sparse(c);
        return true;
    }
    fill(c);
    return true;
}

uint32_t upbit__codes_search(const upbit__codes *c, uint64_t bits, unsigned have)
{
    unsigned code = 0, first = 0, index = 0;
    for (unsigned length = 1; length <= UPBIT__CODE_LONGEST && length <= have; length++) {
        code |= (unsigned)(bits & 1);
        bits >>= 1;
        unsigned count = c->count[length];
        if (code < first + count)
            return c->meanings[c->sorted[index + code - first]] | length;
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return 0;
}
