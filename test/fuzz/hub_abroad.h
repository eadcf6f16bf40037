#pragma once

/* What other hubs do to the hub that is fuzzed (hub.c): they greet, tell of the graph, rightly or not, and send on. */

#include "hub_words.h"

/*
 * A way that it may have come, and sometimes another hub to go to. Returns whether it is left alone: what goes around among
 * hubs has its outcome where it came first, and in time.
 */
static bool travel_fill(struct fuzz *fuzz, const struct slot *slot, struct ald_signal *signal, struct ald_travel *travel)
{
    static const struct ald_str ids[AROUND] = {{NULL, 0}, ALD_STR("h-1"), ALD_STR("h-2"), ALD_STR("i-1")};
    uint8_t byte = fuzz_byte(fuzz);
    const struct ald_address to = {
        .hub = hub_of(byte), .target = signal->msg->to.target, .scope = (enum ald_scope)signal->msg->to.scope};
    bool went_before;

    *travel = (struct ald_travel){.hub = byte / 4 % 2 == 0 ? hub_of(byte / 8) : ALD_STR_NONE, .hops = byte / 32};
    byte = fuzz_byte(fuzz);
    travel->id = ids[byte % AROUND];
    travel->informed = byte / 4 % 2 == 0 ? ALD_STR("10.0.0.1,10.0.0.2,,x") : ALD_STR_NONE;
    travel->until = byte / 8 % 4 == 0 ? fuzz->now : byte / 8 % 4 == 1 ? 1 : 0;
    signal->travel = travel;
    if (byte >= 128) {
        must(ald_msg_set_address(signal->msg, &signal->msg->to, &to) == 0);
    }
    if (!slot->is_hub || travel->id.size == 0) {
        return false;
    }
    went_before = fuzz->went_around[byte % AROUND];
    fuzz->went_around[byte % AROUND] = true;
    return went_before || (travel->until != 0 && travel->until < fuzz->now);
}

/* A hub says who it is; now and then not rightly. */
static void op_greet(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    uint8_t byte = fuzz_byte(fuzz);
    const struct ald_greeting greeting = {.peering = byte / 64,
                                          .dialled = byte / 8 % 2 != 0,
                                          .hub = hub_of(byte),
                                          .address =
                                              byte / 16 % 2 != 0 ? ALD_STR("10.0.0.1:4042") : ALD_STR("8.8.8.8:1"),
                                          .services = names_of(byte)};
    char target[8];

    snprintf(target, sizeof(target), "hub:%.*s", ALD_STR_ARG(hub_of(byte / 32 % 2 != 0 ? byte / 4 : byte)));
    signal.target = ald_str(target);
    signal.greeting = &greeting;
    slot->is_hub = true;
    signal.traits = fuzz_byte(fuzz);
    if ((signal.traits & ALD_CAN_RESUME) != 0 && greeting.peering == ALD_PEERING_NONE) {
        expect_resuming(fuzz, slot);
    }
    say(fuzz, slot, &signal);
}

/* A page about some hub, mostly sound, with up to three changes. */
static size_t page_print(struct fuzz *fuzz, char *text, size_t size)
{
    static const char *const words[] = {"+target", "-target", "+hub", "-hub", "+daemon", "-daemon", "+planet", ""};
    uint8_t byte = fuzz_byte(fuzz), span = fuzz_byte(fuzz), changes = fuzz_byte(fuzz);
    unsigned from = span % 16, stamp = from;
    size_t n = (size_t)snprintf(
        text, size, "{\"hub\":\"%.*s\",\"boot\":\"%016x\",\"epoch\":%u,\"from\":%u,\"lost\":%u,\"changes\":[",
        ALD_STR_ARG(hub_of(byte)), byte / 64 + 1U, byte / 4 % 4, from, byte / 16 % 4 * 5U);

    for (int i = 0; i < changes % 4; i++) {
        uint8_t change = fuzz_byte(fuzz);
        struct ald_str name = change / 8 % 2 == 0 ? target_of(change / 16) : hub_of(change / 16);

        stamp += change / 64;
        n += (size_t)snprintf(text + n, size - n, "%s[%u,\"%s\",\"%.*s\"]", i > 0 ? "," : "", stamp, words[change % 8],
                              ALD_STR_ARG(name));
    }
    return n + (size_t)snprintf(text + n, size - n, "],\"to\":%u}", from + span / 16U);
}

/* What hubs tell each other, from whoever; or any bytes in its place. */
static void op_advert(struct fuzz *fuzz, struct slot *slot)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    const struct ald_address self = {.hub = ALD_STR("hub"), .target = ALD_STR("aldis")};
    uint8_t byte = fuzz_byte(fuzz);
    char text[512];
    size_t size;

    must(ald_msg_new(fuzz->messages, ALD_EVENT, &signal.msg) == 0);
    must(ald_msg_set(signal.msg, &signal.msg->name, byte % 8 != 7 ? ALD_STR("aldis:Route") : ALD_STR("aldis:Report")) ==
         0);
    must(ald_msg_set(signal.msg, &signal.msg->to.target, ALD_STR("")) == 0);
    if (byte % 8 == 7) {
        must(ald_msg_set_address(signal.msg, &signal.msg->to, &self) == 0);
    }
    if (byte % 8 == 6) {
        size = (size_t)snprintf(text, sizeof(text), "{\"ask\":\"%.*s\"}", ALD_STR_ARG(hub_of(byte / 8)));
    } else if (byte % 8 == 5) {
        size = fuzz_byte(fuzz);
        size = ALD_MIN(size, fuzz->size - fuzz->at);
        memcpy(text, fuzz->data + fuzz->at, size);
        fuzz->at += size;
    } else if (byte % 8 == 7) {
        size = (size_t)snprintf(text, sizeof(text),
                                "{\"event\":\"%.*s\",\"hub\":\"h\",\"state\":\"%s\",\"cause\":\"busy\"}", ALD_ID_TEXT,
                                fuzz->channel, byte / 8 % 2 == 0 ? "queued" : "done");
    } else {
        size = page_print(fuzz, text, sizeof(text));
    }
    must(ald_slice_copy(ald_str_of(text, size), &signal.msg->payload) == 0);
    ald_msg_seal(signal.msg);
    say(fuzz, slot, &signal);
}
