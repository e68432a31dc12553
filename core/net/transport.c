/* The table's front: chooses the implementation, forwards the calls. */
#include "net/transport.h"

#include <string.h>

#include "base/error_detail.h"
#include "wire/frame.h"
#include "wire/utf8.h"

int upbit__transport_open(upbit__transport **out, int kind, upbit__loop *loop,
                          const upbit__transport_config *config,
                          const upbit__transport_events *events, void *context)
{
    *out = NULL;
    switch (kind) {
    case UPBIT_TRANSPORT_DEFAULT:
    case UPBIT_TRANSPORT_RAW:
        return upbit__transport_raw_open(out, loop, config, events, context);
    case UPBIT_TRANSPORT_WEBSOCKET_API:
        return upbit__transport_websocket_api_open(out, loop, config, events, context);
    case UPBIT_TRANSPORT_REPLAY:
        return upbit__transport_replay_open(out, loop, config, events, context);
    default:
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "no transport has the number %d",
                                kind);
    }
}

bool upbit__transport_may_close(int code, const char *reason)
{
    size_t length = reason == NULL ? 0 : strlen(reason);
    bool allowed = code == 1000 || code == 1001 || code == 1007 || (code >= 3000 && code <= 4999);
    return allowed && length <= UPBIT__CONTROL_MAX - 2 &&
           upbit__utf8_valid((const uint8_t *)(length > 0 ? reason : ""), length);
}

int upbit__transport_send(upbit__transport *t, int opcode, const void *bytes, size_t length)
{
    return t->operations->send(t, opcode, bytes, length);
}

int upbit__transport_ping(upbit__transport *t, const void *payload, size_t length)
{
    return t->operations->ping(t, payload, length);
}

int upbit__transport_close(upbit__transport *t, int code, const char *reason, int64_t deadline_ns)
{
    return t->operations->close(t, code, reason, deadline_ns);
}

void upbit__transport_redirect(upbit__transport *t, const upbit__transport_events *events,
                               void *context)
{
    t->events = *events;
    t->context = context;
}

void upbit__transport_destroy(upbit__transport *t)
{
    if (t != NULL)
        t->operations->destroy(t);
}

size_t upbit__transport_pending(const upbit__transport *t)
{
    return t->operations->pending(t);
}

const char *upbit__transport_header(const upbit__transport *t, const char *name)
{
    return t->operations->header(t, name);
}

void upbit__transport_counters_get(const upbit__transport *t, upbit__transport_counters *out)
{
    *out = t->counters;
}
