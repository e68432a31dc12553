/* upbit-top: how the library is doing, on a terminal.
 *
 * It looks at a manager of its own, made for what the command line wants, or at the metrics another
 * program writes; into another program it cannot look. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "show_config.h"
#include "stopping.h"
#include "top_screen.h"
#include "top_source.h"

enum { EXIT_OK = 0, EXIT_OUTPUT = 1, EXIT_USAGE = 2, EXIT_NO_DATA = 3 };

static const char help[] =
    "Usage: upbit-top [options] TYPE CODE[,CODE...] [TYPE CODES ...]\n"
    "       upbit-top [options] --file METRICS\n"
    "Shows how a stream is doing: its connections, what comes of each key with rate, lag and age,\n"
    "the queues of the proxies, the limits of the exchange.\n"
    "\n"
    "With TYPE and CODES it makes connections of its own, each pair a proxy called TYPE-1, TYPE-2 "
    "...\n"
    "Another program can be looked at by the metrics it writes (metrics_file or "
    "UPBIT_METRICS_FILE,\n"
    "in any program that uses the library): with --file. These have no rows for keys.\n"
    "\n";

static const char help_options[] =
    "\n"
    "  --file METRICS      the OpenMetrics file of another program\n"
    "  --once              one plain page after --interval, and end; so it is without a terminal\n"
    "  --who               who subscribed what, one line each (CLIENT TYPE CODE HOW), and end\n"
    "  --interval S        seconds between two pages, 0.1 to 3600 (default: 1)\n"
    "  --by-rate           the busiest keys first\n"
    "  --url URL           public stream (default wss://api.upbit.com/websocket/v1)\n"
    "  --private-url URL   private stream; follows from --url unless given\n"
    "  --rest-url URL      REST; follows from --url unless given\n"
    "  --ca-file FILE      trust the certificate authorities in FILE (PEM)\n"
    "  --replay FILE       a recording in place of the exchange\n"
    "  --speed N           with --replay: N times as fast as recorded, 0: without waiting\n"
    "  --show-config       prints the settings in force and where they come from, and ends\n"
    "  --help, --version\n"
    "\n"
    "B/s are those of the wire and, behind the stroke, inflated; lag is from the exchange's clock\n"
    "to receipt, p50 the middle, p99 what 99 of 100 stay below; turn is of the I/O thread's loop.\n"
    "\n"
    "Keys: Tab next table, a all, k keys, p proxies, l limits, w who wants what; j k and arrows\n"
    "scroll, r busiest first, space stops and goes on, q ends.\n"
    "\n"
    "Exit status: 0 ok, 1 could not write, 2 usage, 3 nothing could be had (with --file: no such\n"
    "file, or no metrics in it).\n"
    "\n"
    "Examples:\n"
    "  upbit-top ticker 'KRW-*' orderbook KRW-BTC,KRW-ETH\n"
    "  upbit-top --once trade KRW-BTC\n"
    "  upbit-top --who ticker 'SGD-*' orderbook SGD-BTC.5\n"
    "  UPBIT_METRICS_FILE=/tmp/desk.metrics my-program & upbit-top --file /tmp/desk.metrics\n";

typedef struct program {
    upbit_options options;
    tool_wants wants;
    const char *file;
    double interval;
    bool once, who, by_rate, show_config, stopped;
    upbit_manager *manager;
    upbit_waiter *waiter;
    upbit_proxy **proxies;
    size_t proxy_count;
    top_view view;
    top_before before;
    page page;
    top_what what;
    size_t from;
    bool screen;
    char trouble[200];
} program;

static int usage(const char *what, const char *value)
{
    return arguments_wrong("upbit-top", what, value);
}

static const struct option long_options[] = {
    {"file", required_argument, NULL, 'f'},
    {"once", no_argument, NULL, 'o'},
    {"who", no_argument, NULL, 'w'},
    {"interval", required_argument, NULL, 'i'},
    {"by-rate", no_argument, NULL, 'b'},
    {"url", required_argument, NULL, ADDRESS_URL},
    {"private-url", required_argument, NULL, ADDRESS_PRIVATE_URL},
    {"rest-url", required_argument, NULL, ADDRESS_REST_URL},
    {"ca-file", required_argument, NULL, ADDRESS_CA_FILE},
    {"replay", required_argument, NULL, 'R'},
    {"speed", required_argument, NULL, 's'},
    {"show-config", no_argument, NULL, 'C'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0}};

/* No locale, no exponent. */
static int read_number(const char *text, double least, double most, double *out)
{
    upbit_decimal d;
    if (upbit_decimal_parse(&d, text, strlen(text)) != 0 || upbit_decimal_sign(&d) <= 0)
        return -1;
    *out = upbit_decimal_to_double(&d);
    return *out >= least && *out <= most ? 0 : -1;
}

