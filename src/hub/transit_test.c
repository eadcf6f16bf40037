#include "hub/hub_rig.h"

static const uint32_t asks = ALD_MSG_HOLD | ALD_MSG_REPORT;

/* "off" comes and goes and is there on connection 2; connection 1 is a party "a" that takes reports. From now on the kernel
 * takes only what a test says. */
static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_expect_targets(rig, "off");
    rig_agent(rig, 1, "a", ALD_CAN_REPORT);
    rig_agent(rig, 2, "off", 0);
    rig->holds_writes = true;
}

static void send(struct rig *rig, const char *target, const char *name, uint32_t flags)
{
    rig_event_as(rig, 1, target, (struct rig_options){.name = name, .flags = flags});
}

/* The kernel has taken the first `n` things said on `conn` after it was registered, of which that was the first. */
static void taken(struct rig *rig, uint64_t conn, uint64_t n)
{
    rig_write(rig, conn, 1 + n, 1 + n);
    rig_settle(rig);
}

static uint32_t held(const struct rig *rig)
{
    struct ald_world_view view;

    ald_hub_world(rig->hub, &view);
    return view.n_held;
}

ALD_TEST(transit, what_a_receiver_did_not_take_waits_for_its_successor)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", asks);
    send(&rig, "off", "E3", ALD_MSG_HOLD);
    taken(&rig, 2, 1);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n"
                     "2 event E3\n");
    rig_close(&rig, 2);
    rig_expect(&rig, "1 report E2 queued\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 2);
    ald_check_int((int)held(&rig), 2);
    send(&rig, "off", "E4", ALD_MSG_HOLD);
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "3 event E2\n"
                     "3 event E3\n"
                     "3 event E4\n");
    ald_check_str(ald_str(rig.last_from), "a");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS), 6);
    rig_fini(&rig);
}

ALD_TEST(transit, what_was_taken_in_part_was_not_taken)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    rig_write(&rig, 2, 3, 2);
    rig_close(&rig, 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 1);
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n"
                     "3 event E2\n");
    rig_fini(&rig);
}

ALD_TEST(transit, what_comes_back_stands_before_what_came_later)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig.config.out_bytes_high = 2000;
    rig_start(&rig);
    rig_expect_targets(&rig, "off");
    rig_agent(&rig, 1, "a", ALD_CAN_REPORT);
    rig_agent(&rig, 2, "off", 0);
    rig.holds_writes = true;
    for (int i = 0; i < 9; i++) {
        const char name[] = {'E', (char)('1' + i), '\0'};

        send(&rig, "off", name, ALD_MSG_HOLD); /* the last ones are over its account, and held at once */
    }
    ald_check(rig_count(&rig, ALD_N_EVENTS_HELD) + rig_count(&rig, ALD_N_EVENTS) == 9);
    rig.by_hand = true;
    rig_close(&rig, 2);
    send(&rig, "off", "E10", ALD_MSG_HOLD); /* while the others are still coming back */
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check_int((int)held(&rig), 10);
    rig.n_text = 0;
    rig.holds_writes = false;
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "3 event E1\n3 event E2\n3 event E3\n3 event E4\n3 event E5\n3 event E6\n3 event E7\n3 event E8\n"
                     "3 event E9\n3 event E10\n");
    rig_fini(&rig);
}

ALD_TEST(transit, the_time_of_what_comes_back_runs_on)
{
    struct rig rig;

    story_begin(&rig);
    rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .ttl = 20 * ALD_SEC});
    rig_advance(&rig, 15 * ALD_SEC);
    rig_close(&rig, 2);
    rig_advance(&rig, 4 * ALD_SEC);
    rig_expect(&rig, "2 event E1\n"
                     "1 report E1 queued\n");
    rig_advance(&rig, 2 * ALD_SEC);
    rig_expect(&rig, "1 report E1 deadline\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_EXPIRED), 1);
    rig_fini(&rig);
}

ALD_TEST(transit, what_comes_back_too_late_is_dropped_and_told)
{
    struct rig rig;

    story_begin(&rig);
    rig_event_as(&rig, 1, "off", (struct rig_options){.name = "E1", .flags = asks, .ttl = 20 * ALD_SEC});
    rig_advance(&rig, 25 * ALD_SEC);
    rig_close(&rig, 2);
    rig_expect(&rig, "2 event E1\n"
                     "1 report E1 deadline\n");
    ald_check_int((int)held(&rig), 0);
    rig_fini(&rig);
}

