/* A CURLM driven by the loop: its sockets are watches, its timer a timer, the end of a transfer a
 * callback that runs outside of libcurl, where anything may be freed. */
#ifndef UPBIT_NET_CURL_MULTI_H
#define UPBIT_NET_CURL_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>

#include "net/loop.h"

typedef struct upbit__curl_multi {
    upbit__loop *loop;
    CURLM *multi;
    upbit__timer timer; /* always set, perhaps for never */
    bool acting;        /* libcurl is at work, and what is done is told behind it */
    CURL *starved;      /* its socket cannot be watched */
} upbit__curl_multi;

int upbit__curl_multi_init(upbit__curl_multi *m, upbit__loop *loop); /* 0 or NO_MEMORY */
void upbit__curl_multi_finish(upbit__curl_multi *m); /* its transfers must be gone */

/* What a handle's CURLOPT_PRIVATE points at: told the result when its transfer is done. */
typedef struct upbit__curl_done {
    void (*callback)(void *context, CURLcode code);
    void *context;
} upbit__curl_done;

#endif
