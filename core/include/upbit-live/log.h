/* upbit-live/log.h - ready sinks for log lines.
 *
 * A manager's option `log_file` opens one of its own. With upbit_log_file several managers share one,
 * and it can be opened anew after it was renamed:
 *
 *     upbit_log_file *f;
 *     if (upbit_log_file_open(&f, "/var/log/desk.log") == 0) {
 *         options.log = upbit_log_file_write; options.log_context = f;
 *     }
 *     on SIGHUP, in the handler itself: upbit_log_file_reopen(f);
 *
 * A line of a file: time (UTC), level, module, text:
 *     2026-11-21T20:39:01.123456Z warning stream: session=public error=CONNECT ...
 * Qt programs get lines in the categories upbit.<module>, Python programs in the loggers
 * upbit_live.<module>, without any of this. */
#ifndef UPBIT_LIVE_LOG_H
#define UPBIT_LIVE_LOG_H

#include "upbit-live/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_log_file upbit_log_file;

/* Lines go to the end of `path`, which is made (0640) if it is not there.
 * @thread any. The caller owns it. Returns 0, INVALID_ARGUMENT, NO_MEMORY, SYSTEM. */
UPBIT_API int upbit_log_file_open(upbit_log_file **out, const char *path);
/* An upbit_log_function; context is the upbit_log_file. One write per line. @thread any. */
UPBIT_API void upbit_log_file_write(void *context, int level, const char *module, const char *line);
/* The next line opens the path anew; when it cannot be, the old file goes on. @thread any, and inside
 * signal handlers. */
UPBIT_API void upbit_log_file_reopen(upbit_log_file *f);
/* NULL allowed. No manager may write to it any more. @thread any. */
UPBIT_API void upbit_log_file_close(upbit_log_file *f);

/* The default: a line on stderr. An upbit_log_function that ignores its context. @thread any. */
UPBIT_API void upbit_log_stderr(void *context, int level, const char *module, const char *line);

#ifdef __cplusplus
}
#endif
#endif
