#pragma once

/*
 * What the fuzzer of the hub (hub.c) knows of everybody who is connected, and what it holds against what they hear.
 */

#include <stdio.h>
#include <stdlib.h>

#include "hub/hub.h"
#include "hub/note.h"
#include "hub/view.h"

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

enum { SLOTS = 6, IDS = 64, WIRES = 4096, SESSIONS = 8, STEPS_MAX = 100000, OPS_MAX = 3000 };
/* Names that are subscribed to; the last one is none. */
enum { FUZZ_SERIES = 4 };
/* Ids of what goes around among hubs; the first one is none. */
enum { AROUND = 4 };

struct slot {
    uint64_t number; /* of its present connection */
    bool open;       /* until we report CLOSED */
    bool cut;        /* the hub said CLOSE */
    bool paused;
    bool resumes; /* one of its parties has a session */
    bool is_hub;  /* or says that it is one */
    uint64_t said, begun, done;
    struct ald_id health, primary;
    uint32_t health_party, primary_party;
    uint64_t spread[2];              /* number of the latest broadcast that each of its parties heard */
    bool subscribed[2][FUZZ_SERIES]; /* one of its parties did, some time */
};

/* Commands under one wire id: how many were taken, how many answered. */
struct wire {
    uint64_t conn;
    uint32_t n_submitted, n_replied;
    ald_usec deadline;
    bool counted;
    bool denied; /* all of them were */
};

struct delivered {
    struct ald_id id;
    uint64_t conn;
    uint32_t party;
};

struct fuzz {
    const uint8_t *data;
    size_t size, at;
    struct ald_hub_config config;
    struct ald_msg_pool *messages;
    struct ald_hub *hub;
    struct ald_effects effects;
    ald_usec now;
    uint64_t last_conn;
    struct slot slots[SLOTS];
    struct delivered ids[IDS];
    size_t n_ids;
    struct wire wires[WIRES];
    uint32_t n_wires;
    uint64_t sessions[SESSIONS];
    size_t n_sessions;
    char channel[ALD_ID_TEXT]; /* of the latest registration */
    bool denies;               /* what is said next */
    bool went_around[AROUND];  /* something of this id did, among hubs */
    uint64_t n_ended, n_joined, n_gone, n_delivered, n_dropped, n_held, n_spread;
};

static void tell_panic(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    if (kind == ALD_SINK_PANIC) {
        fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
    }
}

static uint8_t fuzz_byte(struct fuzz *fuzz)
{
    return fuzz->at < fuzz->size ? fuzz->data[fuzz->at++] : 0;
}

static struct slot *slot_of(struct fuzz *fuzz, uint64_t conn)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (fuzz->slots[i].number == conn) {
            return &fuzz->slots[i];
        }
    }
    return NULL;
}

static struct wire *wire_of(struct fuzz *fuzz, const struct ald_msg *request)
{
    uint64_t number = 0;

    must(request != NULL);
    if (!ald_str_present(request->wire_id)) {
        return NULL;
    }
    must(ald_str_u64(request->wire_id, &number) == 0);
    must(number < fuzz->n_wires);
    return &fuzz->wires[number];
}

static void hear_reply(struct fuzz *fuzz, uint64_t conn, const struct ald_signal *signal)
{
    struct wire *wire = wire_of(fuzz, signal->request);

    must(signal->outcome > ALD_OUTCOME_NONE && signal->outcome <= ALD_LOST);
    must(signal->cause < ALD_N_CAUSES);
    if (wire != NULL && wire->counted) {
        wire->n_replied++;
        must(wire->conn == conn);
        must(wire->n_replied <= wire->n_submitted);
    }
    must(wire == NULL || !wire->denied || signal->outcome == ALD_REFUSED);
}

static void hear_registered(struct fuzz *fuzz, struct slot *slot, const struct ald_signal *signal)
{
    if (signal->session != 0) {
        slot->resumes = true;
        fuzz->sessions[fuzz->n_sessions++ % SESSIONS] = signal->session;
    }
    if (signal->channel.size == ALD_ID_TEXT) {
        memcpy(fuzz->channel, signal->channel.data, ALD_ID_TEXT);
    }
}

static bool is_for_many(const struct ald_msg *msg)
{
    return !ald_str_present(msg->to.channel) &&
           (ald_str_present(msg->to.target) ? (msg->flags & ALD_MSG_EVERYONE) != 0 : msg->to.scope != ALD_SCOPE_ONE);
}

static void hear_event(struct slot *slot, const struct ald_signal *signal)
{
    must(signal->msg != NULL && signal->msg->kind == ALD_EVENT);
    if (is_for_many(signal->msg) && !slot->resumes) {
        must(signal->party < ALD_COUNT(slot->spread));
        must(signal->id.low > slot->spread[signal->party]);
        slot->spread[signal->party] = signal->id.low;
    }
}

