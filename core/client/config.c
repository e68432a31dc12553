#include "client/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_detail.h"
#include "net/transport.h"
#include "upbit-live/error.h"
#include "wire/http.h"

/* scheme://authority/path, split; the parts point into the text. */
typedef struct url_parts {
    const char *scheme, *authority, *path;
    size_t scheme_length, authority_length;
} url_parts;

/* What may stand in a URL of ours: visible ASCII, no user part (a password would end up in logs).
 */
static int split_url(url_parts *out, const char *option, const char *url, const char *plain,
                     const char *secure)
{
    for (const char *c = url; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "%s: a URL must not hold spaces or control characters", option);
    const char *colon = strstr(url, "://");
    if (colon == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: must begin with %s:// or %s://",
                                option, secure, plain);
    out->scheme = url;
    out->scheme_length = (size_t)(colon - url);
    size_t n = out->scheme_length;
    if (!(n == strlen(plain) && memcmp(url, plain, n) == 0) &&
        !(n == strlen(secure) && memcmp(url, secure, n) == 0))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: must begin with %s:// or %s://",
                                option, secure, plain);
    out->authority = colon + 3;
    out->authority_length = strcspn(out->authority, "/?#");
    out->path = out->authority + out->authority_length;
    if (out->authority_length == 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: no host in the URL", option);
    if (memchr(out->authority, '@', out->authority_length) != NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: no user or password in a URL: give keys by their own call",
                                option);
    return 0;
}

static char *join(const char *scheme, const char *authority, size_t length, const char *path)
{
    size_t size = strlen(scheme) + 3 + length + strlen(path) + 1;
    char *url = malloc(size);
    if (url == NULL)
        return NULL;
    char *to = stpcpy(stpcpy(url, scheme), "://");
    memcpy(to, authority, length);
    memcpy(to + length, path, strlen(path) + 1);
    return url;
}

static int copy_text(char **out, const char *text)
{
    if (text == NULL || *text == '\0')
        return 0;
    *out = strdup(text);
    return *out != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
}

/* The private and REST addresses follow from the public one: a program that is pointed at a mock
 * exchange never speaks to Upbit. */
static int set_urls(upbit__config *c, const upbit_options *o)
{
    const char *url = o->url != NULL && *o->url != '\0' ? o->url : UPBIT__DEFAULT_URL;
    url_parts parts, given;
    int error = split_url(&parts, "url", url, "ws", "wss");
    if (error != 0)
        return error;
    int secure = parts.scheme_length == 3;
    c->url = *parts.path != '\0' ? strdup(url)
                                 : join(secure ? "wss" : "ws", parts.authority,
                                        parts.authority_length, "/websocket/v1");
    if (o->private_url != NULL && *o->private_url != '\0') {
        if ((error = split_url(&given, "private_url", o->private_url, "ws", "wss")) != 0)
            return error;
        c->private_url = strdup(o->private_url);
    } else {
        c->private_url = join(secure ? "wss" : "ws", parts.authority, parts.authority_length,
                              "/websocket/v1/private");
    }
    if (o->rest_url != NULL && *o->rest_url != '\0') {
        if ((error = split_url(&given, "rest_url", o->rest_url, "http", "https")) != 0)
            return error;
        size_t length = strlen(o->rest_url);
        while (length > 0 && o->rest_url[length - 1] == '/')
            length--;
        c->rest_url = strndup(o->rest_url, length);
    } else {
        c->rest_url =
            join(secure ? "https" : "http", parts.authority, parts.authority_length, "/v1");
    }
    if (c->url == NULL || c->private_url == NULL || c->rest_url == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    return 0;
}

static int check_choices(const upbit_options *o)
{
    if (o->format < UPBIT_FORMAT_AUTO || o->format > UPBIT_FORMAT_SIMPLE_LIST)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "format: no such format (%d)",
                                o->format);
    if (o->compression < UPBIT_AUTO || o->compression > UPBIT_OFF)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "compression: must be on, off or auto");
    if (o->compression == UPBIT_ON && o->transport > UPBIT_TRANSPORT_RAW)
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE,
                                "compression: only the transport raw has it; leave it off");
    if (o->log_level < UPBIT_LOG_NONE || o->log_level > UPBIT_LOG_DEBUG)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "log_level: must be -1 to 4");
    if (o->limit_strategy < UPBIT_LIMIT_DEFAULT || o->limit_strategy > UPBIT_LIMIT_AGGRESSIVE)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "limit_strategy: no such strategy (%d)", o->limit_strategy);
    if (o->limit_sharing < UPBIT_AUTO || o->limit_sharing > UPBIT_OFF)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "limit_sharing: must be on, off or auto");
    if (o->environment_keys < UPBIT_AUTO || o->environment_keys > UPBIT_OFF)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "environment_keys: must be on, off or auto");
    if (o->token_algorithm < UPBIT_TOKEN_DEFAULT || o->token_algorithm > UPBIT_TOKEN_HS256)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "token_algorithm: no such algorithm (%d)", o->token_algorithm);
    switch (o->transport) {
    case UPBIT_TRANSPORT_DEFAULT:
    case UPBIT_TRANSPORT_RAW:
        return 0;
    case UPBIT_TRANSPORT_WEBSOCKET_API:
        return upbit__transport_websocket_api_check();
    case UPBIT_TRANSPORT_REPLAY:
        return 0;
    default:
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "transport: no such transport (%d)",
                                o->transport);
    }
}

