/*
 * Each scenario is told again and again, failing the first allocation inside the hub, then the second, and so on. Memory
 * that is short may refuse what asks to be admitted; it may not lose an answer, leak, or stop what was admitted.
 */

#include "hub/hub_rig.h"
#include "lib/alloc_fail.h"

static struct {
    uint64_t fail_at; /* counted in allocations inside steps; 0: none */
    uint64_t n_done;
    uint64_t before;
    bool failed;
} nomem;

static void nomem_around(struct rig *rig ALD_UNUSED, bool begins)
{
    if (begins) {
        nomem.before = ald_alloc_count();
        if (nomem.fail_at > nomem.n_done) {
            ald_alloc_fail_at(nomem.fail_at - nomem.n_done);
        }
    } else {
        nomem.failed = ald_alloc_fail_off() || nomem.failed;
        nomem.n_done += ald_alloc_count() - nomem.before;
    }
}

static void rig_begin(struct rig *rig)
{
    rig_init(rig);
    rig->config.channel_in_flight_max = 2;
    rig->config.health_interval = 30 * ALD_SEC;
    rig_start(rig);
    rig->around = nomem_around;
}

static size_t count_lines(const struct rig *rig, const char *line)
{
    size_t n = 0;

    for (const char *at = strstr(rig->text, line); at != NULL; at = strstr(at + 1, line)) {
        n++;
    }
    return n;
}

/* One answer to each of what the caller asked, unless the hub had no memory for the caller itself. */
static void expect_answers(struct rig *rig, uint64_t caller, const char *const *wire_ids)
{
    for (size_t i = 0; wire_ids[i] != NULL; i++) {
        char line[64];
        size_t n;

        snprintf(line, sizeof(line), "%d reply %s ", (int)caller, wire_ids[i]);
        n = count_lines(rig, line);
        ald_check(n <= 1);
        ald_check(n == 1 || rig->conns[caller].closed_by_hub);
    }
}

/* Afterwards everything works as ever. */
static void expect_recovery(struct rig *rig)
{
    rig->around = NULL;
    rig->n_text = 0;
    rig_agent(rig, 13, "fresh", 0);
    rig_caller(rig, 14);
    rig_command(rig, 14, "fresh", "fresh");
    rig_reply(rig, 13, "fresh", ALD_SUCCEEDED);
    ald_check(strstr(rig->text, "13 command fresh\n") != NULL);
    ald_check(strstr(rig->text, "14 reply fresh succeeded\n") != NULL);
}

