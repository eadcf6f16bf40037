#include "hub/subscribe.h"

#include "hub/filters.h"
#include "hub/hub_rig.h"
#include "hub/series.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(rig, 2, "control-1", ALD_CAN_RESUME);
    rig_caller(rig, 9);
}

static void ask(struct rig *rig, uint64_t conn, enum ald_subscribe action, const char *filters, ald_wall since)
{
    const struct ald_subscription subscription = {
        .name = ALD_STR("foo:Tick"), .filters = ald_str(filters), .since = since, .action = (uint8_t)action};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);

    signal.subscription = &subscription;
    signal.request = rig_msg(rig, ALD_COMMAND, "s");
    ald_msg_seal(signal.request);
    rig_signal(rig, conn, &signal);
}

static void publish(struct rig *rig, const char *name, const char *filters)
{
    rig_event_as(rig, 9, "", (struct rig_options){.name = name, .filters = filters});
}

ALD_TEST(subscribe, who_subscribed_hears_it_and_nobody_else)
{
    struct rig rig;

    story_begin(&rig);
    publish(&rig, "foo:Tick", NULL); /* nobody wants it yet, and nobody remembers it */
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    publish(&rig, "foo:Tick", NULL);
    publish(&rig, "foo:Other", NULL);
    rig_expect(&rig, "1 subscribed no\n"
                     "1 event foo:Tick\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    rig_fini(&rig);
}

ALD_TEST(subscribe, filters_decide)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, "a,b", 0);
    publish(&rig, "foo:Tick", "b,c");
    publish(&rig, "foo:Tick", "c");
    publish(&rig, "foo:Tick", NULL);
    rig_expect(&rig, "1 subscribed no\n"
                     "1 event foo:Tick\n"
                     "1 event foo:Tick\n");
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, "c", UINT64_MAX);
    publish(&rig, "foo:Tick", "c");
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, "b,c", 0);
    publish(&rig, "foo:Tick", "c");
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "c", UINT64_MAX);
    publish(&rig, "foo:Tick", "a");
    publish(&rig, "foo:Tick", "c");
    rig_expect(&rig, "1 subscribed no\n"
                     "1 event foo:Tick\n"
                     "1 subscribed no\n"
                     "1 subscribed no\n"
                     "1 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, the_last_filter_that_goes_ends_it)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, "a", 0);
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, "a", 0);
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "", 0);
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, NULL, 0);
    publish(&rig, "foo:Tick", NULL);
    rig_expect(&rig, "1 subscribed no\n"
                     "1 subscribed no\n"
                     "1 subscribed no\n"
                     "1 subscribed no\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, who_unsubscribes_makes_no_name_known)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, NULL, 1);
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "", 1);
    rig_expect(&rig, "1 subscribed no\n"
                     "1 subscribed no\n");
    publish(&rig, "foo:Tick", NULL);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig_expect(&rig, "2 subscribed no\n"); /* nobody remembered it */
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "", 1);
    rig_expect(&rig, "1 subscribed no\n"); /* and is not told since when it is known */
    rig_fini(&rig);
}

/* The channel of `conn` hears that name no more. */
static int end(struct rig *rig, uint64_t conn, const char *name)
{
    rig_step(rig, (struct ald_event){
                      .kind = ALD_EVENT_UNSUBSCRIBE, .text = ald_str(rig->conns[conn].channel), .name = ald_str(name)});
    return rig->result;
}

ALD_TEST(subscribe, who_may_hear_it_no_more_does_not)
{
    struct rig rig;
    const void *walk = NULL;
    struct ald_str name;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig.n_text = 0;
    ald_check(ald_hub_next_subscription(rig.hub, ald_str(rig.conns[1].channel), &walk, &name));
    ald_check_str(name, "foo:Tick");
    ald_check(!ald_hub_next_subscription(rig.hub, ald_str(rig.conns[1].channel), &walk, &name));
    ald_check_int(end(&rig, 1, "foo:Other"), ALD_ASK_UNKNOWN);
    ald_check_int(end(&rig, 1, "foo:Tick"), 0);
    ald_check_int(end(&rig, 1, "foo:Tick"), ALD_ASK_UNKNOWN);
    ald_check_int(end(&rig, 1, NULL), ALD_ASK_UNKNOWN);
    ald_check_int(end(&rig, 9, "foo:Tick"), ALD_ASK_UNKNOWN); /* a caller has no channel */
    walk = NULL;
    ald_check(!ald_hub_next_subscription(rig.hub, ald_str(rig.conns[1].channel), &walk, &name));
    publish(&rig, "foo:Tick", NULL);
    rig_expect(&rig, "2 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_is_said_again_to_who_may_hear_it_no_more_ends)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "control-1", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    for (int i = 0; i < 3; i++) {
        publish(&rig, "foo:Tick", NULL);
    }
    rig.n_text = 0;
    rig.by_hand = true;
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0); /* one event a step */
    ald_check_int(end(&rig, 1, "foo:Tick"), 0);
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(rig_count(&rig, ALD_N_EVENTS_REPLAYED) < 3);
    ald_check(strstr(rig.text, "1 subscribed ") != NULL); /* it is answered all the same */
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_was_missed_is_said_before_the_answer)
{
    struct rig rig;
    ald_wall between;

    story_begin(&rig);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    publish(&rig, "foo:Tick", "a");
    rig_advance(&rig, 10 * ALD_SEC);
    between = RIG_WALL + rig.now;
    rig_advance(&rig, 10 * ALD_SEC);
    publish(&rig, "foo:Tick", "b");
    publish(&rig, "foo:Tick", "a");
    rig.n_text = 0;
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "a", between);
    rig_expect(&rig, "1 event foo:Tick\n"
                     "1 subscribed yes\n");
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, NULL, 0);
    rig_expect(&rig, "1 event foo:Tick\n"
                     "1 event foo:Tick\n"
                     "1 event foo:Tick\n"
                     "1 subscribed yes\n");
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, NULL, 0);
    rig_expect(&rig, "1 subscribed no\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_REPLAYED), 4);
    rig_fini(&rig);
}

