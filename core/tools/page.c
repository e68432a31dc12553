#include "page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(page *p, const char *text, size_t length)
{
    if (p->length + length + 1 > p->room) {
        size_t room = (p->length + length + 1) * 2;
        char *grown = realloc(p->text, room);
        if (grown == NULL) {
            p->failed = true;
            return;
        }
        p->text = grown;
        p->room = room;
    }
    memcpy(p->text + p->length, text, length);
    p->length += length;
    p->text[p->length] = '\0';
}

void page_begin(page *p, size_t width, bool terminal)
{
    p->length = p->rows = p->column = p->most = 0;
    p->width = width;
    p->terminal = terminal;
    p->failed = false;
    append(p, "", 0);
}

void page_free(page *p)
{
    free(p->text);
    *p = (page){0};
}

static const char *escape_of(page_style style)
{
    switch (style) {
    case PAGE_HEAD:
        return "\033[7m";
    case PAGE_GOOD:
        return "\033[32m";
    case PAGE_WARN:
        return "\033[33m";
    case PAGE_BAD:
        return "\033[1;31m";
    case PAGE_DIM:
        return "\033[2m";
    default:
        return NULL;
    }
}

static void put(page *p, page_style style, const char *format, va_list arguments)
{
    char text[1024];
    if (p->most > 0 && p->rows >= p->most)
        return;
    int made = vsnprintf(text, sizeof text, format, arguments);
    size_t length = made < 0 ? 0 : (size_t)made < sizeof text ? (size_t)made : sizeof text - 1;
    size_t left = p->width == 0 ? length : p->width > p->column ? p->width - p->column : 0;
    if (length > left)
        length = left;
    /* Names and reasons come from others: one column each, and nothing a terminal obeys. */
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
            text[i] = '?';
    const char *escape = p->terminal ? escape_of(style) : NULL;
    if (escape != NULL)
        append(p, escape, strlen(escape));
    append(p, text, length);
    p->column += length;
    if (escape != NULL)
        append(p, "\033[0m", 4);
}

void page_put(page *p, page_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(p, style, format, arguments);
    va_end(arguments);
}

void page_end_line(page *p)
{
    if (p->most > 0 && p->rows >= p->most) {
        p->column = 0;
        return;
    }
    /* What stood there before goes; in a file blanks at the end of a line are of no use. */
    if (p->terminal)
        append(p, "\033[K\r", 4);
    while (!p->terminal && p->length > 0 && p->text[p->length - 1] == ' ')
        p->length--;
    append(p, "\n", 1);
    p->rows++;
    p->column = 0;
}

void page_line(page *p, page_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(p, style, format, arguments);
    va_end(arguments);
    page_end_line(p);
}

static const char *say(char out[16], const char *text)
{
    snprintf(out, 16, "%s", text);
    return out;
}

const char *page_fixed(char out[16], double value, int digits)
{
    static const long long scales[] = {1, 10, 100};
    long long scale = scales[digits], scaled = (long long)(value * (double)scale + 0.5);
    char text[64];
    if (digits == 0)
        snprintf(text, sizeof text, "%lld", scaled);
    else
        snprintf(text, sizeof text, "%lld.%0*lld", scaled / scale, digits, scaled % scale);
    snprintf(out, 16, "%.15s", text);
    return out;
}

static const char *with_unit(char out[16], double value, int digits, const char *unit)
{
    char number[16];
    snprintf(out, 16, "%.10s%.4s", page_fixed(number, value, digits), unit);
    return out;
}

static bool is_whole(double n)
{
    return n == (double)(long long)n;
}

const char *page_count(char out[16], double n)
{
    if (n < 0)
        return say(out, "-");
    if (n < 10 && !is_whole(n))
        return page_fixed(out, n, 2);
    if (n < 1e4)
        return page_fixed(out, n, 0);
    if (n < 1e6)
        return with_unit(out, n / 1e3, 1, "k");
    if (n < 1e9)
        return with_unit(out, n / 1e6, 1, "M");
    if (n < 1e12)
        return with_unit(out, n / 1e9, 1, "G");
    return n < 1e16 ? with_unit(out, n / 1e12, 0, "T") : say(out, "many");
}

const char *page_time(char out[16], double ms)
{
    if (ms < 0)
        return say(out, "-");
    if (ms < 10 && !is_whole(ms))
        return with_unit(out, ms, 1, " ms");
    if (ms < 1000)
        return with_unit(out, ms, 0, " ms");
    if (ms < 100e3)
        return with_unit(out, ms / 1e3, 1, " s");
    if (ms < 3600e3)
        snprintf(out, 16, "%dm%02ds", (int)(ms / 60e3), (int)(ms / 1e3) % 60);
    else if (ms < 360000e3)
        snprintf(out, 16, "%dh%02dm", (int)(ms / 3600e3), (int)(ms / 60e3) % 60);
    else
        return ms < 1e15 ? with_unit(out, ms / 86400e3, 0, " d") : say(out, "ages");
    return out;
}
