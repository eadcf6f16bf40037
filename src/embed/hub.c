/*
 * A hub in a program: the daemon, on an engine, with a door that only this process can come through.
 *
 * Its clients stand on the same engine. They are listed here, because they must be off the loop before it ends,
 * whatever the program still holds of them.
 */

#include "aldis/hub.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/error.h"
#include "client/carrier.h"
#include "client/way.h"
#include "conn/door.h"
#include "daemon/config.h"
#include "daemon/config_default.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

/* The names under which clients find the hub of their own net; every hub has a net of its own. */
#define HUB_INPROC "hub"
#define HUB_INPROC_LINES "hub-lines"

/* As many as the daemon opens, and their addresses as text of ours, because the doors close while somebody asks. */
enum { HUB_DOORS_MAX = 16 };

struct hub_door {
    char name[16];
    char address[300];
};

struct aldis_hub {
    struct ald_engine *engine;
    struct ald_config *config;
    struct ald_daemon *daemon;
    struct hub_door doors[HUB_DOORS_MAX];
    size_t n_doors;
    struct ald_task dispose_task;
    struct ald_node clients; /* inside */
    atomic_bool freed;
    bool drained; /* guarded by the engine's lock */
};

/* --- the end ------------------------------------------------------------------------------------------------------ */

/* Inside: everything is off the loop. */
static void hub_end(void *owner)
{
    struct aldis_hub *hub = owner;
    struct ald_node *node;

    while ((node = ald_list_first(&hub->clients)) != NULL) {
        ALD_AUTO(ald_api_unref)
        struct aldis_client *client = ald_api_ref(ald_list_entry(node, struct aldis_client, node));

        ald_api_evict(client); /* takes it out of the list; its callbacks may let go of it */
    }
    hub->daemon = ald_daemon_free(hub->daemon);
    ald_engine_stop(hub->engine);
}

static struct aldis_hub *hub_unmake(struct aldis_hub *hub)
{
    if (hub == NULL) {
        return NULL;
    }
    ald_assert(hub->daemon == NULL);
    ald_engine_unref(hub->engine);
    ald_config_free(hub->config);
    free(hub);
    return NULL;
}
ALD_DEFINE_CLEANUP(struct aldis_hub *, hub_unmake);

static void hub_dispose_task(void *owner)
{
    struct aldis_hub *hub = owner;

    hub_end(hub);
    hub_unmake(hub);
}

struct aldis_hub *aldis_hub_free(struct aldis_hub *hub)
{
    bool running;

    if (hub == NULL || atomic_exchange(&hub->freed, true)) {
        return NULL;
    }
    running = ald_engine_running(hub->engine);
    if (ald_engine_inside(hub->engine)) {
        ald_engine_join(hub->engine);
        ald_task_push(ald_engine_loop(hub->engine), &hub->dispose_task);
        return NULL;
    }
    ald_ignore(ald_engine_do(hub->engine, hub_end, hub)); /* nobody else has stopped it */
    if (running) {
        ald_engine_join(hub->engine);
    }
    return hub_unmake(hub);
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

static int hub_read_settings(struct ald_config *config, const struct aldis_hub_options *options,
                             struct ald_config_why *why)
{
    int r = 0;

