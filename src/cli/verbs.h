#pragma once

/*
 * The verbs, each of a file of that name.
 */

#include "cli/cli.h"

extern const struct ald_verb ald_verb_call;
extern const struct ald_verb ald_verb_send;
extern const struct ald_verb ald_verb_agent;
extern const struct ald_verb ald_verb_targets;
extern const struct ald_verb ald_verb_channels;
extern const struct ald_verb ald_verb_explain;
extern const struct ald_verb ald_verb_status;
extern const struct ald_verb ald_verb_cluster;
extern const struct ald_verb ald_verb_map;
extern const struct ald_verb ald_verb_watch;
extern const struct ald_verb ald_verb_cancel;
extern const struct ald_verb ald_verb_drain;
extern const struct ald_verb ald_verb_auth;
extern const struct ald_verb ald_verb_token;
extern const struct ald_verb ald_verb_flag;
extern const struct ald_verb ald_verb_schema;
extern const struct ald_verb ald_verb_bench;
extern const struct ald_verb ald_verb_completion;
extern const struct ald_verb ald_verb_manual;
