/* By what an order book can be grouped: what is asked and when, what passes meanwhile, what is
 * refused and how it is said. The questions are the test's (--wrap=upbit__asking_get), the clock
 * stands until it moves it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/levels.h"
#include "support/check_main.h"
#include "upbit-live/error.h"

static int64_t clock_at;
static upbit__loop *loop;
static upbit__log log_to;
static upbit__levels levels;
static int settled, asked, cancelled, refuses, warnings;
static char path_asked[4000];
static void (*answer_to)(void *context, const upbit__rest_result *result);

int __wrap_upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context);
int __wrap_upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context)
{
    (void)a, (void)priority, (void)timeout_ms;
    ck_assert(group == UPBIT__GROUP_ORDERBOOK && context == &levels);
    if (refuses != 0)
        return refuses;
    snprintf(path_asked, sizeof path_asked, "%s", path);
    asked++;
    answer_to = done;
    *out = (upbit__ask *)(void *)&asked; /* not looked into */
    return 0;
}

uint32_t __wrap_upbit__ask_cancel(upbit__ask *ask);
uint32_t __wrap_upbit__ask_cancel(upbit__ask *ask)
{
    cancelled += ask != NULL;
    return 0;
}

static int64_t standing(void)
{
    return clock_at;
}

static void move(int64_t ms)
{
    clock_at += ms * UPBIT__MS;
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(upbit__loop_turn(loop, 0), 0);
}

static void on_settled(void *context)
{
    ck_assert_ptr_eq(context, &settled);
    settled++;
}

static void on_log(void *context, int level, const char *category, const char *message)
{
    (void)context, (void)category, (void)message;
    warnings += level == UPBIT_LOG_WARNING;
}

static void begin(void)
{
    static const upbit__clock clock = {standing, standing, standing};
    settled = asked = cancelled = refuses = warnings = 0;
    clock_at = 1000 * UPBIT__SECOND;
    upbit__clock_set(&clock);
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(upbit__log_init(&log_to, on_log, NULL, UPBIT_LOG_WARNING), 0);
    upbit__levels_init(&levels, NULL, loop, &log_to, on_settled, &settled);
}

static void end(void)
{
    upbit__levels_finish(&levels);
    upbit__log_finish(&log_to);
    upbit__loop_destroy(loop);
    upbit__clock_set(NULL);
}

static char detail[200];

static upbit__listed check(const char *code, const char *level)
{
    upbit_decimal d;
    ck_assert_int_eq(upbit_decimal_parse(&d, level, strlen(level)), 0);
    detail[0] = '\0';
    return upbit__levels_check(&levels, code, &d, detail, sizeof detail);
}

static void answer(int error, int http_status, const char *body)
{
    const upbit__rest_result result = {.error = error,
                                       .http_status = http_status,
                                       .body = body,
                                       .length = strlen(body),
                                       .reason = error != 0 ? "no way" : ""};
    answer_to(&levels, &result);
}

#define BTC                                                                                        \
    "{\"market\":\"KRW-BTC\",\"quote_currency\":\"KRW\",\"tick_size\":\"1000\","                   \
    "\"supported_levels\":[0,10,\"100\"]}"
#define ETH "{\"market\":\"KRW-ETH\",\"quote_currency\":\"KRW\",\"tick_size\":\"1\"}"

static void learn(void)
{
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_WAIT);
    ck_assert(upbit__levels_ask(&levels));
    answer(0, 200, "[" BTC "]");
    ck_assert_int_eq(settled, 1);
}

START_TEST(what_is_supported_passes_what_is_not_is_named)
{
    begin();
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_WAIT);
    ck_assert_int_eq(check("KRW-ETH", "7"), UPBIT__LISTED_WAIT);
    ck_assert(upbit__levels_ask(&levels));
    ck_assert_ptr_nonnull(strstr(path_asked, "KRW-BTC"));
    ck_assert_ptr_nonnull(strstr(path_asked, "KRW-ETH"));
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_WAIT); /* on its way */
    ck_assert(upbit__levels_ask(&levels));
    ck_assert_int_eq(asked, 1);
    answer(0, 200, "[" BTC "," ETH "]");
    ck_assert_int_eq(settled, 1);
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_YES);
    ck_assert_int_eq(check("KRW-BTC", "100.0"), UPBIT__LISTED_YES);
    ck_assert_int_eq(check("KRW-ETH", "7"), UPBIT__LISTED_YES); /* it does not say */
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_NO);
    ck_assert_str_eq(detail, "KRW-BTC: no book_level 7, but 0 10 100");
    char little[60];
    memset(little, '#', sizeof little);
    upbit_decimal seven;
    ck_assert_int_eq(upbit_decimal_parse(&seven, "7", 1), 0);
    ck_assert_int_eq(upbit__levels_check(&levels, "KRW-BTC", &seven, little, 20), UPBIT__LISTED_NO);
    ck_assert_str_eq(little, "KRW-BTC: no book_le"); /* as much as there is room for */
    for (size_t i = 20; i < sizeof little; i++)
        ck_assert_int_eq(little[i], '#');
    move(3600000);
    ck_assert_int_eq(settled, 1); /* no patience is lost over what has come */
    end();
}
END_TEST

