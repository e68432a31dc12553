/* A manager's settings: upbit_options with every default filled in and every value checked.
 *
 * Immutable once made; any thread may read. The strings belong to the struct. */
#ifndef UPBIT_CLIENT_CONFIG_H
#define UPBIT_CLIENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/jwt.h"
#include "upbit-live/options.h"

#define UPBIT__DEFAULT_URL "wss://api.upbit.com/websocket/v1"

typedef struct upbit__config {
    char *url, *private_url, *rest_url;
    char *ca_file, *proxy, *replay_file, *io_cpus; /* NULL: none */
    double replay_speed; /* of the transport: 0: as recorded, < 0: without waiting */
    int format, transport, log_level;
    bool compression; /* is asked for */
    upbit_log_function log;
    void *log_context;
    uint32_t connect_timeout_ms, upgrade_timeout_ms, ping_interval_ms, pong_timeout_ms;
    uint32_t settle_ms, settle_max_ms, message_size_max, backoff_first_ms;
    uint32_t no_data_ms, listing_ms;
    uint32_t token_life_ms; /* 0: tokens are never renewed */
    uint32_t send_timeout_ms, silence_ms, monitor_ms;
    uint32_t stale_type_ms[UPBIT_TYPE_CANDLE + 1]; /* by upbit_type, from TICKER on */
    unsigned limit_percent;                        /* of each of the exchange's limits */
    int limit_sharing;                             /* upbit_switch */
    char limit_group[65];                          /* of what is signed; empty: each key */
    uint64_t memory_budget;
    uint32_t queue_messages, queue_bytes; /* of proxies that set none; 0: the default */
    char *log_levels, *log_file, *metrics_file, *trace_file; /* NULL: none */
    uint32_t metrics_interval_ms;
    bool environment_keys;
    upbit__jwt_algorithm token_algorithm;
    upbit_credentials_function credentials; /* NULL: none */
    void *credentials_context;
} upbit__config;

struct upbit__settings;

/* options may be NULL; what they leave open the environment and the profile decide (settings.h).
 * INVALID_ARGUMENT and UNAVAILABLE with the detail set: which setting, where it came from, and why.
 */
int upbit__config_init(upbit__config *c, const upbit_options *options);
/* The same in two steps, for those who want to know where each value came from. */
int upbit__config_from_settings(upbit__config *c, struct upbit__settings *s);
/* As _init without options, with the keys of the environment: for the default manager. */
int upbit__config_init_from_environment(upbit__config *c);
void upbit__config_finish(upbit__config *c);

#endif
