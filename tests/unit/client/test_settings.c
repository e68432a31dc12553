/* Layers of settings: who decides what, and how a value that is none is told. */
#include <float.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/config.h"
#include "client/settings.h"
#include "support/check_main.h"
#include "upbit-live/error.h"
#include "upbit-live/manager.h"
#include "upbit-live/settings.h"

static void clear(void)
{
    char variable[UPBIT__LABEL_SIZE];
    for (size_t i = 0; i < upbit__setting_count; i++) {
        upbit__setting_variable(variable, &upbit__setting_table[i]);
        unsetenv(variable);
    }
}

typedef struct looked {
    const char *name;
    char value[200], source[64];
    size_t count;
} looked;

static void look(void *context, const upbit_setting *s)
{
    looked *l = context;
    l->count++;
    ck_assert_uint_eq(s->struct_size, sizeof *s);
    if (strcmp(s->name, l->name) != 0)
        return;
    snprintf(l->value, sizeof l->value, "%s", s->value);
    snprintf(l->source, sizeof l->source, "%s", s->source);
}

static void expect(const upbit_options *o, const char *name, const char *value, const char *source)
{
    looked l = {.name = name};
    ck_assert_msg(upbit_settings_list(o, look, &l) == 0, "%s", upbit_error_detail());
    ck_assert_msg(strcmp(l.value, value) == 0, "%s is %s, not %s", name, l.value, value);
    ck_assert_msg(strcmp(l.source, source) == 0, "%s is from %s, not %s", name, l.source, source);
}

START_TEST(each_layer_beats_those_below)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    expect(&o, "settle_ms", "150", "default");
    setenv("UPBIT_URL", "ws://127.0.0.1:9", 1);
    setenv("UPBIT_PROFILE", "testing", 1);
    expect(&o, "settle_ms", "30", "profile testing");
    setenv("UPBIT_SETTLE_MS", "70", 1);
    expect(&o, "settle_ms", "70", "environment");
    o.settle_ms = 90;
    expect(&o, "settle_ms", "90", "options");
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    ck_assert_uint_eq(c.settle_ms, 90);
    ck_assert_uint_eq(c.settle_max_ms, 100);
    ck_assert_int_eq(c.limit_sharing, UPBIT_OFF);
    upbit__config_finish(&c);
    o.environment = UPBIT_OFF; /* and with it the profile's variable */
    expect(&o, "settle_max_ms", "500", "default");
    expect(&o, "url", "wss://api.upbit.com/websocket/v1", "default");
    o.profile = UPBIT_PROFILE_DEVELOPMENT;
    expect(&o, "limit_strategy", "conservative", "profile development");
    clear();
}
END_TEST

START_TEST(an_empty_variable_is_none)
{
    setenv("UPBIT_SETTLE_MS", "", 1);
    setenv("UPBIT_REGION", "", 1);
    expect(NULL, "settle_ms", "150", "default");
    expect(NULL, "region", "kr", "default");
    clear();
}
END_TEST

static const struct {
    const char *variable, *value, *says;
} bad[] = {
    {"UPBIT_SILENCE_MS", "abc",
     "UPBIT_SILENCE_MS=abc: not a number of milliseconds; 100 to 3600000"},
    {"UPBIT_SILENCE_MS", "99", "UPBIT_SILENCE_MS=99: not a number of milliseconds"},
    {"UPBIT_SILENCE_MS", "14000", "UPBIT_SILENCE_MS=14000: must be longer than ping_interval_ms"},
    {"UPBIT_SETTLE_MS", "4294967297", "UPBIT_SETTLE_MS=4294967297: not a number"},
    {"UPBIT_SETTLE_MS", "-1", "UPBIT_SETTLE_MS=-1"},
    {"UPBIT_SETTLE_MS", "1e3", "UPBIT_SETTLE_MS=1e3"},
    {"UPBIT_SETTLE_MS", "99999999999999999999", "not a number of milliseconds"},
    {"UPBIT_MEMORY_BUDGET", "1k", "not a number of bytes"},
    {"UPBIT_TOKEN_LIFE_MS", "never",
     "UPBIT_TOKEN_LIFE_MS=never: not a number of milliseconds; 10 to 86400000, or off"},
    {"UPBIT_REGION", "us", "UPBIT_REGION=us: must be kr, sg, id or th"},
    {"UPBIT_PROFILE", "prod", "must be production, development or testing"},
    {"UPBIT_COMPRESSION", "yes", "UPBIT_COMPRESSION=yes: must be auto, on or off"},
    {"UPBIT_URL", "http://x", "UPBIT_URL=http://x: must begin with wss:// or ws://"},
    {"UPBIT_URL", "wss://me:hunter2@x", "UPBIT_URL: no user or password"},
    {"UPBIT_PROXY", "http://me:hunter2@x", "UPBIT_PROXY: "},
    {"UPBIT_CA_FILE", "/nonexistent/a", "ca_file (from the environment): /nonexistent/a"},
    {"UPBIT_REPLAY_SPEED", "fast", "UPBIT_REPLAY_SPEED=fast: must be a number"},
    {"UPBIT_REPLAY_SPEED", "1e10", "1e9 at most"},
    {"UPBIT_LIMIT_GROUP", "a/b", "UPBIT_LIMIT_GROUP=a/b: must be"},
    {"UPBIT_IO_CPUS", "0,", "UPBIT_IO_CPUS=0,: must be a list of processors"},
    {"UPBIT_IO_CPUS", "2-1", "must be a list"},
    {"UPBIT_IO_CPUS", "1024", "must be a list"},
};

