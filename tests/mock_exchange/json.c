/* See json.h. All strings live in one block: decoded text is never longer than its source, so the
 * source's length plus a NUL per string is always enough. */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#define DEPTH_CAP 32
#define NODE_CAP  200000

struct reader {
    struct mock_json_doc *doc;
    const char *p, *end;
};

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')) {
        r->p++;
    }
}

static size_t new_node(struct mock_json_doc *doc, enum mock_json_type type)
{
    if (doc->count == doc->cap) {
        size_t cap = doc->cap == 0 ? 64 : doc->cap * 2;
        if (cap > NODE_CAP) {
            return 0;
        }
        struct mock_json *node = realloc(doc->node, cap * sizeof *node);
        if (node == NULL) {
            return 0;
        }
        doc->node = node;
        doc->cap = cap;
    }
    doc->node[doc->count] = (struct mock_json){.type = type};
    return doc->count++;
}

static bool hex4(uint32_t *value, struct reader *r)
{
    *value = 0;
    if (r->end - r->p < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        char c = *r->p++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

static void put_utf8(struct mock_json_doc *doc, uint32_t code)
{
    char *to = doc->strings + doc->used;
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    doc->used = (size_t)(to - doc->strings);
}

static bool read_escape(struct reader *r)
{
    if (r->p == r->end) {
        return false;
    }
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *r->p++;
    const char *plain = c == '\0' ? NULL : strchr(from, c);
    if (plain != NULL) {
        r->doc->strings[r->doc->used++] = to[plain - from];
        return true;
    }
    uint32_t code, low;
    if (c != 'u' || !hex4(&code, r)) {
        return false;
    }
    if (code >= 0xD800 && code < 0xDC00) {
        if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u') {
            return false;
        }
        r->p += 2;
        if (!hex4(&low, r) || low < 0xDC00 || low > 0xDFFF) {
            return false;
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code == 0 || (code >= 0xDC00 && code < 0xE000)) {
        return false;
    }
    put_utf8(r->doc, code);
    return true;
}

static const char *read_string(size_t *len, struct reader *r)
{
    if (r->p == r->end || *r->p != '"') {
        return NULL;
    }
    r->p++;
    char *start = r->doc->strings + r->doc->used;
    while (r->p < r->end && *r->p != '"') {
        if (*r->p == '\\') {
            r->p++;
            if (!read_escape(r)) {
                return NULL;
            }
            continue;
        }
        size_t step = mock_utf8_step((const unsigned char *)r->p, (size_t)(r->end - r->p));
        if (step == 0 || (unsigned char)*r->p < 0x20) {
            return NULL;
        }
        memcpy(r->doc->strings + r->doc->used, r->p, step);
        r->doc->used += step;
        r->p += step;
    }
    if (r->p == r->end) {
        return NULL;
    }
    r->p++;
    *len = (size_t)(r->doc->strings + r->doc->used - start);
    r->doc->strings[r->doc->used++] = '\0';
    return start;
}

static size_t digits(struct reader *r)
{
    const char *from = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
        r->p++;
    }
    return (size_t)(r->p - from);
}

static size_t read_number(struct reader *r)
{
    const char *from = r->p;
    if (*r->p == '-') {
        r->p++;
    }
    bool zero = r->p < r->end && *r->p == '0';
    size_t whole = digits(r);
    if (whole == 0 || (zero && whole > 1)) {
        return 0;
    }
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (digits(r) == 0) {
            return 0;
        }
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-')) {
            r->p++;
        }
        if (digits(r) == 0) {
            return 0;
        }
    }
    size_t index = new_node(r->doc, MOCK_NUMBER);
    if (index != 0) {
        size_t len = (size_t)(r->p - from);
        char *text = r->doc->strings + r->doc->used;
        memcpy(text, from, len);
        text[len] = '\0';
        r->doc->used += len + 1;
        r->doc->node[index].text = text;
        r->doc->node[index].len = len;
    }
    return index;
}

