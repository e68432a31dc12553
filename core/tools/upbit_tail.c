/* upbit-tail: the live stream on the command line.
 *
 * One thread of its own: it waits on the proxy's descriptor, a signalfd and a timer, takes what is
 * there and prints it. What goes to stdout is data; what happened to the stream is said on stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "show_config.h"
#include "stopping.h"
#include "tail_arguments.h"

#define CONNECT_SECONDS 10.0
#define SNAPSHOT_MS     10000
#define REASON_SECONDS  2.0 /* for REST to say what the stream's INVALID_AUTH does not */

enum {
    EXIT_OK = 0,
    EXIT_OUTPUT = 1,
    EXIT_USAGE = 2,
    EXIT_CONNECT = 3,
    EXIT_REFUSED = 4,
    EXIT_AUTH = 5
};

typedef struct tail {
    const tail_arguments *arguments;
    upbit_manager *manager;
    upbit_proxy *proxy;
    char *line; /* grows to the longest event */
    size_t line_size;
    uint64_t printed;
    size_t open;     /* snapshot: requests that are not answered */
    int failed;      /* snapshot: the exit status when all are */
    bool live;       /* has ever been */
    double auth_end; /* the keys are refused: end then, or when it is known why; 0: they are not */
    bool over;       /* nothing more will come: end when what has come is printed */
    int status;      /* < 0: go on */
    char last_error[300];
} tail;

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *text_of(const upbit_decimal *d, char *buffer)
{
    upbit_decimal_to_string(d, buffer, UPBIT_DECIMAL_STRING_SIZE);
    return buffer;
}

static void print_book(const upbit_orderbook *b)
{
    char ap[UPBIT_DECIMAL_STRING_SIZE], as[UPBIT_DECIMAL_STRING_SIZE];
    char bp[UPBIT_DECIMAL_STRING_SIZE], bs[UPBIT_DECIMAL_STRING_SIZE];
    printf(" ask %s x %s  bid %s x %s  rows %" PRIu32 "/%" PRIu32,
           b->ask_count > 0 ? text_of(&b->asks[0].price, ap) : "-",
           b->ask_count > 0 ? text_of(&b->asks[0].size, as) : "-",
           b->bid_count > 0 ? text_of(&b->bids[0].price, bp) : "-",
           b->bid_count > 0 ? text_of(&b->bids[0].size, bs) : "-", b->ask_count, b->bid_count);
}

