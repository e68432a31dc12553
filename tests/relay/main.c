/* upbit-relay: stands between a client and a server of this machine, and lets the network between
 * them go wrong. docs/TESTING.md describes it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "relay.h"

static void usage(FILE *out)
{
    fputs("usage: upbit-relay --to PORT [option...]\n"
          "Carries TCP between a port of its own and --to, both on 127.0.0.1, and lets go wrong\n"
          "what it is told to. The first line on stdout says where it listens.\n"
          "  --to PORT        the server's\n"
          "  --port PORT      its own; 0, the default: a free one\n"
          "  --host ADDRESS   its own, 127.0.0.1 to 127.0.0.255\n"
          "  --seed N         of everything that chance decides; default: the clock\n"
          "  --time-scale X   what is told in milliseconds, and rates, X times as fast\n"
          "  --script FILE    orders by the clock, a line each: MILLISECONDS ORDER\n"
          "  --parent-death   ends with the process that started it\n"
          "  --verbose        what happens, on stderr\n"
          "Orders are lines on stdin; each is answered by a line on stdout, \"ok\" or \"error: "
          "why\".\n"
          "A number may be a range, ms=50..200: chance takes one. way=up, down or both (the "
          "default).\n",
          out);
}

static bool number(double *value, const char *option, const char *text, double least, double most)
{
    char *end = NULL;
    errno = 0;
    *value = text != NULL ? strtod(text, &end) : 0;
    if (text != NULL && end != text && *end == '\0' && errno == 0 && *value >= least &&
        *value <= most)
        return true;
    fprintf(stderr, "upbit-relay: %s %s: a number from %.15g to %.15g\n", option,
            text != NULL ? text : "without a value", least, most);
    return false;
}

static bool whole(int *value, const char *option, const char *text, int least, int most)
{
    double d;
    if (!number(&d, option, text, least, most))
        return false;
    *value = (int)d;
    if ((double)*value == d)
        return true;
    fprintf(stderr, "upbit-relay: %s %s: a whole number\n", option, text);
    return false;
}

static bool host(int *value, const char *text)
{
    char rest = '\0';
    if (text != NULL && sscanf(text, "127.0.0.%3d%c", value, &rest) == 1 && *value >= 1 &&
        *value <= 255)
        return true;
    fprintf(stderr, "upbit-relay: --host %s: 127.0.0.1 to 127.0.0.255\n",
            text != NULL ? text : "without a value");
    return false;
}

static bool seed(uint64_t *value, const char *text)
{
    char *end = NULL;
    errno = 0;
    *value = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text != NULL && end != text && *end == '\0' && errno == 0 && text[0] != '-')
        return true;
    fprintf(stderr, "upbit-relay: --seed %s: a number\n", text != NULL ? text : "without a value");
    return false;
}

/* False: told on stderr. *i goes behind what the option takes. */
static bool option(relay *r, int *i, char **argv)
{
    const char *name = argv[*i], *text = argv[*i + 1];
    if (strcmp(name, "--parent-death") == 0) {
        r->parent_death = true;
        return true;
    }
    if (strcmp(name, "--verbose") == 0) {
        r->verbose = true;
        return true;
    }
    (*i)++;
    if (strcmp(name, "--to") == 0)
        return whole(&r->to, name, text, 1, 65535);
    if (strcmp(name, "--port") == 0)
        return whole(&r->port, name, text, 0, 65535);
    if (strcmp(name, "--host") == 0)
        return host(&r->host, text);
    if (strcmp(name, "--seed") == 0)
        return seed(&r->dice, text);
    if (strcmp(name, "--time-scale") == 0)
        return number(&r->time_scale, name, text, 0.01, 10000);
    if (strcmp(name, "--script") == 0 && text != NULL)
        return r->script == NULL && (r->script = script_load(text)) != NULL;
    fprintf(stderr, "upbit-relay: %s: %s; see --help\n", name,
            strcmp(name, "--script") == 0 ? "needs a file" : "there is no such option");
    return false;
}

int main(int argc, char **argv)
{
    static relay r = {.host = 1, .time_scale = 1, .listen_fd = -1};
    pid_t parent = getppid();
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    r.dice = (uint64_t)t.tv_sec * 1000000007 + (uint64_t)t.tv_nsec;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            order_help();
            return 0;
        }
        bool script = strcmp(argv[i], "--script") == 0 && argv[i + 1] != NULL;
        if (!option(&r, &i, argv)) {
            relay_close(&r);
            return script ? 1 : 2;
        }
    }
    if (r.to == 0) {
        usage(stderr);
        relay_close(&r);
        return 2;
    }
    if (r.parent_death && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)) {
        fprintf(stderr, "upbit-relay: the parent has ended already\n");
        relay_close(&r);
        return 1;
    }
    int status = 1;
    if (relay_open(&r)) {
        printf("listening 127.0.0.%d:%d\n", r.host, r.port);
        status = fflush(stdout) == 0 ? relay_run(&r) : 1;
    }
    relay_close(&r);
    return status;
}
