#include "hub/record.h"

#include "hub/hub_rig.h"
#include "hub/state.h"

/* Long enough that it does not fit into a record. */
enum { LONG = ALD_RECORD_ROOM + 100, TEXT = 4096 };

static void story_begin(struct rig *rig)
{
    rig_init(rig);
    rig_start(rig);
    rig_agent(rig, 1, "lamp", ALD_CAN_STATUS);
    rig_caller(rig, 2);
}

static bool is_packed(const struct rig *rig, const char *id)
{
    struct ald_found found = ald_command_find_text(rig->hub, ald_str(id));

    ald_check(found.record != NULL);
    return found.command == NULL;
}

static const char *fill(char *room, size_t size)
{
    memset(room, 'x', size);
    room[size] = '\0';
    return room;
}

/* What an agent may answer at most. */
struct answer {
    uint8_t outcome;
    const char *code, *text, *payload, *details;
};

static void answer(struct rig *rig, const char *wire_id, const struct answer *say)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.id = rig_id_of(rig, 1, wire_id);
    signal.msg = rig_msg(rig, ALD_REPLY, NULL);
    signal.msg->outcome = say->outcome;
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->code, ald_str(say->code)), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->text, ald_str(say->text)), 0);
    if (say->payload != NULL) {
        ald_check_int(ald_slice_copy(ald_str(say->payload), &signal.msg->payload), 0);
    }
    if (say->details != NULL) {
        ald_check_int(ald_slice_copy(ald_str(say->details), &signal.msg->details), 0);
    }
    ald_msg_seal(signal.msg);
    rig_signal(rig, 1, &signal);
}

static int tell(char *room, int at, const char *name, struct ald_str str)
{
    return at + snprintf(room + at, (size_t)(TEXT - at), "%s %s %.*s\n", name, ald_str_present(str) ? "is" : "none",
                         ALD_STR_ARG(str));
}

/* All that a view shows. */
static void describe(const struct rig *rig, const char *id, char room[TEXT])
{
    struct ald_command_view view;
    int at;

    ald_check_int(ald_hub_find_command(rig->hub, ald_str(id), &view), 0);
    at = snprintf(room, TEXT, "%llx mode %d phase %d outcome %d cause %d attempts %d %d scope %d members %d\n",
                  (unsigned long long)view.id.low, view.mode, view.phase, view.outcome, view.cause, view.n_attempts,
                  view.idempotent, (int)view.to.scope, (int)view.n_members);
    at += snprintf(room + at, (size_t)(TEXT - at), "progress %d %g %g times %llu %llu %llu %llu\n", view.has_progress,
                   view.total, view.completed, (unsigned long long)view.submitted, (unsigned long long)view.deadline,
                   (unsigned long long)view.ended, (unsigned long long)view.submitted_wall);
    at = tell(room, at, "wire id", view.wire_id);
    at = tell(room, at, "name", view.name);
    at = tell(room, at, "version", view.version);
    at = tell(room, at, "hub", view.to.hub);
    at = tell(room, at, "target", view.to.target);
    at = tell(room, at, "channel", view.to.channel);
    at = tell(room, at, "from", view.from);
    at = tell(room, at, "principal", view.principal);
    at = tell(room, at, "why", view.text);
    if (view.reply != NULL) {
        at = tell(room, at, "code", view.reply->code);
        at = tell(room, at, "text", view.reply->text);
        at = tell(room, at, "payload", ald_slice_str(view.reply->payload));
        at = tell(room, at, "details", ald_slice_str(view.reply->details));
    }
    for (size_t i = 0; i < view.n_story; i++) {
        at += snprintf(room + at, (size_t)(TEXT - at), "%llu %d %d ", (unsigned long long)view.story[i].at,
                       view.story[i].phase, view.story[i].attempt);
        at = tell(room, at, view.story[i].text, view.story[i].channel);
    }
    snprintf(room + at, (size_t)(TEXT - at), "dropped %d\n", (int)view.n_story_dropped);
}

