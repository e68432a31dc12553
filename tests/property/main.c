/* The property test: whatever widgets do and whatever goes wrong, everybody knows what they have.
 *
 *     property [--seed N] [--seconds S] [--episodes E]
 *
 * Runs episodes of about ten seconds, one for each seed from N on, until S seconds are over or E
 * are done. Without --seed the clock chooses. One TAP case an episode; a case that fails says with
 * which seed it can be run again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "episode.h"
#include "support/stream.h"

int main(int argc, char **argv)
{
    uint64_t seed = (uint64_t)time(NULL);
    double seconds = 0;
    unsigned long episodes = 1, done = 0, failed = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            seconds = strtod(argv[i + 1], NULL);
        } else if (strcmp(argv[i], "--episodes") == 0) {
            episodes = strtoul(argv[i + 1], NULL, 10);
        } else {
            argc = 0;
        }
    }
    if (argc % 2 == 0) {
        fprintf(stderr, "usage: %s [--seed N] [--seconds S] [--episodes E]\n", argv[0]);
        return 2;
    }
    tally sum = {0};
    double begin = stream_now();
    do {
        bool good = episode_run(seed, &sum);
        failed += !good;
        printf("%sok %lu - seed %" PRIu64 "\n", good ? "" : "not ", ++done, seed);
        fflush(stdout);
        seed++;
    } while (seconds > 0 ? stream_now() - begin < seconds : done < episodes);
    printf("1..%lu\n", done);
    printf("# %.0f s: %" PRIu64 " events, %" PRIu64 " commands, %" PRIu64 " faults, %" PRIu64
           " connections, %" PRIu64 " told as dropped, %" PRIu64 " holes told, %" PRIu64
           " episodes exact\n",
           stream_now() - begin, sum.events, sum.commands, sum.faults, sum.connections, sum.gapped,
           sum.holes, sum.exact);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
