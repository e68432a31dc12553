/* upbit-live/settings.h - what a manager would be made with, and where each value comes from.
 *
 * The options of a program come first, then the environment (UPBIT_SILENCE_MS for silence_ms, and
 * so on), then the profile, then the defaults. docs/CONFIGURATION.md lists them all. */
#ifndef UPBIT_LIVE_SETTINGS_H
#define UPBIT_LIVE_SETTINGS_H

#include "upbit-live/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One setting; its texts are gone when the function that got it returns. */
typedef struct upbit_setting {
    size_t struct_size;
    const char *name;     /* of the field in upbit_options; access_key, secret_key               */
    const char *variable; /* "UPBIT_SILENCE_MS"; NULL: only a program can set it                 */
    const char *value;    /* in force, as the environment would have it. Keys: "set", "not set";
                             a password in a proxy is hidden; "": none                           */
    const char *source;   /* "options", "environment", "profile testing", "region sg", "url"
                             (it follows from that), "default"                                   */
    const char *unit;     /* "ms", "bytes", "messages", "times"; "": none                        */
    int tuning;           /* 1: right for a desktop as it is; for those who measured             */
} upbit_setting;

typedef void (*upbit_setting_function)(void *context, const upbit_setting *setting);

/* Calls `each` for every setting of a manager made with these options (NULL: none, as
 * upbit_manager_default). Connects to nothing, takes no key, says whether all is well.
 * @thread any. Returns 0; what upbit_manager_create would for the options, and then calls nothing.
 */
UPBIT_API int upbit_settings_list(const upbit_options *options, upbit_setting_function each,
                                  void *context);

#ifdef __cplusplus
}
#endif
#endif
