#include "wire/recording.h"

#include <openssl/evp.h>
#include <string.h>

#include "upbit-live/error.h"
#include "wire/frame.h"
#include "wire/utf8.h"

/* A piece of the line. */
typedef struct span {
    char *at;
    size_t length;
} span;

typedef struct members {
    span dir, op, t_ns, text, base64; /* at NULL: not there */
} members;

static char *space(char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* p stands behind the opening quote; behind the closing one, or NULL. */
static char *read_string(char *p, const char *end, span *out)
{
    out->at = p;
    for (; p < end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p == '\\' && ++p == end)
            return NULL;
    }
    if (p >= end)
        return NULL;
    out->length = (size_t)(p - out->at);
    return p + 1;
}

/* A number, a name or something nested, whose inside is nobody's business here. */
static char *read_other(char *p, const char *end, span *out)
{
    int depth = 0;
    span ignored;
    out->at = p;
    while (p != NULL && p < end && (depth > 0 || (*p != ',' && *p != '}' && *p != ' '))) {
        if (*p == '"') {
            p = read_string(p + 1, end, &ignored);
            continue;
        }
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        p++;
    }
    if (p != NULL)
        out->length = (size_t)(p - out->at);
    return p == NULL || p == out->at || depth > 0 ? NULL : p;
}

static bool is(const span *s, const char *text)
{
    return s->at != NULL && s->length == strlen(text) && memcmp(s->at, text, s->length) == 0;
}

/* Strings where strings belong, numbers where numbers do: another form is no such member. */
static void note(members *m, const span *key, const span *value, bool string)
{
    span *to = NULL;
    if (is(key, "dir") && string)
        to = &m->dir;
    else if (is(key, "text") && string)
        to = &m->text;
    else if (is(key, "base64") && string)
        to = &m->base64;
    else if (is(key, "op") && !string)
        to = &m->op;
    else if (is(key, "t_ns") && !string)
        to = &m->t_ns;
    if (to != NULL)
        *to = *value;
}

static bool read_members(members *m, char *p, const char *end)
{
    p = space(p, end);
    if (p == end || *p++ != '{')
        return false;
    for (;;) {
        span key, value = {NULL, 0};
        p = space(p, end);
        if (p == end || *p != '"' || (p = read_string(p + 1, end, &key)) == NULL)
            return false;
        p = space(p, end);
        if (p == end || *p++ != ':')
            return false;
        p = space(p, end);
        bool string = p < end && *p == '"';
        p = string ? read_string(p + 1, end, &value) : read_other(p, end, &value);
        if (p == NULL)
            return false;
        note(m, &key, &value, string);
        p = space(p, end);
        if (p == end)
            return false;
        if (*p == '}')
            return space(p + 1, end) == end;
        if (*p++ != ',')
            return false;
    }
}

static bool read_integer(const span *s, int64_t *out)
{
    bool minus = s->length > 0 && s->at[0] == '-';
    *out = 0;
    if (s->length == minus || s->length > 18u + minus + 1)
        return false;
    for (size_t i = minus; i < s->length; i++) {
        if (s->at[i] < '0' || s->at[i] > '9' || *out > (INT64_MAX - 9) / 10)
            return false;
        *out = *out * 10 + (s->at[i] - '0');
    }
    if (minus)
        *out = -*out;
    return true;
}

static int hex4(const char *p, const char *end)
{
    static const char digits[] = "0123456789abcdef";
    int value = 0;
    for (int i = 0; i < 4; i++, p++) {
        const char *digit = p >= end || *p == '\0' ? NULL : strchr(digits, *p | 0x20);
        if (digit == NULL || (*p < '0' || (*p > '9' && *p < 'A')))
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

static char *put_utf8(char *to, int c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (c & 0x3f));
    return to;
}

/* In place: what is escaped is never shorter than what it stands for. */
static bool unescape(span *s)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *p = s->at, *end = s->at + s->length;
    char *to = s->at;
    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        p++;
        const char *name = *p == '\0' ? NULL : strchr(names, *p);
        if (name != NULL) {
            *to++ = meant[name - names];
            p++;
            continue;
        }
        int c = *p == 'u' ? hex4(p + 1, end) : -1;
        p += 5;
        if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
            int low = hex4(p + 2, end);
            p += 6;
            c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
                                              : -1;
        }
        if (c < 0 || (c >= 0xd800 && c < 0xe000))
            return false;
        to = put_utf8(to, c);
    }
    s->length = (size_t)(to - s->at);
    return true;
}

