#include "hub/hub_rig.h"

static const uint32_t asks = ALD_MSG_HOLD | ALD_MSG_REPORT;

/* "off" and "late" come and go; connection 1 is a party "a" that takes reports. */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.hold_max = 5;
    rig->config.hold_target_max = 3;
    rig_start(rig);
    rig_expect_targets(rig, "off, late");
    rig_agent(rig, 1, "a", ALD_CAN_REPORT);
}

static void send(struct rig *rig, const char *target, const char *name, uint32_t flags)
{
    rig_event_as(rig, 1, target, (struct rig_options){.name = name, .flags = flags});
}

static struct ald_world_view world_of(const struct rig *rig)
{
    struct ald_world_view view;

    ald_hub_world(rig->hub, &view);
    return view;
}

ALD_TEST(hold, what_waits_is_given_out_in_order_when_its_target_comes)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    send(&rig, "off", "E2", asks);
    send(&rig, "late", "E3", asks);
    rig_expect(&rig, "1 report E1 queued\n"
                     "1 report E2 queued\n"
                     "1 report E3 queued\n");
    ald_check_int(world_of(&rig).n_held, 3);
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n");
    ald_check_str(ald_str(rig.last_from), "a");
    ald_check_int(world_of(&rig).n_held, 1);
    rig_agent(&rig, 3, "late", 0);
    rig_expect(&rig, "3 event E3\n");
    ald_check_int(world_of(&rig).n_held, 0);
    ald_check_int((int)world_of(&rig).held_bytes, 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_HELD), 3);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 3);
    rig_fini(&rig);
}

ALD_TEST(hold, it_is_given_out_when_its_sender_has_long_gone)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    rig_close(&rig, 1);
    rig_advance(&rig, 30 * ALD_SEC);
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "1 report E1 queued\n"
                     "2 event E1\n");
    ald_check_str(ald_str(rig.last_from), "a");
    rig_fini(&rig);
}

ALD_TEST(hold, a_target_that_nobody_expects_is_not_waited_for)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "never", "E1", asks);
    rig_expect(&rig, "1 report E1 no_target\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(hold, an_event_waits_only_if_its_sender_said_that_it_may)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", ALD_MSG_REPORT);
    send(&rig, "off", "E2", 0);
    rig_expect(&rig, "1 report E1 no_active_channel\n");
    ald_check_int(world_of(&rig).n_held, 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    rig_fini(&rig);
}

ALD_TEST(hold, who_wants_to_hear_that_nobody_is_there_hears_that_and_nothing_else)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", ALD_MSG_TELL_AWAY);
    send(&rig, "never", "E2", ALD_MSG_TELL_AWAY);
    send(&rig, "off", "E3", ALD_MSG_TELL_AWAY | ALD_MSG_HOLD);
    rig_expect(&rig, "1 report E1 no_active_channel\n");
    ald_check_int(world_of(&rig).n_held, 1);
    rig_fini(&rig);
}

ALD_TEST(hold, who_waits_too_long_is_dropped_and_its_sender_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_EVENT));
    rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .ttl = 20 * ALD_SEC});
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    rig_advance(&rig, 19 * ALD_SEC);
    rig_expect(&rig, "* event E1 held\n"
                     "1 report E1 queued\n"
                     "* event E2 held\n");
    rig_advance(&rig, 2 * ALD_SEC);
    rig_expect(&rig, "* event E1 dropped deadline\n"
                     "1 report E1 deadline\n");
    rig_advance(&rig, 37 * ALD_SEC);
    rig_expect(&rig, "");
    rig_advance(&rig, 3 * ALD_SEC); /* 60 s, where its sender did not say */
    rig_expect(&rig, "* event E2 dropped deadline\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_EXPIRED), 2);
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "");
    rig_fini(&rig);
}

ALD_TEST(hold, nothing_waits_longer_than_a_command_may_take)
{
    struct rig rig;

    story_begin(&rig);
    rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .ttl = 30 * 24 * 3600 * ALD_SEC});
    rig_advance(&rig, rig.config.deadline_max + ALD_SEC);
    rig_expect(&rig, "1 report E1 queued\n"
                     "1 report E1 deadline\n");
    rig_fini(&rig);
}

