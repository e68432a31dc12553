#include "tail_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"

static const char help[] =
    "Usage: upbit-tail [options] TYPE CODE[,CODE...] [TYPE CODES ...]\n"
    "       upbit-tail [options] snapshot TYPE CODES [TYPE CODES ...]\n"
    "Prints Upbit's live market data, one JSON object per event and line; after the word snapshot\n"
    "how things stand now, without subscribing, and ends.\n"
    "\n"
    "TYPE   ticker, trade, orderbook, candle.1s .1m .3m .5m .10m .15m .30m .60m .240m,\n"
    "       and with keys, UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY: myOrder, myAsset,\n"
    "       announcement\n"
    "CODES  market codes, quote currency first: KRW-BTC,KRW-ETH; for order books with a depth\n"
    "       of 1 to 30 rows: KRW-BTC.5; KRW-* for all markets of a quote currency, new ones\n"
    "       included; - for none or all (myOrder, myAsset, announcement)\n"
    "\n"
    "  --url URL            public stream (default wss://api.upbit.com/websocket/v1)\n"
    "  --private-url URL    private stream; follows from --url unless given\n"
    "  --rest-url URL       REST; follows from --url unless given\n"
    "  --ca-file FILE       trust the certificate authorities in FILE (PEM) instead of the "
    "system's\n"
    "  --format F           default, simple, json_list or simple_list (default: simple)\n"
    "  --compression on|off\n"
    "  --transport T        raw, websocket-api or replay (default: raw)\n"
    "  --replay FILE        play a recording in place of the exchange, then end; no network\n"
    "  --speed N            with --replay: N times as fast as recorded, 0: without waiting\n"
    "                       (default: 1)\n"
    "  --policy P           drop_oldest, coalesce or lossless, for all types (default: by type)\n"
    "  --level L            price grouping of order books, KRW markets only\n"
    "  --snapshot-only      one snapshot per code, then end\n"
    "  --realtime-only      no snapshots\n"
    "  --history N          with snapshot: the newest N trades or candles of each code, oldest\n"
    "                       first, 1 to 2000\n"
    "  --before V           with snapshot: trades of sequential ids below V, candles that start\n"
    "                       before the Unix time V in ms\n"
    "  --count N            end after N events\n"
    "  --seconds S          end after S seconds\n"
    "  --output O           jsonl, text or none (default: jsonl)\n"
    "  --stats              counters as one JSON object on stderr at the end\n"
    "  --verbose            what the library does, on stderr\n"
    "  --show-config        prints the settings in force and where they come from, and ends\n"
    "  --help, --version\n"
    "\n"
    "Both keys are taken out of the environment at once.\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 cannot connect (not live within 10 s; once live it keeps\n"
    "trying) or cannot read the recording on, 4 refused by the exchange, 5 authentication. With\n"
    "snapshot: 3 and 4 when something could not be had; the rest is printed.\n"
    "\n"
    "Examples:\n"
    "  upbit-tail ticker KRW-BTC,KRW-ETH\n"
    "  upbit-tail --output text trade KRW-BTC orderbook KRW-BTC.5\n"
    "  upbit-tail --snapshot-only candle.1m KRW-BTC\n"
    "  upbit-tail --history 400 snapshot candle.1m KRW-BTC\n"
    "  upbit-tail snapshot myAsset - myOrder -\n";

static int usage(const char *what, const char *value)
{
    return arguments_wrong("upbit-tail", what, value);
}

typedef struct name {
    const char *text;
    int value;
} name;

static int choose(int *out, const name *names, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].text, text) == 0) {
            *out = names[i].value;
            return 0;
        }
    return -1;
}
#define CHOOSE(out, names, text) choose(out, names, sizeof(names) / sizeof *(names), text)

static const name formats[] = {{"default", UPBIT_FORMAT_DEFAULT},
                               {"simple", UPBIT_FORMAT_SIMPLE},
                               {"json_list", UPBIT_FORMAT_JSON_LIST},
                               {"simple_list", UPBIT_FORMAT_SIMPLE_LIST}};
