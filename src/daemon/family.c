#include "daemon/family.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/comm_doors.h"
#include "daemon/family_impl.h"
#include "daemon/log.h"
#include "daemon/neighbor.h"
#include "daemon/services.h"
#include "hub/view.h"
#include "loop/random.h"
#include "transport/tls.h"

struct ald_str ald_family_text(const struct ald_family *family, enum ald_config_key key)
{
    struct ald_str text = ald_str(ald_config_text(family->config, key));

    return text.size > 0 ? text : ALD_STR_NONE;
}

/* --- services ----------------------------------------------------------------------------------------------------- */

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. On failure the old ones stay. */
static int services_read(struct ald_family *family)
{
    struct ald_str folder = ald_family_text(family, ALD_KEY_COMMUNICATOR_SERVICES_DIR);
    struct ald_buf list;
    size_t skipped = 0;
    int r;

    if (!ald_str_present(folder)) {
        return 0;
    }
    ald_buf_init(&list, ALD_SERVICES_BYTES_MAX);
    r = ald_services_list(folder.data, &list, &skipped);
    if (r != 0) {
        int error = errno;

        ald_buf_fini(&list);
        errno = error;
        return r < 0 ? ald_trace(r) : r;
    }
    if (skipped > 0) {
        ald_log(ALD_LOG_WARNING, "files whose name is no service's are left out", {"folder", folder});
    }
    ald_buf_fini(&family->services);
    family->services = list;
    family->identity.services = ald_buf_str(&family->services);
    if (family->neighbors != NULL) {
        ald_neighbors_identify(family->neighbors);
    }
    return 0;
}

static const char *services_fault(int r)
{
    return r == ALD_BUF_FULL ? "more names than a machine has" : r == ALDIS_E_IO ? strerror(errno) : ald_error_text(r);
}

/* At the start there are no old ones that could hold. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int family_read_services(struct ald_family *family, struct ald_config_why *why)
{
    int r = services_read(family);

    if (r == ALDIS_E_NOMEM) {
        return ald_trace(r);
    }
    if (r != 0) {
        return ald_config_fault(family->config, ALD_KEY_COMMUNICATOR_SERVICES_DIR, why, "%s: %s",
                                ald_config_text(family->config, ALD_KEY_COMMUNICATOR_SERVICES_DIR), services_fault(r));
    }
    return 0;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int ald_family_new(const struct ald_family_spec *spec, struct ald_family **ret_family, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_family_free) struct ald_family *family = calloc(1, sizeof(*family));
    int r;

    if (family == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    family->config = spec->config;
    family->loop = spec->loop;
    family->stop = spec->stop;
    family->owner = spec->owner;
    family->flags = spec->flags;
    family->links = spec->links;
    ald_buf_init(&family->services, ALD_SERVICES_BYTES_MAX);
    ald_buf_init(&family->neighbor_list, (size_t)NEIGHBORS_MAX * ALD_INET_TEXT);
    ald_family_init_gate(family);
    family->identity.hub = ald_family_text(family, ALD_KEY_HUB_ID);
    family->identity.secret = ald_family_text(family, ALD_KEY_COMMUNICATOR_SECRET);
    family->identity.link_alias = ald_family_text(family, ALD_KEY_LINK_ALIAS);
    r = family_read_services(family, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_family = ald_steal(&family);
    return 0;
}

struct ald_family *ald_family_free(struct ald_family *family)
{
    if (family == NULL) {
        return NULL;
    }
    ald_family_end(family);
    ald_buf_fini(&family->services);
    ald_buf_fini(&family->neighbor_list);
    free(family);
    return NULL;
}

const struct ald_gate *ald_family_gate(const struct ald_family *family)
{
    return &family->gate;
}

const struct ald_identity *ald_family_identity(const struct ald_family *family)
{
    return &family->identity;
}

struct ald_door_group *ald_family_group(struct ald_family *family)
{
    return &family->group;
}

/* Where other hubs call this one: what the settings say, else where it can be found. Absent: nowhere. */
static void family_find_address(struct ald_family *family, const struct ald_doors *doors)
{
    struct ald_str set = ald_family_text(family, ALD_KEY_COMMUNICATOR_MY_ADDRESS);
    const struct ald_door *remote = ald_doors_find(doors, "communicator-remote");
    const struct ald_door *secure = ald_doors_find(doors, "communicator-secure");
    struct ald_inet inet;

    if (!ald_str_present(set) && (remote != NULL || secure != NULL)) {
        set = ald_str(ald_door_address(remote != NULL ? remote : secure));
    }
    if (ald_str_present(set) && ald_inet_parse(set, ALD_NEIGHBOR_PORT, &inet) == 0 && !ald_inet_any(&inet)) {
        ald_inet_format(&inet, family->address);
        family->identity.address = ald_str(family->address);
    }
}

