#pragma once

/*
 * Options: the parameters of a message that are the system's (communicator.md 1.5) or ours (DESIGN section 3), found in
 * one walk. They say what is to be done with it and are no part of its payload (comm_payload.h); which of them stay in
 * what is passed on depends on what the message is.
 *
 * Lifetime:   as long as the parameters that they were found in.
 * Threading:  no state.
 */

#include "wire/communicator/comm_params.h"

/* X(NAME, "name"), in any order. */
#define ALD_COMM_OPTIONS(X)                                                                                            \
    X(CACHE, "cache")                                                                                                  \
    X(REPORT, "transmission_report")                                                                                   \
    X(SECRET, "secret_code")                                                                                           \
    X(SECURE, "secure_remote")                                                                                         \
    X(MSGID, "broadcast_msgid")                                                                                        \
    X(HOPS, "broadcast_hops")                                                                                          \
    X(TIMEOUT, "broadcast_timeout")                                                                                    \
    X(ORIGINATOR, "broadcast_originator")                                                                              \
    X(INFORMED, "broadcast_informed_neighbors")                                                                        \
    X(EVERYONE, "aldis_everyone")                                                                                      \
    X(ID, "aldis_id")                                                                                                  \
    X(TTL, "aldis_ttl")                                                                                                \
    X(MODE, "aldis_mode")                                                                                              \
    X(CHANNEL, "aldis_channel")                                                                                        \
    X(IDEMPOTENT, "aldis_idempotent")                                                                                  \
    X(OUTCOME, "aldis_outcome")                                                                                        \
    X(CAUSE, "aldis_cause")                                                                                            \
    X(MESSAGE, "aldis_message")                                                                                        \
    X(ERROR, "aldis_error")                                                                                            \
    X(DETAILS, "aldis_details")                                                                                        \
    X(ROSTER, "aldis_roster")

enum ald_comm_option {
#define ALD_X(name, text) ALD_COMM_OPTION_##name,
    ALD_COMM_OPTIONS(ALD_X)
#undef ALD_X
        ALD_COMM_N_OPTIONS
};

struct ald_comm_options {
    const struct ald_comm_param *items[ALD_COMM_N_OPTIONS]; /* NULL: not there */
    uint32_t present;                                       /* a bit each */
};

/* What a line is, beside itself. */
enum ald_comm_kind { ALD_COMM_KIND_EVENT, ALD_COMM_KIND_COMMAND, ALD_COMM_KIND_REPLY };

struct ald_str ald_comm_option_name(enum ald_comm_option option);
void ald_comm_options_find(const struct ald_comm_params *params, struct ald_comm_options *ret_options);
/* Those of them, a bit each, that a message of `kind` does not take along. */
uint32_t ald_comm_options_left(const struct ald_comm_options *options, enum ald_comm_kind kind);
