#include "daemon/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sm.h"
#include "conn/edge.h"
#include "daemon/comm_doors.h"
#include "daemon/family.h"
#include "daemon/flags.h"
#include "daemon/links.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/peers.h"
#include "daemon/schemas.h"
#include "daemon/settings.h"
#include "daemon/warden.h"
#include "loop/loop.h"
#include "loop/random.h"
#include "mgmt/mgmt.h"
#include "transport/net.h"
#include "transport/tls.h"
#include "wire/communicator/communicator.h"

/*
 * After the hub is drained: how long the last close frames may take to be answered, and how often we look. An existing
 * connector decides by the close frame it got whether to come back (exchange.md 2.12), so it is worth a moment. What a slow
 * reader has not got out of the kernel is lost when we end, so it is worth what is left of the time to drain.
 */
#define DAEMON_LINGER (500 * ALD_MSEC)
#define DAEMON_LINGER_LOOK (10 * ALD_MSEC)

enum daemon_state {
    DAEMON_SERVING,
    DAEMON_DRAINING,  /* no new work; the hub lets go of everybody */
    DAEMON_LINGERING, /* the doors are closed; the last closing handshakes */
    DAEMON_DONE
};

static const struct ald_state daemon_states[] = {
    [DAEMON_SERVING] = {"serving", ALD_STATE_INITIAL, ALD_TO(DAEMON_DRAINING)},
    [DAEMON_DRAINING] = {"draining", 0, ALD_TO(DAEMON_LINGERING) | ALD_TO(DAEMON_DONE)},
    [DAEMON_LINGERING] = {"lingering", 0, ALD_TO(DAEMON_DONE)},
    [DAEMON_DONE] = {"done", ALD_STATE_FINAL, 0},
};

static struct ald_machine daemon_machine = ALD_MACHINE("daemon", daemon_states);

/* Signals of the system that we hear. */
static const int watched[] = {SIGTERM, SIGINT, SIGHUP};

struct ald_daemon {
    const struct ald_config *config;
    struct ald_daemon_host host; /* without a net: the process is ours */
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_warden *warden;      /* NULL: nobody has to prove who they are */
    struct ald_daemon_flags *flags; /* NULL: there is no folder of them */
    struct ald_links *links;
    struct ald_family *family;
    struct ald_edge *edge;
    struct ald_schemas *schemas;
    struct ald_mgmt *mgmt;
    struct ald_doors doors;
    struct ald_sigwatch *watches[ALD_COUNT(watched)];
    struct ald_alarm alarm; /* DRAINING: the end of patience. LINGERING: to look again */
    ald_usec leave_until, linger_until;
    uint8_t state;
};

static void daemon_done(struct ald_daemon *daemon)
{
    ald_sm_move(&daemon_machine, &daemon->state, DAEMON_DONE);
    if (daemon->host.net != NULL) {
        daemon->host.ended(daemon->host.owner);
    } else {
        ald_loop_stop(daemon->loop);
    }
}

static void daemon_look(struct ald_daemon *daemon)
{
    ald_usec now = ald_loop_now(daemon->loop);

    bool is_over = now >= daemon->linger_until && (now >= daemon->leave_until || !ald_net_delivers(daemon->net));

    if (ald_net_streams(daemon->net) == 0 || is_over) {
        daemon_done(daemon);
        return;
    }
    ald_alarm_start(daemon->loop, &daemon->alarm, now + DAEMON_LINGER_LOOK);
}

static void daemon_alarm(void *owner)
{
    struct ald_daemon *daemon = owner;

    if (daemon->state == DAEMON_LINGERING) {
        daemon_look(daemon);
    } else if (daemon->state == DAEMON_DRAINING) {
        ald_log(ALD_LOG_WARNING, "not everybody left in time", {"timeout", ALD_STR("drain_timeout")});
        daemon_done(daemon);
    }
}

static void daemon_drained(void *owner)
{
    struct ald_daemon *daemon = owner;

    if (daemon->state != DAEMON_DRAINING) {
        return;
    }
    ald_sm_move(&daemon_machine, &daemon->state, DAEMON_LINGERING);
    daemon->linger_until = ald_loop_now(daemon->loop) + DAEMON_LINGER;
    ald_doors_close(&daemon->doors);
    daemon_look(daemon);
}

