#include "client/asking_inside.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "client/limit_wait.h"
#include "upbit-live/error.h"

#define UNDER_WAY_MAX 4 /* of one group */
/* Of all: so many connections at most. libcurl could count them too, but does not time out what
 * waits for one. */
#define CONNECTIONS_MAX 8
/* Slow answers to what can wait shall not hold up what is looked at: one place stays free. */
#define BACKFILL_MAX (UNDER_WAY_MAX - 1)
#define TIMEOUT_MS   5000

static void run(void *context);

void upbit__ask_take_out(upbit__ask *ask)
{
    upbit__ask_list *list = ask->list;
    *(ask->previous != NULL ? &ask->previous->next : &list->first) = ask->next;
    *(ask->next != NULL ? &ask->next->previous : &list->last) = ask->previous;
    ask->next = ask->previous = NULL;
    ask->list = NULL;
    list->count--;
}

void upbit__ask_put_in(upbit__ask_list *list, upbit__ask *ask)
{
    upbit__ask *before = list->last;
    while (before != NULL && before->number > ask->number)
        before = before->previous;
    ask->list = list;
    list->count++;
    ask->previous = before;
    ask->next = before != NULL ? before->next : list->first;
    *(before != NULL ? &before->next : &list->first) = ask;
    *(ask->next != NULL ? &ask->next->previous : &list->last) = ask;
}

upbit__ask_list *upbit__ask_waiting_of(const upbit__ask *ask)
{
    return &ask->asking->waiting[ask->group][ask->priority];
}

/* When no memory is left for a timer, nothing would wake the queue: the next question or answer
 * tries again, and the loop's heap only has to grow once. */
static void run_at(upbit__asking *a, int64_t at_ns)
{
    if (upbit__timer_start(a->loop, &a->timer, at_ns) != 0)
        upbit__log_write(a->log, UPBIT_LOG_ERROR, "rest", "no memory for a timer");
}

void upbit__asking_run_soon(upbit__asking *a)
{
    run_at(a, upbit__clock_monotonic_ns());
}

void upbit__asking_init(upbit__asking *a, const upbit__config *config, upbit__loop *loop,
                        upbit__log *log, upbit__counters *counters, upbit__budget *budget,
                        upbit__credentials *credentials, upbit__exchange_clock *clock)
{
    *a = (upbit__asking){.config = config,
                         .loop = loop,
                         .log = log,
                         .counters = counters,
                         .budget = budget,
                         .credentials = credentials,
                         .clock = clock,
                         .timer = {.callback = run, .context = a}};
}

static void drop_all(upbit__ask_list *list)
{
    for (upbit__ask *next, *ask = list->first; ask != NULL; ask = next) {
        next = ask->next;
        upbit__ask_cancel(ask);
    }
}

void upbit__asking_finish(upbit__asking *a)
{
    for (int g = 0; g < UPBIT__GROUPS; g++)
        for (int p = 0; p < UPBIT__ASK_PRIORITIES; p++)
            drop_all(&a->waiting[g][p]);
    drop_all(&a->under_way);
    drop_all(&a->over);
    upbit__timer_stop(&a->timer);
}

static bool is_pockets(upbit__group group)
{
    return group >= UPBIT__GROUP_DEFAULT;
}

upbit__budget *upbit__asking_budget_of(const upbit__asking *a, upbit__group group)
{
    return is_pockets(group) && a->pocket != NULL ? a->pocket : a->budget;
}

void upbit__asking_set_pocket(upbit__asking *a, upbit__budget *pocket)
{
    for (upbit__ask *ask = a->under_way.first; ask != NULL; ask = ask->next)
        if (ask->budget != NULL && ask->budget == a->pocket) {
            upbit__budget_report(ask->budget, ask->group, 0, NULL, 0, "", 0,
                                 upbit__clock_monotonic_ns());
            ask->budget = NULL;
        }
    a->pocket = pocket;
}

/* What was acquired and will not be used counts as if it had been. */
static void give_up(upbit__ask *ask)
{
    for (; ask->granted > 0; ask->granted--)
        upbit__budget_report(upbit__asking_budget_of(ask->asking, ask->group), ask->group, 0, NULL,
                             0, "", 0, upbit__clock_monotonic_ns());
}

void upbit__ask_end_wait(upbit__ask *ask, int64_t now)
{
    ask->waited_ms += upbit__wait_end(ask->asking->counters, &ask->waits_ns, now);
}

