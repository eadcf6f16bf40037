#include "conn/local.h"

#include <stdio.h>

#include "lib/door_rig.h"

/* A party of the program's: it writes down what it hears, and may say something back in the callback. */
struct inmate {
    struct rig *rig;
    struct ald_local *local;
    char text[4096]; /* one word a signal */
    size_t n_heard;
    struct ald_id command; /* the last one heard */
    bool echoes;           /* it succeeds with what it is commanded, at once */
    bool loops;            /* it answers each outcome with a new command */
    bool closes;           /* it closes itself when it is closed */
    bool closed;
};

static void inmate_say_reply(struct inmate *inmate, struct ald_id id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    ald_check_int(ald_msg_new(ald_edge_messages(inmate->rig->edge), ALD_REPLY, &signal.msg), 0);
    signal.msg->outcome = ALD_SUCCEEDED;
    ald_msg_seal(signal.msg);
    signal.id = id;
    ald_check_int(ald_local_say(inmate->local, &signal), 0);
}

static void inmate_command(struct inmate *inmate, const char *wire_id, const char *target)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    struct ald_address to = {.target = ald_str(target)};

    ald_check_int(ald_msg_new(ald_edge_messages(inmate->rig->edge), ALD_COMMAND, &signal.msg), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(wire_id)), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->name, ALD_STR("SHINE")), 0);
    ald_check_int(ald_msg_set_address(signal.msg, &signal.msg->to, &to), 0);
    ald_msg_seal(signal.msg);
    ald_check_int(ald_local_say(inmate->local, &signal), 0);
}

static void inmate_signal(void *owner, const struct ald_signal *signal)
{
    struct inmate *inmate = owner;
    size_t used = strlen(inmate->text);
    const char *outcome = signal->kind == ALD_SIGNAL_REPLY ? ald_outcome_name((enum ald_outcome)signal->outcome) : "";

    (void)snprintf(inmate->text + used, sizeof(inmate->text) - used, "%s%s ",
                   ald_signal_name((enum ald_signal_kind)signal->kind), outcome);
    inmate->n_heard++;
    if (signal->kind == ALD_SIGNAL_COMMAND) {
        inmate->command = signal->id;
        if (inmate->echoes) {
            inmate_say_reply(inmate, signal->id);
        }
    }
    if (signal->kind == ALD_SIGNAL_REPLY && inmate->loops) {
        inmate_command(inmate, "again", "lamp");
    }
}

static void inmate_closed(void *owner)
{
    struct inmate *inmate = owner;

    inmate->closed = true;
    if (inmate->closes) {
        inmate->local = ald_local_close(inmate->local);
    }
}

static const struct ald_local_callbacks inmate_callbacks = {.signal = inmate_signal, .closed = inmate_closed};

static void inmate_open(struct inmate *inmate, struct rig *rig, const char *target)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    char name[32] = "";

    inmate->rig = rig;
    ald_check_int(
        ald_local_open(rig->edge, ALD_STR("here"), ALD_STR("local"), &inmate_callbacks, inmate, &inmate->local), 0);
    if (target != NULL) {
        (void)snprintf(name, sizeof(name), "%s", target);
        hello.target = ald_str(name);
    }
    hello.traits = ALD_CAN_OUTCOME | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_PRIMARY;
    ald_check_int(ald_local_say(inmate->local, &hello), 0);
    memset(name, '#', sizeof(name)); /* it was borrowed for the call */
}

static bool heard(const struct inmate *inmate, const char *word)
{
    return strstr(inmate->text, word) != NULL;
}

#define RIG(rig)                                                                                                       \
    struct rig rig;                                                                                                    \
    rig_init(&rig);                                                                                                    \
    ald_check_int(rig_start(&rig), 0)

