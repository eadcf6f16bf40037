/*
 * TLS as a filter. OpenSSL reads from the chunk that is at hand and writes straight into the stream below, so there is
 * no buffer of ours between them. A push is encrypted at once, in records of its own: so the ordinals that the stream
 * below reports are exactly those of what was pushed here.
 *
 * The end of the bytes below without close_notify is a truncation (RFC 8446 6.1) and told as a broken connection.
 * close_notify ends one direction only, so what was asked before it may still be answered; that TLS 1.2 wants the
 * answers discarded (RFC 5246 7.2.1) is left to the peer, who need not read them.
 */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/backlog.h"
#include "transport/outq.h"
#include "transport/tls_impl.h"
#include "wire/ws/ws_frame.h"

/* The plaintext of a full record, RFC 8446 5.1. */
enum { TLS_RECORD_MAX = 16 * 1024 };

struct tls_stream {
    struct ald_stream stream;
    struct ald_stream *lower;
    struct ald_tls *tls;
    SSL *ssl;
    struct ald_slice in; /* ciphertext that OpenSSL has not read; borrowed while a chunk is worked off, held between */
    struct ald_task go_on; /* after a resume */
    struct ald_backlog backlog;
    uint64_t ordinal;         /* of what is being encrypted */
    ald_usec timeout;         /* of the handshake */
    bool ready;               /* the handshake is done */
    bool finishing;           /* ends when what we said last is written */
    bool peer_ended;          /* close_notify came, and the owner was told; what follows it is dropped */
    struct ald_end lower_end; /* how the stream below ended while the owner had not taken all it brought; its texts live
                                 as long as that stream. No text: it did not */
    bool server;
};

static struct tls_stream *tls_of(struct ald_stream *stream)
{
    return ald_container(stream, struct tls_stream, stream);
}

/* OpenSSL's ends. */

static int bio_read(BIO *bio, char *to, int size)
{
    struct tls_stream *tls = BIO_get_data(bio);
    size_t n = ALD_MIN((size_t)size, tls->in.size);

    BIO_clear_retry_flags(bio);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, tls->in.data, n);
    tls->in.data += n;
    tls->in.size -= n;
    return (int)n;
}

static int bio_write(BIO *bio, const char *from, int size)
{
    struct tls_stream *tls = BIO_get_data(bio);
    struct ald_str bytes = ald_str_of(from, (size_t)size);
    struct ald_slice copy = ALD_SLICE_NONE;

    BIO_clear_retry_flags(bio);
    /*
     * A full record in a block of its own, not in many small ones. Where memory is short for that, let the lower find
     * out.
     */
    if (bytes.size > ALD_STREAM_COPY_MAX && ald_slice_copy(bytes, &copy) == 0) {
        ald_stream_push(tls->lower, ALD_CHUNK_BYTES, &copy, 1, tls->ordinal);
        ald_slice_clear(&copy);
    } else {
        ald_stream_push_copy(tls->lower, ALD_CHUNK_BYTES, bytes, tls->ordinal);
    }
    return size;
}

static long bio_control(BIO *bio ALD_UNUSED, int command, long number ALD_UNUSED, void *pointer ALD_UNUSED)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *ald_tls_bio_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "aldis stream");

    if (method != NULL) {
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_control);
    }
    return method;
}

/* Ending. */

/* Doomed: what we have said goes out, and the stream below closes by itself. */
static void tls_finish(struct tls_stream *tls)
{
    tls->stream.state = ALD_STREAM_CLOSING;
    tls->finishing = true;
    ald_stream_resume(tls->lower);
    ald_stream_close(tls->lower, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""));
    if (ald_stream_queued(tls->lower) == 0) {
        ald_stream_end(&tls->stream, false);
    }
}

