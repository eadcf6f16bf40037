#pragma once

/*
 * Rig: drives a hub through ald_hub_step() alone and writes down what it says, one line an effect, so that a test can
 * compare a story. Connections are numbers; commands go by their wire ids.
 *
 *     rig_agent(&rig, 1, "lamp", 0);
 *     rig_caller(&rig, 2);
 *     rig_command(&rig, 2, "c1", "lamp");
 *     rig_reply(&rig, 1, "c1", ALD_SUCCEEDED);
 *     rig_expect(&rig, "1 command c1\n"
 *                      "2 reply c1 succeeded\n");
 *
 * Where the story tells parties apart, what is said to another one than the first of a connection has its number in front:
 * `(3) 1 command c1`.
 * What rig_watch() asks for stands in the story as well, a line a note, with a star in front.
 *
 * Unless told otherwise everything said is written at once, and all work is done before a call returns. Every step is
 * followed by ald_hub_check() and by a look at its bounds.
 */

#include "hub/hub_heard.h"

static ALD_UNUSED void rig_take_effects(struct rig *rig)
{
    static const char *const causes[] = {"left",   "unhealthy", "mute",     "slow", "replaced",
                                         "denied", "full",      "stopping", "taken"};

    ald_check(rig->effects.n <= rig->config.step_work + ALD_EFFECTS_SLACK);
    for (size_t i = 0; i < rig->effects.n; i++) {
        const struct ald_effect *effect = &rig->effects.ring[i];
        struct rig_conn *conn = &rig->conns[effect->conn % RIG_CONNS];

        switch ((enum ald_effect_kind)effect->kind) {
        case ALD_EFFECT_SIGNAL:
            ald_check(!conn->closed_by_hub);
            rig_hear(rig, conn, effect->conn, &effect->signal);
            break;
        case ALD_EFFECT_PAUSE:
            rig_line(rig, "%d pause\n", (int)effect->conn);
            break;
        case ALD_EFFECT_RESUME:
            rig_line(rig, "%d resume\n", (int)effect->conn);
            break;
        case ALD_EFFECT_CLOSE:
            conn->closed_by_hub = true;
            rig_line(rig, "%d close %s\n", (int)effect->conn, causes[effect->cause]);
            break;
        }
    }
    ald_effects_clear(&rig->effects);
}

static ALD_UNUSED void rig_step(struct rig *rig, struct ald_event event)
{
    event.now = rig->now;
    event.wall = RIG_WALL + rig->now;
    if (rig->around != NULL) {
        rig->around(rig, true);
    }
    ald_hub_step(rig->hub, &event, &rig->effects);
    if (rig->around != NULL) {
        rig->around(rig, false);
    }
    rig->result = event.result;
    ald_hub_check(rig->hub);
    rig_take_effects(rig);
}

static ALD_UNUSED void rig_write(struct rig *rig, uint64_t number, uint64_t begun, uint64_t done)
{
    struct rig_conn *conn = &rig->conns[number];

    conn->begun = begun;
    conn->done = done;
    rig_step(rig, (struct ald_event){.kind = ALD_EVENT_WRITTEN, .conn = number, .begun = begun, .done = done});
}

static ALD_UNUSED bool rig_write_some(struct rig *rig)
{
    for (uint64_t i = 1; i < RIG_CONNS && !rig->holds_writes; i++) {
        struct rig_conn *conn = &rig->conns[i];

        if (conn->open && conn->done < conn->said) {
            rig_write(rig, i, conn->said, conn->said);
            return true;
        }
    }
    return false;
}

/* Do all work that is due now. */
static ALD_UNUSED void rig_settle(struct rig *rig)
{
    int n = 0;

    while (!rig->by_hand && (rig_write_some(rig) || ald_hub_deadline(rig->hub) <= rig->now)) {
        rig_step(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
        ald_check(++n < 100000);
    }
}

static ALD_UNUSED void rig_event(struct rig *rig, struct ald_event event)
{
    rig_step(rig, event);
    rig_settle(rig);
}

static ALD_UNUSED void rig_advance(struct rig *rig, ald_usec usec)
{
    ald_usec until = rig->now + usec;

    while (ald_hub_deadline(rig->hub) < until) {
        rig->now = ALD_MAX(rig->now, ald_hub_deadline(rig->hub));
        rig_step(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
        rig_settle(rig);
    }
    rig->now = until;
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_TICK});
}