START_TEST(what_is_wrong_is_told_with_its_source)
{
    setenv(bad[_i].variable, bad[_i].value, 1);
    upbit__config c;
    ck_assert_int_eq(upbit__config_init(&c, NULL), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_msg(strstr(upbit_error_detail(), bad[_i].says) != NULL, "%s", upbit_error_detail());
    ck_assert_ptr_null(strstr(upbit_error_detail(), "hunter2"));
    looked l = {.name = ""};
    ck_assert_int_eq(upbit_settings_list(NULL, look, &l), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_uint_eq(l.count, 0);
    clear();
}
END_TEST

START_TEST(a_programs_values_are_checked_too)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    o.silence_ms = 99;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_str_eq(upbit_error_detail(),
                     "silence_ms=99: not a number of milliseconds; 100 to 3600000");
    o = (upbit_options)UPBIT_OPTIONS_INIT;
    o.region = 5;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_str_eq(upbit_error_detail(), "region=5: must be kr, sg, id or th");
    o = (upbit_options)UPBIT_OPTIONS_INIT;
    o.replay_speed = DBL_MAX;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
}
END_TEST

static const struct {
    int region;
    const char *name, *host;
} regions[] = {{UPBIT_REGION_KR, "kr", "api.upbit.com"},
               {UPBIT_REGION_SG, "sg", "sg-api.upbit.com"},
               {UPBIT_REGION_ID, "id", "id-api.upbit.com"},
               {UPBIT_REGION_TH, "th", "th-api.upbit.com"}};

START_TEST(a_region_is_three_addresses)
{
    char public[80], private[80], rest[80];
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    snprintf(public, sizeof public, "wss://%s/websocket/v1", regions[_i].host);
    snprintf(private, sizeof private, "wss://%s/websocket/v1/private", regions[_i].host);
    snprintf(rest, sizeof rest, "https://%s/v1", regions[_i].host);
    o.region = regions[_i].region;
    for (int by_variable = 0; by_variable < 2; by_variable++) {
        ck_assert_int_eq(upbit__config_init(&c, by_variable ? NULL : &o), 0);
        ck_assert_str_eq(c.url, public);
        ck_assert_str_eq(c.private_url, private);
        ck_assert_str_eq(c.rest_url, rest);
        upbit__config_finish(&c);
        setenv("UPBIT_REGION", regions[_i].name, 1);
    }
    clear();
}
END_TEST

/* Else a program that is pointed at a mock would ask Upbit's REST, or sign for it. */
START_TEST(addresses_are_not_mixed_from_two_layers)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    setenv("UPBIT_REST_URL", "https://elsewhere/v1", 1);
    setenv("UPBIT_PRIVATE_URL", "wss://elsewhere/private", 1);
    setenv("UPBIT_REPLAY_FILE", "/dev/null", 1);
    o.url = "ws://127.0.0.1:9";
    expect(&o, "rest_url", "http://127.0.0.1:9/v1", "url");
    expect(&o, "private_url", "ws://127.0.0.1:9/websocket/v1/private", "url");
    expect(&o, "replay_file", "", "default");
    o.url = NULL;
    o.region = UPBIT_REGION_TH;
    setenv("UPBIT_URL", "ws://127.0.0.1:9", 1);
    expect(&o, "url", "wss://th-api.upbit.com/websocket/v1", "region th");
    expect(&o, "rest_url", "https://th-api.upbit.com/v1", "url");
    o.region = 0;
    expect(&o, "rest_url", "https://elsewhere/v1", "environment");
    o.rest_url = "https://mine/v1"; /* it alone is nobody's road */
    expect(&o, "url", "ws://127.0.0.1:9/websocket/v1", "environment");
    expect(&o, "rest_url", "https://mine/v1", "options");
    clear();
}
END_TEST

