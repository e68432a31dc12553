/* upbit-live/version.h - which library this is.
 *
 * The macros say what a program was compiled against, the functions what it runs with. Within one
 * major version a newer library serves every program built against an older one: functions are only
 * added, structs that cross the boundary carry their size and grow at the end, and unknown event
 * types are to be ignored. */
#ifndef UPBIT_LIVE_VERSION_H
#define UPBIT_LIVE_VERSION_H

#if defined(_WIN32)
#define UPBIT_API
#elif defined(__GNUC__)
#define UPBIT_API __attribute__((visibility("default")))
#else
#define UPBIT_API
#endif

#define UPBIT_VERSION_MAJOR 0
#define UPBIT_VERSION_MINOR 1
#define UPBIT_VERSION_PATCH 0
#define UPBIT_VERSION_STRING "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The running library's version as "MAJOR.MINOR.PATCH".
 * @thread any. The string is static. */
UPBIT_API const char *upbit_version_string(void);

/* The running library's version as one comparable number, MAJOR * 10000 + MINOR * 100 + PATCH.
 * @thread any. */
UPBIT_API unsigned upbit_version_number(void);

#ifdef __cplusplus
}
#endif
#endif
