/* From a message to events: whether the JSON around the objects holds, and the copy out. */
#include "exchange/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange/decoder.h"

#define MESSAGE_MAX (256U << 20) /* so that every event's size fits 32 bits */

#ifdef UPBIT__HAVE_KINDS
const char *upbit__decode_members_avx2(upbit__decoder *d, const upbit__type_info *info,
                                       const char *p, unsigned next, uint64_t present);
const char *upbit__decode_members_avx512(upbit__decoder *d, const upbit__type_info *info,
                                         const char *p, unsigned next, uint64_t present);
int upbit__decode_whole_avx2(upbit__decoder *d, const char *message, size_t length,
                             const upbit__decode_output *out);
int upbit__decode_whole_avx512(upbit__decoder *d, const char *message, size_t length,
                               const upbit__decode_output *out);
#endif

int upbit__decoder_use(upbit__decoder *d, int kind)
{
    upbit__members_function function = NULL;
    upbit__whole_function whole = NULL;
    if (kind == UPBIT__DECODER_PLAIN)
        function = upbit__decode_members;
#ifdef UPBIT__HAVE_KINDS
    /* Every machine with both has the third that the code is compiled for, lzcnt. */
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    if (kind == UPBIT__DECODER_AVX2 && avx2) {
        function = upbit__decode_members_avx2;
        whole = upbit__decode_whole_avx2;
    }
    if (kind == UPBIT__DECODER_AVX512 && avx2 && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2")) {
        function = upbit__decode_members_avx512;
        whole = upbit__decode_whole_avx512;
    }
#endif
    if (function != NULL) {
        d->members = function;
        d->whole = whole;
    }
    return function != NULL;
}

int upbit__decoder_create(upbit__decoder **out)
{
    upbit__decoder *d = calloc(1, sizeof *d);
    *out = d;
    if (d == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    for (int kind = UPBIT__DECODER_PLAIN; kind < UPBIT__DECODER_KINDS; kind++)
        (void)upbit__decoder_use(d, kind);
    d->row_capacity = 64;
    d->asset_capacity = 16;
    d->extra_capacity = 16;
    d->extra_text_capacity = 256;
    d->text_capacity = 4096;
    d->asks = malloc(d->row_capacity * sizeof *d->asks);
    d->bids = malloc(d->row_capacity * sizeof *d->bids);
    d->assets = malloc(d->asset_capacity * sizeof *d->assets);
    d->extras = malloc(d->extra_capacity * sizeof *d->extras);
    d->extra_text = malloc(d->extra_text_capacity);
    d->text = malloc(d->text_capacity);
    if (d->asks == NULL || d->bids == NULL || d->assets == NULL || d->extras == NULL ||
        d->extra_text == NULL || d->text == NULL) {
        upbit__decoder_destroy(d);
        *out = NULL;
        return UPBIT_ERROR_NO_MEMORY;
    }
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ANNOUNCEMENT; type++) {
        upbit_event *e = upbit__decoder_payload(d, type);
        e->type = (uint16_t)type;
        e->schema = 1;
    }
    return 0;
}

void upbit__decoder_destroy(upbit__decoder *d)
{
    if (d == NULL)
        return;
    free(d->asks);
    free(d->bids);
    free(d->assets);
    free(d->costs);
    free(d->extras);
    free(d->extra_text);
    free(d->text);
    free(d);
}

void *upbit__decoder_payload(upbit__decoder *d, int type)
{
    switch (type) {
    case UPBIT_TYPE_TICKER:
        return &d->ticker;
    case UPBIT_TYPE_TRADE:
        return &d->trade;
    case UPBIT_TYPE_ORDERBOOK:
        return &d->orderbook;
    case UPBIT_TYPE_CANDLE:
        return &d->candle;
    case UPBIT_TYPE_MY_ORDER:
        return &d->my_order;
    case UPBIT_TYPE_MY_ASSET:
        return &d->my_asset;
    default:
        return &d->announcement;
    }
}

