#include "hub/hub_rig.h"

enum { HEARERS = 6 };

/* Connections 1 to 6 know DAWN; 7 is a caller. Two units a step. */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.step_work = 2;
    rig->config.broadcasts_max = 2;
    rig_start(rig);
    for (uint64_t i = 1; i <= HEARERS; i++) {
        rig_agent(rig, i, "lamp", 0);
        rig_capable(rig, i, "DAWN");
    }
    rig_caller(rig, 7);
    rig->n_text = 0;
}

static void tick(struct rig *rig)
{
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
}

static void everyone_as(struct rig *rig, uint64_t conn, const char *target, enum ald_scope scope)
{
    rig_event_as(
        rig, conn, target,
        (struct rig_options){.flags = ALD_MSG_EVERYONE | ALD_MSG_REPORT, .scope = (uint8_t)scope, .name = "ALL"});
}

static void everyone(struct rig *rig, uint64_t conn, const char *target)
{
    everyone_as(rig, conn, target, ALD_SCOPE_HERE);
}

/* The hub on the other end of connection `conn`. */
static void peer(struct rig *rig, uint64_t conn)
{
    static const struct ald_greeting greeting = {.peering = ALD_PEERING_FLOODS, .hub = {"n2", 2}};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    rig_open(rig, conn);
    signal.target = ALD_STR("hub:n2");
    signal.traits = ALD_CAN_NEWS;
    signal.greeting = &greeting;
    rig_signal(rig, conn, &signal);
}

ALD_TEST(spread, is_worked_off_in_slices)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig_broadcast(&rig, 7, "DAWN");
    rig_expect(&rig, "1 event DAWN\n"
                     "2 event DAWN\n");
    ald_check(ald_hub_deadline(rig.hub) <= rig.now);
    tick(&rig);
    rig_expect(&rig, "3 event DAWN\n"
                     "4 event DAWN\n");
    tick(&rig);
    tick(&rig);
    rig_expect(&rig, "5 event DAWN\n"
                     "6 event DAWN\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS), 1);
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_TOLD), 6);
    rig_fini(&rig);
}

ALD_TEST(spread, goes_on_when_some_leave_in_between_and_others_come)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig_broadcast(&rig, 7, "DAWN");
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 1}); /* who has it */
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 3}); /* who would be next */
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 4});
    rig_agent(&rig, 8, "lamp", 0);
    rig_capable(&rig, 8, "DAWN");
    rig.by_hand = false;
    rig.conns[1].open = rig.conns[3].open = rig.conns[4].open = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 event DAWN\n"
                     "2 event DAWN\n"
                     "5 event DAWN\n"
                     "6 event DAWN\n");
    rig_broadcast(&rig, 7, "DAWN");
    rig_expect(&rig, "2 event DAWN\n"
                     "5 event DAWN\n"
                     "6 event DAWN\n"
                     "8 event DAWN\n");
    rig_fini(&rig);
}

ALD_TEST(spread, ends_when_the_last_who_knew_it_has_gone)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig_broadcast(&rig, 7, "DAWN");
    rig.by_hand = false;
    for (uint64_t i = 1; i <= HEARERS; i++) {
        rig.conns[i].open = false;
        rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = i});
    }
    rig_settle(&rig);
    rig_agent(&rig, 8, "lamp", 0);
    rig_capable(&rig, 8, "DAWN");
    rig_broadcast(&rig, 7, "DAWN");
    ald_check(strstr(rig.text, "8 event DAWN\n") != NULL);
    ald_check(strstr(strstr(rig.text, "8 event DAWN\n") + 1, "8 event DAWN\n") == NULL);
    rig_fini(&rig);
}

