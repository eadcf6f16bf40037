/*
 * The hub under any sequence of events: several connections that open, say anything, write in parts, stall and end, while
 * time jumps. An input is a few bytes of configuration and then one operation after the other.
 *
 * What must hold, whatever is said:
 * - the hub's own invariants after every step, and its bound on effects;
 * - nothing is said on a connection after its CLOSE, ordinals count up by one, PAUSE and RESUME alternate;
 * - every command of a submitter that is still there has exactly one reply, by its deadline and a second;
 * - what the edge denied is refused, and nobody is handed it;
 * - as many outcomes and fates of events are noted as are counted, and each channel that comes also goes;
 * - nobody hears the second broadcast before the first, and nobody is told what became of one;
 * - only who may hear of news and reports does, and only who subscribed what was published;
 * - what is remembered has times that increase, and an answer to a subscription tells of no gap that is still to come;
 * - when everybody has gone and history has aged, nothing is left: no target, no record, no message.
 *
 * Some of the connections are links to other hubs, which tell of the graph, rightly or not. When they are gone nothing of it
 * is left either.
 *
 * Parties with a session may hear a reply twice (it is said again when they resume), so their commands are not counted.
 */

#include "hub_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void op_open(struct fuzz *fuzz, struct slot *slot)
{
    if (slot->open) {
        return;
    }
    *slot = (struct slot){.number = ++fuzz->last_conn, .open = true};
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_OPENED,
                                  .conn = slot->number,
                                  .edge = slot,
                                  .peer = ALD_STR("peer"),
                                  .dialect = ALD_STR("fuzz"),
                                  .resumes_late = slot->number % 2 == 0});
}

static void op_close(struct fuzz *fuzz, struct slot *slot)
{
    if (slot->open) {
        slot->open = false;
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = slot->number});
    }
}

static void op_register(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    uint8_t byte = fuzz_byte(fuzz);

    signal.target = target_of(byte % 3 == 2 ? 3 : byte);
    signal.party = party_of(byte / 4);
    signal.taken = byte / 32 % 8 == 0 ? ALD_TAKEN_REPLACE : byte / 32 % 8 == 1 ? ALD_TAKEN_REFUSE : ALD_TAKEN_SHARE;
    signal.traits = fuzz_byte(fuzz);
    signal.principal = target_of(byte / 16);
    if ((signal.traits & ALD_CAN_RESUME) != 0) {
        expect_resuming(fuzz, slot);
    }
    say(fuzz, slot, &signal);
}

/* With the traits that op_register() has no bits for, and sometimes as another hub. */
static void op_register_more(struct fuzz *fuzz, struct slot *slot)
{
    static const struct ald_greeting greeting = {.peering = ALD_PEERING_FLOODS, .hub = {"h", 1}};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    uint8_t byte = fuzz_byte(fuzz);

    signal.target = target_of(byte);
    signal.taken = byte / 4 % 2 == 0 ? ALD_TAKEN_SHARE : ALD_TAKEN_REFUSE;
    signal.traits = ALD_CAN_NEWS | ALD_CAN_REPORT | ALD_CAN_STATUS;
    signal.traits |= byte / 8 % 4 == 0 ? ALD_CAN_RESUME : 0;
    signal.greeting = byte / 32 == 7 ? &greeting : NULL;
    slot->is_hub = slot->is_hub || signal.greeting != NULL;
    signal.party = party_of(byte / 16);
    if ((signal.traits & ALD_CAN_RESUME) != 0) {
        expect_resuming(fuzz, slot);
    }
    say(fuzz, slot, &signal);
}

static void fill(struct fuzz *fuzz, struct ald_msg *msg)
{
    uint8_t byte = fuzz_byte(fuzz);
    struct ald_address to = {.target = target_of(byte)};
    static const char outcome[] = "{\"id\":\"1\"}";

    if (byte / 4 % 8 == 1) {
        to.channel = ald_str_of(fuzz->channel, ALD_ID_TEXT);
    }
    to.scope = byte / 32 == 7 ? ALD_SCOPE_HERE : ALD_SCOPE_ONE;
    byte = fuzz_byte(fuzz);
    msg->mode = byte % 5;
    msg->flags = byte / 8 % 4;
    if (byte / 32 == 7) {
        msg->flags = byte;
    }
    if (byte / 32 == 6) {
        msg->flags |= ALD_MSG_WHILE_SERVED;
    }
    must(ald_msg_set_address(msg, &msg->to, &to) == 0);
    must(ald_msg_set(msg, &msg->name,
                     to.target.size > 0   ? ALD_STR("do")
                     : msg->mode % 2 == 0 ? ALD_STR("aldis:Outcome")
                                          : ALD_STR("aldis:Cancel")) == 0);
    msg->payload = ald_slice_static(ald_str_of(outcome, sizeof(outcome) - 1));
    byte = fuzz_byte(fuzz);
    msg->ttl = byte % 4 == 0 ? ALD_NEVER : (ald_usec)byte * byte * ALD_MSEC;
}

