/* What the text of each error says in each way it comes: the value that was wrong, or what to do
 * about it, most often both. Extended regular expressions of what a user needs to find there; the
 * text of a call that failed is its detail. "" stands for an error whose own sentence is all there
 * is to know (upbit_error_string). */
#ifndef TESTS_FAILURES_TEXTS_H
#define TESTS_FAILURES_TEXTS_H

#include <regex.h>

#include "support/check_main.h"
#include "support/ways.h"

static const struct error_text {
    int error;
    unsigned way;
    const char *pattern;
} error_texts[] = {
    {UPBIT_ERROR_INVALID_ARGUMENT, WAY_RETURN, "^url: must begin with wss://"},
    {UPBIT_ERROR_INVALID_ARGUMENT, WAY_REPLY, "request_id .*: choose another"},
    {UPBIT_ERROR_INVALID_ARGUMENT, WAY_EVENT, "^KRW-BTC: no book_level 3, but 0( [0-9]+)+$"},
    {UPBIT_ERROR_NO_MEMORY, WAY_RETURN, ""},
    {UPBIT_ERROR_NO_MEMORY, WAY_REPLY, ": release events"},
    {UPBIT_ERROR_NO_MEMORY, WAY_EVENT, ": release events"},
    {UPBIT_ERROR_ILLEGAL_STATE, WAY_RETURN, "parent process: create one after fork"},
    {UPBIT_ERROR_WRONG_THREAD, WAY_RETURN, ": call it from a thread of your own"},
    {UPBIT_ERROR_CLOSED, WAY_RETURN, "shut down: create another"},
    {UPBIT_ERROR_CLOSED, WAY_REPLY, "open a new"},
    {UPBIT_ERROR_COMMAND_FULL, WAY_RETURN, "^errors: .*: take events with upbit_proxy_next"},
    {UPBIT_ERROR_DUPLICATE_CLIENT_ID, WAY_RETURN, "client_id errors .*e\\.g\\. errors_2"},
    {UPBIT_ERROR_UNKNOWN_CODE, WAY_REPLY, "does not list KRW-NONE; nothing was changed"},
    {UPBIT_ERROR_UNKNOWN_CODE, WAY_EVENT, "does not list KRW-NONE; nothing was changed"},
    {UPBIT_ERROR_UNAVAILABLE, WAY_RETURN, "^compression=on: .*; leave it off"},
    {UPBIT_ERROR_UNAVAILABLE, WAY_REPLY,
     "set UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, or call upbit_"},
    {UPBIT_ERROR_UNAVAILABLE, WAY_EVENT,
     "set UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, or call upbit_"},
    {UPBIT_ERROR_LIMIT, WAY_REPLY, ": ask later, or give it longer"},
    {UPBIT_ERROR_RESOLVE, WAY_REPLY, "^KRW-BTC: .*(no-such-host\\.invalid|timed out)"},
    {UPBIT_ERROR_RESOLVE, WAY_EVENT, "(no-such-host\\.invalid|timed out|in time).*: "},
    {UPBIT_ERROR_CONNECT, WAY_REPLY, "^KRW-BTC: .* 127\\.0\\.0\\.1 port [0-9]+"},
    {UPBIT_ERROR_CONNECT, WAY_EVENT, "127\\.0\\.0\\.1 port [0-9]+.*: check the network, the proxy"},
    {UPBIT_ERROR_TLS, WAY_REPLY, "^KRW-BTC: .*SSL"},
    {UPBIT_ERROR_TLS, WAY_EVENT, "SSL.*: check the clock and the CA file"},
    {UPBIT_ERROR_UPGRADE, WAY_EVENT, "status 503: check the URL"},
    {UPBIT_ERROR_PROTOCOL, WAY_REPLY, "^KRW-BTC: .*HTTP"},
    {UPBIT_ERROR_PROTOCOL, WAY_EVENT, "masked frame from the server: the connection is made anew"},
    {UPBIT_ERROR_DECODE, WAY_RETURN, "not JSON at byte 1"},
    {UPBIT_ERROR_DECODE, WAY_REPLY, "^KRW-BTC: the answer is neither"},
    {UPBIT_ERROR_DECODE, WAY_EVENT, "not JSON at byte [0-9]+: "},
    {UPBIT_ERROR_EXCHANGE, WAY_REPLY, "^KRW-BTC: the answer is an object"},
    {UPBIT_ERROR_EXCHANGE, WAY_EVENT, "nope"},
    {UPBIT_ERROR_AUTH, WAY_REPLY, "^invalid_access_key: .* does not know this access key"},
    {UPBIT_ERROR_AUTH, WAY_EVENT, "(does not know this access key|check both keys)"},
    {UPBIT_ERROR_TIMEOUT, WAY_RETURN, ": try again, or give it longer"},
    {UPBIT_ERROR_TIMEOUT, WAY_REPLY,
     "^KRW-ETH: .*(timed out after [0-9]+ milliseconds|: ask again)"},
    {UPBIT_ERROR_TIMEOUT, WAY_EVENT, "answer to the upgrade in time.*: .*tried again by itself"},
    {UPBIT_ERROR_CANCELLED, WAY_REPLY, "cancelled by the caller"},
    {UPBIT_ERROR_SYSTEM, WAY_RETURN, "descriptor.*: [A-Z].*: see ulimit -n"},
    {UPBIT_ERROR_SYSTEM, WAY_REPLY, "no token .*getrandom.*: ask again"},
    {UPBIT_ERROR_SYSTEM, WAY_EVENT, "/upbit-errors-.*cannot be read"},
};

static inline void check_text(int error, unsigned by, const char *text)
{
    const struct error_text *t = error_texts, *end = t + sizeof error_texts / sizeof *t;
    while (t < end && (t->error != error || t->way != by))
        t++;
    ck_assert_msg(t < end, "no text is known of %s in the way %u", upbit_error_name(error), by);
    regex_t wanted;
    ck_assert_int_eq(regcomp(&wanted, t->pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&wanted, text, 0, NULL, 0) == 0;
    regfree(&wanted);
    ck_assert_msg(found, "%s in the way %u: '%s' is not what '%s' says", upbit_error_name(error),
                  by, t->pattern, text);
}

#endif
