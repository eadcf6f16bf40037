#include "hub/bulletin.h"

#include "hub/hub_rig.h"

static int occurrences(const struct rig *rig, const char *line)
{
    int n = 0;

    for (const char *at = rig->text; (at = strstr(at, line)) != NULL; at++) {
        n++;
    }
    return n;
}

static void forget_story(struct rig *rig)
{
    rig->n_text = 0;
    rig->text[0] = '\0';
}

static void register_party(struct rig *rig, uint64_t conn, uint32_t party, const char *target, uint32_t traits)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.party = party;
    signal.target = ald_str(target);
    signal.traits = traits;
    rig_signal(rig, conn, &signal);
}

/* All that is due now, of a story that is too long to be read. */
static void settle_unheard(struct rig *rig)
{
    while (rig_write_some(rig) || ald_hub_deadline(rig->hub) <= rig->now) {
        rig_step(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
        forget_story(rig);
    }
}

/* Several hearers, then services without an end that come and go, all within one moment. */
static void storm_begin(struct rig *rig, uint32_t step_work)
{
    rig_init(rig);
    rig->config.step_work = step_work;
    rig_start(rig);
    for (uint64_t conn = 1; conn <= 8; conn++) {
        rig_open(rig, conn);
        for (uint32_t party = 0; party < 5; party++) {
            register_party(rig, conn, party, NULL, ALD_CAN_NEWS);
        }
    }
    rig_agent(rig, 9, "lamp", 0);
    rig_caller(rig, 10);
    rig_open(rig, 11);
    forget_story(rig);
    rig->by_hand = true;
}

ALD_TEST(bulletin, a_command_is_served_before_a_storm_is_told)
{
    enum { SERVICES = 200, HEARERS = 40 };
    uint64_t told_before;
    struct rig rig;

    storm_begin(&rig, 256);
    told_before = rig_count(&rig, ALD_N_NEWS_TOLD);
    for (uint32_t i = 1; i <= SERVICES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%u", i);
        register_party(&rig, 11, i, name, 0);
        /* The first is told to some at once; what comes while others wait is not in anybody's way. */
        ald_check(rig_count(&rig, ALD_N_NEWS_TOLD) - told_before <= ALD_BULLETIN_EVENT_MAX);
        forget_story(&rig);
    }
    rig_command(&rig, 10, "c1", "lamp");
    ald_check_int(occurrences(&rig, "9 command c1\n"), 1);
    ald_check(rig_count(&rig, ALD_N_NEWS_TOLD) - told_before < SERVICES * HEARERS);
    settle_unheard(&rig);
    ald_check_int(rig_count(&rig, ALD_N_NEWS_TOLD) - told_before, SERVICES * HEARERS);
    ald_check_int(rig_count(&rig, ALD_N_NEWS_MISSED), 0);
    forget_story(&rig);
    rig_fini(&rig);
}

ALD_TEST(bulletin, who_came_and_went_before_it_was_told_is_told_once_as_it_is_now)
{
    struct rig rig;

    storm_begin(&rig, 1);
    for (int i = 0; i < 20; i++) {
        register_party(&rig, 11, 1, "moth", 0);
        register_party(&rig, 11, 1, NULL, 0);
    }
    register_party(&rig, 11, 1, "moth", 0);
    rig.by_hand = false;
    rig_settle(&rig);
    /* Some heard of it earlier; nobody hears a state twice in a row, and the last one is true. */
    for (uint64_t conn = 1; conn <= 8; conn++) {
        char up[32];

        snprintf(up, sizeof(up), "%d news presence moth up\n", (int)conn);
        ald_check(occurrences(&rig, up) >= 1);
    }
    ald_check(rig_count(&rig, ALD_N_NEWS_SUPERSEDED) >= 35);
    ald_check(rig_count(&rig, ALD_N_NEWS_TOLD) < 120);
    ald_check_int(rig_count(&rig, ALD_N_NEWS_MISSED), 0);
    forget_story(&rig);
    rig_fini(&rig);
}

ALD_TEST(bulletin, what_happens_is_told_each_time_and_in_order)
{
    static const struct ald_news left = {.topic = ALD_TOPIC_HUB, .state = ALD_HUB_LEFT, .hub = {"n2", 2}};
    static const struct ald_news linked = {.topic = ALD_TOPIC_HUB, .state = ALD_HUB_LINKED, .hub = {"n2", 2}};
    struct rig rig;

    rig_init(&rig);
    rig.config.step_work = 1;
    rig_start(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_agent(&rig, 2, NULL, ALD_CAN_NEWS);
    rig.by_hand = true;
    rig_news(&rig, left);
    rig_news(&rig, linked);
    rig_news(&rig, left);
    rig.by_hand = false;
    rig_settle(&rig);
    ald_check(strstr(rig.text, "1 news hub 1 of 0\n") < strstr(rig.text, "1 news hub\n"));
    ald_check_int(occurrences(&rig, "1 news hub 1 of 0\n"), 2);
    ald_check_int(occurrences(&rig, "1 news hub\n"), 1);
    ald_check_int(occurrences(&rig, "2 news hub"), 3);
    forget_story(&rig);
    rig_fini(&rig);
}

ALD_TEST(bulletin, who_does_not_read_goes_on_with_how_things_are_now)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 600;
    rig_start(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_agent(&rig, 2, NULL, 0);
    forget_story(&rig);
    rig.holds_writes = true;
    for (int i = 0; i < 3; i++) {
        rig_register(&rig, 2, "a", 0);
        rig_register(&rig, 2, "b", 0);
    }
    rig_expect(&rig, "1 news presence a up\n"
                     "1 news presence a down\n"
                     "1 news presence b up\n");
    rig.holds_writes = false;
    rig_settle(&rig);
    rig_expect(&rig, "1 news presence a down\n"
                     "1 news presence b up\n");
    ald_check_int(rig_count(&rig, ALD_N_NEWS_MISSED), 0);
    rig_fini(&rig);
}

ALD_TEST(bulletin, who_ends_while_it_does_not_read_keeps_nothing_back)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 300;
    rig_start(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig_agent(&rig, 2, NULL, ALD_CAN_NEWS);
    rig.holds_writes = true;
    for (int i = 0; i < 4; i++) {
        rig_news(&rig, (struct ald_news){.topic = ALD_TOPIC_UNREACHABLE, .name = ALD_STR("10.0.0.9:4042")});
    }
    forget_story(&rig);
    rig_close(&rig, 1);
    rig.holds_writes = false;
    rig_settle(&rig);
    ald_check_int(occurrences(&rig, "2 news unreachable\n"), 2);
    ald_check(ald_hub_deadline(rig.hub) > rig.now); /* all of it is freed */
    forget_story(&rig);
    rig_fini(&rig);
}

ALD_TEST(bulletin, only_so_much_waits_for_who_does_not_read)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.out_bytes_high = 300;
    rig.config.stall_timeout = ALD_NEVER / 2;
    rig_start(&rig);
    rig_agent(&rig, 1, NULL, ALD_CAN_NEWS);
    rig.holds_writes = true;
    rig.around = NULL;
    for (int i = 0; i < ALD_BULLETIN_MAX + 12; i++) {
        struct ald_news *copy = NULL;
        struct ald_event event = {.kind = ALD_EVENT_NEWS, .now = rig.now};

        ald_check_int(
            ald_news_new(&(struct ald_news){.topic = ALD_TOPIC_UNREACHABLE, .name = ALD_STR("10.0.0.9:4042")}, &copy),
            0);
        event.news = copy;
        ald_hub_step(rig.hub, &event, &rig.effects); /* without a look at everything after each */
        rig_take_effects(&rig);
        ald_news_unref(copy);
    }
    ald_check_int(occurrences(&rig, "1 news unreachable\n"), 2);
    forget_story(&rig);
    rig.holds_writes = false;
    rig_step(&rig, (struct ald_event){.kind = ALD_EVENT_WRITTEN, .conn = 1, .begun = 3, .done = 3});
    ald_check_int(rig_count(&rig, ALD_N_NEWS_MISSED), 10);
    forget_story(&rig);
    rig_fini(&rig);
}

ALD_TEST_MAIN(bulletin, ALD_CASE(bulletin, a_command_is_served_before_a_storm_is_told),
              ALD_CASE(bulletin, who_came_and_went_before_it_was_told_is_told_once_as_it_is_now),
              ALD_CASE(bulletin, what_happens_is_told_each_time_and_in_order),
              ALD_CASE(bulletin, who_does_not_read_goes_on_with_how_things_are_now),
              ALD_CASE(bulletin, who_ends_while_it_does_not_read_keeps_nothing_back),
              ALD_CASE(bulletin, only_so_much_waits_for_who_does_not_read))
