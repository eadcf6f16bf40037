/*
 * Stepping inside a step is forbidden, and a callback comes inside one. So what is said there is laid aside, with copies of
 * the names it shows, and said at the end of the turn; what two local parties say to each other so takes a round each time
 * and cannot keep the loop from everybody else.
 */

#include "conn/local.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "conn/edge_impl.h"
#include "conn/speaker.h"

enum local_state {
    LOCAL_NEW, /* the hub is to be told */
    LOCAL_OPEN,
    LOCAL_ENDING, /* the hub, or the owner, has had enough; the hub is to be told that it is gone */
    LOCAL_ENDED   /* the hub knows; the owner is to close it */
};

static const struct ald_state local_states[] = {
    [LOCAL_NEW] = {"new", ALD_STATE_INITIAL, ALD_TO(LOCAL_OPEN) | ALD_TO(LOCAL_ENDED)},
    [LOCAL_OPEN] = {"open", 0, ALD_TO(LOCAL_ENDING)},
    [LOCAL_ENDING] = {"ending", 0, ALD_TO(LOCAL_ENDED)},
    [LOCAL_ENDED] = {"ended", ALD_STATE_FINAL, 0},
};

static struct ald_machine local_machine = ALD_MACHINE("local", local_states);

struct ald_local {
    struct ald_speaker speaker; /* first */
    struct ald_edge *edge;
    const struct ald_local_callbacks *callbacks; /* NULL once the owner has closed it */
    void *owner;
    uint64_t number;
    uint64_t said; /* ordinal of the last signal that the hub gave us */
    uint64_t told; /* what the hub was told was written */
    struct ald_node waiting;
    size_t n_waiting;
    uint8_t state;
    struct ald_str peer, dialect;
    char text[];
};

/* Something said inside a step. */
struct local_saying {
    struct ald_node node;
    struct ald_signal signal;
    char text[];
};

static struct ald_local *local_of(struct ald_speaker *speaker)
{
    return ald_container(speaker, struct ald_local, speaker);
}

static void local_later(struct ald_local *local)
{
    if (!ald_node_linked(&local->speaker.talk)) {
        ald_list_push_back(&local->edge->talking, &local->speaker.talk);
    }
    ald_edge_settle_later(local->edge);
}

static void local_tell_written(struct ald_local *local)
{
    struct ald_event event = {
        .kind = ALD_EVENT_WRITTEN, .conn = local->number, .begun = local->said, .done = local->said};

    if (local->told < local->said) {
        local->told = local->said;
        ald_edge_step(local->edge, &event);
    }
}

/* What it answers was written before, or the hub would hear of a reply to a command that is not sent. */
static void local_step(struct ald_local *local, struct ald_signal *signal)
{
    struct ald_event event = {.kind = ALD_EVENT_SIGNAL, .conn = local->number, .signal = signal};

    local_tell_written(local);
    if (local->state == LOCAL_OPEN) {
        ald_edge_step(local->edge, &event);
    }
    ald_signal_clear(signal);
}

static void local_begin(struct ald_local *local)
{
    struct ald_event event = {
        .kind = ALD_EVENT_OPENED,
        .conn = local->number,
        .edge = &local->speaker,
        .peer = local->peer,
        .dialect = local->dialect,
    };

    ald_sm_move(&local_machine, &local->state, LOCAL_OPEN);
    ald_edge_step(local->edge, &event);
}

static void local_end(struct ald_local *local)
{
    if (local->state == LOCAL_OPEN) {
        ald_sm_move(&local_machine, &local->state, LOCAL_ENDING);
    }
    ald_node_remove(&local->speaker.talk);
    if (!ald_node_linked(&local->speaker.end)) {
        ald_list_push_back(&local->edge->ending, &local->speaker.end);
    }
    ald_edge_settle_later(local->edge);
}

/* What waits. */

static struct local_saying *local_pop(struct ald_local *local)
{
    struct ald_node *node = ald_list_pop_front(&local->waiting);

    if (node == NULL) {
        return NULL;
    }
    local->n_waiting--;
    return ald_list_entry(node, struct local_saying, node);
}

static void local_forget(struct ald_local *local)
{
    struct local_saying *saying;

    while ((saying = local_pop(local)) != NULL) {
        ald_signal_clear(&saying->signal);
        free(saying);
    }
}

/* The views of a signal that its owner lent. */
enum { SAYING_VIEWS = 5 };

static void saying_views(struct ald_signal *signal, struct ald_str *ret_views[SAYING_VIEWS])
{
    ret_views[0] = &signal->target;
    ret_views[1] = &signal->channel;
    ret_views[2] = &signal->from;
    ret_views[3] = &signal->principal;
    ret_views[4] = &signal->text;
}

static int local_wait(struct ald_local *local, struct ald_signal *signal)
{
    struct ald_str *views[SAYING_VIEWS];
    struct local_saying *saying;
    size_t size = 0;

    saying_views(signal, views);
    for (size_t i = 0; i < SAYING_VIEWS; i++) {
        size += views[i]->size;
    }
    saying = malloc(sizeof(*saying) + size);
    if (saying == NULL) {
        local->edge->counters.no_memory++;
        return ald_trace(ALDIS_E_NOMEM);
    }
    saying->signal = *signal;
    saying_views(&saying->signal, views);
    size = 0;
    for (size_t i = 0; i < SAYING_VIEWS; i++) {
        if (ald_str_present(*views[i])) {
            char *text = saying->text + size;

            memcpy(text, views[i]->data, views[i]->size);
            size += views[i]->size;
            views[i]->data = text;
        }
    }
    ald_list_push_back(&local->waiting, &saying->node);
    local->n_waiting++;
    local_later(local);
    return 0;
}