static int read_option(void *context, int option, const char *value)
{
    program *p = context;
    switch (option) {
    case 'f':
        p->file = value;
        return 0;
    case 'o':
        p->once = true;
        return 0;
    case 'w':
        p->who = p->once = true;
        return 0;
    case 'i':
        return read_number(value, 0.1, 3600, &p->interval) == 0
                   ? 0
                   : usage("--interval must be 0.1 to 3600 seconds", value);
    case 'b':
        p->by_rate = true;
        return 0;
    case 'R':
        p->options.replay_file = value;
        return 0;
    case 's':
        p->options.replay_speed = -1;
        return strcmp(value, "0") == 0 || read_number(value, 0, 1e6, &p->options.replay_speed) == 0
                   ? 0
                   : usage("--speed must be a number, 0 or more", value);
    case 'C':
        p->show_config = true;
        return 0;
    case 'h':
        printf("%s%s%s", help, wants_help, help_options);
        return -1;
    case 'V':
        printf("upbit-top %s\n", upbit_version_string());
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
    p->options.log_level = UPBIT_LOG_NONE; /* the page tells */
    p->interval = 1;
    int status =
        arguments_options("upbit-top", argc, argv, long_options, &p->options, read_option, p);
    if (status != 0)
        return status;
    if (p->show_config)
        return 0;
    if (p->options.replay_speed != 0 && p->options.replay_file == NULL)
        return usage("--speed is for --replay FILE", NULL);
    if (p->file != NULL)
        return optind < argc
                   ? usage("--file looks at another program: without TYPE and CODES", NULL)
               : p->who ? usage("--who: who wants what is not in metrics", NULL)
                        : 0;
    return arguments_wants("upbit-top", argc, argv, optind,
                           "TYPE and CODES are needed, in pairs; or --file", &p->wants);
}

static int told(int error)
{
    const char *detail = upbit_error_detail();
    fprintf(stderr, "upbit-top: %s\n", *detail != '\0' ? detail : upbit_error_string(error));
    return error == UPBIT_ERROR_INVALID_ARGUMENT || error == UPBIT_ERROR_UNAVAILABLE ? EXIT_USAGE
                                                                                     : EXIT_NO_DATA;
}

/* A proxy for each kind of want, as a program with widgets would have. 0, or the exit status. */
static int setup(program *p)
{
    if (p->file != NULL)
        return 0;
    int error = upbit_manager_create(&p->manager, &p->options);
    upbit_environment_drop_keys();
    if (error == 0)
        error = upbit_waiter_create(&p->waiter);
    p->proxies = calloc(p->wants.count, sizeof *p->proxies);
    if (error == 0 && p->proxies == NULL)
        error = UPBIT_ERROR_NO_MEMORY;
    for (size_t i = 0; error == 0 && i < p->wants.count; i++) {
        const upbit_want *want = &p->wants.at[i].want;
        upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
        char id[64];
        const char *unit =
            want->type == UPBIT_TYPE_CANDLE ? upbit_candle_unit_name(want->candle_unit) : "";
        snprintf(id, sizeof id, "%s%s%s-%zu", upbit_type_name(want->type), *unit != '\0' ? "." : "",
                 unit, i + 1);
        options.waiter = p->waiter;
        error = upbit_proxy_open(&p->proxies[i], p->manager, id, &options);
        if (error == 0) {
            p->proxy_count++;
            error = upbit_proxy_subscribe(p->proxies[i], want, 1);
        }
    }
    return error == 0 ? 0 : told(error);
}

static void on_event(program *p, const upbit_event *e)
{
    const upbit_error_event *error = upbit_event_error(e);
    const upbit_reply *reply = upbit_event_reply(e);
    if (error != NULL)
        snprintf(p->trouble, sizeof p->trouble, "%s: %.160s", upbit_error_name(error->error),
                 error->message);
    else if (reply != NULL && reply->error != 0)
        snprintf(p->trouble, sizeof p->trouble, "%s: %s", upbit_error_name(reply->error),
                 reply->detail);
}

static void take_all(program *p)
{
    upbit_proxy *proxy;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (p->waiter != NULL && upbit_waiter_next(p->waiter, &proxy, &d) == 1) {
        on_event(p, d.event);
        upbit_event_unref(d.event);
    }
}

static void clock_text(char out[16])
{
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(out, 16, "%H:%M:%S", &local);
}

/* 0, or the exit status. */
static int look(program *p)
{
    if (p->file != NULL) {
        char why[256];
        if (top_from_file(&p->view, &p->before, p->file, why, sizeof why) == 0) {
            p->trouble[0] = '\0';
            return 0;
        }
        if (p->screen) { /* it may come back: the program may be starting anew */
            snprintf(p->trouble, sizeof p->trouble, "%.80s: %.100s", p->file, why);
            return 0;
        }
        fprintf(stderr, "upbit-top: %s: %s\n", p->file, why);
        return EXIT_NO_DATA;
    }
    int error = top_from_manager(&p->view, &p->before, p->manager, p->by_rate);
    return error == 0 ? 0 : told(error);
}

static int show(program *p)
{
    size_t columns = 0, rows = 0;
    char clock[16];
    clock_text(clock);
    if (p->screen)
        screen_size(&columns, &rows);
    page_begin(&p->page, columns, p->screen);
    snprintf(p->view.trouble, sizeof p->view.trouble, "%s", p->trouble);
    size_t all = top_rows(&p->view, p->what);
    if (p->from >= all)
        p->from = all > 0 ? all - 1 : 0;
    if (p->who)
        top_draw_who(&p->page, &p->view);
    else
        top_draw(&p->page, &p->view, p->what, rows, p->from, clock);
    if (p->page.failed)
        return EXIT_OUTPUT;
    if (p->screen) {
        screen_show(p->page.text, p->page.length);
        return 0;
    }
    fwrite(p->page.text, 1, p->page.length, stdout);
    return fflush(stdout) == 0 ? 0 : EXIT_OUTPUT;
}

/* False: quit. */
static bool on_key(program *p, int key)
{
    static const char letters[] = "akplw";
    const char *letter = key > 0 && key < 128 ? strchr(letters, key) : NULL;
    size_t all = top_rows(&p->view, p->what), jump = 10;
    if (key == 'q' || key == 'Q')
        return false;
    if (key == '\t') {
        p->what = (top_what)((p->what + 1) % TOP_WHATS);
        p->from = 0;
    } else if (key == SCREEN_DOWN || key == 'j') {
        p->from += p->from + 1 < all;
    } else if (key == SCREEN_UP || (key == 'k' && p->what != TOP_ALL)) {
        p->from -= p->from > 0;
    } else if (key == SCREEN_PAGE_DOWN) {
        p->from += p->from + jump < all ? jump : 0;
    } else if (key == SCREEN_PAGE_UP) {
        p->from -= p->from >= jump ? jump : p->from;
    } else if (key == 'r') {
        p->by_rate = !p->by_rate;
    } else if (key == ' ') {
        p->stopped = !p->stopped;
    } else if (letter != NULL) {
        p->what = (top_what)(letter - letters);
        p->from = 0;
    }
    return true;
}

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(program *p, int signal_fd)
{
    /* Rates need two looks. */
    bool first = p->once && p->file == NULL;
    int status = first ? look(p) : 0;
    if (status != 0)
        return status;
    double next = now_seconds() + (first ? p->interval : 0);
    struct pollfd fds[3] = {{p->waiter != NULL ? upbit_waiter_fd(p->waiter) : -1, POLLIN, 0},
                            {signal_fd, POLLIN, 0},
                            {p->screen ? STDIN_FILENO : -1, POLLIN, 0}};
    for (;;) {
        double left = next - now_seconds();
        int wait = left <= 0 ? 0 : (int)(left * 1000) + 1;
        if (poll(fds, 3, wait) < 0 && errno != EINTR)
            return EXIT_OUTPUT;
        take_all(p);
        bool again = now_seconds() >= next;
        for (int signal; (signal = stopping_read(signal_fd)) != 0; again = true)
            if (signal != SIGWINCH)
                return EXIT_OK;
        for (int key; p->screen && (key = screen_key()) != 0; again = true)
            if (!on_key(p, key))
                return EXIT_OK;
        if ((fds[2].revents & (POLLHUP | POLLERR)) != 0)
            return EXIT_OK;
        if (!again)
            continue;
        status = p->stopped ? 0 : look(p);
        if (status == 0)
            status = show(p);
        if (status != 0 || p->once)
            return status;
        next = now_seconds() + p->interval;
    }
}

int main(int argc, char **argv)
{
    static program p;
    if (upbit_environment_take_keys() < 0) {
        fprintf(stderr, "upbit-top: %s\n", upbit_error_detail());
        return EXIT_USAGE;
    }
    int status = read_arguments(&p, argc, argv);
    if (status == 0 && p.show_config)
        return show_config("upbit-top", &p.options, SHOW_TABLE, true);
    if (status != 0) {
        wants_free(&p.wants);
        return status < 0 ? EXIT_OK : status;
    }
    int signal_fd = stopping_open(true);
    p.once = p.once || !screen_possible();
    status = signal_fd < 0 ? EXIT_OUTPUT : setup(&p);
    if (status == 0 && !p.once)
        p.screen = screen_open() == 0;
    p.once = p.once || !p.screen;
    if (status == 0)
        status = run(&p, signal_fd);
    screen_close();
    for (size_t i = 0; i < p.proxy_count; i++)
        upbit_proxy_close(p.proxies[i]);
    upbit_waiter_destroy(p.waiter);
    upbit_manager_release(p.manager);
    free(p.proxies);
    top_view_free(&p.view);
    page_free(&p.page);
    wants_free(&p.wants);
    return status;
}
