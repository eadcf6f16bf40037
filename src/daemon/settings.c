#include "daemon/settings.h"

#include "transport/stream.h"

/* The limits that are the hub's own: where each goes. */
#define HUB_LIMITS(X)                                                                                                  \
    X(EXCHANGE_REPLY_TIMEOUT, deadline_default)                                                                        \
    X(LIMITS_DEADLINE_MAX, deadline_max)                                                                               \
    X(LIMITS_CONNECTIONS_MAX, connections_max)                                                                         \
    X(LIMITS_COMMANDS_MAX, commands_max)                                                                               \
    X(LIMITS_CHANNEL_IN_FLIGHT_MAX, channel_in_flight_max)                                                             \
    X(LIMITS_CHANNEL_QUEUE_MAX, channel_queue_max)                                                                     \
    X(LIMITS_CHANNEL_QUEUE_BYTES_MAX, channel_queue_bytes_max)                                                         \
    X(LIMITS_QUEUE_BYTES_MAX, queue_bytes_max)                                                                         \
    X(LIMITS_CALLER_IN_FLIGHT_MAX, caller_in_flight_max)                                                               \
    X(LIMITS_OUT_BYTES_MAX, out_bytes_max)                                                                             \
    X(LIMITS_OUT_BYTES_HIGH, out_bytes_high)                                                                           \
    X(LIMITS_ATTEMPTS_MAX, attempts_max)                                                                               \
    X(LIMITS_STEP_WORK, step_work)                                                                                     \
    X(EXCHANGE_HEALTHCHECK_INTERVAL, health_interval)                                                                  \
    X(EXCHANGE_HEALTHCHECK_TIMEOUT, health_timeout)                                                                    \
    X(EXCHANGE_HEALTHCHECK_FAILURES, health_failures)                                                                  \
    X(EXCHANGE_PRIMARY_TIMEOUT, primary_timeout)                                                                       \
    X(LIMITS_LEAVE_TIMEOUT, leave_timeout)                                                                             \
    X(LIMITS_STALL_TIMEOUT, stall_timeout)                                                                             \
    X(HUB_HOPS_MAX, hops_max)                                                                                          \
    X(LIMITS_HUBS_MAX, hubs_max)                                                                                       \
    X(LIMITS_HUB_TARGETS_MAX, hub_targets_max)                                                                         \
    X(LIMITS_ROUTE_FACTS_MAX, route_facts_max)                                                                         \
    X(LIMITS_PEER_IN_FLIGHT_MAX, peer_in_flight_max)                                                                   \
    X(LIMITS_HOLD_MAX, hold_max)                                                                                       \
    X(LIMITS_HOLD_TARGET_MAX, hold_target_max)                                                                         \
    X(LIMITS_HOLD_BYTES_MAX, hold_bytes_max)                                                                           \
    X(LIMITS_HOLD_TARGET_BYTES_MAX, hold_target_bytes_max)                                                             \
    X(LIMITS_HOLD_TTL, hold_ttl)                                                                                       \
    X(LIMITS_BROADCASTS_MAX, broadcasts_max)                                                                           \
    X(LIMITS_BROADCASTS_BYTES_MAX, broadcasts_bytes_max)                                                               \
    X(LIMITS_REPLAY_MAX, replay_max)                                                                                   \
    X(LIMITS_REPLAY_NAME_BYTES_MAX, replay_name_bytes_max)                                                             \
    X(LIMITS_REPLAY_BYTES_MAX, replay_bytes_max)                                                                       \
    X(LIMITS_REPLAY_AGE, replay_age)                                                                                   \
    X(LIMITS_HISTORY_MAX, history_max)                                                                                 \
    X(LIMITS_HISTORY_AGE, history_age)                                                                                 \
    X(LIMITS_HISTORY_BYTES_MAX, history_bytes_max)                                                                     \
    X(LIMITS_COMMANDS_BYTES_MAX, commands_bytes_max)

void ald_settings_hub(const struct ald_config *config, struct ald_hub_config *hub)
{
    const char *controller = ald_config_text(config, ALD_KEY_HUB_CONTROLLER);
    const char *primary_only = ald_config_text(config, ALD_KEY_HUB_PRIMARY_ONLY);

    ald_hub_config_init(hub);
    hub->id = ald_str(ald_config_text(config, ALD_KEY_HUB_ID));
    hub->controller = controller[0] != '\0' ? ald_str(controller) : ALD_STR_NONE;
    hub->primary_only = primary_only[0] != '\0' ? ald_str(primary_only) : ALD_STR_NONE;
#define ALD_X(key, member) hub->member = (__typeof__(hub->member))ald_config_number(config, ALD_KEY_##key);
    HUB_LIMITS(ALD_X)
#undef ALD_X
    hub->session_max = ALD_MAX(hub->session_max, ald_config_number(config, ALD_KEY_LINK_SESSION_TIMEOUT));
}

void ald_settings_edge(const struct ald_config *config, struct ald_edge_spec *edge)
{
    edge->dialect = (struct ald_dialect_options){
        .hello_timeout = ald_config_number(config, ALD_KEY_EXCHANGE_HELLO_TIMEOUT),
        .reply_timeout = ald_config_number(config, ALD_KEY_EXCHANGE_REPLY_TIMEOUT),
        .ping_interval = ald_config_number(config, ALD_KEY_EXCHANGE_PING_INTERVAL),
        .pong_timeout = ald_config_number(config, ALD_KEY_EXCHANGE_PONG_TIMEOUT),
        .message_max = ald_config_number(config, ALD_KEY_LIMITS_MESSAGE_MAX),
        .hold_ttl = ald_config_number(config, ALD_KEY_LIMITS_HOLD_TTL),
        .alive_interval = ald_config_number(config, ALD_KEY_COMMUNICATOR_HEALTHCHECK_INTERVAL),
        .alive_failures = (uint32_t)ald_config_number(config, ALD_KEY_COMMUNICATOR_HEALTHCHECK_FAILURES),
        .line_max = ald_config_number(config, ALD_KEY_COMMUNICATOR_LINE_MAX),
        .heartbeat_interval = ald_config_number(config, ALD_KEY_LINK_HEARTBEAT_INTERVAL),
        .session_timeout = ald_config_number(config, ALD_KEY_LINK_SESSION_TIMEOUT),
    };
    edge->connections_max = (uint32_t)ald_config_number(config, ALD_KEY_LIMITS_CONNECTIONS_MAX);
    edge->greeting_bytes = ald_config_number(config, ALD_KEY_LIMITS_GREETING_BYTES);
    edge->reassembly_max = ald_config_number(config, ALD_KEY_LIMITS_REASSEMBLY_MAX);
}

struct ald_door_limits ald_settings_door(const struct ald_config *config)
{
    return (struct ald_door_limits){
        .greeting_max = (uint32_t)ald_config_number(config, ALD_KEY_LIMITS_GREETING_MAX),
        .requests_max = (uint32_t)ald_config_number(config, ALD_KEY_LIMITS_REQUESTS_MAX),
        .body_max = ald_config_number(config, ALD_KEY_LIMITS_BODY_MAX),
        .request_timeout = ald_config_number(config, ALD_KEY_LIMITS_REQUEST_TIMEOUT),
        .idle_timeout = ald_config_number(config, ALD_KEY_LIMITS_IDLE_TIMEOUT),
    };
}

void ald_settings_stream(const struct ald_config *config, struct ald_stream_options *options)
{
    ald_stream_options_init(options);
    options->tls_timeout = ald_config_number(config, ALD_KEY_LIMITS_REQUEST_TIMEOUT);
}
