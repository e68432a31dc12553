#include "client/exchange_clock.h"

#include <inttypes.h>

#include "base/clock.h"

#define WRONG_MS  5000
#define DRIFT_PPM 200  /* twice what bad quartz does */
#define ANSWER_MS 1000 /* Date has whole seconds, cut off */

void upbit__exchange_clock_init(upbit__exchange_clock *c, upbit__log *log,
                                upbit__counters *counters, void (*changed)(void *context),
                                void *context)
{
    *c = (upbit__exchange_clock){
        .log = log, .counters = counters, .changed = changed, .context = context};
}

int64_t upbit__exchange_clock_offset_ms(const upbit__exchange_clock *c)
{
    return c->heard_ns == 0 ? 0 : (c->low_ms + c->high_ms) / 2;
}

int64_t upbit__exchange_clock_least_ms(const upbit__exchange_clock *c)
{
    return c->heard_ns == 0 ? 0 : c->low_ms;
}

static void judge(upbit__exchange_clock *c)
{
    bool wrong = c->low_ms > WRONG_MS || c->high_ms < -WRONG_MS;
    int64_t offset = upbit__exchange_clock_offset_ms(c);
    atomic_store_explicit(&c->counters->clock_offset_ms, offset, memory_order_relaxed);
    if (wrong == c->wrong)
        return;
    c->wrong = wrong;
    if (wrong)
        upbit__log_write(c->log, UPBIT_LOG_WARNING, "rest",
                         "clock_offset_ms=%" PRId64
                         ": this machine's clock is %s the exchange's; set it (NTP)",
                         offset, offset > 0 ? "behind" : "ahead of");
    else
        upbit__log_write(c->log, UPBIT_LOG_WARNING, "rest",
                         "clock_offset_ms=%" PRId64 ": the clock is right again", offset);
    c->changed(c->context);
}

void upbit__exchange_clock_heard(upbit__exchange_clock *c, const upbit__rest_result *result)
{
    int64_t low = result->date_ms - result->received_ms;
    int64_t high = result->date_ms + ANSWER_MS - result->sent_ms;
    int64_t now = upbit__clock_monotonic_ns();
    /* Our clock was set while the answer was on its way: it says nothing. */
    if (result->error != 0 || result->date_ms == 0 || low > high)
        return;
    if (c->heard_ns != 0) {
        int64_t drift = (now - c->heard_ns) / UPBIT__MS * DRIFT_PPM / 1000000 + 1;
        int64_t known_low = c->low_ms - drift, known_high = c->high_ms + drift;
        if (known_low <= high && low <= known_high) {
            low = low > known_low ? low : known_low;
            high = high < known_high ? high : known_high;
        }
    }
    c->low_ms = low;
    c->high_ms = high;
    c->heard_ns = now;
    judge(c);
}
