#include "net/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_detail.h"
#include "base/secret.h"
#include "net/curl_multi.h"
#include "net/curl_setup.h"
#include "upbit-live/version.h"

struct upbit__rest_call {
    /* immutable after get */
    upbit__loop *loop;
    upbit__curl_setup setup;
    upbit__curl_done done;
    void (*tell)(void *context, const upbit__rest_result *result);
    void *context;
    size_t body_max;
    /* the loop's thread */
    CURL *easy;
    bool added, telling;
    bool too_large, no_memory;
    bool head_ended; /* the empty line behind the headers has come */
    upbit__buffer body;
    struct curl_slist *headers; /* our own copy of the authorization */
    int64_t sent_ms;
    char remaining_req[160];
    char retry_after[64], date[64];
    char error_text[CURL_ERROR_SIZE];
};

/* libcurl frees such a list as it is. */
static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *l = list; l != NULL; l = l->next)
        upbit__wipe(l->data, strlen(l->data));
    curl_slist_free_all(list);
}

static void free_call(upbit__rest_call *c)
{
    if (c->added)
        curl_multi_remove_handle(upbit__loop_curl_rest(c->loop), c->easy);
    curl_easy_cleanup(c->easy);
    free_headers(c->headers); /* after the handle, which reads it */
    upbit__buffer_finish(&c->body);
    free(c);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    upbit__rest_call *c = context;
    size *= count;
    c->too_large = size > c->body_max - c->body.length;
    if (c->too_large)
        return 0; /* ends the transfer */
    c->no_memory = upbit__buffer_append(&c->body, bytes, size) != 0;
    return c->no_memory ? 0 : size;
}

/* Copies a header's value when it is this one and is not longer than a sane one. */
static void keep_header(char *out, size_t room, const char *name, const char *line, size_t length)
{
    size_t prefix = strlen(name);
    if (length <= prefix || strncasecmp(line, name, prefix) != 0 || line[prefix] != ':')
        return;
    const char *value = line + prefix + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (unsigned char)end[-1] <= ' ')
        end--;
    if ((size_t)(end - value) < room)
        snprintf(out, room, "%.*s", (int)(end - value), value);
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    upbit__rest_call *c = context;
    size = upbit__curl_on_header(line, size, count, &c->setup);
    c->too_large = size == 0;
    if (c->too_large)
        return 0;
    if (size > 5 && strncmp(line, "HTTP/", 5) == 0) /* a new answer, after a proxy's or a 1xx */
        c->remaining_req[0] = c->retry_after[0] = c->date[0] = '\0';
    c->head_ended = line[0] == '\r' || line[0] == '\n';
    keep_header(c->remaining_req, sizeof c->remaining_req, "Remaining-Req", line, size);
    keep_header(c->retry_after, sizeof c->retry_after, "Retry-After", line, size);
    keep_header(c->date, sizeof c->date, "Date", line, size);
    return size;
}

static void on_done(void *context, CURLcode code)
{
    upbit__rest_call *c = context;
    upbit__rest_result result = {.body = "", .reason = ""};
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && upbit__buffer_append(&c->body, "", 1) != 0)
        c->no_memory = true;
    if (c->no_memory) {
        result.error = UPBIT_ERROR_NO_MEMORY;
        result.reason = "out of memory";
    } else if (c->too_large) {
        result.error = UPBIT_ERROR_LIMIT;
        result.reason = "the answer is larger than allowed";
    } else if (code != CURLE_OK) {
        result.reason = c->error_text[0] != '\0' ? c->error_text : curl_easy_strerror(code);
        result.error = upbit__curl_error(code, result.reason);
    } else if (!c->head_ended) { /* fine with libcurl */
        result.error = UPBIT_ERROR_CONNECT;
        result.reason = "the answer broke off in its headers";
    } else {
        result.body = (const char *)upbit__buffer_bytes(&c->body);
        result.length = c->body.length - 1;
    }
    result.http_status = (int)status;
    if (result.error == 0 && c->remaining_req[0] != '\0')
        result.remaining_req = c->remaining_req;
    if (result.error == 0)
        result.date_ms = upbit__http_date_ms(c->date);
    if (result.error == 0 && c->retry_after[0] != '\0') /* a date is one of the server's clock */
        result.retry_after_ms = upbit__http_retry_after_ms(
            c->retry_after,
            result.date_ms != 0 ? result.date_ms * UPBIT__MS : upbit__clock_wall_ns());
    result.sent_ms = c->sent_ms;
    result.received_ms = upbit__clock_wall_ns() / UPBIT__MS;
    c->telling = true;
    c->tell(c->context, &result);
    free_call(c);
}

