#include "addresses.h"

bool addresses_option(upbit_options *options, int option, const char *value)
{
    switch (option) {
    case ADDRESS_URL:
        options->url = value;
        return true;
    case ADDRESS_PRIVATE_URL:
        options->private_url = value;
        return true;
    case ADDRESS_REST_URL:
        options->rest_url = value;
        return true;
    case ADDRESS_CA_FILE:
        options->ca_file = value;
        return true;
    default:
        return false;
    }
}
