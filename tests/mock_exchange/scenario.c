/* See scenario.h. */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_CAP 10000

struct step {
    int64_t due_ns;
    int64_t every_ms, left; /* how often still; < 0 for ever */
    const struct mock_command *command;
    struct mock_args args;
    char *body; /* what args.body points at */
};

struct mock_scenario {
    struct step *steps;
    size_t count, cap;
    uint64_t done, failed;
    char last_wrong[320];
};

struct reader {
    struct mock_scenario *scenario;
    char *wrong; /* 400 bytes */
    int64_t now_ns;
};

static bool complain(struct reader *r, size_t line, const char *what)
{
    snprintf(r->wrong, 400, "line %zu: %s", line, what);
    return false;
}

/* An integer member; false when it is none or out of range. */
static bool whole(int64_t *out, const struct mock_json_doc *doc, const struct mock_json *object,
                  const char *name, int64_t least, int64_t most)
{
    const struct mock_json *member = mock_json_member(doc, object, name);
    if (member == NULL) {
        return true;
    }
    if (member->type != MOCK_NUMBER) {
        return false;
    }
    char *end;
    errno = 0;
    *out = strtoll(member->text, &end, 10);
    return *end == '\0' && errno == 0 && *out >= least && *out <= most;
}

static bool room(struct mock_scenario *s)
{
    if (s->count < s->cap) {
        return true;
    }
    size_t cap = s->cap == 0 ? 16 : s->cap * 2;
    struct step *steps = cap > STEPS_CAP ? NULL : realloc(s->steps, cap * sizeof *steps);
    if (steps == NULL) {
        return false;
    }
    s->steps = steps;
    s->cap = cap;
    return true;
}

static bool read_step(struct reader *r, size_t line, const struct mock_json_doc *doc,
                      const struct mock_json *object)
{
    static const int64_t longest = INT64_C(1000000000); /* eleven days */
    const struct mock_json *what =
        object->type == MOCK_OBJECT ? mock_json_member(doc, object, "do") : NULL;
    if (what == NULL || what->type != MOCK_STRING) {
        return complain(r, line, "a step is an object with \"at_ms\", \"do\" and parameters");
    }
    const struct mock_command *command = mock_command_find(what->text);
    if (command == NULL) {
        char text[380];
        size_t len =
            (size_t)snprintf(text, sizeof text, "nothing is called %.40s; there is ", what->text);
        mock_command_names(text + len, sizeof text - len);
        return complain(r, line, text);
    }
    int64_t at = -1, every = 0, times = -1;
    if (!whole(&at, doc, object, "at_ms", 0, longest) || at < 0) {
        return complain(r, line, "at_ms must be a whole number from 0 to 1000000000");
    }
    if (!whole(&every, doc, object, "every_ms", 1, longest) ||
        !whole(&times, doc, object, "times", 1, longest)) {
        return complain(r, line, "every_ms and times must be whole numbers from 1 to 1000000000");
    }
    if (!room(r->scenario)) {
        return complain(r, line, "too many steps: 10000 are allowed");
    }
    struct step step = {.due_ns = r->now_ns + at * 1000000,
                        .every_ms = every,
                        .left = every == 0 ? 1 : times,
                        .command = command};
    bool good = mock_args_json(&step.args, command->name, command->params, doc, object);
    step.body = good ? malloc(step.args.body_len + 1) : NULL;
    if (step.body != NULL) {
        memcpy(step.body, step.args.body, step.args.body_len);
        step.args.body = step.body;
    } else if (good) {
        good = mock_args_wrong(&step.args, "out of memory");
    }
    good = good && (command->check == NULL || command->check(&step.args));
    if (!good) {
        complain(r, line, step.args.wrong);
        mock_args_finish(&step.args);
        free(step.body);
        return false;
    }
    r->scenario->steps[r->scenario->count++] = step;
    return true;
}

/* The line of the nth step of {"steps":[...]}: of its bracket, the third one deep. */
static size_t line_of(const char *text, size_t len, size_t nth)
{
    size_t line = 1;
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            line++;
        } else if (quoted) {
            quoted = text[i] != '"';
            i += text[i] == '\\' ? 1 : 0;
        } else if (text[i] == '"') {
            quoted = true;
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        } else if ((text[i] == '{' || text[i] == '[') && ++depth == 3 && nth-- == 0) {
            break;
        }
    }
    return line;
}

static bool read_object(struct reader *r, const char *text, size_t len,
                        const struct mock_json_doc *doc)
{
    const struct mock_json *root = mock_json_at(doc, 1);
    const struct mock_json *steps = mock_json_member(doc, root, "steps");
    if (steps == NULL || steps->type != MOCK_ARRAY || root->child == 0 ||
        mock_json_at(doc, root->child)->next != 0) {
        return complain(r, 1, "an object has \"steps\", an array, and nothing else");
    }
    size_t nth = 0;
    for (const struct mock_json *step = mock_json_at(doc, steps->child); step != NULL;
         step = mock_json_at(doc, step->next), nth++) {
        if (!read_step(r, line_of(text, len, nth), doc, step)) {
            return false;
        }
    }
    return true;
}

