/* A recording in place of the market: bare message lines, or a wire trace of one JSON object a line
 * ({"t_ns":..,"dir":"in|out","op":..,"text"|"base64":..}) of which the `in` frames are played. Each
 * connection gets the whole of it, once, from its first good request on; nothing is left out, a
 * slow client makes it wait. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "replay.h"

struct frame {
    size_t at, len; /* in `bytes` */
    int64_t t_ns;   /* since the first frame; 0 in bare files */
    int op;
};

struct mock_replay {
    struct mock_buf bytes;
    struct frame *frames;
    size_t count, cap;
    char (*codes)[24]; /* those that occur, in order of appearance */
    size_t code_count, code_cap;
    double speed; /* 0: without waiting */
    int64_t first_ns;
    bool traced, bare;
};

static bool add_frame(struct mock_replay *r, const char *bytes, size_t len, int op, int64_t t_ns)
{
    if (op >= MOCK_OP_CLOSE && len > 125) {
        return false; /* no control frame holds that much */
    }
    if (r->count == r->cap) {
        size_t cap = r->cap == 0 ? 256 : r->cap * 2;
        struct frame *frames = realloc(r->frames, cap * sizeof *frames);
        if (frames == NULL) {
            return false;
        }
        r->frames = frames;
        r->cap = cap;
    }
    r->frames[r->count++] = (struct frame){r->bytes.len, len, t_ns, op};
    mock_buf_put(&r->bytes, bytes, len);
    return !r->bytes.failed;
}

static bool add_code(struct mock_replay *r, const char *code, size_t len)
{
    if (len == 0 || len >= sizeof r->codes[0] || memchr(code, '-', len) == NULL) {
        return true;
    }
    for (size_t i = 0; i < r->code_count; i++) {
        if (strlen(r->codes[i]) == len && memcmp(r->codes[i], code, len) == 0) {
            return true;
        }
    }
    if (r->code_count == r->code_cap) {
        size_t cap = r->code_cap == 0 ? 64 : r->code_cap * 2;
        char(*codes)[24] = realloc(r->codes, cap * sizeof *codes);
        if (codes == NULL) {
            return false;
        }
        r->codes = codes;
        r->code_cap = cap;
    }
    memcpy(r->codes[r->code_count], code, len);
    r->codes[r->code_count++][len] = '\0';
    return true;
}

/* Every "cd":"X" and "code":"X", found as text: what is played need not be valid JSON. */
static bool find_codes(struct mock_replay *r, const char *text, size_t len)
{
    static const char *const names[] = {"\"cd\":\"", "\"code\":\"", "\"code\": \""};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        size_t skip = strlen(names[n]);
        const char *end = text + len;
        for (const char *at = text;
             (at = memmem(at, (size_t)(end - at), names[n], skip)) != NULL;) {
            at += skip;
            const char *quote = memchr(at, '"', (size_t)(end - at));
            if (quote == NULL) {
                break;
            }
            if (!add_code(r, at, (size_t)(quote - at))) {
                return false;
            }
        }
    }
    return true;
}

static bool add_base64(struct mock_replay *r, const struct mock_json *text, int op, int64_t t_ns)
{
    unsigned char *bytes = malloc(text->len + 4);
    if (bytes == NULL || text->len % 4 != 0) {
        free(bytes);
        return false;
    }
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)text->text, (int)text->len);
    for (size_t i = text->len; len > 0 && i > 0 && text->text[i - 1] == '='; i--) {
        len--;
    }
    bool good = len >= 0 && add_frame(r, (const char *)bytes, (size_t)len, op, t_ns);
    free(bytes);
    return good;
}

/* 1: it is a line of a wire trace and was taken (or was an `out` one); 0: it is none; -1: broken.
 */
