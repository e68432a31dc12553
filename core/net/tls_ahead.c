#include "net/tls_ahead.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER 32768u /* measured: 16 and 64 KiB cost more per message */
#define HEAD   5u
#define RECORD_MOST                                                                                \
    (HEAD + 16384u + 2048u) /* what says to be longer is none: OpenSSL will say so */

struct upbit__tls_ahead {
    upbit__tls_ahead **owner; /* the pointer that was given out */
    SSL *ssl;                 /* which owns the BIO, and by it this */
    BIO *below;               /* libcurl's, one reference */
    int fd;                   /* its socket; -1: there is more than that between */
    bool shut;                /* libcurl is not around: nothing goes to the socket */
    bool stuck;               /* OpenSSL wants something else than more bytes: libcurl's turn */
    bool ended;               /* behind what the socket holds comes nothing */
    const char *fault;        /* what OpenSSL found wrong with a record, or the server with ours */
    bool dry;                 /* the last read brought less than there was room for */
    size_t at, end;           /* in the buffer; a record begins at `at` */
    size_t owed;              /* of what is here: the rest of a record that went up in part */
    unsigned char buffer[BUFFER];
};

static size_t waiting(const upbit__tls_ahead *a)
{
    return a->end - a->at;
}

/* How long the record at the front is; 0: its head is not all there. */
static size_t record(const upbit__tls_ahead *a)
{
    const unsigned char *p = a->buffer + a->at;
    return waiting(a) < HEAD ? 0 : HEAD + ((size_t)p[3] << 8 | p[4]);
}

static bool whole(const upbit__tls_ahead *a)
{
    size_t length = record(a);
    return a->owed > 0 || (length > 0 && (length <= waiting(a) || length > RECORD_MOST));
}

static int give(upbit__tls_ahead *a, char *to, size_t most)
{
    if (a->owed == 0)
        a->owed = record(a) < waiting(a) ? record(a) : waiting(a);
    size_t count = a->owed < most ? a->owed : most;
    memcpy(to, a->buffer + a->at, count);
    a->at += count;
    a->owed -= count;
    return (int)count;
}

/* What there is of a record moves to the front, more comes behind it. */
static void make_room(upbit__tls_ahead *a)
{
    size_t left = waiting(a);
    if (left > 0)
        memmove(a->buffer, a->buffer + a->at, left);
    a->at = 0;
    a->end = left;
}

static int came(upbit__tls_ahead *a, int got)
{
    if (got > 0) {
        a->end += (size_t)got;
        a->dry = a->end < BUFFER;
    }
    return got;
}

static int fill(upbit__tls_ahead *a)
{
    make_room(a);
    return came(a, BIO_read(a->below, a->buffer + a->end, (int)(BUFFER - a->end)));
}

int upbit__tls_ahead_fill(upbit__tls_ahead *a)
{
    if (a->fd < 0 || a->stuck || whole(a))
        return -1;
    make_room(a);
    ssize_t got = recv(a->fd, a->buffer + a->end, BUFFER - a->end, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        a->dry = true;
        return 0;
    }
    return got > 0 ? came(a, (int)got) : -1; /* libcurl finds it as it is, and says why */
}

static int on_read(BIO *bio, char *to, int most)
{
    upbit__tls_ahead *a = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!a->shut)
        a->stuck = false;
    while (!whole(a)) {
        if (a->shut) {
            BIO_set_retry_read(bio);
            return -1;
        }
        int got = fill(a);
        if (got > 0)
            continue;
        if (got < 0 && BIO_should_retry(a->below)) {
            a->dry = true;
            BIO_set_flags(bio, BIO_get_retry_flags(a->below));
        }
        return got; /* a piece of a record is worth nothing to anybody */
    }
    return give(a, to, (size_t)most);
}

static int on_write(BIO *bio, const char *from, int length)
{
    upbit__tls_ahead *a = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (a->shut) {
        BIO_set_retry_write(bio);
        return -1;
    }
    int put = BIO_write(a->below, from, length);
    BIO_set_flags(bio, BIO_get_retry_flags(a->below));
    return put;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    upbit__tls_ahead *a = BIO_get_data(bio);
    if (command == BIO_CTRL_PENDING && waiting(a) > 0)
        return (long)waiting(a);
    if (command == BIO_CTRL_EOF && waiting(a) > 0)
        return 0;
    return BIO_ctrl(a->below, command, number, pointer);
}