static void scenario_any(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", "c3", "c4", "c5", NULL};

    rig_agent(rig, 1, "lamp", ALD_CAN_CANCEL | ALD_CAN_HEALTH);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "lamp");
    rig_command(rig, 9, "c2", "lamp");
    rig_command(rig, 9, "c3", "lamp");
    rig_command_as(rig, 9, "c4", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT});
    rig_command_as(rig, 9, "c5", "lamp", (struct rig_options){.channel = rig->conns[1].channel});
    rig_cancel(rig, 9, "c3");
    rig_status(rig, 1, "c1", ALD_PHASE_RUNNING);
    rig_reply(rig, 1, "c1", ALD_SUCCEEDED);
    rig_agent(rig, 2, "lamp", 0);
    rig_close(rig, 1);
    rig_advance(rig, 100 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_all(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", "c3", NULL};

    rig_agent(rig, 1, "lamp", ALD_CAN_CANCEL);
    rig_agent(rig, 2, "lamp", 0);
    rig_caller(rig, 9);
    rig_command_as(rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_command_as(rig, 9, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_command_as(rig, 9, "c3", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_reply(rig, 1, "c1", ALD_SUCCEEDED);
    rig_reply(rig, 2, "c1", ALD_SUCCEEDED);
    rig_cancel(rig, 9, "c2");
    rig_advance(rig, 100 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_primary(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", NULL};

    rig_agent(rig, 1, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_answer_primary(rig, 1, true);
    rig_agent(rig, 2, "lamp", ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_caller(rig, 9);
    rig_command_as(rig, 9, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_close(rig, 1);
    rig_answer_primary(rig, 2, true);
    rig_command_as(rig, 9, "c2", "lamp", (struct rig_options){.mode = ALD_MODE_PRIMARY});
    rig_advance(rig, 100 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_session(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", NULL};

    rig_agent(rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "lamp");
    rig_send_event(rig, 9, "lamp");
    rig_close(rig, 1);
    rig_command(rig, 9, "c2", "lamp");
    rig_open(rig, 2);
    rig_resume(rig, 2, rig->conns[1].session, 0);
    rig_reply(rig, 2, "c2", ALD_SUCCEEDED);
    rig_advance(rig, 400 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_session_shared(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", "c3", NULL};
    struct ald_signal local = ald_signal_of(ALD_SIGNAL_LOCAL);
    struct ald_signal gone = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    rig_agent(rig, 1, "4", ALD_CAN_RESUME);
    rig_register_kind(rig, 1, 1, "instance-7", ALD_CAN_RESUME, ALD_PARTY_INSTANCE);
    rig_register_kind(rig, 1, 2, "instance-8", ALD_CAN_RESUME, ALD_PARTY_INSTANCE);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "instance-7");
    rig_command(rig, 9, "c2", "instance-8");
    local.text = ALD_STR("answered here");
    rig_signal(rig, 1, &local);
    rig_close(rig, 1);
    rig_send_event(rig, 9, "instance-8");
    rig_command(rig, 9, "c3", "4");
    rig_open(rig, 2);
    rig_resume(rig, 2, rig->conns[1].session, 0);
    gone.party = 1;
    rig_signal(rig, 2, &gone);
    rig_advance(rig, 400 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_subscribe(struct rig *rig)
{
    const struct ald_subscription wants = {.name = ALD_STR("foo:Tick"), .filters = ALD_STR("a,b")};
    const struct rig_options tick = {.name = "foo:Tick", .filters = "b"};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);

    signal.subscription = &wants;
    rig_agent(rig, 1, "4", ALD_CAN_RESUME);
    rig_agent(rig, 2, "5", 0);
    rig_caller(rig, 9);
    rig_signal(rig, 1, &signal);
    rig_event_as(rig, 9, "", tick);
    rig_event_as(rig, 9, "", tick);
    rig_signal(rig, 2, &signal);
    rig_signal(rig, 1, &signal);
    rig_close(rig, 1);
    rig_event_as(rig, 9, "", tick);
    rig_advance(rig, 400 * ALD_SEC);
}

static void scenario_outcome(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "q1", "q2", "q3", NULL};
    const struct rig_options ask = {.name = "aldis:Outcome", .payload = "{\"id\":\"c1\"}"};

    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "lamp");
    rig_command_as(rig, 9, "q1", "", ask);
    rig_command_as(rig, 9, "q2", "", ask);
    rig_reply(rig, 1, "c1", ALD_FAILED);
    rig_command_as(rig, 9, "q3", "", ask);
    rig_advance(rig, 100 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

static void scenario_same_wire_ids(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", NULL};

    rig_agent(rig, 1, "lamp", 0);
    rig_caller(rig, 9);
    rig_caller(rig, 8);
    rig_command(rig, 8, "c1", "lamp");
    rig_command(rig, 9, "c1", "lamp");
    rig_cancel(rig, 8, "c1");
    rig_advance(rig, 100 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
    expect_answers(rig, 8, wire_ids);
}

static void scenario_operator(struct rig *rig)
{
    static const char *const wire_ids[] = {"c1", "c2", "q1", NULL};
    const struct rig_options take_back = {.name = "aldis:Cancel", .payload = "{\"id\":\"c1\"}"};

    rig_agent(rig, 1, "lamp", ALD_CAN_CANCEL | ALD_CAN_LEAVE | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_agent(rig, 2, "lamp", ALD_CAN_RESUME | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY);
    rig_caller(rig, 9);
    rig_command(rig, 9, "c1", "lamp");
    rig_command(rig, 9, "c2", "lamp");
    rig_command_as(rig, 9, "q1", "", take_back);
    ald_ignore(rig_ask(rig, ALD_EVENT_CANCEL, "c2")); /* there may have been no memory to take it */
    ald_ignore(rig_ask(rig, ALD_EVENT_CHANNEL_PRIMARY, rig->conns[2].channel));
    rig_answer_primary(rig, 1, true);
    ald_ignore(rig_ask(rig, ALD_EVENT_CHANNEL_LEAVE, rig->conns[2].channel));
    ald_ignore(rig_ask(rig, ALD_EVENT_CHANNEL_LEAVE, rig->conns[1].channel));
    rig_advance(rig, 400 * ALD_SEC);
    expect_answers(rig, 9, wire_ids);
}

/* What many are told is dropped for those that come late, if it must be; nobody hears the second before the first. */
static void scenario_spread(struct rig *rig)
{
    const struct rig_options everyone = {.name = "ALL", .flags = ALD_MSG_EVERYONE, .scope = ALD_SCOPE_HERE};

    rig_agent(rig, 1, "lamp", ALD_CAN_RESUME);
    rig_agent(rig, 2, "lamp", 0);
    rig_caller(rig, 9);
    rig_capable(rig, 1, "DAWN,DUSK");
    rig_capable(rig, 2, "DAWN");
    rig_broadcast(rig, 9, "DAWN");
    rig_event_as(rig, 9, "lamp", everyone);
    rig_close(rig, 2);
    rig_broadcast(rig, 2, "DAWN");
    ald_check(count_lines(rig, "event DAWN") <= 2);
    ald_check(count_lines(rig, "event ALL") <= 2);
}

static void scenario_hold(struct rig *rig)
{
    const struct rig_options held = {.name = "E", .flags = ALD_MSG_HOLD | ALD_MSG_REPORT};
    size_t n_held;

    rig_expect_targets(rig, "lamp,horn");
    rig_agent(rig, 9, "deck", ALD_CAN_REPORT);
    rig_event_as(rig, 9, "lamp", held);
    rig_event_as(rig, 9, "lamp", held);
    rig_event_as(rig, 9, "horn", held);
    /* Whatever became of an event, its sender was told so. */
    n_held = count_lines(rig, "9 report E queued");
    ald_check(n_held + count_lines(rig, "9 report E busy") + count_lines(rig, "9 report E no_target") == 3 ||
              rig->conns[9].closed_by_hub);
    rig_expect_targets(rig, "lamp,bell");
    rig_agent(rig, 1, "lamp", 0);
    rig_advance(rig, 100 * ALD_SEC);
    ald_check(count_lines(rig, "1 event E") + count_lines(rig, "9 report E deadline") == n_held);
}

static void scenario_world(struct rig *rig)
{
    rig_agent(rig, 1, "lamp", ALD_CAN_NEWS | ALD_CAN_RESUME);
    rig_agent(rig, 2, "horn", ALD_CAN_NEWS);
    rig_news(rig, (struct ald_news){.topic = ALD_TOPIC_CLUSTER, .number = 3});
    rig_news(rig, (struct ald_news){.topic = ALD_TOPIC_LOAD, .load = 1});
    rig_news(rig, (struct ald_news){.topic = ALD_TOPIC_ADDRESSES, .name = ALD_STR("10.0.0.1:4042")});
    for (int topic = 0; topic < ALD_N_TOPICS; topic++) {
        rig_question(rig, 2, (enum ald_topic)topic, "lamp", true);
    }
    rig_say(rig, 2, ALD_SIGNAL_UNREGISTER);
    rig_close(rig, 1);
    rig_advance(rig, 400 * ALD_SEC);
}

/* Run `scenario` failing one allocation more each time, until it needs no further one. */
static void each_in_turn(void (*scenario)(struct rig *rig))
{
    static struct rig rig;

    for (uint64_t n = 1;; n++) {
        memset(&nomem, 0, sizeof(nomem));
        nomem.fail_at = n;
        rig_begin(&rig);
        scenario(&rig);
        ald_check_int(rig_count(&rig, ALD_N_OUT_OF_MEMORY), nomem.failed ? 1 : 0);
        expect_recovery(&rig);
        rig_fini(&rig);
        if (!nomem.failed) {
            ald_check(n > 5); /* the scenario does allocate */
            return;
        }
    }
}

ALD_TEST(nomem, refuses_what_asks_and_answers_what_it_took)
{
    each_in_turn(scenario_any);
}

ALD_TEST(nomem, a_fan_out_is_whole_or_refused)
{
    each_in_turn(scenario_all);
}

ALD_TEST(nomem, an_election_goes_on)
{
    each_in_turn(scenario_primary);
}

ALD_TEST(nomem, a_session_goes_on)
{
    each_in_turn(scenario_session);
}

ALD_TEST(nomem, a_shared_session_goes_on)
{
    each_in_turn(scenario_session_shared);
}

ALD_TEST(nomem, a_subscription_is_whole_or_refused)
{
    each_in_turn(scenario_subscribe);
}

ALD_TEST(nomem, who_asks_for_an_outcome_is_answered)
{
    each_in_turn(scenario_outcome);
}

ALD_TEST(nomem, same_wire_ids_are_kept_apart)
{
    each_in_turn(scenario_same_wire_ids);
}

ALD_TEST(nomem, an_operator_is_heard)
{
    each_in_turn(scenario_operator);
}

ALD_TEST(nomem, what_is_spread_reaches_as_many_as_it_can)
{
    each_in_turn(scenario_spread);
}

ALD_TEST(nomem, who_wants_to_hear_of_an_event_hears_of_it)
{
    each_in_turn(scenario_hold);
}

ALD_TEST(nomem, news_are_dropped_and_counted)
{
    each_in_turn(scenario_world);
}

ALD_TEST(nomem, a_hub_is_made_whole_or_not_at_all)
{
    struct ald_msg_pool *messages = NULL;
    struct ald_hub_config config;
    struct ald_hub *hub = NULL;
    int r = -1;

    ald_hub_config_init(&config);
    ald_check_int(ald_msg_pool_new(4, &messages), 0);
    for (uint64_t n = 1; r != 0; n++) {
        ald_alloc_fail_at(n);
        r = ald_hub_new(&config, messages, &hub);
        ald_check(ald_alloc_fail_off() == (r == ALDIS_E_NOMEM));
    }
    ald_hub_free(hub);
    ald_msg_pool_free(messages);
}

ALD_TEST_MAIN(nomem, ALD_CASE(nomem, refuses_what_asks_and_answers_what_it_took),
              ALD_CASE(nomem, a_fan_out_is_whole_or_refused), ALD_CASE(nomem, an_election_goes_on),
              ALD_CASE(nomem, a_session_goes_on), ALD_CASE(nomem, a_shared_session_goes_on),
              ALD_CASE(nomem, a_subscription_is_whole_or_refused), ALD_CASE(nomem, who_asks_for_an_outcome_is_answered),
              ALD_CASE(nomem, same_wire_ids_are_kept_apart), ALD_CASE(nomem, an_operator_is_heard),
              ALD_CASE(nomem, what_is_spread_reaches_as_many_as_it_can),
              ALD_CASE(nomem, who_wants_to_hear_of_an_event_hears_of_it), ALD_CASE(nomem, news_are_dropped_and_counted),
              ALD_CASE(nomem, a_hub_is_made_whole_or_not_at_all))
