#pragma once

/*
 * Saboteur: breaks the hub on purpose, between the hub and its edge, to show that the checker catches it. The history sees
 * only what the saboteur lets through, as if the hub itself had done it.
 */

#include "msg/signal.h"

struct ald_event;
struct sim_hub;
struct sim_link;
struct sim_world;

/* X(NAME, "word", rule that must be said to be broken, "what it does") */
#define SIM_SABOTAGES(X)                                                                                               \
    X(NONE, "none", NONE, "nothing")                                                                                   \
    X(DROP_REPLY, "drop-reply", IN_TIME, "drops one outcome on its way to the caller")                                 \
    X(ANSWER_TWICE, "answer-twice", ONE_OUTCOME, "tells one outcome twice")                                            \
    X(SKIP_DEMOTION, "skip-demotion", ONE_PRIMARY, "answers a demotion itself, so that the party never hears it")      \
    X(REFUSE_ALL, "refuse-all", REFUSED_TRULY, "refuses every command as busy")                                        \
    X(LOSE_QUEUED, "lose-queued", IDLE_QUEUE, "forgets commands that waited")                                          \
    X(WRONG_CHANNEL, "wrong-channel", ADDRESSEE, "delivers a command to another target's channel")                     \
    X(LATE_SUCCESS, "late-success", IN_TIME, "turns an expiry into a success two seconds later")                       \
    X(SEND_TWICE, "send-twice", ONCE, "hands a command that is not idempotent out twice")                              \
    X(NEVER_ANSWER, "never-answer", IN_TIME, "tells no outcome at all")                                                \
    X(EXPIRE_EARLY, "expire-early", NOT_EARLY, "says expired where an agent is still at work")                         \
    X(LIE_SUCCESS, "lie-success", AS_SAID, "says succeeded where the agent failed")                                    \
    X(LIE_LOST, "lie-lost", LOST_TRULY, "says lost where the link is well")                                            \
    X(IGNORE_REPLY, "ignore-reply", TIMELY, "keeps an agent's reply from the hub")                                     \
    X(REFUSE_SENT, "refuse-sent", REFUSED_UNSEEN, "says refused of a command that ran")                                \
    X(CANCEL_UNASKED, "cancel-unasked", CANCELLED_TRULY, "says cancelled of a command nobody took back")               \
    X(OLD_TERM, "old-term", TERM_GROWS, "promotes with the term of an earlier promotion")                              \
    X(IGNORE_CANCEL, "ignore-cancel", OPERATOR, "keeps an operator's cancel from the hub")                             \
    X(IGNORE_LEAVE, "ignore-leave", OPERATOR, "keeps an operator's goodbye from the hub")                              \
    X(PROMOTE_OTHER, "promote-other", OPERATOR, "promotes another channel than the operator chose")                    \
    X(LET_PASS, "let-pass", DENIED, "lets pass what the edge denied")                                                  \
    X(TELL_STRANGER, "tell-stranger", ANSWERED, "tells a stranger what became of a command")                           \
    X(DROP_EVENT, "drop-event", SUBSCRIBED, "drops an event on its way to a subscriber")                               \
    X(EVENT_TWICE, "event-twice", SUBSCRIBED, "tells a subscriber an event twice")                                     \
    X(HIDE_GAP, "hide-gap", SUBSCRIBED, "does not tell of what is missing")                                            \
    X(DROP_NOTE, "drop-note", NOTES, "keeps notes of outcomes from their watcher")

enum sim_sabotage {
#define SIM_X(name, word, rule, text) SIM_SABOTAGE_##name,
    SIM_SABOTAGES(SIM_X)
#undef SIM_X
        SIM_N_SABOTAGES
};

struct sim_saboteur {
    uint8_t kind; /* enum sim_sabotage */
    uint32_t n_struck;
    struct ald_msg *late; /* the command of which something is said later */
    struct sim_link *late_link;
};

/* The hub says `signal` on `link`: true when the saboteur has dealt with it (and taken its references). */
bool sim_saboteur_say(struct sim_world *world, struct sim_link *link, struct ald_signal *signal);
/* The party says `signal` to the hub: true when it is to be kept from the hub (its references are not taken). */
bool sim_saboteur_hear(struct sim_world *world, struct sim_link *link, struct ald_signal *signal);

/* An operator asks: true when the saboteur has answered him. */
bool sim_saboteur_ask(struct sim_hub *hub, struct ald_event *event);
/* The hub notes an outcome: true when nobody is to hear of it. */
bool sim_saboteur_note(struct sim_hub *hub);

/* Give up what it holds. */
void sim_saboteur_fini(struct sim_saboteur *saboteur);

const char *sim_sabotage_word(enum sim_sabotage sabotage);
int sim_sabotage_find(const char *word);           /* -1: none */
int sim_sabotage_rule(enum sim_sabotage sabotage); /* enum sim_rule */
