#pragma once

/*
 * What `aldis auth` was asked, for the files of its words: token, why, whoami. Each returns the exit status.
 */

#include "cli/cli.h"

enum { ALD_AUTH_ASK_WORDS = 4 };

struct ald_auth_ask {
    const char *words[ALD_AUTH_ASK_WORDS]; /* the operands, the first one is the word itself */
    size_t n_words;
    const char *file;                                              /* --file; NULL */
    const char *serve, *command, *permission, *subscribe, *manage; /* as they will stand in the file; NULL: not given */
};

/* token NAME: make a token, and the section that makes it known. */
int ald_auth_token(const struct ald_cli *cli, const struct ald_auth_ask *ask);
/* why PRINCIPAL TARGET [NAME], or PRINCIPAL and --subscribe: by a file, or by the hub that runs. */
int ald_auth_why_ask(const struct ald_cli *cli, const struct ald_auth_ask *ask);
/* whoami: who the hub takes us for. */
int ald_auth_whoami(const struct ald_cli *cli, const struct ald_auth_ask *ask);
