#pragma once

/*
 * Peer: another hub that this one is linked with, and the links. A link is a party whose REGISTER carried a greeting; its
 * target is `hub:` and the other's id, so every link is a channel of that target: several balance, and one stands in for
 * another. Nobody else may take such a name, and commands are never addressed to it: they are routed through it
 * (hub/hop.h).
 *
 * Who is let in:
 *   - Our own id, or one that is linked in the other way (an aldis hub, a communicator daemon), is denied as a duplicate.
 *   - An aldis hub may have as many links as it likes; when both dial at once, both links stay. Two hubs of one name are told
 *     apart by what each draws at its start, which stands in its greeting: the later one is denied as a duplicate. Of one that
 *     does not greet so, it stands in what it says of itself later, and then its link is cut. One that is linked elsewhere is
 *     told of in news, and counted.
 *   - A communicator daemon has one link (communicator 6.2: `conflict=name`). A second one from the same end and the same
 *     address is its restart, and replaces the first; from another address it is denied. When each dialled the other, the
 *     link that the smaller id dialled stays, so that both ends choose the same one.
 *
 * What `primary_only` and the like demand of senders is judged where a message was submitted; of whoever is linked it is
 * believed that it was.
 *
 * How a test drives two hubs: two struct ald_hub; on each a connection is opened, and the other's REGISTER is fed: target
 * `hub:ID`, a greeting of ALD_PEERING_ROUTES with that id, traits ALD_CAN_CANCEL, STATUS, OUTCOME and LEAVE. From then on
 * every signal effect on the one connection is fed as an event of the other: COMMAND and EVENT with msg->wire_id the text of
 * signal.id, msg->to as it is, msg->from.target the signal's `from`, msg->ttl its ttl, and `travel` (hub absent: the id of
 * whoever says it); REPLY and STATUS with `id` the id in request->wire_id; CANCEL with a msg whose wire_id is the text of
 * its id. hub/graph_rig.h does that.
 *
 * Lifetime:   a peer hangs on its target; a link from REGISTER until its channel is gone.
 * Invariants: n_links of a peer counts its links, which are those of hub->graph.links that name it.
 */

#include "hub/alarm.h"
#include "hub/hub.h"
#include "hub/route_map.h"

struct ald_channel;
struct ald_hub_conn;
struct ald_party;
struct ald_target;

/* Longer than the sum of all links of the largest machines (64 are fed), and against a crowd of daemons. */
enum { ALD_PEER_LINKS_MAX = 256 };

struct ald_peer {
    struct ald_node node; /* graph.peers, by number */
    uint64_t number;
    struct ald_target *target;
    struct ald_str id, address, services; /* id: a view of the target's name; address absent: nowhere */
    uint8_t peering;                      /* enum ald_peering */
    bool is_public;                       /* its address is one of the public internet */
    bool left;                            /* it said goodbye, or we did */
    bool dialled;                         /* its latest link: by us */
    ald_usec twin_told;                   /* when news said that there is another one of its name; 0: never */
    uint32_t n_links;
    ald_wall since;
    char text[];
};

struct ald_peer_link {
    struct ald_node node; /* graph.links */
    struct ald_node work; /* the hub's links that may have to be told something */
    struct ald_peer *peer;
    struct ald_party *party; /* its connection may have ended: the channel, and we with it, are worked off after that */
    uint64_t boot;           /* what the other one drew at its start; 0: it has not said */
    ald_usec loops_told;     /* when news said that it sends back what it was sent; 0: never */
    bool dialled;            /* by us */
    bool has_feed;           /* an aldis hub is told of the map */
    unsigned slot;           /* of the feed */
};

/*
 * An event that went to another hub, and whose sender wants to hear if it fails. The hub where it ends says so either way, and
 * nobody else can: one that dies on the way takes with it what it had, and those before it know only that it was written. So
 * what nothing is heard of for a while is reported as failed, though it may have arrived.
 */
struct ald_peer_event {
    uint64_t number;     /* of the event; 0: none */
    struct ald_msg *msg; /* its name, address and wire id only */
    uint64_t conn;
    uint32_t party;
    bool is_told; /* something was heard of it */
    ald_usec at;
};
/* Events of the last moments; what is older than this many, or than two sweeps, is reported no more. At 700 bytes each. */
enum { ALD_PEER_EVENTS_MAX = 1024 };
/* Longer than a message takes over hops_max links whose readers are slow, within their stall_timeout. */
#define ALD_PEER_EVENT_DOUBT (20 * ALD_SEC)