ALD_TEST(transit, a_sender_that_asked_hears_that_it_was_not_taken)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    send(&rig, "lamp", "E1", ALD_MSG_REPORT);
    send(&rig, "off", "E2", ALD_MSG_REPORT);
    send(&rig, "off", "E3", ALD_MSG_TELL_AWAY);
    send(&rig, "lamp", "E4", ALD_MSG_TELL_AWAY);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_EVENT));
    rig.n_text = 0;
    rig_close(&rig, 3);
    rig_close(&rig, 2);
    rig_expect(&rig, "* event E1 dropped no_target\n"
                     "* event E4 dropped no_target\n"
                     "1 report E1 no_target\n"
                     "* event E2 dropped no_active_channel\n"
                     "* event E3 dropped no_active_channel\n"
                     "1 report E2 no_active_channel\n"
                     "1 report E3 no_active_channel\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 4);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 4);
    rig_fini(&rig);
}

ALD_TEST(transit, another_who_is_there_gets_it_instead)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    send(&rig, "lamp", "E1", ALD_MSG_REPORT);
    send(&rig, "off", "E2", ALD_MSG_HOLD);
    rig_agent(&rig, 4, "lamp", 0);
    rig_agent(&rig, 5, "off", 0);
    rig.n_text = 0;
    rig_close(&rig, 3);
    rig_close(&rig, 2);
    rig_expect(&rig, "4 event E1\n"
                     "5 event E2\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 0);
    rig_fini(&rig);
}

ALD_TEST(transit, what_nobody_wants_to_hear_of_is_counted)
{
    struct rig rig;

    story_begin(&rig);
    rig_capable(&rig, 2, "DAWN");
    for (int i = 0; i < 5; i++) {
        send(&rig, "off", "E1", 0);
    }
    rig_command(&rig, 1, "c1", "off");
    send(&rig, "off", "E2", 0);
    send(&rig, "off", "E3", ALD_MSG_REPORT);
    send(&rig, "off", "E4", 0);
    rig_broadcast(&rig, 1, "DAWN");
    taken(&rig, 2, 3);
    rig_close(&rig, 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 2 + 1 + 1 + 1 + 1);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_DROPPED), 1);
    rig_fini(&rig);
}

ALD_TEST(transit, what_was_taken_is_forgotten)
{
    struct rig rig;

    story_begin(&rig);
    rig.config.step_work = 4;
    for (int i = 0; i < 100; i++) {
        send(&rig, "off", "E1", i % 3 == 0 ? asks : 0);
    }
    taken(&rig, 2, 100);
    send(&rig, "off", "E2", 0);
    taken(&rig, 2, 101);
    rig_close(&rig, 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 0);
    ald_check_int((int)held(&rig), 0);
    rig_fini(&rig);
}

ALD_TEST(transit, whoever_is_cut_because_it_does_not_read_has_taken_nothing)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", ALD_MSG_HOLD);
    send(&rig, "off", "E2", 0);
    rig_advance(&rig, rig.config.stall_timeout + ALD_SEC);
    rig_expect(&rig, "2 event E1\n"
                     "2 event E2\n"
                     "2 close slow\n");
    rig_close(&rig, 2);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 2);
    rig_agent(&rig, 3, "off", 0);
    rig_expect(&rig, "3 event E1\n");
    rig_fini(&rig);
}

ALD_TEST(transit, what_is_kept_is_charged_to_the_account)
{
    struct rig rig;
    int n_kept, n_counted;

    story_begin(&rig);
    for (int i = 0; i < 20000; i++) {
        send(&rig, "off", "E1", 0);
        rig.n_text = 0;
    }
    n_counted = rig_count(&rig, ALD_N_EVENTS);
    rig_fini(&rig);

    story_begin(&rig);
    for (int i = 0; i < 20000; i++) {
        send(&rig, "off", "E1", ALD_MSG_TELL_AWAY); /* not pressed on anybody */
        rig.n_text = 0;
    }
    n_kept = rig_count(&rig, ALD_N_EVENTS);
    rig_fini(&rig);
    ald_check(n_kept < n_counted * 9 / 10);
    ald_check(n_kept > n_counted / 4);
}

ALD_TEST(transit, when_the_hub_stops_what_was_not_taken_is_dropped_and_told)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    rig_command(&rig, 1, "c1", "a"); /* so that it is still there */
    rig.n_text = 0;
    rig_drain(&rig, 5 * ALD_SEC);
    rig_expect(&rig, "2 close stopping\n");
    rig_close(&rig, 2);
    rig_expect(&rig, "1 report E1 draining\n");
    ald_check_int((int)held(&rig), 0);
    rig_fini(&rig);
}

