#include "wire/message.h"

#include <string.h>

#include "upbit-live/error.h"

/* An empty buffer larger than this is given back: one huge message must not stay in memory. */
#define KEEP ((size_t)256 * 1024)

/* The compressed bytes of a message at most: what does not shrink grows by a few bytes per block,
 * and empty blocks need no memory but must end some time. */
#define PACKED_MAX(size_max) (2 * (uint64_t)(size_max) + 64)

void upbit__receiver_init(upbit__receiver *r, size_t size_max)
{
    *r = (upbit__receiver){.size_max = size_max};
}

void upbit__receiver_finish(upbit__receiver *r)
{
    upbit__buffer_finish(&r->in);
    upbit__buffer_finish(&r->gathered);
    upbit__inflater_destroy(r->inflater);
    r->inflater = NULL;
}

int upbit__receiver_deflate(upbit__receiver *r, const upbit__deflate_terms *terms)
{
    r->inflater = upbit__inflater_create(terms, r->size_max);
    return r->inflater != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
}

static void give_back(upbit__receiver *r)
{
    if (r->spent > 0) {
        upbit__buffer_consume(&r->in, r->spent);
        r->spent = 0;
        upbit__buffer_trim(&r->in, KEEP);
    }
    if (r->item_gathered && r->compressed) {
        upbit__inflater_rest(r->inflater);
        r->item_gathered = false;
    } else if (r->item_gathered) {
        upbit__buffer_clear(&r->gathered);
        upbit__buffer_trim(&r->gathered, KEEP);
        r->item_gathered = false;
    }
}

uint8_t *upbit__receiver_room(upbit__receiver *r, size_t least, size_t *room)
{
    give_back(r);
    uint8_t *to = upbit__buffer_reserve(&r->in, least);
    *room = to == NULL ? 0 : r->in.capacity - r->in.start - r->in.length;
    return to;
}

void upbit__receiver_commit(upbit__receiver *r, size_t count)
{
    upbit__buffer_commit(&r->in, count);
}