void upbit__decoder_refuse(upbit__decoder *d, const char *field, const char *what)
{
    if (d->refusal[0] == '\0')
        snprintf(d->refusal, sizeof d->refusal, "%s%s%s", field, field[0] == '\0' ? "" : " ", what);
}

int upbit__decoder_add_extra(upbit__decoder *d, int field, const upbit__span *key,
                             const char *value, const char *end)
{
    if (d->extra_count == d->extra_capacity) {
        upbit__extra *extras = realloc(d->extras, 2 * d->extra_capacity * sizeof *extras);
        if (extras == NULL) {
            d->no_memory = 1;
            return 0;
        }
        d->extras = extras;
        d->extra_capacity *= 2;
    }
    d->extras[d->extra_count++] =
        (upbit__extra){.field = field,
                       .key = key == NULL ? "" : key->at,
                       .key_length = key == NULL ? 0 : (uint32_t)key->length,
                       .value = value,
                       .length = (size_t)(end - value)};
    return 1;
}

void upbit__decoder_drop_extra(upbit__decoder *d, int field)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->extra_count; i++)
        if (d->extras[i].field != field)
            d->extras[kept++] = d->extras[i];
    d->extra_count = kept;
}

/* The value without white space between its parts; an event's JSON is one line. */
static size_t copy_compact(char *to, const char *from, size_t length)
{
    size_t n = 0;
    int text = 0;
    for (size_t i = 0; i < length; i++) {
        char c = from[i];
        if (text) {
            to[n++] = c;
            if (c == '\\')
                to[n++] = from[++i];
            else if (c == '"')
                text = 0;
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            to[n++] = c;
            text = c == '"';
        }
    }
    return n;
}

