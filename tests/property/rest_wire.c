#include "rest_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a JSON string that begins at `from`, into `out`. */
static void unescape(char *out, size_t size, const char *from)
{
    size_t n = 0;
    for (; *from != '\0' && *from != '"' && n + 1 < size; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        out[n++] = *from;
    }
    out[n] = '\0';
}

static const char *member(const char *object, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(object, key);
    return at == NULL ? NULL : at + strlen(key);
}

static void note_codes(stage *s, int kind, const char *codes)
{
    for (const char *at = codes; *at != ']' && *at != '\0';) {
        char code[40];
        if (*at++ != '"')
            continue;
        unescape(code, sizeof code, at);
        at += strlen(code) + 1;
        char *dot = strchr(code, '.');
        unsigned rows = dot != NULL ? (unsigned)strtoul(dot + 1, NULL, 10) : 0;
        if (dot != NULL)
            *dot = '\0';
        int index = universe_find(code);
        if (index < 0)
            continue;
        s->wire[universe_key((subject)kind, index)] = true;
        s->rows[universe_key((subject)kind, index)] = rows >= 30 ? 0 : rows;
    }
}

/* One request: an array of objects none of which holds another. */
static void note_request(stage *s, char *text)
{
    memset(s->wire, 0, sizeof s->wire);
    memset(s->rows, 0, sizeof s->rows);
    for (char *at = strchr(text, '{'); at != NULL; at = strchr(at, '{')) {
        char *end = strchr(at, '}');
        if (end == NULL)
            return;
        *end = '\0';
        char type[24], level[32] = "0";
        const char *value = member(at, "type"), *codes = member(at, "codes");
        if (value != NULL && codes != NULL && member(at, "is_only_snapshot") == NULL) {
            unescape(type, sizeof type, value + 1);
            if (member(at, "level") != NULL)
                snprintf(level, sizeof level, "%.20s", member(at, "level"));
            int kind = universe_kind_of(type, level);
            if (kind >= 0)
                note_codes(s, kind, codes);
        }
        at = end + 1;
    }
}

/* The newest requests since the last look. */
static void look(stage *s)
{
    static char text[65536];
    for (;;) {
        char path[80];
        snprintf(path, sizeof path, "/mock/received?since=%" PRIu64 "&limit=20", s->received);
        if (mock_call(&s->mock, "GET", path, "") != 200)
            return;
        const char *answer = mock_answer(), *next = member(answer, "next"),
                   *newest = member(answer, "newest");
        uint64_t to = next != NULL ? strtoull(next, NULL, 10) : 0;
        uint64_t last = newest != NULL ? strtoull(newest, NULL, 10) : 0;
        for (const char *at = answer; (at = strstr(at, "{\"n\":")) != NULL; at++) {
            const char *end = strchr(at, '\n');
            const char *message = strstr(at, "\"what\":\"message\"");
            const char *body = strstr(at, "\"text\":\"");
            if (message == NULL || body == NULL || (end != NULL && (message > end || body > end)))
                continue;
            unescape(text, sizeof text, "");
            /* Quotes inside are escaped: the first that is not ends it. */
            size_t n = 0;
            for (const char *c = body + 8; *c != '\0' && *c != '"' && n + 1 < sizeof text; c++) {
                if (*c == '\\' && c[1] != '\0')
                    c++;
                text[n++] = *c;
            }
            text[n] = '\0';
            if (strstr(text, "\"codes\"") == NULL)
                continue;
            s->wire_conn = strtoull(member(at, "conn"), NULL, 10);
            note_request(s, text);
        }
        if (to <= s->received)
            return;
        s->received = to;
        if (to > last)
            return;
    }
}

/* What the widgets want of a key: rows, 0 all; -1: nothing. */
static int wanted_rows(const stage *s, int key)
{
    int rows = -1;
    for (size_t i = 0; i < s->count; i++) {
        const widget *w = s->widgets[i];
        const hope *k = &w->want[key];
        if (!widget_streams(w, key) || (!k->by_name && !s->faults.listed[key % CODES]))
            continue;
        int depth = k->by_name ? k->depth : k->selector_depth;
        if (rows == 0 || depth == 0)
            rows = 0;
        else
            rows = depth > rows ? depth : rows;
    }
    return rows;
}

bool rest_wire_agrees(stage *s, char *why, size_t size)
{
    look(s);
    bool any = false;
    for (int key = 0; key < KEYS; key++)
        any = any || wanted_rows(s, key) >= 0;
    for (int key = 0; key < KEYS; key++) {
        int rows = wanted_rows(s, key);
        bool deep = s->rows[key] == 0 || (rows > 0 && (unsigned)rows <= s->rows[key]);
        if ((rows >= 0) == s->wire[key] && (rows < 0 || deep))
            continue;
        if (!any && mock_stat(&s->mock, "open") > 0 && s->wire_conn == 0)
            return true;
        snprintf(why, size, "kind %d of %s is %s with %u rows, wanted are %d (0: all, -1: none)",
                 key / CODES, universe_code[key % CODES],
                 s->wire[key] ? "asked for" : "not asked for", s->rows[key], rows);
        return false;
    }
    return true;
}
