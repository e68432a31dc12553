/* The loop: one poll over all sockets and stdin; what is to happen by the clock bounds its wait. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "relay.h"

#define BACKLOG    1024
#define PAIRS_MOST 4000
#define FIXED      3 /* descriptors that are no pairs': who connects, stdin, signals */

static int signals = -1;

/* What was read of stdin and is no whole line yet. */
static struct {
    char text[512];
    size_t length;
    bool ended, too_long;
} input;

static struct pollfd *polled;
static size_t polled_room;

void relay_log(const relay *r, const char *format, ...)
{
    if (!r->verbose)
        return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "upbit-relay: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static int64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t relay_scaled(const relay *r, int64_t ms)
{
    return (int64_t)((double)ms * MS / r->time_scale);
}

/* splitmix64: every seed is a good one. */
int64_t relay_dice(relay *r, int64_t n)
{
    uint64_t x = (r->dice += UINT64_C(0x9E3779B97F4A7C15));
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((x ^ (x >> 31)) % (uint64_t)n);
}

/* Bound, not yet listening: so it refuses who connects, and nobody else can take the port. */
static int bind_to(const relay *r)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port)};
    at.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | (uint32_t)r->host);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                    bind(fd, (struct sockaddr *)&at, sizeof at) != 0)) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    return fd;
}

bool relay_refuse(relay *r, int how, int64_t for_ns)
{
    r->refuse_until_ns = for_ns > 0 ? r->now_ns + for_ns : 0;
    if (how == REFUSE_CLOSED && r->refusing != REFUSE_CLOSED) {
        close(r->listen_fd); /* those who wait to be let in are reset */
        r->listen_fd = bind_to(r);
        if (r->listen_fd < 0)
            return false;
    } else if (how == REFUSE_RESET && !relay_accept_again(r)) {
        return false;
    }
    r->refusing = how;
    r->refuse_until_ns = for_ns > 0 ? r->now_ns + for_ns : 0;
    return true;
}

bool relay_accept_again(relay *r)
{
    bool closed = r->refusing == REFUSE_CLOSED;
    r->refusing = -1;
    r->refuse_until_ns = 0;
    return !closed || listen(r->listen_fd, BACKLOG) == 0;
}

bool relay_open(relay *r)
{
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    r->start_ns = r->now_ns = clock_ns();
    r->refusing = -1;
    r->listen_fd = bind_to(r);
    if (r->listen_fd < 0 || listen(r->listen_fd, BACKLOG) != 0 ||
        getsockname(r->listen_fd, (struct sockaddr *)&at, &size) != 0) {
        fprintf(stderr, "upbit-relay: 127.0.0.%d port %d: %s\n", r->host, r->port, strerror(errno));
        return false;
    }
    r->port = ntohs(at.sin_port);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
        (signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0) {
        fprintf(stderr, "upbit-relay: signals: %s\n", strerror(errno));
        return false;
    }
    return true;
}

void relay_close(relay *r)
{
    pair_reap(r, true);
    script_free(r->script);
    free(polled);
    if (r->listen_fd >= 0)
        close(r->listen_fd);
    if (signals >= 0)
        close(signals);
}

static void count_connection(relay *r)
{
    enum { RING = sizeof r->recent_ns / sizeof *r->recent_ns };
    r->recent_ns[r->counts.connections++ % RING] = r->now_ns;
    uint64_t of_second = 0;
    for (uint64_t i = 0; i < RING && i < r->counts.connections; i++)
        of_second += r->now_ns - r->recent_ns[i] < 1000 * INT64_C(1000000);
    if (of_second > r->counts.busiest_second)
        r->counts.busiest_second = of_second;
}