/* The extra members as one JSON object in extra_text, with its NUL. */
static int make_extra(upbit__decoder *d, const upbit__type_info *info)
{
    size_t need = 3;
    for (size_t i = 0; i < d->extra_count; i++) {
        const upbit__extra *x = &d->extras[i];
        need +=
            (x->field >= 0 ? strlen(info->fields[x->field].name) : x->key_length) + x->length + 4;
    }
    if (need > d->extra_text_capacity) {
        char *text = realloc(d->extra_text, 2 * need);
        if (text == NULL) {
            d->no_memory = 1;
            return 0;
        }
        d->extra_text = text;
        d->extra_text_capacity = 2 * need;
    }
    char *to = d->extra_text;
    for (size_t i = 0; i < d->extra_count; i++) {
        const upbit__extra *x = &d->extras[i];
        const char *key = x->field >= 0 ? info->fields[x->field].name : x->key;
        size_t n = x->field >= 0 ? strlen(key) : x->key_length;
        *to++ = i == 0 ? '{' : ',';
        *to++ = '"';
        memcpy(to, key, n);
        to += n;
        *to++ = '"';
        *to++ = ':';
        to += copy_compact(to, x->value, x->length);
    }
    *to++ = '}';
    *to = '\0';
    d->extra_length = (size_t)(to - d->extra_text) + 1;
    return 1;
}

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* The payload in the scratch as one block: struct, rows, strings, extra. */
static int emit_table(upbit__decoder *d, const upbit__decode_output *out)
{
    const upbit__type_info *info = upbit__type_table(d->type);
    const char *payload = upbit__decoder_payload(d, d->type);
    size_t size = aligned(info->size), first = 0, second = 0;
    d->extra_length = 0;
    if (d->extra_count > 0 && !make_extra(d, info))
        return 0;
    if (d->type == UPBIT_TYPE_ORDERBOOK) {
        first = d->orderbook.ask_count * sizeof *d->asks;
        second = d->orderbook.bid_count * sizeof *d->bids;
    } else if (d->type == UPBIT_TYPE_MY_ASSET) {
        first = d->my_asset.asset_count * sizeof *d->assets;
        second = d->cost_count * sizeof *d->costs;
    }
    size_t rows = size, text = rows + first + second, extra = text + d->text_length;
    size = extra + d->extra_length;
    upbit_event *e = out->allocate(out->context, size);
    if (e == NULL) {
        if (out->refused != NULL)
            out->refused(out->context, (const upbit_event *)(const void *)payload);
        return 1;
    }
    char *block = (char *)e;
    memcpy(block, payload, info->size);
    memcpy(block + text, d->text, d->text_length);
    e->size = (uint32_t)size;
    if (d->extra_length > 0) {
        memcpy(block + extra, d->extra_text, d->extra_length);
        e->extra = block + extra;
    }
    if (d->type == UPBIT_TYPE_ORDERBOOK) {
        upbit_orderbook *book = (upbit_orderbook *)(void *)e;
        memcpy(block + rows, d->asks, first);
        memcpy(block + rows + first, d->bids, second);
        book->asks = (const upbit_book_row *)(const void *)(block + rows);
        book->bids = (const upbit_book_row *)(const void *)(block + rows + first);
    } else if (d->type == UPBIT_TYPE_MY_ASSET) {
        upbit_my_asset *asset = (upbit_my_asset *)(void *)e;
        memcpy(block + rows, d->assets, first);
        upbit_asset *assets = (upbit_asset *)(void *)(block + rows);
        for (uint32_t i = 0; i < asset->asset_count; i++)
            assets[i].currency = block + text + (assets[i].currency - d->text);
        asset->assets = assets;
        if (second > 0)
            memcpy(block + rows + first, d->costs, second);
        upbit_asset_cost *costs = (upbit_asset_cost *)(void *)(block + rows + first);
        for (uint32_t i = 0; i < d->cost_count; i++)
            if (costs[i].unit_currency != NULL)
                costs[i].unit_currency = block + text + (costs[i].unit_currency - d->text);
        asset->costs = d->cost_count > 0 ? costs : NULL;
    }
    uint64_t strings = info->strings & e->present & ~e->nulls;
    while (strings != 0) {
        const upbit_field *f = &info->fields[__builtin_ctzll(strings)];
        const char **at = (const char **)(void *)(block + f->offset);
        *at = block + text + (*at - d->text);
        strings &= strings - 1;
    }
    out->event(out->context, e);
    return 1;
}

int upbit__decoder_emit(upbit__decoder *d, const upbit__decode_output *out)
{
    if (d->type <= UPBIT_TYPE_ANNOUNCEMENT)
        return emit_table(d, out);
    size_t size = upbit__other_size(d);
    upbit_event *e = out->allocate(out->context, size);
    if (e == NULL) {
        if (out->refused != NULL)
            out->refused(out->context, NULL);
        return 1;
    }
    upbit__other_fill(d, e, size);
    out->event(out->context, e);
    return 1;
}

static void give_reason(char *reason, size_t size, const char *text)
{
    if (reason != NULL && size > 0 && reason[0] == '\0')
        snprintf(reason, size, "%s", text);
}

int upbit__decoder_fail(upbit__decoder *d, char *reason, size_t size)
{
    if (d->no_memory) {
        give_reason(reason, size, "out of memory");
        return UPBIT_ERROR_NO_MEMORY;
    }
    char text[160];
    snprintf(text, sizeof text, "not JSON at byte %zu: %s", d->json.offset,
             d->json.fault != NULL ? d->json.fault : "message is cut off");
    give_reason(reason, size, text);
    return UPBIT_ERROR_DECODE;
}

