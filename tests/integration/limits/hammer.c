/* A process that asks for tickers by REST as fast as it is let, four at a time: hammer SECONDS
 * [ANSWERS], until then, or until it has so many or gets a SIGTERM. By the environment's manager.
 * Says "begun", and at the end how many answers it had. */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "upbit-live/upbit-live.h"

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ask(upbit_proxy *p, uint64_t id)
{
    static const char *const code = "KRW-ETH";
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.codes = &code;
    want.code_count = 1;
    return upbit_proxy_get_snapshot(p, &want, 60000, id);
}

int main(int argc, char **argv)
{
    const double end = now() + (argc > 1 ? atof(argv[1]) : 1);
    const unsigned long enough = argc > 2 ? strtoul(argv[2], NULL, 10) : ULONG_MAX;
    signal(SIGTERM, stop);
    upbit_proxy *p = NULL;
    int error = upbit_proxy_open(&p, NULL, "hammer", NULL);
    unsigned answers = 0;
    for (uint64_t id = 1; id <= 4 && error == 0; id++)
        error = ask(p, id);
    printf("begun\n");
    fflush(stdout);
    while (error == 0 && !stopped && answers < enough && now() < end) {
        poll(&(struct pollfd){upbit_proxy_fd(p), POLLIN, 0}, 1, 100);
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (error == 0 && upbit_proxy_next(p, &d) == 1) {
            const upbit_reply *reply = upbit_event_reply(d.event);
            if (reply != NULL) {
                answers += reply->error == 0;
                error = reply->error != 0 ? reply->error : ask(p, d.request_id);
                if (reply->error != 0)
                    fprintf(stderr, "hammer: %s\n", reply->detail);
            }
            upbit_event_unref(d.event);
        }
    }
    upbit_proxy_close(p);
    printf("%u\n", answers);
    if (error != 0)
        fprintf(stderr, "hammer: %s %s\n", upbit_error_name(error), upbit_error_detail());
    return error != 0;
}
