/* TLS for the whole port when a certificate was given: 1.2 or later, the server's half only. */
#include <openssl/err.h>
#include <stdio.h>

#include "server.h"

/* The first thing OpenSSL had to say; a missing file it tells with the system's words. */
static void complain(const char *option, const char *file)
{
    char text[160];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    fprintf(stderr, "upbit-mock: %s %s: %s\n", option, file, text);
}

bool mock_tls_open(struct mock_server *s)
{
    if (s->options.tls_cert == NULL) {
        return true;
    }
    s->tls = SSL_CTX_new(TLS_server_method());
    if (s->tls == NULL || SSL_CTX_set_min_proto_version(s->tls, TLS1_2_VERSION) != 1) {
        fprintf(stderr, "upbit-mock: OpenSSL cannot start\n");
        return false;
    }
    /* Buffers move while a write waits, and half a record sent is progress. */
    SSL_CTX_set_mode(s->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(s->tls, SSL_OP_NO_RENEGOTIATION);
    if (SSL_CTX_use_certificate_chain_file(s->tls, s->options.tls_cert) != 1) {
        complain("--tls-cert", s->options.tls_cert);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(s->tls, s->options.tls_key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(s->tls) != 1) {
        complain("--tls-key", s->options.tls_key);
        return false;
    }
    return true;
}

SSL *mock_tls_accept(struct mock_server *s, int fd)
{
    SSL *ssl = SSL_new(s->tls);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

void mock_tls_finish(struct mock_server *s)
{
    SSL_CTX_free(s->tls);
    s->tls = NULL;
}