static int decode_list(upbit__decoder *d, const char *p, const upbit__decode_output *out,
                       char *reason, size_t reason_size)
{
    upbit__json *r = &d->json;
    int more, events = 0, refused = 0;
    p = upbit__json_open(r, p, ']', &more);
    while (more) {
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        if (p < r->end && *p == '{') {
            p = upbit__decode_object(d, p, 2);
        } else {
            p = upbit__json_skip(r, p, 1);
            d->type = 0;
            snprintf(d->refusal, sizeof d->refusal, "element is not an object");
        }
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
        if (p == NULL)
            return upbit__decoder_fail(d, reason, reason_size);
        if (d->type == 0) {
            give_reason(reason, reason_size, d->refusal);
            refused = 1;
            continue;
        }
        if (!upbit__decoder_emit(d, out))
            return upbit__decoder_fail(d, reason, reason_size);
        events++;
    }
    p = upbit__json_space(r, p);
    if (p != r->end) {
        upbit__json_fail(r, p, "something follows the message");
        return upbit__decoder_fail(d, reason, reason_size);
    }
    return refused ? UPBIT_ERROR_DECODE : events;
}

int upbit__decoder_begin(upbit__decoder *d, const char *text, size_t length, char *reason,
                         size_t reason_size)
{
    if (reason != NULL && reason_size > 0)
        reason[0] = '\0';
    d->no_memory = 0;
    if (length > MESSAGE_MAX) {
        give_reason(reason, reason_size, "message is too long");
        return UPBIT_ERROR_DECODE;
    }
    /* A string takes less room in the scratch than in the message; they are copied 32 bytes at
     * once. */
    if (d->text_capacity < length + 64) {
        char *scratch = realloc(d->text, length + length / 2 + 64);
        if (scratch == NULL) {
            give_reason(reason, reason_size, "out of memory");
            return UPBIT_ERROR_NO_MEMORY;
        }
        d->text = scratch;
        d->text_capacity = length + length / 2 + 64;
    }
    upbit__json_begin(&d->json, text, length);
    return 0;
}

static upbit_event *no_room(void *context, size_t size)
{
    (void)context;
    (void)size;
    return NULL;
}

/* Any message; what upbit__decode says of it. */
static __attribute__((noinline)) int decode_any(upbit__decoder *d, const char *message,
                                                size_t length, const upbit__decode_output *out,
                                                char *reason, size_t reason_size)
{
    int error = upbit__decoder_begin(d, message, length, reason, reason_size);
    if (error < 0)
        return error;
    upbit__json *r = &d->json;
    const char *p = upbit__json_space(r, message);
    if (p < r->end && *p == '[')
        return decode_list(d, p, out, reason, reason_size);
    if (p == r->end || *p != '{') {
        upbit__json_fail(r, p, p == r->end ? "message is empty" : "neither an object nor an array");
        return upbit__decoder_fail(d, reason, reason_size);
    }
    if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
        p = upbit__json_turn(r, p);
    p = upbit__decode_object(d, p, 1);
    if (p != NULL) {
        p = upbit__json_space(r, p);
        if (p != r->end)
            p = upbit__json_fail(r, p, "something follows the message");
    }
    if (p == NULL)
        return upbit__decoder_fail(d, reason, reason_size);
    if (d->type == 0) {
        give_reason(reason, reason_size, d->refusal);
        return UPBIT_ERROR_DECODE;
    }
    return upbit__decoder_emit(d, out) ? 1 : upbit__decoder_fail(d, reason, reason_size);
}

int upbit__decode(upbit__decoder *d, const char *message, size_t length,
                  const upbit__decode_output *out, char *reason, size_t reason_size)
{
    const int whole = d->whole == NULL ? 0 : d->whole(d, message, length, out);
    if (whole == 0)
        return decode_any(d, message, length, out, reason, reason_size);
    if (whole < 0) { /* room has been asked for, and is not asked for twice */
        const upbit__decode_output without = {.context = out->context,
                                              .allocate = no_room,
                                              .event = out->event,
                                              .refused = out->refused};
        return decode_any(d, message, length, &without, reason, reason_size);
    }
    if (reason != NULL && reason_size > 0)
        reason[0] = '\0';
    return whole;
}