/* The view of a command that has just ended, and what becomes of it with the next step. */
static void check_same_when_packed(struct rig *rig, const char *id)
{
    char before[TEXT], after[TEXT];

    ald_check(!is_packed(rig, id));
    describe(rig, id, before);
    rig_step(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
    ald_check(is_packed(rig, id));
    describe(rig, id, after);
    assert_string_equal(after, before);
}

ALD_TEST(record, a_packed_command_shows_what_it_was)
{
    struct rig rig;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.flags = ALD_MSG_IDEMPOTENT, .payload = "{\"a\":1}"});
    rig_status(&rig, 1, "c1", ALD_PHASE_RUNNING);
    rig.by_hand = true;
    answer(&rig, "c1", &(struct answer){ALD_FAILED, "E7", "no bulb", "{\"lit\":false}", "[\"socket\"]"});
    check_same_when_packed(&rig, "c1");
    rig_fini(&rig);
}

ALD_TEST(record, what_the_hub_decided_shows_why)
{
    struct rig rig;

    story_begin(&rig);
    rig.by_hand = true;
    rig_command(&rig, 2, "c1", "nobody");
    check_same_when_packed(&rig, "c1");
    ald_check_str(rig_view(&rig, "c1").text, "no such target");
    ald_check(rig_view(&rig, "c1").reply == NULL);
    rig_fini(&rig);
}

ALD_TEST(record, absent_null_and_empty_stay_distinct)
{
    static const char *const payloads[] = {NULL, "null", "{}"};
    struct rig rig;

    story_begin(&rig);
    for (size_t i = 0; i < ALD_COUNT(payloads); i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", (int)i);
        rig_command(&rig, 2, id, "lamp");
        rig.by_hand = true;
        answer(&rig, id, &(struct answer){ALD_SUCCEEDED, NULL, "", payloads[i], NULL});
        check_same_when_packed(&rig, id);
        rig.by_hand = false;
    }
    rig_fini(&rig);
}

ALD_TEST(record, a_long_payload_is_shared)
{
    struct rig rig;
    char room[LONG + 1];

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig.by_hand = true;
    answer(&rig, "c1", &(struct answer){ALD_SUCCEEDED, NULL, NULL, fill(room, LONG), "{}"});
    check_same_when_packed(&rig, "c1");
    rig_fini(&rig);
}

ALD_TEST(record, gives_command_and_messages_back)
{
    struct rig rig;

    story_begin(&rig);
    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof(id), "c%d", i);
        rig_command(&rig, 2, id, "lamp");
        rig_reply(&rig, 1, id, ALD_SUCCEEDED);
    }
    rig.last_reply = ald_msg_unref(rig.last_reply);
    ald_check_int(rig.hub->commands.n_live, 0);
    ald_check_int(ald_msg_pool_live(rig.messages), 0);
    ald_check_int(rig.hub->records.n_live, 5);
    rig_fini(&rig);
}

ALD_TEST(record, long_names_keep_their_command)
{
    struct rig rig;
    char room[ALD_RECORD_ROOM + 1], text[TEXT];

    story_begin(&rig);
    rig_command(&rig, 2, fill(room, ALD_RECORD_WIRE_MAX + 1), "nobody");
    rig_advance(&rig, 1);
    ald_check(!is_packed(&rig, room));
    rig_command(&rig, 2, "c2", "lamp");
    answer(&rig, "c2", &(struct answer){ALD_FAILED, "E7", fill(room, ALD_RECORD_ROOM), NULL, NULL});
    rig_advance(&rig, 1);
    ald_check(!is_packed(&rig, "c2"));
    describe(&rig, "c2", text);
    ald_check(strstr(text, room) != NULL);
    rig_fini(&rig);
}

ALD_TEST(record, a_late_reply_goes_into_the_story)
{
    struct rig rig;
    struct ald_command_view view;

    story_begin(&rig);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 1);
    ald_check(is_packed(&rig, "c1"));
    for (int i = 0; i < ALD_STORY_MAX; i++) {
        rig_reply(&rig, 1, "c1", ALD_FAILED);
    }
    ald_check(is_packed(&rig, "c1"));
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_LATE), ALD_STORY_MAX);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c1"), &view), 0);
    ald_check_int(view.outcome, ALD_SUCCEEDED);
    ald_check_int(view.n_story, ALD_STORY_MAX);
    ald_check_int(view.n_story_dropped, 3);
    ald_check_str(ald_str(view.story[0].text), "submitted");
    ald_check_str(ald_str(view.story[ALD_STORY_MAX - 1].text), "late reply");
    ald_check_int(view.story[ALD_STORY_MAX - 1].phase, ALD_PHASE_DONE);
    rig_fini(&rig);
}