void ald_daemon_drain(struct ald_daemon *daemon)
{
    ald_usec until = ald_loop_now(daemon->loop) + ald_config_number(daemon->config, ALD_KEY_HUB_DRAIN_TIMEOUT);

    if (daemon->state != DAEMON_SERVING) {
        return;
    }
    ald_sm_move(&daemon_machine, &daemon->state, DAEMON_DRAINING);
    daemon->leave_until = until;
    /* The hub cuts everybody at `until`; then they have as long as a closing handshake may take here. */
    ald_alarm_start(daemon->loop, &daemon->alarm, until + DAEMON_LINGER);
    ald_edge_drain(daemon->edge, until);
}

static void daemon_reload(struct ald_daemon *daemon)
{
    if (daemon->warden != NULL) {
        ald_warden_reload(daemon->warden);
    }
    ald_family_reload(daemon->family);
    if (!ald_schemas_reload(daemon->schemas) && daemon->warden == NULL &&
        ald_config_text(daemon->config, ALD_KEY_COMMUNICATOR_SERVICES_DIR)[0] == '\0') {
        ald_log(ALD_LOG_INFO,
                "without [auth] tokens, [communicator] services_dir and [link] schemas nothing is read again",
                {"signal", ALD_STR("SIGHUP")});
    }
}

static void daemon_signalled(void *owner, int number)
{
    struct ald_daemon *daemon = owner;

    if (number == SIGHUP) {
        daemon_reload(daemon);
    } else if (daemon->state == DAEMON_SERVING) {
        ald_log(ALD_LOG_INFO, "stopping", {"signal", ald_str(number == SIGINT ? "SIGINT" : "SIGTERM")});
        ald_notify("STOPPING=1");
        ald_daemon_drain(daemon);
    } else {
        /* Whoever asks twice means it: no clean-up that could hang. */
        _exit(128 + number);
    }
}

static void daemon_noticed(void *owner ALD_UNUSED, const struct ald_notice *notice)
{
    static const struct {
        enum ald_log_level level;
        const char *message;
    } words[ALD_N_NOTICES] = {
        [ALD_NOTICE_OPENED] = {ALD_LOG_DEBUG, "connection opened"},
        [ALD_NOTICE_REGISTERED] = {ALD_LOG_INFO, "party registered"},
        [ALD_NOTICE_CLOSED] = {ALD_LOG_INFO, "connection closed"},
        [ALD_NOTICE_REFUSED] = {ALD_LOG_WARNING, "turned away"},
        [ALD_NOTICE_FAILED] = {ALD_LOG_ERROR, "failed"},
    };
    char number[24];

    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)notice->conn);
    ald_log(words[notice->kind].level, words[notice->kind].message,
            {"connection", notice->conn != 0 ? ald_str(number) : ALD_STR_NONE}, {"door", ald_str(notice->door)},
            {"peer", notice->peer}, {"target", notice->target}, {"why", notice->text});
}

static int daemon_watch(struct ald_daemon *daemon)
{
    /* A peer that is gone is found out by its socket; nobody is to be killed for it. */
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ALD_COUNT(watched); i++) {
        int r = ald_sigwatch_new(daemon->loop, watched[i], daemon_signalled, daemon, &daemon->watches[i]);

        if (r < 0) {
            return ald_trace(r);
        }
    }
    return 0;
}

/* The file is at fault, and the key that names it. */
static int tokens_fault(const struct ald_config *config, const struct ald_rules_why *why,
                        struct ald_config_why *ret_why)
{
    return ald_config_fault(config, ALD_KEY_AUTH_TOKENS, ret_why, "%s", why->text);
}