uint32_t upbit__ask_cancel(upbit__ask *ask)
{
    if (ask == NULL)
        return 0;
    give_up(ask);
    upbit__ask_end_wait(ask, upbit__clock_monotonic_ns());
    if (ask->call != NULL) {
        upbit__rest_cancel(ask->call);
        upbit__ask_settle(ask, &(upbit__rest_result){.body = ""}, upbit__clock_monotonic_ns());
        upbit__asking_run_soon(ask->asking); /* its place is free */
    } else {
        upbit__ask_take_out(ask);
    }
    uint32_t waited_ms = ask->waited_ms;
    free(ask);
    return waited_ms;
}

static const char *reason_of(const upbit__ask *ask)
{
    const char *why;
    if (ask->error == UPBIT_ERROR_UNAVAILABLE &&
        upbit__credentials_state(ask->asking->credentials, &why) < 0)
        return why;
    if (ask->error == UPBIT_ERROR_TIMEOUT)
        return "no answer in time, it waited for its turn: ask again, or give it longer";
    if (ask->error == UPBIT_ERROR_SYSTEM)
        return "no token could be made, the system gave no random numbers (getrandom): ask again";
    if (ask->error != UPBIT_ERROR_LIMIT)
        return upbit_error_string(ask->error);
    return ask->http_status == 418 ? "the exchange has blocked this address for a while: ask later"
           : ask->http_status == 429
               ? "too many requests, and no time to ask again: ask later, or give it longer"
               : "the budget allows none in time: ask later, or give it longer";
}

static void tell_over(upbit__ask *ask)
{
    upbit__ask_end_wait(ask, upbit__clock_monotonic_ns());
    const upbit__rest_result result = {.error = ask->error,
                                       .http_status = ask->http_status,
                                       .body = "",
                                       .reason = reason_of(ask),
                                       .waited_ms = ask->waited_ms};
    upbit__ask_take_out(ask);
    if (ask->cost > 0) { /* nothing was asked by REST */
        if (ask->error != 0)
            give_up(ask);
        ask->done(ask->context, &result);
        free(ask);
        return;
    }
    upbit__ask_tell(ask, &result);
}

/* The next to be sent: the most urgent of those whose group is open, the oldest of these. */
static upbit__ask *next_of(upbit__asking *a, const int64_t open_ns[UPBIT__GROUPS])
{
    upbit__ask *best = NULL;
    for (int p = 0; p < UPBIT__ASK_PRIORITIES && best == NULL; p++) {
        unsigned most = p == UPBIT__ASK_BACKFILL      ? BACKFILL_MAX
                        : p == UPBIT__ASK_APPLICATION ? UINT_MAX /* no connection of ours */
                                                      : UNDER_WAY_MAX;
        if (p != UPBIT__ASK_APPLICATION && a->under_way_total == CONNECTIONS_MAX)
            return NULL;
        for (int g = 0; g < UPBIT__GROUPS; g++) {
            upbit__ask *first = a->waiting[g][p].first;
            if (first != NULL && open_ns[g] == 0 && a->under_way_count[g] < most &&
                (best == NULL || first->number < best->number))
                best = first;
        }
    }
    return best;
}

/* Those whose time is over, and those that cannot be granted in theirs. When to look again. */
static int64_t expire(upbit__asking *a, upbit__ask_list *list, int64_t open_ns, int64_t now)
{
    int64_t nearest = INT64_MAX;
    upbit__ask *next;
    for (upbit__ask *ask = list->first; ask != NULL; ask = next) {
        next = ask->next;
        bool late = ask->deadline_ns <= now;
        if (late || ask->deadline_ns <= open_ns) {
            if (ask->http_status == 0)
                ask->error = late ? UPBIT_ERROR_TIMEOUT : UPBIT_ERROR_LIMIT;
            upbit__ask_take_out(ask);
            upbit__ask_put_in(&a->over, ask);
            continue;
        }
        if (ask->deadline_ns < nearest)
            nearest = ask->deadline_ns;
        if (open_ns != 0)
            upbit__wait_begin(a->counters, a->log, UPBIT__WAIT_REST, &ask->waits_ns, now, open_ns);
    }
    return nearest;
}