static void accept_all(relay *r)
{
    for (;;) {
        int fd = accept4(r->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        count_connection(r);
        if (r->refusing == REFUSE_RESET) {
            r->counts.refused++;
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
            close(fd);
        } else {
            pair_begin(r, fd);
        }
    }
}

static void obey(relay *r, const char *line)
{
    char answer[512] = "error: ";
    order o;
    if (line[strspn(line, " \t\r")] == '\0' || line[0] == '#')
        return;
    if (order_read(&o, line, answer + 7, sizeof answer - 7))
        (void)relay_apply(r, &o, answer, sizeof answer);
    if (puts(answer) < 0 || fflush(stdout) != 0)
        relay_log(r, "nobody reads what is answered");
}

static void read_input(relay *r)
{
    ssize_t got = read(0, input.text + input.length, sizeof input.text - 1 - input.length);
    if (got <= 0) {
        input.ended = got == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    input.length += (size_t)got;
    input.text[input.length] = '\0';
    char *at = input.text;
    for (char *end; (end = memchr(at, '\n', input.length - (size_t)(at - input.text))) != NULL;
         at = end + 1) {
        *end = '\0';
        if (!input.too_long)
            obey(r, at);
        input.too_long = false;
    }
    input.length -= (size_t)(at - input.text);
    memmove(input.text, at, input.length);
    if (input.length == sizeof input.text - 1) {
        if (!input.too_long) {
            printf("error: a line of more than %zu bytes\n", sizeof input.text - 2);
            fflush(stdout);
        }
        input.too_long = true;
        input.length = 0;
    }
}

static size_t set_up(relay *r)
{
    size_t count = 0;
    for (const pair *l = r->pairs; l != NULL; l = l->next)
        count++;
    if (polled_room < FIXED + 2 * count) {
        struct pollfd *more = realloc(polled, (FIXED + 2 * count) * sizeof *polled);
        if (more == NULL)
            return 0;
        polled = more;
        polled_room = FIXED + 2 * count;
    }
    bool closed = r->refusing == REFUSE_CLOSED || count >= PAIRS_MOST;
    polled[0] = (struct pollfd){closed ? -1 : r->listen_fd, POLLIN, 0};
    polled[1] = (struct pollfd){input.ended ? -1 : 0, POLLIN, 0};
    polled[2] = (struct pollfd){signals, POLLIN, 0};
    size_t n = FIXED;
    for (const pair *l = r->pairs; l != NULL; l = l->next)
        for (int side = 0; side < WAYS; side++) {
            short wants = pair_wants(r, l, side);
            polled[n++] = (struct pollfd){wants < 0 ? -1 : l->fd[side], wants, 0};
        }
    return n;
}

static int wait_for(relay *r, size_t n, int64_t next)
{
    for (const pair *l = r->pairs; l != NULL; l = l->next) {
        int64_t due = pair_due(r, l);
        next = due < next ? due : next;
    }
    if (r->refuse_until_ns != 0 && r->refuse_until_ns < next)
        next = r->refuse_until_ns;
    int64_t wait = next > r->now_ns ? next - r->now_ns : 0;
    struct timespec t = {wait / 1000000000, wait % 1000000000};
    return ppoll(polled, n, next == INT64_MAX ? NULL : &t, NULL);
}

int relay_run(relay *r)
{
    while (!r->stop) {
        int64_t next = r->script != NULL ? script_run(r, r->script) : INT64_MAX;
        pair_reap(r, false);
        size_t n = set_up(r);
        if (n == 0 || (wait_for(r, n, next) < 0 && errno != EINTR)) {
            fprintf(stderr, "upbit-relay: poll: %s\n", strerror(errno));
            return 1;
        }
        r->now_ns = clock_ns();
        n = FIXED;
        for (pair *l = r->pairs; l != NULL; l = l->next) {
            l->polled[0] = polled[n++].revents;
            l->polled[1] = polled[n++].revents;
        }
        for (pair *l = r->pairs; l != NULL; l = l->next)
            if (!l->dead)
                pair_turn(r, l);
        if (r->refuse_until_ns != 0 && r->now_ns >= r->refuse_until_ns && !relay_accept_again(r)) {
            fprintf(stderr, "upbit-relay: port %d: %s\n", r->port, strerror(errno));
            return 1;
        }
        if (polled[1].revents != 0)
            read_input(r);
        if (polled[0].revents != 0)
            accept_all(r);
        if (polled[2].revents != 0)
            r->stop = true;
    }
    return 0;
}
