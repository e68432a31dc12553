/* The registry as one request: what the exchange has to be told.
 *
 * The order of items and codes depends on the wanted set alone, so that equal sets give equal texts
 * and a change that was undone within the settle time costs no message. I/O thread only. */
#ifndef UPBIT_CLIENT_WANTED_H
#define UPBIT_CLIENT_WANTED_H

#include "base/buffer.h"
#include "client/registry.h"

/* Appends the request for the whole set and sets *count to the number of keys in it. For an empty
 * set of public keys: a one-off snapshot of `r->last_code`, which replaces everything and ends (the
 * exchange knows no unsubscribe); nothing at all when there was never a code, or only private keys,
 * which have no snapshots (length unchanged). 0, NO_MEMORY. */
int upbit__wanted_write(upbit__buffer *out, upbit__registry *r, const char *ticket, int format,
                        size_t *count);

/* Something a connection is needed for. */
bool upbit__wanted_any(const upbit__registry *r);

/* What was written is on the wire now, as request number `request` (1 and up, never the same
 * twice): marks the keys. */
void upbit__wanted_sent(upbit__registry *r, int64_t now_ns, uint64_t request);
/* The last request asked for one snapshot of it and no stream. */
bool upbit__wanted_once(const upbit__registry *r, const upbit__key_id *id);
/* The connection is gone: nothing is on the wire. */
void upbit__wanted_lost(upbit__registry *r);

#endif
