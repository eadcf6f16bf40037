#include "lib/tls_cert.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { CERT_DAY = 24 * 60 * 60, CERT_VERSION_3 = 2 };

struct tls_cert {
    X509 *x509;
    EVP_PKEY *key;
};

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: cannot make a certificate: %s\n", __FILE__, __LINE__, #fact);                      \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static void extension_add(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL);
    must(X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void serial_draw(X509 *x509)
{
    unsigned long serial = 0;

    must(RAND_bytes((unsigned char *)&serial, 7) == 1); /* seven bytes: positive and unlike any other */
    must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1);
}

struct tls_cert *tls_cert_new(const char *common_name, const char *alt_names, const struct tls_cert *issuer)
{
    struct tls_cert *cert = calloc(1, sizeof(*cert));
    X509_NAME *name;

    must(cert != NULL);
    cert->key = EVP_EC_gen("P-256");
    cert->x509 = X509_new();
    must(cert->key != NULL && cert->x509 != NULL);
    issuer = issuer != NULL ? issuer : cert;

    must(X509_set_version(cert->x509, CERT_VERSION_3) == 1);
    serial_draw(cert->x509);
    must(X509_gmtime_adj(X509_getm_notBefore(cert->x509), -60) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(cert->x509), CERT_DAY) != NULL);
    must(X509_set_pubkey(cert->x509, cert->key) == 1);

    name = X509_get_subject_name(cert->x509);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1);
    must(X509_set_issuer_name(cert->x509, X509_get_subject_name(issuer->x509)) == 1);

    extension_add(cert->x509, issuer->x509, NID_basic_constraints, issuer == cert ? "critical,CA:TRUE" : "CA:FALSE");
    if (alt_names != NULL) {
        extension_add(cert->x509, issuer->x509, NID_subject_alt_name, alt_names);
    }
    must(X509_sign(cert->x509, issuer->key, EVP_sha256()) > 0);
    return cert;
}

void tls_cert_date(struct tls_cert *cert, long from, long to, const struct tls_cert *issuer)
{
    must(X509_gmtime_adj(X509_getm_notBefore(cert->x509), from) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(cert->x509), to) != NULL);
    must(X509_sign(cert->x509, issuer != NULL ? issuer->key : cert->key, EVP_sha256()) > 0);
}

struct tls_cert *tls_cert_free(struct tls_cert *cert)
{
    if (cert != NULL) {
        X509_free(cert->x509);
        EVP_PKEY_free(cert->key);
        free(cert);
    }
    return NULL;
}

void tls_cert_save(const struct tls_cert *cert, const char *path)
{
    FILE *file = fopen(path, "w");

    must(file != NULL);
    must(PEM_write_X509(file, cert->x509) == 1);
    must(fclose(file) == 0);
}

void tls_cert_save_key(const struct tls_cert *cert, const char *path)
{
    FILE *file = fopen(path, "w");

    must(file != NULL);
    must(PEM_write_PrivateKey(file, cert->key, NULL, NULL, 0, NULL, NULL) == 1);
    must(fclose(file) == 0);
}
