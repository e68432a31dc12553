#include "client/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "upbit-live/decimal.h"
#include "upbit-live/error.h"

static void *field(upbit__settings *s, const upbit__setting *row)
{
    return (char *)&s->o + row->offset;
}

static const void *field_of(const upbit__settings *s, const upbit__setting *row)
{
    return (const char *)&s->o + row->offset;
}

static size_t size_of(const upbit__setting *row)
{
    switch (row->kind) {
    case UPBIT__SETTING_TEXT:
    case UPBIT__SETTING_HIDDEN:
        return sizeof(const char *);
    case UPBIT__SETTING_CHOICE:
        return sizeof(int);
    case UPBIT__SETTING_U64:
        return sizeof(uint64_t);
    case UPBIT__SETTING_SPEED:
        return sizeof(double);
    default:
        return sizeof(uint32_t);
    }
}

static const char *text_of(const upbit__settings *s, const upbit__setting *row)
{
    const char *text;
    memcpy(&text, field_of(s, row), sizeof text);
    return text;
}

/* As if nothing had been said: 0, NULL, and an empty text, which is none. */
static bool is_open(const upbit__settings *s, const upbit__setting *row)
{
    static const char zero[sizeof(uint64_t)];
    if (row->kind == UPBIT__SETTING_TEXT || row->kind == UPBIT__SETTING_HIDDEN) {
        const char *text = text_of(s, row);
        return text == NULL || *text == '\0';
    }
    return memcmp(field_of(s, row), zero, size_of(row)) == 0;
}

static uint64_t number_of(const upbit__settings *s, const upbit__setting *row)
{
    uint64_t wide;
    uint32_t narrow;
    if (row->kind == UPBIT__SETTING_U64) {
        memcpy(&wide, field_of(s, row), sizeof wide);
        return wide;
    }
    memcpy(&narrow, field_of(s, row), sizeof narrow);
    return narrow;
}

static void set_number(upbit__settings *s, const upbit__setting *row, uint64_t value)
{
    uint32_t narrow = (uint32_t)value;
    if (row->kind == UPBIT__SETTING_U64)
        memcpy(field(s, row), &value, sizeof value);
    else
        memcpy(field(s, row), &narrow, sizeof narrow);
}

void upbit__settings_print(char *out, size_t size, const upbit__settings *s,
                           const upbit__setting *row)
{
    const char *text = NULL;
    int chosen;
    double speed;
    switch (row->kind) {
    case UPBIT__SETTING_TEXT:
        text = text_of(s, row);
        snprintf(out, size, "%s", text != NULL ? text : "");
        return;
    case UPBIT__SETTING_HIDDEN: /* its password is hidden, its place is not */
        text = is_open(s, row) ? "" : text_of(s, row);
        const char *at = strrchr(text, '@'), *colon = strstr(text, "://");
        if (at == NULL || colon == NULL || at < colon)
            snprintf(out, size, "%s", at == NULL ? text : "set");
        else
            snprintf(out, size, "%.*s(hidden)%s", (int)(colon + 3 - text), text, at);
        return;
    case UPBIT__SETTING_CHOICE:
        memcpy(&chosen, field_of(s, row), sizeof chosen);
        text = upbit__setting_choice(row, chosen);
        if (text != NULL)
            snprintf(out, size, "%s", text);
        else
            snprintf(out, size, "%d", chosen);
        return;
    case UPBIT__SETTING_SPEED: /* in thousandths: no locale */
        memcpy(&speed, field_of(s, row), sizeof speed);
        if (speed < 0)
            snprintf(out, size, "-1");
        else if (!(speed < 1e12))
            snprintf(out, size, "no number that can be meant");
        else {
            int length = snprintf(out, size, "%lld.%03lld", (long long)speed,
                                  (long long)(speed * 1000) % 1000);
            while (length > 0 && (size_t)length < size && strchr("0.", out[length - 1]) != NULL) {
                bool point = out[--length] == '.';
                out[length] = '\0';
                if (point)
                    break;
            }
        }
        return;
    case UPBIT__SETTING_LIFE:
        if (number_of(s, row) == UPBIT_TOKEN_LIFE_OFF) {
            snprintf(out, size, "off");
            return;
        }
        break;
    case UPBIT__SETTING_U32:
    case UPBIT__SETTING_U64:
        break;
    }
    snprintf(out, size, "%llu", (unsigned long long)number_of(s, row));
}