static const name switches[] = {{"on", UPBIT_ON}, {"off", UPBIT_OFF}};
static const name transports[] = {{"raw", UPBIT_TRANSPORT_RAW},
                                  {"websocket-api", UPBIT_TRANSPORT_WEBSOCKET_API},
                                  {"replay", UPBIT_TRANSPORT_REPLAY}};
static const name policies[] = {{"drop_oldest", UPBIT_POLICY_DROP_OLDEST},
                                {"coalesce", UPBIT_POLICY_COALESCE},
                                {"lossless", UPBIT_POLICY_LOSSLESS}};
static const name outputs[] = {{"jsonl", TAIL_JSONL}, {"text", TAIL_TEXT}, {"none", TAIL_NONE}};

static int read_number(const char *text, double most, double *out)
{
    /* Plain digits with one point at most: no locale, no exponent. */
    upbit_decimal d;
    if (upbit_decimal_parse(&d, text, strlen(text)) != 0 || upbit_decimal_sign(&d) <= 0)
        return -1;
    *out = upbit_decimal_to_double(&d);
    return *out <= most ? 0 : -1;
}

enum {
    OPTION_FORMAT = 256,
    OPTION_COMPRESSION,
    OPTION_TRANSPORT,
    OPTION_REPLAY,
    OPTION_SPEED,
    OPTION_POLICY,
    OPTION_LEVEL,
    OPTION_COUNT,
    OPTION_SECONDS,
    OPTION_SNAPSHOT,
    OPTION_REALTIME,
    OPTION_HISTORY,
    OPTION_BEFORE,
    OPTION_OUTPUT,
    OPTION_STATS,
    OPTION_VERBOSE,
    OPTION_SHOW_CONFIG,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"url", required_argument, NULL, ADDRESS_URL},
    {"private-url", required_argument, NULL, ADDRESS_PRIVATE_URL},
    {"rest-url", required_argument, NULL, ADDRESS_REST_URL},
    {"ca-file", required_argument, NULL, ADDRESS_CA_FILE},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"compression", required_argument, NULL, OPTION_COMPRESSION},
    {"transport", required_argument, NULL, OPTION_TRANSPORT},
    {"replay", required_argument, NULL, OPTION_REPLAY},
    {"speed", required_argument, NULL, OPTION_SPEED},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"snapshot-only", no_argument, NULL, OPTION_SNAPSHOT},
    {"realtime-only", no_argument, NULL, OPTION_REALTIME},
    {"history", required_argument, NULL, OPTION_HISTORY},
    {"before", required_argument, NULL, OPTION_BEFORE},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"show-config", no_argument, NULL, OPTION_SHOW_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0}};

/* A whole number above 0. */
static int read_whole(const char *text, int64_t most, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && strspn(text, "0123456789") == strlen(text) && *out > 0 && *out <= most
               ? 0
               : -1;
}

