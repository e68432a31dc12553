/* What every libcurl handle of ours has in common: trust, protocols, proxy. One place, so that the
 * stream and REST cannot differ in strictness. There is no way to switch verification off. */
#ifndef UPBIT_NET_CURL_SETUP_H
#define UPBIT_NET_CURL_SETUP_H

#include <curl/curl.h>

#include "wire/http.h"

typedef struct upbit__curl_setup {
    upbit__url url;                         /* the TLS check reads the host from it */
    const char *ca_file, *crl_file, *proxy; /* or NULL */
    uint32_t connect_timeout_ms;
    char *error_text;    /* CURL_ERROR_SIZE bytes */
    size_t header_bytes; /* of a proxy's answer, or of all answers */
} upbit__curl_setup;

/* 0 or NO_MEMORY. The setup must stay as long as the handle; of it the strings but error_text are
 * read in the call only. */
int upbit__curl_setup_apply(CURL *easy, upbit__curl_setup *setup);

/* CURLOPT_HEADERFUNCTION for all answers, the proxy's to CONNECT included: ends the transfer when
 * there are too many. libcurl reads a proxy's byte by byte and, in some versions, without bound.
 * Set by apply with the setup as its context; whoever sets another one calls it from there. 0: too
 * many.
 */
size_t upbit__curl_on_header(char *line, size_t size, size_t count, void *setup);

/* UPBIT_ERROR_* of a transfer that failed. */
int upbit__curl_error(CURLcode code, const char *error_text);

#endif