ALD_TEST(hold, a_report_that_nobody_is_there_to_hear_is_counted)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    rig_close(&rig, 1);
    rig_advance(&rig, 61 * ALD_SEC);
    ald_check_int(rig_count(&rig, ALD_N_REPORTS), 1);
    ald_check_int(rig_count(&rig, ALD_N_REPORTS_UNDELIVERED), 1);
    rig_fini(&rig);
}

ALD_TEST(hold, one_target_and_all_together_have_so_much_room)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    send(&rig, "off", "E2", asks);
    send(&rig, "off", "E3", asks);
    rig.n_text = 0;
    send(&rig, "off", "E4", asks);
    rig_expect(&rig, "1 report E4 busy\n");
    send(&rig, "late", "E5", 0);
    send(&rig, "late", "E6", asks);
    send(&rig, "late", "E7", asks);
    rig.n_text = 0;
    send(&rig, "late", "E8", asks);
    rig_expect(&rig, "1 report E8 busy\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_NOT_HELD), 2);
    rig_agent(&rig, 2, "off", 0);
    rig.n_text = 0;
    send(&rig, "late", "E9", asks);
    rig_expect(&rig, "1 report E9 queued\n");
    rig_fini(&rig);
}

ALD_TEST(hold, what_waits_holds_so_many_bytes)
{
    static char payload[4000];
    struct rig rig;

    memset(payload, ' ', sizeof(payload) - 1);
    rig_init(&rig);
    rig.config.hold_target_bytes_max = 6000;
    rig.config.hold_bytes_max = 11000;
    rig_start(&rig);
    rig_expect_targets(&rig, "off,late,third");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    for (int i = 0; i < 2; i++) {
        rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .payload = payload});
    }
    rig_expect(&rig, "1 report E1 queued\n"
                     "1 report E1 busy\n");
    rig_event_as(&rig, 1, "late", (struct rig_options){.name = "E2", .flags = asks, .payload = payload});
    rig_event_as(&rig, 1, "third", (struct rig_options){.name = "E3", .flags = asks, .payload = payload});
    rig_expect(&rig, "1 report E2 queued\n"
                     "1 report E3 busy\n");
    rig_fini(&rig);
}

ALD_TEST(hold, nothing_overtakes_what_waits)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    send(&rig, "off", "E3", ALD_MSG_HOLD);
    rig.by_hand = true;
    rig_agent(&rig, 2, "off", 0);
    send(&rig, "off", "E4", 0);
    rig.by_hand = false;
    rig_settle(&rig);
    send(&rig, "off", "E5", 0);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n"
                     "2 event E3\n"
                     "2 event E4\n"
                     "2 event E5\n");
    rig_fini(&rig);
}

ALD_TEST(hold, what_does_not_fit_the_account_waits_until_it_does)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 1500;
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    for (int i = 0; i < 5; i++) {
        send(&rig, "off", i % 2 == 0 ? "EVEN" : "ODD", ALD_MSG_HOLD);
    }
    rig.holds_writes = true;
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "2 event EVEN\n"
                     "2 event ODD\n");
    send(&rig, "off", "LAST", 0);
    ald_check_int(world_of(&rig).n_held, 4);
    rig_write(&rig, 2, rig.conns[2].said, rig.conns[2].said);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "2 event EVEN\n"
                     "2 event ODD\n"
                     "2 event EVEN\n"
                     "2 event LAST\n");
    rig_fini(&rig);
}

ALD_TEST(hold, it_waits_again_when_the_target_goes_before_all_is_given_out)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 2; /* one for the channel, one for what waits */
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    rig.by_hand = true;
    rig_agent(&rig, 2, "off", 0);
    rig.by_hand = false;
    rig.conns[2].open = false;
    rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 2});
    rig_settle(&rig);
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "2 event E1\n" /* which it did not take */
                     "3 event E1\n"
                     "3 event E2\n");
    rig_fini(&rig);
}

