/* From the signs to the verdict: see health.h. What is found gravest is what people read; all that
 * is found is in the reasons. */
#include <inttypes.h>
#include <stdio.h>

#include "client/health.h"

/* One thing that is not as it should be. */
typedef struct finding {
    upbit_health_reason reason;
    upbit_health_level level;
    upbit_health_doing doing;
    const char *why, *action;
} finding;

static void add(upbit_health *h, const finding *f)
{
    h->reasons |= (uint32_t)f->reason;
    /* What was found first and gravest is what people read. */
    if (h->level >= (int32_t)f->level && h->reason[0] != '\0')
        return;
    h->level = (int32_t)f->level;
    h->doing = f->doing;
    snprintf(h->reason, sizeof h->reason, "%s", f->why);
    snprintf(h->action, sizeof h->action, "%s", f->action);
}

static bool is_refusal(int error)
{
    return error == UPBIT_ERROR_TLS || error == UPBIT_ERROR_UPGRADE ||
           error == UPBIT_ERROR_PROTOCOL || error == UPBIT_ERROR_EXCHANGE ||
           error == UPBIT_ERROR_AUTH;
}

static void judge_lost(upbit_health *h, const upbit__signs *s)
{
    const char *why = s->error != 0 ? upbit_error_string(s->error)
                      : s->limited  ? "the exchange wants no connection from us at present"
                                    : "connecting anew";
    add(h, &(finding){UPBIT_REASON_RECONNECTING, UPBIT_HEALTH_CRITICAL, UPBIT_DOING_WAITING, why,
                      "waits, then connects again: see retry_ms"});
    if (is_refusal(s->error))
        h->reasons |= UPBIT_REASON_REFUSED;
    if (s->limited)
        h->reasons |= UPBIT_REASON_LIMITED;
}

static void judge_state(upbit_health *h, const upbit__signs *s)
{
    switch (s->state) {
    case UPBIT_STATE_LIVE:
        if (s->uncompressed)
            add(h, &(finding){
                       UPBIT_REASON_COMPRESSION, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_UNCOMPRESSED,
                       "live, but compression was given up after faults: more bytes on the wire",
                       "connects without compression, and asks for it again later"});
        return;
    case UPBIT_STATE_IDLE:
        if (s->refused)
            add(h, &(finding){UPBIT_REASON_REFUSED, UPBIT_HEALTH_CRITICAL, UPBIT_DOING_NOTHING,
                              "private data are wanted, and there are no keys that may be sent",
                              "waits for keys: give them"});
        return;
    case UPBIT_STATE_CLOSING:
    case UPBIT_STATE_CLOSED:
        if (s->unwanted && s->state == UPBIT_STATE_CLOSING)
            return; /* a connection nobody needs any more */
        add(h, &(finding){UPBIT_REASON_CLOSED, UPBIT_HEALTH_CRITICAL, UPBIT_DOING_NOTHING,
                          !s->replay      ? "shut down"
                          : s->error != 0 ? upbit_error_string(s->error)
                                          : "the recording is over",
                          "nothing more comes: make a new manager"});
        return;
    case UPBIT_STATE_STALE:
        add(h, &(finding){UPBIT_REASON_SILENT, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_PROBING,
                          "connected, but nothing is heard",
                          "waits for the answer to a ping, else connects anew"});
        return;
    case UPBIT_STATE_RECONNECTING:
        judge_lost(h, s);
        return;
    case UPBIT_STATE_CONNECTING:
    case UPBIT_STATE_UPGRADING:
    case UPBIT_STATE_SUBSCRIBING:
        add(h, &(finding){UPBIT_REASON_CONNECTING, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_CONNECTING,
                          s->error != 0 ? upbit_error_string(s->error) : "connecting",
                          "makes a connection"});
        return;
    }
}

void upbit__health_clock_text(char *to, size_t size, int64_t ahead_s)
{
    snprintf(to, size, "this machine's clock is %" PRId64 " s %s the exchange's: set it",
             ahead_s < 0 ? -ahead_s : ahead_s, ahead_s > 0 ? "ahead of" : "behind");
}

void upbit__health_judge(upbit_health *h, const upbit__signs *s)
{
    char why[sizeof h->reason];
    h->level = UPBIT_HEALTH_HEALTHY;
    h->reasons = h->doing = 0;
    h->reason[0] = h->action[0] = '\0';
    judge_state(h, s);
    if (s->polling) {
        h->reasons |= UPBIT_REASON_POLLING;
        if (h->doing == UPBIT_DOING_WAITING || h->doing == UPBIT_DOING_CONNECTING)
            snprintf(h->action, sizeof h->action,
                     "asks for orders and balances by REST until the connection is back");
    }
    if (s->clock_ahead_s != 0) {
        upbit__health_clock_text(why, sizeof why, s->clock_ahead_s);
        add(h, &(finding){UPBIT_REASON_CLOCK, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_NOTHING, why,
                          "dates tokens by the exchange's clock, tells lag_ms as it is measured"});
    }
    if (s->not_fitted > 0) {
        snprintf(why, sizeof why,
                 "%" PRIu64 " events did not fit the memory budget in the last minute",
                 s->not_fitted);
        add(h, &(finding){UPBIT_REASON_MEMORY, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_MAKING_ROOM, why,
                          "leaves them out and tells it by GAP: release events, or raise it"});
    }
    if (s->dropped > 0) {
        snprintf(why, sizeof why,
                 "%" PRIu64 " events were dropped in the last minute: a consumer is too slow",
                 s->dropped);
        add(h, &(finding){UPBIT_REASON_DROPPING, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_MAKING_ROOM,
                          why, "drops the oldest of full queues and tells it by GAP"});
    }
    if (s->bad > 0) {
        snprintf(why, sizeof why, "%" PRIu64 " messages could not be decoded in the last minute",
                 s->bad);
        add(h, &(finding){UPBIT_REASON_BAD_MESSAGES, UPBIT_HEALTH_DEGRADED, UPBIT_DOING_SKIPPING,
                          why, "skips them"});
    }
    if (h->reason[0] == '\0')
        snprintf(h->reason, sizeof h->reason, "%s",
                 s->state == UPBIT_STATE_LIVE ? "live" : "nothing has been asked for yet");
    if (h->action[0] == '\0')
        snprintf(h->action, sizeof h->action, "nothing needs to be done");
}
