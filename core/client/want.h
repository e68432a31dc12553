/* A want, checked and made into a command. Any thread; no state. */
#ifndef UPBIT_CLIENT_WANT_H
#define UPBIT_CLIENT_WANT_H

#include "client/manager.h"

/* 0; INVALID_ARGUMENT or UNAVAILABLE with the detail set (which code, and what is wrong with it);
 * NO_MEMORY. The order is the caller's. */
int upbit__want_order(upbit__order **out, upbit__order_kind kind, const upbit_want *want);

/* want_account.c: a request for a snapshot of MY_ORDER or MY_ASSET. Without codes the order has
 * one,
 * "". */
int upbit__want_account(upbit__order **out, const upbit_want *w);
/* 0, or INVALID_ARGUMENT when the want asks for what only such a request can. */
int upbit__want_no_account(const upbit_want *w);

#endif
