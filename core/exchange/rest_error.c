/* The exchange's REST errors: {"error":{"name":..,"message":..}}. The name is a number on the
 * quotation side, a text elsewhere. */
#include <stdio.h>
#include <stdlib.h>

#include "exchange/json.h"
#include "exchange/rest_shapes.h"

/* The value of the last member `name` of the object at p, whose JSON was checked; NULL: none. */
static const char *member(upbit__json *r, const char *p, const char *name)
{
    const char *found = NULL;
    int more;
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            break;
        if (upbit__span_is(&key, name))
            found = p;
        p = upbit__json_skip(r, p, 0);
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    return found;
}

/* A text's inside or a number's digits, as something that can be logged; "" for other values. `to`
 * has room for the value and a NUL. */
static size_t copy_value(upbit__json *r, const char *value, char *to)
{
    upbit__span s = {"", 0, 0};
    if (value != NULL && *value == '"') {
        upbit__json_string(r, value, &s);
    } else if (value != NULL && (*value == '-' || (*value >= '0' && *value <= '9'))) {
        const char *end = upbit__json_number(r, value);
        s = (upbit__span){value, (size_t)(end - value), 0};
    }
    size_t n = upbit__json_unescape(to, &s);
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)to[i] < ' ')
            to[i] = ' ';
    to[n] = '\0';
    return n;
}

/* As much of the text as fits, cut between characters. */
static void give(char *reason, size_t size, const char *text)
{
    if (reason == NULL || size == 0)
        return;
    size_t n = strlen(text);
    if (n > size - 1) {
        n = size - 1;
        while (n > 0 && ((uint8_t)text[n] & 0xC0) == 0x80)
            n--;
    }
    memcpy(reason, text, n);
    reason[n] = '\0';
}

int upbit__rest_error(const char *body, size_t length, char *reason, size_t reason_size)
{
    upbit__json reader, *r = &reader;
    upbit__json_begin(r, body, length);
    const char *p = upbit__json_space(r, body), *end = NULL;
    if (p < r->end && *p == '{')
        end = upbit__json_skip(r, p, 0);
    if (end == NULL || upbit__json_space(r, end) != r->end) {
        give(reason, reason_size, "the answer is neither an array nor an error of the exchange");
        return UPBIT_ERROR_DECODE;
    }
    const char *error = member(r, p, "error");
    if (error == NULL || *error != '{') {
        give(reason, reason_size, "the answer is an object without an error");
        return UPBIT_ERROR_DECODE;
    }
    /* Both values are parts of the body, and so is what stands between them. */
    char *text = malloc(length + 3);
    if (text == NULL) {
        give(reason, reason_size, "out of memory");
        return UPBIT_ERROR_NO_MEMORY;
    }
    size_t n = copy_value(r, member(r, error, "name"), text);
    if (n > 0) {
        text[n++] = ':';
        text[n++] = ' ';
    }
    if (copy_value(r, member(r, error, "message"), text + n) == 0)
        text[n > 0 ? n - 2 : 0] = '\0';
    give(reason, reason_size, text[0] != '\0' ? text : "an error without a name");
    free(text);
    return UPBIT_ERROR_EXCHANGE;
}