/* What was said to the hub itself comes from a subscription. Whose session moved here is not known. */
static void hear_published(const struct slot *slot, const struct ald_signal *signal)
{
    const struct ald_address *to = &signal->msg->to;
    bool is_subscribed = slot->resumes || slot->is_hub;

    if (!ald_str_present(to->target) || to->target.size > 0 || ald_str_present(to->channel) ||
        ald_str_present(to->hub)) {
        return;
    }
    for (size_t i = 0; i < FUZZ_SERIES; i++) {
        is_subscribed = is_subscribed || slot->subscribed[signal->party][i];
    }
    must(is_subscribed);
}

static void hear_report(const struct ald_signal *signal)
{
    const struct ald_msg *request = signal->request;

    must(request != NULL && request->kind == ALD_EVENT);
    must((request->flags & (ALD_MSG_REPORT | ALD_MSG_TELL_AWAY)) != 0);
    must(!is_for_many(request));
    must((signal->phase == ALD_PHASE_QUEUED) == (signal->cause == ALD_CAUSE_NONE));
}

static void hear(struct fuzz *fuzz, struct slot *slot, const struct ald_signal *signal)
{
    must(slot->open && !slot->cut);
    slot->said++;
    must(signal->ordinal == slot->said);
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_COMMAND:
        must(signal->msg != NULL && signal->msg->kind == ALD_COMMAND);
        must(!wire_of(fuzz, signal->msg)->denied);
        fuzz->ids[fuzz->n_ids++ % IDS] = (struct delivered){signal->id, slot->number, signal->party};
        break;
    case ALD_SIGNAL_REPLY:
        hear_reply(fuzz, slot->number, signal);
        break;
    case ALD_SIGNAL_REGISTERED:
        hear_registered(fuzz, slot, signal);
        break;
    case ALD_SIGNAL_HEALTH:
        slot->health = signal->id;
        slot->health_party = signal->party;
        break;
    case ALD_SIGNAL_PRIMARY:
        slot->primary = signal->id;
        slot->primary_party = signal->party;
        break;
    case ALD_SIGNAL_EVENT:
        hear_event(slot, signal);
        hear_published(slot, signal);
        break;
    case ALD_SIGNAL_SUBSCRIBED:
        must(signal->cause != ALD_CAUSE_NONE || slot->resumes || slot->subscribed[signal->party % 2][0] ||
             slot->subscribed[signal->party % 2][1] || slot->subscribed[signal->party % 2][2]);
        must(signal->gap <= ald_hub_noted(fuzz->hub));
        break;
    case ALD_SIGNAL_REPORT:
        hear_report(signal);
        break;
    case ALD_SIGNAL_NEWS:
        must(signal->news != NULL && signal->news->topic < ALD_N_TOPICS);
        break;
    case ALD_SIGNAL_STATUS:
    case ALD_SIGNAL_CANCEL:
        must(signal->request != NULL);
        break;
    default:
        break;
    }
}

static void take_effect(struct fuzz *fuzz, const struct ald_effect *effect)
{
    struct slot *slot = slot_of(fuzz, effect->conn);

    must(slot != NULL);
    must(effect->edge == slot);
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        hear(fuzz, slot, &effect->signal);
        break;
    case ALD_EFFECT_PAUSE:
        must(!slot->paused && !slot->cut);
        slot->paused = true;
        break;
    case ALD_EFFECT_RESUME:
        must(slot->paused && !slot->cut);
        slot->paused = false;
        break;
    case ALD_EFFECT_CLOSE:
        must(!slot->cut);
        slot->cut = true;
        break;
    }
}

static void step(struct fuzz *fuzz, struct ald_event event)
{
    event.now = fuzz->now;
    event.wall = fuzz->now;
    ald_hub_step(fuzz->hub, &event, &fuzz->effects);
    ald_hub_check(fuzz->hub);
    must(fuzz->effects.n <= (size_t)fuzz->config.step_work + ALD_EFFECTS_SLACK);
    for (size_t i = 0; i < fuzz->effects.n; i++) {
        take_effect(fuzz, &fuzz->effects.ring[i]);
    }
    ald_effects_clear(&fuzz->effects);
}

static void settle(struct fuzz *fuzz)
{
    size_t n = 0;

    while (ald_hub_deadline(fuzz->hub) <= fuzz->now) {
        step(fuzz, (struct ald_event){.kind = ALD_EVENT_TICK});
        must(++n < STEPS_MAX);
    }
}

/* Nobody who is there waits longer than promised. */
static void check_promise(struct fuzz *fuzz)
{
    settle(fuzz);
    for (uint32_t i = 0; i < fuzz->n_wires; i++) {
        const struct wire *wire = &fuzz->wires[i];
        const struct slot *slot = slot_of(fuzz, wire->conn);

        if (wire->counted && slot != NULL && slot->open && !slot->cut && wire->deadline + ALD_SEC <= fuzz->now) {
            must(wire->n_replied == wire->n_submitted);
        }
    }
}

static void say(struct fuzz *fuzz, struct slot *slot, struct ald_signal *signal)
{
    signal->denied = fuzz->denies;
    fuzz->denies = false;
    step(fuzz, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = slot->number, .signal = signal});
    ald_signal_clear(signal);
}
