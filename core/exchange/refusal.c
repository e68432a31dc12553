#include "exchange/refusal.h"

#include <stdbool.h>
#include <stddef.h>

/* The next character that counts, in lower case; '\0' at the end. */
static char next(const char **at)
{
    while (**at == ' ' || **at == '_' || **at == '\'')
        ++*at;
    char c = **at;
    if (c == '\0')
        return c;
    ++*at;
    if (c >= 'A' && c <= 'Z')
        return (char)(c + ('a' - 'A'));
    return c;
}

static bool same(const char *a, const char *b)
{
    char x, y;
    do {
        x = next(&a);
        y = next(&b);
    } while (x == y && x != '\0');
    return x == y;
}

upbit__refusal upbit__refusal_of(const char *name)
{
    static const struct {
        const char *name;
        upbit__refusal meaning;
    } known[] = {
        {"WRONG_FORMAT", UPBIT__REFUSAL_WANT},     {"NO_TYPE", UPBIT__REFUSAL_WANT},
        {"NO_CODES", UPBIT__REFUSAL_WANT},         {"INVALID_PARAM", UPBIT__REFUSAL_WANT},
        {"TOO_MANY_REQUEST", UPBIT__REFUSAL_RATE}, {"TOO_MANY_REQUESTS", UPBIT__REFUSAL_RATE},
        {"I'm a teapot", UPBIT__REFUSAL_BAN},      {"INVALID_AUTH", UPBIT__REFUSAL_AUTH},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (same(name, known[i].name))
            return known[i].meaning;
    return UPBIT__REFUSAL_OTHER;
}
