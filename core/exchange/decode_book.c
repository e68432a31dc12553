/* An order book as the exchange always writes it, straight out of the message and into its block.
 *
 * All commas are looked for first; how many there are says how many rows it has, and with that how
 * large its block is. What stands before the rows and behind them is compared as it must be, with
 * the totals and the level between; then each row is four names and four numbers between commas
 * that are known (decode_book.h; with AVX2 alone decode_book_pairs.h). So no row waits for the one
 * before it, and none is copied. A row with a number that is too long for that is read number by
 * number; what is still wrong then gives the block back and leaves the message to the members'
 * loop. */
#include "exchange/decode_book.h"
#include "exchange/decode_book_pairs.h"

#if defined(__AVX2__)

enum {
    UNITS = 4, /* the comma before the member of the rows */
    LEVEL = 7, /* the member that some hosts do not send */
};

#define SIZE(text)    (sizeof(text) - 1)
#define ONES(text)    ((1ULL << SIZE(text)) - 1)
#define STAMP         "0000000000000" /* Unix ms from September 2001 on */
#define STREAM_TYPE   "\0\0\0\0\0\0\0\0"
#define HEAD_OF(name) (SIZE(name) + 1) /* and 1, for lengths are counted from 0 */
#define PART(text)                                                                                 \
    {                                                                                              \
        text, ONES(text)                                                                           \
    }
/* But for what stands between two texts. */
#define ANY(a, any, b)                                                                             \
    {                                                                                              \
        a any b, ONES(a any b) ^ ONES(a any) ^ ONES(a)                                             \
    }
/* TMS to LV: the text before each value, with what ends the one before it where that is no number.
 * A row's first number ends with its comma, the last with its bracket. */
#define SHAPE(HEAD, TMS, TAS, TBS, OBU, AP, BP, AS, BS, ST, LV)                                    \
    .times = ANY(TMS, STAMP, TAS), .tail = ANY(ST, STREAM_TYPE, LV), .head = PART(HEAD),           \
    .members = {PART(TBS), PART(OBU)}, .names = {"}," AP, BP, AS, BS},                             \
    .name_bytes = ONES("}," AP) | ONES(BP) << 16 | ONES(AS) << 32 | ONES(BS) << 48,                \
    .row_heads = HEAD_OF("," AP) | HEAD_OF(BP) << 16 | HEAD_OF(AS) << 32 | HEAD_OF(BS "}") << 48,  \
    .head_size = SIZE(HEAD), .stamp = SIZE(TMS STAMP), .total = SIZE(TAS), .second = SIZE(TBS),    \
    .units = SIZE(OBU) - 1, .stream = SIZE(ST), .level = SIZE(ST STREAM_TYPE LV),                  \
    .ahead = SIZE(BS) + 16

static const book_shape shapes[2] = {
    {SHAPE("{\"type\":\"orderbook\",\"code\":\"", ",\"timestamp\":", ",\"total_ask_size\":",
           ",\"total_bid_size\":", ",\"orderbook_units\":[", "{\"ask_price\":", ",\"bid_price\":",
           ",\"ask_size\":", ",\"bid_size\":", "}],\"stream_type\":\"", "\",\"level\":")},
    {SHAPE("{\"ty\":\"orderbook\",\"cd\":\"", ",\"tms\":", ",\"tas\":", ",\"tbs\":", ",\"obu\":[",
           "{\"ap\":", ",\"bp\":", ",\"as\":", ",\"bs\":", "}],\"st\":\"", "\",\"lv\":")},
};

enum { BEHIND = UPBIT__WHOLE_BEHIND(upbit_orderbook) };

/* Empty slots pad a thin side; they are dropped, and what is left goes into a block of its own size
 * instead. NULL: there was no room for it. */
static __attribute__((noinline)) upbit_orderbook *drop_empty(upbit_orderbook *b,
                                                             const upbit__decode_output *out)
{
    upbit_book_row kept[2 * UPBIT__BOOK_ROWS], *to = kept;
    const upbit_book_row *const rows = b->asks;
    const uint32_t slots = 2 * b->unit_count;
    upbit_orderbook book = *b;
    for (uint32_t i = 0; i < slots; i++) {
        if (i == b->unit_count)
            book.ask_count = (uint32_t)(to - kept);
        const upbit_book_row *r = &rows[i];
        if ((r->price.lo | r->price.hi) != 0 && (r->size.lo | r->size.hi) != 0)
            *to++ = *r;
    }
    const size_t size = BEHIND + (size_t)(to - kept) * sizeof *kept;
    book.bid_count = (uint32_t)(to - kept) - book.ask_count;
    book.event.size = (uint32_t)size;
    out->discard(out->context, &b->event);
    b = (void *)out->allocate(out->context, size);
    if (b == NULL)
        return NULL;
    *b = book;
    b->asks = memcpy((char *)b + BEHIND, kept, size - BEHIND);
    b->bids = b->asks + book.ask_count;
    return b;
}

/* ---- a book ---- */

