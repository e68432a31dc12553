#include "client/recorded_markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "exchange/request.h"
#include "upbit-live/error.h"
#include "wire/frame.h"
#include "wire/recording.h"

#define TURN_MOST ((size_t)1024 * 1024) /* bytes looked through in one turn */

typedef char code_text[24];

struct upbit__recorded_markets {
    /* immutable */
    upbit__loop *loop;
    void (*done)(void *context, upbit__markets *markets);
    void *context;
    /* I/O thread */
    upbit__timer timer;
    FILE *file;
    char *line;
    size_t line_room;
    upbit__recording_kind kind;
    code_text *codes; /* sorted */
    size_t count, room;
};

static void let_go(upbit__recorded_markets *s)
{
    if (s->file != NULL)
        fclose(s->file);
    free(s->line);
    free(s->codes);
    s->file = NULL;
    s->line = NULL;
    s->codes = NULL;
}

/* false: no memory. */
static bool add(upbit__recorded_markets *s, const char *code, size_t length)
{
    code_text text = "";
    if (length >= sizeof text)
        return true;
    memcpy(text, code, length);
    if (!upbit__code_check(text))
        return true;
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(s->codes[middle], text);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 256 : 2 * s->room;
        code_text *codes = realloc(s->codes, room * sizeof *codes);
        if (codes == NULL)
            return false;
        s->codes = codes;
        s->room = room;
    }
    memmove(s->codes + low + 1, s->codes + low, (s->count - low) * sizeof *s->codes);
    memcpy(s->codes[low], text, sizeof text);
    s->count++;
    return true;
}

/* Every value of the member in a frame, LIST formats have several. Names and codes have no escapes,
 * and what only looks like one, in a notice's text, has its quotes escaped. */
static bool add_values(upbit__recorded_markets *s, const upbit__recorded *frame, const char *name)
{
    const char *at = (const char *)frame->data, *end = at + frame->length;
    size_t length = strlen(name);
    while (at < end && (at = memmem(at, (size_t)(end - at), name, length)) != NULL) {
        at += length;
        while (at < end && (*at == ' ' || *at == ':'))
            at++;
        if (at == end || *at != '"')
            continue;
        const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (quote == NULL)
            return true;
        if (!add(s, at + 1, (size_t)(quote - at - 1)))
            return false;
        at = quote + 1;
    }
    return true;
}

/* The list as the exchange would have sent it. */
static upbit__markets *list_of(const upbit__recorded_markets *s)
{
    upbit__markets *markets = NULL;
    size_t room = s->count * (sizeof(code_text) + sizeof "{\"market\":\"\"},") + 3, length = 1;
    char *body = s->count > 0 ? malloc(room) : NULL;
    if (body == NULL)
        return NULL;
    body[0] = '[';
    for (size_t i = 0; i < s->count; i++)
        length += (size_t)snprintf(body + length, room - length, "%s{\"market\":\"%s\"}",
                                   i == 0 ? "" : ",", s->codes[i]);
    body[length++] = ']';
    if (upbit__markets_parse(&markets, body, length, NULL, 0) != 0)
        markets = NULL;
    free(body);
    return markets;
}

static void finish(upbit__recorded_markets *s, bool whole)
{
    upbit__markets *markets = whole ? list_of(s) : NULL;
    let_go(s);
    s->done(s->context, markets); /* s may be gone after this */
}

static void look_through(void *context)
{
    upbit__recorded_markets *s = context;
    for (size_t seen = 0; seen < TURN_MOST;) {
        upbit__recorded frame;
        const char *why;
        ssize_t length = s->file == NULL ? -1 : getline(&s->line, &s->line_room, s->file);
        if (length < 0) {
            finish(s, s->file != NULL && feof(s->file)); /* or there is no memory for the line */
            return;
        }
        seen += (size_t)length;
        length -= length > 0 && s->line[length - 1] == '\n';
        int rc = upbit__recording_read(&frame, &s->kind, s->line, (size_t)length, &why);
        if (rc < 0) { /* playing ends here, too */
            finish(s, true);
            return;
        }
        bool data = rc == 1 && frame.in &&
                    (frame.opcode == UPBIT__FRAME_TEXT || frame.opcode == UPBIT__FRAME_BINARY);
        if (data && !(add_values(s, &frame, "\"code\"") && add_values(s, &frame, "\"cd\""))) {
            finish(s, false);
            return;
        }
    }
    if (upbit__timer_start(s->loop, &s->timer, 0) != 0)
        finish(s, false);
}

int upbit__recorded_markets_start(upbit__recorded_markets **out, upbit__loop *loop,
                                  const char *path,
                                  void (*done)(void *context, upbit__markets *markets),
                                  void *context)
{
    upbit__recorded_markets *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    s->loop = loop;
    s->done = done;
    s->context = context;
    s->timer = (upbit__timer){.callback = look_through, .context = s};
    s->file = fopen(path, "re");
    int error = upbit__timer_start(loop, &s->timer, 0);
    if (error != 0) {
        let_go(s);
        free(s);
        return error;
    }
    *out = s;
    return 0;
}

void upbit__recorded_markets_destroy(upbit__recorded_markets *s)
{
    if (s == NULL)
        return;
    upbit__timer_stop(&s->timer);
    let_go(s);
    free(s);
}
