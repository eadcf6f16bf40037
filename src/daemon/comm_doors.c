#include "daemon/comm_doors.h"

#include <string.h>

#include "base/error.h"
#include "daemon/settings.h"
#include "transport/stream.h"
#include "transport/tls.h"
#include "transport/udp.h"
#include "wire/communicator/communicator.h"

/* What all of them have in common while they are opened. */
struct opening {
    struct ald_doors *doors;
    struct ald_edge *edge;
    const struct ald_config *config;
    struct ald_config_why *why;
    struct ald_stream_options options;
    struct ald_door_lines lines;
    struct ald_door_spec spec;
};

static const char *text_of(const struct ald_config *config, enum ald_config_key key)
{
    const char *text = ald_config_text(config, key);

    return text[0] != '\0' ? text : NULL;
}

int ald_comm_doors_tls(const struct ald_config *config, struct ald_tls **ret_tls, struct ald_config_why *ret_why)
{
    const struct ald_doors_tls_keys keys = {
        .cert = ALD_KEY_COMMUNICATOR_TLS_CERT,
        .key = ALD_KEY_COMMUNICATOR_TLS_KEY,
        .ca = ALD_KEY_COMMUNICATOR_TLS_CA,
        /* Whoever has another way to say who he is needs no certificate. */
        .client_may_be_bare =
            text_of(config, ALD_KEY_AUTH_TOKENS) != NULL || text_of(config, ALD_KEY_COMMUNICATOR_USERNAME) != NULL,
    };
    int r = ald_doors_tls_of(config, &keys, ret_tls, ret_why);

    return r < 0 ? ald_trace(r) : r;
}

static int unix_open(struct opening *opening)
{
    const char *path = text_of(opening->config, ALD_KEY_COMMUNICATOR_UNIX);
    int r;

    if (path == NULL) {
        return 0;
    }
    opening->spec.name = "communicator-unix";
    opening->spec.listen.place = (struct ald_place){ALD_BOTTOM_UNIX, path, 0};
    opening->spec.listen.unix_mode = (unsigned)ald_config_number(opening->config, ALD_KEY_COMMUNICATOR_UNIX_MODE);
    opening->spec.listen.unix_group = text_of(opening->config, ALD_KEY_COMMUNICATOR_UNIX_GROUP);
    ald_doors_make_folder(path, opening->spec.listen.unix_mode);
    r = ald_doors_add(opening->doors, opening->edge, &opening->spec, opening->config, ALD_KEY_COMMUNICATOR_UNIX,
                      opening->why);
    return r < 0 ? ald_trace(r) : r;
}

/* One door each address of the list. */
static int tcp_open(struct opening *opening, enum ald_config_key key)
{
    struct ald_str list = ald_str(ald_config_text(opening->config, key));
    struct ald_config_address address;

    while (ald_config_address_next(&list, &address)) {
        int r;

        opening->spec.listen.place = (struct ald_place){ALD_BOTTOM_TCP, address.host, address.port};
        r = ald_doors_add(opening->doors, opening->edge, &opening->spec, opening->config, key, opening->why);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    return 0;
}

static int local_open(struct opening *opening)
{
    int r;

    opening->lines.variant = ALD_COMMUNICATOR_SERVICE;
    r = unix_open(opening);
    opening->spec.name = "communicator-tcp";
    r = r != 0 ? r : tcp_open(opening, ALD_KEY_COMMUNICATOR_TCP);
    return r < 0 ? ald_trace(r) : r;
}

static int remote_open(struct opening *opening)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    int r;

    opening->lines.variant = ALD_COMMUNICATOR_OPEN;
    opening->lines.credentials = text_of(opening->config, ALD_KEY_COMMUNICATOR_USERNAME) != NULL;
    opening->spec.name = "communicator-remote";
    opening->lines.turned_away = "REFUSE\n"; /* "REFUSE without parameter" (communicator 6.2) */
    r = tcp_open(opening, ALD_KEY_COMMUNICATOR_REMOTE);
    opening->lines.turned_away = NULL; /* over TLS nobody hears a word before the handshake */
    if (r == 0 && text_of(opening->config, ALD_KEY_COMMUNICATOR_SECURE) != NULL) {
        r = ald_comm_doors_tls(opening->config, &tls, opening->why);
        opening->spec.name = "communicator-secure";
        opening->spec.listen.tls = tls;
        r = r != 0 ? r : tcp_open(opening, ALD_KEY_COMMUNICATOR_SECURE);
        opening->spec.listen.tls = NULL;
    }
    return r < 0 ? ald_trace(r) : r;
}

/* A receiver on an address, or on an interface. */
static int udp_add(struct opening *opening, enum ald_config_key key, const char *host, const char *interface,
                   uint16_t port)
{
    const struct ald_udp_spec udp = {
        .host = host,
        .interface = interface,
        .port = port,
        .size_max = ALD_COMMUNICATOR_DATAGRAM_MAX,
    };
    int r;

    opening->spec.udp = &udp;
    r = ald_doors_add(opening->doors, opening->edge, &opening->spec, opening->config, key, opening->why);
    opening->spec.udp = NULL;
    return r < 0 ? ald_trace(r) : r;
}

static int udp_open(struct opening *opening)
{
    struct ald_str list = ald_str(ald_config_text(opening->config, ALD_KEY_COMMUNICATOR_UDP));
    struct ald_config_address address;
    int r = 0;

    opening->lines.variant = ALD_COMMUNICATOR_DATAGRAM;
    opening->lines.credentials = text_of(opening->config, ALD_KEY_COMMUNICATOR_SECRET) != NULL;
    opening->spec.name = "communicator-udp";
    while (r == 0 && ald_config_address_next(&list, &address)) {
        r = udp_add(opening, ALD_KEY_COMMUNICATOR_UDP, address.host, NULL, address.port);
    }
    opening->spec.name = "communicator-broadcast";
    list = ald_str(ald_config_text(opening->config, ALD_KEY_COMMUNICATOR_BROADCAST));
    while (r == 0 && ald_config_address_next(&list, &address)) {
        r = udp_add(opening, ALD_KEY_COMMUNICATOR_BROADCAST, NULL, address.host, address.port);
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_doors_open(struct ald_doors *doors, struct ald_edge *edge, struct ald_door_group *group,
                        const struct ald_config *config, struct ald_config_why *ret_why)
{
    struct opening opening = {
        .doors = doors,
        .edge = edge,
        .config = config,
        .why = ret_why,
        .lines =
            {
                .dialect = &ald_communicator,
                .hello_timeout = ald_config_number(config, ALD_KEY_COMMUNICATOR_HELLO_TIMEOUT),
                .group = group,
            },
        .spec = {.limits = ald_settings_door(config)},
    };
    int r;

    opening.spec.lines = &opening.lines;
    opening.spec.listen.options = &opening.options;
    ald_settings_stream(config, &opening.options);
    group->max = (uint32_t)ald_config_number(config, ALD_KEY_COMMUNICATOR_MAX_CONNECTIONS);
    r = local_open(&opening);
    r = r != 0 ? r : udp_open(&opening);
    opening.lines.credentials = false;
    r = r != 0 ? r : remote_open(&opening);
    return r < 0 ? ald_trace(r) : r;
}

const struct ald_door *ald_doors_find(const struct ald_doors *doors, const char *name)
{
    for (size_t i = 0; i < doors->n; i++) {
        if (strcmp(ald_door_name(doors->doors[i]), name) == 0) {
            return doors->doors[i];
        }
    }
    return NULL;
}
