/* What the command line said. */
#ifndef MOCK_OPTIONS_H
#define MOCK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "deflate.h"

struct mock_options {
    const char *host;
    int port;
    int codes;
    double rate;
    uint64_t seed;
    double idle_timeout;
    double time_scale;
    const char *tls_cert, *tls_key;
    const char *replay;
    double replay_speed; /* < 0: as the file says; 0: without waiting */
    int journal;         /* messages it remembers */
    int answer_ms;
    const char *scenario;
    struct mock_terms compression;
    int compression_level;
    const char *keys_file; /* NULL: the environment, or the standard key */
    double private_rate;
    double token_life; /* s, 0 = for ever */
    bool police;
    bool parent_death;
    bool verbose;
    int64_t start_ms; /* of the exchange's clock, 0: now */
};

/* 0 to go on, otherwise the program ends with *status. */
int mock_options_read(struct mock_options *o, int *status, int argc, char **argv);

#endif
