#include "conn/datagram.h"

#include <stdlib.h>

#include "base/error.h"
#include "conn/door_impl.h"
#include "conn/edge_impl.h"
#include "conn/speaker.h"
#include "conn/toil.h"
#include "transport/udp.h"

struct ald_datagrams {
    struct ald_speaker speaker; /* first; in the edge's list while there is a dialect, or the hub is to be told */
    struct ald_edge *edge;
    struct ald_door *door; /* NULL once it was closed */
    struct ald_door_lines lines;
    size_t dialect_index;
    struct ald_dialect *dialect; /* NULL: not before the next datagram */
    uint64_t number;
    uint64_t said, told;  /* ordinals: what the hub said, and what it was told was written */
    struct ald_toil toil; /* of checking what comes */
    ald_usec rests_until; /* nothing is taken before, because that was too much */
    bool ending;          /* the hub is to be told that it is gone */
};

static struct ald_datagrams *datagrams_of(struct ald_speaker *speaker)
{
    return ald_container(speaker, struct ald_datagrams, speaker);
}

static void datagrams_end(struct ald_datagrams *datagrams)
{
    if (!datagrams->ending) {
        datagrams->ending = true;
        ald_node_remove(&datagrams->speaker.talk);
        ald_list_push_back(&datagrams->edge->ending, &datagrams->speaker.end);
        ald_edge_settle_later(datagrams->edge);
    }
}

/* What the dialect would answer goes nowhere. */
static void datagrams_drain(struct ald_datagrams *datagrams)
{
    struct ald_frame frame;

    while (ald_dialect_drain(datagrams->dialect, &frame) == 0) {
    }
}

static void datagrams_hear(struct ald_datagrams *datagrams, struct ald_signal *signal)
{
    struct ald_event event = {.kind = ALD_EVENT_SIGNAL, .conn = datagrams->number, .signal = signal};
    struct ald_edge *edge = datagrams->edge;
    ald_usec before = edge->judging;

    switch (signal->kind) {
    case ALD_SIGNAL_CLOSE:
        datagrams_end(datagrams);
        return;
    case ALD_SIGNAL_OPERATE:
        edge->counters.operations_denied++;
        signal->denied = true;
        break;
    case ALD_SIGNAL_NEIGHBORS:
    case ALD_SIGNAL_NEWS:
        edge->counters.strangers_denied++;
        return;
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        if (ald_loop_now(edge->loop) < datagrams->rests_until) {
            edge->counters.schema_rests++;
            return; /* who sends datagrams cannot be made to wait */
        }
        signal->denied = edge->guard != NULL && !datagrams->lines.credentials;
        edge->counters.strangers_denied += signal->denied ? 1 : 0;
        break;
    default:
        break;
    }
    ald_edge_step(edge, &event);
    datagrams->rests_until = ald_toil_add(&datagrams->toil, ald_loop_fresh(), edge->judging - before);
}

static void datagrams_pump(struct ald_datagrams *datagrams)
{
    struct ald_signal signal;
    int r = 0;

    while (!datagrams->ending && (r = ald_dialect_next(datagrams->dialect, &signal)) == 0) {
        datagrams_hear(datagrams, &signal);
        ald_signal_clear(&signal);
    }
    datagrams->edge->counters.no_memory += r < 0 ? 1 : 0;
    datagrams_drain(datagrams);
}

/* What the hub says to it is written at once: nobody reads it. */
static void datagrams_tell_written(struct ald_datagrams *datagrams)
{
    struct ald_event event = {
        .kind = ALD_EVENT_WRITTEN, .conn = datagrams->number, .begun = datagrams->said, .done = datagrams->said};

    if (datagrams->told < datagrams->said) {
        datagrams->told = datagrams->said;
        ald_edge_step(datagrams->edge, &event);
    }
}

static void datagrams_apply(struct ald_speaker *speaker, const struct ald_effect *effect)
{
    struct ald_datagrams *datagrams = datagrams_of(speaker);
    struct ald_edge *edge = datagrams->edge;

    if (datagrams->ending) {
        edge->counters.effects_late++;
        return;
    }
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        datagrams->said = ALD_MAX(datagrams->said, effect->signal.ordinal);
        if (ald_dialect_emit(datagrams->dialect, ald_loop_now(edge->loop), &effect->signal) < 0) {
            edge->counters.no_memory++;
            datagrams_end(datagrams);
            return;
        }
        datagrams_drain(datagrams);
        if (!ald_node_linked(&speaker->talk)) {
            ald_list_push_back(&edge->talking, &speaker->talk);
        }
        break;
    case ALD_EFFECT_PAUSE:
    case ALD_EFFECT_RESUME:
        break; /* who sends datagrams cannot be stopped */
    case ALD_EFFECT_CLOSE:
        edge->counters.closed_by_hub++;
        datagrams_end(datagrams);
        break;
    }
}