/* Errors: ALDIS_E_NOMEM. */
static int family_tell_addresses(struct ald_family *family, const struct ald_doors *doors)
{
    const struct ald_door *remote = ald_doors_find(doors, "communicator-remote");
    const struct ald_door *secure = ald_doors_find(doors, "communicator-secure");
    const struct ald_news news = {
        .topic = ALD_TOPIC_ADDRESSES,
        .name = remote != NULL ? ald_str(ald_door_address(remote)) : ALD_STR_NONE,
        .detail = secure != NULL ? ald_str(ald_door_address(secure)) : ALD_STR_NONE,
    };
    int r = ald_edge_news(family->edge, &news);

    return r < 0 ? ald_trace(r) : 0;
}

/* Gives what proves neighbors that are called over TLS; NULL when there are none. Outcome: ALD_CONFIG_BAD. Errors:
 * ALDIS_E_NOMEM. */
static int family_make_tls(const struct ald_family *family, struct ald_tls **ret_tls, struct ald_config_why *why)
{
    const struct ald_tls_client_spec spec = {
        .ca_file = ald_family_text(family, ALD_KEY_COMMUNICATOR_TLS_CA).data,
        /* The hub shows what it is as it does at its own door; who asks for nothing does not see it. */
        .cert_file = ald_family_text(family, ALD_KEY_COMMUNICATOR_TLS_CERT).data,
        .key_file = ald_family_text(family, ALD_KEY_COMMUNICATOR_TLS_KEY).data,
    };
    struct ald_str neighbors = ald_family_text(family, ALD_KEY_COMMUNICATOR_NEIGHBORS);
    struct ald_why tls_why = {""};
    int r;

    if (ald_str_find(neighbors, ALD_STR("cds://")) == neighbors.size) {
        return 0;
    }
    r = ald_tls_client_new(&spec, ret_tls, &tls_why);
    if (r == ALDIS_E_TLS) {
        return ald_config_fault(family->config, ALD_KEY_COMMUNICATOR_TLS_CA, why, "%s", tls_why.text);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_family_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    struct ald_family family = {.config = config};
    int r;

    ald_buf_init(&family.services, ALD_SERVICES_BYTES_MAX);
    r = family_read_services(&family, ret_why);
    r = r != 0 ? r : family_make_tls(&family, &tls, ret_why);
    ald_buf_fini(&family.services);
    return r < 0 ? ald_trace(r) : r;
}

/* `name` in data_dir, if there is one. False: memory is short. */
static bool path_in_data(const struct ald_family *family, const char *name, char **ret_path)
{
    const char *folder = ald_family_text(family, ALD_KEY_COMMUNICATOR_DATA_DIR).data;

    *ret_path = NULL;
    if (folder != NULL && asprintf(ret_path, "%s/%s", folder, name) < 0) {
        *ret_path = NULL;
        return false;
    }
    return true;
}

/* Neighbors there may be wherever others can call this hub, or are to be called. Outcome: ALD_CONFIG_BAD. Errors:
 * ALDIS_E_NOMEM. */
static int family_start_neighbors(struct ald_family *family, struct ald_config_why *why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    struct ald_neighbors_spec spec = {
        .edge = family->edge,
        .configured = ald_family_text(family, ALD_KEY_COMMUNICATOR_NEIGHBORS),
        .username = ald_family_text(family, ALD_KEY_COMMUNICATOR_USERNAME),
        .password = ald_family_text(family, ALD_KEY_COMMUNICATOR_PASSWORD),
        .identity = &family->identity,
        .hello_timeout = ald_config_number(family->config, ALD_KEY_COMMUNICATOR_HELLO_TIMEOUT),
        .gossip_max = ald_config_number(family->config, ALD_KEY_COMMUNICATOR_GOSSIP_MAX),
        .seed = ald_random_seed(),
        .callbacks = &ald_family_neighbor_callbacks,
        .owner = family,
    };
    char *path = NULL;
    int r;

    if (ald_inet_parse(family->identity.address, ALD_NEIGHBOR_PORT, &spec.ours) != 0) {
        return 0; /* nobody can call us: then we call nobody */
    }
    r = family_make_tls(family, &tls, why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (!path_in_data(family, "neighbors.txt", &path)) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    spec.tls = tls;
    spec.path = path;
    r = ald_neighbors_new(&spec, &family->neighbors);
    free(path);
    return r < 0 ? ald_trace(r) : 0;
}

/* Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int family_start_peers(struct ald_family *family, struct ald_config_why *why)
{
    int r = 0;

    if (ald_str_present(ald_family_text(family, ALD_KEY_HUB_PEERS))) {
        r = ald_peers_new(family->config, family->edge, ald_random_seed(), &ald_family_peer_callbacks, family,
                          &family->peers, why);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. */
static int family_start_loads(struct ald_family *family)
{
    struct ald_loads_spec spec = {
        .edge = family->edge, .hub = family->identity.hub, .address = family->identity.address};
    char *path = NULL;
    int r;

    if (!path_in_data(family, "loadavg.lavg", &path)) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    spec.path = path;
    r = ald_loads_new(&spec, &family->loads);
    free(path);
    return r < 0 ? ald_trace(r) : 0;
}

/* Errors: ALDIS_E_NOMEM. */
static int family_start_lookout(struct ald_family *family)
{
    char *path = NULL;
    int r = 0;

    if (!path_in_data(family, "cluster-status.txt", &path)) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (path != NULL || family->flags != NULL) {
        r = ald_lookout_new(family->edge, path, ald_family_troubled, family, &family->lookout);
    }
    free(path);
    return r < 0 ? ald_trace(r) : 0;
}

/* Somebody of the family comes in here, or is called. */
static bool family_is_wanted(const struct ald_family *family)
{
    static const enum ald_config_key keys[] = {
        ALD_KEY_COMMUNICATOR_UNIX,      ALD_KEY_COMMUNICATOR_TCP,    ALD_KEY_COMMUNICATOR_UDP,
        ALD_KEY_COMMUNICATOR_BROADCAST, ALD_KEY_COMMUNICATOR_REMOTE, ALD_KEY_COMMUNICATOR_SECURE,
        ALD_KEY_COMMUNICATOR_NEIGHBORS,
    };

    for (size_t i = 0; i < ALD_COUNT(keys); i++) {
        if (ald_str_present(ald_family_text(family, keys[i]))) {
            return true;
        }
    }
    return false;
}

/* Outcome: ALD_CONFIG_BAD. Errors: as ald_family_start(). */
static int family_start_all(struct ald_family *family, const struct ald_doors *doors, struct ald_config_why *why)
{
    int r;

    family_find_address(family, doors);
    r = family_tell_addresses(family, doors);
    r = r < 0 ? r : family_start_neighbors(family, why);
    r = r != 0 ? r : family_start_loads(family);
    r = r != 0 ? r : ald_clock_new(family->loop, ald_family_clock_changed, family, &family->clock);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (family->identity.services.size > 0) {
        ald_edge_expect(family->edge, family->identity.services);
    }
    return 0;
}

int ald_family_start(struct ald_family *family, struct ald_edge *edge, const struct ald_doors *doors,
                     struct ald_config_why *ret_why)
{
    int r;

    family->edge = edge;
    family->porter.edge = edge;
    family->identity.boot = ald_hub_boot(ald_edge_hub(edge));
    r = family_start_peers(family, ret_why);
    if (r == 0 && (family->peers != NULL || family_is_wanted(family))) {
        r = family_start_lookout(family);
    }
    if (r == 0 && family_is_wanted(family)) {
        r = family_start_all(family, doors, ret_why);
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_family_count(family);
    return 0;
}

void ald_family_reload(struct ald_family *family)
{
    int r = services_read(family);

    if (r != 0) {
        ald_log(ALD_LOG_ERROR, "the services are not read again; the old ones hold",
                {"why", ald_str(services_fault(r))});
    } else if (family->edge != NULL) {
        ald_edge_expect(family->edge, family->identity.services);
    }
}

void ald_family_end(struct ald_family *family)
{
    if (family == NULL) {
        return;
    }
    ald_task_cancel(&family->stop_task);
    ald_alarm_stop(family->loop, &family->refused_alarm);
    family->lookout = ald_lookout_free(family->lookout);
    family->loads = ald_loads_free(family->loads);
    family->clock = ald_clock_free(family->clock);
    family->peers = ald_peers_free(family->peers);
    family->neighbors = ald_neighbors_free(family->neighbors);
    family->edge = NULL;
}
