/* upbit-record: the live stream into a file that can be played again.
 *
 * The library writes the frames itself, on its I/O thread, as they come and go
 * (upbit_manager_set_trace); this program says what is wanted, gives the files their names, and
 * tells what happens. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "recorder.h"
#include "show_config.h"
#include "stopping.h"

#define LOOK_MS         100
#define CONNECT_SECONDS 10.0

enum { EXIT_OK = 0, EXIT_OUTPUT = 1, EXIT_USAGE = 2, EXIT_CONNECT = 3, EXIT_REFUSED = 4 };

static const char help[] =
    "Usage: upbit-record [options] FILE TYPE CODE[,CODE...] [TYPE CODES ...]\n"
    "Records Upbit's live stream: every message sent and received, a JSON object a line with its\n"
    "time, until Ctrl-C. upbit-tail --replay and upbit-mock --replay play it again, at any speed.\n"
    "Orders and balances (myOrder, myAsset) go to a file of their own, FILE with .private in its\n"
    "name. No key and no token is ever recorded.\n"
    "\n";

static const char help_options[] =
    "\n"
    "  --rotate-size SIZE   begin the next file when this one has SIZE bytes: 500k, 100M, 2G\n"
    "  --rotate-time TIME   begin the next file after TIME: 90s, 15m, 1h, 1d\n"
    "                       With either, files have numbers: btc.jsonl becomes btc.000001.jsonl,\n"
    "                       btc.000002.jsonl ...; numbers that are taken are left alone. No frame\n"
    "                       is lost between two files.\n"
    "  --seconds S          end after S seconds\n"
    "  --url URL            public stream (default wss://api.upbit.com/websocket/v1)\n"
    "  --private-url URL    private stream; follows from --url unless given\n"
    "  --rest-url URL       REST; follows from --url unless given\n"
    "  --ca-file FILE       trust the certificate authorities in FILE (PEM)\n"
    "  --quiet              only errors on stderr\n"
    "  --verbose            what the library does, on stderr\n"
    "  --show-config        prints the settings in force and where they come from, and ends\n"
    "  --help, --version\n"
    "\n"
    "While it is written a file is called FILE.part; when it is complete and on the disk it gets\n"
    "its name. No file is ever overwritten. The environment's UPBIT_* settings count, too\n"
    "(upbit-config shows them); files are readable by their owner only.\n"
    "\n"
    "Exit status: 0 ok, 1 could not write, 2 usage, 3 cannot connect (not live within 10 s; once\n"
    "live it keeps trying), 4 refused by the exchange.\n"
    "\n"
    "Examples:\n"
    "  upbit-record btc.jsonl trade KRW-BTC orderbook KRW-BTC\n"
    "  upbit-record --rotate-time 1h --rotate-size 1G krw.jsonl ticker 'KRW-*'\n"
    "  upbit-record --seconds 60 sample.jsonl ticker KRW-BTC && \\\n"
    "      upbit-tail --replay sample.jsonl --speed 10 ticker KRW-BTC\n";

typedef struct program {
    upbit_options options;
    tool_wants wants;
    recorder public, private;
    const char *name;
    char private_name[4096];
    double seconds;
    bool quiet, show_config;
    upbit_manager *manager;
    upbit_proxy *proxy;
    bool live;
    int status; /* < 0: go on */
    char last_error[300];
} program;

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int usage(const char *what, const char *value)
{
    return arguments_wrong("upbit-record", what, value);
}

/* A whole number with one of the letters, each with its factor. 0, or -1. */
static int read_amount(const char *text, const char *letters, const uint64_t *factors,
                       uint64_t *out)
{
    char *end = NULL;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 12)
        return -1;
    *out = strtoull(text, &end, 10);
    if (*end != '\0') {
        const char *at = strchr(letters, *end);
        if (at == NULL || end[1] != '\0')
            return -1;
        *out *= factors[at - letters];
    }
    return *out > 0 ? 0 : -1;
}

static const struct option long_options[] = {
    {"rotate-size", required_argument, NULL, 's'},
    {"rotate-time", required_argument, NULL, 't'},
    {"seconds", required_argument, NULL, 'S'},
    {"url", required_argument, NULL, ADDRESS_URL},
    {"private-url", required_argument, NULL, ADDRESS_PRIVATE_URL},
    {"rest-url", required_argument, NULL, ADDRESS_REST_URL},
    {"ca-file", required_argument, NULL, ADDRESS_CA_FILE},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"show-config", no_argument, NULL, 'C'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0}};

