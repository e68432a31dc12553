#include "client/backfill_rest.h"

#include <stdlib.h>

#include "base/clock.h"
#include "exchange/rest_shapes.h"

typedef struct page {
    upbit__backfill_rest *rest;
    upbit__fill *fill;
    upbit__ask *ask;
    int64_t received_ns, received_wall_ns;
} page;

/* Without making room: what waits in the lanes is newer than what is asked for here. */
static upbit_event *allocate(void *context, size_t size)
{
    const page *p = context;
    return upbit__pool_allocate(p->rest->pool, size);
}

static void on_row(void *context, upbit_event *e)
{
    const page *p = context;
    e->received_ns = p->received_ns;
    e->received_wall_ns = p->received_wall_ns;
    e->received_ms = p->received_wall_ns / UPBIT__MS;
    upbit__fill_row(p->fill, e);
}

static void on_refused(void *context, const upbit_event *event)
{
    const page *p = context;
    (void)event;
    upbit__fill_bad_row(p->fill);
}

static int decode(page *p, const upbit__rest_result *result, char *reason, size_t size)
{
    const upbit__decode_output out = {
        .context = p, .allocate = allocate, .event = on_row, .refused = on_refused};
    size_t bad = 0;
    if (result->error != 0)
        return result->error;
    if (result->http_status != 200)
        return UPBIT_ERROR_EXCHANGE;
    int rows = upbit__rest_decode(p->rest->decoder, UPBIT_TYPE_TRADE, 0, result->body,
                                  result->length, &out, &bad, reason, size);
    for (; rows >= 0 && bad > 0; bad--)
        upbit__fill_bad_row(p->fill);
    return rows < 0 ? rows : 0;
}

static void answered(void *context, const upbit__rest_result *result)
{
    page *p = context;
    upbit__fill *fill = p->fill;
    char reason[160] = "";
    p->received_ns = upbit__clock_monotonic_ns();
    p->received_wall_ns = upbit__clock_wall_ns();
    int error = decode(p, result, reason, sizeof reason);
    if (error != 0)
        upbit__log_write(p->rest->log, UPBIT_LOG_WARNING, "rest",
                         "backfill code=%s error=%s http_status=%d: %s", upbit__fill_code(fill),
                         upbit_error_name(error), result->http_status,
                         reason[0] != '\0' ? reason : result->reason);
    free(p);
    upbit__fill_answer(fill, error);
}

static int ask(void *context, upbit__fill *fill, unsigned count, int64_t cursor, unsigned days_ago,
               uint32_t timeout_ms, void **handle)
{
    upbit__backfill_rest *r = context;
    upbit__buffer path = {0};
    page *p = calloc(1, sizeof *p);
    int error =
        p == NULL ? UPBIT_ERROR_NO_MEMORY
                  : upbit__rest_path_trades(&path, upbit__fill_code(fill), count, cursor, days_ago);
    if (error == 0) {
        p->rest = r;
        p->fill = fill;
        error =
            upbit__asking_get(r->asking, &p->ask, UPBIT__GROUP_TRADE, UPBIT__ASK_BACKFILL,
                              (const char *)upbit__buffer_bytes(&path), timeout_ms, answered, p);
    }
    upbit__buffer_finish(&path);
    if (error != 0)
        free(p);
    else
        *handle = p;
    return error;
}

static void cancel(void *context, void *handle)
{
    (void)context;
    page *p = handle;
    upbit__ask_cancel(p->ask);
    free(p);
}

void upbit__backfill_rest_init(upbit__backfill_rest *r, upbit__asking *asking, upbit__pool *pool,
                               upbit__decoder *decoder, upbit__log *log)
{
    *r = (upbit__backfill_rest){asking, pool, decoder, log};
}

const upbit__backfill_source upbit__backfill_from_rest = {ask, cancel};
