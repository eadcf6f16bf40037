#include "cli/verbs.h"

const struct ald_verb *const ald_verbs[] = {
    &ald_verb_call,
    &ald_verb_send,
    &ald_verb_agent,
    &ald_verb_targets,
    &ald_verb_channels,
    &ald_verb_explain,
    &ald_verb_status,
    &ald_verb_cluster,
    &ald_verb_map,
    &ald_verb_watch,
    &ald_verb_cancel,
    &ald_verb_drain,
    &ald_verb_auth,
    &ald_verb_token,
    &ald_verb_flag,
    &ald_verb_schema,
    &ald_verb_bench,
    &ald_verb_completion,
    &ald_verb_manual,
    NULL,
};
