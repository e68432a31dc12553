#include "wire.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

/* The text of a receipt, which is JSON within JSON: quotes and backslashes lose their backslash. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0' && *from != '\n'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The keys of [{"ticket":..},{"type":"ticker","codes":["KRW-BTC"]},..,{"format":"SIMPLE"}]. */
static void read_keys(wire *w, const char *request)
{
    static const char type_is[] = "{\"type\":\"";
    w->count = 0;
    for (const char *at = request; (at = strstr(at, type_is)) != NULL;) {
        at += sizeof type_is - 1;
        int type_length = (int)strcspn(at, "\"");
        const char *end = strchr(at, '}'), *code = strstr(at, "\"codes\":[");
        ck_assert(end != NULL && code != NULL && code < end);
        const char *once = strstr(at, "\"is_only_snapshot\":true");
        const char *last = strchr(code, ']');
        for (code += 9; code < last; code += strcspn(code, ",]") + 1) {
            ck_assert_uint_lt(w->count, WIRE_KEYS);
            snprintf(w->keys[w->count++], sizeof w->keys[0], "%.*s %.*s%s", type_length, at,
                     (int)strcspn(code + 1, "\""), code + 1,
                     once != NULL && once < end ? " once" : "");
        }
        at = end;
    }
    qsort(w->keys, w->count, sizeof w->keys[0], by_text);
}

static int64_t number(const char *line, const char *name)
{
    const char *at = strstr(line, name);
    return at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);
}

typedef struct beat {
    int64_t conn, ms;
} beat;

static void count_second(wire *w, const beat *beats)
{
    for (size_t i = 0; i < w->messages; i++) {
        size_t within = 0;
        for (size_t k = i; k < w->messages && beats[k].ms - beats[i].ms < 1000; k++)
            within += beats[k].conn == beats[i].conn;
        if (within > w->in_a_second)
            w->in_a_second = within;
    }
}

void wire_read(wire *w)
{
    static const char text_is[] = "\"text\":\"";
    beat beats[256];
    w->messages = w->requests = w->count = w->in_a_second = 0;
    w->first_ms = w->last_ms = 0;
    for (int64_t since = 1, newest = 1; since <= newest;) {
        char path[80];
        snprintf(path, sizeof path, "/mock/received?since=%" PRId64 "&limit=20", since);
        ck_assert_int_eq(mock_call(&exchange, "GET", path, ""), 200);
        char *copy = strdup(mock_answer()), *rest = NULL;
        since = number(copy, "\"next\":");
        newest = number(copy, "\"newest\":");
        for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            char *text = strstr(line, text_is);
            if (text == NULL || strstr(line, "\"what\":\"message\"") == NULL)
                continue;
            ck_assert_uint_lt(w->messages, 256);
            beats[w->messages++] = (beat){number(line, "\"conn\":"), number(line, "\"ms\":")};
            unescape(text += sizeof text_is - 1);
            if (strstr(text, "{\"method\":") != NULL)
                continue;
            w->last_ms = beats[w->messages - 1].ms;
            if (w->requests++ == 0)
                w->first_ms = w->last_ms;
            read_keys(w, text);
        }
        free(copy);
    }
    count_second(w, beats);
}

static void join(const wire *w, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < w->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", w->keys[i]);
}

size_t wire_wait(const char *keys)
{
    static wire w;
    static char text[WIRE_KEYS * 50];
    double end = stream_now() + 15;
    for (;;) {
        wire_read(&w);
        join(&w, text, sizeof text);
        if (strcmp(text, keys) == 0)
            return w.requests;
        ck_assert_msg(stream_now() < end, "the wire holds %s, not %s", text, keys);
        stage_run(20);
    }
}

void wire_rests(size_t requests)
{
    static wire w;
    stage_run(400); /* settled after 100 ms at most */
    wire_read(&w);
    ck_assert_uint_eq(w.requests, requests);
}
