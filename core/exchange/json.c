#include "exchange/json.h"

const char *upbit__json_fail(upbit__json *r, const char *p, const char *what)
{
    if (r->fault == NULL) {
        r->fault = what;
        if (p >= r->tail && p <= r->tail + sizeof r->tail)
            r->offset = r->tail_at + (size_t)(p - r->tail);
        else
            r->offset = (size_t)(p - r->start);
    }
    return NULL;
}

const char *upbit__json_turn(upbit__json *r, const char *p)
{
    size_t rest = (size_t)(r->end - p);
    memcpy(r->tail, p, rest);
    memset(r->tail + rest, 0, UPBIT__JSON_AHEAD_ROW);
    r->tail_at = (size_t)(p - r->start);
    r->end = r->tail + rest;
    r->limit = r->end + UPBIT__JSON_AHEAD_ROW;
    return r->tail;
}

/* The bytes of one multi-byte character at p, 0 when it is not valid UTF-8. */
static unsigned utf8_length(const char *p, const char *end)
{
    const uint8_t *s = (const uint8_t *)p;
    size_t left = (size_t)(end - p);
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return left >= 2 && (s[1] & 0xC0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        if (left < 3 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
            return 0;
        /* Overlong forms and surrogates. */
        if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F))
            return 0;
        return 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        if (left < 4 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 || (s[3] & 0xC0) != 0x80)
            return 0;
        if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
            return 0;
        return 4;
    }
    return 0;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int value = 0;
    for (unsigned i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* p stands behind the backslash; behind the whole escape. */
static const char *escape(upbit__json *r, const char *p)
{
    if (p >= r->end)
        return upbit__json_fail(r, p, "string is cut off");
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;
    case 'u':
        break;
    default:
        return upbit__json_fail(r, p, "unknown escape in a string");
    }
    int unit = hex4(p + 1, r->end);
    if (unit < 0)
        return upbit__json_fail(r, p, "\\u without four hexadecimal digits");
    p += 5;
    if (unit < 0xD800 || unit > 0xDFFF)
        return p;
    int low =
        unit <= 0xDBFF && r->end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, r->end) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return upbit__json_fail(r, p, "half a surrogate pair in a string");
    return p + 6;
}

const char *upbit__json_string(upbit__json *r, const char *p, upbit__span *out)
{
    if (p >= r->end || *p != '"')
        return upbit__json_fail(r, p, "a string was expected");
    p++;
    out->at = p;
    out->escaped = 0;
    for (;;) {
#if defined(__SSE2__)
        while (r->end - p >= 16) {
            __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
            /* Signed: below a space are the control characters and all bytes from 0x80 on. */
            __m128i special = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(' ')),
                                           _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
                                                        _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));
            unsigned mask = (unsigned)_mm_movemask_epi8(special);
            if (mask != 0) {
                p += __builtin_ctz(mask);
                break;
            }
            p += 16;
        }
#endif
        if (p >= r->end)
            return upbit__json_fail(r, p, "string is cut off");
        uint8_t c = (uint8_t)*p;
        if (c == '"') {
            out->length = (size_t)(p - out->at);
            return p + 1;
        }
        if (c == '\\') {
            out->escaped = 1;
            p = escape(r, p + 1);
            if (p == NULL)
                return NULL;
        } else if (c < ' ') {
            return upbit__json_fail(r, p, "control character in a string");
        } else if (c < 0x80) {
            p++;
        } else {
            unsigned n = utf8_length(p, r->end);
            if (n == 0)
                return upbit__json_fail(r, p, "string is not UTF-8");
            p += n;
        }
    }
}

