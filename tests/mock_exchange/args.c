/* See args.h. */
#include "args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mock_args_wrong(struct mock_args *a, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(a->wrong, sizeof a->wrong, format, list);
    va_end(list);
    return false;
}

void mock_args_finish(struct mock_args *a)
{
    for (int i = 0; i < MOCK_PARAMS; i++) {
        free(a->at[i].text);
        a->at[i].text = NULL;
    }
}

static bool unknown(struct mock_args *a, const char *command, const struct mock_param *params,
                    const char *name)
{
    char names[160] = "";
    size_t len = 0;
    for (const struct mock_param *p = params; p->name != NULL && len < sizeof names; p++) {
        len +=
            (size_t)snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "", p->name);
    }
    return mock_args_wrong(a, "%s has no parameter %.40s; it takes %s", command, name,
                           *names == '\0' ? "none" : names);
}

static const struct mock_param *lookup(const struct mock_param *params, const char *name,
                                       size_t len)
{
    for (const struct mock_param *p = params; p->name != NULL; p++) {
        if (strlen(p->name) == len && memcmp(p->name, name, len) == 0) {
            return p;
        }
    }
    return NULL;
}

/* The place of a word among those that a space separates, -1 when it is not there. */
static int64_t place(const char *words, const char *word)
{
    size_t want = strlen(word);
    int64_t at = 0;
    for (const char *p = words; *p != '\0'; at++) {
        size_t len = strcspn(p, " ");
        if (len == want && memcmp(p, word, len) == 0) {
            return at;
        }
        p += len + (p[len] == ' ' ? 1 : 0);
    }
    return -1;
}

/* Takes the text, which may be NULL for want of memory. */
static bool set(struct mock_args *a, const char *command, const struct mock_param *p, size_t at,
                char *text)
{
    struct mock_arg *arg = &a->at[at];
    free(arg->text);
    arg->text = text;
    arg->given = true;
    if (text == NULL) {
        return mock_args_wrong(a, "out of memory");
    }
    if (p->kind == MOCK_ARG_NUMBER) {
        char *end;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        arg->number = value;
        if (*text == '\0' || *end != '\0' || errno != 0 || value < p->least || value > p->most) {
            return mock_args_wrong(a, "%s: %s must be a whole number from %lld to %lld", command,
                                   p->name, (long long)p->least, (long long)p->most);
        }
    } else if (p->kind == MOCK_ARG_WORD) {
        arg->number = place(p->words, text);
        if (arg->number < 0) {
            return mock_args_wrong(a, "%s: %s must be one of: %s", command, p->name, p->words);
        }
    } else if (strlen(text) > (size_t)p->most) {
        return mock_args_wrong(a, "%s: %s must not be longer than %lld bytes", command, p->name,
                               (long long)p->most);
    }
    return true;
}

static bool begin(struct mock_args *a, const struct mock_param *params)
{
    *a = (struct mock_args){.body = "", .body_len = 0};
    for (size_t i = 0; params[i].name != NULL; i++) {
        a->at[i].number = params[i].standard;
        a->at[i].text = strdup("");
        if (a->at[i].text == NULL) {
            return mock_args_wrong(a, "out of memory");
        }
    }
    return true;
}

bool mock_args_query(struct mock_args *a, const char *command, const struct mock_param *params,
                     const struct mock_http_request *r)
{
    if (!begin(a, params)) {
        return false;
    }
    a->body = r->body;
    a->body_len = r->body_len;
    for (const char *p = r->query; *p != '\0';) {
        size_t len = strcspn(p, "&"), name = strcspn(p, "=&");
        const struct mock_param *param = lookup(params, p, name);
        if (param == NULL && len > 0) {
            char text[41];
            snprintf(text, sizeof text, "%.*s", (int)(name < 40 ? name : 40), p);
            return unknown(a, command, params, text);
        }
        if (param != NULL) {
            char *value = name < len ? mock_http_query_alloc(r, param->name) : strdup("");
            if (!set(a, command, param, (size_t)(param - params), value)) {
                return false;
            }
        }
        p += len + (p[len] == '&' ? 1 : 0);
    }
    return true;
}

bool mock_args_json(struct mock_args *a, const char *command, const struct mock_param *params,
                    const struct mock_json_doc *doc, const struct mock_json *step)
{
    static const char reserved[] = "at_ms do every_ms times body";
    if (!begin(a, params)) {
        return false;
    }
    for (const struct mock_json *m = mock_json_at(doc, step->child); m != NULL;
         m = mock_json_at(doc, m->next)) {
        /* `do` of a step is the command, so a parameter of that name is `what` here. */
        const char *name = strcmp(m->key, "what") == 0 ? "do" : m->key;
        const struct mock_param *p =
            strcmp(m->key, "do") == 0 ? NULL : lookup(params, name, strlen(name));
        if (p == NULL && strcmp(m->key, "body") == 0 && m->type == MOCK_STRING) {
            a->body = m->text;
            a->body_len = m->len;
        }
        if (p == NULL && place(reserved, m->key) >= 0) {
            continue;
        }
        if (p == NULL) {
            return unknown(a, command, params, m->key);
        }
        const char *text = m->type == MOCK_BOOL ? (m->truth ? "1" : "0") : m->text;
        if (m->type != MOCK_BOOL && m->type != MOCK_NUMBER && m->type != MOCK_STRING) {
            return mock_args_wrong(a, "%s: %s must be a number or a string", command, p->name);
        }
        if (!set(a, command, p, (size_t)(p - params), strdup(text))) {
            return false;
        }
    }
    return true;
}
