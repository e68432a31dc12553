/* Shows how the library would be set up in this environment, and where each value comes from. */
#include <stdio.h>
#include <string.h>

#include "show_config.h"
#include "upbit-live/upbit-live.h"

static const char help[] =
    "Usage: upbit-config [--all] [--environment | --json]\n"
    "Prints what a program without options of its own would run with in this environment, and\n"
    "where each value comes from. Connects to nothing and shows no key: only whether there is "
    "one.\n"
    "\n"
    "A program's own options come first, then the environment's UPBIT_* variables, then the\n"
    "profile (UPBIT_PROFILE), then the defaults. upbit-tail --show-config does the same with\n"
    "upbit-tail's options.\n"
    "\n"
    "  --all          the settings for tuning too, which are right as they are\n"
    "  --environment  as lines for a shell or an environment file: UPBIT_SILENCE_MS='60000' # "
    "default\n"
    "  --json         as one JSON array of objects\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 all is well; 1 a value is not: the message says which one, where it came from\n"
    "and what it may be; 2 usage.\n"
    "\n"
    "Examples:\n"
    "  upbit-config\n"
    "  UPBIT_REGION=sg upbit-config\n"
    "  UPBIT_SILENCE_MS=abc upbit-config && echo all is well\n"
    "  upbit-config --all --environment >my-settings\n"
    "\n"
    "See docs/CONFIGURATION.md, or upbit-live(7), for each setting.\n";

int main(int argc, char **argv)
{
    show_form form = SHOW_TABLE;
    bool all = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0) {
            all = true;
        } else if (strcmp(argv[i], "--environment") == 0) {
            form = SHOW_ENVIRONMENT;
        } else if (strcmp(argv[i], "--json") == 0) {
            form = SHOW_JSON;
        } else if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        } else if (strcmp(argv[i], "--version") == 0) {
            printf("upbit-config %s\n", upbit_version_string());
            return 0;
        } else {
            fprintf(stderr, "upbit-config: no such option: %s\nTry: upbit-config --help\n",
                    argv[i]);
            return 2;
        }
    }
    return show_config("upbit-config", NULL, form, all || form != SHOW_TABLE);
}