static int on_destroy(BIO *bio)
{
    upbit__tls_ahead *a = BIO_get_data(bio);
    if (a == NULL)
        return 1;
    *a->owner = NULL;
    BIO_free(a->below);
    OPENSSL_cleanse(a, sizeof *a);
    free(a);
    BIO_set_data(bio, NULL);
    return 1;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static BIO_METHOD *made; /* under the mutex; for the life of the process, as BIOs live by it */

/* Where it failed (no memory) the next one tries again. */
static BIO_METHOD *method(void)
{
    pthread_mutex_lock(&mutex);
    if (made == NULL) {
        static int type;
        if (type <= 0)
            type = BIO_get_new_index();
        BIO_METHOD *m = type > 0 ? BIO_meth_new(type | BIO_TYPE_FILTER, "upbit read ahead") : NULL;
        if (m != NULL && BIO_meth_set_read(m, on_read) && BIO_meth_set_write(m, on_write) &&
            BIO_meth_set_ctrl(m, on_control) && BIO_meth_set_destroy(m, on_destroy))
            made = m;
        else
            BIO_meth_free(m);
    }
    BIO_METHOD *m = made;
    pthread_mutex_unlock(&mutex);
    return m;
}

void upbit__tls_ahead_install(CURL *easy, int fd, upbit__tls_ahead **out)
{
    *out = NULL;
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
        info->backend != CURLSSLBACKEND_OPENSSL || info->internals == NULL)
        return;
    SSL *ssl = info->internals;
    BIO *below = SSL_get_rbio(ssl);
    /* Records begin at the front of the buffer: not where OpenSSL has read a part of one. */
    if (below == NULL || SSL_has_pending(ssl) || strcmp(SSL_rstate_string(ssl), "RH") != 0)
        return;
    BIO_METHOD *m = method();
    BIO *bio = m == NULL ? NULL : BIO_new(m);
    upbit__tls_ahead *a = bio == NULL ? NULL : malloc(sizeof *a);
    bool holds = a != NULL && BIO_up_ref(below) == 1;
    if (!holds || BIO_up_ref(bio) != 1) {
        if (holds)
            BIO_free(below);
        free(a);
        BIO_free(bio);
        ERR_clear_error();
        return;
    }
    a->owner = out;
    a->ssl = ssl;
    a->below = below;
    a->fd = fd;
    a->shut = a->stuck = a->ended = a->dry = false;
    a->fault = NULL;
    a->at = a->end = a->owed = 0;
    BIO_set_data(bio, a);
    BIO_set_init(bio, 1);
    SSL_set0_rbio(ssl, bio);
    SSL_set0_wbio(ssl, bio);
    SSL_set_read_ahead(ssl, 1); /* it asks for all it has room for, and gets the record at hand */
    *out = a;
}

size_t upbit__tls_ahead_take(upbit__tls_ahead *a, void *to, size_t room)
{
    if (a->stuck || !whole(a))
        return 0;
    a->shut = true;
    int got = SSL_read(a->ssl, to, room < INT_MAX ? (int)room : INT_MAX);
    a->shut = false;
    if (got > 0)
        return (size_t)got;
    int error = SSL_get_error(a->ssl, got);
    /* The end that the server announced, or a fault. */
    a->stuck = error != SSL_ERROR_WANT_READ;
    /* Asked once more, OpenSSL refuses libcurl too, though without the reason: and the alert that
     * it could not send is not to be waited for. */
    if (error == SSL_ERROR_SSL)
        a->fault = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    BIO_clear_retry_flags(SSL_get_wbio(a->ssl));
    return 0;
}

const char *upbit__tls_ahead_fault(const upbit__tls_ahead *a)
{
    return a->fault;
}

bool upbit__tls_ahead_direct(const upbit__tls_ahead *a)
{
    return a->fd >= 0;
}

bool upbit__tls_ahead_dry(const upbit__tls_ahead *a)
{
    return a->dry && !a->stuck && !a->ended && !whole(a) && SSL_pending(a->ssl) == 0;
}

void upbit__tls_ahead_ready(upbit__tls_ahead *a, bool ended)
{
    a->dry = false;
    a->ended = a->ended || ended;
}