/* Before an old answer refuses anything it is asked again; what it allows it goes on to allow. */
START_TEST(an_old_answer_refuses_nothing)
{
    begin();
    learn();
    move(60000);
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_YES);
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_WAIT);
    ck_assert(upbit__levels_ask(&levels));
    answer(0, 200,
           "[{\"market\":\"KRW-BTC\",\"quote_currency\":\"KRW\",\"tick_size\":\"1\","
           "\"supported_levels\":[7]}]");
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_YES);
    ck_assert_int_eq(check("KRW-BTC", "10"), UPBIT__LISTED_NO);
    end();
}
END_TEST

/* ... but where it cannot be asked, or is not answered in time, the old one has to do. */
START_TEST(an_old_answer_is_better_than_none)
{
    begin();
    learn();
    move(60000);
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_WAIT);
    if (_i == 0) {
        refuses = UPBIT_ERROR_LIMIT;
        ck_assert(!upbit__levels_ask(&levels));
    } else {
        ck_assert(upbit__levels_ask(&levels));
        move(500);
        ck_assert_int_eq(settled, 2);
        ck_assert(!upbit__levels_ask(&levels)); /* still on its way, and nobody waits for it */
    }
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_NO);
    ck_assert_int_eq(check("KRW-BTC", "100"), UPBIT__LISTED_YES);
    end();
    ck_assert_int_eq(cancelled, _i);
}
END_TEST

/* Unknown levels pass, for half a minute, then it is asked again. A failure is logged once. */
START_TEST(what_cannot_be_had_passes)
{
    static const struct {
        int error, http_status;
        const char *body;
    } bad[] = {
        {UPBIT_ERROR_TIMEOUT, 0, ""}, {0, 500, "[" BTC "]"}, {0, 200, "{}"}, {0, 200, "[" ETH "]"}};
    begin();
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_WAIT);
        ck_assert(upbit__levels_ask(&levels));
        answer(bad[_i].error, bad[_i].http_status, bad[_i].body);
        ck_assert_int_eq(settled, again + 1);
        ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_YES);
        move(29999);
        ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_YES);
        move(1);
    }
    ck_assert_int_eq(warnings, _i < 3);
    /* And is had at last. */
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_WAIT);
    ck_assert(upbit__levels_ask(&levels));
    answer(0, 200, "[" BTC "]");
    ck_assert_int_eq(check("KRW-BTC", "7"), UPBIT__LISTED_NO);
    end();
}
END_TEST

/* More than one question can hold go with the next. */
START_TEST(many_markets)
{
    begin();
    for (int i = 0; i < 150; i++) {
        char code[24];
        snprintf(code, sizeof code, "KRW-M%d", i);
        ck_assert_int_eq(check(code, "7"), UPBIT__LISTED_WAIT);
    }
    ck_assert(upbit__levels_ask(&levels));
    ck_assert(strstr(path_asked, "KRW-M99") != NULL && strstr(path_asked, "KRW-M100") == NULL);
    answer(0, 200, "[]");
    ck_assert_int_eq(check("KRW-M99", "7"), UPBIT__LISTED_YES);
    ck_assert_int_eq(check("KRW-M100", "7"), UPBIT__LISTED_WAIT);
    ck_assert(upbit__levels_ask(&levels));
    ck_assert(strstr(path_asked, "KRW-M149") != NULL && strstr(path_asked, "KRW-M99") == NULL);
    end();
    ck_assert_int_eq(cancelled, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("levels");
    TCase *t = tcase_create("all");
    tcase_add_test(t, what_is_supported_passes_what_is_not_is_named);
    tcase_add_test(t, an_old_answer_refuses_nothing);
    tcase_add_loop_test(t, an_old_answer_is_better_than_none, 0, 2);
    tcase_add_loop_test(t, what_cannot_be_had_passes, 0, 4);
    tcase_add_test(t, many_markets);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
