#include "hub/hub_rig.h"

/* Stands for a dialect whose messages have a form of their own. */
static const char native_dialect;

/* Connection 1 is a party "a" that takes reports, 2 is "b", 3 is a caller without a name. */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.id = ALD_STR("here");
    rig_start(rig);
    rig_agent(rig, 1, "a", ALD_CAN_REPORT);
    rig_agent(rig, 2, "b", 0);
    rig_agent(rig, 3, NULL, 0);
}

static void reporting(struct rig *rig, uint64_t conn, const char *target, struct rig_options options)
{
    options.flags |= ALD_MSG_REPORT;
    rig_event_as(rig, conn, target, options);
}

/* An event for "b" in which its sender writes that it is `claim`. */
static void claiming(struct rig *rig, uint64_t conn, const char *claim, bool native, const struct ald_travel *travel)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    const struct ald_address from = {.target = ald_str(claim)};
    const struct rig_options options = {0};

    signal.msg = rig_msg(rig, ALD_EVENT, NULL);
    rig_fill(signal.msg, "b", &options);
    ald_check_int(ald_msg_set_address(signal.msg, &signal.msg->from, &from), 0);
    if (native) {
        signal.msg->native_of = &native_dialect;
    }
    ald_msg_seal(signal.msg);
    signal.travel = travel;
    rig_signal(rig, conn, &signal);
}

static void peer(struct rig *rig, uint64_t conn)
{
    static const struct ald_greeting greeting = {.peering = ALD_PEERING_FLOODS, .hub = {"n2", 2}};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    rig_open(rig, conn);
    signal.target = ALD_STR("hub:n2");
    signal.traits = ALD_CAN_REPORT;
    signal.greeting = &greeting;
    rig_signal(rig, conn, &signal);
}

ALD_TEST(parcel, its_sender_hears_why_it_was_dropped)
{
    struct rig rig;

    story_begin(&rig);
    reporting(&rig, 1, "nobody", (struct rig_options){.name = "E1"});
    reporting(&rig, 1, "b", (struct rig_options){.name = "E2", .scope = ALD_SCOPE_NETWORK});
    reporting(&rig, 1, "b", (struct rig_options){.name = "E3", .hub = "there"});
    reporting(&rig, 1, "", (struct rig_options){.name = "E4"});
    reporting(&rig, 1, NULL, (struct rig_options){.name = "E5", .no_target = true});
    reporting(&rig, 1, "b", (struct rig_options){.name = "E6", .flags = ALD_MSG_DURABLE});
    rig.denies = true;
    reporting(&rig, 1, "b", (struct rig_options){.name = "E7"});
    rig_expect(&rig, "1 report E1 no_target\n"
                     "1 report E2 no_target\n"
                     "1 report E3 no_target\n"
                     "1 report E4 unknown_command\n"
                     "1 report E5 unknown_command\n"
                     "1 report E6 unsupported\n"
                     "1 report E7 not_allowed\n");
    ald_check_int(rig_count(&rig, ALD_N_REPORTS), 7);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 7);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DENIED), 1);
    rig_fini(&rig);
}

ALD_TEST(parcel, one_for_many_is_reported_only_when_it_may_not_be_said)
{
    const struct rig_options hosts = {
        .name = "E1", .no_target = true, .scope = ALD_SCOPE_HERE, .to_kind = ALD_TO_HOSTS, .flags = ALD_MSG_REPORT};
    struct rig rig;

    story_begin(&rig);
    rig_event_as(&rig, 1, NULL, hosts);
    rig.denies = true;
    rig_event_as(&rig, 1, NULL, hosts);
    rig_broadcast(&rig, 1, "E2"); /* nobody asked */
    rig_expect(&rig, "2 event E1\n"
                     "1 report E1 not_allowed\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DENIED), 2);
    rig_fini(&rig);
}

ALD_TEST(parcel, who_did_not_ask_or_cannot_hear_is_told_nothing)
{
    struct rig rig;

    story_begin(&rig);
    rig_send_event(&rig, 1, "nobody");
    reporting(&rig, 2, "nobody", (struct rig_options){.name = "E1"});
    rig_open(&rig, 4);
    reporting(&rig, 4, "b", (struct rig_options){.name = "E2"}); /* by nobody */
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_REPORTS), 0);
    ald_check_int(rig_count(&rig, ALD_N_REPORTS_UNDELIVERED), 1);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 3);
    rig_fini(&rig);
}

ALD_TEST(parcel, one_that_arrives_is_not_reported)
{
    struct rig rig;

    story_begin(&rig);
    reporting(&rig, 1, "b", (struct rig_options){.name = "E1", .hub = "here"});
    reporting(&rig, 1, "b", (struct rig_options){.name = "E2", .scope = ALD_SCOPE_HERE});
    reporting(&rig, 1, "b", (struct rig_options){.name = "E3", .scope = ALD_SCOPE_EVERYWHERE});
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n"
                     "2 event E3\n");
    rig_fini(&rig);
}

ALD_TEST(parcel, what_nobody_here_answers_goes_to_the_controller)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.controller = ALD_STR("b");
    rig_start(&rig);
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    reporting(&rig, 1, NULL, (struct rig_options){.name = "E1", .no_target = true});
    rig_agent(&rig, 2, "b", 0);
    reporting(&rig, 1, NULL, (struct rig_options){.name = "E2", .no_target = true});
    rig_expect(&rig, "1 report E1 no_target\n"
                     "2 event E2\n");
    rig_fini(&rig);
}

