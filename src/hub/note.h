#pragma once

/*
 * Note: what happens in a hub, told while it happens to whoever watches: an event stream, a histogram, a test. A hub that
 * nobody watches pays one test of a mask for each.
 *
 * Threading:  the watcher is called from within ald_hub_step(). It may queue; it may not step the hub, nor read it through
 *             hub/view.h, since things are half done then.
 * Lifetime:   a note and everything that it shows is borrowed for the call. What is to be kept is copied, or referenced
 *             (ald_msg_ref()).
 * Order:      that of what happens. A command has SUBMITTED, then a PHASE for each arrow of its lifecycle but the last, then
 *             ENDED, exactly once, when its outcome and its reply are complete; then perhaps LATE. A refusal that no record
 *             is kept of (the sender never registered, memory is short) has ENDED only. The members of a roster have notes
 *             of a kind of their own, so that whoever counts commands does not count them twice.
 */

#include "hub/hub.h"

enum ald_note_kind {
    ALD_NOTE_SUBMITTED, /* a command was admitted to the record, if only to be refused; `msg` is the command */
    ALD_NOTE_PHASE,     /* it went on to `phase`; `msg` is the command */
    ALD_NOTE_ENDED,     /* it has its `outcome`; `msg` is the reply, or NULL where the hub itself decided */
    ALD_NOTE_LATE, /* a reply came after the outcome, and went no further; `msg` is that reply, or NULL. To a member it
                           may come when only its whole has the outcome as yet */
    ALD_NOTE_MEMBER, /* a member of the roster of `whole` went on, or has its `outcome`: then `msg` is its reply */
    ALD_NOTE_EVENT, /* an event was taken; `change` is its fate: "delivered", "dropped" for `cause`, "spread" to all who are
                       to have it, or "held" for its target: then a second note says later what became of it. `msg` is the
                       event */
    ALD_NOTE_CHANNEL,  /* `channel` of `target`: `change` is one of "joined" "gone" "active" "inactive" "away" "live"
                           "leaving" "promoting" "primary" "demoted", the last three with their `term` */
    ALD_NOTE_ELECTION, /* the election of `target` is now in the state that `change` names, in `term` */
    ALD_N_NOTES
};

/* Masks of ald_hub_watch(). */
#define ALD_NOTE_BIT(kind) (UINT32_C(1) << (kind))
#define ALD_NOTE_COMMANDS                                                                                              \
    (ALD_NOTE_BIT(ALD_NOTE_SUBMITTED) | ALD_NOTE_BIT(ALD_NOTE_PHASE) | ALD_NOTE_BIT(ALD_NOTE_ENDED) |                  \
     ALD_NOTE_BIT(ALD_NOTE_LATE))
#define ALD_NOTE_EVERYTHING (ALD_NOTE_BIT(ALD_N_NOTES) - 1)

/* What does not belong to a kind is absent, NULL or 0. */
struct ald_note {
    uint8_t kind; /* enum ald_note_kind */
    ald_usec now; /* of the step */
    ald_wall wall;
    ald_wall at;            /* strictly increasing: the same where an event is told again (hub/view.h) */
    struct ald_id id;       /* the hub's own, of the command or the event */
    struct ald_id whole;    /* MEMBER, and LATE of one: the command whose roster it belongs to */
    struct ald_str wire_id; /* its sender's */
    struct ald_str name;
    struct ald_address to; /* as the sender wrote it */
    struct ald_str from;   /* the target of whoever submitted, or the address of its peer */
    struct ald_str principal;
    struct ald_str channel; /* text of its id; of a command: of the latest attempt */
    struct ald_str
        target;         /* of a command or an event: the name it was meant for; absent when only a channel was named */
    uint8_t phase;      /* enum ald_phase: where it is now */
    uint8_t last_phase; /* with an outcome: where it was before */
    uint8_t outcome;    /* enum ald_outcome */
    uint8_t cause;      /* enum ald_cause */
    uint8_t n_attempts;
    ald_usec submitted; /* its age is now - submitted */
    uint64_t term;
    struct ald_str change; /* static: see the kinds */
    struct ald_str text;   /* with an outcome that is not `succeeded`: why, for people */
    const struct ald_msg *msg;
};

typedef void (*ald_note_fn)(void *owner, const struct ald_note *note);

/* Call `fn` for the kinds in `mask` (0: for nothing) from now on; there is one watcher, the latest. Between two steps. */
void ald_hub_watch(struct ald_hub *hub, uint32_t mask, ald_note_fn fn, void *owner);

/* "submitted", "phase", "ended", … */
const char *ald_note_name(enum ald_note_kind kind);