/* In place too: three bytes for four letters. */
static bool decode_base64(span *s)
{
    size_t length = s->length;
    for (; length > 0 && s->length - length < 2 && s->at[length - 1] == '='; length--)
        ;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)(s->at[i] | 0x20);
        if ((c < 'a' || c > 'z') && (s->at[i] < '0' || s->at[i] > '9') && s->at[i] != '+' &&
            s->at[i] != '/')
            return false;
    }
    if (s->length % 4 != 0 || s->length > INT32_MAX)
        return false;
    /* Four at a time, so that it may write where it reads. */
    for (size_t i = 0; i < s->length; i += 4) {
        unsigned char three[4];
        if (EVP_DecodeBlock(three, (unsigned char *)s->at + i, 4) != 3)
            return false;
        memcpy(s->at + i / 4 * 3, three, 3);
    }
    s->length = s->length / 4 * 3 - (s->length - length);
    return true;
}

static int wrong(const char **why, const char *text)
{
    *why = text;
    return UPBIT_ERROR_PROTOCOL;
}

static int read_trace(upbit__recorded *out, members *m, const char **why)
{
    int64_t op;
    if (!read_integer(&m->op, &op) ||
        (op != UPBIT__FRAME_TEXT && op != UPBIT__FRAME_BINARY && op != UPBIT__FRAME_CLOSE &&
         op != UPBIT__FRAME_PING && op != UPBIT__FRAME_PONG))
        return wrong(why, "\"op\" must be 1, 2, 8, 9 or 10");
    out->opcode = (int)op;
    out->in = is(&m->dir, "in");
    if (!out->in && !is(&m->dir, "out"))
        return wrong(why, "\"dir\" must be \"in\" or \"out\"");
    if (m->t_ns.at != NULL && !read_integer(&m->t_ns, &out->t_ns))
        return wrong(why, "\"t_ns\" must be a whole number");
    if (m->text.at != NULL && m->base64.at != NULL)
        return wrong(why, "\"text\" and \"base64\" exclude each other");
    if (m->text.at != NULL && !unescape(&m->text))
        return wrong(why, "\"text\" holds what is no JSON string");
    if (m->base64.at != NULL && !decode_base64(&m->base64))
        return wrong(why, "\"base64\" is none");
    const span *payload = m->text.at != NULL ? &m->text : &m->base64;
    out->data = (const uint8_t *)(payload->at != NULL ? payload->at : "");
    out->length = payload->length;
    if (op >= UPBIT__FRAME_CLOSE && out->length > UPBIT__CONTROL_MAX)
        return wrong(why, "a control frame of more than 125 bytes");
    if (op == UPBIT__FRAME_TEXT && !upbit__utf8_valid(out->data, out->length))
        return wrong(why, "text that is not UTF-8");
    return 1;
}

int upbit__recording_read(upbit__recorded *out, upbit__recording_kind *kind, char *line,
                          size_t length, const char **why)
{
    members m = {0};
    *out = (upbit__recorded){0};
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
        length--;
    char *first = space(line, line + length);
    if (first == line + length)
        return 0;
    bool trace = *kind != UPBIT__RECORDING_BARE && read_members(&m, line, line + length) &&
                 m.dir.at != NULL && m.op.at != NULL;
    if (*kind == UPBIT__RECORDING_UNKNOWN)
        *kind = trace ? UPBIT__RECORDING_TRACE : UPBIT__RECORDING_BARE;
    if (trace)
        return read_trace(out, &m, why);
    if (*kind == UPBIT__RECORDING_TRACE)
        return wrong(why, "no recorded frame: one JSON object with \"dir\" and \"op\" is expected");
    if (*first != '{' && *first != '[')
        return wrong(why, "neither a recorded frame nor a JSON message");
    *out = (upbit__recorded){
        .in = true, .opcode = UPBIT__FRAME_BINARY, .data = (const uint8_t *)line, .length = length};
    return 1;
}