static void submit_wire(struct fuzz *fuzz, struct slot *slot, const struct ald_msg *msg, uint32_t number)
{
    struct wire *wire = &fuzz->wires[number];
    ald_usec ttl = msg->ttl == ALD_NEVER ? fuzz->config.deadline_default : msg->ttl;
    ald_usec deadline = fuzz->now + ALD_MIN(ttl, fuzz->config.deadline_max);

    if (wire->n_submitted == 0) {
        wire->conn = slot->number;
        wire->counted = true;
        wire->denied = true;
    }
    wire->counted = wire->counted && wire->conn == slot->number && !slot->resumes;
    wire->denied = wire->denied && fuzz->denies;
    wire->n_submitted++;
    wire->deadline = ALD_MAX(wire->deadline, deadline);
}

static void op_command_as(struct fuzz *fuzz, struct slot *slot, bool far)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
    struct ald_travel travel;
    bool is_left = false;
    uint8_t byte = fuzz_byte(fuzz);
    uint32_t number = byte % 16 == 15 && fuzz->n_wires > 0 ? fuzz->n_wires - 1 : fuzz->n_wires;
    char text[16];

    if (number >= WIRES || !slot->open || slot->cut) {
        return;
    }
    must(ald_msg_new(fuzz->messages, ALD_COMMAND, &signal.msg) == 0);
    snprintf(text, sizeof(text), "%u", number);
    must(ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(text)) == 0);
    fill(fuzz, signal.msg);
    if (far) {
        is_left = travel_fill(fuzz, slot, &signal, &travel);
    }
    ald_msg_seal(signal.msg);
    signal.party = party_of(byte / 16);
    fuzz->n_wires = number + 1;
    submit_wire(fuzz, slot, signal.msg, number);
    fuzz->wires[number].counted = fuzz->wires[number].counted && !is_left;
    say(fuzz, slot, &signal);
}

static void op_command(struct fuzz *fuzz, struct slot *slot)
{
    op_command_as(fuzz, slot, false);
}

static void op_event(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

    must(ald_msg_new(fuzz->messages, ALD_EVENT, &signal.msg) == 0);
    fill(fuzz, signal.msg);
    ald_msg_seal(signal.msg);
    say(fuzz, slot, &signal);
}

/* An answer to something delivered lately, mostly from the one who has it. */
static void op_answer(struct fuzz *fuzz, struct slot *slot, enum ald_kind kind)
{
    struct ald_signal signal = ald_signal_of(kind == ALD_REPLY ? ALD_SIGNAL_REPLY : ALD_SIGNAL_STATUS);
    const struct delivered *delivered = &fuzz->ids[fuzz_byte(fuzz) % IDS];
    uint8_t byte = fuzz_byte(fuzz);

    if (byte % 16 != 15) {
        slot = slot_of(fuzz, delivered->conn);
        if (slot == NULL) {
            return;
        }
    }
    signal.id = delivered->id;
    signal.party = delivered->party;
    signal.serial = byte / 64;
    if (byte / 16 % 4 != 3) {
        must(ald_msg_new(fuzz->messages, kind, &signal.msg) == 0);
        signal.msg->outcome = byte % 8;
        signal.msg->phase = byte % 7;
        ald_msg_seal(signal.msg);
    }
    say(fuzz, slot, &signal);
}

static void op_cancel(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CANCEL);
    uint8_t back = fuzz_byte(fuzz);
    uint32_t number = fuzz->n_wires > back ? fuzz->n_wires - 1 - back : 0;
    struct slot *owner = number < fuzz->n_wires ? slot_of(fuzz, fuzz->wires[number].conn) : NULL;
    char text[16];

    must(ald_msg_new(fuzz->messages, ALD_CANCEL, &signal.msg) == 0);
    snprintf(text, sizeof(text), "%u", number);
    must(ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(text)) == 0);
    ald_msg_seal(signal.msg);
    say(fuzz, owner != NULL ? owner : slot, &signal);
}

