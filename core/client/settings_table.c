/* The table of settings, the profiles, the regions. */
#include <ctype.h>
#include <string.h>

#include "client/config.h"
#include "client/settings.h"

static const upbit__choice formats[] = {{"auto", UPBIT_FORMAT_AUTO},
                                        {"default", UPBIT_FORMAT_DEFAULT},
                                        {"simple", UPBIT_FORMAT_SIMPLE},
                                        {"json_list", UPBIT_FORMAT_JSON_LIST},
                                        {"simple_list", UPBIT_FORMAT_SIMPLE_LIST},
                                        {NULL, 0}};
static const upbit__choice transports[] = {{"default", UPBIT_TRANSPORT_DEFAULT},
                                           {"raw", UPBIT_TRANSPORT_RAW},
                                           {"websocket-api", UPBIT_TRANSPORT_WEBSOCKET_API},
                                           {"replay", UPBIT_TRANSPORT_REPLAY},
                                           {NULL, 0}};
static const upbit__choice switches[] = {
    {"auto", UPBIT_AUTO}, {"on", UPBIT_ON}, {"off", UPBIT_OFF}, {NULL, 0}};
static const upbit__choice levels[] = {{"default", 0},
                                       {"none", UPBIT_LOG_NONE},
                                       {"error", UPBIT_LOG_ERROR},
                                       {"warning", UPBIT_LOG_WARNING},
                                       {"info", UPBIT_LOG_INFO},
                                       {"debug", UPBIT_LOG_DEBUG},
                                       {NULL, 0}};
static const upbit__choice strategies[] = {{"default", UPBIT_LIMIT_DEFAULT},
                                           {"conservative", UPBIT_LIMIT_CONSERVATIVE},
                                           {"balanced", UPBIT_LIMIT_BALANCED},
                                           {"aggressive", UPBIT_LIMIT_AGGRESSIVE},
                                           {NULL, 0}};
static const upbit__choice algorithms[] = {{"default", UPBIT_TOKEN_DEFAULT},
                                           {"hs512", UPBIT_TOKEN_HS512},
                                           {"hs256", UPBIT_TOKEN_HS256},
                                           {NULL, 0}};
static const upbit__choice regions[] = {{"default", UPBIT_REGION_DEFAULT}, {"kr", UPBIT_REGION_KR},
                                        {"sg", UPBIT_REGION_SG},           {"id", UPBIT_REGION_ID},
                                        {"th", UPBIT_REGION_TH},           {NULL, 0}};
static const upbit__choice profiles[] = {{"default", UPBIT_PROFILE_DEFAULT},
                                         {"production", UPBIT_PROFILE_PRODUCTION},
                                         {"development", UPBIT_PROFILE_DEVELOPMENT},
                                         {"testing", UPBIT_PROFILE_TESTING},
                                         {NULL, 0}};

#define AT(field) #field, .offset = offsetof(upbit_options, field)
#define TEXT(field, ...)                                                                           \
    {                                                                                              \
        .name = AT(field), .kind = UPBIT__SETTING_TEXT, .unit = "", __VA_ARGS__                    \
    }
#define CHOICE(field, list, ...)                                                                   \
    {                                                                                              \
        .name = AT(field), .kind = UPBIT__SETTING_CHOICE, .choices = (list), .unit = "",           \
        __VA_ARGS__                                                                                \
    }
#define TUNE_MS(field, from, to, usual)                                                            \
    {                                                                                              \
        .name = AT(field), .kind = UPBIT__SETTING_U32, .least = (from), .most = (to),              \
        .standard = (usual), .unit = "ms", .tuning = true                                          \
    }

#define HOUR 3600000
#define DAY  86400000

