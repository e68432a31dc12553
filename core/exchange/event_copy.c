/* Events that are made of events: copies, shallower books, whether two say the same, and a number
 * for what one says. */
#include <stdlib.h>
#include <string.h>

#include "exchange/decode.h"
#include "exchange/fields.h"

/* Every pointer of an event points into its own block (or is NULL); after the block was copied from
 * `old`, they are moved along. */
static void move(const void *pointer, const upbit_event *old, upbit_event *e)
{
    const char *at;
    memcpy(&at, pointer, sizeof at);
    if (at == NULL)
        return;
    at = (const char *)e + (at - (const char *)old);
    memcpy((char *)e + ((const char *)pointer - (const char *)e), &at, sizeof at);
}

static void move_all(upbit_event *e, const upbit_event *old)
{
    const upbit__type_info *info = upbit__type_table(e->type);
    move(&e->extra, old, e);
    if (info != NULL) {
        for (uint64_t strings = info->strings; strings != 0; strings &= strings - 1)
            move((char *)e + info->fields[__builtin_ctzll(strings)].offset, old, e);
    }
    switch (e->type) {
    case UPBIT_TYPE_ORDERBOOK: {
        upbit_orderbook *book = (upbit_orderbook *)(void *)e;
        move(&book->asks, old, e);
        move(&book->bids, old, e);
        break;
    }
    case UPBIT_TYPE_MY_ASSET: {
        upbit_my_asset *asset = (upbit_my_asset *)(void *)e;
        move(&asset->assets, old, e);
        for (uint32_t i = 0; i < asset->asset_count; i++)
            move(&asset->assets[i].currency, old, e);
        move(&asset->costs, old, e);
        for (uint32_t i = 0; asset->costs != NULL && i < asset->asset_count; i++)
            move(&asset->costs[i].unit_currency, old, e);
        break;
    }
    case UPBIT_TYPE_STATUS:
        move(&((upbit_status_event *)(void *)e)->status, old, e);
        break;
    case UPBIT_TYPE_SUBSCRIPTIONS: {
        upbit_subscriptions_event *s = (upbit_subscriptions_event *)(void *)e;
        move(&s->method, old, e);
        move(&s->ticket, old, e);
        move(&s->rows, old, e);
        for (uint32_t i = 0; i < s->row_count; i++) {
            move(&s->rows[i].type, old, e);
            move(&s->rows[i].codes, old, e);
            for (uint32_t k = 0; k < s->rows[i].code_count; k++)
                move(&s->rows[i].codes[k], old, e);
        }
        break;
    }
    case UPBIT_TYPE_RAW: {
        upbit_raw *raw = (upbit_raw *)(void *)e;
        move(&raw->type_name, old, e);
        move(&raw->text, old, e);
        break;
    }
    default:
        break;
    }
}

upbit_event *upbit__event_copy(const upbit_event *e, upbit__event_allocator allocate, void *context)
{
    upbit_event *copy = allocate(context, e->size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, e, e->size);
    move_all(copy, e);
    return copy;
}

static upbit_decimal sum(const upbit_book_row *rows, uint32_t count)
{
    upbit_decimal total = {0};
    for (uint32_t i = 0; i < count; i++)
        if (upbit_decimal_add(&total, &total, &rows[i].size) != 0)
            break; /* null: more than 38 digits */
    return total;
}

upbit_event *upbit__orderbook_cut(const upbit_orderbook *b, unsigned depth,
                                  upbit__event_allocator allocate, void *context)
{
    uint32_t asks = b->ask_count < depth ? b->ask_count : depth;
    uint32_t bids = b->bid_count < depth ? b->bid_count : depth;
    size_t extra = b->event.extra != NULL ? strlen(b->event.extra) + 1 : 0;
    size_t rows = (sizeof *b + 7) & ~(size_t)7;
    size_t size = rows + (asks + bids) * sizeof(upbit_book_row) + extra;
    upbit_event *e = allocate(context, size);
    if (e == NULL)
        return NULL;
    char *block = (char *)e;
    upbit_orderbook *cut = (upbit_orderbook *)(void *)e;
    *cut = *b;
    memset(block + sizeof *b, 0, rows - sizeof *b);
    upbit_book_row *to = (upbit_book_row *)(void *)(block + rows);
    memcpy(to, b->asks, asks * sizeof *to);
    memcpy(to + asks, b->bids, bids * sizeof *to);
    cut->asks = to;
    cut->bids = to + asks;
    cut->ask_count = asks;
    cut->bid_count = bids;
    if (cut->unit_count > depth)
        cut->unit_count = asks > bids ? asks : bids;
    cut->total_ask_size = sum(to, asks);
    cut->total_bid_size = sum(to + asks, bids);
    cut->event.size = (uint32_t)size;
    if (extra > 0) {
        memcpy(block + size - extra, b->event.extra, extra);
        cut->event.extra = block + size - extra;
    }
    return e;
}

