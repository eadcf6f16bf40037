#pragma once

/*
 * What the files of the verb flag share.
 */

#include "cli/cli.h"
#include "flag/flag_folder.h"
#include "flag/flag_json.h"
#include "flag/flag_list.h"

enum { ALD_FLAG_ASK_WORDS = 5 };

/* What was asked for: the operands, and the options that were given. */
struct ald_flag_ask {
    const char *words[ALD_FLAG_ASK_WORDS]; /* the first is raise, lower, list or show */
    size_t n_words;
    const char *dir;
    int64_t priority;
    bool manual;
    bool details;                     /* an option that only belongs to raise was given */
    char tags[ALD_FLAG_TAGS_MAX + 1]; /* separated by commas */
    struct ald_flag_folder folder;
};

/* Each returns the exit status; all is said. */
int ald_flag_list_show(const struct ald_cli *cli, const struct ald_flag_ask *ask);
int ald_flag_show(const struct ald_cli *cli, const struct ald_flag_ask *ask);

/* The flag that is meant, by the operands behind the first. */
struct ald_flag_id ald_flag_ask_id(const struct ald_flag_ask *ask);
/* Say what came of the store. Returns the exit status. */
int ald_flag_fault(const struct ald_cli *cli, int r, const struct ald_flag_why *why);
