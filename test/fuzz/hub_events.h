#pragma once

/* Events that are for many, or may wait, or are subscribed to, and news, for the hub that is fuzzed (hub.c). */

#include "hub_abroad.h"

static void op_capable(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);
    uint8_t byte = fuzz_byte(fuzz);

    signal.text = names_of(byte);
    signal.party = party_of(byte / 8);
    say(fuzz, slot, &signal);
}

/* An event for many, or one that may wait and be reported. */
static void op_parcel_as(struct fuzz *fuzz, struct slot *slot, bool far)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    struct ald_travel travel;
    uint8_t byte = fuzz_byte(fuzz);
    struct ald_address to = {.target = target_of(byte), .scope = byte / 4 % 4};

    must(ald_msg_new(fuzz->messages, ALD_EVENT, &signal.msg) == 0);
    must(ald_msg_set_address(signal.msg, &signal.msg->to, &to) == 0);
    must(ald_msg_set(signal.msg, &signal.msg->name, byte / 16 % 2 == 0 ? ALD_STR("DAWN") : ALD_STR("do")) == 0);
    signal.party = party_of(byte / 32);
    byte = fuzz_byte(fuzz);
    signal.msg->flags = byte & (ALD_MSG_HOLD | ALD_MSG_REPORT | ALD_MSG_TELL_AWAY | ALD_MSG_EVERYONE);
    signal.msg->ttl = byte % 16 == 0 ? ALD_NEVER : (ald_usec)(byte % 16) * 3 * ALD_SEC;
    if (far) {
        travel_fill(fuzz, slot, &signal, &travel);
    }
    ald_msg_seal(signal.msg);
    say(fuzz, slot, &signal);
}

static void op_parcel(struct fuzz *fuzz, struct slot *slot)
{
    op_parcel_as(fuzz, slot, false);
}

static void op_ask(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);
    uint8_t byte = fuzz_byte(fuzz);

    signal.topic = byte % 16;
    signal.ok = byte / 16 % 2 != 0;
    signal.target = target_of(byte / 32);
    say(fuzz, slot, &signal);
}

static void op_news(struct fuzz *fuzz)
{
    uint8_t byte = fuzz_byte(fuzz);
    struct ald_news news = {
        .topic = byte % ALD_N_TOPICS, .state = byte / 64, .number = byte / 16, .name = names_of(byte)};
    struct ald_news *copy = NULL;

    must(ald_news_new(&news, &copy) == 0);
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_NEWS, .news = copy});
    ald_news_unref(copy);
}

static void op_operate(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_OPERATE);

    signal.operation = fuzz_byte(fuzz) % 8;
    say(fuzz, slot, &signal);
}

/* --- subscriptions ------------------------------------------------------------------------------------------------- */

static struct ald_str filters_of(uint8_t byte)
{
    static const struct ald_str lists[] = {{NULL, 0},    ALD_STR("x"), ALD_STR("x,y"),  ALD_STR("y,z"),
                                           ALD_STR("y"), ALD_STR(""),  ALD_STR("z,,x"), ALD_STR("x,y,z")};

    return lists[byte % ALD_COUNT(lists)];
}

static struct ald_str series_of(uint8_t byte)
{
    static const struct ald_str names[FUZZ_SERIES] = {ALD_STR("DAWN"), ALD_STR("do"), ALD_STR("DUSK"), ALD_STR("")};

    return names[byte % FUZZ_SERIES];
}

/* Some moment of the past, of the present, or of what is still to come. */
static ald_wall since_of(const struct fuzz *fuzz, uint8_t byte)
{
    switch (byte % 4) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return ald_hub_noted(fuzz->hub) - ALD_MIN((ald_wall)(byte / 4), ald_hub_noted(fuzz->hub));
    default:
        return fuzz->now - (ald_usec)byte * ALD_SEC;
    }
}