static int daemon_make_warden(struct ald_daemon *daemon, struct ald_config_why *ret_why)
{
    struct ald_warden_spec spec = {
        .loop = daemon->loop,
        .path = ald_config_text(daemon->config, ALD_KEY_AUTH_TOKENS),
        .controller = ald_str(ald_config_text(daemon->config, ALD_KEY_HUB_CONTROLLER)),
    };
    struct ald_rules_why why = {""};
    int r;

    if (spec.path[0] == '\0') {
        return 0;
    }
    r = ald_warden_new(&spec, &daemon->warden, &why);
    if (r == ALD_RULES_BAD) {
        return tokens_fault(daemon->config, &why, ret_why);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int daemon_make_flags(struct ald_daemon *daemon)
{
    const char *folder = ald_config_text(daemon->config, ALD_KEY_COMMUNICATOR_FLAGS_DIR);
    int r = folder[0] != '\0' ? ald_daemon_flags_new(daemon->loop, folder, &daemon->flags) : 0;

    return r < 0 ? ald_trace(r) : 0;
}

static int daemon_make_edge(struct ald_daemon *daemon)
{
    struct ald_hub_config hub;
    struct ald_edge_spec spec = {
        .net = daemon->net,
        .hub = &hub,
        .guard = daemon->warden != NULL ? ald_warden_guard(daemon->warden) : NULL,
        .gate = ald_family_gate(daemon->family),
        .identity = ald_family_identity(daemon->family),
        .watch = {.noticed = daemon_noticed, .drained = daemon_drained},
        .owner = daemon,
    };
    int r;

    ald_settings_hub(daemon->config, &hub);
    ald_settings_edge(daemon->config, &spec);
    hub.seed = ald_random_seed();
    hub.now = ald_loop_now(daemon->loop);
    hub.wall = ald_loop_wall();
    r = ald_edge_new(&spec, &daemon->edge);
    if (r < 0) {
        return ald_trace(r);
    }
    if (daemon->warden != NULL) {
        ald_warden_watch(daemon->warden, daemon->edge);
    }
    ald_links_watch(daemon->links, daemon->edge);
    return 0;
}

static void daemon_stop_for(struct ald_daemon *daemon, struct ald_str how)
{
    if (daemon->state != DAEMON_SERVING) {
        return;
    }
    ald_log(ALD_LOG_INFO, "stopping", {"asked", how});
    if (daemon->host.net == NULL) {
        ald_notify("STOPPING=1");
    }
    ald_daemon_drain(daemon);
}

/* Somebody who may has asked for it over the API. */
static void daemon_asked_to_stop(void *owner)
{
    daemon_stop_for(owner, ALD_STR("over the API"));
}

/* The same, in a message. */
static void daemon_ordered_to_stop(void *owner, enum ald_operation operation)
{
    daemon_stop_for(owner, operation == ALD_OPERATE_SHUTDOWN ? ALD_STR("by SHUTDOWN") : ALD_STR("by STOP"));
}

static int daemon_make_family(struct ald_daemon *daemon, struct ald_config_why *why)
{
    const struct ald_family_spec spec = {
        .config = daemon->config,
        .loop = daemon->loop,
        .flags = daemon->flags,
        .links = daemon->links,
        .stop = daemon_ordered_to_stop,
        .owner = daemon,
    };
    int r = ald_family_new(&spec, &daemon->family, why);

    return r < 0 ? ald_trace(r) : r;
}

/* What the guard of the doors counts, if there is one. */
static struct ald_mgmt_counters daemon_auth_counters(const struct ald_daemon *daemon)
{
    static const char *const names[] = {
#define ALD_X(name, meaning) #name,
        ALD_WARDEN_COUNTERS(ALD_X)
#undef ALD_X
    };
    static const char *const meanings[] = {
#define ALD_X(name, meaning) meaning,
        ALD_WARDEN_COUNTERS(ALD_X)
#undef ALD_X
    };
    _Static_assert(sizeof(struct ald_warden_counters) == sizeof(uint64_t[ALD_COUNT(names)]), "counters are numbers");

    if (daemon->warden == NULL) {
        return (struct ald_mgmt_counters){.n = 0};
    }
    return (struct ald_mgmt_counters){names, meanings, (const uint64_t *)ald_warden_counters(daemon->warden),
                                      ALD_COUNT(names)};
}

static int daemon_make_mgmt(struct ald_daemon *daemon)
{
    struct ald_mgmt_spec spec = {
        .edge = daemon->edge,
        .id = ald_str(ald_config_text(daemon->config, ALD_KEY_HUB_ID)),
        .identifier = ald_str(ald_config_text(daemon->config, ALD_KEY_EXCHANGE_IDENTIFIER)),
        .exchange_pages = ald_config_number(daemon->config, ALD_KEY_EXCHANGE_MANAGEMENT) != 0,
        .message_max = ald_config_number(daemon->config, ALD_KEY_LIMITS_MESSAGE_MAX),
        .streams_max = (uint32_t)ald_config_number(daemon->config, ALD_KEY_LIMITS_STREAMS_MAX),
        .auth = daemon_auth_counters(daemon),
        .flags = ald_daemon_flags_pages(daemon->flags),
        .schemas = ald_schemas_pages(daemon->schemas),
        .drain = daemon_asked_to_stop,
        .owner = daemon,
    };
    int r = ald_mgmt_new(&spec, &daemon->mgmt);

    return r < 0 ? ald_trace(r) : 0;
}

/* A loop of our own, and the system's signals; or what the host gives. */
static int daemon_make_net(struct ald_daemon *daemon)
{
    int r;

    if (daemon->host.net != NULL) {
        daemon->net = daemon->host.net;
        daemon->loop = ald_net_loop(daemon->net);
        return 0;
    }
    r = ald_loop_new(&daemon->loop);
    r = r != 0 ? r : daemon_watch(daemon);
    r = r != 0 ? r : ald_net_new(daemon->loop, &daemon->net);
    return r < 0 ? ald_trace(r) : 0;
}

/* Doors through which only the program itself can come, of HTTP and of lines. */
static int daemon_open_inproc(struct ald_daemon *daemon, struct ald_config_why *why)
{
    const struct ald_door_lines lines = {
        .dialect = &ald_communicator,
        .variant = ALD_COMMUNICATOR_SERVICE,
        .hello_timeout = ald_config_number(daemon->config, ALD_KEY_COMMUNICATOR_HELLO_TIMEOUT),
        .group = ald_family_group(daemon->family),
    };
    struct ald_stream_options options;
    struct ald_door_spec spec = {
        .name = "inproc",
        .ours = true,
        .listen = {.place = {ALD_BOTTOM_INPROC, daemon->host.inproc, 0}, .options = &options},
        .limits = ald_settings_door(daemon->config),
        .pages = ald_mgmt_pages(daemon->mgmt),
    };
    int r;

    if (daemon->host.net == NULL || daemon->host.inproc == NULL) {
        return 0;
    }
    ald_settings_stream(daemon->config, &options);
    r = ald_doors_add(&daemon->doors, daemon->edge, &spec, daemon->config, ALD_KEY_HTTP_LISTEN, why);
    if (r == 0 && daemon->host.inproc_lines != NULL) {
        spec.name = "inproc-lines";
        spec.lines = &lines;
        spec.listen.place.name = daemon->host.inproc_lines;
        r = ald_doors_add(&daemon->doors, daemon->edge, &spec, daemon->config, ALD_KEY_COMMUNICATOR_UNIX, why);
    }
    return r < 0 ? ald_trace(r) : r;
}

static int daemon_make(struct ald_daemon *daemon, struct ald_config_why *why)
{
    int r;

    r = daemon_make_net(daemon);
    r = r != 0 ? r : daemon_make_warden(daemon, why);
    r = r != 0 ? r : daemon_make_flags(daemon);
    r = r != 0 ? r : ald_links_new(daemon->config, &daemon->links, why);
    r = r != 0 ? r : daemon_make_family(daemon, why);
    r = r != 0 ? r : daemon_make_edge(daemon);
    r = r != 0 ? r : ald_schemas_new(daemon->config, daemon->edge, daemon->warden, &daemon->schemas, why);
    r = r != 0 ? r : daemon_make_mgmt(daemon);
    r = r != 0 ? r : ald_doors_open(&daemon->doors, daemon->edge, ald_mgmt_pages(daemon->mgmt), daemon->config, why);
    r = r != 0
            ? r
            : ald_comm_doors_open(&daemon->doors, daemon->edge, ald_family_group(daemon->family), daemon->config, why);
    r = r != 0 ? r : daemon_open_inproc(daemon, why);
    r = r != 0 ? r : ald_family_start(daemon->family, daemon->edge, &daemon->doors, why);
    return r < 0 ? ald_trace(r) : r;
}

int ald_daemon_new_in(const struct ald_config *config, const struct ald_daemon_host *host,
                      struct ald_daemon **ret_daemon, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_daemon_free) struct ald_daemon *daemon = calloc(1, sizeof(*daemon));
    int r;

    if (daemon == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    daemon->config = config;
    daemon->host = *host;
    ald_alarm_init(&daemon->alarm, daemon_alarm, daemon);
    r = daemon_make(daemon, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_daemon = ald_steal(&daemon);
    return 0;
}

int ald_daemon_new(const struct ald_config *config, struct ald_daemon **ret_daemon, struct ald_config_why *ret_why)
{
    const struct ald_daemon_host none = {.net = NULL};

    return ald_daemon_new_in(config, &none, ret_daemon, ret_why);
}

const struct ald_door *ald_daemon_next_door(const struct ald_daemon *daemon, const struct ald_door *door)
{
    size_t i = 0;

    while (door != NULL && i < daemon->doors.n && daemon->doors.doors[i++] != door) {
    }
    return i < daemon->doors.n ? daemon->doors.doors[i] : NULL;
}

struct ald_daemon *ald_daemon_free(struct ald_daemon *daemon)
{
    if (daemon == NULL) {
        return NULL;
    }
    ald_doors_close(&daemon->doors);
    ald_mgmt_free(daemon->mgmt);
    ald_schemas_free(daemon->schemas);
    ald_family_end(daemon->family);
    ald_edge_free(daemon->edge);
    ald_family_free(daemon->family);
    ald_links_free(daemon->links);
    ald_warden_free(daemon->warden);
    ald_daemon_flags_free(daemon->flags);
    if (daemon->loop != NULL) {
        ald_alarm_stop(daemon->loop, &daemon->alarm);
    }
    for (size_t i = 0; i < ALD_COUNT(watched); i++) {
        ald_sigwatch_close(daemon->watches[i]);
    }
    if (daemon->host.net == NULL) {
        ald_net_free(daemon->net);
        ald_loop_free(daemon->loop);
    }
    free(daemon);
    return NULL;
}

void ald_daemon_run(struct ald_daemon *daemon)
{
    for (size_t i = 0; i < daemon->doors.n; i++) {
        const struct ald_door *door = daemon->doors.doors[i];

        (void)printf("door %s %s\n", ald_door_name(door), ald_door_address(door));
    }
    (void)printf("ready\n");
    /* Nobody may be listening there; the doors are open all the same. */
    ald_ignore(fflush(stdout));
    ald_notify("READY=1");
    ald_log(ALD_LOG_INFO, "ready", {"hub", ald_str(ald_config_text(daemon->config, ALD_KEY_HUB_ID))},
            {"version", ALD_STR(ALDIS_VERSION)});
    ald_loop_run(daemon->loop);
    ald_log(ALD_LOG_INFO, "stopped", {"hub", ald_str(ald_config_text(daemon->config, ALD_KEY_HUB_ID))});
}

int ald_daemon_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_tls_unref) struct ald_tls *tls = NULL;
    ALD_AUTO(ald_tls_unref) struct ald_tls *secure = NULL;
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = NULL;
    const char *tokens = ald_config_text(config, ALD_KEY_AUTH_TOKENS);
    struct ald_rules_why why = {""};
    int r = ald_doors_tls(config, &tls, ret_why);

    r = r != 0 ? r : ald_comm_doors_tls(config, &secure, ret_why);
    r = r != 0 ? r : ald_peers_check(config, ret_why);
    r = r != 0 ? r : ald_family_check(config, ret_why);
    r = r != 0 ? r : ald_links_check(config, ret_why);
    r = r != 0 ? r : ald_schemas_check(config, ret_why);
    if (r == 0 && tokens[0] != '\0') {
        r = ald_auth_load(tokens, &auth, &why);
        r = r == ALD_RULES_BAD ? tokens_fault(config, &why, ret_why) : r;
    }
    return r < 0 ? ald_trace(r) : r;
}
