#pragma once

/*
 * Tls: certificates, keys and what is demanded of the peer, for any number of streams (OpenSSL 3, TLS 1.2 at least).
 *
 * Lifetime:   counted references: each stream and listener holds one.
 * Threading:  the loop's thread only.
 */

#include "transport/net.h"

struct ald_tls;

struct ald_tls_server_spec {
    const char *cert_file;      /* PEM: the certificate, then its chain */
    const char *key_file;       /* PEM, without a pass phrase; NULL: in cert_file */
    const char *client_ca_file; /* NULL: clients are not asked. Else they must show a certificate that this proves */
    bool client_may_be_bare;    /* or none at all */
};

/*
 * Gives one reference. Errors: ALDIS_E_NOMEM, ALDIS_E_TLS: a file cannot be read, is not PEM, or the key is not the
 * certificate's; `ret_why` (may be NULL) names the file and says what OpenSSL found.
 */
ALD_NODISCARD int ald_tls_server_new(const struct ald_tls_server_spec *spec, struct ald_tls **ret_tls,
                                     struct ald_why *ret_why);

struct ald_tls_client_spec {
    const char *ca_file;   /* NULL: what the system trusts */
    const char *cert_file; /* NULL: none is shown */
    const char *key_file;  /* NULL: in cert_file */
    bool insecure;         /* take whatever certificate comes; else it must be proved and bear the name dialed */
};

/* As ald_tls_server_new(). */
ALD_NODISCARD int ald_tls_client_new(const struct ald_tls_client_spec *spec, struct ald_tls **ret_tls,
                                     struct ald_why *ret_why);

struct ald_tls *ald_tls_ref(struct ald_tls *tls);
struct ald_tls *ald_tls_unref(struct ald_tls *tls); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_tls *, ald_tls_unref);
