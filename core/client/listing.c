#include "client/listing.h"

#include <string.h>

#include "base/clock.h"
#include "client/selectors.h"
#include "upbit-live/error.h"

#define PATIENCE_NS (500 * UPBIT__MS)    /* no longer than a request may be held back anyway */
#define AGAIN_NS    UPBIT__SECOND        /* never asked for more often; doubled per failure */
#define RETRY_NS    (30 * UPBIT__SECOND) /* the longest between attempts that were refused */
#define REACH_NS    (2 * UPBIT__SECOND)  /* and without an answer: a healed network is used soon */
#define FRESH_NS    (60 * UPBIT__SECOND) /* younger than this, its word is final */
#define LOSS_MAX    5                    /* one part in so many may vanish without a second look */

static void lost_patience(void *context)
{
    upbit__listing *l = context;
    l->give_up = true;
    l->events.settled(l->context);
}

static int64_t again_ns(const upbit__listing *l)
{
    int64_t wait = AGAIN_NS << (l->failures > 1 ? (l->failures < 7 ? l->failures - 1 : 6) : 0);
    int64_t most = l->unreachable ? REACH_NS : RETRY_NS;
    return l->tried_ns + (wait < most ? wait : most);
}

static bool is_recording(const upbit__listing *l)
{
    return l->asking->config->transport == UPBIT_TRANSPORT_REPLAY;
}

/* When to ask next, if nothing else asks before. */
static void schedule(upbit__listing *l)
{
    if (!l->needed || l->ask != NULL || is_recording(l))
        return;
    int64_t at = again_ns(l);
    int64_t due = l->known_ns + l->asking->config->listing_ms * UPBIT__MS;
    if (l->markets != NULL && l->failures == 0 && !l->doubted)
        at = due > at ? due : at;
    else if (!l->begun)
        at = upbit__clock_monotonic_ns();
    if (upbit__timer_start(l->loop, &l->refresh, at) != 0)
        upbit__log_write(l->log, UPBIT_LOG_ERROR, "rest", "no memory for a timer");
}

static void refresh_due(void *context)
{
    upbit__listing *l = context;
    upbit__listing_start(l);
    schedule(l); /* a call that could not even begin is tried again too */
}

void upbit__listing_init(upbit__listing *l, upbit__asking *asking, upbit__loop *loop,
                         upbit__log *log, const upbit__listing_events *events, void *context)
{
    *l = (upbit__listing){.asking = asking,
                          .loop = loop,
                          .log = log,
                          .events = *events,
                          .context = context,
                          .patience = {.callback = lost_patience, .context = l},
                          .refresh = {.callback = refresh_due, .context = l}};
}

void upbit__listing_finish(upbit__listing *l)
{
    upbit__recorded_markets_destroy(l->scan);
    l->scan = NULL;
    upbit__timer_stop(&l->patience);
    upbit__timer_stop(&l->refresh);
    upbit__ask_cancel(l->ask);
    l->ask = NULL;
    upbit__markets_destroy(l->markets);
    l->markets = NULL;
}

static void failed(upbit__listing *l, int error, int status, const char *reason)
{
    if (!l->told)
        upbit__log_write(l->log, UPBIT_LOG_WARNING, "rest",
                         "the market list cannot be had, %s: http_status=%d %s",
                         l->markets == NULL ? "codes pass unchecked" : "the last one stands",
                         status, reason);
    l->told = true;
    l->unreachable = status == 0 && error != UPBIT_ERROR_TLS;
    l->failures++;
}

/* Codes of `before` that `now` lacks: both are sorted. */
static size_t count_lost(const upbit__markets *before, const upbit__markets *now)
{
    size_t lost = 0, k = 0, count = upbit__markets_count(now);
    for (size_t i = 0; i < upbit__markets_count(before); i++) {
        const char *code = upbit__markets_at(before, i)->code;
        while (k < count && strcmp(upbit__markets_at(now, k)->code, code) < 0)
            k++;
        lost += k == count || strcmp(upbit__markets_at(now, k)->code, code) != 0;
    }
    return lost;
}

/* One answer that lacks much is a fault of the answer more often than of the market. */
static bool is_doubtful(upbit__listing *l, const upbit__markets *markets)
{
    if (l->markets == NULL || l->doubted)
        return false;
    size_t lost = count_lost(l->markets, markets);
    if (lost * LOSS_MAX <= upbit__markets_count(l->markets))
        return false;
    upbit__log_write(l->log, UPBIT_LOG_WARNING, "rest",
                     "the market list lacks %zu of %zu codes: it is asked for again before it is "
                     "believed",
                     lost, upbit__markets_count(l->markets));
    return true;
}

