/* Memory, and all parts of a message but literals and matches. */
#include "wire/deflate.h"

#include <stdlib.h>
#include <string.h>

#include "wire/deflate_inside.h"

#define ROOM ((size_t)96 * 1024)  /* beside the window: so much comes before the window is moved */
#define KEEP ((size_t)256 * 1024) /* beside the window, between two messages */

static void make_fixed(upbit__inflater *i)
{
    uint8_t lengths[288];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    upbit__codes_make(&i->fixed_lengths, lengths, 288, false);
    memset(lengths, 5, 32);
    upbit__codes_make(&i->fixed_places, lengths, 32, false);
}

upbit__inflater *upbit__inflater_create(const upbit__deflate_terms *terms, size_t most)
{
    upbit__inflater *i = calloc(1, sizeof *i);
    if (i == NULL)
        return NULL;
    i->takeover = !terms->server_no_context_takeover;
    i->window = (size_t)1 << terms->server_max_window_bits;
    i->most = most;
#define CODES(field, list, n)                                                                      \
    i->field = (upbit__codes){.meanings = upbit__##list##_meanings, .bits = n}
    CODES(own_lengths, length, UPBIT__LENGTH_BITS);
    CODES(fixed_lengths, length, UPBIT__LENGTH_BITS);
    CODES(own_places, place, UPBIT__PLACE_BITS);
    CODES(fixed_places, place, UPBIT__PLACE_BITS);
    CODES(order, order, UPBIT__ORDER_BITS);
#undef CODES
    i->own_lengths.table = i->length_table;
    i->fixed_lengths.table = i->fixed_length_table;
    i->own_places.table = i->place_table;
    i->fixed_places.table = i->fixed_place_table;
    i->order.table = i->order_table;
    make_fixed(i);
    return i;
}

void upbit__inflater_destroy(upbit__inflater *i)
{
    if (i == NULL)
        return;
    free(i->data);
    free(i);
}

const uint8_t *upbit__inflater_bytes(const upbit__inflater *i, size_t *length)
{
    *length = i->end - i->base;
    return i->data == NULL ? (const uint8_t *)"" : i->data + i->base;
}

size_t upbit__inflater_memory(const upbit__inflater *i)
{
    return sizeof *i + i->capacity;
}

/* Moves what is still of use to the front. */
static void slide(upbit__inflater *i)
{
    size_t back = i->base - i->low < i->window ? i->base - i->low : i->window;
    size_t from = i->base - back;
    if (from > 0)
        memmove(i->data, i->data + from, i->end - from);
    i->low = 0;
    i->base -= from;
    i->end -= from;
}

static bool resize(upbit__inflater *i, size_t capacity)
{
    uint8_t *data = realloc(i->data, capacity);
    if (data == NULL)
        return false;
    i->data = data;
    i->capacity = capacity;
    return true;
}

bool upbit__inflater_room(upbit__inflater *i)
{
    const size_t little = 4096;
    size_t message = i->end - i->base;
    size_t least =
        (i->most - message < little ? i->most - message : little) + UPBIT__MATCH + UPBIT__SPILL;
    if (i->capacity - i->end >= least)
        return true;
    /* Moving pays when it wins more than it moves. */
    if (i->base > 2 * i->window + message)
        slide(i);
    if (i->capacity - i->end >= least)
        return true;
    size_t largest = i->base + i->most + UPBIT__MATCH + UPBIT__SPILL;
    largest = largest > i->window + ROOM ? largest : i->window + ROOM;
    size_t capacity = i->capacity == 0 ? i->window + ROOM : i->capacity * 2;
    while (capacity < i->end + least)
        capacity *= 2;
    return resize(i, capacity < largest ? capacity : largest);
}

void upbit__inflater_rest(upbit__inflater *i)
{
    i->base = i->end;
    if (!i->takeover)
        i->low = i->base;
    bool huge = i->capacity > i->window + ROOM + KEEP;
    if (huge || !i->takeover || i->capacity - i->end < ROOM / 4)
        slide(i);
    if (huge)
        resize(i, i->window + ROOM); /* what cannot be made smaller stays */
}

void upbit__inflater_begin(upbit__inflater *i)
{
    upbit__inflater_rest(i);
    i->state = UPBIT__AT_HEAD;
    i->bits = 0;
    i->have = 0;
}

/* ---- blocks ---- */

upbit__step upbit__inflater_end_block(upbit__inflater *i)
{
    if (i->final) /* others may follow it, at a byte's start, and may point back across it */
        upbit__take(i, i->have & 7);
    i->state = UPBIT__AT_HEAD;
    return UPBIT__GO_ON;
}

static upbit__step read_head(upbit__inflater *i, const char **why)
{
    if (i->have < 3)
        return UPBIT__MORE;
    i->final = upbit__take(i, 1) != 0;
    switch (upbit__take(i, 2)) {
    case 0:
        upbit__take(i, i->have & 7);
        i->state = UPBIT__AT_STORED_HEAD;
        return UPBIT__GO_ON;
    case 1:
        i->length_codes = &i->fixed_lengths;
        i->place_codes = &i->fixed_places;
        i->state = UPBIT__AT_BLOCK;
        return UPBIT__GO_ON;
    case 2:
        i->state = UPBIT__AT_TREES;
        return UPBIT__GO_ON;
    default:
        return upbit__corrupt(why, "corrupt compressed data: a block of no known type");
    }
}

static upbit__step read_stored_head(upbit__inflater *i, const char **why)
{
    if (i->have < 32)
        return UPBIT__MORE;
    i->stored = upbit__take(i, 16);
    if (i->stored != (upbit__take(i, 16) ^ 0xffffu))
        return upbit__corrupt(why,
                              "corrupt compressed data: a stored block's length is not its own");
    i->state = UPBIT__AT_STORED;
    return UPBIT__GO_ON;
}

static upbit__step read_stored(upbit__inflater *i, upbit__input *in)
{
    while (i->stored > 0) {
        size_t left = i->most - (i->end - i->base);
        if (i->have == 0 && in->at == in->end)
            return UPBIT__MORE;
        if (left == 0)
            return UPBIT__TOO_LONG;
        if (!upbit__inflater_room(i))
            return UPBIT__NO_MEMORY;
        if (i->have > 0) { /* whole bytes: the head ended with one */
            i->data[i->end++] = (uint8_t)upbit__take(i, 8);
            i->stored--;
            continue;
        }
        size_t count = i->stored, room = i->capacity - i->end;
        count = count < left ? count : left;
        count = count < room ? count : room;
        count = count < (size_t)(in->end - in->at) ? count : (size_t)(in->end - in->at);
        memcpy(i->data + i->end, in->at, count);
        in->at += count;
        i->end += count;
        i->stored -= (unsigned)count;
    }
    return upbit__inflater_end_block(i);
}

static upbit__step read_trees(upbit__inflater *i, const char **why)
{
    if (i->have < 14)
        return UPBIT__MORE;
    i->lengths = upbit__take(i, 5) + 257;
    i->places = upbit__take(i, 5) + 1;
    i->orders = upbit__take(i, 4) + 4;
    i->filled = 0;
    memset(i->list, 0, 19);
    if (i->lengths > 286 || i->places > 30)
        return upbit__corrupt(why, "corrupt compressed data: more codes than there are");
    i->state = UPBIT__AT_ORDERS;
    return UPBIT__GO_ON;
}

static upbit__step read_orders(upbit__inflater *i, upbit__input *in, const char **why)
{
    static const uint8_t place[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    while (i->filled < i->orders) {
        upbit__refill(i, in);
        if (i->have < 3)
            return UPBIT__MORE;
        i->list[place[i->filled++]] = (uint8_t)upbit__take(i, 3);
    }
    if (!upbit__codes_make(&i->order, i->list, 19, false))
        return upbit__corrupt(why,
                              "corrupt compressed data: lengths of code lengths that are none");
    i->filled = 0;
    i->state = UPBIT__AT_LENGTHS;
    return UPBIT__GO_ON;
}

/* One code length, or a repetition of one. */
static upbit__step read_length(upbit__inflater *i, const char **why)
{
    uint32_t entry = i->order_table[i->bits & ((1u << UPBIT__ORDER_BITS) - 1)];
    unsigned bits = upbit__entry_bits(entry), more = upbit__entry_more(entry);
    unsigned value = upbit__entry_value(entry);
    if (i->have < bits + more)
        return UPBIT__MORE;
    upbit__take(i, bits);
    if (value < 16) {
        i->list[i->filled++] = (uint8_t)value;
        return UPBIT__GO_ON;
    }
    unsigned times = upbit__take(i, more) + (value == 18 ? 11 : 3);
    if ((value == 16 && i->filled == 0) || times > i->lengths + i->places - i->filled)
        return upbit__corrupt(why,
                              "corrupt compressed data: a code length repeated that is not there");
    memset(i->list + i->filled, value == 16 ? i->list[i->filled - 1] : 0, times);
    i->filled += times;
    return UPBIT__GO_ON;
}

static upbit__step read_lengths(upbit__inflater *i, upbit__input *in, const char **why)
{
    while (i->filled < i->lengths + i->places) {
        upbit__refill(i, in);
        upbit__step next = read_length(i, why);
        if (next != UPBIT__GO_ON)
            return next;
    }
    if (i->list[256] == 0)
        return upbit__corrupt(why, "corrupt compressed data: a block without an end");
    if (!upbit__codes_make(&i->own_lengths, i->list, i->lengths, true) ||
        !upbit__codes_make(&i->own_places, i->list + i->lengths, i->places, true))
        return upbit__corrupt(why, "corrupt compressed data: code lengths that make no codes");
    i->length_codes = &i->own_lengths;
    i->place_codes = &i->own_places;
    i->state = UPBIT__AT_BLOCK;
    return UPBIT__GO_ON;
}

upbit__inflated upbit__inflater_feed(upbit__inflater *i, const uint8_t *bytes, size_t count,
                                     const char **why)
{
    upbit__input in = {bytes, bytes + count};
    for (;;) {
        upbit__step next = UPBIT__GO_ON;
        upbit__refill(i, &in);
        switch (i->state) {
        case UPBIT__AT_HEAD:
            next = read_head(i, why);
            break;
        case UPBIT__AT_STORED_HEAD:
            next = read_stored_head(i, why);
            break;
        case UPBIT__AT_STORED:
            next = read_stored(i, &in);
            break;
        case UPBIT__AT_TREES:
            next = read_trees(i, why);
            break;
        case UPBIT__AT_ORDERS:
            next = read_orders(i, &in, why);
            break;
        case UPBIT__AT_LENGTHS:
            next = read_lengths(i, &in, why);
            break;
        case UPBIT__AT_BLOCK:
            next = upbit__inflater_block(i, &in, why);
            break;
        }
        switch (next) {
        case UPBIT__GO_ON:
            break;
        case UPBIT__MORE:
            return UPBIT__INFLATED;
        case UPBIT__CORRUPT:
            return UPBIT__INFLATE_CORRUPT;
        case UPBIT__TOO_LONG:
            return UPBIT__INFLATE_TOO_LONG;
        case UPBIT__NO_MEMORY:
            return UPBIT__INFLATE_NO_MEMORY;
        }
    }
}

/* Between two blocks, at the start of a byte. */
static bool at_boundary(const upbit__inflater *i)
{
    return i->state == UPBIT__AT_HEAD && i->have == 0;
}

upbit__inflated upbit__inflater_end(upbit__inflater *i, const char **why)
{
    static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};
    /* The sender takes the last four bytes off, those of an empty block, and we put them back (RFC
     * 7692 section 7.2.2). Some do not take them off when nothing else is in the last frame; a
     * message that ends at the end of a block is whole without them. */
    if (at_boundary(i))
        return UPBIT__INFLATED;
    size_t end = i->end;
    upbit__inflated result = upbit__inflater_feed(i, tail, sizeof tail, why);
    if (result == UPBIT__INFLATE_NO_MEMORY)
        return result;
    /* They must have been that block's and nothing else's: no text, no half of another block. */
    if (result != UPBIT__INFLATED || i->end != end || !at_boundary(i)) {
        *why = "corrupt compressed data: it breaks off";
        return UPBIT__INFLATE_CORRUPT;
    }
    return UPBIT__INFLATED;
}
