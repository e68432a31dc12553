/* Reading ahead below OpenSSL: one system call brings many TLS records, and each of them goes up in
 * one piece.
 *
 * OpenSSL reads a record's head and its body with a system call each. Its own read-ahead moves all
 * that is left in its buffer to the front for every record, which costs more than the calls it
 * saves. So this stands between OpenSSL and libcurl's socket: a buffer of its own, out of which it
 * never gives more than the record at hand.
 *
 * It knows two things that spare more: whether a whole record is there, which can be had from
 * OpenSSL without libcurl's help; and whether the socket was found empty, so that there is no need
 * to ask it again before epoll says so. libcurl's own reading and writing needs a call of libcurl's
 * around it: while OpenSSL is asked past it, nothing goes through to the socket, and OpenSSL is
 * told to come again. The loop's thread only. */
#ifndef UPBIT_NET_TLS_AHEAD_H
#define UPBIT_NET_TLS_AHEAD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct upbit__tls_ahead upbit__tls_ahead;

/* For a CONNECT_ONLY handle that is connected and has sent something, before anything is read. fd:
 * its socket, when nothing stands between that and the server's TLS; -1 where a proxy's own TLS
 * may. *out: NULL when it cannot be had (no TLS, another TLS library, no memory), then reading
 * works as libcurl does it. It belongs to the connection: when libcurl lets that go, *out becomes
 * NULL. */
void upbit__tls_ahead_install(CURL *easy, int fd, upbit__tls_ahead **out);

/* A record's bytes without a system call. 0: none is whole, or it is not data: curl_easy_recv finds
 * out. `room` is at least 16,384: then no record is cut in two. */
size_t upbit__tls_ahead_take(upbit__tls_ahead *a, void *to, size_t room);

/* Asks the socket, past OpenSSL and libcurl: what comes of it is the same, with less on the way.
 * Bytes, or 0 when there are none and the socket is empty; -1: this is not for us (a proxy,
 * the end, a fault): curl_easy_recv. */
int upbit__tls_ahead_fill(upbit__tls_ahead *a);

/* Why OpenSSL takes nothing more, a static text: a damaged record, the server's alert. NULL: it
 * does. */
const char *upbit__tls_ahead_fault(const upbit__tls_ahead *a);

/* Whether it asks the socket at all. */
bool upbit__tls_ahead_direct(const upbit__tls_ahead *a);

/* Nothing whole is here, and the last read left the socket empty: to ask it again would only find
 * that out again. Not so where the socket is known to end; not to be believed where a proxy's own
 * TLS may hold bytes back. */
bool upbit__tls_ahead_dry(const upbit__tls_ahead *a);
/* epoll says that the socket has something; ended: the server sends no more, or there is a fault.
 */
void upbit__tls_ahead_ready(upbit__tls_ahead *a, bool ended);

#endif
