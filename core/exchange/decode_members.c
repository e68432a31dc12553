/* The members of one object into one payload struct: the hot path of the whole library.
 *
 * The next member in wire order is compared first, name, quotes and colon at once; only when it is
 * not there is the name read and looked up. Values have a fast reader each that looks ahead without
 * asking how far (upbit__json_near_end sees to that) and leaves everything unusual to a slow one.
 */
#include "exchange/decode_quick.h"

/* The field whose name stands between p's quotes, or -1. */
static int find(const upbit__type_info *info, int simple, const upbit__span *key, unsigned next)
{
    char name[32];
    upbit__span plain = *key;
    if (key->escaped) {
        if (key->length > sizeof name)
            return -1; /* could at most be 192 bytes of \u00xx; nobody writes names like that */
        plain.length = upbit__json_unescape(name, key);
        plain.at = name;
    }
    const upbit__pattern *patterns = info->patterns[simple];
    for (unsigned i = 0; i < info->count; i++) {
        unsigned at = next + i < info->count ? next + i : next + i - info->count;
        if (patterns[at].length == plain.length + 3 &&
            memcmp(patterns[at].text + 1, plain.at, plain.length) == 0)
            return (int)at;
    }
    for (const upbit__alias *a = info->aliases; a != NULL && a->name != NULL; a++)
        if (upbit__span_is(&plain, a->name))
            return (int)a->field;
    /* Until 2018 `code` was called `market` on the stream; REST calls it that to this day. */
    if (info->fields[UPBIT__FIELD_CODE_INDEX].kind == UPBIT_FIELD_CODE &&
        upbit__span_is(&plain, simple ? "mk" : "market"))
        return UPBIT__FIELD_CODE_INDEX;
    return -1;
}

/* Fields that have no value must not show the last message's. */
static void reset(const upbit_field *f, char *payload)
{
    void *to = payload + f->offset;
    switch (f->kind) {
    case UPBIT_FIELD_DECIMAL:
        *(upbit_decimal *)to = (upbit_decimal){.null = 1};
        break;
    case UPBIT_FIELD_INT:
    case UPBIT_FIELD_TIMESTAMP:
        *(int64_t *)to = 0;
        break;
    case UPBIT_FIELD_STRING:
        *(const char **)to = NULL;
        break;
    case UPBIT_FIELD_BOOL:
    case UPBIT_FIELD_ENUM:
    case UPBIT_FIELD_STREAM:
        *(uint8_t *)to = 0;
        break;
    case UPBIT_FIELD_CODE:
        memset(to, 0, 24);
        break;
    default:
        break;
    }
}

/* A value that is not what the field wants: required fields refuse the object, others carry it on.
 */
static int ill_typed(upbit__decoder *d, const upbit__type_info *info, int index, const char *value,
                     const char *end)
{
    const upbit_field *f = &info->fields[index];
    static const char *const wanted[] = {
        [UPBIT_FIELD_DECIMAL] = "is not a number of at most 38 digits",
        [UPBIT_FIELD_INT] = "is not an integer",
        [UPBIT_FIELD_BOOL] = "is not true or false",
        [UPBIT_FIELD_STRING] = "is not a text",
        [UPBIT_FIELD_TYPE] = "is not a text",
        [UPBIT_FIELD_CODE] = "is not a text of 1 to 23 characters",
        [UPBIT_FIELD_STREAM] = "is not a text",
        [UPBIT_FIELD_TIMESTAMP] = "is not a time in ms or us before 2100",
        [UPBIT_FIELD_ARRAY] = "is not an array",
        [UPBIT_FIELD_ENUM] = "is not a text",
    };
    if (info->required >> index & 1) {
        upbit__decoder_refuse(d, f->name, wanted[f->kind]);
        return 1;
    }
    return upbit__decoder_add_extra(d, index, NULL, value, end);
}

/* As many members as stand in wire order, without white space, with values of the usual shape:
 * nothing here needs a second look. p, *next and the masks are as of the first member that is not
 * like that. */
