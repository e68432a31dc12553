#include "limits/ban.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

typedef struct text {
    const char *at, *end;
} text;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool begins(text t, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(t.end - t.at) >= length && strncasecmp(t.at, word, length) == 0;
}

/* The unit at the front of the text in ms, 0 when there is none. Korean as UTF-8 and as a JSON
 * writer that escapes it has it; longer words before their beginnings. */
static int64_t unit_ms(text t)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {
        {"milliseconds", 1}, {"millisecond", 1}, {"millis", 1},    {"msec", 1},     {"ms", 1},
        {"seconds", 1000},   {"second", 1000},   {"secs", 1000},   {"sec", 1000},   {"s", 1000},
        {"minutes", 60000},  {"minute", 60000},  {"mins", 60000},  {"min", 60000},  {"m", 60000},
        {"hours", 3600000},  {"hour", 3600000},  {"hrs", 3600000}, {"hr", 3600000}, {"h", 3600000},
        {"days", 86400000},  {"day", 86400000},  {"d", 86400000},
    };
    static const struct {
        const char *utf8, *escaped;
        int64_t ms;
    } korean[] = {{"초", "\\ucd08", 1000},
                  {"분", "\\ubd84", 60000},
                  {"시간", "\\uc2dc\\uac04", 3600000},
                  {"일", "\\uc77c", 86400000}};
    while (t.at < t.end && (*t.at == ' ' || *t.at == '-' || *t.at == '(' || *t.at == '['))
        t.at++;
    for (size_t i = 0; i < sizeof korean / sizeof korean[0]; i++)
        if (begins(t, korean[i].utf8) || begins(t, korean[i].escaped))
            return korean[i].ms;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].word);
        if (begins(t, units[i].word) && (t.at + length == t.end || !is_letter(t.at[length])))
            return units[i].ms;
    }
    return 0;
}

static bool holds(text t, const char *word)
{
    for (; t.at < t.end; t.at++)
        if (begins(t, word))
            return true;
    return false;
}

/* What a bare number under this JSON key counts, in ms; 0: something else (a name, a status). */
static int64_t key_ms(text key)
{
    static const char *const telling[] = {"retry", "after", "block", "wait",   "remain", "ban",
                                          "time",  "until", "reset", "expire", "sec",    "dura",
                                          "ttl",   "min",   "hour",  "release"};
    size_t length = (size_t)(key.end - key.at);
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        if (!holds(key, telling[i]))
            continue;
        if (holds(key, "milli") ||
            (length >= 2 && (strncmp(key.end - 2, "ms", 2) == 0 || /* block_ms, blockMs */
                             strncmp(key.end - 2, "Ms", 2) == 0)))
            return 1;
        return holds(key, "min") ? 60000 : holds(key, "hour") ? 3600000 : 1000;
    }
    return 0;
}

/* The key of the member whose value begins at `value`; empty when it is none. */
static text key_before(text body, const char *value)
{
    const text none = {value, value};
    const char *at = value;
    while (at > body.at && (at[-1] == ' ' || at[-1] == '"'))
        at--;
    if (at == body.at || at[-1] != ':')
        return none;
    at--;
    while (at > body.at && at[-1] == ' ')
        at--;
    if (at == body.at || at[-1] != '"')
        return none;
    const char *end = --at;
    while (at > body.at && at[-1] != '"')
        at--;
    return (text){at, end};
}