/* OpenSSL gave up on the peer. Its alert is in the stream below. */
static void tls_fail(struct tls_stream *tls)
{
    long verdict = SSL_get_verify_result(tls->ssl);
    char complaint[160];

    tls->stream.net->counters.tls_failures++;
    ald_tls_complaint(complaint, sizeof(complaint));
    if (!tls->ready && verdict != X509_V_OK) {
        ald_stream_doom(&tls->stream, ALD_END_TLS, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), "TLS failed: %s: %s", complaint,
                        X509_verify_cert_error_string(verdict));
    } else {
        ald_stream_doom(&tls->stream, ALD_END_TLS, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), "TLS failed: %s", complaint);
    }
    tls_finish(tls);
}

/* close_notify came. Unless there is something to say yet, ours is the answer. */
static void tls_peer_closed(struct tls_stream *tls)
{
    tls->peer_ended = true;
    if (ald_stream_tell_ended(&tls->stream)) {
        return;
    }
    ald_stream_doom(&tls->stream, ALD_END_PEER, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""), NULL);
    ald_ignore(SSL_shutdown(tls->ssl)); /* best effort: the stream below is closed next */
    tls_finish(tls);
}

/* Reading. */

static void tls_shake(struct tls_stream *tls)
{
    int r;

    ERR_clear_error();
    r = SSL_do_handshake(tls->ssl);
    if (r == 1) {
        tls->ready = true;
        ald_stream_deadline(&tls->stream, 0);
        if (tls->stream.paused) {
            ald_stream_pause(tls->lower);
        }
        ald_backlog_play(&tls->backlog, &tls->stream);
        ald_stream_tell_opened(&tls->stream);
    } else if (SSL_get_error(tls->ssl, r) != SSL_ERROR_WANT_READ) {
        tls_fail(tls);
    }
}

/*
 * Decrypt into one room as much as there is. Returns what OpenSSL says about the rest, SSL_ERROR_NONE: there may be
 * more.
 */
static int tls_decrypt(struct tls_stream *tls, struct ald_slice *ret_bytes)
{
    uint8_t *room;
    size_t size, filled = 0, n;
    int error = SSL_ERROR_NONE;

    if (ald_net_room(tls->stream.net, false, &room, &size) < 0) {
        ald_stream_fail(&tls->stream, ALD_END_NOMEM, NULL);
        return SSL_ERROR_WANT_READ;
    }
    ERR_clear_error();
    while (filled < size && error == SSL_ERROR_NONE) {
        int r = SSL_read_ex(tls->ssl, room + filled, size - filled, &n);

        if (r == 1) {
            filled += n;
        } else {
            error = SSL_get_error(tls->ssl, r);
        }
    }
    *ret_bytes = ald_net_filled(tls->stream.net, filled);
    return error;
}

static void tls_read(struct tls_stream *tls)
{
    int error = SSL_ERROR_NONE;

    while (error == SSL_ERROR_NONE && ald_stream_live(&tls->stream) && !tls->stream.paused) {
        struct ald_slice bytes = ALD_SLICE_NONE;

        error = tls_decrypt(tls, &bytes);
        if (bytes.size > 0) {
            ald_stream_tell_received(&tls->stream, ALD_CHUNK_BYTES, bytes, true);
        }
        ald_slice_clear(&bytes);
    }
    if (!ald_stream_live(&tls->stream) || error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ) {
        return;
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
        tls_peer_closed(tls);
    } else {
        tls_fail(tls);
    }
}

/* Work off `in` as far as the state allows. Tells whether some of it has to be kept, because the owner paused. */
static bool tls_progress(struct tls_stream *tls)
{
    if (tls->stream.state == ALD_STREAM_OPENING && !tls->ready) {
        tls_shake(tls);
    }
    if (ald_stream_live(&tls->stream) && !tls->peer_ended) {
        tls_read(tls);
    }
    return tls->in.size > 0 && ald_stream_live(&tls->stream) && !tls->peer_ended;
}

static void lower_received(void *owner, struct ald_stream *lower ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    ald_assert(tls->in.size == 0);
    tls->in = chunk->bytes;
    tls->in = tls_progress(tls) ? ald_slice_ref(tls->in) : ALD_SLICE_NONE;
}

