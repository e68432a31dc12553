/* Settings as people see them: what is in force, and who said so. */
#include "upbit-live/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "client/config.h"
#include "client/keys.h"
#include "client/settings.h"
#include "upbit-live/error.h"

/* What followed from something else goes back into the options, so that one table prints it. */
static void put_back(upbit__settings *s, const upbit__config *c)
{
    s->o.url = c->url;
    s->o.private_url = c->private_url;
    s->o.rest_url = c->rest_url;
    s->o.format = c->format;
    s->o.transport = c->transport;
    s->o.compression = c->compression ? UPBIT_ON : UPBIT_OFF;
    s->o.log_level = c->log_level;
    s->o.silence_ms = c->silence_ms;
    s->o.ticker_stale_ms = c->stale_type_ms[UPBIT_TYPE_TICKER];
    s->o.trade_stale_ms = c->stale_type_ms[UPBIT_TYPE_TRADE];
    s->o.orderbook_stale_ms = c->stale_type_ms[UPBIT_TYPE_ORDERBOOK];
    s->o.candle_stale_ms = c->stale_type_ms[UPBIT_TYPE_CANDLE];
    if (s->o.region == UPBIT_REGION_DEFAULT)
        s->o.region = UPBIT_REGION_KR;
    if (s->o.profile == UPBIT_PROFILE_DEFAULT)
        s->o.profile = UPBIT_PROFILE_PRODUCTION;
    if (s->o.limit_strategy == UPBIT_LIMIT_DEFAULT)
        s->o.limit_strategy = UPBIT_LIMIT_BALANCED;
    if (s->o.token_algorithm == UPBIT_TOKEN_DEFAULT)
        s->o.token_algorithm = UPBIT_TOKEN_HS512;
    if (s->o.replay_speed == 0)
        s->o.replay_speed = 1;
    if (s->o.environment == UPBIT_AUTO)
        s->o.environment = UPBIT_ON;
    if (s->o.environment_keys == UPBIT_AUTO)
        s->o.environment_keys = UPBIT_OFF;
}

/* Of a value nobody gave: what it follows from. */
static const char *follows(const upbit__settings *s, const upbit__setting *row, char room[64])
{
    static const struct {
        const char *name, *from;
    } rows[] = {{"private_url", "url"},
                {"rest_url", "url"},
                {"ticker_stale_ms", "stale_ms"},
                {"trade_stale_ms", "stale_ms"},
                {"orderbook_stale_ms", "stale_ms"},
                {"candle_stale_ms", "stale_ms"},
                {"transport", "replay_file"}};
    if (strcmp(row->name, "url") == 0 &&
        upbit__settings_source(s, "region") != UPBIT__SOURCE_DEFAULT) {
        snprintf(room, 64, "region %s",
                 upbit__setting_choice(upbit__setting_find("region"), s->o.region));
        return room;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool given = upbit__settings_source(s, rows[i].from) != UPBIT__SOURCE_DEFAULT ||
                     (strcmp(rows[i].from, "url") == 0 &&
                      upbit__settings_source(s, "region") != UPBIT__SOURCE_DEFAULT);
        if (given && strcmp(row->name, rows[i].name) == 0)
            return rows[i].from;
    }
    return "default";
}

static const char *source_name(const upbit__settings *s, const upbit__setting *row, char room[64])
{
    switch (upbit__settings_source(s, row->name)) {
    case UPBIT__SOURCE_OPTIONS:
        return "options";
    case UPBIT__SOURCE_ENVIRONMENT:
        return "environment";
    case UPBIT__SOURCE_PROFILE:
        snprintf(room, 64, "profile %s",
                 upbit__setting_choice(upbit__setting_find("profile"), s->o.profile));
        return room;
    default:
        return follows(s, row, room);
    }
}

static void tell(const upbit__settings *s, const upbit__setting *row, upbit_setting_function each,
                 void *context)
{
    char value[4200], variable[UPBIT__LABEL_SIZE], room[64];
    upbit__setting_variable(variable, row);
    upbit__settings_print(value, sizeof value, s, row);
    /* 0 is what is left open; the lanes have defaults of their own, by kind. */
    if (row->kind == UPBIT__SETTING_U32 && strcmp(value, "0") == 0)
        value[0] = '\0';
    const upbit_setting setting = {.struct_size = sizeof setting,
                                   .name = row->name,
                                   .variable = row->program ? NULL : variable,
                                   .value = value,
                                   .source = source_name(s, row, room),
                                   .unit = value[0] >= '0' && value[0] <= '9' ? row->unit : "",
                                   .tuning = row->tuning};
    each(context, &setting);
}

/* Whether, never what. */
static void tell_key(const char *name, const char *variable, bool set, upbit_setting_function each,
                     void *context)
{
    const upbit_setting setting = {.struct_size = sizeof setting,
                                   .name = name,
                                   .variable = variable,
                                   .value = set ? "set" : "not set",
                                   .source = set ? "environment" : "default",
                                   .unit = ""};
    each(context, &setting);
}

int upbit_settings_list(const upbit_options *options, upbit_setting_function each, void *context)
{
    upbit__error_set(0, "%s", "");
    if (each == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "each: must not be NULL");
    upbit__settings s;
    upbit__config c;
    upbit__keys *keys = NULL;
    int error = upbit__settings_resolve(&s, options);
    if (options == NULL)
        s.o.environment_keys = UPBIT_ON; /* as the default manager */
    if (error == 0)
        error = upbit__config_from_settings(&c, &s);
    if (error != 0)
        return error;
    if (c.environment_keys && (error = upbit__keys_from_environment(&keys)) != 0) {
        upbit__config_finish(&c);
        return error;
    }
    put_back(&s, &c);
    for (size_t i = 0; i < upbit__setting_count; i++)
        tell(&s, &upbit__setting_table[i], each, context);
    tell_key("access_key", "UPBIT_ACCESS_KEY", keys != NULL, each, context);
    tell_key("secret_key", "UPBIT_SECRET_KEY", keys != NULL, each, context);
    upbit__keys_destroy(keys);
    upbit__config_finish(&c);
    return 0;
}
