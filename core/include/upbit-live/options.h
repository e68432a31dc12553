/* upbit-live/options.h - what can be set; everything has a default that is right for a desktop.
 *
 * Zero a struct, set struct_size, set what you need: UPBIT_OPTIONS_INIT does the first two. A field
 * that is 0 or NULL is left to the environment (UPBIT_SILENCE_MS for silence_ms, and so on), then to
 * the profile, then to the default given here. Everything is copied. docs/CONFIGURATION.md has the
 * bounds of each. */
#ifndef UPBIT_LIVE_OPTIONS_H
#define UPBIT_LIVE_OPTIONS_H

#include "upbit-live/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum upbit_format {
    UPBIT_FORMAT_AUTO = 0,
    UPBIT_FORMAT_DEFAULT = 1,
    UPBIT_FORMAT_SIMPLE = 2,
    UPBIT_FORMAT_JSON_LIST = 3,
    UPBIT_FORMAT_SIMPLE_LIST = 4
} upbit_format;

typedef enum upbit_transport_kind {
    UPBIT_TRANSPORT_DEFAULT = 0,       /* raw */
    UPBIT_TRANSPORT_RAW = 1,           /* frames and compression by this library */
    UPBIT_TRANSPORT_WEBSOCKET_API = 2, /* frames by libcurl, 8.14 or later; no compression */
    UPBIT_TRANSPORT_REPLAY = 3         /* no connection: plays replay_file */
} upbit_transport_kind;

typedef enum upbit_switch { UPBIT_AUTO = 0, UPBIT_ON = 1, UPBIT_OFF = 2 } upbit_switch;

/* How much of each of the exchange's limits is used. The rest is for other programs behind the same
 * address, which nobody here can see. Managers of one process share their budgets; the strictest
 * decides. */
typedef enum upbit_limit_strategy {
    UPBIT_LIMIT_DEFAULT = 0,      /* balanced */
    UPBIT_LIMIT_CONSERVATIVE = 1, /* half */
    UPBIT_LIMIT_BALANCED = 2,     /* four fifths */
    UPBIT_LIMIT_AGGRESSIVE = 3    /* all */
} upbit_limit_strategy;

typedef enum upbit_log_level {
    UPBIT_LOG_NONE = -1, /* nothing at all; 0 means the default, WARNING */
    UPBIT_LOG_ERROR = 1,
    UPBIT_LOG_WARNING = 2,
    UPBIT_LOG_INFO = 3,
    UPBIT_LOG_DEBUG = 4
} upbit_log_level;

/* How tokens are signed. */
typedef enum upbit_token_algorithm {
    UPBIT_TOKEN_DEFAULT = 0, /* HS512, as the exchange recommends */
    UPBIT_TOKEN_HS512 = 1,
    UPBIT_TOKEN_HS256 = 2
} upbit_token_algorithm;

/* Which of Upbit's exchanges: the quote currencies, too (SGD, IDR, THB beside BTC and USDT). */
typedef enum upbit_region {
    UPBIT_REGION_DEFAULT = 0, /* kr */
    UPBIT_REGION_KR = 1,      /* api.upbit.com */
    UPBIT_REGION_SG = 2,      /* sg-api.upbit.com */
    UPBIT_REGION_ID = 3,      /* id-api.upbit.com */
    UPBIT_REGION_TH = 4       /* th-api.upbit.com */
} upbit_region;

/* What the defaults are meant for (docs/CONFIGURATION.md). */
typedef enum upbit_profile {
    UPBIT_PROFILE_DEFAULT = 0,     /* production */
    UPBIT_PROFILE_PRODUCTION = 1,  /* the defaults as they are */
    UPBIT_PROFILE_DEVELOPMENT = 2, /* logs INFO; half of the limits, for what else runs here */
    UPBIT_PROFILE_TESTING = 3      /* quick, its limits its own; refuses any host but this machine */
} upbit_profile;

/* Asks a keyring or the like for API keys: writes both, each with its NUL, and returns 0, or a negative
 * upbit_error (UNAVAILABLE: there are none). The room is locked memory; it is wiped by the library.
 * Called on a thread of its own when keys are first needed, again when the exchange has refused those
 * it gave, and at most every 5 s while it has none; may wait as long as it likes, nobody waits for it:
 * it may still run when the manager has ended, so `context` must stay until it has returned. */
typedef int (*upbit_credentials_function)(void *context, char *access_key, size_t access_key_room,
                                          char *secret_key, size_t secret_key_room);

/* Called from any of the library's threads, one call at a time per manager. `module` is "stream",
 * "rest", "limit", "auth" ...; `line` has no newline and no secrets. Call nothing of this library. */
typedef void (*upbit_log_function)(void *context, int level, const char *module, const char *line);

