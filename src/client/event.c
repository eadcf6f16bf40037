/*
 * Events: said at once, or kept while there is no hub.
 *
 * What waits is bounded by number and cost, and the oldest goes first when there is too much: an event says how things
 * are, and a newer one says it better. It is said when a hub has taken us in, so that the hub knows who says it; the
 * original says it before its REGISTER, and then nobody knows (communicator.md 12).
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "client/client_inside.h"

/* An event that waits. */
struct kept {
    struct ald_node node;
    struct ald_msg *msg;
    size_t cost;
    ald_usec until; /* ALD_NEVER: it is of use for ever */
};

void ald_events_init(struct ald_client *client)
{
    ald_node_init(&client->events);
}

static void kept_free(struct ald_client *client, struct kept *kept)
{
    ald_node_remove(&kept->node);
    client->n_events--;
    client->events_cost -= kept->cost;
    ald_msg_unref(kept->msg);
    free(kept);
}

void ald_event_dropped(struct ald_client *client, const struct ald_msg *event)
{
    if (client->callbacks.dropped != NULL) {
        client->callbacks.dropped(client->owner, event);
    }
}

static void kept_drop(struct ald_client *client, struct kept *kept)
{
    ald_event_dropped(client, kept->msg);
    kept_free(client, kept);
}

static struct kept *kept_first(struct ald_client *client)
{
    struct ald_node *node = ald_list_first(&client->events);

    return node != NULL ? ald_list_entry(node, struct kept, node) : NULL;
}

void ald_events_end(struct ald_client *client)
{
    struct kept *kept;

    while ((kept = kept_first(client)) != NULL) {
        kept_drop(client, kept);
    }
}

void ald_events_fini(struct ald_client *client)
{
    struct kept *kept;

    while ((kept = kept_first(client)) != NULL) {
        kept_free(client, kept);
    }
}

static int kept_new(struct ald_client *client, struct ald_msg *event, struct kept **ret_kept)
{
    struct kept *kept = calloc(1, sizeof(*kept));

    if (kept == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    kept->msg = ald_msg_ref(event);
    kept->cost = sizeof(*kept) + ald_msg_cost(event);
    kept->until = event->ttl == ALD_NEVER ? ALD_NEVER : ald_loop_now(client->loop) + event->ttl;
    client->n_events++;
    client->events_cost += kept->cost;
    *ret_kept = kept;
    return 0;
}

static void events_bound(struct ald_client *client)
{
    while (client->n_events > client->events_kept_max || client->events_cost > ALD_CLIENT_EVENTS_COST_MAX) {
        kept_drop(client, kept_first(client));
    }
}

static int event_keep(struct ald_client *client, struct ald_msg *event)
{
    struct kept *kept;
    int r = kept_new(client, event, &kept);

    if (r < 0) {
        return ald_trace(r);
    }
    ald_list_push_back(&client->events, &kept->node);
    events_bound(client);
    return 0;
}

void ald_events_rescue(struct ald_client *client, struct ald_msg *event)
{
    struct kept *kept;

    if (client->events_kept_max > 0 && kept_new(client, event, &kept) == 0) {
        ald_list_push_front(&client->events, &kept->node);
        events_bound(client);
    } else {
        ald_event_dropped(client, event);
    }
}

/* Outcome: ALD_CLIENT_UNSAID. */
static int event_say(struct ald_client *client, struct ald_signal *signal)
{
    uint64_t n_before = client->n_frames;
    int r;

    client->trouble[0] = '\0';
    r = ald_client_say(client, signal);
    if (r == 0 && client->n_frames == n_before) {
        ald_client_trouble_note(client, ALD_STR("the protocol has no form for it, or it is too large"));
        return ALD_CLIENT_UNSAID;
    }
    return r;
}

int ald_client_send(struct ald_client *client, struct ald_msg *event)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    bool waits = client->events_kept_max > 0 && client->state != ALD_CLIENT_CLOSED && !client->ending;

    if (!ald_client_ready(client)) {
        return waits ? event_keep(client, event) : ALD_CLIENT_AWAY;
    }
    if (waits && (client->session.full || client->n_events > 0)) {
        return event_keep(client, event); /* behind those that wait already */
    }
    if (client->session.full) {
        client->trouble[0] = '\0';
        ald_client_trouble_note(client, ALD_STR("the hub has not acknowledged what it was told before"));
        return ALD_CLIENT_UNSAID;
    }
    signal.msg = event;
    signal.ttl = event->ttl;
    return event_say(client, &signal);
}

