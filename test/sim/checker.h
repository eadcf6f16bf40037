#pragma once

/*
 * Checker: holds what the hub says against what happened. Each broken rule is a sentence about a command; the first one ends
 * the run.
 */

#include "sim/history.h"
#include "sim/rules.h"

/* What broke first. */
struct sim_verdict {
    enum sim_rule rule; /* SIM_RULE_NONE: nothing */
    uint32_t command;   /* 0: none in particular */
    ald_usec at;
    char text[400];
};

/* Rule `rule` is broken. Kept when it is the first. */
void sim_complain(struct sim_world *world, enum sim_rule rule, const struct sim_command *command, const char *format,
                  ...) ALD_PRINTF(4, 5);
bool sim_broken(const struct sim_world *world);

/* check_told.c: an outcome was told: `signal` is the hub's REPLY on `link`. */
void sim_check_told(struct sim_world *world, struct sim_command *command, struct sim_link *link,
                    const struct ald_signal *signal);
/* The deadline and a second have passed, and no outcome was told. */
void sim_check_overdue(struct sim_world *world, struct sim_command *command);
/* What it is told may have come about before: its caller has a session and does not read. */
bool sim_check_may_wait(const struct sim_command *command);
/* An outcome, told or seen in a view, that came about at `at`. */
void sim_check_outcome(struct sim_world *world, struct sim_command *command, uint8_t outcome, uint8_t cause,
                       ald_usec at);

/* A caller was told what became of the command it asked about, by `signal`. */
void sim_check_answer(struct sim_world *world, const struct sim_command *question, const struct ald_signal *signal);

/* check_refused.c: it was told as refused, by the hub itself, just now. */
void sim_check_refused(struct sim_world *world, struct sim_command *command, uint8_t cause);
/* Judge what was refused in the step that is over: what made it so may have been said after it. */
void sim_check_refusals(struct sim_world *world, struct sim_hub *hub);
/* Another open command of the same caller has its id. */
bool sim_check_duplicate(const struct sim_hub *hub, const struct sim_command *command);

/* Channels of a target as far as signals tell, with those that leave. */
uint32_t sim_check_count_channels(const struct sim_hub *hub, const char *target);

/* check_handed.c: a command was given to a connection; reached an agent. */
void sim_check_handed(struct sim_world *world, struct sim_handing *handing);
void sim_check_received(struct sim_world *world, struct sim_handing *handing);

/* check_hub.c: views, counters and bounds, between two steps. */
void sim_check_hub(struct sim_world *world, struct sim_hub *hub);
/* The hub shows an outcome of this one, which is as true as one that is told. */
bool sim_check_ended(struct sim_world *world, const struct sim_hub *hub, const struct sim_command *command);
/* A hub says that it has drained. */
void sim_check_drained(struct sim_world *world, struct sim_hub *hub);
/* Everybody has left and history has forgotten: nothing may remain. */
void sim_check_empty(struct sim_world *world, struct sim_hub *hub);