static void run(void *context)
{
    upbit__asking *a = context;
    int64_t now = upbit__clock_monotonic_ns(), open_ns[UPBIT__GROUPS] = {0}, wake = INT64_MAX;
    for (int g = 0; g < UPBIT__GROUPS; g++)
        for (int p = 0; p < UPBIT__ASK_PRIORITIES; p++)
            expire(a, &a->waiting[g][p], 0, now);
    upbit__ask *ask;
    while ((ask = next_of(a, open_ns)) != NULL) {
        open_ns[ask->group] =
            upbit__budget_take(upbit__asking_budget_of(a, ask->group), ask->group, now);
        if (open_ns[ask->group] != 0)
            continue;
        if (ask->cost == 0) {
            upbit__ask_send_off(ask, now);
        } else if (++ask->granted == ask->cost) {
            upbit__ask_take_out(ask);
            upbit__ask_put_in(&a->over, ask);
        }
    }
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        for (int p = 0; p < UPBIT__ASK_PRIORITIES; p++) {
            int64_t nearest = expire(a, &a->waiting[g][p], open_ns[g], now);
            if (nearest != INT64_MAX && open_ns[g] != 0 && open_ns[g] < nearest)
                nearest = open_ns[g];
            wake = nearest < wake ? nearest : wake;
        }
    }
    if (wake != INT64_MAX)
        run_at(a, wake);
    while (a->over.first != NULL) /* what they ask or cancel is looked at in the next turn */
        tell_over(a->over.first);
}

static int enter(upbit__ask **out, const upbit__ask *what, const char *path, uint32_t timeout_ms)
{
    upbit__asking *a = what->asking;
    upbit__ask *ask = malloc(sizeof *ask + strlen(path) + 1);
    if (ask == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    *ask = *what;
    memcpy(ask->path, path, strlen(path) + 1);
    ask->number = ++a->asked;
    ask->deadline_ns =
        upbit__clock_monotonic_ns() + (timeout_ms != 0 ? timeout_ms : TIMEOUT_MS) * UPBIT__MS;
    upbit__ask_put_in(upbit__ask_waiting_of(ask), ask);
    upbit__asking_run_soon(a);
    *out = ask;
    return 0;
}

static int enter_question(upbit__ask **out, const upbit__ask *what, const char *path,
                          uint32_t timeout_ms)
{
    const upbit__rest_config config = upbit__asking_rest_config(what->asking, timeout_ms);
    *out = NULL;
    if (what->asking->config->transport == UPBIT_TRANSPORT_REPLAY)
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE,
                                "a recording is played: there is nobody to ask");
    int error = upbit__rest_check(&config, path);
    return error != 0 ? error : enter(out, what, path, timeout_ms);
}

int upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                      upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                      void (*done)(void *context, const upbit__rest_result *result), void *context)
{
    const upbit__ask what = {
        .asking = a, .group = group, .priority = priority, .done = done, .context = context};
    return enter_question(out, &what, path, timeout_ms);
}

int upbit__asking_get_signed(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context)
{
    const char *why;
    *out = NULL;
    if (upbit__credentials_check_url(a->config->rest_url, a->config->proxy, &why) != 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "rest_url: %s", why);
    if (a->credentials->keys == NULL) {
        upbit__credentials_state(a->credentials, &why);
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE, "%s", why);
    }
    const upbit__ask what = {.asking = a,
                             .group = group,
                             .priority = priority,
                             .is_signed = true,
                             .done = done,
                             .context = context};
    return enter_question(out, &what, path, timeout_ms);
}

int upbit__asking_acquire(upbit__asking *a, upbit__ask **out, upbit__group group, unsigned cost,
                          uint32_t timeout_ms,
                          void (*done)(void *context, const upbit__rest_result *result),
                          void *context)
{
    const upbit__ask what = {.asking = a,
                             .group = group,
                             .priority = UPBIT__ASK_APPLICATION,
                             .cost = cost,
                             .done = done,
                             .context = context};
    *out = NULL;
    return enter(out, &what, "", timeout_ms);
}

void upbit__asking_report(upbit__asking *a, upbit__group group, int http_status,
                          const char *remaining_req, const char *body)
{
    int64_t now = upbit__clock_monotonic_ns();
    upbit__count_status(a->counters, http_status);
    upbit__budget *budget = upbit__asking_budget_of(a, group);
    upbit__budget_clock(budget, upbit__exchange_clock_least_ms(a->clock));
    int64_t closed =
        upbit__budget_report(budget, group, http_status, remaining_req, 0, body, strlen(body), now);
    if (closed != 0)
        upbit__asking_log_closed(a, group, http_status, closed - now);
    upbit__asking_run_soon(a);
}
