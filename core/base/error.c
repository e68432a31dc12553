#include "upbit-live/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error_detail.h"

static _Thread_local char detail[256];

const char *upbit_error_name(int error)
{
    if (error >= 0)
        return "OK";
    switch (error) {
#define NAME(name, number, text)                                                                   \
    case number:                                                                                   \
        return #name;
        UPBIT_ERROR_LIST(NAME)
#undef NAME
    default:
        return "UNKNOWN";
    }
}

const char *upbit_error_string(int error)
{
    if (error >= 0)
        return "success";
    switch (error) {
#define TEXT(name, number, text)                                                                   \
    case number:                                                                                   \
        return text;
        UPBIT_ERROR_LIST(TEXT)
#undef TEXT
    default:
        return "an error this version does not know: compare the versions of header and library";
    }
}

const char *upbit_error_detail(void)
{
    return detail;
}

int upbit__error_set(int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    return error;
}
