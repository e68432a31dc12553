/* Inside the session: what its rooms ask of one another. Nobody else includes this.
 *
 *     session.c          the state; what follows when a connection is lost, or not needed
 *     session_connect.c  the connection: opened, and what it tells
 *     session_request.c  what is sent, and when
 *     watchdog.c         is anybody there?
 *     session_renew.c    a connection with a new token follows one that grows old
 *     verify.c           does the exchange hold what was requested? */
#ifndef UPBIT_CLIENT_SESSION_INSIDE_H
#define UPBIT_CLIENT_SESSION_INSIDE_H

#include "client/credentials.h"
#include "client/session.h"

/* session.c */
/* The one place that changes the state, and tells. */
void upbit__session_enter(upbit__session *s, upbit_state state);
/* A timer that cannot be started (no memory) is logged: nothing better can be done about it. */
void upbit__session_timer(upbit__session *s, upbit__timer *timer, int64_t at_ns);
/* Everything that is wanted has been requested. */
void upbit__session_live(upbit__session *s);
/* The connection is given up, and made anew after the back-off. */
void upbit__session_lost(upbit__session *s, int error, const char *reason);
/* There is none (any more): waits, then tries again. */
void upbit__session_retry(upbit__session *s, int error, int http_status, uint32_t least_ms,
                          const char *name, const char *reason);
/* Lets the connection go, if there is one; what was on the wire is not. */
void upbit__session_end(upbit__session *s);
/* Nothing is wanted: no connection, no attempt at one. */
void upbit__session_idle(upbit__session *s);
/* What has been sent and received so far is counted. */
void upbit__session_count(upbit__session *s);
/* What is wanted has been told the exchange: on demand, an endpoint of which nothing is wanted is
 * left after a while. */
void upbit__session_rest(upbit__session *s);

/* session_connect.c */
/* Opens a connection as soon as the budget allows. Timer callback. */
void upbit__session_connect(void *session);
/* A connection to the session's endpoint with an authorization of its own, in *out; NULL unless 0
 * is returned. Errors as upbit__transport_open, and those of `authorize`. */
int upbit__session_open_transport(upbit__session *s, upbit__transport **out,
                                  const upbit__transport_events *events, void *context);

/* What is told of the connection in use is told by s->transport from now on. */
void upbit__session_redirect(upbit__session *s);
/* The connection in use is another one. */
void upbit__session_renewed(upbit__session *s);
/* What the answer to an upgrade says about the budget of connects; for how many ms a 429 or 418 has
 * closed it. */
int64_t upbit__session_report(upbit__session *s, const upbit__transport *t, int http_status,
                              uint32_t retry_after_ms, const char *body, size_t length);
/* Full budgets of messages, for a new connection. */
void upbit__session_windows(const upbit__session *s, upbit__window *per_second,
                            upbit__window *per_minute);
/* Why a connection is over; refused: by an error frame of this kind. */
typedef struct upbit__failure {
    int error;
    uint32_t least_ms; /* not again before */
    char name[48];     /* the exchange's for it; "" */
    char reason[280];
} upbit__failure;
void upbit__session_failure(upbit__failure *f, upbit__session *s, const upbit__transport *t,
                            const upbit__close_info *info, int refused);

/* session_renew.c */
void upbit__renewal_init(upbit__session *s);
void upbit__renewal_finish(upbit__session *s);
void upbit__renewal_start(upbit__session *s); /* the connection in use is new */
void upbit__renewal_stop(upbit__session *s);  /* there is none in use */
/* What is wanted has changed. */
void upbit__renewal_disturbed(upbit__session *s);
bool upbit__renewal_pong(upbit__session *s, const uint8_t *payload, size_t length);

/* session_request.c */
/* Where a request goes on behind its ticket: what decides whether it says something new. */
size_t upbit__request_after_ticket(const char *text, size_t length);
/* The settle time is over, or there is a new connection: sends what has changed. Timer callback. */
void upbit__request_due(void *session);
/* The last request is known not to have been refused; an empty set cannot be. */
bool upbit__request_accepted(const upbit__session *s);

/* Random, so that nobody can tell two of our programs or two requests by it. */
void upbit__ticket_make(char ticket[UPBIT__TICKET_SIZE]);

/* verify.c */
void upbit__verify_init(upbit__session *s);
void upbit__verify_start(upbit__session *s); /* the connection is open */
void upbit__verify_stop(upbit__session *s);

/* watchdog.c */
void upbit__watchdog_init(upbit__session *s);
void upbit__watchdog_start(upbit__session *s); /* the connection is open */
void upbit__watchdog_stop(upbit__session *s);
void upbit__watchdog_heard(upbit__session *s); /* bytes came */
void upbit__watchdog_sent(upbit__session *s);  /* bytes went, or wait to */
void upbit__watchdog_pong(upbit__session *s, const uint8_t *payload, size_t length);

#endif
