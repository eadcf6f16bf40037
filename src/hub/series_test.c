#include "hub/series.h"

#include "hub/hub_rig.h"

static void story_begin(struct rig *rig)
{
    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 9);
    ald_check_int(rig_ask(rig, ALD_EVENT_REMEMBER, "Tick"), 0);
}

static void say(struct rig *rig, const char *target, const char *name, const char *payload)
{
    rig_event_as(rig, 9, target, (struct rig_options){.name = name, .payload = payload});
}

/* `name fate, name fate, `: what is remembered of a name. */
static const char *remembered(const struct rig *rig, const char *name, ald_wall after)
{
    static char text[256];
    const void *walk = NULL;
    struct ald_note note;

    text[0] = '\0';
    while (ald_hub_next_remembered(rig->hub, ald_str(name), after, &walk, &note)) {
        ald_check(note.at > after);
        after = note.at;
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s %.*s, ", ALD_STR_ARG(note.to.target),
                 ALD_STR_ARG(note.change));
    }
    return text;
}

ALD_TEST(series, events_under_a_name_that_somebody_reads_are_remembered_whoever_they_were_for)
{
    struct rig rig;
    ald_wall since;

    rig_init(&rig);
    rig_start(&rig);
    say(&rig, "lamp", "Tick", NULL);
    story_begin(&rig);
    since = ald_hub_remembers_since(rig.hub, ALD_STR("Tick"));
    ald_check_int(since, ald_hub_noted(rig.hub));
    say(&rig, "lamp", "Tick", NULL);
    say(&rig, "", "Tick", NULL);
    say(&rig, "nobody", "Tick", NULL);
    say(&rig, "lamp", "Tock", NULL);
    ald_check_str(ald_str(remembered(&rig, "Tick", 0)), "lamp delivered,  spread, nobody dropped, ");
    ald_check_str(ald_str(remembered(&rig, "Tick", ald_hub_noted(rig.hub))), "");
    ald_check_str(ald_str(remembered(&rig, "Tick", ald_hub_noted(rig.hub) - 1)), "nobody dropped, ");
    ald_check_str(ald_str(remembered(&rig, "Tock", 0)), "");
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("Tick")) == since);
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("Tock")) == UINT64_MAX);
    rig_fini(&rig);
}

ALD_TEST(series, a_note_has_the_time_under_which_its_event_is_remembered)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    story_begin(&rig);
    rig_watch(&rig, ALD_NOTE_BIT(ALD_NOTE_EVENT));
    say(&rig, "lamp", "Tick", NULL);
    ald_check_str(ald_str(remembered(&rig, "Tick", ald_hub_noted(rig.hub) - 1)), "lamp delivered, ");
    rig_fini(&rig);
}

ALD_TEST(series, what_was_not_even_taken_is_not_remembered)
{
    struct rig rig;

    rig_init(&rig);
    rig_start(&rig);
    story_begin(&rig);
    rig.denies = true;
    say(&rig, "lamp", "Tick", NULL);
    ald_check_str(ald_str(remembered(&rig, "Tick", 0)), "");
    rig_fini(&rig);
}

ALD_TEST(series, what_is_too_old_is_forgotten)
{
    struct rig rig;
    ald_wall since;

    rig_init(&rig);
    rig_start(&rig);
    story_begin(&rig);
    since = ald_hub_remembers_since(rig.hub, ALD_STR("Tick"));
    for (int i = 0; i < 40; i++) {
        say(&rig, "lamp", "Tick", NULL);
    }
    rig_advance(&rig, rig.config.replay_age - ALD_SEC);
    say(&rig, "", "Tick", NULL);
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("Tick")) == since);
    rig_advance(&rig, 2 * ALD_SEC);
    ald_check_str(ald_str(remembered(&rig, "Tick", 0)), " spread, ");
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("Tick")) > since);
    ald_check_int(rig_count(&rig, ALD_N_EVENTS_OUTDATED), 40);
    rig_fini(&rig);
}

ALD_TEST(series, one_name_has_its_share_and_all_have_theirs)
{
    struct rig rig;
    size_t cost;

    rig_init(&rig);
    rig.config.replay_name_bytes_max = 8 * 1024;
    rig.config.replay_bytes_max = 12 * 1024;
    rig_start(&rig);
    story_begin(&rig);
    ald_check_int(rig_ask(&rig, ALD_EVENT_REMEMBER, "Tock"), 0);
    for (int i = 0; i < 100; i++) {
        say(&rig, "lamp", "Tick", NULL);
    }
    cost = strlen(remembered(&rig, "Tick", 0));
    ald_check(cost > 0);
    ald_check(rig_count(&rig, ALD_N_EVENTS_FORGOTTEN) > 0);
    for (int i = 0; i < 100; i++) {
        say(&rig, "lamp", "Tock", NULL);
    }
    ald_check_int(strlen(remembered(&rig, "Tock", 0)), cost); /* the older ones make room, whosever they are */
    ald_check(strlen(remembered(&rig, "Tick", 0)) < cost);
    rig_fini(&rig);
}

ALD_TEST(series, an_event_that_is_larger_than_all_there_is_room_for_is_forgotten_at_once)
{
    struct rig rig;

    rig_init(&rig);
    rig.config.replay_bytes_max = 16;
    rig_start(&rig);
    story_begin(&rig);
    say(&rig, "lamp", "Tick", "{}");
    ald_check_str(ald_str(remembered(&rig, "Tick", 0)), "");
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("Tick")) == ald_hub_noted(rig.hub));
    rig_fini(&rig);
}

ALD_TEST(series, the_name_that_was_asked_for_longest_ago_makes_room)
{
    struct rig rig;
    char name[16];

    rig_init(&rig);
    rig_start(&rig);
    story_begin(&rig);
    say(&rig, "lamp", "Tick", NULL);
    for (int i = 0; i < ALD_SERIES_MAX - 1; i++) {
        snprintf(name, sizeof(name), "e%d", i);
        ald_check_int(rig_ask(&rig, ALD_EVENT_REMEMBER, name), 0);
    }
    ald_check_int(rig_ask(&rig, ALD_EVENT_REMEMBER, "Tick"), 0);
    ald_check_int(rig_ask(&rig, ALD_EVENT_REMEMBER, "one more"), 0);
    ald_check_str(ald_str(remembered(&rig, "Tick", 0)), "lamp delivered, ");
    ald_check(ald_hub_remembers_since(rig.hub, ALD_STR("e0")) == UINT64_MAX);
    ald_check_int(rig_ask(&rig, ALD_EVENT_REMEMBER, ""), ALD_ASK_CONFLICT);
    rig_fini(&rig);
}

ALD_TEST_MAIN(series, ALD_CASE(series, events_under_a_name_that_somebody_reads_are_remembered_whoever_they_were_for),
              ALD_CASE(series, a_note_has_the_time_under_which_its_event_is_remembered),
              ALD_CASE(series, what_was_not_even_taken_is_not_remembered),
              ALD_CASE(series, what_is_too_old_is_forgotten),
              ALD_CASE(series, one_name_has_its_share_and_all_have_theirs),
              ALD_CASE(series, an_event_that_is_larger_than_all_there_is_room_for_is_forgotten_at_once),
              ALD_CASE(series, the_name_that_was_asked_for_longest_ago_makes_room))
