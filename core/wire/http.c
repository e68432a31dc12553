#include "wire/http.h"

#include <string.h>
#include <strings.h>

bool upbit__http_tchar(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool upbit__http_name_valid(const char *name)
{
    if (*name == '\0')
        return false;
    for (; *name != '\0'; name++) {
        if (!upbit__http_tchar((unsigned char)*name))
            return false;
    }
    return true;
}

bool upbit__http_value_valid(const char *value)
{
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

bool upbit__http_has_token(const char *list, const char *token)
{
    size_t length = strlen(token);
    while (*list != '\0') {
        list += strspn(list, " \t,");
        size_t item = strcspn(list, ",");
        size_t end = item;
        while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == '\t'))
            end--;
        if (end == length && strncasecmp(list, token, length) == 0)
            return true;
        list += item;
    }
    return false;
}

/* Days from 1970-01-01 of a date in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Reads up to `digits` digits; -1 when there are fewer. */
static int64_t number(const char **at, int digits)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *at += digits;
    return value;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form a server may send. By hand: strptime follows the
 * locale. Unix seconds or -1. */
static int64_t http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strchr(text, ',');
    if (at == NULL || at[1] != ' ')
        return -1;
    at += 2;
    int64_t day = number(&at, 2);
    if (day < 1 || day > 31 || *at++ != ' ' || strlen(at) < 3)
        return -1;
    int64_t month = 0;
    for (int i = 0; i < 12; i++) {
        if (strncmp(at, months + 3 * (size_t)i, 3) == 0)
            month = i + 1;
    }
    at += 3;
    if (month == 0 || *at++ != ' ')
        return -1;
    int64_t year = number(&at, 4);
    if (year < 1970 || *at++ != ' ')
        return -1;
    int64_t hour = number(&at, 2);
    if (hour < 0 || *at++ != ':')
        return -1;
    int64_t minute = number(&at, 2);
    if (minute < 0 || *at++ != ':')
        return -1;
    int64_t second = number(&at, 2);
    if (second < 0 || strcmp(at, " GMT") != 0)
        return -1;
    return ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

int64_t upbit__http_date_ms(const char *value)
{
    int64_t seconds = http_date(value);
    return seconds > 0 ? seconds * 1000 : 0;
}

uint32_t upbit__http_retry_after_ms(const char *value, int64_t wall_ns)
{
    const int64_t day = 86400;
    int64_t seconds = 0;
    value += strspn(value, " \t");
    if (*value >= '0' && *value <= '9') {
        for (; *value >= '0' && *value <= '9'; value++) {
            if (seconds < day)
                seconds = seconds * 10 + (*value - '0');
        }
        if (value[strspn(value, " \t")] != '\0')
            return 0;
    } else {
        int64_t at = http_date(value);
        if (at < 0)
            return 0;
        seconds = at - wall_ns / 1000000000;
    }
    if (seconds <= 0)
        return 0;
    return (uint32_t)((seconds < day ? seconds : day) * 1000);
}
