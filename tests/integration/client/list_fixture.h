/* A manager whose market list is the test's own and whose streams are the mock exchange's. */
#ifndef TESTS_INTEGRATION_CLIENT_LIST_FIXTURE_H
#define TESTS_INTEGRATION_CLIENT_LIST_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/check_main.h"
#include "support/listing.h"
#include "support/stream.h"

#define KRW  "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE,KRW-ADA"
#define BTC  "BTC-ETH,BTC-XRP"
#define BOTH KRW "," BTC

static mock exchange;
static listing list;
static upbit_manager *manager;
static uint32_t listing_ms;

static inline void options(upbit_options *o)
{
    o->rest_url = list.url;
    o->listing_ms = listing_ms;
    o->no_data_ms = 5000;
}

static inline void start_at(const char *rate, uint32_t every_ms, const char *codes)
{
    const char *const arguments[] = {"--codes", "60", "--rate", rate, NULL};
    mock_start(&exchange, arguments);
    listing_start(&list, codes);
    if (codes[0] == '\0')
        listing_set(&list, 503, "");
    listing_ms = every_ms;
    manager = stream_manager(&exchange, options);
}

static inline void start(uint32_t every_ms, const char *codes)
{
    start_at("2000", every_ms, codes);
}

static inline void end(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
    listing_stop(&list);
}

static inline void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static inline bool on_wire(const char *item)
{
    if (mock_call(&exchange, "GET", "/mock/stats", "") != 200)
        return false;
    return strstr(mock_answer(), item) != NULL;
}

/* The request the exchange got last is the one with this in it, or will be soon. */
static inline bool wire_gets(const char *item, bool there)
{
    for (double stop = stream_now() + 5; stream_now() < stop; wait_ms(10))
        if (on_wire(item) == there)
            return true;
    return false;
}

static inline void no_event(upbit_proxy *p, int type, const char *code, double seconds)
{
    const upbit_event *e = stream_event(p, type, code, seconds);
    ck_assert_msg(e == NULL, "%s %s came", upbit_type_name(type), e != NULL ? e->code : "");
}

static inline void has_event(upbit_proxy *p, int type, const char *code)
{
    const upbit_event *e = stream_event(p, type, code, 5);
    ck_assert_msg(e != NULL, "no %s %s", upbit_type_name(type), code != NULL ? code : "");
    upbit_event_unref(e);
}

/* The event about a key that is told exactly once. */
static inline void told_once(upbit_proxy *p, int type, const char *code, int key_type)
{
    const upbit_event *e = stream_event(p, type, code, 5);
    ck_assert_msg(e != NULL, "no %s %s", upbit_type_name(type), code != NULL ? code : "");
    ck_assert_ptr_nonnull(upbit_event_key(e));
    ck_assert_int_eq((int)upbit_event_key(e)->key_type, key_type);
    upbit_event_unref(e);
    no_event(p, type, NULL, 0.3);
}

#endif
