#include "order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ways[] = {"up", "down", "both", NULL};
static const char *const cuts[] = {"rst", "fin", "half", "silence", NULL};
static const char *const refuses[] = {"closed", "reset", NULL};

static const struct number {
    const char *name;
    int64_t most;
} numbers[NUMBERS] = {
    [SAYS_MS] = {"ms", 3600000},           [SAYS_JITTER_MS] = {"jitter_ms", 3600000},
    [SAYS_BYTES] = {"bytes", 1000000000},  [SAYS_PAUSE_US] = {"pause_us", 1000000},
    [SAYS_COUNT] = {"count", 1000000},     [SAYS_PER_MILLION] = {"per_million", 1000000},
    [SAYS_FOR_MS] = {"for_ms", 604800000},
};

#define BIT(n) (1u << (n))

static const struct kind {
    const char *name;
    unsigned says, must; /* bits of numbers */
    int way;             /* -1: has none, else what it is when nothing is said */
    const char *const *how;
    int64_t count; /* when nothing is said */
    const char *takes, *help;
} kinds[DEEDS] = {
    [DEED_LATENCY] = {"latency", BIT(SAYS_MS) | BIT(SAYS_JITTER_MS), BIT(SAYS_MS), WAY_BOTH, NULL,
                      0, "ms=N [jitter_ms=N] [way=]", "every byte is that late, in its order"},
    [DEED_RATE] = {"rate", BIT(SAYS_BYTES), BIT(SAYS_BYTES), WAY_BOTH, NULL, 0, "bytes=N [way=]",
                   "of each connection so many a second; 0: no bound"},
    [DEED_SLICE] = {"slice", BIT(SAYS_BYTES) | BIT(SAYS_PAUSE_US), BIT(SAYS_BYTES), WAY_BOTH, NULL,
                    0, "bytes=N [pause_us=N] [way=]",
                    "each write is that small, and so long after the last; 0: as it comes"},
    [DEED_FLIP] = {"flip", BIT(SAYS_COUNT) | BIT(SAYS_PER_MILLION), 0, WAY_DOWN, NULL, 1,
                   "[count=1] [per_million=N] [way=down]",
                   "a bit of each of the next so many reads; of so many bytes in a million"},
    [DEED_STALL] = {"stall", 0, 0, WAY_BOTH, NULL, 0, "[way=]",
                    "nothing is carried any more, of new ones neither; it waits"},
    [DEED_RESUME] = {"resume", 0, 0, WAY_BOTH, NULL, 0, "[way=]", "stall ends, all goes on"},
    [DEED_BLACKHOLE] = {"blackhole", 0, 0, WAY_BOTH, NULL, 0, "[way=]",
                        "all is taken and forgotten, of new ones too"},
    [DEED_CUT] = {"cut", 0, 0, WAY_BOTH, cuts, 0, "[how=rst|fin|half|silence] [way=]",
                  "all there are end; half: one way of them; silence: they stay, and forget "
                  "what comes that way"},
    [DEED_LOSE] = {"lose", BIT(SAYS_BYTES) | BIT(SAYS_COUNT), 0, WAY_DOWN, cuts, 1,
                   "[bytes=0] [count=1] [how=] [way=down]",
                   "the next so many end after so many bytes, in the middle of an upgrade"},
    [DEED_REFUSE] = {"refuse", BIT(SAYS_FOR_MS), 0, -1, refuses, 0, "[how=closed|reset] [for_ms=0]",
                     "who connects; reset: after it was let in; 0: until clear"},
    [DEED_CLEAR] = {"clear", 0, 0, -1, NULL, 0, "",
                    "all of it is off; connections that have lost bytes are reset"},
    [DEED_STATS] = {"stats", 0, 0, -1, NULL, 0, "", "what has happened, as one JSON object"},
    [DEED_QUIT] = {"quit", 0, 0, -1, NULL, 0, "", "exit status 0"},
};

static int find(const char *const *names, const char *text)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