static bool read_lines(struct reader *r, const char *text, size_t len)
{
    size_t number = 1;
    for (const char *p = text, *end = text + len; p < end; number++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t line = stop == NULL ? (size_t)(end - p) : (size_t)(stop - p);
        size_t used = line;
        while (used > 0 && strchr(" \t\r", p[used - 1]) != NULL) {
            used--;
        }
        struct mock_json_doc doc;
        if (used > 0 && !mock_json_read(&doc, p, used)) {
            return complain(r, number,
                            "this is not JSON; a step is one line, or all are {\"steps\":[...]}");
        }
        bool good = used == 0 || read_step(r, number, &doc, mock_json_at(&doc, 1));
        if (used > 0) {
            mock_json_finish(&doc);
        }
        if (!good) {
            return false;
        }
        p += line + 1;
    }
    return true;
}

struct mock_scenario *mock_scenario_read(char wrong[400], const char *text, size_t len,
                                         int64_t now_ns)
{
    struct reader r = {calloc(1, sizeof(struct mock_scenario)), wrong, now_ns};
    if (r.scenario == NULL) {
        snprintf(wrong, 400, "out of memory");
        return NULL;
    }
    struct mock_json_doc doc;
    bool whole_object = mock_json_read(&doc, text, len);
    const struct mock_json *root = whole_object ? mock_json_at(&doc, 1) : NULL;
    bool steps = whole_object && mock_json_member(&doc, root, "do") == NULL;
    bool good = steps ? read_object(&r, text, len, &doc) : read_lines(&r, text, len);
    if (whole_object) {
        mock_json_finish(&doc);
    }
    if (!good) {
        mock_scenario_free(r.scenario);
        return NULL;
    }
    return r.scenario;
}

struct mock_scenario *mock_scenario_load(const char *path, int64_t now_ns)
{
    struct mock_buf text = {0};
    FILE *file = fopen(path, "r");
    size_t got = 0;
    char *to = NULL;
    while (file != NULL && (to = mock_buf_reserve(&text, 65536)) != NULL &&
           (got = fread(to, 1, 65536, file)) > 0) {
        text.len += got;
    }
    struct mock_scenario *scenario = NULL;
    if (file == NULL || to == NULL || ferror(file)) {
        fprintf(stderr, "upbit-mock: --scenario %s: %s\n", path, strerror(errno));
    } else {
        char wrong[400];
        scenario = mock_scenario_read(wrong, text.len > 0 ? text.data : "", text.len, now_ns);
        if (scenario == NULL) {
            fprintf(stderr, "upbit-mock: --scenario %s: %s\n", path, wrong);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    mock_buf_finish(&text);
    return scenario;
}

void mock_scenario_free(struct mock_scenario *scenario)
{
    for (size_t i = 0; scenario != NULL && i < scenario->count; i++) {
        mock_args_finish(&scenario->steps[i].args);
        free(scenario->steps[i].body);
    }
    if (scenario != NULL) {
        free(scenario->steps);
    }
    free(scenario);
}

/* The step that is due first; of several the one that was written first. */
static struct step *first_due(struct mock_scenario *scenario)
{
    struct step *first = NULL;
    for (size_t i = 0; i < scenario->count; i++) {
        struct step *step = &scenario->steps[i];
        if (step->left != 0 && (first == NULL || step->due_ns < first->due_ns)) {
            first = step;
        }
    }
    return first;
}

int mock_scenario_run(struct mock_server *s, struct mock_scenario *scenario)
{
    struct step *step;
    while ((step = first_due(scenario)) != NULL && step->due_ns <= s->now_ns) {
        step->due_ns += step->every_ms * 1000000;
        step->left -= step->left > 0;
        scenario->done++;
        if (!step->command->run(s, &step->args)) {
            /* A connection that is not there any more, for instance: the rest goes on. */
            scenario->failed++;
            snprintf(scenario->last_wrong, sizeof scenario->last_wrong, "%s", step->args.wrong);
            mock_log(s, "scenario: %s", step->args.wrong);
        }
    }
    int64_t ms = step == NULL ? -1 : (step->due_ns - s->now_ns) / 1000000 + 1;
    return ms < 60000 ? (int)ms : 60000;
}

void mock_scenario_put(struct mock_buf *out, const struct mock_scenario *scenario)
{
    size_t waiting = 0;
    for (size_t i = 0; scenario != NULL && i < scenario->count; i++) {
        waiting += scenario->steps[i].left != 0;
    }
    mock_buf_printf(out, "{\"steps\":%zu,\"waiting\":%zu,\"done\":%llu,\"failed\":%llu,\"error\":",
                    scenario == NULL ? 0 : scenario->count, waiting,
                    scenario == NULL ? 0 : (unsigned long long)scenario->done,
                    scenario == NULL ? 0 : (unsigned long long)scenario->failed);
    const char *wrong = scenario == NULL ? "" : scenario->last_wrong;
    mock_buf_json_string(out, wrong, strlen(wrong));
    mock_buf_putc(out, '}');
}
