#pragma once

/*
 * Command: one command, from its admission until it has ended and nobody needs it any more. What is still remembered of
 * it then, and what stands for it in the hub's lists and tables all the time, is its record; see hub/record.h.
 *
 * Lifetime:   allocated at admission, the only time at which memory may be short.
 * Invariants: it has exactly one outcome, set by ald_command_end() and never changed; only a command without an outcome
 *             has a place (a queue, the handed ones of a connection, the sent ones of a channel) and a running alarm.
 */

#include "hub/alarm.h"
#include "hub/kept.h"
#include "hub/view.h"

struct ald_channel;
struct ald_party;
struct ald_queue;
struct ald_record;
struct ald_roster;
struct ald_target;
struct ald_who;

/* Where a command is on its way to an agent. */
enum ald_place {
    ALD_PLACE_NOWHERE, /* not routed yet, or it has ended, or the hub itself answers it */
    ALD_PLACE_WAITING, /* in a queue */
    ALD_PLACE_HANDED,  /* given to the edge; not a byte of it was reported as written */
    ALD_PLACE_SENT,
    ALD_N_PLACES
};

/* The lines of a story. X(NAME, "text") */
#define ALD_LINES(X)                                                                                                   \
    X(SUBMITTED, "submitted")                                                                                          \
    X(QUEUED, "queued")                                                                                                \
    X(SENT, "sent")                                                                                                    \
    X(ACCEPTED, "accepted")                                                                                            \
    X(RUNNING, "running")                                                                                              \
    X(REROUTED, "takes another way")                                                                                   \
    X(MOVED, "moved")                                                                                                  \
    X(AGAIN, "another attempt")                                                                                        \
    X(FANNED_OUT, "given to every channel")                                                                            \
    X(DENIED, "denied")                                                                                                \
    X(BY_OPERATOR, "an operator takes it back")                                                                        \
    X(BY_ID, "taken back over another connection")                                                                     \
    X(CANCEL_WANTED, "cancel wanted")                                                                                  \
    X(CANCEL_ASKED, "cancel asked")                                                                                    \
    X(CANCEL_REFUSED, "cancel refused")                                                                                \
    X(LATE_REPLY, "late reply")                                                                                        \
    X(SUCCEEDED, "succeeded")                                                                                          \
    X(FAILED, "failed")                                                                                                \
    X(REFUSED, "refused")                                                                                              \
    X(CANCELLED, "cancelled")                                                                                          \
    X(EXPIRED, "expired")                                                                                              \
    X(LOST, "lost")                                                                                                    \
    X(UNDELIVERED, "nobody was there to hear the reply")

enum ald_line {
#define ALD_X(name, text) ALD_LINE_##name,
    ALD_LINES(ALD_X)
#undef ALD_X
        ALD_N_LINES
};

struct ald_story_line {
    ald_usec at;
    uint64_t channel : 48; /* its number, 0: none is concerned */
    uint64_t what : 6;
    uint64_t phase : 4;
    uint64_t attempt : 6;
};

/* What happened to a command. */
struct ald_story {
    uint32_t n, n_dropped;
    struct ald_story_line lines[ALD_STORY_MAX];
};

/* The bytes of it that mean something. */
static inline size_t ald_story_size(const struct ald_story *story)
{
    return offsetof(struct ald_story, lines) + story->n * sizeof(story->lines[0]);
}

/* The first lines and the last ones win: half of the room each. */
void ald_story_add(struct ald_story *story, struct ald_story_line line);

struct ald_command {
    struct ald_record *record;    /* NULL: a member of a roster */
    struct ald_node open;         /* the hub's without an outcome */
    struct ald_node place_node;   /* see enum ald_place */
    struct ald_node while_served; /* its queue's: see there */
    struct ald_node caller_node;  /* the submitted of a party */
    struct ald_node work;         /* the hub's answers to be given */
    struct ald_node ripe;         /* the hub's that are to be packed */
    uint64_t number;
    struct ald_id id;
    struct ald_msg *msg;   /* the caller's */
    struct ald_msg *reply; /* the agent's, or what the hub made for the caller, or NULL */
    struct ald_who *from;
    struct ald_party *caller; /* NULL: gone, or answered, or a member of a roster */

    uint8_t phase;      /* enum ald_phase */
    uint8_t last_phase; /* the furthest one before the outcome, of all attempts */
    uint8_t place;      /* enum ald_place */
    uint8_t outcome;
    uint8_t cause;
    uint8_t mode;
    uint8_t n_attempts;  /* sent so often */
    bool in_wire_ids;    /* of its caller */
    bool stays;          /* it does not fit into its record */
    bool is_duplicate;   /* its caller has an open one with its wire id */
    bool has_namesake;   /* somebody else had one when it was admitted: a caller that came back numbers from 1 again */
    bool is_renamed;     /* and the agent of this attempt has that one: its answers would be taken for one another's */
    bool hub_made_reply; /* `reply` is the hub's own */
    bool cancel_wanted;  /* once it is known to be sent */
    bool cancel_asked;   /* of this attempt */
    bool in_doubt;       /* an earlier attempt was sent, and nobody knows what became of it */
    uint8_t doubt_cause; /* enum ald_cause: how that attempt was lost */
    uint8_t doubt_phase; /* enum ald_phase: how far it, or one before it, had come */
    bool is_abroad;      /* its agent is another hub: it is one command there, whatever its mode */
    bool is_flooded;     /* and so are all daemons that are linked: the first to answer counts */
    uint64_t flooded_at; /* a number of the hub's own: those that joined before were given it */
    bool has_progress;   /* `total` and `completed` were said */
    const char *text;    /* static: why, when the hub decided */