static inline const char *quick_members(upbit__decoder *d, const upbit__type_info *info,
                                        const char *p, char *payload, unsigned *next,
                                        uint64_t *present, uint64_t *nulls, int *behind)
{
    upbit__json *r = &d->json;
    *behind = 0;
    const upbit__pattern *k = info->patterns[d->simple] + *next;
    const upbit_field *f = info->fields + *next;
    uint64_t bit = 1ULL << *next;
    const char *safe = r->limit - UPBIT__JSON_AHEAD;
    if (*present >= bit)
        return p; /* not the first time round: the careful way */
    for (;;) {
        if (p > safe) {
            if (r->limit != r->end)
                break;
            p = upbit__json_turn(r, p);
            safe = r->limit - UPBIT__JSON_AHEAD;
        }
        if (!matches(k, p))
            break;
        const char *q = p + k->length;
        char *to = payload + f->offset;
        switch (f->kind) {
        case UPBIT_FIELD_DECIMAL:
            q = quick_decimal((upbit_decimal *)(void *)to, q, nulls, bit);
            break;
        case UPBIT_FIELD_INT:
            q = upbit__integer_scan((int64_t *)(void *)to, q);
            break;
        case UPBIT_FIELD_TIMESTAMP:
            q = quick_timestamp((int64_t *)(void *)to, q);
            break;
        case UPBIT_FIELD_STRING:
            q = quick_text(d, (const char **)(void *)to, q, nulls, bit);
            break;
        case UPBIT_FIELD_CODE:
            q = quick_code(to, q);
            break;
        case UPBIT_FIELD_STREAM:
            q = quick_stream((uint8_t *)to, q);
            break;
        case UPBIT_FIELD_ENUM:
            q = quick_enum(f->enumeration, (uint8_t *)to, q, nulls, bit);
            break;
        case UPBIT_FIELD_BOOL:
            q = quick_bool((uint8_t *)to, q);
            break;
        case UPBIT_FIELD_ARRAY:
            if (d->type != UPBIT_TYPE_ORDERBOOK || *q != '[')
                goto out;
            q = upbit__decode_units(d, q);
            if (q == NULL)
                return NULL;
            if (q >= r->end) /* an array can be long enough to end there */
                return upbit__json_fail(r, q, "message is cut off");
            safe = r->limit - UPBIT__JSON_AHEAD;
            break;
        default:
            goto out;
        }
        if (q == NULL)
            goto out;
        *present |= bit;
        bit <<= 1;
        k++;
        f++;
        p = q;
        if (*q != ',') {
            *behind = 1; /* a value */
            break;
        }
        p++;
    }
out:
    *next = (unsigned)(k - info->patterns[d->simple]);
    return p;
}