/* A test may change rig->config between the two. */
static ALD_UNUSED void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    rig->now = 1000 * ALD_SEC;
    ald_hub_config_init(&rig->config);
    rig->config.seed = 7;
    rig->config.health_interval = 0;
}

static ALD_UNUSED void rig_start(struct rig *rig)
{
    rig->config.now = rig->now;
    ald_check_int(ald_msg_pool_new(64, &rig->messages), 0);
    ald_check_int(ald_hub_new(&rig->config, rig->messages, &rig->hub), 0);
    ald_check_int(ald_effects_init(&rig->effects, &rig->config), 0);
}

static ALD_UNUSED void rig_fini(struct rig *rig)
{
    rig->last_reply = ald_msg_unref(rig->last_reply);
    rig->last_news = ald_news_unref(rig->last_news);
    ald_effects_fini(&rig->effects);
    ald_hub_free(rig->hub);
    ald_check_int(ald_msg_pool_live(rig->messages), 0);
    ald_msg_pool_free(rig->messages);
}

static ALD_UNUSED void rig_expect(struct rig *rig, const char *story)
{
    if (strcmp(rig->text, story) != 0) {
        fail_msg("the story is\n%snot\n%s", rig->text, story);
    }
    rig->n_text = 0;
    rig->text[0] = '\0';
}

static ALD_UNUSED void rig_open(struct rig *rig, uint64_t conn)
{
    rig->conns[conn % RIG_CONNS] = (struct rig_conn){.open = true};
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_OPENED,
                                      .conn = conn,
                                      .edge = rig,
                                      .peer = ald_str(rig->comes_from != NULL ? rig->comes_from : "127.0.0.1:9"),
                                      .dialect = ALD_STR("test"),
                                      .message_max = rig->message_max,
                                      .resumes_late = rig->resumes_late});
}

static ALD_UNUSED void rig_close(struct rig *rig, uint64_t conn)
{
    rig->conns[conn].open = false;
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = conn});
}

static ALD_UNUSED void rig_signal(struct rig *rig, uint64_t conn, struct ald_signal *signal)
{
    signal->denied = rig->denies;
    signal->primary_only = rig->guards;
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = conn, .signal = signal});
    ald_signal_clear(signal);
}

static ALD_UNUSED void rig_register_kind(struct rig *rig, uint64_t conn, uint32_t party, const char *target,
                                         uint32_t traits, enum ald_party_kind kind)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.party = party;
    signal.target = ald_str(target);
    signal.traits = traits;
    signal.party_kind = (uint8_t)kind;
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_register(struct rig *rig, uint64_t conn, const char *target, uint32_t traits)
{
    rig_register_kind(rig, conn, 0, target, traits, ALD_PARTY_HOST);
}

static ALD_UNUSED void rig_agent(struct rig *rig, uint64_t conn, const char *target, uint32_t traits)
{
    rig_open(rig, conn);
    rig_register(rig, conn, target, traits);
}

static ALD_UNUSED void rig_caller(struct rig *rig, uint64_t conn)
{
    rig_agent(rig, conn, NULL, ALD_CAN_STATUS | ALD_CAN_OUTCOME);
}

static ALD_UNUSED struct ald_msg *rig_msg(struct rig *rig, enum ald_kind kind, const char *wire_id)
{
    struct ald_msg *msg = NULL;

    ald_check_int(ald_msg_new(rig->messages, kind, &msg), 0);
    ald_check_int(ald_msg_set(msg, &msg->wire_id, ald_str(wire_id)), 0);
    return msg;
}

static ALD_UNUSED void rig_fill(struct ald_msg *msg, const char *target, const struct rig_options *options)
{
    const struct ald_address to = {.target = options->no_target ? ALD_STR_NONE : ald_str(target),
                                   .channel = ald_str(options->channel),
                                   .hub = ald_str(options->hub),
                                   .scope = (enum ald_scope)options->scope};

    ald_check_int(ald_msg_set_address(msg, &msg->to, &to), 0);
    ald_check_int(ald_msg_set(msg, &msg->name, ald_str(options->name != NULL ? options->name : "DO")), 0);
    ald_check_int(ald_msg_set(msg, &msg->collapse, ald_str(options->collapse)), 0);
    ald_check_int(ald_msg_set(msg, &msg->filters, ald_str(options->filters)), 0);
    msg->to_kind = options->to_kind;
    if (options->payload != NULL) {
        msg->payload = ald_slice_static(ald_str(options->payload));
    }
    msg->mode = options->mode;
    msg->flags = options->flags;
    msg->ttl = options->ttl != 0 ? options->ttl : ALD_NEVER;
}