/* The stream below ended, and all that it brought was received. */
static void tls_lower_gone(struct tls_stream *tls, const struct ald_end *end)
{
    struct ald_stream *stream = &tls->stream;
    bool cut = end->cause == ALD_END_PEER || end->cause == ALD_END_BROKEN;

    if (stream->state == ALD_STREAM_OPENING && cut) {
        stream->net->counters.tls_failures++;
        ald_stream_fail(stream, ALD_END_BROKEN, "the TLS handshake was cut off: %s", end->text);
    } else if (stream->state == ALD_STREAM_OPEN && end->cause == ALD_END_PEER && !tls->peer_ended) {
        stream->net->counters.tls_truncated++;
        ald_stream_fail(stream, ALD_END_BROKEN, "the peer ended TLS without close_notify");
    } else if (stream->state == ALD_STREAM_CLOSING && end->cause == ALD_END_TIMEOUT) {
        ald_stream_fail_late(stream, end->text);
    } else if (stream->state == ALD_STREAM_CLOSING) {
        ald_stream_end(stream, false);
    } else {
        ald_stream_fail_as(stream, end);
    }
}

/* The rest of the chunk in which the owner paused. */
static void tls_go_on(void *owner)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));
    struct ald_slice held = tls->in;

    if (tls_progress(tls)) {
        return; /* paused again; the rest keeps the reference */
    }
    tls->in = ALD_SLICE_NONE;
    ald_slice_clear(&held);
    if (!ald_stream_live(&tls->stream) || tls->stream.paused) {
        return;
    }
    if (tls->lower_end.text != NULL) {
        tls_lower_gone(tls, &tls->lower_end);
    } else {
        ald_stream_resume(tls->lower);
    }
}

/* What the stream below says otherwise. */

static void lower_opened(void *owner, struct ald_stream *lower ALD_UNUSED)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    ald_stream_deadline(&tls->stream, tls->timeout);
    tls_progress(tls);
}

static void lower_written(void *owner, struct ald_stream *lower ALD_UNUSED, uint64_t begun, uint64_t done)
{
    ald_stream_tell_written(ald_stream_check(owner), begun, done);
}

static void lower_drained(void *owner, struct ald_stream *lower ALD_UNUSED)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    if (tls->finishing) {
        ald_stream_end(&tls->stream, false);
    } else if (tls->ready) {
        ald_stream_tell_drained(&tls->stream);
    }
}

/* Without close_notify it is a truncation, but perhaps only that of a peer that never says it, and listens. */
static void lower_ended(void *owner, struct ald_stream *lower ALD_UNUSED)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    if (tls->stream.state == ALD_STREAM_OPENING) {
        tls_lower_gone(tls, &(struct ald_end){.cause = ALD_END_PEER, .text = "the peer ended its side"});
        return;
    }
    if (tls->peer_ended || !ald_stream_live(&tls->stream)) {
        return;
    }
    tls->stream.net->counters.tls_truncated++;
    ald_stream_doom(&tls->stream, ALD_END_BROKEN, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""),
                    "the peer ended TLS without close_notify");
    ald_ignore(SSL_shutdown(tls->ssl)); /* what we say is whole; the stream below is closed next */
    tls_finish(tls);
}

static void lower_closed(void *owner, struct ald_stream *lower ALD_UNUSED, const struct ald_end *end)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    if ((tls->in.size > 0 || SSL_pending(tls->ssl) > 0) && ald_stream_live(&tls->stream)) {
        tls->lower_end = *end;
        ald_stream_deadline(&tls->stream, ALD_STREAM_PATIENCE);
        ald_stream_tell_drained(&tls->stream); /* whoever waits for room waits in vain */
    } else {
        tls_lower_gone(tls, end);
    }
}

static const struct ald_stream_callbacks lower_callbacks = {
    .opened = lower_opened,
    .received = lower_received,
    .written = lower_written,
    .drained = lower_drained,
    .ended = lower_ended,
    .closed = lower_closed,
};

/* The vtable. */

static bool tls_encrypt(struct tls_stream *tls, const uint8_t *data, size_t size)
{
    size_t n;

    ERR_clear_error();
    if (size > 0 && SSL_write_ex(tls->ssl, data, size, &n) != 1) {
        tls_fail(tls);
        return false;
    }
    return true;
}