static int trace_line(struct mock_replay *r, const char *line, size_t len)
{
    struct mock_json_doc doc = {0};
    int result = 0;
    if (mock_json_read(&doc, line, len)) {
        const struct mock_json *root = mock_json_at(&doc, 1);
        const struct mock_json *dir = mock_json_member(&doc, root, "dir");
        const struct mock_json *op = mock_json_member(&doc, root, "op");
        const struct mock_json *t = mock_json_member(&doc, root, "t_ns");
        const struct mock_json *text = mock_json_member(&doc, root, "text");
        const struct mock_json *base64 = mock_json_member(&doc, root, "base64");
        if (dir != NULL && op != NULL && dir->type == MOCK_STRING && op->type == MOCK_NUMBER) {
            int code = atoi(op->text);
            int64_t t_ns = t != NULL && t->type == MOCK_NUMBER ? strtoll(t->text, NULL, 10) : 0;
            result = 1;
            r->first_ns = r->count == 0 ? t_ns : r->first_ns;
            t_ns -= r->first_ns;
            if (strcmp(dir->text, "in") != 0) {
                /* what the client said is not played back to it */
            } else if (code != MOCK_OP_TEXT && code != MOCK_OP_BINARY && code != MOCK_OP_CLOSE &&
                       code != MOCK_OP_PING && code != MOCK_OP_PONG) {
                result = -1;
            } else if (text != NULL && text->type == MOCK_STRING) {
                result = add_frame(r, text->text, text->len, code, t_ns) &&
                                 find_codes(r, text->text, text->len)
                             ? 1
                             : -1;
            } else if (base64 != NULL && base64->type == MOCK_STRING) {
                result = add_base64(r, base64, code, t_ns) ? 1 : -1;
            } else {
                result = add_frame(r, "", 0, code, t_ns) ? 1 : -1;
            }
        }
    }
    mock_json_finish(&doc);
    return result;
}

/* The first line says which kind of file it is. */
static bool add_line(struct mock_replay *r, const char *line, size_t len, size_t number)
{
    if (len == 0) {
        return true;
    }
    int trace = r->bare ? 0 : trace_line(r, line, len);
    if (trace < 0 || (trace == 0 && r->traced)) {
        fprintf(stderr, "upbit-mock: --replay: line %zu is a broken trace line\n", number);
        return false;
    }
    if (trace > 0) {
        r->traced = true;
        return true;
    }
    r->bare = true;
    return add_frame(r, line, len, MOCK_OP_BINARY, 0) && find_codes(r, line, len);
}

struct mock_replay *mock_replay_load(const char *path, double speed)
{
    struct mock_replay *r = calloc(1, sizeof *r);
    FILE *file = fopen(path, "r");
    if (r == NULL || file == NULL) {
        fprintf(stderr, "upbit-mock: --replay %s: %s\n", path, strerror(errno));
        free(r);
        if (file != NULL) {
            fclose(file);
        }
        return NULL;
    }
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t len;
    bool good = true;
    while (good && (len = getline(&line, &size, file)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            len--;
        }
        good = add_line(r, line, (size_t)len, ++number);
    }
    free(line);
    fclose(file);
    r->speed = speed >= 0 ? speed : r->traced ? 1 : 0;
    if (good && r->count == 0) {
        fprintf(stderr, "upbit-mock: --replay %s: nothing to play\n", path);
        good = false;
    }
    if (!good) {
        mock_replay_free(r);
        return NULL;
    }
    return r;
}

void mock_replay_free(struct mock_replay *r)
{
    if (r == NULL) {
        return;
    }
    mock_buf_finish(&r->bytes);
    free(r->frames);
    free(r->codes);
    free(r);
}

size_t mock_replay_codes(const struct mock_replay *r)
{
    return r->code_count;
}

const char *mock_replay_code(const struct mock_replay *r, size_t index)
{
    return r->codes[index];
}

void mock_replay_start(struct mock_server *s, struct mock_conn *c)
{
    if (c->replaying || c->replay_at > 0) {
        return;
    }
    c->replaying = true;
    c->replay_from_ns = s->now_ns;
}

int mock_replay_run(struct mock_server *s, struct mock_conn *c)
{
    const struct mock_replay *r = s->replay;
    while (c->replaying && !c->dead && c->replay_at < r->count) {
        const struct frame *f = &r->frames[c->replay_at];
        if (r->speed > 0) {
            int64_t due = c->replay_from_ns + (int64_t)((double)f->t_ns / r->speed);
            if (due > s->now_ns) {
                int64_t ms = (due - s->now_ns) / 1000000 + 1;
                return ms < 60000 ? (int)ms : 60000;
            }
        }
        if (s->faults.silent || c->mute || mock_buf_pending(&c->out) > MOCK_REPLAY_AHEAD) {
            return -1; /* goes on when there is room */
        }
        c->replay_at++;
        if (f->op == MOCK_OP_CLOSE) {
            mock_session_close_with(s, c, r->bytes.data + f->at, f->len);
            return -1;
        }
        mock_session_send(s, c, f->op, r->bytes.data + f->at, f->len);
    }
    if (c->replay_at >= r->count) {
        c->replaying = false;
    }
    return -1;
}