/* Two digits at `at`; -1 when they are none. */
static int two(const char *at)
{
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static int64_t days_before(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

#define SEOUL (INT64_C(9) * 3600) /* ahead of UTC, in s */

/* The seconds a zone is ahead of UTC, Seoul's where there is none; *at moves behind it. */
static int64_t zone(const char **at, const char *end)
{
    const char *p = *at;
    size_t left = (size_t)(end - p);
    if (left > 0 && (*p == 'Z' || *p == 'z')) {
        *at = p + 1;
        return 0;
    }
    if (left < 5 || (*p != '+' && *p != '-'))
        return SEOUL;
    const char *minutes = p[3] == ':' ? p + 4 : p + 3;
    if (end - minutes < 2 || two(p + 1) < 0 || two(minutes) < 0)
        return SEOUL;
    *at = minutes + 2;
    int64_t ahead = two(p + 1) * INT64_C(3600) + two(minutes) * INT64_C(60);
    return *p == '-' ? -ahead : ahead;
}

/* yyyy-MM-ddTHH:mm:ss[.fff][Z|+HH[:]mm] in Unix ms, -1 when it is none; *length: what it took.
 * Without a zone it is Seoul's: read as UTC, Seoul's stamp of now would be a ban of nine hours. */
static int64_t point_of_time(text t, size_t *length)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    if ((size_t)(t.end - t.at) < sizeof form - 1)
        return -1;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool fits = form[i] == 'd'   ? is_digit(t.at[i])
                    : form[i] == 'T' ? t.at[i] == 'T' || t.at[i] == ' '
                                     : t.at[i] == form[i];
        if (!fits)
            return -1;
    }
    int month = two(t.at + 5), day = two(t.at + 8);
    int64_t year = two(t.at) * 100 + two(t.at + 2);
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return -1;
    int64_t seconds =
        ((days_before(year, month, day) * 24 + two(t.at + 11)) * 60 + two(t.at + 14)) * 60 +
        two(t.at + 17);
    const char *at = t.at + sizeof form - 1;
    if (at < t.end && *at == '.')
        for (at++; at < t.end && is_digit(*at);)
            at++;
    int64_t offset = zone(&at, t.end);
    *length = (size_t)(at - t.at);
    return (seconds - offset) * 1000;
}

static int64_t bounded(int64_t ms)
{
    return ms < 0 ? 0 : ms < UPBIT__BAN_MAX_MS ? ms : UPBIT__BAN_MAX_MS;
}

/* Is what ends here a whole JSON value? */
static bool value_ends(text rest)
{
    while (rest.at < rest.end && (*rest.at == '"' || *rest.at == ' ' || *rest.at == '\n'))
        rest.at++;
    return rest.at == rest.end || strchr(".,}]", *rest.at) != NULL;
}

/* What a run of digits says. Durations with a unit are summed up ("1분 30초"), by *sum. */
static int64_t number_ms(text body, text digits, int64_t wall_ms, int64_t *sum)
{
    int64_t value = 0;
    for (const char *at = digits.at; at < digits.end && value < 100000000000000; at++)
        value = value * 10 + (*at - '0');
    int64_t unit = unit_ms((text){digits.end, body.end});
    if (unit != 0) {
        *sum = bounded(*sum + bounded(value < UPBIT__BAN_MAX_MS ? value * unit : INT64_MAX));
        return 0;
    }
    /* Unix time: a stamp of now or the past is the answer's own. */
    int64_t point = value > 100000000000 ? value : value > 100000000 ? value * 1000 : 0;
    if (point != 0)
        return bounded(point - wall_ms);
    if (value_ends((text){digits.end, body.end}))
        unit = key_ms(key_before(body, digits.at));
    return unit != 0 ? bounded(value * unit) : 0;
}

uint32_t upbit__ban_ms(const char *body, size_t length, int64_t wall_ns)
{
    if (body == NULL)
        return 0;
    const text all = {body, body + length};
    int64_t longest = 0, sum = 0, wall_ms = wall_ns / 1000000;
    for (const char *at = body; at < all.end;) {
        /* \ud418 and HTTP418 are no numbers. */
        if (!is_digit(*at)) {
            bool escape = *at == '\\' && all.end - at >= 6 && at[1] == 'u';
            at += escape ? 6 : 1;
            continue;
        }
        const char *end = at;
        while (end < all.end && is_digit(*end))
            end++;
        size_t took = 0;
        int64_t point = point_of_time((text){at, all.end}, &took);
        int64_t ms = 0;
        if (point >= 0) {
            ms = bounded(point - wall_ms);
            end = at + took;
        } else if (at == body || !is_letter(at[-1])) {
            ms = number_ms(all, (text){at, end}, wall_ms, &sum);
        }
        if (ms > longest)
            longest = ms;
        at = end;
    }
    return (uint32_t)(sum > longest ? sum : longest);
}