ALD_TEST(record, a_reply_of_another_agent_is_stray)
{
    struct rig rig;

    story_begin(&rig);
    rig_agent(&rig, 3, "lamp", 0);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 1);
    rig_reply_as(&rig, 3, rig_id_of(&rig, 1, "c1"), ALD_SUCCEEDED, 0, NULL);
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_LATE), 0);
    ald_check_int(rig_count(&rig, ALD_N_REPLIES_STRAY), 1);
    rig_fini(&rig);
}

ALD_TEST(record, packed_ones_share_a_wire_id)
{
    struct rig rig;
    struct ald_command_view view;

    rig_init(&rig);
    rig.config.history_max = 2;
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", 0);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_command(&rig, 2, "c1", "nobody");
    rig_advance(&rig, 1);
    ald_check(is_packed(&rig, "c1"));
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_REFUSED); /* the newest */
    rig_command(&rig, 2, "c1", "lamp");
    ald_check_int(rig_view(&rig, "c1").phase, ALD_PHASE_SENT);
    rig_reply(&rig, 1, "c1", ALD_FAILED);
    rig_command(&rig, 2, "c2", "nobody"); /* pushes the older ones out */
    rig_advance(&rig, 1);
    ald_check_int(rig_view(&rig, "c1").outcome, ALD_FAILED);
    rig_command(&rig, 2, "c3", "nobody");
    rig_advance(&rig, 1);
    ald_check_int(ald_hub_find_command(rig.hub, ALD_STR("c1"), &view), ALD_VIEW_UNKNOWN);
    rig_fini(&rig);
}

ALD_TEST(record, what_a_session_may_need_again_stays_until_it_is_acknowledged)
{
    struct rig rig;
    struct ald_signal acked = ald_signal_of(ALD_SIGNAL_ACKED);

    rig_init(&rig);
    rig_start(&rig);
    rig_agent(&rig, 1, "lamp", ALD_CAN_RESUME);
    rig_caller(&rig, 2);
    rig_command(&rig, 2, "c1", "lamp");
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 1);
    ald_check(!is_packed(&rig, "c1"));
    acked.serial = rig.conns[1].serial;
    rig_signal(&rig, 1, &acked);
    rig_advance(&rig, 1);
    ald_check(is_packed(&rig, "c1"));
    rig_fini(&rig);
}

ALD_TEST(record, members_stay_with_their_whole)
{
    struct rig rig;
    struct ald_command_view member;
    uint64_t cursor = 0;

    story_begin(&rig);
    rig_command_as(&rig, 2, "c1", "lamp", (struct rig_options){.mode = ALD_MODE_ALL});
    rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
    rig_advance(&rig, 1);
    ald_check(!is_packed(&rig, "c1"));
    ald_check(ald_hub_next_member(rig.hub, rig_view(&rig, "c1").id, &cursor, &member));
    ald_check_int(member.outcome, ALD_SUCCEEDED);
    rig_fini(&rig);
}

ALD_TEST_MAIN(record, ALD_CASE(record, a_packed_command_shows_what_it_was),
              ALD_CASE(record, what_the_hub_decided_shows_why), ALD_CASE(record, absent_null_and_empty_stay_distinct),
              ALD_CASE(record, a_long_payload_is_shared), ALD_CASE(record, gives_command_and_messages_back),
              ALD_CASE(record, long_names_keep_their_command), ALD_CASE(record, a_late_reply_goes_into_the_story),
              ALD_CASE(record, a_reply_of_another_agent_is_stray), ALD_CASE(record, packed_ones_share_a_wire_id),
              ALD_CASE(record, what_a_session_may_need_again_stays_until_it_is_acknowledged),
              ALD_CASE(record, members_stay_with_their_whole))