/* A number or a range, "40..80". */
static bool read_number(order *o, int which, const char *text, char *why, size_t size)
{
    char *end = NULL;
    errno = 0;
    long long least = strtoll(text, &end, 10), most = least;
    bool good = end != text && errno == 0;
    if (good && strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;
        most = strtoll(second, &end, 10);
        good = end != second && errno == 0;
    }
    if (!good || *end != '\0' || least < 0 || most < least || most > numbers[which].most) {
        snprintf(why, size, "%s=%s: a number from 0 to %lld, or two of them as 10..20",
                 numbers[which].name, text, (long long)numbers[which].most);
        return false;
    }
    o->least[which] = least;
    o->most[which] = most;
    return true;
}

static bool read_word(int *value, const char *name, const char *const *words, const char *text,
                      char *why, size_t size)
{
    *value = find(words, text);
    if (*value >= 0)
        return true;
    int n = snprintf(why, size, "%s=%s: one of", name, text);
    for (int i = 0; words[i] != NULL && n > 0 && (size_t)n < size; i++)
        n += snprintf(why + n, size - (size_t)n, " %s", words[i]);
    return false;
}

static bool read_word_or_number(order *o, const struct kind *k, char *word, unsigned *said,
                                char *why, size_t size)
{
    char *value = strchr(word, '=');
    if (value != NULL)
        *value++ = '\0';
    if (value != NULL && k->way >= 0 && strcmp(word, "way") == 0)
        return read_word(&o->way, word, ways, value, why, size);
    if (value != NULL && k->how != NULL && strcmp(word, "how") == 0)
        return read_word(&o->how, word, k->how, value, why, size);
    for (int i = 0; i < NUMBERS && value != NULL; i++) {
        if ((k->says & BIT(i)) == 0 || strcmp(numbers[i].name, word) != 0)
            continue;
        *said |= BIT(i);
        return read_number(o, i, value, why, size);
    }
    snprintf(why, size, "%s: %s takes %s", word, k->name, *k->takes != '\0' ? k->takes : "nothing");
    return false;
}

bool order_read(order *o, const char *line, char *why, size_t size)
{
    char text[256], *rest = NULL;
    if (snprintf(text, sizeof text, "%s", line) >= (int)sizeof text) {
        snprintf(why, size, "an order of more than %zu bytes", sizeof text - 1);
        return false;
    }
    const char *name = strtok_r(text, " \t\r\n", &rest);
    const struct kind *k = NULL;
    for (int i = 0; name != NULL && i < DEEDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            k = &kinds[i];
    if (k == NULL) {
        int n = snprintf(why, size, "%s: one of", name != NULL ? name : "an empty order");
        for (int i = 0; i < DEEDS && n > 0 && (size_t)n < size; i++)
            n += snprintf(why + n, size - (size_t)n, " %s", kinds[i].name);
        return false;
    }
    *o = (order){.what = (deed)(k - kinds), .way = k->way};
    unsigned said = 0;
    for (char *word; (word = strtok_r(NULL, " \t\r\n", &rest)) != NULL;)
        if (!read_word_or_number(o, k, word, &said, why, size))
            return false;
    /* A flip of so many bytes in a million is no flip of the next read besides. */
    if ((said & BIT(SAYS_COUNT)) == 0 &&
        !(k == &kinds[DEED_FLIP] && (said & BIT(SAYS_PER_MILLION)) != 0))
        o->least[SAYS_COUNT] = o->most[SAYS_COUNT] = k->count;
    for (int i = 0; i < NUMBERS; i++) {
        if ((k->must & BIT(i)) == 0 || (said & BIT(i)) != 0)
            continue;
        snprintf(why, size, "%s needs %s=", k->name, numbers[i].name);
        return false;
    }
    return true;
}

void order_help(void)
{
    for (int i = 0; i < DEEDS; i++)
        printf("  %s %s\n        %s\n", kinds[i].name, kinds[i].takes, kinds[i].help);
}
