/* The parameters of a call of the exchange half, out of its query or its body, and the text over
 * which its token has to have the hash. */
#ifndef MOCK_PARAMS_H
#define MOCK_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "http.h"

#define MOCK_CALL_PARAMS 256

struct mock_call_params {
    struct {
        char *name, *value;
    } at[MOCK_CALL_PARAMS];
    size_t count;
    struct mock_buf hashed, hashed_too; /* NUL-terminated; see struct mock_auth_case */
    bool any;                           /* there is something to hash */
};

/* False: it is no query, no JSON object of plain values and lists of them, or too long. Finish in
 * any case. */
bool mock_call_params_read(struct mock_call_params *p, const struct mock_http_request *r);
void mock_call_params_finish(struct mock_call_params *p);
/* The n-th of this name; `states` is also `states[]`. NULL when there are fewer. */
const char *mock_call_param(const struct mock_call_params *p, const char *name, size_t n);

#endif