ALD_TEST(spread, nobody_hears_the_second_before_the_first)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 1, "DUSK");
    rig_capable(&rig, 6, "DUSK");
    rig.by_hand = true;
    rig_broadcast(&rig, 7, "DAWN");
    rig_broadcast(&rig, 7, "DUSK");
    rig.by_hand = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 event DAWN\n"
                     "2 event DAWN\n"
                     "3 event DAWN\n"
                     "4 event DAWN\n"
                     "5 event DAWN\n"
                     "6 event DAWN\n"
                     "1 event DUSK\n"
                     "6 event DUSK\n");
    rig_fini(&rig);
}

ALD_TEST(spread, who_is_over_its_account_misses_it_counted)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 600;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_agent(&rig, 2, "lamp", 0);
    rig_capable(&rig, 1, "DAWN");
    rig_capable(&rig, 2, "DAWN");
    rig.holds_writes = true;
    rig_broadcast(&rig, 2, "DAWN");
    rig_write(&rig, 2, rig.conns[2].said, rig.conns[2].said);
    rig_broadcast(&rig, 2, "DAWN");
    rig_expect(&rig, "1 event DAWN\n"
                     "2 event DAWN\n"
                     "2 event DAWN\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_MISSED), 1);
    rig_fini(&rig);
}

ALD_TEST(spread, one_for_everyone_of_a_target_reaches_each_of_its_channels)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 8, "horn", 0);
    everyone(&rig, 3, "lamp");
    rig_expect(&rig, "1 event ALL\n"
                     "2 event ALL\n"
                     "3 event ALL\n"
                     "4 event ALL\n"
                     "5 event ALL\n"
                     "6 event ALL\n");
    everyone_as(&rig, 3, "horn", ALD_SCOPE_ONE);
    everyone_as(&rig, 3, "horn", ALD_SCOPE_EVERYWHERE);
    rig_expect(&rig, "8 event ALL\n"
                     "8 event ALL\n");
    rig_fini(&rig);
}

ALD_TEST(spread, one_for_everyone_goes_on_when_channels_go_and_come)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    everyone(&rig, 7, "lamp");
    rig_event(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = 3});
    rig_agent(&rig, 8, "lamp", 0);
    rig.by_hand = false;
    rig.conns[3].open = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 event ALL\n"
                     "2 event ALL\n"
                     "4 event ALL\n"
                     "5 event ALL\n"
                     "6 event ALL\n");
    rig_fini(&rig);
}

ALD_TEST(spread, one_for_everyone_ends_with_the_target)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 8, "horn", 0);
    rig_agent(&rig, 9, "horn", 0);
    rig_agent(&rig, 10, "horn", 0);
    rig.n_text = 0;
    rig.by_hand = true;
    everyone(&rig, 7, "horn");
    rig.by_hand = false;
    for (uint64_t i = 8; i <= 10; i++) {
        rig.conns[i].open = false;
        rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = i});
    }
    rig_settle(&rig);
    rig_expect(&rig, "8 event ALL\n"
                     "9 event ALL\n");
    rig_fini(&rig);
}

ALD_TEST(spread, one_for_everyone_does_not_reach_who_is_away)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 8, "horn", ALD_CAN_RESUME);
    rig_agent(&rig, 9, "horn", 0);
    rig_close(&rig, 8);
    everyone(&rig, 7, "horn");
    rig_expect(&rig, "9 event ALL\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_MISSED), 0);
    rig_fini(&rig);
}

ALD_TEST(spread, nobody_is_told_what_became_of_it)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 8, "horn", ALD_CAN_REPORT);
    everyone(&rig, 8, "nobody");
    rig.denies = true;
    everyone(&rig, 8, "lamp");
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_REPORTS), 0);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(spread, so_many_are_on_their_way_at_once)
{
    struct rig rig;

    story_begin(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_EVENT));
    rig.by_hand = true;
    for (int i = 0; i < 4; i++) {
        rig_broadcast(&rig, 7, "DAWN");
    }
    rig_expect(&rig, "* event DAWN spread\n"
                     "1 event DAWN\n"
                     "2 event DAWN\n"
                     "* event DAWN spread\n"
                     "3 event DAWN\n"
                     "4 event DAWN\n"
                     "* event DAWN dropped busy\n"
                     "5 event DAWN\n"
                     "6 event DAWN\n"
                     "* event DAWN dropped busy\n"
                     "1 event DAWN\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_DROPPED), 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 2);
    rig.by_hand = false;
    rig_settle(&rig);
    rig.n_text = 0;
    rig_broadcast(&rig, 7, "DAWN");
    ald_check(strstr(rig.text, "spread") != NULL);
    rig_fini(&rig);
}

