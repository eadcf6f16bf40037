#include "daemon/doors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/printable.h"
#include "daemon/log.h"
#include "daemon/settings.h"
#include "transport/stream.h"
#include "transport/tls.h"

/* NULL for the empty setting. */
static const char *path_of(const struct ald_config *config, enum ald_config_key key)
{
    const char *path = ald_config_text(config, key);

    return path[0] != '\0' ? path : NULL;
}

static int file_check(const struct ald_config *config, enum ald_config_key key, struct ald_config_why *why)
{
    const char *path = path_of(config, key);
    char quoted[256];

    if (path == NULL || access(path, R_OK) == 0) {
        return 0;
    }
    (void)ald_printable(ald_str(path), quoted, sizeof(quoted));
    return ald_config_fault(config, key, why, "%s cannot be read: %s", quoted, strerror(errno));
}

/* TLS says which file is at fault in its own words; the key is the one that names it. */
static int tls_fault(const struct ald_config *config, const struct ald_doors_tls_keys *keys, const struct ald_why *why,
                     struct ald_config_why *ret_why)
{
    const enum ald_config_key others[] = {keys->key, keys->ca};

    for (size_t i = 0; i < ALD_COUNT(others); i++) {
        const char *path = path_of(config, others[i]);

        if (path != NULL && strstr(why->text, path) != NULL) {
            return ald_config_fault(config, others[i], ret_why, "%s", why->text);
        }
    }
    return ald_config_fault(config, keys->cert, ret_why, "%s", why->text);
}

int ald_doors_tls_of(const struct ald_config *config, const struct ald_doors_tls_keys *keys, struct ald_tls **ret_tls,
                     struct ald_config_why *ret_why)
{
    const enum ald_config_key files[] = {keys->cert, keys->key, keys->ca};
    struct ald_tls_server_spec spec = {
        .cert_file = path_of(config, keys->cert),
        .key_file = path_of(config, keys->key),
        .client_ca_file = path_of(config, keys->ca),
        .client_may_be_bare = keys->client_may_be_bare,
    };
    struct ald_why why = {""};
    int r;

    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        if (file_check(config, files[i], ret_why) != 0) {
            return ALD_CONFIG_BAD;
        }
    }
    if (spec.cert_file == NULL) {
        *ret_tls = NULL;
        return 0;
    }
    r = ald_tls_server_new(&spec, ret_tls, &why);
    if (r == ALDIS_E_TLS) {
        return tls_fault(config, keys, &why, ret_why);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_doors_tls(const struct ald_config *config, struct ald_tls **ret_tls, struct ald_config_why *ret_why)
{
    const struct ald_doors_tls_keys keys = {
        .cert = ALD_KEY_HTTP_TLS_CERT,
        .key = ALD_KEY_HTTP_TLS_KEY,
        .ca = ALD_KEY_HTTP_TLS_CLIENT_CA,
        .client_may_be_bare = path_of(config, ALD_KEY_AUTH_TOKENS) != NULL,
    };
    int r = ald_doors_tls_of(config, &keys, ret_tls, ret_why);

    return r < 0 ? ald_trace(r) : r;
}

int ald_doors_add(struct ald_doors *doors, struct ald_edge *edge, const struct ald_door_spec *spec,
                  const struct ald_config *config, enum ald_config_key key, struct ald_config_why *ret_why)
{
    struct ald_why why = {""};
    int r;

    if (doors->n == ALD_DOORS_MAX) {
        return ald_config_fault(config, key, ret_why, "more than %d doors", ALD_DOORS_MAX);
    }
    r = ald_door_open(edge, spec, &doors->doors[doors->n], &why);
    if (r == ALDIS_E_NOMEM) {
        return ald_trace(r);
    }
    if (r < 0) {
        return ald_config_fault(config, key, ret_why, "%s", why.text[0] != '\0' ? why.text : ald_error_text(r));
    }
    doors->n++;
    return 0;
}

/* Who listens on the way has the tokens of everybody. It may be a private network, so it is said and no more. */
static void tokens_warn(const struct ald_config *config, const struct ald_door *door)
{
    if (path_of(config, ALD_KEY_AUTH_TOKENS) != NULL && path_of(config, ALD_KEY_HTTP_TLS_CERT) == NULL &&
        !ald_door_loopback(door)) {
        ald_log(ALD_LOG_WARNING, "tokens cross the network in the clear; set [http] tls_cert",
                {"door", ald_str(ald_door_name(door))}, {"address", ald_str(ald_door_address(door))});
    }
}

static int http_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_door_spec *spec,
                     const struct ald_config *config, struct ald_config_why *ret_why)
{
    struct ald_str list = ald_str(ald_config_text(config, ALD_KEY_HTTP_LISTEN));
    bool known = ald_config_number(config, ALD_KEY_HTTP_INSECURE) != 0 ||
                 path_of(config, ALD_KEY_HTTP_TLS_CLIENT_CA) != NULL || path_of(config, ALD_KEY_AUTH_TOKENS) != NULL;
    struct ald_config_address address;
    int r;

    spec->name = "http";
    spec->names = ald_config_text(config, ALD_KEY_HTTP_NAMES);
    while (ald_config_address_next(&list, &address)) {
        spec->listen.place = (struct ald_place){ALD_BOTTOM_TCP, address.host, address.port};
        r = ald_doors_add(doors, edge, spec, config, ALD_KEY_HTTP_LISTEN, ret_why);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
        /* The names were judged before (config_check.c); this is what they turned out to be. */
        if (!known && !ald_door_loopback(doors->doors[doors->n - 1])) {
            return ald_config_fault(config, ALD_KEY_HTTP_LISTEN, ret_why, "%s can be reached from other machines",
                                    ald_door_address(doors->doors[doors->n - 1]));
        }
        tokens_warn(config, doors->doors[doors->n - 1]);
    }
    return 0;
}

