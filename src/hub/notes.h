#pragma once

/*
 * Notes: how the parts of the hub tell what happens to its watcher (hub/note.h). Each costs one test of the mask when
 * nobody wants to know.
 */

#include "hub/note.h"
#include "hub/state.h"

struct ald_channel;
struct ald_command;
struct ald_hub_conn;
struct ald_remembered;
struct ald_target;

/* An event or a refusal: what no record is kept of. */
struct ald_notes_bare {
    struct ald_id id;
    ald_wall at; /* ald_note.at of an event that is remembered; 0: now */
    const struct ald_msg *msg;
    const struct ald_hub_conn *conn;
    const struct ald_party *party;     /* NULL: it never registered */
    const struct ald_who *who;         /* instead of the two: who it was, whether still there or not */
    const struct ald_channel *channel; /* of a delivered event */
    uint8_t cause;
    const char *fate; /* of an event */
};

static inline bool ald_notes_wanted(const struct ald_hub *hub, enum ald_note_kind kind)
{
    return (hub->note_mask & ALD_NOTE_BIT(kind)) != 0;
}

/* Make them; only where they are wanted. `msg` may be NULL. */
void ald_notes_of_command(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_command *command,
                          const struct ald_msg *msg);
void ald_notes_of_bare(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_notes_bare *bare);
void ald_notes_of_channel(struct ald_hub *hub, const struct ald_channel *channel, const char *change);
void ald_notes_of_election(struct ald_hub *hub, const struct ald_target *target, const char *state);

/* What was told of an event when it came; its views live as long as that is remembered. */
void ald_notes_again(const struct ald_hub *hub, const struct ald_remembered *remembered, struct ald_note *ret_note);

static inline void ald_notes_command(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_command *command,
                                     const struct ald_msg *msg)
{
    if (ald_notes_wanted(hub, kind)) {
        ald_notes_of_command(hub, kind, command, msg);
    }
}

static inline void ald_notes_bare(struct ald_hub *hub, enum ald_note_kind kind, const struct ald_notes_bare *bare)
{
    if (ald_notes_wanted(hub, kind)) {
        ald_notes_of_bare(hub, kind, bare);
    }
}

static inline void ald_notes_channel(struct ald_hub *hub, const struct ald_channel *channel, const char *change)
{
    if (ald_notes_wanted(hub, ALD_NOTE_CHANNEL)) {
        ald_notes_of_channel(hub, channel, change);
    }
}
