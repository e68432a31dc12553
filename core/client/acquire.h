/* Grants for requests that the application sends itself: upbit-live/limiter.h.
 *
 * They stand in the queue of the manager's own questions, before all of these. Each is answered by
 * exactly one REPLY. I/O thread only. */
#ifndef UPBIT_CLIENT_ACQUIRE_H
#define UPBIT_CLIENT_ACQUIRE_H

#include "client/manager.h"

/* Takes the order over; it has a promised place. */
void upbit__acquire_begin(upbit_manager *m, upbit__order *order);
/* Answers it CANCELLED; unknown ids are harmless. */
void upbit__acquire_cancel(upbit_manager *m, const upbit__client *client, uint64_t request_id);
/* Forgets the client's; nothing is answered. Before its inbox goes. */
void upbit__acquires_drop(upbit_manager *m, const upbit__client *client);
/* Answers all CLOSED. Before the asking is finished. */
void upbit__acquires_close(upbit_manager *m);

#endif