/* A level that is not 0: `size` bytes, and the bracket with which the message ends. 0: it is no
 * number. */
static __attribute__((noinline)) int read_level(upbit_decimal *out, const char *p, size_t size)
{
    char ahead[64 + UPBIT__SCAN_BYTES] = "";
    memcpy(ahead, p, size);
    return upbit__decimal_scan(out, ahead) == ahead + size;
}

UPBIT__QUICK int read_book(const char *text, size_t length, int simple,
                           const upbit__decode_output *out)
{
    const book_shape *s = &shapes[simple];
    uint16_t at[UPBIT__BOOK_COMMAS];
    if (length > (size_t)UPBIT__BOOK_BLOCKS * 64)
        return 0;
    const unsigned count = book_commas(at, text, length), rows = (count - 5) / 4,
                   leveled = (count - 5) % 4;
    /* What is read ahead stays within the message, whatever its commas are. */
    if (count < 9 || leveled > 1 || at[1] + (size_t)64 > length ||
        at[UNITS] + (size_t)UPBIT__SCAN_BYTES > length ||
        at[UNITS + 4 * rows - 1] + s->ahead > length)
        return 0;
    /* The end. */
    const char *tail = text + at[UNITS + 4 * rows] - 2, *end = text + length;
    const size_t rest = (size_t)(end - tail);
    const unsigned last = s->stream + 8U; /* the quote */
    if (rest > 64 || rest < last + 2)
        return 0;
    uint64_t bad = book_tail_differs(&s->tail, tail, rest, leveled ? s->level : last + 1);
    const uint64_t stream_text = upbit__load64(tail + s->stream);
    const unsigned realtime = stream_text == upbit__load64("REALTIME"),
                   snapshot = stream_text == upbit__load64("SNAPSHOT");
    bad |= (uint64_t)((realtime | snapshot) == 0) | (uint64_t)(end[-1] != '}');
    upbit_decimal level = {.null = 1};
    if (!leveled) {
        bad |= (uint64_t)(rest != last + 2);
    } else {
        level.null = 0;
        if (rest != s->level + 2U || tail[s->level] != '0')
            bad |= (uint64_t)(rest < s->level + 2U ||
                              !read_level(&level, tail + s->level, rest - s->level - 1));
    }
    /* The start. */
    const char *const code = text + s->head_size;
    const unsigned code_length = at[1] - s->head_size - 1U;
    if (code_length - 1 > 22)
        return 0;
    bad |= odd_text(_mm256_loadu_si256((const void *)code), _bzhi_u32(~0U, code_length));
    bad |= (uint64_t)(text[at[1] - 1] != '"');
    bad |= book_differs_32(&s->head, text) | book_differs_32(&s->members[0], text + at[3]) |
           book_differs_32(&s->members[1], text + at[UNITS]) |
           book_differs(&s->times, text + at[1]);
    const int64_t time = stamp_before(text + at[1] + s->stamp);
    upbit_decimal ask_total, bid_total;
    if (__builtin_expect(bad != 0 || time < 0, 0) ||
        upbit__decimal_scan(&ask_total, text + at[2] + s->total) != text + at[3] ||
        upbit__decimal_scan(&bid_total, text + at[3] + s->second) != text + at[UNITS])
        return 0;

    const size_t size = BEHIND + 2 * sizeof(upbit_book_row) * rows;
    upbit_orderbook *b = (void *)out->allocate(out->context, size);
    if (b == NULL)
        return -1;
    upbit_book_row *asks = (void *)((char *)b + BEHIND), *bids = asks + rows;
    /* The first row begins behind a bracket, and the last one ends before two. */
    at[UNITS] = (uint16_t)(at[UNITS] + s->units);
    at[UNITS + 4 * rows]--;
    const int result = book_rows(s, text, length, at + UNITS, rows, asks, bids);
    if (__builtin_expect(result == BOOK_ROWS_WRONG, 0)) {
        out->discard(out->context, &b->event);
        return 0;
    }
    quick_event(&b->event, size, UPBIT_TYPE_ORDERBOOK,
                (uint8_t)(realtime * UPBIT_STREAM_REALTIME + snapshot * UPBIT_STREAM_SNAPSHOT),
                time, LEVEL + leveled, 0);
    copy_code(b->event.code, code, code_length);
    b->total_ask_size = ask_total;
    b->total_bid_size = bid_total;
    b->level = level;
    b->ask_count = b->bid_count = b->unit_count = rows;
    b->reserved = 0;
    b->asks = asks;
    b->bids = bids;
    if (__builtin_expect(result == BOOK_ROWS_EMPTY, 0)) {
        b = drop_empty(b, out);
        if (b == NULL)
            return -1;
    }
    out->event(out->context, &b->event);
    return 1;
}

int upbit__decode_book(const char *message, size_t length, int simple,
                       const upbit__decode_output *out)
{
    if (out->discard == NULL)
        return 0;
    return simple ? read_book(message, length, 1, out) : read_book(message, length, 0, out);
}

#endif
