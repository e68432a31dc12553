/* What the session sends, and when: the whole wanted set in one request, after the settle time,
 * within the exchange's budget of messages. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "client/limit_wait.h"
#include "client/session_inside.h"
#include "client/trace.h"
#include "client/wanted.h"

void upbit__session_wants_changed(upbit__session *s)
{
    if (!s->registry->dirty || s->stopping || s->refused != 0)
        return;
    int64_t now = upbit__clock_monotonic_ns();
    if (s->changed_ns == 0)
        s->changed_ns = now;
    if (s->endpoint.on_demand && upbit__wanted_any(s->registry))
        upbit__session_start(s);
    if (!upbit__session_open(s))
        return; /* goes out when there is a connection */
    int64_t quiet = now + s->config->settle_ms * UPBIT__MS;
    int64_t latest = s->changed_ns + s->config->settle_max_ms * UPBIT__MS;
    upbit__session_timer(s, &s->settle_timer, quiet < latest ? quiet : latest);
}

void upbit__ticket_make(char ticket[UPBIT__TICKET_SIZE])
{
    unsigned char r[16] = {0};
    upbit__random_bytes(r, sizeof r);
    char *to = ticket;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        to += snprintf(to, 3, "%02x", r[i]);
    }
}

size_t upbit__request_after_ticket(const char *text, size_t length)
{
    const char *comma = memchr(text, '}', length);
    return comma != NULL ? (size_t)(comma - text) : 0;
}

/* The text without its ticket: what decides whether the exchange has to be told. */
static bool same_as_sent(const upbit__session *s, size_t after_ticket)
{
    return s->sent.length == s->request.length - after_ticket &&
           memcmp(upbit__buffer_bytes(&s->sent), upbit__buffer_bytes(&s->request) + after_ticket,
                  s->sent.length) == 0;
}

void upbit__request_due(void *session)
{
    upbit__session *s = session;
    if (!upbit__session_open(s))
        return;
    int64_t now = upbit__clock_monotonic_ns();
    int64_t allowed = upbit__window_next_ns(&s->per_second);
    int64_t minute = upbit__window_next_ns(&s->per_minute);
    if (minute > allowed)
        allowed = minute;
    if (s->registry->dirty && allowed > now) {
        upbit__wait_begin(s->counters, s->log, UPBIT__WAIT_MESSAGE, &s->request_waits_ns, now,
                          allowed);
        upbit__session_timer(s, &s->settle_timer, allowed);
        return;
    }
    (void)upbit__wait_end(s->counters, &s->request_waits_ns, now);
    if (!s->registry->dirty) {
        s->changed_ns = 0;
        upbit__session_live(s);
        return;
    }
    char ticket[UPBIT__TICKET_SIZE];
    upbit__ticket_make(ticket);
    upbit__buffer_clear(&s->request);
    size_t keys = 0;
    int error = upbit__wanted_write(&s->request, s->registry, ticket, s->config->format, &keys);
    const char *text = (const char *)upbit__buffer_bytes(&s->request);
    if (error == 0 && s->request.length > 0) {
        size_t after = upbit__request_after_ticket(text, s->request.length);
        if (s->registry->again || !same_as_sent(s, after)) {
            error =
                upbit__transport_send(s->transport, UPBIT__OPCODE_TEXT, text, s->request.length);
            if (error == 0) {
                if (s->trace != NULL)
                    upbit__trace_frame(s->trace, false, UPBIT__OPCODE_TEXT, text,
                                       s->request.length);
                upbit__window_take(&s->per_second, now);
                upbit__window_take(&s->per_minute, now);
                s->requests++;
                upbit__renewal_disturbed(s);
                s->sent_ns = now;
                upbit__watchdog_sent(s);
                upbit__count(&s->counters->requests_sent, 1);
                upbit__log_write(s->log, UPBIT_LOG_DEBUG, "stream", "request keys=%zu bytes=%zu",
                                 keys, s->request.length);
                upbit__buffer_clear(&s->sent);
                error = upbit__buffer_append(&s->sent, text + after, s->request.length - after);
            }
        }
    }
    if (error != 0) { /* out of memory, or the socket is about to be told dead */
        upbit__session_timer(s, &s->settle_timer, now + s->config->settle_max_ms * UPBIT__MS);
        return;
    }
    upbit__wanted_sent(s->registry, now, s->requests);
    upbit__session_rest(s);
    s->changed_ns = 0;
    upbit__session_live(s);
}

bool upbit__request_accepted(const upbit__session *s)
{
    return s->registry->key_count == 0 || s->registry->proven >= s->requests;
}