void ald_events_ready(struct ald_client *client)
{
    ald_usec now = ald_loop_now(client->loop);
    struct kept *kept;

    while (ald_client_ready(client) && client->dialect != NULL && !client->session.full &&
           (kept = kept_first(client)) != NULL) {
        struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);

        signal.msg = kept->msg;
        signal.ttl = kept->until == ALD_NEVER ? ALD_NEVER : kept->until - ALD_MIN(now, kept->until);
        if (signal.ttl == 0 || event_say(client, &signal) != 0) {
            kept_drop(client, kept);
        } else {
            kept_free(client, kept);
        }
    }
}

void ald_client_trouble_note(struct ald_client *client, struct ald_str text)
{
    if (client->trouble[0] == '\0') {
        snprintf(client->trouble, sizeof(client->trouble), "%.*s", ALD_STR_ARG(text));
    }
}

const char *ald_client_trouble(const struct ald_client *client)
{
    return client->trouble;
}

/* --- questions and reports --------------------------------------------------------------------------------------- */

int ald_client_ask(struct ald_client *client, enum ald_topic topic, struct ald_str target, bool wants)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ASK);

    if (!ald_client_ready(client)) {
        return ALD_CLIENT_AWAY;
    }
    client->trouble[0] = '\0';
    if (!ald_client_can(client, ALD_WAY_NEWS)) {
        ald_client_trouble_note(client, ALD_STR("the hub tells no news there"));
        return ALD_CLIENT_UNSAID;
    }
    signal.topic = (uint8_t)topic;
    signal.target = target;
    signal.ok = wants;
    return event_say(client, &signal);
}

void ald_events_report(struct ald_client *client, const struct ald_signal *signal)
{
    const struct ald_event_report report = {
        .name = ald_str_present(signal->text) ? signal->text
                : signal->request != NULL     ? signal->request->name
                                              : ALD_STR_NONE,
        .kept = signal->phase == ALD_PHASE_QUEUED,
        .cause = (enum ald_cause)signal->cause,
    };

    if (report.cause == ALD_CAUSE_UNKNOWN_COMMAND) {
        ald_calls_unknown(client, report.name);
    }
    if (client->callbacks.report != NULL) {
        client->callbacks.report(client->owner, &report);
    }
}

/* --- what nobody here knows -------------------------------------------------------------------------------------- */

static int unknown_build(struct ald_client *client, const struct ald_msg *event, struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    char text[ALD_NAME_MAX + 32];
    struct ald_slice payload = ALD_SLICE_NONE;
    int r;

    snprintf(text, sizeof(text), "{\"command\":\"%.*s\"}", ALD_STR_ARG(event->name));
    r = ald_msg_new(client->messages, ALD_EVENT, &msg);
    r = r == 0 ? ald_msg_set(msg, &msg->name, ALD_STR("UNKNOWN")) : r;
    r = r == 0 ? ald_msg_set_address(msg, &msg->to, &event->from) : r;
    r = r == 0 ? ald_slice_copy(ald_str(text), &payload) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    ald_msg_seal(msg);
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* A name that needs no escapes in JSON, as all commands of the protocol are (communicator.md 1.1). */
static bool name_is_plain(struct ald_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '"' || name.data[i] == '\\') {
            return false;
        }
    }
    return name.size > 0 && name.size <= ALD_NAME_MAX;
}

/* communicator.md 12: whoever sends a service what it does not know is told so. What was for many is for those who know it.
 * UNKNOWN itself never gets here, so two programs cannot keep each other at it. */
void ald_event_tell_unknown(struct ald_client *client, const struct ald_msg *event)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;

    if (ald_client_ready(client) && client->dialect != NULL && ald_client_can(client, ALD_WAY_UNKNOWN) &&
        event->to.scope == ALD_SCOPE_ONE && event->from.target.size > 0 && name_is_plain(event->name) &&
        unknown_build(client, event, &msg) == 0) {
        ald_ignore(ald_client_send(client, msg)); /* it is a courtesy */
    }
}