static size_t put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xE0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3F));
        to[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3F));
    to[2] = (char)(0x80 | (code >> 6 & 0x3F));
    to[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t upbit__json_unescape(char *to, const upbit__span *s)
{
    if (!s->escaped) {
        memcpy(to, s->at, s->length);
        return s->length;
    }
    size_t n = 0;
    for (const char *p = s->at, *end = p + s->length; p < end;) {
        if (*p != '\\') {
            to[n++] = *p++;
            continue;
        }
        char c = p[1];
        p += 2;
        if (c != 'u') {
            to[n++] = (char)(c == 'b'   ? '\b'
                             : c == 'f' ? '\f'
                             : c == 'n' ? '\n'
                             : c == 'r' ? '\r'
                             : c == 't' ? '\t'
                                        : c);
            continue;
        }
        unsigned code = (unsigned)hex4(p, end);
        p += 4;
        if (code >= 0xD800 && code <= 0xDBFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + ((unsigned)hex4(p + 2, end) - 0xDC00);
            p += 6;
        }
        n += put_utf8(to + n, code);
    }
    return n;
}

static int digit_at(const upbit__json *r, const char *p)
{
    return p < r->end && *p >= '0' && *p <= '9';
}

const char *upbit__json_number(upbit__json *r, const char *p)
{
    if (p < r->end && *p == '-')
        p++;
    if (!digit_at(r, p))
        return upbit__json_fail(r, p, "a digit was expected");
    if (*p == '0') {
        p++;
        if (digit_at(r, p))
            return upbit__json_fail(r, p, "number with a leading zero");
    } else {
        while (digit_at(r, p))
            p++;
    }
    if (p < r->end && *p == '.') {
        p++;
        if (!digit_at(r, p))
            return upbit__json_fail(r, p, "number without a digit behind the point");
        while (digit_at(r, p))
            p++;
    }
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < r->end && (*p == '-' || *p == '+'))
            p++;
        if (!digit_at(r, p))
            return upbit__json_fail(r, p, "number without digits in its exponent");
        while (digit_at(r, p))
            p++;
    }
    return p;
}

static const char *word(upbit__json *r, const char *p, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(r->end - p) < n || memcmp(p, text, n) != 0)
        return upbit__json_fail(r, p, "a value was expected");
    return p + n;
}

/* A value that is neither array nor object. */
static const char *skip_scalar(upbit__json *r, const char *p)
{
    upbit__span ignored;
    if (p >= r->end)
        return upbit__json_fail(r, p, "message is cut off");
    switch (*p) {
    case '"':
        return upbit__json_string(r, p, &ignored);
    case 't':
        return word(r, p, "true");
    case 'f':
        return word(r, p, "false");
    case 'n':
        return word(r, p, "null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return upbit__json_number(r, p);
    default:
        return upbit__json_fail(r, p, "a value was expected");
    }
}

const char *upbit__json_skip(upbit__json *r, const char *p, unsigned depth)
{
    uint64_t objects = 0; /* bit i: level i is an object */
    unsigned level = 0;
    upbit__span key;
    for (;;) {
        /* At a value. */
        int more = 0;
        if (p < r->end && (*p == '{' || *p == '[')) {
            if (depth + level >= UPBIT__JSON_DEPTH)
                return upbit__json_fail(r, p, "nested too deep");
            int object = *p == '{';
            p = upbit__json_open(r, p, object ? '}' : ']', &more);
            if (p == NULL)
                return NULL;
            if (more) {
                level++;
                objects = objects << 1 | (unsigned)object;
            }
        } else {
            p = skip_scalar(r, p);
            if (p == NULL)
                return NULL;
        }
        /* Behind a value, unless a bracket was just opened. */
        while (!more) {
            if (level == 0)
                return p;
            p = upbit__json_next(r, p, objects & 1 ? '}' : ']', &more);
            if (p == NULL)
                return NULL;
            if (!more) {
                level--;
                objects >>= 1;
            }
        }
        if (objects & 1) {
            p = upbit__json_key(r, p, &key);
            if (p == NULL)
                return NULL;
        }
    }
}

const char *upbit__json_open(upbit__json *r, const char *p, char close, int *more)
{
    p = upbit__json_space(r, p + 1);
    *more = p < r->end && *p == close ? 0 : 1;
    return *more ? p : p + 1;
}

const char *upbit__json_next(upbit__json *r, const char *p, char close, int *more)
{
    p = upbit__json_space(r, p);
    if (p < r->end && *p == close) {
        *more = 0;
        return p + 1;
    }
    if (p >= r->end)
        return upbit__json_fail(r, p, "message is cut off");
    if (*p != ',')
        return upbit__json_fail(r, p, "a comma or the closing bracket was expected");
    *more = 1;
    return upbit__json_space(r, p + 1);
}

const char *upbit__json_key(upbit__json *r, const char *p, upbit__span *key)
{
    if (p < r->end && *p != '"')
        return upbit__json_fail(r, p, "a member's name was expected");
    p = upbit__json_string(r, p, key);
    if (p == NULL)
        return NULL;
    p = upbit__json_space(r, p);
    if (p >= r->end || *p != ':')
        return upbit__json_fail(r, p, "a colon was expected");
    return upbit__json_space(r, p + 1);
}
