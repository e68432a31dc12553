/* What every libcurl handle of ours has in common: trust, protocols, proxy. One place, so that the
 * stream and REST cannot differ in strictness. There is no way to switch verification off. */
#ifndef UPBIT_NET_CURL_SETUP_H
#define UPBIT_NET_CURL_SETUP_H

#include <curl/curl.h>

#include "wire/http.h"

typedef struct upbit__curl_setup {
    upbit__url url; /* must stay as long as the handle: the TLS check reads the host from it */
    const char *ca_file, *crl_file, *proxy; /* or NULL */
    uint32_t connect_timeout_ms;
    char *error_text; /* CURL_ERROR_SIZE bytes */
} upbit__curl_setup;

/* Refuses a proxy URL that libcurl could take for something else: INVALID_ARGUMENT, *why static. */
int upbit__curl_proxy_check(const char *proxy, const char **why);

/* 0 or NO_MEMORY. The setup is read in the call only, but for `url` and `error_text`. */
int upbit__curl_setup_apply(CURL *easy, const upbit__curl_setup *setup);

/* UPBIT_ERROR_* of a transfer that failed. */
int upbit__curl_error(CURLcode code, const char *error_text);

#endif
