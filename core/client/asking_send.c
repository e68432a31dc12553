/* One question on its way: it is signed and sent, and its answer is judged for all who care, the
 * budget, the exchange's clock, the keys, before whoever asked is told. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/secret.h"
#include "client/asking_inside.h"
#include "client/limit_wait.h"
#include "exchange/rest_account.h"
#include "upbit-live/error.h"

#define QUERY_SIZE 2048 /* a whole URL has no more */

int64_t upbit__ask_settle(upbit__ask *ask, const upbit__rest_result *result, int64_t now)
{
    upbit__asking *a = ask->asking;
    ask->call = NULL;
    a->under_way_count[ask->group]--;
    a->under_way_total--;
    upbit__ask_take_out(ask);
    upbit__budget *budget = ask->budget;
    ask->budget = NULL;
    if (budget == NULL)
        return 0;
    upbit__budget_clock(budget, upbit__exchange_clock_least_ms(a->clock));
    return upbit__budget_report(budget, ask->group, result->http_status, result->remaining_req,
                                result->retry_after_ms, result->body, result->length, now);
}

void upbit__ask_tell(upbit__ask *ask, const upbit__rest_result *result)
{
    upbit__rest_result told = *result;
    told.waited_ms = ask->waited_ms;
    if (result->error != 0 || result->http_status < 200 || result->http_status > 299)
        upbit__count(&ask->asking->counters->rest_failures, 1);
    ask->done(ask->context, &told);
    free(ask);
}

upbit__rest_config upbit__asking_rest_config(const upbit__asking *a, uint32_t timeout_ms)
{
    const upbit__config *c = a->config;
    return (upbit__rest_config){.base_url = c->rest_url,
                                .ca_file = c->ca_file,
                                .proxy = c->proxy,
                                .timeout_ms = timeout_ms};
}

void upbit__asking_log_closed(upbit__asking *a, upbit__group group, int status, int64_t wait_ns)
{
    upbit__wait_told(a->counters, UPBIT__WAIT_REST, upbit__clock_monotonic_ns());
    upbit__log_write(a->log, UPBIT_LOG_WARNING, "limit",
                     "group=%s http_status=%d: the exchange wants %s for %" PRId64 " ms",
                     upbit__group_name(group), status,
                     status == 418 ? "nothing at all from us" : "no more of these",
                     (int64_t)(wait_ns / UPBIT__MS));
}

/* What the answer says about the keys, whoever asked and what for. */
static void judge_keys(const upbit__ask *ask, const upbit__rest_result *result)
{
    if (!ask->is_signed || result->error != 0)
        return;
    if (result->http_status == 401 || result->http_status == 403) {
        char name[48];
        upbit__rest_error_name(name, sizeof name, result->body, result->length);
        upbit__credentials_refused(ask->asking->credentials, ask->generation, name);
    } else if (result->http_status >= 200 && result->http_status <= 299) {
        upbit__credentials_accepted(ask->asking->credentials, ask->generation);
    }
}

static void answered(void *context, const upbit__rest_result *result)
{
    upbit__ask *ask = context;
    upbit__asking *a = ask->asking;
    int64_t now = upbit__clock_monotonic_ns();
    upbit__count_status(a->counters, result->http_status);
    if (result->error == 0)
        upbit__histogram_add(&a->counters->rest_latency, (now - ask->sent_ns) / 1000);
    upbit__exchange_clock_heard(a->clock, result);
    int64_t closed = upbit__ask_settle(ask, result, now);
    judge_keys(ask, result);
    if (closed != 0)
        upbit__asking_log_closed(a, ask->group, result->http_status, closed - now);
    upbit__asking_run_soon(a);
    if (result->error == 0 && (result->http_status == 429 || result->http_status == 418)) {
        ask->error = UPBIT_ERROR_LIMIT;
        ask->http_status = result->http_status;
        /* Judged with the others in the next turn: there the budget says whether it can be. */
        upbit__ask_put_in(result->http_status == 418 ? &a->over : upbit__ask_waiting_of(ask), ask);
        return;
    }
    upbit__ask_tell(ask, result);
}

/* With a token when it needs one. Nobody else ever sees that. */
static int get(upbit__ask *ask, uint32_t left_ms)
{
    upbit__asking *a = ask->asking;
    upbit__rest_config config = upbit__asking_rest_config(a, left_ms);
    if (!ask->is_signed)
        return upbit__rest_get(&ask->call, a->loop, &config, ask->path, answered, ask);
    char query[QUERY_SIZE], line[UPBIT__BEARER_SIZE];
    int error = upbit__query_decode(query, sizeof query, ask->path);
    if (error == 0)
        error = upbit__credentials_bearer(a->credentials, query, line, sizeof line);
    if (error > 0) {
        ask->generation = upbit__credentials_generation(a->credentials);
        config.authorization = line;
        error = upbit__rest_get(&ask->call, a->loop, &config, ask->path, answered, ask);
        upbit__wipe(line, sizeof line);
    }
    return error;
}

void upbit__ask_send_off(upbit__ask *ask, int64_t now)
{
    upbit__asking *a = ask->asking;
    uint32_t left_ms = (uint32_t)((ask->deadline_ns - now + UPBIT__MS - 1) / UPBIT__MS);
    upbit__ask_end_wait(ask, now);
    upbit__ask_take_out(ask);
    upbit__ask_put_in(&a->under_way, ask);
    ask->sent_ns = now;
    a->under_way_count[ask->group]++;
    a->under_way_total++;
    upbit__count(&a->counters->rest_requests, 1);
    ask->budget = upbit__asking_budget_of(a, ask->group);
    int error = get(ask, left_ms);
    if (error == 0)
        return;
    upbit__ask_settle(ask, &(upbit__rest_result){.body = ""}, now);
    ask->error = error;
    ask->http_status = 0;
    upbit__ask_put_in(&a->over, ask);
}
