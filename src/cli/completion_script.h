#pragma once

/*
 * Completion script: what bash and zsh need to complete the command line of `aldis`, made of the tables of verbs and options,
 * so that a verb or an option that is added is completed at once.
 *
 * Targets and channels are asked of the hub that the command line names, by `aldis completion targets` and the like.
 */

#include "base/buf.h"
#include "cli/cli.h"

/* Append the script. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_completion_bash(struct ald_buf *out);
ALD_NODISCARD int ald_completion_zsh(struct ald_buf *out);

/* How a word is completed. */
enum ald_completion_kind {
    ALD_COMPLETION_NONE,    /* nobody knows it but the person */
    ALD_COMPLETION_FILE,    /* FILE */
    ALD_COMPLETION_TARGET,  /* TARGET: as an address has it; as the value of an option, a plain name */
    ALD_COMPLETION_CHANNEL, /* CHANNEL */
    ALD_COMPLETION_VERB,    /* VERB */
    ALD_COMPLETION_WORDS,   /* a|b|c */
};

/* Of what the help calls `name`, as "FILE". */
enum ald_completion_kind ald_completion_kind(struct ald_str name);

/*
 * Take the next operand off `*synopsis` of `verb`, without the brackets around it; false at its end. Options, what follows
 * them, and what is said about options are passed over.
 */
bool ald_completion_operand(const struct ald_verb *verb, struct ald_str *synopsis, struct ald_str *ret_operand);

/* The script that is being written. */
struct ald_script {
    struct ald_buf *out;
    int status; /* of the first failure: nothing is written after it */
};

void ald_script_str(struct ald_script *script, struct ald_str text);
void ald_script_say(struct ald_script *script, const char *text);
/* "a|b|c" with blanks between. */
void ald_script_words(struct ald_script *script, struct ald_str words);
/* Every verb, and `help`, in turn: NULL at the end. */
const struct ald_verb *ald_script_verb(size_t i);