upbit__source upbit__settings_source(const upbit__settings *s, const char *name)
{
    const upbit__setting *row = upbit__setting_find(name);
    return row == NULL ? UPBIT__SOURCE_DEFAULT
                       : (upbit__source)s->source[row - upbit__setting_table];
}

static void label(char out[UPBIT__LABEL_SIZE], const upbit__setting *row, upbit__source source,
                  int profile, const char *value)
{
    char variable[UPBIT__LABEL_SIZE];
    bool shown = row->kind != UPBIT__SETTING_HIDDEN && strchr(value, '@') == NULL;
    upbit__setting_variable(variable, row);
    switch (source) {
    case UPBIT__SOURCE_ENVIRONMENT:
        snprintf(out, UPBIT__LABEL_SIZE, "%.40s%s%.60s", variable, shown ? "=" : "",
                 shown ? value : "");
        return;
    case UPBIT__SOURCE_PROFILE:
        snprintf(out, UPBIT__LABEL_SIZE, "%.40s=%.30s of the profile %s", row->name, value,
                 upbit__setting_choice(upbit__setting_find("profile"), profile));
        return;
    default:
        /* Where a text is long, what follows says what is wrong with it. */
        snprintf(out, UPBIT__LABEL_SIZE, "%.40s%s%.30s", row->name,
                 size_of(row) < sizeof(const char *) ? "=" : "",
                 size_of(row) < sizeof(const char *) ? value : "");
    }
}

void upbit__settings_label(char out[UPBIT__LABEL_SIZE], const upbit__settings *s, const char *name)
{
    const upbit__setting *row = upbit__setting_find(name);
    char value[UPBIT__LABEL_SIZE];
    upbit__settings_print(value, sizeof value, s, row);
    label(out, row, upbit__settings_source(s, name), s->o.profile, value);
}

/* "auto, default, simple ...": what may stand there; the first is the default's name in the table
 * and is not worth saying but for a switch. */
static void list_choices(char *out, size_t size, const upbit__setting *row)
{
    size_t used = 0;
    const upbit__choice *c = row->choices;
    for (c += strcmp(c->name, "default") == 0; c->name != NULL && used < size; c++)
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 used == 0           ? ""
                                 : c[1].name == NULL ? " or "
                                                     : ", ",
                                 c->name);
}

static int refuse(const upbit__settings *s, const upbit__setting *row, upbit__source source,
                  const char *value)
{
    char who[UPBIT__LABEL_SIZE], list[100];
    const char *what = strcmp(row->unit, "ms") == 0 ? "milliseconds" : row->unit;
    label(who, row, source, s->o.profile, value);
    switch (row->kind) {
    case UPBIT__SETTING_CHOICE:
        list_choices(list, sizeof list, row);
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: must be %s", who, list);
    case UPBIT__SETTING_SPEED:
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: must be a number, 1e9 at most; -1: without waiting", who);
    default:
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: not a number of %s; %llu to %llu%s", who, what,
                                (unsigned long long)row->least, (unsigned long long)row->most,
                                row->kind == UPBIT__SETTING_LIFE ? ", or off" : "");
    }
}

