#pragma once

/*
 * History: what the simulator itself saw of every command, on its own side of the hub: submitted, taken by the hub, handed to
 * a connection, begun and written, received, executed, replied, told. Nothing here is read from the hub; the checker holds the
 * hub's words, views and counters against it.
 *
 * Every function notes a fact in the story; those that can break a rule complain (checker.h).
 * Lifetime: records live in the arena of the world.
 */

#include "msg/signal.h"

struct sim_hub;
struct sim_job;
struct sim_link;
struct sim_party;
struct sim_world;

/* One time that a command was handed to a connection. */
struct sim_handing {
    struct sim_handing *next;       /* of the command, newest first */
    struct sim_handing *party_next; /* of the party, newest first */
    struct sim_command *command;
    struct sim_party *party;
    struct sim_link *link; /* the latest that it was handed to; only a session has several */
    struct ald_id id;      /* the hub's own */
    uint64_t serial;       /* of a session; 0: none */
    uint64_t lineage;      /* of the party's session; what it received in an earlier one is another's */
    ald_usec handed, begun, done, received, executed, replied, answered, ended; /* 0: not */
    ald_usec stop_asked;                                                        /* the hub sent a cancel */
    uint8_t reply;       /* enum ald_outcome, as the agent said first */
    bool answered_late;  /* after the hub had ended the link: it may listen, or not */
    uint8_t fate;        /* what its agent decided to reply */
    bool shut;           /* no longer in flight */
    struct sim_job *job; /* of the agent */
    uint32_t n_received;
};

/* What a command is for; a question is itself a command, to the hub. */
struct sim_order {
    const char *target;              /* NULL: whoever answers what the hub does not */
    const struct sim_party *channel; /* with ALD_MODE_CHANNEL: this one's; NULL: one that does not exist */
    uint8_t mode;
    uint32_t flags;
    ald_usec ttl;        /* ALD_NEVER: says none */
    size_t payload_size; /* at least */
    uint32_t again;      /* use the id of this command, 0: an own one */
    uint32_t about;      /* a question about this command */
    bool takes_back;     /* which is to take it back */
    bool denied;         /* the edge will deny it */
    bool must_succeed;   /* nothing is wrong any more, or was ever */
};

/* What the hub's notes have told of a command. */
enum sim_noted { SIM_NOTED_NOT, SIM_NOTED_OPEN, SIM_NOTED_ENDED };

struct sim_command {
    uint32_t number;
    struct sim_order order;
    struct sim_party *caller;
    struct sim_link *link; /* it was submitted on; NULL: not yet */
    uint32_t life;         /* of the hub that took it, 0: none yet */
    char wire_id[16];
    char channel[ALD_ID_TEXT + 1];
    struct ald_slice payload;
    size_t cost; /* of the message */

    ald_usec submitted, admitted, deadline;
    ald_usec taken_back; /* the hub heard so */
    struct sim_handing *handings;
    uint32_t n_handings, n_received;
    bool duplicate;    /* another one with its id was open when the hub took it */
    uint32_t n_roster; /* mode `all`: channels of the target when the hub took it */

    uint32_t n_told;
    ald_usec told_at;
    const struct sim_link *told_link;
    uint8_t outcome, cause;
    uint32_t n_heard;
    uint8_t heard;  /* the outcome that the caller heard */
    uint8_t viewed; /* the outcome that the hub showed */
    uint8_t noted, noted_outcome;
    bool asked_after;
    bool shares_id;     /* another command has its wire id */
    bool vanished;      /* the hub that took it is gone, and told nothing */
    bool unread;        /* its caller did not read when it was overdue, and has a session, where it waits behind events */
    bool open;          /* taken, and no outcome told, and not overdue */
    uint8_t refused_as; /* enum ald_cause */
    struct sim_command *refused_next;
    struct sim_command *open_next, **open_prev; /* of the hub */
};

struct sim_command *sim_history_order(struct sim_world *world, struct sim_party *caller, const struct sim_order *order);
/* The command that a message is about, by its payload or, of replies and statuses, its wire id; NULL: none of ours. */
struct sim_command *sim_history_find(struct sim_world *world, const struct ald_msg *msg);
/* The one that goes by that name; NULL: a question, or nobody's. */
struct sim_command *sim_history_named(struct sim_world *world, struct ald_str name);
/* Where it is to go: its target, or the controller of the hub; NULL: nowhere. */
const char *sim_history_target(const struct sim_hub *hub, const struct sim_command *command);
struct sim_command *sim_history_get(struct sim_world *world, uint32_t number);
/* The newest handing to `party` that carried the hub's `id`; NULL: none. */
struct sim_handing *sim_history_handing(struct sim_party *party, struct ald_id id);

void sim_history_submitted(struct sim_world *world, struct sim_command *command, struct sim_link *link);
void sim_history_admitted(struct sim_world *world, struct sim_command *command, struct sim_link *link);
/* The hub did not hear it after all: it had just ended the link. */
void sim_history_ignored(struct sim_hub *hub, struct sim_command *command);
struct sim_handing *sim_history_handed(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                                       const struct ald_signal *signal);
void sim_history_begun(struct sim_world *world, struct sim_handing *handing);
void sim_history_done(struct sim_world *world, struct sim_handing *handing);
void sim_history_received(struct sim_world *world, struct sim_handing *handing);
void sim_history_executed(struct sim_world *world, struct sim_handing *handing);
void sim_history_replied(struct sim_world *world, struct sim_handing *handing, uint8_t outcome);
/* The hub heard the agent's reply. */
void sim_history_answered(struct sim_world *world, struct sim_handing *handing, struct sim_link *link, uint8_t outcome);
/* `party` takes it back; NULL: an operator does. */
void sim_history_taken_back(struct sim_world *world, struct sim_command *command, struct sim_hub *hub,
                            const struct sim_party *party);
/* The hub told an outcome. */
void sim_history_told(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                      const struct ald_signal *signal);
/* The caller heard it; `whole`: in the hub's own word for it, which not every protocol has. */
void sim_history_heard(struct sim_world *world, struct sim_command *command, uint8_t outcome, bool whole);
/* A link has ended as the hub sees it: it was told so, or ended it itself. */
void sim_history_link_ended(struct sim_world *world, struct sim_link *link);
/* The hub vanished with all that it knew. */
void sim_history_hub_lost(struct sim_world *world, struct sim_hub *hub);