ALD_TEST(local, commands_an_agent_and_hears_of_the_outcome)
{
    RIG(rig);
    struct inmate caller = {.n_heard = 0};
    struct rig_client *agent = rig_dial(&rig, 0, true);
    char reply[256];

    rig_hello(agent, "lamp");
    rig_forget(agent);
    inmate_open(&caller, &rig, NULL);
    ald_check(heard(&caller, "registered "));
    inmate_command(&caller, "c1", "lamp");
    rig_until(&rig, rig_heard(agent, "SHINE"));
    (void)snprintf(reply, sizeof(reply),
                   "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"SHINE\",\"commandStatus\":\"SUCCEEDED\"}",
                   rig_command_id(agent));
    rig_say(agent, reply);
    rig_until(&rig, heard(&caller, "replysucceeded "));
    inmate_command(&caller, "c2", "nobody");
    ald_check(heard(&caller, "replyrefused "));
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST(local, serves_a_target)
{
    RIG(rig);
    struct inmate agent = {.echoes = true};
    struct rig_client *caller = rig_dial(&rig, 0, true);

    inmate_open(&agent, &rig, "lamp");
    rig_hello(caller, "me");
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(caller, "\"outcome\":\"succeeded\""));
    ald_hub_check(ald_edge_hub(rig.edge));
    ald_local_close(agent.local);
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c2\",\"type\":\"SHINE\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(caller, "no_target"));
    rig_fini(&rig);
}

