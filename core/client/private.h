/* Private data as a whole: whether they can be had, why not, and by what. I/O thread only, where
 * nothing else is said. */
#ifndef UPBIT_CLIENT_PRIVATE_H
#define UPBIT_CLIENT_PRIVATE_H

#include "client/manager.h"
#include "net/rest.h"

/* upbit__endpoint.authorize and .refused; context: the manager */
int upbit__private_authorize(void *manager, char *value, size_t size);
bool upbit__private_refused(void *manager, const char *name, char *message, size_t size);

/* May a want of a private type be taken? 0, or UNAVAILABLE with what to do. */
int upbit__private_check(upbit_manager *m, char *detail, size_t size);
/* There are other keys, or none any more. */
void upbit__private_keys_changed(upbit_manager *m);
/* The private session has another state. */
void upbit__private_state(upbit_manager *m);

/* What an answer of REST to a signed question says: 0, AUTH, LIMIT, EXCHANGE or what kept it from
 * coming; with the exchange's name for it ("") and a text for people. */
int upbit__private_result(const upbit__rest_result *result, char *name, size_t name_size,
                          char *reason, size_t size);
/* REST has refused the keys, and says more exactly why than the stream's INVALID_AUTH: told to
 * those who want anything private, once for each reason until there are other keys. */
void upbit__private_told_by_rest(upbit_manager *m, const char *name, const char *why);
/* The keys are good, and may not see what was asked for. */
bool upbit__private_out_of_scope(const char *name);
/* So it is with this type: told to those who want it, and the stream is not asked for it any more,
 * because with it the exchange refuses all. */
void upbit__private_denied(upbit_manager *m, int type, const char *why);
/* They may after all. */
void upbit__private_granted(upbit_manager *m, int type);

/* Works out anew what can be had. */
void upbit__private_update(upbit_manager *m);
/* @thread any */
void upbit__private_capabilities(upbit_manager *m, upbit_capabilities *out);

#endif