void upbit__rest_cancel(upbit__rest_call *call)
{
    /* While `done` runs the call is over and frees itself: a caller that clears its handle late
     * does no harm. */
    if (call != NULL && !call->telling)
        free_call(call);
}

/* base_url and path joined and checked as one. */
static int join(char **url, upbit__url *parsed, const upbit__rest_config *config, const char *path)
{
    const char *why = NULL;
    if (config->base_url == NULL || path == NULL || path[0] != '/')
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT,
                                "no base URL, or a path that does not begin with '/'");
    size_t base = strlen(config->base_url), size = base + strlen(path) + 1;
    if (base > 0 && config->base_url[base - 1] == '/')
        base--;
    if (strchr(config->base_url, '?') != NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "a query in the base URL");
    *url = malloc(size);
    if (*url == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    snprintf(*url, size, "%.*s%s", (int)base, config->base_url, path);
    if (upbit__url_parse(parsed, "http", *url, &why) != 0 ||
        (config->proxy != NULL && upbit__proxy_check(config->proxy, &why) != 0))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s", why);
    if (config->authorization != NULL &&
        (strncmp(config->authorization, "Authorization: ", 15) != 0 ||
         !upbit__http_value_valid(config->authorization)))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "an authorization that is no header");
    return 0;
}

int upbit__rest_check(const upbit__rest_config *config, const char *path)
{
    char *url = NULL;
    upbit__url parsed;
    int rc = join(&url, &parsed, config, path);
    free(url);
    return rc;
}

/* The line as libcurl wants it; it goes to the server, not into a proxy's CONNECT. */
static bool apply_authorization(upbit__rest_call *c, const char *line)
{
    if (line == NULL)
        return true;
    c->headers = curl_slist_append(NULL, line);
    return c->headers != NULL &&
           curl_easy_setopt(c->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK &&
           curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK;
}

static int start(upbit__rest_call *c, const upbit__rest_config *config, const char *url)
{
    long timeout = config->timeout_ms == 0 ? 5000 : (long)config->timeout_ms;
    c->easy = curl_easy_init();
    if (c->easy == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    c->setup.ca_file = config->ca_file;
    c->setup.proxy = config->proxy;
    c->setup.connect_timeout_ms = (uint32_t)timeout;
    c->setup.error_text = c->error_text;
    int rc = upbit__curl_setup_apply(c->easy, &c->setup);
    c->setup.ca_file = c->setup.proxy = NULL; /* the caller's memory */
    if (rc != 0)
        return rc;
    bool ok = curl_easy_setopt(c->easy, CURLOPT_URL, url) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "upbit-live/" UPBIT_VERSION_STRING) ==
          CURLE_OK;
    ok &= apply_authorization(c, config->authorization);
    ok &= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c) == CURLE_OK;
    ok &= curl_easy_setopt(c->easy, CURLOPT_PRIVATE, &c->done) == CURLE_OK;
    if (!ok || curl_multi_add_handle(upbit__loop_curl_rest(c->loop), c->easy) != CURLM_OK)
        return UPBIT_ERROR_NO_MEMORY;
    c->added = true;
    c->sent_ms = upbit__clock_wall_ns() / UPBIT__MS;
    return 0;
}

int upbit__rest_get(upbit__rest_call **out, upbit__loop *loop, const upbit__rest_config *config,
                    const char *path, void (*done)(void *context, const upbit__rest_result *result),
                    void *context)
{
    *out = NULL;
    upbit__rest_call *c = calloc(1, sizeof *c);
    if (c == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    c->loop = loop;
    c->tell = done;
    c->context = context;
    c->done = (upbit__curl_done){.callback = on_done, .context = c};
    c->body_max = config->body_max == 0 ? 16u * 1024 * 1024 : config->body_max;
    char *url = NULL;
    int rc = join(&url, &c->setup.url, config, path);
    if (rc == 0)
        rc = start(c, config, url);
    free(url);
    if (rc != 0) {
        free_call(c);
        return rc;
    }
    *out = c;
    return 0;
}