ALD_TEST(local, has_what_was_sent_to_it_lost_when_it_closes)
{
    RIG(rig);
    struct inmate agent = {.n_heard = 0}, caller = {.n_heard = 0};

    inmate_open(&agent, &rig, "lamp");
    inmate_open(&caller, &rig, NULL);
    inmate_command(&caller, "c1", "lamp");
    ald_check(heard(&agent, "command "));
    rig_settle(&rig); /* it is sent */
    agent.local = ald_local_close(agent.local);
    rig_until(&rig, heard(&caller, "replylost "));
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST(local, may_answer_in_the_turn_in_which_it_hears)
{
    RIG(rig);
    struct inmate agent = {.n_heard = 0}, caller = {.n_heard = 0};

    inmate_open(&agent, &rig, "lamp");
    inmate_open(&caller, &rig, NULL);
    inmate_command(&caller, "c1", "lamp");
    inmate_say_reply(&agent, agent.command);
    ald_check(heard(&caller, "replysucceeded "));
    ald_hub_check(ald_edge_hub(rig.edge));
    ald_local_close(agent.local);
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST(local, two_that_never_stop_talking_leave_others_their_turn)
{
    RIG(rig);
    struct inmate agent = {.echoes = true}, caller = {.loops = true};
    struct rig_client *client;

    inmate_open(&agent, &rig, "lamp");
    inmate_open(&caller, &rig, NULL);
    inmate_command(&caller, "c1", "lamp");
    client = rig_dial(&rig, 0, false);
    rig_say(client, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    rig_until(&rig, rig_heard(client, "page /a"));
    rig_until(&rig, caller.n_heard > 1000);
    caller.loops = false;
    rig_settle(&rig);
    ald_hub_check(ald_edge_hub(rig.edge));
    ald_local_close(agent.local);
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST(local, is_told_when_the_hub_ends_it)
{
    RIG(rig);
    struct inmate first = {.closes = true}, second = {.closes = false};

    inmate_open(&first, &rig, "lamp");
    inmate_open(&second, &rig, NULL);
    ald_edge_drain(rig.edge, ald_loop_now(rig.loop) + 20 * ALD_MSEC);
    rig_until(&rig, rig.drained);
    ald_check(first.closed && first.local == NULL);
    ald_check(second.closed);
    inmate_command(&second, "c1", "lamp"); /* nobody hears it */
    ald_local_close(second.local);
    rig_fini(&rig);
}

/* One that is opened, and speaks, inside a step. */
struct nest {
    struct inmate outer, inner;
};

static void nest_noted(void *owner, const struct ald_note *note ALD_UNUSED)
{
    struct nest *nest = owner;

    if (nest->inner.local == NULL) {
        inmate_open(&nest->inner, nest->outer.rig, "lamp");
        ald_check_int((int)nest->inner.n_heard, 0);
    }
}

ALD_TEST(local, opened_inside_a_step_waits_for_its_end)
{
    RIG(rig);
    struct nest nest = {.inner = {.n_heard = 0}};

    ald_check_int(ald_edge_watch_hub(rig.edge, ALD_NOTE_COMMANDS, nest_noted, &nest), 0);
    inmate_open(&nest.outer, &rig, NULL);
    inmate_command(&nest.outer, "c1", "nobody");
    rig_until(&rig, heard(&nest.inner, "registered "));
    ald_local_close(nest.inner.local);
    ald_local_close(nest.outer.local);
    rig_fini(&rig);
}

ALD_TEST(local, may_be_open_when_the_edge_goes_after_it)
{
    RIG(rig);
    struct inmate agent = {.n_heard = 0}, caller = {.n_heard = 0};

    inmate_open(&agent, &rig, "lamp");
    inmate_open(&caller, &rig, NULL);
    inmate_command(&caller, "c1", "lamp");
    ald_local_close(caller.local);
    ald_local_close(agent.local);
    ald_local_close(NULL);
    rig_fini(&rig); /* without a turn in between */
}

static void count_note(void *owner, const struct ald_note *note ALD_UNUSED)
{
    (*(size_t *)owner)++;
}

ALD_TEST(edge, tells_each_watcher_what_it_wants_to_know)
{
    RIG(rig);
    struct inmate caller = {.n_heard = 0};
    size_t n_commands = 0, n_channels = 0;

    ald_check_int(ald_edge_watch_hub(rig.edge, ALD_NOTE_BIT(ALD_NOTE_ENDED), count_note, &n_commands), 0);
    ald_check_int(ald_edge_watch_hub(rig.edge, ALD_NOTE_BIT(ALD_NOTE_CHANNEL), count_note, &n_channels), 0);
    inmate_open(&caller, &rig, "lamp");
    rig_settle(&rig);
    ald_check_int((int)n_commands, 0);
    ald_check(n_channels > 0);
    n_channels = 0;
    inmate_command(&caller, "c1", "nobody");
    ald_check_int((int)n_commands, 1);
    ald_check_int((int)n_channels, 0);
    ald_check_int(ald_edge_watch_hub(rig.edge, 0, count_note, &n_commands), 0);
    ald_check_int(ald_edge_watch_hub(rig.edge, 0, count_note, &n_commands), 0);
    inmate_command(&caller, "c2", "nobody");
    ald_check_int((int)n_commands, 1);
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST(edge, passes_on_what_an_operator_asks)
{
    RIG(rig);
    struct inmate agent = {.n_heard = 0}, caller = {.n_heard = 0};
    struct ald_channel_view channel;
    uint64_t cursor = 0;
    char id[ALD_ID_TEXT + 1];

    inmate_open(&agent, &rig, "lamp");
    inmate_open(&caller, &rig, NULL);
    ald_check(ald_hub_next_channel(ald_edge_hub(rig.edge), ALD_STR("lamp"), &cursor, &channel));
    (void)snprintf(id, sizeof(id), "%.*s", ALD_STR_ARG(channel.id));

    ald_check_int(ald_edge_cancel(rig.edge, ALD_STR("nothing")), ALD_ASK_UNKNOWN);
    ald_check_int(ald_edge_channel_primary(rig.edge, ALD_STR("nothing")), ALD_ASK_UNKNOWN);
    ald_check_int(ald_edge_channel_leave(rig.edge, ALD_STR("nothing"), true), ALD_ASK_UNKNOWN);

    inmate_command(&caller, "c1", "nobody");
    ald_check_int(ald_edge_cancel(rig.edge, ALD_STR("c1")), ALD_ASK_CONFLICT);
    ald_check_int(ald_edge_channel_leave(rig.edge, ald_str(id), false), 0);
    rig_until(&rig, agent.closed);
    ald_local_close(agent.local);
    ald_local_close(caller.local);
    rig_fini(&rig);
}

ALD_TEST_MAIN(local, ALD_CASE(local, commands_an_agent_and_hears_of_the_outcome), ALD_CASE(local, serves_a_target),
              ALD_CASE(local, has_what_was_sent_to_it_lost_when_it_closes),
              ALD_CASE(local, may_answer_in_the_turn_in_which_it_hears),
              ALD_CASE(local, two_that_never_stop_talking_leave_others_their_turn),
              ALD_CASE(local, is_told_when_the_hub_ends_it), ALD_CASE(local, opened_inside_a_step_waits_for_its_end),
              ALD_CASE(local, may_be_open_when_the_edge_goes_after_it),
              ALD_CASE(edge, tells_each_watcher_what_it_wants_to_know), ALD_CASE(edge, passes_on_what_an_operator_asks))
