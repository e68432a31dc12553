#include "certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    if (value == NULL)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL);
    must(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

void certificate_make(identity *out, const certificate_wish *wish)
{
    static long serial = 1;
    bool usual = wish->from_s == 0 && wish->to_s == 0;
    EVP_PKEY *key =
        wish->rsa_bits > 0 ? EVP_RSA_gen((unsigned)wish->rsa_bits) : EVP_EC_gen("P-256");
    X509 *c = X509_new();
    must(key != NULL && c != NULL);
    *out = (identity){.certificate = c, .key = key};
    const identity *issuer = wish->issuer == NULL ? out : wish->issuer;
    X509_NAME *name = X509_get_subject_name(c);
    must(X509_set_version(c, X509_VERSION_3) == 1);
    must(ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(c), usual ? -3600 : wish->from_s) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(c), usual ? 86400 : wish->to_s) != NULL);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)wish->name, -1,
                                    -1, 0) == 1);
    must(X509_set_issuer_name(c, X509_get_subject_name(issuer->certificate)) == 1);
    must(X509_set_pubkey(c, key) == 1);
    extend(c, issuer->certificate, NID_basic_constraints,
           wish->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(c, issuer->certificate, NID_key_usage,
           wish->authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    extend(c, issuer->certificate, NID_subject_alt_name, wish->san);
    extend(c, issuer->certificate, NID_ext_key_usage, wish->usage);
    must(X509_sign(c, issuer->key, wish->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
}

void certificate_free(identity *i)
{
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
    *i = (identity){0};
}

static FILE *create(char *path)
{
    const char *directory = getenv("TMPDIR");
    if (directory == NULL || strlen(directory) > 40)
        directory = "/tmp";
    snprintf(path, 64, "%s/upbit-test-XXXXXX", directory);
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    must(file != NULL);
    return file;
}

void certificate_write(char *path, const identity *i)
{
    FILE *file = create(path);
    must(PEM_write_X509(file, i->certificate) == 1);
    must(fclose(file) == 0);
}

void revocation_write(char *path, const identity *issuer, const identity *revoked)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_new();
    must(list != NULL && time != NULL);
    must(X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1);
    must(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->certificate)) == 1);
    must(X509_gmtime_adj(time, -60) != NULL && X509_CRL_set1_lastUpdate(list, time) == 1);
    must(X509_gmtime_adj(time, 86400) != NULL && X509_CRL_set1_nextUpdate(list, time) == 1);
    if (revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        must(entry != NULL);
        must(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->certificate)));
        must(X509_gmtime_adj(time, -60) != NULL && X509_REVOKED_set_revocationDate(entry, time));
        must(X509_CRL_add0_revoked(list, entry) == 1);
    }
    must(X509_CRL_sign(list, issuer->key, EVP_sha256()) > 0);
    FILE *file = create(path);
    must(PEM_write_X509_CRL(file, list) == 1);
    must(fclose(file) == 0);
    ASN1_TIME_free(time);
    X509_CRL_free(list);
}

SSL_CTX *certificate_context(const identity *i)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    must(tls != NULL);
    SSL_CTX_set_security_level(tls, 0); /* it is the client who is to refuse */
    must(SSL_CTX_use_certificate(tls, i->certificate) == 1);
    must(SSL_CTX_use_PrivateKey(tls, i->key) == 1);
    return tls;
}

void certificate_files_write(certificate_files *out)
{
    identity authority, self;
    certificate_make(&authority, &(certificate_wish){.name = "authority", .authority = true});
    certificate_make(&self, &(certificate_wish){.name = "server",
                                                .san = "IP:127.0.0.1,DNS:localhost",
                                                .issuer = &authority});
    certificate_write(out->authority, &authority);
    certificate_write(out->certificate, &self);
    snprintf(out->key, sizeof out->key, "%s.key", out->certificate);
    FILE *file = fopen(out->key, "w");
    if (file == NULL || PEM_write_PrivateKey(file, self.key, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    fclose(file);
    certificate_free(&self);
    certificate_free(&authority);
}

void certificate_files_remove(const certificate_files *f)
{
    unlink(f->authority);
    unlink(f->certificate);
    unlink(f->key);
}
