/* Trades and candles in wire order: their members one behind the other, without a table to ask what
 * comes next and without a count of what has been read, which is a part of the work where a message
 * is short. (A ticker's 33 members gain nothing by it: measured.) Whatever stands otherwise is left
 * to the loop of decode_members.c, from the member on that does. */
#include "exchange/decode_quick.h"
#include "exchange/field_lists.h"

#define QUICK_TYPE(enumeration, to)      q /* read before */
#define QUICK_CODE(enumeration, to)      quick_code(to, q)
#define QUICK_DECIMAL(enumeration, to)   quick_decimal(&(to), q, &null, 1ULL << i)
#define QUICK_INT(enumeration, to)       upbit__integer_scan(&(to), q)
#define QUICK_TIMESTAMP(enumeration, to) quick_timestamp(&(to), q)
#define QUICK_STRING(enumeration, to)    quick_text(d, &(to), q, &null, 1ULL << i)
#define QUICK_STREAM(enumeration, to)    quick_stream(&(to), q)
#define QUICK_ENUM(enumeration, to)                                                                \
    quick_enum(UPBIT__ENUM_##enumeration, &(to), q, &null, 1ULL << i)

/* `i` is a constant wherever it stands, once this is compiled. As in a book's rows, reading goes on
 * behind the next comma, which is found sooner than the end of a number, while the number is
 * checked. */
#define MEMBER(T, kind, required, enumeration, member, name, simple)                               \
    if (UPBIT_FIELD_##kind != UPBIT_FIELD_TYPE) {                                                  \
        if (p > safe) {                                                                            \
            if (r->limit != r->end)                                                                \
                goto out;                                                                          \
            p = upbit__json_turn(r, p);                                                            \
            safe = r->limit - UPBIT__JSON_AHEAD;                                                   \
        }                                                                                          \
        if (!matches(&patterns[i], p))                                                             \
            goto out;                                                                              \
        const char *q = p + patterns[i].length;                                                    \
        const char *comma = next_comma(q), *go = sooner(comma + 1);                                \
        q = QUICK_##kind(enumeration, to->member);                                                 \
        if (q == NULL)                                                                             \
            goto out;                                                                              \
        i++;                                                                                       \
        p = q;                                                                                     \
        if (q != comma) {                                                                          \
            *behind = 1;                                                                           \
            goto out;                                                                              \
        }                                                                                          \
        p = go;                                                                                    \
    }

#define READER(function, LIST, T)                                                                  \
    static const char *function(upbit__decoder *d, T *to, const char *p, unsigned *next,           \
                                uint64_t *nulls, int *behind)                                      \
    {                                                                                              \
        upbit__json *r = &d->json;                                                                 \
        const upbit__pattern *patterns = upbit__type_table(d->type)->patterns[d->simple];          \
        const char *safe = r->limit - UPBIT__JSON_AHEAD;                                           \
        uint64_t null = 0;                                                                         \
        unsigned i = 1;                                                                            \
        LIST(MEMBER, T)                                                                            \
    out:                                                                                           \
        *nulls = null;                                                                             \
        *next = i;                                                                                 \
        return p;                                                                                  \
    }

READER(read_trade, TRADE, upbit_trade)
READER(read_candle, CANDLE, upbit_candle)

const char *upbit__decode_wire(upbit__decoder *d, const char *p, unsigned *next, uint64_t *present,
                               uint64_t *nulls, int *behind)
{
    *behind = 0;
    switch (d->type) {
    case UPBIT_TYPE_TRADE:
        p = read_trade(d, &d->trade, p, next, nulls, behind);
        break;
    case UPBIT_TYPE_CANDLE:
        p = read_candle(d, &d->candle, p, next, nulls, behind);
        break;
    default:
        return p;
    }
    *present = (1ULL << *next) - 1; /* what is null was there */
    return p;
}
