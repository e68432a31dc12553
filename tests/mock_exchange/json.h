/* A JSON reader for what clients send: strict, bounded in depth and size, a tree of nodes in one
 * array. Numbers stay text, because a level's spelling is nobody's business but the reader's. */
#ifndef MOCK_JSON_H
#define MOCK_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum mock_json_type { MOCK_NULL, MOCK_BOOL, MOCK_NUMBER, MOCK_STRING, MOCK_ARRAY, MOCK_OBJECT };

struct mock_json {
    enum mock_json_type type;
    bool truth;
    const char *key;  /* of a member; NULL in arrays */
    const char *text; /* NUL-terminated string or number; strings may hold no NUL */
    size_t len;
    size_t next;  /* index of the next sibling, 0 = none */
    size_t child; /* index of the first child, 0 = none */
};

struct mock_json_doc {
    struct mock_json *node; /* node[1] is the root */
    size_t count, cap;
    char *strings;
    size_t used;
};

bool mock_json_read(struct mock_json_doc *doc, const char *text, size_t len);
void mock_json_finish(struct mock_json_doc *doc);
/* The member of this name, the last one if it is there twice; NULL when there is none. */
const struct mock_json *mock_json_member(const struct mock_json_doc *doc,
                                         const struct mock_json *object, const char *key);
static inline const struct mock_json *mock_json_at(const struct mock_json_doc *doc, size_t index)
{
    return index == 0 ? NULL : &doc->node[index];
}

#endif
