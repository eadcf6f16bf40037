#include "hub/world.h"

#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.id = ALD_STR("n1");
    rig_start(rig);
}

static struct ald_world_view world_of(const struct rig *rig)
{
    struct ald_world_view view;

    ald_hub_world(rig->hub, &view);
    return view;
}

static void tell(struct rig *rig, enum ald_topic topic, uint8_t state)
{
    rig_news(rig, (struct ald_news){.topic = (uint8_t)topic, .state = state});
}

static void set_traits(struct rig *rig, uint64_t conn, uint32_t traits)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_TRAITS);

    signal.traits = traits;
    rig_signal(rig, conn, &signal);
}

ALD_TEST(world, everybody_hears_who_comes_and_goes_the_subject_included)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", ALD_CAN_NEWS);
    rig_expect(&rig, "1 news presence a up\n");
    rig_agent(&rig, 2, "b", ALD_CAN_NEWS);
    rig_agent(&rig, 3, "c", 0);
    rig_expect(&rig, "1 news presence b up\n"
                     "2 news presence b up\n"
                     "1 news presence c up\n"
                     "2 news presence c up\n");
    rig_say(&rig, 2, ALD_SIGNAL_UNREGISTER);
    rig_expect(&rig, "1 news presence b down\n"
                     "2 news presence b down\n");
    rig_close(&rig, 3);
    rig_expect(&rig, "1 news presence c down\n"
                     "2 news presence c down\n");
    ald_check_int(rig_count(&rig, ALD_N_NEWS_TOLD), 9);
    rig_fini(&rig);
}

ALD_TEST(world, each_registration_is_news_of_its_own)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", ALD_CAN_NEWS);
    rig_agent(&rig, 2, "b", 0);
    rig_agent(&rig, 3, "b", 0);
    rig_register(&rig, 3, "c", 0); /* under another name */
    rig_close(&rig, 2);
    rig_expect(&rig, "1 news presence a up\n"
                     "1 news presence b up\n"
                     "1 news presence b up\n"
                     "1 news presence b down\n"
                     "1 news presence c up\n"
                     "1 news presence b down\n");
    rig_fini(&rig);
}

ALD_TEST(world, presence_says_since_when_and_an_end_only_where_it_was_said)
{
    ald_wall came;
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_advance(&rig, ALD_SEC);
    rig_agent(&rig, 2, "b", 0);
    came = 1700000000 * ALD_SEC + rig.now;
    ald_check_str(rig.last_news->hub, "n1");
    ald_check(rig.last_news->since == came);
    ald_check(rig.last_news->until == 0);
    rig_advance(&rig, 5 * ALD_SEC);
    rig_say(&rig, 2, ALD_SIGNAL_UNREGISTER);
    ald_check(rig.last_news->since == came);
    ald_check(rig.last_news->until == came + 5 * ALD_SEC);
    rig_agent(&rig, 3, "b", 0);
    rig_close(&rig, 3);
    ald_check_int(rig.last_news->state, ALD_PRESENCE_DOWN);
    ald_check(rig.last_news->until == 0);
    rig_fini(&rig);
}

ALD_TEST(world, only_who_can_hear_of_it_is_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_expect(&rig, "");
    set_traits(&rig, 1, ALD_CAN_NEWS);
    rig_agent(&rig, 2, "b", 0);
    rig_expect(&rig, "1 news presence b up\n");
    set_traits(&rig, 1, 0);
    rig_close(&rig, 2);
    rig_expect(&rig, "");
    ald_check_int(world_of(&rig).n_hearers, 0);
    rig_fini(&rig);
}

ALD_TEST(world, another_hub_is_no_service)
{
    static const struct ald_greeting greeting = {.peering = ALD_PEERING_ROUTES, .hub = {"n2", 2}};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_open(&rig, 2);
    signal.target = ALD_STR("hub:n2");
    signal.greeting = &greeting;
    rig_signal(&rig, 2, &signal);
    rig_close(&rig, 2);
    rig_expect(&rig, "2 event aldis:Route\n"
                     "1 news hub (in)\n"
                     "1 news cluster 3 of 2\n"
                     "1 news hub 2 of 0 (in)\n"
                     "1 news cluster 0 of 2\n");
    rig_fini(&rig);
}

ALD_TEST(world, news_are_told_in_slices_to_who_was_there)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 4; /* half of it is for news */
    rig_start(&rig);
    for (uint64_t i = 1; i <= 5; i++) {
        rig_agent(&rig, i, NULL, ALD_CAN_NEWS);
    }
    rig.by_hand = true;
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_VERIFIED);
    rig_expect(&rig, "1 news clock 1 of 0\n"
                     "2 news clock 1 of 0\n");
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 3});
    rig_agent(&rig, 6, NULL, ALD_CAN_NEWS);
    rig.by_hand = false;
    rig.conns[3].open = false;
    rig_settle(&rig);
    rig_expect(&rig, "4 news clock 1 of 0\n"
                     "5 news clock 1 of 0\n");
    rig_fini(&rig);
}