/* As below. The URL is not printed: there may be a password in it. */
static int check_proxy(const char *proxy)
{
    const char *why;
    if (proxy == NULL || *proxy == '\0' || upbit__proxy_check(proxy, &why) == 0)
        return 0;
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "proxy: %s", why);
}

/* Told now, not at every attempt to connect. */
static int check_ca_file(const char *path)
{
    if (path == NULL || *path == '\0' || access(path, R_OK) == 0)
        return 0;
    char why[80];
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "ca_file: %.120s: %s", path,
                            strerror_r(errno, why, sizeof why));
}

/* A recording and how it is played. One that is given is meant. */
static int set_replay(upbit__config *c, upbit_options *o)
{
    const char *path = o->replay_file;
    char why[80];
    bool given = path != NULL && *path != '\0';
    if (given && o->transport == UPBIT_TRANSPORT_DEFAULT)
        o->transport = UPBIT_TRANSPORT_REPLAY;
    if (given && o->transport != UPBIT_TRANSPORT_REPLAY)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "replay_file: only the transport replay plays one");
    if (!given && o->transport == UPBIT_TRANSPORT_REPLAY)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "replay_file: the transport replay needs one");
    if (o->replay_speed != o->replay_speed || o->replay_speed > 1e9)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "replay_speed: must be a number, 1e9 at most");
    c->replay_speed = o->replay_speed;
    if (!given)
        return 0;
    if (access(path, R_OK) != 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "replay_file: %.120s: %s", path,
                                strerror_r(errno, why, sizeof why));
    c->replay_file = strdup(path);
    return c->replay_file != NULL ? 0 : UPBIT_ERROR_NO_MEMORY;
}

static int set_limit_group(upbit__config *c, const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    bool good = length < sizeof c->limit_group;
    for (size_t i = 0; i < length && good; i++)
        good = (name[i] >= '0' && name[i] <= '9') || (name[i] >= 'A' && name[i] <= 'Z') ||
               (name[i] >= 'a' && name[i] <= 'z') || strchr("_.:-", name[i]) != NULL;
    if (!good)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "limit_group: must be up to 64 of A-Z a-z 0-9 _ . : -");
    if (length > 0)
        memcpy(c->limit_group, name, length + 1);
    return 0;
}

static unsigned percent_of(int strategy)
{
    return strategy == UPBIT_LIMIT_CONSERVATIVE ? 50
           : strategy == UPBIT_LIMIT_AGGRESSIVE ? 100
                                                : 80;
}

static uint32_t or_default(uint32_t value, uint32_t standard)
{
    return value != 0 ? value : standard;
}

/* How long nothing may be heard: of the connection, and of each type. */
static int set_patience(upbit__config *c, const upbit_options *o)
{
    uint64_t least = (uint64_t)c->ping_interval_ms + c->pong_timeout_ms;
    if (o->silence_ms != 0 && o->silence_ms <= c->ping_interval_ms)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "silence_ms: must be longer than ping_interval_ms (%u): on a quiet "
                                "market the answers to pings are all that is heard",
                                c->ping_interval_ms);
    if (least > UINT32_MAX)
        least = UINT32_MAX;
    c->silence_ms = or_default(o->silence_ms, least > 60000 ? (uint32_t)least : 60000);
    uint32_t stale_ms = or_default(o->stale_ms, 60000);
    c->stale_type_ms[UPBIT_TYPE_TICKER] = or_default(o->ticker_stale_ms, stale_ms);
    c->stale_type_ms[UPBIT_TYPE_TRADE] = or_default(o->trade_stale_ms, stale_ms);
    c->stale_type_ms[UPBIT_TYPE_ORDERBOOK] = or_default(o->orderbook_stale_ms, stale_ms);
    c->stale_type_ms[UPBIT_TYPE_CANDLE] = or_default(o->candle_stale_ms, stale_ms);
    return 0;
}

