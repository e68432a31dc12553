/* Where a manager's settings come from: its options, then the environment, then the profile, then
 * the defaults; the first that says something of a setting decides it.
 *
 * One table has them all: their names are those of the fields of upbit_options, the variables' are
 * the same in capitals behind UPBIT_. docs/CONFIGURATION.md describes each; a test compares the
 * three. Pure but for reading the environment; any thread. */
#ifndef UPBIT_CLIENT_SETTINGS_H
#define UPBIT_CLIENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "upbit-live/options.h"

typedef enum upbit__setting_kind {
    UPBIT__SETTING_TEXT,
    UPBIT__SETTING_HIDDEN, /* text that may hold a password: never in a message */
    UPBIT__SETTING_CHOICE, /* an int */
    UPBIT__SETTING_U32,
    UPBIT__SETTING_U64,
    UPBIT__SETTING_LIFE, /* a uint32_t, or "off" */
    UPBIT__SETTING_SPEED /* a double */
} upbit__setting_kind;

typedef struct upbit__choice {
    const char *name; /* NULL ends the list */
    int value;
} upbit__choice;

typedef struct upbit__setting {
    const char *name; /* of the field */
    upbit__setting_kind kind;
    size_t offset;                /* in upbit_options */
    const upbit__choice *choices; /* of a CHOICE; the first is the default */
    uint64_t least, most;         /* of a number */
    uint64_t standard;            /* of a number: its default; 0: follows from others */
    const char *unit;             /* "ms", "bytes", "messages"; "" */
    bool program;                 /* has no variable: only a program can know */
    bool tuning;                  /* for those who measured */
} upbit__setting;

typedef enum upbit__source {
    UPBIT__SOURCE_DEFAULT,
    UPBIT__SOURCE_PROFILE,
    UPBIT__SOURCE_ENVIRONMENT,
    UPBIT__SOURCE_OPTIONS
} upbit__source;

#define UPBIT__SETTINGS_MAX 64
#define UPBIT__LABEL_SIZE   120

typedef struct upbit__settings {
    upbit_options o;                     /* texts: the caller's and the environment's */
    uint8_t source[UPBIT__SETTINGS_MAX]; /* upbit__source, by index in the table */
} upbit__settings;

/* settings_table.c */
extern const upbit__setting upbit__setting_table[];
extern const size_t upbit__setting_count;
const upbit__setting *upbit__setting_find(const char *name);
const char *upbit__setting_choice(const upbit__setting *s, int value); /* NULL: no such value */
/* "UPBIT_SILENCE_MS" */
void upbit__setting_variable(char out[UPBIT__LABEL_SIZE], const upbit__setting *s);
/* What the profile says of the setting; NULL: nothing. As in the environment. */
const char *upbit__profile_says(int profile, const upbit__setting *s);
/* The public stream of a region, static; NULL: no such region. */
const char *upbit__region_url(int region);

/* Puts the layers on each other and checks each value on its own; defaults that follow from nothing
 * else are filled in. `environment`: whether UPBIT_* is looked at. 0 or INVALID_ARGUMENT with the
 * detail set. */
int upbit__settings_resolve(upbit__settings *out, const upbit_options *options);
/* How messages name a setting and where its value came from: "UPBIT_PROFILE=testing",
 * "silence_ms=5".
 */
void upbit__settings_label(char out[UPBIT__LABEL_SIZE], const upbit__settings *s, const char *name);
upbit__source upbit__settings_source(const upbit__settings *s, const char *name);
/* The value as text, as it would stand in the environment. */
void upbit__settings_print(char *out, size_t size, const upbit__settings *s,
                           const upbit__setting *row);

#endif
