#pragma once

/*
 * Rules: what the checker asserts, one row each (DESIGN section 7). A test of the saboteur names the rule that it must break,
 * so that being caught for the wrong reason does not count.
 */

/* X(NAME, "word", "the promise") */
#define SIM_RULES(X)                                                                                                   \
    X(ONE_OUTCOME, "one-outcome", "a command has exactly one outcome")                                                 \
    X(IN_TIME, "in-time", "the outcome comes by the deadline plus a second")                                           \
    X(NOT_EARLY, "not-early", "a command does not expire before its deadline")                                         \
    X(AS_SAID, "as-said", "succeeded and failed are what an agent said, and its own reply")                            \
    X(TIMELY, "timely", "a timely reply over a live link wins")                                                        \
    X(REFUSED_UNSEEN, "refused-unseen", "a refused command never ran")                                                 \
    X(REFUSED_TRULY, "refused-truly", "a command is refused only for a reason that is true")                           \
    X(CANCELLED_UNSEEN, "cancelled-unseen", "what was cancelled while queued was never seen by an agent")              \
    X(CANCELLED_TRULY, "cancelled-truly", "only what was taken back is cancelled")                                     \
    X(LOST_TRULY, "lost-truly", "lost means that the link ended after the command was sent")                           \
    X(ONCE, "once", "a command that is not idempotent reaches an agent at most once")                                  \
    X(ADDRESSEE, "addressee", "nobody receives what was not addressed to it")                                          \
    X(ONE_PRIMARY, "one-primary", "at most one party believes that it leads, unless cut off")                          \
    X(TERM_GROWS, "term-grows", "the terms of a target grow, and each has one primary")                                \
    X(FAULTLESS, "faultless", "without faults every command succeeds")                                                 \
    X(IDLE_QUEUE, "idle-queue", "nothing waits while a channel that may take it is idle")                              \
    X(HEALED, "healed", "once faults heal, everything queued is delivered and new commands succeed")                   \
    X(BOUNDED, "bounded", "what is waiting stays within the limits")                                                   \
    X(EMPTY, "empty", "at the end memory and views are where they were")                                               \
    X(VIEWS, "views", "the hub's views agree with the history")                                                        \
    X(COUNTERS, "counters", "the hub's counters agree with the history")                                               \
    X(ANSWERED, "answered", "whoever asks what became of a command is told the truth")                                 \
    X(DRAINED, "drained", "a drained hub has told every outcome and ended every connection in time")                   \
    X(DENIED, "denied", "what the edge denies is refused as not allowed, and nobody sees it")                          \
    X(OPERATOR, "operator", "what an operator asks is done, or refused for a reason that is true")                     \
    X(NOTES, "notes", "the hub's notes agree with the history")                                                        \
    X(SUBSCRIBED, "subscribed", "a subscriber hears each event after its time once, in order, or is told of a gap")     \
    X(CONTRACT, "contract", "the hub keeps to the contract of hub.h")

enum sim_rule {
#define SIM_X(name, word, text) SIM_RULE_##name,
    SIM_RULES(SIM_X)
#undef SIM_X
        SIM_N_RULES,
    SIM_RULE_NONE = SIM_N_RULES
};

const char *sim_rule_word(enum sim_rule rule);
const char *sim_rule_text(enum sim_rule rule);
