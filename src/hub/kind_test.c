#include "hub/hub_rig.h"

/* Two hosts with instances (connections 1 and 2), one without (3), two controls (5, 6) and somebody who only calls (9). */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    for (uint64_t conn = 1; conn <= 3; conn++) {
        char name[16];

        snprintf(name, sizeof(name), "%d", (int)conn);
        rig_agent(rig, conn, name, ALD_CAN_RESUME);
        for (uint32_t party = 1; party <= 3 - conn; party++) {
            snprintf(name, sizeof(name), "instance-%d", (int)(10 * conn + party));
            rig_register_kind(rig, conn, party, name, ALD_CAN_RESUME, ALD_PARTY_INSTANCE);
        }
    }
    for (uint64_t conn = 5; conn <= 6; conn++) {
        rig_open(rig, conn);
        rig_register_kind(rig, conn, 0, conn == 5 ? "control-1" : NULL, ALD_CAN_RESUME, ALD_PARTY_CONTROL);
    }
    rig_caller(rig, 9);
    rig->n_text = 0;
    rig->text[0] = '\0';
}

static void tell_kind(struct rig *rig, uint64_t conn, uint32_t party, uint8_t to_kind, const char *name)
{
    rig_event_as(rig, conn, NULL,
                 (struct rig_options){
                     .no_target = true, .scope = ALD_SCOPE_HERE, .to_kind = to_kind, .party = party, .name = name});
}

ALD_TEST(kind, hosts_hear_what_is_for_hosts)
{
    struct rig rig;

    story_begin(&rig);
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "Hello");
    rig_expect(&rig, "1 event Hello\n"
                     "2 event Hello\n"
                     "3 event Hello\n");
    ald_check_int(rig_count(&rig, ALD_N_BROADCASTS), 1);
    rig_fini(&rig);
}

ALD_TEST(kind, it_does_not_go_back_to_where_it_comes_from)
{
    struct rig rig;

    story_begin(&rig);
    tell_kind(&rig, 1, 0, ALD_TO_HOSTS, "Hello");
    tell_kind(&rig, 2, 1, ALD_TO_HOSTS, "Hi"); /* of an instance, nor to its host */
    tell_kind(&rig, 5, 0, ALD_TO_CONTROLS, "Ho");
    rig_expect(&rig, "2 event Hello\n"
                     "3 event Hello\n"
                     "1 event Hi\n"
                     "3 event Hi\n"
                     "6 event Ho\n");
    rig_fini(&rig);
}

ALD_TEST(kind, it_does_not_go_back_to_a_session_that_has_moved_on)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    tell_kind(&rig, 1, 0, ALD_TO_HOSTS, "Hello");
    rig_close(&rig, 1);
    rig_open(&rig, 7);
    rig_resume(&rig, 7, rig.conns[1].session, 0);
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "7 event Hello") == NULL);
    ald_check(strstr(rig.text, "2 event Hello") != NULL);
    rig_fini(&rig);
}

ALD_TEST(kind, what_is_for_instances_is_told_once_to_each_host_that_has_some)
{
    struct rig rig;

    story_begin(&rig);
    tell_kind(&rig, 9, 0, ALD_TO_INSTANCES, "Hello");
    rig_expect(&rig, "1 event Hello\n"
                     "2 event Hello\n");
    tell_kind(&rig, 1, 2, ALD_TO_INSTANCES, "Hi");
    rig_expect(&rig, "2 event Hi\n");
    rig_fini(&rig);
}

ALD_TEST(kind, controls_hear_what_is_for_controls_and_callers_do_not)
{
    struct rig rig;

    story_begin(&rig);
    tell_kind(&rig, 1, 0, ALD_TO_CONTROLS, "Hello");
    rig_expect(&rig, "5 event Hello\n"
                     "6 event Hello\n");
    rig_fini(&rig);
}

