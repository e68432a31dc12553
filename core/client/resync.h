/* After a hole in a lossless lane: what its consumer has to be told again.
 *
 * A lossless lane that was full takes nothing more until its consumer has emptied it
 * (queue/inbox.h; OVERFLOW told it so). Then the latest value of every key of that type the proxy
 * holds is pushed, as a copy with origin CACHE: the GAP that the consumer meets first says how much
 * is missing, the values behind it say how things stand. Of orders and balances no event says that:
 * REST is asked, and its answer is told (account_rest.c). A hole of the memory budget is healed the
 * same way. More keys than half the lane holds are told in several rounds. Proxies that are behind
 * hang on a list, so nobody is looked for. I/O thread only. */
#ifndef UPBIT_CLIENT_RESYNC_H
#define UPBIT_CLIENT_RESYNC_H

#include "client/fanout.h"

/* An event for this entry was refused by its lane, or never made. */
void upbit__resync_lost(upbit__fanout *f, upbit__entry *entry);
/* Whatever can be told by now. True: somebody is still behind, come again soon. */
bool upbit__resync_run(upbit__fanout *f);
/* The client goes. */
void upbit__resync_forget(upbit__fanout *f, upbit__client *client);

#endif
