/* What exactly was wrong with this thread's last failed call. See upbit_error_detail. */
#ifndef UPBIT_BASE_ERROR_DETAIL_H
#define UPBIT_BASE_ERROR_DETAIL_H

/* Sets the text and returns `error`, so that a check is one line. "" clears it. */
int upbit__error_set(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