static void op_written(struct fuzz *fuzz, struct slot *slot)
{
    uint8_t byte = fuzz_byte(fuzz);

    slot->begun = ALD_MIN(slot->said, slot->begun + byte % 16);
    slot->done = ALD_MIN(slot->begun, slot->done + byte / 16);
    if (byte >= 192) {
        slot->begun = slot->done = slot->said;
    }
    step(fuzz,
         (struct ald_event){.kind = ALD_EVENT_WRITTEN, .conn = slot->number, .begun = slot->begun, .done = slot->done});
}

static void op_answer_link(struct fuzz *fuzz, struct slot *slot, enum ald_signal_kind kind)
{
    struct ald_signal signal = ald_signal_of(kind);
    uint8_t byte = fuzz_byte(fuzz);

    signal.id = kind == ALD_SIGNAL_HEALTH ? slot->health : slot->primary;
    signal.party = kind == ALD_SIGNAL_HEALTH ? slot->health_party : slot->primary_party;
    signal.ok = byte % 4 != 0;
    signal.healthy = byte / 4 % 4 != 0;
    say(fuzz, slot, &signal);
}

/* Anything at all, with what fields there are. */
static void op_raw(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of((enum ald_signal_kind)fuzz_byte(fuzz));
    uint8_t byte = fuzz_byte(fuzz);

    if (signal.kind == ALD_SIGNAL_COMMAND) {
        return; /* with no message it is nothing, with one it is op_command() */
    }
    signal.party = party_of(byte);
    signal.traits = byte;
    signal.serial = byte % 32;
    signal.reconnect = byte % 2 != 0;
    signal.session = fuzz->sessions[byte % SESSIONS];
    signal.target = target_of(byte);
    if (signal.kind == ALD_SIGNAL_RESUME || (signal.kind == ALD_SIGNAL_REGISTER && (byte & ALD_CAN_RESUME) != 0)) {
        expect_resuming(fuzz, slot);
    }
    say(fuzz, slot, &signal);
}

/* What an operator asks, of a command lately submitted or of the channel registered last. */
static void op_operator(struct fuzz *fuzz, enum ald_event_kind kind)
{
    uint8_t byte = fuzz_byte(fuzz);
    char text[16];
    int size = snprintf(text, sizeof(text), "%u", fuzz->n_wires > byte ? fuzz->n_wires - 1 - byte : 0);
    struct ald_event event = {.kind = (uint8_t)kind, .reconnect = byte % 2 != 0};

    event.text =
        kind == ALD_EVENT_CANCEL ? ald_str_of(text, (size_t)size) : ald_str_of(fuzz->channel, sizeof(fuzz->channel));
    step(fuzz, event);
}

/* What came later has single values of a byte that meant nothing before, so that older inputs say what they said. */
static bool op_rarer(struct fuzz *fuzz, struct slot *slot, uint8_t byte)
{
    switch (byte) {
    case 12:
        op_capable(fuzz, slot);
        return true;
    case 13:
        op_parcel(fuzz, slot);
        return true;
    case 14:
        op_ask(fuzz, slot);
        return true;
    case 15:
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_EXPECT, .text = names_of(fuzz_byte(fuzz))});
        return true;
    case 20:
        op_news(fuzz);
        return true;
    case 21:
        op_operate(fuzz, slot);
        return true;
    case 22:
        op_register_more(fuzz, slot);
        return true;
    case 23:
        op_greet(fuzz, slot);
        return true;
    case 28:
        op_advert(fuzz, slot);
        return true;
    case 29:
        op_command_as(fuzz, slot, true);
        return true;
    case 30:
        op_parcel_as(fuzz, slot, true);
        return true;
    case 31:
        op_subscribe(fuzz, slot);
        return true;
    case 36:
        op_publish(fuzz, slot);
        return true;
    case 37:
        op_read(fuzz);
        return true;
    case 38:
        op_register_kind(fuzz, slot);
        return true;
    case 39:
        op_unsubscribe(fuzz);
        return true;
    default:
        return false;
    }
}

