#include "client/acquire.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "upbit-live/limiter.h"

struct upbit__acquire {
    struct upbit__acquire *next;
    upbit_manager *manager;
    upbit__order *order;
    upbit__ask *ask;
};

typedef struct upbit__acquire acquire;

static void let_go(acquire *a)
{
    acquire **link = &a->manager->acquires;
    while (*link != a)
        link = &(*link)->next;
    *link = a->next;
    upbit__order_free(a->order);
    free(a);
}

static void answer(acquire *a, int error, const char *detail, uint32_t waited_ms)
{
    a->order->waited_ms = waited_ms;
    upbit__tell_reply(a->manager, a->order, error, detail, 0);
    let_go(a);
}

static void on_done(void *context, const upbit__rest_result *result)
{
    answer(context, result->error, result->error != 0 ? result->reason : "", result->waited_ms);
}

void upbit__acquire_begin(upbit_manager *m, upbit__order *order)
{
    acquire *a = calloc(1, sizeof *a);
    if (a == NULL) {
        upbit__tell_reply(m, order, UPBIT_ERROR_NO_MEMORY,
                          upbit_error_string(UPBIT_ERROR_NO_MEMORY), 0);
        upbit__order_free(order);
        return;
    }
    a->manager = m;
    a->order = order;
    a->next = m->acquires;
    m->acquires = a;
    int error = upbit__asking_acquire(&m->asking, &a->ask, order->group, order->count,
                                      order->timeout_ms, on_done, a);
    if (error != 0)
        answer(a, error, upbit_error_string(error), 0);
}

void upbit__acquire_cancel(upbit_manager *m, const upbit__client *client, uint64_t request_id)
{
    for (acquire *a = m->acquires; a != NULL; a = a->next)
        if (a->order->client == client && a->order->request_id == request_id) {
            uint32_t waited_ms = upbit__ask_cancel(a->ask);
            answer(a, UPBIT_ERROR_CANCELLED, upbit_error_string(UPBIT_ERROR_CANCELLED), waited_ms);
            return;
        }
}

void upbit__acquires_drop(upbit_manager *m, const upbit__client *client)
{
    for (acquire *next, *a = m->acquires; a != NULL; a = next) {
        next = a->next;
        if (a->order->client != client)
            continue;
        upbit__ask_cancel(a->ask);
        upbit__inbox_unpromise(client->inbox);
        let_go(a);
    }
}

void upbit__acquires_close(upbit_manager *m)
{
    for (acquire *next, *a = m->acquires; a != NULL; a = next) {
        next = a->next;
        uint32_t waited_ms = upbit__ask_cancel(a->ask);
        answer(a, UPBIT_ERROR_CLOSED, upbit_error_string(UPBIT_ERROR_CLOSED), waited_ms);
    }
}