ALD_TEST(hold, a_new_list_replaces_the_former_one_and_what_waits_stays)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    rig_expect_targets(&rig, "other");
    ald_check_int(world_of(&rig).n_expected, 2);
    send(&rig, "off", "E2", asks);
    send(&rig, "late", "E3", asks);
    send(&rig, "other", "E4", asks);
    rig_expect(&rig, "1 report E1 queued\n"
                     "1 report E2 no_target\n"
                     "1 report E3 no_target\n"
                     "1 report E4 queued\n");
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "2 event E1\n");
    ald_check_int(world_of(&rig).n_expected, 1);
    rig_expect_targets(&rig, "");
    ald_check_int(world_of(&rig).n_expected, 1); /* for E4 */
    rig_advance(&rig, 61 * ALD_SEC);
    ald_check_int(world_of(&rig).n_expected, 0);
    rig_fini(&rig);
}

ALD_TEST(hold, a_name_that_cannot_be_a_target_is_not_expected)
{
    static char name[ALD_NAME_MAX + 2];
    struct rig rig;

    memset(name, 'x', sizeof(name) - 1);
    story_begin(&rig);
    rig_expect_targets(&rig, name);
    ald_check_int(world_of(&rig).n_expected, 0);
    ald_check_int(rig_count(&rig, ALD_N_EXPECTED_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(hold, for_one_that_is_away_it_waits_in_its_session)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 2, "off", ALD_CAN_RESUME);
    rig_close(&rig, 2);
    send(&rig, "off", "E1", asks);
    rig_open(&rig, 3);
    rig_resume(&rig, 3, rig.conns[2].session, 0);
    rig_expect(&rig, "3 event E1\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_HELD), 0);
    rig_fini(&rig);
}

ALD_TEST(hold, one_that_is_unhealthy_gets_it_when_it_is_well_again)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.health_interval = 30 * ALD_SEC;
    rig.config.health_failures = 1;
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    rig_agent(&rig, 2, "off", ALD_CAN_HEALTH);
    while (rig.conns[2].health.low == 0) {
        rig_advance(&rig, ALD_SEC);
    }
    rig_answer_health(&rig, 2, false);
    rig.n_text = 0;
    send(&rig, "off", "E1", asks);
    rig_expect(&rig, "1 report E1 queued\n");
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "3 event E1\n");
    rig_fini(&rig);
}

ALD_TEST(hold, the_controller_may_be_expected)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.controller = ALD_STR("off");
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    rig_event_as(&rig, 1, NULL, (struct rig_options){.no_target = true, .name = "E1", .flags = asks});
    rig_agent(&rig, 2, "off", 0);
    rig_expect(&rig, "1 report E1 queued\n"
                     "2 event E1\n");
    rig_fini(&rig);
}

ALD_TEST(hold, what_is_for_one_channel_waits_for_no_other)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 2, "off", 0);
    rig_close(&rig, 2);
    rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .channel = rig.conns[2].channel});
    rig_expect(&rig, "1 report E1 no_channel\n");
    rig_fini(&rig);
}

ALD_TEST(hold, when_the_hub_stops_what_waits_is_dropped_and_told)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    send(&rig, "late", "E2", asks);
    rig.n_text = 0;
    rig_drain(&rig, ALD_SEC);
    ald_check(strstr(rig.text, "1 report E1 draining\n1 report E2 draining\n") != NULL);
    ald_check_int(world_of(&rig).n_held, 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    rig_fini(&rig);
}

ALD_TEST(hold, a_hub_has_not_stopped_while_something_waits)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    rig_close(&rig, 1);
    rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = rig.now + ALD_SEC});
    ald_check_int(world_of(&rig).n_held, 1);
    ald_check(!ald_hub_drained(rig.hub));
    rig_settle(&rig);
    ald_check(ald_hub_drained(rig.hub));
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    rig_fini(&rig);
}

/* Of 10,000 bytes. */
static void send_large(struct rig *rig, const char *name, uint32_t flags)
{
    static char payload[10000];

    memset(payload, ' ', sizeof(payload) - 1);
    rig_event_as(rig, 1, "b", (struct rig_options){.name = name, .flags = flags, .payload = payload});
}