static void op_rare(struct fuzz *fuzz, struct slot *slot)
{
    uint8_t byte = fuzz_byte(fuzz);

    if (op_rarer(fuzz, slot, byte)) {
        return;
    }

    if (byte == 7) {
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_DRAIN, .leave_until = fuzz->now + 3 * ALD_SEC});
    } else if (byte % 8 < 3) {
        op_operator(fuzz, (enum ald_event_kind)(ALD_EVENT_CANCEL + byte % 8));
    } else if (byte % 8 == 3) {
        fuzz->denies = true;
    }
}

static void op_time(struct fuzz *fuzz)
{
    uint8_t byte = fuzz_byte(fuzz);

    fuzz->now += (ald_usec)1 << (byte % 28);
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    if (byte >= 64) {
        check_promise(fuzz);
    }
}

static void run_op(struct fuzz *fuzz)
{
    uint8_t op = fuzz_byte(fuzz);
    struct slot *slot = &fuzz->slots[op / 16 % SLOTS];

    switch (op % 16) {
    case 0:
        op_open(fuzz, slot);
        break;
    case 1:
        if (fuzz_byte(fuzz) % 4 == 0) {
            op_close(fuzz, slot);
        }
        break;
    case 2:
        op_register(fuzz, slot);
        break;
    case 3:
    case 4:
    case 5:
        op_command(fuzz, slot);
        break;
    case 6:
    case 7:
        op_answer(fuzz, slot, ALD_REPLY);
        break;
    case 8:
        op_answer(fuzz, slot, ALD_STATUS);
        break;
    case 9:
        op_written(fuzz, slot);
        break;
    case 10:
        op_time(fuzz);
        break;
    case 11:
        op_cancel(fuzz, slot);
        break;
    case 12:
        op_answer_link(fuzz, slot, fuzz_byte(fuzz) % 2 == 0 ? ALD_SIGNAL_HEALTH : ALD_SIGNAL_PRIMARY);
        break;
    case 13:
        op_raw(fuzz, slot);
        break;
    case 14:
        op_event(fuzz, slot);
        break;
    default:
        op_rare(fuzz, slot);
        break;
    }
}

static void noted(void *owner, const struct ald_note *note)
{
    struct fuzz *fuzz = owner;

    must(note->now <= fuzz->now);
    must(note->kind != ALD_NOTE_ENDED || (note->outcome != ALD_OUTCOME_NONE && note->phase == ALD_PHASE_DONE));
    fuzz->n_ended += note->kind == ALD_NOTE_ENDED;
    fuzz->n_joined += ald_str_equal(note->change, ALD_STR("joined"));
    fuzz->n_gone += ald_str_equal(note->change, ALD_STR("gone"));
    fuzz->n_delivered += ald_str_equal(note->change, ALD_STR("delivered"));
    fuzz->n_dropped += ald_str_equal(note->change, ALD_STR("dropped"));
    fuzz->n_held += ald_str_equal(note->change, ALD_STR("held"));
    fuzz->n_spread += ald_str_equal(note->change, ALD_STR("spread"));
}

static void fuzz_begin(struct fuzz *fuzz)
{
    uint8_t byte = fuzz_byte(fuzz);

    fuzz->now = 1000 * ALD_SEC;
    ald_hub_config_init(&fuzz->config);
    fuzz->config.now = fuzz->now;
    fuzz->config.seed = byte;
    fuzz->config.channel_in_flight_max = 1 + byte % 4;
    fuzz->config.channel_queue_max = 1 + byte / 4 % 8;
    fuzz->config.caller_in_flight_max = 8;
    fuzz->config.attempts_max = 1 + byte / 32 % 4;
    fuzz->config.controller = byte % 2 == 0 ? ALD_STR("a") : ALD_STR_NONE;
    byte = fuzz_byte(fuzz);
    fuzz->config.step_work = 1 + byte % 16;
    fuzz->config.out_bytes_high = (size_t)1000 + 500 * (byte / 16);
    fuzz->config.out_bytes_max = fuzz->config.out_bytes_high * 4;
    fuzz->config.commands_max = 64;
    fuzz->config.connections_max = 5;
    fuzz->config.hold_max = 6;
    fuzz->config.hold_target_max = 4;
    fuzz->config.broadcasts_max = 3;
    fuzz->config.replay_max = 4;
    fuzz->config.replay_name_bytes_max = 3000;
    fuzz->config.replay_bytes_max = 5000;
    fuzz->config.replay_age = 30 * ALD_SEC;
    byte = fuzz_byte(fuzz);
    fuzz->config.history_max = byte % 64;
    fuzz->config.health_interval = byte / 64 * 10 * ALD_SEC;
    fuzz->config.session_max = 60 * ALD_SEC;
    must(ald_msg_pool_new(0, &fuzz->messages) == 0);
    must(ald_hub_new(&fuzz->config, fuzz->messages, &fuzz->hub) == 0);
    must(ald_effects_init(&fuzz->effects, &fuzz->config) == 0);
    ald_hub_watch(fuzz->hub, ALD_NOTE_EVERYTHING, noted, fuzz);
}

