/* Inside the session: what its rooms ask of one another. Nobody else includes this.
 *
 *     session.c          the connection: opened, lost, made anew; the state
 *     session_request.c  what is sent, and when
 *     watchdog.c         is anybody there?
 *     verify.c           does the exchange hold what was requested? */
#ifndef UPBIT_CLIENT_SESSION_INSIDE_H
#define UPBIT_CLIENT_SESSION_INSIDE_H

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

/* session_request.c */
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
