/* The arrays inside messages: the rows of an order book and the assets.
 *
 * A book is most of what an exchange sends, so its rows have a fast path of their own: the four
 * members of a row in wire order without white space. Any other row is read member by member. */
#include <stdio.h>
#include <stdlib.h>

#include "exchange/decode_row.h"

/* A row's member: `,"ask_price":` as two overlapping words; the first row member has '{' before it.
 */
typedef struct unit_key {
    const char *name[2]; /* DEFAULT, SIMPLE */
} unit_key;

static const unit_key unit_keys[4] = {
    {{"ask_price", "ap"}}, {{"bid_price", "bp"}}, {{"ask_size", "as"}}, {{"bid_size", "bs"}}};

#define FAST static inline __attribute__((always_inline))

/* Whether the `length` (8 to 16) bytes at p are text; or, for 6, those. */
FAST int starts(const char *p, const char *text, unsigned length)
{
    if (length >= 8)
        return upbit__load64(p) == upbit__load64(text) &&
               upbit__load64(p + length - 8) == upbit__load64(text + length - 8);
    uint32_t first, second;
    uint16_t third, fourth;
    memcpy(&first, p, 4);
    memcpy(&second, text, 4);
    memcpy(&third, p + 4, 2);
    memcpy(&fourth, text + 4, 2);
    return first == second && third == fourth;
}

/* One row in wire order; NULL when it is not that. UPBIT__JSON_AHEAD_ROW bytes are readable.
 *
 * A value begins where the one before it ends, so the processor would read the numbers of a book
 * one after the other. The next name's quote is found sooner than the end of a number, and stands a
 * fixed way behind it: that is where reading goes on, while the number is still being checked. */
FAST const char *fast_unit(const char *p, int simple, upbit_book_row *ask, upbit_book_row *bid)
{
#define KEY(full, abbreviation)                                                                    \
    if (!starts(p, simple ? abbreviation : full,                                                   \
                (unsigned)(simple ? sizeof(abbreviation) : sizeof(full)) - 1))                     \
        return NULL;                                                                               \
    p += (simple ? sizeof(abbreviation) : sizeof(full)) - 1
#define VALUE(to, away)                                                                            \
    do {                                                                                           \
        const char *next = next_quote(p) - (away);                                                 \
        const char *go = sooner(next);                                                             \
        if (upbit__decimal_scan(to, p) != next)                                                    \
            return NULL;                                                                           \
        p = go;                                                                                    \
    } while (0)
    KEY("{\"ask_price\":", "{\"ap\":");
    VALUE(&ask->price, 1);
    KEY(",\"bid_price\":", ",\"bp\":");
    VALUE(&bid->price, 1);
    KEY(",\"ask_size\":", ",\"as\":");
    VALUE(&ask->size, 1);
    KEY(",\"bid_size\":", ",\"bs\":");
    VALUE(&bid->size, 3); /* `},{"ask_price"` or `}],"stream_type"` */
#undef VALUE
#undef KEY
    return *p == '}' ? p + 1 : NULL;
}

static void refuse_unit(upbit__decoder *d, uint32_t index, const char *name, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "orderbook_units[%u].%s", index, name);
    upbit__decoder_refuse(d, path, what);
}

/* One row of any shape. */
static const char *slow_unit(upbit__decoder *d, const char *p, upbit_book_row *ask,
                             upbit_book_row *bid, uint32_t index)
{
    upbit__json *r = &d->json;
    upbit_decimal *const values[4] = {&ask->price, &bid->price, &ask->size, &bid->size};
    unsigned present = 0;
    int more;
    *ask = *bid = (upbit_book_row){0}; /* what is refused is looked at, too */
    if (p >= r->end || *p != '{') {
        char path[32];
        snprintf(path, sizeof path, "orderbook_units[%u]", index);
        upbit__decoder_refuse(d, path, "is not an object");
        return upbit__json_skip(r, p, d->depth + 1);
    }
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        unsigned k = 0;
        while (k < 4 && !upbit__span_is(&key, unit_keys[k].name[d->simple]))
            k++;
        if (k == 4) {
            p = upbit__json_skip(r, p, d->depth + 2);
        } else {
            int state;
            p = upbit__decode_decimal(d, p, values[k], &state);
            present |= 1U << k;
            if (p != NULL && state != UPBIT__VALUE_OK)
                refuse_unit(d, index, unit_keys[k].name[0],
                            state == UPBIT__VALUE_NULL ? "is null"
                                                       : "is not a number of at most 38 digits");
        }
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    for (unsigned k = 0; p != NULL && k < 4; k++)
        if (!(present >> k & 1))
            refuse_unit(d, index, unit_keys[k].name[0], "is missing");
    return p;
}

static int grow_rows(upbit__decoder *d)
{
    uint32_t capacity = d->row_capacity * 2 + 2;
    upbit_book_row *asks = realloc(d->asks, capacity * sizeof *asks);
    if (asks != NULL)
        d->asks = asks;
    upbit_book_row *bids = asks == NULL ? NULL : realloc(d->bids, capacity * sizeof *bids);
    if (bids == NULL) {
        d->no_memory = 1;
        return 0;
    }
    d->bids = bids;
    d->row_capacity = capacity;
    return 1;
}

FAST unsigned full_row(const upbit_book_row *row)
{
    return (unsigned)((row->price.lo | row->price.hi) != 0) & ((row->size.lo | row->size.hi) != 0);
}

