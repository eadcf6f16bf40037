#include "daemon/family.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/comm_doors.h"
#include "daemon/log.h"
#include "daemon/neighbor.h"
#include "daemon/porter.h"
#include "daemon/services.h"
#include "loop/loop.h"

struct ald_family {
    const struct ald_config *config;
    struct ald_loop *loop;
    void (*stop)(void *owner, enum ald_operation operation);
    void *owner;
    struct ald_edge *edge; /* from start to end */
    struct ald_gate gate;
    struct ald_porter porter;
    struct ald_identity identity;
    struct ald_door_group group;
    struct ald_buf services;     /* what identity.services shows */
    char address[ALD_INET_TEXT]; /* what identity.address shows */
    struct ald_task stop_task;
    enum ald_operation stop_how;
};

static struct ald_str text_of(const struct ald_family *family, enum ald_config_key key)
{
    struct ald_str text = ald_str(ald_config_text(family->config, key));

    return text.size > 0 ? text : ALD_STR_NONE;
}

/* --- what is asked of the whole hub ------------------------------------------------------------------------------- */

/* Not at once: whoever asked is still being heard, and the hub tells others of it before it stops. */
static void family_stop(void *owner)
{
    struct ald_family *family = owner;

    family->stop(family->owner, family->stop_how);
}

static void gate_operate(void *owner, enum ald_operation operation, struct ald_str text, bool told ALD_UNUSED)
{
    struct ald_family *family = owner;

    switch (operation) {
    case ALD_OPERATE_STOP:
    case ALD_OPERATE_SHUTDOWN:
        family->stop_how = operation;
        ald_task_push(family->loop, &family->stop_task);
        break;
    case ALD_OPERATE_ROTATE_LOGS:
        ald_log(ALD_LOG_INFO, "the log is standard error; whoever keeps it turns it over",
                {"asked", ALD_STR("LOG_ROTATE")});
        break;
    case ALD_OPERATE_FORGET:
        ald_log(ALD_LOG_INFO, "a neighbor is forgotten", {"address", text});
        break;
    case ALD_N_OPERATIONS:
        break;
    }
}

static bool gate_admits(void *owner, const struct ald_peer *peer, struct ald_str username, struct ald_str password)
{
    struct ald_family *family = owner;

    return ald_porter_admits(&family->porter, peer, username, password);
}

static bool gate_may_operate(void *owner, const struct ald_peer *peer)
{
    const struct ald_family *family = owner;

    return ald_porter_may_operate(&family->porter, peer);
}

/* --- what others say ---------------------------------------------------------------------------------------------- */

static void gate_neighbors(void *owner ALD_UNUSED, struct ald_str addresses ALD_UNUSED, bool call ALD_UNUSED)
{
}

static void gate_linked(void *owner ALD_UNUSED, struct ald_str address ALD_UNUSED, bool there ALD_UNUSED)
{
}

static void gate_news(void *owner ALD_UNUSED, const struct ald_news *news ALD_UNUSED)
{
}

static void gate_asked(void *owner ALD_UNUSED, enum ald_topic topic ALD_UNUSED)
{
}

/* --- services ----------------------------------------------------------------------------------------------------- */

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. On failure the old ones stay. */
static int services_read(struct ald_family *family)
{
    struct ald_str folder = text_of(family, ALD_KEY_COMMUNICATOR_SERVICES_DIR);
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
    return 0;
}

static const char *services_fault(int r)
{
    return r == ALD_BUF_FULL ? "more names than a machine has" : r == ALDIS_E_IO ? strerror(errno) : ald_error_text(r);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void family_init_gate(struct ald_family *family)
{
    family->gate = (struct ald_gate){
        .admits = gate_admits,
        .may_operate = gate_may_operate,
        .operate = gate_operate,
        .neighbors = gate_neighbors,
        .linked = gate_linked,
        .news = gate_news,
        .asked = gate_asked,
        .owner = family,
    };
    family->porter.username = text_of(family, ALD_KEY_COMMUNICATOR_USERNAME);
    family->porter.password = text_of(family, ALD_KEY_COMMUNICATOR_PASSWORD);
    family->porter.admin_group = text_of(family, ALD_KEY_COMMUNICATOR_ADMIN_GROUP).data;
}

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
    ald_task_init(&family->stop_task, family_stop, family);
    ald_buf_init(&family->services, ALD_SERVICES_BYTES_MAX);
    family_init_gate(family);
    family->identity.hub = text_of(family, ALD_KEY_HUB_ID);
    family->identity.secret = text_of(family, ALD_KEY_COMMUNICATOR_SECRET);
    r = services_read(family);
    if (r == ALDIS_E_NOMEM) {
        return ald_trace(r);
    }
    if (r != 0) {
        return ald_config_fault(family->config, ALD_KEY_COMMUNICATOR_SERVICES_DIR, ret_why, "%s: %s",
                                ald_config_text(family->config, ALD_KEY_COMMUNICATOR_SERVICES_DIR), services_fault(r));
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
    struct ald_str set = text_of(family, ALD_KEY_COMMUNICATOR_MY_ADDRESS);
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

int ald_family_start(struct ald_family *family, struct ald_edge *edge, const struct ald_doors *doors,
                     struct ald_config_why *ret_why ALD_UNUSED)
{
    int r;

    family->edge = edge;
    family->porter.edge = edge;
    family_find_address(family, doors);
    r = family_tell_addresses(family, doors);
    if (r < 0) {
        return ald_trace(r);
    }
    if (family->identity.services.size > 0) {
        ald_edge_expect(edge, family->identity.services);
    }
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
    family->edge = NULL;
}