START_TEST(tests_stay_on_this_machine)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit__config c;
    o.profile = UPBIT_PROFILE_TESTING;
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "profile=testing: tests stay"));
    o.url = "ws://127.0.0.1:9";
    o.rest_url = "https://api.upbit.com/v1";
    ck_assert_int_eq(upbit__config_init(&c, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    o.rest_url = NULL;
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    upbit__config_finish(&c);
    o.url = NULL;
    o.replay_file = "/dev/null";
    ck_assert_int_eq(upbit__config_init(&c, &o), 0);
    upbit__config_finish(&c);
}
END_TEST

START_TEST(secrets_are_set_or_not)
{
    setenv("UPBIT_PROXY", "socks5h://me:hunter2@127.0.0.1:1080", 1);
    expect(NULL, "proxy", "socks5h://(hidden)@127.0.0.1:1080", "environment");
    expect(NULL, "secret_key", "not set", "default");
    setenv("UPBIT_ACCESS_KEY", "an-access-key", 1);
    looked l = {.name = ""};
    ck_assert_int_eq(upbit_settings_list(NULL, look, &l), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "UPBIT_SECRET_KEY"));
    setenv("UPBIT_SECRET_KEY", "hunter2", 1);
    expect(NULL, "access_key", "set", "environment");
    expect(NULL, "secret_key", "set", "environment");
    upbit_options o = UPBIT_OPTIONS_INIT; /* a manager of one's own takes none */
    expect(&o, "secret_key", "not set", "default");
    unsetenv("UPBIT_ACCESS_KEY");
    unsetenv("UPBIT_SECRET_KEY");
    clear();
}
END_TEST

/* The thread is upbit-io: the one that is not this one. */
START_TEST(the_io_thread_is_where_it_should_be)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit_manager *m = NULL;
    cpu_set_t mine;
    char list[12];
    ck_assert_int_eq(sched_getaffinity(0, sizeof mine, &mine), 0);
    int cpu = 0;
    while (!CPU_ISSET((size_t)cpu, &mine))
        cpu++;
    snprintf(list, sizeof list, "%d", cpu);
    o.url = "ws://127.0.0.1:1";
    o.log_level = UPBIT_LOG_NONE;
    o.io_cpus = list;
    ck_assert_int_eq(upbit_manager_create(&m, &o), 0);
    char command[80];
    snprintf(command, sizeof command, "grep -h -A99 upbit-io /proc/%d/task/*/status",
             (int)getpid());
    FILE *status = popen(command, "r");
    char line[200], allowed[40] = "";
    while (fgets(line, sizeof line, status) != NULL)
        sscanf(line, "Cpus_allowed_list: %39s", allowed);
    pclose(status);
    upbit_manager_release(m);
    ck_assert_str_eq(allowed, list);
    o.io_cpus = "1023";
    ck_assert_int_eq(upbit_manager_create(&m, &o), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_str_eq(upbit_error_detail(),
                     "io_cpus: this process may use none of the processors 1023");
}
END_TEST

int main(void)
{
    clear();
    Suite *suite = suite_create("client settings");
    TCase *tests = tcase_create("settings");
    tcase_add_test(tests, each_layer_beats_those_below);
    tcase_add_test(tests, an_empty_variable_is_none);
    tcase_add_loop_test(tests, what_is_wrong_is_told_with_its_source, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tests, a_programs_values_are_checked_too);
    tcase_add_loop_test(tests, a_region_is_three_addresses, 0, 4);
    tcase_add_test(tests, addresses_are_not_mixed_from_two_layers);
    tcase_add_test(tests, tests_stay_on_this_machine);
    tcase_add_test(tests, secrets_are_set_or_not);
    tcase_add_test(tests, the_io_thread_is_where_it_should_be);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
