#include "wants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char wants_help[] =
    "TYPE   ticker, trade, orderbook, candle.1s .1m .3m .5m .10m .15m .30m .60m .240m,\n"
    "       and with keys, UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY: myOrder, myAsset,\n"
    "       announcement\n"
    "CODES  market codes, quote currency first: KRW-BTC,KRW-ETH; for order books with a depth\n"
    "       of 1 to 30 rows: KRW-BTC.5; KRW-* for all markets of a quote currency, new ones\n"
    "       included; - for none or all (myOrder, myAsset, announcement)\n";

/* What is wrong, for the caller's caller. */
typedef struct trouble {
    const char *why, *what;
} trouble;

static int refuse(trouble *t, const char *why, const char *what)
{
    *t = (trouble){why, what};
    return -1;
}

/* The type's name as on the wire; 0 and *unit, or -1. */
static int read_type(const char *text, int *type, unsigned *unit)
{
    static const struct {
        const char *name;
        int type;
    } types[] = {{"ticker", UPBIT_TYPE_TICKER},       {"trade", UPBIT_TYPE_TRADE},
                 {"orderbook", UPBIT_TYPE_ORDERBOOK}, {"myOrder", UPBIT_TYPE_MY_ORDER},
                 {"myAsset", UPBIT_TYPE_MY_ASSET},    {"announcement", UPBIT_TYPE_ANNOUNCEMENT}};
    *unit = 0;
    if (strncmp(text, "candle.", 7) == 0) {
        *type = UPBIT_TYPE_CANDLE;
        *unit = upbit_candle_unit_from_name(text + 7);
        return *unit != 0 ? 0 : -1;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, text) == 0) {
            *type = types[i].type;
            return 0;
        }
    return -1;
}

static tool_want *want_for(tool_wants *w, int type, unsigned unit, unsigned depth)
{
    for (size_t i = 0; i < w->count; i++) {
        const upbit_want *have = &w->at[i].want;
        if (have->type == type && have->candle_unit == unit && have->book_depth == depth)
            return &w->at[i];
    }
    tool_want *at = realloc(w->at, (w->count + 1) * sizeof *at);
    if (at == NULL)
        return NULL;
    w->at = at;
    tool_want *made = &at[w->count++];
    *made = (tool_want){.want = UPBIT_WANT_INIT};
    made->want.type = type;
    made->want.candle_unit = unit;
    made->want.book_depth = depth;
    return made;
}

/* KRW-BTC or, for order books, KRW-BTC.5 */
static int add_code(tool_wants *w, int type, unsigned unit, char *code, trouble *t)
{
    unsigned depth = 0;
    char *dot = strchr(code, '.');
    if (dot != NULL) {
        char *end = NULL;
        errno = 0;
        unsigned long n = strtoul(dot + 1, &end, 10);
        if (type != UPBIT_TYPE_ORDERBOOK || *end != '\0' || end == dot + 1 || dot[1] == '-' ||
            n < 1 || n > 30)
            return refuse(t, "a depth is for order books, 1 to 30, e.g. KRW-BTC.5", code);
        depth = (unsigned)n;
        *dot = '\0';
    }
    tool_want *to = want_for(w, type, unit, depth);
    char *copy = strdup(code);
    char **codes = NULL;
    if (to != NULL && copy != NULL)
        codes = realloc(to->codes, (to->want.code_count + 1) * sizeof *codes);
    if (codes == NULL) {
        free(copy);
        return refuse(t, "out of memory", NULL);
    }
    codes[to->want.code_count++] = copy;
    to->codes = codes;
    to->want.codes = (const char *const *)codes;
    w->code_count++;
    return 0;
}

static int add(tool_wants *w, const char *type_text, char *codes, trouble *t)
{
    int type;
    unsigned unit;
    if (read_type(type_text, &type, &unit) != 0)
        return refuse(t, "unknown TYPE", type_text);
    if (strcmp(codes, "-") == 0) {
        if (type != UPBIT_TYPE_MY_ASSET && type != UPBIT_TYPE_MY_ORDER &&
            type != UPBIT_TYPE_ANNOUNCEMENT)
            return refuse(t, "CODES are needed for this TYPE", type_text);
        return want_for(w, type, unit, 0) != NULL ? 0 : refuse(t, "out of memory", NULL);
    }
    char *rest = NULL;
    size_t before = w->code_count;
    for (char *code = strtok_r(codes, ",", &rest); code != NULL; code = strtok_r(NULL, ",", &rest))
        if (add_code(w, type, unit, code, t) != 0)
            return -1;
    return w->code_count > before ? 0 : refuse(t, "CODES are needed for this TYPE", type_text);
}

int wants_add(tool_wants *w, const char *type, char *codes, const char **why, const char **what)
{
    trouble t = {NULL, NULL};
    int result = add(w, type, codes, &t);
    *why = t.why;
    *what = t.what;
    return result;
}

bool wants_select(const tool_wants *w)
{
    for (size_t i = 0; i < w->count; i++)
        for (size_t k = 0; k < w->at[i].want.code_count; k++)
            if (strchr(w->at[i].codes[k], '*') != NULL)
                return true;
    return false;
}

static bool is_private(int type)
{
    return type == UPBIT_TYPE_MY_ORDER || type == UPBIT_TYPE_MY_ASSET ||
           type == UPBIT_TYPE_ANNOUNCEMENT;
}

bool wants_private(const tool_wants *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (is_private(w->at[i].want.type))
            return true;
    return false;
}

bool wants_public(const tool_wants *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (!is_private(w->at[i].want.type))
            return true;
    return false;
}

void wants_free(tool_wants *w)
{
    for (size_t i = 0; i < w->count; i++) {
        for (size_t k = 0; k < w->at[i].want.code_count; k++)
            free(w->at[i].codes[k]);
        free(w->at[i].codes);
    }
    free(w->at);
    *w = (tool_wants){0};
}
