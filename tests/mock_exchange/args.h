/* The parameters of a command of /mock, described once: read out of a query string or out of a
 * step of a scenario, checked the same way, and refused with a sentence that says what is allowed.
 */
#ifndef MOCK_ARGS_H
#define MOCK_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "json.h"

#define MOCK_PARAMS 10

enum mock_param_kind { MOCK_ARG_NONE, MOCK_ARG_NUMBER, MOCK_ARG_WORD, MOCK_ARG_TEXT };

struct mock_param {
    const char *name; /* NULL ends the list */
    enum mock_param_kind kind;
    int64_t standard, least, most; /* of a number; `most` of a text is its longest length */
    const char *words;             /* "rst fin silence": the first is the standard */
};

struct mock_arg {
    bool given;
    int64_t number; /* a word's place among its words */
    char *text;     /* never NULL once read */
};

struct mock_args {
    struct mock_arg at[MOCK_PARAMS]; /* in the order of the description */
    const char *body;                /* of the HTTP request, or the step's "body"; borrowed */
    size_t body_len;
    char wrong[320]; /* what is wrong with them, once something is */
};

/* Both: false and a->wrong when a parameter is unknown or not what it must be. Finish in any case.
 * `command` is for the sentence. Of a step, at_ms, do, every_ms and times are somebody else's. */
bool mock_args_query(struct mock_args *a, const char *command, const struct mock_param *params,
                     const struct mock_http_request *r);
bool mock_args_json(struct mock_args *a, const char *command, const struct mock_param *params,
                    const struct mock_json_doc *doc, const struct mock_json *step);
void mock_args_finish(struct mock_args *a);

/* Writes a->wrong; always false. */
bool mock_args_wrong(struct mock_args *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