static void datagrams_talk(struct ald_speaker *speaker)
{
    struct ald_datagrams *datagrams = datagrams_of(speaker);

    datagrams_pump(datagrams);
    if (!datagrams->ending) {
        datagrams_tell_written(datagrams);
    }
}

/* It is no connection any more; the next datagram makes one. */
static void datagrams_forget(struct ald_datagrams *datagrams)
{
    datagrams->dialect = ald_dialect_free(datagrams->dialect);
    ald_node_remove(&datagrams->speaker.node);
    datagrams->number = datagrams->said = datagrams->told = 0;
    datagrams->ending = false;
    if (datagrams->door == NULL) {
        free(datagrams);
    }
}

static void datagrams_bury(struct ald_speaker *speaker)
{
    struct ald_datagrams *datagrams = datagrams_of(speaker);
    struct ald_event event = {
        .kind = ALD_EVENT_CLOSED, .conn = datagrams->number, .text = ALD_STR("no more datagrams")};

    ald_edge_step(datagrams->edge, &event);
    datagrams_forget(datagrams);
}

static void datagrams_drop(struct ald_speaker *speaker)
{
    struct ald_datagrams *datagrams = datagrams_of(speaker);

    ald_node_remove(&speaker->talk);
    ald_node_remove(&speaker->end);
    datagrams_forget(datagrams);
}

static const struct ald_speaker_ops datagrams_ops = {
    .apply = datagrams_apply,
    .talk = datagrams_talk,
    .bury = datagrams_bury,
    .drop = datagrams_drop,
};

/* Errors: ALDIS_E_NOMEM. */
static int datagrams_begin(struct ald_datagrams *datagrams)
{
    struct ald_edge *edge = datagrams->edge;
    const struct ald_dialect_facts facts = {
        .role = ALD_ROLE_HUB,
        .options = &edge->dialect_options,
        .messages = edge->messages,
        .counters = edge->dialect_counters[datagrams->dialect_index],
        .spare = &edge->dialect_spares[datagrams->dialect_index],
        .seed = ald_rng_next(&edge->rng),
        .now = ald_loop_now(edge->loop),
        .wall = ald_edge_wall(edge),
        .identity = edge->identity,
        .variant = datagrams->lines.variant,
    };
    struct ald_event event = {
        .kind = ALD_EVENT_OPENED,
        .edge = &datagrams->speaker,
        .peer = ALD_STR("datagrams"),
        .dialect = ald_str(datagrams->lines.dialect->name),
    };
    int r = datagrams->lines.dialect->open(&facts, &datagrams->dialect);

    if (r < 0) {
        return ald_trace(r);
    }
    datagrams->number = event.conn = ++edge->last_number;
    ald_list_push_back(&edge->all, &datagrams->speaker.node);
    ald_edge_step(edge, &event);
    return 0;
}

void ald_datagrams_feed(struct ald_datagrams *datagrams, const struct ald_datagram *datagram)
{
    struct ald_edge *edge = datagrams->edge;
    struct ald_slice bytes = ALD_SLICE_NONE;
    int r = 0;

    if (ald_edge_draining(edge) || datagrams->ending) {
        datagrams->door->counters.datagrams_dropped++;
        return;
    }
    r = datagrams->dialect == NULL ? datagrams_begin(datagrams) : 0;
    r = r != 0 || datagrams->ending ? r : ald_slice_copy(datagram->bytes, &bytes);
    if (r == 0 && !datagrams->ending) {
        r = ald_dialect_feed(datagrams->dialect, ald_loop_now(edge->loop), ALD_FRAME_BYTES, bytes);
    }
    ald_slice_clear(&bytes);
    if (r < 0) {
        edge->counters.no_memory++;
        datagrams->door->counters.datagrams_dropped++;
        return;
    }
    datagrams_pump(datagrams);
    ald_edge_settle_later(edge);
}

int ald_datagrams_open(struct ald_door *door, const struct ald_door_lines *lines, struct ald_datagrams **ret_datagrams)
{
    struct ald_datagrams *datagrams = calloc(1, sizeof(*datagrams));

    if (datagrams == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    datagrams->speaker.ops = &datagrams_ops;
    datagrams->edge = door->edge;
    datagrams->door = door;
    datagrams->lines = *lines;
    datagrams->dialect_index = ald_edge_dialect_index(lines->dialect);
    ald_node_init(&datagrams->speaker.node);
    ald_node_init(&datagrams->speaker.talk);
    ald_node_init(&datagrams->speaker.end);
    *ret_datagrams = datagrams;
    return 0;
}

struct ald_datagrams *ald_datagrams_close(struct ald_datagrams *datagrams)
{
    if (datagrams == NULL) {
        return NULL;
    }
    datagrams->door = NULL;
    if (datagrams->dialect == NULL) {
        free(datagrams);
    } else {
        datagrams_end(datagrams);
    }
    return NULL;
}
