#pragma once

/*
 * Certificates for tests, made when the test runs: none is kept in the tree, none expires there.
 *
 * Everything that fails fails the program: a test without certificates proves nothing.
 */

struct tls_cert;

/*
 * Make a key and a certificate over it for `common_name`, valid for a day. `alt_names` is a subjectAltName such as
 * "DNS:localhost,IP:127.0.0.1", or NULL. `issuer` (borrows) signs it; NULL: it signs itself and may sign others.
 */
struct tls_cert *tls_cert_new(const char *common_name, const char *alt_names, const struct tls_cert *issuer);
/*
 * Make it valid from `from` to `to` seconds from now instead, which may both lie in the past; `issuer` as above, since it
 * has to be signed anew.
 */
void tls_cert_date(struct tls_cert *cert, long from, long to, const struct tls_cert *issuer);
/* NULL is fine; returns NULL. */
struct tls_cert *tls_cert_free(struct tls_cert *cert);

/* Write PEM files. */
void tls_cert_save(const struct tls_cert *cert, const char *path);
void tls_cert_save_key(const struct tls_cert *cert, const char *path);