/* The account of "b" is over its mark, by one that was sent before. */
static void story_of_a_burst(struct rig *rig, size_t out_bytes_max)
{
    rig_init(rig);
    rig->config.out_bytes_high = 5000;
    rig->config.out_bytes_max = out_bytes_max;
    rig_start(rig);
    rig_agent(rig, 1, "a", ALD_CAN_REPORT);
    rig_agent(rig, 2, "b", 0);
    rig->holds_writes = true;
    send_large(rig, "E0", 0);
    rig->n_text = 0;
}

ALD_TEST(hold, a_burst_that_somebody_wants_to_hear_of_may_fill_half_of_an_account)
{
    struct rig rig;

    story_of_a_burst(&rig, 80000);
    send_large(&rig, "E1", 0);
    send_large(&rig, "E2", ALD_MSG_REPORT);
    send_large(&rig, "E3", ALD_MSG_HOLD);
    rig_expect(&rig, "2 event E2\n"
                     "2 event E3\n");
    send_large(&rig, "E4", ALD_MSG_REPORT);
    rig_expect(&rig, "1 report E4 busy\n");
    rig_fini(&rig);
}

ALD_TEST(hold, a_burst_for_one_that_is_expected_waits_beyond_that)
{
    struct rig rig;

    story_of_a_burst(&rig, 20000);
    rig_expect_targets(&rig, "b");
    send_large(&rig, "E1", asks);
    send_large(&rig, "E2", asks);
    rig_expect(&rig, "1 report E1 queued\n"
                     "1 report E2 queued\n");
    rig_write(&rig, 2, rig.conns[2].said, rig.conns[2].said);
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n");
    rig_fini(&rig);
}

ALD_TEST(hold, a_hub_that_is_freed_drops_what_waits)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    rig.by_hand = true;
    rig_agent(&rig, 2, "off", 0);
    send(&rig, "late", "E2", asks);
    rig_fini(&rig);
}

ALD_TEST_MAIN(hold, ALD_CASE(hold, what_waits_is_given_out_in_order_when_its_target_comes),
              ALD_CASE(hold, it_is_given_out_when_its_sender_has_long_gone),
              ALD_CASE(hold, a_target_that_nobody_expects_is_not_waited_for),
              ALD_CASE(hold, an_event_waits_only_if_its_sender_said_that_it_may),
              ALD_CASE(hold, who_wants_to_hear_that_nobody_is_there_hears_that_and_nothing_else),
              ALD_CASE(hold, who_waits_too_long_is_dropped_and_its_sender_told),
              ALD_CASE(hold, nothing_waits_longer_than_a_command_may_take),
              ALD_CASE(hold, a_report_that_nobody_is_there_to_hear_is_counted),
              ALD_CASE(hold, one_target_and_all_together_have_so_much_room),
              ALD_CASE(hold, what_waits_holds_so_many_bytes), ALD_CASE(hold, nothing_overtakes_what_waits),
              ALD_CASE(hold, what_does_not_fit_the_account_waits_until_it_does),
              ALD_CASE(hold, it_waits_again_when_the_target_goes_before_all_is_given_out),
              ALD_CASE(hold, a_new_list_replaces_the_former_one_and_what_waits_stays),
              ALD_CASE(hold, a_name_that_cannot_be_a_target_is_not_expected),
              ALD_CASE(hold, for_one_that_is_away_it_waits_in_its_session),
              ALD_CASE(hold, one_that_is_unhealthy_gets_it_when_it_is_well_again),
              ALD_CASE(hold, the_controller_may_be_expected),
              ALD_CASE(hold, what_is_for_one_channel_waits_for_no_other),
              ALD_CASE(hold, when_the_hub_stops_what_waits_is_dropped_and_told),
              ALD_CASE(hold, a_hub_has_not_stopped_while_something_waits),
              ALD_CASE(hold, a_burst_that_somebody_wants_to_hear_of_may_fill_half_of_an_account),
              ALD_CASE(hold, a_burst_for_one_that_is_expected_waits_beyond_that),
              ALD_CASE(hold, a_hub_that_is_freed_drops_what_waits))