ALD_TEST(world, who_is_over_its_account_waits_for_news_and_misses_no_answer)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 600;
    rig_start(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig.holds_writes = true;
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_VERIFIED);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_NO_NTP);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_VERIFIED);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_NO_NTP);
    rig_expect(&rig, "1 news clock 1 of 0\n"
                     "1 news clock 2 of 0\n"
                     "1 news clock 1 of 0\n");
    rig_question(&rig, 1, ALD_TOPIC_CLOCK, NULL, false);
    rig_expect(&rig, "1 answer clock 2 of 0\n"
                     "1 pause\n");
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 resume\n"
                     "1 news clock 2 of 0\n");
    ald_check_int(rig_count(&rig, ALD_N_NEWS_MISSED), 0);
    rig_fini(&rig);
}

ALD_TEST(world, presence_may_be_asked_for)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_agent(&rig, 2, "b", ALD_CAN_RESUME);
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, "a", false);
    ald_check_str(rig.last_news->hub, "n1");
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, "b", false);
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, "zz", false);
    rig_close(&rig, 2);
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, "b", false);
    rig_expect(&rig, "1 answer presence a up\n"
                     "1 answer presence b up\n"
                     "1 answer presence zz unknown\n"
                     "1 answer presence b down\n");
    rig_fini(&rig);
}

ALD_TEST(world, targets_may_be_asked_for)
{
    struct rig rig;

    story_begin(&rig);
    rig_caller(&rig, 1);
    rig_question(&rig, 1, ALD_TOPIC_TARGETS, NULL, false);
    rig_agent(&rig, 2, "b", 0);
    rig_agent(&rig, 3, "a", 0);
    rig_agent(&rig, 4, "b", 0);
    rig_agent(&rig, 5, "c,d", 0); /* which nobody could tell from two */
    rig_question(&rig, 1, ALD_TOPIC_TARGETS, NULL, false);
    rig_expect(&rig, "1 answer targets\n"
                     "1 answer targets (b,a)\n");
    rig_fini(&rig);
}

ALD_TEST(world, as_many_targets_are_told_as_fit)
{
    enum { PARTIES = 400 };
    struct rig rig;

    story_begin(&rig);
    rig_open(&rig, 1);
    for (uint32_t i = 0; i < PARTIES; i++) {
        struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
        char name[ALD_NAME_MAX + 1];

        snprintf(name, sizeof(name), "%0200u", i);
        signal.party = i;
        signal.target = ald_str(name);
        rig_signal(&rig, 1, &signal);
    }
    rig_caller(&rig, 2);
    rig_question(&rig, 2, ALD_TOPIC_TARGETS, NULL, false);
    ald_check_int((int)rig.last_news->detail.size, ALD_WORLD_TARGETS_MAX / 201 * 201 - 1);
    rig.n_text = 0;
    rig_fini(&rig);
}

ALD_TEST(world, the_clock_is_told_when_it_changes_and_when_asked_for)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_question(&rig, 1, ALD_TOPIC_CLOCK, NULL, false);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_CHECKING);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_INVALID);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_INVALID);
    rig_question(&rig, 1, ALD_TOPIC_CLOCK, NULL, false);
    rig_expect(&rig, "1 answer clock\n"
                     "1 news clock 3 of 0\n"
                     "1 answer clock 3 of 0\n");
    ald_check_int(world_of(&rig).clock, ALD_CLOCK_INVALID);
    rig_fini(&rig);
}

ALD_TEST(world, a_single_hub_is_a_whole_cluster_until_others_are_known)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_question(&rig, 1, ALD_TOPIC_CLUSTER, NULL, false);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 3});
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 3});
    rig_question(&rig, 1, ALD_TOPIC_CLUSTER, NULL, false);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 0});
    rig_expect(&rig, "1 answer cluster 3 of 1\n"
                     "1 news cluster 0 of 3\n"
                     "1 answer cluster 0 of 3\n"
                     "1 news cluster 3 of 1\n");
    rig_fini(&rig);
}

ALD_TEST(world, hubs_that_were_there_are_expected_until_one_is_forgotten)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 2});
    ald_world_set_live(rig.hub, 5); /* more than were named: they are behind neighbours */
    rig_settle(&rig);
    ald_world_set_live(rig.hub, 2);
    rig_settle(&rig);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 1});
    rig_expect(&rig, "1 news cluster 0 of 2\n"
                     "1 news cluster 3 of 5\n"
                     "1 news cluster 0 of 5\n"
                     "1 news cluster 3 of 2\n");
    rig_fini(&rig);
}

/* communicator 6.6: quorum is half of them and one more. */
ALD_TEST(world, a_cluster_is_up_with_its_quorum_and_complete_with_all)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 4});
    for (uint32_t n_live = 1; n_live <= 4; n_live++) {
        ald_world_set_live(rig.hub, n_live);
        rig_settle(&rig);
        ald_check_int(world_of(&rig).cluster_live, n_live);
    }
    ald_world_set_live(rig.hub, 1);
    rig_settle(&rig);
    rig_expect(&rig, "1 news cluster 0 of 4\n"
                     "1 news cluster 1 of 4\n"
                     "1 news cluster 3 of 4\n"
                     "1 news cluster 0 of 4\n");
    rig_fini(&rig);
}

