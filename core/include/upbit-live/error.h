/* upbit-live/error.h - every way a call or a stream can fail.
 *
 * Functions that can fail return an int: >= 0 is success (what it counts stands at the function), a
 * negative number is one of these. The number never changes its meaning between versions; new ones
 * are only added. The text says what to do next. */
#ifndef UPBIT_LIVE_ERROR_H
#define UPBIT_LIVE_ERROR_H

#include "upbit-live/version.h"

/* X(name, number, text) */
#define UPBIT_ERROR_LIST(X)                                                                        \
    X(INVALID_ARGUMENT, -1, "invalid argument: correct the call; the message names what was wrong") \
    X(NO_MEMORY, -2, "out of memory: release events or close proxies, then try again")             \
    X(ILLEGAL_STATE, -3, "not possible in this state, or in a forked child: create a new manager") \
    X(WRONG_THREAD, -4, "called from the I/O thread: hand the work to a thread of your own")       \
    X(CLOSED, -5, "already closed: open a new proxy or manager")                                   \
    X(COMMAND_FULL, -6, "too many commands wait: take events with upbit_proxy_next, then try again") \
    X(DUPLICATE_CLIENT_ID, -7,                                                                     \
      "a proxy with this client_id is open: choose another, e.g. <module>_<instance>")             \
    X(UNKNOWN_CODE, -8, "the exchange does not list this market code: check it, e.g. KRW-BTC")     \
    X(UNAVAILABLE, -9, "not available: give API keys, or enable the part the message names")       \
    X(LIMIT, -10, "a request limit of the exchange is used up: wait as the message says")          \
    X(RESOLVE, -11, "host not found: check the URL and the machine's network and DNS")             \
    X(CONNECT, -12, "cannot connect: check the network, the proxy and that the server runs")       \
    X(TLS, -13, "the server's certificate or TLS is not trusted: check the clock and the CA file") \
    X(UPGRADE, -14, "the server refused or botched the WebSocket upgrade: check the URL, see status")\
    X(PROTOCOL, -15, "the server broke the WebSocket protocol: the connection is made anew")       \
    X(DECODE, -16, "a message could not be decoded: it was skipped and counted")                   \
    X(EXCHANGE, -17, "the exchange answered with an error: see its name and message")              \
    X(AUTH, -18, "authentication failed: check the API keys, their scope and allowed addresses")   \
    X(TIMEOUT, -19, "no answer in time: ask again; a connection is tried again by itself")         \
    X(CANCELLED, -20, "cancelled by the caller")                                                   \
    X(SYSTEM, -21, "a system call failed: check descriptors and limits; the log names it")

typedef enum upbit_error {
    UPBIT_OK = 0,
#define UPBIT_ERROR_ENUM(name, number, text) UPBIT_ERROR_##name = number,
    UPBIT_ERROR_LIST(UPBIT_ERROR_ENUM)
#undef UPBIT_ERROR_ENUM
} upbit_error;

#ifdef __cplusplus
extern "C" {
#endif

/* The constant's name without its prefix, e.g. "UPGRADE"; "OK" for >= 0, "UNKNOWN" for others.
 * @thread any. The string is static. */
UPBIT_API const char *upbit_error_name(int error);

/* One English sentence that says what failed and what to do next.
 * @thread any. The string is static. */
UPBIT_API const char *upbit_error_string(int error);

/* What exactly was wrong with the last call that failed in this thread, e.g. which code of a list;
 * "" when nothing is known beyond the error's own text. Valid until this thread's next call into the
 * library. @thread any; each thread has its own. */
UPBIT_API const char *upbit_error_detail(void);

#ifdef __cplusplus
}
#endif
#endif