static void print_text(const upbit_event *e)
{
    char a[UPBIT_DECIMAL_STRING_SIZE], b[UPBIT_DECIMAL_STRING_SIZE];
    time_t seconds = (time_t)(e->received_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    printf("%02d:%02d:%02d.%03d %-9s %-10s %-8s", utc.tm_hour, utc.tm_min, utc.tm_sec,
           (int)(e->received_ms % 1000), upbit_type_name(e->type), e->code,
           upbit_stream_name(e->stream));
    const upbit_ticker *ticker = upbit_event_ticker(e);
    const upbit_trade *trade = upbit_event_trade(e);
    const upbit_orderbook *book = upbit_event_orderbook(e);
    const upbit_candle *candle = upbit_event_candle(e);
    if (ticker != NULL)
        printf(" %s  change %s", text_of(&ticker->trade_price, a),
               text_of(&ticker->signed_change_rate, b));
    else if (trade != NULL)
        printf(" %s %s x %s", trade->ask_bid == UPBIT_SIDE_ASK ? "sell" : "buy ",
               text_of(&trade->trade_price, a), text_of(&trade->trade_volume, b));
    else if (book != NULL)
        print_book(book);
    else if (candle != NULL)
        printf(" %s %s close %s volume %s", upbit_candle_unit_name(candle->unit),
               candle->candle_date_time_utc, text_of(&candle->trade_price, a),
               text_of(&candle->candle_acc_trade_volume, b));
    putchar('\n');
}

static int print_json(tail *t, const upbit_event *e)
{
    size_t length = upbit_event_to_json(e, t->line, t->line_size);
    if (length + 2 > t->line_size) {
        char *line = realloc(t->line, length + 2);
        if (line == NULL)
            return -1;
        t->line = line;
        t->line_size = length + 2;
        upbit_event_to_json(e, t->line, t->line_size);
    }
    t->line[length] = '\n';
    return fwrite(t->line, 1, length + 1, stdout) == length + 1 ? 0 : -1;
}

static void on_data(tail *t, const upbit_event *e)
{
    switch (t->arguments->output) {
    case TAIL_JSONL:
        if (print_json(t, e) != 0) {
            fprintf(stderr, "upbit-tail: cannot write the output: %s\n", strerror(errno));
            t->status = EXIT_OUTPUT;
        }
        break;
    case TAIL_TEXT:
        print_text(e);
        break;
    case TAIL_NONE:
        break;
    }
    if (++t->printed == t->arguments->count)
        t->status = EXIT_OK;
}

static void on_error(tail *t, const upbit_error_event *e)
{
    snprintf(t->last_error, sizeof t->last_error, "%s%s%s%s", upbit_error_name(e->error),
             e->name[0] != '\0' ? " " : "", e->name, e->message[0] != '\0' ? ": " : "");
    size_t n = strlen(t->last_error);
    snprintf(t->last_error + n, sizeof t->last_error - n, "%s", e->message);
    fprintf(stderr, "upbit-tail: %s\n", t->last_error);
    if (t->arguments->snapshot)
        return; /* of the stream, which is not needed */
    if (e->error == UPBIT_ERROR_EXCHANGE || e->error == UPBIT_ERROR_UNKNOWN_CODE)
        t->status = EXIT_REFUSED;
    else if (e->error == UPBIT_ERROR_AUTH && strcmp(e->name, "INVALID_AUTH") != 0)
        t->status = EXIT_AUTH;
    else if (e->error == UPBIT_ERROR_AUTH && t->auth_end == 0)
        t->auth_end = now_seconds() + REASON_SECONDS;
}

static void on_state(tail *t, const upbit_state_event *e)
{
    t->live = t->live || e->state == UPBIT_STATE_LIVE;
    if (e->session == UPBIT_SESSION_PUBLIC && e->state == UPBIT_STATE_CLOSED) {
        t->over = true;
        t->failed = e->error != 0 ? EXIT_CONNECT : EXIT_OK;
    }
}

/* The end of one request's answer. */
static void on_answer(tail *t, const upbit_reply *e)
{
    if (e->error != 0) {
        fprintf(stderr, "upbit-tail: %s: %s\n", upbit_error_name(e->error), e->detail);
        switch (e->error) {
        case UPBIT_ERROR_TIMEOUT:
        case UPBIT_ERROR_RESOLVE:
        case UPBIT_ERROR_CONNECT:
        case UPBIT_ERROR_TLS:
        case UPBIT_ERROR_PROTOCOL:
            t->failed = EXIT_CONNECT;
            break;
        case UPBIT_ERROR_AUTH:
            t->failed = EXIT_AUTH;
            break;
        case UPBIT_ERROR_UNAVAILABLE:
            t->failed = t->arguments->wants.at[0].want.type >= UPBIT_TYPE_MY_ORDER ? EXIT_AUTH
                                                                                   : EXIT_REFUSED;
            break;
        default:
            t->failed = EXIT_REFUSED;
        }
    }
    if (--t->open == 0)
        t->status = t->failed;
}

static const char *key_news(int type)
{
    switch (type) {
    case UPBIT_TYPE_FRESH:
        return "data comes again";
    case UPBIT_TYPE_STALE:
        return "nothing new for a long time";
    case UPBIT_TYPE_DELISTED:
        return "the exchange has delisted it";
    case UPBIT_TYPE_LISTED:
        return "newly listed";
    default:
        return "the exchange sends nothing";
    }
}

static void on_event(tail *t, const upbit_event *e)
{
    switch (e->type) {
    case UPBIT_TYPE_STATE:
        on_state(t, upbit_event_state(e));
        break;
    case UPBIT_TYPE_RESTORED:
        fprintf(stderr, "upbit-tail: connected again, down for %" PRIu32 " ms\n",
                upbit_event_restored(e)->down_ms);
        break;
    case UPBIT_TYPE_ERROR:
        on_error(t, upbit_event_error(e));
        break;
    case UPBIT_TYPE_HEALTH:
        fprintf(stderr, "upbit-tail: health: %s\n", upbit_event_health(e)->reason);
        break;
    case UPBIT_TYPE_GAP: {
        const upbit_gap *gap = upbit_event_gap(e);
        if (gap->count == 0)
            fprintf(stderr,
                    "upbit-tail: gap: %s events of %s may be missing (between %" PRId64
                    " and %" PRId64 ")\n",
                    upbit_type_name((int)gap->lane_type), e->code, gap->after_ms, gap->before_ms);
        else
            fprintf(stderr,
                    "upbit-tail: gap: %" PRIu64 " %s events are missing (%" PRIu64 "..%" PRIu64
                    ")\n",
                    gap->count, upbit_type_name((int)gap->lane_type), gap->first, gap->last);
        break;
    }
    case UPBIT_TYPE_REPLY:
        if (t->arguments->snapshot) {
            on_answer(t, upbit_event_reply(e));
        } else if (upbit_event_reply(e)->error != 0) {
            fprintf(stderr, "upbit-tail: %s\n", upbit_event_reply(e)->detail);
            t->status =
                upbit_event_reply(e)->error == UPBIT_ERROR_UNAVAILABLE ? EXIT_AUTH : EXIT_REFUSED;
        }
        break;
    case UPBIT_TYPE_NO_DATA:
    case UPBIT_TYPE_STALE:
    case UPBIT_TYPE_FRESH:
    case UPBIT_TYPE_DELISTED:
    case UPBIT_TYPE_LISTED:
        fprintf(stderr, "upbit-tail: %s %s: %s\n",
                upbit_type_name((int)upbit_event_key(e)->key_type), e->code, key_news(e->type));
        break;
    case UPBIT_TYPE_CLOSED:
        t->status = EXIT_OK;
        break;
    default:
        if (e->type <= UPBIT_TYPE_RAW)
            on_data(t, e);
    }
}

static void print_stats(const tail *t)
{
    upbit_stats s;
    upbit_proxy_stats p;
    upbit_manager_get_stats(t->manager, &s, sizeof s);
    upbit_proxy_get_stats(t->proxy, &p, sizeof p);
    fprintf(stderr, "{\"printed\":%" PRIu64, t->printed);
#define FIELD(name) fprintf(stderr, ",\"" #name "\":%" PRIu64, s.name)
    FIELD(messages_received);
    FIELD(bytes_received);
    FIELD(bytes_sent);
    FIELD(messages_compressed);
    FIELD(bytes_compressed);
    FIELD(bytes_inflated);
    FIELD(compression_faults);
    FIELD(events_decoded);
    FIELD(decode_errors);
    FIELD(events_unwanted);
    FIELD(events_delivered);
    FIELD(events_dropped);
    FIELD(events_coalesced);
    FIELD(events_refused);
    FIELD(events_repeated);
    FIELD(messages_ignored);
    FIELD(requests_sent);
    FIELD(connects);
    FIELD(reconnects);
    FIELD(connect_failures);
    FIELD(pings_sent);
    FIELD(pongs_received);
    FIELD(exchange_errors);
    FIELD(rest_requests);
    FIELD(rest_failures);
    FIELD(limit_waits);
    FIELD(limit_wait_ms);
    FIELD(limit_wait_longest_ms);
    FIELD(snapshots);
    FIELD(snapshot_failures);
    FIELD(notifications);
    FIELD(read_batches);
    FIELD(memory_bytes);
    FIELD(memory_peak_bytes);
    FIELD(keys);
    FIELD(io_cpu_ns);
#undef FIELD
    fprintf(stderr,
            ",\"compression\":%" PRIu32 ",\"state\":\"%s\",\"epoch\":%" PRIu32
            ",\"lag_ms\":%" PRId64 ",\"delivered\":%" PRIu64 ",\"dropped\":%" PRIu64
            ",\"coalesced\":%" PRIu64 ",\"queued\":%" PRIu64 ",\"queued_peak\":%" PRIu64
            ",\"gaps\":%" PRIu64 "}\n",
            s.compression, upbit_state_name((int)s.state), s.epoch, s.lag_ms, p.delivered,
            p.dropped, p.coalesced, p.queued, p.queued_peak, p.gaps);
}

/* Milliseconds until the nearer of the two ends, -1 for none. */
static int wait_ms(double now, double end, double connect_end, bool live)
{
    double until = end;
    if (!live && (until == 0 || connect_end < until))
        until = connect_end;
    if (until == 0)
        return -1;
    double left = (until - now) * 1000 + 1;
    return left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left;
}

static void take_all(tail *t)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    int got;
    while (t->status < 0 && (got = upbit_proxy_next(t->proxy, &d)) != 0) {
        if (got == UPBIT_ERROR_CLOSED) {
            t->status = EXIT_OK;
        } else if (got == 1) {
            on_event(t, d.event);
            upbit_event_unref(d.event);
        }
    }
    if (t->over && t->status < 0)
        t->status = t->failed;
    if (fflush(stdout) != 0 && t->status < 0) {
        fprintf(stderr, "upbit-tail: cannot write the output: %s\n", strerror(errno));
        t->status = EXIT_OUTPUT;
    }
}