static uint64_t count_ended(const struct fuzz *fuzz)
{
    uint64_t n = 0;

    for (int counter = ALD_N_SUCCEEDED; counter <= ALD_N_LOST; counter++) {
        bool is_reason = counter == ALD_N_REFUSED_BUSY || counter == ALD_N_COMMANDS_DENIED;

        n += is_reason ? 0 : ald_hub_counter(fuzz->hub, (enum ald_counter)counter);
    }
    return n;
}

/* Everybody goes, and time passes over everything: then there is nothing. */
static void fuzz_end(struct fuzz *fuzz)
{
    struct ald_hub_totals totals;
    struct ald_world_view world;

    fuzz->now += fuzz->config.deadline_default + 2 * ALD_SEC;
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    check_promise(fuzz);
    for (size_t i = 0; i < SLOTS; i++) {
        op_close(fuzz, &fuzz->slots[i]);
    }
    settle(fuzz);
    fuzz->now += 2 * fuzz->config.session_max;
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    settle(fuzz);
    fuzz->now += fuzz->config.deadline_max + fuzz->config.history_age;
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    settle(fuzz);
    fuzz->now += fuzz->config.history_age;
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    settle(fuzz);
    for (int n = 0; ald_hub_deadline(fuzz->hub) != ALD_NEVER; n++) { /* hubs are forgotten after some minutes */
        must(n < 1000);
        fuzz->now = ALD_MAX(fuzz->now, ald_hub_deadline(fuzz->hub));
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
    }
    ald_hub_totals(fuzz->hub, &totals);
    must(totals.n_connections == 0);
    must(totals.n_targets == 0);
    must(totals.n_channels == 0);
    must(totals.n_in_flight == 0);
    must(totals.n_queued == 0);
    must(totals.queued_bytes == 0);
    must(totals.n_history == 0);
    must(totals.n_held == 0);
    must(totals.held_bytes == 0);
    must(fuzz->n_ended == count_ended(fuzz));
    must(fuzz->n_delivered == ald_hub_counter(fuzz->hub, ALD_N_EVENTS));
    must(fuzz->n_dropped == ald_hub_counter(fuzz->hub, ALD_N_EVENTS_DROPPED));
    must(fuzz->n_held == ald_hub_counter(fuzz->hub, ALD_N_EVENTS_HELD));
    must(fuzz->n_spread == ald_hub_counter(fuzz->hub, ALD_N_BROADCASTS));
    must(fuzz->n_joined == fuzz->n_gone);
    ald_hub_world(fuzz->hub, &world);
    must(world.n_capabilities == 0);
    must(world.n_hearers == 0);
    must(!ald_hub_wants_load(fuzz->hub));
    must(ald_msg_pool_live(fuzz->messages) == 0);
    must(ald_hub_deadline(fuzz->hub) == ALD_NEVER);
}

static void fuzz_free(struct fuzz *fuzz)
{
    ald_effects_fini(&fuzz->effects);
    ald_hub_free(fuzz->hub);
    ald_msg_pool_free(fuzz->messages);
    free(fuzz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz *fuzz = calloc(1, sizeof(*fuzz));
    size_t n_ops = 0;

    must(fuzz != NULL);
    ald_sink_set(tell_panic);
    fuzz->data = data;
    fuzz->size = size;
    fuzz_begin(fuzz);
    while (fuzz->at < fuzz->size && n_ops < OPS_MAX) {
        run_op(fuzz);
        n_ops++;
    }
    /* Half of the time the hub is freed as it stands: that must leave nothing either. */
    if (size % 4 != 3) {
        fuzz_end(fuzz);
    }
    fuzz_free(fuzz);
    return 0;
}