ALD_TEST(spread, what_is_on_its_way_holds_so_many_bytes)
{
    static char payload[4096];
    struct rig rig;

    memset(payload, ' ', sizeof(payload) - 1);
    rig_init(&rig);
    rig.config.broadcasts_bytes_max = sizeof(payload);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_capable(&rig, 1, "DAWN");
    rig_event_as(&rig, 1, NULL,
                 (struct rig_options){.no_target = true, .scope = ALD_SCOPE_HERE, .name = "DAWN", .payload = payload});
    rig_expect(&rig, "");
    rig_broadcast(&rig, 1, "DAWN");
    rig_expect(&rig, "1 event DAWN\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(spread, another_hub_is_not_reached_by_what_it_understands)
{
    struct rig rig;

    story_begin(&rig);
    peer(&rig, 8);
    rig_capable(&rig, 8, "DAWN,DUSK");
    rig_capable(&rig, 2, "DUSK");
    rig.n_text = 0; /* there is news of it, too */
    rig_event_as(&rig, 7, NULL, (struct rig_options){.no_target = true, .scope = ALD_SCOPE_HERE, .name = "DUSK"});
    rig_expect(&rig, "2 event DUSK\n");
    rig_fini(&rig);
}

ALD_TEST(spread, the_scope_of_a_broadcast_always_has_this_hub_in_it)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 2, "DUSK");
    for (int scope = ALD_SCOPE_HERE; scope <= ALD_SCOPE_EVERYWHERE; scope++) {
        rig_event_as(&rig, 7, NULL, (struct rig_options){.no_target = true, .scope = (uint8_t)scope, .name = "DUSK"});
    }
    rig_expect(&rig, "2 event DUSK\n"
                     "2 event DUSK\n"
                     "2 event DUSK\n");
    rig_fini(&rig);
}

ALD_TEST(spread, a_hub_that_is_freed_in_the_middle_leaves_nothing)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig_broadcast(&rig, 7, "DAWN");
    rig_broadcast(&rig, 7, "DAWN");
    rig_fini(&rig);
}

ALD_TEST_MAIN(spread, ALD_CASE(spread, is_worked_off_in_slices),
              ALD_CASE(spread, goes_on_when_some_leave_in_between_and_others_come),
              ALD_CASE(spread, ends_when_the_last_who_knew_it_has_gone),
              ALD_CASE(spread, nobody_hears_the_second_before_the_first),
              ALD_CASE(spread, who_is_over_its_account_misses_it_counted),
              ALD_CASE(spread, one_for_everyone_of_a_target_reaches_each_of_its_channels),
              ALD_CASE(spread, one_for_everyone_goes_on_when_channels_go_and_come),
              ALD_CASE(spread, one_for_everyone_ends_with_the_target),
              ALD_CASE(spread, one_for_everyone_does_not_reach_who_is_away),
              ALD_CASE(spread, nobody_is_told_what_became_of_it), ALD_CASE(spread, so_many_are_on_their_way_at_once),
              ALD_CASE(spread, what_is_on_its_way_holds_so_many_bytes),
              ALD_CASE(spread, another_hub_is_not_reached_by_what_it_understands),
              ALD_CASE(spread, the_scope_of_a_broadcast_always_has_this_hub_in_it),
              ALD_CASE(spread, a_hub_that_is_freed_in_the_middle_leaves_nothing))
