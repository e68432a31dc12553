#include "net/curl_setup.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "upbit-live/error.h"

/* AES of 128 bits first, as browsers have it: as safe, and a quarter less work than 256. */
#define CIPHERS     "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20"
#define CIPHERS_13  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

#define HEADERS_MAX 32768u /* bytes of all headers of all answers to one request */

/* libcurl takes a certificate without a SAN for its CN's sake, and OpenSSL does not check the
 * host at all unless told to: so the host is set in the context and checked inside the
 * handshake. */
static CURLcode on_ssl_context(CURL *easy, void *ssl_context, void *context)
{
    (void)easy;
    SSL_CTX *ssl = ssl_context;
    const upbit__url *url = context;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int ok = url->address ? X509_VERIFY_PARAM_set1_ip_asc(param, url->host)
                          : X509_VERIFY_PARAM_set1_host(param, url->host, 0);
    if (ok != 1 || SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1)
        return CURLE_SSL_CONNECT_ERROR;
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    /* 112 bits: no RSA below 2,048, no SHA-1 in certificates, whatever the machine's default is. */
    if (SSL_CTX_get_security_level(ssl) < 2)
        SSL_CTX_set_security_level(ssl, 2);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* Keeping the buffers saves an allocation per message. The out-queue may move between two tries
     * of one write. */
    SSL_CTX_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return CURLE_OK;
}

/* A program the application starts must not inherit the connection and keep it open. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static bool apply_tls(CURL *easy, upbit__curl_setup *setup)
{
    bool ok = true;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, CIPHERS) == CURLE_OK;
    /* A wish, not a rule: all of TLS 1.3's are good, and not every libcurl can choose. */
    CURLcode chosen = curl_easy_setopt(easy, CURLOPT_TLS13_CIPHERS, CIPHERS_13);
    ok &= chosen == CURLE_OK || chosen == CURLE_NOT_BUILT_IN;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &setup->url) == CURLE_OK;
    if (setup->ca_file != NULL) {
        ok &= curl_easy_setopt(easy, CURLOPT_CAINFO, setup->ca_file) == CURLE_OK;
        /* These and no others: libcurl would go on trusting the system's directory. */
        ok &= curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL) == CURLE_OK;
    }
    if (setup->crl_file != NULL)
        ok &= curl_easy_setopt(easy, CURLOPT_CRLFILE, setup->crl_file) == CURLE_OK;
    return ok;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
size_t upbit__curl_on_header(char *line, size_t size, size_t count, void *context)
{
    upbit__curl_setup *setup = context;
    (void)line;
    setup->header_bytes += size * count;
    return setup->header_bytes > HEADERS_MAX ? 0 : size * count;
}

int upbit__curl_setup_apply(CURL *easy, upbit__curl_setup *setup)
{
    bool ok = apply_tls(easy, setup);
    setup->error_text[0] = '\0';
    ok &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, setup->error_text) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK;
    /* Else a slow name look-up blocks the thread that cancels it. */
    ok &= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)setup->connect_timeout_ms) ==
          CURLE_OK;
    /* "" also keeps the environment's proxies out. */
    ok &=
        curl_easy_setopt(easy, CURLOPT_PROXY, setup->proxy == NULL ? "" : setup->proxy) == CURLE_OK;
    if (setup->proxy != NULL) {
        ok &= curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK;
        ok &= curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK;
    }
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, upbit__curl_on_header) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, setup) == CURLE_OK;
    return ok ? 0 : UPBIT_ERROR_NO_MEMORY;
}

int upbit__curl_error(CURLcode code, const char *error_text)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return UPBIT_ERROR_RESOLVE;
    case CURLE_SSL_CONNECT_ERROR:
        /* A connection cut in the middle of the handshake is the network's fault, not the
         * trust's. */
        if (strstr(error_text, "SSL_ERROR_SYSCALL") != NULL ||
            strstr(error_text, "reset by peer") != NULL ||
            strstr(error_text, "unexpected eof") != NULL)
            return UPBIT_ERROR_CONNECT;
        return UPBIT_ERROR_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
        return UPBIT_ERROR_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return UPBIT_ERROR_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return UPBIT_ERROR_NO_MEMORY;
    case CURLE_UNSUPPORTED_PROTOCOL: /* what came back is no HTTP (or HTTP/0.9) */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_FUNCTION_ARGUMENT: /* a header without a colon */
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
        return UPBIT_ERROR_PROTOCOL;
    default:
        return UPBIT_ERROR_CONNECT;
    }
}