const char *upbit__decode_members(upbit__decoder *d, const upbit__type_info *info, const char *p,
                                  unsigned next, uint64_t present)
{
    upbit__json *r = &d->json;
    const upbit__pattern *patterns = info->patterns[d->simple];
    char *payload = upbit__decoder_payload(d, d->type);
    uint64_t nulls = 0;
    int more = 1, state = UPBIT__VALUE_OK;
    if (next == 0) {
        p = upbit__json_space(r, p);
        if (p < r->end && *p == '}')
            more = 0;
    }
    while (more) {
        int behind = 0;
        if (next == 1 && present == 1)
            p = upbit__decode_wire(d, p, &next, &present, &nulls, &behind);
        if (!behind)
            p = quick_members(d, info, p, payload, &next, &present, &nulls, &behind);
        if (p != NULL && behind) {
            p = upbit__json_next(r, p, '}', &more);
            if (!more)
                break;
        }
        if (p == NULL)
            return NULL;
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        int index = (int)next;
        if (next < info->count && matches(&patterns[next], p)) {
            p += patterns[next].length;
            if ((uint8_t)*p <= ' ')
                p = upbit__json_space(r, p);
        } else {
            upbit__span key;
            p = upbit__json_key(r, upbit__json_space(r, p), &key);
            if (p == NULL)
                return NULL;
            index = find(info, d->simple, &key, next);
            if (index < 0) {
                const char *value = p;
                p = upbit__json_skip(r, p, d->depth);
                if (p == NULL || !upbit__decoder_add_extra(d, -1, &key, value, p))
                    return NULL;
            }
        }
        if (index >= 0) {
            const upbit_field *f = &info->fields[index];
            const uint64_t bit = 1ULL << index;
            char *to = payload + f->offset;
            const char *value = p;
            if (present & bit) {
                nulls &= ~bit;
                upbit__decoder_drop_extra(d, index);
            }
            switch (f->kind) {
            case UPBIT_FIELD_DECIMAL:
                p = upbit__decode_decimal(d, p, (upbit_decimal *)(void *)to, &state);
                break;
            case UPBIT_FIELD_INT:
                p = upbit__decode_integer(d, p, (int64_t *)(void *)to, &state);
                break;
            case UPBIT_FIELD_TIMESTAMP:
                p = upbit__decode_timestamp(d, p, (int64_t *)(void *)to, &state);
                break;
            case UPBIT_FIELD_STRING:
                p = upbit__decode_text(d, p, (const char **)(void *)to, &state);
                break;
            case UPBIT_FIELD_CODE:
                p = upbit__decode_code(d, p, to, &state);
                break;
            case UPBIT_FIELD_STREAM:
                p = upbit__decode_stream(d, p, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_ENUM:
                p = upbit__decode_enum(d, p, f->enumeration, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_BOOL:
                p = upbit__decode_bool(d, p, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_ARRAY:
                state = UPBIT__VALUE_OK;
                if (p < r->end && *p == '[') {
                    p = d->type == UPBIT_TYPE_ORDERBOOK ? upbit__decode_units(d, p)
                                                        : upbit__decode_assets(d, p);
                } else {
                    state = p < r->end && *p == 'n' ? UPBIT__VALUE_NULL : UPBIT__VALUE_BAD;
                    p = upbit__json_skip(r, p, d->depth);
                }
                break;
            default: { /* TYPE: known already, unless it comes twice */
                upbit__span s;
                p = upbit__decode_plain(d, p, &s, &state);
                if (state != UPBIT__VALUE_OK || s.length != d->type_name.length ||
                    memcmp(s.at, d->type_name.at, s.length) != 0)
                    d->retry = 1;
                state = UPBIT__VALUE_OK;
                break;
            }
            }
            if (p == NULL)
                return NULL;
            present |= bit;
            if (state != UPBIT__VALUE_OK) {
                if (state == UPBIT__VALUE_NULL) {
                    nulls |= bit;
                } else {
                    present &= ~bit;
                    if (!ill_typed(d, info, index, value, p))
                        return NULL;
                }
            } else if ((f->kind == UPBIT_FIELD_ENUM || f->kind == UPBIT_FIELD_STREAM) &&
                       *(uint8_t *)to == 255 &&
                       !upbit__decoder_add_extra(d, index, NULL, value, p)) {
                return NULL;
            }
            next = (unsigned)index + 1;
        }
        if (p < r->end && *p == ',') {
            p++;
            continue;
        }
        p = upbit__json_next(r, p, '}', &more);
        if (p == NULL)
            return NULL;
    }
    uint64_t missing = info->all & (~present | nulls);
    while (missing != 0) {
        unsigned i = (unsigned)__builtin_ctzll(missing);
        missing &= missing - 1;
        reset(&info->fields[i], payload);
        if (info->required >> i & 1)
            upbit__decoder_refuse(d, info->fields[i].name,
                                  nulls >> i & 1 ? "is null" : "is missing");
    }
    upbit_event *e = (upbit_event *)(void *)payload;
    e->present = present;
    e->nulls = nulls;
    return p;
}