    struct ald_target *target;   /* only while it has no outcome */
    struct ald_channel *channel; /* of the current attempt, or the one that `channel` means */
    struct ald_queue *queue;     /* WAITING: where */
    uint64_t agent_conn;         /* of the latest attempt: who may still answer */
    uint32_t agent_party;
    uint64_t told_serial;         /* that which its session gave it there; 0: none yet, or it has no session */
    char channel_id[ALD_ID_TEXT]; /* of the latest attempt */
    bool has_channel_id;
    struct ald_hub_alarm alarm;

    struct ald_command *whole; /* of a member of a roster */
    struct ald_id whole_id;    /* kept apart: a member that is still to be reaped outlives its whole */
    struct ald_roster *roster; /* of a command in mode `all` */

    struct ald_node watchers; /* of .watch: commands that ask for this one's outcome */
    struct ald_node watch;
    struct ald_command *watched;
    uint32_t pins; /* history may not free it */

    ald_usec submitted, deadline, ended;
    ald_wall submitted_wall;
    struct ald_kept kept_command, kept_cancel, kept_reply;

    double total, completed; /* the latest progress */
    struct ald_story story;
};

/* How a command ends. */
struct ald_end {
    uint8_t outcome;
    uint8_t cause;
    const char *text;      /* static; NULL: that of the cause */
    struct ald_msg *reply; /* the agent's (borrows), or NULL */
};

/* Gives a command, with its record, of `msg` (shares) that `party` submitted, for whom `from` (shares) names, in phase
 * `submitted`, with its deadline set. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_command_new(struct ald_hub *hub, struct ald_party *party, struct ald_who *from,
                                  struct ald_msg *msg, struct ald_command **ret_command);
/* Make a member of the roster of `whole`, for a channel of `target`, in `member`, which holds nothing yet. */
void ald_command_init_member(struct ald_hub *hub, struct ald_command *whole, struct ald_target *target,
                             struct ald_command *member);

/* What was found: a command; a record that is packed, with no command; or nothing, when both are NULL. A member of a
 * roster has no record. */
struct ald_found {
    struct ald_command *command;
    struct ald_record *record;
};

/* By the hub's own id. */
struct ald_found ald_command_find(const struct ald_hub *hub, struct ald_id id);
/* The one without an outcome that `party` submitted under that wire id, or NULL. */
struct ald_command *ald_command_find_mine(const struct ald_hub *hub, const struct ald_party *party,
                                          struct ald_str wire_id);
/* By the text of an id, or by a wire id: the newest of several. */
struct ald_found ald_command_find_text(const struct ald_hub *hub, struct ald_str text);
/* The same among what `principal` (absent: nobody in particular) submitted. `ret_known`: there are others. */
struct ald_found ald_command_find_of(const struct ald_hub *hub, struct ald_str principal, struct ald_str text,
                                     bool *ret_known);

/* The only writer of an outcome. Tells whoever submitted it. */
void ald_command_end(struct ald_hub *hub, struct ald_command *command, const struct ald_end *end);
void ald_command_refuse(struct ald_hub *hub, struct ald_command *command, enum ald_cause cause, const char *text);

void ald_command_set_phase(struct ald_hub *hub, struct ald_command *command, enum ald_phase phase);
void ald_command_set_place(struct ald_hub *hub, struct ald_command *command, enum ald_place place);
void ald_command_write(struct ald_hub *hub, struct ald_command *command, enum ald_line what);
const char *ald_line_text(enum ald_line what);

/* Its deadline has come. */
void ald_command_expired(struct ald_hub *hub, struct ald_command *command);
/* Let go of its caller, who is gone. */
void ald_command_orphan(struct ald_hub *hub, struct ald_command *command);
/* Tell the caller, if there is one, how it ended. Once. */
void ald_command_answer(struct ald_hub *hub, struct ald_command *command);
struct ald_signal ald_command_reply_signal(const struct ald_command *command);
/* A status of the hub's own making to whoever submitted, if it takes those. `details` is JSON (shares), or empty. */
void ald_command_tell_status(struct ald_hub *hub, struct ald_command *command, struct ald_str text,
                             struct ald_slice details);

/* What it costs to let it wait. */
size_t ald_command_cost(const struct ald_command *command);

/* It has ended, and nobody needs more of it than its record can tell. */
bool ald_command_is_ripe(const struct ald_command *command);
/* Let the record alone stand for it, if it is ripe and fits. */
void ald_command_pack(struct ald_hub *hub, struct ald_command *command);
/* Forget it, with its record; it must have an outcome, or the hub is being freed. */
void ald_command_forget(struct ald_hub *hub, struct ald_record *record);
void ald_command_fini_member(struct ald_hub *hub, struct ald_command *member);
void ald_command_check(const struct ald_hub *hub, const struct ald_command *command);
