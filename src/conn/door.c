#include "conn/door.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/conn.h"
#include "conn/datagram.h"
#include "conn/door_impl.h"
#include "conn/edge_impl.h"
#include "conn/visitor.h"
#include "transport/udp.h"

static void door_refuse(struct ald_door *door, struct ald_stream *stream, const char *why)
{
    struct ald_notice notice = {.kind = ALD_NOTICE_REFUSED, .door = door->name, .text = ald_str(why)};

    ald_stream_free(stream);
    ald_edge_notice(door->edge, &notice);
}

/* Who is turned away with a word hears it when the stream is there, and lingers until that is read, or its time is over. */
static void away_opened(void *owner ALD_UNUSED, struct ald_stream *stream)
{
    ald_stream_close(stream, 0, ALD_STR(""));
    ald_stream_free(stream);
}

static void away_closed(void *owner ALD_UNUSED, struct ald_stream *stream, const struct ald_end *end ALD_UNUSED)
{
    ald_stream_free(stream);
}

static const struct ald_stream_callbacks away_callbacks = {.opened = away_opened, .closed = away_closed};

/* One more than the group takes: a hub that hears nothing calls again and again. Where all doors together are full there is no
 * room for a word either. */
static void door_turn_away(struct ald_door *door, struct ald_stream *stream)
{
    struct ald_notice notice = {
        .kind = ALD_NOTICE_REFUSED, .door = door->name, .text = ALD_STR("too many connections")};
    bool has_room = ald_net_streams(door->edge->net) <= door->edge->connections_max;

    if (door->lines.turned_away != NULL && has_room) {
        ald_stream_own(stream, &away_callbacks, NULL);
        ald_stream_push_copy(stream, ALD_CHUNK_BYTES, ald_str(door->lines.turned_away), 0);
    } else {
        ald_stream_free(stream);
    }
    ald_edge_notice(door->edge, &notice);
}

static bool door_is_full(const struct ald_door *door)
{
    const struct ald_door_group *group = door->lines.group;

    /* The stream counts itself. */
    return ald_net_streams(door->edge->net) > door->edge->connections_max || (group != NULL && group->n >= group->max);
}

/* A connection at once. Errors: ALDIS_E_NOMEM; the stream is still the caller's. */
static int door_connect(struct ald_door *door, struct ald_stream *stream)
{
    const struct ald_conn_spec spec = {
        .dialect = door->lines.dialect,
        .dialect_index = door->dialect_index,
        .variant = door->lines.variant,
        .door = door,
        .group = door->lines.group,
        .bytes = true,
        .credentials = door->lines.credentials,
        .hello_timeout = door->lines.hello_timeout,
    };
    int r = ald_conn_open(door->edge, &spec, stream, NULL);

    if (r < 0) {
        return ald_trace(r);
    }
    door->n_greeting++;
    if (door->lines.group != NULL) {
        door->lines.group->n++;
    }
    return 0;
}

static void door_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    struct ald_door *door = owner;

    door->counters.accepted++;
    if (door_is_full(door)) {
        door->counters.refused_full++;
        door_turn_away(door, stream);
        return;
    }
    if (door->n_greeting >= door->limits.greeting_max) {
        door->counters.refused_greeting++;
        door_refuse(door, stream, "too many connections without a hello");
        return;
    }
    if ((door->lines.dialect != NULL ? door_connect(door, stream) : ald_visitor_new(door, stream)) < 0) {
        door->edge->counters.no_memory++;
        door_refuse(door, stream, "out of memory");
    }
}

static const struct ald_listener_callbacks door_callbacks = {.accepted = door_accepted};

static void door_received(void *owner, struct ald_udp *udp ALD_UNUSED, const struct ald_datagram *datagram)
{
    struct ald_door *door = owner;

    door->counters.datagrams++;
    ald_datagrams_feed(door->datagrams, datagram);
}

static const struct ald_udp_callbacks datagram_callbacks = {.received = door_received};