/* The bounds keep out what cannot be meant; they do not say what is wise. */
const upbit__setting upbit__setting_table[] = {
    CHOICE(profile, profiles, .tuning = false),
    CHOICE(region, regions, .tuning = false),
    TEXT(url, .tuning = false),
    TEXT(private_url, .tuning = false),
    TEXT(rest_url, .tuning = false),
    TEXT(ca_file, .tuning = false),
    {.name = AT(proxy), .kind = UPBIT__SETTING_HIDDEN, .unit = ""},
    CHOICE(log_level, levels, .tuning = false),
    TEXT(log_levels, .tuning = false),
    TEXT(log_file, .tuning = false),
    TEXT(metrics_file, .tuning = false),
    TEXT(trace_file, .tuning = false),
    CHOICE(limit_strategy, strategies, .tuning = false),
    CHOICE(limit_sharing, switches, .tuning = false),
    TEXT(limit_group, .tuning = false),
    CHOICE(environment, switches, .program = true),
    CHOICE(environment_keys, switches, .program = true),
    CHOICE(token_algorithm, algorithms, .tuning = false),
    TEXT(replay_file, .tuning = false),
    {.name = AT(replay_speed), .kind = UPBIT__SETTING_SPEED, .unit = "times"},
    CHOICE(format, formats, .tuning = true),
    CHOICE(transport, transports, .tuning = true),
    CHOICE(compression, switches, .tuning = true),
    TEXT(io_cpus, .tuning = true),
    {.name = AT(queue_messages),
     .kind = UPBIT__SETTING_U32,
     .least = 1,
     .most = 1u << 20,
     .unit = "messages",
     .tuning = true},
    {.name = AT(queue_bytes),
     .kind = UPBIT__SETTING_U32,
     .least = 1024,
     .most = 1u << 30,
     .unit = "bytes",
     .tuning = true},
    {.name = AT(memory_budget),
     .kind = UPBIT__SETTING_U64,
     .least = 65536,
     .most = 1ull << 40,
     .standard = 64u << 20,
     .unit = "bytes",
     .tuning = true},
    {.name = AT(message_size_max),
     .kind = UPBIT__SETTING_U32,
     .least = 4096,
     .most = 1u << 30,
     .standard = 16u << 20,
     .unit = "bytes",
     .tuning = true},
    TUNE_MS(connect_timeout_ms, 10, HOUR, 5000),
    TUNE_MS(upgrade_timeout_ms, 10, HOUR, 5000),
    TUNE_MS(ping_interval_ms, 10, HOUR, 15000),
    TUNE_MS(pong_timeout_ms, 10, HOUR, 10000),
    TUNE_MS(send_timeout_ms, 10, HOUR, 1000),
    TUNE_MS(silence_ms, 100, HOUR, 0),
    TUNE_MS(settle_ms, 1, 60000, 150),
    TUNE_MS(settle_max_ms, 1, 60000, 500),
    TUNE_MS(backoff_first_ms, 1, HOUR, 1000),
    TUNE_MS(no_data_ms, 10, DAY, 10000),
    TUNE_MS(stale_ms, 10, DAY, 60000),
    TUNE_MS(ticker_stale_ms, 10, DAY, 0),
    TUNE_MS(trade_stale_ms, 10, DAY, 0),
    TUNE_MS(orderbook_stale_ms, 10, DAY, 0),
    TUNE_MS(candle_stale_ms, 10, DAY, 0),
    TUNE_MS(listing_ms, 10, DAY, 60000),
    TUNE_MS(monitor_ms, 10, DAY, 30000),
    TUNE_MS(metrics_interval_ms, 100, DAY, 10000),
    {.name = AT(token_life_ms),
     .kind = UPBIT__SETTING_LIFE,
     .least = 10,
     .most = DAY,
     .standard = 600000,
     .unit = "ms",
     .tuning = true},
};

const size_t upbit__setting_count = sizeof upbit__setting_table / sizeof *upbit__setting_table;
_Static_assert(sizeof upbit__setting_table / sizeof *upbit__setting_table <= UPBIT__SETTINGS_MAX,
               "a source for each setting");

const upbit__setting *upbit__setting_find(const char *name)
{
    for (size_t i = 0; i < upbit__setting_count; i++)
        if (strcmp(upbit__setting_table[i].name, name) == 0)
            return &upbit__setting_table[i];
    return NULL;
}

const char *upbit__setting_choice(const upbit__setting *s, int value)
{
    for (const upbit__choice *c = s->choices; c->name != NULL; c++)
        if (c->value == value)
            return c->name;
    return NULL;
}

void upbit__setting_variable(char out[UPBIT__LABEL_SIZE], const upbit__setting *s)
{
    char *to = stpcpy(out, "UPBIT_");
    for (const char *from = s->name; *from != '\0'; from++)
        *to++ = (char)toupper((unsigned char)*from);
    *to = '\0';
}

/* production is the defaults. development talks, and leaves half of the limits to what else runs
 * behind the address. testing is quick, keeps to itself, and reaches nothing but this machine
 * (config.c). */
static const struct {
    int profile;
    const char *name, *value;
} said[] = {
    {UPBIT_PROFILE_DEVELOPMENT, "log_level", "info"},
    {UPBIT_PROFILE_DEVELOPMENT, "limit_strategy", "conservative"},
    {UPBIT_PROFILE_TESTING, "log_level", "info"},
    {UPBIT_PROFILE_TESTING, "limit_sharing", "off"},
    {UPBIT_PROFILE_TESTING, "settle_ms", "30"},
    {UPBIT_PROFILE_TESTING, "settle_max_ms", "100"},
    {UPBIT_PROFILE_TESTING, "backoff_first_ms", "100"},
};

const char *upbit__profile_says(int profile, const upbit__setting *s)
{
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].profile == profile && strcmp(said[i].name, s->name) == 0)
            return said[i].value;
    return NULL;
}

const char *upbit__region_url(int region)
{
    switch (region) {
    case UPBIT_REGION_DEFAULT:
    case UPBIT_REGION_KR:
        return UPBIT__DEFAULT_URL;
    case UPBIT_REGION_SG:
        return "wss://sg-api.upbit.com/websocket/v1";
    case UPBIT_REGION_ID:
        return "wss://id-api.upbit.com/websocket/v1";
    case UPBIT_REGION_TH:
        return "wss://th-api.upbit.com/websocket/v1";
    default:
        return NULL;
    }
}
