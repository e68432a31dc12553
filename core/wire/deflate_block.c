/* Literals and matches: nearly all of the time goes here. */
#include <endian.h>
#include <string.h>

#include "wire/deflate_inside.h"

#define AHEAD 16u /* input that lets a turn of `run` read eight bytes twice */

static uint32_t look_up(const upbit__codes *c, uint64_t bits, unsigned have)
{
    uint32_t entry = c->table[bits & (((uint64_t)1 << c->bits) - 1)];
    return (entry & UPBIT__ENTRY_LONG) == 0 ? entry : upbit__codes_search(c, bits, have);
}

/* Copies in steps of eight: up to 7 bytes more than it says, over what comes later. */
static void copy_match(uint8_t *to, size_t place, size_t length)
{
    const uint8_t *from = to - place;
    if (place >= 8) {
        uint8_t *end = to + length;
        do {
            memcpy(to, from, 8);
            to += 8;
            from += 8;
        } while (to < end);
    } else if (place == 1) {
        memset(to, *from, length);
    } else {
        while (length-- > 0)
            *to++ = *from++;
    }
}

/* How far back a match of the byte at `end` may begin. */
static size_t reach(const upbit__inflater *i)
{
    size_t all = i->end - i->low;
    return all < i->window ? all : i->window;
}

static const char too_far[] = "corrupt compressed data: a distance beyond the window";
static const char no_code[] = "corrupt compressed data: a code that is none";

/* One symbol, however few bits there are: what cannot be told yet is left as it is. */
static upbit__step read_symbol(upbit__inflater *i, const char **why)
{
    uint32_t entry = look_up(i->length_codes, i->bits, i->have);
    unsigned used = upbit__entry_bits(entry);
    if (entry == 0 || used > i->have)
        return UPBIT__MORE;
    size_t left = i->most - (i->end - i->base);
    if ((entry & UPBIT__ENTRY_LITERAL) != 0) {
        if (left == 0)
            return UPBIT__TOO_LONG;
        upbit__take(i, used);
        i->data[i->end++] = (uint8_t)upbit__entry_value(entry);
        return UPBIT__GO_ON;
    }
    if ((entry & UPBIT__ENTRY_END) != 0) {
        upbit__take(i, used);
        return upbit__inflater_end_block(i);
    }
    if ((entry & UPBIT__ENTRY_OTHER) != 0)
        return upbit__corrupt(why, no_code);
    unsigned length_bits = used, length_more = upbit__entry_more(entry);
    used += length_more;
    if (used > i->have)
        return UPBIT__MORE;
    uint32_t second = look_up(i->place_codes, i->bits >> used, i->have - used);
    unsigned place_bits = upbit__entry_bits(second), place_more = upbit__entry_more(second);
    if (second == 0 || used + place_bits > i->have)
        return UPBIT__MORE;
    if ((second & UPBIT__ENTRY_OTHER) != 0)
        return upbit__corrupt(why, no_code);
    if (used + place_bits + place_more > i->have)
        return UPBIT__MORE;
    upbit__take(i, length_bits);
    size_t length = upbit__entry_value(entry) + upbit__take(i, length_more);
    upbit__take(i, place_bits);
    size_t place = upbit__entry_value(second) + upbit__take(i, place_more);
    if (place > reach(i))
        return upbit__corrupt(why, too_far);
    if (length > left)
        return UPBIT__TOO_LONG;
    copy_match(i->data + i->end, place, length);
    i->end += length;
    return UPBIT__GO_ON;
}

/* The quick way, while there is input and room for anything a turn can bring: up to three literals
 * of the table, then one symbol of any kind; 56 bits are enough for the first and for the second.
 * UPBIT__GO_ON: it stopped for want of either, or the block is over. */