static struct ald_door *door_unref(struct ald_door *door)
{
    if (door != NULL && door->listener == NULL && door->udp == NULL && door->n_greeting == 0) {
        free(door->name);
        free(door->names);
        free(door);
    }
    return NULL;
}
ALD_DEFINE_CLEANUP(struct ald_door *, door_unref);

/* Whoever said where to listen has said a name, too. */
static int door_keep_names(struct ald_door *door, const struct ald_door_spec *spec)
{
    if (spec->names != NULL && asprintf(&door->names, "%s,%s", spec->names, spec->listen.place.name) < 0) {
        door->names = NULL;
        return ald_trace(ALDIS_E_NOMEM);
    }
    return 0;
}

static int door_listen(struct ald_door *door, const struct ald_door_spec *spec, struct ald_why *ret_why)
{
    int r;

    if (spec->udp == NULL) {
        r = ald_listen(door->edge->net, &spec->listen, &door_callbacks, door, &door->listener, ret_why);
        return r < 0 ? ald_trace(r) : 0;
    }
    r = ald_datagrams_open(door, spec->lines, &door->datagrams);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_udp_listen(door->edge->net, spec->udp, &datagram_callbacks, door, &door->udp, ret_why);
    if (r < 0) {
        door->datagrams = ald_datagrams_close(door->datagrams);
        return ald_trace(r);
    }
    return 0;
}

int ald_door_open(struct ald_edge *edge, const struct ald_door_spec *spec, struct ald_door **ret_door,
                  struct ald_why *ret_why)
{
    ALD_AUTO(door_unref) struct ald_door *door = calloc(1, sizeof(*door));
    int r;

    if (door == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_node_init(&door->node);
    ald_node_init(&door->visitors);
    door->edge = edge;
    door->limits = spec->limits;
    door->pages = spec->pages;
    door->ours = spec->ours;
    door->local = spec->udp == NULL && spec->listen.place.bottom != ALD_BOTTOM_TCP;
    if (spec->lines != NULL) {
        door->lines = *spec->lines;
        door->dialect_index = ald_edge_dialect_index(spec->lines->dialect);
    }
    door->name = strdup(spec->name);
    if (door->name == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = door_keep_names(door, spec);
    if (r < 0) {
        return ald_trace(r);
    }

    r = door_listen(door, spec, ret_why);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_list_push_back(&edge->doors, &door->node);
    *ret_door = ald_steal(&door);
    return 0;
}

struct ald_door *ald_door_close(struct ald_door *door)
{
    struct ald_node *node;

    if (door == NULL) {
        return NULL;
    }
    while ((node = ald_list_first(&door->visitors)) != NULL) {
        ald_visitor_drop(node);
    }
    door->listener = ald_listener_close(door->listener);
    door->udp = ald_udp_close(door->udp);
    door->datagrams = ald_datagrams_close(door->datagrams);
    ald_node_remove(&door->node);
    return door_unref(door);
}

void ald_door_greeted(struct ald_door *door)
{
    ald_assert(door->n_greeting > 0);
    door->n_greeting--;
    (void)door_unref(door);
}

const char *ald_door_name(const struct ald_door *door)
{
    return door->name;
}

const char *ald_door_address(const struct ald_door *door)
{
    return door->udp != NULL ? ald_udp_address(door->udp) : ald_listener_address(door->listener);
}

bool ald_door_loopback(const struct ald_door *door)
{
    return door->udp != NULL ? ald_udp_local(door->udp) : ald_listener_loopback(door->listener);
}

const struct ald_door_counters *ald_door_counters(const struct ald_door *door)
{
    return &door->counters;
}

uint32_t ald_door_greeting(const struct ald_door *door)
{
    return door->n_greeting;
}

const struct ald_door *ald_edge_next_door(const struct ald_edge *edge, const struct ald_door *door)
{
    const struct ald_node *node = door != NULL ? door->node.next : edge->doors.next;

    return node == &edge->doors ? NULL : ald_list_entry((struct ald_node *)(uintptr_t)node, struct ald_door, node);
}
