#include "client/listing.h"

#include "base/clock.h"
#include "upbit-live/error.h"

#define PATIENCE_NS (500 * UPBIT__MS)    /* no longer than a request may be held back anyway */
#define RETRY_NS    (30 * UPBIT__SECOND) /* between failed attempts */
#define FRESH_NS    (60 * UPBIT__SECOND) /* younger than this, its word is final */

static void lost_patience(void *context)
{
    upbit__listing *l = context;
    l->give_up = true;
    l->settled(l->context);
}

void upbit__listing_init(upbit__listing *l, upbit__asking *asking, upbit__loop *loop,
                         upbit__log *log, void (*settled)(void *context), void *context)
{
    *l = (upbit__listing){.asking = asking,
                          .loop = loop,
                          .log = log,
                          .settled = settled,
                          .context = context,
                          .patience = {.callback = lost_patience, .context = l}};
}

void upbit__listing_finish(upbit__listing *l)
{
    upbit__timer_stop(&l->patience);
    upbit__ask_cancel(l->ask);
    l->ask = NULL;
    upbit__markets_destroy(l->markets);
    l->markets = NULL;
}

static void failed(upbit__listing *l, int status, const char *reason)
{
    if (!l->told)
        upbit__log_write(l->log, UPBIT_LOG_WARNING, "rest",
                         "the market list cannot be had, codes pass unchecked: http_status=%d %s",
                         status, reason);
    l->told = true;
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__listing *l = context;
    l->ask = NULL;
    upbit__timer_stop(&l->patience);
    char reason[160] = "";
    upbit__markets *markets = NULL;
    if (result->error != 0 || result->http_status != 200) {
        failed(l, result->http_status, result->reason);
    } else if (upbit__markets_parse(&markets, result->body, result->length, reason,
                                    sizeof reason) != 0) {
        failed(l, result->http_status, reason);
    } else {
        upbit__markets_destroy(l->markets);
        l->markets = markets;
        l->known_ns = upbit__clock_monotonic_ns();
        l->told = false;
        upbit__log_write(l->log, UPBIT_LOG_INFO, "rest", "market list: codes=%zu",
                         upbit__markets_count(markets));
    }
    l->settled(l->context);
}

void upbit__listing_start(upbit__listing *l)
{
    int64_t now = upbit__clock_monotonic_ns();
    if (l->ask != NULL || (l->begun && now - l->tried_ns < RETRY_NS))
        return;
    l->begun = true;
    l->give_up = false;
    l->tried_ns = now;
    int error = upbit__asking_get(l->asking, &l->ask, UPBIT__GROUP_MARKET, UPBIT__ASK_LISTING,
                                  "/market/all", 0, answered, l);
    if (error != 0) {
        failed(l, 0, upbit_error_string(error));
    } else if (upbit__timer_start(l->loop, &l->patience, now + PATIENCE_NS) != 0) {
        l->give_up = true;
    }
}

upbit__listed upbit__listing_check(upbit__listing *l, const char *code)
{
    if (l->markets != NULL && upbit__markets_find(l->markets, code) != NULL)
        return UPBIT__LISTED_YES;
    if (l->markets == NULL || upbit__clock_monotonic_ns() - l->known_ns > FRESH_NS)
        upbit__listing_start(l);
    if (l->ask != NULL && !l->give_up)
        return UPBIT__LISTED_WAIT;
    return l->markets == NULL ? UPBIT__LISTED_YES : UPBIT__LISTED_NO;
}
