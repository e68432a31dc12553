/* The loop: one epoll, one turn every few milliseconds for everything that goes by the clock, and
 * the exchange's own clock, which may run faster than the wall's. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "messages.h"
#include "private.h"
#include "scenario.h"
#include "server.h"
#include "subscriptions.h"

#define TURN_MS 5
#define BACKLOG 1024

void mock_log(const struct mock_server *s, const char *format, ...)
{
    if (!s->options.verbose) {
        return;
    }
    va_list args;
    va_start(args, format);
    fprintf(stderr, "upbit-mock: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static int64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t mock_run_ms(const struct mock_server *s)
{
    return (s->now_ns - s->start_ns) / 1000000;
}

void mock_clock_update(struct mock_server *s)
{
    s->now_ns = clock_ns(CLOCK_MONOTONIC);
    double elapsed = (double)(s->now_ns - s->start_ns) * s->options.time_scale / 1e6;
    s->now_ms = s->start_ms + (int64_t)elapsed;
    mock_http_date_ms = s->now_ms + mock_stamp_offset_ms;
}

/* A socket on this port of our address, not yet listening; -1 and errno when there is none. */
static int bind_to(const struct mock_server *s, int port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {.four = {.sin_family = AF_INET}};
    socklen_t len = sizeof address.four;
    if (inet_pton(AF_INET, s->options.host, &address.four.sin_addr) == 1) {
        address.four.sin_port = htons((uint16_t)port);
    } else {
        address.six = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                            .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                            .sin6_port = htons((uint16_t)port)};
        len = sizeof address.six;
    }
    int on = 1;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                    bind(fd, &address.any, len) != 0)) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    return fd;
}

static bool listen_on(struct mock_server *s)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
    socklen_t len = sizeof address;
    s->listen_fd = bind_to(s, s->options.port);
    if (s->listen_fd < 0 || listen(s->listen_fd, BACKLOG) != 0 ||
        getsockname(s->listen_fd, &address.any, &len) != 0) {
        fprintf(stderr, "upbit-mock: %s port %d: %s\n", s->options.host, s->options.port,
                strerror(errno));
        return false;
    }
    s->port =
        ntohs(address.any.sa_family == AF_INET ? address.four.sin_port : address.six.sin6_port);
    return true;
}

static bool watch(struct mock_server *s, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    return fd >= 0 && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The port stays ours: a socket that is bound to it and does not listen refuses who connects, and
 * keeps others from taking it. */
bool mock_outage_begin(struct mock_server *s, int64_t for_ms)
{
    int64_t until = s->now_ns + for_ms * 1000000;
    if (s->faults.outage_until_ns == 0) {
        close(s->listen_fd); /* those who wait to be let in are reset */
        s->listen_fd = bind_to(s, s->port);
        if (s->listen_fd < 0) {
            fprintf(stderr, "upbit-mock: port %d: %s\n", s->port, strerror(errno));
            s->stop = true;
            return false;
        }
    }
    s->faults.outage_until_ns = until;
    return true;
}

static void outage_run(struct mock_server *s)
{
    if (s->faults.outage_until_ns == 0 || s->now_ns < s->faults.outage_until_ns) {
        return;
    }
    s->faults.outage_until_ns = 0;
    if (listen(s->listen_fd, BACKLOG) != 0 || !watch(s, s->listen_fd, &s->listen_fd)) {
        fprintf(stderr, "upbit-mock: port %d: %s\n", s->port, strerror(errno));
        s->stop = true;
    }
}

bool mock_server_open(struct mock_server *s)
{
    s->epoll_fd = s->listen_fd = s->signal_fd = s->spare_fd = -1;
    s->start_ns = s->stepped_ns = clock_ns(CLOCK_MONOTONIC);
    s->start_ms =
        s->options.start_ms != 0 ? s->options.start_ms : clock_ns(CLOCK_REALTIME) / 1000000;
    s->rng = s->options.seed ^ UINT64_C(0xA5A5A5A55A5A5A5A);
    mock_faults_init(s);
    mock_clock_update(s);
    if (s->options.replay != NULL) {
        s->replay = mock_replay_load(s->options.replay, s->options.replay_speed);
        if (s->replay == NULL) {
            return false;
        }
    }
    if (!mock_exchange_init(&s->exchange, s->options.codes, s->options.seed, s->now_ms)) {
        fprintf(stderr, "upbit-mock: out of memory for %d markets\n", s->options.codes);
        return false;
    }
    if (!mock_journal_init(&s->journal, (size_t)s->options.journal)) {
        fprintf(stderr, "upbit-mock: out of memory for a journal of %d messages\n",
                s->options.journal);
        return false;
    }
    if (!mock_private_open(s)) {
        return false;
    }
    if (s->options.scenario != NULL) {
        s->scenario = mock_scenario_load(s->options.scenario, s->now_ns);
        if (s->scenario == NULL) {
            return false;
        }
    }
    if (!mock_tls_open(s) || !listen_on(s)) {
        return false;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files); /* as it is without it */
    }
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return false;
    }
    s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s->epoll_fd < 0 || !watch(s, s->listen_fd, &s->listen_fd) ||
        !watch(s, s->signal_fd, &s->signal_fd)) {
        fprintf(stderr, "upbit-mock: epoll: %s\n", strerror(errno));
        return false;
    }
    return true;
}