ALD_TEST(world, loads_are_told_to_who_asked_for_them)
{
    const struct ald_news own = {.topic = ALD_TOPIC_LOAD, .load = 0.5, .hub = ALD_STR("n1")};
    const struct ald_news other = {.topic = ALD_TOPIC_LOAD, .load = 0.7, .hub = ALD_STR("n2")};
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_agent(&rig, 2, NULL, 0);
    ald_check(!ald_hub_wants_load(rig.hub));
    ald_check(world_of(&rig).load < 0);
    rig_news(&rig, own);
    rig_expect(&rig, "");
    rig_question(&rig, 2, ALD_TOPIC_LOAD, NULL, true);
    ald_check(ald_hub_wants_load(rig.hub));
    ald_check(rig.last_news->load == 0.5);
    rig_news(&rig, other);
    ald_check(rig.last_news->load == 0.7);
    tell(&rig, ALD_TOPIC_CLOCK, ALD_CLOCK_VERIFIED);
    rig_expect(&rig, "2 answer load\n"
                     "2 news load\n"
                     "1 news clock 1 of 0\n");
    ald_check(world_of(&rig).load == 0.5);
    rig_question(&rig, 2, ALD_TOPIC_LOAD, NULL, false);
    ald_check(!ald_hub_wants_load(rig.hub));
    rig_news(&rig, own);
    rig_expect(&rig, "");
    rig_question(&rig, 1, ALD_TOPIC_LOAD, NULL, true);
    rig_close(&rig, 1);
    ald_check(!ald_hub_wants_load(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(world, addresses_are_remembered_and_only_answered)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_question(&rig, 1, ALD_TOPIC_ADDRESSES, NULL, false);
    for (int i = 0; i < 2; i++) {
        rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_ADDRESSES,
                                         .name = ALD_STR("10.0.0.1:4042"),
                                         .detail = ALD_STR("10.0.0.1:4043")});
    }
    rig_question(&rig, 1, ALD_TOPIC_ADDRESSES, NULL, false);
    rig_expect(&rig, "1 answer addresses\n"
                     "1 answer addresses (10.0.0.1:4043)\n");
    ald_check_str(world_of(&rig).address, "10.0.0.1:4042");
    rig_fini(&rig);
}

ALD_TEST(world, what_only_happens_is_told_on)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_HUB, .state = ALD_HUB_LEFT, .hub = ALD_STR("n2")});
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_UNREACHABLE, .name = ALD_STR("10.0.0.9:4042")});
    rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_INTRUSION, .detail = ALD_STR("thrice")});
    rig_expect(&rig, "1 news hub 1 of 0\n"
                     "1 news unreachable\n"
                     "1 news intrusion (thrice)\n");
    rig_fini(&rig);
}

ALD_TEST(world, a_question_that_is_none_is_counted)
{
    static char name[ALD_NAME_MAX + 2];
    struct rig rig;

    memset(name, 'x', sizeof(name) - 1);
    story_begin(&rig);
    rig_open(&rig, 1);
    rig_question(&rig, 1, ALD_TOPIC_CLOCK, NULL, false); /* by nobody */
    rig_register(&rig, 1, "a", 0);
    rig_question(&rig, 1, ALD_TOPIC_UNREACHABLE, NULL, false);
    rig_question(&rig, 1, ALD_N_TOPICS, NULL, false);
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, name, false);
    rig_question(&rig, 1, ALD_TOPIC_PRESENCE, NULL, false);
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_NEWS});
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 5);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_STALE), 1);
    rig_fini(&rig);
}

ALD_TEST_MAIN(world, ALD_CASE(world, everybody_hears_who_comes_and_goes_the_subject_included),
              ALD_CASE(world, each_registration_is_news_of_its_own),
              ALD_CASE(world, presence_says_since_when_and_an_end_only_where_it_was_said),
              ALD_CASE(world, only_who_can_hear_of_it_is_told), ALD_CASE(world, another_hub_is_no_service),
              ALD_CASE(world, news_are_told_in_slices_to_who_was_there),
              ALD_CASE(world, who_is_over_its_account_waits_for_news_and_misses_no_answer),
              ALD_CASE(world, presence_may_be_asked_for), ALD_CASE(world, targets_may_be_asked_for),
              ALD_CASE(world, as_many_targets_are_told_as_fit),
              ALD_CASE(world, the_clock_is_told_when_it_changes_and_when_asked_for),
              ALD_CASE(world, a_single_hub_is_a_whole_cluster_until_others_are_known),
              ALD_CASE(world, a_cluster_is_up_with_its_quorum_and_complete_with_all),
              ALD_CASE(world, hubs_that_were_there_are_expected_until_one_is_forgotten),
              ALD_CASE(world, loads_are_told_to_who_asked_for_them),
              ALD_CASE(world, addresses_are_remembered_and_only_answered),
              ALD_CASE(world, what_only_happens_is_told_on), ALD_CASE(world, a_question_that_is_none_is_counted))