static upbit__step run(upbit__inflater *i, upbit__input *in, const char **why)
{
    const uint32_t *lengths = i->length_codes->table, *places = i->place_codes->table;
    const uint32_t length_mask = (1u << UPBIT__LENGTH_BITS) - 1;
    const uint32_t place_mask = (1u << UPBIT__PLACE_BITS) - 1;
    const size_t room = i->capacity - i->end, left = i->most - (i->end - i->base);
    const size_t spare = UPBIT__MATCH + UPBIT__SPILL + 4;
    if (room <= spare || left <= spare || (size_t)(in->end - in->at) < AHEAD)
        return UPBIT__GO_ON;
    uint8_t *to = i->data + i->end;
    const uint8_t *const stop = to + (room < left ? room : left) - spare;
    const uint8_t *const low = i->data + i->low, *const ahead = in->end - AHEAD;
    const uint8_t *at = in->at;
    uint64_t bits = i->bits;
    unsigned have = i->have;
    upbit__step next = UPBIT__GO_ON;
#define REFILL()                                                                                   \
    do {                                                                                           \
        uint64_t word;                                                                             \
        memcpy(&word, at, 8);                                                                      \
        bits |= le64toh(word) << have;                                                             \
        at += (63 - have) >> 3;                                                                    \
        have |= 56;                                                                                \
    } while (0)
#define USE(count)                                                                                 \
    do {                                                                                           \
        unsigned used = (count);                                                                   \
        bits >>= used;                                                                             \
        have -= used;                                                                              \
    } while (0)
    while (at <= ahead && to < stop) {
        REFILL();
        uint32_t entry = lengths[bits & length_mask];
        for (int n = 0; n < 3 && (entry & UPBIT__ENTRY_LITERAL) != 0; n++) {
            USE(upbit__entry_bits(entry));
            *to++ = (uint8_t)upbit__entry_value(entry);
            entry = lengths[bits & length_mask];
        }
        REFILL();
        if ((entry & UPBIT__ENTRY_LONG) != 0)
            entry = upbit__codes_search(i->length_codes, bits, have);
        if ((entry & UPBIT__ENTRY_LITERAL) != 0) {
            USE(upbit__entry_bits(entry));
            *to++ = (uint8_t)upbit__entry_value(entry);
            continue;
        }
        if ((entry & UPBIT__ENTRY_OTHER) != 0)
            break; /* the end of the block or an error: for the careful way */
        USE(upbit__entry_bits(entry));
        unsigned more = upbit__entry_more(entry);
        size_t length = upbit__entry_value(entry) + (bits & ((1u << more) - 1));
        USE(more);
        entry = places[bits & place_mask];
        if ((entry & UPBIT__ENTRY_LONG) != 0)
            entry = upbit__codes_search(i->place_codes, bits, have);
        if ((entry & UPBIT__ENTRY_OTHER) != 0) {
            next = upbit__corrupt(why, no_code);
            break;
        }
        USE(upbit__entry_bits(entry));
        more = upbit__entry_more(entry);
        size_t place = upbit__entry_value(entry) + (bits & ((1u << more) - 1));
        USE(more);
        if (place > (size_t)(to - low) || place > i->window) {
            next = upbit__corrupt(why, too_far);
            break;
        }
        copy_match(to, place, length);
        to += length;
    }
#undef REFILL
#undef USE
    /* Bytes above `have` are in `bits` already and will be read again. */
    i->bits = bits & (((uint64_t)1 << have) - 1);
    i->have = have;
    i->end = (size_t)(to - i->data);
    in->at = at;
    return next;
}

upbit__step upbit__inflater_block(upbit__inflater *i, upbit__input *in, const char **why)
{
    while (i->state == UPBIT__AT_BLOCK) {
        upbit__step next = run(i, in, why);
        upbit__refill(i, in);
        if (!upbit__inflater_room(i))
            return UPBIT__NO_MEMORY;
        if (next == UPBIT__GO_ON)
            next = read_symbol(i, why);
        if (next != UPBIT__GO_ON)
            return next;
    }
    return UPBIT__GO_ON;
}
