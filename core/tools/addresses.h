/* The options by which upbit-tail, upbit-record and upbit-top are told where the exchange is. */
#ifndef UPBIT_TOOLS_ADDRESSES_H
#define UPBIT_TOOLS_ADDRESSES_H

#include <stdbool.h>

#include "upbit-live/options.h"

/* What they are to getopt_long. */
enum {
    ADDRESS_URL = 'u',
    ADDRESS_PRIVATE_URL = 'p',
    ADDRESS_REST_URL = 'r',
    ADDRESS_CA_FILE = 'c'
};

/* The value is not copied. False: it is none of these. */
bool addresses_option(upbit_options *options, int option, const char *value);

#endif