int ald_local_say(struct ald_local *local, struct ald_signal *signal)
{
    int r;

    if (local->state == LOCAL_ENDING || local->state == LOCAL_ENDED) {
        ald_signal_clear(signal);
        return 0;
    }
    if (local->edge->stepping || local->state == LOCAL_NEW || local->n_waiting > 0) {
        r = local_wait(local, signal);
        return r < 0 ? ald_trace(r) : 0;
    }
    local_step(local, signal);
    return 0;
}

/* What the edge asks. */

static void local_apply(struct ald_speaker *speaker, const struct ald_effect *effect)
{
    struct ald_local *local = local_of(speaker);

    if (local->state != LOCAL_OPEN) {
        local->edge->counters.effects_late++;
        return;
    }
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        local->said = effect->signal.ordinal;
        local_later(local);
        if (local->callbacks->signal != NULL) {
            local->callbacks->signal(local->owner, &effect->signal);
        }
        break;
    case ALD_EFFECT_PAUSE:
    case ALD_EFFECT_RESUME:
        break; /* what it was told is written at the end of this turn */
    case ALD_EFFECT_CLOSE:
        local->edge->counters.closed_by_hub++;
        local_end(local);
        break;
    }
}

static void local_talk(struct ald_speaker *speaker)
{
    struct ald_local *local = local_of(speaker);
    size_t n;

    if (local->state == LOCAL_NEW) {
        local_begin(local);
    }
    for (n = local->n_waiting; n > 0 && local->state == LOCAL_OPEN; n--) {
        struct local_saying *saying = local_pop(local);

        local_step(local, &saying->signal);
        free(saying);
    }
    if (local->state == LOCAL_OPEN) {
        local_tell_written(local);
    }
}

static void local_unlink(struct ald_local *local)
{
    ald_node_remove(&local->speaker.node);
    ald_node_remove(&local->speaker.talk);
    ald_node_remove(&local->speaker.end);
    local_forget(local);
}

static void local_bury(struct ald_speaker *speaker)
{
    struct ald_local *local = local_of(speaker);
    struct ald_event event = {
        .kind = ALD_EVENT_CLOSED, .conn = local->number, .text = ALD_STR("closed by the program")};
    bool known = local->state != LOCAL_NEW;

    ald_sm_move(&local_machine, &local->state, LOCAL_ENDED);
    local_unlink(local);
    if (known) {
        ald_edge_step(local->edge, &event);
    }
    if (local->callbacks == NULL) {
        free(local);
    } else if (local->callbacks->closed != NULL) {
        local->callbacks->closed(local->owner);
    }
}

static void local_drop(struct ald_speaker *speaker)
{
    struct ald_local *local = local_of(speaker);

    ald_assert(local->callbacks == NULL); /* its owner goes before the edge */
    local_unlink(local);
    free(local);
}

static const struct ald_speaker_ops local_ops = {
    .apply = local_apply,
    .talk = local_talk,
    .bury = local_bury,
    .drop = local_drop,
};

static void text_copy(char *to, struct ald_str text, struct ald_str *ret_copy)
{
    if (text.size > 0) {
        memcpy(to, text.data, text.size);
    }
    *ret_copy = ald_str_of(to, text.size);
}

int ald_local_open(struct ald_edge *edge, struct ald_str peer, struct ald_str dialect,
                   const struct ald_local_callbacks *callbacks, void *owner, struct ald_local **ret_local)
{
    struct ald_local *local = malloc(sizeof(*local) + peer.size + dialect.size);

    ald_assert(callbacks != NULL);
    if (local == NULL) {
        edge->counters.no_memory++;
        return ald_trace(ALDIS_E_NOMEM);
    }
    *local = (struct ald_local){
        .speaker = {.ops = &local_ops},
        .edge = edge,
        .callbacks = callbacks,
        .owner = owner,
        .number = ++edge->last_number,
        .state = LOCAL_NEW,
    };
    text_copy(local->text, peer, &local->peer);
    text_copy(local->text + peer.size, dialect, &local->dialect);
    ald_node_init(&local->waiting);
    ald_node_init(&local->speaker.talk);
    ald_node_init(&local->speaker.end);
    ald_list_push_back(&edge->all, &local->speaker.node);
    if (edge->stepping) {
        local_later(local);
    } else {
        local_begin(local);
    }
    *ret_local = local;
    return 0;
}

struct ald_local *ald_local_close(struct ald_local *local)
{
    if (local == NULL) {
        return NULL;
    }
    ald_assert(local->callbacks != NULL);
    if (local->state == LOCAL_ENDED) {
        free(local);
        return NULL;
    }
    local->callbacks = NULL;
    local_end(local);
    return NULL;
}

uint64_t ald_local_number(const struct ald_local *local)
{
    return local->number;
}