ALD_TEST(transit, a_hub_that_is_freed_forgets_all)
{
    struct rig rig;

    story_begin(&rig);
    send(&rig, "off", "E1", asks);
    send(&rig, "off", "E2", 0);
    rig.by_hand = true;
    rig_agent(&rig, 3, "lamp", 0);
    send(&rig, "lamp", "E3", ALD_MSG_REPORT);
    rig_close(&rig, 3);
    rig_fini(&rig);
}

ALD_TEST(transit, what_a_session_never_heard_has_another_fate_when_that_is_over)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", ALD_CAN_RESUME);
    send(&rig, "lamp", "E1", ALD_MSG_REPORT);
    send(&rig, "lamp", "E2", ALD_MSG_REPORT);
    send(&rig, "lamp", "E3", 0);
    rig_write(&rig, 3, 2, 2);
    rig_close(&rig, 3);
    rig_expect(&rig, "3 event E1\n"
                     "3 event E2\n"
                     "3 event E3\n");
    rig_advance(&rig, rig.config.session_max + ALD_SEC);
    rig_expect(&rig, "1 report E2 no_target\n");
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_UNTAKEN), 2);
    rig_fini(&rig);
}

/* "n3" says over "n2", which is connection 3, something for `target`, in texts that are gone with the event that brings it. */
static void say_from_afar(struct rig *rig, const char *target, uint32_t flags)
{
    static const struct ald_greeting greeting = {.peering = ALD_PEERING_FLOODS, .hub = {"n2", 2}};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    const struct rig_options options = {.name = "E1", .flags = flags};
    char from[] = "deck", hub[] = "n3";
    struct ald_travel travel = {.hub = ald_str(hub), .hops = 2};

    rig_open(rig, 3);
    signal.target = ALD_STR("hub:n2");
    signal.greeting = &greeting;
    rig_signal(rig, 3, &signal);

    signal = ald_signal_of(ALD_SIGNAL_EVENT);
    signal.msg = rig_msg(rig, ALD_EVENT, NULL);
    rig_fill(signal.msg, target, &options);
    ald_msg_seal(signal.msg);
    signal.from = ald_str(from);
    signal.travel = &travel;
    rig_signal(rig, 3, &signal);
    memset(from, 'x', 4);
    memset(hub, 'x', 2);
}

ALD_TEST(transit, what_came_from_another_hub_says_so_again)
{
    struct rig rig;

    story_begin(&rig);
    say_from_afar(&rig, "off", ALD_MSG_HOLD);
    rig_close(&rig, 2);
    rig.n_text = 0;
    rig_agent(&rig, 4, "off", 0);
    rig_expect(&rig, "4 event E1\n");
    ald_check_str(ald_str(rig.last_from), "deck");
    ald_check_str(ald_str(rig.last_hub), "n3");
    rig_fini(&rig);
}

ALD_TEST(transit, and_so_it_does_to_another_who_is_there)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 4, "lamp", 0);
    say_from_afar(&rig, "lamp", ALD_MSG_REPORT);
    rig_agent(&rig, 5, "lamp", 0);
    rig_close(&rig, 3); /* its sender's hub is gone, too */
    rig.n_text = 0;
    rig_close(&rig, 4);
    rig_expect(&rig, "5 event E1\n");
    ald_check_str(ald_str(rig.last_from), "deck");
    ald_check_str(ald_str(rig.last_hub), "n3");
    rig_fini(&rig);
}

ALD_TEST_MAIN(transit, ALD_CASE(transit, what_a_receiver_did_not_take_waits_for_its_successor),
              ALD_CASE(transit, what_was_taken_in_part_was_not_taken),
              ALD_CASE(transit, what_comes_back_stands_before_what_came_later),
              ALD_CASE(transit, the_time_of_what_comes_back_runs_on),
              ALD_CASE(transit, what_comes_back_too_late_is_dropped_and_told),
              ALD_CASE(transit, a_sender_that_asked_hears_that_it_was_not_taken),
              ALD_CASE(transit, another_who_is_there_gets_it_instead),
              ALD_CASE(transit, what_nobody_wants_to_hear_of_is_counted),
              ALD_CASE(transit, what_was_taken_is_forgotten),
              ALD_CASE(transit, whoever_is_cut_because_it_does_not_read_has_taken_nothing),
              ALD_CASE(transit, what_is_kept_is_charged_to_the_account),
              ALD_CASE(transit, when_the_hub_stops_what_was_not_taken_is_dropped_and_told),
              ALD_CASE(transit, a_hub_that_is_freed_forgets_all),
              ALD_CASE(transit, what_a_session_never_heard_has_another_fate_when_that_is_over),
              ALD_CASE(transit, what_came_from_another_hub_says_so_again),
              ALD_CASE(transit, and_so_it_does_to_another_who_is_there))
