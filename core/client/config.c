#include "client/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_detail.h"
#include "base/log.h"
#include "client/settings.h"
#include "client/thread.h"
#include "net/transport.h"
#include "upbit-live/error.h"
#include "wire/http.h"

/* scheme://authority/path, split; the parts point into the text. */
typedef struct url_parts {
    const char *authority, *path;
    size_t scheme_length, authority_length;
} url_parts;

/* A user part would be allowed by nobody either, but people put passwords there, and those would
 * end up in logs: they are told what to do instead. Everything else is judged by the one reader of
 * URLs, which every connection asks, too: what is refused there is refused now. */
static int split_url(url_parts *out, const upbit__settings *s, const char *name, const char *url,
                     const char *plain, const char *secure)
{
    char option[UPBIT__LABEL_SIZE];
    upbit__settings_label(option, s, name);
    const char *colon = strstr(url, "://"), *why;
    size_t n = colon != NULL ? (size_t)(colon - url) : 0;
    if (!(n == strlen(plain) && memcmp(url, plain, n) == 0) &&
        !(n == strlen(secure) && memcmp(url, secure, n) == 0))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: must begin with %s:// or %s://",
                                option, secure, plain);
    out->scheme_length = n;
    out->authority = colon + 3;
    out->authority_length = strcspn(out->authority, "/?#");
    out->path = out->authority + out->authority_length;
    if (memchr(out->authority, '@', out->authority_length) != NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: no user or password in a URL: give keys by their own call",
                                option);
    upbit__url parsed;
    if (upbit__url_parse(&parsed, plain, url, &why) != 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: %s", option, why);
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
static int set_urls(upbit__config *c, const upbit__settings *s)
{
    const upbit_options *o = &s->o;
    const char *url = o->url != NULL && *o->url != '\0' ? o->url : upbit__region_url(o->region);
    url_parts parts = {.authority = "", .path = ""}, given;
    int error = split_url(&parts, s, "url", url, "ws", "wss");
    if (error != 0)
        return error;
    int secure = parts.scheme_length == 3;
    c->url = *parts.path != '\0' ? strdup(url)
                                 : join(secure ? "wss" : "ws", parts.authority,
                                        parts.authority_length, "/websocket/v1");
    if (o->private_url != NULL && *o->private_url != '\0') {
        error = split_url(&given, s, "private_url", o->private_url, "ws", "wss");
        if (error != 0)
            return error;
        c->private_url = strdup(o->private_url);
    } else {
        c->private_url = join(secure ? "wss" : "ws", parts.authority, parts.authority_length,
                              "/websocket/v1/private");
    }
    if (o->rest_url != NULL && *o->rest_url != '\0') {
        if ((error = split_url(&given, s, "rest_url", o->rest_url, "http", "https")) != 0)
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

/* Tests never speak to Upbit, whatever was forgotten in them. */
static int check_profile(const upbit__config *c, const upbit__settings *s)
{
    const char *const urls[] = {c->url, c->private_url, c->rest_url}, *why;
    char who[UPBIT__LABEL_SIZE];
    upbit__url parsed;
    if (s->o.profile != UPBIT_PROFILE_TESTING || c->transport == UPBIT_TRANSPORT_REPLAY)
        return 0;
    for (size_t i = 0; i < 3; i++)
        if (upbit__url_parse(&parsed, i < 2 ? "ws" : "http", urls[i], &why) != 0 ||
            !upbit__url_is_local(&parsed)) {
            upbit__settings_label(who, s, "profile");
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                    "%s: tests stay on this machine, %.80s is elsewhere: set url "
                                    "to a mock exchange's",
                                    who, urls[i]);
        }
    return 0;
}

static int check_transport(const upbit__settings *s)
{
    const upbit_options *o = &s->o;
    if (o->compression == UPBIT_ON && o->transport > UPBIT_TRANSPORT_RAW) {
        char who[UPBIT__LABEL_SIZE];
        upbit__settings_label(who, s, "compression");
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE,
                                "%s: only the transport raw has it; leave it off", who);
    }
    return o->transport == UPBIT_TRANSPORT_WEBSOCKET_API ? upbit__transport_websocket_api_check()
                                                         : 0;
}

/* As below. The URL is not printed: there may be a password in it. */
static int set_proxy(upbit__config *c, const upbit__settings *s)
{
    const char *proxy = s->o.proxy, *why;
    char who[UPBIT__LABEL_SIZE];
    if (proxy == NULL || *proxy == '\0' || upbit__proxy_check(proxy, &why) == 0)
        return copy_text(&c->proxy, proxy);
    upbit__settings_label(who, s, "proxy");
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: %s", who, why);
}

/* Told now, not at every attempt to connect. */
static int set_file(char **out, const upbit__settings *s, const char *name, const char *path)
{
    if (path == NULL || *path == '\0' || access(path, R_OK) == 0)
        return copy_text(out, path);
    char why[80];
    const char *variable = upbit__settings_source(s, name) == UPBIT__SOURCE_ENVIRONMENT
                               ? " (from the environment)"
                               : "";
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s%s: %.120s: %s", name, variable, path,
                            strerror_r(errno, why, sizeof why));
}

