#include "upbit-live/version.h"

const char *upbit_version_string(void)
{
    return UPBIT_VERSION_STRING;
}

unsigned upbit_version_number(void)
{
    return UPBIT_VERSION_MAJOR * 10000 + UPBIT_VERSION_MINOR * 100 + UPBIT_VERSION_PATCH;
}
