#pragma once

/*
 * Series: the events of a name, as far as they are remembered for whoever missed them: a subscriber (hub/subscribe.h; link 4.10), or
 * a reader of the hub's event stream (hub/view.h).
 *
 * The original replays a record's latest state, which it knows from its own data; a hub does not look into payloads, so it
 * remembers the last events as they were. Told again, in their order, they bring their reader to the same state; whoever was away
 * for longer than the memory reaches is told from when on it has everything.
 *
 * What is remembered: of a name that somebody asked for, every event that was taken, once for each fate that it had, with a time
 * that no other event has. Those said to the hub itself are *published*: only these are for subscribers.
 *
 * Lifetime:   a name is known from when somebody first asks for it. It is forgotten when it has no subscriber and another one needs
 *             its place, the one that was asked for longest ago first.
 * Limits:     names; what is remembered of one, by count and bytes; of all, by bytes and age ([limits] replay_...). The oldest is
 *             forgotten, counted: of the name, or of all where that is what is over.
 * Invariants: what a name has is in the order of time, and so is what all have. What came later than `since` is all there.
 */

#include "base/list.h"
#include "msg/signal.h"

struct ald_channel;
struct ald_event;
struct ald_hub;
struct ald_parcel;
struct ald_who;

enum {
    /* Ten times what the original and its plugins offer, with room for what others make up. */
    ALD_SERIES_MAX = 1024
};

struct ald_series {
    struct ald_node node;        /* the hub's that have subscribers, or those that have none, the longest idle first */
    struct ald_node subscribers; /* of hub/subscribe.h */
    struct ald_node memory;      /* of ald_remembered.of_series, the oldest first */
    uint32_t n_subscribers, n_replays, n_events;
    size_t bytes;
    ald_wall since; /* what came after this is remembered, all of it */
    struct ald_str name;
    char text[];
};

struct ald_remembered {
    struct ald_node of_series;
    struct ald_node of_all; /* the hub's; and once it is forgotten, those to be freed with the next step */
    struct ald_series *series;
    ald_wall at;     /* when it was taken, strictly increasing (link 4.10: max(now, last + 1)) */
    uint64_t number; /* a number of the hub's own for the same */
    ald_usec came;
    size_t cost;
    struct ald_id id;
    struct ald_msg *msg;
    struct ald_who *who; /* its sender, as it was then */
    struct ald_str from; /* see ald_parcel.from */
    const char *fate;    /* see hub/note.h */
    uint8_t cause;
    bool is_published;
    bool has_channel;
    char channel[ALD_ID_TEXT]; /* where it was delivered */
    char text[];
};

/* NULL: nobody asked for it. */
struct ald_series *ald_series_find(const struct ald_hub *hub, struct ald_str name);
enum { ALD_SERIES_FULL = 1 };
/* Gives that of `name`, which is known from now on. Outcome: ALD_SERIES_FULL, all have subscribers. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_series_get(struct ald_hub *hub, struct ald_str name, struct ald_series **ret_series);
/* Somebody reads the events of a name. */
void ald_series_event(struct ald_hub *hub, struct ald_event *event);
/* It has one subscriber more, or one less. */
void ald_series_join(struct ald_hub *hub, struct ald_series *series);
void ald_series_part(struct ald_hub *hub, struct ald_series *series);

/* What an event has to say of itself while it is remembered. */
struct ald_series_fate {
    const struct ald_channel *channel; /* NULL: none */
    const char *fate;                  /* static */
    uint8_t cause;
};
/* Remember it, if its name is known. Returns its time, or 0. */
ald_wall ald_series_remember(struct ald_hub *hub, const struct ald_parcel *parcel, const struct ald_series_fate *fate);
/* The signal that says it again; with references of its own. */
struct ald_signal ald_series_signal(const struct ald_remembered *remembered);

/* The oldest of all is too old. */
void ald_series_expired(struct ald_hub *hub);
/* Free what earlier steps forgot; with each step, since the effects of the last one are done with then. */
void ald_series_reap(struct ald_hub *hub);
/* The hub is freed: forget all names. The rounds and the parties must be gone. */
void ald_series_fini(struct ald_hub *hub);
void ald_series_check(const struct ald_hub *hub);