static bool read_number(uint64_t *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

/* As in the environment. */
static bool read_value(upbit__settings *s, const upbit__setting *row, const char *text)
{
    uint64_t number;
    upbit_decimal decimal;
    double speed;
    switch (row->kind) {
    case UPBIT__SETTING_TEXT:
    case UPBIT__SETTING_HIDDEN:
        memcpy(field(s, row), &text, sizeof text);
        return true;
    case UPBIT__SETTING_CHOICE:
        for (const upbit__choice *c = row->choices; c->name != NULL; c++)
            if (strcmp(c->name, text) == 0) {
                memcpy(field(s, row), &c->value, sizeof c->value);
                return true;
            }
        return false;
    case UPBIT__SETTING_SPEED:
        if (upbit_decimal_parse(&decimal, text, strlen(text)) != 0 ||
            upbit_decimal_is_zero(&decimal))
            return false;
        speed = upbit_decimal_to_double(&decimal);
        memcpy(field(s, row), &speed, sizeof speed);
        return true;
    case UPBIT__SETTING_LIFE:
        if (strcmp(text, "off") == 0) {
            set_number(s, row, UPBIT_TOKEN_LIFE_OFF);
            return true;
        }
        break;
    case UPBIT__SETTING_U32:
    case UPBIT__SETTING_U64:
        break;
    }
    if (!read_number(&number, text) || number < row->least || number > row->most)
        return false; /* before it is narrowed */
    set_number(s, row, number);
    return true;
}

/* A program's own values get the same look as the environment's. */
static bool is_good(const upbit__settings *s, const upbit__setting *row)
{
    int chosen;
    double speed;
    switch (row->kind) {
    case UPBIT__SETTING_TEXT:
    case UPBIT__SETTING_HIDDEN:
        return true; /* whatever it means is looked at where that is known */
    case UPBIT__SETTING_CHOICE:
        memcpy(&chosen, field_of(s, row), sizeof chosen);
        return upbit__setting_choice(row, chosen) != NULL;
    case UPBIT__SETTING_SPEED:
        memcpy(&speed, field_of(s, row), sizeof speed);
        return speed <= 1e9;
    case UPBIT__SETTING_LIFE:
        if (number_of(s, row) == UPBIT_TOKEN_LIFE_OFF)
            return true;
        break;
    case UPBIT__SETTING_U32:
    case UPBIT__SETTING_U64:
        break;
    }
    return number_of(s, row) >= row->least && number_of(s, row) <= row->most;
}

/* One setting from a layer below the options, if it is still open. */
static int take(upbit__settings *s, const upbit__setting *row, upbit__source source,
                const char *text)
{
    size_t i = (size_t)(row - upbit__setting_table);
    if (text == NULL || *text == '\0' || !is_open(s, row))
        return 0;
    if (!read_value(s, row, text))
        return refuse(s, row, source, text);
    if (!is_open(s, row)) /* else it was the default's own name */
        s->source[i] = (uint8_t)source;
    return is_good(s, row) ? 0 : refuse(s, row, source, text);
}

static int take_environment(upbit__settings *s)
{
    char variable[UPBIT__LABEL_SIZE];
    for (size_t i = 0; i < upbit__setting_count; i++) {
        const upbit__setting *row = &upbit__setting_table[i];
        if (row->program)
            continue;
        upbit__setting_variable(variable, row);
        int error = take(s, row, UPBIT__SOURCE_ENVIRONMENT, secure_getenv(variable));
        if (error != 0)
            return error;
    }
    return 0;
}

/* Where the data come from is one decision: who gives an address, a region or a recording does not
 * get the REST address of somebody below. */
static void keep_one_road(upbit__settings *s)
{
    static const char *const roads[] = {"url", "replay_file", "private_url", "rest_url", "region"};
    upbit__source top = upbit__settings_source(s, "url");
    for (size_t i = 1; i < 5; i += i == 1 ? 3 : 1)
        if (upbit__settings_source(s, roads[i]) > top)
            top = upbit__settings_source(s, roads[i]);
    for (size_t i = 0; i < 4; i++) {
        const upbit__setting *row = upbit__setting_find(roads[i]);
        uint8_t *source = &s->source[row - upbit__setting_table];
        if (*source < top) {
            memset(field(s, row), 0, size_of(row));
            *source = UPBIT__SOURCE_DEFAULT;
        }
    }
}

int upbit__settings_resolve(upbit__settings *out, const upbit_options *options)
{
    *out = (upbit__settings){.o = {.struct_size = sizeof out->o}};
    if (options != NULL) {
        if (options->struct_size < sizeof options->struct_size)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "options: struct_size is not set; use UPBIT_OPTIONS_INIT");
        memcpy(&out->o, options,
               options->struct_size < sizeof out->o ? options->struct_size : sizeof out->o);
        out->o.struct_size = sizeof out->o;
    }
    char value[UPBIT__LABEL_SIZE];
    int error = 0;
    for (size_t i = 0; error == 0 && i < upbit__setting_count; i++) {
        const upbit__setting *row = &upbit__setting_table[i];
        if (is_open(out, row))
            continue;
        out->source[i] = UPBIT__SOURCE_OPTIONS;
        upbit__settings_print(value, sizeof value, out, row);
        if (!is_good(out, row))
            error = refuse(out, row, UPBIT__SOURCE_OPTIONS, value);
    }
    if (error == 0 && out->o.environment != UPBIT_OFF)
        error = take_environment(out);
    keep_one_road(out);
    for (size_t i = 0; error == 0 && i < upbit__setting_count; i++) {
        const upbit__setting *row = &upbit__setting_table[i];
        error = take(out, row, UPBIT__SOURCE_PROFILE, upbit__profile_says(out->o.profile, row));
        if (error == 0 && row->standard != 0 && is_open(out, row))
            set_number(out, row, row->standard);
    }
    return error;
}