bool upbit__close_code_valid(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static int fail(upbit__receiver *r, int close_code, const char *why)
{
    r->over = true;
    r->close_code = close_code;
    r->why = why;
    return UPBIT_ERROR_PROTOCOL;
}

static int bad_text(upbit__receiver *r)
{
    return fail(r, 1007, "text that is not UTF-8");
}

static int bad_deflate(upbit__receiver *r, int close_code, const char *why)
{
    r->deflate_fault = true;
    return fail(r, close_code, why);
}

/* A header is complete: may this frame stand here? */
static int begin_frame(upbit__receiver *r)
{
    const upbit__frame *f = &r->frame;
    if (f->opcode >= UPBIT__FRAME_CLOSE)
        return 0;
    if (f->opcode == UPBIT__FRAME_CONTINUATION) {
        if (r->opcode == 0)
            return fail(r, 1002, "a continuation without a start");
    } else {
        if (r->opcode != 0)
            return fail(r, 1002, "a new message inside an unfinished one");
        r->utf8 = (upbit__utf8){0};
        r->checked = 0;
        r->compressed = f->compressed;
        r->packed = 0;
        if (!f->final || f->compressed)
            r->opcode = f->opcode;
        if (f->compressed)
            upbit__inflater_begin(r->inflater);
    }
    if (r->compressed && f->length > PACKED_MAX(r->size_max) - r->packed)
        return bad_deflate(r, 1009, "a compressed message larger than the limit");
    if (!r->compressed && f->length > r->size_max - r->gathered.length)
        return fail(r, 1009, "a message larger than the limit");
    r->left = f->length;
    return 0;
}

static int close_item(upbit__receiver *r, const uint8_t *data, size_t length, upbit__item *out)
{
    out->close_code = 1005;
    if (length == 1)
        return fail(r, 1002, "a close frame of one byte");
    if (length >= 2) {
        out->close_code = data[0] << 8 | data[1];
        out->data = data + 2;
        out->length = length - 2;
        if (!upbit__close_code_valid(out->close_code))
            return fail(r, 1002, "a close code that must not be sent");
        if (!upbit__utf8_valid(out->data, out->length))
            return fail(r, 1007, "a close reason that is not UTF-8");
    }
    r->over = true;
    return 1;
}

/* A control frame, or a data frame that is a message of its own: wait for all of it, hand it out in
 * place. */
static int whole_frame(upbit__receiver *r, upbit__item *out)
{
    const uint8_t *data = upbit__buffer_bytes(&r->in);
    size_t have = r->in.length, length = (size_t)r->frame.length;
    if (r->frame.opcode == UPBIT__FRAME_TEXT) {
        size_t to = have < length ? have : length;
        if (!upbit__utf8_feed(&r->utf8, data + r->checked, to - r->checked))
            return bad_text(r);
        r->checked = to;
    }
    if (have < length)
        return 0;
    if (r->frame.opcode == UPBIT__FRAME_TEXT && !upbit__utf8_complete(&r->utf8))
        return bad_text(r);
    r->in_frame = false;
    r->spent = length;
    *out = (upbit__item){
        .kind = UPBIT__ITEM_MESSAGE, .opcode = r->frame.opcode, .data = data, .length = length};
    switch (r->frame.opcode) {
    case UPBIT__FRAME_PING:
        out->kind = UPBIT__ITEM_PING;
        break;
    case UPBIT__FRAME_PONG:
        out->kind = UPBIT__ITEM_PONG;
        break;
    case UPBIT__FRAME_CLOSE:
        out->kind = UPBIT__ITEM_CLOSE;
        return close_item(r, data, length, out);
    default:
        break;
    }
    return 1;
}

/* What the inflater said. */
static int judge(upbit__receiver *r, upbit__inflated result, const char *why)
{
    switch (result) {
    case UPBIT__INFLATED:
        return 0;
    case UPBIT__INFLATE_TOO_LONG:
        return bad_deflate(r, 1009, "a message that inflates to more than the limit");
    case UPBIT__INFLATE_CORRUPT:
        return bad_deflate(r, 1007, why);
    default:
        return UPBIT_ERROR_NO_MEMORY;
    }
}

/* The message so far. */
static const uint8_t *gathered(const upbit__receiver *r, size_t *length)
{
    if (r->compressed)
        return upbit__inflater_bytes(r->inflater, length);
    *length = r->gathered.length;
    return *length > 0 ? upbit__buffer_bytes(&r->gathered) : (const uint8_t *)"";
}

/* A piece of a message's payload behind what there is of it. What came out before a fault was found
 * is looked at all the same: how the bytes were cut into reads must not decide which of two faults
 * is told. */
static int append(upbit__receiver *r, const uint8_t *data, size_t count)
{
    const char *why = NULL;
    upbit__inflated result = UPBIT__INFLATED;
    size_t before, after;
    gathered(r, &before);
    if (r->compressed) {
        r->packed += count;
        result = upbit__inflater_feed(r->inflater, data, count, &why);
    } else if (upbit__buffer_append(&r->gathered, data, count) != 0) {
        return UPBIT_ERROR_NO_MEMORY;
    }
    if (r->opcode == UPBIT__FRAME_TEXT && result != UPBIT__INFLATE_NO_MEMORY) {
        const uint8_t *text = gathered(r, &after);
        if (!upbit__utf8_feed(&r->utf8, text + before, after - before))
            return bad_text(r);
    }
    return judge(r, result, why);
}

/* A fragment or something compressed: take what is there. 1: the message is complete; 2: the
 * fragment is, the message not. */
static int gather(upbit__receiver *r, upbit__item *out)
{
    size_t take = r->in.length < r->left ? r->in.length : (size_t)r->left;
    if (take > 0) {
        int rc = append(r, upbit__buffer_bytes(&r->in), take);
        if (rc != 0)
            return rc;
        upbit__buffer_consume(&r->in, take);
        r->left -= take;
    }
    if (r->left > 0)
        return 0;
    r->in_frame = false;
    if (!r->frame.final)
        return 2;
    if (r->compressed) {
        const char *why = NULL;
        upbit__inflated result = upbit__inflater_end(r->inflater, &why);
        int rc = judge(r, result, why);
        if (rc != 0)
            return rc;
    }
    if (r->opcode == UPBIT__FRAME_TEXT && !upbit__utf8_complete(&r->utf8))
        return bad_text(r);
    *out = (upbit__item){.kind = UPBIT__ITEM_MESSAGE,
                         .opcode = r->opcode,
                         .compressed = r->compressed,
                         .packed = r->packed};
    out->data = gathered(r, &out->length);
    r->item_gathered = true;
    r->opcode = 0;
    return 1;
}

int upbit__receiver_next(upbit__receiver *r, upbit__item *out)
{
    give_back(r);
    for (;;) {
        if (r->over)
            return 0;
        if (!r->in_frame) {
            const uint8_t *head = upbit__buffer_bytes(&r->in);
            int size = r->in.length == 0 ? 0
                                         : upbit__frame_read(&r->frame, head, r->in.length,
                                                             r->inflater != NULL, &r->why);
            if (size < 0) {
                /* RSV1 where compression does not have it: whoever sent it got it wrong. */
                r->deflate_fault = r->inflater != NULL && (head[0] & 0x40) != 0;
                return fail(r, 1002, r->why);
            }
            if (size == 0)
                return 0;
            if (begin_frame(r) < 0)
                return UPBIT_ERROR_PROTOCOL;
            upbit__buffer_consume(&r->in, (size_t)size);
            r->in_frame = true;
        }
        bool alone = r->frame.opcode >= UPBIT__FRAME_CLOSE || r->opcode == 0;
        int rc = alone ? whole_frame(r, out) : gather(r, out);
        if (rc != 2)
            return rc;
    }
}
