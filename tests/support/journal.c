/* See journal.h. The mock writes one entry a line, so that nobody needs a JSON reader here. */
#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many entries of the longest kind fit into the answer's buffer. */
#define PAGE 700

static void die(const char *what)
{
    fprintf(stderr, "mock journal: %s\n", what);
    abort();
}

/* The text behind "name": up to the end of the line; NULL when it is not in it. */
static const char *member(const char *line, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    return at == NULL ? NULL : at + strlen(key);
}

static int64_t number(const char *line, const char *name)
{
    const char *at = member(line, name);
    return at == NULL ? 0 : (int64_t)strtoll(at, NULL, 10);
}

static void text(char *out, size_t size, const char *line, const char *name)
{
    const char *at = member(line, name);
    if (at == NULL || *at != '"')
        die(line);
    size_t length = strcspn(at + 1, "\"");
    snprintf(out, size, "%.*s", (int)length, at + 1);
}

static void add(mock_journal *journal, const char *line)
{
    if (journal->count == journal->cap) {
        size_t cap = journal->cap == 0 ? 1024 : journal->cap * 2;
        mock_sent *list = realloc(journal->list, cap * sizeof *list);
        if (list == NULL)
            die("out of memory");
        journal->list = list;
        journal->cap = cap;
    }
    mock_sent *sent = &journal->list[journal->count++];
    *sent = (mock_sent){.n = (uint64_t)number(line, "n"),
                        .ms = number(line, "ms"),
                        .conn = (uint64_t)number(line, "conn"),
                        .id = number(line, "id"),
                        .window = number(line, "window"),
                        .depth = (int)number(line, "depth"),
                        .timestamp = number(line, "timestamp"),
                        .late = member(line, "late") != NULL,
                        .repeated = member(line, "repeated") != NULL,
                        .held = member(line, "held") != NULL};
    char stream[16];
    text(sent->type, sizeof sent->type, line, "type");
    text(sent->code, sizeof sent->code, line, "code");
    text(stream, sizeof stream, line, "stream");
    sent->stream = strcmp(stream, "REST") == 0       ? MOCK_REST
                   : strcmp(stream, "SNAPSHOT") == 0 ? MOCK_SNAPSHOT
                                                     : MOCK_REALTIME;
    if (member(line, "values") != NULL)
        text(sent->values, sizeof sent->values, line, "values");
    const char *level = member(line, "level");
    if (level != NULL)
        snprintf(sent->level, sizeof sent->level, "%.*s", (int)strcspn(level, ",}"), level);
}

/* The next line of an answer, ended in place; NULL when there is none. */
static char *line_of(char **rest)
{
    char *line = *rest;
    if (*line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    *rest = end == NULL ? line + strlen(line) : end + 1;
    if (end != NULL)
        *end = '\0';
    return line;
}

void mock_journal_read(const mock *m, mock_journal *journal)
{
    for (;;) {
        uint64_t since = journal->next > 0 ? journal->next : 1;
        char path[96];
        snprintf(path, sizeof path, "/mock/journal?since=%" PRIu64 "&limit=%d", since, PAGE);
        if (mock_call(m, "GET", path, "") != 200)
            die("no answer");
        char *copy = strdup(mock_answer());
        if (copy == NULL)
            die("out of memory");
        char *rest = copy, *line = line_of(&rest);
        if (line == NULL || member(line, "next") == NULL)
            die("no journal");
        uint64_t first = (uint64_t)number(line, "first"), next = (uint64_t)number(line, "next");
        uint64_t newest = (uint64_t)number(line, "newest");
        size_t before = journal->count;
        while ((line = line_of(&rest)) != NULL)
            add(journal, line);
        free(copy);
        journal->lost += first > since ? first - since : 0;
        if (journal->count - before != next - (first > since ? first : since))
            die("an answer that was cut");
        journal->next = next;
        if (next > newest)
            return;
    }
}

size_t mock_trades(const mock *m, const char *code, int64_t *ids, size_t cap)
{
    size_t count = 0;
    int64_t since = 0;
    for (;;) {
        char path[128];
        snprintf(path, sizeof path, "/mock/trades?code=%s&since=%" PRId64 "&limit=1000", code,
                 since);
        if (mock_call(m, "GET", path, "") != 200)
            die(mock_answer());
        char *copy = strdup(mock_answer()), *rest = copy;
        if (copy == NULL)
            die("out of memory");
        line_of(&rest);
        size_t before = count;
        for (char *line; (line = line_of(&rest)) != NULL && count < cap;)
            ids[count++] = number(line, "id");
        free(copy);
        if (count == before || count == cap)
            return count;
        since = ids[count - 1] + 1;
    }
}
