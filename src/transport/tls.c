#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/bottom.h"
#include "transport/tls_impl.h"

void ald_tls_complaint(char *text, size_t size)
{
    unsigned long error = ERR_get_error();
    const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);

    snprintf(text, size, "%s", reason != NULL ? reason : "unknown error");
    ERR_clear_error();
}

/* Say which file is bad and why; returns the error. */
static int file_fail(struct ald_why *why, const char *what, const char *file)
{
    char complaint[128];

    ald_tls_complaint(complaint, sizeof(complaint));
    ald_why_say(why, "cannot use %s %s: %s", what, file, complaint);
    return ald_trace(ALDIS_E_TLS);
}

/* A daemon has nobody to ask for a pass phrase. */
static int phrase_none(char *text ALD_UNUSED, int size ALD_UNUSED, int writing ALD_UNUSED, void *context ALD_UNUSED)
{
    return 0;
}

static int tls_new(const SSL_METHOD *method, struct ald_tls **ret_tls)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    tls->refs = 1;
    tls->bio = ald_tls_bio_new();
    tls->context = SSL_CTX_new(method);
    if (tls->context == NULL || tls->bio == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    /*
     * No tickets and no session cache: connections last for days, and resuming would save less than it costs in memory
     * and in bytes. Buffers are given back while a connection is idle.
     */
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_num_tickets(tls->context, 0);
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(tls->context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(tls->context, phrase_none);
    *ret_tls = ald_steal(&tls);
    return 0;
}

/* Load a certificate with its chain, and its key. */
static int pair_load(struct ald_tls *tls, const char *cert_file, const char *key_file, struct ald_why *why)
{
    key_file = key_file != NULL ? key_file : cert_file;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(tls->context, cert_file) != 1) {
        return file_fail(why, "certificate", cert_file);
    }
    if (SSL_CTX_use_PrivateKey_file(tls->context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->context) != 1) {
        return file_fail(why, "key", key_file);
    }
    return 0;
}

/* Trust the certificates of a file; a server also tells clients which those are. */
static int ca_load(struct ald_tls *tls, const char *file, bool tell, struct ald_why *why)
{
    STACK_OF(X509_NAME) *names = NULL;

    ERR_clear_error();
    if (SSL_CTX_load_verify_file(tls->context, file) != 1) {
        return file_fail(why, "CA file", file);
    }
    if (tell) {
        names = SSL_load_client_CA_file(file);
        if (names == NULL) {
            return file_fail(why, "CA file", file);
        }
        SSL_CTX_set_client_CA_list(tls->context, names); /* takes them */
    }
    return 0;
}

int ald_tls_server_new(const struct ald_tls_server_spec *spec, struct ald_tls **ret_tls, struct ald_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    int r;

    ald_assert(spec->cert_file != NULL);
    ald_why_say(ret_why, "out of memory");
    r = tls_new(TLS_server_method(), &tls);
    if (r < 0) {
        return ald_trace(r);
    }
    r = pair_load(tls, spec->cert_file, spec->key_file, ret_why);
    if (r < 0) {
        return ald_trace(r);
    }
    if (spec->client_ca_file != NULL) {
        r = ca_load(tls, spec->client_ca_file, true, ret_why);
        if (r < 0) {
            return ald_trace(r);
        }
        SSL_CTX_set_verify(tls->context,
                           SSL_VERIFY_PEER | (spec->client_may_be_bare ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT), NULL);
    }
    *ret_tls = ald_steal(&tls);
    return 0;
}

int ald_tls_client_new(const struct ald_tls_client_spec *spec, struct ald_tls **ret_tls, struct ald_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    int r;

    ald_why_say(ret_why, "out of memory");
    r = tls_new(TLS_client_method(), &tls);
    if (r < 0) {
        return ald_trace(r);
    }
    if (spec->cert_file != NULL) {
        r = pair_load(tls, spec->cert_file, spec->key_file, ret_why);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    if (spec->ca_file != NULL) {
        r = ca_load(tls, spec->ca_file, false, ret_why);
        if (r < 0) {
            return ald_trace(r);
        }
    } else if (SSL_CTX_set_default_verify_paths(tls->context) != 1) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    SSL_CTX_set_verify(tls->context, spec->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    *ret_tls = ald_steal(&tls);
    return 0;
}

struct ald_tls *ald_tls_ref(struct ald_tls *tls)
{
    ald_assert(tls->refs > 0 && tls->refs < UINT32_MAX);
    tls->refs++;
    return tls;
}

struct ald_tls *ald_tls_unref(struct ald_tls *tls)
{
    if (tls == NULL) {
        return NULL;
    }
    ald_assert(tls->refs > 0);
    if (--tls->refs == 0) {
        SSL_CTX_free(tls->context);
        BIO_meth_free(tls->bio);
        free(tls);
    }
    return NULL;
}