static void run(tail *t, int signal_fd)
{
    double start = now_seconds();
    double end = t->arguments->seconds > 0 ? start + t->arguments->seconds : 0;
    struct pollfd fds[2] = {{upbit_proxy_fd(t->proxy), POLLIN, 0}, {signal_fd, POLLIN, 0}};
    while (t->status < 0) {
        bool live = t->live || t->arguments->snapshot; /* that one ends by itself */
        double first = t->auth_end != 0 && (end == 0 || t->auth_end < end) ? t->auth_end : end;
        int wait = wait_ms(now_seconds(), first, start + CONNECT_SECONDS, live);
        if (poll(fds, 2, wait) < 0 && errno != EINTR) {
            perror("upbit-tail: poll");
            t->status = EXIT_OUTPUT;
            return;
        }
        take_all(t);
        if (t->status >= 0)
            return;
        double now = now_seconds();
        if (t->auth_end != 0 && now >= t->auth_end) {
            t->status = EXIT_AUTH;
            return;
        }
        bool over = end != 0 && now >= end;
        if (!live && (over || now >= start + CONNECT_SECONDS)) {
            fprintf(stderr, "upbit-tail: cannot connect: %s\n",
                    t->last_error[0] != '\0' ? t->last_error : "no answer");
            t->status = EXIT_CONNECT;
        } else if (over || (fds[1].revents & POLLIN) != 0) {
            t->status = EXIT_OK;
        }
    }
}