static int read_option(void *context, int option, const char *value)
{
    tail_arguments *a = context;
    int chosen;
    double number;
    int64_t whole;
    switch (option) {
    case OPTION_FORMAT:
        if (CHOOSE(&a->options.format, formats, value) != 0)
            return usage("--format must be default, simple, json_list or simple_list", value);
        return 0;
    case OPTION_COMPRESSION:
        if (CHOOSE(&a->options.compression, switches, value) != 0)
            return usage("--compression must be on or off", value);
        return 0;
    case OPTION_TRANSPORT:
        if (CHOOSE(&a->options.transport, transports, value) != 0)
            return usage("--transport must be raw, websocket-api or replay", value);
        return 0;
    case OPTION_REPLAY:
        a->options.replay_file = value;
        return 0;
    case OPTION_SPEED:
        number = -1; /* without waiting */
        if (strcmp(value, "0") != 0 && read_number(value, 1e6, &number) != 0)
            return usage("--speed must be a number, 0 or more", value);
        a->options.replay_speed = number;
        return 0;
    case OPTION_POLICY:
        if (CHOOSE(&a->proxy.policy, policies, value) != 0)
            return usage("--policy must be drop_oldest, coalesce or lossless", value);
        return 0;
    case OPTION_LEVEL:
        if (upbit_decimal_parse(&a->level, value, strlen(value)) != 0 ||
            upbit_decimal_sign(&a->level) < 0)
            return usage("--level must be a number, 0 or more", value);
        return 0;
    case OPTION_COUNT:
        if (read_number(value, 1e15, &number) != 0 || strspn(value, "0123456789") != strlen(value))
            return usage("--count must be a whole number above 0", value);
        a->count = (uint64_t)number;
        return 0;
    case OPTION_SECONDS:
        if (read_number(value, 1e9, &a->seconds) != 0)
            return usage("--seconds must be a number above 0", value);
        return 0;
    case OPTION_SNAPSHOT:
        a->snapshot_only = true;
        return 0;
    case OPTION_REALTIME:
        a->realtime_only = true;
        return 0;
    case OPTION_HISTORY:
        if (read_whole(value, 2000, &whole) != 0)
            return usage("--history must be a whole number from 1 to 2000", value);
        a->history = (uint32_t)whole;
        return 0;
    case OPTION_BEFORE:
        if (read_whole(value, INT64_MAX, &a->before) != 0)
            return usage("--before must be a whole number above 0", value);
        return 0;
    case OPTION_OUTPUT:
        if (CHOOSE(&chosen, outputs, value) != 0)
            return usage("--output must be jsonl, text or none", value);
        a->output = (tail_output)chosen;
        return 0;
    case OPTION_STATS:
        a->stats = true;
        return 0;
    case OPTION_VERBOSE:
        a->options.log_level = UPBIT_LOG_DEBUG;
        return 0;
    case OPTION_SHOW_CONFIG:
        a->show_config = true;
        return 0;
    case OPTION_HELP:
        fputs(help, stdout);
        return 1;
    case OPTION_VERSION:
        printf("upbit-tail %s\n", upbit_version_string());
        return 1;
    default:
        return usage("unknown option, or one without its value", NULL);
    }
}

int tail_arguments_read(tail_arguments *a, int argc, char **argv)
{
    *a = (tail_arguments){.options = UPBIT_OPTIONS_INIT, .proxy = UPBIT_PROXY_OPTIONS_INIT};
    a->options.environment_keys = UPBIT_ON;
    a->options.log_level = UPBIT_LOG_ERROR; /* what matters comes as events, said once */
    int status =
        arguments_options("upbit-tail", argc, argv, long_options, &a->options, read_option, a);
    if (status != 0)
        return status;
    if (a->options.replay_speed != 0 && a->options.replay_file == NULL)
        return usage("--speed is for --replay FILE", NULL);
    if (a->show_config)
        return 0; /* of what no settings say anything is not needed */
    if (a->snapshot_only && a->realtime_only)
        return usage("--snapshot-only and --realtime-only exclude each other", NULL);
    a->snapshot = optind < argc && strcmp(argv[optind], "snapshot") == 0;
    optind += a->snapshot;
    if (a->snapshot && (a->snapshot_only || a->realtime_only))
        return usage("snapshot subscribes to nothing: without --snapshot-only, --realtime-only",
                     NULL);
    if (!a->snapshot && (a->history != 0 || a->before != 0))
        return usage("--history and --before are for snapshot", NULL);
    status = arguments_wants("upbit-tail", argc, argv, optind,
                             "TYPE and CODES are needed, in pairs", &a->wants);
    if (status != 0)
        return status;
    for (size_t i = 0; i < a->wants.count; i++) {
        upbit_want *w = &a->wants.at[i].want;
        w->flags = a->snapshot_only   ? UPBIT_WANT_SNAPSHOT_ONLY
                   : a->realtime_only ? UPBIT_WANT_REALTIME_ONLY
                                      : 0;
        if (w->type == UPBIT_TYPE_ORDERBOOK)
            w->book_level = a->level;
        w->count = a->history;
        w->before = a->before;
    }
    if (a->snapshot_only && a->count == 0 && wants_select(&a->wants)) {
        if (a->seconds <= 0)
            return usage("--snapshot-only of KRW-* needs --count or --seconds to end", NULL);
    } else if (a->snapshot_only && a->count == 0) {
        a->count = a->wants.code_count;
    }
    return 0;
}

void tail_arguments_free(tail_arguments *a)
{
    wants_free(&a->wants);
}
