#pragma once

/*
 * What `aldis token` was asked, for the files of its words: create, inspect. Each returns the exit status.
 */

#include "auth/secret.h"
#include "cli/cli.h"

enum { ALD_TOKEN_ASK_WORDS = 3 };

struct ald_token_ask {
    const char *words[ALD_TOKEN_ASK_WORDS]; /* the operands, the first one is the word itself */
    size_t n_words;
    const char *secret; /* --secret; NULL */
    ald_usec expires;   /* --expires; 0: never */
};

/* create host ID | create user NAME: sign a token. */
int ald_token_create(const struct ald_cli *cli, const struct ald_token_ask *ask);
/* inspect TOKEN: what it says, and whether it is good. */
int ald_token_inspect(const struct ald_cli *cli, const struct ald_token_ask *ask);

/* Read the secret that was named, or that of a hub of this user. Outcomes and `ret_why` as ald_secret_load(). */
ALD_NODISCARD int ald_token_secret(const struct ald_token_ask *ask, struct ald_secret *ret_secret,
                                   struct ald_secret_why *ret_why);