static void believe(upbit__listing *l, upbit__markets *markets)
{
    upbit__markets *before = l->markets;
    l->markets = markets;
    l->known_ns = upbit__clock_monotonic_ns();
    l->told = false;
    if (before == NULL || upbit__markets_count(before) != upbit__markets_count(markets))
        upbit__log_write(l->log, UPBIT_LOG_INFO, "rest", "market list: codes=%zu",
                         upbit__markets_count(markets));
    l->events.changed(l->context, before, markets);
    upbit__markets_destroy(before);
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__listing *l = context;
    l->ask = NULL;
    upbit__timer_stop(&l->patience);
    char reason[160] = "";
    upbit__markets *markets = NULL;
    if (result->error != 0 || result->http_status != 200) {
        failed(l, result->error, result->http_status, result->reason);
    } else if (upbit__markets_parse(&markets, result->body, result->length, reason,
                                    sizeof reason) != 0) {
        failed(l, UPBIT_ERROR_DECODE, result->http_status, reason);
    } else {
        l->failures = 0;
        l->doubted = is_doubtful(l, markets);
        if (l->doubted)
            upbit__markets_destroy(markets);
        else
            believe(l, markets);
    }
    l->events.settled(l->context);
    schedule(l);
}

static void looked_through(void *context, upbit__markets *markets)
{
    upbit__listing *l = context;
    upbit__recorded_markets_destroy(l->scan);
    l->scan = NULL;
    if (markets != NULL)
        believe(l, markets);
    l->events.settled(l->context);
}

/* A file does not change: it is looked through once. */
static void start_scan(upbit__listing *l)
{
    if (l->begun)
        return;
    l->begun = true;
    int error = upbit__recorded_markets_start(&l->scan, l->loop, l->asking->config->replay_file,
                                              looked_through, l);
    if (error != 0)
        upbit__log_write(l->log, UPBIT_LOG_ERROR, "rest", "the recording's markets: %s",
                         upbit_error_string(error));
}

void upbit__listing_start(upbit__listing *l)
{
    if (is_recording(l)) {
        start_scan(l);
        return;
    }
    int64_t now = upbit__clock_monotonic_ns();
    if (l->ask != NULL || (l->begun && now < again_ns(l)))
        return;
    l->begun = true;
    l->give_up = false;
    l->tried_ns = now;
    int error = upbit__asking_get(l->asking, &l->ask, UPBIT__GROUP_MARKET, UPBIT__ASK_LISTING,
                                  "/market/all", 0, answered, l);
    if (error != 0) {
        failed(l, error, 0,
               error == UPBIT_ERROR_UNAVAILABLE ? upbit_error_detail() : upbit_error_string(error));
    } else if (upbit__timer_start(l->loop, &l->patience, now + PATIENCE_NS) != 0) {
        l->give_up = true;
    }
}

void upbit__listing_keep(upbit__listing *l, bool needed)
{
    if (needed == l->needed)
        return;
    l->needed = needed;
    if (needed)
        schedule(l);
    else
        upbit__timer_stop(&l->refresh);
}

void upbit__listing_recheck(upbit__listing *l)
{
    if (l->ask != NULL || is_recording(l))
        return;
    int64_t at = again_ns(l);
    if (upbit__timer_running(&l->refresh) && l->refresh.at_ns <= at)
        return;
    if (upbit__timer_start(l->loop, &l->refresh, at) != 0)
        upbit__log_write(l->log, UPBIT_LOG_ERROR, "rest", "no memory for a timer");
}

static bool holds(const upbit__markets *markets, const char *code)
{
    if (!upbit__is_selector(code))
        return upbit__markets_find(markets, code) != NULL;
    char prefix[24];
    size_t first;
    upbit__selector_prefix(prefix, code);
    return upbit__markets_range(markets, prefix, &first) > 0;
}

/* Of a recording every order waits, so that playing begins with all that was wanted by then; what
 * it has nothing of is silent, but KRW-* of nothing is told. */
static upbit__listed check_recorded(upbit__listing *l, const char *code)
{
    start_scan(l);
    if (l->scan != NULL)
        return UPBIT__LISTED_WAIT;
    bool yes = !upbit__is_selector(code) || (l->markets != NULL && holds(l->markets, code));
    return yes ? UPBIT__LISTED_YES : UPBIT__LISTED_NO;
}

upbit__listed upbit__listing_check(upbit__listing *l, const char *code)
{
    if (is_recording(l))
        return check_recorded(l, code);
    if (l->markets != NULL && holds(l->markets, code))
        return UPBIT__LISTED_YES;
    if (l->markets == NULL || upbit__clock_monotonic_ns() - l->known_ns > FRESH_NS)
        upbit__listing_start(l);
    if (l->ask != NULL && !l->give_up)
        return UPBIT__LISTED_WAIT;
    return l->markets == NULL ? UPBIT__LISTED_YES : UPBIT__LISTED_NO;
}