#if defined(__AVX512BW__)
/* A row that quick_row leaves. */
static __attribute__((noinline)) const char *long_unit(const upbit__decoder *d, const char *p,
                                                       upbit_book_row *ask, upbit_book_row *bid)
{
    return d->simple ? fast_unit(p, 1, ask, bid) : fast_unit(p, 0, ask, bid);
}
#endif

FAST const char *units(upbit__decoder *d, const char *p, int simple)
{
    upbit__json *r = &d->json;
    uint32_t count = 0;
    int more;
    p = upbit__json_open(r, p, ']', &more);
    upbit_book_row *ask = d->asks, *bid = d->bids;
    while (p != NULL && more) {
        if (count == d->row_capacity) {
            size_t asks = (size_t)(ask - d->asks), bids = (size_t)(bid - d->bids);
            if (!grow_rows(d))
                return NULL;
            ask = d->asks + asks;
            bid = d->bids + bids;
        }
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD_ROW))
            p = upbit__json_turn(r, p);
        const char *end = NULL, *go = NULL;
        unsigned full = 0; /* bit 0: the ask has both price and size; bit 2: the bid has */
        const int ahead = r->limit - p >= UPBIT__JSON_AHEAD_ROW;
#if defined(__AVX512BW__)
        if (ahead) {
            /* The next row begins behind this one's bracket, whatever its numbers are: found first,
             * the processor need not wait for them. There are 50 or 24 bytes before it, and four
             * digits. */
            const char *brace = p + (simple ? 28 : 54);
            brace += row_end(brace);
            int some = quick_row(p, brace, simple, ask, bid);
            if (some >= 0) {
                full = (unsigned)(some & some >> 4);
                end = brace + 1;
                go = sooner(end);
            }
        }
        if (end == NULL && ahead)
            go = end = long_unit(d, p, ask, bid);
#else
        if (ahead)
            go = end = fast_unit(p, simple, ask, bid);
#endif
        if (end == NULL)
            go = end = slow_unit(d, p, ask, bid, count);
        if (end == NULL)
            return NULL;
        /* Always so where there is no quick_row. */
        /* cppcheck-suppress knownConditionTrueFalse */
        if (full == 0)
            full = full_row(ask) | full_row(bid) << 2;
        /* Empty slots pad a thin side: the next row is written over them. */
        if (__builtin_expect((full & 5) == 5, 1)) {
            ask++;
            bid++;
        } else {
            ask += full & 1;
            bid += full >> 2 & 1;
        }
        count++;
        p = go;
        if (r->end - end > 1 && end[0] == ',' && end[1] == '{') {
            p++;
            continue;
        }
        p = upbit__json_next(r, end, ']', &more);
    }
    d->orderbook.ask_count = (uint32_t)(ask - d->asks);
    d->orderbook.bid_count = (uint32_t)(bid - d->bids);
    d->orderbook.unit_count = count;
    return p;
}

const char *upbit__decode_units(upbit__decoder *d, const char *p)
{
    return d->simple ? units(d, p, 1) : units(d, p, 0);
}

static const char *decode_asset(upbit__decoder *d, const char *p, upbit_asset *out, uint32_t index)
{
    static const char *const names[3][2] = {{"currency", "cu"}, {"balance", "b"}, {"locked", "l"}};
    upbit__json *r = &d->json;
    char path[64];
    unsigned present = 0;
    int more;
    *out = (upbit_asset){.balance.null = 1, .locked.null = 1};
    if (p >= r->end || *p != '{') {
        snprintf(path, sizeof path, "assets[%u]", index);
        upbit__decoder_refuse(d, path, "is not an object");
        return upbit__json_skip(r, p, d->depth + 1);
    }
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        int state = UPBIT__VALUE_OK;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        unsigned k = 0;
        while (k < 3 && !upbit__span_is(&key, names[k][d->simple]))
            k++;
        if (k == 0)
            p = upbit__decode_text(d, p, &out->currency, &state);
        else if (k == 3)
            p = upbit__json_skip(r, p, d->depth + 2);
        else
            p = upbit__decode_decimal(d, p, k == 1 ? &out->balance : &out->locked, &state);
        if (p == NULL)
            return NULL;
        present |= 1U << k;
        if (state != UPBIT__VALUE_OK) {
            snprintf(path, sizeof path, "assets[%u].%s", index, names[k][0]);
            upbit__decoder_refuse(d, path,
                                  state == UPBIT__VALUE_NULL ? "is null"
                                  : k == 0                   ? "is not a text"
                                           : "is not a number of at most 38 digits");
        }
        p = upbit__json_next(r, p, '}', &more);
    }
    for (unsigned k = 0; p != NULL && k < 3; k++) {
        if (present >> k & 1)
            continue;
        snprintf(path, sizeof path, "assets[%u].%s", index, names[k][0]);
        upbit__decoder_refuse(d, path, "is missing");
    }
    return p;
}

const char *upbit__decode_assets(upbit__decoder *d, const char *p)
{
    upbit__json *r = &d->json;
    uint32_t count = 0;
    int more;
    p = upbit__json_open(r, p, ']', &more);
    while (p != NULL && more) {
        if (count == d->asset_capacity) {
            uint32_t capacity = d->asset_capacity * 2 + 2;
            upbit_asset *assets = realloc(d->assets, capacity * sizeof *assets);
            if (assets == NULL) {
                d->no_memory = 1;
                return NULL;
            }
            d->assets = assets;
            d->asset_capacity = capacity;
        }
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        p = decode_asset(d, p, &d->assets[count], count);
        count++;
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
    }
    d->my_asset.asset_count = count;
    return p;
}
