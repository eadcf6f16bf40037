#include "daemon/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/backoff.h"
#include "conn/caller.h"
#include "loop/file.h"
#include "daemon/log.h"
#include "daemon/peer.h"
#include "transport/tls.h"
#include "transport/ws.h"
#include "wire/exchange/exchange.h"

/* A hub that restarts is there again within a second; one that is gone is looked for a few times a minute. */
#define PEERS_FIRST (200 * ALD_MSEC)
#define PEERS_LONGEST (10 * ALD_SEC)
/* Who was refused is so because a link stands already, or will be until somebody has changed the settings. */
#define PEERS_REFUSED (30 * ALD_SEC)

enum {
    PEERS_TOKEN_MAX = 4096, /* of the file: a token is 256 bits of random */
    CODE_REFUSED = 1008,    /* what the dialect closes with for a hello that was refused */
    PEERS_VARIANT = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED | ALD_EXCHANGE_HUB
};

struct peer {
    struct ald_peers *peers;
    struct ald_caller *caller; /* NULL: it is forgotten */
    char url[ALD_URL_MAX];
    char id[ALD_NAME_MAX + 1]; /* of the hub that was last found there */
};

struct ald_peers {
    struct ald_rng rng;
    const struct ald_peers_callbacks *callbacks;
    void *owner;
    struct peer all[ALD_PEERS_MAX];
    size_t n;
};

/* --- one of them -------------------------------------------------------------------------------------------------- */

static bool peer_agreed(void *owner ALD_UNUSED, const struct ald_stream *stream, uint32_t *variant)
{
    *variant = ald_exchange_dial_result(PEERS_VARIANT, ald_ws_header(stream, ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER)));
    return (*variant & ALD_EXCHANGE_EXTENDED) != 0;
}

/* Its hub does not take this one, or its door does not know what it was shown. */
static bool peer_was_refused(const struct ald_conn_end *end)
{
    return end->code == CODE_REFUSED || end->http_status == 401 || end->http_status == 403;
}

static struct ald_str peer_why(const struct ald_conn_end *end)
{
    return end->http_status == 401   ? ALD_STR("it does not know the token that it is shown")
           : end->http_status == 403 ? ALD_STR("who is known by this token may not come in there")
                                     : end->text;
}

static ald_usec peer_again(void *owner, const struct ald_conn_end *end)
{
    struct peer *peer = owner;
    struct ald_rng *rng = &peer->peers->rng;
    unsigned n_failures = ald_caller_failures(peer->caller);

    if (end->greeted || n_failures == 1) {
        ald_log(end->greeted ? ALD_LOG_INFO : ALD_LOG_WARNING,
                end->greeted ? "the link to another hub ended" : "another hub was called in vain",
                {"url", ald_str(peer->url)}, {"why", end->text});
    }
    if (!end->greeted && peer_was_refused(end)) {
        peer->peers->callbacks->refused(peer->peers->owner, peer->url, peer_why(end));
    }
    if (peer_was_refused(end)) {
        return ald_backoff(rng, PEERS_REFUSED, PEERS_REFUSED, 1);
    }
    return end->greeted ? ald_rng_below(rng, PEERS_FIRST) : ald_backoff(rng, PEERS_FIRST, PEERS_LONGEST, n_failures);
}

/* Its target is `hub:` and its id (hub/peer.h). */
static void peer_linked(void *owner, struct ald_str target)
{
    struct peer *peer = owner;
    struct ald_str id = ald_str_from(target, ALD_MIN(target.size, sizeof("hub:") - 1));

    (void)snprintf(peer->id, sizeof(peer->id), "%.*s", ALD_STR_ARG(id));
    peer->peers->callbacks->linked(peer->peers->owner, peer->url);
}

static const struct ald_caller_callbacks peer_callbacks = {
    .name = "peer",
    .linked = peer_linked,
    .agreed = peer_agreed,
    .again = peer_again,
};

/* Errors: ALDIS_E_NOMEM. */
static int peer_call(struct peer *peer, struct ald_edge *edge, const struct ald_url *url, struct ald_tls *tls,
                     const char *authorization)
{
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX + 1];
    size_t n_fields = ald_exchange_dial_fields(PEERS_VARIANT, fields);
    char target[sizeof(url->prefix) + sizeof(ALD_EXCHANGE_PATH)];
    struct ald_ws_hello hello = {.target = target};
    const struct ald_caller_spec spec = {
        .place = ald_url_place(url),
        .tls = url->tls ? tls : NULL,
        .ws = &hello,
        .dialect = &ald_exchange,
        .variant = PEERS_VARIANT,
        .callbacks = &peer_callbacks,
        .owner = peer,
    };
    int r;

    if (authorization != NULL) {
        fields[n_fields++] = (struct ald_http_field){ALD_STR("Authorization"), ald_str(authorization)};
    }
    hello.fields = (struct ald_http_fields){fields, n_fields};
    (void)snprintf(target, sizeof(target), "%s%s", url->prefix, ALD_EXCHANGE_PATH);
    ald_url_format(url, peer->url, sizeof(peer->url));
    r = ald_caller_new(edge, &spec, &peer->caller);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- what they are shown ------------------------------------------------------------------------------------------ */

static const char *path_of(const struct ald_config *config, enum ald_config_key key)
{
    const char *path = ald_config_text(config, key);

    return path[0] != '\0' ? path : NULL;
}

/* What may stand in a header. */
static bool token_valid(struct ald_str token)
{
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] <= ' ' || token.data[i] > '~') {
            return false;
        }
    }
    return token.size > 0;
}