static int same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int same_field(const upbit_field *f, const upbit_event *a, const upbit_event *b)
{
    const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
    switch (f->kind) {
    case UPBIT_FIELD_DECIMAL:
        return memcmp(x, y, sizeof(upbit_decimal)) == 0;
    case UPBIT_FIELD_INT:
    case UPBIT_FIELD_TIMESTAMP:
        return memcmp(x, y, sizeof(int64_t)) == 0;
    case UPBIT_FIELD_BOOL:
    case UPBIT_FIELD_ENUM:
        return *x == *y;
    case UPBIT_FIELD_STRING:
        return same_text(*(const char *const *)(const void *)x,
                         *(const char *const *)(const void *)y);
    case UPBIT_FIELD_CODE:
        return strcmp(x, y) == 0;
    default: /* the type was compared, stream_type does not count, arrays come below */
        return 1;
    }
}

static int same_assets(const upbit_my_asset *a, const upbit_my_asset *b)
{
    if (a->asset_count != b->asset_count)
        return 0;
    for (uint32_t i = 0; i < a->asset_count; i++) {
        const upbit_asset *x = &a->assets[i], *y = &b->assets[i];
        if (!same_text(x->currency, y->currency) ||
            upbit_decimal_compare(&x->balance, &y->balance) != 0 ||
            upbit_decimal_compare(&x->locked, &y->locked) != 0)
            return 0;
    }
    return 1;
}

static int same_books(const upbit_orderbook *a, const upbit_orderbook *b)
{
    return a->ask_count == b->ask_count && a->bid_count == b->bid_count &&
           a->unit_count == b->unit_count &&
           memcmp(a->asks, b->asks, a->ask_count * sizeof *a->asks) == 0 &&
           memcmp(a->bids, b->bids, a->bid_count * sizeof *a->bids) == 0;
}

int upbit__event_same(const upbit_event *a, const upbit_event *b)
{
    const upbit__type_info *info = upbit__type_table(a->type);
    if (info == NULL || a->type != b->type || !same_text(a->extra, b->extra))
        return 0;
    /* stream_type is the last field but for the order book's. */
    uint64_t counts = info->all;
    for (size_t i = 0; i < info->count; i++) {
        const upbit_field *f = &info->fields[i];
        if (f->kind == UPBIT_FIELD_STREAM)
            counts &= ~(1ULL << i);
        else if (!same_field(f, a, b))
            return 0;
    }
    if (((a->present ^ b->present) & counts) != 0 || ((a->nulls ^ b->nulls) & counts) != 0)
        return 0;
    if (a->type == UPBIT_TYPE_CANDLE && ((const upbit_candle *)(const void *)a)->unit !=
                                            ((const upbit_candle *)(const void *)b)->unit)
        return 0;
    if (a->type == UPBIT_TYPE_ORDERBOOK)
        return same_books((const upbit_orderbook *)(const void *)a,
                          (const upbit_orderbook *)(const void *)b);
    if (a->type == UPBIT_TYPE_MY_ASSET)
        return same_assets((const upbit_my_asset *)(const void *)a,
                           (const upbit_my_asset *)(const void *)b);
    return 1;
}

static uint64_t mix(uint64_t h, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) {
        h = (h ^ at[i]) * 0x100000001b3u;
        h ^= h >> 29;
    }
    return h;
}

static uint64_t mix_text(uint64_t h, const char *text)
{
    return text != NULL ? mix(h, text, strlen(text) + 1) : mix(h, "\1", 1);
}

static uint64_t mix_field(uint64_t h, const upbit_field *f, const upbit_event *e)
{
    const char *x = (const char *)e + f->offset;
    switch (f->kind) {
    case UPBIT_FIELD_DECIMAL:
        return mix(h, x, sizeof(upbit_decimal));
    case UPBIT_FIELD_INT:
    case UPBIT_FIELD_TIMESTAMP:
        return mix(h, x, sizeof(int64_t));
    case UPBIT_FIELD_BOOL:
    case UPBIT_FIELD_ENUM:
        return mix(h, x, 1);
    case UPBIT_FIELD_STRING:
        return mix_text(h, *(const char *const *)(const void *)x);
    case UPBIT_FIELD_CODE:
        return mix_text(h, x);
    default:
        return h;
    }
}

uint64_t upbit__event_hash(const upbit_event *e)
{
    const upbit__type_info *info = upbit__type_table(e->type);
    uint64_t h = mix_text(0xcbf29ce484222325u, e->extra), counts = info != NULL ? info->all : 0;
    h = mix(h, &e->type, sizeof e->type);
    for (size_t i = 0; info != NULL && i < info->count; i++) {
        const upbit_field *f = &info->fields[i];
        if (f->kind == UPBIT_FIELD_STREAM)
            counts &= ~(1ULL << i);
        h = mix_field(h, f, e);
    }
    uint64_t bits[2] = {e->present & counts, e->nulls & counts};
    h = mix(h, bits, sizeof bits);
    if (e->type == UPBIT_TYPE_MY_ASSET) {
        const upbit_my_asset *a = (const void *)e;
        for (uint32_t i = 0; i < a->asset_count; i++) {
            h = mix_text(h, a->assets[i].currency);
            h = mix(h, &a->assets[i].balance, sizeof(upbit_decimal));
            h = mix(h, &a->assets[i].locked, sizeof(upbit_decimal));
        }
    }
    return h;
}
