/*
 * The causes that are told are those of existing hubs (link.md 2.11): clients decide by them whether to come back. In what
 * order things are looked at is theirs as well, so that a token with two faults is refused for the same one.
 *
 * A host id is one host. Whoever registers it again from the same address has lost his connection and replaces it; from
 * another one he is a second host with the same token, and is turned away (link.md 7.2).
 */

#include "daemon/links.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/secret.h"
#include "base/error.h"
#include "conn/edge.h"
#include "daemon/log.h"
#include "hub/view.h"
#include "loop/loop.h"
#include "msg/json.h"
#include "wire/link/link_address.h"

enum { LINKS_AUDIENCE = 32, LINKS_CAUSE = 96 };

struct ald_links {
    const struct ald_edge *edge; /* NULL: the hub is not there yet */
    struct ald_str aliases;      /* [link] alias */
    struct ald_secret secret;
    uint64_t last_control;
    char audience[LINKS_AUDIENCE];    /* of the tokens of sessions: another one at every start */
    char principal[ALD_NAME_MAX + 1]; /* what was vouched for last */
    char target[32];
    char cause[LINKS_CAUSE];
    struct ald_jwt jwt; /* that was looked at last */
};

static uint64_t links_now(void)
{
    return ald_loop_wall() / ALD_SEC;
}

/* --- the secret --------------------------------------------------------------------------------------------------- */

static bool path_is_default(const char *path)
{
    char usual[ALD_SECRET_PATH_MAX];

    ald_secret_default_path(usual);
    return strcmp(path, usual) == 0;
}

/* Nobody has asked for this place, and what is served beside does not need it. Errors: ALDIS_E_IO. */
static int secret_do_without(struct ald_secret *secret, const char *why)
{
    int r = ald_secret_draw(secret);

    ald_log(ALD_LOG_WARNING, "the secret of link tokens cannot be kept; those made now are good until the hub stops",
            {"why", ald_str(why)});
    return r < 0 ? ald_trace(r) : 0;
}

/* Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_IO. */
static int secret_open(const struct ald_config *config, struct ald_secret *secret, struct ald_config_why *ret_why)
{
    const char *path = ald_config_text(config, ALD_KEY_LINK_SECRET);
    struct ald_secret_why why = {""};
    int r;

    if (path[0] == '\0') {
        r = ald_secret_draw(secret);
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_secret_load(path, secret, &why);
    if (r == ALD_SECRET_MISSING) {
        r = ald_secret_make(path, secret, &why);
        if (r == 0) {
            ald_log(ALD_LOG_INFO, "a secret for link tokens is made", {"file", ald_str(path)});
        } else if (r > 0 && path_is_default(path)) {
            r = secret_do_without(secret, why.text);
        }
    }
    if (r > 0) {
        return ald_config_fault(config, ALD_KEY_LINK_SECRET, ret_why, "%s", why.text);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_links_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    const char *path = ald_config_text(config, ALD_KEY_LINK_SECRET);
    struct ald_secret_why why = {""};
    struct ald_secret secret;
    int r = path[0] != '\0' ? ald_secret_load(path, &secret, &why) : 0;

    OPENSSL_cleanse(&secret, sizeof(secret));
    return r == ALD_SECRET_BAD ? ald_config_fault(config, ALD_KEY_LINK_SECRET, ret_why, "%s", why.text) : 0;
}

int ald_links_new(const struct ald_config *config, struct ald_links **ret_links, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_links_free) struct ald_links *links = calloc(1, sizeof(*links));
    int r;

    if (links == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    links->aliases = ald_str(ald_config_text(config, ALD_KEY_LINK_ALIAS));
    r = secret_open(config, &links->secret, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    (void)snprintf(links->audience, sizeof(links->audience), "session-%" PRIu64, ald_loop_wall() / ALD_MSEC);
    *ret_links = ald_steal(&links);
    return 0;
}

struct ald_links *ald_links_free(struct ald_links *links)
{
    if (links != NULL) {
        OPENSSL_cleanse(links, sizeof(*links));
        free(links);
    }
    return NULL;
}

void ald_links_watch(struct ald_links *links, const struct ald_edge *edge)
{
    links->edge = edge;
}

/* --- tokens of hosts and controls --------------------------------------------------------------------------------- */

/* Returns false. */
static bool vouch_refuse(struct ald_signal *signal, const char *cause)
{
    signal->denied = true;
    signal->text = ald_str(cause);
    return false;
}

/* False: the signal is denied. */
static bool vouch_verify(struct ald_links *links, struct ald_signal *signal)
{
    int r = ald_jwt_read(signal->greeting->token, &links->jwt);

    r = r == 0 ? ald_jwt_verify(&links->jwt, ald_secret_key(&links->secret), links_now()) : r;
    if (r < 0) {
        return vouch_refuse(signal, ald_error_text(r));
    }
    return r == 0 ? true : vouch_refuse(signal, ald_jwt_fault_text((enum ald_jwt_fault)r));
}

/* False: the signal is denied. */
static bool vouch_audience(struct ald_links *links, struct ald_signal *signal, const char *first, const char *second)
{
    if (ald_jwt_is_for(&links->jwt, ald_str(first)) ||
        (second != NULL && ald_jwt_is_for(&links->jwt, ald_str(second)))) {
        return true;
    }
    (void)snprintf(links->cause, sizeof(links->cause), "%s. expected: %s%s%s", ald_jwt_fault_text(ALD_JWT_AUDIENCE),
                   first, second != NULL ? " or " : "", second != NULL ? second : "");
    return vouch_refuse(signal, links->cause);
}

/* `host-` and digits: the name of a host, which no user may have. */
static bool name_is_of_host(struct ald_str name)
{
    uint64_t number;

    return ald_str_starts(name, ALD_STR("host-")) && ald_str_u64(ald_str_from(name, strlen("host-")), &number) == 0;
}

/* The name of the user, in lower case, to `links->principal`. False: it is none. */
static bool user_read(struct ald_links *links)
{
    struct ald_json_value value = ald_jwt_claim(&links->jwt, "user");
    struct ald_buf text;
    struct ald_str name;
    bool good;

    if (value.type != ALD_JSON_STRING) {
        return false;
    }
    ald_buf_init(&text, ALD_NAME_MAX);
    good = ald_json_decode(value, &text) == 0;
    name = ald_buf_str(&text);
    good = good && name.size > 0 && memchr(name.data, '\0', name.size) == NULL;
    for (size_t i = 0; good && i <= name.size; i++) {
        char c = i < name.size ? name.data[i] : '\0';

        links->principal[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    ald_buf_fini(&text);
    return good && !name_is_of_host(ald_str(links->principal));
}

/* The next name of a control that nobody has: an agent may have called itself so. */
static struct ald_str control_name(struct ald_links *links)
{
    struct ald_channel_view channel;
    uint64_t cursor;

    do {
        (void)snprintf(links->target, sizeof(links->target), "control-%" PRIu64, ++links->last_control);
        cursor = 0;
    } while (links->edge != NULL &&
             ald_hub_next_channel(ald_edge_hub(links->edge), ald_str(links->target), &cursor, &channel));
    return ald_str(links->target);
}

/* link.md 6.2: the token of a user names him, whatever the case, and has no time of its own if it does not say one. */
static bool vouch_control(struct ald_links *links, struct ald_signal *signal, struct ald_shown *shown)
{
    if (!vouch_audience(links, signal, "user", NULL)) {
        return false;
    }
    if (!user_read(links)) {
        return vouch_refuse(signal, "invalid user");
    }
    if (!ald_jwt_time(&links->jwt, "iat", &shown->issued)) {
        shown->issued = 0;
    }
    signal->target = control_name(links);
    return true;
}

/* link.md 6.2: the token of a host is for one id, and has to say when it was made. */
static bool vouch_host(struct ald_links *links, struct ald_signal *signal, struct ald_shown *shown)
{
    const char *claim = ald_jwt_is_for(&links->jwt, ALD_STR("host")) ? "host" : "slave";
    struct ald_link_address asked;
    int64_t id = 0;

    if (!vouch_audience(links, signal, "host", "slave")) {
        return false;
    }
    if (!ald_jwt_time(&links->jwt, "iat", &shown->issued)) {
        return vouch_refuse(signal, "invalid token");
    }
    if (ald_json_i64(ald_jwt_claim(&links->jwt, claim), &id) != 0 ||
        !ald_link_target_read(links->aliases, signal->target, &asked) || asked.type != ALD_LINK_HOST_KIND ||
        asked.id != id) {
        return vouch_refuse(signal, "missmatched host id"); /* spelled so (link.md 2.11) */
    }
    (void)snprintf(links->principal, sizeof(links->principal), "host-%" PRId64, id);
    return true;
}

/* --- a host that is there already --------------------------------------------------------------------------------- */

/* Where a peer comes from, without the port, which is another one each time; this machine is one place. */
static struct ald_str peer_place(struct ald_str peer)
{
    size_t end = peer.size;

    if (ald_str_starts(peer, ALD_STR("unix:"))) {
        return ALD_STR("unix:");
    }
    while (end > 0 && peer.data[end - 1] != ':') {
        end--;
    }
    return ald_str_of(peer.data, end);
}

/*
 * "Host already connected from another address" (link.md 7.2): two processes of one id would put each other out for ever. One whose
 * connection is lost may have moved, and need not wait for the end of its session as at the original, whose refusal ends it.
 */
static bool host_is_elsewhere(const struct ald_links *links, struct ald_str target, const struct ald_peer *peer)
{
    struct ald_str place = peer_place(peer->has_ids ? ALD_STR("unix:") : ald_str(peer->address));
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    while (links->edge != NULL && ald_hub_next_channel(ald_edge_hub(links->edge), target, &cursor, &channel)) {
        bool is_host = ald_str_equal(channel.dialect, ALD_STR("link")); /* whoever else has the name, the hub says so */

        if (is_host && channel.state == ALD_CHANNEL_LIVE && !ald_str_equal(peer_place(channel.peer), place)) {
            return true;
        }
    }
    return false;
}

void ald_links_vouch(struct ald_links *links, const struct ald_peer *peer, struct ald_signal *signal,
                     struct ald_shown *shown)
{
    bool is_control = signal->greeting->is_control;

    if (!vouch_verify(links, signal) ||
        !(is_control ? vouch_control(links, signal, shown) : vouch_host(links, signal, shown))) {
        return;
    }
    shown->proved = ald_str(links->principal);
    signal->principal = shown->proved;
    if (!is_control && host_is_elsewhere(links, signal->target, peer)) {
        signal->taken = ALD_TAKEN_REFUSE;
    }
}

/* --- tokens of sessions ------------------------------------------------------------------------------------------- */

int ald_links_session_token(struct ald_links *links, uint64_t session, uint64_t issued, struct ald_buf *out)
{
    char payload[128];
    int size = snprintf(payload, sizeof(payload), "{\"aud\":\"%s\",\"sid\":%" PRIu64 ",\"iat\":%" PRIu64 "}",
                        links->audience, session, issued);
    int r;

    ald_assert(size > 0 && (size_t)size < sizeof(payload));
    r = ald_jwt_sign(ald_str_of(payload, (size_t)size), ald_secret_key(&links->secret), out);
    return r < 0 ? ald_trace(r) : r;
}

uint64_t ald_links_session_of(struct ald_links *links, struct ald_str token, uint64_t *ret_issued)
{
    uint64_t session = 0;

    if (ald_jwt_read(token, &links->jwt) != 0 ||
        ald_jwt_verify(&links->jwt, ald_secret_key(&links->secret), links_now()) != 0 ||
        !ald_jwt_is_for(&links->jwt, ald_str(links->audience)) || !ald_jwt_time(&links->jwt, "iat", ret_issued) ||
        ald_json_u64(ald_jwt_claim(&links->jwt, "sid"), &session) != 0) {
        return 0;
    }
    return session;
}