/* Small pieces share a record; what fills records by itself is not copied before it is encrypted. */
static void tls_write(struct tls_stream *tls, struct ald_str head, const struct ald_slice *slices, size_t n_slices)
{
    uint8_t record[TLS_RECORD_MAX];
    size_t used = 0;

    for (size_t i = 0; i < n_slices + 1; i++) {
        struct ald_str rest = i == 0 ? head : ald_slice_str(slices[i - 1]);

        while (rest.size > 0) {
            bool whole = used == 0 && rest.size >= sizeof(record);
            size_t n = ALD_MIN(rest.size, sizeof(record) - used);

            if (!whole) {
                memcpy(record + used, rest.data, n);
                used += n;
            }
            if (whole && !tls_encrypt(tls, (const uint8_t *)rest.data, n)) {
                return;
            }
            if (used == sizeof(record)) {
                used = 0;
                if (!tls_encrypt(tls, record, sizeof(record))) {
                    return;
                }
            }
            rest = ald_str_from(rest, n);
        }
    }
    (void)tls_encrypt(tls, record, used);
}

static void tls_push(struct ald_stream *stream, enum ald_chunk_kind kind, struct ald_str head,
                     const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    struct tls_stream *tls = tls_of(stream);

    if (!tls->ready) {
        if (ald_backlog_push(&tls->backlog, kind, head, slices, n_slices, ordinal) < 0) {
            ald_stream_fail(stream, ALD_END_NOMEM, NULL);
        }
        return;
    }
    tls->ordinal = ordinal;
    tls_write(tls, head, slices, n_slices);
    if (ordinal != 0) {
        /* Nothing more, but a message of no bytes has an ordinal, too. */
        ald_stream_push_copy(tls->lower, ALD_CHUNK_BYTES, ALD_STR(""), ordinal);
    }
    tls->ordinal = 0;
}

static size_t tls_queued(const struct ald_stream *stream)
{
    const struct tls_stream *tls = ald_container(stream, const struct tls_stream, stream);

    return ald_stream_queued(tls->lower) + tls->backlog.n_bytes;
}

static size_t tls_undelivered(const struct ald_stream *stream)
{
    return ald_stream_undelivered(ald_container(stream, const struct tls_stream, stream)->lower);
}

/* During the handshake the pause is only remembered: it goes on. */
static void tls_pause(struct ald_stream *stream)
{
    struct tls_stream *tls = tls_of(stream);

    ald_task_cancel(&tls->go_on);
    if (tls->ready) {
        ald_stream_pause(tls->lower);
    }
}

static void tls_resume(struct ald_stream *stream)
{
    struct tls_stream *tls = tls_of(stream);

    if (tls->ready) {
        ald_task_push(stream->net->loop, &tls->go_on);
    }
}

static void tls_close(struct ald_stream *stream, uint16_t code, struct ald_str reason)
{
    struct tls_stream *tls = tls_of(stream);

    ERR_clear_error();
    ald_ignore(SSL_shutdown(tls->ssl)); /* it says that the peer's is still missing */
    ald_stream_close(tls->lower, code, reason);
}

static void tls_release(struct ald_stream *stream, bool broken)
{
    struct tls_stream *tls = tls_of(stream);

    if (broken) {
        ald_stream_abort(tls->lower);
    }
    ald_task_cancel(&tls->go_on);
    ald_backlog_drop(&tls->backlog);
}

static void tls_destroy(struct ald_stream *stream)
{
    struct tls_stream *tls = tls_of(stream);

    ald_assert(!ald_task_waiting(&tls->go_on));
    ald_slice_clear(&tls->in);
    SSL_free(tls->ssl);
    (void)ald_tls_unref(tls->tls);
    ald_stream_free(tls->lower);
    ald_stream_fini(stream);
    free(tls);
}

