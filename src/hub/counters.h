#pragma once

/* What the hub counts: one table, from which names and metrics derive. X(NAME, "name", "meaning") */

#define ALD_COUNTERS(X)                                                                                                \
    X(CONNECTIONS_OPENED, "connections_opened", "connections that came")                                               \
    X(CONNECTIONS_CLOSED, "connections_closed", "connections that ended")                                              \
    X(CONNECTIONS_REFUSED, "connections_refused", "connections turned away because of their number")                   \
    X(REGISTERED, "registrations", "registrations taken, of agents, callers and hubs")                                 \
    X(DENIED, "registrations_denied", "registrations and resumptions refused")                                         \
    X(CHANNELS_GONE, "channels_gone", "channels that ended")                                                           \
    X(SUBMITTED, "commands_submitted", "commands that came; each ends in one of the six outcomes")                     \
    X(SUCCEEDED, "commands_succeeded", "commands whose outcome is succeeded")                                          \
    X(FAILED, "commands_failed", "commands whose outcome is failed")                                                   \
    X(REFUSED, "commands_refused", "commands whose outcome is refused; they never ran")                                \
    X(REFUSED_BUSY, "commands_refused_busy", "of the refused ones: because a limit was reached")                       \
    X(COMMANDS_DENIED, "commands_denied", "of the refused ones: because of a credential")                              \
    X(CANCELLED, "commands_cancelled", "commands whose outcome is cancelled")                                          \
    X(EXPIRED, "commands_expired", "commands whose outcome is expired")                                                \
    X(LOST, "commands_lost", "commands whose outcome is lost; they may have run")                                      \
    X(ATTEMPTS, "attempts", "times that a command was written to a channel")                                           \
    X(REQUEUED, "commands_requeued", "times that a command waits again, since its channel went before it was written") \
    X(EVENTS, "events_delivered", "events handed to a channel")                                                        \
    X(EVENTS_DROPPED, "events_dropped", "events that reached nobody")                                                  \
    X(EVENTS_DENIED, "events_denied", "events refused because of a credential")                                        \
    X(EVENTS_UNTAKEN, "events_untaken", "events handed to a channel that went before they were written")               \
    X(EVENTS_HELD, "events_held", "events kept until their target comes")                                              \
    X(EVENTS_NOT_HELD, "events_not_held", "events that should be kept and found no room")                              \
    X(EVENTS_EXPIRED, "events_expired", "events whose time was over before their target came")                         \
    X(EXPECTED_DROPPED, "expected_targets_dropped", "names of expected targets that were too long, or too many")       \
    X(REPORTS, "event_reports", "reports about the fate of an event told to its sender")                               \
    X(REPORTS_UNDELIVERED, "event_reports_undelivered", "reports about the fate of an event that reached nobody")      \
    X(BROADCASTS, "broadcasts", "events for many that were taken")                                                     \
    X(BROADCASTS_DROPPED, "broadcasts_dropped", "events for many that found no room")                                  \
    X(BROADCASTS_TOLD, "broadcasts_delivered", "events for many, counted once for each who was handed it")             \
    X(BROADCASTS_MISSED, "broadcasts_undelivered", "events for many, counted once for each who could not take it")     \
    X(CAPABILITIES_DROPPED, "capabilities_dropped", "names of capabilities that were too long, or too many")           \
    X(SUBSCRIBED, "subscriptions", "subscriptions made, changed or ended")                                             \
    X(SUBSCRIPTIONS_REFUSED, "subscriptions_refused", "subscriptions refused")                                         \
    X(SUBSCRIPTIONS_GAPPED, "subscriptions_with_gaps", "subscriptions that were told of a gap in what was missed")     \
    X(EVENTS_REPLAYED, "events_replayed", "remembered events told to a new subscriber")                                \
    X(EVENTS_FORGOTTEN, "events_forgotten", "remembered events let go for want of room")                               \
    X(EVENTS_OUTDATED, "events_outdated", "remembered events let go because of their age")                             \
    X(NEWS_TOLD, "news_delivered", "news, counted once for each who was handed it")                                    \
    X(NEWS_MISSED, "news_undelivered", "news, counted once for each who could not take it")                            \
    X(NEWS_DROPPED, "news_dropped", "news that nobody heard, because memory was short")                                \
    X(NEWS_SUPERSEDED, "news_superseded", "news not told, because newer ones say the same")                            \
    X(OPERATIONS_DENIED, "operations_denied", "orders to the hub refused because of a credential")                     \
    X(STATUSES, "statuses_delivered", "statuses handed to the caller")                                                 \
    X(STATUSES_DROPPED, "statuses_dropped", "statuses that the caller could not take, or does not want")               \
    X(REPLIES_LATE, "replies_late", "replies to commands that had their outcome")                                      \
    X(REPLIES_STRAY, "replies_stray", "replies to no command, or to an attempt that was given up")                     \
    X(REPLIES_UNDELIVERED, "replies_undelivered", "outcomes whose caller had gone")                                    \
    X(CANCELS_ASKED, "cancels_asked", "times that an agent was asked to give a command up")                            \
    X(CANCELS_REFUSED, "cancels_refused", "cancels that an agent cannot follow")                                       \
    X(CANCELS_STRAY, "cancels_stray", "cancels of no command, or of one that had its outcome")                         \
    X(HEALTH_CHECKS, "health_checks", "times that an agent was asked for its health")                                  \
    X(HEALTH_FAILURES, "health_failures", "of these: answered badly, or not in time")                                  \
    X(HEALTH_EVICTIONS, "health_evictions", "agents sent away after several such failures in a row")                   \
    X(ELECTIONS, "elections", "times that a channel was asked to be the primary one")                                  \
    X(PROMOTIONS_CONFIRMED, "promotions_confirmed", "times that it became that")                                       \
    X(PROMOTIONS_FAILED, "promotions_failed", "times that it did not, or not in time")                                 \
    X(DEMOTIONS, "demotions", "times that a channel was asked to be the primary one no more")                          \
    X(SLOW_CUT, "connections_cut_slow", "connections cut because they did not read")                                   \
    X(PAUSED, "connections_paused", "times that a connection was not read from, because it did not read")              \
    X(SESSIONS_RESUMED, "sessions_resumed", "times that a session was taken up on a new connection")                   \
    X(SESSIONS_ENDED, "sessions_ended", "sessions that ended")                                                         \
    X(SESSIONS_JOINED, "sessions_joined", "parties that share the session of another")                                 \
    X(SESSIONS_TORN, "sessions_torn", "resumptions refused because something would be missing")                        \
    X(WINDOWS_FULL, "session_windows_full", "events dropped because a session does not acknowledge")                   \
    X(UNSAID_DROPPED, "session_messages_unsaid", "messages dropped with a session that never came for them")           \
    X(SIGNALS_INVALID, "signals_invalid", "what peers said that made no sense there")                                  \
    X(SIGNALS_REPEATED, "signals_repeated", "what peers said again after they resumed, and was known")                 \
    X(EVENTS_STALE, "events_stale", "what the hub was told of connections that were over")                             \
    X(HUBS_LINKED, "hubs_linked", "times that a hub came")                                                             \
    X(HUBS_LEFT, "hubs_left", "times that a hub said goodbye")                                                         \
    X(HUBS_BROKE, "hubs_broke", "times that the last link to a hub broke")                                             \
    X(HUB_CONFLICTS, "hub_name_conflicts", "adverts of a hub whose name another one has")                              \
    X(ADVERTS_TOLD, "adverts_told", "pages about the graph told to other hubs")                                        \
    X(ADVERTS_HEARD, "adverts_heard", "pages about the graph heard from them")                                         \
    X(ADVERTS_ASKED, "adverts_asked_for", "times that the whole was asked for, because a page was missed")             \
    X(ADVERTS_INVALID, "adverts_invalid", "pages about the graph that made no sense")                                  \
    X(ADVERTS_DENIED, "adverts_denied", "pages about the graph from who may not tell of it")                           \
    X(ADVERTS_OVER, "adverts_over_limit", "times that facts about the graph found no room")                            \
    X(COMMANDS_ABROAD, "commands_to_other_hubs", "commands sent to another hub")                                       \
    X(COMMANDS_FLOODED, "commands_to_all_daemons",                                                                     \
      "commands sent to all daemons, since nobody knows where the target is")                                          \
    X(REROUTED, "commands_rerouted", "commands sent another way after a link broke")                                   \
    X(EVENTS_ABROAD, "events_to_other_hubs", "events sent to another hub")                                             \
    X(EVENTS_FLOODED, "events_to_all_daemons", "events sent to all daemons, since nobody knows where the target is")   \
    X(RELAYED, "broadcasts_relayed", "what goes around, counted once for each hub that was handed it")                 \
    X(RELAYS_MISSED, "broadcasts_missed_by_hubs",                                                                      \
      "what goes around, counted once for each hub that could not take it")                                            \
    X(BROADCASTS_AGAIN, "broadcasts_seen_before", "what goes around, and came once more")                              \
    X(BROADCASTS_LATE, "broadcasts_too_late", "what goes around, and came too late")                                   \
    X(REPORTS_STRAY, "reports_stray", "reports from other hubs about no event of ours")                                \
    X(LOOPED, "messages_looped", "messages that came back to where they began")                                        \
    X(OUT_OF_MEMORY, "out_of_memory", "times that memory was short")

enum ald_counter {
#define ALD_X(name, text, meaning) ALD_N_##name,
    ALD_COUNTERS(ALD_X)
#undef ALD_X
        ALD_N_COUNTERS
};

const char *ald_counter_name(enum ald_counter counter);
/* For people. */
const char *ald_counter_meaning(enum ald_counter counter);