ALD_TEST(subscribe, who_was_the_only_one_finds_what_came_meanwhile)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig_say(&rig, 1, ALD_SIGNAL_LEAVE);
    rig_close(&rig, 1);
    publish(&rig, "foo:Tick", NULL);
    rig.n_text = 0;
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 1);
    rig_expect(&rig, "2 event foo:Tick\n"
                     "2 subscribed yes gap\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, only_so_many_are_remembered)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    for (uint32_t i = 0; i < rig.config.replay_max + 20; i++) {
        publish(&rig, "foo:Tick", NULL);
    }
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_REPLAYED), rig.config.replay_max);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_FORGOTTEN), 20);
    rig_fini(&rig);
}

ALD_TEST(subscribe, who_asks_for_more_than_is_remembered_is_told_that_some_is_missing)
{
    struct rig rig;
    ald_wall before;

    story_begin(&rig);
    rig_advance(&rig, ALD_SEC);
    before = RIG_WALL + rig.now;
    rig_advance(&rig, ALD_SEC);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, before); /* the name is known from now on only */
    rig_expect(&rig, "2 subscribed no gap\n");
    before = RIG_WALL + rig.now;
    rig_advance(&rig, ALD_SEC);
    for (uint32_t i = 0; i < rig.config.replay_max; i++) {
        publish(&rig, "foo:Tick", "a");
        rig.n_text = 0;
    }
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, "b", before);
    rig_expect(&rig, "1 subscribed no\n");
    publish(&rig, "foo:Tick", "a");
    rig.n_text = 0;
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "b", before);
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "b", 0); /* who wants what there is gets that */
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, "b", UINT64_MAX);
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, NULL, before);
    rig_expect(&rig, "1 subscribed no gap\n"
                     "1 subscribed no\n"
                     "1 subscribed no\n"
                     "1 subscribed no\n");
    ald_check_int(rig_count(&rig, ALD_N_SUBSCRIPTIONS_GAPPED), 2);
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_its_window_has_no_room_for_is_missing)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.session_window_max = 4;
    rig_start(&rig);
    rig_agent(&rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "control-1", 0);
    rig_caller(&rig, 9);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    for (int i = 0; i < 10; i++) {
        publish(&rig, "foo:Tick", NULL);
    }
    rig.n_text = 0;
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    ald_check(strstr(rig.text, "1 event foo:Tick\n1 event foo:Tick\n1 event foo:Tick\n") == rig.text);
    ald_check(strstr(rig.text, "1 subscribed yes gap\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_is_forgotten_while_it_is_said_again_is_missing)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig.config.replay_max = 3;
    rig_start(&rig);
    rig_agent(&rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "control-1", ALD_CAN_RESUME);
    rig_caller(&rig, 9);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0); /* makes the name known */
    ask(&rig, 1, ALD_SUBSCRIBE_REMOVE, NULL, 0);
    for (int i = 0; i < 3; i++) {
        publish(&rig, "foo:Tick", NULL);
    }
    rig.n_text = 0;
    rig.by_hand = true;
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0); /* it is told first, one event a step */
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    for (int i = 0; i < 6; i++) {
        publish(&rig, "foo:Tick", NULL);
    }
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "1 subscribed no gap\n") != NULL);
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_TOLD), 2 * 6); /* what came after they asked, once each */
    rig_fini(&rig);
}

