/* What core asks of libcurl and OpenSSL. */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <stdarg.h>

#include "inject.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define WRAP(type, name, parameters, arguments, failure)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return inject_here(#name) ? failure : __real_##name arguments;                             \
    }

WRAP(CURLcode, curl_global_init, (long flags), (flags), CURLE_FAILED_INIT)
WRAP(CURL *, curl_easy_init, (void), (), NULL)
WRAP(CURLcode, curl_easy_send, (CURL * easy, const void *from, size_t size, size_t *gone),
     (easy, from, size, gone), CURLE_SEND_ERROR)
WRAP(CURLcode, curl_easy_recv, (CURL * easy, void *to, size_t size, size_t *got),
     (easy, to, size, got), CURLE_RECV_ERROR)
WRAP(CURLM *, curl_multi_init, (void), (), NULL)
WRAP(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy),
     CURLM_OUT_OF_MEMORY)
WRAP(CURLMcode, curl_multi_socket_action, (CURLM * multi, curl_socket_t fd, int what, int *running),
     (multi, fd, what, running), CURLM_OUT_OF_MEMORY)
WRAP(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),
     (list, text), NULL)
WRAP(int, EVP_Digest,
     (const void *from, size_t size, unsigned char *to, unsigned *length, const EVP_MD *type,
      ENGINE *engine),
     (from, size, to, length, type, engine), 0)
WRAP(unsigned char *, HMAC,
     (const EVP_MD *type, const void *key, int key_size, const unsigned char *from, size_t size,
      unsigned char *to, unsigned *length),
     (type, key, key_size, from, size, to, length), NULL)
WRAP(BIO *, BIO_new, (const BIO_METHOD *type), (type), NULL)
WRAP(int, BIO_up_ref, (BIO * bio), (bio), 0)
WRAP(long, BIO_int_ctrl, (BIO * bio, int what, long a, int b), (bio, what, a, b), 0)
WRAP(long, SSL_CTX_ctrl, (SSL_CTX * context, int what, long a, void *b), (context, what, a, b), 0)
WRAP(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM * p, const char *name, size_t size),
     (p, name, size), 0)
WRAP(int, X509_VERIFY_PARAM_set1_ip_asc, (X509_VERIFY_PARAM * p, const char *address), (p, address),
     0)

/* One argument of whatever type; all of them go the same way. */
static void *argument_of(va_list list)
{
    return va_arg(list, void *);
}

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list list;
    va_start(list, option);
    void *argument = argument_of(list);
    va_end(list);
    return inject_here("curl_easy_setopt") ? CURLE_OUT_OF_MEMORY
                                           : __real_curl_easy_setopt(easy, option, argument);
}

CURLcode __real_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list list;
    va_start(list, info);
    void *argument = argument_of(list);
    va_end(list);
    /* Who is asked for by a message of libcurl's own is always there. */
    return info != CURLINFO_PRIVATE && inject_here("curl_easy_getinfo")
               ? CURLE_BAD_FUNCTION_ARGUMENT
               : __real_curl_easy_getinfo(easy, info, argument);
}

CURLMcode __real_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list list;
    va_start(list, option);
    void *argument = argument_of(list);
    va_end(list);
    return inject_here("curl_multi_setopt") ? CURLM_UNKNOWN_OPTION
                                            : __real_curl_multi_setopt(multi, option, argument);
}