static void certificate_describe(X509 *certificate, struct ald_peer *peer)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    BIO *text = BIO_new(BIO_s_mem());
    char *data;
    long size;

    if (text != NULL && X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) >= 0) {
        size = BIO_get_mem_data(text, &data);
        if (size > 0 && (size_t)size < sizeof(peer->tls_subject)) {
            memcpy(peer->tls_subject, data, (size_t)size);
        }
    }
    BIO_free(text);
    if (X509_NAME_get_text_by_NID(name, NID_commonName, peer->tls_common_name, sizeof(peer->tls_common_name)) < 0) {
        peer->tls_common_name[0] = '\0';
    }
}

static void text_keep(char *to, size_t room, const char *from)
{
    if (from != NULL && strlen(from) < room) {
        memcpy(to, from, strlen(from) + 1);
    }
}

static void tls_peer(const struct ald_stream *stream, struct ald_peer *peer)
{
    const struct tls_stream *tls = ald_container(stream, const struct tls_stream, stream);
    X509 *certificate = SSL_get1_peer_certificate(tls->ssl);

    tls->lower->ops->peer(tls->lower, peer);
    peer->tls = true;
    text_keep(peer->tls_version, sizeof(peer->tls_version), SSL_get_version(tls->ssl));
    text_keep(peer->tls_cipher, sizeof(peer->tls_cipher), SSL_get_cipher_name(tls->ssl));
    if (tls->server) {
        text_keep(peer->tls_sni, sizeof(peer->tls_sni), SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name));
    }
    if (certificate != NULL) {
        certificate_describe(certificate, peer);
        peer->tls_verified =
            (SSL_get_verify_mode(tls->ssl) & SSL_VERIFY_PEER) != 0 && SSL_get_verify_result(tls->ssl) == X509_V_OK;
        X509_free(certificate);
    }
}

static const struct ald_stream_ops tls_ops = {
    .push = tls_push,
    .queued = tls_queued,
    .undelivered = tls_undelivered,
    .pause = tls_pause,
    .resume = tls_resume,
    .close = tls_close,
    .release = tls_release,
    .destroy = tls_destroy,
    .peer = tls_peer,
};

static void tls_late(void *owner)
{
    struct tls_stream *tls = tls_of(ald_stream_check(owner));

    if (tls->lower_end.text != NULL) {
        tls_lower_gone(tls, &tls->lower_end); /* it stayed paused */
    } else {
        ald_stream_fail_late(&tls->stream, "the TLS handshake took too long");
    }
}

/* The name goes into the hello (RFC 6066 3: host names only) and must be in the certificate. */
static bool name_set(SSL *ssl, const char *name)
{
    struct in6_addr address;

    if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    }
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

static int ssl_new(struct tls_stream *tls, enum ald_tls_role role, const char *name)
{
    BIO *bio = BIO_new(tls->tls->bio);

    tls->ssl = SSL_new(tls->tls->context);
    if (bio == NULL || tls->ssl == NULL) {
        BIO_free(bio);
        return ald_trace(ALDIS_E_NOMEM);
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    if (role == ALD_TLS_SERVER) {
        SSL_set_accept_state(tls->ssl);
        return 0;
    }
    SSL_set_connect_state(tls->ssl);
    return name_set(tls->ssl, name) ? 0 : ald_trace(ALDIS_E_INVALID);
}

int ald_tls_stack(struct ald_stream *lower, struct ald_tls *shared, enum ald_tls_role role, const char *name,
                  const struct ald_stream_options *options, struct ald_stream **ret_stream)
{
    struct tls_stream *tls = calloc(1, sizeof(*tls));
    int r;

    if (tls == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ERR_clear_error();
    tls->tls = ald_tls_ref(shared);
    tls->server = role == ALD_TLS_SERVER;
    tls->timeout = options->tls_timeout;
    r = ssl_new(tls, role, name);
    if (r < 0) {
        SSL_free(tls->ssl);
        (void)ald_tls_unref(tls->tls);
        free(tls);
        return r;
    }
    ald_stream_init(&tls->stream, &tls_ops, lower->net, tls_late);
    ald_task_init(&tls->go_on, tls_go_on, &tls->stream);
    tls->lower = lower;
    ald_stream_put_under(lower, &lower_callbacks, &tls->stream);
    *ret_stream = &tls->stream;
    return 0;
}