ALD_TEST(subscribe, filters_have_an_end)
{
    struct rig rig;
    char filters[ALD_FILTERS_MAX + 2];

    memset(filters, 'a', sizeof(filters) - 1);
    filters[sizeof(filters) - 1] = '\0';
    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, filters, 0);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, filters + 1, 0); /* as many as there may be */
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, "b", 0);
    rig_expect(&rig, "1 subscribed no invalid\n"
                     "1 subscribed no\n"
                     "1 subscribed no invalid\n");
    publish(&rig, "foo:Tick", filters + 1);
    publish(&rig, "foo:Tick", "b");
    rig_expect(&rig, "1 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, events_for_others_are_not_for_subscribers)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig_event_as(&rig, 9, "control-1", (struct rig_options){.name = "foo:Tick"});
    ask(&rig, 1, ALD_SUBSCRIBE_REPLACE, NULL, 0);
    rig_expect(&rig, "1 subscribed no\n"
                     "2 event foo:Tick\n"
                     "1 subscribed no\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_is_published_meanwhile_comes_after_what_is_said_again)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(&rig, 2, "control-1", 0);
    rig_caller(&rig, 9);
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    publish(&rig, "foo:Tick", NULL);
    publish(&rig, "foo:Tick", NULL);
    rig.n_text = 0;
    rig.by_hand = true;
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    publish(&rig, "foo:Tick", NULL);
    rig.by_hand = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 event foo:Tick\n"
                     "1 event foo:Tick\n"
                     "1 subscribed yes\n"
                     "2 event foo:Tick\n"
                     "1 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, it_ends_with_its_party_whatever_is_under_way)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    publish(&rig, "foo:Tick", NULL);
    rig.by_hand = true;
    rig.config.step_work = 1;
    ask(&rig, 2, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig_say(&rig, 2, ALD_SIGNAL_LEAVE);
    rig_close(&rig, 2);
    rig.by_hand = false;
    rig_settle(&rig);
    publish(&rig, "foo:Tick", NULL);
    ald_check(strstr(rig.text, "2 event") == NULL || strstr(rig.text, "2 subscribed") != NULL);
    rig_fini(&rig);
}

ALD_TEST(subscribe, one_that_is_away_hears_it_when_it_is_back)
{
    struct rig rig;

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig_close(&rig, 1);
    publish(&rig, "foo:Tick", NULL);
    rig_open(&rig, 3);
    rig_resume(&rig, 3, rig.conns[1].session, 1);
    publish(&rig, "foo:Tick", NULL);
    rig_expect(&rig, "1 subscribed no\n"
                     "3 event foo:Tick\n"
                     "3 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, what_is_denied_or_makes_no_sense_is_refused)
{
    struct rig rig;

    story_begin(&rig);
    rig.denies = true;
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    rig.denies = false;
    ask(&rig, 1, ALD_N_SUBSCRIBES, NULL, 0);
    rig_expect(&rig, "1 subscribed no not_allowed\n"
                     "1 subscribed no invalid\n");
    rig_fini(&rig);
}

ALD_TEST(subscribe, names_that_nobody_wants_make_room_for_others)
{
    struct rig rig;
    struct ald_subscription subscription = {.since = UINT64_MAX};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);
    char name[16];

    story_begin(&rig);
    ask(&rig, 1, ALD_SUBSCRIBE_ADD, NULL, 0);
    for (int i = 0; i < ALD_SERIES_MAX + 10; i++) {
        for (int action = ALD_SUBSCRIBE_ADD; action <= ALD_SUBSCRIBE_REMOVE; action++) {
            snprintf(name, sizeof(name), "e%d", i);
            subscription.name = ald_str(name);
            subscription.action = (uint8_t)action;
            signal.subscription = &subscription;
            rig_signal(&rig, 9, &signal);
        }
        rig.n_text = 0;
    }
    ald_check_int(rig_count(&rig, ALD_N_SUBSCRIPTIONS_REFUSED), 0);
    publish(&rig, "foo:Tick", NULL);
    rig_expect(&rig, "1 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST_MAIN(subscribe, ALD_CASE(subscribe, who_subscribed_hears_it_and_nobody_else),
              ALD_CASE(subscribe, filters_decide), ALD_CASE(subscribe, the_last_filter_that_goes_ends_it),
              ALD_CASE(subscribe, who_unsubscribes_makes_no_name_known),
              ALD_CASE(subscribe, who_may_hear_it_no_more_does_not),
              ALD_CASE(subscribe, what_is_said_again_to_who_may_hear_it_no_more_ends),
              ALD_CASE(subscribe, what_was_missed_is_said_before_the_answer),
              ALD_CASE(subscribe, who_was_the_only_one_finds_what_came_meanwhile),
              ALD_CASE(subscribe, only_so_many_are_remembered),
              ALD_CASE(subscribe, who_asks_for_more_than_is_remembered_is_told_that_some_is_missing),
              ALD_CASE(subscribe, what_its_window_has_no_room_for_is_missing),
              ALD_CASE(subscribe, what_is_forgotten_while_it_is_said_again_is_missing),
              ALD_CASE(subscribe, filters_have_an_end), ALD_CASE(subscribe, events_for_others_are_not_for_subscribers),
              ALD_CASE(subscribe, what_is_published_meanwhile_comes_after_what_is_said_again),
              ALD_CASE(subscribe, it_ends_with_its_party_whatever_is_under_way),
              ALD_CASE(subscribe, one_that_is_away_hears_it_when_it_is_back),
              ALD_CASE(subscribe, what_is_denied_or_makes_no_sense_is_refused),
              ALD_CASE(subscribe, names_that_nobody_wants_make_room_for_others))
