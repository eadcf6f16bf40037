#include "hub/capable.h"
#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
}

static uint32_t n_names(const struct rig *rig)
{
    struct ald_world_view view;

    ald_hub_world(rig->hub, &view);
    return view.n_capabilities;
}

/* `n` names of `size` bytes, behind `prefix`, comma separated. */
static const char *names_of(char prefix, int n, int size)
{
    static char text[65536];
    int at = 0;

    for (int i = 0; i < n; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%c%0*d", i > 0 ? "," : "", prefix, size - 1, i);
        ald_check((size_t)at < sizeof(text));
    }
    return text;
}

ALD_TEST(capable, a_broadcast_reaches_who_named_it_the_sender_included)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_agent(&rig, 2, "b", 0);
    rig_agent(&rig, 3, "c", 0);
    rig_caller(&rig, 4);
    rig_capable(&rig, 1, "HELP,DAWN");
    rig_capable(&rig, 3, "DUSK,HELP");
    rig_capable(&rig, 4, "DAWN");
    rig_broadcast(&rig, 1, "DAWN");
    rig_expect(&rig, "1 event DAWN\n"
                     "4 event DAWN\n");
    ald_check_str(ald_str(rig.last_from), "a");
    rig_broadcast(&rig, 2, "DUSK");
    rig_expect(&rig, "3 event DUSK\n");
    rig_broadcast(&rig, 2, "NOON");
    rig_expect(&rig, "");
    rig_fini(&rig);
}

ALD_TEST(capable, names_add_up_and_one_said_twice_is_one)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, "DAWN,DAWN");
    rig_capable(&rig, 1, "DUSK,DAWN");
    ald_check_int(n_names(&rig), 2);
    rig_broadcast(&rig, 1, "DAWN");
    rig_broadcast(&rig, 1, "DUSK");
    rig_expect(&rig, "1 event DAWN\n"
                     "1 event DUSK\n");
    ald_check_int(rig_count(&rig, ALD_N_CAPABILITIES_DROPPED), 0);
    rig_fini(&rig);
}

ALD_TEST(capable, a_list_is_split_at_commas_and_not_trimmed)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, ",DAWN,, DUSK,");
    ald_check_int(n_names(&rig), 2);
    rig_broadcast(&rig, 1, "DAWN");
    rig_broadcast(&rig, 1, "DUSK");
    rig_broadcast(&rig, 1, " DUSK");
    rig_expect(&rig, "1 event DAWN\n"
                     "1 event  DUSK\n");
    rig_fini(&rig);
}

ALD_TEST(capable, a_name_stays_when_the_party_takes_another_target_or_none)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_UNREGISTER);
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, "DAWN");
    rig_register(&rig, 1, "b", 0);
    rig_broadcast(&rig, 1, "DAWN");
    rig_signal(&rig, 1, &leave);
    rig_broadcast(&rig, 1, "DAWN");
    rig_expect(&rig, "1 event DAWN\n"
                     "1 event DAWN\n");
    rig_fini(&rig);
}

ALD_TEST(capable, names_go_with_the_party)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_agent(&rig, 2, "b", 0);
    rig_capable(&rig, 1, "DAWN,DUSK");
    rig_capable(&rig, 2, "DUSK");
    rig_close(&rig, 1);
    ald_check_int(n_names(&rig), 1);
    rig_broadcast(&rig, 2, "DUSK");
    rig_expect(&rig, "2 event DUSK\n");
    rig_close(&rig, 2);
    ald_check_int(n_names(&rig), 0);
    rig_fini(&rig);
}

ALD_TEST(capable, one_that_is_away_keeps_its_names_and_hears_what_is_spread_later)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", ALD_CAN_RESUME);
    rig_capable(&rig, 1, "DAWN");
    rig_close(&rig, 1);
    rig_caller(&rig, 2);
    rig_broadcast(&rig, 2, "DAWN");
    rig_open(&rig, 3);
    rig_resume(&rig, 3, rig.conns[1].session, 0);
    rig_expect(&rig, "3 event DAWN\n");
    rig_broadcast(&rig, 2, "DAWN");
    rig_expect(&rig, "3 event DAWN\n");
    rig_fini(&rig);
}

ALD_TEST(capable, a_party_may_hold_so_many_names)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, names_of('A', ALD_CAPABLE_NAMES_MAX - 1, 8));
    rig_capable(&rig, 1, "DAWN,DUSK,NOON,DAWN");
    ald_check_int(n_names(&rig), ALD_CAPABLE_NAMES_MAX);
    ald_check_int(rig_count(&rig, ALD_N_CAPABILITIES_DROPPED), 2);
    rig_broadcast(&rig, 1, "DAWN");
    rig_broadcast(&rig, 1, "DUSK");
    rig_expect(&rig, "1 event DAWN\n");
    rig_fini(&rig);
}

ALD_TEST(capable, a_party_may_hold_so_many_bytes_of_names)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, names_of('A', ALD_CAPABLE_BYTES_MAX / 128, 128));
    ald_check_int(n_names(&rig), ALD_CAPABLE_BYTES_MAX / 128);
    rig_capable(&rig, 1, "X");
    ald_check_int(rig_count(&rig, ALD_N_CAPABILITIES_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(capable, a_name_that_is_too_long_is_dropped_and_counted)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, names_of('A', 1, ALD_NAME_MAX + 1));
    ald_check_int(n_names(&rig), 0);
    rig_capable(&rig, 1, names_of('A', 1, ALD_NAME_MAX));
    ald_check_int(n_names(&rig), 1);
    ald_check_int(rig_count(&rig, ALD_N_CAPABILITIES_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(capable, a_list_without_end_is_not_read_to_its_end)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 1, "a", 0);
    rig_capable(&rig, 1, names_of('A', 4000, 8));
    ald_check_int(n_names(&rig), ALD_CAPABLE_NAMES_MAX);
    ald_check_int(rig_count(&rig, ALD_N_CAPABILITIES_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(capable, who_never_registered_has_no_names)
{
    struct rig rig;

    story_begin(&rig);
    rig_open(&rig, 1);
    rig_capable(&rig, 1, "DAWN");
    ald_check_int(n_names(&rig), 0);
    ald_check_int(rig_count(&rig, ALD_N_SIGNALS_INVALID), 1);
    rig_fini(&rig);
}

ALD_TEST_MAIN(capable, ALD_CASE(capable, a_broadcast_reaches_who_named_it_the_sender_included),
              ALD_CASE(capable, names_add_up_and_one_said_twice_is_one),
              ALD_CASE(capable, a_list_is_split_at_commas_and_not_trimmed),
              ALD_CASE(capable, a_name_stays_when_the_party_takes_another_target_or_none),
              ALD_CASE(capable, names_go_with_the_party),
              ALD_CASE(capable, one_that_is_away_keeps_its_names_and_hears_what_is_spread_later),
              ALD_CASE(capable, a_party_may_hold_so_many_names),
              ALD_CASE(capable, a_party_may_hold_so_many_bytes_of_names),
              ALD_CASE(capable, a_name_that_is_too_long_is_dropped_and_counted),
              ALD_CASE(capable, a_list_without_end_is_not_read_to_its_end),
              ALD_CASE(capable, who_never_registered_has_no_names))