ALD_TEST(kind, what_is_of_a_plugin_reaches_hosts_that_have_it)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 1, "foo:*,bar:*");
    rig_capable(&rig, 2, "bar:*");
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "foo:Tick"); /* who said nothing gets all */
    tell_kind(&rig, 9, 0, ALD_TO_INSTANCES, "foo:Tock");
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "CoreThing");
    rig_capable(&rig, 5, "bar:*");
    tell_kind(&rig, 9, 0, ALD_TO_CONTROLS, "foo:Tick");
    rig_expect(&rig, "1 event foo:Tick\n"
                     "3 event foo:Tick\n"
                     "1 event foo:Tock\n"
                     "1 event CoreThing\n"
                     "2 event CoreThing\n"
                     "3 event CoreThing\n"
                     "5 event foo:Tick\n"
                     "6 event foo:Tick\n");
    rig_fini(&rig);
}

ALD_TEST(kind, who_named_messages_and_no_plugin_hears_those_only)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 1, "SING,DANCE");
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "SING");
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "SLEEP");
    rig_expect(&rig, "1 event SING\n"
                     "2 event SING\n"
                     "3 event SING\n"
                     "2 event SLEEP\n"
                     "3 event SLEEP\n");
    rig_fini(&rig);
}

ALD_TEST(kind, who_is_away_hears_it_later)
{
    struct rig rig;

    story_begin(&rig);
    rig_close(&rig, 1);
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "Hello");
    tell_kind(&rig, 9, 0, ALD_TO_INSTANCES, "Hi");
    rig_expect(&rig, "2 event Hello\n"
                     "3 event Hello\n"
                     "2 event Hi\n");
    rig_open(&rig, 7);
    rig_resume(&rig, 7, rig.conns[1].session, 0);
    ald_check(strstr(rig.text, "7 event Hello\n7 event Hi\n") != NULL);
    rig_fini(&rig);
}

ALD_TEST(kind, whoever_gives_its_name_up_is_of_no_kind)
{
    struct rig rig;

    story_begin(&rig);
    rig_say(&rig, 3, ALD_SIGNAL_UNREGISTER);
    rig_close(&rig, 6);
    rig_advance(&rig, 301 * ALD_SEC);
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "Hello");
    tell_kind(&rig, 9, 0, ALD_TO_CONTROLS, "Hello");
    rig_expect(&rig, "1 event Hello\n"
                     "2 event Hello\n"
                     "5 event Hello\n");
    rig_fini(&rig);
}

ALD_TEST(kind, whoever_comes_after_it_was_said_does_not_hear_it)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig.config.step_work = 1;
    tell_kind(&rig, 9, 0, ALD_TO_HOSTS, "Hello");
    rig_agent(&rig, 7, "7", 0);
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "7 event Hello") == NULL);
    rig_fini(&rig);
}

ALD_TEST(kind, there_is_no_other)
{
    struct rig rig;

    story_begin(&rig);
    tell_kind(&rig, 9, 0, ALD_N_TO_KINDS, "Hello");
    rig_expect(&rig, "");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST_MAIN(kind, ALD_CASE(kind, hosts_hear_what_is_for_hosts),
              ALD_CASE(kind, it_does_not_go_back_to_where_it_comes_from),
              ALD_CASE(kind, it_does_not_go_back_to_a_session_that_has_moved_on),
              ALD_CASE(kind, what_is_for_instances_is_told_once_to_each_host_that_has_some),
              ALD_CASE(kind, controls_hear_what_is_for_controls_and_callers_do_not),
              ALD_CASE(kind, what_is_of_a_plugin_reaches_hosts_that_have_it),
              ALD_CASE(kind, who_named_messages_and_no_plugin_hears_those_only),
              ALD_CASE(kind, who_is_away_hears_it_later), ALD_CASE(kind, whoever_gives_its_name_up_is_of_no_kind),
              ALD_CASE(kind, whoever_comes_after_it_was_said_does_not_hear_it), ALD_CASE(kind, there_is_no_other))