void ald_doors_make_folder(const char *path, unsigned mode)
{
    char folder[256];
    const char *slash = strrchr(path, '/');
    size_t size = slash != NULL ? (size_t)(slash - path) : 0;

    if (size == 0 || size >= sizeof(folder)) {
        return;
    }
    memcpy(folder, path, size);
    folder[size] = '\0';
    /* What cannot be made is missed when the socket is bound, which says so. */
    ald_ignore(mkdir(folder, (mode & 077) != 0 ? 0755 : 0700));
}

static int unix_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_door_spec *spec,
                     const struct ald_config *config, struct ald_config_why *ret_why)
{
    const char *path = path_of(config, ALD_KEY_UNIX_PATH);
    unsigned mode = (unsigned)ald_config_number(config, ALD_KEY_UNIX_MODE);
    int r;

    if (path == NULL) {
        return 0;
    }
    ald_doors_make_folder(path, mode);
    spec->name = "unix";
    spec->names = NULL; /* no browser comes in here */
    spec->listen.place = (struct ald_place){ALD_BOTTOM_UNIX, path, 0};
    spec->listen.unix_mode = mode;
    spec->listen.tls = NULL;
    r = ald_doors_add(doors, edge, spec, config, ALD_KEY_UNIX_PATH, ret_why);
    return r < 0 ? ald_trace(r) : r;
}

int ald_doors_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_pages pages,
                   const struct ald_config *config, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    struct ald_stream_options options;
    struct ald_door_spec spec = {
        .listen = {.options = &options},
        .limits = ald_settings_door(config),
        .pages = pages,
    };
    int r;

    ald_settings_stream(config, &options);
    r = ald_doors_tls(config, &tls, ret_why);
    if (r == 0) {
        spec.listen.tls = tls;
        r = http_open(doors, edge, &spec, config, ret_why);
    }
    if (r == 0) {
        r = unix_open(doors, edge, &spec, config, ret_why);
    }
    return r < 0 ? ald_trace(r) : r;
}

void ald_doors_close(struct ald_doors *doors)
{
    while (doors->n > 0) {
        doors->n--;
        doors->doors[doors->n] = ald_door_close(doors->doors[doors->n]);
    }
}
