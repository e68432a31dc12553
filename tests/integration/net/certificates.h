/* Certificates made when the test runs, so that none lies about and none expires. */
#ifndef TESTS_INTEGRATION_NET_CERTIFICATES_H
#define TESTS_INTEGRATION_NET_CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdbool.h>

typedef struct identity {
    X509 *certificate;
    EVP_PKEY *key;
} identity;

typedef struct certificate_wish {
    const char *name;  /* CN */
    const char *san;   /* "DNS:localhost,IP:127.0.0.1"; NULL none */
    const char *usage; /* extended key usage; NULL none */
    long from_s, to_s; /* validity against now; 0, 0: an hour before to a day after */
    bool authority;
    int rsa_bits;           /* 0: a good key on a curve */
    bool sha1;              /* signed with it */
    const identity *issuer; /* NULL: self-signed */
} certificate_wish;

/* Aborts the program when OpenSSL fails. */
void certificate_make(identity *out, const certificate_wish *wish);
void certificate_free(identity *i);
/* Writes it as PEM into a new file in the temporary directory; `path` has 64 bytes. */
void certificate_write(char *path, const identity *i);
/* A list of the issuer's that revokes `revoked` (NULL: nobody). */
void revocation_write(char *path, const identity *issuer, const identity *revoked);
/* What a server program is given: files of an authority and of a certificate for this machine with
 * its key. */
typedef struct certificate_files {
    char authority[64], certificate[64], key[80];
} certificate_files;
void certificate_files_write(certificate_files *out);
void certificate_files_remove(const certificate_files *f);
/* A server's context that shows this certificate. */
SSL_CTX *certificate_context(const identity *i);

#endif
