#pragma once

/*
 * Rules: the file of tokens, read: who may come in, and what they may do.
 *
 *     [token NAME]             NAME is the principal; who shows the token is NAME
 *     hash = sha256:HEX        of the token; several with commas between them, while one token replaces another. None:
 *                              NAME shows tokens that are signed for that name (link.md 6.2)
 *     valid_after = SECONDS    signed tokens made before that second of the calendar are good no more
 *     register = PATTERN, ...  targets it may serve; exactly one name, without a `*`, assigns that target
 *     command = TARGET:NAME, ...   what it may command, and which events it may send
 *     permission = PATTERN, ...    what it holds of the permissions that schemas ask for (link.md 6.3); `core.admin` is all of
 *                              them. Without this line whoever may command everything holds all, and nobody else any
 *     subscribe = PATTERN, ...     names of events that it may subscribe to. Without this line whoever may command everything, or
 *                              may read, may subscribe to all, and nobody else to any
 *     manage = none | read | write
 *     [subject "CN=lamp-7,O=x"]    the same for a TLS client certificate; its subject is the principal
 *     [user NAME or number]        the same for a local process on the Unix socket
 *     [primary_only]
 *     commands = PATTERN, ...  only the primary channel of its target may send these
 *
 * What is not written is not allowed. A section, a key, a name or a hash that stands there twice is a mistake, since one
 * of the two would not mean what it says.
 *
 * Lifetime:   ald_rules_parse() to ald_rules_free(); immutable, it keeps a copy of the text.
 * Limits:     the size of the text, which is the caller's to bound: everything here is made of it.
 * Pure: users are looked up by a function that is handed in.
 */

#include "auth/pattern.h"
#include "base/table.h"

enum { ALD_AUTH_HASH = 32 }; /* bytes of a SHA-256 (FIPS 180-4) */

/* The permission that is all of them (link.md 6.3). */
#define ALD_AUTH_ADMIN ALD_STR("core.admin")

enum ald_principal_kind { ALD_PRINCIPAL_TOKEN, ALD_PRINCIPAL_SUBJECT, ALD_PRINCIPAL_USER };

/* In this order: who may write may read. */
enum ald_manage { ALD_MANAGE_NONE, ALD_MANAGE_READ, ALD_MANAGE_WRITE };

/* A key of a section: where it stands and what it says. */
struct ald_rule {
    unsigned line;       /* 0: it is not there */
    struct ald_str text; /* as it was written; not terminated */
    size_t first, n;     /* its patterns, within the rules */
};

/* Who may come in. The rights are asked for below. */
struct ald_principal {
    struct ald_str name;
    uint8_t kind;         /* enum ald_principal_kind */
    uint8_t manage;       /* enum ald_manage */
    uint64_t user;        /* USER: the number */
    uint64_t valid_after; /* TOKEN: signed ones must be as new, in seconds of the calendar */
    unsigned line;        /* of its section */
    struct ald_rule hash, serve, command, holding, hearing, managing, validity;
};

struct ald_rules;

/* One line for people, `FILE:LINE: ...`. */
struct ald_rules_why {
    char text[1024];
};

/* The number of a user of this machine. Outcome: positive: there is none. */
typedef int (*ald_rules_user_fn)(struct ald_str name, uint64_t *ret_number);

enum { ALD_RULES_BAD = 1 }; /* outcome: something is wrong with the text, `ret_why` says what and where */

/* Read `text`, the content of the file `file` (for people; borrows all). Outcome: ALD_RULES_BAD. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_rules_parse(const char *file, struct ald_str text, ald_rules_user_fn user_find,
                                  struct ald_rules **ret_rules, struct ald_rules_why *ret_why);
struct ald_rules *ald_rules_free(struct ald_rules *rules); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_rules *, ald_rules_free);

size_t ald_rules_principals(const struct ald_rules *rules);

/* Who it is, or NULL. */
const struct ald_principal *ald_rules_find(const struct ald_rules *rules, struct ald_str name);
const struct ald_principal *ald_rules_find_subject(const struct ald_rules *rules, struct ald_str subject);
/* Whom a signed token made at `issued`, in seconds of the calendar, proves by that name. */
const struct ald_principal *ald_rules_find_proved(const struct ald_rules *rules, struct ald_str name, uint64_t issued);
const struct ald_principal *ald_rules_find_user(const struct ald_rules *rules, uint64_t number);

struct ald_token_hash {
    uint8_t bytes[ALD_AUTH_HASH];
    const struct ald_principal *principal;
    unsigned line;
};
/*
 * Gives those that begin with the same eight bytes as `hash`, which are one or none. It only narrows the search: whether
 * one is equal is for the caller to see, in constant time.
 */
void ald_rules_hashes(const struct ald_rules *rules, const uint8_t hash[ALD_AUTH_HASH],
                      const struct ald_token_hash **ret_hashes, size_t *ret_n);

bool ald_rules_may_register(const struct ald_rules *rules, const struct ald_principal *principal,
                            struct ald_str target);
/* The one target that it may serve; absent when it may serve none, or more than one. */
struct ald_str ald_rules_assigned(const struct ald_rules *rules, const struct ald_principal *principal);
bool ald_rules_may_command(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str target,
                           struct ald_str name);
/* It may command everything, everywhere. */
bool ald_rules_commands_all(const struct ald_rules *rules, const struct ald_principal *principal);
/* It holds every permission. */
bool ald_rules_holds_all(const struct ald_rules *rules, const struct ald_principal *principal);
/* It holds the permission of that name. */
bool ald_rules_holds(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str permission);
/* It may subscribe to events of that name; to those of every name. */
bool ald_rules_may_subscribe(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str name);
bool ald_rules_subscribes_all(const struct ald_rules *rules, const struct ald_principal *principal);
/* Only the primary channel of its target may send `name`. */
bool ald_rules_primary_only(const struct ald_rules *rules, struct ald_str name);
/* Where that stands. */
const struct ald_rule *ald_rules_primary_rule(const struct ald_rules *rules);
