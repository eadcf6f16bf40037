#include "daemon/settings.h"

#include "lib/test.h"
#include "transport/stream.h"

static struct ald_config *config_make(void)
{
    const char *const fallbacks[ALD_N_KEYS] = {
        [ALD_KEY_HUB_ID] = "here",
        [ALD_KEY_UNIX_PATH] = "",
        [ALD_KEY_LINK_SECRET] = "",
    };
    struct ald_config *config = NULL;

    ald_check_int(ald_config_new(fallbacks, &config), 0);
    return config;
}

/* hub/config.c gives each limit its reason; the table must not say another number. */
ALD_TEST(settings, agree_with_the_hub_about_its_defaults)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_hub_config ours, theirs;

    memset(&ours, 0, sizeof(ours));
    memset(&theirs, 0, sizeof(theirs));
    ald_settings_hub(config, &ours);
    ald_hub_config_init(&theirs);
    ald_check_str(ours.id, "here");
    ald_check(!ald_str_present(ours.controller));
    ours.id = theirs.id;
    ours.controller = theirs.controller;

#define ALD_SAME(member) ald_check_int(ours.member, theirs.member)
    ALD_SAME(deadline_default);
    ALD_SAME(deadline_max);
    ALD_SAME(connections_max);
    ALD_SAME(commands_max);
    ALD_SAME(channel_in_flight_max);
    ALD_SAME(channel_queue_max);
    ALD_SAME(channel_queue_bytes_max);
    ALD_SAME(queue_bytes_max);
    ALD_SAME(caller_in_flight_max);
    ALD_SAME(out_bytes_max);
    ALD_SAME(out_bytes_high);
    ALD_SAME(attempts_max);
    ALD_SAME(step_work);
    ALD_SAME(health_interval);
    ALD_SAME(health_timeout);
    ALD_SAME(health_failures);
    ALD_SAME(primary_timeout);
    ALD_SAME(leave_timeout);
    ALD_SAME(stall_timeout);
    ALD_SAME(session_max);
    ALD_SAME(hops_max);
    ALD_SAME(hubs_max);
    ALD_SAME(hub_targets_max);
    ALD_SAME(route_facts_max);
    ALD_SAME(peer_in_flight_max);
    ALD_SAME(hold_max);
    ALD_SAME(hold_target_max);
    ALD_SAME(hold_bytes_max);
    ALD_SAME(hold_target_bytes_max);
    ALD_SAME(hold_ttl);
    ALD_SAME(broadcasts_max);
    ALD_SAME(broadcasts_bytes_max);
    ALD_SAME(history_max);
    ALD_SAME(history_age);
#undef ALD_SAME
}

ALD_TEST(settings, agree_with_the_stream_about_the_largest_message)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_stream_options options;
    struct ald_edge_spec edge = {0};

    ald_stream_options_init(&options);
    ald_settings_edge(config, &edge);
    ald_check_int(edge.dialect.message_max, options.message_max);
}

ALD_TEST(settings, carry_what_was_set)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;
    struct ald_hub_config hub;
    struct ald_edge_spec edge = {0};

    ald_check_int(ald_config_set(config, ALD_STR("hub.controller=boss"), &why), 0);
    ald_check_int(ald_config_set(config, ALD_STR("exchange.reply_timeout=7s"), &why), 0);
    ald_check_int(ald_config_set(config, ALD_STR("limits.body_max=12"), &why), 0);
    ald_settings_hub(config, &hub);
    ald_settings_edge(config, &edge);
    ald_check_str(hub.controller, "boss");
    ald_check_int(hub.deadline_default, 7 * ALD_SEC);
    ald_check_int(edge.dialect.reply_timeout, 7 * ALD_SEC);
    ald_check_int(ald_settings_door(config).body_max, 12);
}

ALD_TEST_MAIN(settings, ALD_CASE(settings, agree_with_the_hub_about_its_defaults),
              ALD_CASE(settings, agree_with_the_stream_about_the_largest_message),
              ALD_CASE(settings, carry_what_was_set))
