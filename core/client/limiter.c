/* The public half of the limiter: commands, from any thread. */
#include "upbit-live/limiter.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "client/manager.h"
#include "limits/window.h"

static int check_group(int group)
{
    if (group >= UPBIT_LIMIT_GROUP_CONNECT && group <= UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL)
        return 0;
    return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "group: no such group (%d)", group);
}

static upbit__group inner(int group)
{
    return (upbit__group)(group - UPBIT_LIMIT_GROUP_CONNECT);
}

int upbit_limiter_acquire(upbit_proxy *p, int group, unsigned cost, uint32_t timeout_ms,
                          uint64_t request_id)
{
    int error = upbit__check_usable(p);
    if (error == 0)
        error = check_group(group);
    if (error != 0)
        return error;
    uint32_t most = upbit__limit_share(upbit__group_limits[inner(group)].limit,
                                       upbit__manager_of(p)->config.limit_percent);
    if (cost < 1 || cost > most)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "cost: 1 to %u, so many of this group are used at once",
                                (unsigned)most);
    if (request_id == 0)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "request_id: must not be 0, it is what the answer is known by");
    upbit__order *order = calloc(1, sizeof *order);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = UPBIT__ORDER_ACQUIRE;
    order->group = inner(group);
    order->count = cost;
    order->timeout_ms = timeout_ms;
    return upbit__submit(p, order, request_id);
}

/* What is too long for us is not lost where it matters: the time a ban names stands in front. */
static void copy(char *to, size_t size, const char *from)
{
    if (from != NULL)
        strncpy(to, from, size - 1);
}

int upbit_limiter_report(upbit_manager *m, int group, int http_status, const char *remaining_req,
                         const char *body)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "manager: must not be NULL");
    if (upbit__manager_forked(m))
        return upbit__error_set(UPBIT_ERROR_ILLEGAL_STATE,
                                "the manager belongs to the parent process: create one after fork");
    if (atomic_load_explicit(&m->stop, memory_order_relaxed))
        return upbit__error_set(UPBIT_ERROR_CLOSED, "the manager was shut down: create another");
    int error = check_group(group);
    if (error == 0 && (http_status < 0 || http_status > 999))
        error = upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                 "http_status: must be a status, or 0 for no answer");
    if (error != 0)
        return error;
    upbit__order *order = calloc(1, sizeof *order);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = UPBIT__ORDER_REPORT;
    order->group = inner(group);
    order->http_status = http_status;
    copy(order->remaining_req, sizeof order->remaining_req, remaining_req);
    copy(order->body, sizeof order->body, body);
    error = upbit__post(m, order, false);
    if (error != 0)
        free(order);
    return error;
}