/* A recording and how it is played. One that is given is meant. */
static int set_replay(upbit__config *c, upbit__settings *s)
{
    upbit_options *o = &s->o;
    bool given = o->replay_file != NULL && *o->replay_file != '\0';
    char who[UPBIT__LABEL_SIZE];
    if (given && o->transport == UPBIT_TRANSPORT_DEFAULT)
        o->transport = UPBIT_TRANSPORT_REPLAY;
    upbit__settings_label(who, s, "replay_file");
    if (given && o->transport != UPBIT_TRANSPORT_REPLAY)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: only the transport replay plays one", who);
    if (!given && o->transport == UPBIT_TRANSPORT_REPLAY)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "replay_file: the transport replay needs one");
    c->replay_speed = o->replay_speed;
    return set_file(&c->replay_file, s, "replay_file", o->replay_file);
}

static int set_limit_group(upbit__config *c, const upbit__settings *s)
{
    const char *name = s->o.limit_group;
    size_t length = name != NULL ? strlen(name) : 0;
    bool good = length < sizeof c->limit_group;
    for (size_t i = 0; i < length && good; i++)
        good = (name[i] >= '0' && name[i] <= '9') || (name[i] >= 'A' && name[i] <= 'Z') ||
               (name[i] >= 'a' && name[i] <= 'z') || strchr("_.:-", name[i]) != NULL;
    if (!good) {
        char who[UPBIT__LABEL_SIZE];
        upbit__settings_label(who, s, "limit_group");
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: must be up to 64 of A-Z a-z 0-9 _ . : -", who);
    }
    if (length > 0)
        memcpy(c->limit_group, name, length + 1);
    return 0;
}

static int set_cpus(upbit__config *c, const upbit__settings *s)
{
    const char *why;
    if (s->o.io_cpus == NULL || *s->o.io_cpus == '\0' || upbit__cpus_check(s->o.io_cpus, &why) == 0)
        return copy_text(&c->io_cpus, s->o.io_cpus);
    char who[UPBIT__LABEL_SIZE];
    upbit__settings_label(who, s, "io_cpus");
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s: %s", who, why);
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
static int set_patience(upbit__config *c, const upbit__settings *s)
{
    const upbit_options *o = &s->o;
    uint64_t least = (uint64_t)o->ping_interval_ms + o->pong_timeout_ms;
    if (o->silence_ms != 0 && o->silence_ms <= o->ping_interval_ms) {
        char who[UPBIT__LABEL_SIZE];
        upbit__settings_label(who, s, "silence_ms");
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "%s: must be longer than ping_interval_ms (%u): on a quiet "
                                "market the answers to pings are all that is heard",
                                who, o->ping_interval_ms);
    }
    c->silence_ms = or_default(o->silence_ms, least > 60000 ? (uint32_t)least : 60000);
    c->stale_type_ms[UPBIT_TYPE_TICKER] = or_default(o->ticker_stale_ms, o->stale_ms);
    c->stale_type_ms[UPBIT_TYPE_TRADE] = or_default(o->trade_stale_ms, o->stale_ms);
    c->stale_type_ms[UPBIT_TYPE_ORDERBOOK] = or_default(o->orderbook_stale_ms, o->stale_ms);
    c->stale_type_ms[UPBIT_TYPE_CANDLE] = or_default(o->candle_stale_ms, o->stale_ms);
    return 0;
}