static ALD_UNUSED void rig_command_as(struct rig *rig, uint64_t conn, const char *wire_id, const char *target,
                                      struct rig_options options)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);

    signal.msg = rig_msg(rig, ALD_COMMAND, wire_id);
    signal.party = options.party;
    signal.serial = options.serial;
    rig_fill(signal.msg, target, &options);
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_command(struct rig *rig, uint64_t conn, const char *wire_id, const char *target)
{
    rig_command_as(rig, conn, wire_id, target, (struct rig_options){0});
}

static ALD_UNUSED void rig_event_as(struct rig *rig, uint64_t conn, const char *target, struct rig_options options)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    signal.party = options.party;
    signal.serial = options.serial;
    signal.msg = rig_msg(rig, ALD_EVENT, NULL);
    rig_fill(signal.msg, target, &options);
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_send_event(struct rig *rig, uint64_t conn, const char *target)
{
    rig_event_as(rig, conn, target, (struct rig_options){0});
}

/* An event without a target, for everybody who knows that name. */
static ALD_UNUSED void rig_broadcast(struct rig *rig, uint64_t conn, const char *name)
{
    rig_event_as(rig, conn, NULL, (struct rig_options){.no_target = true, .scope = ALD_SCOPE_HERE, .name = name});
}

static ALD_UNUSED void rig_capable(struct rig *rig, uint64_t conn, const char *names)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);

    signal.text = ald_str(names);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_question(struct rig *rig, uint64_t conn, enum ald_topic topic, const char *target, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);

    signal.topic = (uint8_t)topic;
    signal.target = ald_str(target);
    signal.ok = ok;
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_expect_targets(struct rig *rig, const char *names)
{
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_EXPECT, .text = ald_str(names)});
}

static ALD_UNUSED void rig_news(struct rig *rig, struct ald_news news)
{
    struct ald_news *copy = NULL;

    ald_check_int(ald_news_new(&news, &copy), 0);
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_NEWS, .news = copy});
    ald_news_unref(copy);
}

/* The hub's id under which `conn` was given the command, the latest one. */
static ALD_UNUSED struct ald_id rig_id_of(const struct rig *rig, uint64_t conn, const char *wire_id)
{
    for (size_t i = rig->n_ids; i > 0 && i + RIG_IDS > rig->n_ids; i--) {
        const struct rig_id *id = &rig->ids[(i - 1) % RIG_IDS];

        if (id->conn == conn && strcmp(id->wire_id, wire_id) == 0) {
            return id->id;
        }
    }
    return (struct ald_id){1, 1};
}

static ALD_UNUSED void rig_reply_of(struct rig *rig, uint64_t conn, uint32_t party, struct ald_id id, uint8_t outcome,
                                    uint8_t cause, const char *payload)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    signal.party = party;
    signal.id = id;
    signal.msg = rig_msg(rig, ALD_REPLY, NULL);
    signal.msg->outcome = outcome;
    signal.msg->cause = cause;
    if (payload != NULL) {
        signal.msg->payload = ald_slice_static(ald_str(payload));
    }
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_reply_as(struct rig *rig, uint64_t conn, struct ald_id id, uint8_t outcome, uint8_t cause,
                                    const char *payload)
{
    rig_reply_of(rig, conn, 0, id, outcome, cause, payload);
}

static ALD_UNUSED void rig_reply(struct rig *rig, uint64_t conn, const char *wire_id, uint8_t outcome)
{
    rig_reply_as(rig, conn, rig_id_of(rig, conn, wire_id), outcome, 0, "{}");
}

static ALD_UNUSED void rig_status(struct rig *rig, uint64_t conn, const char *wire_id, uint8_t phase)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_STATUS);

    signal.id = rig_id_of(rig, conn, wire_id);
    signal.msg = rig_msg(rig, ALD_STATUS, NULL);
    signal.msg->phase = phase;
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_cancel(struct rig *rig, uint64_t conn, const char *wire_id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);

    signal.msg = rig_msg(rig, ALD_CANCEL, wire_id);
    ald_msg_seal(signal.msg);
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_say(struct rig *rig, uint64_t conn, enum ald_signal_kind kind)
{
    struct ald_signal signal = ald_signal_of(kind);

    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_answer_health(struct rig *rig, uint64_t conn, bool healthy)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_HEALTH);

    signal.id = rig->conns[conn].health;
    signal.ok = true;
    signal.healthy = healthy;
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_answer_primary(struct rig *rig, uint64_t conn, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_PRIMARY);

    signal.id = rig->conns[conn].primary;
    signal.ok = ok;
    rig_signal(rig, conn, &signal);
}