/* 0, or the exit status. */
static int ask_all(tail *t)
{
    const tail_arguments *a = t->arguments;
    t->open = a->wants.count;
    for (size_t i = 0; i < a->wants.count; i++) {
        int error = a->snapshot ? upbit_proxy_get_snapshot(t->proxy, &a->wants.at[i].want,
                                                           SNAPSHOT_MS, i + 1)
                                : upbit_proxy_subscribe(t->proxy, &a->wants.at[i].want, i + 1);
        if (error != 0) {
            const char *detail = upbit_error_detail();
            fprintf(stderr, "upbit-tail: %s\n",
                    *detail != '\0' ? detail : upbit_error_string(error));
            return EXIT_USAGE;
        }
    }
    return 0;
}

static int setup(tail *t)
{
    int error = upbit_manager_create(&t->manager, &t->arguments->options);
    upbit_environment_drop_keys(); /* the manager has its own */
    if (error == 0)
        error = upbit_proxy_open(&t->proxy, t->manager, "upbit-tail", &t->arguments->proxy);
    if (error == 0)
        return ask_all(t);
    const char *detail = upbit_error_detail();
    fprintf(stderr, "upbit-tail: %s\n", *detail != '\0' ? detail : upbit_error_string(error));
    return error == UPBIT_ERROR_INVALID_ARGUMENT || error == UPBIT_ERROR_UNAVAILABLE ? EXIT_USAGE
                                                                                     : EXIT_CONNECT;
}

int main(int argc, char **argv)
{
    /* First of all, before there is a thread: who looks at this process finds no keys. */
    if (upbit_environment_take_keys() < 0) {
        fprintf(stderr, "upbit-tail: %s\n", upbit_error_detail());
        return EXIT_USAGE;
    }
    tail_arguments arguments;
    int status = tail_arguments_read(&arguments, argc, argv);
    if (status != 0) {
        tail_arguments_free(&arguments);
        return status == 1 ? EXIT_OK : EXIT_USAGE;
    }
    if (arguments.show_config) {
        status = show_config("upbit-tail", &arguments.options, SHOW_TABLE, true);
        tail_arguments_free(&arguments);
        return status;
    }
    /* Before any thread: from here on Ctrl-C is something to read. */
    int signal_fd = stopping_open(false);
    tail t = {.arguments = &arguments, .status = -1};
    status = signal_fd < 0 ? EXIT_OUTPUT : setup(&t);
    if (status == 0) {
        run(&t, signal_fd);
        status = t.status;
        if (arguments.stats)
            print_stats(&t);
    }
    upbit_proxy_close(t.proxy);
    upbit_manager_release(t.manager);
    free(t.line);
    tail_arguments_free(&arguments);
    return status;
}
