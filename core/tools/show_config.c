#include "show_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upbit-live/error.h"
#include "upbit-live/settings.h"

typedef struct show {
    show_form form;
    bool all;
    size_t shown, left_out;
} show;

static void print_table(show *s, const upbit_setting *row)
{
    char value[80];
    if (!s->all && row->tuning && strcmp(row->source, "default") == 0) {
        s->left_out++;
        return;
    }
    snprintf(value, sizeof value, "%s%s%s", *row->value != '\0' ? row->value : "-",
             *row->value != '\0' && *row->unit != '\0' ? " " : "",
             *row->value != '\0' ? row->unit : "");
    printf("%-19s %-42s %-20s %s\n", row->name,
           strlen(row->value) < sizeof value - 12 ? value : row->value, row->source,
           row->variable != NULL ? row->variable : "(by the program)");
}

/* For the shell: quoted so that it may be read back. */
static void print_environment(const upbit_setting *row)
{
    bool key = strcmp(row->name, "access_key") == 0 || strcmp(row->name, "secret_key") == 0;
    if (row->variable == NULL || *row->value == '\0')
        return;
    bool hidden = strstr(row->value, "(hidden)") != NULL;
    printf("%s%s='", key || hidden ? "# " : "", row->variable);
    for (const char *c = row->value; *c != '\0'; c++)
        if (*c == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*c);
    printf("' # %s\n", row->source);
}

static void print_json_text(const char *text)
{
    putchar('"');
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            printf("\\u%04x", (unsigned char)*c);
        else
            putchar(*c);
    putchar('"');
}

static void print_json(const show *s, const upbit_setting *row)
{
    const char *const members[] = {"name", "value", "unit", "source", "variable"};
    const char *const values[] = {row->name, row->value, row->unit, row->source, row->variable};
    fputs(s->shown == 0 ? "[\n  {" : ",\n  {", stdout);
    for (size_t i = 0; i < 5; i++) {
        printf("%s\"%s\": ", i > 0 ? ", " : "", members[i]);
        if (values[i] != NULL)
            print_json_text(values[i]);
        else
            fputs("null", stdout);
    }
    printf(", \"tuning\": %s}", row->tuning ? "true" : "false");
}

static void print(void *context, const upbit_setting *row)
{
    show *s = context;
    switch (s->form) {
    case SHOW_TABLE:
        print_table(s, row);
        break;
    case SHOW_ENVIRONMENT:
        print_environment(row);
        break;
    case SHOW_JSON:
        print_json(s, row);
        break;
    }
    s->shown++;
}

static void know(void *context, const upbit_setting *row)
{
    const char **entry = context;
    size_t length = strcspn(*entry, "=");
    if (row->variable != NULL && strlen(row->variable) == length &&
        memcmp(row->variable, *entry, length) == 0)
        *entry = "";
}

/* A typing error in a name is met with silence by everybody but this program. */
static void warn_of_unknown(const char *program, const upbit_options *options)
{
    extern char **environ;
    for (char **variable = environ; *variable != NULL; variable++) {
        const char *entry = *variable;
        if (strncmp(entry, "UPBIT_", 6) != 0 || strncmp(entry, "UPBIT_MOCK", 10) == 0 ||
            strncmp(entry, "UPBIT_TEST_", 11) == 0)
            continue;
        upbit_settings_list(options, know, &entry);
        if (*entry != '\0')
            fprintf(stderr, "%s: warning: %.*s: no setting has this name; nobody reads it\n",
                    program, (int)strcspn(entry, "="), entry);
    }
}

int show_config(const char *program, const upbit_options *options, show_form form, bool all)
{
    show s = {.form = form, .all = all};
    if (upbit_settings_list(options, know, &(const char *){""}) != 0) {
        fprintf(stderr, "%s: %s\n", program, upbit_error_detail());
        return 1;
    }
    upbit_settings_list(options, print, &s);
    if (form == SHOW_JSON)
        puts("\n]");
    if (s.left_out > 0)
        printf("\n%zu more, for tuning, have their defaults: --all shows them\n", s.left_out);
    warn_of_unknown(program, options);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: cannot write\n", program);
        return 1;
    }
    return 0;
}
