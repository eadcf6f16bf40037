#pragma once

/*
 * Kept: something told to a party that can be told again. A party with a session receives what its connection lost; so
 * what it is told stays in its window until it is acknowledged. What comes from a command is not stored but made anew
 * from the command itself, which is why keeping never allocates where dropping is forbidden.
 */

#include "base/list.h"
#include "msg/signal.h"

struct ald_command;
struct ald_hub;
struct ald_party;
struct ald_session;
struct ald_transit;

enum ald_kept_kind {
    ALD_KEPT_COMMAND, /* these three stand in a command */
    ALD_KEPT_CANCEL,
    ALD_KEPT_REPLY,
    ALD_KEPT_SIGNAL /* a struct ald_kept_signal */
};

struct ald_kept {
    struct ald_node node; /* the window of `session` */
    struct ald_session *session;
    struct ald_party *party; /* of it: whom it is for; both while it is in a window */
    uint64_t serial;
    uint64_t ordinal; /* of its latest saying on a connection, 0: not said there */
    size_t cost;      /* as it was when it was put there: ald_kept_cost() */
    uint8_t kind; /* enum ald_kept_kind */
};

enum { ALD_KEPT_ROOM = 48 }; /* the name of the sender, mostly, so that nothing is allocated for each event */

struct ald_kept_signal {
    struct ald_kept kept;
    struct ald_signal signal;
    struct ald_travel travel; /* what the signal's shows, where it has one */
    char *texts;              /* what its views show, and those of the travel, where `room` is too small; else NULL */
    struct ald_transit *transit; /* of an event that has another fate if it cannot be said; NULL: it has none */
    char room[ALD_KEPT_ROOM];
};

static inline void ald_kept_init(struct ald_kept *kept, enum ald_kept_kind kind)
{
    *kept = (struct ald_kept){.kind = (uint8_t)kind};
    ald_node_init(&kept->node);
}

/* The command that it stands in; NULL: it is a struct ald_kept_signal. */
struct ald_command *ald_kept_command(struct ald_kept *kept);
/* What was never begun need not be said any more once its command has ended: refused or expired, it never ran. */
bool ald_kept_is_pointless(struct ald_kept *kept);

/*
 * What it holds as long as it is in a window, in bytes of memory: itself and its texts and message, or its command, which stays
 * whole until then, with what was asked and what was answered. What several windows hold is charged to each of them, because each
 * alone would hold it.
 */
size_t ald_kept_cost(const struct ald_kept *kept);

/* Let it own what its signal shows, so that it may be said when the sender is long gone. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_kept_own(struct ald_kept_signal *kept);
/* It is told no more: give up what it has, and with the next step itself, for an effect of this one may show its texts. */
void ald_kept_discard(struct ald_hub *hub, struct ald_kept_signal *kept);
/* Called before a step says anything. */
void ald_kept_reap(struct ald_hub *hub);

/* The signal it stands for, with references of its own. */
struct ald_signal ald_kept_signal_of(struct ald_hub *hub, struct ald_kept *kept);