    if (options->config_file != NULL) {
        r = ald_config_read_file(config, options->config_file, why);
    }
    if (r == 0 && options->config != NULL) {
        r = ald_config_read(config, "config", ald_str(options->config), why);
    }
    for (size_t i = 0; r == 0 && options->settings != NULL && options->settings[i] != NULL; i++) {
        r = ald_config_set(config, ald_str(options->settings[i]), why);
    }
    return r == 0 ? ald_config_check_in(config, why) : r;
}

/* What nobody asked a program for: doors, files, and lines on its standard error. */
static int hub_new_config(struct ald_config **ret_config)
{
    struct ald_config_defaults defaults;

    ald_config_defaults_init(&defaults);
    defaults.fallbacks[ALD_KEY_HTTP_LISTEN] = "";
    defaults.fallbacks[ALD_KEY_UNIX_PATH] = "";
    defaults.fallbacks[ALD_KEY_LINK_SECRET] = "";
    defaults.fallbacks[ALD_KEY_LOG_LEVEL] = "error";
    return ald_config_new(defaults.fallbacks, ret_config);
}

static void hub_ended(void *owner)
{
    struct aldis_hub *hub = owner;

    ald_engine_lock(hub->engine);
    hub->drained = true;
    ald_engine_unlock(hub->engine);
}

static void hub_note_doors(struct aldis_hub *hub)
{
    const struct ald_door *door = NULL;

    while ((door = ald_daemon_next_door(hub->daemon, door)) != NULL && hub->n_doors < HUB_DOORS_MAX) {
        struct hub_door *noted = &hub->doors[hub->n_doors];

        if (!ald_str_starts(ald_str(ald_door_name(door)), ALD_STR("inproc"))) {
            snprintf(noted->name, sizeof(noted->name), "%s", ald_door_name(door));
            snprintf(noted->address, sizeof(noted->address), "%s", ald_door_address(door));
            hub->n_doors++;
        }
    }
}

static int hub_open(struct aldis_hub *hub, struct ald_config_why *why)
{
    const struct ald_daemon_host host = {
        .net = ald_engine_net(hub->engine),
        .inproc = HUB_INPROC,
        .inproc_lines = HUB_INPROC_LINES,
        .ended = hub_ended,
        .owner = hub,
    };
    int r;

    ald_log_start((enum ald_log_level)ald_config_number(hub->config, ALD_KEY_LOG_LEVEL),
                  (enum ald_log_format)ald_config_number(hub->config, ALD_KEY_LOG_FORMAT));
    r = ald_daemon_new_in(hub->config, &host, &hub->daemon, why);
    if (r == 0) {
        hub_note_doors(hub);
    }
    return r;
}

static int hub_new(const struct aldis_hub_options *options, struct ald_config_why *why, struct aldis_hub **ret_hub)
{
    ALD_AUTO(hub_unmake) struct aldis_hub *hub = calloc(1, sizeof(*hub));
    int r;

    if (hub == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_node_init(&hub->clients);
    ald_task_init(&hub->dispose_task, hub_dispose_task, hub);
    r = ald_engine_new(options->driven, &hub->engine);
    if (r == 0) {
        r = hub_new_config(&hub->config);
    }
    if (r == 0) {
        r = hub_read_settings(hub->config, options, why);
    }
    if (r == 0) {
        r = hub_open(hub, why);
    }
    if (r != 0) {
        return ald_trace(r < 0 ? r : ALDIS_E_CONFIG);
    }
    *ret_hub = ald_steal(&hub);
    return 0;
}

static void why_give(char *why, size_t why_size, const char *text)
{
    if (why != NULL && why_size > 0) {
        snprintf(why, why_size, "%s", text);
    }
}

int aldis_hub_new(const struct aldis_hub_options *options, char *why, size_t why_size, struct aldis_hub **ret_hub)
{
    static const struct aldis_hub_options defaults = {ALDIS_HUB_OPTIONS};
    struct ald_config_why words = {""};
    int r = ALDIS_E_INVALID;

    options = options != NULL ? options : &defaults;
    if (ret_hub != NULL && options->size == sizeof(*options)) {
        r = hub_new(options, &words, ret_hub);
    }
    why_give(why, why_size, r < 0 ? words.text : "");
    return r < 0 ? ald_trace(r) : 0;
}

int aldis_hub_start(struct aldis_hub *hub)
{
    return hub != NULL ? ald_engine_start(hub->engine) : ald_trace(ALDIS_E_INVALID);
}

/* --- clients in it ------------------------------------------------------------------------------------------------ */

struct admission {
    struct aldis_hub *hub;
    struct aldis_client *client;
};

static void hub_admit(void *owner)
{
    struct admission *admission = owner;

    ald_list_push_back(&admission->hub->clients, &admission->client->node); /* it leaves the list before it is gone */
}

/* What is to be spoken: the first way where nothing is said. NULL: that is none in this program. */
static const struct ald_way *hub_way(const char *const *urls)
{
    const struct ald_way *way = ald_ways_inproc;

    if (urls == NULL) {
        return way;
    }
    if (urls[0] == NULL || urls[1] != NULL) {
        return NULL;
    }
    while (way->scheme != NULL && strcmp(way->scheme, urls[0]) != 0) {
        way++;
    }
    return way->scheme != NULL ? way : NULL;
}

static int hub_client_options(const struct aldis_client_options *given, struct ald_client_options *options,
                              struct ald_why *why)
{
    static const char *const nowhere[] = {NULL};
    struct aldis_client_options wanted = {ALDIS_CLIENT_OPTIONS};
    const struct ald_way *way;
    int r;

    if (given != NULL && given->size == sizeof(*given)) {
        wanted = *given;
    } else if (given != NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    way = hub_way(wanted.urls);
    if (wanted.driven || way == NULL) {
        snprintf(why->text, sizeof(why->text),
                 "a client in a hub is driven with the hub, and its URL is inproc:, link+inproc: or cd+inproc:");
        return ald_trace(ALDIS_E_INVALID);
    }
    wanted.urls = nowhere;
    r = ald_api_options(&wanted, options, NULL, why);
    options->urls = NULL;
    options->inproc = way->carrier == &ald_carrier_bytes ? HUB_INPROC_LINES : HUB_INPROC;
    options->inproc_way = way;
    return r;
}

static int hub_client_new(struct aldis_hub *hub, const struct aldis_client_options *given, struct ald_why *why,
                          struct aldis_client **ret_client)
{
    ALD_AUTO(ald_api_unref) struct aldis_client *client = NULL;
    struct admission admission = {.hub = hub};
    struct ald_client_options options;
    int r;

    r = hub_client_options(given, &options, why);
    if (r == 0) {
        r = ald_api_client_new(hub->engine, false, &options, why, &client);
    }
    if (r < 0) {
        return r;
    }
    admission.client = client;
    r = ald_engine_do(hub->engine, hub_admit, &admission);
    if (r == 0) {
        *ret_client = ald_steal(&client);
    }
    return r;
}

int aldis_hub_client_new(struct aldis_hub *hub, const struct aldis_client_options *options, char *why, size_t why_size,
                         struct aldis_client **ret_client)
{
    struct ald_why words = {""};
    int r = ALDIS_E_INVALID;

    if (hub != NULL && ret_client != NULL) {
        r = hub_client_new(hub, options, &words, ret_client);
    }
    why_give(why, why_size, r < 0 ? words.text : "");
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

const char *aldis_hub_door(const struct aldis_hub *hub, size_t index, const char **ret_name)
{
    if (hub == NULL || index >= hub->n_doors) {
        return NULL;
    }
    if (ret_name != NULL) {
        *ret_name = hub->doors[index].name;
    }
    return hub->doors[index].address;
}

static void hub_drain(void *owner)
{
    struct aldis_hub *hub = owner;

    ald_daemon_drain(hub->daemon);
}

int aldis_hub_drain(struct aldis_hub *hub)
{
    return hub != NULL ? ald_engine_do(hub->engine, hub_drain, hub) : ald_trace(ALDIS_E_INVALID);
}

static bool hub_is_drained(const void *owner)
{
    const struct aldis_hub *hub = owner;

    return hub->drained;
}

int aldis_hub_wait_drained(struct aldis_hub *hub, uint64_t timeout_ms)
{
    if (hub == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (ald_engine_inside(hub->engine)) {
        return ald_trace(ALDIS_E_CALLBACK);
    }
    return ald_engine_wait(hub->engine, hub_is_drained, hub,
                           timeout_ms == UINT64_MAX ? ALD_NEVER : ald_loop_fresh() + ald_api_span(timeout_ms));
}

int aldis_hub_fd(struct aldis_hub *hub)
{
    return hub != NULL ? ald_engine_fd(hub->engine) : ald_trace(ALDIS_E_INVALID);
}

int aldis_hub_timeout(struct aldis_hub *hub)
{
    return hub != NULL ? ald_engine_timeout(hub->engine) : 0;
}

int aldis_hub_turn(struct aldis_hub *hub)
{
    ALD_AUTO(ald_engine_unref) struct ald_engine *engine = NULL;

    if (hub == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    engine = ald_engine_ref(hub->engine); /* a callback may free the hub */
    return ald_engine_turn(engine);
}