static ALD_UNUSED void rig_resume(struct rig *rig, uint64_t conn, uint64_t session, uint64_t serial)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_RESUME);

    signal.session = session;
    signal.serial = serial;
    rig_signal(rig, conn, &signal);
}

/* The party of connection 1 is back on connection 2, having received everything up to `serial`. */
static ALD_UNUSED void rig_come_back(struct rig *rig, uint64_t serial)
{
    uint64_t session = rig->conns[1].session;

    rig_open(rig, 2);
    rig_resume(rig, 2, session, serial);
    memcpy(rig->conns[2].channel, rig->conns[1].channel, sizeof(rig->conns[2].channel));
}

static ALD_UNUSED void rig_drain(struct rig *rig, ald_usec usec)
{
    rig_event(rig, (struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = rig->now + usec});
}

/* What an operator asks; gives the result. */
static ALD_UNUSED int rig_ask(struct rig *rig, enum ald_event_kind kind, const char *text)
{
    int result;

    rig_step(rig, (struct ald_event){.kind = (uint8_t)kind, .text = ald_str(text)});
    result = rig->result;
    rig_settle(rig);
    return result;
}

static ALD_UNUSED void rig_note_command(struct rig *rig, const struct ald_note *note)
{
    rig_line(rig, "* %s %.*s %s", ald_note_name((enum ald_note_kind)note->kind), ALD_STR_ARG(note->wire_id),
             ald_phase_name((enum ald_phase)note->phase));
    if (note->outcome != ALD_OUTCOME_NONE) {
        rig_line(rig, " %s", ald_outcome_name((enum ald_outcome)note->outcome));
    }
    if (note->cause != ALD_CAUSE_NONE) {
        rig_line(rig, " %s", ald_cause_word((enum ald_cause)note->cause));
    }
    rig_line(rig, "\n");
}

static ALD_UNUSED void rig_noted(void *owner, const struct ald_note *note)
{
    struct rig *rig = owner;

    ald_check(note->now == rig->now);
    switch ((enum ald_note_kind)note->kind) {
    case ALD_NOTE_EVENT:
        rig_line(rig, "* event %.*s %.*s", ALD_STR_ARG(note->name), ALD_STR_ARG(note->change));
        rig_line(rig, note->cause != ALD_CAUSE_NONE ? " %s\n" : "%s\n", ald_cause_word((enum ald_cause)note->cause));
        return;
    case ALD_NOTE_CHANNEL:
        rig_line(rig, "* channel of %.*s %.*s\n", ALD_STR_ARG(note->target), ALD_STR_ARG(note->change));
        return;
    case ALD_NOTE_ELECTION:
        rig_line(rig, "* election of %.*s %.*s\n", ALD_STR_ARG(note->target), ALD_STR_ARG(note->change));
        return;
    default:
        rig_note_command(rig, note);
        return;
    }
}

static ALD_UNUSED void rig_watch(struct rig *rig, uint32_t mask)
{
    ald_hub_watch(rig->hub, mask, rig_noted, rig);
}

static ALD_UNUSED struct ald_command_view rig_view(const struct rig *rig, const char *id)
{
    struct ald_command_view view = {0};

    ald_check_int(ald_hub_find_command(rig->hub, ald_str(id), &view), 0);
    return view;
}

static ALD_UNUSED struct ald_channel_view rig_channel(const struct rig *rig, uint64_t conn)
{
    struct ald_channel_view view = {0};

    ald_check_int(ald_hub_find_channel(rig->hub, ald_str(rig->conns[conn].channel), &view), 0);
    return view;
}

static ALD_UNUSED int rig_count(const struct rig *rig, enum ald_counter counter)
{
    return (int)ald_hub_counter(rig->hub, counter);
}

/* Does the command's story have this line? */
static ALD_UNUSED bool rig_story_has(const struct rig *rig, const char *id, const char *text)
{
    struct ald_command_view view = rig_view(rig, id);

    for (size_t i = 0; i < view.n_story; i++) {
        if (strcmp(view.story[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}