ALD_TEST(parcel, who_does_not_read_its_reports_is_not_read)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 600;
    rig_start(&rig);
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    rig.holds_writes = true;
    for (int i = 0; i < 3; i++) {
        reporting(&rig, 1, "nobody", (struct rig_options){.name = "E1"});
    }
    rig_expect(&rig, "1 report E1 no_target\n"
                     "1 report E1 no_target\n"
                     "1 report E1 no_target\n"
                     "1 pause\n");
    rig_fini(&rig);
}

ALD_TEST(parcel, it_is_from_whom_the_hub_knows)
{
    struct rig rig;

    story_begin(&rig);
    claiming(&rig, 1, "somebody", true, NULL);
    ald_check_str(ald_str(rig.last_from), "a");
    claiming(&rig, 3, NULL, true, NULL);
    ald_check_str(ald_str(rig.last_from), "");
    rig_fini(&rig);
}

ALD_TEST(parcel, a_caller_may_claim_a_name_that_nobody_has)
{
    struct rig rig;

    story_begin(&rig);
    claiming(&rig, 3, "early", true, NULL);
    ald_check_str(ald_str(rig.last_from), "early");
    claiming(&rig, 3, "early", false, NULL); /* where the protocol knows no such thing */
    ald_check_str(ald_str(rig.last_from), "");
    claiming(&rig, 3, "a", true, NULL);
    ald_check_str(ald_str(rig.last_from), "");
    rig_fini(&rig);
}

ALD_TEST(parcel, another_hub_says_whom_it_is_from_and_what_way_it_came)
{
    const struct ald_travel travel = {.hub = ALD_STR("n3"), .hops = 2};
    struct rig rig;

    story_begin(&rig);
    peer(&rig, 4);
    claiming(&rig, 4, "far", false, &travel);
    ald_check_str(ald_str(rig.last_from), "far");
    ald_check_str(ald_str(rig.last_hub), "n3");
    claiming(&rig, 1, "far", false, &travel); /* which a party of ours does not know */
    ald_check_str(ald_str(rig.last_from), "a");
    ald_check_str(ald_str(rig.last_hub), "");
    rig_fini(&rig);
}

ALD_TEST(parcel, one_that_waits_keeps_what_it_shows)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    const struct rig_options options = {.flags = ALD_MSG_HOLD};
    char hub[] = "n3", from[] = "far";
    struct ald_travel travel = {.hub = ald_str(hub)};
    struct rig rig;

    story_begin(&rig);
    rig_expect_targets(&rig, "late");
    peer(&rig, 4);
    signal.msg = rig_msg(&rig, ALD_EVENT, NULL);
    rig_fill(signal.msg, "late", &options);
    ald_msg_seal(signal.msg);
    signal.from = ald_str(from);
    signal.travel = &travel;
    rig_signal(&rig, 4, &signal);
    memset(hub, 'x', sizeof(hub));
    memset(from, 'x', sizeof(from));
    rig_close(&rig, 4);
    rig_agent(&rig, 5, "late", 0);
    ald_check_str(ald_str(rig.last_from), "far");
    ald_check_str(ald_str(rig.last_hub), "n3");
    rig_fini(&rig);
}

ALD_TEST(parcel, one_that_a_session_keeps_shows_its_sender_when_that_one_has_gone)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 4, "lamp", ALD_CAN_RESUME);
    rig.holds_writes = true;
    rig_send_event(&rig, 1, "lamp");
    rig.last_from[0] = '\0';
    rig_close(&rig, 4);
    rig_close(&rig, 1);
    rig.holds_writes = false;
    rig_open(&rig, 5);
    rig_resume(&rig, 5, rig.conns[4].session, 0);
    rig_expect(&rig, "4 event\n"
                     "5 event\n");
    ald_check_str(ald_str(rig.last_from), "a");
    rig_fini(&rig);
}

ALD_TEST(parcel, news_that_a_session_keeps_are_told_again)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 4, "lamp", ALD_CAN_RESUME | ALD_CAN_NEWS);
    rig_expect(&rig, "4 news presence lamp up\n");
    rig.holds_writes = true;
    rig_agent(&rig, 5, "horn", 0);
    rig_close(&rig, 4);
    rig.holds_writes = false;
    rig_open(&rig, 6);
    rig_resume(&rig, 6, rig.conns[4].session, 1);
    rig_expect(&rig, "4 news presence horn up\n"
                     "6 news presence horn up\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(parcel, ALD_CASE(parcel, its_sender_hears_why_it_was_dropped),
              ALD_CASE(parcel, one_for_many_is_reported_only_when_it_may_not_be_said),
              ALD_CASE(parcel, who_did_not_ask_or_cannot_hear_is_told_nothing),
              ALD_CASE(parcel, one_that_arrives_is_not_reported),
              ALD_CASE(parcel, what_nobody_here_answers_goes_to_the_controller),
              ALD_CASE(parcel, who_does_not_read_its_reports_is_not_read),
              ALD_CASE(parcel, it_is_from_whom_the_hub_knows),
              ALD_CASE(parcel, a_caller_may_claim_a_name_that_nobody_has),
              ALD_CASE(parcel, another_hub_says_whom_it_is_from_and_what_way_it_came),
              ALD_CASE(parcel, one_that_waits_keeps_what_it_shows),
              ALD_CASE(parcel, one_that_a_session_keeps_shows_its_sender_when_that_one_has_gone),
              ALD_CASE(parcel, news_that_a_session_keeps_are_told_again))