static int turn(struct mock_server *s)
{
    int wait = s->options.time_scale > 4 ? 1 : TURN_MS;
    int next = s->scenario != NULL ? mock_scenario_run(s, s->scenario) : -1;
    wait = next >= 0 && next < wait ? next : wait;
    outage_run(s);
    mock_market_run(s);
    mock_private_run(s);
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        mock_conn_timers(s, c);
        if (!c->dead && c->replaying) {
            int due = mock_replay_run(s, c);
            wait = due >= 0 && due < wait ? due : wait;
        }
        if (!c->dead && c->stale_books > 0) {
            mock_publish_catch_up(s, c);
        }
        if (!c->dead) {
            mock_conn_flush(s, c);
        }
        /* A replay goes on as soon as there is room, not a turn later. */
        if (!c->dead && c->replaying && !c->blocked && mock_buf_pending(&c->out) == 0) {
            int due = mock_replay_run(s, c);
            wait = due >= 0 && due < wait ? due : wait;
            mock_conn_flush(s, c);
        }
    }
    mock_conn_reap(s);
    return wait;
}

/* A turn takes long when the machine has others to serve; what came meanwhile looks as if it had
 * come at once. */
static void note_turn(struct mock_server *s)
{
    int64_t before = s->now_ns;
    mock_clock_update(s);
    uint64_t ms = (uint64_t)((s->now_ns - before) / 1000000);
    s->stats.longest_turn_ms = ms > s->stats.longest_turn_ms ? ms : s->stats.longest_turn_ms;
}

int mock_server_run(struct mock_server *s)
{
    struct epoll_event events[128];
    int wait = 0;
    while (!s->stop) {
        int count = epoll_wait(s->epoll_fd, events, 128, wait);
        if (count < 0 && errno != EINTR) {
            fprintf(stderr, "upbit-mock: epoll_wait: %s\n", strerror(errno));
            return 1;
        }
        note_turn(s);
        for (int i = 0; i < count; i++) {
            void *mark = events[i].data.ptr;
            if (mark == &s->signal_fd) {
                s->stop = true;
            } else if (mark == &s->listen_fd) {
                mock_conn_accept(s);
            } else {
                mock_conn_event(s, mark, events[i].events);
            }
        }
        wait = turn(s);
    }
    return 0;
}

void mock_server_finish(struct mock_server *s)
{
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        mock_conn_flush(s, c);
        c->dead = true;
    }
    mock_conn_reap(s);
    mock_publish_finish();
    mock_replay_free(s->replay);
    mock_faults_finish(s);
    mock_journal_finish(&s->journal);
    mock_received_finish(&s->received);
    mock_scenario_free(s->scenario);
    mock_private_finish(s);
    mock_exchange_finish(&s->exchange);
    mock_tls_finish(s);
    for (int i = 0; i < 16; i++) {
        mock_buf_finish(&s->closed[i]);
    }
    const int fds[] = {s->listen_fd, s->signal_fd, s->epoll_fd, s->spare_fd};
    for (int i = 0; i < 4; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}
