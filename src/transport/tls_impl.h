#pragma once

/*
 * The inside of tls, for the files of transport.
 */

#include <openssl/ssl.h>

#include "transport/stream_impl.h"
#include "transport/tls.h"

struct ald_tls {
    uint32_t refs;
    SSL_CTX *context;
    BIO_METHOD *bio; /* how OpenSSL reads and writes: from the chunk at hand, into the stream below */
};

enum ald_tls_role { ALD_TLS_SERVER, ALD_TLS_CLIENT };

/* OpenSSL's way to and from a stream below; NULL when memory is short. */
BIO_METHOD *ald_tls_bio_new(void);

/* What OpenSSL last complained of, in its own words; empties its queue. */
void ald_tls_complaint(char *text, size_t size);

/*
 * Stack TLS on `lower` (takes), which has not opened yet. `name` is the one to check and to send, for clients.
 * Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID (the name cannot be sent).
 */
ALD_NODISCARD int ald_tls_stack(struct ald_stream *lower, struct ald_tls *tls, enum ald_tls_role role, const char *name,
                                const struct ald_stream_options *options, struct ald_stream **ret_stream);