/* Gives the value of the header (malloc), NULL without a token. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int token_read(const struct ald_config *config, char **ret_authorization, struct ald_config_why *why)
{
    const char *path = path_of(config, ALD_KEY_HUB_PEERS_TOKEN);
    struct ald_buf file;
    struct ald_str token;
    int r;

    *ret_authorization = NULL;
    if (path == NULL) {
        return 0;
    }
    ald_buf_init(&file, PEERS_TOKEN_MAX + 4096);
    r = ald_file_read(path, &file);
    token = ald_buf_str(&file);
    while (token.size > 0 && (token.data[token.size - 1] == '\n' || token.data[token.size - 1] == '\r')) {
        token.size--;
    }
    if (r == 0 && !token_valid(token)) {
        r = ald_config_fault(config, ALD_KEY_HUB_PEERS_TOKEN, why, "%s holds no token", path);
    } else if (r == ALD_FILE_MISSING || r == ALDIS_E_IO) {
        r = ald_config_fault(config, ALD_KEY_HUB_PEERS_TOKEN, why, "%s cannot be read: %s", path, strerror(errno));
    } else if (r == ALD_FILE_LARGE) {
        r = ald_config_fault(config, ALD_KEY_HUB_PEERS_TOKEN, why, "%s is too large for a token", path);
    } else if (r == 0 && asprintf(ret_authorization, "Bearer %.*s", ALD_STR_ARG(token)) < 0) {
        *ret_authorization = NULL;
        r = ALDIS_E_NOMEM;
    }
    ald_buf_fini(&file);
    return r < 0 ? ald_trace(r) : r;
}

/* Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int tls_make(const struct ald_config *config, struct ald_tls **ret_tls, struct ald_config_why *why)
{
    const struct ald_tls_client_spec spec = {
        .ca_file = path_of(config, ALD_KEY_HUB_PEERS_CA),
        .cert_file = path_of(config, ALD_KEY_HUB_PEERS_CERT),
        .key_file = path_of(config, ALD_KEY_HUB_PEERS_KEY),
    };
    struct ald_why tls_why = {""};
    int r = ald_tls_client_new(&spec, ret_tls, &tls_why);

    if (r == ALDIS_E_TLS) {
        bool ca = spec.ca_file != NULL && strstr(tls_why.text, spec.ca_file) != NULL;

        return ald_config_fault(config, ca ? ALD_KEY_HUB_PEERS_CA : ALD_KEY_HUB_PEERS_CERT, why, "%s", tls_why.text);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_peers_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    char *authorization = NULL;
    int r = 0;

    if (path_of(config, ALD_KEY_HUB_PEERS) != NULL) {
        r = tls_make(config, &tls, ret_why);
        r = r != 0 ? r : token_read(config, &authorization, ret_why);
    }
    free(authorization);
    return r < 0 ? ald_trace(r) : r;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int peers_call(struct ald_peers *peers, const struct ald_config *config, struct ald_edge *edge,
                      struct ald_tls *tls, const char *authorization, struct ald_config_why *why)
{
    struct ald_str list = ald_str(ald_config_text(config, ALD_KEY_HUB_PEERS));
    struct ald_str item;

    while (ald_peer_next(&list, &item)) {
        struct peer *peer = &peers->all[peers->n];
        const char *wrong = NULL;
        struct ald_url url;
        int r;

        if (peers->n == ALD_PEERS_MAX) {
            return ald_config_fault(config, ALD_KEY_HUB_PEERS, why, "more than %d peers", ALD_PEERS_MAX);
        }
        r = ald_peer_parse(item, &url, &wrong);
        ald_assert(r == 0); /* config_communicator.c has looked at it */
        peer->peers = peers;
        r = peer_call(peer, edge, &url, tls, authorization);
        if (r < 0) {
            return ald_trace(r);
        }
        peers->n++;
    }
    return 0;
}

int ald_peers_new(const struct ald_config *config, struct ald_edge *edge, uint64_t seed,
                  const struct ald_peers_callbacks *callbacks, void *owner, struct ald_peers **ret_peers,
                  struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_peers_free) struct ald_peers *peers = calloc(1, sizeof(*peers));
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    char *authorization = NULL;
    int r;

    if (peers == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_rng_init(&peers->rng, seed);
    peers->callbacks = callbacks;
    peers->owner = owner;
    r = tls_make(config, &tls, ret_why);
    r = r != 0 ? r : token_read(config, &authorization, ret_why);
    r = r != 0 ? r : peers_call(peers, config, edge, tls, authorization, ret_why);
    free(authorization);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_peers = ald_steal(&peers);
    return 0;
}

struct ald_peers *ald_peers_free(struct ald_peers *peers)
{
    if (peers == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < peers->n; i++) {
        ald_caller_free(peers->all[i].caller);
    }
    free(peers);
    return NULL;
}

size_t ald_peers_count(const struct ald_peers *peers)
{
    size_t n = 0;

    for (size_t i = 0; i < peers->n; i++) {
        n += peers->all[i].caller != NULL ? 1 : 0;
    }
    return n;
}

bool ald_peers_forget(struct ald_peers *peers, struct ald_str id)
{
    bool found = false;

    for (size_t i = 0; i < peers->n; i++) {
        struct peer *peer = &peers->all[i];

        if (peer->caller != NULL && id.size > 0 && ald_str_equal(ald_str(peer->id), id)) {
            peer->caller = ald_caller_free(peer->caller);
            found = true;
        }
    }
    return found;
}
