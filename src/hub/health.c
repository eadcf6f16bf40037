#include "hub/health.h"

#include "hub/channel.h"
#include "hub/party.h"
#include "hub/state.h"

/* From three to five quarters of the interval. */
static ald_usec health_pause(struct ald_hub *hub)
{
    ald_usec interval = hub->config.health_interval;

    return interval - interval / 4 + ald_rng_below(&hub->rng, interval / 2 + 1);
}

static bool health_applies(const struct ald_hub *hub, const struct ald_channel *channel)
{
    return hub->config.health_interval > 0 && (channel->party->traits & ALD_CAN_HEALTH) != 0 && !channel->leaving;
}

void ald_health_start(struct ald_hub *hub, struct ald_channel *channel)
{
    if (!health_applies(hub, channel) || channel->state != ALD_CHANNEL_LIVE) {
        ald_health_stop(hub, channel);
    } else if (!ald_timer_running(&channel->health.timer)) {
        ald_hub_alarm_set(hub, &channel->health, hub->now + health_pause(hub));
    }
}

void ald_health_stop(struct ald_hub *hub, struct ald_channel *channel)
{
    ald_hub_alarm_stop(hub, &channel->health);
    channel->health_pending = false;
}

static void health_ask(struct ald_hub *hub, struct ald_channel *channel)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_HEALTH);

    channel->health_asked = ald_hub_number(hub);
    channel->health_pending = true;
    signal.id = ald_hub_id(hub, channel->health_asked);
    ald_hub_count(hub, ALD_N_HEALTH_CHECKS);
    ald_hub_alarm_set(hub, &channel->health, hub->now + hub->config.health_timeout);
    ald_party_say(hub, channel->party, &signal);
}

/* "at the threshold: inactive, and asked to leave" */
static void health_failed(struct ald_hub *hub, struct ald_channel *channel)
{
    channel->health_failures++;
    ald_hub_count(hub, ALD_N_HEALTH_FAILURES);
    if (channel->health_failures < hub->config.health_failures) {
        ald_hub_alarm_set(hub, &channel->health, hub->now + health_pause(hub));
        return;
    }
    ald_hub_count(hub, ALD_N_HEALTH_EVICTIONS);
    ald_channel_set_active(hub, channel, false);
    ald_health_stop(hub, channel);
    ald_hub_conn_leave(hub, channel->party->conn, ALD_CLOSE_UNHEALTHY);
}

void ald_health_alarm(struct ald_hub *hub, struct ald_channel *channel)
{
    if (!channel->health_pending) {
        health_ask(hub, channel);
        return;
    }
    channel->health_pending = false;
    health_failed(hub, channel);
}

/* A good answer counts even when it is late: it is the latest thing we know. A late bad one was counted already. */
void ald_health_answered(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_channel *channel = party != NULL ? party->channel : NULL;
    uint64_t number = ald_hub_id_number(hub, signal->id);
    bool pending;

    if (channel == NULL || number == 0 || number != channel->health_asked) {
        ald_hub_count(hub, ALD_N_REPLIES_STRAY);
        return;
    }
    pending = channel->health_pending;
    channel->health_pending = false;
    if (signal->ok && signal->healthy) {
        channel->health_asked = 0;
        channel->health_failures = 0;
        channel->health_last = hub->now;
        ald_channel_set_active(hub, channel, true);
        if (health_applies(hub, channel)) {
            ald_hub_alarm_set(hub, &channel->health, hub->now + health_pause(hub));
        }
    } else if (pending) {
        health_failed(hub, channel);
    }
}