struct ald_graph {
    struct ald_route_map map;
    struct ald_node peers; /* of ald_peer.node: those that have links, or had and are still needed */
    struct ald_node links;
    uint32_t n_peers, n_links; /* n_peers: targets that are peers */
    struct ald_node work;      /* the hub's own: own targets to be told, a map to be counted, ghosts to be reaped */
    bool is_open;              /* somebody was linked: our targets are facts */
    uint64_t walked;           /* number of the last target looked at; UINT64_MAX: all were */
    bool walks_again;          /* memory was short for one of them */
    uint64_t counted;          /* version of the map that was counted */
    bool reaps;
    struct ald_hub_alarm sweep;
    struct ald_hub_alarm renew; /* see ald_advert_renew() */
    uint64_t renew_epoch;       /* larger than what somebody says of us; 0: nothing to do */
    ald_usec renewed, renew_pause;
    struct ald_greeting greeting;  /* what we say of ourselves */
    struct ald_json_node *nodes;   /* room to read adverts in; NULL: none came yet */
    struct ald_peer_event *events; /* ring by number, or NULL */
    uint32_t n_events;
    struct ald_node seen; /* see hub/seen.h */
    struct ald_table seen_by_id;
    uint32_t n_seen;
    uint64_t last_broadcast;
    uint32_t n_relays; /* see hub/relay.h */
    size_t relay_bytes;
    struct ald_travel came, travel; /* of the message under way: as it came, and as it goes on */
    uint64_t came_from;             /* of the same: number of the peer that said it, 0: none */
    char text[640];                 /* of the report under way */
    char place[ALD_NAME_MAX];       /* the hub that it is from */
};

ALD_NODISCARD int ald_graph_init(struct ald_hub *hub);
void ald_graph_fini(struct ald_hub *hub);

static inline bool ald_peer_is_name(struct ald_str target)
{
    return target.size >= 4 && memcmp(target.data, "hub:", 4) == 0;
}
/* The peer of that id, linked or not; NULL: there is none. */
struct ald_peer *ald_peer_find(const struct ald_hub *hub, struct ald_str id);

/* Why the greeting of REGISTER is not taken: a cause with its text (static); ALD_CAUSE_NONE: it is. */
enum ald_cause ald_peer_judge(const struct ald_hub *hub, const struct ald_party *party, const struct ald_signal *signal,
                              const char **ret_text);
/* Gives what a link needs. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_peer_link_new(struct ald_hub *hub, struct ald_target *target, const struct ald_signal *signal,
                                    struct ald_peer_link **ret_link);
/* Of a registration that came to nothing. */
void ald_peer_link_discard(struct ald_hub *hub, struct ald_peer_link *link);
void ald_peer_free(struct ald_hub *hub, struct ald_peer *peer);

/* The channel of a peer has joined, may or may not be chosen any more, is gone. */
void ald_peer_joined(struct ald_hub *hub, struct ald_channel *channel);
void ald_peer_usable(struct ald_hub *hub, struct ald_target *target);
void ald_peer_parted(struct ald_hub *hub, struct ald_channel *channel);
/* Something is wrong with a hub that is linked (ALD_HUB_LOOPS, ALD_HUB_TWIN): news, not too often. */
void ald_peer_tell_loops(struct ald_hub *hub, const struct ald_party *party);
void ald_peer_tell_twin(struct ald_hub *hub, struct ald_peer *peer);
/* Its connection may be told more again. */
void ald_peer_wake(struct ald_hub *hub, struct ald_peer_link *link);

/* An ordinary target has its first channel, or has lost its last. */
void ald_peer_target_comes(struct ald_hub *hub, const struct ald_target *target);
void ald_peer_target_goes(struct ald_hub *hub, const struct ald_target *target);

/* The map has changed: everybody is to be told, and hubs are to be counted. */
void ald_graph_changed(struct ald_hub *hub);

/* Units of work; false when there is nothing (left) to do now. */
bool ald_peer_link_work(struct ald_hub *hub, struct ald_peer_link *link);
bool ald_graph_work(struct ald_hub *hub);
void ald_graph_swept(struct ald_hub *hub);

/* Something is remembered that is to be forgotten: a sweep will come. */
void ald_graph_sweep_later(struct ald_hub *hub);
void ald_graph_check(const struct ald_hub *hub);
