#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "b", 0);
    rig_agent(rig, 2, "a", 0);
    rig_agent(rig, 3, "b", 0);
    rig_caller(rig, 9);
}

ALD_TEST(view, targets_and_channels_come_in_the_order_of_registration)
{
    struct rig rig;
    struct ald_target_view target;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    story_begin(&rig);
    ald_check(ald_hub_next_target(rig.hub, &cursor, &target));
    ald_check_str(target.name, "b");
    ald_check_int(target.n_channels, 2);
    ald_check(ald_hub_next_target(rig.hub, &cursor, &target));
    ald_check_str(target.name, "a");
    ald_check(!ald_hub_next_target(rig.hub, &cursor, &target));
    cursor = 0;
    for (uint64_t i = 1; i <= 3; i++) {
        ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &cursor, &channel));
        ald_check_int(channel.conn, i);
    }
    ald_check(!ald_hub_next_channel(rig.hub, ALD_STR_NONE, &cursor, &channel));
    rig_fini(&rig);
}

ALD_TEST(view, channels_of_one_target)
{
    struct rig rig;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    story_begin(&rig);
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR("b"), &cursor, &channel));
    ald_check_int(channel.conn, 1);
    ald_check_str(channel.peer, "127.0.0.1:9");
    ald_check_str(channel.dialect, "test");
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR("b"), &cursor, &channel));
    ald_check_int(channel.conn, 3);
    ald_check(!ald_hub_next_channel(rig.hub, ALD_STR("b"), &cursor, &channel));
    cursor = 0;
    ald_check(!ald_hub_next_channel(rig.hub, ALD_STR("nobody"), &cursor, &channel));
    rig_fini(&rig);
}

ALD_TEST(view, a_channel_that_came_back_shows_where_it_is_now)
{
    struct rig rig;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    rig_init(&rig);
    rig_start(&rig);
    rig.comes_from = "127.0.0.2:7";
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &cursor, &channel));
    ald_check_str(channel.peer, "127.0.0.2:7");
    rig_close(&rig, 1);
    cursor = 0;
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &cursor, &channel));
    ald_check_str(channel.peer, "127.0.0.2:7");
    rig.comes_from = "127.0.0.3:8";
    rig_come_back(&rig, 0);
    cursor = 0;
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &cursor, &channel));
    ald_check_str(channel.peer, "127.0.0.3:8");
    rig_fini(&rig);
}

ALD_TEST(view, a_walk_goes_on_behind_what_has_gone_meanwhile)
{
    struct rig rig;
    struct ald_channel_view channel;
    struct ald_target_view target;
    uint64_t channels = 0, targets = 0;

    story_begin(&rig);
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &channels, &channel));
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &channels, &channel));
    ald_check(ald_hub_next_target(rig.hub, &targets, &target));
    ald_check(ald_hub_next_target(rig.hub, &targets, &target));
    rig_close(&rig, 2); /* the second channel and the second target */
    ald_check(ald_hub_next_channel(rig.hub, ALD_STR_NONE, &channels, &channel));
    ald_check_int(channel.conn, 3);
    ald_check(!ald_hub_next_target(rig.hub, &targets, &target));
    rig_agent(&rig, 4, "c", 0);
    ald_check(ald_hub_next_target(rig.hub, &targets, &target));
    ald_check_str(target.name, "c");
    rig_fini(&rig);
}

ALD_TEST(view, commands_come_in_the_order_of_submission_and_a_page_mark_stays_good)
{
    struct rig rig;
    struct ald_command_view command;
    uint64_t cursor = 0;

    rig_init(&rig);
    rig.config.history_max = 2;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 9);
    rig_command(&rig, 9, "c1", "lamp");
    rig_command(&rig, 9, "c2", "nobody");
    rig_command(&rig, 9, "c3", "nobody");
    ald_check(ald_hub_next_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c1");
    ald_check(ald_hub_next_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c2");
    rig_command(&rig, 9, "c4", "nobody");
    rig_command(&rig, 9, "c5", "nobody"); /* history holds two: c2 and c3 are forgotten */
    ald_check(ald_hub_next_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c4");
    rig_fini(&rig);
}

ALD_TEST(view, a_command_tells_its_story)
{
    struct rig rig;
    struct ald_command_view command;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "a");
    rig_advance(&rig, 5 * ALD_SEC);
    rig_reply(&rig, 2, "c1", ALD_SUCCEEDED);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c1"), &command), 0);
    ald_check_int(command.n_story, 3);
    ald_check_str(ald_str(command.story[0].text), "submitted");
    ald_check(!ald_str_present(command.story[0].channel));
    ald_check_str(ald_str(command.story[1].text), "sent");
    ald_check_str(command.story[1].channel, rig.conns[2].channel);
    ald_check_str(ald_str(command.story[2].text), "succeeded");
    ald_check(command.story[2].at == command.submitted + 5 * ALD_SEC);
    ald_check(command.ended == command.story[2].at);
    ald_check_str(command.from, "127.0.0.1:9");
    ald_check_str(command.name, "DO");
    ald_check(command.reply != NULL);
    ald_check(!ald_str_present(command.text));
    rig_fini(&rig);
}

ALD_TEST(view, what_is_not_there_is_unknown)
{
    struct rig rig;
    struct ald_command_view command;
    struct ald_channel_view channel;
    struct ald_target_view target;
    uint64_t cursor = 0;

    story_begin(&rig);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("no"), &command), ALD_VIEW_UNKNOWN);
    ald_check_int(ald_hub_find_channel(rig.hub, ALD_STR("no"), &channel), ALD_VIEW_UNKNOWN);
    ald_check_int(ald_hub_find_target(rig.hub, ALD_STR("no"), &target), ALD_VIEW_UNKNOWN);
    ald_check(!ald_hub_next_member(rig.hub, (struct ald_id){0, 0}, &cursor, &command));
    rig_fini(&rig);
}