static size_t read_value(struct reader *r, int depth);

static size_t read_children(struct reader *r, bool object, int depth)
{
    size_t parent = new_node(r->doc, object ? MOCK_OBJECT : MOCK_ARRAY);
    size_t last = 0;
    char close = object ? '}' : ']';
    r->p++;
    skip_space(r);
    if (parent == 0 || depth >= DEPTH_CAP) {
        return 0;
    }
    if (r->p < r->end && *r->p == close) {
        r->p++;
        return parent;
    }
    for (;;) {
        const char *key = NULL;
        size_t key_len = 0;
        skip_space(r);
        if (object) {
            key = read_string(&key_len, r);
            skip_space(r);
            if (key == NULL || r->p == r->end || *r->p++ != ':') {
                return 0;
            }
        }
        size_t child = read_value(r, depth + 1);
        if (child == 0) {
            return 0;
        }
        r->doc->node[child].key = key;
        if (last == 0) {
            r->doc->node[parent].child = child;
        } else {
            r->doc->node[last].next = child;
        }
        last = child;
        skip_space(r);
        if (r->p == r->end) {
            return 0;
        }
        if (*r->p == close) {
            r->p++;
            return parent;
        }
        if (*r->p++ != ',') {
            return 0;
        }
    }
}

static size_t read_word(struct reader *r)
{
    static const struct {
        const char *word;
        enum mock_json_type type;
        bool truth;
    } words[] = {
        {"true", MOCK_BOOL, true}, {"false", MOCK_BOOL, false}, {"null", MOCK_NULL, false}};
    for (int i = 0; i < 3; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(r->end - r->p) >= len && memcmp(r->p, words[i].word, len) == 0) {
            r->p += len;
            size_t index = new_node(r->doc, words[i].type);
            if (index != 0) {
                r->doc->node[index].truth = words[i].truth;
            }
            return index;
        }
    }
    return 0;
}

static size_t read_value(struct reader *r, int depth)
{
    skip_space(r);
    if (r->p == r->end) {
        return 0;
    }
    if (*r->p == '{' || *r->p == '[') {
        return read_children(r, *r->p == '{', depth);
    }
    if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
        return read_number(r);
    }
    if (*r->p != '"') {
        return read_word(r);
    }
    size_t len;
    const char *text = read_string(&len, r);
    size_t index = text == NULL ? 0 : new_node(r->doc, MOCK_STRING);
    if (index != 0) {
        r->doc->node[index].text = text;
        r->doc->node[index].len = len;
    }
    return index;
}

bool mock_json_read(struct mock_json_doc *doc, const char *text, size_t len)
{
    *doc = (struct mock_json_doc){0};
    /* A number needs its NUL where the source may have only its digits: twice is always enough. */
    doc->strings = malloc(len * 2 + 2);
    if (doc->strings == NULL) {
        return false;
    }
    new_node(doc, MOCK_NULL); /* index 0 means "none" */
    struct reader r = {doc, text, text + len};
    size_t root = doc->node == NULL ? 0 : read_value(&r, 0);
    skip_space(&r);
    if (root != 1 || r.p != r.end) {
        mock_json_finish(doc);
        return false;
    }
    return true;
}

void mock_json_finish(struct mock_json_doc *doc)
{
    free(doc->node);
    free(doc->strings);
    *doc = (struct mock_json_doc){0};
}

const struct mock_json *mock_json_member(const struct mock_json_doc *doc,
                                         const struct mock_json *object, const char *key)
{
    const struct mock_json *found = NULL;
    if (object->type != MOCK_OBJECT) {
        return NULL;
    }
    for (const struct mock_json *c = mock_json_at(doc, object->child); c != NULL;
         c = mock_json_at(doc, c->next)) {
        if (strcmp(c->key, key) == 0) {
            found = c;
        }
    }
    return found;
}
