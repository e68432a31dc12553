#include "wire/deflate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* Room that is asked for at once: messages of the exchange inflate to five times their size, and
 * zlib is quickest with room to spare. */
#define GROWTH     8u
#define ROOM_LEAST 1024u

struct upbit__inflater {
    z_stream z;
    bool no_takeover;
    bool boundary; /* between two blocks, at the start of a byte */
    char text[96];
};

upbit__inflater *upbit__inflater_create(const upbit__deflate_terms *terms)
{
    upbit__inflater *i = calloc(1, sizeof *i);
    if (i == NULL)
        return NULL;
    i->no_takeover = terms->server_no_context_takeover;
    i->boundary = true;
    /* Raw, and no larger than agreed: what points further back is refused. */
    if (inflateInit2(&i->z, -(int)terms->server_max_window_bits) != Z_OK) {
        free(i);
        return NULL;
    }
    return i;
}

void upbit__inflater_destroy(upbit__inflater *i)
{
    if (i == NULL)
        return;
    inflateEnd(&i->z);
    free(i);
}

void upbit__inflater_begin(upbit__inflater *i)
{
    if (i->no_takeover)
        inflateReset(&i->z);
}

static upbit__inflated corrupt(upbit__inflater *i, const char *what, const char **why)
{
    snprintf(i->text, sizeof i->text, "corrupt compressed data: %s", what);
    *why = i->text;
    return UPBIT__INFLATE_CORRUPT;
}

/* After one call of inflate: may it go on? */
static upbit__inflated judge(upbit__inflater *i, int rc, const char **why)
{
    switch (rc) {
    case Z_OK:
        /* 128: right behind a block; else the bits of a byte that are left, or inside a block. */
        i->boundary = i->z.data_type == 128;
        return UPBIT__INFLATED;
    case Z_STREAM_END:
        /* A final block: others may follow it, and may point back across it. */
        inflateResetKeep(&i->z);
        i->boundary = true;
        return UPBIT__INFLATED;
    case Z_MEM_ERROR:
        return UPBIT__INFLATE_NO_MEMORY;
    default:
        return corrupt(i, i->z.msg != NULL ? i->z.msg : "not deflate", why);
    }
}

upbit__inflated upbit__inflater_feed(upbit__inflater *i, upbit__buffer *out, size_t most,
                                     const void *bytes, size_t count, const char **why)
{
    z_stream *z = &i->z;
    z->next_in = bytes;
    while (count > 0) {
        size_t piece = count < UINT_MAX / GROWTH ? count : UINT_MAX / GROWTH;
        z->avail_in = (uInt)piece;
        do {
            uint8_t beyond; /* where a byte too many shows */
            size_t left = most - out->length, room = z->avail_in * GROWTH + ROOM_LEAST;
            uint8_t *to = &beyond;
            if (left > 0) {
                to = upbit__buffer_reserve(out, room < left ? room : left);
                if (to == NULL)
                    return UPBIT__INFLATE_NO_MEMORY;
                room = out->capacity - out->start - out->length;
                room = room < left ? room : left;
            } else {
                room = 1;
            }
            room = room < UINT_MAX ? room : UINT_MAX;
            z->next_out = to;
            z->avail_out = (uInt)room;
            int rc = inflate(z, Z_SYNC_FLUSH);
            size_t made = room - z->avail_out;
            if (rc == Z_BUF_ERROR)
                break;
            if (left == 0 && made > 0)
                return UPBIT__INFLATE_TOO_LONG;
            upbit__buffer_commit(out, made);
            upbit__inflated result = judge(i, rc, why);
            if (result != UPBIT__INFLATED)
                return result;
        } while (z->avail_in > 0 || z->avail_out == 0);
        count -= piece;
    }
    return UPBIT__INFLATED;
}

upbit__inflated upbit__inflater_end(upbit__inflater *i, upbit__buffer *out, size_t most,
                                    const char **why)
{
    static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};
    /* The sender takes the last four bytes off, those of an empty block, and we put them back (RFC
     * 7692 section 7.2.2). Some do not take them off when nothing else is in the last frame; a
     * message that ends at the end of a block is whole without them. */
    if (i->boundary)
        return UPBIT__INFLATED;
    size_t length = out->length;
    upbit__inflated result = upbit__inflater_feed(i, out, most, tail, sizeof tail, why);
    /* They must have been that block's and nothing else's: no text, no half of another block. */
    if (result == UPBIT__INFLATE_CORRUPT || result == UPBIT__INFLATE_TOO_LONG ||
        (result == UPBIT__INFLATED && (out->length != length || !i->boundary)))
        return corrupt(i, "it breaks off", why);
    return result;
}