ALD_TEST(view, totals_add_up)
{
    struct rig rig;
    struct ald_hub_totals totals;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "a");
    rig_command(&rig, 9, "c2", "nobody");
    ald_hub_totals(rig.hub, &totals);
    ald_check_int(totals.n_connections, 4);
    ald_check_int(totals.n_targets, 2);
    ald_check_int(totals.n_channels, 3);
    ald_check_int(totals.n_in_flight, 1);
    ald_check_int(totals.n_queued, 0);
    ald_check_int(totals.n_history, 1);
    ald_check(!totals.draining);
    rig_fini(&rig);
}

ALD_TEST(view, every_counter_has_a_name_of_its_own)
{
    for (int i = 0; i < ALD_N_COUNTERS; i++) {
        ald_check(ald_counter_name((enum ald_counter)i) != NULL);
        for (int j = 0; j < i; j++) {
            ald_check(strcmp(ald_counter_name((enum ald_counter)i), ald_counter_name((enum ald_counter)j)) != 0);
        }
    }
}

ALD_TEST(view, every_arrow_of_every_machine_can_be_counted)
{
    struct rig rig;
    const struct ald_machine *machine;
    size_t n = 0;

    story_begin(&rig);
    rig_command(&rig, 9, "c1", "a");
    while ((machine = ald_hub_machine(rig.hub, n)) != NULL) {
        ald_check(machine->taken != NULL);
        n++;
    }
    ald_check_int(n, 6);
    machine = ald_hub_machine(rig.hub, 0);
    ald_check_int(machine->taken[ALD_PHASE_QUEUED * machine->n_states + ALD_PHASE_SENT], 1);
    rig_fini(&rig);
}

ALD_TEST(view, commands_come_newest_first_as_well)
{
    struct rig rig;
    struct ald_command_view command;
    uint64_t cursor = 0, mark;

    story_begin(&rig);
    ald_check(!ald_hub_previous_command(rig.hub, &cursor, &command));
    for (int i = 1; i <= 4; i++) {
        char wire_id[8];

        snprintf(wire_id, sizeof(wire_id), "c%d", i);
        rig_command(&rig, 9, wire_id, "nobody");
        rig_send_event(&rig, 9, "nobody"); /* which takes a number too */
    }
    ald_check(ald_hub_previous_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c4");
    ald_check(ald_hub_previous_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c3");
    mark = cursor;
    rig_command(&rig, 9, "c5", "nobody");
    ald_check(ald_hub_previous_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c2");
    cursor = mark - 1; /* a place that nothing stands at */
    ald_check(ald_hub_previous_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c2");
    ald_check(ald_hub_previous_command(rig.hub, &cursor, &command));
    ald_check_str(command.wire_id, "c1");
    ald_check(!ald_hub_previous_command(rig.hub, &cursor, &command));
    rig_fini(&rig);
}

ALD_TEST(view, a_command_shows_its_options_and_its_latest_progress)
{
    struct rig rig;
    struct ald_command_view command;
    struct ald_signal status = ald_signal_of(ALD_SIGNAL_STATUS);

    story_begin(&rig);
    rig_command_as(&rig, 9, "c1", "a", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    command = rig_view(&rig, "c1");
    ald_check(command.idempotent);
    ald_check(!command.has_progress);
    status.id = rig_id_of(&rig, 2, "c1");
    status.msg = rig_msg(&rig, ALD_STATUS, NULL);
    status.msg->phase = ALD_PHASE_RUNNING;
    status.msg->flags = ALD_MSG_PROGRESS;
    status.msg->total = 8;
    status.msg->completed = 3;
    ald_msg_seal(status.msg);
    rig_signal(&rig, 2, &status);
    rig_status(&rig, 2, "c1", ALD_PHASE_RUNNING);
    command = rig_view(&rig, "c1");
    ald_check(command.has_progress);
    ald_check(command.total == 8 && command.completed == 3);
    ald_check(!ald_str_present(command.version));
    rig_fini(&rig);
}

ALD_TEST_MAIN(view, ALD_CASE(view, targets_and_channels_come_in_the_order_of_registration),
              ALD_CASE(view, channels_of_one_target), ALD_CASE(view, a_channel_that_came_back_shows_where_it_is_now),
              ALD_CASE(view, a_walk_goes_on_behind_what_has_gone_meanwhile),
              ALD_CASE(view, commands_come_in_the_order_of_submission_and_a_page_mark_stays_good),
              ALD_CASE(view, a_command_tells_its_story), ALD_CASE(view, what_is_not_there_is_unknown),
              ALD_CASE(view, totals_add_up), ALD_CASE(view, every_counter_has_a_name_of_its_own),
              ALD_CASE(view, every_arrow_of_every_machine_can_be_counted),
              ALD_CASE(view, commands_come_newest_first_as_well),
              ALD_CASE(view, a_command_shows_its_options_and_its_latest_progress))
