#pragma once

/*
 * Story: what happened, in the order it happened. Every fact goes into the hash of the run (same seed, same hash) and,
 * when the run is to be told, becomes a line. A run is not told while it goes well: one that broke is run again, told.
 *
 * The texts are templates: {c} is the command, {p} the party, {n} the number, {w} the word.
 */

#include "base/defs.h"

struct sim_party;
struct sim_world;

/* How much is told: SIM_TOLD_MAIN is for scenarios, SIM_TOLD_ALL for people who look for what broke. */
enum sim_told { SIM_TOLD_NOTHING, SIM_TOLD_MAIN, SIM_TOLD_ALL };

/* X(NAME, told from, "template") */
#define SIM_FACTS(X)                                                                                                   \
    X(DIALS, ALL, "{p} dials")                                                                                         \
    X(NO_HUB, ALL, "{p} finds no hub")                                                                                 \
    X(OPENED, ALL, "the hub takes connection {n} of {p}")                                                              \
    X(REGISTERED, MAIN, "{p} serves {w}")                                                                              \
    X(JOINED, MAIN, "{p} is here")                                                                                     \
    X(RESUMED, MAIN, "{p} is back")                                                                                    \
    X(DENIED, MAIN, "{p} is denied: {w}")                                                                              \
    X(UNREGISTERS, MAIN, "{p} gives up its target")                                                                    \
    X(ASKS, MAIN, "{p} asks {w} for {c}")                                                                              \
    X(QUESTIONS, MAIN, "{p} asks what became of {n}, as {c}")                                                          \
    X(ADMITTED, ALL, "the hub hears {c} from {p}")                                                                     \
    X(HANDED, ALL, "{c} is handed to {p}")                                                                             \
    X(BEGUN, ALL, "{c} begins to be written to {p}")                                                                   \
    X(DONE, ALL, "{c} is written to {p}")                                                                              \
    X(RECEIVED, MAIN, "{p} receives {c}")                                                                              \
    X(STATUS, ALL, "{p} says {w} of {c}")                                                                              \
    X(REPLIES, MAIN, "{p} replies {w} to {c}")                                                                         \
    X(REPLIED, ALL, "the hub hears {w} to {c} from {p}")                                                               \
    X(STRAY, MAIN, "{p} replies to nothing")                                                                           \
    X(TOLD, MAIN, "{c} ends: {w}")                                                                                     \
    X(TOLD_AGAIN, ALL, "{c} is told again: {w}")                                                                       \
    X(HEARS, MAIN, "{p} hears of {c}: {w}")                                                                            \
    X(HEARS_STATUS, MAIN, "{p} hears that {c} is {w}")                                                                 \
    X(SAYS_EVENT, MAIN, "{p} says something to {w}")                                                                   \
    X(HEARS_EVENT, MAIN, "{p} hears an event")                                                                         \
    X(PUBLISHES, MAIN, "{p} publishes event {n}")                                                                      \
    X(SUBSCRIBES, MAIN, "{p} wants to hear of events {w}")                                                             \
    X(SUBSCRIBED, MAIN, "{p} hears events {w}")                                                                        \
    X(HEARS_PUBLISHED, MAIN, "{p} hears event {n}")                                                                    \
    X(TAKES_BACK, MAIN, "{p} takes {c} back")                                                                          \
    X(BACK, ALL, "the hub hears that {p} takes {c} back")                                                              \
    X(ASKED_TO_STOP, MAIN, "{p} is asked to stop {c}")                                                                 \
    X(OPERATOR_CANCELS, MAIN, "an operator cancels {c}: {w}")                                                          \
    X(OPERATOR_SENDS, MAIN, "an operator sends {p} away: {w}")                                                         \
    X(OPERATOR_CHOOSES, MAIN, "an operator wants {p} to lead: {w}")                                                    \
    X(DENIES, ALL, "the edge denies {p} what it asks for")                                                             \
    X(CHECKED, ALL, "{p} is asked for its health")                                                                     \
    X(HEALTH, ALL, "{p} answers its health: {w}")                                                                      \
    X(TOLD_TO_LEAD, ALL, "the hub wants {p} to lead term {n}")                                                         \
    X(TOLD_TO_FOLLOW, ALL, "the hub wants {p} to step down")                                                           \
    X(LEADS, MAIN, "{p} leads term {n}")                                                                               \
    X(FOLLOWS, MAIN, "{p} steps down")                                                                                 \
    X(CONFIRMS, ALL, "{p} answers about leading: {w}")                                                                 \
    X(CONFIRMED, ALL, "the hub hears from {p} about leading: {w}")                                                     \
    X(GOODBYE, MAIN, "{p} says goodbye")                                                                               \
    X(TOLD_TO_LEAVE, MAIN, "{p} is told to leave")                                                                     \
    X(CUT, MAIN, "the link of {p} is cut")                                                                             \
    X(FAULT, ALL, "fault: {w} at {p}")                                                                                 \
    X(STALLS, MAIN, "output to {p} stalls")                                                                            \
    X(FLOWS, MAIN, "output to {p} flows again")                                                                        \
    X(DEAF, MAIN, "{p} stops reading")                                                                                 \
    X(LISTENS, MAIN, "{p} reads again")                                                                                \
    X(PAUSED, ALL, "the hub stops reading {p}")                                                                        \
    X(UNPAUSED, ALL, "the hub reads {p} again")                                                                        \
    X(CLOSE, MAIN, "the hub ends the link of {p}: {w}")                                                                \
    X(CLOSED, ALL, "the hub loses connection {n} of {p}")                                                              \
    X(LOSES_HUB, ALL, "{p} loses the hub")                                                                             \
    X(CRASHES, MAIN, "{p} crashes")                                                                                    \
    X(HUB_STARTS, MAIN, "hub {n} starts")                                                                              \
    X(HUB_CRASHES, MAIN, "hub {n} crashes")                                                                            \
    X(HUB_DRAINS, MAIN, "hub {n} drains")                                                                              \
    X(HUB_DRAINED, MAIN, "hub {n} has drained")                                                                        \
    X(HEALED, MAIN, "everything heals")                                                                                \
    X(ENDS, MAIN, "the run ends")

enum sim_fact {
#define SIM_X(name, told, text) SIM_FACT_##name,
    SIM_FACTS(SIM_X)
#undef SIM_X
        SIM_N_FACTS
};

struct sim_line {
    struct sim_line *next;
    ald_usec at;
    uint32_t command; /* 0: none */
    const struct sim_party *party;
    char text[];
};

struct sim_story {
    enum sim_told told;
    uint64_t hash;
    struct sim_line *first, *last;
    const struct sim_line *read; /* what sim_story_take() gave last */
};

/* Note a fact. `command`, `party`, `number` and `word` (borrows) are whatever the template names; 0 or NULL otherwise. */
void sim_note(struct sim_world *world, enum sim_fact fact, uint32_t command, const struct sim_party *party,
              uint64_t number, const char *word);

/* Append to `text` (of `room` bytes, terminated) the lines since the last call, "[  0] ..." with milliseconds. */
void sim_story_take(struct sim_world *world, char *text, size_t room);

/* Print the story of `command` (0: everything) on standard output. */
void sim_story_print(const struct sim_world *world, uint32_t command);