static int read_option(void *context, int option, const char *value)
{
    program *p = context;
    static const uint64_t sizes[] = {1000, 1000000, 1000000000};
    static const uint64_t times[] = {1, 60, 3600, 86400};
    uint64_t number;
    switch (option) {
    case 's':
        if (read_amount(value, "kMG", sizes, &number) != 0)
            return usage("--rotate-size must be a size like 500k, 100M, 2G", value);
        p->public.size_max = number;
        return 0;
    case 't':
        if (read_amount(value, "smhd", times, &number) != 0)
            return usage("--rotate-time must be a time like 90s, 15m, 1h, 1d", value);
        p->public.seconds_max = (double)number;
        return 0;
    case 'S':
        if (read_amount(value, "smhd", times, &number) != 0)
            return usage("--seconds must be a whole number above 0", value);
        p->seconds = (double)number;
        return 0;
    case 'q':
        p->quiet = true;
        return 0;
    case 'v':
        p->options.log_level = UPBIT_LOG_DEBUG;
        return 0;
    case 'C':
        p->show_config = true;
        return 0;
    case 'h':
        printf("%s%s%s", help, wants_help, help_options);
        return -1;
    case 'V':
        printf("upbit-record %s\n", upbit_version_string());
        return -1;
    default:
        return usage("unknown option, or one without its value", NULL);
    }
}

/* 0: go on; -1: ended well; or the exit status. */
static int read_arguments(program *p, int argc, char **argv)
{
    p->options = (upbit_options)UPBIT_OPTIONS_INIT;
    p->options.environment_keys = UPBIT_ON;
    p->options.log_level = UPBIT_LOG_ERROR; /* what matters comes as events, said once */
    int status =
        arguments_options("upbit-record", argc, argv, long_options, &p->options, read_option, p);
    if (status != 0)
        return status;
    if (p->show_config)
        return 0;
    if (optind == argc)
        return usage("FILE is needed, and what to record", NULL);
    const char *name = argv[optind];
    if (*name == '\0' || name[strlen(name) - 1] == '/')
        return usage("FILE must be a file's name", name);
    status = arguments_wants("upbit-record", argc, argv, optind + 1,
                             "TYPE and CODES are needed, in pairs", &p->wants);
    p->name = name;
    return status;
}

/* btc.jsonl -> btc.private.jsonl */
static void name_recorders(program *p)
{
    const char *slash = strrchr(p->name, '/'), *base = slash != NULL ? slash + 1 : p->name;
    const char *point = strrchr(base, '.');
    size_t stem = point == NULL || point == base ? strlen(p->name) : (size_t)(point - p->name);
    p->public.rotate = p->public.size_max > 0 || p->public.seconds_max > 0;
    p->public.quiet = p->quiet;
    p->public.alone = !wants_public(&p->wants) || !wants_private(&p->wants);
    p->public.session = UPBIT_SESSION_PUBLIC;
    p->public.name = p->name;
    p->private = p->public;
    p->private.session = UPBIT_SESSION_PRIVATE;
    snprintf(p->private_name, sizeof p->private_name, "%.*s.private%s", (int)stem, p->name,
             p->name + stem);
    p->private.name = p->private_name;
}

static void on_event(program *p, const upbit_event *e)
{
    const upbit_error_event *error = upbit_event_error(e);
    const upbit_reply *reply = upbit_event_reply(e);
    const upbit_state_event *state = upbit_event_state(e);
    const upbit_key_event *key = upbit_event_key(e);
    const upbit_restored_event *restored = upbit_event_restored(e);
    if (error != NULL) {
        snprintf(p->last_error, sizeof p->last_error, "%s%s%s: %s", upbit_error_name(error->error),
                 error->name[0] != '\0' ? " " : "", error->name, error->message);
        fprintf(stderr, "upbit-record: %s\n", p->last_error);
        if (error->error == UPBIT_ERROR_EXCHANGE || error->error == UPBIT_ERROR_UNKNOWN_CODE ||
            error->error == UPBIT_ERROR_AUTH)
            p->status = EXIT_REFUSED;
    } else if (reply != NULL && reply->error != 0) {
        fprintf(stderr, "upbit-record: %s\n", reply->detail);
        p->status = EXIT_REFUSED;
    } else if (state != NULL) {
        p->live = p->live || state->state == UPBIT_STATE_LIVE;
        if (!p->quiet && state->state == UPBIT_STATE_RECONNECTING && p->live)
            fprintf(stderr, "upbit-record: the %s connection was lost; connecting anew\n",
                    state->session == UPBIT_SESSION_PUBLIC ? "public" : "private");
    } else if (restored != NULL && !p->quiet) {
        fprintf(stderr,
                "upbit-record: connected again, down for %" PRIu32
                " ms: what was sent meanwhile is missing\n",
                restored->down_ms);
    } else if (key != NULL && e->type == UPBIT_TYPE_NO_DATA) {
        fprintf(stderr, "upbit-record: %s %s: the exchange sends nothing\n",
                upbit_type_name((int)key->key_type), e->code);
    } else if (e->type == UPBIT_TYPE_CLOSED) {
        p->status = EXIT_OK;
    }
}