static void op_subscribe(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);
    uint8_t byte = fuzz_byte(fuzz), more = fuzz_byte(fuzz);
    const struct ald_subscription subscription = {
        .name = series_of(byte),
        .filters = filters_of(byte / 4),
        .since = since_of(fuzz, fuzz_byte(fuzz)),
        .action = more % 5, /* of which two are none */
    };

    signal.subscription = &subscription;
    signal.party = party_of(more / 8);
    if (more < 192) {
        must(ald_msg_new(fuzz->messages, ALD_COMMAND, &signal.request) == 0);
        must(ald_msg_set(signal.request, &signal.request->wire_id, ALD_STR("s")) == 0);
        ald_msg_seal(signal.request);
    }
    if (!fuzz->denies) {
        slot->subscribed[signal.party][byte % FUZZ_SERIES] = true;
    }
    say(fuzz, slot, &signal);
}

/* Whoever has the channel registered last may hear something no more. */
static void op_unsubscribe(struct fuzz *fuzz)
{
    struct ald_str channel = ald_str_of(fuzz->channel, sizeof(fuzz->channel));
    struct ald_str name = series_of(fuzz_byte(fuzz)), heard;
    const void *walk = NULL;

    step(fuzz, (struct ald_event){.kind = ALD_EVENT_UNSUBSCRIBE, .text = channel, .name = name});
    while (ald_hub_next_subscription(fuzz->hub, channel, &walk, &heard)) {
        must(heard.size > 0 && !ald_str_equal(heard, name));
    }
}

/* An event to the hub itself, for some of its subscribers, or to all parties of a kind. */
static void op_publish(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    uint8_t byte = fuzz_byte(fuzz);
    struct ald_address to = {.target = ALD_STR("")};

    must(ald_msg_new(fuzz->messages, ALD_EVENT, &signal.msg) == 0);
    must(ald_msg_set(signal.msg, &signal.msg->name, series_of(byte)) == 0);
    must(ald_msg_set(signal.msg, &signal.msg->filters, filters_of(byte / 4)) == 0);
    signal.party = party_of(byte / 32);
    byte = fuzz_byte(fuzz);
    if (byte % 4 == 3) {
        to = (struct ald_address){.scope = ALD_SCOPE_HERE};
        signal.msg->to_kind = byte / 4 % 8 % (ALD_N_TO_KINDS + 1);
    } else if (byte % 4 == 2) {
        to.target = target_of(byte / 4);
    }
    signal.msg->flags = byte / 32 == 1 ? ALD_MSG_COPY : byte / 32 == 2 ? ALD_MSG_REPORT : 0;
    must(ald_msg_set_address(signal.msg, &signal.msg->to, &to) == 0);
    ald_msg_seal(signal.msg);
    say(fuzz, slot, &signal);
}

/* Whoever reads the events of a name: each has a time of its own, later than that of those before it. */
static void op_read(struct fuzz *fuzz)
{
    uint8_t byte = fuzz_byte(fuzz);
    struct ald_str name = series_of(byte);
    ald_wall after = since_of(fuzz, fuzz_byte(fuzz)), since;
    const void *walk = NULL;
    struct ald_note note;

    if (byte >= 128) {
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_REMEMBER, .text = name});
    }
    since = ald_hub_remembers_since(fuzz->hub, name);
    must(since == UINT64_MAX || since <= ald_hub_noted(fuzz->hub));
    while (ald_hub_next_remembered(fuzz->hub, name, after, &walk, &note)) {
        must(since != UINT64_MAX);
        must(note.at > after && note.at <= ald_hub_noted(fuzz->hub));
        must(ald_str_equal(note.name, name) && note.msg != NULL);
        after = note.at;
    }
}

static void op_register_kind(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    uint8_t byte = fuzz_byte(fuzz);

    signal.target = target_of(byte);
    signal.party_kind = byte / 4 % (ALD_N_PARTY_KINDS + 1);
    signal.party = party_of(byte / 16);
    signal.taken = ALD_TAKEN_SHARE;
    signal.traits = byte / 32 % 2 == 0 ? ALD_CAN_RESUME : 0;
    if (signal.traits != 0) {
        expect_resuming(fuzz, slot);
    }
    say(fuzz, slot, &signal);
}
