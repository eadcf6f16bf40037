#pragma once

/*
 * Faults: everything that may go wrong in a simulated world, one bit each, so that a run can be told which of them to use.
 * A fault is *taken* where it strikes: the place asks sim_fault_take(), which draws whether it happens now and counts it.
 * Without a bit nothing of its kind happens; with no bits at all every command must succeed.
 */

#include "base/defs.h"

struct sim_world;

/* X(NAME, "word", chances in 1000 each time its place is passed, "what happens") */
#define SIM_FAULTS(X)                                                                                                  \
    X(DELAY, "delay", 300, "a connection is slow: 20 to 300 ms each way, with jitter")                                 \
    X(STALL, "stall", 12, "output stops before a signal begins to be written")                                         \
    X(STALL_HALF, "stall-half", 8, "output stops in the middle of a signal")                                           \
    X(DEAF, "deaf", 4, "a party stops reading for a while")                                                            \
    X(CUT_IDLE, "cut-idle", 400, "a link is cut at any moment")                                                        \
    X(CUT_UNBEGUN, "cut-unbegun", 6, "a link is cut before a command begins to be written")                            \
    X(CUT_BEGUN, "cut-begun", 6, "a link is cut in the middle of writing a command")                                   \
    X(CUT_DONE, "cut-done", 6, "a link is cut when a command is written and not yet received")                         \
    X(CUT_RECEIVED, "cut-received", 6, "a link is cut while the agent works")                                          \
    X(CUT_REPLY, "cut-reply", 6, "a link is cut with the reply on its way")                                            \
    X(CUT_TOLD, "cut-told", 6, "the caller's link is cut with the outcome on its way")                                 \
    X(SILENT_UP, "silent-up", 150, "half open: the hub hears nothing any more")                                        \
    X(SILENT_DOWN, "silent-down", 150, "half open: the party hears nothing any more")                                  \
    X(STALE, "stale", 200, "the edge speaks of a connection that has ended")                                           \
    X(STRANGE, "strange", 150, "a party says what makes no sense")                                                     \
    X(FAIL, "fail", 30, "the agent fails")                                                                             \
    X(REFUSE, "refuse", 20, "the agent refuses")                                                                       \
    X(SLOW, "slow", 30, "the agent takes up to 4 s")                                                                   \
    X(NEVER, "never", 10, "the agent never replies")                                                                   \
    X(CRASH, "crash", 6, "the agent crashes between receipt and reply")                                                \
    X(CRASH_IDLE, "crash-idle", 200, "an agent crashes at any moment")                                                 \
    X(TWICE, "twice", 15, "the agent replies twice")                                                                   \
    X(STRAY, "stray", 10, "the agent replies to what nobody asked")                                                    \
    X(HEALTH_SILENT, "health-silent", 30, "a health check is not answered")                                            \
    X(HEALTH_BAD, "health-bad", 20, "a health check is answered: unhealthy")                                           \
    X(HEALTH_ERROR, "health-error", 20, "a health check is answered with an error")                                    \
    X(PRIMARY_SILENT, "primary-silent", 60, "a promotion or demotion is not confirmed")                                \
    X(PRIMARY_ERROR, "primary-error", 40, "a promotion or demotion is answered with an error")                         \
    X(PRIMARY_SLOW, "primary-slow", 80, "a promotion or demotion is confirmed late")                                   \
    X(CANCEL_IGNORED, "cancel-ignored", 300, "the agent goes on when asked to stop")                                   \
    X(LEAVES, "leaves", 250, "a party says goodbye")                                                                   \
    X(STAYS, "stays", 300, "a party that is told goodbye stays")                                                       \
    X(UNREGISTER, "unregister", 150, "an agent gives up its target and stays connected")                               \
    X(SESSION_LATE, "session-late", 300, "a party comes back after its session has ended")                             \
    X(CANCEL, "cancel", 60, "the caller takes the command back")                                                       \
    X(SHORT, "short", 60, "the deadline is short")                                                                     \
    X(BURST, "burst", 15, "many commands come at once")                                                                \
    X(AGAIN, "again", 10, "an id is used while it is in flight")                                                       \
    X(NOWHERE, "nowhere", 15, "a command for a target or channel that does not exist")                                 \
    X(UNABLE, "unable", 10, "a command asks for what the hub does not do")                                             \
    X(BIG, "big", 15, "a payload is large")                                                                            \
    X(NAME_TAKEN, "name-taken", 120, "a party asks for a target that another one holds")                               \
    X(FLOOD, "flood", 400, "many connect and say nothing")                                                             \
    X(TIGHT, "tight", 350, "the hub has small limits")                                                                 \
    X(LATE_TICK, "late-tick", 30, "the hub is stepped late")                                                           \
    X(OPERATOR_CANCEL, "operator-cancel", 60, "an operator takes a command back")                                      \
    X(OPERATOR_LEAVE, "operator-leave", 250, "an operator sends a channel away")                                       \
    X(OPERATOR_PRIMARY, "operator-primary", 400, "an operator makes a channel primary")                                \
    X(DENIED, "denied", 20, "the edge denies a command or an event")                                                   \
    X(DENIED_TARGET, "denied-target", 40, "the edge denies a registration")                                            \
    X(CANCEL_LATER, "cancel-later", 300, "a caller that came back takes its command back")                             \
    X(SPY, "spy", 30, "a party asks after somebody else's command, or takes it back")                                  \
    X(HUB_CRASH, "hub-crash", 250, "the hub crashes and another one starts")                                           \
    X(HUB_DRAIN, "hub-drain", 200, "the hub drains and another one starts")

enum sim_fault {
#define SIM_X(name, word, chance, text) SIM_FAULT_##name,
    SIM_FAULTS(SIM_X)
#undef SIM_X
        SIM_N_FAULTS
};

#define SIM_FAULT_BIT(fault) (UINT64_C(1) << (fault))
#define SIM_FAULTS_NONE UINT64_C(0)
#define SIM_FAULTS_ALL ((UINT64_C(1) << SIM_N_FAULTS) - 1)
/* Which ones is drawn from the seed: sometimes none, sometimes all, mostly some. */
#define SIM_FAULTS_DRAWN UINT64_MAX

/* Whether `fault` strikes now. */
bool sim_fault_take(struct sim_world *world, enum sim_fault fault);
/* Whether it is among those that may strike now. */
bool sim_fault_may(const struct sim_world *world, enum sim_fault fault);
/* The faults of a run whose options say SIM_FAULTS_DRAWN. */
uint64_t sim_faults_draw(struct sim_world *world);

const char *sim_fault_word(enum sim_fault fault);

enum { SIM_FAULTS_MALFORMED = 1 };
/* Read "all", "none", "drawn" or words with commas between them. Outcome: SIM_FAULTS_MALFORMED. */
ALD_NODISCARD int sim_faults_parse(const char *text, uint64_t *ret_faults);

/* Let what strikes at any moment (cuts, crashes, restarts, ...) strike in the storm that lasts until `until`. */
void sim_faults_plan(struct sim_world *world, ald_usec until);
