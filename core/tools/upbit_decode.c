/* upbit-decode: recorded messages of the exchange, one a line, as the JSON lines upbit-tail prints;
 * with --rest the bodies of REST answers.
 *
 * For post-mortems: a line that is no message is named on stderr and the others still come out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upbit-live/upbit-live.h"

static const char usage[] =
    "usage: upbit-decode [--rest TYPE] [FILE]\n"
    "\n"
    "Reads one raw WebSocket message of the exchange a line (any of the four formats) from FILE, "
    "or\n"
    "from standard input without FILE or with -, and prints each event as one line of JSON.\n"
    "\n"
    "  --rest TYPE  the lines are bodies of REST answers: arrays of ticker, trade, orderbook,\n"
    "               candle.1s, candle.1m ... candle.240m\n"
    "  --help       this text\n"
    "  --version    the library's version\n"
    "\n"
    "A line that cannot be decoded is reported on standard error with its number and the reason.\n"
    "Exit status: 0 all lines decoded, 1 some were not or the output failed, 2 usage.\n";

typedef struct output {
    char *line;
    size_t size;
    int failed;
} output;

static void print_event(void *context, const upbit_event *event)
{
    output *o = context;
    size_t length = upbit_event_to_json(event, o->line, o->size);
    if (length + 2 > o->size) {
        char *line = realloc(o->line, 2 * length + 2);
        if (line == NULL) {
            o->failed = 1;
            upbit_event_unref(event);
            return;
        }
        o->line = line;
        o->size = 2 * length + 2;
        upbit_event_to_json(event, o->line, o->size);
    }
    upbit_event_unref(event);
    o->line[length] = '\n';
    if (fwrite(o->line, 1, length + 1, stdout) != length + 1)
        o->failed = 1;
}

static int is_blank(const char *line, size_t length)
{
    return strspn(line, " \t\r\n") >= length;
}

/* What --rest names; type 0: messages of the stream. */
typedef struct kind {
    int type;
    unsigned unit;
} kind;

/* 1: `name` is a type of REST rows. */
static int find_kind(kind *out, const char *name)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(name, upbit_type_name(types[i])) == 0) {
            *out = (kind){types[i], 0};
            return 1;
        }
    }
    *out = (kind){UPBIT_TYPE_CANDLE, UPBIT_CANDLE_NONE};
    if (strncmp(name, "candle.", 7) == 0)
        out->unit = upbit_candle_unit_from_name(name + 7);
    return out->unit != UPBIT_CANDLE_NONE;
}

static int decode_lines(FILE *in, kind k)
{
    output o = {NULL, 0, 0};
    char *line = NULL, reason[256];
    size_t size = 0;
    unsigned long number = 0;
    int bad = 0;
    ssize_t length;
    while (!o.failed && (length = getline(&line, &size, in)) >= 0) {
        number++;
        if (is_blank(line, (size_t)length))
            continue;
        int events =
            k.type == 0 ? upbit_decode(line, (size_t)length, print_event, &o, reason, sizeof reason)
                        : upbit_decode_rest(k.type, k.unit, line, (size_t)length, print_event, &o,
                                            reason, sizeof reason);
        if (events < 0) {
            /* In the order of the lines, also when both go to one place. */
            fflush(stdout);
            fprintf(stderr, "line %lu: %s\n", number,
                    reason[0] != '\0' ? reason : upbit_error_string(events));
            bad = 1;
        }
    }
    if (ferror(in)) {
        fprintf(stderr, "upbit-decode: cannot read on: %s\n", strerror(errno));
        bad = 1;
    }
    if (o.failed || fflush(stdout) != 0) {
        fprintf(stderr, "upbit-decode: cannot write: %s\n", strerror(errno));
        bad = 1;
    }
    free(line);
    free(o.line);
    return bad;
}

int main(int argc, char **argv)
{
    const char *file = "-";
    int files = 0, options = 1;
    kind k = {0, 0};
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 0;
        }
        if (options && strcmp(argv[i], "--version") == 0) {
            printf("upbit-decode %s\n", upbit_version_string());
            return 0;
        }
        if (options && strcmp(argv[i], "--rest") == 0) {
            i++;
            if (i == argc || !find_kind(&k, argv[i])) {
                fprintf(stderr, "upbit-decode: --rest wants a type%s%s\n%s",
                        i == argc ? "" : ", not ", i == argc ? "" : argv[i], usage);
                return 2;
            }
            continue;
        }
        if (options && strcmp(argv[i], "--") == 0) {
            options = 0;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            fprintf(stderr, "upbit-decode: unknown option %s\n%s", argv[i], usage);
            return 2;
        } else if (files++ == 0) {
            file = argv[i];
        } else {
            fprintf(stderr, "upbit-decode: more than one file\n%s", usage);
            return 2;
        }
    }
    if (strcmp(file, "-") == 0)
        return decode_lines(stdin, k);
    FILE *in = fopen(file, "r");
    if (in == NULL) {
        fprintf(stderr, "upbit-decode: cannot open %s: %s\n", file, strerror(errno));
        return 2;
    }
    int status = decode_lines(in, k);
    fclose(in);
    return status;
}
