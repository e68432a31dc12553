/* P15: what an event costs a Python program, all in: upbit_live with a callback for each event and
 * with a callback for each batch, beside websockets + json.loads on the same bytes. Loopback TLS,
 * the realistic mix, no compression on any side. Clients take turns, and report their own CPU time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../stream/flood.h"

enum { ROUNDS_MAX = 15 };
static const char *const ways[] = {"websockets", "callback", "batch"};
enum { WAYS = sizeof ways / sizeof *ways };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ns a message; below 0: this client cannot be had. */
static double measure(const char *way, size_t count)
{
    flood f;
    flood_start(&f, count, 0);
    char command[512];
    snprintf(command, sizeof command,
             "taskset -c 1 /usr/bin/python3 " CLIENT " %s wss://127.0.0.1:%d/websocket/v1 %s %zu",
             way, f.port, f.ca_file, count);
    FILE *out = popen(command, "r");
    double spent = -1, seen = 0, missing = 0;
    int got = out == NULL ? 0 : fscanf(out, "%lf %lf %lf", &spent, &seen, &missing);
    int status = out == NULL ? -1 : pclose(out);
    flood_stop(&f);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return -1;
    if (got != 3 || status != 0 || seen < (double)count / 2) {
        fprintf(stderr, "python: the client \"%s\" failed\n", way);
        exit(1);
    }
    if (missing > 0)
        fprintf(stderr, "# python: %s: %.0f of %zu were dropped\n", way, missing, count);
    return spent / seen;
}

int main(int argc, char **argv)
{
    int check = argc > 1 && strcmp(argv[1], "--check") == 0;
    int rounds = check ? 1 : argc > 1 ? atoi(argv[1]) : 5;
    size_t count = check ? 4000 : 100000;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: python_bench [--check | ROUNDS up to 15]\n");
        return 2;
    }
    double ns[WAYS][ROUNDS_MAX], median[WAYS];
    for (int r = 0; r < rounds; r++)
        for (int w = 0; w < WAYS; w++)
            ns[w][r] = measure(ways[w], count);
    printf("| client | ns/message | min | max | of websockets |\n|---|---|---|---|---|\n");
    for (int w = 0; w < WAYS; w++) {
        qsort(ns[w], (size_t)rounds, sizeof ns[w][0], ascending);
        median[w] = ns[w][rounds / 2];
        if (median[w] < 0)
            printf("| %s | not installed | | | |\n", ways[w]);
        else
            printf("| %s | %.0f | %.0f | %.0f | %.2f |\n", ways[w], median[w], ns[w][0],
                   ns[w][rounds - 1], median[0] > 0 ? median[w] / median[0] : 0);
    }
    printf("{\"benchmark\":\"python\",\"messages\":%zu,\"rounds\":%d,\"websockets_ns\":%.0f,"
           "\"callback_ns\":%.0f,\"batch_ns\":%.0f}\n",
           count, rounds, median[0], median[1], median[2]);
    return 0;
}
