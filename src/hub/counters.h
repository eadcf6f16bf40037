#pragma once

/* What the hub counts: one table, from which names and metrics derive. X(NAME, "name") */

#define ALD_COUNTERS(X)                                    \
    X(CONNECTIONS_OPENED, "connections_opened")            \
    X(CONNECTIONS_CLOSED, "connections_closed")            \
    X(CONNECTIONS_REFUSED, "connections_refused")          \
    X(REGISTERED, "registrations")                         \
    X(DENIED, "registrations_denied")                      \
    X(CHANNELS_GONE, "channels_gone")                      \
    X(SUBMITTED, "commands_submitted")                     \
    X(SUCCEEDED, "commands_succeeded")                     \
    X(FAILED, "commands_failed")                           \
    X(REFUSED, "commands_refused")                         \
    X(REFUSED_BUSY, "commands_refused_busy")               \
    X(COMMANDS_DENIED, "commands_denied")                  \
    X(CANCELLED, "commands_cancelled")                     \
    X(EXPIRED, "commands_expired")                         \
    X(LOST, "commands_lost")                               \
    X(ATTEMPTS, "attempts")                                \
    X(REQUEUED, "commands_requeued")                       \
    X(EVENTS, "events_delivered")                          \
    X(EVENTS_DROPPED, "events_dropped")                    \
    X(EVENTS_DENIED, "events_denied")                      \
    X(EVENTS_UNTAKEN, "events_untaken")                    \
    X(EVENTS_HELD, "events_held")                          \
    X(EVENTS_NOT_HELD, "events_not_held")                  \
    X(EVENTS_EXPIRED, "events_expired")                    \
    X(EXPECTED_DROPPED, "expected_targets_dropped")        \
    X(REPORTS, "event_reports")                            \
    X(REPORTS_UNDELIVERED, "event_reports_undelivered")    \
    X(BROADCASTS, "broadcasts")                            \
    X(BROADCASTS_DROPPED, "broadcasts_dropped")            \
    X(BROADCASTS_TOLD, "broadcasts_delivered")             \
    X(BROADCASTS_MISSED, "broadcasts_undelivered")         \
    X(CAPABILITIES_DROPPED, "capabilities_dropped")        \
    X(SUBSCRIBED, "subscriptions")                         \
    X(SUBSCRIPTIONS_REFUSED, "subscriptions_refused")      \
    X(SUBSCRIPTIONS_GAPPED, "subscriptions_with_gaps")     \
    X(EVENTS_REPLAYED, "events_replayed")                  \
    X(EVENTS_FORGOTTEN, "events_forgotten")                \
    X(EVENTS_OUTDATED, "events_outdated")                  \
    X(NEWS_TOLD, "news_delivered")                         \
    X(NEWS_MISSED, "news_undelivered")                     \
    X(NEWS_DROPPED, "news_dropped")                        \
    X(NEWS_SUPERSEDED, "news_superseded")                  \
    X(OPERATIONS_DENIED, "operations_denied")              \
    X(STATUSES, "statuses_delivered")                      \
    X(STATUSES_DROPPED, "statuses_dropped")                \
    X(REPLIES_LATE, "replies_late")                        \
    X(REPLIES_STRAY, "replies_stray")                      \
    X(REPLIES_UNDELIVERED, "replies_undelivered")          \
    X(CANCELS_ASKED, "cancels_asked")                      \
    X(CANCELS_REFUSED, "cancels_refused")                  \
    X(CANCELS_STRAY, "cancels_stray")                      \
    X(HEALTH_CHECKS, "health_checks")                      \
    X(HEALTH_FAILURES, "health_failures")                  \
    X(HEALTH_EVICTIONS, "health_evictions")                \
    X(ELECTIONS, "elections")                              \
    X(PROMOTIONS_CONFIRMED, "promotions_confirmed")        \
    X(PROMOTIONS_FAILED, "promotions_failed")              \
    X(DEMOTIONS, "demotions")                              \
    X(SLOW_CUT, "connections_cut_slow")                    \
    X(PAUSED, "connections_paused")                        \
    X(SESSIONS_RESUMED, "sessions_resumed")                \
    X(SESSIONS_ENDED, "sessions_ended")                    \
    X(SESSIONS_JOINED, "sessions_joined")                  \
    X(SESSIONS_TORN, "sessions_torn")                      \
    X(WINDOWS_FULL, "session_windows_full")                \
    X(UNSAID_DROPPED, "session_messages_unsaid")           \
    X(SIGNALS_INVALID, "signals_invalid")                  \
    X(SIGNALS_REPEATED, "signals_repeated")                \
    X(EVENTS_STALE, "events_stale")                        \
    X(HUBS_LINKED, "hubs_linked")                          \
    X(HUBS_LEFT, "hubs_left")                              \
    X(HUBS_BROKE, "hubs_broke")                            \
    X(HUB_CONFLICTS, "hub_name_conflicts")                 \
    X(ADVERTS_TOLD, "adverts_told")                        \
    X(ADVERTS_HEARD, "adverts_heard")                      \
    X(ADVERTS_ASKED, "adverts_asked_for")                  \
    X(ADVERTS_INVALID, "adverts_invalid")                  \
    X(ADVERTS_DENIED, "adverts_denied")                    \
    X(ADVERTS_OVER, "adverts_over_limit")                  \
    X(COMMANDS_ABROAD, "commands_to_other_hubs")           \
    X(COMMANDS_FLOODED, "commands_to_all_daemons")         \
    X(REROUTED, "commands_rerouted")                       \
    X(EVENTS_ABROAD, "events_to_other_hubs")               \
    X(EVENTS_FLOODED, "events_to_all_daemons")             \
    X(RELAYED, "broadcasts_relayed")                       \
    X(RELAYS_MISSED, "broadcasts_missed_by_hubs")          \
    X(BROADCASTS_AGAIN, "broadcasts_seen_before")          \
    X(BROADCASTS_LATE, "broadcasts_too_late")              \
    X(REPORTS_STRAY, "reports_stray")                      \
    X(LOOPED, "messages_looped")                           \
    X(OUT_OF_MEMORY, "out_of_memory")

enum ald_counter {
#define ALD_X(name, text) ALD_N_##name,
    ALD_COUNTERS(ALD_X)
#undef ALD_X
    ALD_N_COUNTERS
};

const char *ald_counter_name(enum ald_counter counter);