/* What can be set of a manager. */
typedef struct upbit_options {
    size_t struct_size;
    const char *url;         /* public stream, default wss://api.upbit.com/websocket/v1         */
    const char *private_url; /* default: url's host and port, path /websocket/v1/private        */
    const char *rest_url;    /* default: url's host and port by http(s), path /v1               */
    const char *ca_file;     /* PEM with the trusted authorities; default: the system's         */
    const char *proxy;       /* http:// or socks5h://[user:password@]host:port; default: none   */
    int format;              /* upbit_format; default SIMPLE                                    */
    int transport;           /* upbit_transport_kind                                            */
    int compression;         /* upbit_switch: is permessage-deflate asked for? default: yes     */
    int log_level;           /* upbit_log_level; default WARNING                                */
    upbit_log_function log;  /* default: lines on stderr                                        */
    void *log_context;       /* given to log                                                    */
    uint32_t connect_timeout_ms; /* name look-up, TCP and TLS; default 5,000                    */
    uint32_t upgrade_timeout_ms; /* the whole upgrade answer; default 5,000                     */
    uint32_t ping_interval_ms;   /* default 15,000                                              */
    uint32_t pong_timeout_ms;    /* default 10,000                                              */
    uint32_t settle_ms;          /* quiet time before changed wants are sent; default 150       */
    uint32_t settle_max_ms;      /* at most this long after the first change; default 500       */
    uint64_t memory_budget;      /* bytes of events not yet released; default 64 MiB            */
    uint32_t message_size_max;   /* bytes of one message; default 16 MiB                        */
    uint32_t backoff_first_ms;   /* first reconnect delay's upper bound; default 1,000          */
    uint32_t no_data_ms;         /* NO_DATA: no first message that long after asking; def. 10,000 */
    uint32_t stale_ms;           /* STALE: no message for that long (candles: plus their unit);
                                    default 60,000                                              */
    int limit_strategy;          /* upbit_limit_strategy                                        */
    uint32_t listing_ms;         /* how often the market list is asked for while anything is
                                    wanted; default 60,000                                      */
    uint32_t send_timeout_ms;    /* the socket takes nothing of what waits for that long: the
                                    connection is dead; default 1,000                           */
    uint32_t silence_ms;         /* so is one that brings no byte; must be longer than
                                    ping_interval_ms, whose pongs are bytes; default 60,000, or
                                    ping_interval_ms + pong_timeout_ms if that is more          */
    uint32_t monitor_ms;         /* how often subscriptions are verified, if there is a reason;
                                    default 30,000                                              */
    uint32_t ticker_stale_ms;    /* stale_ms for one type; default stale_ms                     */
    uint32_t trade_stale_ms;     /* the same                                                    */
    uint32_t orderbook_stale_ms; /* the same                                                    */
    uint32_t candle_stale_ms;    /* their unit comes on top                                     */
    int environment_keys;        /* upbit_switch: API keys from UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY;
                                    default: for upbit_manager_default only (credentials.h)     */
    int token_algorithm;         /* upbit_token_algorithm; default HS512                        */
    upbit_credentials_function credentials; /* default: none                                    */
    void *credentials_context; /* given to credentials                                          */
    const char *replay_file;     /* a recording to play in place of any connection; chooses the
                                    transport replay                                            */
    double replay_speed;         /* times as fast as recorded; default 1; negative: without
                                    waiting                                                     */
    uint32_t token_life_ms;      /* the private connection is followed by one with a new token when
                                    its own is four fifths of that old; default 600,000;
                                    UPBIT_TOKEN_LIFE_OFF: never                                 */
    int limit_sharing;           /* upbit_switch: limits are counted together with the user's other
                                    processes (docs/LIMITS.md); default: on, but for a host on this
                                    machine                                                     */
    const char *limit_group;     /* a name that joins the keys of one pocket: the exchange counts by
                                    pocket; default: each key for itself                        */
    int region;                  /* upbit_region; says what url is, and with it the others      */
    int profile;                 /* upbit_profile                                               */
    int environment;             /* upbit_switch: UPBIT_* decides what is left open here;
                                    default: on                                                 */
    const char *io_cpus;         /* the processors the I/O thread may use, like "0,2-3"; default:
                                    those of the thread that makes the manager                  */
    uint32_t queue_messages;     /* of upbit_proxy_options, for proxies that leave them 0       */
    uint32_t queue_bytes;        /* the same                                                    */
    const char *log_levels;      /* log_level for some modules: "stream=debug,limit=error"; modules
                                    are stream, rest, limit, auth, health; default: log_level for all */
    const char *log_file;        /* lines go to the end of this file (log.h), where `log` is NULL;
                                    default: stderr                                             */
    const char *metrics_file;    /* OpenMetrics text (stats.h), written every metrics_interval_ms and
                                    once more when the manager has ended; default: none         */
    const char *trace_file;      /* upbit_manager_set_trace of the public session, from the first
                                    frame on; default: none                                     */
    uint32_t metrics_interval_ms; /* default 10,000                                             */
} upbit_options;


#define UPBIT_TOKEN_LIFE_OFF UINT32_MAX

#define UPBIT_OPTIONS_INIT                                                                         \
    { sizeof(upbit_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,           \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef enum upbit_policy {
    UPBIT_POLICY_DEFAULT = 0, /* coalesce: ticker, order book; drop_oldest: trade, candle, raw;
                                 lossless: myOrder, myAsset                                     */
    UPBIT_POLICY_DROP_OLDEST = 1,
    UPBIT_POLICY_COALESCE = 2, /* latest value per key; ticker, order book, candle              */
    UPBIT_POLICY_LOSSLESS = 3  /* takes nothing more when full, says OVERFLOW, starts again     */
} upbit_policy;

struct upbit_waiter;

/* What can be set of a proxy. */
typedef struct upbit_proxy_options {
    size_t struct_size;
    int policy;                /* upbit_policy for every type of this proxy; default by type    */
    uint32_t queue_messages;   /* per first-in-first-out lane; default 1,024 (lossless 65,536)  */
    uint32_t queue_bytes;      /* per first-in-first-out lane; default 1 MiB (lossless 64 MiB)  */
    struct upbit_waiter *waiter; /* share a waiter (waiter.h); default: one of its own          */
    void *user_data;           /* upbit_proxy_user_data                                         */
    int health;                /* upbit_switch: HEALTH for every change of the health, of either
                                  session; default: for those that no STATE tells               */
} upbit_proxy_options;

#define UPBIT_PROXY_OPTIONS_INIT { sizeof(upbit_proxy_options), 0, 0, 0, 0, 0, 0 }

#ifdef __cplusplus
}
#endif
#endif
