/* How each error comes to who uses the library, as the column "comes as" of docs/ERRORS.md has it,
 * in both languages (`lint tree` compares them). `every error` raises each in each of its ways;
 * other tests let every error they meet be looked up, so that none comes in a way that is not
 * written down. */
#ifndef TESTS_SUPPORT_WAYS_H
#define TESTS_SUPPORT_WAYS_H

#include <stdio.h>
#include <stdlib.h>

#include "upbit-live/upbit-live.h"

enum { WAY_RETURN = 1, WAY_REPLY = 2, WAY_EVENT = 4, WAY_COUNTED = 8 };

#define ERROR_WAYS(X)                                                                              \
    X(INVALID_ARGUMENT, WAY_RETURN | WAY_REPLY | WAY_EVENT)                                        \
    X(NO_MEMORY, WAY_RETURN | WAY_REPLY | WAY_EVENT)                                               \
    X(ILLEGAL_STATE, WAY_RETURN)                                                                   \
    X(WRONG_THREAD, WAY_RETURN)                                                                    \
    X(CLOSED, WAY_RETURN | WAY_REPLY)                                                              \
    X(COMMAND_FULL, WAY_RETURN)                                                                    \
    X(DUPLICATE_CLIENT_ID, WAY_RETURN)                                                             \
    X(UNKNOWN_CODE, WAY_REPLY | WAY_EVENT)                                                         \
    X(UNAVAILABLE, WAY_RETURN | WAY_REPLY | WAY_EVENT)                                             \
    X(LIMIT, WAY_REPLY)                                                                            \
    X(RESOLVE, WAY_REPLY | WAY_EVENT)                                                              \
    X(CONNECT, WAY_REPLY | WAY_EVENT)                                                              \
    X(TLS, WAY_REPLY | WAY_EVENT)                                                                  \
    X(UPGRADE, WAY_EVENT)                                                                          \
    X(PROTOCOL, WAY_REPLY | WAY_EVENT)                                                             \
    X(DECODE, WAY_RETURN | WAY_REPLY | WAY_EVENT | WAY_COUNTED)                                    \
    X(EXCHANGE, WAY_REPLY | WAY_EVENT)                                                             \
    X(AUTH, WAY_REPLY | WAY_EVENT)                                                                 \
    X(TIMEOUT, WAY_RETURN | WAY_REPLY | WAY_EVENT)                                                 \
    X(CANCELLED, WAY_REPLY)                                                                        \
    X(SYSTEM, WAY_RETURN | WAY_REPLY | WAY_EVENT)

static inline unsigned ways_of_error(int error)
{
    switch (error) {
#define WAYS_CASE(name, ways)                                                                      \
    case UPBIT_ERROR_##name:                                                                       \
        return ways;
        ERROR_WAYS(WAYS_CASE)
#undef WAYS_CASE
    default:
        return 0;
    }
}

/* Ends the program where the error is not known to come that way. >= 0 is no error. */
static inline void ways_check(int error, unsigned by, const char *detail)
{
    if (error >= 0 || (ways_of_error(error) & by) != 0)
        return;
    fprintf(stderr, "%s does not come as %s by docs/ERRORS.md: %s\n", upbit_error_name(error),
            by == WAY_RETURN  ? "a return value"
            : by == WAY_REPLY ? "a REPLY"
                              : "an ERROR",
            detail);
    abort();
}

static inline void ways_check_event(const upbit_event *e)
{
    if (e->type == UPBIT_TYPE_REPLY)
        ways_check(upbit_event_reply(e)->error, WAY_REPLY, upbit_event_reply(e)->detail);
    else if (e->type == UPBIT_TYPE_ERROR)
        ways_check(upbit_event_error(e)->error, WAY_EVENT, upbit_event_error(e)->message);
}

#endif