int upbit__config_init(upbit__config *c, const upbit_options *options)
{
    upbit_options o = {0};
    if (options != NULL) {
        if (options->struct_size < sizeof options->struct_size)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "options: struct_size is not set; use UPBIT_OPTIONS_INIT");
        memcpy(&o, options, options->struct_size < sizeof o ? options->struct_size : sizeof o);
    }
    *c = (upbit__config){
        .format = o.format == UPBIT_FORMAT_AUTO ? UPBIT_FORMAT_SIMPLE : o.format,
        .log_level = o.log_level == 0 ? UPBIT_LOG_WARNING : o.log_level,
        .log = o.log,
        .log_context = o.log_context,
        .connect_timeout_ms = or_default(o.connect_timeout_ms, 5000),
        .upgrade_timeout_ms = or_default(o.upgrade_timeout_ms, 5000),
        .ping_interval_ms = or_default(o.ping_interval_ms, 15000),
        .pong_timeout_ms = or_default(o.pong_timeout_ms, 10000),
        .settle_ms = or_default(o.settle_ms, 150),
        .settle_max_ms = or_default(o.settle_max_ms, 500),
        .message_size_max = or_default(o.message_size_max, 16u << 20),
        .backoff_first_ms = or_default(o.backoff_first_ms, 1000),
        .no_data_ms = or_default(o.no_data_ms, 10000),
        .listing_ms = or_default(o.listing_ms, 60000),
        .token_life_ms =
            o.token_life_ms == UPBIT_TOKEN_LIFE_OFF ? 0 : or_default(o.token_life_ms, 600000),
        .send_timeout_ms = or_default(o.send_timeout_ms, 1000),
        .monitor_ms = or_default(o.monitor_ms, 30000),
        .limit_percent = percent_of(o.limit_strategy),
        .limit_sharing = o.limit_sharing,
        .memory_budget = o.memory_budget != 0 ? o.memory_budget : 64u << 20,
        .environment_keys = o.environment_keys == UPBIT_ON,
        .token_algorithm =
            o.token_algorithm == UPBIT_TOKEN_HS256 ? UPBIT__JWT_HS256 : UPBIT__JWT_HS512,
        .credentials = o.credentials,
        .credentials_context = o.credentials_context,
    };
    int error = set_replay(c, &o);
    if (error == 0)
        error = check_choices(&o);
    c->transport = o.transport == UPBIT_TRANSPORT_DEFAULT ? UPBIT_TRANSPORT_RAW : o.transport;
    c->compression = o.compression != UPBIT_OFF && c->transport == UPBIT_TRANSPORT_RAW;
    if (error == 0)
        error = set_patience(c, &o);
    if (error == 0)
        error = set_limit_group(c, o.limit_group);
    if (error == 0)
        error = set_urls(c, &o);
    if (error == 0)
        error = check_ca_file(o.ca_file);
    if (error == 0)
        error = check_proxy(o.proxy);
    if (error == 0)
        error = copy_text(&c->ca_file, o.ca_file);
    if (error == 0)
        error = copy_text(&c->proxy, o.proxy);
    if (error != 0)
        upbit__config_finish(c);
    return error;
}

int upbit__config_init_from_environment(upbit__config *c)
{
    static const char *const levels[] = {"none", "error", "warning", "info", "debug"};
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = getenv("UPBIT_URL");
    o.private_url = getenv("UPBIT_PRIVATE_URL");
    o.rest_url = getenv("UPBIT_REST_URL");
    o.ca_file = getenv("UPBIT_CA_FILE");
    o.proxy = getenv("UPBIT_PROXY");
    o.environment_keys = UPBIT_ON;
    const char *level = getenv("UPBIT_LOG_LEVEL");
    for (int i = 0; level != NULL && i < 5; i++)
        if (strcmp(level, levels[i]) == 0)
            o.log_level = i == 0 ? UPBIT_LOG_NONE : i;
    if (level != NULL && *level != '\0' && o.log_level == 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "UPBIT_LOG_LEVEL: must be none, error, warning, info or debug");
    static const char *const strategies[] = {"conservative", "balanced", "aggressive"};
    const char *strategy = getenv("UPBIT_LIMIT_STRATEGY");
    for (int i = 0; strategy != NULL && i < 3; i++)
        if (strcmp(strategy, strategies[i]) == 0)
            o.limit_strategy = UPBIT_LIMIT_CONSERVATIVE + i;
    if (strategy != NULL && *strategy != '\0' && o.limit_strategy == 0)
        return upbit__error_set(
            UPBIT_ERROR_INVALID_ARGUMENT,
            "UPBIT_LIMIT_STRATEGY: must be conservative, balanced or aggressive");
    const char *sharing = getenv("UPBIT_LIMIT_SHARING");
    if (sharing != NULL && *sharing != '\0') {
        if (strcmp(sharing, "on") != 0 && strcmp(sharing, "off") != 0)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "UPBIT_LIMIT_SHARING: must be on or off");
        o.limit_sharing = strcmp(sharing, "on") == 0 ? UPBIT_ON : UPBIT_OFF;
    }
    o.limit_group = getenv("UPBIT_LIMIT_GROUP");
    return upbit__config_init(c, &o);
}

void upbit__config_finish(upbit__config *c)
{
    free(c->url);
    free(c->private_url);
    free(c->rest_url);
    free(c->ca_file);
    free(c->proxy);
    free(c->replay_file);
    *c = (upbit__config){0};
}