static void take_all(program *p)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int got;
    while ((got = upbit_proxy_next(p->proxy, &d)) == 1) {
        on_event(p, d.event);
        upbit_event_unref(d.event);
    }
    if (got == UPBIT_ERROR_CLOSED)
        p->status = EXIT_OK;
}

static int told(int error)
{
    const char *detail = upbit_error_detail();
    fprintf(stderr, "upbit-record: %s\n", *detail != '\0' ? detail : upbit_error_string(error));
    return error == UPBIT_ERROR_INVALID_ARGUMENT || error == UPBIT_ERROR_UNAVAILABLE ? EXIT_USAGE
                                                                                     : EXIT_CONNECT;
}

/* 0, or the exit status. */
static int setup(program *p)
{
    bool public = wants_public(&p->wants), private = wants_private(&p->wants);
    name_recorders(p);
    if ((public && recorder_check(&p->public) != 0) ||
        (private && recorder_check(&p->private) != 0))
        return EXIT_OUTPUT;
    int error = upbit_manager_create(&p->manager, &p->options);
    upbit_environment_drop_keys(); /* the manager has its own */
    if (error != 0)
        return told(error);
    p->public.manager = p->private.manager = p->manager;
    /* Before anything is asked: the requests belong to the recording. */
    if ((public && recorder_start(&p->public, now_seconds()) != 0) ||
        (private && recorder_start(&p->private, now_seconds()) != 0))
        return EXIT_OUTPUT;
    upbit_proxy_options small = UPBIT_PROXY_OPTIONS_INIT; /* its data are taken and let go */
    error = upbit_proxy_open(&p->proxy, p->manager, "upbit-record", &small);
    for (size_t i = 0; error == 0 && i < p->wants.count; i++)
        error = upbit_proxy_subscribe(p->proxy, &p->wants.at[i].want, i + 1);
    return error == 0 ? 0 : told(error);
}

static void run(program *p, int signal_fd)
{
    double start = now_seconds();
    struct pollfd fds[2] = {{upbit_proxy_fd(p->proxy), POLLIN, 0}, {signal_fd, POLLIN, 0}};
    while (p->status < 0) {
        if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR) {
            perror("upbit-record: poll");
            p->status = EXIT_OUTPUT;
            return;
        }
        take_all(p);
        double now = now_seconds();
        if (p->status >= 0)
            return;
        bool stopped = (fds[1].revents & POLLIN) != 0;
        bool over = p->seconds > 0 && now >= start + p->seconds;
        if (recorder_turn(&p->public, now) != 0 || recorder_turn(&p->private, now) != 0) {
            p->status = EXIT_OUTPUT;
        } else if (!p->live && !stopped && (over || now >= start + CONNECT_SECONDS)) {
            fprintf(stderr, "upbit-record: cannot connect: %s\n",
                    p->last_error[0] != '\0' ? p->last_error : "no answer");
            p->status = EXIT_CONNECT;
        } else if (over || stopped) {
            p->status = EXIT_OK;
        }
    }
}

/* The files before the connections: what they hold is complete, whatever happens to these. */
static int finish(program *p, int status)
{
    double now = now_seconds();
    int failed = recorder_finish(&p->public, now);
    if (recorder_finish(&p->private, now) != 0)
        failed = -1;
    upbit_proxy_close(p->proxy);
    upbit_manager_release(p->manager);
    wants_free(&p->wants);
    return failed != 0 && status == EXIT_OK ? EXIT_OUTPUT : status;
}

int main(int argc, char **argv)
{
    static program p = {.status = -1};
    /* First of all, before there is a thread: who looks at this process finds no keys. */
    if (upbit_environment_take_keys() < 0) {
        fprintf(stderr, "upbit-record: %s\n", upbit_error_detail());
        return EXIT_USAGE;
    }
    int status = read_arguments(&p, argc, argv);
    if (status == 0 && p.show_config)
        return show_config("upbit-record", &p.options, SHOW_TABLE, true);
    if (status != 0) {
        wants_free(&p.wants);
        return status < 0 ? EXIT_OK : status;
    }
    /* Before any thread: from here on Ctrl-C is something to read. */
    int signal_fd = stopping_open(false);
    status = signal_fd < 0 ? EXIT_OUTPUT : setup(&p);
    if (status == 0) {
        run(&p, signal_fd);
        status = p.status;
    }
    return finish(&p, status);
}