/* What is written where: lines, metrics, frames. */
static int set_operations(upbit__config *c, const upbit__settings *s)
{
    const upbit_options *o = &s->o;
    const char *why = "";
    int error = upbit__log_set_levels(NULL, o->log_levels, &why);
    if (error != 0) {
        char who[UPBIT__LABEL_SIZE];
        upbit__settings_label(who, s, "log_levels");
        return upbit__error_set(error, "%s: %s", who, why);
    }
    c->metrics_interval_ms = o->metrics_interval_ms;
    error = copy_text(&c->log_levels, o->log_levels);
    if (error == 0 && o->log == NULL)
        error = copy_text(&c->log_file, o->log_file);
    if (error == 0)
        error = copy_text(&c->metrics_file, o->metrics_file);
    if (error == 0)
        error = copy_text(&c->trace_file, o->trace_file);
    return error;
}

static void set_plain(upbit__config *c, const upbit_options *o)
{
    *c = (upbit__config){
        .format = o->format == UPBIT_FORMAT_AUTO ? UPBIT_FORMAT_SIMPLE : o->format,
        .log_level = o->log_level == 0 ? UPBIT_LOG_WARNING : o->log_level,
        .log = o->log,
        .log_context = o->log_context,
        .connect_timeout_ms = o->connect_timeout_ms,
        .upgrade_timeout_ms = o->upgrade_timeout_ms,
        .ping_interval_ms = o->ping_interval_ms,
        .pong_timeout_ms = o->pong_timeout_ms,
        .settle_ms = o->settle_ms,
        .settle_max_ms = o->settle_max_ms,
        .message_size_max = o->message_size_max,
        .backoff_first_ms = o->backoff_first_ms,
        .no_data_ms = o->no_data_ms,
        .listing_ms = o->listing_ms,
        .token_life_ms = o->token_life_ms == UPBIT_TOKEN_LIFE_OFF ? 0 : o->token_life_ms,
        .send_timeout_ms = o->send_timeout_ms,
        .monitor_ms = o->monitor_ms,
        .limit_percent = percent_of(o->limit_strategy),
        .limit_sharing = o->limit_sharing,
        .memory_budget = o->memory_budget,
        .queue_messages = o->queue_messages,
        .queue_bytes = o->queue_bytes,
        .environment_keys = o->environment_keys == UPBIT_ON,
        .token_algorithm =
            o->token_algorithm == UPBIT_TOKEN_HS256 ? UPBIT__JWT_HS256 : UPBIT__JWT_HS512,
        .credentials = o->credentials,
        .credentials_context = o->credentials_context,
    };
}

int upbit__config_from_settings(upbit__config *c, upbit__settings *s)
{
    set_plain(c, &s->o);
    int error = set_replay(c, s);
    if (error == 0)
        error = check_transport(s);
    c->transport = s->o.transport == UPBIT_TRANSPORT_DEFAULT ? UPBIT_TRANSPORT_RAW : s->o.transport;
    c->compression = s->o.compression != UPBIT_OFF && c->transport == UPBIT_TRANSPORT_RAW;
    if (error == 0)
        error = set_patience(c, s);
    if (error == 0)
        error = set_limit_group(c, s);
    if (error == 0)
        error = set_urls(c, s);
    if (error == 0)
        error = check_profile(c, s);
    if (error == 0)
        error = set_file(&c->ca_file, s, "ca_file", s->o.ca_file);
    if (error == 0)
        error = set_proxy(c, s);
    if (error == 0)
        error = set_cpus(c, s);
    if (error == 0)
        error = set_operations(c, s);
    if (error != 0)
        upbit__config_finish(c);
    return error;
}

int upbit__config_init(upbit__config *c, const upbit_options *options)
{
    upbit__settings s;
    *c = (upbit__config){0};
    int error = upbit__settings_resolve(&s, options);
    return error == 0 ? upbit__config_from_settings(c, &s) : error;
}

int upbit__config_init_from_environment(upbit__config *c)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.environment_keys = UPBIT_ON;
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
    free(c->io_cpus);
    free(c->log_levels);
    free(c->log_file);
    free(c->metrics_file);
    free(c->trace_file);
    *c = (upbit__config){0};
}
